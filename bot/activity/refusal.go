package activity

import (
	"fmt"
	"time"
)

// Why says why something is refused.
type Why string

// The reasons.
const (
	WhyDraft       Why = "draft" // not published
	WhyCancelled   Why = "cancelled"
	WhyOver        Why = "over" // Until was the last moment
	WhyArchived    Why = "archived"
	WhySeries      Why = "series"   // a series has no list, its occurrences have
	WhyNotOpen     Why = "not-open" // sign-up opens at From
	WhyClosed      Why = "closed"   // sign-up closed at Until
	WhyFull        Why = "full"     // no place, and no waiting list
	WhyMembers     Why = "members"  // not for outsiders
	WhyErased      Why = "erased"   // the volunteer is gone
	WhyTwo         Why = "two"      // they are two people: on the roster, or by their accounts
	WhyStarted     Why = "started"  // it has begun, or the person has checked in
	WhyEarly       Why = "early"    // check-in opens at From
	WhyNotListed   Why = "not-listed"
	WhyWaiting     Why = "waiting"     // on the waiting list
	WhyUnconfirmed Why = "unconfirmed" // an outsider whom no organiser knows
	WhyCode        Why = "code"        // a wrong code; Left more tries
	WhyExpired     Why = "expired"     // a code of this activity that has been replaced
	WhyLimited     Why = "limited"     // too many wrong codes, until Until
	WhyFar         Why = "far"         // Distance from the place
	WhyNoPlace     Why = "no-place"    // the activity has no coordinates
	WhyNoOut       Why = "no-out"      // it has no check-out
	WhyNotIn       Why = "not-in"      // out without in
	WhyConflict    Why = "conflict"    // Record says otherwise
	WhyTime        Why = "time"        // a tick outside of the activity, or in the future
	WhyName        Why = "name"        // a line without a name, or several have it
	WhyTooLate     Why = "too-late"
	WhyNothing     Why = "nothing" // there is nothing that it could be done to
	WhyReason      Why = "reason"  // it needs words
	WhyLong        Why = "long"    // too many words
	WhyMinutes     Why = "minutes" // not 0 to Most
	WhyOpenDispute Why = "open-dispute"
	WhyRunning     Why = "running"  // it is not over
	WhyCapacity    Why = "capacity" // more places are taken: Most
)

// Refusal is something that was not done. Tell words it for users; Error holds no words of theirs.
type Refusal struct {
	Number      Number
	Volunteer   VolunteerID
	Why         Why
	From, Until time.Time
	Left        int
	Distance    int
	Most        int
	Record      *Record
}

// Error implements error.
func (r *Refusal) Error() string {
	return fmt.Sprintf("activity: %s: %s refused: %s", r.Number, r.Volunteer, r.Why)
}

// whyState is why nothing is done in a state.
var whyState = map[State]Why{StateDraft: WhyDraft, StateCancelled: WhyCancelled, StateArchived: WhyArchived, StateOver: WhyOver, StatePublished: WhyRunning}

// refuse makes a Refusal.
func (a Activity) refuse(why Why) *Refusal { return &Refusal{Number: a.Number, Why: why} }

// overRefusal refuses what is over, and says since when.
func (a Activity) overRefusal() *Refusal {
	r := a.refuse(WhyOver)
	r.Until = a.Shut()
	return r
}
