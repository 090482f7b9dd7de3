package events

import (
	"fmt"
	"strings"
)

const (
	maxSegments = 5
	maxSegment  = 50 // bytes
)

// ChannelError is a channel that AppSync would refuse. Nothing has been sent.
type ChannelError struct {
	Channel string
	Offset  int    // in bytes, where it goes wrong
	Reason  string // what is wrong there
}

// Error says what is wrong and where.
func (e *ChannelError) Error() string {
	channel := e.Channel
	if len(channel) > 2*maxSegments*maxSegment {
		channel = strings.ToValidUTF8(channel[:maxSegments*maxSegment], "") + "…"
	}
	return fmt.Sprintf("channel %q: %s (at byte %d)", channel, e.Reason, e.Offset)
}

// checkChannel looks for what the AppSync developer guide ("Understanding channel
// namespaces") does not allow. wildcard says whether the last segment may be *.
func checkChannel(channel string, wildcard bool) error {
	at := len(channel) - len(strings.TrimPrefix(channel, "/"))
	rest := strings.TrimSuffix(channel[at:], "/")
	segments := strings.Split(rest, "/")
	for i, segment := range segments {
		offset, reason := 0, ""
		switch {
		case i == maxSegments:
			reason = fmt.Sprintf("there are more than %d segments", maxSegments)
		case segment == "*":
			reason = checkWildcard(i, i == len(segments)-1 && !strings.HasSuffix(channel, "/"), wildcard)
		default:
			offset, reason = checkSegment(segment)
		}
		if reason != "" {
			return &ChannelError{Channel: channel, Offset: at + offset, Reason: reason}
		}
		at += len(segment) + 1
	}
	return nil
}

func checkWildcard(number int, last, allowed bool) string {
	switch {
	case !allowed:
		return "* is for subscriptions; a publish names one channel"
	case number == 0:
		return "the first segment must be a namespace, not *"
	case !last:
		return "* must be the last segment"
	}
	return ""
}

// checkSegment gives the place and the reason; "": the segment is good.
func checkSegment(s string) (offset int, reason string) {
	if s == "" {
		return 0, "a segment is empty"
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '-' && i == 0:
			return i, "a segment begins with a hyphen"
		case i == maxSegment:
			return i, fmt.Sprintf("a segment has more than %d characters", maxSegment)
		case c == '*':
			return i, "* stands alone, as the last segment of a subscription"
		case c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z'):
			return i, "a segment holds something other than letters, digits and hyphens"
		}
	}
	if s[len(s)-1] == '-' {
		return len(s) - 1, "a segment ends with a hyphen"
	}
	return 0, ""
}
