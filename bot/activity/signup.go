package activity

import (
	"xietiao/bot/store"
)

// Place in the list: what a sign-up stands at.
type SignState string

// The states of a sign-up.
const (
	SignJoined  SignState = "joined"  // it has a place
	SignWaiting SignState = "waiting" // it waits for one
	SignLeft    SignState = "left"    // withdrawn by the volunteer
	SignRemoved SignState = "removed" // taken off by an organiser
	SignWalkIn  SignState = "walk-in" // came without having signed up; takes no place
)

// Signup is what an activity knows of a volunteer. It is one record of the store, so
// that ten thousand sign-ups at once read and write little besides.
type Signup struct {
	Activity  Number      `json:"activity"`
	Volunteer VolunteerID `json:"volunteer"`
	State     SignState   `json:"state"`
	Seq       int         `json:"seq,omitempty"`   // order of commits; anew after leaving
	Signed    Mark        `json:"signed,omitzero"` // when it was asked for
	Placed    Mark        `json:"placed,omitzero"` // when it got its place
	Gone      Mark        `json:"gone,omitzero"`   // left, or removed
	Why       string      `json:"why,omitempty"`   // an organiser's words
	Records   []Record    `json:"records,omitempty"`
	Dispute   *Dispute    `json:"dispute,omitempty"` // the last one
}

// Joined is what a sign-up came to.
type Joined struct {
	Signup
	New      bool // false: it stood so already
	Position int  // on the waiting list, from 1
	Free     int  // places left after it; -1: no bound
}

// Join signs the volunteer up: for a place, or for the waiting list where there is none.
// Commits are in order: who is told of a place first has it. Again changes nothing.
// The volunteer may; see Add for organisers. A *Refusal: WhyDraft, WhyCancelled, WhyOver,
// WhySeries, WhyArchived, WhyNotOpen, WhyClosed, WhyFull, WhyMembers, WhyErased.
func (b *Board) Join(tx *store.Tx, n Number, v VolunteerID, by Actor) (Joined, error) {
	panic("unfinished")
}

// JoinKeys are the records that Join reads and writes, for store.UpdateKeys.
func JoinKeys(n Number, v VolunteerID) []store.Key { panic("unfinished") }

// Leave withdraws a sign-up, until the activity starts. Who waits first gets the place
// and is told. Again changes nothing. A *Refusal: WhyStarted, WhyNotListed.
func (b *Board) Leave(tx *store.Tx, n Number, v VolunteerID, by Actor) (Signup, error) {
	panic("unfinished")
}

// Add signs somebody up for an organiser, whatever the sign-up window, not above the
// capacity; words say why. Remove takes somebody off who has not checked in.
func (b *Board) Add(tx *store.Tx, n Number, v VolunteerID, why string, by Actor) (Joined, error) {
	panic("unfinished")
}

// Remove takes somebody off; see Add.
func (b *Board) Remove(tx *store.Tx, n Number, v VolunteerID, why string, by Actor) (Signup, error) {
	panic("unfinished")
}

// Signup returns the volunteer's sign-up, whatever its state.
func (b *Board) Signup(r store.Reader, n Number, v VolunteerID) (Signup, bool, error) {
	panic("unfinished")
}
