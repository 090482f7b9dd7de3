package sigv4

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// What a verifier tolerates is a closed list; each entry has its line here,
// and what looks like one and is not has one too.
func TestTolerances(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		signed   string // host that is signed
		received string
		ok       bool
	}{
		{"443 removed", "h:443", "h", true},
		{"443 added", "h", "h:443", true},
		{"80 removed", "h:80", "h", true},
		{"80 added", "h", "h:80", true},
		{"IPv6, removed", "[::1]:443", "[::1]", true},
		{"IPv6, added", "[::1]", "[::1]:80", true},
		{"another port removed", "h:8080", "h", false},
		{"another port added", "h", "h:8080", false},
		{"443 for 80", "h:443", "h:80", false},
		{"another host", "h", "i", false},
		{"case of host", "H", "h", false},
		{"trailing dot", "h.", "h", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			// Signed for a scheme whose default port is another, so that the
			// signer leaves the port alone.
			scheme := "http"
			if strings.HasSuffix(c.signed, ":80") {
				scheme = "https"
			}
			r := newRequest(t, http.MethodGet, scheme+"://"+c.signed+"/prod", "")
			if err := testSigner("").Sign(t.Context(), r, ""); err != nil {
				t.Fatal(err)
			}
			q := FromHTTP(r)
			q.Host = c.received
			if _, err := testVerifier().Verify(t.Context(), q, nil); (err == nil) != c.ok {
				t.Error(err)
			}
		})
	}
}

func TestPathTolerance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		signed   string
		asSent   bool
		received string
		ok       bool
	}{
		{"/a//b/../c/", false, "/a//b/../c/", true},
		{"/a//b/../c/", true, "/a//b/../c/", true},
		{"/a/c/", false, "/a//b/../c/", true}, // equal once normalised
		{"/a//c", true, "/a/c", false},
		{"/a/c", true, "/a/c/", false},
		{"/a%20c", true, "/a%2520c", false},
		{"/a@c", true, "/a%40c", false},
		{"/A", true, "/a", false},
	} {
		s := testSigner("")
		s.NoNormalizePath = c.asSent
		r := newRequest(t, http.MethodGet, "https://h"+c.signed, "")
		if err := s.Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		q := FromHTTP(r)
		q.Path = c.received
		if _, err := testVerifier().Verify(t.Context(), q, nil); (err == nil) != c.ok {
			t.Errorf("signed %q, received %q: %v", c.signed, c.received, err)
		}
	}
}

// amplify signs a blank as %20 and sends "+".
func TestPlusIsBlank(t *testing.T) {
	t.Parallel()
	r := presignedRequest(t, 0)
	sent := strings.Replace(r.RawQuery, "room=a%20b", "room=a+b", 1)
	if sent == r.RawQuery {
		t.Fatal("nothing replaced")
	}
	r.RawQuery = sent
	if _, err := testVerifier().Verify(t.Context(), r, nil); err != nil {
		t.Error(err)
	}
	r.RawQuery = strings.Replace(sent, "room=a+b", "room=a%2Bb", 1)
	if _, err := testVerifier().Verify(t.Context(), r, nil); err == nil {
		t.Error("%2B taken for a blank")
	}
}

func TestOrderAndCaseOfEscapes(t *testing.T) {
	t.Parallel()
	r := presignedRequest(t, 0)
	params := strings.Split(strings.ReplaceAll(r.RawQuery, "%2F", "%2f"), "&")
	for i, j := 0, len(params)-1; i < j; i, j = i+1, j-1 {
		params[i], params[j] = params[j], params[i]
	}
	r.RawQuery = strings.Join(params, "&")
	if _, err := testVerifier().Verify(t.Context(), r, nil); err != nil {
		t.Error(err)
	}
}

