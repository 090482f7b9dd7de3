package sigv4

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// randomSigned signs a random request in one of the two forms.
func randomSigned(t testing.TB, rng *rand.Rand) (*Request, []byte) {
	t.Helper()
	r, body := randomRequest(t, rng)
	token := []string{"", testToken}[rng.IntN(2)]
	if rng.IntN(2) == 0 {
		if err := testSigner(token).Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		return FromHTTP(r), body
	}
	trace, err := testSigner(token).PresignTrace(t.Context(), r, time.Duration(rng.IntN(2))*time.Minute, "")
	if err != nil {
		t.Fatal(err)
	}
	q := FromHTTP(r)
	_, q.RawQuery, _ = strings.Cut(trace.URL, "?")
	return q, body
}

// Valid requests hold.
func TestExplainValid(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(5, 4577))
	for range 1000 {
		r, body := randomSigned(t, rng)
		if report := Explain(t.Context(), question(r, body)); !report.Holds {
			t.Fatalf("%+v\n%s", r, report)
		}
	}
}

// corruptions change what arrives in a way that has a name or, with no kinds,
// has none. They report false if they do not apply.
func corruptions() map[string]struct {
	kinds  []Kind
	change func(rng *rand.Rand, r *Request, body *[]byte) bool
} {
	type corruption = struct {
		kinds  []Kind
		change func(rng *rand.Rand, r *Request, body *[]byte) bool
	}
	return map[string]corruption{
		"signature": {nil, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			if auth := r.Header.Get("Authorization"); auth != "" {
				r.Header.Set("Authorization", flipLast(auth))
			} else {
				before, after, _ := strings.Cut(r.RawQuery, "X-Amz-Signature=")
				r.RawQuery = before + "X-Amz-Signature=" + flipLast(after[:64]) + after[64:]
			}
			return true
		}},
		"method": {nil, func(_ *rand.Rand, r *Request, _ *[]byte) bool { r.Method = "PATCH"; return true }},
		"path letter": {nil, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			r.Path = strings.Replace(r.Path, "/s", "/q", 1)
			return true
		}},
		"body byte": {nil, func(_ *rand.Rand, _ *Request, body *[]byte) bool {
			if len(*body) == 0 {
				return false
			}
			*body = slices.Clone(*body)
			(*body)[0] ^= 1
			return len(*body) > 1
		}},
		"header value": {nil, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			if string(foldValues(nil, r.Header["X-H1"], ",")) == "" {
				return false // an empty value can be guessed
			}
			r.Header["X-H1"] = []string{"something else"}
			return true
		}},
		"parameter value": {nil, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			if strings.HasPrefix(r.RawQuery, "X-Amz") || r.RawQuery == "" {
				return false
			}
			r.RawQuery = "zz" + r.RawQuery
			return true
		}},
		"slash": {[]Kind{KindPathSlash}, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			r.Path += "/"
			return !strings.HasSuffix(r.Path, "//")
		}},
		"stage": {[]Kind{KindPathStage}, func(_ *rand.Rand, r *Request, _ *[]byte) bool { r.Path = "/dev" + r.Path; return true }},
		"host": {[]Kind{KindHostPort}, func(_ *rand.Rand, r *Request, _ *[]byte) bool {
			name, _ := splitHost(r.Host)
			r.Host = name + ":1"
			return true
		}},
		"parameter": {[]Kind{KindQueryChanged}, func(rng *rand.Rand, r *Request, _ *[]byte) bool {
			r.RawQuery = strings.TrimPrefix(r.RawQuery+"&added="+strconv.Itoa(rng.Int()), "&")
			return true
		}},
		"line break": {[]Kind{KindBodyEncoding}, func(_ *rand.Rand, r *Request, body *[]byte) bool {
			if len(*body) == 0 || strings.TrimRight(string(*body), "\r\n") != string(*body) {
				return false
			}
			*body = append(slices.Clone(*body), '\n')
			return true
		}},
	}
}

func flipLast(s string) string {
	last := s[len(s)-1]
	if last == '0' {
		return s[:len(s)-1] + "1"
	}
	return s[:len(s)-1] + "0"
}

// A random request that is corrupted is never explained by what was not done:
// a corruption without a name is unmatched, one with a name is among the
// explanations, and each explanation gives the text that was signed.
func TestExplainNamesOnlyWhatWasMade(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(6, 4577))
	all := corruptions()
	names := make([]string, 0, len(all))
	for name := range all {
		names = append(names, name)
	}
	slices.Sort(names)
	for range 500 {
		r, body := randomSigned(t, rng)
		_, trace, err := testVerifier().VerifyTrace(t.Context(), r, body)
		if err != nil {
			t.Fatal(err)
		}
		made := []string{names[rng.IntN(len(names))]}
		if other := names[rng.IntN(len(names))]; rng.IntN(3) == 0 && other != made[0] && other[:4] != made[0][:4] {
			made = append(made, other)
		}
		q := question(r, body)
		q.Hosts = []string{r.Host}
		q.Reveal = true
		r.Header = r.Header.Clone()
		ok, nameless := true, false
		var want []string
		for _, name := range made {
			ok = ok && all[name].change(rng, r, &q.Body)
			nameless = nameless || all[name].kinds == nil
			for _, k := range all[name].kinds {
				want = append(want, string(k))
			}
		}
		if !ok {
			continue
		}
		checkCorrupted(t, made, q, trace, want, nameless)
	}
}

