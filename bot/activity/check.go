package activity

import (
	"time"

	"xietiao/bot/store"
)

// Way is how it is known that somebody was there.
type Way string

// The ways.
const (
	WayCode  Way = "code"  // six digits that change, shown at the venue
	WayPlace Way = "place" // a location that the phone claimed
	WayList  Way = "list"  // an organiser's tick
	WayPaper Way = "paper" // a paper list entered afterwards
)

// Act is what a record says.
type Act string

// The acts. None is ever changed: a later one takes back or replaces what it names.
const (
	ActIn      Act = "in"      // 签到
	ActOut     Act = "out"     // 签退
	ActUndo    Act = "undo"    // takes back the record Of
	ActCorrect Act = "correct" // the minutes are Minutes
	ActConfirm Act = "confirm" // what waits for verification is right as it is
)

// Record is one thing that is known of a volunteer at an activity, for good.
type Record struct {
	No      int       `json:"no"` // 1, 2, … of the sign-up
	Act     Act       `json:"act"`
	At      time.Time `json:"at"` // the moment that counts: of the scan, of the tick at the venue
	Stored  Mark      `json:"stored"`
	Way     Way       `json:"way,omitempty"`
	Nonce   string    `json:"nonce,omitempty"` // of the client; the same again is the same record
	Claim   *Claim    `json:"claim,omitempty"`
	Of      int       `json:"of,omitempty"`
	Minutes int       `json:"minutes,omitempty"`
	Why     string    `json:"why,omitempty"`
}

// Scan is somebody who wants to check in or out, by Way: WayCode with Code, WayPlace with
// Claim.
type Scan struct {
	Volunteer VolunteerID
	Out       bool
	Way       Way
	Code      string
	Claim     *Claim
	Nonce     string // of the client; may be empty
}

// Checked is what became of a check-in or check-out. Commit the transaction also where it
// is refused: wrong codes are counted.
type Checked struct {
	Signup  Signup
	Record  Record   // what stands, also where it is Again
	Again   bool     // it stood already
	Refused *Refusal // nothing was recorded
}

// Check records that the volunteer is there, or leaves. A second scan is the first one's
// record. Refused says why not: WhyDraft, WhyEarly, WhyOver, WhyCancelled, WhyArchived,
// WhySeries, WhyNotListed, WhyWaiting, WhyUnconfirmed, WhyCode, WhyExpired, WhyLimited,
// WhyFar, WhyNoPlace, WhyNoOut, WhyNotIn.
func (b *Board) Check(tx *store.Tx, n Number, s Scan) (Checked, error) { panic("unfinished") }

// Code is what the organiser's screen shows.
type Code struct {
	Digits string    // six
	Until  time.Time // when the next one replaces it
}

// Code is the activity's code at the moment of the store's clock. An organiser may.
func (b *Board) Code(r store.Reader, n Number, by Actor) (Code, error) { panic("unfinished") }

// Tick is one line of the organiser's list: somebody on it, or a walk-in by Name.
type Tick struct {
	Volunteer VolunteerID
	Name      string // of a walk-in, where Volunteer is empty
	Out       bool
	At        time.Time // when it was ticked; zero: now
	Nonce     string    // of the client, required
	Paper     bool      // read off paper
}

// Ticks records what an organiser saw, each by itself: one that is refused stops no other.
// A tick for another moment than one already recorded is refused with WhyConflict, which
// shows both. Who waits for confirmation is confirmed by being ticked. Results are in the
// order of the ticks. ErrForbidden.
func (b *Board) Ticks(tx *store.Tx, n Number, list []Tick, by Actor) ([]Checked, error) {
	panic("unfinished")
}

// Undo takes a record back, with a reason, as a new record. An organiser may, until
// UndoUntil. A *Refusal: WhyTooLate, WhyNothing, WhyReason, WhyArchived.
func (b *Board) Undo(tx *store.Tx, n Number, v VolunteerID, no int, why string, by Actor) (Signup, error) {
	panic("unfinished")
}
