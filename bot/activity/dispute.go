package activity

import (
	"cmp"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Dispute is a volunteer's word against a record, and the organiser's answer.
type Dispute struct {
	Text    string        `json:"text"`
	Raised  Mark          `json:"raised"`
	Due     calendar.Date `json:"due"` // the organiser's last day
	Decided Mark          `json:"decided,omitzero"`
	Granted bool          `json:"granted,omitempty"`
	Why     string        `json:"why,omitempty"` // the decision's reason
}

func disputeKey(s Signup) string {
	return s.Dispute.Due.String() + sep + signupKey(s.Activity, s.Volunteer)
}

// Dispute raises a dispute about one's own hours; the organiser has to decide, is told at
// once and on the last day, and the office after it. A *Refusal: WhyReason, WhyLong,
// WhyNotListed, WhyOpenDispute, WhyRunning (before the start), WhyCancelled, WhyArchived.
func (b *Board) Dispute(tx *store.Tx, n Number, v VolunteerID, text string, by Actor) (Signup, error) {
	rec, err := b.load(tx, n)
	if err != nil {
		return Signup{}, err
	}
	if !by.is(v) && !by.Runs(rec.Unit) {
		return Signup{}, ErrForbidden
	}
	s, ok, err := b.Signup(tx, n, v)
	if err != nil {
		return s, err
	}
	now := b.now(tx)
	refused := rec.words(text)
	switch {
	case !ok:
		refused = rec.refuse(WhyNotListed)
	case rec.State != StatePublished:
		refused = rec.refuse(whyState[rec.State])
	case now.Before(rec.Start):
		refused = rec.refuse(WhyRunning)
	case s.disputed():
		refused = rec.refuse(WhyOpenDispute)
		refused.Until = b.rules.Hours.To.On(s.Dispute.Due, b.cal.Location())
	}
	if refused != nil {
		return s, refused
	}
	worked, err := b.book.Now(tx)
	if err != nil {
		return s, err
	}
	s.Dispute = &Dispute{Text: strings.TrimSpace(text), Raised: Mark{now, by.name()}, Due: worked.AddWorkdays(b.cal.Day(now), b.rules.Decide)}
	if err := b.note(tx, n, by, Event{Do: DoDispute, Volunteer: s.Volunteer, Why: s.Dispute.Text, Due: s.Dispute.Due}); err != nil {
		return s, err
	}
	if err := tx.Put(bucketDispute, disputeKey(s), nil); err != nil {
		return s, err
	}
	if err := put(tx, bucketSignup, signupKey(n, s.Volunteer), s); err != nil {
		return s, err
	}
	due := b.rules.Hours.From.On(s.Dispute.Due, b.cal.Location())
	for _, j := range []struct {
		days int
		kind jobKind
	}{{0, jobDue}, {1, jobLate}} {
		at := due.AddDate(0, 0, j.days)
		if err := b.planJob(tx, at, job{Kind: j.kind, Number: n, Volunteer: s.Volunteer}); err != nil {
			return s, err
		}
	}
	return s, b.tellDispute(tx, rec.Activity, s, jobRaised)
}

// Decision is an answer to a dispute.
type Decision struct {
	Grant   bool
	Minutes int    // of a granted one: what it is now
	Why     string // required
}

// Decide answers a dispute; the volunteer is told. An organiser may. A *Refusal: WhyNothing,
// WhyReason, WhyLong, WhyMinutes, WhyRunning.
func (b *Board) Decide(tx *store.Tx, n Number, v VolunteerID, d Decision, by Actor) (Signup, error) {
	a, s, refused, err := b.mend(tx, n, v, d.Why, by)
	if err == nil && refused == nil && !s.disputed() {
		refused = a.refuse(WhyNothing)
	}
	if err == nil && refused == nil && d.Grant {
		refused = a.correctable(d.Minutes, b.now(tx))
	}
	if refused != nil || err != nil {
		return s, cmp.Or[error](err, refused)
	}
	if err := tx.Delete(bucketDispute, disputeKey(s)); err != nil {
		return s, err
	}
	decided := *s.Dispute
	decided.Decided, decided.Granted, decided.Why = Mark{b.now(tx), by.name()}, d.Grant, d.Why
	s.Dispute = &decided
	if err := b.note(tx, n, by, Event{Do: DoDecide, Volunteer: s.Volunteer, Granted: d.Grant, Why: d.Why}); err != nil {
		return s, err
	}
	if d.Grant {
		if _, err := b.correct(tx, a, s, d.Minutes, d.Why, by); err != nil {
			return s, err
		}
		s, _, err = b.Signup(tx, n, v)
		return s, err
	}
	if err := put(tx, bucketSignup, signupKey(n, s.Volunteer), s); err != nil {
		return s, err
	}
	return s, b.tellDenied(tx, a, s)
}

// Disputed is an open dispute.
type Disputed struct {
	Activity Activity
	Signup   Signup
}

// Disputes lists the open disputes of a unit's activities, of all units' if it is empty, what
// is due first first.
func (b *Board) Disputes(r store.Reader, unit string) (list []Disputed, err error) {
	err = r.Scan(bucketDispute, store.Range{}, func(key string, _ []byte) error {
		parts := strings.Split(key, sep)
		a, err := b.Get(r, Number(atoi(parts[1])))
		if err != nil || unit != "" && a.Unit != unit {
			return err
		}
		s, _, err := b.Signup(r, a.Number, volunteerOf(atoi(parts[2])))
		list = append(list, Disputed{a, s})
		return err
	})
	return list, err
}
