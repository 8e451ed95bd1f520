package activity

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/store"
)

// SignState is where a sign-up stands.
type SignState string

// The states of a sign-up.
const (
	SignJoined  SignState = "joined"  // it has a place
	SignWaiting SignState = "waiting" // it waits for one
	SignLeft    SignState = "left"    // withdrawn by the volunteer
	SignRemoved SignState = "removed" // taken off by an organiser
	SignWalkIn  SignState = "walkin"  // came without a place, and takes none
)

// SignStates lists all of them.
var SignStates = []SignState{SignJoined, SignWaiting, SignLeft, SignRemoved, SignWalkIn}

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

// Listed reports whether the volunteer has a place, or came without one.
func (s Signup) Listed() bool { return s.State == SignJoined || s.State == SignWalkIn }

// disputed reports an open dispute.
func (s Signup) disputed() bool { return s.Dispute != nil && s.Dispute.Decided.IsZero() }

// Joined is what a sign-up came to.
type Joined struct {
	Signup
	New      bool // false: it stood so already
	Position int  // of a new one on the waiting list, from 1
	Free     int  // places left after it; -1: no bound
}

func signupKey(n Number, v VolunteerID) string { return n.digits() + sep + v.digits() }
func mineKey(n Number, v VolunteerID) string   { return v.digits() + sep + n.digits() }
func waitKey(n Number, seq int) string         { return n.digits() + sep + digits(seq) }

// on reports whether the volunteer is on the list.
func (s Signup) on() bool { return s.Listed() || s.State == SignWaiting }

// Signup returns the volunteer's sign-up, whatever its state. Where it tells nothing, and
// the person was on the list under another number, it is that one: see Merge.
func (b *Board) Signup(r store.Reader, n Number, v VolunteerID) (Signup, bool, error) {
	s, ok, err := loadSignup(r, n, v)
	if err != nil || v == "" || s.on() || len(s.Records) > 0 {
		return s, ok, err
	}
	p, _, err := get[person](r, bucketVolunteer, v.digits())
	if err != nil {
		return s, ok, err
	}
	for _, other := range p.Of {
		if o, _, err := loadSignup(r, n, other); err != nil || o.on() || len(o.Records) > 0 {
			return o, err == nil, err
		}
	}
	return s, ok, nil
}

// loadSignup is the sign-up that was made under the number.
func loadSignup(r store.Reader, n Number, v VolunteerID) (Signup, bool, error) {
	s, ok, err := get[Signup](r, bucketSignup, signupKey(n, v))
	if !ok {
		s = Signup{Activity: n, Volunteer: v}
	}
	return s, ok, err
}

// eachSignup calls fn with every sign-up of the activity.
func eachSignup(r store.Reader, n Number, fn func(Signup) error) error {
	return r.Scan(bucketSignup, store.Range{Prefix: n.digits() + sep}, func(key string, raw []byte) error {
		var s Signup
		if err := json.Unmarshal(raw, &s); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucketSignup, key, err)
		}
		return fn(s)
	})
}

// Position is a sign-up's place on the waiting list from 1, or 0. It reads the list.
func (b *Board) Position(r store.Reader, s Signup) (int, error) {
	if s.State != SignWaiting {
		return 0, nil
	}
	at := 0
	rg := store.Range{Prefix: s.Activity.digits() + sep, To: waitKey(s.Activity, s.Seq+1)}
	err := r.Scan(bucketWait, rg, func(string, []byte) error { at++; return nil })
	return at, err
}

// list is an activity's record and numbers within a transaction.
type list struct {
	*record
	tally
	tx  *store.Tx
	now time.Time
}

func (b *Board) list(tx *store.Tx, n Number) (*list, error) {
	rec, err := b.load(tx, n)
	if err != nil {
		return nil, err
	}
	l := &list{record: rec, tx: tx, now: b.now(tx)}
	l.tally, _, err = get[tally](tx, bucketTally, n.digits())
	return l, err
}

// keep stores the sign-up and the numbers.
func (l *list) keep(s Signup) error {
	if err := put(l.tx, bucketSignup, signupKey(s.Activity, s.Volunteer), s); err != nil {
		return err
	}
	return put(l.tx, bucketTally, l.Number.digits(), l.tally)
}

// room reports whether there is a place.
func (l *list) room() bool { return l.Capacity == 0 || l.Taken < l.Capacity }

