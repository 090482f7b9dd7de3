package sigv4

import (
	"slices"
	"strings"
	"time"
)

// tokenGuesses are a session token that was left out of the signature, or
// signed and lost.
func (x *exam) tokenGuesses() []guess {
	add := func(m Mistake, change func(*draft)) guess { return guess{slot: slotToken, mistake: m, change: change} }
	lost := Mistake{Kind: KindTokenMissing, Signed: "with a session token", Expected: "without one", Detail: "it was signed and did not arrive"}
	unsigned := Mistake{Kind: KindTokenUnsigned, Signed: "without the session token", Expected: "with it"}
	var out []guess
	i := x.base.field("x-amz-security-token")
	switch {
	case x.claim.presigned && x.claim.token != "":
		out = append(out, add(unsigned, func(d *draft) { d.params, d.changed = without(d.params, tokenParam), d.changed|partQuery }))
	case x.claim.presigned && x.known != "":
		p := param{name: tokenParam, value: string(appendEncoded(nil, x.known, '-'))}
		out = append(out, add(lost, func(d *draft) { d.params, d.changed = append(slices.Clone(d.params), p), d.changed|partQuery }))
	}
	switch {
	case i < 0 || x.known == "":
	case x.claim.token == "":
		out = append(out, add(lost, func(d *draft) { d.setValues(i, x.known) }))
	case x.claim.token != x.known:
		m := Mistake{Kind: KindHeaderChanged, Signed: "the session token of the credentials", Expected: "the one sent", Detail: "x-amz-security-token"}
		out = append(out, add(m, func(d *draft) { d.setValues(i, x.known) }))
	}
	return out
}

// secretGuesses are other keys that may have signed.
func (x *exam) secretGuesses() []guess {
	a := &x.claim
	var out []guess
	add := func(m Mistake, k *signingKey, scope string) {
		out = append(out, guess{slot: slotKey, mistake: m, change: func(d *draft) { d.key, d.scope, d.changed = k, scope, d.changed|partKey }})
	}
	secrets := x.secrets()
	for _, secret := range secrets[:min(len(secrets), 1)] {
		misread(secret, func(k Kind, signed, as string) {
			add(Mistake{Kind: k, Signed: signed, Expected: "the secret alone"}, x.derive(as), a.scope)
		})
		for _, day := range nextDays(a.day) {
			add(Mistake{Kind: KindScopeDate, Signed: day, Expected: a.day, Detail: "a signing key of another day, such as one cached over midnight"},
				newSigningKey(secret, day, a.region, a.service), a.scope)
		}
		x.scopeGuesses(secret, add)
	}
	if x.secret != "" {
		for _, c := range x.others() {
			add(Mistake{Kind: KindSecret, Signed: "with the secret of " + nameCandidate(c), Expected: "that of " + nameKey(a.accessKeyID)}, x.derive(c.Secret), a.scope)
		}
	}
	x.search.budget -= 3 * len(out) // deriving keys
	return out
}

// scopeGuesses are other scopes than the one that is claimed.
func (x *exam) scopeGuesses(secret string, add func(Mistake, *signingKey, string)) {
	a := &x.claim
	const detail = "the Credential that was sent names another than was signed"
	try := func(k Kind, region, service, signed, expected string) {
		if region != a.region || service != a.service {
			add(Mistake{Kind: k, Signed: signed, Expected: expected, Detail: detail}, newSigningKey(secret, a.day, region, service),
				a.day+"/"+region+"/"+service+"/"+terminator)
		}
	}
	try(KindService, a.region, x.q.Service, x.q.Service, a.service)
	try(KindRegion, x.q.Region, a.service, x.q.Region, a.region)
	if x.q.Thorough {
		for _, s := range [...]string{"execute-api", "appsync", "lambda", "iotdevicegateway", "iotdata", "s3", "sts", "es", "aoss", "dynamodb", "apigateway"} {
			if s != x.q.Service {
				try(KindService, a.region, s, s, a.service)
			}
		}
	}
}

// misread gives the forms in which a secret gets into a signer by accident.
func misread(secret string, add func(k Kind, signed, as string)) {
	white := func(signed, as string) {
		if as != secret {
			add(KindSecretWhitespace, signed, as)
		}
	}
	white("the secret without the white space around it", strings.TrimSpace(secret))
	secret = strings.TrimSpace(secret)
	white("a line break after the secret", secret+"\n")
	white("a blank after the secret", secret+" ")
	white("a carriage return after the secret", secret+"\r")
	white("a carriage return and line break after the secret", secret+"\r\n")
	white("a blank before the secret", " "+secret)
	white("a tab after the secret", secret+"\t")
	white("a tab before the secret", "\t"+secret)
	white("a blank before and after the secret", " "+secret+" ")
	add(KindSecret, "the secret in double quotes", `"`+secret+`"`)
	add(KindSecret, "the secret in single quotes", "'"+secret+"'")
	if encoded := string(appendEncoded(nil, secret, '-')); encoded != secret {
		add(KindSecret, "the secret percent-encoded", encoded)
	}
	if strings.Contains(secret, "+") {
		add(KindSecret, `the secret with a blank for "+"`, strings.ReplaceAll(secret, "+", " "))
	}
}

// nextDays are the days before and after a day.
func nextDays(day string) []string {
	t, err := time.Parse("20060102", day)
	if err != nil {
		return nil
	}
	return []string{t.AddDate(0, 0, -1).Format("20060102"), t.AddDate(0, 0, 1).Format("20060102")}
}

// nameGuesses are SignedHeaders taken literally, if they are irregular.
func (x *exam) nameGuesses() []guess {
	if x.listed == "" {
		return nil
	}
	listed := strings.Split(x.listed, ";")
	irregular := Mistake{Kind: KindHeaderChanged, Signed: "SignedHeaders " + x.shown(x.listed), Expected: x.shown(regular(x.listed)), Detail: "names must be lower-case, sorted and distinct"}
	out := []guess{{slot: slotNames, mistake: irregular, change: func(d *draft) { d.listed, d.changed = x.listed, d.changed|partHeaders }}}
	return append(out, guess{slot: slotNames, mistake: irregular, change: func(d *draft) {
		var fields []headerField
		for _, name := range listed {
			if i := d.field(strings.ToLower(strings.TrimSpace(name))); i >= 0 {
				f := d.fields[i]
				f.name = name
				fields = append(fields, f)
			}
		}
		d.fields, d.listed, d.changed = fields, x.listed, d.changed|partHeaders
	}})
}

// missingFacts names the signed headers that did not arrive.
func (x *exam) missingFacts() {
	for i := range x.base.fields {
		f := &x.base.fields[i]
		switch {
		case len(f.values) > 0:
		case f.name != "x-amz-security-token":
			x.fact(KindHeaderMissing, "with the header "+f.name, "without it", "it is in SignedHeaders and did not arrive")
		case x.keyErr == nil || x.known == "":
			x.fact(KindTokenMissing, "with a session token", "without one", "x-amz-security-token is in SignedHeaders and did not arrive")
		}
	}
}
