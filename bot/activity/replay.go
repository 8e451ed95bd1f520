package activity

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"xietiao/bot/audit"
)

// Replay is an activity's sign-ups with all their records as its history left them, by the
// numbers of the volunteers. It needs nothing but the entries, and any number of them from
// the first on will do. An error: they are no such history.
func Replay(loc *time.Location, n Number, entries []audit.Entry) ([]Signup, error) {
	list := map[VolunteerID]*Signup{}
	for _, e := range entries {
		var ev Event
		if err := json.Unmarshal(e.Data, &ev); err != nil {
			return nil, fmt.Errorf("activity: replay %s: entry %d: %w", n, e.Seq, err)
		}
		if ev.Volunteer == "" {
			continue // of the activity itself
		}
		s := list[ev.Volunteer]
		if s == nil {
			s = &Signup{Activity: n, Volunteer: ev.Volunteer}
			list[ev.Volunteer] = s
		}
		if err := s.replay(ev, Mark{e.At.In(loc), e.By}); err != nil {
			return nil, fmt.Errorf("activity: replay %s: entry %d: %w", n, e.Seq, err)
		}
	}
	out := make([]Signup, 0, len(list))
	for _, v := range slices.SortedFunc(maps.Keys(list), func(a, b VolunteerID) int { return cmp.Compare(a.number(), b.number()) }) {
		out = append(out, *list[v])
	}
	return out, nil
}

func (s *Signup) replay(e Event, m Mark) error {
	switch e.Do {
	case DoJoin:
		s.State, s.Seq, s.Signed, s.Placed, s.Gone, s.Why = e.State, e.Seq, m, Mark{}, Mark{}, e.Why
		if s.State == SignJoined {
			s.Placed = m
		}
	case DoPromote:
		s.State, s.Placed = e.State, m
	case DoLeave, DoRemove:
		s.State, s.Gone, s.Why = e.State, m, e.Why
	case DoWalkIn:
		if s.State != SignWaiting {
			s.Seq, s.Signed, s.Gone, s.Why = e.Seq, m, Mark{}, ""
		}
		s.State = e.State
	case DoRecord:
		if e.Record == nil || e.Record.No != len(s.Records)+1 {
			return ErrDiffers
		}
		s.Records = append(s.Records, *e.Record)
	case DoDispute:
		s.Dispute = &Dispute{Text: e.Why, Raised: m, Due: e.Due}
	case DoDecide:
		if s.Dispute == nil {
			return ErrDiffers
		}
		s.Dispute.Decided, s.Dispute.Granted, s.Dispute.Why = m, e.Granted, e.Why
	default:
		return fmt.Errorf("%w: %s", ErrDiffers, e.Do)
	}
	return nil
}