// running refuses what is not for an activity of its state.
func (a Activity) running(now time.Time) *Refusal {
	switch {
	case !a.Series.IsZero():
		return a.refuse(WhySeries)
	case a.State != StatePublished:
		return a.refuse(whyState[a.State])
	case a.StateAt(now) == StateOver:
		return a.overRefusal()
	}
	return nil
}

// Join signs the volunteer up: for a place, or for the waiting list where there is none.
// Commits are in order: who is told of a place first has it. Again changes nothing. The
// volunteer may; see Add for organisers.
//
// ErrNotFound, ErrVolunteer, ErrForbidden. A *Refusal: WhyDraft, WhyCancelled, WhyOver,
// WhySeries, WhyArchived, WhyNotOpen, WhyClosed, WhyFull, WhyMembers, WhyErased.
func (b *Board) Join(tx *store.Tx, n Number, v VolunteerID, by Actor) (Joined, error) {
	if !by.is(v) {
		return Joined{}, ErrForbidden
	}
	l, err := b.list(tx, n)
	if err != nil {
		return Joined{}, err
	}
	who, err := loadVolunteer(tx, v)
	if err != nil {
		return Joined{}, err
	}
	from, to := l.SignWindow()
	refused := l.running(l.now)
	switch {
	case refused != nil:
	case who.Standing == StandingErased:
		refused = l.refuse(WhyErased)
	case !l.Public && !who.member():
		refused = l.refuse(WhyMembers)
	case l.now.Before(from):
		refused = l.refuse(WhyNotOpen)
		refused.From = from
	case !l.now.Before(to):
		refused = l.refuse(WhyClosed)
		refused.Until = to
	}
	if refused != nil {
		return Joined{}, refused
	}
	return b.enter(l, v, "", by)
}

// JoinKeys are the records that Join reads, for store.UpdateKeys.
func JoinKeys(n Number, v VolunteerID) []store.Key {
	return []store.Key{
		{Bucket: bucketActivity, Key: n.digits()}, {Bucket: bucketTally, Key: n.digits()},
		{Bucket: bucketVolunteer, Key: v.digits()}, {Bucket: bucketSignup, Key: signupKey(n, v)},
	}
}

// enter puts the volunteer on the list.
func (b *Board) enter(l *list, v VolunteerID, why string, by Actor) (Joined, error) {
	s, ok, err := b.Signup(l.tx, l.Number, v)
	if err != nil {
		return Joined{}, err
	}
	if ok && s.on() {
		return Joined{Signup: s, Free: l.free()}, nil
	}
	now := Mark{l.now, by.name()}
	l.Seq++
	s.State, s.Seq, s.Signed, s.Placed, s.Gone, s.Why = SignWaiting, l.Seq, now, Mark{}, Mark{}, why
	switch {
	case l.room():
		s.State, s.Placed = SignJoined, now
		l.Taken++
	case l.NoWait:
		return Joined{}, l.refuse(WhyFull)
	default:
		l.Waiting++
		if err := put(l.tx, bucketWait, waitKey(l.Number, s.Seq), s.Volunteer); err != nil {
			return Joined{}, err
		}
	}
	if err := l.tx.Put(bucketMine, mineKey(l.Number, s.Volunteer), nil); err != nil {
		return Joined{}, err
	}
	if err := b.noteSignup(l, DoJoin, s, by); err != nil {
		return Joined{}, err
	}
	done := Joined{Signup: s, New: true, Free: l.free()}
	if s.State == SignWaiting {
		done.Position = l.Waiting
	}
	return done, l.keep(s)
}

func (l *list) free() int {
	if l.Capacity == 0 {
		return -1
	}
	return max(0, l.Capacity-l.Taken)
}

func (b *Board) noteSignup(l *list, do Do, s Signup, by Actor) error {
	return b.note(l.tx, l.Number, by, Event{Do: do, Volunteer: s.Volunteer, State: s.State, Seq: s.Seq, Why: s.Why})
}

// Leave withdraws a sign-up, until the activity starts. Who waits first gets the place and
// is told. Again changes nothing. A *Refusal: WhyStarted, WhyNotListed, and those of the
// activity's state.
func (b *Board) Leave(tx *store.Tx, n Number, v VolunteerID, by Actor) (Signup, error) {
	if !by.is(v) {
		return Signup{}, ErrForbidden
	}
	return b.exit(tx, n, v, SignLeft, "", by)
}

// Remove takes somebody off the list who has not checked in, with a reason. An organiser
// may. A *Refusal: as for Leave, WhyReason, WhyLong.
func (b *Board) Remove(tx *store.Tx, n Number, v VolunteerID, why string, by Actor) (Signup, error) {
	return b.exit(tx, n, v, SignRemoved, why, by)
}

