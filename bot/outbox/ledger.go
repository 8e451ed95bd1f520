package outbox

import (
	"bytes"
	"cmp"
	"encoding/json"
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
	Not      string    // none of this kind
	Unit     string    // only of this unit
	From, To time.Time // At within [From, To); zero: no bound
	Before   string    // only those that come after the one with this Cursor
	Limit    int       // at most so many; 0: 100
}

const defaultLimit = 100

// Cursor marks the place of a notice in a list, to go on from there.
func (rec Record) Cursor() string { return rec.place() }

// Page is a part of the ledger.
type Page struct {
	Records []Record
	Next    string // where the next part begins, for Query.Before; "": this was the last
}

// List returns notices of the ledger, the newest first. What cannot be decoded
// is left out.
func (b *Box) List(r store.Reader, q Query) ([]Record, error) {
	p, err := b.Look(r, q, 0)
	return p.Records, err
}

// Look is List that looks at so many notices at most, so that something rare is not
// sought in the notices of all years at once; 0: no bound.
func (b *Box) Look(r store.Reader, q Query, most int) (p Page, err error) {
	orElse(&q.Limit, defaultLimit)
	if len(q.States) == 0 {
		q.States = states
	}
	bound := most
	if q.Kind == "" && q.Not == "" && q.Unit == "" { // all that are looked at are taken
		bound = q.Limit
		if most > 0 {
			bound = min(q.Limit, most)
		}
	}
	var places []string
	for _, s := range q.States {
		some, err := q.places(r, s, bound)
		if err != nil {
			return Page{}, err
		}
		places = append(places, some...)
	}
	slices.SortFunc(places, func(a, b string) int { return cmp.Compare(b, a) })
	for i, place := range places {
		if len(p.Records) == q.Limit || most > 0 && i == most {
			p.Next = places[i-1]
			break
		}
		raw, ok, err := r.Get(noticeBucket, keyIn(place, 1))
		if err != nil {
			return Page{}, err
		}
		if !ok || !q.mayBe(raw) {
			continue
		}
		rec, err := decode(raw)
		if err == nil && (q.Kind == "" || rec.Kind == q.Kind) && (q.Not == "" || rec.Kind != q.Not) && (q.Unit == "" || rec.Unit == q.Unit) {
			p.Records = append(p.Records, *rec)
		}
	}
	return p, nil
}

// mayBe reports whether a record as it is stored may be one that is picked: it is
// cheaper than to decode it.
func (q Query) mayBe(raw []byte) bool {
	has := func(field, value string) bool {
		pair, err := json.Marshal(map[string]string{field: value})
		return err != nil || bytes.Contains(raw, pair[1:len(pair)-1])
	}
	return (q.Kind == "" || has("kind", q.Kind)) && (q.Unit == "" || has("unit", q.Unit)) && (q.Not == "" || !has("kind", q.Not))
}

// places lists where notices of the state are in the ledger, the newest first and one
// more than the bound, if that is not 0.
func (q Query) places(r store.Reader, s State, bound int) (list []string, err error) {
	prefix := string(s) + "/"
	rg := store.Range{Prefix: prefix, Reverse: true}
	if bound > 0 {
		rg.Limit = bound + 1
	}
	if !q.From.IsZero() {
		rg.From = prefix + digits(ceil(q.From))
	}
	if !q.To.IsZero() {
		rg.To = prefix + digits(ceil(q.To))
	}
	if q.Before != "" && (rg.To == "" || prefix+q.Before < rg.To) {
		rg.To = prefix + q.Before
	}
	err = r.Scan(stateBucket, rg, func(key string, _ []byte) error {
		list = append(list, key[len(prefix):])
		return nil
	})
	return list, err
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
