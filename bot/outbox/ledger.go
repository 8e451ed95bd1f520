package outbox

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"xietiao/bot/store"
)

// Record returns the notice of the key and what became of it, and whether there
// is one. Its later parts have the keys key#2 to key#Parts.
func (b *Box) Record(r store.Reader, key string) (Record, bool, error) {
	rec, ok, err := load(r, key)
	if err != nil || !ok {
		return Record{}, false, err
	}
	return *rec, true, nil
}

// Query picks notices from the ledger. The zero value is the newest hundred.
type Query struct {
	States   []State   // any of them; none: all
	Kind     string    // only of this kind
	Unit     string    // only of this unit
	From, To time.Time // At within [From, To); zero: no bound
	Before   string    // only those that come after the one with this Cursor
	Limit    int       // at most so many; 0: 100
}

const defaultLimit = 100

// Cursor marks the place of a notice in a list, to go on from there.
func (rec Record) Cursor() string { return rec.place() }

// List returns notices of the ledger, the newest first. What cannot be decoded
// is left out.
func (b *Box) List(r store.Reader, q Query) ([]Record, error) {
	orElse(&q.Limit, defaultLimit)
	if len(q.States) == 0 {
		q.States = states
	}
	var all []Record
	for _, s := range q.States {
		some, err := q.list(r, s)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortFunc(all, func(a, b Record) int { return cmp.Compare(b.place(), a.place()) })
	return all[:min(q.Limit, len(all))], nil
}

// list is List for one state.
func (q Query) list(r store.Reader, s State) ([]Record, error) {
	prefix := string(s) + "/"
	rg := store.Range{Prefix: prefix, Reverse: true}
	if !q.From.IsZero() {
		rg.From = prefix + digits(ceil(q.From))
	}
	if !q.To.IsZero() {
		rg.To = prefix + digits(ceil(q.To))
	}
	if q.Before != "" && (rg.To == "" || prefix+q.Before < rg.To) {
		rg.To = prefix + q.Before
	}
	var some []Record
	err := r.Scan(stateBucket, rg, func(key string, _ []byte) error {
		rec, ok, err := load(r, keyIn(key, 2))
		if err != nil && !errors.Is(err, store.ErrDamaged) {
			return err
		}
		if err != nil || !ok || q.Kind != "" && rec.Kind != q.Kind || q.Unit != "" && rec.Unit != q.Unit {
			return nil
		}
		if some = append(some, *rec); len(some) == q.Limit {
			return store.ErrStop
		}
		return nil
	})
	return some, err
}

// Stats tell how the outbox is doing.
type Stats struct {
	Waiting int       // due or not
	Due     int       // of them: due at first by now
	Held    int       // by a pause
	Sending int       // at this moment
	Oldest  time.Time // when the first of those due was due; zero: none is
}

// Stats counts what has not ended. It reads the indexes alone.
func (b *Box) Stats(r store.Reader) (Stats, error) {
	var st Stats
	now := upTo(r.Now())
	for s, n := range map[State]*int{StateWaiting: &st.Waiting, StateHeld: &st.Held, StateSending: &st.Sending} {
		prefix := string(s) + "/"
		err := r.Scan(stateBucket, store.Range{Prefix: prefix}, func(key string, _ []byte) error {
			*n++
			at := key[len(prefix):]
			if s != StateWaiting || at >= now {
				return nil
			}
			if st.Due++; st.Due == 1 {
				st.Oldest, _ = timeOf(at)
			}
			return nil
		})
		if err != nil {
			return Stats{}, err
		}
	}
	return st, nil
}
