package apigateway_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tidewire/tidewire/apigateway"
)

func TestRedacted(t *testing.T) {
	t.Parallel()
	const mask = "[18 bytes, sha256 0efb05cf]"
	for _, test := range []struct{ name, text, want string }{
		{"plain", "the token " + token + " is old", "the token " + mask + " is old"},
		{"in a query", "X-Amz-Security-Token=TOKEN%2Fwith%2Bchars%3D%3D&x=1", "X-Amz-Security-Token=" + mask + "&x=1"},
		{"in a canonical header", "x-amz-security-token:" + token + "\nhost", "x-amz-security-token:" + mask + "\nhost"},
		{"of somebody else", "X-Amz-Security-Token=abc&x=1", "X-Amz-Security-Token=[3 bytes, sha256 ba7816bf]&x=1"},
		{"signature", "Signature=abc, Credential=x", "Signature=[3 bytes, sha256 ba7816bf], Credential=x"},
		{"presigned", "?X-Amz-Signature=abc", "?X-Amz-Signature=[3 bytes, sha256 ba7816bf]"},
		{"authorization", "authorization:Bearer abc\nhost:h", "authorization:[10 bytes, sha256 c355dce9]\nhost:h"},
		{"api key", "x-api-key:abc\nhost:h", "x-api-key:[3 bytes, sha256 ba7816bf]\nhost:h"},
		{"nothing", "Signature expired: 20240102T030405Z", "Signature expired: 20240102T030405Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := apigateway.Redacted(test.text, token, "short"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func FuzzRedacted(f *testing.F) {
	f.Add("X-Amz-Security-Token=", "TOKEN/with+chars==", "&x")
	f.Add("'", "a b%c+dé&=", "'")
	f.Fuzz(func(t *testing.T, before, secret, after string) {
		if len(secret) < 8 || strings.Contains("[8 bytes, sha256 0123456789abcdef]", secret) || strings.Contains(before+"|"+after, secret) {
			t.Skip()
		}
		for _, spelling := range []string{secret, url.QueryEscape(secret)} {
			if got := apigateway.Redacted(before+"|"+spelling+"|"+after, secret); strings.Contains(got, "|"+spelling+"|") {
				t.Errorf("%q shows %q", got, secret)
			}
		}
	})
}

func FuzzErrorMessage(f *testing.F) {
	f.Add([]byte(`{"message":"Forbidden"}`))
	f.Add([]byte(`{"Message":null}`))
	f.Add([]byte("slow down"))
	f.Add([]byte{0xff})
	f.Fuzz(func(t *testing.T, body []byte) {
		if got := apigateway.ErrorMessage(body); !utf8.ValidString(got) {
			t.Errorf("%q", got)
		}
	})
}

// No URL that Dial refuses is repeated beyond scheme and host.
func FuzzTarget(f *testing.F) {
	f.Add("wss://h/p?X-Amz-Signature=", "s")
	f.Add("https://h/%zz?", "")
	f.Add("ws://[::1/", "#")
	f.Fuzz(func(t *testing.T, before, after string) {
		const canary = "SECRETSECRETSECRET"
		err := apigateway.CheckTarget(before + "?" + canary + after)
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%v", err)
		}
	})
}
