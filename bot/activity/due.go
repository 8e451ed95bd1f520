package activity

import (
	"maps"
	"slices"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Message is what somebody is told at one time.
type Message struct {
	At        time.Time
	Volunteer VolunteerID    // empty: the organisers of Unit, or the office
	Name      string         // of the volunteer, for people: 张三（V12）
	Unit      string         // of the activity; of the first of several
	To        []chat.Address // the best place first; empty: nobody can be reached
	Text      string
}

// Due lists what Remind would say by the moment: of today what is still to come, of another
// day all that is planned on it up to then, if nothing happens to any activity. It changes
// nothing.
func (b *Board) Due(r store.Reader, at time.Time) ([]Message, error) {
	at = at.In(b.cal.Location())
	jobs, ended, err := b.due(r, at)
	if err != nil {
		return nil, err
	}
	for _, unit := range slices.Sorted(maps.Keys(ended)) {
		jobs = append(jobs, ended[unit]...)
	}
	var all []Message
	for _, j := range jobs {
		if day := b.cal.Day(at); b.cal.Day(b.now(r)) != day && b.cal.Day(j.At) != day {
			continue
		}
		some, err := b.messages(r, j)
		if err != nil {
			return nil, err
		}
		for i := range some {
			some[i].At = j.At
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(x, y Message) int { return x.At.Compare(y.At) })
	return all, nil
}

// messages lists what a job says.
func (b *Board) messages(r store.Reader, j job) ([]Message, error) {
	switch j.Kind {
	case jobNext:
		return nil, nil
	case jobEve, jobSoon, jobChange, jobCancel:
		return b.callMessages(r, j)
	}
	a, err := b.Get(r, j.Number)
	if err != nil {
		return nil, err
	}
	m := Message{Unit: a.Unit}
	if m.To, err = b.organisers(r, a.Unit); err != nil {
		return nil, err
	}
	if j.Kind == jobEnd {
		if !b.current(a, j) {
			return nil, nil
		}
		sum, err := b.summary(r, j.Number, j.At)
		m.Text = textEnded([]Summary{sum})
		return []Message{m}, err
	}
	s, _, err := b.Signup(r, j.Number, j.Volunteer)
	if err != nil || !s.disputed() {
		return nil, err
	}
	p, err := loadVolunteer(r, j.Volunteer)
	if err != nil {
		return nil, err
	}
	if j.Kind == jobLate {
		m.To, err = b.offices(r)
	}
	m.Text = b.textDispute(a, s, p, j.Kind)
	return []Message{m}, err
}

// callMessages lists what each of many people is told, and organisers of whom they must call
// up: without the telephone numbers.
func (b *Board) callMessages(r store.Reader, j job) (list []Message, err error) {
	calls, err := b.calls(r, j)
	if err != nil {
		return nil, err
	}
	missed := map[string][]*person{} // by unit
	for _, c := range calls {
		var at []Activity
		for _, n := range c.at {
			a, err := b.Get(r, n)
			if err != nil {
				return nil, err
			}
			at = append(at, a)
		}
		p, err := loadVolunteer(r, c.volunteer)
		if err != nil {
			return nil, err
		}
		m := Message{Volunteer: c.volunteer, Name: p.shown(), Unit: at[0].Unit, Text: b.words(j, at)}
		if m.To, err = b.reach(r, p); err != nil {
			return nil, err
		}
		list = append(list, m)
		for _, a := range at {
			if len(m.To) == 0 && p.Standing != StandingErased && j.Kind != jobSoon && !slices.Contains(missed[a.Unit], p) {
				missed[a.Unit] = append(missed[a.Unit], p)
			}
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(missed)) {
		m := Message{Unit: unit, Text: textCallsHead(j, len(missed[unit]))}
		for _, p := range missed[unit] {
			m.Text += "\n" + p.shown()
		}
		if m.To, err = b.organisers(r, unit); err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	return list, nil
}
