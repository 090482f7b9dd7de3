package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/appsync"
	"github.com/tidewire/tidewire/events"
)

const eventsSubscribeHelp = `Subscribe to channels of an AppSync Event API, on one WebSocket, and print every event as
one JSON object on one line: {"channel":…,"event":…}, with the channel as it was given. The
last segment of a channel may be *. The command fails when one of the channels is denied.

` + streamHelp + `

` + reachHelp + `

Exit codes: 0 done, 1 failed or too few events, 2 wrong usage, 3 refused by the server.`

const eventsSubscribeExamples = `  tidewire events subscribe https://abc.appsync-api.eu-west-1.amazonaws.com/event '/default/*' --api-key @key
  tidewire events subscribe http://127.0.0.1:4577/event /default/room /default/log --count 10 --wait 1m`

// eventsSubscribeFlags are the command line of events subscribe.
type eventsSubscribeFlags struct {
	appsyncFlags
	streamFlags
}

func newEventsSubscribeCommand(sh *shell) *cobra.Command {
	var f eventsSubscribeFlags
	cmd := &cobra.Command{
		Use:     "subscribe URL CHANNEL… [-- ARG…]",
		Short:   "Subscribe to channels, one JSON object a line",
		Long:    fmt.Sprintf(eventsSubscribeHelp, "event"),
		Example: eventsSubscribeExamples,
		Args:    f.args(cobra.MinimumNArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = args[:len(args)-len(f.words)]
			return f.run(cmd.Context(), sh, args[0], args[1:])
		},
	}
	f.streamFlags.add(cmd.Flags())
	f.appsyncFlags.add(cmd, sh)
	return cmd
}

func (f *eventsSubscribeFlags) run(ctx context.Context, sh *shell, rawURL string, channels []string) error {
	if err := errors.Join(f.appsyncFlags.check(), f.streamFlags.check()); err != nil {
		return err
	}
	target, err := f.eventTarget(rawURL)
	if err != nil {
		return err
	}
	c, err := f.prepare(ctx, sh, target)
	if err != nil {
		return err
	}
	if f.show != "" {
		return c.showEventsSubscribe(ctx, sh, channels[0])
	}
	s := f.stream(sh)
	client, err := c.eventsClient(s.watching(c.http), 0)
	if err != nil {
		return err
	}
	defer client.Close()
	defer func() { s.ignored(client.Counts()) }()
	return s.run(ctx, func(ctx context.Context) error { return s.subscribeChannels(ctx, client, channels) })
}

// channelEvent is what one of the channels gives.
type channelEvent struct {
	event events.Event
	err   error // the end of this channel
}

// subscribeChannels takes the events of all channels until ctx or they end.
// Each subscription waits for this goroutine to take its event, so that what
// comes too fast is dropped, and told, by the client.
func (s *stream) subscribeChannels(ctx context.Context, client *events.Client, channels []string) error {
	incoming, left := make(chan channelEvent), make(chan struct{})
	defer close(left)
	for _, channel := range channels {
		_, err := client.SubscribeFunc(ctx, channel, func(e events.Event, err error) {
			select {
			case incoming <- channelEvent{e, err}:
			case <-left:
			}
		})
		if err != nil {
			return eventsError(err)
		}
	}
	s.accepted()
	for open := len(channels); open > 0; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case in := <-incoming:
			if errors.Is(in.err, appsync.ErrCompleted) {
				s.say("the server has ended the subscription to " + in.event.Channel)
				open--
			} else if in.err != nil {
				return eventsError(in.err)
			} else if err := s.takeEvent(ctx, in.event); err != nil {
				return err
			}
		}
	}
	return nil
}

// takeEvent takes an event, or tells what is missing.
func (s *stream) takeEvent(ctx context.Context, e events.Event) error {
	if gap := e.Reconnected; gap != nil {
		s.say(e.Channel + ": subscribed again")
		s.gap(gap.From, gap.To, gap.Attempts, gap.Cause)
	}
	if e.Errors != nil {
		s.say(e.Channel + ": an event could not be delivered: " + e.Errors.Error())
	}
	s.missed(e.Dropped)
	if e.Data == nil {
		return nil
	}
	return s.take(ctx, struct {
		Channel string          `json:"channel"`
		Event   json.RawMessage `json:"event"`
	}{e.Channel, e.Data})
}

// showEventsSubscribe prints what a subscription to channel would send first.
func (c *call) showEventsSubscribe(ctx context.Context, sh *shell, channel string) error {
	caught := &catcher{}
	client, err := c.eventsClient(&http.Client{Transport: caught}, 1)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Subscribe(ctx, channel)
	if caught.caught == nil {
		return eventsError(err)
	}
	data, err := json.Marshal(map[string]string{"channel": channel})
	if err != nil {
		return err
	}
	return c.showSocket(ctx, sh, caught.caught, "subscribe", data)
}
