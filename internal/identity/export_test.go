package identity

import (
	"time"

	"github.com/tidewire/tidewire/iam"
)

// ContextKeys are the condition keys of a call, without aws:PrincipalTag.
func ContextKeys(id *Identity, c *Call, region string, now time.Time) iam.Context {
	s := newScratch()
	s.fill(id, nil, c, region, now)
	return s.context
}
