package template

import (
	"encoding/json"
	"strings"
)

// lookup finds what --resolve gives for a reference: with its service, then
// by its name, with and without the version.
func (l *loader) lookup(service, name string) (string, bool) {
	keys := []string{service + ":" + name, name}
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		keys = append(keys, service+":"+name[:i], name[:i])
	}
	for _, k := range keys {
		if v, ok := l.o.Resolve[k]; ok {
			return v, true
		}
	}
	return "", false
}

// resolved replaces every dynamic reference {{resolve:…}} in a value
// (CloudFormation user guide, "Dynamic references").
func (l *loader) resolved(n *node) *node {
	switch n.kind {
	case kindString:
		if strings.Contains(n.text, "{{resolve:") {
			return l.resolveText(n)
		}
	case kindList:
		for i, v := range n.items {
			if r := l.resolved(v); r != v {
				n.items[i] = r
			}
		}
	case kindMap:
		for i := range n.fields {
			n.fields[i].val = l.resolved(n.fields[i].val)
		}
	}
	return n
}

func (l *loader) resolveText(n *node) *node {
	var b strings.Builder
	rest, secret := n.text, n.marks.secret
	for {
		before, after, ok := strings.Cut(rest, "{{resolve:")
		b.WriteString(before)
		if !ok {
			break
		}
		ref, tail, closed := strings.Cut(after, "}}")
		if !closed {
			return l.fail(n, "a dynamic reference is not closed", "{{resolve:ssm:/name}}")
		}
		value, ok := l.dynamic(n, ref)
		if !ok {
			return n.bad()
		}
		secret = secret || !strings.HasPrefix(ref, "ssm:")
		b.WriteString(value)
		rest = tail
	}
	out := n.str(b.String())
	out.marks.secret = secret
	return out
}

// dynamic is the value of one reference: service:name[:…].
func (l *loader) dynamic(n *node, ref string) (string, bool) {
	service, name, _ := strings.Cut(ref, ":")
	switch service {
	case "ssm", "ssm-secure":
		if v, ok := l.lookup(service, name); ok {
			return v, true
		}
		l.fail(n, "{{resolve:"+ref+"}} has no value here", "--resolve "+name+"=VALUE")
		return "", false
	case "secretsmanager":
		return l.secretValue(n, ref, name)
	default:
		l.fail(n, "unknown service in {{resolve:"+ref+"}}", "services are ssm, ssm-secure and secretsmanager")
		return "", false
	}
}

// secretValue takes secret-id[:SecretString[:json-key[:stage[:version]]]];
// the secret id may be an ARN. --resolve may give the whole secret or the
// value of the key.
func (l *loader) secretValue(n *node, ref, name string) (string, bool) {
	if v, ok := l.o.Resolve[ref]; ok {
		return v, true
	}
	id, key := secretID(name)
	for _, k := range []string{name, "secretsmanager:" + id + ":SecretString:" + key, id + ":SecretString:" + key} {
		if v, ok := l.o.Resolve[k]; ok && key != "" {
			return v, true
		}
	}
	whole, ok := l.lookup("secretsmanager", id)
	if !ok {
		l.fail(n, "{{resolve:"+ref+"}} has no value here", "--resolve "+ref+"=VALUE")
		return "", false
	}
	if key == "" {
		return whole, true
	}
	var members map[string]json.RawMessage
	if json.Unmarshal([]byte(whole), &members) != nil || members[key] == nil {
		l.fail(n, "the value given for the secret "+quoteShort(id)+" is no JSON object with the key "+quoteShort(key), "--resolve "+ref+"=VALUE")
		return "", false
	}
	var text string
	if json.Unmarshal(members[key], &text) != nil {
		text = string(members[key])
	}
	return text, true
}

func secretID(name string) (id, key string) {
	parts := strings.Split(name, ":")
	n := 1
	if parts[0] == "arn" {
		n = min(7, len(parts))
	}
	id = strings.Join(parts[:n], ":")
	if len(parts) > n+1 {
		key = parts[n+1]
	}
	return id, key
}
