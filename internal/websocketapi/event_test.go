package websocketapi

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identity"
)

const testDomain = "abc123.execute-api.us-east-1.amazonaws.com"

// goldenOrigin and goldenEvent have the ids and times of a recorded event.
func goldenOrigin(id *identity.Identity) origin {
	return newOrigin("prod", testDomain, "R1kmxc2VNjMCFIA=", "abc123", 1705751708340,
		&caller{peer: netip.MustParseAddr("203.0.113.7"), userAgent: `Mozilla "5.0"`, iam: id})
}

func goldenEvent(kind, route string) *event {
	e := &event{kind: kind, route: route, at: time.UnixMilli(1705751856123)}
	copy(e.requestID[:], "R1knPH17NjMFftw=")
	copy(e.messageID[:], "R1knPc2ntjMCFIA=")
	return e
}

func goldenStage(vars map[string]string) *stage {
	return &stage{name: "prod", variables: encodeVariables(vars)}
}

func TestMessageEvent(t *testing.T) {
	t.Parallel()
	o := goldenOrigin(nil)
	const context = `"requestContext":{"routeKey":"sendmessage","messageId":"R1knPc2ntjMCFIA=","eventType":"MESSAGE",` +
		`"extendedRequestId":"R1knPH17NjMFftw=","requestTime":"20/Jan/2024:11:57:36 +0000","messageDirection":"IN","stage":"prod",` +
		`"connectedAt":1705751708340,"requestTimeEpoch":1705751856123,"identity":{"userAgent":"Mozilla \"5.0\"","sourceIp":"203.0.113.7"},` +
		`"requestId":"R1knPH17NjMFftw=","domainName":"abc123.execute-api.us-east-1.amazonaws.com","connectionId":"R1kmxc2VNjMCFIA=","apiId":"abc123"}`
	const body = `,"body":"{\"action\":\"sendmessage\",\"data\":\"hi\"}","isBase64Encoded":false}`
	text := []byte(`{"action":"sendmessage","data":"hi"}`)
	got := o.message(goldenStage(nil), goldenEvent(eventMessage, "sendmessage"), text)
	if d := cmp.Diff(`{`+context+body, string(got)); d != "" {
		t.Error(d)
	}
	got = o.message(goldenStage(map[string]string{"b": "2", "a": "1"}), goldenEvent(eventMessage, "sendmessage"), text)
	if d := cmp.Diff(`{"stageVariables":{"a":"1","b":"2"},`+context+body, string(got)); d != "" {
		t.Error(d)
	}
}

func TestDisconnectEvent(t *testing.T) {
	t.Parallel()
	o := goldenOrigin(nil)
	e := goldenEvent(eventDisconnect, "$disconnect")
	e.code, e.reason = codeNoStatus, reasonNoStatus
	const want = `{"headers":{"Host":"ws.test","x-api-key":"","X-Forwarded-For":"","x-restapi":""},` +
		`"multiValueHeaders":{"Host":["ws.test"],"x-api-key":[""],"X-Forwarded-For":[""],"x-restapi":[""]},` +
		`"requestContext":{"routeKey":"$disconnect","disconnectStatusCode":1005,"eventType":"DISCONNECT",` +
		`"extendedRequestId":"R1knPH17NjMFftw=","requestTime":"20/Jan/2024:11:57:36 +0000","messageDirection":"IN",` +
		`"disconnectReason":"Client-side close frame status not set","stage":"prod","connectedAt":1705751708340,"requestTimeEpoch":1705751856123,` +
		`"identity":{"userAgent":"Mozilla \"5.0\"","sourceIp":"203.0.113.7"},"requestId":"R1knPH17NjMFftw=",` +
		`"domainName":"abc123.execute-api.us-east-1.amazonaws.com","connectionId":"R1kmxc2VNjMCFIA=","apiId":"abc123"},"isBase64Encoded":false}`
	if d := cmp.Diff(want, string(o.disconnect(goldenStage(nil), e, "ws.test"))); d != "" {
		t.Error(d)
	}
}

