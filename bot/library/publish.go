package library

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

// draftBucket holds what was uploaded and not published, by the sum of its bytes.
const draftBucket = "plans.draft"

// State says where a version of a document stands.
type State string

// The states of a version.
const (
	StateDraft      State = "draft"      // 草稿: uploaded, no part of any answer
	StateScheduled  State = "scheduled"  // 待生效: published, its day is to come
	StateCurrent    State = "current"    // 现行
	StateSuperseded State = "superseded" // 废止: replaced, or its document was taken back
)

// What callers can tell apart. Tell words each for users. A document with faults of
// its own gives a *Faulty.
var (
	ErrNoDraft = errors.New("library: no such draft")
	ErrNone    = errors.New("library: no such document or version")
	ErrSame    = errors.New("library: the bytes are in force, or will be")
	ErrStale   = errors.New("library: changed by somebody else meanwhile")
	ErrReview  = errors.New("library: another person has to publish it")
)

// Draft is an uploaded document that nobody has published. Plan and Original are nil
// in lists.
type Draft struct {
	Name     string     `json:"name"`
	File     string     `json:"file"`
	Sum      string     `json:"sum"` // names the draft
	At       time.Time  `json:"at"`
	By       string     `json:"by"`
	Again    bool       `json:"again,omitempty"` // the bytes were published before
	Plan     *plan.Plan `json:"-"`
	Original []byte     `json:"-"`
}

// Upload keeps a file as a draft. One that is there already is returned as it is, with
// fresh false. data must be what Read accepts; ErrSame.
func Upload(tx *store.Tx, file string, data []byte, by string) (d Draft, fresh bool, err error) {
	p, err := Read(file, data)
	if err != nil {
		return Draft{}, false, err
	}
	name, err := nameOf(p, file)
	if err != nil {
		return Draft{}, false, err
	}
	if d, err = DraftOf(tx, sumOf(data)); !errors.Is(err, ErrNoDraft) && !errors.Is(err, ErrDamaged) {
		return d, false, err
	}
	d = Draft{Name: name, File: filepath.Base(file), Sum: sumOf(data), Plan: p, Original: data}
	if err := tx.Put(fileBucket, d.Sum, data); err != nil {
		return Draft{}, false, fmt.Errorf("upload: %w", err)
	}
	d, err = draft(tx, d, by, ActUpload)
	return d, err == nil, err
}

// Again makes a draft of a version that was in force before, to be published as any
// other draft: rolling back is a new act. A draft of it that is there is returned as
// it is. ErrNone, ErrSame.
func Again(tx *store.Tx, name, sum, by string) (Draft, error) {
	if d, err := DraftOf(tx, sum); !errors.Is(err, ErrNoDraft) {
		return d, err
	}
	v, err := Open(tx, name, sum)
	if err != nil {
		return Draft{}, err
	}
	return draft(tx, Draft{Name: name, File: v.File, Sum: sum, Again: true, Plan: v.Plan, Original: v.Original}, by, ActAgain)
}

// draft keeps a new draft.
func draft(tx *store.Tx, d Draft, by string, act Act) (Draft, error) {
	rec, _, err := find(tx, d.Name)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Draft{}, err
	}
	if rec.inForce(tx.Now()) && rec.Sum == d.Sum || rec.next().Sum == d.Sum {
		return Draft{}, fmt.Errorf("%w: %s", ErrSame, d.Name)
	}
	d.At, d.By = tx.Now(), by
	if err := d.save(tx); err != nil {
		return Draft{}, err
	}
	return d, note(tx, d.Name, by, act, Version{File: d.File, Sum: d.Sum})
}

func (d Draft) save(tx *store.Tx) error {
	value, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	return tx.Put(draftBucket, d.Sum, value)
}

// redraft makes a published version whose day is not to come a draft again.
func redraft(tx *store.Tx, name string, v Version) error {
	return Draft{Name: name, File: v.File, Sum: v.Sum, At: tx.Now(), By: v.Uploader}.save(tx)
}

