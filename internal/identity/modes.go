package identity

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"github.com/tidewire/tidewire/internal/fault"
	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/sigv4"
)

// ModesOptions are what [NewModes] takes. Spec and either API or Events are
// required, IAM where a mode is AWS_IAM, Invoke where one is AWS_LAMBDA.
type ModesOptions struct {
	Spec   *spec.Spec
	API    *spec.GraphQLAPI
	Events *spec.EventsAPI

	// IAM verifies signatures for the service appsync.
	IAM *Authenticator
	// LocalIAM verifies signatures of requests to hosts that are not AWS's, for
	// which Amplify signs with the service execute-api; nil: IAM does.
	LocalIAM *Authenticator
	// Invoke runs a Lambda authorizer. It must end with ctx.
	Invoke func(ctx context.Context, functionARN string, payload []byte) ([]byte, error)
	// Issuers say where the keys of an issuer are: by the logical id or id of
	// a user pool, or by an issuer, the URL of an issuer (https, or http on
	// this machine) or the path of a file with a JSON Web Key Set.
	Issuers map[string]string
	// Transport fetches discovery documents and keys; nil is
	// http.DefaultTransport.
	Transport http.RoundTripper

	Log *slog.Logger     // nil: discard
	Now func() time.Time // nil: time.Now
}

// Modes are the authorization modes of one AppSync API: they find out who is
// calling, by whichever credential is sent. Immutable settings; safe for
// concurrent use; a reload makes new ones.
type Modes struct {
	o           ModesOptions
	api         modesAPI
	tokens      []*tokenProvider // OIDC and Cognito, in the template's order
	lambda      *lambdaAuthorizer
	unavailable []string
}

