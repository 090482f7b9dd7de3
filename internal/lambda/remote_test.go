package lambda

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
)

// endpoint is a Lambda Invoke endpoint that knows one function.
func endpoint(t *testing.T, known string, answer http.HandlerFunc) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("POST /2015-03-31/functions/"+known+"/invocations", answer)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL
}

// elsewhere is one function that runs at r.
func elsewhere(r Remote) Options {
	return Options{Functions: []spec.Function{{LogicalID: "Fn", Name: "f", Runtime: "java21"}}, Remote: map[string]Remote{"f": r}}
}

func TestRemoteURL(t *testing.T) {
	t.Parallel()
	echo := func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }
	for _, known := range []string{"f", "Fn", "function"} {
		fs, _ := openWith(t, elsewhere(Remote{URL: endpoint(t, known, echo)}))
		wantBody(t, fs, "f", `{"a":1}`, `{"a":1}`)
		wantBody(t, fs, "f", `2`, `2`)
	}
	full := endpoint(t, "other", echo) + "/2015-03-31/functions/other/invocations"
	fs, _ := openWith(t, elsewhere(Remote{URL: full}))
	wantBody(t, fs, "f", `3`, `3`)
}

func TestRemoteErrors(t *testing.T) {
	t.Parallel()
	const doc = `{"errorType":"E","errorMessage":"m"}`
	answer := func(status int, header, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("X-Amz-Function-Error", header)
			}
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		}
	}
	fs, _ := openWith(t, elsewhere(Remote{URL: endpoint(t, "f", answer(200, "Unhandled", doc))}))
	wantError(t, fs, "f", `{}`, "E", "m")
	fs, _ = openWith(t, elsewhere(Remote{URL: endpoint(t, "function", answer(200, "", doc))}))
	wantError(t, fs, "f", `{}`, "E", "m")
	fs, _ = openWith(t, elsewhere(Remote{URL: endpoint(t, "f", answer(200, "", doc))}))
	wantBody(t, fs, "f", `{}`, doc)
	fs, _ = openWith(t, elsewhere(Remote{URL: endpoint(t, "f", answer(200, "", strings.Repeat("x", maxReply+1)))}))
	wantError(t, fs, "f", `{}`, "Function.ResponseSizeTooLarge", "")
	fs, _ = openWith(t, elsewhere(Remote{URL: endpoint(t, "f", answer(429, "", ""))}))
	var fe *fault.Error
	if _, err := fs.Invoke(t.Context(), "f", nil); !errors.As(err, &fe) || fe.Code != "TooManyRequestsException" {
		t.Errorf("429: %v", err)
	}
	for _, r := range []Remote{
		{URL: endpoint(t, "f", answer(500, "", "no"))}, {URL: endpoint(t, "unknown", answer(200, "", ""))},
		{URL: "ftp://x"}, {URL: "http://127.0.0.1:1"}, {ARN: "arn:aws:lambda:eu-west-1:1:function:f"}, {ARN: "nonsense"},
	} {
		fs, _ := openWith(t, elsewhere(r))
		if body, err := fs.Invoke(t.Context(), "f", []byte(`{}`)); err == nil || asFunctionError(err) != nil {
			t.Errorf("%v: %q, %v", r, body, err)
		}
	}
}

// roundTrip is an HTTP client made of a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestRemoteARN(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:lambda:eu-west-1:123456789012:function:real"
	status, header := 200, ""
	o := elsewhere(Remote{ARN: arn})
	o.RemoteConfig = func(context.Context) (aws.Config, error) {
		return aws.Config{
			Region: "us-east-1", RetryMaxAttempts: 1,
			Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: "AKIA", SecretAccessKey: "s"}, nil
			}),
			HTTPClient: roundTrip(func(r *http.Request) (*http.Response, error) {
				if r.URL.Host != "lambda.eu-west-1.amazonaws.com" || !strings.Contains(r.URL.EscapedPath(), "real/invocations") {
					t.Errorf("called %s", r.URL)
				}
				b, err := io.ReadAll(r.Body)
				h := http.Header{}
				if header != "" {
					h.Set("X-Amz-Function-Error", header)
				}
				if status == 429 {
					h.Set("X-Amzn-ErrorType", "TooManyRequestsException")
				}
				return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(string(b))), Request: r}, err
			}),
		}, nil
	}
	fs, _ := openWith(t, o)
	wantBody(t, fs, "f", `{"a":1}`, `{"a":1}`)
	header = "Unhandled"
	wantError(t, fs, "f", `{"errorType":"E","errorMessage":"m"}`, "E", "m")
	status, header = 429, ""
	var fe *fault.Error
	if _, err := fs.Invoke(t.Context(), "f", []byte(`{}`)); !errors.As(err, &fe) || fe.Code != "TooManyRequestsException" {
		t.Errorf("throttled: %v", err)
	}
}

// customError is an error with a type of its own.
type customError struct{}

func (*customError) Error() string { return "custom" }

func TestClosures(t *testing.T) {
	t.Parallel()
	one := 1
	fns := []spec.Function{{Name: "f", Timeout: 50 * time.Millisecond}, {Name: "reserved", LogicalID: "R", ReservedConcurrency: &one}}
	inner := make(chan error, 1)
	var fs *Functions
	fs, _ = openWith(t, Options{Functions: fns, Local: map[string]Closure{
		"f": func(ctx context.Context, payload []byte) ([]byte, error) {
			switch string(payload) {
			case "fail":
				return nil, errors.New("failed")
			case "custom":
				return nil, &customError{}
			case "panic":
				panic("oh")
			case "hang":
				<-ctx.Done()
				return nil, ctx.Err()
			case "large":
				return make([]byte, maxReply+1), nil
			case "refuse":
				return nil, throttled("no")
			}
			return payload, nil
		},
		"R": func(ctx context.Context, _ []byte) ([]byte, error) {
			_, err := fs.Invoke(ctx, "reserved", nil)
			inner <- err
			return nil, nil
		},
	}})
	wantBody(t, fs, "f", `1`, `1`)
	wantError(t, fs, "f", "fail", "errorString", "failed")
	wantError(t, fs, "f", "custom", "customError", "custom")
	wantError(t, fs, "f", "panic", "string", "oh")
	wantError(t, fs, "f", "hang", "Sandbox.Timedout", "0.05 seconds")
	wantError(t, fs, "f", "large", "Function.ResponseSizeTooLarge", "")
	var fe *fault.Error
	if _, err := fs.Invoke(t.Context(), "f", []byte("refuse")); !errors.As(err, &fe) {
		t.Errorf("refuse: %v", err)
	}
	mustInvoke(t, fs, "reserved", "")
	if err := <-inner; !errors.As(err, &fe) || fe.Status != 429 {
		t.Errorf("a second call of a reserved function: %v", err)
	}
}
