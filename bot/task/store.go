package task

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// The buckets of this package. Dates in keys are ISO, of undated tasks noDate;
// numbers have twelve digits, times those of milliseconds.
const (
	bucketTask   = "task"        // number → record
	bucketKey    = "task.key"    // import key → number
	bucketState  = "task.state"  // state, deadline, number → gist
	bucketUnit   = "task.unit"   // unit, state, deadline, number → gist
	bucketSub    = "task.sub"    // parent or series, number → nothing
	bucketSource = "task.source" // document, number → address: of tasks that are not over
	bucketDue    = "task.due"    // time, unit, number → nothing: see remind.go
	bucketWait   = "task.wait"   // cause, number → nothing: what waits for the office; of objections: year, id
	bucketComing = "task.coming" // time, number → nothing: when a series' next occurrence is made
	bucketDigest = "task.digest" // unit → digest
	bucketSent   = "task.sent"   // day, unit → how many messages went into the outbox
	bucketCall   = "task.call"   // day, unit, number → causes: who must be called up
	bucketTold   = "task.told"   // number, time, notice's key → told: the last messages about a task
	bucketWeek   = "task.week"   // Monday → edition of the bulletin
	bucketCount  = "task.count"  // "number" → the last
	bucketSweep  = "task.sweep"  // "calendar" → sweep: see calendar.go
	bucketGap    = "task.gap"    // year → gap
)

const (
	sep    = "\x00"       // parts the parts of a key; no name holds it
	noDate = "9999-99-99" // sorts behind every date
)

// Sender takes what is to be sent, within the transaction of its cause, and says
// what became of it. *outbox.Box is one.
type Sender interface {
	Put(tx *store.Tx, n outbox.Notice) (bool, error)
	Cancel(tx *store.Tx, key, why string) (bool, error)
	Record(r store.Reader, key string) (outbox.Record, bool, error)
}

var _ Sender = (*outbox.Box)(nil)

// Options make a Board. All but Rules are required.
type Options struct {
	Holidays *holidays.Book // which days are worked
	Sender   Sender
	Routes   org.Routes // how a person is reached
	Rules    Rules      // what is zero is as in DefaultRules

	// Asked counts the questions that people asked since then, and those that nobody could
	// answer, for the bulletin; nil: it says nothing of questions.
	Asked func(r store.Reader, since time.Time) (asked, unanswered int, err error)
}

// Board keeps the tasks of one store. Its methods may be called from many
// goroutines; those with a transaction work in it.
type Board struct {
	book   *holidays.Book
	sender Sender
	routes org.Routes
	rules  Rules
	asked  func(r store.Reader, since time.Time) (asked, unanswered int, err error)

	// Of the transaction; see on.
	cal     *calendar.Calendar
	edition string
}

// New makes a Board. It starts nothing.
func New(o Options) *Board {
	return &Board{book: o.Holidays, sender: o.Sender, routes: o.Routes, rules: o.Rules.orDefault(), asked: o.Asked}
}

// on is the board within a transaction, by the calendar that is in force in it. Only
// such a board has a calendar.
func (b *Board) on(r store.Reader) (*Board, error) {
	if b.cal != nil {
		return b, nil
	}
	now, err := b.book.Now(r)
	return b.by(now), err
}

func (b *Board) by(e holidays.Edition) *Board {
	bound := *b
	bound.cal, bound.edition = e.Calendar, e.ID
	return &bound
}

// record is a task as stored, with what is planned to be said of it.
type record struct {
	Task
	Key  string               `json:"key,omitempty"`  // of its import
	Due  map[string]time.Time `json:"due,omitempty"`  // unit → when something is to be said next
	Owed map[string][]Cause   `json:"owed,omitempty"` // unit → what it must be told then, besides the schedule
	Next calendar.Date        `json:"next,omitzero"`  // of a series: the next occurrence's date
	Make time.Time            `json:"make,omitzero"`  // and when it is made
	// Calendar is by which one Due, Next and Make are: the id of its edition.
	Calendar string `json:"calendar,omitempty"`
}

