package library

import (
	"bufio"
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestAgainstJava compares with what Java's own classes answered; see
// testdata/Oracle.java.
func TestAgainstJava(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/oracle.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	counts := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var v []string
		if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		counts[v[0]]++
		if got, want := javaAnswer(v), v[len(v)-1]; !agrees(got, want) {
			t.Errorf("%q: got %q, Java says %q", v[:len(v)-1], got, want)
		}
	}
	if counts["format"] < 2000 || counts["parse"] < 40 || counts["matches"] < 90 || counts["replace"] < 10 || counts["urlEncode"] < 3 {
		t.Errorf("only %v were compared", counts)
	}
}

// agrees compares results word for word; of failures only that there is one.
func agrees(got, want string) bool {
	if strings.HasPrefix(want, "!") {
		return strings.HasPrefix(got, "!")
	}
	return got == want
}

func javaAnswer(v []string) string {
	switch v[0] {
	case "format":
		ms, _ := strconv.ParseInt(v[1], 10, 64)
		return answer(func() (string, error) {
			p, err := compileDate(v[2])
			if err != nil {
				return "", err
			}
			location, err := zone(v[3])
			if err != nil {
				return "", err
			}
			return p.format(time.UnixMilli(ms).In(location), v[3]), nil
		})
	case "parse":
		return answer(func() (string, error) {
			p, err := compileDate(v[2])
			if err != nil {
				return "", err
			}
			location, _ := zone(v[3])
			at, err := p.parse(v[1], location)
			return strconv.FormatInt(at.UnixMilli(), 10), err
		})
	case "matches":
		return javaMatches(v[1], v[2])
	case "replace":
		return answer(func() (string, error) {
			p, err := CompilePattern(v[1])
			if err != nil {
				return "", err
			}
			return p.Replace(v[2], v[3], true, nil)
		})
	}
	return string(encodeURL(v[1]))
}

func answer(f func() (string, error)) string {
	s, err := f()
	if err != nil {
		return "!" + err.Error()
	}
	return "=" + s
}

func javaMatches(pattern, text string) string {
	p, err := CompilePattern(pattern)
	if err != nil {
		return "!"
	}
	whole, err1 := p.Matches(text)
	part, err2 := p.Find(text)
	if err1 != nil || err2 != nil {
		return "!!"
	}
	return strconv.FormatBool(whole) + " " + strconv.FormatBool(part)
}
