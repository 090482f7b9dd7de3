package sigv4

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"
)

// question asks what testVerifier would.
func question(r *Request, body []byte) *Question { return testVerifier().Question(r, body) }

// kinds lists the kinds of each explanation, the first one first.
func kinds(r *Report) []string {
	var out []string
	for _, all := range append([][]Mistake{r.Mistakes}, r.Alternatives...) {
		var names []string
		for _, m := range all {
			names = append(names, string(m.Kind))
		}
		out = append(out, strings.Join(names, "+"))
	}
	return out
}

// signedBy signs a POST of body with our own signer and gives it as received.
func signedBy(t testing.TB, s *Signer, method, url, body string, headers ...string) *Request {
	t.Helper()
	r := newRequest(t, method, url, body)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	if err := s.Sign(t.Context(), r, ""); err != nil {
		t.Fatal(err)
	}
	return FromHTTP(r)
}

// handSigned signs a canonical request that somebody wrote by hand. Its
// header form names the headers of its own next to last line.
func handSigned(r *Request, canonical string) *Request {
	lines := strings.Split(canonical, "\n")
	const scope = "20240102/us-east-1/execute-api/aws4_request"
	text := algorithm + "\n20240102T030405Z\n" + scope + "\n" + HashPayload([]byte(canonical))
	signature := hex.EncodeToString(newSigningKey(testSecret, "20240102", "us-east-1", "execute-api").mac([]byte(text), nil))
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if strings.Contains(r.RawQuery, "X-Amz-Algorithm") {
		r.RawQuery += "&X-Amz-Signature=" + signature
		return r
	}
	r.Header.Set("X-Amz-Date", "20240102T030405Z")
	r.Header.Set("Authorization", algorithm+" Credential="+testKeyID+"/"+scope+", SignedHeaders="+lines[len(lines)-2]+", Signature="+signature)
	return r
}

const handTail = "host:h:4577\nx-amz-date:20240102T030405Z\n\nhost;x-amz-date\n"

func byHand(method, target, canonical string) *Request {
	path, query := splitTarget(target)
	return handSigned(&Request{Method: method, Path: path, RawQuery: query, Host: "h:4577"}, canonical)
}

// hypothesis is one mistake, made by a signer, and what Explain says of it.
type hypothesis struct {
	name   string
	q      *Question
	want   []string // explanations
	signed string   // of the first mistake; "" is not compared
}

func check(t *testing.T, all []hypothesis) {
	t.Helper()
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := Explain(t.Context(), c.q)
			if diff := cmp.Diff(c.want, kinds(r)); diff != "" {
				t.Fatalf("%s\n%s", diff, r)
			}
			if r.Holds || r.Unmatched || c.signed != "" && r.Mistakes[0].Signed != c.signed {
				t.Errorf("holds %v, unmatched %v, signed %q\n%s", r.Holds, r.Unmatched, r.Mistakes[0].Signed, r)
			}
			checkReport(t, r)
		})
	}
}

// checkReport holds that a report reads the same after JSON, names known kinds
// with a way to mend each, and holds no credentials.
func checkReport(t testing.TB, r *Report) {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var again Report
	if err := json.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r.String(), again.String()); diff != "" {
		t.Errorf("reads otherwise after JSON: %s", diff)
	}
	for _, all := range append([][]Mistake{r.Mistakes}, r.Alternatives...) {
		for _, m := range all {
			if m.Fix() == "" {
				t.Errorf("%s: no fix", m.Kind)
			}
		}
	}
	for _, s := range []string{testSecret, testToken, "TOKEN%2Fwith%2Bchars%3D%3D"} {
		if strings.Contains(string(data), s) || strings.Contains(r.String(), s) {
			t.Errorf("holds a credential:\n%s\n%s", data, r)
		}
	}
}

func TestHolds(t *testing.T) {
	t.Parallel()
	header, body := signedHeaderRequest(t)
	for _, q := range []*Question{question(header, body), question(presignedRequest(t, 0), nil), question(presignedRequest(t, time.Hour), nil)} {
		r := Explain(t.Context(), q)
		data, err := json.Marshal(r)
		if !r.Holds || err != nil || string(data) != `{"holds":true,"mistakes":[]}` || r.String() != "the signature holds\n" {
			t.Errorf("%s %v\n%s", data, err, r)
		}
	}
}

