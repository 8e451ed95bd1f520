package audit

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"xietiao/bot/store"
)

// Why says how a chain is broken.
type Why string

// The ways in which a chain breaks.
const (
	Missing      Why = "missing"      // the entry is not there, but a later one is
	Changed      Why = "changed"      // the entry is not what was written
	Unlinked     Why = "unlinked"     // the entry is whole, but was written after another one than that before it
	Cut          Why = "cut"          // the entry and all after it are not there
	Surplus      Why = "surplus"      // the entry is whole, but after the chain's end
	NoHead       Why = "no-head"      // the record of the chain's end is not there, or is not what was written
	Unregistered Why = "unregistered" // the chain's beginning was not noted
)

// Break is the first place at which a chain is broken, as an error.
type Break struct {
	Chain string
	Seq   int // of the entry, 0 for the chain as a whole
	Why   Why
}

func (b *Break) Error() string {
	return fmt.Sprintf("audit: chain %q, entry %d: %s", b.Chain, b.Seq, b.Why)
}

// Report is what VerifyAll found.
type Report struct {
	Chains  int // that were looked at, without the register of chains
	Entries int // in them
	Breaks  []*Break
}

// Verify returns nil for a chain that is whole, or has never begun, and a *Break for
// one that is not. Only VerifyAll notices that a chain is gone with all its records.
func Verify(r store.Reader, chain string) error {
	w := walk{chain: chain}
	if err := r.Scan(bucketEntry, store.Range{Prefix: chain + "\x00"}, w.entry); err != nil {
		return err
	}
	if err := w.end(r); err != nil {
		return err
	}
	if w.broken != nil {
		return w.broken
	}
	return nil
}

// VerifyAll verifies every chain and gives the first break of each that has one, in
// the order of their names.
func VerifyAll(r store.Reader) (Report, error) {
	walks := map[string]*walk{}
	of := func(chain string) *walk {
		if walks[chain] == nil {
			walks[chain] = &walk{chain: chain}
		}
		return walks[chain]
	}
	err := r.Scan(bucketEntry, store.Range{}, func(key string, value []byte) error {
		chain, _, _ := strings.Cut(key, "\x00")
		if chain == register {
			e, _ := decode[Entry](value) // what is damaged is found on the walk
			if name := ""; json.Unmarshal(e.Data, &name) == nil {
				of(name).begun = true
			}
		}
		return of(chain).entry(key, value)
	})
	if err != nil {
		return Report{}, err
	}
	err = r.Scan(bucketHead, store.Range{}, func(chain string, _ []byte) error {
		of(chain)
		return nil
	})
	if err != nil {
		return Report{}, err
	}
	var report Report
	for _, chain := range slices.Sorted(maps.Keys(walks)) {
		w := walks[chain]
		if err := w.end(r); err != nil {
			return Report{}, err
		}
		if chain != register {
			w.registered()
			report.Chains++
			report.Entries += w.entries
		}
		if w.broken != nil {
			report.Breaks = append(report.Breaks, w.broken)
		}
	}
	return report, nil
}

// walk goes along one chain, up to its first break.
type walk struct {
	chain   string
	entries int  // that were met
	begun   bool // the register has its beginning
	count   int  // entries that are in order
	last    string
	broken  *Break
}

func (w *walk) fail(seq int, why Why) {
	if w.broken == nil {
		w.broken = &Break{w.chain, seq, why}
	}
}

// entry takes the next record.
func (w *walk) entry(k string, value []byte) error {
	w.entries++
	if w.broken != nil {
		return nil
	}
	next := w.count + 1
	e, ok := decode[Entry](value)
	switch {
	case k > key(w.chain, next):
		w.fail(next, Missing)
	case !ok, k != key(w.chain, next), e.Seq != next, e.Hash != e.sum(w.chain):
		w.fail(next, Changed)
	case e.Prev != w.last:
		w.fail(next, Unlinked)
	default:
		w.count, w.last = next, e.Hash
	}
	return nil
}

// end compares what was met with the record of the chain's end.
func (w *walk) end(r store.Reader) error {
	h, ok, err := headOf(r, w.chain)
	var damaged *Break
	if errors.As(err, &damaged) {
		w.fail(damaged.Seq, damaged.Why)
		return nil
	}
	if err != nil {
		return err
	}
	switch {
	case h.Count > w.count:
		w.fail(w.count+1, Cut)
	case h.Count < w.count && ok:
		w.fail(h.Count+1, Surplus)
	case h.Hash != w.last:
		w.fail(0, NoHead)
	}
	return nil
}

// registered compares what was met with the register of chains.
func (w *walk) registered() {
	switch {
	case !w.begun:
		w.fail(0, Unregistered)
	case w.count == 0:
		w.fail(1, Cut)
	}
}
