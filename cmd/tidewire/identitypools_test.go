package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/tidewire/tidewire/gateway"
)

func TestPoolGreeting(t *testing.T) {
	t.Parallel()
	p := gateway.IdentityPool{LogicalID: "Pool", ID: "us-east-1:1", URL: "http://127.0.0.1:4577/", SecureURL: "https://127.0.0.1:4577/", Guests: true, Providers: []string{"idp"}}
	if diff := cmp.Diff("\n  Identity pool Pool\n    id       us-east-1:1\n    endpoint http://127.0.0.1:4577/\n    logins   idp, guests\n", poolGreeting(p)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff("\n  Identity pool Pool\n    id       us-east-1:1\n    endpoint https://gateway:4577/\n    logins   none\n",
		poolGreeting(gateway.IdentityPool{LogicalID: "Pool", ID: "us-east-1:1", SecureURL: "https://gateway:4577/"})); diff != "" {
		t.Error(diff)
	}
}
