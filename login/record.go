package login

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/oauth2"
)

const recordVersion = 1

// Record is one saved login. Its String, GoString and LogValue show no token.
type Record struct {
	// Binding says who the tokens are for, such as [OIDC.String]. A [Source]
	// with another binding refuses the record, so that a changed setting
	// never sends a refresh token to a stranger.
	Binding string
	// Settings are the caller's own, kept with the login and not looked at.
	Settings json.RawMessage
	// Token is nil before the first login. Its Extra values "id_token",
	// "device_key" and "scope" are kept.
	Token *oauth2.Token
	// Obtained is when Token was got.
	Obtained time.Time
}

// String is the binding and the expiry.
func (r Record) String() string {
	if r.Token == nil {
		return r.Binding + ", no token"
	}
	return r.Binding + ", expires " + r.Token.Expiry.UTC().Format(time.RFC3339)
}

// GoString is String: %#v shows no token either.
func (r Record) GoString() string { return r.String() }

// LogValue is String.
func (r Record) LogValue() slog.Value { return slog.StringValue(r.String()) }

// file is the JSON of a record.
type file struct {
	Version  int               `json:"version"`
	Binding  string            `json:"binding"`
	Settings json.RawMessage   `json:"settings,omitempty"`
	Obtained time.Time         `json:"obtained"`
	Access   string            `json:"access_token,omitempty"`
	Type     string            `json:"token_type,omitempty"`
	Refresh  string            `json:"refresh_token,omitempty"`
	Expiry   time.Time         `json:"expiry"`
	Extra    map[string]string `json:"extra,omitempty"`
}

func marshalRecord(r *Record) ([]byte, error) {
	f := file{Version: recordVersion, Binding: r.Binding, Settings: r.Settings, Obtained: r.Obtained.UTC()}
	if t := r.Token; t != nil {
		f.Access, f.Type, f.Refresh, f.Expiry = t.AccessToken, t.TokenType, t.RefreshToken, t.Expiry.UTC()
		f.Extra = extras(t)
	}
	return json.MarshalIndent(f, "", "  ")
}

// parseRecord is the opposite. Its errors repeat none of the content.
func parseRecord(data []byte) (*Record, error) {
	var f file
	if err := json.Unmarshal(data, &f); err != nil {
		return nil, errors.New("the file is damaged or was written by another program")
	}
	if f.Version != recordVersion {
		return nil, fmt.Errorf("the file has version %d, this program writes %d", f.Version, recordVersion)
	}
	r := &Record{Binding: f.Binding, Settings: f.Settings, Obtained: f.Obtained}
	if f.Access != "" || f.Refresh != "" {
		t := &oauth2.Token{AccessToken: f.Access, TokenType: f.Type, RefreshToken: f.Refresh, Expiry: f.Expiry}
		r.Token = withExtras(t, f.Extra)
	}
	return r, nil
}

// extras are the extra values of t that outlive a process.
func extras(t *oauth2.Token) map[string]string {
	kept := map[string]string{}
	for _, name := range []string{"id_token", "device_key", "scope"} {
		if v, ok := t.Extra(name).(string); ok && v != "" {
			kept[name] = v
		}
	}
	return kept
}

func withExtras(t *oauth2.Token, extra map[string]string) *oauth2.Token {
	values := make(map[string]any, len(extra))
	for name, v := range extra {
		values[name] = v
	}
	return t.WithExtra(values)
}

// IDToken is the OpenID Connect ID token that came with t, or "".
func IDToken(t *oauth2.Token) string {
	if t == nil {
		return ""
	}
	id, _ := t.Extra("id_token").(string)
	return id
}
