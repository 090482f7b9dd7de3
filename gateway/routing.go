package gateway

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// reserved words are first path segments that later API kinds answer under;
// a stage of such a name is reached through its API's id only.
var reserved = map[string]bool{"graphql": true, "event": true, "realtime": true, "ping": true}

// place is what a request's path names.
type place struct {
	api   string   // API id
	stage string   // stage name
	rest  []string // decoded segments after the stage
}

// rawPath is the path as the client sent it: still encoded, without the query.
func rawPath(r *http.Request) string {
	if !strings.HasPrefix(r.RequestURI, "/") {
		return r.URL.EscapedPath() // absolute-form, or a request built by hand
	}
	path, _, _ := strings.Cut(r.RequestURI, "?")
	return path
}

// locate finds the API and stage of a path. Segments are decoded once, here;
// the signature is checked over the path as sent. Order of look-up: the host
// (an API's own name, a custom domain), the API id, the reserved words, the
// stage of the only WebSocket API.
func locate(s *spec.Spec, t target, path string) (place, bool) {
	segments, ok := split(path)
	if !ok {
		return place{}, false
	}
	switch {
	case t.domain != nil:
		return locateMapping(t.domain, segments)
	case t.api != "":
		return place{api: t.api, stage: segments[0], rest: segments[1:]}, true
	case t.appsync != "":
		return place{}, false // one name of AWS's is one API
	}
	for i := range s.WebSocketAPIs {
		if s.WebSocketAPIs[i].ID == segments[0] && len(segments) > 1 {
			return place{api: segments[0], stage: segments[1], rest: segments[2:]}, true
		}
	}
	if reserved[segments[0]] || len(s.WebSocketAPIs) != 1 {
		return place{}, false
	}
	return place{api: s.WebSocketAPIs[0].ID, stage: segments[0], rest: segments[1:]}, true
}

// appsyncPlace is what a path of an API of AppSync names.
type appsyncPlace struct {
	kind string // KindGraphQL or KindEvents
	api  string // API id
	base string // what the path begins with, "" or "/" and the API id
	path string // "graphql", "graphql/realtime", "realtime", "event", "event/realtime"
}

// socket tells a path of nothing but the WebSocket.
func (p appsyncPlace) socket() bool { return strings.HasSuffix(p.path, "realtime") }

// appsyncKinds are the kinds of API that the paths of AppSync belong to.
var appsyncKinds = map[string]string{
	"graphql": KindGraphQL, "graphql/realtime": KindGraphQL, "realtime": KindGraphQL,
	"event": KindEvents, "event/realtime": KindEvents,
}

// locateAppSync finds the API of AppSync of a path: by the host, by the API id
// at the path's beginning, or because there is only one of the path's kind.
func locateAppSync(s *spec.Spec, t target, path string) (appsyncPlace, bool) {
	if t.api != "" || t.domain != nil {
		return appsyncPlace{}, false
	}
	path = strings.Trim(path, "/")
	if t.appsync != "" {
		p := appsyncPlace{kind: appsyncKinds[path], api: t.appsync, path: path}
		return p, slices.Contains(appsyncIDs(s, p.kind), p.api)
	}
	id, rest, _ := strings.Cut(path, "/")
	if kind := appsyncKinds[rest]; slices.Contains(appsyncIDs(s, kind), id) {
		return appsyncPlace{kind: kind, api: id, base: "/" + id, path: rest}, true
	}
	kind := appsyncKinds[path]
	ids := appsyncIDs(s, kind)
	if len(ids) != 1 {
		return appsyncPlace{}, false
	}
	return appsyncPlace{kind: kind, api: ids[0], path: path}, true
}

// appsyncIDs are the ids of the APIs of a kind.
func appsyncIDs(s *spec.Spec, kind string) []string {
	var ids []string
	switch kind {
	case KindGraphQL:
		for i := range s.GraphQLAPIs {
			ids = append(ids, s.GraphQLAPIs[i].ID)
		}
	case KindEvents:
		for i := range s.EventsAPIs {
			ids = append(ids, s.EventsAPIs[i].ID)
		}
	}
	return ids
}

// split cuts a path at its slashes and decodes each segment once. A trailing
// slash is dropped: "/dev/" is "/dev".
func split(path string) ([]string, bool) {
	segments := strings.Split(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/"), "/")
	for i, raw := range segments {
		decoded, err := url.PathUnescape(raw)
		if err != nil {
			return nil, false
		}
		segments[i] = decoded
	}
	return segments, true
}

// locateMapping finds the stage under a custom domain: the mapping with the
// longest key that the path begins with.
func locateMapping(d *spec.Domain, segments []string) (place, bool) {
	var found *spec.Mapping
	depth := -1
	for i := range d.Mappings {
		key, ok := split(d.Mappings[i].Key)
		if !ok {
			continue
		}
		if d.Mappings[i].Key == "" {
			key = nil
		}
		if len(key) > depth && beginsWith(segments, key) {
			found, depth = &d.Mappings[i], len(key)
		}
	}
	if found == nil {
		return place{}, false
	}
	rest := segments[depth:]
	if len(rest) == 1 && rest[0] == "" {
		rest = nil
	}
	return place{api: found.APIID, stage: found.Stage, rest: rest}, true
}

func beginsWith(segments, key []string) bool {
	if len(key) > len(segments) {
		return false
	}
	for i := range key {
		if segments[i] != key[i] {
			return false
		}
	}
	return true
}

// collisions are the paths that lead elsewhere than a reader of the template
// may think: a stage that is named like an API's id or a reserved word.
func collisions(s *spec.Spec) spec.Problems {
	var ps spec.Problems
	ids := map[string]bool{}
	for i := range s.WebSocketAPIs {
		ids[s.WebSocketAPIs[i].ID] = true
	}
	for i := range s.WebSocketAPIs {
		a := &s.WebSocketAPIs[i]
		for _, st := range a.Stages {
			if reserved[st.Name] || ids[st.Name] {
				ps = append(ps, spec.Problem{At: st.At, Resource: st.LogicalID, Property: "Properties.StageName",
					Message: "the path /" + st.Name + " has another meaning here",
					Hint:    "reach the stage at /" + a.ID + "/" + st.Name + ", or rename it"})
			}
		}
	}
	return ps
}
