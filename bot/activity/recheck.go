package activity

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/store"
)

// Mismatch is a place where what is stored is not what the history gives, as an error that is
// ErrDiffers: it was not changed through this package alone.
type Mismatch struct {
	Activity  Number      // 0: a certificate
	Volunteer VolunteerID // empty: the activity itself, its time, rule or state
	Broken    bool        // one of the two cannot be read, or is no such history
	Kept      int         // minutes of the volunteer, by what is stored
	Told      int         // and by the history
}

func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s: %s %s: %d minutes stored, %d by the history", ErrDiffers, m.Activity, m.Volunteer, m.Kept, m.Told)
}

// Unwrap is ErrDiffers.
func (m *Mismatch) Unwrap() error { return ErrDiffers }

// Rechecked is what RecheckAll found.
type Rechecked struct {
	Activities int
	Services   int // of volunteers at activities
	Minutes    int // of them, made again from the histories; what overlaps counts in each
	Papers     int // certificates
	Bad        []*Mismatch
}

// Recheck makes an activity and its sign-ups again from the history, and compares them, and the
// hours that follow, with what is stored. ErrDiffers: a *Mismatch. ErrNotFound.
func (b *Board) Recheck(r store.Reader, n Number) error {
	if _, err := b.Get(r, n); err != nil {
		return err
	}
	var all Rechecked
	if err := b.recheck(r, n, &all); err != nil || len(all.Bad) == 0 {
		return err
	}
	return all.Bad[0]
}

// RecheckAll rechecks all activities, and what was certified.
func (b *Board) RecheckAll(r store.Reader) (all Rechecked, err error) {
	last, _, err := get[int](r, bucketLast, "number")
	if err != nil {
		return all, err
	}
	err = r.Scan(bucketActivity, store.Range{}, func(key string, _ []byte) error {
		last = max(last, int(numberIn(key)))
		return nil
	})
	for n := Number(1); n <= Number(last) && err == nil; n++ { // also one whose record is gone
		err = b.recheck(r, n, &all)
	}
	if err == nil {
		err = recheckPapers(r, &all)
	}
	return all, err
}

func (b *Board) recheck(r store.Reader, n Number, all *Rechecked) error {
	all.Activities++
	kept, err := b.Get(r, n)
	var told Activity
	var list []Signup
	if err == nil {
		var entries []audit.Entry
		if entries, err = b.History(r, n); err == nil {
			told, err = replayActivity(b.cal.Location(), n, entries)
		}
		if err == nil {
			list, err = Replay(b.cal.Location(), n, entries)
		}
	}
	stored := map[VolunteerID]Signup{}
	if err == nil {
		err = eachSignup(r, n, func(s Signup) error { stored[s.Volunteer] = s; return nil })
	}
	var broken *audit.Break
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrDiffers), errors.Is(err, store.ErrDamaged), errors.As(err, &broken):
		all.Bad = append(all.Bad, &Mismatch{Activity: n, Broken: true})
		return nil
	case err != nil:
		return err
	}
	if !same(told, kept) {
		all.Bad = append(all.Bad, &Mismatch{Activity: n})
	}
	for _, s := range list {
		v := Tally(told, s)
		all.Services += count(!v.From.IsZero())
		all.Minutes += v.settled()
		if is := stored[s.Volunteer]; !same(s, is) {
			all.Bad = append(all.Bad, &Mismatch{Activity: n, Volunteer: s.Volunteer, Kept: Tally(kept, is).settled(), Told: v.settled()})
		}
		delete(stored, s.Volunteer)
	}
	for _, v := range slices.Sorted(maps.Keys(stored)) {
		all.Bad = append(all.Bad, &Mismatch{Activity: n, Volunteer: v, Kept: Tally(kept, stored[v]).settled()})
	}
	return nil
}

// same reports whether two values are stored as the same bytes.
func same(x, y any) bool {
	a, err1 := json.Marshal(x)
	b, err2 := json.Marshal(y)
	return err1 == nil && err2 == nil && bytes.Equal(a, b)
}

// replayActivity is the activity as its history left it.
func replayActivity(loc *time.Location, n Number, entries []audit.Entry) (Activity, error) {
	a := Activity{Number: n}
	for _, e := range entries {
		var ev Event
		if err := json.Unmarshal(e.Data, &ev); err != nil {
			return a, fmt.Errorf("%w: %s: entry %d: %w", ErrDiffers, n, e.Seq, err)
		}
		m := Mark{e.At.In(loc), e.By}
		switch ev.Do {
		case DoCreate:
			a.State, a.Of, a.Created = StateDraft, ev.Of, m
		case DoPublish:
			a.State, a.Published = StatePublished, m
		case DoCancel:
			a.State, a.Why, a.Ended = StateCancelled, ev.Why, m
		case DoArchive:
			a.State, a.Ended = StateArchived, m
		case DoAmend:
		default:
			continue // of its list
		}
		if a.Version++; ev.Draft != nil {
			a.Draft = *ev.Draft
		}
	}
	if len(entries) == 0 {
		return a, fmt.Errorf("%w: %s has no history", ErrDiffers, n)
	}
	return a, nil
}

// doIssue is what the history calls the making of a certificate.
const doIssue = "issue"

// issue is the entry of a certificate in the history: its code is nobody's to read there.
type issue struct {
	Volunteer VolunteerID       `json:"volunteer"`
	Code      string            `json:"code"` // hash of the code
	Items     []CertificateItem `json:"items"`
}

func hashOf(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}

// recheckPapers compares the certificates with what was noted when they were issued.
func recheckPapers(r store.Reader, all *Rechecked) error {
	entries, err := audit.List(r, chainVolunteers)
	if broken := (*audit.Break)(nil); errors.As(err, &broken) {
		return nil // as the check of the chains says
	}
	if err != nil {
		return err
	}
	noted := map[string]issue{}
	for _, e := range entries {
		var is issue
		if e.What == doIssue && json.Unmarshal(e.Data, &is) == nil {
			noted[is.Code] = is
		}
	}
	return r.Scan(bucketPaper, store.Range{}, func(code string, raw []byte) error {
		all.Papers++
		var p paper
		err := json.Unmarshal(raw, &p)
		if is := noted[hashOf(code)]; err != nil || is.Volunteer != p.Volunteer || !slices.Equal(is.Items, p.Items) {
			m := &Mismatch{Volunteer: is.Volunteer, Broken: err != nil}
			for _, it := range p.Items {
				m.Kept += it.Minutes
			}
			for _, it := range is.Items {
				m.Told += it.Minutes
			}
			all.Bad = append(all.Bad, m)
		}
		return nil
	})
}
