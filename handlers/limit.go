package handlers

import (
	"net/netip"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
)

const (
	// perMinute bounds what one address may have us write to the store in a minute.
	// A whole venue may share an address, and scan one code at once.
	perMinute = 1200
	// newPerMinute bounds how many browsers that nobody knows may join from there.
	newPerMinute = 120
	// maxAddresses bounds the memory of a minute; above it nobody is counted anew.
	maxAddresses = 100_000
	siteBits     = 64 // of an IPv6 address that one household or venue has
)

// Limiter counts requests by address, a minute at a time. It is safe for
// concurrent use.
type Limiter struct {
	most int
	now  func() time.Time

	mu     sync.Mutex // guards the fields below
	minute time.Time
	counts map[netip.Prefix]int
}

// NewLimiter returns one that lets an address do something that often in a minute of
// the clock now.
func NewLimiter(most int, now func() time.Time) *Limiter { return &Limiter{most: most, now: now} }

// Allow counts a request, and reports whether it is within the limit. What is no
// address is not counted.
func (l *Limiter) Allow(address string) bool {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return true
	}
	bits := ip.BitLen()
	if ip.Is6() {
		bits = siteBits
	}
	site, err := ip.Prefix(bits)
	if err != nil {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if minute := l.now().Truncate(time.Minute); !minute.Equal(l.minute) {
		l.minute, l.counts = minute, map[netip.Prefix]int{}
	}
	if _, known := l.counts[site]; !known && len(l.counts) >= maxAddresses {
		return true
	}
	l.counts[site]++
	return l.counts[site] <= l.most
}

// limited refuses an address that asks for too much.
func (s *Server) limited(c *gin.Context) error {
	if !s.limit.Allow(c.ClientIP()) {
		return ErrLimited
	}
	return nil
}
