package outbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// State is where a notice stands.
type State string

// The states. The last four are ends; only Retry leads out of StateFailed.
const (
	StateWaiting   State = "waiting"   // for its time, its turn, a limit or a retry
	StateHeld      State = "held"      // by a pause
	StateSending   State = "sending"   // claimed by a worker
	StateSent      State = "sent"      // accepted, and nobody listed as unreached
	StateFailed    State = "failed"    // with the platform's code
	StateExpired   State = "expired"   // its time was over before it could be sent
	StateCancelled State = "cancelled" // with a reason
)

// states lists all of them.
var states = []State{StateWaiting, StateHeld, StateSending, StateSent, StateFailed, StateExpired, StateCancelled}

// Ended reports whether nothing more happens of itself.
func (s State) Ended() bool {
	return s == StateSent || s == StateFailed || s == StateExpired || s == StateCancelled
}

// Codes of our own, where a platform gave none.
const (
	CodeUnknown = "unknown" // two outcomes were unknown: a third sending is for people to decide
	CodeTries   = "tries"   // all tries were used up
	CodeCrash   = "crash"   // of an attempt: the program ended, or its time did, before the outcome was recorded
	CodePanic   = "panic"   // of an attempt: the channel's code failed
	CodePicture = "picture" // a picture could not be drawn
)

// Record is a notice and all that became of it. Printing it shows no session's
// link; its JSON does, so that belongs into the store alone.
type Record struct {
	Notice
	State   State     `json:"state"`
	Put     time.Time `json:"put"`               // when it was written
	At      time.Time `json:"at"`                // when it was due at first
	Due     time.Time `json:"due"`               // no try before this
	Ended   time.Time `json:"ended,omitzero"`    // when it came to its end
	Part    int       `json:"part"`              // of a reply that was split: which, from 1
	Parts   int       `json:"parts"`             // and of how many
	Address int       `json:"address,omitempty"` // which is in use: 0 is To, then Fallback

	Attempts  []Attempt `json:"attempts,omitempty"` // the last 16, oldest first
	Total     int       `json:"total,omitempty"`    // attempts ever made
	Tries     int       `json:"tries,omitempty"`    // of the address in use, since it was put or retried
	Unknowns  int       `json:"unknowns,omitempty"` // outcomes nobody knows, likewise
	Repeat    bool      `json:"repeat,omitempty"`   // it may have arrived: the next text says so
	Code      string    `json:"code,omitempty"`     // of a failure
	Why       string    `json:"why,omitempty"`      // of a cancellation
	MessageID string    `json:"message,omitempty"`  // the platform's, by which it may be withdrawn; of a withdrawal, what is
	Withdrawn time.Time `json:"withdrawn,omitzero"` // when it was taken back, after it was sent
	Speaks    bool      `json:"speaks,omitempty"`   // of a withdrawal: what it was to take back stays, and its Reply is said
	Unreached []string  `json:"unreached,omitempty"`

	Stop      bool      `json:"stop,omitempty"`     // cancelled while being sent
	FirstFail time.Time `json:"firstFail,omitzero"` // of the tries so far
	Blocks    time.Time `json:"blocks,omitzero"`    // until when it holds its lane back while it waits
	Order     time.Time `json:"order"`              // its place in the lane:
	Seq       uint64    `json:"seq"`                // by time, then by number
	Claim     Claim     `json:"claim,omitzero"`     // while StateSending
}

// Attempt is one try to send.
type Attempt struct {
	At      time.Time    `json:"at"`
	Address int          `json:"address,omitempty"`
	Verdict chat.Verdict `json:"verdict"`
	Code    string       `json:"code,omitempty"`
}

// Claim is a worker's right to send.
type Claim struct {
	Token  string    `json:"token"`
	Holder string    `json:"holder"`
	Until  time.Time `json:"until"` // by the wall clock
}

const keptAttempts = 16 // attempts a record lists: four more than one address gets

// Place is the address in use: where the last try went.
func (rec Record) Place() chat.Address { return rec.address(rec.Address) }
func (rec *Record) to() chat.Address   { return rec.Place() }

