package chat

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// ClockHeader carries the program's time (RFC 3339) in all that a rehearsal sends:
// in the header of each request, and among the headers of each frame of WeCom's long
// connection. A fake platform counts its limits by it.
const ClockHeader = "X-Xietiao-Clock"

// Rehearse returns a transport for a rehearsal: its requests carry the program's
// time, and none leaves this machine. transport is http.DefaultTransport if nil.
func Rehearse(transport http.RoundTripper, now func() time.Time) http.RoundTripper {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return rehearsed{transport, now}
}

type rehearsed struct {
	transport http.RoundTripper
	now       func() time.Time
}

var errOutside = errors.New("a rehearsal sends nothing to other machines")

func (r rehearsed) RoundTrip(req *http.Request) (*http.Response, error) {
	if !Loopback(req.URL) {
		return nil, errOutside
	}
	req = req.Clone(req.Context())
	req.Header.Set(ClockHeader, r.now().Format(time.RFC3339Nano))
	return r.transport.RoundTrip(req)
}

// Loopback reports whether the address is on this machine.
func Loopback(u *url.URL) bool {
	return u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
}
