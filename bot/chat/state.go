package chat

import (
	"bytes"
	"context"
	"crypto/subtle"
	"fmt"
	"sync"
	"time"
)

// State is what channels must remember between requests and share between
// instances: nonces, tokens, leases, the text of a stream. Keys are the
// channels' own; values expire after their ttl, which is always positive.
//
// A State that cannot be reached returns an error, never a missing value. All
// methods are safe for concurrent use.
type State interface {
	// Get returns the value under key, false if there is none or it expired.
	Get(ctx context.Context, key string) ([]byte, bool, error)
	// Put sets the value under key, whatever stands there.
	Put(ctx context.Context, key string, value []byte, ttl time.Duration) error
	// Swap sets the value under key to fresh if old stands there, in one step,
	// and reports whether it did. A nil old means that nothing stands there; a
	// nil fresh removes the value, then ttl is not looked at.
	Swap(ctx context.Context, key string, old, fresh []byte, ttl time.Duration) (bool, error)
}

// claimTries bounds how often Claim starts over because a value expired just
// between two steps.
const claimTries = 3

// Claim puts value under key if nothing stands there, and returns what stands
// there afterwards and whether it is this call's. A lease is claimed with the
// owner's name, renewed by Swap(owner, owner) and given back by Swap(owner, nil).
func Claim(ctx context.Context, st State, key string, value []byte, ttl time.Duration) (standing []byte, won bool, err error) {
	for range claimTries {
		won, err = st.Swap(ctx, key, nil, value, ttl)
		if err != nil || won {
			return value, won, err
		}
		standing, ok, err := st.Get(ctx, key)
		if err != nil || ok {
			return standing, false, err
		}
	}
	return nil, false, fmt.Errorf("claim: value keeps expiring: %w", ErrUnavailable)
}

// Guard remembers what was used, so that nothing is used twice for different
// things.
type Guard interface {
	// Use records that key was used with the content that print stands for.
	// again: it was used with the same content before. ErrReplayed: with other
	// content. ErrUnavailable: the guard cannot tell.
	Use(ctx context.Context, key string, print []byte) (again bool, err error)
}

// StateGuard is a Guard over a State. It forgets after its time to live, which
// must be longer than a signature stays fresh, counted from both ends.
type StateGuard struct {
	state State
	ttl   time.Duration
}

var _ Guard = (*StateGuard)(nil)

// NewGuard returns a guard that remembers for ttl.
func NewGuard(state State, ttl time.Duration) *StateGuard { return &StateGuard{state: state, ttl: ttl} }

// Use implements Guard.
func (g *StateGuard) Use(ctx context.Context, key string, print []byte) (bool, error) {
	standing, won, err := Claim(ctx, g.state, key, print, g.ttl)
	if err != nil {
		return false, unavailable(err)
	}
	if won {
		return false, nil
	}
	if subtle.ConstantTimeCompare(standing, print) != 1 {
		return false, ErrReplayed
	}
	return true, nil
}

// Memory is a State of one process, for tests and for channels that run alone.
// It forgets when the process ends.
type Memory struct {
	now func() time.Time

	mu     sync.Mutex // guards the fields below
	values map[string]memoryValue
	sweep  int // writes until expired values are removed
}

type memoryValue struct {
	value []byte
	until time.Time
}

var _ State = (*Memory)(nil)

// sweepEvery is after how many writes expired values are dropped.
const sweepEvery = 1024

// NewMemory returns an empty Memory; nil now: time.Now.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, values: map[string]memoryValue{}, sweep: sweepEvery}
}

// Get implements State.
func (m *Memory) Get(ctx context.Context, key string) ([]byte, bool, error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.live(key)
	return bytes.Clone(v), ok, nil
}

// Put implements State.
func (m *Memory) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.set(key, value, ttl)
	return nil
}

// Swap implements State.
func (m *Memory) Swap(ctx context.Context, key string, old, fresh []byte, ttl time.Duration) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.live(key)
	if ok != (old != nil) || !bytes.Equal(v, old) {
		return false, nil
	}
	if fresh == nil {
		delete(m.values, key)
		return true, nil
	}
	m.set(key, fresh, ttl)
	return true, nil
}

// Len returns how many values have not expired.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
	return len(m.values)
}

// live returns the value under key; mu is held.
func (m *Memory) live(key string) ([]byte, bool) {
	v, ok := m.values[key]
	if !ok || !m.now().Before(v.until) {
		return nil, false
	}
	return v.value, true
}

// set stores a value; mu is held.
func (m *Memory) set(key string, value []byte, ttl time.Duration) {
	m.values[key] = memoryValue{value: append([]byte{}, value...), until: m.now().Add(ttl)}
	if m.sweep--; m.sweep <= 0 {
		m.sweep = sweepEvery
		m.drop()
	}
}

// drop removes what expired; mu is held.
func (m *Memory) drop() {
	now := m.now()
	for k, v := range m.values {
		if !now.Before(v.until) {
			delete(m.values, k)
		}
	}
}
