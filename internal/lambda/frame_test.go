package lambda

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answerFrame is a frame as a process sends it.
func answerFrame(kind byte, id, body string) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(1+idLength+len(body)))
	b = append(b, kind)
	b = append(b, id...)
	return append(b, body...)
}

func TestFrameReader(t *testing.T) {
	t.Parallel()
	id := newRequestID()
	stream := bytes.Join([][]byte{
		answerFrame(kindReady, strings.Repeat(" ", idLength), ""),
		answerFrame(kindResponse, id, `{"a":1}`),
		answerFrame(kindError, id, strings.Repeat("e", 100_000)),
		answerFrame(kindResponse, id, strings.Repeat("x", maxReply+1)),
		answerFrame(kindLastError, id, "end"),
	}, nil)
	for name, r := range map[string]io.Reader{
		"at once": bytes.NewReader(stream), "in halves": iotest.HalfReader(bytes.NewReader(stream)), "with the end": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		fr := frameReader{r: r}
		var got []string
		for {
			f, err := fr.next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			line := strings.Repeat("!", map[bool]int{true: 1}[f.tooLarge]) + string('0'+rune(f.kind)) + string(f.id[:4])
			got = append(got, line+string(f.body[:min(len(f.body), 7)]))
		}
		p := id[:4]
		want := []string{"2    ", "4" + p + `{"a":1}`, "5" + p + "eeeeeee", "!4" + p, "6" + p + "end"}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

func TestFrameReaderRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		stream []byte
		want   error
	}{
		"text":          {[]byte(strings.Repeat("hello ", 20)), errProtocol},
		"short length":  {append([]byte{0, 0, 0, 3}, make([]byte, 60)...), errProtocol},
		"unknown kind":  {answerFrame(77, newRequestID(), ""), errProtocol},
		"invoke frame":  {answerFrame(kindInvoke, newRequestID(), ""), errProtocol},
		"cut off":       {answerFrame(kindResponse, newRequestID(), "abc")[:42], io.ErrUnexpectedEOF},
		"cut off large": {answerFrame(kindResponse, newRequestID(), strings.Repeat("x", maxReply+2))[:maxReply], io.ErrUnexpectedEOF},
		"nothing":       {nil, io.EOF},
	} {
		fr := frameReader{r: bytes.NewReader(c.stream)}
		if _, err := fr.next(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// stutter fails once between any two reads.
type stutter struct {
	r    io.Reader
	fail bool
}

func (s *stutter) Read(p []byte) (int, error) {
	if s.fail = !s.fail; s.fail {
		return 0, io.ErrNoProgress
	}
	return s.r.Read(p[:min(len(p), 5)])
}

func TestFrameReaderGoesOn(t *testing.T) {
	t.Parallel()
	id := newRequestID()
	fr := frameReader{r: &stutter{r: bytes.NewReader(answerFrame(kindResponse, id, "the body"))}}
	for {
		f, err := fr.next()
		if errors.Is(err, io.ErrNoProgress) {
			continue
		}
		if err != nil || string(f.body) != "the body" || string(f.id) != id {
			t.Errorf("%q %q %v", f.id, f.body, err)
		}
		return
	}
}

func FuzzFrameReader(f *testing.F) {
	id := strings.Repeat("i", idLength)
	f.Add(answerFrame(kindResponse, id, "{}"))
	f.Add(append(answerFrame(kindReady, id, ""), answerFrame(kindError, id, "{}")...))
	f.Add([]byte{0, 0, 0, 37, 4})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 4})
	f.Fuzz(func(t *testing.T, stream []byte) {
		whole, parts := frameReader{r: bytes.NewReader(stream)}, frameReader{r: iotest.OneByteReader(bytes.NewReader(stream))}
		for {
			a, errA := whole.next()
			b, errB := parts.next()
			if !errors.Is(errA, errB) {
				t.Fatalf("%v, byte by byte %v", errA, errB)
			}
			if errA != nil {
				return
			}
			if a.kind != b.kind || !bytes.Equal(a.id, b.id) || !bytes.Equal(a.body, b.body) || len(a.id) != idLength {
				t.Fatalf("%v, byte by byte %v", a, b)
			}
		}
	})
}

func TestInvocationFrame(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_700_000_000, 0)
	inv := newInvocation([]byte(`{"x":1}`), "arn", time.Second, now)
	id, event, err := fakeReceive(bytes.NewReader(appendInvoke(nil, inv)))
	if err != nil || id != inv.id || string(event) != `{"x":1}` {
		t.Errorf("%q %q %v", id, event, err)
	}
	if !strings.HasPrefix(inv.trace, "Root=1-6553f100-") || len(inv.trace) != 74 {
		t.Errorf("trace %q", inv.trace)
	}
	if len(inv.id) != 36 || inv.id[14] != '4' || !strings.ContainsRune("89ab", rune(inv.id[19])) {
		t.Errorf("id %q", inv.id)
	}
}

func BenchmarkAppendInvoke(b *testing.B) {
	inv := newInvocation([]byte(`{"action":"echo"}`), "arn", time.Second, time.Now())
	buf := make([]byte, 0, 1024)
	b.ReportAllocs()
	for b.Loop() {
		buf = appendInvoke(buf[:0], inv)
	}
}
