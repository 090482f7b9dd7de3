package main

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tidewire/tidewire/sigv4"
)

const (
	exampleKey    = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
	exampleToken  = "TOKEN/with+chars=="
	exampleTime   = "2024-01-02T03:04:05Z"
)

// keysFile is a credentials file with the example's key.
func keysFile(t *testing.T, token string) string {
	t.Helper()
	text := "[default]\naws_access_key_id = " + exampleKey + "\naws_secret_access_key = " + exampleSecret + "\n"
	if token != "" {
		text += "aws_session_token = " + token + "\n"
	}
	path := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// commandLine runs a command line in this process, with no environment.
func commandLine(t *testing.T, stdin string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, talk bytes.Buffer
	none := func() (string, error) { return "", errors.New("none") }
	sh := &shell{stdin: strings.NewReader(stdin), stdout: &out, stderr: &talk, getenv: func(string) string { return "" }, configDir: none, runDir: none}
	code = run(sh, args)
	return out.String(), talk.String(), code
}

// The vectors were computed by two independent implementations each, out of
// amplify-js, botocore and aws-sdk-go-v2.
func TestSignVectors(t *testing.T) {
	t.Parallel()
	const host = "abc123.execute-api.us-east-1.amazonaws.com"
	const socket = "wss://" + host + "/prod?room=a%20b"
	const post = "POST /prod/@connections/L0SM9cOFvHcCIhw%3D HTTP/1.1\nHost: " + host + "\n\nhello"
	for name, v := range map[string]struct {
		args, token, stdin, want string
	}{
		"presign":                 {socket + " --presign", "", "", "799941b3392008e721898088e9c25449b972e64705162e7791e8c262aa8fb716"},
		"presign, token":          {socket + " --presign", exampleToken, "", "713fbab09f93957138fa64d25f0567eb5b20e0cb75792a0e523cff0141666405"},
		"presign, expires":        {socket + " --presign --expires 300s", "", "", "8442e2d4a019adb7cf4f1c5167aa38c001ac59ab0c2644423d4062a578081a75"},
		"presign, expires, token": {socket + " --presign --expires 5m", exampleToken, "", "f1310284732916f595687f66956bbbc8755a91824baa4f36112ae29bd9a00589"},
		"presign, hour":           {socket + " --presign --expires 1h", "", "", "1cc86e1019ebc31c13f30218b10ab3daf16b372eb6715441f7f51a3d8c6ff1b4"},
		"presign, local":          {"ws://localhost:8080/prod --presign --region us-east-1", "", "", "7ff22df6a4b2d9243dd12d528e38eb554a914992eabaac4dfad7ec6840cfff4a"},
		"presign, IoT":            {"wss://abc.iot.us-east-1.amazonaws.com/mqtt --presign --omit-session-token", exampleToken, "", "4bddd23f910ca6d86688b19fd58c61041e0f1b9811ec9282e8c7e3db0341eb69"},
		"headers":                 {"https://" + host + "/prod", "", "", "c2efd2906dd0e1ad452636a4b71b6cb9017a7468a39fe59e1ca54f2c4105cdaf"},
		"headers, token":          {"https://" + host + "/prod", exampleToken, "", "3e450a7a0be1a87af4eac8125f53648178df1c869941f97a51eb17c5b71a7495"},
		"raw":                     {"--http -", "", post, "f31d5962dfa4f87d4687ee0754da9523e87dab89a2e40ff65023991362562ec7"},
		"raw, token":              {"--http -", exampleToken, post, "4467e136206c7599b89a03ee790c68466527bb5ccd1a28f8face094906506379"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"sign", "--time", exampleTime, "--credentials-file", keysFile(t, v.token)}, strings.Fields(v.args)...)
			signature, talk, code := commandLine(t, v.stdin, append(args, "--show", "signature")...)
			if signature != v.want+"\n" || code != 0 {
				t.Errorf("exit code %d, %s\n%s", code, signature, talk)
			}
			whole, talk, _ := commandLine(t, v.stdin, args...)
			if !strings.Contains(whole, v.want) {
				t.Errorf("it is not in what is to be sent: %s", whole)
			}
			if strings.Contains(talk, v.want) || strings.Contains(talk, exampleSecret) || strings.Contains(talk+"-", firstOf(v.token, exampleSecret)) {
				t.Errorf("stderr holds a credential: %s", talk)
			}
		})
	}
}

