package identitypool_test

import (
	"bytes"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentity/types"
	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/internal/identitypool"
	"github.com/tidewire/tidewire/login"
)

// served is the pools behind a listener.
func served(t *testing.T, d *desk) string {
	t.Helper()
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return server.URL
}

func httpClient(t *testing.T) *http.Client {
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// TestSDK asks with Amazon's SDK for Go.
func TestSDK(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	at := served(t, d)
	client := cognitoidentity.New(cognitoidentity.Options{Region: region, BaseEndpoint: &at, Credentials: aws.AnonymousCredentials{}, Retryer: aws.NopRetryer{}, HTTPClient: httpClient(t)})
	id, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(poolID), Logins: user(t, nil)})
	if err != nil {
		t.Fatal(err)
	}
	creds, err := client.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId, Logins: user(t, nil)})
	if err != nil || aws.ToString(creds.Credentials.SecretKey) == "" || creds.Credentials.Expiration.Sub(start).Hours() != 1 {
		t.Fatalf("%+v, %v", creds, err)
	}
	if _, err := client.GetOpenIdToken(t.Context(), &cognitoidentity.GetOpenIdTokenInput{IdentityId: id.IdentityId, Logins: user(t, nil)}); err != nil {
		t.Error(err)
	}
	var no *types.NotAuthorizedException
	if _, err := client.GetCredentialsForIdentity(t.Context(), &cognitoidentity.GetCredentialsForIdentityInput{IdentityId: id.IdentityId}); !errors.As(err, &no) {
		t.Errorf("without login: %v", err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := client.GetId(t.Context(), &cognitoidentity.GetIdInput{IdentityPoolId: aws.String(region + ":00000000-0000-4000-8000-000000000000")}); !errors.As(err, &missing) {
		t.Errorf("another pool: %v", err)
	}
	if _, err := client.ListIdentityPools(t.Context(), &cognitoidentity.ListIdentityPoolsInput{MaxResults: aws.Int32(1)}); err == nil || !strings.Contains(err.Error(), "UnknownOperationException") {
		t.Errorf("another operation: %v", err)
	}
}

// TestLogin asks with package login.
func TestLogin(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	p := &login.IdentityPool{PoolID: poolID, Endpoint: served(t, d), HTTPClient: httpClient(t), Now: func() time.Time { return start }}
	guest, err := p.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p = &login.IdentityPool{PoolID: poolID, Endpoint: p.Endpoint, HTTPClient: p.HTTPClient, Now: p.Now}
	p.Token = tokenSource(token(t, poolIss, claims(nil)))
	user, err := p.Retrieve(t.Context())
	if err != nil || user.AccessKeyID == guest.AccessKeyID || !user.CanExpire {
		t.Errorf("%+v, %v", user, err)
	}
	p.Token = tokenSource(token(t, "nobody", claims(nil)))
	if _, err = p.Retrieve(t.Context()); !errors.Is(err, login.ErrDenied) {
		t.Errorf("a forged token: %v", err)
	}

}

func TestBrowsers(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	r := httptest.NewRequest(http.MethodOptions, "/", nil)
	r.Header.Set("Origin", "http://localhost:3000")
	r.Header.Set("Access-Control-Request-Method", "POST")
	r.Header.Set("Access-Control-Request-Headers", "content-type,X-Amz-Target,x-amz-user-agent")
	if !identitypool.Takes(r) {
		t.Fatal("a browser's question is not taken")
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	allowed := w.Header().Get("Access-Control-Allow-Headers")
	if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(allowed, "x-amz-target") || w.Header().Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	a := d.ask(t, "GetId", map[string]any{"IdentityPoolId": poolID})
	if a.header.Get("Access-Control-Allow-Origin") != "*" || a.header.Get("Cache-Control") != "no-store" || header(a, "x-amzn-RequestId") == "" {
		t.Errorf("%v", a.header)
	}
	a = d.ask(t, "GetId", map[string]any{"IdentityPoolId": "x"})
	if a.header.Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(a.header.Get("Access-Control-Expose-Headers"), "x-amzn-ErrorType") {
		t.Errorf("%v", a.header)
	}
}

func TestTakes(t *testing.T) {
	t.Parallel()
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodPost, "/", nil), httptest.NewRequest(http.MethodGet, "/", nil),
		httptest.NewRequest(http.MethodOptions, "/", nil), httptest.NewRequest(http.MethodGet, "/.well-known/jwks.json", nil),
	} {
		if identitypool.Takes(r) {
			t.Errorf("%s %s is taken", r.Method, r.URL)
		}
	}
}

