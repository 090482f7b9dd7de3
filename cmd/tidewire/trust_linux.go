package main

import "github.com/smallstep/truststore"

// updateCommand makes the system's store from its files.
func updateCommand() []string { return truststore.SystemTrustCommand }
