package identity

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tidewire/tidewire/iam"
)

// fixedKeys is how many keys fill sets besides tags, at most.
const fixedKeys = 20

// scratch is the memory of one evaluation, used again and again.
type scratch struct {
	context  iam.Context
	values   [][1]string // what context's values point into
	policies iam.Policies
	request  iam.Request
	moment   moment
}

// moment is the current time in words, which is the same for a second.
type moment struct {
	unix       int64
	iso, epoch string
}

func newScratch() *scratch {
	return &scratch{context: make(iam.Context, fixedKeys), values: make([][1]string, 0, fixedKeys)}
}

// scratchPool keeps scratches. The zero value is empty.
type scratchPool struct{ pool sync.Pool }

func (p *scratchPool) get() *scratch {
	if s, ok := p.pool.Get().(*scratch); ok {
		return s
	}
	return newScratch()
}

// put takes a scratch back that nothing refers to any more.
func (p *scratchPool) put(s *scratch) {
	clear(s.context)
	clear(s.values)
	s.values = s.values[:0]
	s.policies, s.request = iam.Policies{}, iam.Request{}
	p.pool.Put(s)
}

// set adds a key unless its value is empty.
func (s *scratch) set(key, value string) {
	if value == "" {
		return
	}
	s.values = append(s.values, [1]string{value}) // an earlier array stays valid when it grows
	s.context[key] = s.values[len(s.values)-1][:]
}

// world are the keys that tell nothing of the caller.
func (s *scratch) world(c *Call, region string, now time.Time) {
	s.tell(now)
	s.set("aws:currenttime", s.moment.iso)
	s.set("aws:epochtime", s.moment.epoch)
	if c.Peer.IsValid() {
		s.set("aws:sourceip", c.Peer.Unmap().WithZone("").String())
	}
	s.set("aws:useragent", c.UserAgent)
	s.set("aws:referer", referer(c.Referer))
	s.set("aws:securetransport", strconv.FormatBool(c.Secure))
	s.set("aws:requestedregion", region)
	s.set("aws:viaawsservice", "false")
}

// fill sets the condition keys of a call (IAM user guide, "AWS global condition
// context keys"). Keys about multi-factor authentication and networks are
// absent, as they are at AWS for callers without.
func (s *scratch) fill(id *Identity, tags []tag, c *Call, region string, now time.Time) {
	s.world(c, region, now)
	s.set("aws:principalisawsservice", "false")
	s.set("aws:principaltype", principalType(id.Kind))
	s.set("aws:principalarn", id.PrincipalARN)
	s.set("aws:principalaccount", id.Account)
	s.set("aws:userid", id.UserID)
	s.set("aws:username", id.UserName)
	if !id.IssuedAt.IsZero() {
		s.set("aws:tokenissuetime", id.IssuedAt.UTC().Format(time.RFC3339))
	}
	s.cognitoKeys(id)
	for _, t := range tags {
		s.set(t.key, t.value)
	}
}

// referer leaves out the query of a signed URL: reasons of a refusal show the
// values of condition keys.
func referer(address string) string {
	page, query, ok := strings.Cut(address, "?")
	if !ok {
		page, query, _ = strings.Cut(address, "#")
	}
	decoded, err := url.QueryUnescape(query)
	if err != nil || strings.Contains(strings.ToLower(decoded), "x-amz-") {
		return page
	}
	return address
}

// tell puts the time into words.
func (s *scratch) tell(now time.Time) {
	if unix := now.Unix(); unix != s.moment.unix || s.moment.iso == "" {
		s.moment = moment{unix: unix, iso: now.UTC().Format("2006-01-02T15:04:05Z"), epoch: strconv.FormatInt(unix, 10)}
	}
}

// principalType is aws:PrincipalType (IAM user guide, "Principal key values").
func principalType(k Kind) string {
	switch k {
	case Developer, User:
		return "User"
	case Role, Foreign:
		return "AssumedRole"
	}
	return "Anonymous"
}