// DraftOf returns the draft with those bytes. ErrNoDraft; ErrDamaged.
func DraftOf(r store.Reader, sum string) (Draft, error) {
	d, err := draftAt(r, sum)
	if err != nil {
		return Draft{}, err
	}
	doc, err := open(r, d.Name, Version{File: d.File, Sum: sum})
	d.Plan, d.Original = doc.Plan, doc.Original
	return d, err
}

func draftAt(r store.Reader, sum string) (d Draft, err error) {
	if sum == "" {
		return d, ErrNoDraft
	}
	value, ok, err := r.Get(draftBucket, sum)
	switch {
	case err != nil:
		return d, err
	case !ok:
		return d, fmt.Errorf("%w: %s", ErrNoDraft, sum)
	}
	if err := json.Unmarshal(value, &d); err != nil {
		return d, fmt.Errorf("%w: draft %s: %w", ErrDamaged, sum, err)
	}
	return d, nil
}

// Drafts lists the drafts, the latest first. One that cannot be read is left out.
func Drafts(r store.Reader) (list []Draft, err error) {
	err = r.Scan(draftBucket, store.Range{}, func(sum string, value []byte) error {
		var d Draft
		if json.Unmarshal(value, &d) == nil {
			list = append(list, d)
		}
		return nil
	})
	slices.SortStableFunc(list, func(a, b Draft) int { return b.At.Compare(a.At) })
	return list, err
}

// Discard forgets a draft, and its bytes unless a version has them. ErrNoDraft.
func Discard(tx *store.Tx, sum, by string) error {
	d, err := draftAt(tx, sum)
	if err != nil {
		return err
	}
	held, err := Holdings(tx)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(held, func(h Holding) bool { _, state := h.Version(sum); return state != "" }) {
		if err := tx.Delete(fileBucket, sum); err != nil {
			return err
		}
	}
	if err := tx.Delete(draftBucket, sum); err != nil {
		return err
	}
	return note(tx, d.Name, by, ActDiscard, Version{File: d.File, Sum: sum})
}

// Rules say how documents are published.
type Rules struct {
	Review   bool           // not by who uploaded it
	Location *time.Location // where the days of Publication.From begin; UTC if nil
	// Same tells whether the office takes two spellings for one unit; nil: nothing but
	// the same letters.
	Same func(a, b string) bool
}

// Publication is an order to publish a draft.
type Publication struct {
	Sum      string        // of the draft
	Instead  string        // the document of another name that it replaces; empty: none
	Stand    Stand         // of the draft's document and of Instead, as they were looked at
	From     calendar.Date // 生效日期; zero or past: at once
	By       string
	Override string // why in spite of the document's own faults; empty: not in spite of them
}

// Stand tells states of documents apart: whoever publishes names the one that he
// looked at.
type Stand string

// StandOf is how the documents of those names stand now. Names that are empty do not
// count.
func StandOf(r store.Reader, names ...string) (Stand, error) {
	var parts []string
	for _, name := range names {
		if name == "" {
			continue
		}
		rec, _, err := find(r, name)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return "", err
		}
		part := fmt.Sprint(rec.Acts)
		if rec.inForce(r.Now()) {
			part += "." + rec.Sum[:min(len(rec.Sum), 12)]
		}
		parts = append(parts, part)
	}
	return Stand(strings.Join(parts, "-")), nil
}