// What sign prints verifies, whatever is asked of it.
func TestSignVerifies(t *testing.T) {
	t.Parallel()
	const raw = "PUT /a b//c/../d?x=é&x=1 HTTP/1.1\r\nHost: h.example:8443\r\nX-Many: a\r\n   b\r\nContent-Length: 2\r\n\r\n{}"
	for name, args := range map[string]string{
		"headers": "", "presigned": "--presign", "body": "--sign-body", "as sent": "--no-normalize-path", "as sent, presigned": "--no-normalize-path --presign --expires 1m",
		"service": "--service appsync",
	} {
		for _, token := range []string{"", exampleToken} {
			t.Run(name+token, func(t *testing.T) {
				t.Parallel()
				file := keysFile(t, token)
				words := append([]string{"sign", "--http", "-", "--time", exampleTime, "--region", "eu-west-1", "--credentials-file", file}, strings.Fields(args)...)
				signed, talk, code := commandLine(t, raw, words...)
				if code != 0 {
					t.Fatal(talk)
				}
				verify(t, signed, name == "service")
				words = []string{"explain", "--http", "-", "--time", exampleTime, "--region", "eu-west-1", "--credentials-file", file}
				if said, _, code := commandLine(t, signed, words...); code != 0 || said != "the signature holds\n" {
					t.Errorf("exit code %d, %s", code, said)
				}
				if name == "presigned" || name == "body" {
					if _, _, code := commandLine(t, strings.Replace(signed, "{}", "[]", 1), words...); code != 3 {
						t.Errorf("another body: exit code %d", code)
					}
				}
			})
		}
	}
}

// verify holds that the text of a request verifies.
func verify(t *testing.T, text string, appsync bool) {
	t.Helper()
	r, err := sigv4.ParseRawRequest([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	v := &sigv4.Verifier{Service: "execute-api", Region: "eu-west-1",
		Now: func() time.Time { return time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC) },
		Key: func(context.Context, string, string) (string, error) { return exampleSecret, nil }}
	if appsync {
		v.Service = "appsync"
	}
	if _, err := v.Verify(t.Context(), r.Request, r.Body); err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

func TestScopeOf(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"wss://abc123.execute-api.eu-west-1.amazonaws.com/prod":         "execute-api eu-west-1",
		"https://ABC123.execute-api.us-gov-west-1.amazonaws.com:443":    "execute-api us-gov-west-1",
		"https://abc.execute-api.cn-north-1.amazonaws.com.cn":           "execute-api cn-north-1",
		"https://abc.execute-api.eu-west-1.api.aws":                     "execute-api eu-west-1",
		"https://abc-vpce-1.execute-api.eu-west-1.vpce.amazonaws.com":   "execute-api eu-west-1",
		"https://x.appsync-api.ap-south-1.amazonaws.com/graphql":        "appsync ap-south-1",
		"wss://x.appsync-realtime-api.ap-south-1.amazonaws.com/graphql": "appsync ap-south-1",
		"wss://abc.iot.us-east-1.amazonaws.com/mqtt":                    "iotdevicegateway us-east-1",
		"https://abc-ats.iot.us-east-1.amazonaws.com/topics/a":          "iotdata us-east-1",
		"https://abc.lambda-url.us-east-1.on.aws/":                      "lambda us-east-1",
		"https://sts.us-east-1.amazonaws.com":                           "sts us-east-1",
		"https://iam.amazonaws.com":                                     "iam us-east-1",
		"https://bucket.s3.eu-central-1.amazonaws.com/k":                "s3 eu-central-1",
		"https://search-d.eu-west-1.es.amazonaws.com":                   "es eu-west-1",
		"https://x.eu-west-1.aoss.amazonaws.com":                        "aoss eu-west-1",
		"https://amazonaws.com":                                         " ",
		"https://execute-api.eu-west-1.amazonaws.com.evil.example":      " ",
		"https://abc.execute-api.eu-west-1.notamazonaws.com":            " ",
		"http://127.0.0.1:4577/dev":                                     " ",
		"https://x.y.z.amazonaws.com":                                   " ",
		"https://us-east-1.amazonaws.com":                               " us-east-1",
	} {
		target, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if service, region := scopeOf(target); service+" "+region != want {
			t.Errorf("%s: %q, want %q", address, service+" "+region, want)
		}
	}
}
