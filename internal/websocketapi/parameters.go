package websocketapi

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/spec"
)

// A parameter is one that $connect requires (Route.RequestParameters with
// Required: true).
type parameter struct {
	name  string
	query bool // in the query string, else a header
}

// requiredParameters lists what a route's RequestParameters demand.
func requiredParameters(r *spec.Route) ([]parameter, error) {
	var out []parameter
	for text, required := range r.RequestParameters {
		p, err := parseParameter(text)
		if err != nil {
			return nil, err
		}
		if required && r.Key == routeConnect {
			out = append(out, p)
		}
	}
	slices.SortFunc(out, func(a, b parameter) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

// parseParameter reads route.request.querystring.N or route.request.header.N
// and their multivalue forms.
func parseParameter(text string) (parameter, error) {
	rest, ok := strings.CutPrefix(text, "route.request.")
	place, name, found := strings.Cut(rest, ".")
	place = strings.TrimPrefix(place, "multivalue")
	if !ok || !found || name == "" || place != "querystring" && place != "header" {
		return parameter{}, fmt.Errorf("request parameter %q: write route.request.querystring.NAME or route.request.header.NAME", text)
	}
	return parameter{name: name, query: place == "querystring"}, nil
}

// missingParameters names the required parameters that a handshake lacks.
func missingParameters(required []parameter, header http.Header, query url.Values) []string {
	var missing []string
	for _, p := range required {
		present := header.Get(p.name) != "" || strings.EqualFold(p.name, "Host")
		if p.query {
			present = query.Get(p.name) != ""
		}
		if !present {
			missing = append(missing, p.name)
		}
	}
	return missing
}
