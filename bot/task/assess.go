package task

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// What callers can tell apart of assessments.
var (
	ErrNoVersion   = errors.New("task: no such version of the assessment")
	ErrNoObjection = errors.New("task: no such objection")
	ErrNoResult    = errors.New("task: the assessment has no such result")
	ErrDecided     = errors.New("task: decided already")
	ErrDiffers     = errors.New("task: the assessment is not what the histories give")
)

// Weights say how results count, in points. Days are those of the calendar, working
// or not, so that no later change of holidays moves a score.
type Weights struct {
	OnTime  int `json:"on_time"`  // done by the deadline
	LateDay int `json:"late_day"` // taken off for each day past it
	Late    int `json:"late"`     // the least for what is done, however late
	Delay   int `json:"delay"`    // taken off for each delay that was granted
}

// DefaultWeights are those of a year for which nothing else is set.
func DefaultWeights() Weights { return Weights{OnTime: 100, LateDay: 2, Late: 60} }

// Status is how a unit's part in a task counts.
type Status string

// The statuses; the first three count.
const (
	StatusOnTime   Status = "on_time"
	StatusLate     Status = "late"
	StatusOverdue  Status = "overdue"  // past its deadline and not done
	StatusOpen     Status = "open"     // not due yet
	StatusPending  Status = "pending"  // reported, the office has not reviewed it
	StatusReturned Status = "returned" // the unit gave it back, the office has not decided
	StatusExcluded Status = "excluded" // by the decision on an objection
)

// Counts reports whether the status gives points.
func (s Status) Counts() bool {
	return s == StatusOnTime || s == StatusLate || s == StatusOverdue
}

// Result is what a unit that leads has made of a task: all that is known of it for
// the score. It holds no moment but days, and nothing of who read, signed, answered
// or wrote.
type Result struct {
	Number   Number        `json:"task"`
	Title    string        `json:"title"`
	Unit     string        `json:"unit"`
	Deadline calendar.Date `json:"deadline"`      // in force
	Done     calendar.Date `json:"done,omitzero"` // the day of the report that was found in order
	Delays   int           `json:"delays"`        // that were granted
	Ruling   int           `json:"ruling,omitempty"`
	Status   Status        `json:"status"`
	Points   int           `json:"points"`
}

// Score is a unit's mean. What has no results has no score.
type Score struct {
	Unit    string `json:"unit"`
	Results int    `json:"results"` // that count
	Points  int    `json:"points"`  // together
	Score   int    `json:"score"`   // in hundredths of a point, rounded half up
}

// Assessment is one version of a year's.
type Assessment struct {
	Year    int           `json:"year"`
	Version int           `json:"version"`
	At      time.Time     `json:"at"`
	By      org.PersonID  `json:"by"`
	Day     calendar.Date `json:"day"` // what is not done by then, and was due before, is overdue
	Weights Weights       `json:"weights"`
	Rulings []Ruling      `json:"rulings"`
	// Entries are how many entries each task's history had, from T1 on: the version
	// follows from them and Rulings. Digest is the SHA-256, in hexadecimal, of a line
	// for each of these tasks: number, entries and the hash of the last, parted by
	// spaces.
	Entries []int    `json:"entries"`
	Digest  string   `json:"digest"`
	Results []Result `json:"results"` // by task, then as the task has its units
	Scores  []Score  `json:"scores"`  // by unit
}

// Objection is a unit's to a result of the assessment.
type Objection struct {
	Year   int     `json:"-"`
	ID     int     `json:"id"` // 1, 2, … in the year
	Number Number  `json:"task,omitzero"`
	Unit   string  `json:"unit"`
	Text   string  `json:"text"`
	Raised Mark    `json:"raised,omitzero"`
	Ruling *Ruling `json:"ruling,omitempty"` // nil: not decided yet
}

// Ruling is the decision on an objection.
type Ruling struct {
	Objection int           `json:"objection"`
	Number    Number        `json:"task,omitzero"`
	Unit      string        `json:"unit"`
	Granted   bool          `json:"granted"`
	Done      calendar.Date `json:"done,omitzero"` // of one granted: it counts as done on the day; zero: the result does not count
	Why       string        `json:"why"`
}

// Kinds of entries of an assessment's history.
const (
	whatVersion = "version"
	whatObject  = "object"
	whatDecide  = "decide"
)

// yearChain is the year's chain in the audit history. Its entries hold the versions,
// the objections and the rulings.
func yearChain(year int) string { return fmt.Sprintf("assess/%d", year) }