// Buckets. Keys of the indexes end with the notice's key; times in them are
// milliseconds, in digits that sort.
const (
	noticeBucket = "outbox"       // key → Record
	stateBucket  = "outbox.state" // state/at/key: the ledger
	laneBucket   = "outbox.lane"  // lane → lane
	queueBucket  = "outbox.queue" // lane/order/seq/key: what waits in a lane
	heldBucket   = "outbox.held"  // the same, of what is held
	dueBucket    = "outbox.due"   // via/due/order/lane: when a lane is to be looked at
	claimBucket  = "outbox.claim" // until/key: what is being sent
	endBucket    = "outbox.end"   // clock/until/key: what ends of itself
	rateBucket   = "outbox.rate"  // rate → what was counted
)

// floor and ceil cut times to what the indexes hold.
func floor(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

func ceil(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return floor(t.Add(time.Millisecond - 1))
}

// digits is a time as a part of a key.
func digits(t time.Time) string { return fmt.Sprintf("%014d", max(0, t.UnixMilli())) }

// upTo is above all keys that begin with the digits of t or of a time before.
func upTo(t time.Time) string { return digits(t) + "0" } // a slash would follow, which is below

func (rec *Record) stateKey() string { return string(rec.State) + "/" + rec.place() }
func (rec *Record) place() string    { return digits(rec.At) + "/" + rec.Key }
func (rec *Record) queueKey() string {
	return fmt.Sprintf("%s/%s/%012d/%s", laneOf(rec.to()), digits(rec.Order), rec.Seq, rec.Key)
}
func (rec *Record) claimKey() string { return digits(rec.Claim.Until) + "/" + rec.Key }

// keyIn is the notice's key at the end of an index's key, after n slashes.
func keyIn(index string, n int) string {
	for i := range len(index) {
		if index[i] == '/' {
			if n--; n == 0 {
				return index[i+1:]
			}
		}
	}
	return ""
}

// laneOf names the lane of an address: what goes to one place by one robot.
func laneOf(to chat.Address) string {
	place := string(to.User)
	if to.Kind == chat.Group || place == "" {
		place = string(to.Conversation)
	}
	parts, _ := json.Marshal([]string{string(to.Via), to.Robot, string(to.Kind), place}) // strings always can be
	sum := sha256.Sum256(parts)
	return hex.EncodeToString(sum[:12])
}

// keysOf lists the keys of an index.
func keysOf(r store.Reader, bucket string, rg store.Range) (keys []string, err error) {
	err = r.Scan(bucket, rg, func(key string, _ []byte) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}

func load(r store.Reader, key string) (*Record, bool, error) {
	value, ok, err := r.Get(noticeBucket, key)
	if err != nil || !ok {
		return nil, false, err
	}
	rec, err := decode(value)
	if err != nil {
		return nil, false, fmt.Errorf("%w: notice %s: %w", store.ErrDamaged, key, err)
	}
	return rec, true, nil
}

// decode reads a Record and makes sure that what is counted on is there.
func decode(value []byte) (*Record, error) {
	rec := &Record{}
	if err := json.Unmarshal(value, rec); err != nil {
		return nil, err
	}
	switch {
	case rec.Key == "" || rec.To.Via == "":
		return nil, fmt.Errorf("no key or no address")
	case rec.Address < 0 || rec.Address > len(rec.Fallback):
		return nil, fmt.Errorf("address %d of %d", rec.Address, 1+len(rec.Fallback))
	case rec.Parts < 0 || rec.Parts > maxParts || rec.Part < 0 || rec.Part > maxParts,
		rec.Part > 1 && !strings.HasSuffix(rec.Key, partKey("", rec.Part)):
		return nil, fmt.Errorf("part %d of %d", rec.Part, rec.Parts)
	}
	return rec, nil
}

const maxParts = 1 << 16 // a reply of a hundred megabytes

// save writes a record that has not ended and stays in its state.
func (rec *Record) save(tx *store.Tx) error {
	value, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("outbox: encode %s: %w", rec.Key, err)
	}
	return tx.Put(noticeBucket, rec.Key, value)
}

// enter saves a record in a state that is no end.
func (rec *Record) enter(tx *store.Tx, s State) error {
	if err := rec.leave(tx); err != nil {
		return err
	}
	rec.State = s
	if err := tx.Put(stateBucket, rec.stateKey(), nil); err != nil {
		return err
	}
	return rec.save(tx)
}

// leave takes a record out of the ledger's list of its state.
func (rec *Record) leave(tx *store.Tx) error {
	if rec.State == "" { // it is new
		return nil
	}
	return tx.Delete(stateBucket, rec.stateKey())
}
