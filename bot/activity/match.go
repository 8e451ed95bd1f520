package activity

import (
	"cmp"
	"slices"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// Match is an activity that fits somebody.
type Match struct {
	Listing
	Reasons []string // for users: 需要书法，您有这项特长
	Score   int
}

// What a reason weighs.
const (
	scoreSkill   = 4 // for each skill
	scoreBrigade = 3
	scoreFree    = 2
)

// fit says why an activity fits a volunteer: skills that it wants, its brigade, the time.
// busy: it is at a time at which the volunteer said to have none.
func fit(a Activity, p *person) (reasons []string, score int, busy bool) {
	for _, want := range a.Skills {
		if hasSkill(p.Skills, want) {
			reasons, score = append(reasons, textSkill(want)), score+scoreSkill
		}
	}
	if a.Brigade != "" && zh.Fold(a.Brigade) == zh.Fold(p.Brigade) {
		reasons, score = append(reasons, textOwnBrigade(a.Brigade)), score+scoreBrigade
	}
	if len(p.Free) > 0 {
		if !covers(p.Free, a) {
			return reasons, score, true
		}
		reasons, score = append(reasons, textFree(a)), score+scoreFree
	}
	return reasons, score, false
}

// hasSkill compares skills as people write them.
func hasSkill(skills []string, want string) bool {
	return slices.ContainsFunc(skills, func(s string) bool { return zh.Fold(s) == zh.Fold(want) })
}

// covers reports whether one of the slots has all of the activity's time.
func covers(free []Slot, a Activity) bool {
	day := calendar.Of(a.Start)
	return slices.ContainsFunc(free, func(s Slot) bool {
		from, to := s.Time.From.On(day, a.Start.Location()), s.Time.To.On(day, a.Start.Location())
		return s.Day == a.Start.Weekday() && !a.Start.Before(from) && !a.End.After(to)
	})
}

// Recommend lists what the volunteer can still sign up for, what fits best first, then what
// is sooner. What has no place left, clashes with a sign-up or with the volunteer's time is
// left out. limit: at most so many; 0: no bound. ErrVolunteer.
func (b *Board) Recommend(r store.Reader, v VolunteerID, limit int) ([]Match, error) {
	p, err := loadVolunteer(r, v)
	if err != nil {
		return nil, err
	}
	mine, err := b.Mine(r, v, false)
	if err != nil {
		return nil, err
	}
	open, err := b.joinable(r, "")
	var list []Match
	for _, l := range open {
		reasons, score, busy := fit(l.Activity, p)
		clash := slices.ContainsFunc(mine, func(m Mine) bool {
			return m.Activity.State == StatePublished && m.Activity.Start.Before(l.End) && l.Start.Before(m.Activity.End)
		})
		if busy || clash || score == 0 || l.Free() == 0 || !l.Public && !p.member() {
			continue
		}
		list = append(list, Match{l, reasons, score})
	}
	slices.SortStableFunc(list, func(x, y Match) int { return cmp.Compare(y.Score, x.Score) })
	if limit > 0 && len(list) > limit {
		list = list[:limit]
	}
	return list, err
}

// joinable lists what people can sign up for at the moment, by its start.
func (b *Board) joinable(r store.Reader, unit string) ([]Listing, error) {
	now := b.now(r)
	list, err := b.List(r, Query{Unit: unit})
	return slices.DeleteFunc(list, func(l Listing) bool {
		from, to := l.SignWindow()
		return now.Before(from) || !now.Before(to)
	}), err
}

// Demand is an activity that lacks people.
type Demand struct {
	Listing
	Candidates []VolunteerID // who is not on its list and would fit, the best first
	Missing    []string      // skills that nobody with a place has
}

// Demands lists what is open and has places or lacks skills, of a unit, of all if it is
// empty, by its start: the organiser's unmatched demand.
func (b *Board) Demands(r store.Reader, unit string) ([]Demand, error) {
	open, err := b.joinable(r, unit)
	if err != nil || len(open) == 0 {
		return nil, err
	}
	people, err := b.people(r)
	if err != nil {
		return nil, err
	}
	var list []Demand
	for _, l := range open {
		d := Demand{Listing: l, Missing: slices.Clone(l.Skills)}
		on := map[VolunteerID]bool{}
		err := eachSignup(r, l.Number, func(s Signup) error {
			if s.Listed() || s.State == SignWaiting {
				on[s.Volunteer] = true
			}
			if p := people[s.Volunteer]; s.Listed() && p != nil {
				d.Missing = slices.DeleteFunc(d.Missing, func(want string) bool { return hasSkill(p.Skills, want) })
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if l.Free() == 0 && len(d.Missing) == 0 {
			continue
		}
		d.Candidates = candidates(l.Activity, people, on)
		list = append(list, d)
	}
	return list, nil
}

func candidates(a Activity, people map[VolunteerID]*person, on map[VolunteerID]bool) (list []VolunteerID) {
	scores := map[VolunteerID]int{}
	for v, p := range people {
		_, score, busy := fit(a, p)
		if score > 0 && !busy && !on[v] && (a.Public || p.member()) {
			scores[v] = score
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(x, y VolunteerID) int {
		return cmp.Or(cmp.Compare(scores[y], scores[x]), cmp.Compare(x.number(), y.number()))
	})
	return list
}

// people loads the volunteers who are confirmed.
func (b *Board) people(r store.Reader) (map[VolunteerID]*person, error) {
	people := map[VolunteerID]*person{}
	err := r.Scan(bucketStanding, store.Range{Prefix: string(StandingConfirmed) + sep}, func(key string, _ []byte) error {
		p, err := loadVolunteer(r, volunteerIn(key))
		people[p.ID] = p
		return err
	})
	return people, err
}
