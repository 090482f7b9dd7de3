package lambda

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
	"time"
)

// anySecret is the first segment of every path, compared before it is routed.
const anySecret = "/{secret}"

// newSecret is 128 random bits in hexadecimal.
func newSecret() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand.Read)
	return hex.EncodeToString(b[:])
}

// address is what a process is told in AWS_LAMBDA_RUNTIME_API: runtimes put a
// scheme before it and "/2018-06-01/..." behind.
func (a *runtimeAPI) address() string { return a.addr + "/" + a.secret }

// admits says whether a request comes from the process that the API is for:
// the first segment of its path is the secret.
func (a *runtimeAPI) admits(r *http.Request) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	_, origin := r.Header["Origin"]
	plain := r.URL.RawPath == "" // no path of the API needs to be escaped
	return subtle.ConstantTimeCompare([]byte(first), []byte(a.secret)) == 1 && r.Host == a.addr && !origin && plain
}

// turnAway refuses a stranger and ends the connection; a body that never comes
// holds nothing.
func turnAway(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Second)) // net/http's own connections can
	w.Header().Set("Connection", "close")
	refuse(w, http.StatusForbidden, "Forbidden", "this address serves one function process only")
}
