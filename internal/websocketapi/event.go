package websocketapi

import (
	"encoding/json"
	"net/netip"
	"strconv"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
)

// The three values of requestContext.eventType.
const (
	eventConnect    = "CONNECT"
	eventMessage    = "MESSAGE"
	eventDisconnect = "DISCONNECT"
)

// An origin is the part of requestContext that is the same in every event of
// a connection, encoded once: one string, cut where the changing parts go.
// It is immutable.
type origin struct {
	text           string
	identityAt     int32 // text[:identityAt] ends before requestTimeEpoch's value
	requestAt      int32 // text[identityAt:requestAt] ends before requestId's value
	identityLength int32 // of the object that starts behind text[identityAt:]'s member name
}

const identityMember = `,"identity":`

// A caller is who opened a connection, for requestContext.identity.
type caller struct {
	peer      netip.Addr
	userAgent string
	iam       *identity.Identity // nil unless $connect is AWS_IAM
}

// newOrigin encodes what does not change during a connection's life.
func newOrigin(stage, domain, id, apiID string, connectedAt int64, who *caller) origin {
	dst := make([]byte, 0, 256+len(who.userAgent)+len(domain))
	dst = append(dst, `"stage":`...)
	dst = appendString(dst, stage)
	dst = append(dst, `,"connectedAt":`...)
	dst = strconv.AppendInt(dst, connectedAt, 10)
	dst = append(dst, `,"requestTimeEpoch":`...)
	o := origin{identityAt: int32(len(dst))}
	dst = append(dst, identityMember...)
	start := len(dst)
	dst = who.append(dst)
	o.identityLength = int32(len(dst) - start)
	dst = append(dst, `,"requestId":"`...)
	o.requestAt = int32(len(dst))
	dst = append(dst, `","domainName":`...)
	dst = appendString(dst, domain)
	dst = append(dst, `,"connectionId":`...)
	dst = appendString(dst, id)
	dst = append(dst, `,"apiId":`...)
	dst = appendString(dst, apiID)
	o.text = string(append(dst, '}'))
	return o
}

// caller gives back sourceIp and userAgent.
func (o *origin) caller() (sourceIP, userAgent string) {
	start := int(o.identityAt) + len(identityMember)
	var c struct{ SourceIP, UserAgent string } // sourceIp, userAgent
	if err := json.Unmarshal([]byte(o.text[start:start+int(o.identityLength)]), &c); err != nil {
		return "", "" // unreachable: newOrigin wrote it
	}
	return c.SourceIP, c.UserAgent
}

// append appends the identity object: for an IAM caller all that is known of
// it, members without a value left out.
func (c *caller) append(dst []byte) []byte {
	dst = append(dst, '{')
	if id := c.iam; id != nil {
		dst = appendMember(dst, "accountId", id.Account)
		dst = appendMember(dst, "caller", id.UserID)
		dst = appendMember(dst, "user", id.UserID)
		dst = appendMember(dst, "userArn", id.ARN)
		dst = appendMember(dst, "accessKey", id.AccessKeyID)
		dst = appendPoolIdentity(dst, id.Cognito)
	}
	dst = appendMember(dst, "userAgent", c.userAgent)
	dst = appendMember(dst, "sourceIp", c.peer.String())
	return append(dst, '}')
}

// appendPoolIdentity appends what is known of an identity pool's caller.
func appendPoolIdentity(dst []byte, c *identity.Cognito) []byte {
	if c == nil {
		return dst
	}
	dst = appendMember(dst, "cognitoIdentityPoolId", c.PoolID)
	dst = appendMember(dst, "cognitoIdentityId", c.IdentityID)
	dst = appendMember(dst, "cognitoAuthenticationType", c.Type())
	if c.Provider == "" {
		return dst
	}
	return appendMember(dst, "cognitoAuthenticationProvider", c.Provider+","+c.SignIn)
}

// An event is what differs from one event of a connection to the next.
type event struct {
	kind      string // eventConnect, …
	route     string // route key
	requestID [shortIDLen]byte
	messageID [shortIDLen]byte // MESSAGE only
	at        time.Time
	code      int    // DISCONNECT only
	reason    string // DISCONNECT only
}

// appendContext appends "requestContext":{…}, members in the order of
// recorded events.
func (o *origin) appendContext(dst []byte, e *event) []byte {
	dst = append(dst, `"requestContext":{"routeKey":`...)
	dst = appendString(dst, e.route)
	switch e.kind {
	case eventMessage:
		dst = append(dst, `,"messageId":"`...)
		dst = append(append(dst, e.messageID[:]...), '"')
	case eventDisconnect:
		dst = append(dst, `,"disconnectStatusCode":`...)
		dst = strconv.AppendInt(dst, int64(e.code), 10)
	}
	dst = append(append(dst, `,"eventType":"`...), e.kind...)
	dst = append(append(dst, `","extendedRequestId":"`...), e.requestID[:]...)
	dst = appendRequestTime(append(dst, `","requestTime":"`...), e.at)
	dst = append(dst, `","messageDirection":"IN",`...)
	if e.kind == eventDisconnect {
		dst = append(appendString(append(dst, `"disconnectReason":`...), e.reason), ',')
	}
	dst = append(dst, o.text[:o.identityAt]...)
	dst = strconv.AppendInt(dst, e.at.UnixMilli(), 10)
	dst = append(dst, o.text[o.identityAt:o.requestAt]...)
	dst = append(dst, e.requestID[:]...)
	return append(dst, o.text[o.requestAt:]...)
}

const notBase64 = `"isBase64Encoded":false}`

// message is the MESSAGE event: no headers, no query string, the text of the
// message as body.
func (o *origin) message(st *stage, e *event, text []byte) []byte {
	dst := make([]byte, 0, 384+len(o.text)+len(e.route)+len(st.variables)+len(text)+len(text)/8)
	dst = append(dst, '{')
	dst = append(dst, st.variables...)
	dst = o.appendContext(dst, e)
	dst = append(dst, `,"body":`...)
	dst = appendString(dst, text)
	dst = append(dst, ',')
	return append(dst, notBase64...)
}

// disconnect is the DISCONNECT event. Its headers are what the service
// leaves of the handshake's: Host, and three that are empty.
func (o *origin) disconnect(st *stage, e *event, host string) []byte {
	dst := make([]byte, 0, 640+len(o.text)+len(st.variables)+2*len(host))
	dst = appendString(append(dst, `{"headers":{"Host":`...), host)
	dst = append(dst, `,"x-api-key":"","X-Forwarded-For":"","x-restapi":""},"multiValueHeaders":{"Host":[`...)
	dst = appendString(dst, host)
	dst = append(dst, `],"x-api-key":[""],"X-Forwarded-For":[""],"x-restapi":[""]},`...)
	dst = append(dst, st.variables...)
	dst = append(o.appendContext(dst, e), ',')
	return append(dst, notBase64...)
}

// connect is the CONNECT event: headers and query string of the handshake,
// no body.
func (o *origin) connect(st *stage, e *event, headers, query *fields) []byte {
	dst := append(make([]byte, 0, 2048), '{')
	dst = headers.append(dst, "headers", "multiValueHeaders")
	dst = query.append(dst, "queryStringParameters", "multiValueQueryStringParameters")
	dst = append(dst, st.variables...)
	dst = append(o.appendContext(dst, e), ',')
	return append(dst, notBase64...)
}
