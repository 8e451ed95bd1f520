package activity

import (
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Rule says how minutes follow from records. What is zero is as in DefaultRule.
type Rule struct {
	Round int   `json:"round,omitempty"` // minutes are rounded down to a multiple of it
	Least int   `json:"least,omitempty"` // below this percentage of the planned time nothing counts
	Slack int   `json:"slack,omitempty"` // minutes after the planned end that still count
	Count Count `json:"count,omitempty"` // without check-out
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

// Tally is the service that the records say.
func Tally(a Activity, s Signup) Service { panic("unfinished") }

// Union counts what overlaps once: what begins earlier has it, then what has the lower
// number. Services in doubt count nothing and take nothing. The order is kept.
func Union(list []Service) []Service { panic("unfinished") }

// Correct sets the minutes, with a reason, and Accept takes what is in doubt as it stands;
// both as new records. An organiser may, until the activity is archived. A *Refusal:
// WhyReason, WhyMinutes, WhyNothing, WhyArchived.
func (b *Board) Correct(tx *store.Tx, n Number, v VolunteerID, minutes int, why string, by Actor) (Service, error) {
	panic("unfinished")
}

// Accept takes what is in doubt as it stands; see Correct.
func (b *Board) Accept(tx *store.Tx, n Number, v VolunteerID, by Actor) (Service, error) {
	panic("unfinished")
}

// Dispute is a volunteer's word against a record, and the organiser's answer.
type Dispute struct {
	Text    string        `json:"text"`
	Raised  Mark          `json:"raised"`
	Due     calendar.Date `json:"due"`              // the organiser's last day
	Office  bool          `json:"office,omitempty"` // it is past, and the office was told
	Decided Mark          `json:"decided,omitzero"`
	Granted bool          `json:"granted,omitempty"`
	Why     string        `json:"why,omitempty"` // the decision's reason
}

// Dispute raises a dispute about one's own hours; the organiser has to decide. A *Refusal:
// WhyReason, WhyOpenDispute, WhyNotListed, WhyArchived.
func (b *Board) Dispute(tx *store.Tx, n Number, v VolunteerID, text string, by Actor) (Signup, error) {
	panic("unfinished")
}

// Decision is an answer to a dispute.
type Decision struct {
	Grant   bool
	Minutes int    // of a granted one: what it is now
	Why     string // required
}

// Decide answers a dispute; the volunteer is told. An organiser may. A *Refusal: WhyNothing,
// WhyReason, WhyMinutes.
func (b *Board) Decide(tx *store.Tx, n Number, v VolunteerID, d Decision, by Actor) (Signup, error) {
	panic("unfinished")
}

// Disputed is an open dispute.
type Disputed struct {
	Activity Activity
	Signup   Signup
}

// Disputes lists the open disputes of a unit's activities, of all units' if it is empty, what
// is due first first.
func (b *Board) Disputes(r store.Reader, unit string) ([]Disputed, error) { panic("unfinished") }

// Stint is one activity among somebody's hours.
type Stint struct {
	Service
	Title string
	Unit  string
	Open  bool // a dispute is open
}

// Hours are somebody's service.
type Hours struct {
	Stints  []Stint // the latest last
	Minutes int     // settled, what overlaps once
	Doubt   int     // stints that wait for an organiser
}

// HoursOf lists a volunteer's service of a year, of all years if it is 0: 我的时长.
func (b *Board) HoursOf(r store.Reader, v VolunteerID, year int) (Hours, error) { panic("unfinished") }

// Total is the service of a brigade or a unit.
type Total struct {
	Name       string // empty: without one
	Volunteers int
	Activities int
	Minutes    int
}

// Totals sums a year's settled service by the brigades of the volunteers and by the units of
// the activities, each in the order of their names.
func (b *Board) Totals(r store.Reader, year int) (brigades, units []Total, err error) {
	panic("unfinished")
}