func (b *Board) exit(tx *store.Tx, n Number, v VolunteerID, to SignState, why string, by Actor) (Signup, error) {
	l, err := b.list(tx, n)
	if err != nil {
		return Signup{}, err
	}
	s, ok, err := b.Signup(tx, n, v)
	if err != nil {
		return Signup{}, err
	}
	if to == SignRemoved && !by.Runs(l.Unit) {
		return s, ErrForbidden
	}
	in, _ := s.standing(ActIn)
	refused := l.running(l.now)
	switch {
	case refused != nil:
	case !ok:
		refused = l.refuse(WhyNotListed)
	case s.State == SignLeft || s.State == SignRemoved:
		return s, nil
	case in != nil, to == SignLeft && !l.now.Before(l.Start):
		refused = l.refuse(WhyStarted)
	case to == SignRemoved:
		refused = l.words(why)
	}
	if refused != nil {
		return s, refused
	}
	return s, b.take(l, &s, to, why, by)
}

// take takes a sign-up off the list, and fills its place.
func (b *Board) take(l *list, s *Signup, to SignState, why string, by Actor) error {
	was := s.State
	switch was {
	case SignWaiting:
		l.Waiting--
		if err := l.tx.Delete(bucketWait, waitKey(l.Number, s.Seq)); err != nil {
			return err
		}
	case SignJoined:
		l.Taken--
	}
	s.State = to
	do := DoWalkIn
	if to != SignWalkIn {
		s.Gone, s.Why, do = Mark{l.now, by.name()}, why, DoRemove
	}
	if to == SignLeft {
		do = DoLeave
	}
	if err := b.noteSignup(l, do, *s, by); err != nil {
		return err
	}
	if err := l.keep(*s); err != nil || was != SignJoined {
		return err
	}
	return b.promote(l)
}

// promote gives free places to those who wait, in their order, until the activity starts,
// and tells them. It finds them by their numbers, as a scan would conflict with every
// sign-up of another instance.
func (b *Board) promote(l *list) error {
	for l.room() && l.Waiting > 0 && l.now.Before(l.Start) {
		v, ok, err := get[VolunteerID](l.tx, bucketWait, waitKey(l.Number, l.Head))
		switch {
		case err != nil:
			return err
		case !ok && l.Head > l.Seq:
			return fmt.Errorf("%w: %d wait for %s, and none is found", store.ErrDamaged, l.Waiting, l.Number)
		case !ok:
			l.Head++
			continue
		}
		if err := b.place(l, v); err != nil {
			return err
		}
	}
	return put(l.tx, bucketTally, l.Number.digits(), l.tally)
}

// place gives the volunteer, who waits first, a place.
func (b *Board) place(l *list, v VolunteerID) error {
	s, _, err := b.Signup(l.tx, l.Number, v)
	if err != nil {
		return err
	}
	if err := l.tx.Delete(bucketWait, waitKey(l.Number, s.Seq)); err != nil {
		return err
	}
	l.Waiting--
	l.Taken++
	s.State, s.Placed = SignJoined, Mark{l.now, string(v)}
	if err := b.noteSignup(l, DoPromote, s, Self(v)); err != nil {
		return err
	}
	if err := l.keep(s); err != nil {
		return err
	}
	return b.tellPromoted(l.tx, l.Activity, s)
}

// Add signs somebody up for an organiser, with a reason: whatever the sign-up window, not
// above the capacity. An organiser may. A *Refusal: as for Join, WhyReason, WhyLong.
func (b *Board) Add(tx *store.Tx, n Number, v VolunteerID, why string, by Actor) (Joined, error) {
	l, err := b.list(tx, n)
	if err != nil {
		return Joined{}, err
	}
	if !by.Runs(l.Unit) {
		return Joined{}, ErrForbidden
	}
	who, err := loadVolunteer(tx, v)
	if err != nil {
		return Joined{}, err
	}
	refused := l.running(l.now)
	switch {
	case refused != nil:
	case who.Standing == StandingErased:
		refused = l.refuse(WhyErased)
	default:
		refused = l.words(why)
	}
	if refused != nil {
		return Joined{}, refused
	}
	return b.enter(l, v, why, by)
}

// words refuses a reason that is none.
func (a Activity) words(why string) *Refusal {
	switch {
	case strings.TrimSpace(why) == "":
		return a.refuse(WhyReason)
	case utf8.RuneCountInString(why) > maxWords:
		return a.refuse(WhyLong)
	}
	return nil
}
