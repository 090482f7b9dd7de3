package websocketapi

import (
	"errors"
	"fmt"
	"time"

	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/spec"
)

// The route keys that no message selects by name.
const (
	routeConnect    = "$connect"
	routeDisconnect = "$disconnect"
	routeDefault    = "$default"
)

const apiKeyHeaderExpression = "$request.header.x-api-key"

// A config is one API, compiled: all that a request or message looks up. It
// is immutable; a reload makes a new one.
type config struct {
	spec      *spec.Spec
	api       *spec.WebSocketAPI
	arn       string // arn:{partition}:execute-api:{region}:{account}:{api}
	selection *selection
	stages    map[string]*stage
	retired   map[string]*stage // stages that a reload took away; only their $disconnect still runs
}

// A stage is a deployed stage with its routes resolved.
type stage struct {
	name       string
	arn        string // config.arn + "/" + name
	variables  []byte // "stageVariables":{…}, with a comma behind; nil without variables
	routes     map[string]*route
	connect    *route // nil if the API has none
	disconnect *route
	fallback   *route // $default
}

// A route is one route on one stage.
type route struct {
	key      string
	spec     *spec.Route
	bucket   *bucket
	target   target
	required []parameter
}

// A target is what a route invokes on one stage.
type target struct {
	function string        // what Invoke takes; empty: the route has no integration
	timeout  time.Duration // of one invocation
	// broken is why AWS would answer its configuration error, with what to
	// do about it; nil if the integration can run.
	broken error
}

// compileAPI resolves all stages and routes. What AWS would refuse at
// deployment is an error; what it would answer at run time becomes a broken
// target.
func (o *Options) compileAPI(s *spec.Spec, api *spec.WebSocketAPI) (*config, error) {
	c := &config{spec: s, api: api, stages: make(map[string]*stage, len(api.Stages))}
	c.arn = fmt.Sprintf("arn:%s:execute-api:%s:%s:%s", s.Partition, s.Region, s.Account, api.ID)
	var err error
	if c.selection, err = compileSelection(api.RouteSelectionExpression); err != nil {
		return nil, fmt.Errorf("API %s: %w", api.LogicalID, err)
	}
	if err := checkGuards(api); err != nil {
		return nil, fmt.Errorf("API %s: %w", api.LogicalID, err)
	}
	for i := range api.Stages {
		st, err := o.compileStage(c, &api.Stages[i])
		if err != nil {
			return nil, fmt.Errorf("API %s, stage %s: %w", api.LogicalID, api.Stages[i].Name, err)
		}
		c.stages[st.name] = st
	}
	return c, nil
}

// Check tells what New would refuse of an API besides its guards, which are
// gaps of the Spec: an expression or a request parameter that AWS would not
// deploy. It starts nothing.
func Check(s *spec.Spec, api *spec.WebSocketAPI) []error {
	var problems []error
	if _, err := compileSelection(api.RouteSelectionExpression); err != nil {
		problems = append(problems, err)
	}
	var o Options
	o.defaults()
	c := &config{spec: s, api: api, stages: map[string]*stage{}}
	for i := range api.Stages {
		if _, err := o.compileStage(c, &api.Stages[i]); err != nil {
			problems = append(problems, fmt.Errorf("stage %s: %w", api.Stages[i].Name, err))
		}
	}
	return problems
}

// checkGuards refuses an API whose $connect would let callers in that AWS
// would keep out, because we do not know the guard.
func checkGuards(api *spec.WebSocketAPI) error {
	connect := api.Route(routeConnect)
	if connect == nil {
		return nil
	}
	if a := connect.Authorization; a != "" && a != spec.AuthNone && a != spec.AuthIAM {
		return fmt.Errorf("$connect has authorization %s, which cannot be enforced here", a)
	}
	if e := api.APIKeySelectionExpression; connect.APIKeyRequired && e != "" && e != apiKeyHeaderExpression {
		return fmt.Errorf("the API key is taken from %s, which cannot be enforced here: use %s", e, apiKeyHeaderExpression)
	}
	return nil
}