// Publish makes a draft a version: in force at once, or scheduled for its day. The
// version before it, and Instead, are superseded then and kept. Another version that
// was scheduled becomes a draft again if this one is, and else still comes.
//
// ErrNoDraft: it is published or discarded already; ErrStale; ErrReview; ErrNone:
// Instead is not in force; a *Faulty; ErrDamaged.
func (ru Rules) Publish(tx *store.Tx, p Publication) (Version, error) {
	d, err := DraftOf(tx, p.Sum)
	if err != nil {
		return Version{}, err
	}
	stand, err := StandOf(tx, d.Name, p.Instead)
	switch {
	case err != nil:
		return Version{}, err
	case stand != p.Stand:
		return Version{}, ErrStale
	case ru.Review && p.By == d.By:
		return Version{}, ErrReview
	}
	if faults := CheckUnits(d.Plan, ru.Same).Faults; len(faults) > 0 && strings.TrimSpace(p.Override) == "" {
		return Version{}, &Faulty{faults}
	}
	rec, known, err := find(tx, d.Name)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Version{}, err
	}
	if !known {
		if rec, err = back(tx, d.Name); err != nil {
			return Version{}, err
		}
		rec = rec.out()
	}
	v := Version{
		File: d.File, Sum: d.Sum, At: ru.begins(p.From, tx.Now()), By: p.By, Uploader: d.By,
		Effective: p.From, Published: tx.Now(), Instead: p.Instead, Override: strings.TrimSpace(p.Override),
	}
	if v.At.After(tx.Now()) {
		if rec, err = unschedule(tx, d.Name, rec); err != nil {
			return Version{}, err
		}
		rec.Next = &v
	} else {
		rec = rec.with(v)
	}
	if p.Instead != "" && p.Instead != d.Name {
		if err := replace(tx, p.Instead, d.Name, v); err != nil {
			return Version{}, err
		}
	}
	if err := errors.Join(rec.save(tx, d.Name), tx.Delete(draftBucket, d.Sum)); err != nil {
		return Version{}, err
	}
	return v, note(tx, d.Name, p.By, ActPublish, v)
}

// begins is when a day begins, but not before now.
func (ru Rules) begins(d calendar.Date, now time.Time) time.Time {
	if loc := ru.Location; !d.IsZero() {
		if loc == nil {
			loc = time.UTC
		}
		if at := d.At(0, 0, loc); at.After(now) {
			return at
		}
	}
	return now
}

// replace lets a document's force end when another one's begins.
func replace(tx *store.Tx, old, name string, v Version) error {
	rec, _, err := find(tx, old)
	switch {
	case err != nil:
		return err
	case !rec.inForce(tx.Now()):
		return fmt.Errorf("%w: %s", ErrNone, old)
	}
	rec.Until, rec.Successor = v.At, name
	if err := rec.save(tx, old); err != nil {
		return err
	}
	return note(tx, old, v.By, ActReplaced, v)
}

// unschedule makes the version to come a draft again, and lets what it was to replace
// stay.
func unschedule(tx *store.Tx, name string, rec record) (record, error) {
	v := rec.next()
	if v.Sum == "" {
		return rec, nil
	}
	rec.Next = nil
	if v.Instead != "" {
		old, _, err := find(tx, v.Instead)
		if err != nil && !errors.Is(err, ErrDamaged) {
			return rec, err
		}
		if old.Successor == name && old.Until.Equal(v.At) {
			old.Until, old.Successor = time.Time{}, ""
			if err := old.save(tx, v.Instead); err != nil {
				return rec, err
			}
		}
	}
	return rec, redraft(tx, name, v)
}

// Withdraw makes a version whose day has not come a draft again. ErrNone: there is
// none, or its day has come; ErrStale: stand is no longer StandOf(name).
func Withdraw(tx *store.Tx, name string, stand Stand, by string) error {
	rec, _, err := find(tx, name)
	if err != nil {
		return err
	}
	now, err := StandOf(tx, name)
	switch {
	case err != nil:
		return err
	case now != stand:
		return ErrStale
	case rec.Next == nil:
		return fmt.Errorf("%w: %s", ErrNone, name)
	}
	v := *rec.Next
	if rec, err = unschedule(tx, name, rec); err != nil {
		return err
	}
	if rec.Sum == "" && len(rec.Earlier) == 0 {
		err = tx.Delete(Bucket, name)
	} else {
		err = rec.save(tx, name)
	}
	if err != nil {
		return err
	}
	return note(tx, name, by, ActWithdraw, v)
}

// Holding is all that was published of one document.
type Holding struct {
	Name      string
	Current   *Version  // nil: none is in force
	Next      *Version  // its day is to come
	Earlier   []Version // superseded, oldest first
	Until     time.Time // when Successor takes, or took, its place; zero: never
	Successor string
	Removed   time.Time // when it was taken back; zero: it was not
	RemovedBy string
	Damaged   bool // nothing more is known of it
}

