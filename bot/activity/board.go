package activity

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// The buckets of this package. Numbers and the numbers of volunteers have twelve
// digits in keys, dates are ISO, times are those of milliseconds.
const (
	bucketActivity  = "activity"           // number → record
	bucketKey       = "activity.key"       // import key → number
	bucketStart     = "activity.start"     // state, start, number → nothing
	bucketUnit      = "activity.unit"      // unit, state, start, number → nothing
	bucketOf        = "activity.of"        // series, number → nothing
	bucketTally     = "activity.tally"     // number → tally
	bucketSecret    = "activity.secret"    // number → sealed secret of its codes
	bucketSignup    = "activity.signup"    // number, volunteer → Signup
	bucketWait      = "activity.wait"      // number, order → volunteer
	bucketMine      = "activity.mine"      // volunteer, number → nothing
	bucketWalkIn    = "activity.walkin"    // number, nonce → volunteer
	bucketGuess     = "activity.guess"     // number, volunteer, or number alone → guesses
	bucketDispute   = "activity.dispute"   // due, number, volunteer → nothing
	bucketJob       = "activity.job"       // time, kind, what for → job: see remind.go
	bucketVolunteer = "activity.volunteer" // volunteer → person record
	bucketAccount   = "activity.account"   // platform, user → volunteer
	bucketPerson    = "activity.person"    // person → volunteer
	bucketBrowser   = "activity.browser"   // hash of a token → volunteer
	bucketInvite    = "activity.invite"    // hash of a token → volunteer
	bucketStanding  = "activity.standing"  // standing, volunteer → nothing
	bucketPaper     = "activity.paper"     // code → certificate
	bucketPaperOf   = "activity.paper.of"  // volunteer, code → nothing
	bucketLast      = "activity.last"      // what is counted → the last number
)

const sep = "\x00" // parts the parts of a key; no name holds it

// Kind is the Kind of the notices that are written here.
const Kind = "activity"

// Sender takes what is to be sent, within the transaction of its cause. *outbox.Box is one.
type Sender interface {
	Put(tx *store.Tx, n outbox.Notice) (bool, error)
}

var _ Sender = (*outbox.Box)(nil)

// Options make a Board. All but Rules are required.
type Options struct {
	Holidays *holidays.Book // which days are worked
	Sender   Sender
	Routes   org.Routes // how a person is reached
	Vault    *org.Vault // seals telephone numbers and the secrets of codes
	Rules    Rules      // what is zero is as in DefaultRules
}

// Rules say when people are told, and how long they have.
type Rules struct {
	Hours  calendar.Hours  // when notices go out, any day; 08:00–21:00
	Eve    calendar.Minute // when people are told of what they have the next day; 18:00
	Soon   time.Duration   // before the start, they are told again; 2 h
	Decide int             // working days in which an organiser decides a dispute; 5
	Undo   time.Duration   // after the activity, how long a record can be taken back; 7 days
	Ahead  int             // days ahead that occurrences of a series are made; 28
}

// Board keeps the activities of one store. Its methods may be called from many goroutines;
// those with a transaction work in it. What they refuse leaves nothing written, so that the
// refusal can be kept in the same transaction.
type Board struct {
	book   *holidays.Book
	cal    *calendar.Calendar // for days and hours: which days are worked is the book's to say
	sender Sender
	routes org.Routes
	vault  *org.Vault
	rules  Rules
	last   atomic.Pointer[decoded] // that load read
}

// New makes a Board. It starts nothing.
func New(o Options) *Board {
	return &Board{book: o.Holidays, cal: o.Holidays.Last().Calendar, sender: o.Sender, routes: o.Routes, vault: o.Vault, rules: o.Rules.orDefault()}
}

// DefaultRules are what Rules are where they say nothing.
var DefaultRules = Rules{
	Hours: calendar.Hours{From: 8 * 60, To: 21 * 60}, Eve: 18 * 60, Soon: 2 * time.Hour,
	Decide: 5, Undo: 7 * 24 * time.Hour, Ahead: 28,
}

