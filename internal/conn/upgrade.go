package conn

import (
	"crypto/sha1" //nolint:gosec // RFC 6455 asks for it; it protects nothing
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"
)

// acceptGUID is the constant of RFC 6455, 1.3.
const acceptGUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

// upgradeTimeout is how long the client may take for the answer to its
// handshake.
const upgradeTimeout = 10 * time.Second

// UpgradeError is why a request cannot become a WebSocket.
type UpgradeError struct {
	Status int    // 426 or 400
	Reason string // one line, for a log
}

// Error is the reason.
func (e *UpgradeError) Error() string { return e.Reason }

// IsUpgrade says whether a request asks for a WebSocket, well or badly.
func IsUpgrade(r *http.Request) bool {
	return r.Method == http.MethodGet && hasToken(r.Header["Upgrade"], "websocket")
}

// CheckUpgrade finds what is wrong with a handshake by RFC 6455, 4.2.1; nil:
// nothing.
func CheckUpgrade(r *http.Request) *UpgradeError {
	switch version := r.Header.Get("Sec-Websocket-Version"); {
	case r.ProtoMajor != 1 || !r.ProtoAtLeast(1, 1):
		return &UpgradeError{http.StatusUpgradeRequired, r.Proto + " cannot be upgraded; HTTP/1.1 can"}
	case !IsUpgrade(r) || !hasToken(r.Header["Connection"], "upgrade"):
		return &UpgradeError{http.StatusUpgradeRequired, "this is no WebSocket handshake: a GET with the headers Connection: Upgrade and Upgrade: websocket is needed"}
	case version != "13":
		return &UpgradeError{http.StatusUpgradeRequired, fmt.Sprintf("Sec-WebSocket-Version is %.64q; 13 is spoken here", version)}
	case !validKey(r.Header["Sec-Websocket-Key"]):
		return &UpgradeError{http.StatusBadRequest, "Sec-WebSocket-Key must be base64 of 16 bytes, once"}
	case r.ContentLength != 0:
		return &UpgradeError{http.StatusBadRequest, "a WebSocket handshake has no body"}
	}
	return nil
}

// RefuseUpgrade sets the headers that an answer to a handshake needs besides
// its own, if it is not the 101: what can be upgraded to, for a 426 (RFC 9110,
// 15.5.22), and that nobody will read the body, if there is one.
func RefuseUpgrade(h http.Header, r *http.Request, status int) {
	if status == http.StatusUpgradeRequired {
		h.Set("Sec-WebSocket-Version", "13")
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
	}
	if r.ContentLength != 0 {
		h.Set("Connection", "close")
	}
}

// Hijack takes the connection of a handshake from net/http. leftover is what
// the client has sent behind it, for New.
func Hijack(w http.ResponseWriter) (nc net.Conn, leftover []byte, err error) {
	nc, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("this HTTP server does not let go of its connection: %w", err)
	}
	leftover, _ = buffered.Reader.Peek(buffered.Reader.Buffered()) // they are there
	return nc, leftover, nil
}

// Switching is the 101 to a handshake that CheckUpgrade has let pass (RFC 6455,
// 4.2.2), with more header lines, names and values, which must be valid. No
// extension is ever accepted.
func Switching(r *http.Request, now time.Time, lines ...[2]string) []byte {
	dst := make([]byte, 0, 320)
	dst = append(dst, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nDate: "...)
	dst = now.UTC().AppendFormat(dst, http.TimeFormat)
	dst = append(dst, "\r\nSec-WebSocket-Accept: "...)
	dst = append(dst, acceptKey(r.Header.Get("Sec-Websocket-Key"))...)
	for _, line := range lines {
		dst = append(append(append(append(dst, "\r\n"...), line[0]...), ": "...), line[1]...)
	}
	return append(dst, "\r\n\r\n"...)
}

// Answer writes to a connection that Hijack gave, in bounded time. The write
// deadline stays; whoever writes next sets another.
func Answer(nc net.Conn, p []byte) error {
	if err := nc.SetWriteDeadline(time.Now().Add(upgradeTimeout)); err != nil {
		return err
	}
	_, err := nc.Write(p)
	return err
}

// acceptKey is RFC 6455, 4.2.2, item 5.4.
func acceptKey(key string) string {
	sum := sha1.Sum([]byte(strings.TrimSpace(key) + acceptGUID)) //nolint:gosec // see the import
	return base64.StdEncoding.EncodeToString(sum[:])
}

// hasToken looks for a token in the lists of a header, in any case.
func hasToken(lines []string, token string) bool {
	for _, line := range lines {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

// validKey is RFC 6455, 4.2.1, item 5.
func validKey(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(lines[0]))
	return err == nil && len(raw) == 16
}
