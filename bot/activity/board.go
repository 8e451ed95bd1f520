package activity

import (
	"context"
	"time"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
)

// Kind is the Kind of the notices that are written here.
const Kind = "activity"

// Sender takes what is to be sent, within the transaction of its cause. *outbox.Box is one.
type Sender interface {
	Put(tx *store.Tx, n outbox.Notice) (bool, error)
	Cancel(tx *store.Tx, key, why string) (bool, error)
}

var _ Sender = (*outbox.Box)(nil)

// Options make a Board. All but Rules are required.
type Options struct {
	Calendar *calendar.Calendar
	Sender   Sender
	Routes   org.Routes // how a person is reached
	Vault    *org.Vault // seals telephone numbers and the secrets of codes
	Rules    Rules      // what is zero is as in DefaultRules
}

// Rules say when people are told, and how long they have.
type Rules struct {
	Hours  calendar.Hours  // when notices go out, any day; 08:00–21:00
	Eve    calendar.Minute // when people are told of what they have the next day; 18:00
	Soon   time.Duration   // before the start, they are told again; 2 h
	Decide int             // working days in which an organiser decides a dispute; 5
	Undo   time.Duration   // after the activity, how long a record can be taken back; 7 days
	Ahead  int             // days ahead that occurrences of a series are made; 28
}

// Board keeps the activities of one store. Its methods may be called from many goroutines;
// those with a transaction work in it.
type Board struct {
	cal    *calendar.Calendar
	sender Sender
	routes org.Routes
	vault  *org.Vault
	rules  Rules
}

// New makes a Board. It starts nothing.
func New(o Options) *Board { panic("unfinished") }

// Create makes an activity in StateDraft, or returns the one that was made under the key before;
// key may be empty. The office may, and who acts for the unit. ErrForbidden, ErrInvalid.
func (b *Board) Create(tx *store.Tx, key string, d Draft, by Actor) (Activity, bool, error) {
	panic("unfinished")
}

// Publish lets people sign up. Of a series it makes what comes next. Twice is once.
func (b *Board) Publish(tx *store.Tx, n Number, by Actor) (Activity, error) { panic("unfinished") }

// Amend replaces the draft of an activity that is at the version, 0: whichever. Where time or
// place change, all who have signed up are told; where places are added, who waits moves up. A
// *Refusal: WhyCancelled, WhyArchived, WhyCapacity (fewer places than are taken). ErrChanged.
func (b *Board) Amend(tx *store.Tx, n Number, version int, d Draft, by Actor) (Activity, error) {
	panic("unfinished")
}

// Cancel says that it does not happen, with a reason that all who had signed up are told. Of a
// series it cancels what has not begun.
func (b *Board) Cancel(tx *store.Tx, n Number, why string, by Actor) (Activity, error) {
	panic("unfinished")
}

// Archive closes the books on an activity that is over or cancelled. A *Refusal: WhyRunning,
// WhyOpenDispute.
func (b *Board) Archive(tx *store.Tx, n Number, by Actor) (Activity, error) { panic("unfinished") }

// Get returns the activity. ErrNotFound.
func (b *Board) Get(r store.Reader, n Number) (Activity, error) { panic("unfinished") }

// History lists all that happened at the activity, the oldest first.
func (b *Board) History(r store.Reader, n Number) ([]audit.Entry, error) { panic("unfinished") }

// Remind says what is due, and makes occurrences of series: see task.Board.Remind, whose contract
// it shares. Each page of people is a transaction of its own; a notice's key makes it go out once.
func (b *Board) Remind(ctx context.Context, s *store.Store) (next time.Time, err error) {
	panic("unfinished")
}

// StateAt is where the activity stands at the moment.
func (a Activity) StateAt(now time.Time) State { panic("unfinished") }

// SignWindow is when people may sign up, CheckWindow when they may check in; out until Shut.
func (a Activity) SignWindow() (from, to time.Time) { panic("unfinished") }

// CheckWindow is when people may check in; see SignWindow.
func (a Activity) CheckWindow() (from, to time.Time) { panic("unfinished") }

// Shut is when nobody can check out any more: the end, and the slack after it.
func (a Activity) Shut() time.Time { panic("unfinished") }
