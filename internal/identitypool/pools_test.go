package identitypool_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/iam"
	"github.com/tidewire/tidewire/internal/identity"
	"github.com/tidewire/tidewire/internal/identitypool"
	"github.com/tidewire/tidewire/internal/spec"
)

// got is what was assumed for a call.
type got struct {
	Role string
	Who  identity.Cognito
	For  time.Duration
}

// recorded remembers what is assumed.
func recorded(to *got) func(*identitypool.Options) {
	return func(o *identitypool.Options) {
		assume := o.Assume
		o.Assume = func(role string, who identity.Cognito, d time.Duration) (aws.Credentials, error) {
			*to = got{strings.TrimPrefix(role, rolesHead), who, d}
			return assume(role, who, d)
		}
	}
}

func TestSignedIn(t *testing.T) {
	t.Parallel()
	var assumed got
	d := open(t, template(t), recorded(&assumed))
	logins := user(t, nil)
	id := d.id(t, poolID, logins)
	if !regexp.MustCompile(`^us-east-1:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(id) {
		t.Errorf("id %q", id)
	}
	a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": logins})
	if a.status != http.StatusOK || a.IdentityID != id || !strings.HasPrefix(a.Credentials.AccessKeyID, "ASIA") || a.Credentials.SecretKey == "" ||
		a.Credentials.Expiration != float64(start.Add(time.Hour).Unix()) || a.header.Get("Content-Type") != "application/x-amz-json-1.1" {
		t.Errorf("%+v", a)
	}
	want := got{"Member", identity.Cognito{PoolID: poolID, IdentityID: id, Provider: userPool, SignIn: userPool + ":CognitoSignIn:ann"}, time.Hour}
	if diff := cmp.Diff(want, assumed); diff != "" {
		t.Error(diff)
	}
	logins = map[string]string{"issuer.example.com/a": token(t, other, ofOther(map[string]any{"azp": "page"}))}
	arn := "arn:aws:iam::123456789012:oidc-provider/issuer.example.com/a"
	id = d.id(t, poolID, logins)
	d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": logins})
	want = got{"Member", identity.Cognito{PoolID: poolID, IdentityID: id, Provider: arn, SignIn: arn + ":OIDC:ann"}, time.Hour}
	if diff := cmp.Diff(want, assumed); diff != "" {
		t.Error(diff)
	}
}

func TestGuest(t *testing.T) {
	t.Parallel()
	var assumed got
	d := open(t, template(t), recorded(&assumed))
	id := d.id(t, poolID, nil)
	if again := d.id(t, poolID, map[string]string{}); again == id {
		t.Error("two guests have one id")
	}
	a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id})
	if a.status != http.StatusOK || a.IdentityID != id {
		t.Fatalf("%+v", a)
	}
	if diff := cmp.Diff(got{"Guest", identity.Cognito{PoolID: poolID, IdentityID: id}, time.Hour}, assumed); diff != "" {
		t.Error(diff)
	}
	a = d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id, "Logins": user(t, nil)}) // signs in
	if own := d.id(t, poolID, user(t, nil)); a.IdentityID != own || assumed.Who.IdentityID != own || assumed.Role != "Member" {
		t.Errorf("a guest who signs in: %+v, %+v", a, assumed)
	}
}

func TestIDsStayAndDiffer(t *testing.T) {
	t.Parallel()
	d, again := open(t, template(t), nil), open(t, template(t), nil)
	elsewhere := open(t, template(t), func(o *identitypool.Options) { o.Key = [32]byte{3} })
	first := d.id(t, poolID, user(t, nil))
	if other := again.id(t, poolID, user(t, map[string]any{"aud": "app", "jti": "2"})); other != first {
		t.Errorf("the same user is %s and %s", first, other)
	}
	seen := map[string]string{first: "ann"}
	for name, id := range map[string]string{
		"another user":       d.id(t, poolID, user(t, map[string]any{"sub": "bob"})),
		"another pool":       d.id(t, closedID, user(t, nil)),
		"another issuer":     d.id(t, poolID, map[string]string{"issuer.example.com/a": token(t, other, ofOther(nil))}),
		"another state":      elsewhere.id(t, poolID, user(t, nil)),
		"a guest":            d.id(t, poolID, nil),
		"a guest, elsewhere": elsewhere.id(t, poolID, nil),
	} {
		if seen[id] != "" {
			t.Errorf("%s has the id of %s", name, seen[id])
		}
		seen[id] = name
	}
	for _, id := range []string{elsewhere.id(t, poolID, nil), elsewhere.id(t, poolID, user(t, nil)), "us-east-1:00000000-0000-4000-8000-000000000000",
		strings.Replace(d.id(t, poolID, nil), "us-east-1", "eu-west-1", 1), strings.ToUpper(first), "x", "", ":", strings.ReplaceAll(first, "-", "")} {
		a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": id})
		if a.Type != "ResourceNotFoundException" || !strings.Contains(a.Message, "not found") {
			t.Errorf("id %q: %+v", id, a)
		}
	}
}

func TestLoginsRefused(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	cut := token(t, poolIss, claims(nil))
	const no = "NotAuthorizedException"
	for name, tt := range map[string]struct {
		logins        map[string]string
		code, message string
		reason        string // in the log
	}{
		"unknown provider":  {map[string]string{"graph.facebook.com": "x"}, no, "Token is not from a supported provider of this identity pool.", "has no provider"},
		"no token":          {map[string]string{userPool: "x"}, no, "Invalid login token. Not a valid OpenId Connect identity token.", "no JSON Web Token"},
		"empty":             {map[string]string{userPool: ""}, no, "Invalid login token. Not a valid OpenId Connect identity token.", ""},
		"too long":          {map[string]string{userPool: "e30." + strings.Repeat("A", 17<<10) + ".A"}, no, "Invalid login token. Not a valid OpenId Connect identity token.", "16384"},
		"other issuer":      {map[string]string{userPool: token(t, poolIss, claims(map[string]any{"iss": other}))}, no, "Invalid login token. Issuer doesn't match providerName", "issuer.example.com"},
		"other's provider":  {map[string]string{"issuer.example.com/a": token(t, poolIss, claims(nil))}, no, "Invalid login token. Issuer doesn't match providerName", ""},
		"nobody's key":      {map[string]string{userPool: token(t, "nobody", claims(nil))}, no, "Invalid login token. Couldn't verify signed token.", "no key"},
		"tampered":          {map[string]string{userPool: cut[:len(cut)-2] + "AA"}, no, "Invalid login token. Couldn't verify signed token.", ""},
		"unsigned":          {map[string]string{userPool: "eyJhbGciOiJub25lIn0." + strings.Split(cut, ".")[1] + "."}, no, "Invalid login token. Couldn't verify signed token.", ""},
		"access token":      {user(t, map[string]any{"aud": nil, "client_id": "web", "token_use": "access"}), no, "Invalid login token. Missing a required claim: aud", "ID token is needed"},
		"token_use":         {user(t, map[string]any{"token_use": "access"}), no, "Invalid login token. Not a valid OpenId Connect identity token.", "token_use"},
		"other client":      {user(t, map[string]any{"aud": "theirs"}), no, "Token is not from a supported provider of this identity pool.", "web, app"},
		"other party":       {user(t, map[string]any{"azp": "theirs"}), no, "Token is not from a supported provider of this identity pool.", "theirs"},
		"other audience":    {map[string]string{"issuer.example.com/a": token(t, other, ofOther(map[string]any{"aud": "theirs", "azp": "page"}))}, no, "Invalid login token. Incorrect token audience.", "theirs"},
		"nobody":            {user(t, map[string]any{"sub": nil}), no, "Invalid login token. Missing a required claim: sub", ""},
		"long name":         {user(t, map[string]any{"sub": strings.Repeat("a", 256)}), no, "Invalid login token. Missing a required claim: sub", "256"},
		"expired":           {user(t, map[string]any{"exp": start.Add(-time.Minute).Unix()}), no, "Invalid login token. Token expired: 1772600767 >= 1772600707", "ago"},
		"for ever":          {user(t, map[string]any{"exp": nil}), no, "Invalid login token. Missing a required claim: exp", ""},
		"not yet":           {user(t, map[string]any{"nbf": start.Add(time.Hour).Unix()}), no, "Invalid login token. Couldn't verify signed token.", "nbf"},
		"claims of a list":  {user(t, map[string]any{"cognito:groups": 7}), no, "Invalid login token. Not a valid OpenId Connect identity token.", "type it should be"},
		"two at a time":     {map[string]string{userPool: cut, "issuer.example.com/a": cut}, "InvalidParameterException", "tidewire takes one login at a time: it does not link identities", ""},
		"none, not allowed": {nil, no, "Unauthenticated access is not supported for this identity pool.", "AllowUnauthenticatedIdentities"},
	} {
		pool := poolID
		if tt.logins == nil {
			pool = closedID
		}
		for _, call := range []struct {
			operation string
			in        map[string]any
		}{
			{"GetId", map[string]any{"IdentityPoolId": pool, "Logins": tt.logins}},
			{"GetCredentialsForIdentity", map[string]any{"IdentityId": d.id(t, poolID, nil), "Logins": tt.logins}},
		} {
			if tt.logins == nil && call.operation != "GetId" {
				continue
			}
			a := d.ask(t, call.operation, call.in)
			if a.status != http.StatusBadRequest || a.Type != tt.code || a.Message != tt.message || header(a, "x-amzn-ErrorType") != tt.code {
				t.Errorf("%s, %s: %d %s: %s", name, call.operation, a.status, a.Type, a.Message)
			}
		}
		if !strings.Contains(d.log.String(), tt.reason) {
			t.Errorf("%s: the log does not say %q", name, tt.reason)
		}
	}
	a := d.ask(t, "GetId", map[string]any{"IdentityPoolId": closedID, "Logins": map[string]string{"graph.facebook.com": "x"}})
	if a.Type != no || !strings.Contains(d.log.String(), "SAML logins are not verified here") {
		t.Errorf("%+v; the log does not say what cannot be verified", a)
	}
	if strings.Contains(d.log.String(), cut) || strings.Contains(d.log.String(), strings.Split(cut, ".")[1]) {
		t.Error("a token is in the log")
	}
}

func TestOwnersRefused(t *testing.T) {
	t.Parallel()
	s := template(t)
	d := open(t, s, nil)
	ann := d.id(t, poolID, user(t, nil))
	a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": ann})
	if a.Type != "NotAuthorizedException" || a.Message != "Access to Identity '"+ann+"' is forbidden." {
		t.Errorf("without login: %+v", a)
	}
	a = d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": ann, "Logins": user(t, map[string]any{"sub": "bob"})})
	if a.Type != "NotAuthorizedException" || !strings.HasPrefix(a.Message, "Logins don't match.") {
		t.Errorf("another's: %+v", a)
	}
	guest := d.id(t, poolID, nil)
	closed := template(t)
	closed.IdentityPools[0].AllowUnauthenticated = false
	a = open(t, closed, nil).ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": guest})
	if a.Type != "NotAuthorizedException" || !strings.HasPrefix(a.Message, "Unauthenticated access") {
		t.Errorf("guests of before: %+v", a)
	}
	*d.now = start.Add(2 * time.Hour)
	a = d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": ann, "Logins": user(t, nil)})
	if a.Type != "NotAuthorizedException" || !strings.Contains(a.Message, "Token expired") {
		t.Errorf("later: %+v", a)
	}
}

func rules(ambiguous string, rules ...spec.RoleRule) *spec.RoleMapping {
	return &spec.RoleMapping{Provider: userPool + ":web", Ambiguous: ambiguous, Rules: rules}
}

func rule(claim, match, value, role string) spec.RoleRule {
	return spec.RoleRule{Claim: claim, Match: match, Value: value, RoleARN: rolesHead + role}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	tokens := func(ambiguous string) *spec.RoleMapping {
		return &spec.RoleMapping{Provider: userPool + ":web", Token: true, Ambiguous: ambiguous}
	}
	offered := map[string]any{"cognito:roles": []string{rolesHead + "Member", rolesHead + "Admin"}}
	preferred := map[string]any{"cognito:roles": []string{rolesHead + "Member", rolesHead + "Admin"}, "cognito:preferred_role": rolesHead + "Admin"}
	const denies, invalid = "NotAuthorizedException", "InvalidIdentityPoolConfigurationException"
	for name, tt := range map[string]struct {
		mapping *spec.RoleMapping
		claims  map[string]any
		custom  string
		change  func(*spec.IdentityPool)
		want    string // a role, or a code
	}{
		"no mapping":              {want: "Member"},
		"another client's":        {mapping: rules("Deny"), claims: map[string]any{"aud": "app"}, want: "Member"},
		"equals":                  {mapping: rules("Deny", rule("team", "Equals", "a", "Admin")), claims: map[string]any{"team": "a"}, want: "Admin"},
		"not equal":               {mapping: rules("Deny", rule("team", "Equals", "a", "Admin")), claims: map[string]any{"team": "A"}, want: denies},
		"NotEqual":                {mapping: rules("Deny", rule("team", "NotEqual", "a", "Admin")), claims: map[string]any{"team": "b"}, want: "Admin"},
		"NotEqual, no claim":      {mapping: rules("Deny", rule("team", "NotEqual", "a", "Admin")), want: denies},
		"NotEqual, null":          {mapping: rules("Deny", rule("team", "NotEqual", "a", "Admin")), claims: map[string]any{"team": json.RawMessage("null")}, want: denies},
		"NotEqual, another case":  {mapping: rules("Deny", rule("team", "NotEqual", "a", "Admin")), claims: map[string]any{"Team": "b"}, want: denies},
		"Equals, in a list":       {mapping: rules("Deny", rule("team", "Equals", "a", "Admin")), claims: map[string]any{"team": []string{"a"}}, want: denies},
		"Contains":                {mapping: rules("Deny", rule("email", "Contains", "@example.com", "Admin")), claims: map[string]any{"email": "ann@example.com"}, want: "Admin"},
		"Contains, list":          {mapping: rules("Deny", rule("cognito:groups", "Contains", "admins", "Admin")), claims: map[string]any{"cognito:groups": []string{"users", "admins"}}, want: "Admin"},
		"StartsWith":              {mapping: rules("Deny", rule("email", "StartsWith", "ann@", "Admin")), claims: map[string]any{"email": "ann@example.com"}, want: "Admin"},
		"StartsWith, inside":      {mapping: rules("Deny", rule("email", "StartsWith", "nn@", "Admin")), claims: map[string]any{"email": "ann@example.com"}, want: denies},
		"boolean":                 {mapping: rules("Deny", rule("isAdmin", "Equals", "true", "Admin")), claims: map[string]any{"isAdmin": true}, want: "Admin"},
		"the first wins":          {mapping: rules("Deny", rule("a", "Equals", "1", "Admin"), rule("a", "Equals", "1", "Member")), claims: map[string]any{"a": 1}, want: "Admin"},
		"another of those":        {mapping: rules("Deny", rule("a", "Equals", "1", "Admin"), rule("a", "Equals", "1", "Member")), claims: map[string]any{"a": 1}, custom: "Member", want: "Member"},
		"custom of no rule":       {mapping: rules("AuthenticatedRole", rule("a", "Equals", "1", "Admin")), claims: map[string]any{"a": 2}, custom: "Admin", want: denies},
		"none, role":              {mapping: rules("AuthenticatedRole", rule("a", "Equals", "1", "Admin")), want: "Member"},
		"none, no role":           {mapping: rules("AuthenticatedRole"), change: func(p *spec.IdentityPool) { p.Authenticated = "" }, want: invalid},
		"preferred":               {mapping: tokens("Deny"), claims: preferred, want: "Admin"},
		"offered":                 {mapping: tokens("Deny"), claims: offered, want: denies},
		"offered, role":           {mapping: tokens("AuthenticatedRole"), claims: offered, want: "Member"},
		"offered, custom":         {mapping: tokens("Deny"), claims: offered, custom: "Admin", want: "Admin"},
		"preferred, custom":       {mapping: tokens("Deny"), claims: preferred, custom: "Member", want: "Member"},
		"not offered, custom":     {mapping: tokens("AuthenticatedRole"), claims: offered, custom: "Guest", want: denies},
		"preferred, null":         {mapping: tokens("Deny"), claims: map[string]any{"cognito:preferred_role": json.RawMessage("null")}, want: denies},
		"preferred in a list":     {mapping: tokens("Deny"), claims: map[string]any{"cognito:preferred_role": []string{rolesHead + "Admin"}}, want: invalid},
		"preferred, another case": {mapping: tokens("Deny"), claims: map[string]any{"Cognito:Preferred_Role": rolesHead + "Admin"}, want: denies},
		"preferred for guests":    {mapping: tokens("Deny"), claims: map[string]any{"cognito:preferred_role": rolesHead + "Guest"}, want: invalid},
		"custom for guests":       {mapping: tokens("Deny"), claims: map[string]any{"cognito:roles": []string{rolesHead + "Guest"}}, custom: "Guest", want: invalid},
		"roles of another type":   {mapping: tokens("Deny"), claims: map[string]any{"cognito:roles": "Admin"}, custom: "Admin", want: denies},
		"custom without mapping":  {custom: "Admin", want: denies},
		"custom, the same":        {custom: "Member", want: "Member"},
		"no role":                 {change: func(p *spec.IdentityPool) { p.Authenticated = "" }, want: invalid},
		"a role of another pool":  {change: func(p *spec.IdentityPool) { p.Authenticated = rolesHead + "Foreign" }, want: invalid},
		"a role for guests":       {change: func(p *spec.IdentityPool) { p.Authenticated = rolesHead + "Guest" }, want: invalid},
		"a role without trust":    {change: func(p *spec.IdentityPool) { p.Authenticated = rolesHead + "Silent" }, want: invalid},
		"a role that is not here": {change: func(p *spec.IdentityPool) { p.Authenticated = rolesHead + "Elsewhere" }, want: invalid},
		"preferred, not here":     {mapping: tokens("Deny"), claims: map[string]any{"cognito:preferred_role": rolesHead + "Elsewhere"}, want: invalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := template(t)
			if tt.mapping != nil {
				s.IdentityPools[0].Mappings = []spec.RoleMapping{*tt.mapping}
			}
			if tt.change != nil {
				tt.change(&s.IdentityPools[0])
			}
			var assumed got
			d := open(t, s, recorded(&assumed))
			logins := user(t, tt.claims)
			in := map[string]any{"IdentityId": d.id(t, poolID, logins), "Logins": logins}
			if tt.custom != "" {
				in["CustomRoleArn"] = rolesHead + tt.custom
			}
			a := d.ask(t, "GetCredentialsForIdentity", in)
			if found := assumed.Role + a.Type; found != tt.want {
				t.Errorf("%s: %s", found, d.log)
			}
			if a.Type != "" && !strings.Contains(d.log.String(), "reason=") {
				t.Error("the log has no reason")
			}
		})
	}
}

// TestGuestsChooseNoRole: CustomRoleArn gives a guest nothing beside the guests'
// role, whatever mappings there are.
func TestGuestsChooseNoRole(t *testing.T) {
	t.Parallel()
	s := template(t)
	s.IdentityPools[0].Mappings = []spec.RoleMapping{*rules("AuthenticatedRole", rule("sub", "NotEqual", "x", "Admin"))}
	var assumed got
	d := open(t, s, recorded(&assumed))
	guest := d.id(t, poolID, nil)
	for _, custom := range []string{"Member", "Admin", "Foreign", "Elsewhere", "guest", "Guest*"} {
		a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": guest, "CustomRoleArn": rolesHead + custom})
		if a.Type != "NotAuthorizedException" || a.Credentials.SecretKey != "" || assumed.Role != "" {
			t.Errorf("%s: %+v, %+v", custom, a, assumed)
		}
	}
	a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": guest, "CustomRoleArn": rolesHead + "Guest"})
	if a.Type != "" || assumed.Role != "Guest" {
		t.Errorf("their own: %+v, %+v", a, assumed)
	}
}

// TestTrust: the role's trust policy decides whom of a pool it lets in, and
// knows what every policy knows.
func TestTrust(t *testing.T) {
	t.Parallel()
	const allowed, invalid = "", "InvalidIdentityPoolConfigurationException"
	trusting := func(condition, more string) *iam.Policy {
		p, err := iam.ParseTrust([]byte(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"cognito-identity.amazonaws.com"},` +
			`"Action":"sts:AssumeRoleWithWebIdentity","Condition":{` + condition + `}}` + more + `]}`))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	unless := func(condition string) *iam.Policy {
		return trusting("", `,{"Effect":"Deny","Principal":"*","Action":"*","Condition":{`+condition+`}}`)
	}
	const key = `"cognito-identity.amazonaws.com:`
	for name, tt := range map[string]struct {
		trust *iam.Policy
		want  string
	}{
		"everybody":             {trusting("", ""), allowed},
		"this pool":             {trusting(`"StringEquals":{`+key+`aud":"`+poolID+`"}`, ""), allowed},
		"another pool":          {trusting(`"StringEquals":{`+key+`aud":"`+closedID+`"}`, ""), invalid},
		"this provider":         {trusting(`"ForAnyValue:StringEquals":{`+key+`amr":"`+userPool+`"}`, ""), allowed},
		"another provider":      {trusting(`"ForAnyValue:StringEquals":{`+key+`amr":"graph.facebook.com"}`, ""), invalid},
		"this user":             {trusting(`"ForAnyValue:StringEquals":{`+key+`amr":"`+userPool+`:CognitoSignIn:ann"}`, ""), allowed},
		"another user":          {trusting(`"ForAnyValue:StringEquals":{`+key+`amr":"`+userPool+`:CognitoSignIn:an"}`, ""), invalid},
		"another identity":      {trusting(`"StringEquals":{`+key+`sub":"us-east-1:00000000-0000-4000-8000-000000000000"}`, ""), invalid},
		"guests only":           {trusting(`"ForAllValues:StringEquals":{`+key+`amr":"unauthenticated"}`, ""), invalid},
		"this session":          {trusting(`"StringEquals":{"sts:RoleSessionName":"CognitoIdentityCredentials"}`, ""), allowed},
		"a service":             {trusting(`"Bool":{"aws:PrincipalIsAWSService":"true"}`, ""), invalid},
		"not this provider":     {unless(`"ForAnyValue:StringEquals":{` + key + `amr":"` + userPool + `"}`), invalid},
		"until a second ago":    {unless(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-04T05:06:06Z"}`), invalid},
		"until tomorrow":        {unless(`"DateGreaterThan":{"aws:CurrentTime":"2026-03-05T05:06:06Z"}`), allowed},
		"nowhere else":          {unless(`"StringNotEquals":{"aws:RequestedRegion":"us-east-1"}`), allowed},
		"services only, denied": {unless(`"Bool":{"aws:PrincipalIsAWSService":"false"}`), invalid},
	} {
		s := template(t)
		s.Roles[0].Trust = tt.trust
		d, logins := open(t, s, nil), user(t, nil)
		a := d.ask(t, "GetCredentialsForIdentity", map[string]any{"IdentityId": d.id(t, poolID, logins), "Logins": logins})
		if a.Type != tt.want || (a.Credentials.SecretKey == "") != (tt.want != allowed) {
			t.Errorf("%s: %+v: %s", name, a, d.log)
		}
	}
}

func TestUnavailable(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), func(o *identitypool.Options) { o.Issuers = nil })
	if n := len(d.Unavailable()); n != 3 || !strings.Contains(d.Unavailable()[0], "--issuer Users=URL") || !strings.Contains(d.Unavailable()[1], "--issuer https://issuer.example.com/a=URL") {
		t.Errorf("%d: %q", n, d.Unavailable())
	}
	a := d.ask(t, "GetId", map[string]any{"IdentityPoolId": poolID, "Logins": user(t, nil)})
	if a.Type != "NotAuthorizedException" || !strings.Contains(d.log.String(), "--issuer") {
		t.Errorf("%+v %s", a, d.log)
	}
	if open(t, template(t), nil).Unavailable() != nil {
		t.Error("something is not available")
	}
	for name, change := range map[string]func(*identitypool.Options){
		"no file":  func(o *identitypool.Options) { o.Issuers = map[string]string{"Users": "/nowhere/keys.json"} },
		"no TLS":   func(o *identitypool.Options) { o.Issuers = map[string]string{"Users": "http://issuer.example.com"} },
		"no key":   func(o *identitypool.Options) { o.Key = [32]byte{} },
		"no roles": func(o *identitypool.Options) { o.Assume = nil },
	} {
		o := identitypool.Options{Spec: template(t), Key: [32]byte{1}, Assume: func(string, identity.Cognito, time.Duration) (aws.Credentials, error) { return aws.Credentials{}, nil }}
		change(&o)
		if _, err := identitypool.New(o); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}
