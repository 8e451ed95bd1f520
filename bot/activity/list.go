package activity

import (
	"cmp"
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Listing is an activity with its numbers.
type Listing struct {
	Activity
	Taken   int // places taken
	Waiting int
}

// Free is how many places are left; -1: no bound.
func (l Listing) Free() int {
	if l.Capacity == 0 {
		return -1
	}
	return max(0, l.Capacity-l.Taken)
}

// Listing returns an activity with its numbers. ErrNotFound.
func (b *Board) Listing(r store.Reader, n Number) (Listing, error) {
	a, err := b.Get(r, n)
	if err != nil {
		return Listing{}, err
	}
	return b.listing(r, a)
}

func (b *Board) listing(r store.Reader, a Activity) (Listing, error) {
	t, _, err := get[tally](r, bucketTally, a.Number.digits())
	return Listing{a, t.Taken, t.Waiting}, err
}

// Query picks activities. The zero value is all that are published and not over.
type Query struct {
	Unit   string
	Series bool          // series themselves, instead of what comes of them
	States []State       // any of them, StateOver too; none: StatePublished, those that are not over
	From   calendar.Date // of the start
	To     calendar.Date // of the start; zero: no bound
	Limit  int           // at most so many; 0: no bound
}

// List returns activities by their start, then their number.
func (b *Board) List(r store.Reader, q Query) ([]Listing, error) {
	now := b.now(r)
	states := q.States
	if len(states) == 0 {
		states = []State{StatePublished}
	}
	stored := map[State]bool{}
	for _, s := range states {
		if s == StateOver {
			s = StatePublished
		}
		stored[s] = true
	}
	var from, to time.Time
	if !q.From.IsZero() {
		from = q.From.At(0, 0, b.cal.Location())
	}
	if !slices.Contains(states, StateOver) && !q.Series {
		// Nothing takes longer: what began before is over.
		if len(stored) == 1 && stored[StatePublished] {
			from = later(from, now.AddDate(0, 0, -maxDays-1))
		}
	}
	if !q.To.IsZero() {
		to = q.To.AddDays(1).At(0, 0, b.cal.Location())
	}
	var list []Listing
	bucket, head := bucketStart, ""
	if q.Unit != "" {
		bucket, head = bucketUnit, q.Unit+sep
	}
	for _, s := range []State{StateDraft, StatePublished, StateCancelled, StateArchived} {
		if !stored[s] {
			continue
		}
		err := b.eachKey(r, bucket, head+string(s)+sep, from, to, func(a Activity) error {
			if a.Series.IsZero() == q.Series || !slices.Contains(states, a.StateAt(now)) {
				return nil
			}
			l, err := b.listing(r, a)
			list = append(list, l)
			if err == nil && len(stored) == 1 && len(list) == q.Limit {
				err = store.ErrStop
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(list, func(x, y Listing) int {
		return cmp.Or(x.Start.Compare(y.Start), cmp.Compare(x.Number, y.Number))
	})
	if q.Limit > 0 && len(list) > q.Limit {
		list = list[:q.Limit]
	}
	return list, nil
}

// eachStart calls fn with the activities of the states that begin in [from, to), by state.
func (b *Board) eachStart(r store.Reader, states []State, from, to time.Time, fn func(Activity) error) error {
	for _, s := range states {
		if err := b.eachKey(r, bucketStart, string(s)+sep, from, to, fn); err != nil {
			return err
		}
	}
	return nil
}

func (b *Board) eachKey(r store.Reader, bucket, prefix string, from, to time.Time, fn func(Activity) error) error {
	rg := store.Range{Prefix: prefix}
	if !from.IsZero() {
		rg.From = prefix + from.UTC().Format(sortable)
	}
	if !to.IsZero() {
		rg.To = prefix + to.UTC().Format(sortable)
	}
	return r.Scan(bucket, rg, func(key string, _ []byte) error {
		a, err := b.Get(r, numberIn(key))
		if err != nil {
			return err
		}
		return fn(a)
	})
}

// eachMine calls fn with every sign-up that the volunteer ever made, under whatever number.
func (b *Board) eachMine(r store.Reader, v VolunteerID, fn func(Activity, Signup) error) error {
	all, err := ids(r, v)
	if err != nil {
		return err
	}
	for _, v := range all {
		err := r.Scan(bucketMine, store.Range{Prefix: v.digits() + sep}, func(key string, _ []byte) error {
			a, err := b.Get(r, numberIn(key))
			if err != nil {
				return err
			}
			s, _, err := loadSignup(r, a.Number, v)
			if err != nil {
				return err
			}
			return fn(a, s)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// Mine is one of a volunteer's sign-ups.
type Mine struct {
	Activity Activity
	Signup   Signup
	Position int // on the waiting list
}

// Mine lists a volunteer's sign-ups: those to come by their start, then what is over or
// cancelled, the latest first. all: also what was left.
func (b *Board) Mine(r store.Reader, v VolunteerID, all bool) (list []Mine, err error) {
	now := b.now(r)
	err = b.eachMine(r, v, func(a Activity, s Signup) error {
		if !all && (s.State == SignLeft || s.State == SignRemoved) {
			return nil
		}
		at, err := b.Position(r, s)
		list = append(list, Mine{a, s, at})
		return err
	})
	coming := func(m Mine) bool { return m.Activity.StateAt(now) == StatePublished }
	slices.SortStableFunc(list, func(x, y Mine) int {
		switch c := x.Activity.Start.Compare(y.Activity.Start); {
		case coming(x) != coming(y) && coming(x):
			return -1
		case coming(x) != coming(y):
			return 1
		case coming(x):
			return c
		default:
			return -c
		}
	})
	return list, err
}

// Entry is a line of an activity's list.
type Entry struct {
	Signup    Signup
	Volunteer Volunteer
	In, Out   *Record // what stands
	Service   Service
	Position  int  // on the waiting list
	Reached   bool // we can write to the volunteer; else somebody has to call
}

// rollOrder puts those with a place first, then walk-ins, then those who wait.
var rollOrder = []SignState{SignJoined, SignWalkIn, SignWaiting, SignLeft, SignRemoved}

// Roll lists who is on an activity's list: those with a place in their order, then walk-ins,
// then those who wait; with gone also who left. An organiser may. ErrNotFound, ErrForbidden.
func (b *Board) Roll(r store.Reader, n Number, gone bool, by Actor) ([]Entry, error) {
	a, err := b.Get(r, n)
	if err != nil {
		return nil, err
	}
	if !by.Runs(a.Unit) {
		return nil, ErrForbidden
	}
	return b.roll(r, a, gone)
}

func (b *Board) roll(r store.Reader, a Activity, gone bool) (list []Entry, err error) {
	err = eachSignup(r, a.Number, func(s Signup) error {
		if !gone && (s.State == SignLeft || s.State == SignRemoved) {
			return nil
		}
		p, err := loadVolunteer(r, s.Volunteer)
		if err != nil {
			return err
		}
		e := Entry{Signup: s, Service: Tally(a, s)}
		if e.Volunteer, err = b.show(p); err != nil {
			return err
		}
		e.Volunteer = e.Volunteer.as(s.Volunteer)
		to, err := b.reach(r, p)
		e.Reached = len(to) > 0
		if in, ok := s.Standing(ActIn); ok {
			e.In = &in
		}
		if out, ok := s.Standing(ActOut); ok {
			e.Out = &out
		}
		list = append(list, e)
		return err
	})
	slices.SortStableFunc(list, func(x, y Entry) int {
		return cmp.Or(cmp.Compare(slices.Index(rollOrder, x.Signup.State), slices.Index(rollOrder, y.Signup.State)), cmp.Compare(x.Signup.Seq, y.Signup.Seq))
	})
	waiting := 0
	for i := range list {
		if list[i].Signup.State == SignWaiting {
			waiting++
			list[i].Position = waiting
		}
	}
	return list, err
}

// Summary is where an activity stands, for its organiser.
type Summary struct {
	Listing
	In, Out   int // checked in, of them checked out
	WalkIns   int
	Absent    int // with a place, and not checked in
	Doubt     int // 待核实, once it is over
	Pending   int // outsiders to be confirmed
	Disputes  int
	Unreached int // cannot be written to
}

// Summary counts the list. ErrNotFound.
func (b *Board) Summary(r store.Reader, n Number) (Summary, error) {
	return b.summary(r, n, b.now(r))
}

func (b *Board) summary(r store.Reader, n Number, now time.Time) (Summary, error) {
	l, err := b.Listing(r, n)
	if err != nil {
		return Summary{}, err
	}
	list, err := b.roll(r, l.Activity, false)
	return l.Sum(list, now), err
}

// Sum counts the list of the activity, as Roll gives it.
func (l Listing) Sum(list []Entry, now time.Time) Summary {
	s := Summary{Listing: l}
	over := l.past(now)
	for _, e := range list {
		if !e.Signup.on() {
			continue
		}
		s.In += count(e.In != nil)
		s.Out += count(e.Out != nil)
		s.WalkIns += count(e.Signup.State == SignWalkIn)
		s.Absent += count(e.In == nil && e.Signup.State == SignJoined)
		s.Doubt += count(over && e.Service.Doubt != DoubtNone)
		s.Pending += count(e.Volunteer.Standing == StandingPending)
		s.Disputes += count(e.Signup.disputed())
		s.Unreached += count(!e.Reached && e.Signup.State != SignWalkIn)
	}
	return s
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}