func digits(t time.Time) string  { return fmt.Sprintf("%014d", max(0, t.UnixMilli())) }
func (n Number) digits() string  { return fmt.Sprintf("%012d", int(n)) }
func numberIn(key string) Number { return atoi(key[strings.LastIndex(key, sep)+1:]) }
func atoi(s string) Number       { n, _ := strconv.Atoi(s); return Number(n) }

func dateKey(d calendar.Date) string {
	if d.IsZero() {
		return noDate
	}
	return d.String()
}

// Key makes an import key of its parts, so that no two lists give the same.
func Key(parts ...string) string {
	for i, p := range parts {
		parts[i] = strconv.Quote(p)
	}
	return strings.Join(parts, ",")
}

func load(r store.Reader, n Number) (*record, error) {
	raw, err := raw(r, n)
	if err != nil {
		return nil, err
	}
	return decode(n, raw)
}

// raw is the record as it is stored. ErrNotFound.
func raw(r store.Reader, n Number) ([]byte, error) {
	raw, ok, err := r.Get(bucketTask, n.digits())
	if err == nil && !ok {
		err = fmt.Errorf("%w: %s", ErrNotFound, n)
	}
	return raw, err
}

func decode(n Number, raw []byte) (*record, error) {
	rec := &record{}
	if err := json.Unmarshal(raw, rec); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", store.ErrDamaged, n, err)
	}
	return rec, nil
}

// Get returns the task. ErrNotFound.
func (b *Board) Get(r store.Reader, n Number) (Task, error) {
	if _, err := b.on(r); err != nil { // words of the task then are by the calendar in force
		return Task{}, err
	}
	rec, err := load(r, n)
	if err != nil {
		return Task{}, err
	}
	return rec.Task, nil
}

// entry is where a record is found, and what is to be known of it there.
type entry struct{ bucket, key, value string }

// index lists where the record is found.
func (rec *record) index() (list []entry) {
	n, at, gist := rec.Number.digits(), string(rec.State)+sep+dateKey(rec.Deadline)+sep, rec.gist()
	list = append(list, entry{bucketState, at + n, gist})
	for _, s := range rec.Shares {
		list = append(list, entry{bucketUnit, s.Unit + sep + at + n, gist})
	}
	if up := cmp.Or(rec.Parent, rec.Series); up != 0 {
		list = append(list, entry{bucketSub, up.digits() + sep + n, ""})
	}
	if rec.Source.Plan != "" && !rec.State.Ended() {
		list = append(list, entry{bucketSource, keyOf(rec.Source.Plan) + sep + n, rec.Source.Address})
	}
	for _, c := range officeWaits {
		if rec.concerns(Office, c) {
			list = append(list, entry{bucketWait, string(c) + sep + n, ""})
		}
	}
	for unit, due := range rec.Due {
		list = append(list, entry{bucketDue, digits(due) + sep + unit + sep + n, ""})
	}
	if !rec.Make.IsZero() {
		list = append(list, entry{bucketComing, digits(rec.Make) + sep + n, ""})
	}
	return list
}

// save keeps the record in the place of old, which is nil for a new one.
func (rec *record) save(tx *store.Tx, old *record) error {
	after := rec.index()
	var before []entry
	if old != nil {
		before = old.index()
	}
	for _, e := range before {
		if !slices.ContainsFunc(after, func(a entry) bool { return a.bucket == e.bucket && a.key == e.key }) {
			if err := tx.Delete(e.bucket, e.key); err != nil {
				return err
			}
		}
	}
	for _, e := range after {
		if !slices.Contains(before, e) {
			if err := tx.Put(e.bucket, e.key, []byte(e.value)); err != nil {
				return err
			}
		}
	}
	raw, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("task: encode %s: %w", rec.Number, err)
	}
	return tx.Put(bucketTask, rec.Number.digits(), raw)
}

