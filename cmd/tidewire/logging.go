package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// logger is the log of serve, for a person.
func logger(w io.Writer, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, usagef("debug, info, warn or error", "--log-level %q is unknown", level)
	}
	return slog.New(lineHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: l, ReplaceAttr: shortTime}), w}), nil
}

// shortTime keeps a log line on a terminal short: the time of day is enough.
func shortTime(groups []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey && len(groups) == 0 {
		return slog.String(slog.TimeKey, a.Value.Time().Format("15:04:05.000"))
	}
	return a
}

// lineHandler writes what a message has after its first line, such as the
// problems of a template, as lines of their own below the record.
type lineHandler struct {
	slog.Handler
	out io.Writer
}

// Handle writes r.
func (h lineHandler) Handle(ctx context.Context, r slog.Record) error {
	first, more, several := strings.Cut(r.Message, "\n")
	if !several {
		return h.Handler.Handle(ctx, r)
	}
	short := slog.NewRecord(r.Time, r.Level, first, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		short.AddAttrs(a)
		return true
	})
	if err := h.Handler.Handle(ctx, short); err != nil {
		return err
	}
	_, err := fmt.Fprintf(h.out, "    %s\n", indented(visible(more)))
	return err
}

// WithAttrs is h with attributes.
func (h lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return lineHandler{h.Handler.WithAttrs(attrs), h.out}
}

// WithGroup is h with a group.
func (h lineHandler) WithGroup(name string) slog.Handler {
	return lineHandler{h.Handler.WithGroup(name), h.out}
}
