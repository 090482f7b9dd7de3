package eventsapi

import (
	"fmt"
	"strings"
)

const (
	maxSegments = 5
	maxSegment  = 50 // bytes
)

// channel is a channel or, for subscriptions, all below one. The zero value is
// none.
type channel struct {
	path     string   // "/default/room", "/default/*"
	segments []string // "default", "room"
}

// namespace is the channel's.
func (c *channel) namespace() string {
	if len(c.segments) == 0 {
		return ""
	}
	return c.segments[0]
}

// topic is where the channel's subscriptions are in the hub: its path or, for a
// wildcard, the path of what is above it and a slash, which no channel ends
// with.
func (c *channel) topic() string { return strings.TrimSuffix(c.path, "*") }

// appendKeys appends the topics that an event of a channel is for: the
// channel's own, and a wildcard for each level above it.
func appendKeys(keys []string, path string) []string {
	keys = append(keys, path)
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			keys = append(keys, path[:i+1])
		}
	}
	return keys
}

// parseChannel reads a channel as it is sent (AppSync Events developer guide,
// "Understanding channel namespaces"): one to five segments, a slash before and
// behind if one likes. wildcard says whether the last segment may be *. The
// reason is what is wrong; "" if nothing is.
func parseChannel(text string, wildcard bool) (c channel, reason string) {
	const longest = maxSegments*(maxSegment+1) + 1
	if len(text) > longest {
		return channel{}, fmt.Sprintf("a channel has at most %d characters", longest)
	}
	bare := strings.TrimPrefix(text, "/")
	segments := strings.Split(strings.TrimSuffix(bare, "/"), "/")
	if len(segments) > maxSegments {
		return channel{}, fmt.Sprintf("a channel has at most %d segments", maxSegments)
	}
	for i, s := range segments {
		switch {
		case isSegment(s):
		case s == "*" && !wildcard:
			return channel{}, "a wildcard can only be subscribed to"
		case s == "*" && i > 0 && i == len(segments)-1 && !strings.HasSuffix(bare, "/"):
		default:
			return channel{}, "a segment is 1 to 50 letters, digits and hyphens, neither first nor last a hyphen"
		}
	}
	return channel{path: "/" + strings.Join(segments, "/"), segments: segments}, ""
}

func isSegment(s string) bool {
	if s == "" || len(s) > maxSegment || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && c != '-' && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}