// yearFile is what a year's chain holds.
type yearFile struct {
	year       int
	marks      []Mark            // of the versions
	data       []json.RawMessage // of them, as they were written
	before     [][]Ruling        // that were decided before each version
	rulings    []Ruling          // all, in the order of their decision
	objections []Objection
}

func readYear(r store.Reader, year int) (f yearFile, err error) {
	entries, err := audit.List(r, yearChain(year))
	if err != nil {
		return f, err
	}
	f.year, f.rulings = year, []Ruling{}
	for _, e := range entries {
		switch e.What {
		case whatVersion:
			f.marks, f.data, f.before = append(f.marks, Mark{e.At, org.PersonID(e.By)}), append(f.data, e.Data), append(f.before, slices.Clone(f.rulings))
		case whatObject:
			var o Objection
			err = json.Unmarshal(e.Data, &o)
			o.Year, o.Raised = year, Mark{e.At, org.PersonID(e.By)}
			f.objections = append(f.objections, o)
		case whatDecide:
			var d Ruling
			if err = json.Unmarshal(e.Data, &d); err == nil && d.Objection >= 1 && d.Objection <= len(f.objections) {
				f.objections[d.Objection-1].Ruling = &d
				f.rulings = append(f.rulings, d)
			}
		}
		if err != nil {
			return f, fmt.Errorf("%w: assessment of %d: %w", store.ErrDamaged, year, err)
		}
	}
	return f, nil
}

// version is the one of that number. A long one takes its time to decode.
func (f yearFile) version(n int) (a Assessment, err error) {
	if n < 1 || n > len(f.data) {
		return a, fmt.Errorf("%w: %d of %d", ErrNoVersion, n, f.year)
	}
	if err = json.Unmarshal(f.data[n-1], &a); err != nil {
		err = fmt.Errorf("%w: assessment of %d: %w", store.ErrDamaged, f.year, err)
	}
	return a, err
}

// last is the version in force; false: there is none.
func (f yearFile) last() (Assessment, bool, error) {
	if len(f.data) == 0 {
		return Assessment{}, false, nil
	}
	a, err := f.version(len(f.data))
	return a, err == nil, err
}

// Yearbook is what is kept of a year's assessment.
type Yearbook struct {
	Versions   []Mark     // who made each, and when
	Shown      Assessment // one of them
	Objections []Objection
}

// Yearbook reads a year's assessments: that version, or the last if it is 0. Where there
// is none at all, Versions is empty. ErrNoVersion.
func (b *Board) Yearbook(r store.Reader, year, version int) (y Yearbook, err error) {
	f, err := readYear(r, year)
	if err != nil || len(f.data) == 0 && version == 0 {
		return y, err
	}
	y.Versions, y.Objections = f.marks, f.objections
	y.Shown, err = f.version(cmp.Or(version, len(f.data)))
	return y, err
}

// Trial is what Assess would give now, without its Entries and Digest: the tasks as they
// are instead of their histories, which takes far less time.
func (b *Board) Trial(r store.Reader, year int, w Weights) (Assessment, error) {
	b, err := b.on(r)
	if err != nil {
		return Assessment{}, err
	}
	f, err := readYear(r, year)
	if err != nil {
		return Assessment{}, err
	}
	a := Assessment{Year: year, Version: len(f.data) + 1, At: b.now(r).UTC(), Day: b.Today(r), Weights: w, Rulings: f.rulings, Results: []Result{}}
	gists, err := b.gists(r, Query{States: States, From: calendar.Date{Y: year, M: time.January, D: 1}, To: calendar.Date{Y: year, M: time.December, D: 31}}, 0)
	if err != nil {
		return Assessment{}, err
	}
	slices.SortFunc(gists, func(a, b gist) int { return int(a.number - b.number) })
	for _, g := range gists {
		if g.kind != kindHanded || g.state == StateCancelled { // it has no results
			continue
		}
		t, err := b.Get(r, g.number)
		if err != nil {
			return Assessment{}, err
		}
		a.Results = append(a.Results, a.results(b.cal, t)...)
	}
	a.Scores = scores(a.Results)
	return a, nil
}

// Assess is the year's assessment as of now, as Publish would keep it.
func (b *Board) Assess(r store.Reader, year int, w Weights, by Actor) (Assessment, error) {
	f, err := readYear(r, year)
	if err != nil {
		return Assessment{}, err
	}
	a := Assessment{Year: year, Version: len(f.data) + 1, At: b.now(r).UTC(), By: by.By, Day: b.Today(r), Weights: w, Rulings: f.rulings}
	if a.Entries, err = b.lengths(r); err != nil {
		return Assessment{}, err
	}
	return a, b.assess(r, &a)
}

