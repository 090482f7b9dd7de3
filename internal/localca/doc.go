// Package localca is the certificate authority of one user, for TLS on this
// machine: https and wss on loopback that unmodified clients can verify.
//
// Call [Open] with a directory of the user's configuration (never the state
// directory, which lies in the project) and the further names that the
// gateway serves. Give [Authority.Certificate] to a [crypto/tls.Config] as
// GetCertificate, and the file [Authority.CertFile] to clients; a function
// that must trust public hosts too takes [Authority.Bundle] of [SystemRoots].
//
// [List] gives the authorities of a directory to whoever is asked to trust
// them, [NoteTrusted] and [Trusted] keep count of those that were given to
// trust stores.
//
// # What is promised
//
// An authority can vouch for localhost, 127.0.0.0/8, ::1 and the names given
// to Open, and for nothing else: its certificate carries critical name
// constraints (RFC 5280, section 4.2.1.10), may issue no further authorities,
// and serves TLS servers only. So whoever steals its key, or trusts it in a
// browser, exposes no other site. RFC 5280 makes a constraint cover the
// subdomains of a name as well, which is excluded for names of one label;
// certificates are issued for the exact names (and one label in place of "*")
// in any case.
//
// Every set of names has an authority of its own, with its own key and files
// (ca.pem and ca-key.pem without further names, ca-<hash>.pem with), so that
// the names of one project never widen what another's authority may do. It
// lives a year and is replaced when fewer than 30 days are left, at Open
// only. Keys are ECDSA P-256; the directory is 0700 and the files 0600, with
// the checks of package state. Server certificates live 24 hours in memory.
//
// # Concurrency
//
// An Authority is safe for concurrent use. Processes that call Open together
// end with the same authority.
package localca