func (r Rules) orDefault() Rules {
	d := DefaultRules
	return Rules{
		Hours: cmp.Or(r.Hours, d.Hours), Eve: cmp.Or(r.Eve, d.Eve), Soon: cmp.Or(r.Soon, d.Soon),
		Decide: cmp.Or(r.Decide, d.Decide), Undo: cmp.Or(r.Undo, d.Undo), Ahead: cmp.Or(r.Ahead, d.Ahead),
	}
}

// record is an activity as stored.
type record struct {
	Activity
	Key  string    `json:"key,omitempty"` // of its import
	Next time.Time `json:"next,omitzero"` // of a series: the start of the next occurrence to be made
}

// tally counts an activity's list.
type tally struct {
	Taken   int `json:"taken,omitempty"`
	Waiting int `json:"waiting,omitempty"`
	Seq     int `json:"seq,omitempty"`  // of the last sign-up
	Head    int `json:"head,omitempty"` // nobody before this one waits
}

func (n Number) digits() string          { return digits(int(n)) }
func moment(t time.Time) string          { return fmt.Sprintf("%014d", max(0, t.UnixMilli())) }
func tail(key string) string             { return key[strings.LastIndex(key, sep)+1:] }
func numberIn(key string) Number         { return Number(atoi(tail(key))) }
func volunteerIn(key string) VolunteerID { return volunteerOf(atoi(tail(key))) }

