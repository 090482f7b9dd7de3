package lambda

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

// order is the event that a fake function obeys.
type order struct {
	Do   string
	Addr string // of a listener of the test
	N    int
	Text string
}

// fakeRuntime is the test binary as a function's process.
func fakeRuntime() {
	switch {
	case len(os.Args) > 3 && os.Args[3] == "-c": // the probe
		version := strings.TrimPrefix(filepath.Base(os.Args[0]), "python3.")
		fmt.Printf("3 %s\n%s\n", version, os.Args[0])
	case os.Getenv("AWS_LAMBDA_RUNTIME_API") != "":
		fakeInit(os.Getenv("_HANDLER"), func(string) { os.Exit(1) })
		lambda.StartWithOptions(func(_ context.Context, raw json.RawMessage) (any, error) {
			b, err := obey(raw)
			return json.RawMessage(b), err
		})
	default:
		fakeChannel()
	}
}

// fakeInit plays what a handler's name says about initialisation.
func fakeInit(handler string, report func(string)) {
	switch handler {
	case "init.error":
		report(`{"errorType":"Runtime.ImportModuleError","errorMessage":"no such module"}`)
	case "init.exit":
		os.Exit(9)
	case "init.hang":
		time.Sleep(time.Hour)
	}
}

// fakeChannel speaks the private channel.
func fakeChannel() {
	var settings struct{ Handler string }
	if err := json.Unmarshal([]byte(os.Args[len(os.Args)-1]), &settings); err != nil {
		os.Exit(90)
	}
	in, out := os.NewFile(3, "in"), os.NewFile(4, "out")
	blank := strings.Repeat(" ", idLength)
	fakeInit(settings.Handler, func(doc string) {
		fakeSend(out, kindInitError, blank, []byte(doc))
		os.Exit(1)
	})
	fakeSend(out, kindReady, blank, nil)
	for {
		id, event, err := fakeReceive(in)
		if err != nil {
			os.Exit(0)
		}
		body, err := obey(event)
		switch {
		case err == nil:
			fakeSend(out, kindResponse, id, body)
		case err.Error() == "last":
			fakeSend(out, kindLastError, id, functionError("Last", "words").Payload)
			os.Exit(129)
		case err.Error() == "garbage":
			_, _ = out.Write([]byte("this is no frame, and it is long enough to be looked at as one"))
		case err.Error() == "stale":
			fakeSend(out, kindResponse, strings.Repeat("0", idLength), []byte(`"stale"`))
			fakeSend(out, kindResponse, id, []byte(`"fresh"`))
		default:
			fakeSend(out, kindError, id, functionError("Fake", err.Error()).Payload)
		}
	}
}

func fakeSend(out io.Writer, kind byte, id string, body []byte) {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+idLength+len(body)))
	b = append(append(append(b, kind), id...), body...)
	if _, err := out.Write(b); err != nil {
		os.Exit(91)
	}
}

func fakeReceive(in io.Reader) (id string, event []byte, err error) {
	var head [4]byte
	if _, err := io.ReadFull(in, head[:]); err != nil {
		return "", nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(in, b); err != nil {
		return "", nil, err
	}
	return string(b[1 : 1+idLength]), b[1+idLength+9+int(b[1+idLength+8]):], nil
}

// obey does what an event says.
func obey(raw []byte) ([]byte, error) {
	var o order
	if json.Unmarshal(raw, &o) != nil {
		return raw, nil
	}
	switch o.Do {
	case "pid":
		return json.Marshal(os.Getpid())
	case "exit":
		os.Exit(o.N)
	case "hang":
		time.Sleep(time.Hour)
	case "large":
		return []byte(`"` + strings.Repeat("x", o.N-2) + `"`), nil
	case "fail", "last", "garbage", "stale":
		return nil, errors.New(o.Do + o.Text)
	case "log":
		_, _ = os.Stdout.WriteString(o.Text)
	case "env":
		return json.Marshal(os.Environ())
	case "dir":
		dir, err := os.Getwd()
		if err != nil {
			return nil, err
		}
		return json.Marshal(dir)
	case "meet":
		return raw, meet(o.Addr)
	case "hold": // a connection that ends with this process
		_, err := net.Dial("tcp", o.Addr)
		return raw, err
	case "leak": // what must not be seen
		address := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/"
		_, _ = os.Stdout.WriteString(address + "\n")
		return nil, errors.New("cannot reach " + address)
	case "child", "daemon": // one that ends with a process of ours
		cmd := exec.Command(os.Args[0], `{"Handler":"init.hang"}`)
		conn, err := net.Dial("tcp", o.Addr)
		if err != nil {
			return nil, err
		}
		file, err := conn.(*net.TCPConn).File()
		if err != nil {
			return nil, err
		}
		cmd.ExtraFiles = []*os.File{file, file}
		cmd.Env = append(os.Environ(), "AWS_LAMBDA_RUNTIME_API=")
		if o.Do == "daemon" { // it has left our group, and holds our log
			cmd.Stdout = os.Stdout
			detach(cmd)
		}
		return raw, errors.Join(cmd.Start(), file.Close(), conn.Close())
	}
	return raw, nil
}

// meet tells the test that the function runs, and goes on when the test says.
func meet(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	_, err = conn.Read(make([]byte, 1))
	return err
}
