package outbox

import (
	"cmp"
	"fmt"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/store"
)

// What people may do with a notice, as its history names it.
const (
	DeedResend = "resend"
	DeedStop   = "stop"
)

// Deed is the Data of an entry of a notice's history.
type Deed struct {
	Why string `json:"why,omitempty"`
}

// deedChain is the notice's chain in the audit history; most have none.
func deedChain(key string) string { return "notice/" + key }

// Resend is Retry by somebody, who and why stay in the notice's history.
func (b *Box) Resend(tx *store.Tx, key string, after time.Time, by, why string) error {
	if err := b.Retry(tx, key, after); err != nil {
		return err
	}
	_, err := audit.Append(tx, deedChain(key), by, DeedResend, Deed{why})
	return err
}

// Stop is Cancel by somebody, who and why stay in the notice's history. ErrNotFound,
// ErrEnded.
func (b *Box) Stop(tx *store.Tx, key, by, why string) (certain bool, err error) {
	rec, ok, err := load(tx, key)
	if err != nil || !ok {
		return false, cmp.Or(err, fmt.Errorf("%w: %s", ErrNotFound, key))
	}
	open := !rec.State.Ended()
	for i := 1; i < rec.Parts && !open; i++ {
		part, ok, err := load(tx, partKey(key, i+1))
		if err != nil {
			return false, err
		}
		open = ok && !part.State.Ended()
	}
	if !open {
		return false, fmt.Errorf("%w: %s is %s", ErrEnded, key, rec.State)
	}
	if certain, err = b.Cancel(tx, key, why); err != nil {
		return false, err
	}
	_, err = audit.Append(tx, deedChain(key), by, DeedStop, Deed{why})
	return certain, err
}

// Deeds lists what people did with the notice, the first first.
func Deeds(r store.Reader, key string) ([]audit.Entry, error) {
	return audit.List(r, deedChain(key))
}
