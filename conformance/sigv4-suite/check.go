package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/sigv4"
)

// setting is a case's context.json.
type setting struct {
	Credentials struct {
		AccessKeyID     string `json:"access_key_id"`
		SecretAccessKey string `json:"secret_access_key"`
		Token           string `json:"token"`
	} `json:"credentials"`
	Expiration       int       `json:"expiration_in_seconds"`
	Normalize        bool      `json:"normalize"`
	Region           string    `json:"region"`
	Service          string    `json:"service"`
	SignBody         bool      `json:"sign_body"`
	Timestamp        time.Time `json:"timestamp"`
	OmitSessionToken bool      `json:"omit_session_token"`
}

// check is a case in one form of signature.
type check struct {
	form  string // "header" or "query"
	files files
	set   setting
}

func newCheck(name, form string, f files) (*check, error) {
	c := &check{form: form, files: f}
	if err := json.Unmarshal([]byte(f["context.json"]), &c.set); err != nil {
		return nil, fmt.Errorf("context.json of %s: %w", name, err)
	}
	return c, nil
}

func (c *check) run(ctx context.Context, total *tally) error {
	signed, err := c.sign(ctx)
	if err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	theirs := []byte(c.files[c.form+"-signed-request.txt"])
	for what, text := range map[string][]byte{"AWS": theirs, "us": signed} {
		if err := c.admit(ctx, text); err != nil {
			return fmt.Errorf("verifying what %s signed: %w", what, err)
		}
	}
	if err := c.mutate(ctx, theirs, total); err != nil {
		return fmt.Errorf("one byte changed: %w", err)
	}
	return nil
}

// sign signs the request and compares every step.
func (c *check) sign(ctx context.Context) ([]byte, error) {
	raw, err := sigv4.ParseRawRequest([]byte(c.files["request.txt"]))
	if err != nil {
		return nil, err
	}
	payload := sigv4.HashPayload(raw.Body)
	var t *sigv4.Trace
	if c.form == "header" {
		t, err = c.signer().SignRequest(ctx, raw.Request, payload)
	} else {
		t, err = c.signer().PresignRequest(ctx, raw.Request, time.Duration(c.set.Expiration)*time.Second, payload)
	}
	if err != nil {
		return nil, err
	}
	for file, got := range map[string]string{
		"canonical-request": t.CanonicalRequest, "string-to-sign": t.StringToSign, "signature": t.Signature,
	} {
		if want, ok := c.files[c.form+"-"+file+".txt"]; !ok || got != want {
			return nil, fmt.Errorf("%s is\n%s\nand should be\n%s", file, got, want)
		}
	}
	return raw.Bytes(), nil
}

func (c *check) signer() *sigv4.Signer {
	keys := aws.Credentials{
		AccessKeyID: c.set.Credentials.AccessKeyID, SecretAccessKey: c.set.Credentials.SecretAccessKey,
		SessionToken: c.set.Credentials.Token,
	}
	return &sigv4.Signer{
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return keys, nil }),
		Service:     c.set.Service, Region: c.set.Region, Now: c.now,
		NoNormalizePath: !c.set.Normalize, SignBody: c.set.SignBody, OmitSessionToken: c.set.OmitSessionToken,
	}
}

func (c *check) now() time.Time { return c.set.Timestamp }

// verifier knows the key of the case, with its token or, for a token that is
// not signed, without it.
func (c *check) verifier() *sigv4.Verifier {
	return &sigv4.Verifier{
		Service: c.set.Service, Region: c.set.Region, Now: c.now,
		Key: func(_ context.Context, id, token string) (string, error) {
			if id != c.set.Credentials.AccessKeyID || token != c.set.Credentials.Token && (token != "" || !c.set.OmitSessionToken) {
				return "", sigv4.ErrUnknownKey
			}
			return c.set.Credentials.SecretAccessKey, nil
		},
	}
}

// verify gives the canonical request of a request that verifies.
func (c *check) verify(ctx context.Context, raw *sigv4.RawRequest) (string, error) {
	_, t, err := c.verifier().VerifyTrace(ctx, raw.Request, raw.Body)
	if err != nil {
		return "", err
	}
	return t.CanonicalRequest, nil
}

// admit verifies the text of a signed request.
func (c *check) admit(ctx context.Context, text []byte) error {
	raw, err := sigv4.ParseRawRequest(text)
	if err != nil {
		return err
	}
	if c.set.OmitSessionToken {
		if err := c.refuseToken(ctx, raw); err != nil {
			return err
		}
		withoutToken(raw)
	}
	canonical, err := c.verify(ctx, raw)
	if err == nil && canonical != c.files[c.form+"-canonical-request.txt"] {
		err = fmt.Errorf("it verifies, but over\n%s", canonical)
	}
	return err
}

// refuseToken holds that an unsigned session token is refused, and named as
// what is wrong.
func (c *check) refuseToken(ctx context.Context, raw *sigv4.RawRequest) error {
	if _, err := c.verify(ctx, raw); err == nil {
		return errors.New("the session token is not signed, and yet it verifies")
	}
	r := sigv4.Explain(ctx, c.verifier().Question(raw.Request, raw.Body))
	if r.Holds || r.Unmatched || len(r.Mistakes) != 1 || r.Mistakes[0].Kind != sigv4.KindTokenUnsigned {
		return fmt.Errorf("the session token is not signed, and the explanation is: %s", r)
	}
	return nil
}

// withoutToken takes the session token out of a request.
func withoutToken(raw *sigv4.RawRequest) {
	raw.Request.Header.Del("X-Amz-Security-Token")
	var kept []string
	for pair := range strings.SplitSeq(raw.Request.RawQuery, "&") {
		if name, _, _ := strings.Cut(pair, "="); name != url.QueryEscape("X-Amz-Security-Token") {
			kept = append(kept, pair)
		}
	}
	raw.Request.RawQuery = strings.Join(kept, "&")
}

// mutate changes each byte in turn, in three ways.
func (c *check) mutate(ctx context.Context, text []byte, total *tally) error {
	if raw, err := sigv4.ParseRawRequest(text); err != nil {
		return err
	} else if c.set.OmitSessionToken {
		withoutToken(raw)
		text = raw.Bytes()
	}
	want := c.files[c.form+"-canonical-request.txt"]
	for i := range text {
		for _, other := range []byte{text[i] ^ 1, text[i] ^ 0x20, 'x'} {
			if other == text[i] {
				continue
			}
			changed := bytes.Clone(text)
			changed[i] = other
			if same, err := c.unharmed(ctx, changed, want); err != nil {
				return fmt.Errorf("byte %d (%q) as %q: %w", i, text[i], other, err)
			} else if same {
				total.same++
			} else {
				total.refused++
			}
		}
	}
	return nil
}

// unharmed says whether a changed request still verifies over the same
// canonical request; over another one it must not.
func (c *check) unharmed(ctx context.Context, changed []byte, want string) (bool, error) {
	raw, err := sigv4.ParseRawRequest(changed)
	if err != nil {
		return false, nil
	}
	canonical, err := c.verify(ctx, raw)
	if err != nil {
		return false, nil
	}
	if canonical != want {
		return false, fmt.Errorf("it verifies, over\n%s", canonical)
	}
	return true, nil
}