// compileStage resolves one stage.
func (o *Options) compileStage(c *config, s *spec.Stage) (*stage, error) {
	st := &stage{
		name:      s.Name,
		arn:       c.arn + "/" + s.Name,
		variables: encodeVariables(s.Variables),
		routes:    make(map[string]*route, len(c.api.Routes)),
	}
	for i := range c.api.Routes {
		r, err := o.compileRoute(c, s, st, &c.api.Routes[i])
		if err != nil {
			return nil, err
		}
		st.place(r)
	}
	return st, nil
}

// place files a route under its key. $connect and $disconnect stay out of
// the map that messages are looked up in.
func (st *stage) place(r *route) {
	switch r.key {
	case routeConnect:
		st.connect = r
	case routeDisconnect:
		st.disconnect = r
	case routeDefault:
		st.fallback = r
	default:
		st.routes[r.key] = r
	}
}

// compileRoute resolves one route on one stage.
func (o *Options) compileRoute(c *config, s *spec.Stage, st *stage, r *spec.Route) (*route, error) {
	throttle, own := s.Routes[r.Key]
	if !own {
		throttle = s.Throttle
	}
	required, err := requiredParameters(r)
	if err != nil {
		return nil, fmt.Errorf("route %s: %w", r.Key, err)
	}
	return &route{
		key:      r.Key,
		spec:     r,
		bucket:   newBucket(throttle, o.Now()),
		target:   o.resolve(c, s, st, r),
		required: required,
	}, nil
}

// resolve finds what a route runs on a stage.
func (o *Options) resolve(c *config, s *spec.Stage, st *stage, r *spec.Route) target {
	if r.IntegrationID == "" {
		return target{}
	}
	in := c.api.Integration(r.IntegrationID)
	if in == nil {
		return target{broken: fmt.Errorf("route %s names the integration %s, which the API does not have", r.Key, r.IntegrationID)}
	}
	t := target{timeout: o.timeout(in)}
	switch {
	case in.Unsupported != "":
		t.broken = fmt.Errorf("integration %s: %s", in.LogicalID, in.Unsupported)
	case in.Type != "AWS_PROXY" || in.FunctionARN == "":
		t.broken = fmt.Errorf("integration %s is %s to %q: only AWS_PROXY to a Lambda function runs here", in.LogicalID, in.Type, in.URI)
	default:
		t.function, t.broken = o.resolveFunction(c, s, st.arn+"/"+r.Key, in)
	}
	return t
}

// timeout is how long one invocation may take.
func (o *Options) timeout(in *spec.Integration) time.Duration {
	t := in.Timeout
	if t <= 0 {
		t = defaultIntegrationTimeout
	}
	if limit := o.Limits.Integration; limit > 0 {
		t = min(t, limit)
	}
	return t
}

// resolveFunction finds the function of a Lambda integration and checks that
// API Gateway may invoke it for the source ARN.
func (o *Options) resolveFunction(c *config, s *spec.Stage, source string, in *spec.Integration) (string, error) {
	arn, err := expandVariables(in.FunctionARN, s)
	if err != nil {
		return "", fmt.Errorf("integration %s: %w", in.LogicalID, err)
	}
	f := c.spec.FunctionByARN(arn)
	if f == nil {
		return o.elsewhere(arn, in)
	}
	if in.CredentialsARN != "" {
		return f.Name, checkRole(c.spec, in, f, arn, o.Now())
	}
	if o.NoLambdaPermissions {
		return f.Name, nil
	}
	return f.Name, identity.MayInvoke(c.spec, f, gatewayPrincipal, source)
}

// elsewhere resolves a function that the template does not define. Its own
// permissions are kept where it runs.
func (o *Options) elsewhere(arn string, in *spec.Integration) (string, error) {
	if o.Remote != nil {
		if name, ok := o.Remote(arn); ok {
			return name, nil
		}
	}
	return "", fmt.Errorf("integration %s invokes %s, which is not in the template: add the function, or say where it runs with --function", in.LogicalID, arn)
}

// errNoStageVariable is wrapped by expandVariables.
var errNoStageVariable = errors.New("the stage has no such variable")