// Create makes a task in StateDraft, or returns the one that was made under the
// key before, as it is now; key may be empty. The office may. ErrForbidden,
// ErrInvalid; ErrNotFound: its parent; a *Refusal: the parent is over, or is a part
// or a series itself.
func (b *Board) Create(tx *store.Tx, key string, d Draft, by Actor) (Task, bool, error) {
	b, err := b.on(tx)
	if err != nil {
		return Task{}, false, err
	}
	if !by.Office {
		return Task{}, false, ErrForbidden
	}
	if key != "" {
		raw, ok, err := tx.Get(bucketKey, keyOf(key))
		if err != nil {
			return Task{}, false, err
		}
		if ok {
			t, err := b.Get(tx, atoi(string(raw)))
			return t, false, err
		}
	}
	if err := d.check(); err != nil {
		return Task{}, false, err
	}
	if d.Parent != 0 {
		up, err := b.Get(tx, d.Parent)
		if err != nil {
			return Task{}, false, err
		}
		if up.State.Ended() || up.Parent != 0 || up.Recurs() {
			return Task{}, false, up.refuse(Action{Do: DoAmend}, WhyState)
		}
	}
	rec := &record{Task: Task{State: StateDraft}, Key: key}
	rec.set(d, b.now(tx))
	return rec.Task, true, b.add(tx, rec, by.By)
}

// now is the transaction's time, where the calendar's days are.
func (b *Board) now(r store.Reader) time.Time { return r.Now().In(b.book.Location()) }

// add numbers the record and keeps it.
func (b *Board) add(tx *store.Tx, rec *record, by org.PersonID) error {
	raw, _, err := tx.Get(bucketCount, "number")
	if err != nil {
		return err
	}
	rec.Number = atoi(string(raw)) + 1
	if err := tx.Put(bucketCount, "number", []byte(strconv.Itoa(int(rec.Number)))); err != nil {
		return err
	}
	if rec.Key != "" {
		if err := tx.Put(bucketKey, keyOf(rec.Key), []byte(strconv.Itoa(int(rec.Number)))); err != nil {
			return err
		}
	}
	rec.Created, rec.Version, rec.Calendar = Mark{b.now(tx), by}, 1, b.edition
	if err := b.note(tx, rec.Task, by, Entry{Do: doCreate, Draft: ptr(rec.Edit()), State: rec.State, Series: rec.Series}); err != nil {
		return err
	}
	return rec.save(tx, nil)
}

func ptr[T any](v T) *T { return &v }

// doCreate is the first entry of each history.
const doCreate Do = "create"

// Entry is the Data of a history's entry: what was done, and where it led.
type Entry struct {
	Do       Do            `json:"do"`
	Action   *Action       `json:"action,omitempty"`
	Draft    *Draft        `json:"draft,omitempty"` // of the first entry
	Series   Number        `json:"series,omitempty"`
	State    State         `json:"state"`
	Deadline calendar.Date `json:"deadline,omitzero"` // in force after it
}

func (b *Board) note(tx *store.Tx, t Task, by org.PersonID, e Entry) error {
	e.Deadline = t.Deadline
	_, err := audit.Append(tx, t.Number.Chain(), string(by), string(e.Do), e)
	return err
}

// History lists all that was done to the task, the oldest first.
func (b *Board) History(r store.Reader, n Number) ([]audit.Entry, error) {
	return audit.List(r, n.Chain())
}

