// Package audit keeps histories that cannot be changed unnoticed: chains of entries,
// one for each task or activity, in which every entry carries a hash over itself and
// the entry before it.
//
// Verify finds an entry that was changed, taken out, put in or moved, also to another
// chain, and a chain that was cut at its end or is gone. Who can write the store and
// knows this program can still write a whole chain anew; against that, keep an
// entry's hash where he cannot write: it vouches for all entries up to it.
//
// An entry is a JSON object with the keys of Entry. Its hash, in lower-case
// hexadecimal, is the SHA-256 of these fields, each preceded by its length in bytes
// as four bytes, the highest first:
//
//	"xietiao-audit-1"
//	the chain's name
//	seq, in decimal digits
//	at, as in the JSON object: RFC 3339 in UTC, the fraction without closing zeros
//	by
//	what
//	data, the bytes as in the JSON object
//	prev
//
// It must not know tasks, activities, people, chats or the configuration.
package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/store"
)

// ErrBadName: a chain's name is empty, is the register's, or is, as an entry's by or
// what can be too, no valid text.
var ErrBadName = errors.New("audit: bad name")

// Entry is one link of a chain. It names people by ids, so that erasing a person
// leaves it as it is.
type Entry struct {
	Seq  int             `json:"seq"` // 1 for the first
	At   time.Time       `json:"at"`
	By   string          `json:"by"`
	What string          `json:"what"`
	Data json.RawMessage `json:"data"`
	Prev string          `json:"prev"` // hash of the entry before, empty for the first
	Hash string          `json:"hash"`
}

const (
	bucketEntry = "audit.entry" // key: chain, a zero byte, seq in twelve digits
	bucketHead  = "audit.head"  // key: chain
	format      = "xietiao-audit-1"
	// register is the chain that has an entry for each other chain's beginning.
	register  = "chains"
	whatBegin = "begin"
)

// head is the end of a chain.
type head struct {
	Count int    `json:"count"`
	Hash  string `json:"hash"`
}

// Append adds an entry to the end of a chain, which begins with its first. The entry
// is there once the transaction is. Data is kept as json.Marshal writes it. A chain
// whose end is not where its last entry is gives a *Break.
func Append(tx *store.Tx, chain, by, what string, data any) (Entry, error) {
	if chain == register {
		return Entry{}, fmt.Errorf("%w: chain %q", ErrBadName, chain)
	}
	e, err := add(tx, chain, by, what, data)
	if err == nil && e.Seq == 1 {
		_, err = add(tx, register, by, whatBegin, chain)
	}
	return e, err
}

func add(tx *store.Tx, chain, by, what string, data any) (Entry, error) {
	valid := utf8.ValidString(chain) && utf8.ValidString(by) && utf8.ValidString(what)
	if chain == "" || strings.ContainsRune(chain, 0) || !valid {
		return Entry{}, fmt.Errorf("%w: chain %q, by %q, what %q", ErrBadName, chain, by, what)
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return Entry{}, fmt.Errorf("audit: %s: %w", chain, err)
	}
	h, _, err := headOf(tx, chain)
	if err != nil {
		return Entry{}, err
	}
	e := Entry{Seq: h.Count + 1, At: tx.Now().UTC().Round(0), By: by, What: what, Data: raw, Prev: h.Hash}
	e.Hash = e.sum(chain)
	stored, err := json.Marshal(e)
	if err != nil {
		return Entry{}, fmt.Errorf("audit: %s: %w", chain, err)
	}
	end, err := json.Marshal(head{e.Seq, e.Hash})
	if err != nil {
		return Entry{}, fmt.Errorf("audit: %s: %w", chain, err)
	}
	err = tx.Insert(bucketEntry, key(chain, e.Seq), stored)
	if errors.Is(err, store.ErrExists) { // the head is wrong; nothing is to be written over
		return Entry{}, &Break{chain, e.Seq, Surplus}
	}
	return e, errors.Join(err, tx.Put(bucketHead, chain, end))
}

// List gives a chain's entries from the first on. It does not verify them; one that
// is no entry at all gives a *Break.
func List(r store.Reader, chain string) ([]Entry, error) {
	var list []Entry
	err := r.Scan(bucketEntry, store.Range{Prefix: chain + "\x00"}, func(key string, value []byte) error {
		e, ok := decode[Entry](value)
		if !ok {
			return &Break{Chain: chain, Seq: len(list) + 1, Why: Changed}
		}
		list = append(list, e)
		return nil
	})
	return list, err
}

// sum is the hash that the entry must have in the chain.
func (e Entry) sum(chain string) string {
	h := sha256.New()
	for _, field := range []string{
		format, chain, strconv.Itoa(e.Seq), e.At.Format(time.RFC3339Nano), e.By, e.What, string(e.Data), e.Prev,
	} {
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(field))))
		h.Write([]byte(field))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// decode reads what json.Marshal wrote, byte for byte, and nothing else.
func decode[T any](stored []byte) (v T, ok bool) {
	if json.Unmarshal(stored, &v) != nil {
		return v, false
	}
	again, err := json.Marshal(v)
	return v, err == nil && bytes.Equal(again, stored)
}

// headOf reads a chain's head; the zero head, and not ok, if there is none.
func headOf(r store.Reader, chain string) (h head, ok bool, err error) {
	value, ok, err := r.Get(bucketHead, chain)
	if err != nil || !ok {
		return head{}, false, err
	}
	if h, ok = decode[head](value); !ok {
		return head{}, false, &Break{Chain: chain, Why: NoHead}
	}
	return h, true, nil
}

func key(chain string, seq int) string { return fmt.Sprintf("%s\x00%012d", chain, seq) }
