package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// own is a case of our own making; its signature was computed by two other
// implementations, amplify-js and aws-sdk-go-v2.
func own() files {
	const canonical = "GET\n/prod\n\nhost:abc123.execute-api.us-east-1.amazonaws.com\nx-amz-date:20240102T030405Z\n\nhost;x-amz-date\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	const toSign = "AWS4-HMAC-SHA256\n20240102T030405Z\n20240102/us-east-1/execute-api/aws4_request\n" +
		"f2d46e15d85e7f4a2c8fa7d21b4f4c9485e188dfb8fa5f00016138bbbafc89f7"
	const signature = "c2efd2906dd0e1ad452636a4b71b6cb9017a7468a39fe59e1ca54f2c4105cdaf"
	const request = "GET /prod HTTP/1.1\nHost:abc123.execute-api.us-east-1.amazonaws.com\n"
	return files{
		"context.json": `{"credentials":{"access_key_id":"AKIDEXAMPLE","secret_access_key":"wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"},` +
			`"expiration_in_seconds":300,"normalize":true,"region":"us-east-1","service":"execute-api","timestamp":"2024-01-02T03:04:05Z"}`,
		"request.txt":                  request,
		"header-canonical-request.txt": canonical,
		"header-string-to-sign.txt":    toSign,
		"header-signature.txt":         signature,
		"header-signed-request.txt": request + "X-Amz-Date:20240102T030405Z\nAuthorization:AWS4-HMAC-SHA256 " +
			"Credential=AKIDEXAMPLE/20240102/us-east-1/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature=" + signature + "\n\n",
	}
}

func TestHeaderForm(t *testing.T) {
	t.Parallel()
	var total tally
	if err := runForm(t, own(), "header", &total); err != nil {
		t.Fatal(err)
	}
	if total.refused < 500 || total.same == 0 {
		t.Errorf("%+v", total)
	}
	for name := range own() {
		f := maps.Clone(own())
		f[name] = strings.NewReplacer("4", "5", "GET /prod", "GET /dev", "3000", "300").Replace(f[name])
		if name == "context.json" {
			f[name] = strings.Replace(f[name], "wJalr", "wJalt", 1)
		}
		if err := runForm(t, f, "header", &tally{}); err == nil {
			t.Errorf("%s is wrong, and all holds", name)
		}
	}
}

func runForm(t *testing.T, f files, form string, total *tally) error {
	t.Helper()
	c, err := newCheck("own", form, f)
	if err == nil {
		err = c.run(t.Context(), total)
	}
	return err
}

func TestRun(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(map[string]any{"cases": map[string]files{"own": own()}})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "suite.json")
	for _, c := range []struct {
		text string
		args []string
		code int
		want string
	}{
		{string(text), []string{path}, 1, "FAIL own (query)"}, // it has no files for that form
		{"{}", []string{path}, 1, "holds no cases"},
		{"[", []string{path}, 1, "suite.json"},
		{"", nil, 2, "usage:"},
		{"", []string{path + "x"}, 1, "no such file"},
	} {
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if code := run(c.args, &out, &out); code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("exit code %d, %s", code, out.String())
		}
	}
}
