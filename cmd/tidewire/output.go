package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tidewire/tidewire/apigateway"
)

// printer writes what happens on a connection to stdout, in one of three
// forms: bare lines, JSON, or for a person. Safe for concurrent use.
type printer struct {
	form   form
	screen *terminal

	mu  sync.Mutex // one line at a time
	out io.Writer
}

type form int

const (
	bare   form = iota // messages only, each one line
	asJSON             // every event as an object on one line
	person             // "> " sent, "< " received
)

func newPrinter(sh *shell, output string) *printer {
	p := &printer{out: sh.stdout, screen: sh.screen}
	switch {
	case output == "json":
		p.form = asJSON
	case sh.screen != nil:
		p.form = person
	}
	return p
}

// event is one line of --output json.
type event struct {
	Event       string  `json:"event"`                 // "open", "send", "message", "closed"
	Data        *string `json:"data,omitempty"`        // of "send" and "message"
	Base64      bool    `json:"base64,omitempty"`      // Data is base64 of a binary message
	Subprotocol string  `json:"subprotocol,omitempty"` // of "open"
	Code        int     `json:"code,omitempty"`        // of "closed": by the server
	Reason      string  `json:"reason,omitempty"`      // of "closed"
	Error       string  `json:"error,omitempty"`       // of "closed": what failed
}

func (p *printer) event(e event) error {
	if p.form != asJSON {
		return nil
	}
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return p.line(line)
}

func (p *printer) line(text []byte) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, err := p.out.Write(append(text[:len(text):len(text)], '\n')); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	return nil
}

func (p *printer) opened(conn *apigateway.Conn) error {
	return p.event(event{Event: "open", Subprotocol: conn.Subprotocol()})
}

// closed notes the end; err is why, nil if this side was done.
func (p *printer) closed(err error) error {
	e := event{Event: "closed"}
	var frame *apigateway.CloseError
	if errors.As(err, &frame) {
		e.Code, e.Reason = frame.Code, frame.Reason
	} else if err != nil {
		e.Error = err.Error()
	}
	return p.event(e)
}

// send notes a message and sends it, in this order, so that an answer cannot
// be noted first.
func (p *printer) send(ctx context.Context, conn *apigateway.Conn, text string) error {
	if p.form == person {
		if err := p.line([]byte("> " + readable([]byte(text), p.screen.width()))); err != nil {
			return err
		}
	}
	if err := p.event(event{Event: "send", Data: &text}); err != nil {
		return err
	}
	return conn.Send(ctx, []byte(text))
}

// message notes a message that came.
func (p *printer) message(m apigateway.Message) error {
	text := string(m.Data)
	if m.Binary {
		text = base64.StdEncoding.EncodeToString(m.Data)
	}
	switch p.form {
	case asJSON:
		return p.event(event{Event: "message", Data: &text, Base64: m.Binary})
	case person:
		return p.line([]byte(incomingLine(m, p.screen.width())))
	}
	return p.line(oneLine([]byte(text)))
}

// incomingLine is a message for a person.
func incomingLine(m apigateway.Message, width int) string {
	if m.Binary {
		return fmt.Sprintf("< (binary, %d bytes) %s", len(m.Data), base64.StdEncoding.EncodeToString(m.Data))
	}
	return "< " + readable(m.Data, width)
}