// Holdings lists all documents that ever were published and are not damaged beyond
// their names, those in force first, then by name.
func Holdings(r store.Reader) (list []Holding, err error) {
	for _, bucket := range []string{Bucket, removedBucket} {
		err := r.Scan(bucket, store.Range{}, func(name string, value []byte) error {
			rec, err := decode(r, name, value)
			h := rec.holding(name, r.Now())
			h.Damaged = err != nil
			list = append(list, h)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(a, b Holding) int {
		if (a.Current != nil) != (b.Current != nil) {
			if a.Current != nil {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list, nil
}

// HoldingOf is the document of that name; false if it never was published.
func HoldingOf(r store.Reader, name string) (Holding, bool, error) {
	for _, bucket := range []string{Bucket, removedBucket} {
		value, ok, err := r.Get(bucket, name)
		if err != nil {
			return Holding{}, false, err
		}
		if ok {
			rec, err := decode(r, name, value)
			h := rec.holding(name, r.Now())
			h.Damaged = err != nil
			return h, true, nil
		}
	}
	return Holding{}, false, nil
}

func (rec record) holding(name string, now time.Time) Holding {
	h := Holding{
		Name: name, Next: rec.Next, Earlier: rec.Earlier, Until: rec.Until, Successor: rec.Successor, Removed: rec.Removed, RemovedBy: rec.RemovedBy,
	}
	if rec.inForce(now) && rec.Removed.IsZero() {
		h.Current = &rec.Version
	} else if rec.Sum != "" {
		h.Earlier = append(slices.Clone(h.Earlier), rec.Version)
	}
	return h
}

// Version finds the last act that published those bytes; state is empty if none did.
func (h Holding) Version(sum string) (v Version, state State) {
	switch {
	case h.Current != nil && h.Current.Sum == sum:
		return *h.Current, StateCurrent
	case h.Next != nil && h.Next.Sum == sum:
		return *h.Next, StateScheduled
	}
	for _, v := range slices.Backward(h.Earlier) {
		if v.Sum == sum {
			return v, StateSuperseded
		}
	}
	return Version{}, ""
}

// Open returns any version of a document. ErrNone; ErrDamaged.
func Open(r store.Reader, name, sum string) (Document, error) {
	h, ok, err := HoldingOf(r, name)
	if err != nil {
		return Document{}, err
	}
	v, state := h.Version(sum)
	if !ok || sum == "" || state == "" {
		return Document{}, fmt.Errorf("%w: %s %s", ErrNone, name, sum)
	}
	d, err := open(r, name, v)
	d.Earlier = h.Earlier
	return d, err
}

// AsOf returns the version of a document that was in force at a moment, or is to be.
// ErrNone; ErrDamaged.
func AsOf(r store.Reader, name string, at time.Time) (Document, error) {
	h, _, err := HoldingOf(r, name)
	if err != nil {
		return Document{}, err
	}
	all := slices.Clone(h.Earlier)
	for _, v := range []*Version{h.Current, h.Next} {
		if v != nil {
			all = append(all, *v)
		}
	}
	over := func(end time.Time) bool { return !end.IsZero() && !at.Before(end) }
	for _, v := range slices.Backward(all) {
		if !v.At.After(at) && !over(h.Until) && !over(h.Removed) {
			return open(r, name, v)
		}
	}
	return Document{}, fmt.Errorf("%w: %s", ErrNone, name)
}

// Act is what somebody did with a document: the What of an entry of its history, whose
// Data is the Version that it was done with.
type Act string

// The acts.
const (
	ActUpload   Act = "upload"
	ActAgain    Act = "again" // a draft of an earlier version
	ActDiscard  Act = "discard"
	ActPublish  Act = "publish"
	ActImport   Act = "import" // uploaded and published at once
	ActWithdraw Act = "withdraw"
	ActReplaced Act = "replaced" // by another document, whose version is given
	ActRemove   Act = "remove"
	ActDecide   Act = "decide" // of an erratum; Data is a Decision
)

// History lists what was done with the document of that name, the oldest first.
func History(r store.Reader, name string) ([]audit.Entry, error) { return audit.List(r, chain(name)) }

// chain is the audit history of a document.
func chain(name string) string { return "plan/" + name }

func note(tx *store.Tx, name, by string, act Act, data any) error {
	_, err := audit.Append(tx, chain(name), by, string(act), data)
	return err
}
