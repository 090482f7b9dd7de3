package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/events"
)

const eventsPublishHelp = `Publish events, each one JSON text, to a channel of an AppSync Event API. With - every
line of stdin is an event, and published when it comes: what is there at once goes in
batches of 5. A string is written with its quotes, '"hi"'.

For every event that was answered for there is a JSON object on one line, in no certain
order: {"index":0,"accepted":true,"identifier":"…"}, or with false a code and a message.

` + reachHelp + `

Exit codes: 0 all accepted, 1 failed or some rejected, 2 wrong usage, 3 refused by the server.`

const eventsPublishExamples = `  tidewire events publish https://abc.appsync-api.eu-west-1.amazonaws.com/event /default/room '{"text":"hi"}' --api-key @key
  tail -f log.jsonl | tidewire events publish http://127.0.0.1:4577/event /default/log - --socket`

// eventsPublishFlags are the command line of events publish.
type eventsPublishFlags struct {
	appsyncFlags
	socket bool
}

func newEventsPublishCommand(sh *shell) *cobra.Command {
	var f eventsPublishFlags
	cmd := &cobra.Command{
		Use:     "publish URL CHANNEL EVENT…|-",
		Short:   "Publish events to a channel",
		Long:    fmt.Sprintf(eventsPublishHelp, "event"),
		Example: eventsPublishExamples,
		Args:    usageArgs(cobra.MinimumNArgs(3)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), sh, args[0], args[1], args[2:])
		},
	}
	cmd.Flags().BoolVar(&f.socket, "socket", false, "publish over the WebSocket instead of HTTP")
	f.add(cmd, sh)
	return cmd
}

func (f *eventsPublishFlags) run(ctx context.Context, sh *shell, rawURL, channel string, texts []string) error {
	if err := errors.Join(f.check(), stdinOnce(append(texts, f.auth.token)...)); err != nil {
		return err
	}
	target, err := f.eventTarget(rawURL)
	if err != nil {
		return err
	}
	list, err := eventsOf(texts)
	if err != nil {
		return err
	}
	c, err := f.prepare(ctx, sh, target)
	if err != nil {
		return err
	}
	if f.show != "" {
		return f.showPublish(ctx, sh, c, channel, list)
	}
	client, err := c.eventsClient(c.http, 0)
	if err != nil {
		return err
	}
	defer client.Close()
	p := &publishing{sh: sh, channel: channel, send: client.Publish}
	if f.socket {
		p.send = client.PublishSocket
	}
	if list != nil {
		err = p.publish(ctx, list)
	} else {
		err = p.publishLines(ctx)
	}
	return errors.Join(err, p.verdict())
}

// eventsOf checks the events of the command line; nil: they are on stdin.
func eventsOf(texts []string) ([]json.RawMessage, error) {
	var list []json.RawMessage
	for i, text := range texts {
		switch {
		case text == "-" && len(texts) == 1:
			return nil, nil
		case !json.Valid([]byte(text)):
			return nil, usagef(`write a string with its quotes: '"hi"'`, "event %d is not JSON; nothing was published", i+1)
		}
		list = append(list, json.RawMessage(text))
	}
	return list, nil
}

// showPublish prints what a publish would send first.
func (f *eventsPublishFlags) showPublish(ctx context.Context, sh *shell, c *call, channel string, list []json.RawMessage) error {
	if list == nil {
		list = []json.RawMessage{json.RawMessage(`{}`)}
	}
	list = list[:min(len(list), events.BatchSize)]
	caught := &catcher{}
	client, err := c.eventsClient(&http.Client{Transport: caught}, 1)
	if err != nil {
		return err
	}
	defer client.Close()
	if !f.socket {
		_, err = client.Publish(ctx, channel, list...)
		if caught.caught == nil {
			return eventsError(err)
		}
		return sh.put([]byte(requestHead(caught.caught)))
	}
	_, err = client.PublishSocket(ctx, channel, list...)
	if caught.caught == nil {
		return eventsError(err)
	}
	texts := make([]string, len(list))
	for i := range list {
		texts[i] = string(list[i])
	}
	data, err := json.Marshal(struct {
		Channel string   `json:"channel"`
		Events  []string `json:"events"`
	}{channel, texts})
	if err != nil {
		return err
	}
	return c.showSocket(ctx, sh, caught.caught, "publish", data)
}
