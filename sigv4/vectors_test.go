package sigv4

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	testKeyID  = "AKIDEXAMPLE"
	testSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	testToken  = "TOKEN/with+chars=="
	testPost   = "https://abc123.execute-api.us-east-1.amazonaws.com/prod/@connections/L0SM9cOFvHcCIhw%3D"
	testStage  = "https://abc123.execute-api.us-east-1.amazonaws.com/prod"
	testSocket = "wss://abc123.execute-api.us-east-1.amazonaws.com/prod?room=a%20b"
)

func testTime() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) }

func testCredentials(token string) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret, SessionToken: token, Source: "test"}, nil
	})
}

func testSigner(token string) *Signer {
	return &Signer{Credentials: testCredentials(token), Service: "execute-api", Region: "us-east-1", Now: testTime}
}

func testVerifier() *Verifier {
	return &Verifier{Service: "execute-api", Region: "us-east-1", Key: testKey, Now: testTime}
}

// testKey knows one access key, with or without its session token.
func testKey(_ context.Context, id, token string) (string, error) {
	switch {
	case id != testKeyID:
		return "", ErrUnknownKey
	case token == "expired":
		return "", ErrExpiredToken
	case token != "" && token != testToken:
		return "", ErrUnknownKey
	}
	return testSecret, nil
}

func newRequest(t testing.TB, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body == "" {
		r.Body, r.GetBody = http.NoBody, nil
	}
	return r
}

// The vectors were computed by two independent implementations each, out of
// amplify-js, botocore and aws-sdk-go-v2.
func TestPresignVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct {
		name, url, token string
		expires          time.Duration
		payload          string
		change           func(*Signer)
		want             string
	}{
		{"no expiry", testSocket, "", 0, EmptyPayload, nil, "799941b3392008e721898088e9c25449b972e64705162e7791e8c262aa8fb716"},
		{"no expiry, token", testSocket, testToken, 0, EmptyPayload, nil, "713fbab09f93957138fa64d25f0567eb5b20e0cb75792a0e523cff0141666405"},
		{"300 s", testSocket, "", 300 * time.Second, EmptyPayload, nil, "8442e2d4a019adb7cf4f1c5167aa38c001ac59ab0c2644423d4062a578081a75"},
		{"300 s, token", testSocket, testToken, 300 * time.Second, EmptyPayload, nil, "f1310284732916f595687f66956bbbc8755a91824baa4f36112ae29bd9a00589"},
		{"3600 s", testSocket, "", time.Hour, EmptyPayload, nil, "1cc86e1019ebc31c13f30218b10ab3daf16b372eb6715441f7f51a3d8c6ff1b4"},
		{"unsigned payload", testSocket, "", 0, UnsignedPayload, nil, "af0565c81eebaeafa22c1dcaafad7940736575e51bc555f49020dcefc6e03289"},
		{"local", "ws://localhost:8080/prod", "", 0, "", nil, "7ff22df6a4b2d9243dd12d528e38eb554a914992eabaac4dfad7ec6840cfff4a"},
		{
			"token appended", "wss://abc.iot.us-east-1.amazonaws.com/mqtt", testToken, 0, EmptyPayload,
			func(s *Signer) { s.Service, s.OmitSessionToken = "iotdevicegateway", true },
			"4bddd23f910ca6d86688b19fd58c61041e0f1b9811ec9282e8c7e3db0341eb69",
		},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			s := testSigner(v.token)
			if v.change != nil {
				v.change(s)
			}
			got, err := s.PresignTrace(t.Context(), newRequest(t, "GET", v.url, ""), v.expires, v.payload)
			if err != nil {
				t.Fatal(err)
			}
			if got.Signature != v.want {
				t.Errorf("signature %s, want %s\n%s", got.Signature, v.want, got.CanonicalRequest)
			}
			if !strings.HasSuffix(got.URL, "&X-Amz-Signature="+v.want) {
				t.Errorf("URL does not end in the signature: %s", got.URL)
			}
		})
	}
}

func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct{ name, method, url, body, token, want string }{
		{"get", "GET", testStage, "", "", "c2efd2906dd0e1ad452636a4b71b6cb9017a7468a39fe59e1ca54f2c4105cdaf"},
		{"get, token", "GET", testStage, "", testToken, "3e450a7a0be1a87af4eac8125f53648178df1c869941f97a51eb17c5b71a7495"},
		{"post", "POST", testPost, "hello", "", "f31d5962dfa4f87d4687ee0754da9523e87dab89a2e40ff65023991362562ec7"},
		{"post, token", "POST", testPost, "hello", testToken, "4467e136206c7599b89a03ee790c68466527bb5ccd1a28f8face094906506379"},
	} {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, v.method, v.url, v.body)
			payload := HashPayload([]byte(v.body))
			r.ContentLength = 0 // the vectors do not sign content-length
			got, err := testSigner(v.token).SignTrace(t.Context(), r, payload)
			if err != nil {
				t.Fatal(err)
			}
			if got.Signature != v.want {
				t.Errorf("signature %s, want %s\n%s", got.Signature, v.want, got.CanonicalRequest)
			}
			if _, err := testVerifier().Verify(t.Context(), FromHTTP(r), []byte(v.body)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestKeyVectors(t *testing.T) {
	t.Parallel()
	for _, v := range []struct{ day, service, want string }{
		{"20240102", "execute-api", "30c003cc4474dee37140dfdfacea6b7bdb1cb7b5f86b04785d2ac30ffe0063a7"},
		{"20150830", "iam", "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9"},
	} {
		if got := hex.EncodeToString(deriveKey(testSecret, v.day, "us-east-1", v.service)); got != v.want {
			t.Errorf("key for %s/%s is %s, want %s", v.day, v.service, got, v.want)
		}
	}
}

// staticKey knows testKeyID with exactly this token.
func staticKey(token string) Key {
	return func(_ context.Context, id, got string) (string, error) {
		if id != testKeyID || got != token {
			return "", ErrUnknownKey
		}
		return testSecret, nil
	}
}