// handshakeRequest is a handshake as net/http gives it to a handler.
func handshakeRequest(query string) *http.Request {
	return &http.Request{Method: http.MethodGet, Host: "ws.test", URL: &url.URL{Path: "/prod", RawQuery: query}, Header: http.Header{
		"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Key": {"a7Zb"}, "Sec-Websocket-Version": {"13"},
		"X-Forwarded-For": {"198.51.100.1"}, "X-Forwarded-Proto": {"gopher"}, "Cookie": {"a=1", "b=2"},
	}}
}

func TestConnectEvent(t *testing.T) {
	t.Parallel()
	o := goldenOrigin(nil)
	peer := netip.MustParseAddr("203.0.113.7")
	trace := func(time.Time) string { return "Root=1-65abb61c-0123456789abcdef01234567" }
	const context = `"requestContext":{"routeKey":"$connect","eventType":"CONNECT",` +
		`"extendedRequestId":"R1knPH17NjMFftw=","requestTime":"20/Jan/2024:11:57:36 +0000","messageDirection":"IN","stage":"prod",` +
		`"connectedAt":1705751708340,"requestTimeEpoch":1705751856123,"identity":{"userAgent":"Mozilla \"5.0\"","sourceIp":"203.0.113.7"},` +
		`"requestId":"R1knPH17NjMFftw=","domainName":"abc123.execute-api.us-east-1.amazonaws.com","connectionId":"R1kmxc2VNjMCFIA=","apiId":"abc123"},"isBase64Encoded":false}`
	for _, tt := range []struct {
		name, query, want string
		in                Handshake
	}{{
		name: "client's case", query: "room=a+b%21&room=blue&X-Amz-Date=1&flag",
		in: Handshake{Peer: peer, Secure: true, RawHeader: [][2]string{{"Host", "ws.test"}, {"connection", "Upgrade"}, {"Upgrade", "websocket"},
			{"Sec-WebSocket-Key", "a7Zb=="}, {"x-custom", "1"}, {"X-Custom", "2"}, {"X-Amzn-Trace-Id", "Root=mine"}}},
		want: `{"headers":{"Host":"ws.test","Sec-WebSocket-Key":"a7Zb==","X-Amzn-Trace-Id":"Root=mine","X-Forwarded-For":"203.0.113.7","X-Forwarded-Port":"443","X-Forwarded-Proto":"https","x-custom":"2"},` +
			`"multiValueHeaders":{"Host":["ws.test"],"Sec-WebSocket-Key":["a7Zb=="],"X-Amzn-Trace-Id":["Root=mine"],"X-Forwarded-For":["203.0.113.7"],"X-Forwarded-Port":["443"],"X-Forwarded-Proto":["https"],"x-custom":["1","2"]},` +
			`"queryStringParameters":{"X-Amz-Date":"1","flag":"","room":"blue"},"multiValueQueryStringParameters":{"X-Amz-Date":["1"],"flag":[""],"room":["a b!","blue"]},` + context,
	}, {
		name: "bare handler, no query", in: Handshake{Peer: peer},
		want: `{"headers":{"Cookie":"b=2","Host":"ws.test","Sec-Websocket-Key":"a7Zb","Sec-Websocket-Version":"13","X-Amzn-Trace-Id":"Root=1-65abb61c-0123456789abcdef01234567","X-Forwarded-For":"198.51.100.1, 203.0.113.7","X-Forwarded-Port":"80","X-Forwarded-Proto":"http"},` +
			`"multiValueHeaders":{"Cookie":["a=1","b=2"],"Host":["ws.test"],"Sec-Websocket-Key":["a7Zb"],"Sec-Websocket-Version":["13"],"X-Amzn-Trace-Id":["Root=1-65abb61c-0123456789abcdef01234567"],"X-Forwarded-For":["198.51.100.1, 203.0.113.7"],"X-Forwarded-Port":["80"],"X-Forwarded-Proto":["http"]},` + context,
	}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			headers := connectHeaders(handshakeRequest(tt.query), &tt.in, trace, time.Now())
			got := o.connect(goldenStage(nil), goldenEvent(eventConnect, "$connect"), headers, queryFields(tt.query))
			if d := cmp.Diff(strings.ReplaceAll(tt.want, ",", ",\n"), strings.ReplaceAll(string(got), ",", ",\n")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestIdentityOfIAMCaller(t *testing.T) {
	t.Parallel()
	o := goldenOrigin(&identity.Identity{Account: "123456789012", UserID: "AROAX:bob", ARN: "arn:aws:sts::123456789012:assumed-role/r/bob", AccessKeyID: "ASIAX"})
	got := string(o.message(goldenStage(nil), goldenEvent(eventMessage, "x"), nil))
	const want = `"identity":{"accountId":"123456789012","caller":"AROAX:bob","user":"AROAX:bob","userArn":"arn:aws:sts::123456789012:assumed-role/r/bob",` +
		`"accessKey":"ASIAX","userAgent":"Mozilla \"5.0\"","sourceIp":"203.0.113.7"}`
	if !strings.Contains(got, want) {
		t.Error(got)
	}
	if ip, agent := o.caller(); ip != "203.0.113.7" || agent != `Mozilla "5.0"` {
		t.Errorf("%q %q", ip, agent)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	c := &connection{connectedAt: 1605442994726, origin: goldenOrigin(nil)}
	const want = "{\n  \"identity\" : {\n    \"sourceIp\" : \"203.0.113.7\",\n    \"userAgent\" : \"Mozilla \\\"5.0\\\"\"\n  },\n" +
		"  \"connectedAt\" : \"2020-11-15T12:23:14.726Z\",\n  \"lastActiveAt\" : \"2020-11-15T12:23:20.091Z\"\n}"
	if d := cmp.Diff(want, string(c.describe(time.UnixMilli(1605443000091)))); d != "" {
		t.Error(d)
	}
	c.origin = newOrigin("prod", "d", "i", "a", 0, &caller{peer: netip.MustParseAddr("::1")})
	const short = "{\n  \"identity\" : {\n    \"sourceIp\" : \"::1\"\n  },\n"
	if got := string(c.describe(time.Time{})); !strings.HasPrefix(got, short) {
		t.Error(got)
	}
}

func BenchmarkMessageEvent(b *testing.B) {
	o, st, e := goldenOrigin(nil), goldenStage(nil), goldenEvent(eventMessage, "sendmessage")
	text := []byte(`{"action":"sendmessage","data":"` + strings.Repeat("x", 165) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		o.message(st, e, text)
	}
}

func BenchmarkRouteSelection(b *testing.B) {
	s, err := compileSelection("$request.body.action")
	if err != nil {
		b.Fatal(err)
	}
	text := []byte(`{"action":"sendmessage","data":"` + strings.Repeat("x", 165) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if key, _ := s.route(text); key != "sendmessage" {
			b.Fatal(key)
		}
	}
}

func TestPoolIdentity(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		c    identity.Cognito
		want string
	}{
		{identity.Cognito{PoolID: "us-east-1:p", IdentityID: "us-east-1:i", Provider: "idp", SignIn: "idp:CognitoSignIn:ann"},
			`"cognitoIdentityPoolId":"us-east-1:p","cognitoIdentityId":"us-east-1:i","cognitoAuthenticationType":"authenticated","cognitoAuthenticationProvider":"idp,idp:CognitoSignIn:ann","userAgent"`},
		{identity.Cognito{PoolID: "us-east-1:p", IdentityID: "us-east-1:i"},
			`"cognitoIdentityPoolId":"us-east-1:p","cognitoIdentityId":"us-east-1:i","cognitoAuthenticationType":"unauthenticated","userAgent"`},
	} {
		o := goldenOrigin(&identity.Identity{Account: "123456789012", AccessKeyID: "ASIAX", Cognito: &tt.c})
		if text := string(o.appendContext(nil, goldenEvent(eventMessage, "$default"))); !strings.Contains(text, `"accessKey":"ASIAX",`+tt.want) {
			t.Errorf("%s\nwant %s", text, tt.want)
		}
	}
}
