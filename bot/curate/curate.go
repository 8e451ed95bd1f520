// Package curate keeps what the office adds to its documents: words that people use
// for what the documents name, answers of its own to questions, and the questions
// that must stay answered. Each change has an entry in one history.
//
// It must not know chats, people, HTTP, or how answers are worded. Functions that
// change something work in the caller's transaction; they may run twice as its
// closure may.
package curate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"xietiao/bot/audit"
	"xietiao/bot/store"
)

// Chain is the audit history of what the office adds.
const Chain = "curate"

// idOf is the id of what says the same as s.
func idOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:6])
}

// put keeps a record.
func put(tx *store.Tx, bucket, id string, v any) error {
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("curate: %w", err)
	}
	return tx.Put(bucket, id, value)
}

// note adds to the history.
func note(tx *store.Tx, by, what string, v any) error {
	_, err := audit.Append(tx, Chain, by, what, v)
	return err
}

func get[T any](r store.Reader, bucket, id string) (v T, ok bool, err error) {
	if id == "" {
		return v, false, nil
	}
	value, ok, err := r.Get(bucket, id)
	if err != nil || !ok {
		return v, false, err
	}
	return v, true, decode(bucket, value, &v)
}

func decode(bucket string, value []byte, v any) error {
	if err := json.Unmarshal(value, v); err != nil {
		return fmt.Errorf("%w: %s: %w", store.ErrDamaged, bucket, err)
	}
	return nil
}

// list is all that a bucket holds.
func list[T any](r store.Reader, bucket string) (out []T, err error) {
	err = r.Scan(bucket, store.Range{}, func(_ string, value []byte) error {
		var v T
		err := decode(bucket, value, &v)
		out = append(out, v)
		return err
	})
	return out, err
}
