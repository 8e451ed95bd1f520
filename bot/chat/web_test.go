package chat

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestPagesAreSignedAsTheVectorsSay(t *testing.T) {
	t.Parallel()
	const ticket, address = "kgt8ON7yVITDhtdwci0qecXXXXXXXXXXX_ticket", "https://bot.example.org/h5/checkin?act=42"
	c := JSConfig{Nonce: "Wm3WZYTPz0wzccnW", Time: 1795392050}
	if got := SignPage(sha1.New(), ticket, address, c); got != "838daf91474834d995c3acb46c1c59adbaab9f02" {
		t.Errorf("SHA-1 %s", got)
	}
	if got := SignPage(sha256.New(), ticket, address, c); got != "c4faff2fa263164d64c7bd4cbf0033e6b42c9f99814046a22256ef0e0b31b794" {
		t.Errorf("SHA-256 %s", got)
	}
}

func TestACredentialIsFetchedOnceAndUsedUntilItsLastMinutes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		state, fetched := NewMemory(nil), 0
		c := &Credential{State: state, Key: "k", Fetch: func(context.Context) (string, time.Duration, error) {
			fetched++
			return "v", 2 * time.Hour, nil
		}}
		if v, err := c.Get(t.Context()); v != "v" || err != nil {
			t.Fatalf("%q, %v", v, err)
		}
		time.Sleep(2*time.Hour - fetchMargin - time.Second)
		if _, err := c.Get(t.Context()); err != nil || fetched != 1 {
			t.Errorf("%v after %d", err, fetched)
		}
		time.Sleep(time.Second)
		if _, err := c.Get(t.Context()); err != nil || fetched != 2 {
			t.Errorf("%v after %d", err, fetched)
		}
		if err := c.Forget(t.Context(), "another"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context()); err != nil || fetched != 2 {
			t.Errorf("forgetting another: %v after %d", err, fetched)
		}
		if err := c.Forget(t.Context(), "v"); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Get(t.Context()); err != nil || fetched != 3 {
			t.Errorf("forgotten: %v after %d", err, fetched)
		}
	})
}

// Who asked first may leave: the others wait for what was asked for already.
func TestACredentialIsNotLostWithWhoAskedFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := &Credential{State: NewMemory(nil), Key: "k", Fetch: func(ctx context.Context) (string, time.Duration, error) {
			select {
			case <-release:
				return "v", time.Hour, nil
			case <-ctx.Done():
				return "", 0, ctx.Err()
			}
		}}
		ctx, leave := context.WithCancel(t.Context())
		first, second := make(chan error), make(chan error)
		get := func(ctx context.Context, end chan error) {
			_, err := c.Get(ctx)
			end <- err
		}
		go get(ctx, first)
		synctest.Wait()
		go get(t.Context(), second)
		synctest.Wait()
		leave()
		if err := <-first; !errors.Is(err, context.Canceled) {
			t.Errorf("who left: %v", err)
		}
		close(release)
		if err := <-second; err != nil {
			t.Errorf("who stayed: %v", err)
		}
	})
}

func TestACredentialThatCannotBeHad(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	c := &Credential{State: NewMemory(nil), Key: "k", Fetch: func(context.Context) (string, time.Duration, error) { return "", 0, refused }}
	for range 2 { // the lease was given back
		if _, err := c.Get(t.Context()); !errors.Is(err, refused) {
			t.Error(err)
		}
	}
	c.State = lost{}
	if _, err := c.Get(t.Context()); !errors.Is(err, ErrUnavailable) || errors.Is(err, refused) {
		t.Errorf("the platform was asked: %v", err)
	}
	if err := c.Forget(t.Context(), "v"); !errors.Is(err, ErrUnavailable) {
		t.Error(err)
	}
}

// lost is a State that cannot be reached.
type lost struct{}

var errLost = errors.New("lost")

func (lost) Get(context.Context, string) ([]byte, bool, error) { return nil, false, errLost }
func (lost) Put(context.Context, string, []byte, time.Duration) error {
	return errLost
}
func (lost) Swap(context.Context, string, []byte, []byte, time.Duration) (bool, error) {
	return false, errLost
}