// NewModes makes the modes of an API. Its error names a setting that cannot
// work; an issuer is not asked before the first token.
func NewModes(o ModesOptions) (*Modes, error) {
	api := o.api()
	if o.Spec == nil || len(api.auth) == 0 {
		return nil, errors.New("identity: an API with an authorization mode is needed")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	m := &Modes{o: o, api: api}
	for i := range api.auth {
		if err := m.add(&api.auth[i]); err != nil {
			return nil, fmt.Errorf("%s: authorization mode %s: %w", api.logicalID, api.auth[i].Mode, err)
		}
	}
	return m, nil
}

func (m *Modes) add(p *spec.AuthProvider) error {
	switch {
	case p.Mode == spec.ModeAPIKey:
		return nil
	case p.Mode == spec.ModeIAM && m.o.IAM != nil:
		return nil
	case p.Mode == spec.ModeOIDC && p.OIDC != nil:
		return m.addTokens(p, p.OIDC.Issuer, p.OIDC.ClientID, p.OIDC.Issuer)
	case p.Mode == spec.ModeCognito && p.Pool != nil:
		return m.addTokens(p, p.Pool.Issuer, p.Pool.ClientIDRegex, p.Pool.LogicalID, p.Pool.ID, p.Pool.Issuer)
	case p.Mode == spec.ModeLambda && p.Lambda != nil && m.o.Invoke != nil:
		a, err := newLambdaAuthorizer(m, p)
		m.lambda = a
		return err
	}
	return errors.New("its settings are missing, or it is no mode of AppSync") // never passes anybody
}

// addTokens adds a provider of tokens. names are what its keys may be found
// under in Issuers.
func (m *Modes) addTokens(p *spec.AuthProvider, issuer, clients string, names ...string) error {
	t := &tokenProvider{provider: p, now: m.o.Now}
	if clients != "" {
		var err error
		if t.clients, err = fullMatch(clients); err != nil {
			return fmt.Errorf("the pattern of client ids: %w", err)
		}
	}
	m.tokens = append(m.tokens, t)
	for _, name := range names {
		if where, ok := m.o.Issuers[name]; ok && name != "" {
			var err error
			t.issuer, err = newIssuer(&m.o, issuer, where, p.Mode == spec.ModeCognito)
			return err
		}
	}
	name := issuer
	if p.Pool != nil && p.Pool.LogicalID != "" {
		name = p.Pool.LogicalID
	}
	m.unavailable = append(m.unavailable, fmt.Sprintf("%s of %s refuses every token: nothing says where the keys of %s are; give --issuer %s=URL, or a file with its JSON Web Key Set",
		p.Mode, m.api.logicalID, issuer, name))
	return nil
}

// fullMatch compiles a pattern that must match the whole text, as Java's
// Matcher.matches does.
func fullMatch(pattern string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(pattern); err != nil { // by itself, lest it closes our group
		return nil, err
	}
	return regexp.Compile(`\A(?:` + pattern + `)\z`)
}

// CheckPatterns finds a pattern of client ids or tokens that cannot be used: Go's
// regexp package does not know Java's look-around.
func CheckPatterns(p *spec.AuthProvider) error {
	for property, pattern := range patterns(p) {
		if _, err := fullMatch(pattern); err != nil {
			return fmt.Errorf("%s %q cannot be used: %w", property, pattern, err)
		}
	}
	return nil
}

// patterns are the regular expressions of a provider, by their properties.
func patterns(p *spec.AuthProvider) map[string]string {
	switch {
	case p.OIDC != nil:
		return map[string]string{"ClientId": p.OIDC.ClientID}
	case p.Pool != nil:
		return map[string]string{"AppIdClientRegex": p.Pool.ClientIDRegex}
	case p.Lambda != nil:
		return map[string]string{"IdentityValidationExpression": p.Lambda.IdentityValidation}
	}
	return nil
}

// Unavailable says which modes refuse everybody for want of a setting, a
// sentence each.
func (m *Modes) Unavailable() []string { return m.unavailable }

// Request is what a credential is read from: the headers of an HTTP request, or
// the authorization of a message on a WebSocket.
type Request struct {
	Header http.Header
	// Signed and Body are what a signature is made over.
	Signed *sigv4.Request
	Body   []byte
	// OtherBody is another text that the signature may be over instead of
	// Body, for messages that clients write in one way and sign in another;
	// nil: none.
	OtherBody []byte
	// OtherPath is another path, escaped, that may have been signed instead of
	// that of Signed; empty: none.
	OtherPath string

	Peer netip.Addr
	// ForwardedFor are the addresses of X-Forwarded-For, in their order.
	ForwardedFor []string
	Secure       bool // over TLS

	// For a Lambda authorizer.
	RequestID     string
	Query         string
	OperationName string          // empty if none was sent
	Variables     json.RawMessage // nil: {}
	// Event is what is done with an Event API, Namespace and Channel with what;
	// both are empty for EventConnect.
	Event              EventOperation
	Namespace, Channel string
}

// The refusals of AppSync (developer guide, "Authorization and
// authentication"; graphql-over-http issue 81).
var (
	noCredential  = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "Valid authorization header not provided."}
	notAuthorized = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "You are not authorized to make this call."}
	badToken      = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "Unable to parse JWT token."}
	expiredToken  = fault.Error{Code: "UnauthorizedException", Status: http.StatusUnauthorized, Message: "Token has expired."}
)

// algorithm begins the Authorization of Signature Version 4.
const algorithm = "AWS4-HMAC-SHA256"

// Admit finds the mode that the request's credential is of, among those of the
// API, and verifies it. A refusal has AppSync's words, and as its Cause the
// reason in full.
func (m *Modes) Admit(ctx context.Context, r *Request) (*Caller, *fault.Error) {
	authorization, f := single(r.Header, "Authorization")
	if f != nil {
		return nil, f
	}
	key, f := single(r.Header, "X-Api-Key")
	if f != nil {
		return nil, f
	}
	switch {
	case strings.HasPrefix(authorization, algorithm) && m.api.provider(spec.ModeIAM) != nil:
		return m.admitIAM(ctx, r)
	case key != "" && m.api.provider(spec.ModeAPIKey) != nil:
		return m.admitKey(key)
	case authorization != "":
		return m.admitToken(ctx, r, authorization)
	case key != "":
		return nil, noCredential.Because("an API key was sent, and API_KEY is no authorization mode of %s (it has %s)", m.api.logicalID, m.list())
	}
	return nil, noCredential.Because("neither an Authorization nor an x-api-key header was sent (%s takes %s)", m.api.logicalID, m.list())
}

// single is the value of a header that must not be sent twice: two readers
// might take one each.
func single(h http.Header, name string) (string, *fault.Error) {
	switch values := h[name]; len(values) {
	case 0:
		return "", nil
	case 1:
		return strings.TrimSpace(values[0]), nil
	default:
		return "", noCredential.Because("the header %s was sent %d times", name, len(values))
	}
}

