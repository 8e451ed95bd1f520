// Package holidays keeps the notices of public holidays that were entered, and gives
// the calendar in force: the published holidays, changed by the notices, changed by
// the settings. It is read from the store in the transaction that uses it, so a
// notice counts for every instance from the moment it is entered.
//
// It must not know tasks, people, chats, HTTP, the index or the configuration.
package holidays

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// ErrNothing: no notice was entered that could be taken back.
var ErrNothing = errors.New("holidays: nothing to take back")

const (
	bucket = "calendar" // inForce → id; id → state. A state never changes, and none is removed
	// inForce is no id.
	inForce = "now"
	chain   = "calendar" // of the audit history
)

// Edition is a calendar that is or was in force.
type Edition struct {
	*calendar.Calendar
	ID string // no other calendar has it; empty: nothing was ever entered
}

// Notice is what was entered of a year.
type Notice struct {
	Days   []calendar.Correction `json:"days,omitempty"`   // by date; none: it was taken back
	Before []calendar.Correction `json:"before,omitempty"` // what it replaced
	At     time.Time             `json:"at"`
	By     string                `json:"by"`
}

// state is what makes a calendar, beside the published holidays.
type state struct {
	Years    map[int]Notice        `json:"years,omitempty"`
	Settings []calendar.Correction `json:"settings,omitempty"` // of the service that started last
}

// Book gives the calendars of one store. Its methods may be called from many
// goroutines; those with a transaction work in it.
type Book struct {
	loc       *time.Location
	published *calendar.Calendar
	settings  []calendar.Correction
	known     sync.Map // id → Edition
	last      atomic.Pointer[Edition]
}

// New makes a Book for a place, with the days that the settings name.
func New(loc *time.Location, settings []calendar.Correction) *Book {
	b := &Book{loc: loc, published: calendar.New(loc, nil), settings: settings}
	first := Edition{Calendar: b.calendar(state{Settings: settings})}
	b.known.Store(first.ID, first)
	b.last.Store(&first)
	return b
}

func (b *Book) calendar(s state) *calendar.Calendar {
	var all []calendar.Correction
	for _, year := range slices.Sorted(maps.Keys(s.Years)) {
		all = append(all, s.Years[year].Days...)
	}
	return calendar.New(b.loc, append(all, s.Settings...))
}

// Location is where all the calendars' days begin and end.
func (b *Book) Location() *time.Location { return b.loc }

// Last is the calendar that was in force when the store was last asked: good for
// words, not for what is kept.
func (b *Book) Last() Edition { return *b.last.Load() }

// Now is the calendar in force.
func (b *Book) Now(r store.Reader) (Edition, error) {
	id, _, err := r.Get(bucket, inForce)
	if err != nil {
		return Edition{}, err
	}
	e, err := b.Edition(r, string(id))
	if err == nil && e.ID != b.Last().ID {
		b.last.Store(&e)
	}
	return e, err
}

// Edition is the calendar with that id.
func (b *Book) Edition(r store.Reader, id string) (Edition, error) {
	if e, ok := b.known.Load(id); ok {
		return e.(Edition), nil
	}
	s, err := load(r, id)
	if err != nil {
		return Edition{}, err
	}
	e := Edition{b.calendar(s), id}
	b.known.Store(id, e)
	return e, nil
}

// load reads a state.
func load(r store.Reader, id string) (s state, err error) {
	raw, ok, err := r.Get(bucket, id)
	switch {
	case err != nil:
		return s, err
	case !ok:
		return s, fmt.Errorf("%w: calendar %s is missing", store.ErrDamaged, id)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("%w: calendar %s: %w", store.ErrDamaged, id, err)
	}
	return s, nil
}

// current is the state in force, with a map of its own.
func (b *Book) current(r store.Reader) (state, error) {
	s := state{Settings: b.settings}
	id, ok, err := r.Get(bucket, inForce)
	if err == nil && ok {
		s, err = load(r, string(id))
	}
	if s.Years == nil {
		s.Years = map[int]Notice{}
	}
	return s, err
}

// put brings a state into force. Its id is made of its content, so that what was read
// of a transaction that came to nothing is still true of the id.
func (b *Book) put(tx *store.Tx, s state, by, what string, entry any) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("calendar: %w", err)
	}
	sum := sha256.Sum256(raw)
	id := hex.EncodeToString(sum[:8])
	_, err = audit.Append(tx, chain, by, what, entry)
	return errors.Join(err, tx.Put(bucket, id, raw), tx.Put(bucket, inForce, []byte(id)))
}

// Adopt makes the settings' days those of the store, for all its instances. A
// service does so when it starts.
func (b *Book) Adopt(tx *store.Tx, by string) error {
	s, err := b.current(tx)
	if err != nil {
		return err
	}
	_, entered, err := tx.Get(bucket, inForce)
	if err != nil || slices.Equal(s.Settings, b.settings) && (entered || len(b.settings) == 0) {
		return err
	}
	s.Settings = b.settings
	return b.put(tx, s, by, "settings", b.settings)
}

// Change is what a notice changes of the calendar in force.
type Change struct {
	Reading
	Fresh     bool                  // nothing was known of the year
	Known     bool                  // the year's holidays are then known
	Missing   []string              // holidays of every year that are then not among its days
	Changed   []Day                 // what is then known of them is not what it was
	Overruled []calendar.Correction // what the settings, which win, say of the notice's days
}

