package chat

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"
)

// Times of fetching a credential.
const (
	fetchLease  = callTimeout + 2*time.Second // longer than one call may take
	fetchWait   = fetchLease + callTimeout    // for another instance that died at it, then our own try
	fetchPoll   = 50 * time.Millisecond       // how often to look whether another instance has it
	fetchMargin = 5 * time.Minute             // it is not used in its last minutes, or last tenth
)

// Credential is a token or a ticket that a platform lends for a while. It lives
// in the State, so that all instances use one, and is fetched by one of them at a
// time. It must not be copied; its methods are safe for concurrent use.
type Credential struct {
	State State
	Key   string // in State, where its lease stands beside it
	// Fetch asks the platform; life is how long the value is good, by the State's
	// clock. Its error comes back from Get as it is.
	Fetch func(ctx context.Context) (value string, life time.Duration, err error)

	flight singleflight.Group
}

// Get returns the value: the State's, or one fetched now by one call for all who
// wait. A State that is down is ErrUnavailable and no reason to ask the platform:
// every push would.
func (c *Credential) Get(ctx context.Context) (string, error) {
	if value, err := c.standing(ctx); value != "" || err != nil {
		return value, err
	}
	flight := c.flight.DoChan("", func() (any, error) {
		// Others wait for it too: it must not end with the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchWait)
		defer cancel()
		return c.renew(ctx)
	})
	select {
	case r := <-flight:
		value, _ := r.Val.(string)
		return value, r.Err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// Forget removes a value that the platform does not take any more, unless another
// stands there by now.
func (c *Credential) Forget(ctx context.Context, value string) error {
	_, err := c.State.Swap(ctx, c.Key, []byte(value), nil, 0)
	return unavailable(err)
}

func (c *Credential) standing(ctx context.Context) (string, error) {
	value, _, err := c.State.Get(ctx, c.Key)
	return string(value), unavailable(err)
}

// renew fetches a value under a lease, or waits for the one that another instance
// is fetching.
func (c *Credential) renew(ctx context.Context) (string, error) {
	owner, lease := []byte(rand.Text()), c.Key+"/lease"
	for {
		_, won, err := Claim(ctx, c.State, lease, owner, fetchLease)
		if err != nil {
			return "", unavailable(err)
		}
		value, err := c.standing(ctx) // perhaps since we looked last
		if value == "" && err == nil && won {
			value, err = c.fetch(ctx)
		}
		if won {
			// A lease that cannot be given back ends by itself.
			_, _ = c.State.Swap(context.WithoutCancel(ctx), lease, owner, nil, 0)
		}
		if value != "" || err != nil {
			return value, err
		}
		select {
		case <-time.After(fetchPoll):
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

func (c *Credential) fetch(ctx context.Context) (string, error) {
	value, life, err := c.Fetch(ctx)
	if err != nil {
		return "", err
	}
	return value, unavailable(c.State.Put(ctx, c.Key, []byte(value), life-min(fetchMargin, life/10)))
}

// unavailable is ErrUnavailable for an error of a State.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