func TestExplainScope(t *testing.T) {
	t.Parallel()
	with := func(change func(*Signer)) *Question {
		s := testSigner("")
		change(s)
		return question(presignedBy(t, s, 0), nil)
	}
	check(t, []hypothesis{
		{"service", with(func(s *Signer) { s.Service = "appsync" }), []string{"service"}, "appsync"},
		{"region", with(func(s *Signer) { s.Region = "eu-west-1" }), []string{"region"}, "eu-west-1"},
		{"both", with(func(s *Signer) { s.Service, s.Region = "s3", "eu-west-1" }), []string{"service+region"}, "s3"},
		{"scope date", question(byHandScope(t, "20240103"), nil), []string{"scope-date"}, "20240103"},
		{"stale key", question(staleKey(t), nil), []string{"scope-date"}, "20240101"},
	})
	r := Explain(t.Context(), with(func(s *Signer) { s.Service = "appsync" }))
	data, err := json.Marshal(r)
	if want := `{"holds":false,"mistakes":[{"kind":"service","signed":"appsync","expected":"execute-api"}]}`; err != nil || string(data) != want {
		t.Errorf("%v %s", err, data)
	}
	if want := "service: signed for service appsync, this API is execute-api\n  fix: sign for service execute-api\n"; r.String() != want {
		t.Errorf("%s", r)
	}
}