// Day is a day of which something else is known.
type Day struct {
	Date        calendar.Date
	Was, Worked bool // a working day, before and then
}

// Empty reports that nothing changes.
func (c Change) Empty() bool { return len(c.Changed) == 0 }

// Compare says what Enter would change.
func (b *Book) Compare(r store.Reader, rd Reading) (Change, error) {
	_, c, err := b.entered(r, rd, Notice{})
	return c, err
}

// Enter makes what was read the year's notice. A reading that names the whole year's
// holidays replaces the one before, another is laid over it. What changes nothing
// leaves everything as it is. By is kept in the history.
func (b *Book) Enter(tx *store.Tx, rd Reading, by string) (Change, error) {
	s, c, err := b.entered(tx, rd, Notice{At: tx.Now(), By: by})
	if err != nil || c.Empty() {
		return c, err
	}
	return c, b.put(tx, s, by, "enter", rd)
}

// entered is the state in force with the reading as a notice of its year.
func (b *Book) entered(r store.Reader, rd Reading, n Notice) (state, Change, error) {
	s, err := b.current(r)
	if err != nil {
		return s, Change{}, err
	}
	n.Before = s.Years[rd.Year].Days
	n.Days = rd.Days
	if !rd.whole() {
		n.Days = laidOver(n.Before, rd.Days)
	}
	c, err := b.change(r, &s, rd, n)
	return s, c, err
}

// laidOver joins two lists of days by date; the second wins.
func laidOver(under, over []calendar.Correction) []calendar.Correction {
	return slices.SortedFunc(maps.Values(byDate(slices.Concat(under, over))), func(a, b calendar.Correction) int { return a.Date.Compare(b.Date) })
}

// change puts the notice into the state, and says what that changes.
func (b *Book) change(r store.Reader, s *state, rd Reading, n Notice) (Change, error) {
	now, err := b.Now(r)
	if err != nil {
		return Change{}, err
	}
	s.Years[rd.Year] = n
	next := b.calendar(*s)
	from, to := span(rd.Year)
	before, after := byDate(now.Listed(from, to)), byDate(next.Listed(from, to))
	c := Change{Reading: rd, Fresh: len(now.Listed(from.AddDays(31), to)) == 0, Known: next.Known(rd.Year), Missing: missing(next.Listed(from, to))}
	for d := from; !d.After(to); d = d.AddDays(1) {
		if before[d] != after[d] {
			c.Changed = append(c.Changed, Day{d, now.Workday(d), next.Workday(d)})
		}
	}
	for _, k := range rd.Days {
		if got := after[k.Date]; got.Off != k.Off {
			c.Overruled = append(c.Overruled, got)
		}
	}
	return c, nil
}

func byDate(list []calendar.Correction) map[calendar.Date]calendar.Correction {
	days := map[calendar.Date]calendar.Correction{}
	for _, k := range list {
		days[k.Date] = k
	}
	return days
}

// span is the first and the last day that a year's notice may name.
func span(year int) (from, to calendar.Date) {
	return calendar.Date{Y: year - 1, M: time.December, D: 1}, calendar.Date{Y: year, M: time.December, D: 31}
}

// Undo takes the year's notice back: what it replaced counts again; of no year that
// of the notice that was entered last. A second time brings it back. ErrNothing.
func (b *Book) Undo(tx *store.Tx, year int, by string) (Change, error) {
	s, err := b.current(tx)
	if err != nil {
		return Change{}, err
	}
	if year == 0 {
		for y, n := range s.Years {
			if n.At.After(s.Years[year].At) {
				year = y
			}
		}
	}
	n, ok := s.Years[year]
	if !ok {
		return Change{}, ErrNothing
	}
	rd := Reading{Year: year, Days: n.Before}
	c, err := b.change(tx, &s, rd, Notice{Days: n.Before, Before: n.Days, At: tx.Now(), By: by})
	if err != nil {
		return Change{}, err
	}
	return c, b.put(tx, s, by, "undo", rd)
}

// LastEntered is who entered or took back a notice last, and when. False: nobody.
func (b *Book) LastEntered(r store.Reader) (by string, at time.Time, ok bool, err error) {
	s, err := b.current(r)
	for _, n := range s.Years {
		if n.At.After(at) {
			by, at, ok = n.By, n.At, true
		}
	}
	return by, at, ok, err
}

// Year is what is known of a year's days.
type Year struct {
	Year      int
	Known     bool
	Published bool                  // with the program
	Days      []calendar.Correction // those that are listed, by date
	Notice    Notice                // zero: none was entered
	Settings  int                   // how many of the days the settings name
}

// Year looks a year up in the calendar in force.
func (b *Book) Year(r store.Reader, year int) (Year, error) {
	now, err := b.Now(r)
	if err != nil {
		return Year{}, err
	}
	s, err := b.current(r)
	first, last := calendar.Date{Y: year, M: time.January, D: 1}, calendar.Date{Y: year, M: time.December, D: 31}
	y := Year{
		Year: year, Known: now.Known(year), Published: b.published.Known(year), Days: now.Listed(first, last), Notice: s.Years[year],
	}
	y.Notice.At = y.Notice.At.In(b.loc)
	for _, k := range s.Settings {
		if k.Date.Y == year {
			y.Settings++
		}
	}
	return y, err
}
