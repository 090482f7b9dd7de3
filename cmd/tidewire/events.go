package main

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/spf13/cobra"

	"github.com/tidewire/tidewire/events"
)

func newEventsCommand(sh *shell) *cobra.Command {
	return newGroupCommand("events", "Publish to and subscribe to AppSync Event APIs", newEventsPublishCommand(sh), newEventsSubscribeCommand(sh))
}

// eventTarget is target for an Event API, whose path /event may be left out.
func (f *appsyncFlags) eventTarget(rawURL string) (*url.URL, error) {
	u, err := url.Parse(rawURL)
	if err == nil && u.Host != "" && (u.Path == "" || u.Path == "/") {
		u.Path = eventPath
		rawURL = u.String()
	}
	return f.target(rawURL, eventPath)
}

// eventsClient is a client for the Event API, by way of client.
func (c *call) eventsClient(client *http.Client, attempts int) (*events.Client, error) {
	o := &events.Options{Host: c.host, HTTPClient: client, Header: c.header}
	o.Retry.Attempts = attempts
	made, err := events.New(c.url, c.auth, o)
	return made, eventsError(err)
}

// deniedChannelAdvice is deniedAdvice for channels: AppSync does not tell a
// namespace that is not there from one that is closed.
const deniedChannelAdvice = "the API does not take this credential, or not for this channel, or it has no such namespace: see tidewire help auth"

// eventsError is appsyncError for package events.
func eventsError(err error) error {
	var channel *events.ChannelError
	if errors.As(err, &channel) {
		return usagef("a channel is /namespace/name, 1 to 5 segments of letters, digits and hyphens; a subscription may end in /*", "%w", without(err, "events: "))
	}
	if err != nil && appsyncAdvice(err) == deniedAdvice {
		return hint(without(err, "appsync: ", "events: "), deniedChannelAdvice)
	}
	var batch *events.BatchError
	if errors.As(err, &batch) && batch.MayBeAccepted {
		return hint(appsyncError(err), firstOf(appsyncAdvice(err), "look whether the events have arrived before you publish them again"))
	}
	return appsyncError(err)
}