// byHandScope signs with a day of its own in the scope.
func byHandScope(t *testing.T, day string) *Request {
	t.Helper()
	r := signedBy(t, testSigner(""), http.MethodGet, testStage, "")
	_, trace, err := testVerifier().VerifyTrace(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(trace.StringToSign, "20240102/", day+"/", 1)
	signature := hex.EncodeToString(newSigningKey(testSecret, day, "us-east-1", "execute-api").mac([]byte(text), nil))
	edit("/20240102/", "/"+day+"/")(r)
	edit(trace.Signature, signature)(r)
	return r
}

// staleKey signs with the key of yesterday.
func staleKey(t *testing.T) *Request {
	t.Helper()
	r := signedBy(t, testSigner(""), http.MethodGet, testStage, "")
	_, trace, err := testVerifier().VerifyTrace(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := newSigningKey(testSecret, "20240101", "us-east-1", "execute-api")
	edit(trace.Signature, hex.EncodeToString(k.mac([]byte(trace.StringToSign), nil)))(r)
	return r
}

func TestExplainClock(t *testing.T) {
	t.Parallel()
	at := func(r *Request, late time.Duration) *Question {
		q := question(r, nil)
		q.At = testTime().Add(late)
		return q
	}
	header := signedBy(t, testSigner(""), http.MethodGet, testStage, "")
	url := presignedRequest(t, time.Minute)
	check(t, []hypothesis{
		{"ahead", at(header, -7*time.Minute), []string{"date-skew"}, "20240102T030405Z"},
		{"behind or late", at(header, 7*time.Minute), []string{"date-skew", "expired"}, ""},
		{"presigned, late", at(url, 7*time.Minute), []string{"expired"}, ""},
		{"presigned, ahead", at(url, -7*time.Minute), []string{"date-skew"}, ""},
		{"presigned, local time", at(url, 5*time.Hour+30*time.Minute+2*time.Second), []string{"expired", "date-skew"}, ""},
	})
	for late, want := range map[time.Duration]string{
		-2*time.Hour + time.Second:    "the signer's clock is 1h59m59s ahead of the verifier's; it shows local time of UTC+02:00",
		5*time.Hour + 3*time.Second:   "the signer's clock is 5h0m3s behind the verifier's; it shows local time of UTC-05:00",
		-5*time.Hour - 45*time.Minute: "the signer's clock is 5h45m0s ahead of the verifier's; it shows local time of UTC+05:45",
		-5*time.Hour - 40*time.Minute: "the signer's clock is 5h40m0s ahead of the verifier's",
		-30 * time.Hour:               "the signer's clock is 30h0m0s ahead of the verifier's",
		6 * time.Minute:               "the signer's clock is 6m0s behind the verifier's",
	} {
		if r := Explain(t.Context(), at(header, late)); r.Mistakes[0].Detail != want {
			t.Errorf("%v: %s", late, r)
		}
	}
	q := at(header, 0)
	q.At = time.Time{} // years later, nobody minds
	if r := Explain(t.Context(), q); !r.Holds {
		t.Errorf("%s", r)
	}
}

func TestExplainHost(t *testing.T) {
	t.Parallel()
	sent := func(signed, received string, hosts ...string) *Question {
		r := signedBy(t, testSigner(""), http.MethodGet, signed, "")
		r.Host = received
		q := question(r, nil)
		q.Hosts = hosts
		q.Thorough = len(hosts) == 0
		return q
	}
	forwarded := sent("http://api.example/dev", "127.0.0.1:4577", "-")
	forwarded.Request.Header.Set("X-Forwarded-Host", "api.example")
	tests := []hypothesis{
		{"no port", sent("http://localhost/dev", "localhost:4577", "-"), []string{"host-port"}, "localhost"},
		{"port too much", sent("http://localhost:3000/dev", "localhost"), []string{"host-port"}, "localhost:3000"},
		{"name at AWS", sent(testStage, "localhost:4577", "abc123.execute-api.us-east-1.amazonaws.com"), []string{"host-name"}, "abc123.execute-api.us-east-1.amazonaws.com"},
		{"loopback", sent("http://127.0.0.1:4577/dev", "localhost:4577"), []string{"host-name"}, "127.0.0.1:4577"},
		{"loopback, IPv6", sent("http://[::1]:4577/dev", "127.0.0.1:4577"), []string{"host-name"}, "[::1]:4577"},
		{"case", sent("http://api.example:1/dev", "API.example:1"), []string{"host-name"}, ""},
		{"forwarded", forwarded, []string{"host-name"}, "api.example"},
		{"ports of schemes", sent("https://h:80/dev", "h:443"), []string{"scheme"}, "h:80"},
		{"scheme in host", question(handSigned(&Request{Method: "GET", Path: "/dev", Host: "h:1"},
			"GET\n/dev\n\nhost:wss://h:1\nx-amz-date:20240102T030405Z\n\nhost;x-amz-date\n"+EmptyPayload), nil), []string{"scheme"}, "wss://h:1"},
		{"URL as path", question(byHand("GET", "/dev", "GET\nhttps://h:4577/dev\n\n"+handTail+EmptyPayload), nil), []string{"scheme"}, ""},
	}
	for _, port := range []string{"443", "3001", "4566", "8000", "8080", "8443", "9000"} {
		tests = append(tests, hypothesis{"port " + port, sent("ws://localhost:"+port+"/dev", "localhost:4577"), []string{"host-port"}, ""})
	}
	check(t, tests)
}

func TestExplainPath(t *testing.T) {
	t.Parallel()
	sent := func(signed, received string, prefixes ...string) *Question {
		r := signedBy(t, testSigner(""), http.MethodGet, "http://h:4577"+signed, "")
		r.Path = received
		q := question(r, nil)
		q.Prefixes = prefixes
		return q
	}
	hand := func(target, uri string) *Question {
		return question(byHand("GET", target, "GET\n"+uri+"\n\n"+handTail+EmptyPayload), nil)
	}
	check(t, []hypothesis{
		{"slash too much", sent("/dev/", "/dev"), []string{"path-slash"}, "/dev/"},
		{"slash too few", sent("/dev", "/dev/"), []string{"path-slash"}, "/dev"},
		{"without stage", sent("/@connections/a%3D", "/dev/@connections/a%3D"), []string{"path-stage"}, "/@connections/a%3D"},
		{"without api id and stage", sent("/x", "/abc/dev/x"), []string{"path-stage"}, "/x"},
		{"stage alone", sent("/", "/dev"), []string{"path-stage"}, "/"},
		{"with stage", sent("/dev/x", "/x", "dev"), []string{"path-stage"}, "/dev/x"},
		{"encoded once", hand("/dev/@connections/a%3D", "/dev/%40connections/a%3D"), []string{"path-encoding"}, ""},
		{"not encoded", hand("/dev/@connections/a%3D", "/dev/@connections/a%3D"), []string{"path-encoding"}, ""},
		{"decoded", hand("/dev/@connections/a%3D", "/dev/@connections/a="), []string{"path-encoding"}, ""},
		{"thrice", hand("/dev/@connections/a%3D", "/dev/%2540connections/a%25253D"), []string{"path-encoding"}, ""},
		{"reencoded on the way", sent("/dev/@connections/a%3D", "/dev/%40connections/a%3D"), []string{"path-encoding"}, ""},
		{"decoded on the way", sent("/dev/@connections/a%3D", "/dev/@connections/a="), []string{"path-encoding"}, ""},
		{"component", hand("/dev/(a)*", "/dev/(a)*"), []string{"path-encoding"}, ""},
		{"lower-case escape", hand("/dev/=a", "/dev/%3da"), []string{"path-encoding"}, ""},
		{"malformed", question(&Request{Method: "GET", Path: "/%zz", Host: "h"}, nil), []string{"path-encoding"}, ""},
	})
}

func TestExplainQuery(t *testing.T) {
	t.Parallel()
	hand := func(raw, signed string) *Question {
		return question(byHand("GET", "/dev?"+raw, "GET\n/dev\n"+signed+"\n"+handTail+EmptyPayload), nil)
	}
	presigned := func(change func(*Request)) *Question {
		r := presignedRequest(t, 0)
		change(r)
		return question(r, nil)
	}
	check(t, []hypothesis{
		{"wire order", hand("b=1&a=2", "b=1&a=2"), []string{"query-order"}, ""},
		{"joined order", hand("Param-3=a&Param=b", "Param-3=a&Param=b"), []string{"query-order"}, ""},
		{"values", hand("a=2&a=1", "a=2&a=1"), []string{"query-order"}, ""},
		{"plus", hand("a=x%20y", "a=x+y"), []string{"query-encoding"}, ""},
		{"plus itself", hand("a=x+y", "a=x%2By"), []string{"query-encoding"}, ""},
		{"slash", hand("a=x%2Fy", "a=x/y"), []string{"query-encoding"}, ""},
		{"twice", hand("a=x%20y", "a=x%2520y"), []string{"query-encoding"}, ""},
		{"no equal sign", hand("a&b=1", "a&b=1"), []string{"query-encoding"}, ""},
		{"component", hand("a=(x)%21y z", "a=(x)!y%20z"), []string{"query-encoding"}, ""},
		{"lower case", hand("a=x%3fy", "a=x%3fy"), []string{"query-encoding"}, ""},
		{"not signed", hand("a=1&b=2", ""), []string{"query-changed"}, "without the parameters a, b"},
		{"added", presigned(func(r *Request) { r.RawQuery += "&trace=1" }), []string{"query-changed"}, "without the parameter trace"},
		{"expiry added", presigned(func(r *Request) { r.RawQuery += "&X-Amz-Expires=9" }), []string{"query-changed"}, ""},
		{"repeated", hand("a=1&a=2", "a=2"), []string{"query-changed"}, ""},
		{"signature of before", hand("a=1&X-Amz-Signature=0123456789", "a=1"), []string{"query-changed"}, ""},
		{"signature in itself", presignedWith(t, "X-Amz-Signature="), []string{"query-changed"}, "with an empty X-Amz-Signature"},
		{"malformed", question(&Request{Method: "GET", RawQuery: "a=%", Host: "h"}, nil), []string{"query-encoding"}, ""},
	})
}

// presignedWith presigns a query that has one parameter more.
func presignedWith(t *testing.T, more string) *Question {
	t.Helper()
	raw := "X-Amz-Algorithm=" + algorithm + "&X-Amz-Credential=" + testKeyID + "%2F20240102%2Fus-east-1%2Fexecute-api%2Faws4_request&X-Amz-Date=20240102T030405Z"
	raw2 := "&X-Amz-SignedHeaders=host"
	r := &Request{Method: "GET", Path: "/dev", RawQuery: raw + raw2, Host: "h:4577"}
	return question(handSigned(r, "GET\n/dev\n"+raw+"&"+more+raw2+"\nhost:h:4577\n\nhost\n"+EmptyPayload), nil)
}

func TestExplainToken(t *testing.T) {
	t.Parallel()
	s := testSigner(testToken)
	s.OmitSessionToken = true
	header := signedBy(t, s, http.MethodGet, testStage, "")
	long := signedBy(t, testSigner(testToken), http.MethodGet, testStage, "")
	delete(long.Header, tokenHeader)
	lost := presignedRequest(t, 0)
	lost.RawQuery = joinQuery(without(splitQuery(lost.RawQuery), tokenParam))
	moved := *lost
	moved.Header = http.Header{tokenHeader: {testToken}}
	with := func(r *Request) *Question {
		q := question(r, nil)
		q.Key = nil
		q.Candidates = []Candidate{{"work", testKeyID, testSecret, testToken}}
		return q
	}
	check(t, []hypothesis{
		{"appended", question(presignedBy(t, s, 0), nil), []string{"token-unsigned"}, ""},
		{"appended to headers", question(header, nil), []string{"token-unsigned"}, ""},
		{"lost on the way", with(long), []string{"token-missing+token-missing"}, ""},
		{"lost from the query", with(lost), []string{"token-missing+token-missing"}, ""},
		{"never sent", with(presignedBy(t, testSigner(""), 0)), []string{"token-missing"}, ""},
		{"in a header", keyed(question(&moved, nil), staticKey(testToken)), []string{"token-missing+token-missing"}, ""},
		{"stale", with(presignedBy(t, testSigner("another token, of before"), 0)), []string{"access-key"}, testKeyID},
	})
	ended := keyed(question(presignedBy(t, testSigner("expired"), 0), nil), testKey)
	if got := kinds(Explain(t.Context(), ended)); !slices.Equal(got, []string{"expired"}) {
		t.Error(got)
	}
}

func keyed(q *Question, k Key) *Question {
	q.Key = k
	return q
}

func TestExplainSecret(t *testing.T) {
	t.Parallel()
	with := func(secret string) *Question {
		s := testSigner("")
		s.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: secret}, nil
		})
		q := question(presignedBy(t, s, 0), nil)
		q.Candidates = []Candidate{{"work", "AKIAWORK", "anotherSecretThatIsKnownHere", ""}}
		return q
	}
	unknown := with("anotherSecretThatIsKnownHere")
	unknown.Request.RawQuery = strings.Replace(unknown.Request.RawQuery, testKeyID, "AKIDEXAMPLF", 1)
	unknown.Candidates[0].AccessKeyID = "AKIDEXAMPLE2"
	stray := with(testSecret)
	stray.Key = func(context.Context, string, string) (string, error) { return testSecret + "\n", nil }
	tests := []hypothesis{
		{"of another profile", with("anotherSecretThatIsKnownHere"), []string{"secret"}, "with the secret of work (AKIAWORK)"},
		{"in quotes", with(`"` + testSecret + `"`), []string{"secret"}, ""},
		{"percent-encoded", with(strings.ReplaceAll(strings.ReplaceAll(testSecret, "/", "%2F"), "+", "%2B")), []string{"secret"}, ""},
		{"blank for plus", with(strings.ReplaceAll(testSecret, "+", " ")), []string{"secret"}, ""},
		{"stray on our side", stray, []string{"secret-whitespace"}, ""},
	}
	for _, s := range []string{"\n", " ", "\r\n", "\t", "\r"} {
		tests = append(tests, hypothesis{"after " + s, with(testSecret + s), []string{"secret-whitespace"}, ""})
	}
	tests = append(tests, hypothesis{"before", with(" " + testSecret), []string{"secret-whitespace"}, ""})
	check(t, tests)
	r := Explain(t.Context(), keyed(with(testSecret), func(context.Context, string, string) (string, error) { return "", ErrUnknownKey }))
	if got := kinds(r); !slices.Equal(got, []string{"access-key"}) || r.Mistakes[0].Unproven {
		t.Errorf("%s", r)
	}
}

