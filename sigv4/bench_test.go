package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// The benchmarks sign and verify a POST to @connections with a JSON body of
// 101 bytes and a session token of 290 bytes, beside the bare cryptography of
// the same request and beside AWS's own signer, which hashes the body too.

func benchBody() []byte {
	return []byte(`{"action":"message","data":"` + strings.Repeat("x", 71) + `"}`)
}

func benchToken() string { return strings.Repeat("Ab9/", 72) + "==" }

// benchSigner ends in a verified signature of its own.
func benchSigner() *Signer { return testSigner(benchToken()) }

func benchVerifier(token string) *Verifier {
	v := testVerifier()
	v.Key = staticKey(token)
	return v
}

func benchSigned(b *testing.B) (*Request, []byte) {
	b.Helper()
	r := newRequest(b, http.MethodPost, testPost, string(benchBody()))
	r.RequestURI = "/prod/@connections/L0SM9cOFvHcCIhw%3D"
	if err := benchSigner().Sign(b.Context(), r, ""); err != nil {
		b.Fatal(err)
	}
	got := FromHTTP(r)
	got.Header.Set("Content-Length", "101") // where a server has it
	return got, benchBody()
}

func BenchmarkVerify(b *testing.B) {
	r, body := benchSigned(b)
	v := benchVerifier(benchToken())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), r, body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyParallel(b *testing.B) {
	r, body := benchSigned(b)
	v := benchVerifier(benchToken())
	ctx := b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := v.Verify(ctx, r, body); err != nil {
				b.Error(err)
				return
			}
		}
	})
}

func BenchmarkVerifyPresigned(b *testing.B) {
	u, err := benchSigner().Presign(b.Context(), newRequest(b, http.MethodGet, testSocket, ""), 0, EmptyPayload)
	if err != nil {
		b.Fatal(err)
	}
	r := FromHTTP(newRequest(b, http.MethodGet, u, ""))
	v := benchVerifier(benchToken())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), r, nil); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerifyRefused is the most that a wrong signature costs.
func BenchmarkVerifyRefused(b *testing.B) {
	r, body := benchSigned(b)
	r.Path = "/.." + r.Path
	v := benchVerifier(benchToken())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), r, append(body, 'x')); err == nil {
			b.Fatal("accepted")
		}
	}
}

// BenchmarkFloor is the cryptography that no verifier can leave out: SHA-256
// of body and canonical request, one HMAC with a key at hand, one comparison.
func BenchmarkFloor(b *testing.B) {
	r, body := benchSigned(b)
	_, trace, err := benchVerifier(benchToken()).VerifyTrace(b.Context(), r, body)
	if err != nil {
		b.Fatal(err)
	}
	request, text := []byte(trace.CanonicalRequest), []byte(trace.StringToSign)
	want, err := hex.DecodeString(trace.Signature)
	if err != nil {
		b.Fatal(err)
	}
	h := hmac.New(sha256.New, deriveKey(testSecret, "20240102", "us-east-1", "execute-api"))
	var sum [sha256.Size]byte
	b.ReportAllocs()
	for b.Loop() {
		sum = sha256.Sum256(body)
		sum = sha256.Sum256(request)
		h.Reset()
		h.Write(text)
		if subtle.ConstantTimeCompare(h.Sum(sum[:0]), want) != 1 {
			b.Fatal("floor computes another signature")
		}
	}
}

func BenchmarkSign(b *testing.B) {
	s := benchSigner()
	r := newRequest(b, http.MethodPost, testPost, string(benchBody()))
	body := benchBody()
	b.ReportAllocs()
	for b.Loop() {
		clear(r.Header)
		if err := s.Sign(b.Context(), r, HashPayload(body)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignSDK(b *testing.B) {
	creds, err := testCredentials(benchToken()).Retrieve(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	s := v4.NewSigner()
	r := newRequest(b, http.MethodPost, testPost, string(benchBody()))
	body := benchBody()
	b.ReportAllocs()
	for b.Loop() {
		clear(r.Header)
		if err := s.SignHTTP(b.Context(), creds, r, HashPayload(body), "execute-api", "us-east-1", testTime()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPresign(b *testing.B) {
	s := benchSigner()
	r := newRequest(b, http.MethodGet, testSocket, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Presign(b.Context(), r, 0, EmptyPayload); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPresignSDK(b *testing.B) {
	creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret, SessionToken: benchToken()}
	s := v4.NewSigner()
	r := newRequest(b, http.MethodGet, testSocket, "")
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := s.PresignHTTP(b.Context(), creds, r, EmptyPayload, "execute-api", "us-east-1", testTime()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDeriveKey(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if bytes.Equal(deriveKey(testSecret, "20240102", "us-east-1", "execute-api"), nil) {
			b.Fatal("no key")
		}
	}
}
