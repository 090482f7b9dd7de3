package gateway

import (
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/tidewire/tidewire/internal/identitypool"
	"github.com/tidewire/tidewire/internal/spec"
)

// IdentityPool is one served Amazon Cognito identity pool.
type IdentityPool struct {
	LogicalID string `json:"logicalId"`
	ID        string `json:"id"`
	// URL is the endpoint for its clients; empty when only TLS is answered.
	URL       string `json:"url"`
	SecureURL string `json:"secureUrl"`
	// Guests: unauthenticated identities are allowed.
	Guests bool `json:"guests"`
	// Providers are the keys of Logins that it takes.
	Providers []string `json:"providers"`
}

// IdentityPools lists the identity pools that are served now.
func (g *Gateway) IdentityPools() []IdentityPool {
	var list []IdentityPool
	for _, p := range g.Spec().IdentityPools {
		d := IdentityPool{LogicalID: p.LogicalID, ID: p.ID, URL: "http://" + g.clientAddr() + "/", SecureURL: "https://" + g.clientAddr() + "/",
			Guests: p.AllowUnauthenticated, Providers: loginProviders(&p)}
		if !g.answersPlain() {
			d.URL = ""
		}
		list = append(list, d)
	}
	return list
}

// loginProviders are the keys of Logins in AWS, each once.
func loginProviders(p *spec.IdentityPool) []string {
	list := []string{}
	for _, c := range p.Pools {
		if !slices.Contains(list, c.Provider) {
			list = append(list, c.Provider)
		}
	}
	for _, c := range p.OIDCProviders {
		_, name, _ := strings.Cut(c.Issuer, "://")
		list = append(list, name)
	}
	return list
}

// identityPoolHost is the name of Amazon's own endpoint.
func identityPoolHost(s *spec.Spec) string {
	return "cognito-identity." + s.Region + "." + s.URLSuffix()
}

// identityPoolIssuers are what --issuer may call the providers of identity
// pools.
func identityPoolIssuers(s *spec.Spec) []string {
	var names []string
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range s.IdentityPools {
		for _, c := range p.Pools {
			add(c.LogicalID)
			add(c.PoolID)
			add("https://" + c.Provider)
		}
		for _, c := range p.OIDCProviders {
			add(c.Issuer)
		}
	}
	return names
}

func (g *Gateway) newIdentityPools(s *spec.Spec) (*identitypool.Pools, error) {
	sealing, err := g.dir.SealingKey()
	if err != nil {
		return nil, err
	}
	o := identitypool.Options{Spec: s, Assume: g.auth.AssumePoolRole, Signer: g.poolSigner, Issuers: g.o.Issuers, Log: g.o.Log, Now: g.o.Now}
	key, err := hkdf.Key(sha256.New, sealing[:], nil, "tidewire identity ids", len(o.Key))
	if err != nil {
		return nil, fmt.Errorf("the key of identity ids: %w", err)
	}
	copy(o.Key[:], key)
	pools, err := identitypool.New(o)
	if err != nil {
		return nil, err
	}
	for _, text := range pools.Unavailable() {
		g.o.Log.Warn(text)
	}
	return pools, nil
}

// poolKeyFile holds the key that signs OpenID tokens of identity pools.
const poolKeyFile = "openid-key.pem"

// newPoolSigner signs with a key that is made when it is needed first.
func (g *Gateway) newPoolSigner() *identitypool.Signer {
	return identitypool.NewSigner(func() (*rsa.PrivateKey, error) {
		text, err := g.dir.ReadFile(poolKeyFile)
		if errors.Is(err, fs.ErrNotExist) {
			return g.makePoolKey()
		}
		if err != nil {
			return nil, err
		}
		block, _ := pem.Decode(text)
		if block == nil {
			return nil, fmt.Errorf("%s in %s is damaged: delete it to have a new key made", poolKeyFile, g.dir.Path())
		}
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if signs, ok := key.(*rsa.PrivateKey); ok && err == nil {
			return signs, nil
		}
		return nil, fmt.Errorf("%s in %s holds no RSA key: delete it to have a new one made", poolKeyFile, g.dir.Path())
	})
}

func (g *Gateway) makePoolKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, g.dir.WriteFile(poolKeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}
