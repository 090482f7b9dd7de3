package main

import (
	"fmt"
	"strings"

	"github.com/tidewire/tidewire/gateway"
)

// poolGreeting says where an identity pool answers, and who gets credentials.
func poolGreeting(p gateway.IdentityPool) string {
	logins := append([]string{}, p.Providers...)
	if p.Guests {
		logins = append(logins, "guests")
	}
	if len(logins) == 0 {
		logins = []string{"none"}
	}
	return fmt.Sprintf("\n  Identity pool %s\n    id       %s\n    endpoint %s\n    logins   %s\n", p.LogicalID, p.ID, firstOf(p.URL, p.SecureURL), strings.Join(logins, ", "))
}