func TestBadRequests(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	secret := "SECRET" + strings.Repeat("x", 100)
	for body, want := range map[string]string{
		"": "SerializationException", "[]": "SerializationException", "{": "SerializationException", `{"Logins":7}`: "SerializationException",
		`{"Logins":{"a":7}}`: "SerializationException", `{"IdentityPoolId":"` + secret: "SerializationException", "null": "ResourceNotFoundException", "{}": "ResourceNotFoundException",
		`{"IdentityPoolId":"` + strings.Repeat("x", 70<<10) + `"}`: "InvalidParameterException", `{"IdentityPoolId":"` + strings.Repeat("x", 60<<10) + `"}`: "ResourceNotFoundException",
	} {
		for _, operation := range []string{"GetId", "GetCredentialsForIdentity", "GetOpenIdToken"} {
			if a := d.ask(t, operation, body); a.status != http.StatusBadRequest || a.Type != want || len(a.Message) > 200 {
				t.Errorf("%s with %.40q: %+v", operation, body, a)
			}
		}
	}
	if strings.Contains(d.log.String(), secret) {
		t.Error("the body is in the log")
	}
	if a := d.ask(t, strings.Repeat("z", 5000), "{}"); a.Type != "UnknownOperationException" {
		t.Errorf("%+v", a)
	}
	if n := len(d.log.String()); n > 40_000 {
		t.Errorf("the log has %d bytes", n)
	}
}

func TestTooMany(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	var hang []*io.PipeWriter
	done := make(chan int)
	const most = 64
	for range most {
		body, w := io.Pipe()
		hang = append(hang, w)
		r := httptest.NewRequest(http.MethodPost, "/", body)
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService.GetId")
		go func() {
			rec := httptest.NewRecorder()
			d.ServeHTTP(rec, r)
			done <- rec.Code
		}()
		if _, err := w.Write([]byte("{")); err != nil { // is being read
			t.Fatal(err)
		}
	}
	if a := d.ask(t, "GetId", "{}"); a.Type != "TooManyRequestsException" {
		t.Errorf("%+v", a)
	}
	for _, w := range hang {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	}
	for range most {
		<-done
	}
	if a := d.ask(t, "GetId", "{}"); a.Type != "ResourceNotFoundException" {
		t.Errorf("afterwards: %+v", a)
	}
}

func TestOpenIDToken(t *testing.T) {
	t.Parallel()
	d := open(t, template(t), nil)
	logins := user(t, nil)
	id := d.id(t, poolID, logins)
	a := d.ask(t, "GetOpenIdToken", map[string]any{"IdentityId": id, "Logins": logins})
	if a.status != http.StatusOK || a.IdentityID != id {
		t.Fatalf("%+v", a)
	}
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/.well-known/jwks_uri", nil)
	if !identitypool.Takes(r) {
		t.Fatal("the keys are not taken")
	}
	d.ServeHTTP(w, r)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || len(set.Keys) != 1 || !set.Keys[0].IsPublic() {
		t.Fatalf("%s: %v", w.Body, err)
	}
	signed, err := jose.ParseSigned(a.Token, []jose.SignatureAlgorithm{jose.RS512})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(set.Keys[0])
	if err != nil || signed.Signatures[0].Header.KeyID != set.Keys[0].KeyID {
		t.Fatal(err)
	}
	want := `{"amr":["authenticated","` + userPool + `","` + userPool + `:CognitoSignIn:ann"],"aud":"` + poolID + `","exp":1772601367,"iat":1772600767,"iss":"https://cognito-identity.amazonaws.com","sub":"` + id + `"}`
	if diff := cmp.Diff(want, string(payload)); diff != "" {
		t.Error(diff)
	}
	closed := d.id(t, closedID, logins)
	if a := d.ask(t, "GetOpenIdToken", map[string]any{"IdentityId": closed, "Logins": logins}); a.Type != "InvalidParameterException" || !strings.Contains(a.Message, "classic") {
		t.Errorf("a pool without the basic flow: %+v", a)
	}
	broken := open(t, template(t), func(o *identitypool.Options) {
		o.Signer = identitypool.NewSigner(func() (*rsa.PrivateKey, error) {
			key, _ := rsaKey()
			return key, errors.New("no disk")
		})
	})
	for range 2 {
		if a := broken.ask(t, "GetOpenIdToken", map[string]any{"IdentityId": id, "Logins": logins}); a.status != http.StatusInternalServerError || a.Type != "InternalErrorException" || strings.Contains(a.Message, "disk") {
			t.Errorf("without a key: %+v", a)
		}
	}
}

func FuzzCall(f *testing.F) {
	for _, body := range []string{`{"IdentityPoolId":"` + poolID + `","Logins":{"` + userPool + `":"a.b.c"}}`, `{"IdentityId":"us-east-1:00000000-0000-4000-8000-000000000000"}`, "null", "[", `{"Logins":{"":""}}`} {
		f.Add(body, "GetId")
		f.Add(body, "GetCredentialsForIdentity")
		f.Add(body, "GetOpenIdToken")
	}
	d := open(f, template(f), nil)
	f.Fuzz(func(t *testing.T, body, operation string) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader([]byte(body)))
		r.Header.Set("X-Amz-Target", "AWSCognitoIdentityService."+operation)
		w := httptest.NewRecorder()
		d.ServeHTTP(w, r)
		if !json.Valid(w.Body.Bytes()) || w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Errorf("%d %q", w.Code, w.Body)
		}
		if strings.Contains(w.Body.String(), "SecretKey") && !strings.Contains(body, "us-east-1:") {
			t.Error("credentials of nobody")
		}
	})
}
