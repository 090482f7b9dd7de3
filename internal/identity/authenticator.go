package identity

import (
	"crypto/rand"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/tidewire/tidewire/internal/spec"
	"github.com/tidewire/tidewire/internal/state"
)

// Options are what [New] takes. Spec and SealingKey are required.
type Options struct {
	Spec       *spec.Spec
	Developer  state.Developer // no access key id: there is no local developer
	SealingKey [32]byte        // for session tokens and nothing else

	Service        string   // default "execute-api"
	AcceptServices []string // further services that a signature may name
	MaxBody        int64    // bytes; 0 is sigv4.DefaultMaxBody

	// Foreign finds AWS credentials that a function of the gateway was given;
	// nil: there are none. It is asked for key ids that are unknown here, from
	// many goroutines at once.
	Foreign func(accessKeyID string) (aws.Credentials, bool)
	// ForeignActions are the actions that such credentials may call; nil is
	// "execute-api:ManageConnections" alone.
	ForeignActions []string

	// Refused is told of every refused signature, in the goroutine of the
	// request: it must be quick, and copy what it keeps. Nil: nobody is.
	Refused func(Refusal)

	Now  func() time.Time // nil is time.Now
	Rand io.Reader        // for access keys of sessions; nil is crypto/rand
}

// Authenticator finds out who is calling and whether they may.
type Authenticator struct {
	o       Options // immutable
	sealer  *sealer // immutable
	current atomic.Pointer[snapshot]
	scratch scratchPool
	usage   usage
}

// New makes an Authenticator for a Spec.
func New(o Options) (*Authenticator, error) {
	switch {
	case o.Spec == nil:
		return nil, errors.New("identity: a Spec is needed")
	case o.SealingKey == [32]byte{}:
		return nil, errors.New("identity: a sealing key is needed")
	case o.Developer.AccessKeyID != "" && o.Developer.SecretAccessKey == "":
		return nil, errors.New("identity: the local developer has no secret")
	}
	o.defaults()
	s, err := newSealer(o.SealingKey)
	if err != nil {
		return nil, err
	}
	a := &Authenticator{o: o, sealer: s}
	a.o.SealingKey = [32]byte{} // the sealer has it
	a.Update(o.Spec)
	return a, nil
}

func (o *Options) defaults() {
	if o.Service == "" {
		o.Service = "execute-api"
	}
	if o.ForeignActions == nil {
		o.ForeignActions = []string{manageConnections}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
}

// Update puts another Spec in force, which must not be changed any more.
func (a *Authenticator) Update(s *spec.Spec) {
	a.current.Store(a.newSnapshot(s))
	a.usage.prune(s)
}
