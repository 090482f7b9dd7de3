package template

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// derive makes size characters of alphabet from the stack's name and what is
// named: the same at every start, different between stacks.
func (l *loader) derive(what, alphabet string, size int) string {
	sum := sha256.Sum256([]byte(l.o.StackName + "\x00" + what))
	out := make([]byte, size)
	for i := range out {
		if i%len(sum) == 0 && i > 0 {
			sum = sha256.Sum256(sum[:])
		}
		out[i] = alphabet[int(sum[i%len(sum)])%len(alphabet)]
	}
	return string(out)
}

const (
	lowerAlnum = "abcdefghijklmnopqrstuvwxyz0123456789"
	upperAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	base32     = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	mixedAlnum = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// shortID is shaped like API Gateway's ids: ten characters, a letter first.
func (l *loader) shortID(id string) string {
	return l.derive("first:"+id, lowerAlnum[:26], 1) + l.derive("id:"+id, lowerAlnum, 9)
}

func idRef(l *loader, r *resource) string { return l.shortID(r.id) }

// iamID is shaped like IAM's unique ids (IAM user guide, "Unique identifiers").
func (l *loader) iamID(prefix, id string) string { return prefix + l.derive(prefix+id, base32, 17) }

// generatedName is {stack}-{logicalId}-{twelve characters}, cut to limit as
// CloudFormation cuts it.
func (l *loader) generatedName(r *resource, limit int) string {
	stack, id := l.o.StackName, r.id
	if room := limit - 14; len(stack)+len(id) > room {
		stack = stack[:min(len(stack), max(room-len(id), room/2))]
		id = id[:min(len(id), room-len(stack))]
	}
	return strings.Trim(stack, "-") + "-" + id + "-" + l.derive("name:"+r.id, upperAlnum, 12)
}

func (l *loader) uuid(what string) string {
	sum := sha256.Sum256([]byte(l.o.StackName + "\x00uuid:" + what))
	h := hex.EncodeToString(sum[:16])
	return fmt.Sprintf("%s-%s-4%s-8%s-%s", h[:8], h[8:12], h[13:16], h[17:20], h[20:32])
}

// arn is an ARN of this account and region.
func (l *loader) arn(service, rest string) string {
	return "arn:" + l.spec.Partition + ":" + service + ":" + l.o.Region + ":" + l.o.Account + ":" + rest
}

// iamARN has no region.
func (l *loader) iamARN(rest string) string {
	return "arn:" + l.spec.Partition + ":iam::" + l.o.Account + ":" + rest
}

func (l *loader) executeAPI(id string) string {
	return id + ".execute-api." + l.o.Region + "." + l.spec.URLSuffix()
}

// secret asks the options for a stable random value; without them it is a
// placeholder of the same shape. The result is never shown.
func (l *loader) secret(r *resource, kind string) *node {
	n := r.node.str("")
	n.marks.secret = kind != "access-key-id"
	if l.o.Secret == nil {
		n.text = l.placeholderSecret(kind, r.id)
		return n
	}
	v, err := l.o.Secret(kind, r.id)
	if err != nil {
		l.problem(r.node, "no "+kind+" for "+r.id+": "+err.Error(), "check that the state directory can be written")
		return n.bad()
	}
	n.text = v
	return n
}

func (l *loader) placeholderSecret(kind, id string) string {
	switch kind {
	case "access-key-id":
		return "AKIA" + l.derive(kind+id, base32, 16)
	case "appsync-api-key":
		return "da2-" + l.derive(kind+id, lowerAlnum, 26)
	default:
		return l.derive(kind+id, mixedAlnum, 40)
	}
}
