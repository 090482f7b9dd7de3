package sigv4

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// randomText draws from the characters that canonicalisers stumble over.
func randomText(rng *rand.Rand, most int) string {
	const from = "abcXYZ019-._~ %+&=;/@:!*'()$,?#[]\"<>\\^`{|}\x7fé€😀"
	runes := []rune(from)
	var b strings.Builder
	for range rng.IntN(most + 1) {
		b.WriteRune(runes[rng.IntN(len(runes))])
	}
	return b.String()
}

// randomRequest makes a request that both signers treat alike: they differ in
// dot segments and repeated slashes (the SDK leaves them), white space other
// than blanks in headers (the SDK leaves it), and which headers are signed.
func randomRequest(t testing.TB, rng *rand.Rand) (*http.Request, []byte) {
	t.Helper()
	u := &url.URL{Scheme: "https", Host: "h" + strconv.Itoa(rng.IntN(9)) + ".example:" + strconv.Itoa(1000+rng.IntN(9000))}
	for range 1 + rng.IntN(4) {
		u.Path += "/s" + strings.ReplaceAll(randomText(rng, 6), "/", "")
	}
	if rng.IntN(2) == 0 {
		u.RawPath = "/" + strings.ReplaceAll(url.QueryEscape(u.Path[1:]), "+", "%20")
	}
	q := url.Values{}
	for range rng.IntN(6) {
		q.Add(randomText(rng, 4), randomText(rng, 8))
	}
	u.RawQuery = q.Encode()
	body := []byte(randomText(rng, 40))
	r, err := http.NewRequest([]string{"GET", "POST", "PUT", "DELETE"}[rng.IntN(4)], u.String(), strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	for range rng.IntN(4) {
		r.Header.Add("X-H"+strconv.Itoa(rng.IntN(3)), randomText(rng, 12))
	}
	return r, body
}

// TestAgainstSDK signs and presigns thousands of random requests with AWS's
// own signer too: the signatures are equal, and we verify the SDK's.
func TestAgainstSDK(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(4, 4577))
	sdk := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableHeaderHoisting = true })
	for range 3000 {
		creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret}
		if rng.IntN(2) == 0 {
			creds.SessionToken = testToken
		}
		r, body := randomRequest(t, rng)
		compareSigned(t, sdk, creds, r, body)
		comparePresigned(t, sdk, creds, r, body)
		if t.Failed() {
			return
		}
	}
}

func compareSigned(t testing.TB, sdk *v4.Signer, creds aws.Credentials, r *http.Request, body []byte) {
	t.Helper()
	theirs, ours := r.Clone(context.Background()), r.Clone(context.Background())
	hash := HashPayload(body)
	if err := sdk.SignHTTP(t.Context(), creds, theirs, hash, "execute-api", "us-east-1", testTime()); err != nil {
		t.Fatal(err)
	}
	trace, err := testSigner(creds.SessionToken).SignTrace(t.Context(), ours, hash)
	if err != nil {
		t.Fatal(err)
	}
	if want := theirs.Header.Get("Authorization"); ours.Header.Get("Authorization") != want {
		t.Errorf("%s %s\nours   %s\ntheirs %s\n%s", r.Method, r.URL, ours.Header.Get("Authorization"), want, trace.CanonicalRequest)
	}
	theirs.URL.RawQuery = r.URL.RawQuery
	if _, err := testVerifier().Verify(t.Context(), FromHTTP(theirs), body); err != nil {
		t.Errorf("the SDK's signature of %s: %v", r.URL, err)
	}
}

func comparePresigned(t testing.TB, sdk *v4.Signer, creds aws.Credentials, r *http.Request, body []byte) {
	t.Helper()
	theirs := r.Clone(context.Background())
	q := theirs.URL.Query()
	q.Set("X-Amz-Expires", "300")
	theirs.URL.RawQuery = q.Encode()
	want, _, err := sdk.PresignHTTP(t.Context(), creds, theirs, HashPayload(body), "execute-api", "us-east-1", testTime())
	if err != nil {
		t.Fatal(err)
	}
	trace, err := testSigner(creds.SessionToken).PresignTrace(t.Context(), r, 300*time.Second, HashPayload(body))
	if err != nil {
		t.Fatal(err)
	}
	if trace.URL != want {
		t.Errorf("\nours   %s\ntheirs %s\n%s", trace.URL, want, trace.CanonicalRequest)
	}
	got, err := http.NewRequest(r.Method, want, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	got.Header = r.Header
	if _, err := testVerifier().Verify(t.Context(), FromHTTP(got), body); err != nil {
		t.Errorf("the SDK's URL %s: %v", want, err)
	}
}