func TestExplainBody(t *testing.T) {
	t.Parallel()
	sent := func(signed, received string, headers ...string) *Question {
		r := signedBy(t, testSigner(""), http.MethodPost, "http://h:4577/dev", signed, headers...)
		r.ContentLength = int64(len(received))
		return question(r, []byte(received))
	}
	declared := func(signed, received string) *Question {
		s := testSigner("")
		s.SignBody = true
		r := signedBy(t, s, http.MethodPost, "http://h:4577/dev", signed)
		return question(r, []byte(received))
	}
	line := func(payload, body string) *Question {
		return question(byHand("POST", "/dev", "POST\n/dev\n\n"+handTail+payload), []byte(body))
	}
	given := sent("what was meant", "what was sent!")
	given.Bodies = [][]byte{[]byte("x"), []byte("what was meant")}
	const object = `{"b":1,"a":"<&>é/\u00fc","c":[1,2.50,{"z":1,"y":{}}]}`
	tests := []hypothesis{
		{"signed as empty", line(EmptyPayload, "x"), []string{"body-empty"}, "an empty body"},
		{"{} signed", line(HashPayload([]byte("{}")), ""), []string{"body-empty"}, `the body "{}"`},
		{"lost", sent("{}", ""), []string{"body-empty"}, ""},
		{"unsigned", line(UnsignedPayload, "x"), []string{"body-encoding"}, ""},
		{"upper case", line(strings.ToUpper(HashPayload([]byte("x"))), "x"), []string{"body-encoding"}, ""},
		{"itself", line("hello", "hello"), []string{"body-encoding"}, ""},
		{"line break removed", sent("{\"a\":1}\n", `{"a":1}`), []string{"body-encoding"}, ""},
		{"line break added", sent("x", "x\n"), []string{"body-encoding"}, ""},
		{"python", sent(`{"b": 1, "a": [1, 2], "c": "x, y: z"}`, `{"b":1,"a":[1,2],"c":"x, y: z"}`), []string{"body-encoding"}, ""},
		{"compact", sent(`{"b":1,"a":[1,2]}`, "{\n \"b\": 1,\n \"a\": [1, 2]\n}"), []string{"body-encoding"}, ""},
		{"sorted", sent(`{"a":2,"b":1}`, `{"b":1,"a":2}`), []string{"body-encoding"}, ""},
		{"indented", sent("{\n  \"b\": 1,\n  \"a\": 2\n}", `{"b":1,"a":2}`), []string{"body-encoding"}, ""},
		{"HTML escaped", sent(`{"a":"\u003cb\u003e \u0026"}`, `{"a":"<b> &"}`), []string{"body-encoding"}, ""},
		{"HTML not escaped", sent(`{"a":"<b> &"}`, `{"a":"\u003cb\u003e \u0026"}`), []string{"body-encoding"}, ""},
		{"ASCII", sent(`{"a": "\u00e9\ud83d\ude00"}`, `{"a":"é😀"}`), []string{"body-encoding"}, ""},
		{"slash", sent(`{"a":"x/y"}`, `{"a":"x\/y"}`), []string{"body-encoding"}, ""},
		{"Latin-1", sent("caf\xe9", "café"), []string{"body-encoding"}, ""},
		{"given", given, []string{"body-changed"}, ""},
		{"declared, another", declared("hello", "hellx"), []string{"body-changed"}, ""},
		{"declared, rewritten", declared(`{"a": 1}`, `{"a":1} `), []string{"body-encoding"}, ""},
		{"sorted and escaped", sent(string(sortedJSON([]byte(object))), object), []string{"body-encoding"}, ""},
	}
	check(t, tests)
}

