package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// stateBucket holds what channels remember: nonces, tokens, leases of
// connections.
const stateBucket = "chat.state"

// chatState is a chat.State in the store, so that all instances share it. Its
// values expire by the wall clock, also in a rehearsal: they are about real
// signatures and tokens.
type chatState struct{ store *store.Store }

var _ chat.State = chatState{}

func (s chatState) Get(ctx context.Context, key string) (value []byte, ok bool, err error) {
	err = s.store.View(ctx, func(r store.Reader) (err error) {
		value, ok, err = r.Get(stateBucket, key)
		return err
	})
	return value, ok, stateFault(err)
}

func (s chatState) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	return stateFault(s.store.Update(ctx, func(tx *store.Tx) error {
		return tx.PutUntilWall(stateBucket, key, value, time.Now().Add(ttl))
	}))
}

func (s chatState) Swap(ctx context.Context, key string, old, fresh []byte, ttl time.Duration) (won bool, err error) {
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		won = false
		value, ok, err := tx.Get(stateBucket, key)
		if err != nil || ok != (old != nil) || ok && !bytes.Equal(value, old) {
			return err
		}
		won = true
		if fresh == nil {
			return tx.Delete(stateBucket, key)
		}
		return tx.PutUntilWall(stateBucket, key, fresh, time.Now().Add(ttl))
	})
	return won && err == nil, stateFault(err)
}

// stateFault makes an error of the store one that channels know.
func stateFault(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", chat.ErrUnavailable, err)
}
