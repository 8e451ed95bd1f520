package activity

import (
	"cmp"
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Rule says how minutes follow from records. What is zero is as in DefaultRule.
type Rule struct {
	Round int   `json:"round,omitempty"` // minutes are rounded down to a multiple of it
	Least int   `json:"least,omitempty"` // below this percentage of the planned time nothing counts
	Slack int   `json:"slack,omitempty"` // minutes after the planned end that still count
	Count Count `json:"count,omitempty"` // where nobody checks out
}

// DefaultRule is what a Rule is where it says nothing.
var DefaultRule = Rule{Round: 1, Slack: 30, Count: CountPlanned}

func (r Rule) orDefault() Rule {
	d := DefaultRule
	return Rule{cmp.Or(r.Round, d.Round), r.Least, cmp.Or(r.Slack, d.Slack), cmp.Or(r.Count, d.Count)}
}

func (r Rule) valid() bool {
	r = r.orDefault()
	return r.Round >= 1 && r.Round <= 240 && r.Least >= 0 && r.Least <= 100 && r.Slack >= 0 && r.Slack <= 240 &&
		(r.Count == CountPlanned || r.Count == CountFromIn)
}

// Count is what counts where nobody checks out.
type Count string

// The counts.
const (
	CountPlanned Count = "planned" // the planned time, for everybody who came
	CountFromIn  Count = "from-in" // from the check-in to the planned end
)

// Doubt says why minutes wait for an organiser.
type Doubt string

// The doubts.
const (
	DoubtNone  Doubt = ""
	DoubtNoOut Doubt = "no-out" // nobody checked out: the planned end is taken
	DoubtMock  Doubt = "mock"   // the phone said that its location was made up
)

// Service is what somebody did at an activity. All of it follows from the activity and the
// sign-up's records.
type Service struct {
	Activity  Number
	Volunteer VolunteerID
	From, To  time.Time // what counts; zero: nothing was recorded
	Minutes   int       // of it, by the rule; of one in doubt, what it would be
	Doubt     Doubt     // it waits for an organiser, and is in no total
	Corrected bool      // an organiser set the minutes
	Overlap   int       // minutes left out, as another activity has them: see Union
}

// settled are the minutes that count.
func (s Service) settled() int {
	if s.Doubt != DoubtNone {
		return 0
	}
	return s.Minutes
}

// most is how many minutes an activity can give anybody.
func (a Activity) most() int {
	if a.CheckOut {
		return a.Planned() + a.Rule.orDefault().Slack
	}
	return a.Planned()
}

// Tally is the service that the records say: from the check-in, not before the start, to
// the check-out, not later than the slack after the end; where nobody checks out, by
// Rule.Count. A check-out that is missing is the planned end, in doubt. Minutes are rounded
// down, and nothing where they are less than the least share. What an organiser has set
// goes before all that. A cancelled activity gives nothing.
func Tally(a Activity, s Signup) Service {
	out := Service{Activity: a.Number, Volunteer: s.Volunteer}
	in, isIn := s.standing(ActIn)
	set, isSet := s.standing(ActCorrect)
	switch {
	case a.Off():
		return out
	case isSet:
		out.From, out.Minutes, out.Corrected = a.Start, max(0, min(set.Minutes, a.most())), true
		if isIn {
			out.From = later(in.At, a.Start)
		}
		out.To = out.From.Add(minutes(out.Minutes))
		return out
	case !isIn:
		return out
	}
	out.count(a, s, *in)
	out.Minutes = a.minutes(out.To.Sub(out.From))
	if ok, is := s.standing(ActAccept); is && ok.No > in.No {
		if last, isOut := s.standing(ActOut); !isOut || ok.No > last.No {
			out.Doubt = DoubtNone
		}
	}
	return out
}

// count finds what counts of somebody's time, and whether it is sure.
func (v *Service) count(a Activity, s Signup, in Record) {
	rule := a.Rule.orDefault()
	v.From, v.To = later(in.At, a.Start), a.End
	last, isOut := s.standing(ActOut)
	switch {
	case a.CheckOut && isOut && !last.At.Before(in.At):
		v.To = earlier(last.At, a.End.Add(minutes(rule.Slack)))
	case a.CheckOut:
		v.Doubt, isOut = DoubtNoOut, false
	case rule.Count == CountPlanned:
		v.From, isOut = a.Start, false
	}
	v.To = later(v.To, v.From)
	if in.Claim != nil && in.Claim.Mock || isOut && last.Claim != nil && last.Claim.Mock {
		v.Doubt = DoubtMock
	}
}

// minutes rounds by the rule.
func (a Activity) minutes(d time.Duration) int {
	rule := a.Rule.orDefault()
	n := int(d/time.Minute) / rule.Round * rule.Round
	if n*100 < rule.Least*a.Planned() {
		return 0
	}
	return n
}

// Union counts what overlaps once: what begins earlier has it, then what has the lower
// number. Services in doubt count nothing and take nothing. The order is kept.
func Union(list []Service) []Service {
	out := slices.Clone(list)
	order := make([]*Service, 0, len(out))
	for i := range out {
		if out[i].settled() > 0 {
			order = append(order, &out[i])
		}
	}
	slices.SortFunc(order, func(a, b *Service) int {
		return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Activity, b.Activity), cmp.Compare(a.Volunteer.number(), b.Volunteer.number()))
	})
	var end time.Time // of all that was counted before
	for _, s := range order {
		if over := earlier(end, s.To).Sub(s.From); over > 0 {
			s.Overlap = min(s.Minutes, int((over+time.Minute-1)/time.Minute))
			s.Minutes -= s.Overlap
		}
		end = later(end, s.To)
	}
	return out
}