func TestExplainHeaders(t *testing.T) {
	t.Parallel()
	sent := func(change func(*Request), headers ...string) *Question {
		r := signedBy(t, testSigner(""), http.MethodPost, "http://h:4577/dev", "{}", headers...)
		change(r)
		return question(r, []byte("{}"))
	}
	hand := func(h http.Header, lines string) *Question {
		r := handSigned(&Request{Method: "GET", Path: "/dev", Host: "h:4577", Header: h}, "GET\n/dev\n\n"+lines+"\n"+EmptyPayload)
		return question(r, nil)
	}
	const date = "x-amz-date:20240102T030405Z\n"
	check(t, []hypothesis{
		{"charset added", sent(setHeader("Content-Type", "application/json; charset=utf-8"), "Content-Type", "application/json"), []string{"header-changed"}, "application/json"},
		{"charset removed", sent(setHeader("Content-Type", "application/json"), "Content-Type", "application/json; charset=utf-8"), []string{"header-changed"}, ""},
		{"encoding", sent(setHeader("Accept-Encoding", "gzip, br"), "Accept-Encoding", "gzip"), []string{"header-changed"}, "gzip"},
		{"missing", sent(func(r *Request) { r.Header.Del("Content-Type") }, "Content-Type", "application/json"), []string{"header-missing"}, "application/json"},
		{"proxy appended", sent(setHeader("X-Forwarded-For", "1.2.3.4, 5.6.7.8"), "X-Forwarded-For", "1.2.3.4"), []string{"header-changed"}, "1.2.3.4"},
		{"blanks", hand(http.Header{"X-A": {"a   b"}}, "host:h:4577\nx-a:a   b\n"+date+"\nhost;x-a;x-amz-date"), []string{"header-changed"}, ""},
		{"joined", hand(http.Header{"X-A": {"a", "b"}}, "host:h:4577\nx-a:a, b\n"+date+"\nhost;x-a;x-amz-date"), []string{"header-changed"}, ""},
		{"one of two", hand(http.Header{"X-A": {"a", "b"}}, "host:h:4577\nx-a:b\n"+date+"\nhost;x-a;x-amz-date"), []string{"header-changed"}, ""},
		{"case", hand(http.Header{}, "Host:h:4577\nX-Amz-Date:20240102T030405Z\n\nHost;X-Amz-Date"), []string{"header-changed"}, ""},
		{"order", hand(http.Header{}, date+"host:h:4577\n\nx-amz-date;host"), []string{"header-changed"}, ""},
		{"only listed otherwise", hand(http.Header{}, "host:h:4577\n"+date+"\nHost;X-Amz-Date"), []string{"header-changed"}, ""},
	})
	r := Explain(t.Context(), sent(func(r *Request) { r.Header.Del("X-Odd") }, "X-Odd", "nobody knows"))
	if got := kinds(r); !slices.Equal(got, []string{"header-missing"}) || !r.Unmatched || !r.Mistakes[0].Unproven {
		t.Errorf("%s", r)
	}
}