// lengths counts the entries of all histories.
func (b *Board) lengths(r store.Reader) ([]int, error) {
	raw, _, err := r.Get(bucketCount, "number")
	if err != nil {
		return nil, err
	}
	lengths := make([]int, atoi(string(raw)))
	for i := range lengths {
		entries, err := b.History(r, Number(i+1))
		if err != nil {
			return nil, err
		}
		lengths[i] = len(entries)
	}
	return lengths, nil
}

// Publish keeps the year's assessment as its next version. If nothing of it is
// otherwise than in the last one, that stays the last. The office may. ErrForbidden.
func (b *Board) Publish(tx *store.Tx, year int, w Weights, by Actor) (Assessment, error) {
	if !by.Office {
		return Assessment{}, ErrForbidden
	}
	a, err := b.Assess(tx, year, w, by)
	if err != nil {
		return Assessment{}, err
	}
	f, err := readYear(tx, year)
	if err != nil {
		return Assessment{}, err
	}
	last, ok, err := f.last()
	if err != nil || ok && last.Weights == a.Weights && slices.Equal(last.Results, a.Results) {
		return last, err
	}
	return a, b.appendVersion(tx, a)
}

func (b *Board) appendVersion(tx *store.Tx, a Assessment) error {
	_, err := audit.Append(tx, yearChain(a.Year), string(a.By), whatVersion, a)
	return err
}

// Assessments lists the versions of the year, the first first.
func (b *Board) Assessments(r store.Reader, year int) ([]Assessment, error) {
	f, err := readYear(r, year)
	if err != nil {
		return nil, err
	}
	var all []Assessment
	for n := range f.data {
		a, err := f.version(n + 1)
		if err != nil {
			return nil, err
		}
		all = append(all, a)
	}
	return all, nil
}

// Recompute makes a version once more from the histories that it followed from, and
// compares it with what was kept, byte by byte. An *audit.Break: a history was
// changed. ErrDiffers, ErrNoVersion.
func (b *Board) Recompute(r store.Reader, year, version int) (Assessment, error) {
	if err := audit.Verify(r, yearChain(year)); err != nil {
		return Assessment{}, err
	}
	f, err := readYear(r, year)
	if err != nil {
		return Assessment{}, err
	}
	kept, err := f.version(version)
	if err != nil {
		return Assessment{}, err
	}
	a := Assessment{
		Year: year, Version: version, At: kept.At, By: kept.By, Day: kept.Day, Weights: kept.Weights,
		Entries: kept.Entries, Rulings: f.before[version-1],
	}
	for i := range a.Entries {
		if err := audit.Verify(r, Number(i+1).Chain()); err != nil {
			return Assessment{}, err
		}
	}
	if err := b.assess(r, &a); err != nil {
		return Assessment{}, err
	}
	made, err := json.Marshal(a)
	if err != nil {
		return Assessment{}, fmt.Errorf("task: assessment: %w", err)
	}
	if !bytes.Equal(made, f.data[version-1]) {
		return a, fmt.Errorf("%w: version %d of %d", ErrDiffers, version, year)
	}
	return a, nil
}

// assess fills in what follows from the rest.
func (b *Board) assess(r store.Reader, a *Assessment) error {
	h := sha256.New()
	a.Results = []Result{}
	for i, n := range a.Entries {
		number := Number(i + 1)
		entries, err := b.History(r, number)
		if err != nil {
			return err
		}
		if n < 1 || n > len(entries) {
			return fmt.Errorf("%w: history of %s", store.ErrDamaged, number)
		}
		fmt.Fprintln(h, number, n, entries[n-1].Hash)
		t, err := Replay(b.Calendar(), number, entries[:n])
		if err != nil {
			return err
		}
		a.Results = append(a.Results, a.results(b.Calendar(), t)...)
	}
	a.Digest = hex.EncodeToString(h.Sum(nil))
	a.Scores = scores(a.Results)
	return nil
}

// results are those of one task.
func (a *Assessment) results(cal *calendar.Calendar, t Task) (list []Result) {
	if t.Deadline.Y != a.Year || t.Recurs() || t.Handed.IsZero() || t.State == StateCancelled {
		return nil
	}
	for _, s := range t.Shares {
		if !s.Lead {
			continue
		}
		r := Result{Number: t.Number, Title: t.Title, Unit: s.Unit, Deadline: t.Deadline}
		for _, d := range t.Delays {
			r.Delays += count(d.Granted)
		}
		if accepted := t.State == StateReviewed || t.State == StateClosed || t.State == StateStruck; accepted && !s.Done.IsZero() {
			r.Done = cal.Day(s.Done.At)
		}
		r.Status = a.status(r, s)
		for _, d := range a.Rulings {
			if d.Granted && d.Number == r.Number && d.Unit == r.Unit {
				r.rule(d)
			}
		}
		r.Points = a.Weights.points(r)
		list = append(list, r)
	}
	return list
}

