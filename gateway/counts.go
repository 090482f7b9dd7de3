package gateway

import (
	"fmt"
	"iter"
	"strings"
)

// tell logs what has happened at an API that has come to its end, so that nothing
// was dropped without a word.
func (g *Gateway) tell(api, counts string) {
	if counts != "" {
		g.o.Log.Info("served", "api", api, "counts", counts)
	}
}

// tellAll does so for all APIs, and for the connections of all.
func (g *Gateway) tellAll(s *serving) {
	for id, api := range s.apis {
		g.tell(id, counted(api.Counts()))
	}
	for id, server := range s.appsync {
		g.tell(id, server.counts())
	}
	if ends := counted(g.sockets.All()); ends != "" {
		g.o.Log.Info("connections ended", "counts", ends)
	}
}

func (a *appsyncServer) counts() string {
	fanout := counted(a.fanout.All())
	if a.events != nil {
		return joined(counted(a.events.Sockets().Counts()), fanout)
	}
	return joined(counted(a.graphql.Sockets().Counts()), counted(a.graphql.Counts()), fanout)
}

// counted lists what is not zero: "accepted 3, messages 12".
func counted[W fmt.Stringer](counts iter.Seq2[W, uint64]) string {
	var list []string
	for what, n := range counts {
		if n > 0 {
			list = append(list, fmt.Sprintf("%s %d", what, n))
		}
	}
	return strings.Join(list, ", ")
}

// joined joins what is not empty.
func joined(parts ...string) string {
	var list []string
	for _, p := range parts {
		if p != "" {
			list = append(list, p)
		}
	}
	return strings.Join(list, ", ")
}
