// Package scalars knows the nine scalar types that AppSync adds to GraphQL
// (AppSync developer guide, "Scalar types in GraphQL"): which texts are valid,
// and the words in which AppSync refuses the others.
//
// [Lookup] finds a scalar by name. Seven of them are strings and have a
// [Scalar.Valid]. AWSTimestamp is a number of seconds, AWSJSON is any JSON
// value that travels as a string; whoever reads and writes values has to treat
// these two by their names.
//
// There is no state; everything may be used by many goroutines.
package scalars

import (
	"net/mail"
	"net/netip"
	"net/url"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// The two scalars that are no plain strings.
const (
	Timestamp = "AWSTimestamp"
	JSON      = "AWSJSON"
)

// Scalar is one of the types.
type Scalar struct {
	Name string
	// Noun stands in AppSync's messages: "Unable to parse `x` as a valid …".
	Noun string
	// Description is the one of AppSync's introspection, shortened.
	Description string

	valid func(string) bool
}

// Valid tells whether a text is a value of the scalar. It is true for
// AWSTimestamp and AWSJSON, which are not texts.
func (s *Scalar) Valid(text string) bool { return s.valid == nil || s.valid(text) }

// Lookup finds a scalar by its name; nil if there is none.
func Lookup(name string) *Scalar {
	if !strings.HasPrefix(name, "AWS") {
		return nil
	}
	for _, s := range All() {
		if s.Name == name {
			return &s
		}
	}
	return nil
}

// All are the scalars, by name.
func All() []Scalar {
	return []Scalar{
		{"AWSDate", "date", "An extended ISO 8601 date, YYYY-MM-DD, with an optional offset.", validDate},
		{"AWSDateTime", "DateTime Object", "An extended ISO 8601 date and time, YYYY-MM-DDThh:mm:ss.SSS, with an offset.", validDateTime},
		{"AWSEmail", "email address", "An e-mail address, local-part@domain-part.", validEmail},
		{"AWSIPAddress", "IP address", "An IPv4 or IPv6 address, with an optional prefix length.", validIP},
		{JSON, "JSON", "A JSON value, sent and received as a string.", nil},
		{"AWSPhone", "phone number", "A phone number; without a country code it is one of the United States.", validPhone},
		{"AWSTime", "time", "An extended ISO 8601 time, hh:mm:ss.SSS, with an optional offset.", validTime},
		{Timestamp, "timestamp", "Seconds since 1970-01-01T00:00Z, negative before.", nil},
		{"AWSURL", "URL", "An absolute URL with a scheme, as RFC 1738 has it.", validURL},
	}
}

// validEmail wants local@domain and nothing around it: no display name, no
// comment, no quoted local part.
func validEmail(text string) bool {
	local, domain, ok := strings.Cut(text, "@")
	if !ok || strings.ContainsAny(text, "<>()\" \t\r\n") || len(text) > maxEmail {
		return false
	}
	address, err := mail.ParseAddress(text)
	return err == nil && address.Address == text && local != "" && validDomain(domain)
}

// maxEmail is the longest e-mail address (RFC 5321, 4.5.3.1.3, without the
// brackets).
const maxEmail = 254

// validDomain wants labels of letters, digits and hyphens (RFC 1123, 2.1).
func validDomain(domain string) bool {
	for label := range strings.SplitSeq(domain, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if !isAlnum(c) && c != '-' && c < 0x80 {
				return false
			}
		}
	}
	return true
}

func isAlnum(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// validURL wants a scheme and something after it, and no "//" in the path.
func validURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && (u.Host != "" || u.Opaque != "" || u.Path != "") && !strings.Contains(u.Path, "//")
}

func validIP(text string) bool {
	if strings.ContainsAny(text, "%") { // a zone is of one machine only
		return false
	}
	if strings.Contains(text, "/") {
		_, err := netip.ParsePrefix(text)
		return err == nil
	}
	_, err := netip.ParseAddr(text)
	return err == nil
}

// maxPhone bounds what the phone rules look at; the longest real numbers have
// some twenty characters.
const maxPhone = 64

// validPhone takes digits in groups, parted by blanks or hyphens, and asks
// the rules of the number's country, that of the United States without a
// country code.
func validPhone(text string) bool {
	if text == "" || len(text) > maxPhone {
		return false
	}
	for i, c := range []byte(text) {
		if (c < '0' || c > '9') && c != ' ' && c != '-' && c != '(' && c != ')' && (c != '+' || i != 0) {
			return false
		}
	}
	number, err := phonenumbers.Parse(text, "US")
	return err == nil && phonenumbers.IsValidNumber(number)
}