// Correct sets the minutes, with a reason, as a new record; the volunteer is told. An
// organiser may, until the activity is archived. A *Refusal: WhyReason, WhyLong, WhyMinutes,
// WhyNotListed, WhyRunning, WhyArchived.
func (b *Board) Correct(tx *store.Tx, n Number, v VolunteerID, to int, why string, by Actor) (Service, error) {
	a, s, refused, err := b.mend(tx, n, v, why, by)
	if refused != nil || err != nil {
		return Service{}, cmp.Or[error](err, refused)
	}
	return b.correct(tx, a, s, to, why, by)
}

// correctable refuses minutes that cannot be set.
func (a Activity) correctable(to int, now time.Time) *Refusal {
	switch {
	case a.StateAt(now) != StateOver:
		return a.refuse(WhyRunning)
	case to < 0 || to > a.most():
		r := a.refuse(WhyMinutes)
		r.Most = a.most()
		return r
	}
	return nil
}

func (b *Board) correct(tx *store.Tx, a Activity, s Signup, to int, why string, by Actor) (Service, error) {
	if refused := a.correctable(to, b.now(tx)); refused != nil {
		return Service{}, refused
	}
	done, err := b.record(tx, s, Record{Act: ActCorrect, At: b.now(tx), Minutes: to, Why: why}, by)
	if err != nil {
		return Service{}, err
	}
	return Tally(a, done.Signup), b.tellCorrected(tx, a, done.Signup)
}

// Accept takes what is in doubt as it stands, as a new record. An organiser may. A *Refusal:
// WhyNothing, WhyRunning, WhyArchived.
func (b *Board) Accept(tx *store.Tx, n Number, v VolunteerID, by Actor) (Service, error) {
	a, s, refused, err := b.mend(tx, n, v, textAccept, by)
	switch {
	case refused != nil || err != nil:
	case a.StateAt(b.now(tx)) != StateOver:
		refused = a.refuse(WhyRunning)
	case Tally(a, s).Doubt == DoubtNone:
		refused = a.refuse(WhyNothing)
	}
	if refused != nil || err != nil {
		return Service{}, cmp.Or[error](err, refused)
	}
	done, err := b.record(tx, s, Record{Act: ActAccept, At: b.now(tx)}, by)
	return Tally(a, done.Signup), err
}

// Stint is one activity among somebody's hours.
type Stint struct {
	Service
	Title    string
	Unit     string
	Disputed bool // a dispute is open
}

// Hours are somebody's service.
type Hours struct {
	Stints  []Stint // the latest last
	Minutes int     // settled, what overlaps once
	Doubt   int     // stints that wait for an organiser
}

// HoursOf lists a volunteer's service at what is over, of a year, of all years if it is 0:
// 我的时长.
func (b *Board) HoursOf(r store.Reader, v VolunteerID, year int) (Hours, error) {
	var list []Service
	var stints []Stint
	err := b.eachMine(r, v, func(a Activity, s Signup) error {
		if in := Tally(a, s); a.past(b.now(r)) && !in.From.IsZero() {
			list = append(list, in)
			stints = append(stints, Stint{Title: a.Title, Unit: a.Unit, Disputed: s.disputed()})
		}
		return nil
	})
	if err != nil {
		return Hours{}, err
	}
	var h Hours
	for i, s := range Union(list) {
		if stints[i].Service = s; year == 0 || s.From.In(b.cal.Location()).Year() == year {
			h.Stints = append(h.Stints, stints[i])
			h.Minutes += s.settled()
			if s.Doubt != DoubtNone {
				h.Doubt++
			}
		}
	}
	slices.SortStableFunc(h.Stints, func(a, b Stint) int { return a.From.Compare(b.From) })
	return h, nil
}

// past reports whether the activity's hours are to be seen.
func (a Activity) past(now time.Time) bool {
	s := a.StateAt(now)
	return !a.Off() && (s == StateOver || s == StateArchived)
}

// Total is the service of a brigade, a unit, or all.
type Total struct {
	Name       string // empty: without one, or all
	Volunteers int
	Activities int
	Minutes    int
}