func TestAcceptServices(t *testing.T) {
	t.Parallel()
	s := testSigner("")
	s.Service = "appsync"
	r := presignedBy(t, s, 0)
	v := testVerifier()
	if _, err := v.Verify(t.Context(), r, nil); err == nil {
		t.Error("admitted for another service")
	}
	v = testVerifier()
	v.AcceptServices = []string{"appsync"}
	who, err := v.Verify(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if who.Service != "appsync" {
		t.Errorf("service %q", who.Service)
	}
}

func TestDateHeader(t *testing.T) {
	t.Parallel()
	for _, date := range []string{"Tue, 02 Jan 2024 03:04:05 GMT", "Tuesday, 02-Jan-24 03:04:05 GMT", "Tue Jan  2 03:04:05 2024", "20240102T030405Z"} {
		r := newRequest(t, http.MethodGet, testStage, "")
		r.Header.Set("Date", date)
		q := FromHTTP(signAs(t, r, "date;host"))
		delete(q.Header, "X-Amz-Date")
		who, err := testVerifier().Verify(t.Context(), q, nil)
		if err != nil {
			t.Errorf("%s: %v", date, err)
			continue
		}
		if !who.SignedAt.Equal(testTime()) {
			t.Errorf("%s: signed at %v", date, who.SignedAt)
		}
	}
	r := newRequest(t, http.MethodGet, testStage, "")
	r.Header.Set("Date", "yesterday")
	q := FromHTTP(signAs(t, r, "date;host"))
	delete(q.Header, "X-Amz-Date")
	_, err := testVerifier().Verify(t.Context(), q, nil)
	checkRefusal(t, refusal{code: incompleteSignature, status: 403, message: "Date must be in ISO-8601 'basic format'. Got 'yesterday'…", reason: ""}, err)
}

// signAs signs exactly the named headers, by hand.
func signAs(t *testing.T, r *http.Request, names string) *http.Request {
	t.Helper()
	canonical := "GET\n/prod\n\n"
	for name := range strings.SplitSeq(names, ";") {
		value := strings.Join(strings.Fields(r.Header.Get(name)), " ")
		if name == "host" {
			value = r.Host
		}
		canonical += name + ":" + value + "\n"
	}
	canonical += "\n" + names + "\n" + EmptyPayload
	scope := "20240102/us-east-1/execute-api/aws4_request"
	text := "AWS4-HMAC-SHA256\n20240102T030405Z\n" + scope + "\n" + HashPayload([]byte(canonical))
	k := newSigningKey(testSecret, "20240102", "us-east-1", "execute-api")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Signature="+hexOf(k.mac([]byte(text), nil))+",SignedHeaders="+names+" ,  Credential="+testKeyID+"/"+scope)
	return r
}

func TestVerified(t *testing.T) {
	t.Parallel()
	r, body := signedHeaderRequest(t)
	who, trace, err := testVerifier().VerifyTrace(t.Context(), r, body)
	if err != nil {
		t.Fatal(err)
	}
	if who.AccessKeyID != testKeyID || who.SessionToken != testToken || who.Presigned || !who.SignedAt.Equal(testTime()) ||
		!who.Expires.Equal(testTime().Add(5*time.Minute)) || strings.Join(who.SignedHeaders, ";") != "content-length;host;x-amz-date;x-amz-security-token" {
		t.Errorf("%+v", who)
	}
	if !strings.HasPrefix(trace.CanonicalRequest, "POST\n/prod/%40connections/") || !strings.HasPrefix(trace.StringToSign, algorithm+"\n20240102T030405Z\n") {
		t.Errorf("%+v", trace)
	}

	for life, want := range map[time.Duration]time.Duration{0: 5 * time.Minute, time.Hour: time.Hour, MaxExpires: MaxExpires} {
		who, err := testVerifier().Verify(t.Context(), presignedRequest(t, life), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !who.Presigned || !who.Expires.Equal(testTime().Add(want)) {
			t.Errorf("life %v: %+v", life, who)
		}
	}
}

// A signature holds from five minutes before its date to its expiry, both ends
// included.
func TestWindow(t *testing.T) {
	t.Parallel()
	header, body := signedHeaderRequest(t)
	for _, c := range []struct {
		name string
		r    *Request
		body []byte
		life time.Duration
	}{
		{"header", header, body, 5 * time.Minute},
		{"presigned", presignedRequest(t, 0), nil, 5 * time.Minute},
		{"presigned for a minute", presignedRequest(t, time.Minute), nil, time.Minute},
		{"presigned for a week", presignedRequest(t, MaxExpires), nil, MaxExpires},
	} {
		for after, ok := range map[time.Duration]bool{
			-5*time.Minute - time.Second: false, -5 * time.Minute: true, 0: true, c.life: true, c.life + time.Second: false,
		} {
			v := testVerifier()
			v.Now = func() time.Time { return testTime().Add(after) }
			if _, err := v.Verify(t.Context(), c.r, c.body); (err == nil) != ok {
				t.Errorf("%s, %v after: %v", c.name, after, err)
			}
		}
	}
}