// The SDK's own signer makes the mistakes that its callers can make.
func TestExplainSDK(t *testing.T) {
	t.Parallel()
	sign := func(url, body, hash, service, region, secret, token string) *Request {
		r := newRequest(t, http.MethodPost, url, body)
		creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: secret, SessionToken: token}
		// A signer each: it finds cached keys without regard to the secret.
		if err := v4.NewSigner().SignHTTP(t.Context(), creds, r, hash, service, region, testTime()); err != nil {
			t.Fatal(err)
		}
		return FromHTTP(r)
	}
	moved := sign("http://localhost:3000/dev", "{}", HashPayload([]byte("{}")), "execute-api", "us-east-1", testSecret, "")
	moved.Host = "localhost:4577"
	both := sign("http://h:4577/dev/", "{}", EmptyPayload, "execute-api", "us-east-1", testSecret, "")
	both.Path = "/dev"
	u := func() *Request {
		creds := aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret}
		s, _, err := v4.NewSigner().PresignHTTP(t.Context(), creds, newRequest(t, http.MethodGet, testSocket, ""), UnsignedPayload, "execute-api", "us-east-1", testTime())
		if err != nil {
			t.Fatal(err)
		}
		return FromHTTP(newRequest(t, http.MethodGet, s, ""))
	}()
	thorough := question(moved, []byte("{}"))
	thorough.Thorough = true
	check(t, []hypothesis{
		{"service", question(sign(testPost, "x", HashPayload([]byte("x")), "appsync", "us-east-1", testSecret, testToken), []byte("x")), []string{"service"}, "appsync"},
		{"region", question(sign(testPost, "x", HashPayload([]byte("x")), "execute-api", "eu-west-1", testSecret, ""), []byte("x")), []string{"region"}, "eu-west-1"},
		{"secret", question(sign(testPost, "x", HashPayload([]byte("x")), "execute-api", "us-east-1", testSecret+"\n", ""), []byte("x")), []string{"secret-whitespace"}, ""},
		{"body", question(sign(testPost, "x", EmptyPayload, "execute-api", "us-east-1", testSecret, ""), []byte("x")), []string{"body-empty"}, ""},
		{"unsigned body", question(u, nil), []string{"body-encoding"}, ""},
		{"port", thorough, []string{"host-port"}, "localhost:3000"},
		{"pair", question(both, []byte("{}")), []string{"path-slash+body-empty"}, ""},
		{"service and body", question(sign(testPost, "x", EmptyPayload, "appsync", "us-east-1", testSecret, ""), []byte("x")), []string{"service+body-empty"}, ""},
	})
}
