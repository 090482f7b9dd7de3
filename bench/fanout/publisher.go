//go:build linux

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// publisher publishes on a connection of its own and waits for each answer.
// The request's bytes are made beforehand; only the numbers change.
type publisher struct {
	id       int
	audience *audience // nil: nobody is to know when an event was sent
	nc       net.Conn
	r        *bufio.Reader
	request  []byte
	numbers  []int // where they are in it
	ok, not  []byte
	next     int
	answer   []byte
}

func (t *target) publisher(ctx context.Context, id, batch int, a *audience) (*publisher, error) {
	return t.publisherOf(ctx, id, t.body(batch), a)
}

func (t *target) publisherOf(ctx context.Context, id int, body string, a *audience) (*publisher, error) {
	u, err := url.Parse(t.publish)
	if err != nil {
		return nil, err
	}
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", u.Host)
	if err != nil {
		return nil, err
	}
	head := "POST " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: application/json\r\n" + t.header +
		"\r\nContent-Length: " + strconv.Itoa(len(body)) + "\r\n\r\n"
	p := &publisher{id: id, audience: a, nc: nc, r: bufio.NewReader(nc), request: []byte(head + body), ok: []byte(t.ok), not: []byte(t.not)}
	for at := 0; ; {
		i := strings.Index(string(p.request[at:]), example)
		if i < 0 {
			return p, nil
		}
		at += i + len(example)
		p.numbers = append(p.numbers, at-digits)
	}
}

// publish publishes the next events.
func (p *publisher) publish() error {
	if p.next+len(p.numbers) > maxEvents {
		return errors.New("a measurement has too many events")
	}
	for _, at := range p.numbers {
		put(p.request[at:at+2], p.id)
		put(p.request[at+2:at+digits], p.next)
		if p.audience != nil {
			atomic.StoreInt64(&p.audience.sent[p.id][p.next], int64(time.Since(p.audience.clock)))
		}
		p.next++
	}
	if _, err := p.nc.Write(p.request); err != nil {
		return err
	}
	return p.answered()
}

func put(dst []byte, n int) {
	for i := len(dst) - 1; i >= 0; i-- {
		dst[i] = byte('0' + n%10)
		n /= 10
	}
}

// answered reads an answer.
func (p *publisher) answered() error {
	status, err := p.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	good := bytes.HasPrefix(status, []byte("HTTP/1.1 200"))
	length := -1
	for {
		line, err := p.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && bytes.EqualFold(line[:len(name)], []byte(name)) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return errors.New("an answer without its length")
	}
	if cap(p.answer) < length {
		p.answer = make([]byte, length)
	}
	body := p.answer[:length]
	if _, err := io.ReadFull(p.r, body); err != nil {
		return err
	}
	if !good || !bytes.Contains(body, p.ok) || len(p.not) > 0 && bytes.Contains(body, p.not) {
		return fmt.Errorf("a publish was answered %.500s", body)
	}
	return nil
}
