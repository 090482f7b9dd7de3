package gateway

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"

	"github.com/tidewire/tidewire/internal/datasource"
	"github.com/tidewire/tidewire/sigv4"
)

// maxDatabaseRequest bounds a request to DynamoDB (a batch has 16 MB at most,
// API reference, BatchWriteItem), and databaseCalls how many are held at once.
const (
	maxDatabaseRequest = 16<<20 + 64<<10
	databaseCalls      = 32
)

// newDatabaseProxy leads requests signed for dynamodb to the engine that the gateway
// started. The engine checks nobody and listens where only this user reaches
// it; here the signature is checked, like everybody's. Policies are not: what
// a role may do with which table is not evaluated for DynamoDB.
func (g *Gateway) newDatabaseProxy(d *datasource.Database) (http.Handler, error) {
	u, err := url.Parse(d.Endpoint())
	if err != nil {
		return nil, err
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:   func(r *httputil.ProxyRequest) { r.SetURL(u) },
		Transport: d.Transport(),
		ErrorLog:  serverLog(g.o.Log),
	}
	room := make(chan struct{}, databaseCalls)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case room <- struct{}{}:
			defer func() { <-room }()
		case <-r.Context().Done():
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDatabaseRequest))
		if err != nil {
			writeJSONError(w, "RequestEntityTooLarge", fmt.Sprintf("reading the request: %v", err))
			return
		}
		if _, err := g.databaseAuth.IAM(r.Context(), sigv4.FromHTTP(r), body); err != nil {
			g.o.Log.Warn("DynamoDB request refused", "peer", r.RemoteAddr, "type", err.Code, "cause", fmt.Sprint(err.Cause))
			writeJSONError(w, err.Code, err.Message)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		proxy.ServeHTTP(w, r)
	}), nil
}
