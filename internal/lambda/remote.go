package lambda

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/tidwall/gjson"

	"github.com/tidewire/tidewire/internal/spec"
)

// caller calls functions that run elsewhere.
type caller struct {
	http   *http.Client
	config func(context.Context) (aws.Config, error)

	mu      sync.Mutex
	clients map[string]*lambda.Client // by region
}

// newCaller makes a caller; config may be nil when no function is in AWS.
func newCaller(config func(context.Context) (aws.Config, error)) *caller {
	return &caller{
		http: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true},
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
		config:  config,
		clients: map[string]*lambda.Client{},
	}
}

// close ends idle connections.
func (c *caller) close() { c.http.CloseIdleConnections() }

// remote is a function that runs elsewhere.
type remote struct {
	Remote
	f    *spec.Function
	path atomic.Pointer[string] // the endpoint's name for the function, once known
}

// invoke calls the function.
func (r *remote) invoke(ctx context.Context, c *caller, payload []byte) ([]byte, error) {
	if r.ARN != "" {
		return r.invokeARN(ctx, c, payload)
	}
	if known := r.path.Load(); known != nil {
		body, _, err := r.post(ctx, c, *known, payload)
		return body, err
	}
	paths, err := r.paths()
	if err != nil {
		return nil, err
	}
	for i, path := range paths {
		body, missing, err := r.post(ctx, c, path, payload)
		if missing && i < len(paths)-1 {
			continue
		}
		if !missing {
			r.path.Store(&path)
		}
		return body, err
	}
	return nil, errors.New("no address to try") // paths is never empty
}

// paths are the addresses to try: sam local knows a function by its name or
// logical id, the runtime interface emulator calls every function "function".
func (r *remote) paths() ([]string, error) {
	u, err := url.Parse(r.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("function %s: %q is not an http address", r.f.Name, r.URL)
	}
	if strings.Contains(u.Path, "/functions/") {
		return []string{r.URL}, nil
	}
	base := strings.TrimSuffix(r.URL, "/") + "/2015-03-31/functions/"
	var paths []string
	for _, name := range []string{r.f.Name, r.f.LogicalID, "function"} {
		if name != "" {
			paths = append(paths, base+url.PathEscape(name)+"/invocations")
		}
	}
	return paths, nil
}

// post calls one address; missing means that it knows no such function.
func (r *remote) post(ctx context.Context, c *caller, address string, payload []byte) (body []byte, missing bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(payload))
	if err != nil {
		return nil, false, err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		if ctx.Err() != nil {
			return nil, false, context.Cause(ctx)
		}
		return nil, false, fmt.Errorf("function %s: no answer from its endpoint: %w", r.f.Name, err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err = io.ReadAll(io.LimitReader(resp.Body, maxReply+1))
	if err != nil {
		return nil, false, fmt.Errorf("function %s: answer of its endpoint: %w", r.f.Name, err)
	}
	body, err = r.judge(resp, body, strings.HasSuffix(address, "/functions/function/invocations"))
	return body, resp.StatusCode == http.StatusNotFound, err
}

// judge reads an answer of the Invoke operation (Lambda API reference). The
// runtime interface emulator leaves X-Amz-Function-Error out; there a document
// with an error's two members is one.
func (r *remote) judge(resp *http.Response, body []byte, emulator bool) ([]byte, error) {
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return nil, throttled("function %s: its endpoint answered 429", r.f.Name)
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return nil, fmt.Errorf("function %s: its endpoint answered %s: %.200q", r.f.Name, resp.Status, body)
	case resp.Header.Get("X-Amz-Function-Error") != "":
		return nil, reportedError(body)
	case len(body) > maxReply:
		return nil, replyTooLarge()
	case emulator && isErrorDocument(body):
		return nil, reportedError(body)
	}
	return body, nil
}

// isErrorDocument says whether a body is what a runtime reports for an error.
func isErrorDocument(body []byte) bool {
	if !gjson.ValidBytes(body) {
		return false
	}
	doc := gjson.ParseBytes(body)
	return doc.IsObject() && doc.Get("errorType").Type == gjson.String &&
		doc.Get("errorMessage").Exists() && !doc.Get("statusCode").Exists()
}

// invokeARN calls a function in AWS.
func (r *remote) invokeARN(ctx context.Context, c *caller, payload []byte) ([]byte, error) {
	client, err := c.client(ctx, r.ARN)
	if err != nil {
		return nil, fmt.Errorf("function %s: %w", r.f.Name, err)
	}
	out, err := client.Invoke(ctx, &lambda.InvokeInput{FunctionName: &r.ARN, Payload: payload})
	var busy *types.TooManyRequestsException
	switch {
	case err == nil && out.FunctionError != nil:
		return nil, reportedError(out.Payload)
	case err == nil:
		return out.Payload, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.As(err, &busy):
		return nil, throttled("function %s: %w", r.f.Name, err)
	}
	return nil, fmt.Errorf("function %s: invoke %s: %w", r.f.Name, r.ARN, err)
}

// client is the SDK's client for an ARN's region.
func (c *caller) client(ctx context.Context, arn string) (*lambda.Client, error) {
	parts := strings.Split(arn, ":")
	if len(parts) < 7 || parts[2] != "lambda" {
		return nil, fmt.Errorf("%q is not a function's ARN", arn)
	}
	if c.config == nil {
		return nil, errors.New("there are no AWS credentials to call it with")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if client := c.clients[parts[3]]; client != nil {
		return client, nil
	}
	cfg, err := c.config(ctx)
	if err != nil {
		return nil, err
	}
	client := lambda.NewFromConfig(cfg, func(o *lambda.Options) { o.Region = parts[3] })
	c.clients[parts[3]] = client
	return client, nil
}
