package datasource

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

const (
	httpTimeout = 10 * time.Second // for a request of an HTTP data source
	maxHTTPBody = 1 << 20          // bytes of its answer
)

// httpDocument is the request document of an HTTP data source (AppSync
// developer guide, "JavaScript resolver function reference for HTTP").
type httpDocument struct {
	Method string `json:"method"`
	Path   string `json:"resourcePath"`
	Params struct {
		Headers headerList                 `json:"headers"`
		Query   map[string]json.RawMessage `json:"query"`
		Body    json.RawMessage            `json:"body"`
	} `json:"params"`
}

// headerList is an object of headers in its order: of names that differ by case,
// as the caller's x-user and the code's X-User, the last counts.
type headerList []header

type header struct {
	name  string
	value json.RawMessage
}

// UnmarshalJSON reads an object, or null.
func (l *headerList) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	if open, err := d.Token(); err != nil || open == nil {
		return err
	} else if open != json.Delim('{') {
		return errors.New("params.headers must be an object")
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		h := header{name: name.(string)} // a member's name is one
		if err := d.Decode(&h.value); err != nil {
			return err
		}
		*l = append(*l, h)
	}
	return nil
}

// doHTTP sends a request and gives {statusCode, headers, body} whatever the
// status: only a request without an answer is a failure.
func (s *Sources) doHTTP(ctx context.Context, ds *spec.DataSource, document json.RawMessage) (json.RawMessage, *Failure) {
	var d httpDocument
	if f := decode(document, &d); f != nil {
		return null, f
	}
	ctx, cancel := context.WithTimeout(ctx, httpTimeout)
	defer cancel()
	r, f := s.httpRequest(ctx, ds, &d)
	if f != nil {
		return null, f
	}
	resp, err := s.o.HTTP.Do(r)
	if err != nil {
		return null, httpFailure(ds, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxHTTPBody+1))
	switch {
	case err != nil:
		return null, httpFailure(ds, err)
	case len(body) > maxHTTPBody:
		return null, &Failure{Type: "Http:ResponseTooLarge", Message: fmt.Sprintf("the answer of %s has more than %d bytes", ds.Endpoint, maxHTTPBody)}
	}
	return answerJSON(resp, body)
}

// httpFailure leaves out the URL's query, where clients put secrets.
func httpFailure(ds *spec.DataSource, err error) *Failure {
	cause := err
	var at *url.Error
	if errors.As(err, &at) {
		cause = at.Err
	}
	return &Failure{Type: "Http:RequestFailed", Message: fmt.Sprintf("the request to %s got no answer: %v", ds.Endpoint, cause)}
}

func answerJSON(resp *http.Response, body []byte) (json.RawMessage, *Failure) {
	headers := make(map[string]string, len(resp.Header))
	for name, values := range resp.Header {
		headers[name] = strings.Join(values, ",")
	}
	text, err := json.Marshal(struct {
		Status  int               `json:"statusCode"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}{resp.StatusCode, headers, string(body)})
	if err != nil {
		return null, &Failure{Type: "Http:RequestFailed", Message: "the answer could not be written as JSON"}
	}
	return text, nil
}

func (s *Sources) httpRequest(ctx context.Context, ds *spec.DataSource, d *httpDocument) (*http.Request, *Failure) {
	if !slices.Contains([]string{"GET", "POST", "PUT", "DELETE", "PATCH"}, d.Method) {
		return nil, &Failure{Type: badTemplate, Message: fmt.Sprintf("method must be GET, POST, PUT, DELETE or PATCH, not %q", d.Method)}
	}
	if !strings.HasPrefix(d.Path, "/") || strings.Contains(d.Path, "#") { // which would hide params.query
		return nil, &Failure{Type: badTemplate, Message: fmt.Sprintf("resourcePath must begin with a slash and have no fragment: %.200q", d.Path)}
	}
	address := strings.TrimSuffix(ds.Endpoint, "/") + d.Path
	if query := queryOf(d.Params.Query); query != "" {
		separator := "?"
		if strings.Contains(d.Path, "?") {
			separator = "&"
		}
		address += separator + query
	}
	body := text(d.Params.Body)
	r, err := http.NewRequestWithContext(ctx, d.Method, address, bytes.NewReader(body))
	if err != nil || !sameHost(r, ds.Endpoint) {
		return nil, &Failure{Type: badTemplate, Message: "resourcePath is no path of a URL"}
	}
	for _, h := range d.Params.Headers {
		if !ownHeaders[http.CanonicalHeaderKey(h.name)] {
			r.Header.Set(h.name, string(text(h.value)))
		}
	}
	return r, s.signHTTP(ctx, ds, r, body)
}

// ownHeaders are of the connection and the signature: code that hands the
// caller's headers on must not let the caller choose whom a signature is for.
var ownHeaders = map[string]bool{
	"Host": true, "Connection": true, "Upgrade": true, "Keep-Alive": true, "Te": true, "Trailer": true, "Transfer-Encoding": true,
	"Content-Length": true, "Expect": true, "Proxy-Authorization": true, "Proxy-Connection": true,
}

// sameHost makes sure that a path did not change where the request goes.
func sameHost(r *http.Request, endpoint string) bool {
	u, err := url.Parse(endpoint)
	return err == nil && r.URL.Host == u.Host && r.URL.Scheme == u.Scheme && r.URL.User == nil
}

// queryOf writes the parameters in the order of their names, so that a request
// is the same each time.
func queryOf(params map[string]json.RawMessage) string {
	values := url.Values{}
	for name, value := range params {
		values.Set(name, string(text(value)))
	}
	return values.Encode()
}

// text is a JSON text's text, and of other values their JSON.
func text(value json.RawMessage) []byte {
	var s string
	switch {
	case len(value) == 0 || bytes.Equal(value, null):
		return nil
	case json.Unmarshal(value, &s) == nil:
		return []byte(s)
	}
	return value
}

// signHTTP signs the request if the data source's AwsIamConfig asks for it.
func (s *Sources) signHTTP(ctx context.Context, ds *spec.DataSource, r *http.Request, body []byte) *Failure {
	if ds.SigningService == "" && ds.SigningRegion == "" {
		return nil
	}
	service, region := ds.SigningService, ds.SigningRegion
	if region == "" {
		region = s.o.Region
	}
	if err := s.sign(ctx, ds.RoleARN, service, region, r, body); err != nil {
		s.o.Log.Warn("a data source's request could not be signed", "dataSource", ds.Name, "role", ds.RoleARN, "err", err)
		return &Failure{Type: "Http:CredentialsFailed", Message: "there are no credentials of the role of the data source " + ds.Name}
	}
	return nil
}

// sign signs with the credentials of a role.
func (s *Sources) sign(ctx context.Context, role, service, region string, r *http.Request, body []byte) error {
	signer := sigv4.Signer{Service: service, Region: region, Now: s.o.Now,
		Credentials: aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) { return s.o.Credentials(ctx, role) })}
	return signer.Sign(ctx, r, sigv4.HashPayload(body))
}
