package task

import "fmt"

// Why says why a step is refused.
type Why string

// The reasons.
const (
	WhyOffice   Why = "office"   // only the office may
	WhyUnit     Why = "unit"     // only the units in Who may
	WhyState    Why = "state"    // not from the state it is in
	WhySeries   Why = "series"   // a series has no such step, its occurrences have
	WhyAgain    Why = "again"    // Mark did it already
	WhyDone     Why = "done"     // the unit has reported
	WhyUnsigned Why = "unsigned" // the unit has not signed yet
	WhyReturned Why = "returned" // the unit gave it back, and the office has not decided
	WhyPending  Why = "pending"  // a delay is asked for already
	WhyNothing  Why = "nothing"  // there is nothing that it could be done to
	WhyLead     Why = "lead"     // no unit leads
	WhyParts    Why = "parts"    // Open are parts that are not done
	WhyReason   Why = "reason"   // it needs words
	WhyLong     Why = "long"     // too many words
	WhyPercent  Why = "percent"  // no number from 0 to 100
	WhyDate     Why = "date"     // no day after today and after the deadline
)

// Refusal is a step that was not taken. Tell words it for users; Error holds no
// words of theirs.
type Refusal struct {
	Number Number
	Do     Do
	Why    Why
	State  State
	Unit   string   // whose share is in the way
	Mark   Mark     // what was done to it
	Who    []string // the units that may
	Open   []Number // of WhyParts
}

// Error implements error.
func (r *Refusal) Error() string {
	return fmt.Sprintf("task: %s of %s (%s) refused: %s", r.Do, r.Number, r.State, r.Why)
}

// refuse makes a Refusal that says who may.
func (t *Task) refuse(a Action, why Why) *Refusal {
	r := &Refusal{Number: t.Number, Do: a.Do, Why: why, State: t.State}
	if who := a.Do.who(); who != byOffice {
		r.Who = t.LeadUnits()
		if who == byUnit {
			r.Who = append(r.Who, t.SupportUnits()...)
		}
	}
	return r
}

func (t *Task) refuseShare(a Action, why Why, s Share, m Mark) *Refusal {
	r := t.refuse(a, why)
	r.Unit, r.Mark = s.Unit, m
	return r
}