func (a *Assessment) status(r Result, s Share) Status {
	switch {
	case !r.Done.IsZero():
		return doneStatus(r)
	case !s.Returned.IsZero():
		return StatusReturned
	case !s.Done.IsZero():
		return StatusPending
	case r.Deadline.Before(a.Day):
		return StatusOverdue
	}
	return StatusOpen
}

func doneStatus(r Result) Status {
	if r.Done.After(r.Deadline) {
		return StatusLate
	}
	return StatusOnTime
}

// rule makes a granted objection's decision true of the result.
func (r *Result) rule(d Ruling) {
	r.Ruling, r.Done, r.Status = d.Objection, d.Done, StatusExcluded
	if !d.Done.IsZero() {
		r.Status = doneStatus(*r)
	}
}

// points are what a result gives; Formula words it.
func (w Weights) points(r Result) int {
	switch r.Status {
	case StatusOnTime:
		return max(0, w.OnTime-w.Delay*r.Delays)
	case StatusLate:
		return max(0, max(w.Late, w.OnTime-w.LateDay*daysBetween(r.Deadline, r.Done))-w.Delay*r.Delays)
	}
	return 0
}

func daysBetween(a, b calendar.Date) int {
	return int(b.At(0, 0, time.UTC).Sub(a.At(0, 0, time.UTC)).Hours()) / 24
}

// scores are the units' means.
func scores(results []Result) []Score {
	byUnit := map[string]Score{}
	for _, r := range results {
		s := byUnit[r.Unit]
		s.Unit = r.Unit
		if r.Status.Counts() {
			s.Results, s.Points = s.Results+1, s.Points+r.Points
		}
		byUnit[r.Unit] = s
	}
	list := []Score{}
	for _, unit := range slices.Sorted(maps.Keys(byUnit)) {
		s := byUnit[unit]
		if s.Results > 0 {
			s.Score = (2*100*s.Points + s.Results) / (2 * s.Results)
		}
		list = append(list, s)
	}
	return list
}

// Object keeps a unit's objection to a result of the last version, and lets the office
// hear of it. The unit may, or the office for it. The same once more, while it is not
// decided, is the same objection. ErrForbidden, ErrNoVersion, ErrNoResult, ErrInvalid.
func (b *Board) Object(tx *store.Tx, year int, o Objection, by Actor) (Objection, error) {
	f, err := readYear(tx, year)
	if err != nil {
		return Objection{}, err
	}
	last, ok, err := f.last()
	switch {
	case err != nil:
		return Objection{}, err
	case o.Unit == "" || by.Unit != o.Unit && !by.Office:
		return Objection{}, ErrForbidden
	case !ok:
		return Objection{}, fmt.Errorf("%w: of %d there is none", ErrNoVersion, year)
	}
	to, ok := last.Result(o.Number, o.Unit)
	switch {
	case !ok:
		return Objection{}, fmt.Errorf("%w: %s of %s", ErrNoResult, o.Number, o.Unit)
	case strings.TrimSpace(o.Text) == "" || long(o.Text, maxWords):
		return Objection{}, fmt.Errorf("%w: the objection's words", ErrInvalid)
	}
	for _, before := range f.objections {
		if before.Ruling == nil && before.Number == o.Number && before.Unit == o.Unit && before.Text == o.Text {
			return before, nil
		}
	}
	o = Objection{Year: year, ID: len(f.objections) + 1, Number: o.Number, Unit: o.Unit, Text: o.Text}
	e, err := audit.Append(tx, yearChain(year), string(by.By), whatObject, o)
	if err != nil {
		return Objection{}, err
	}
	o.Raised = Mark{e.At, by.By}
	if err := tx.Put(bucketWait, o.waitKey(), nil); err != nil {
		return Objection{}, err
	}
	return o, b.tell(tx, Office, fmt.Sprintf("%d/%d/%s", year, o.ID, whatObject), textObjected(o, last.Version, to))
}

// waitKey is where an objection that is not decided is found.
func (o Objection) waitKey() string {
	return fmt.Sprintf("%s%04d%s%06d", objectionWaits, o.Year, sep, o.ID)
}

const objectionWaits = "objection" + sep