// Apply takes a step, with all that follows from it: the entry in the history,
// what is planned to be said, and what waits to be said and is no longer so. A
// cancelled task takes its open parts along. The action's time is the store's.
// Errors are Step's; a *Refusal with WhyParts: parts are still open.
func (b *Board) Apply(tx *store.Tx, n Number, a Action, by Actor) (Task, error) {
	b, err := b.on(tx)
	if err != nil {
		return Task{}, err
	}
	rec, err := b.take(tx, n)
	if err != nil {
		return Task{}, err
	}
	a.At = b.now(tx)
	if a.Do.who() != byOffice && a.Unit == "" {
		a.Unit = by.Unit // the history names the unit, whoever acts for it later
	}
	next, err := Step(rec.Task, a, by)
	if err != nil {
		return rec.Task, err
	}
	if a.Do == DoClose || a.Do == DoCancel {
		open, err := b.openParts(tx, n)
		if err != nil {
			return rec.Task, err
		}
		if a.Do == DoClose && len(open) > 0 {
			r := rec.refuse(a, WhyParts)
			r.Open = open
			return rec.Task, r
		}
		for _, part := range open {
			if _, err := b.Apply(tx, part, Action{Do: DoCancel, Text: textWithParent(n)}, by); err != nil {
				return rec.Task, err
			}
		}
	}
	if err := b.note(tx, next, by.By, Entry{Do: a.Do, Action: &a, State: next.State}); err != nil {
		return rec.Task, err
	}
	return next, b.replan(tx, rec, next, a)
}

// openParts lists the parts that are not over; occurrences of a series are tasks
// of their own and stay.
func (b *Board) openParts(r store.Reader, n Number) (open []Number, err error) {
	parts, err := b.Parts(r, n)
	for _, t := range parts {
		if t.Parent == n && !t.State.Ended() {
			open = append(open, t.Number)
		}
	}
	return open, err
}

// Parts lists the parts of a task, or the occurrences of a series, in their order.
func (b *Board) Parts(r store.Reader, n Number) ([]Task, error) {
	return b.list(r, bucketSub, store.Range{Prefix: n.digits() + sep}, 0)
}

// FromSource lists the tasks that are not over and stem from a document's clauses at
// addresses that of accepts, by their number. It reads no others.
func (b *Board) FromSource(r store.Reader, plan string, of func(address string) bool) (all []Task, err error) {
	if b, err = b.on(r); err != nil {
		return nil, err
	}
	err = r.Scan(bucketSource, store.Range{Prefix: keyOf(plan) + sep}, func(key string, address []byte) error {
		if !of(string(address)) {
			return nil
		}
		t, err := b.Get(r, numberIn(key))
		all = append(all, t)
		return err
	})
	return all, err
}

// Waiting lists the tasks of which something waits for the office, by their number:
// CauseReported, CauseDeclined, CauseAsked or CauseRaised. It reads no others.
func (b *Board) Waiting(r store.Reader, c Cause) ([]Task, error) {
	return b.list(r, bucketWait, store.Range{Prefix: string(c) + sep}, 0)
}

// WaitingCount counts what Waiting lists for each cause. It reads no task.
func (b *Board) WaitingCount(r store.Reader) (map[Cause]int, error) {
	counts := map[Cause]int{}
	for _, c := range officeWaits {
		err := r.Scan(bucketWait, store.Range{Prefix: string(c) + sep}, func(string, []byte) error {
			counts[c]++
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// list loads what an index's range names.
func (b *Board) list(r store.Reader, bucket string, rg store.Range, limit int) (all []Task, err error) {
	if b, err = b.on(r); err != nil {
		return nil, err
	}
	rg.Limit = limit
	err = r.Scan(bucket, rg, func(key string, _ []byte) error {
		t, err := b.Get(r, numberIn(key))
		all = append(all, t)
		return err
	})
	return all, err
}

// keyOf is an import key within what the store takes.
func keyOf(key string) string {
	const most = 200 // bytes that stay readable
	if len(key) <= most {
		return key
	}
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// copy is rec with maps of its own.
func (rec *record) copy() *record {
	c := *rec
	c.Due, c.Owed = maps.Clone(rec.Due), maps.Clone(rec.Owed)
	if c.Due == nil {
		c.Due = map[string]time.Time{}
	}
	if c.Owed == nil {
		c.Owed = map[string][]Cause{}
	}
	return &c
}