// digits pads a number, so that keys are in its order.
func digits(n int) string {
	const zeros = "000000000000"
	s := strconv.Itoa(max(0, n))
	return zeros[:max(0, len(zeros)-len(s))] + s
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// decoded is a stored record and what it says: thousands of sign-ups read the same one.
type decoded struct {
	raw []byte
	rec record
}

// load returns a record of the caller's own, but for the slices in it.
func (b *Board) load(r store.Reader, n Number) (*record, error) {
	raw, ok, err := r.Get(bucketActivity, n.digits())
	if err != nil {
		return &record{}, err
	}
	if !ok {
		return &record{}, fmt.Errorf("%w: %s", ErrNotFound, n)
	}
	last := b.last.Load()
	if last == nil || !bytes.Equal(last.raw, raw) {
		last = &decoded{raw: raw}
		if err := json.Unmarshal(raw, &last.rec); err != nil {
			return &record{}, fmt.Errorf("%w: %s: %w", store.ErrDamaged, n, err)
		}
		b.last.Store(last)
	}
	rec := last.rec
	return &rec, nil
}

// Get returns the activity. ErrNotFound.
func (b *Board) Get(r store.Reader, n Number) (Activity, error) {
	rec, err := b.load(r, n)
	rec.Skills = slices.Clone(rec.Skills)
	return rec.Activity, err
}

// now is the transaction's time, in the calendar's location.
func (b *Board) now(r store.Reader) time.Time { return r.Now().In(b.cal.Location()) }

// Now is the moment of the store's clock, in the calendar's location.
func (b *Board) Now(r store.Reader) time.Time { return b.now(r) }

// index lists where the record is found.
func (rec *record) index() [][2]string {
	at := string(rec.State) + sep + rec.Start.UTC().Format(sortable) + sep + rec.Number.digits()
	keys := [][2]string{{bucketStart, at}, {bucketUnit, rec.Unit + sep + at}}
	if rec.Of != 0 {
		keys = append(keys, [2]string{bucketOf, rec.Of.digits() + sep + rec.Number.digits()})
	}
	return keys
}

// sortable is the form of a start in keys.
const sortable = "2006-01-02T15:04"

// save keeps the record in the place of old, which is nil for a new one.
func (rec *record) save(tx *store.Tx, old *record) error {
	keys := rec.index()
	if old != nil {
		for _, k := range old.index() {
			if !slices.Contains(keys, k) {
				if err := tx.Delete(k[0], k[1]); err != nil {
					return err
				}
			}
		}
	}
	for _, k := range keys {
		if err := tx.Put(k[0], k[1], nil); err != nil {
			return err
		}
	}
	return put(tx, bucketActivity, rec.Number.digits(), rec)
}

// Create makes an activity in StateDraft, or returns the one that was made under the
// key before; key may be empty. The office may, and who acts for the unit.
// ErrForbidden, ErrInvalid.
func (b *Board) Create(tx *store.Tx, key string, d Draft, by Actor) (Activity, bool, error) {
	if !by.Runs(d.Unit) {
		return Activity{}, false, ErrForbidden
	}
	if a, ok, err := b.byKey(tx, key); ok || err != nil {
		return a, false, err
	}
	d = d.in(b.cal.Location())
	if err := d.check(); err != nil {
		return Activity{}, false, err
	}
	rec := &record{Activity: Activity{Draft: d, State: StateDraft}, Key: key}
	err := b.add(tx, rec, by)
	return rec.Activity, err == nil, err
}

// byKey finds what was made under a key.
func (b *Board) byKey(r store.Reader, key string) (Activity, bool, error) {
	if key == "" {
		return Activity{}, false, nil
	}
	n, ok, err := get[int](r, bucketKey, keyOf(key))
	if err != nil || !ok {
		return Activity{}, false, err
	}
	a, err := b.Get(r, Number(n))
	return a, err == nil, err
}

// keyOf is an import key within what the store takes.
func keyOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// add numbers the record and keeps it.
func (b *Board) add(tx *store.Tx, rec *record, by Actor) error {
	n, err := next(tx, "number")
	if err != nil {
		return err
	}
	rec.Number, rec.Version, rec.Created = Number(n), 1, Mark{b.now(tx), by.name()}
	if rec.Key != "" {
		if err := put(tx, bucketKey, keyOf(rec.Key), n); err != nil {
			return err
		}
	}
	if err := b.note(tx, rec.Number, by, Event{Do: DoCreate, Draft: &rec.Draft, Of: rec.Of}); err != nil {
		return err
	}
	return rec.save(tx, nil)
}

// change loads an activity that the actor may run, lets fn change it, and keeps it.
func (b *Board) change(tx *store.Tx, n Number, by Actor, fn func(rec *record, now time.Time) error) (Activity, error) {
	old, err := b.load(tx, n)
	if err != nil {
		return Activity{}, err
	}
	if !by.Runs(old.Unit) {
		return old.Activity, ErrForbidden
	}
	rec := *old
	if err := fn(&rec, b.now(tx)); err != nil || rec.Version == old.Version {
		return old.Activity, err
	}
	return rec.Activity, rec.save(tx, old)
}

// Publish lets people sign up. Of a series it makes what comes next. Twice is once. A
// *Refusal: WhyCancelled, WhyArchived, WhyOver.
func (b *Board) Publish(tx *store.Tx, n Number, by Actor) (Activity, error) {
	return b.change(tx, n, by, func(rec *record, now time.Time) error {
		switch {
		case rec.State == StatePublished:
			return nil
		case rec.State != StateDraft:
			return rec.refuse(whyState[rec.State])
		case !now.Before(rec.End) && rec.Series.IsZero():
			return rec.overRefusal()
		}
		rec.State, rec.Published = StatePublished, Mark{now, by.name()}
		rec.Version++
		if err := b.note(tx, n, by, Event{Do: DoPublish}); err != nil {
			return err
		}
		if !rec.Series.IsZero() {
			rec.Next = rec.occurrence(now)
			return b.makeNext(tx, rec, by)
		}
		return b.open(tx, rec)
	})
}

// open gives a published activity the secret of its codes, and plans what is said of it.
func (b *Board) open(tx *store.Tx, rec *record) error {
	key := rec.Number.digits()
	if err := tx.Put(bucketSecret, key, newSecret(b.vault, key)); err != nil {
		return err
	}
	return b.plan(tx, rec.Activity)
}

// newSecret is a sealed secret of an activity's codes.
func newSecret(v *org.Vault, key string) []byte {
	secret := make([]byte, sha256.Size)
	rand.Read(secret) // never fails
	return v.Seal(bucketSecret, key, secret)
}

// Amend replaces the draft of an activity that is at the version, 0: whichever. Where
// time or place of a published one change, all who have signed up are told; where places
// are added, who waits moves up. Of a series it changes the occurrences that are not made
// yet. A *Refusal: WhyCancelled, WhyArchived, WhyCapacity, WhySeries. ErrChanged, ErrInvalid.
func (b *Board) Amend(tx *store.Tx, n Number, version int, d Draft, by Actor) (Activity, error) {
	return b.change(tx, n, by, func(rec *record, now time.Time) error {
		d := d.in(b.cal.Location())
		switch {
		case rec.State == StateCancelled, rec.State == StateArchived:
			return rec.refuse(whyState[rec.State])
		case version != 0 && version != rec.Version:
			return fmt.Errorf("%w: %s is at version %d, not %d", ErrChanged, n, rec.Version, version)
		case !by.Runs(d.Unit):
			return ErrForbidden
		case d.Series.IsZero() != rec.Series.IsZero() && rec.State != StateDraft:
			return rec.refuse(WhySeries)
		}
		if err := d.check(); err != nil {
			return err
		}
		t, _, err := get[tally](tx, bucketTally, n.digits())
		if err != nil {
			return err
		}
		if d.Capacity != 0 && d.Capacity < t.Taken {
			r := rec.refuse(WhyCapacity)
			r.Most = t.Taken
			return r
		}
		before := rec.Activity
		rec.Draft = d
		rec.Version++
		if err := b.note(tx, n, by, Event{Do: DoAmend, Draft: &d}); err != nil {
			return err
		}
		if rec.State != StatePublished {
			return nil
		}
		if !rec.Series.IsZero() {
			made, err := b.Occurrences(tx, n)
			if err != nil {
				return err
			}
			after := now
			for _, a := range made {
				after = later(after, b.cal.Day(a.Start).AddDays(1).At(0, 0, b.cal.Location()).Add(-1)) // one a day
			}
			rec.Next = rec.occurrence(after)
			return b.makeNext(tx, rec, by)
		}
		if err := b.promote(&list{record: rec, tally: t, tx: tx, now: now}); err != nil { // to the places that were added
			return err
		}
		if err := b.plan(tx, rec.Activity); err != nil {
			return err
		}
		if rec.moved(before) && now.Before(rec.Start) {
			return b.planCall(tx, jobChange, n, earlier(before.Start, rec.Start))
		}
		return nil
	})
}

// moved reports whether people would come at another time, or to another place.
func (a Activity) moved(from Activity) bool {
	return !a.Start.Equal(from.Start) || !a.End.Equal(from.End) || a.Place.Name != from.Place.Name
}

// Cancel says that it does not happen, with a reason that all who had signed up are told.
// Of a series it cancels what has not begun. Twice is once. A *Refusal: WhyReason, WhyLong,
// WhyStarted, WhyArchived.
func (b *Board) Cancel(tx *store.Tx, n Number, why string, by Actor) (Activity, error) {
	return b.change(tx, n, by, func(rec *record, now time.Time) error {
		switch {
		case rec.State == StateCancelled:
			return nil
		case rec.State == StateArchived:
			return rec.refuse(WhyArchived)
		case rec.State == StatePublished && rec.Series.IsZero() && !now.Before(rec.Start):
			return rec.refuse(WhyStarted)
		}
		if r := rec.words(why); r != nil {
			return r
		}
		published := rec.State == StatePublished
		rec.State, rec.Why, rec.Ended, rec.Next = StateCancelled, why, Mark{now, by.name()}, time.Time{}
		rec.Version++
		if err := b.note(tx, n, by, Event{Do: DoCancel, Why: why}); err != nil {
			return err
		}
		switch {
		case !rec.Series.IsZero():
			return b.cancelOccurrences(tx, n, why, by, now)
		case published:
			return b.planCall(tx, jobCancel, n, rec.Start)
		}
		return nil
	})
}

func (b *Board) cancelOccurrences(tx *store.Tx, n Number, why string, by Actor, now time.Time) error {
	list, err := b.Occurrences(tx, n)
	for _, a := range list {
		if a.State == StatePublished && now.Before(a.Start) {
			if _, err := b.Cancel(tx, a.Number, why, by); err != nil {
				return err
			}
		}
	}
	return err
}

// Occurrences lists what was made of a series.
func (b *Board) Occurrences(r store.Reader, n Number) (list []Activity, err error) {
	err = r.Scan(bucketOf, store.Range{Prefix: n.digits() + sep}, func(key string, _ []byte) error {
		a, err := b.Get(r, numberIn(key))
		list = append(list, a)
		return err
	})
	return list, err
}

// Archive closes the books on an activity that is over or cancelled. Twice is once. A
// *Refusal: WhyRunning, WhyOpenDispute.
func (b *Board) Archive(tx *store.Tx, n Number, by Actor) (Activity, error) {
	return b.change(tx, n, by, func(rec *record, now time.Time) error {
		switch rec.StateAt(now) {
		case StateArchived:
			return nil
		case StateOver, StateCancelled:
		default:
			return rec.refuse(WhyRunning)
		}
		open := false
		err := eachSignup(tx, n, func(s Signup) error {
			open = open || s.disputed()
			return nil
		})
		if err == nil && open {
			err = rec.refuse(WhyOpenDispute)
		}
		if err != nil {
			return err
		}
		rec.State, rec.Ended = StateArchived, Mark{now, by.name()}
		rec.Version++
		return b.note(tx, n, by, Event{Do: DoArchive})
	})
}

// Do says what an Event of a history tells.
type Do string

// What happens at activities.
const (
	DoCreate  Do = "create"
	DoPublish Do = "publish"
	DoAmend   Do = "amend"
	DoCancel  Do = "cancel"
	DoArchive Do = "archive"
	DoJoin    Do = "join"
	DoPromote Do = "promote"
	DoLeave   Do = "leave"
	DoRemove  Do = "remove"
	DoWalkIn  Do = "walkin"
	DoRecord  Do = "record" // a Record, of whatever act
	DoDispute Do = "dispute"
	DoDecide  Do = "decide"
)

// Event is the Data of a history's entry. With all of them an activity's list and records
// can be made again: see Replay.
type Event struct {
	Do        Do            `json:"do"`
	Draft     *Draft        `json:"draft,omitempty"`
	Of        Number        `json:"of,omitempty"`
	Volunteer VolunteerID   `json:"volunteer,omitempty"`
	State     SignState     `json:"state,omitempty"` // of the sign-up after it
	Seq       int           `json:"seq,omitempty"`
	Record    *Record       `json:"record,omitempty"`
	Granted   bool          `json:"granted,omitempty"`
	Why       string        `json:"why,omitempty"`
	Due       calendar.Date `json:"due,omitzero"` // of a dispute
}

func (b *Board) note(tx *store.Tx, n Number, by Actor, e Event) error {
	_, err := audit.Append(tx, n.Chain(), by.name(), string(e.Do), e)
	return err
}

// History lists all that happened at the activity, the oldest first.
func (b *Board) History(r store.Reader, n Number) ([]audit.Entry, error) {
	return audit.List(r, n.Chain())
}

func get[T any](r store.Reader, bucket, key string) (v T, ok bool, err error) {
	raw, ok, err := r.Get(bucket, key)
	if err != nil || !ok {
		return v, false, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucket, key, err)
	}
	return v, true, nil
}

func put(tx *store.Tx, bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return tx.Put(bucket, key, raw)
}

func putUntil(tx *store.Tx, bucket, key string, v any, until time.Time) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return tx.PutUntil(bucket, key, raw, until)
}

// next counts one more of what.
func next(tx *store.Tx, what string) (int, error) {
	n, _, err := get[int](tx, bucketLast, what)
	if err != nil {
		return 0, err
	}
	n++
	return n, put(tx, bucketLast, what, n)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