// list names the modes, for a reason.
func (m *Modes) list() string {
	var names []string
	for i := range m.api.auth {
		names = append(names, m.api.auth[i].Mode)
	}
	return strings.Join(names, ", ")
}

// admitToken takes what Authorization holds besides a signature: tokens of
// OIDC and Cognito, with or without "Bearer", and all else to the Lambda
// authorizer (AppSync developer guide, "Circumventing SigV4 and OIDC token
// authorization limitations").
func (m *Modes) admitToken(ctx context.Context, r *Request, authorization string) (*Caller, *fault.Error) {
	token, bearer := cutBearer(authorization)
	switch {
	case strings.HasPrefix(authorization, algorithm) && m.lambda == nil:
		return nil, noCredential.Because("the request is signed, and AWS_IAM is no authorization mode of %s (it has %s)", m.api.logicalID, m.list())
	case len(m.tokens) > 0 && (bearer || isJWT(token)):
		return m.admitJWT(ctx, r, token)
	case m.lambda != nil && bearer:
		return nil, notAuthorized.Because(`tokens with "Bearer" are for OIDC and Cognito, which %s does not have: AppSync does not pass them to a Lambda authorizer`, m.api.logicalID)
	case m.lambda != nil:
		return m.lambda.admit(ctx, r, authorization)
	case len(m.tokens) > 0:
		return nil, badToken.Because("the Authorization header holds no JSON Web Token (three parts with dots between them)")
	}
	return nil, noCredential.Because("an Authorization header was sent, and %s takes %s", m.api.logicalID, m.list())
}

func cutBearer(authorization string) (token string, bearer bool) {
	const scheme = "bearer "
	if len(authorization) >= len(scheme) && strings.EqualFold(authorization[:len(scheme)], scheme) {
		return strings.TrimSpace(authorization[len(scheme):]), true
	}
	return authorization, false
}

func (m *Modes) admitIAM(ctx context.Context, r *Request) (*Caller, *fault.Error) {
	verifier := m.o.IAM
	if m.o.LocalIAM != nil && !isAWSHost(r.Signed.Host) {
		verifier = m.o.LocalIAM
	}
	who, f := verifier.either(ctx, r)
	if f != nil {
		return nil, inAppSync(f)
	}
	return &Caller{Mode: spec.ModeIAM, Provider: m.api.provider(spec.ModeIAM), IAM: who, SourceIPs: r.sources(), call: r.call()}, nil
}

// isAWSHost tells AppSync's own host names.
func isAWSHost(host string) bool {
	name := strings.ToLower(host)
	return strings.Contains(name, ".appsync-api.") || strings.Contains(name, ".appsync-realtime-api.")
}

// inAppSync is a refused signature in AppSync's words, as sigv4's
// RefusedError.AppSync says them.
func inAppSync(f *fault.Error) *fault.Error {
	if f.Code != "MissingAuthenticationTokenException" {
		return f
	}
	c := noCredential
	c.Cause = f.Cause
	return &c
}

// call is what policies may ask about the request.
func (r *Request) call() Call {
	return Call{Peer: r.Peer, UserAgent: r.Header.Get("User-Agent"), Referer: r.Header.Get("Referer"), Host: r.Signed.Host, Secure: r.Secure}
}

// sources are the addresses that ctx.identity.sourceIp lists: those that
// X-Forwarded-For names, then the peer's.
func (r *Request) sources() []string {
	list := append([]string{}, r.ForwardedFor...)
	if r.Peer.IsValid() {
		list = append(list, r.Peer.Unmap().WithZone("").String())
	}
	return list
}

// AuthorizeField decides what neither the schema's directives nor its types
// say: whether the policies of an IAM caller allow appsync:GraphQL on the
// field, and whether a Lambda authorizer denied it. Nil is yes.
func (m *Modes) AuthorizeField(c *Caller, typeName, field string) *fault.Error {
	switch {
	case c.Mode == spec.ModeIAM:
		call := c.call
		call.Action = "appsync:GraphQL"
		call.Resource = m.api.arn + "/types/" + typeName + "/fields/" + field
		return m.o.IAM.Authorize(c.IAM, call)
	case c.denied[typeName+"."+field]:
		return notAuthorized.Because("the Lambda authorizer denied %s.%s", typeName, field)
	}
	return nil
}