// Undecided lists the objections that wait for the office, of all years. It reads no
// years in which none does.
func (b *Board) Undecided(r store.Reader) (list []Objection, err error) {
	years := map[int]bool{}
	err = r.Scan(bucketWait, store.Range{Prefix: objectionWaits}, func(key string, _ []byte) error {
		years[int(atoi(strings.Split(key, sep)[1]))] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, year := range slices.Sorted(maps.Keys(years)) {
		all, err := b.Objections(r, year)
		if err != nil {
			return nil, err
		}
		list = append(list, slices.DeleteFunc(all, func(o Objection) bool { return o.Ruling != nil })...)
	}
	return list, nil
}

// Objections lists the year's, the first first.
func (b *Board) Objections(r store.Reader, year int) ([]Objection, error) {
	f, err := readYear(r, year)
	return f.objections, err
}

// Decide rules on an objection, and lets the unit hear of it; of d only Objection,
// Granted, Done and Why count. One granted makes the next version, of the same
// histories, day and weights as the last: nothing but the ruling tells them apart. It
// returns the version in force. The office may. ErrForbidden, ErrNoObjection,
// ErrDecided, ErrInvalid: no reason is given, or a refusal has a day.
func (b *Board) Decide(tx *store.Tx, year int, d Ruling, by Actor) (Assessment, error) {
	if !by.Office {
		return Assessment{}, ErrForbidden
	}
	f, err := readYear(tx, year)
	if err != nil {
		return Assessment{}, err
	}
	last, ok, err := f.last()
	switch {
	case err != nil:
		return Assessment{}, err
	case !ok || d.Objection < 1 || d.Objection > len(f.objections):
		return Assessment{}, fmt.Errorf("%w: objection %d of %d", ErrNoObjection, d.Objection, year)
	case f.objections[d.Objection-1].Ruling != nil:
		return Assessment{}, fmt.Errorf("%w: objection %d of %d", ErrDecided, d.Objection, year)
	case strings.TrimSpace(d.Why) == "" || long(d.Why, maxWords) || !d.Granted && !d.Done.IsZero():
		return Assessment{}, fmt.Errorf("%w: the ruling", ErrInvalid)
	}
	o := f.objections[d.Objection-1]
	d.Number, d.Unit = o.Number, o.Unit
	if _, err := audit.Append(tx, yearChain(year), string(by.By), whatDecide, d); err != nil {
		return last, err
	}
	if err := tx.Delete(bucketWait, o.waitKey()); err != nil {
		return last, err
	}
	if d.Granted {
		last = Assessment{
			Year: year, Version: last.Version + 1, At: b.now(tx).UTC(), By: by.By, Day: last.Day, Weights: last.Weights,
			Entries: last.Entries, Rulings: append(f.rulings, d),
		}
		if err := b.assess(tx, &last); err != nil {
			return last, err
		}
		if err := b.appendVersion(tx, last); err != nil {
			return last, err
		}
	}
	return last, b.tell(tx, o.Unit, fmt.Sprintf("%d/%d/%s", year, o.ID, whatDecide), textRuled(d, last))
}

// Result is what a unit has made of a task, and whether it is in the assessment.
func (a Assessment) Result(n Number, unit string) (Result, bool) {
	i := slices.IndexFunc(a.Results, func(r Result) bool { return r.Number == n && r.Unit == unit })
	if i < 0 {
		return Result{}, false
	}
	return a.Results[i], true
}

// Score is a unit's, and whether it has results.
func (a Assessment) Score(unit string) (Score, bool) {
	i := slices.IndexFunc(a.Scores, func(s Score) bool { return s.Unit == unit })
	if i < 0 {
		return Score{}, false
	}
	return a.Scores[i], true
}

// KindAssess is the Kind of the notices about objections.
const KindAssess = "assess"

// tellFor is for how long one is worth sending.
const tellFor = 7 * 24 * time.Hour

// tell lets a unit, or the office, hear of an objection, in working hours and once.
func (b *Board) tell(tx *store.Tx, unit, key, text string) error {
	b, err := b.on(tx)
	if err != nil {
		return err
	}
	places, err := b.places(tx, unit)
	if err != nil {
		return err
	}
	after := b.open(b.now(tx))
	for i, to := range places {
		_, err := b.sender.Put(tx, outbox.Notice{
			Key: fmt.Sprintf("%s/%s/%d", KindAssess, key, i+1), Kind: KindAssess, Unit: unit, To: to[0], Fallback: to[1:],
			Reply: chat.Reply{Text: text}, After: after, Expires: after.Add(tellFor),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