// Held is an activity that has taken place, and what came of it.
type Held struct {
	Activity
	Came    int // whose service is recorded
	Doubt   int // of them those that wait for an organiser
	Minutes int // settled
}

// Year is what a year's activities came to. What overlaps counts once, and what is in
// doubt in no minutes.
type Year struct {
	All       Total
	Brigades  []Total // of the volunteers, by their names
	Units     []Total // of the activities, by their names
	Held      []Held  // by start, then number
	Cancelled int
}

// Year sums a year's service, and lists what was held in it.
func (b *Board) Year(r store.Reader, year int) (y Year, err error) {
	loc := b.cal.Location()
	held := map[Number]*Held{}
	from, to := time.Date(year, 1, 1, 0, 0, 0, 0, loc), time.Date(year+1, 1, 1, 0, 0, 0, 0, loc)
	err = b.eachStart(r, []State{StatePublished, StateCancelled, StateArchived}, from, to, func(a Activity) error {
		switch {
		case !a.Series.IsZero():
		case a.Off():
			y.Cancelled++
		case a.past(b.now(r)):
			held[a.Number] = &Held{Activity: a}
		}
		return nil
	})
	if err != nil {
		return Year{}, err
	}
	type came struct {
		at  Number
		who VolunteerID
	}
	seen := map[came]bool{}
	all, byBrigade, byUnit := sums{}, sums{}, sums{}
	err = b.eachService(r, calendar.Date{Y: year, M: time.January, D: 1}, calendar.Date{Y: year, M: time.December, D: 31}, func(a Activity, p *person, s Service) error {
		h := held[a.Number]
		if h == nil { // it began the year before
			h = &Held{Activity: a}
			held[a.Number] = h
		}
		s.Volunteer = p.ID // whatever number it was recorded under
		if who := (came{a.Number, p.ID}); !seen[who] {
			seen[who] = true
			h.Came++
		}
		h.Minutes += s.settled()
		h.Doubt += count(s.Doubt != DoubtNone)
		if s.settled() > 0 {
			all.add("", s)
			byBrigade.add(p.Brigade, s)
			byUnit.add(a.Unit, s)
		}
		return nil
	})
	if list := all.list(); len(list) > 0 {
		y.All = list[0]
	}
	y.Brigades, y.Units = byBrigade.list(), byUnit.list()
	for _, h := range held {
		y.Held = append(y.Held, *h)
	}
	slices.SortFunc(y.Held, func(a, b Held) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Number, b.Number)) })
	return y, err
}

// eachService calls fn with every service that begins on one of the days, by activity and then
// by volunteer.
func (b *Board) eachService(r store.Reader, first, last calendar.Date, fn func(Activity, *person, Service) error) error {
	loc := b.cal.Location()
	from, to := first.At(0, 0, loc), last.AddDays(1).At(0, 0, loc)
	activities := map[Number]Activity{}
	people := map[VolunteerID]*person{}
	services := map[VolunteerID][]Service{}
	var order []Number
	// What begins before may overlap.
	err := b.eachStart(r, []State{StatePublished, StateArchived}, from.AddDate(0, 0, -maxDays), to, func(a Activity) error {
		if !a.past(b.now(r)) {
			return nil
		}
		activities[a.Number] = a
		order = append(order, a.Number)
		return eachSignup(r, a.Number, func(s Signup) error {
			if v := Tally(a, s); !v.From.IsZero() {
				if people[s.Volunteer] == nil {
					p, err := loadVolunteer(r, s.Volunteer)
					if err != nil {
						return err
					}
					people[s.Volunteer] = p
				}
				who := people[s.Volunteer].ID
				services[who] = append(services[who], v)
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	at := map[Number][]Service{}
	for _, list := range services {
		for _, s := range Union(list) {
			at[s.Activity] = append(at[s.Activity], s)
		}
	}
	for _, n := range order {
		slices.SortFunc(at[n], func(a, b Service) int { return cmp.Compare(a.Volunteer.number(), b.Volunteer.number()) })
		for _, s := range at[n] {
			if s.From.Before(from) || !s.From.Before(to) {
				continue
			}
			if err := fn(activities[n], people[s.Volunteer], s); err != nil {
				return err
			}
		}
	}
	return nil
}

// sums adds up services by a name.
type sums map[string]*sum

type sum struct {
	minutes    int
	volunteers map[VolunteerID]bool
	activities map[Number]bool
}

func (m sums) add(name string, s Service) {
	if m[name] == nil {
		m[name] = &sum{volunteers: map[VolunteerID]bool{}, activities: map[Number]bool{}}
	}
	m[name].minutes += s.settled()
	m[name].volunteers[s.Volunteer], m[name].activities[s.Activity] = true, true
}

func (m sums) list() (all []Total) {
	for name, s := range m {
		all = append(all, Total{name, len(s.volunteers), len(s.activities), s.minutes})
	}
	slices.SortFunc(all, func(a, b Total) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