func checkCorrupted(t *testing.T, made []string, q *Question, trace *Trace, want []string, nameless bool) {
	t.Helper()
	report := Explain(t.Context(), q)
	switch {
	case report.Holds:
		t.Fatalf("%v: holds %+v", made, q.Request)
	case nameless && !report.Unmatched:
		t.Fatalf("%v: explained\n%s", made, report)
	case nameless:
		for _, m := range report.Mistakes {
			if !m.Unproven {
				t.Fatalf("%v: named\n%s", made, report)
			}
		}
	case !fits(report, want):
		t.Fatalf("%v: %v %v in\n%s%+v", made, kinds(report), report.Unmatched, report, q.Request)
	default:
		checkSignedText(t, made, report, trace)
	}
}

// fits reports that one explanation has exactly these kinds.
func fits(r *Report, want []string) bool {
	slices.Sort(want)
	return slices.ContainsFunc(kinds(r), func(got string) bool {
		names := strings.Split(got, "+")
		slices.Sort(names)
		return slices.Equal(names, want)
	})
}

func checkSignedText(t *testing.T, made []string, report *Report, trace *Trace) {
	t.Helper()
	var lines []string
	for _, line := range report.Signed {
		lines = append(lines, line.Text)
	}
	if got := strings.Join(lines, "\n"); got != valid(trace.CanonicalRequest) {
		t.Fatalf("%v: signed text\n%s\nwas\n%s", made, got, trace.CanonicalRequest)
	}
}

// A mistake in the claims is named and nothing else is, whatever the request.
func TestExplainRandomClaims(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 4577))
	for range 300 {
		r, body := randomRequest(t, rng)
		s := testSigner("")
		var want []string
		if rng.IntN(2) == 0 {
			s.Service, want = "appsync", append(want, "service")
		}
		if rng.IntN(2) == 0 {
			s.Region, want = "eu-west-1", append(want, "region")
		}
		if rng.IntN(2) == 0 {
			s.Now, want = func() time.Time { return testTime().Add(time.Hour) }, append(want, "date-skew")
		}
		if rng.IntN(2) == 0 {
			s.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: testKeyID, SecretAccessKey: testSecret + "\n"}, nil
			})
			want = append(want, "secret-whitespace")
		}
		if err := s.Sign(t.Context(), r, ""); err != nil {
			t.Fatal(err)
		}
		report := Explain(t.Context(), question(FromHTTP(r), body))
		if got := strings.Join(kinds(report), " or "); got != strings.Join(want, "+") || report.Holds != (len(want) == 0) {
			t.Fatalf("want %v, got\n%s", want, report)
		}
	}
}

// Credentials of all sorts appear nowhere in a report, unless revealed.
func TestExplainRedacts(t *testing.T) {
	t.Parallel()
	const marker = "mArKeR/of+a=credential"
	for _, name := range []string{"Authorization-Not", "X-Api-Key", "Cookie", "X-Amz-Security-Token", "Proxy-Authorization"} {
		for _, inQuery := range []bool{false, true} {
			r := newRequest(t, http.MethodGet, "http://h:4577/dev", "")
			if inQuery {
				r.URL.RawQuery = name + "=mArKeR%2Fof%2Ba%3Dcredential&other=1"
			} else {
				r.Header.Set(name, marker)
			}
			if err := testSigner("").Sign(t.Context(), r, ""); err != nil {
				t.Fatal(err)
			}
			got := FromHTTP(r)
			got.Path = "/nowhere/" + strings.Repeat("x/", 3)
			if !inQuery {
				got.Header.Set(name, marker+marker)
			}
			for _, reveal := range []bool{false, true} {
				q := question(got, nil)
				q.Reveal = reveal
				report := Explain(t.Context(), q)
				data, err := json.Marshal(report)
				if err != nil {
					t.Fatal(err)
				}
				all := string(data) + report.String()
				leaked := strings.Contains(all, "mArKeR")
				if leaked != reveal && name != "Authorization-Not" && !(name == "Proxy-Authorization" && !inQuery) && !(name == "X-Amz-Security-Token" && !inQuery) {
					t.Errorf("%s, in the query %v, reveal %v:\n%s", name, inQuery, reveal, all)
				}
				if leaked && !reveal && name != "Authorization-Not" {
					t.Errorf("%s leaks:\n%s", name, all)
				}
			}
		}
	}
}
