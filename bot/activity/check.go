package activity

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"xietiao/bot/store"
	"xietiao/index/zh"
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
	ActAccept  Act = "accept"  // what is in doubt is right as it is
)

// Acts lists all of them.
var Acts = []Act{ActIn, ActOut, ActUndo, ActCorrect, ActAccept}

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

// Standing returns the last record of the act that was not taken back.
func (s Signup) Standing(act Act) (Record, bool) {
	r, ok := s.standing(act)
	if !ok {
		return Record{}, false
	}
	return *r, true
}

func (s Signup) standing(act Act) (*Record, bool) {
	for i := range slices.Backward(s.Records) {
		if r := &s.Records[i]; r.Act == act && !s.undone(r.No) {
			return r, true
		}
	}
	return nil, false
}

func (s Signup) undone(no int) bool {
	return slices.ContainsFunc(s.Records, func(r Record) bool { return r.Act == ActUndo && r.Of == no })
}

// again finds the record that the same act made before: the one with the nonce, also
// where it was taken back since, else the one that stands.
func (s Signup) again(act Act, nonce string) (Record, bool) {
	for _, r := range s.Records {
		if nonce != "" && r.Nonce == nonce && r.Act == act {
			return r, true
		}
	}
	return s.Standing(act)
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

func act(out bool) Act {
	if out {
		return ActOut
	}
	return ActIn
}

// Checked is what became of a check-in or check-out. Commit the transaction also where it
// is refused: wrong codes are counted.
type Checked struct {
	Signup  Signup
	Record  Record   // what stands, also where it is Again
	Again   bool     // it stood already
	Refused *Refusal // nothing was recorded
}

// Admit says why somebody of the standing cannot check in or out at the moment, or nil. It
// is the one rule of all ways but the organiser's.
func Admit(a Activity, s Signup, known Standing, do Act, at time.Time) *Refusal {
	from, to := a.CheckWindow()
	if do == ActOut {
		to = a.Shut()
	}
	refuse := func(why Why) *Refusal {
		r := a.refuse(why)
		r.From, r.Until = from, to
		return r
	}
	in, isIn := s.standing(ActIn)
	switch {
	case !a.Series.IsZero():
		return refuse(WhySeries)
	case a.State != StatePublished:
		return refuse(whyState[a.State])
	case s.State == SignWaiting:
		return refuse(WhyWaiting)
	case !s.Listed():
		return refuse(WhyNotListed)
	case at.Before(from):
		return refuse(WhyEarly)
	case do == ActOut && !a.CheckOut:
		return refuse(WhyNoOut)
	case !at.Before(to):
		return refuse(WhyOver)
	case known != StandingConfirmed:
		return refuse(WhyUnconfirmed)
	case do == ActOut && (!isIn || at.Before(in.At)):
		return refuse(WhyNotIn)
	}
	return nil
}

// maxNonce is the longest nonce of a client, in bytes.
const maxNonce = 100

// Check records that the volunteer is there, or leaves. A second scan is the first one's
// record. Refused says why not: WhyDraft, WhyEarly, WhyOver, WhyCancelled, WhyArchived,
// WhySeries, WhyNotListed, WhyWaiting, WhyUnconfirmed, WhyCode, WhyExpired, WhyLimited,
// WhyFar, WhyNoPlace, WhyNoOut, WhyNotIn. ErrNotFound, ErrVolunteer, ErrInvalid.
func (b *Board) Check(tx *store.Tx, n Number, sc Scan) (Checked, error) {
	rec, err := b.load(tx, n)
	if err != nil {
		return Checked{}, err
	}
	who, err := loadVolunteer(tx, sc.Volunteer)
	if err != nil {
		return Checked{}, err
	}
	s, _, err := b.Signup(tx, n, sc.Volunteer)
	if err != nil {
		return Checked{}, err
	}
	if len(sc.Nonce) > maxNonce || sc.Way == WayPlace && (sc.Claim == nil || sc.Claim.IsZero() || !sc.Claim.valid()) {
		return Checked{}, ErrInvalid
	}
	do, now := act(sc.Out), b.now(tx)
	if old, ok := s.again(do, sc.Nonce); ok {
		return Checked{Signup: s, Record: old, Again: true}, nil
	}
	refused := Admit(rec.Activity, s, who.Standing, do, now)
	r := Record{Act: do, At: now, Way: sc.Way, Nonce: sc.Nonce}
	switch {
	case refused != nil:
	case sc.Way == WayCode:
		refused, err = b.tryCode(tx, rec, sc.Volunteer, sc.Code)
	case sc.Way == WayPlace:
		r.Claim, refused = rec.claim(*sc.Claim)
	default:
		err = ErrInvalid
	}
	if err != nil || refused != nil {
		return Checked{Signup: s, Refused: refused}, err
	}
	return b.record(tx, s, r, Self(sc.Volunteer))
}

// CheckKeys are the records that Check reads, for store.UpdateKeys.
func CheckKeys(n Number, v VolunteerID) []store.Key {
	return append(JoinKeys(n, v), store.Key{Bucket: bucketSecret, Key: n.digits()},
		store.Key{Bucket: bucketGuess, Key: n.digits()}, store.Key{Bucket: bucketGuess, Key: n.digits() + sep + v.digits()})
}

// claim measures how far from the place the claim is.
func (a Activity) claim(c Claim) (*Claim, *Refusal) {
	if a.Place.Point.IsZero() {
		return nil, a.refuse(WhyNoPlace)
	}
	c.Distance = int(math.Round(Metres(a.Place.Point, c.Point)))
	if !a.Place.within(c) {
		r := a.refuse(WhyFar)
		r.Distance, r.Most = c.Distance, cmp.Or(a.Place.Radius, defaultRadius)
		return nil, r
	}
	return &c, nil
}

// record adds a record to the sign-up.
func (b *Board) record(tx *store.Tx, s Signup, r Record, by Actor) (Checked, error) {
	r.No, r.Stored = len(s.Records)+1, Mark{b.now(tx), by.name()}
	s.Records = append(slices.Clone(s.Records), r)
	if err := b.note(tx, s.Activity, by, Event{Do: DoRecord, Volunteer: s.Volunteer, Record: &r}); err != nil {
		return Checked{}, err
	}
	return Checked{Signup: s, Record: r}, put(tx, bucketSignup, signupKey(s.Activity, s.Volunteer), s)
}

// Tick is one line of the organiser's list: somebody known, or somebody by Name.
type Tick struct {
	Volunteer VolunteerID
	Name      string // where Volunteer is empty: a walk-in, or of Paper who has the name on the list
	Out       bool
	At        time.Time // when it was ticked; zero: now
	Nonce     string    // of the client, required: the same again is the same record
	Paper     bool      // read off paper
}

const (
	tickSlack = 5 * time.Minute // by which the clock of a phone may be ahead
	sameTime  = 5 * time.Minute // by which paper and record may differ
)

// Ticks records what an organiser saw, each by itself: one that is refused stops no other.
// Who is not on the list, or waits, is a walk-in; who waits for confirmation is confirmed.
// A line of Paper that differs from what stands is refused with WhyConflict, which has both.
// Results are in the order of the ticks. An organiser may, until the activity is archived.
// ErrNotFound, ErrForbidden, ErrInvalid: a tick without a nonce, ErrVolunteer.
func (b *Board) Ticks(tx *store.Tx, n Number, ticks []Tick, by Actor) ([]Checked, error) {
	l, err := b.list(tx, n)
	if err != nil {
		return nil, err
	}
	if !by.Runs(l.Unit) {
		return nil, ErrForbidden
	}
	var names map[string][]VolunteerID
	if slices.ContainsFunc(ticks, func(t Tick) bool { return t.Paper && t.Volunteer == "" }) {
		if names, err = b.names(tx, n); err != nil {
			return nil, err
		}
	}
	done := make([]Checked, len(ticks))
	for i, t := range ticks {
		if t.Nonce == "" || len(t.Nonce) > maxNonce {
			return nil, ErrInvalid
		}
		if done[i], err = b.tick(l, t, names, by); err != nil {
			return nil, err
		}
	}
	return done, nil
}

// names finds who is on an activity's list by name.
func (b *Board) names(r store.Reader, n Number) (map[string][]VolunteerID, error) {
	names := map[string][]VolunteerID{}
	err := eachSignup(r, n, func(s Signup) error {
		p, err := loadVolunteer(r, s.Volunteer)
		if key := nameKey(p.Name); key != "" && (s.Listed() || s.State == SignWaiting) {
			names[key] = append(names[key], s.Volunteer)
		}
		return err
	})
	return names, err
}

// nameKey is a name as it is compared: 张　三 is 张三.
func nameKey(name string) string { return strings.Join(strings.Fields(zh.Fold(name)), "") }

func (b *Board) tick(l *list, t Tick, names map[string][]VolunteerID, by Actor) (Checked, error) {
	if t.At.IsZero() {
		t.At = l.now
	}
	t.At = t.At.In(l.now.Location())
	if r := l.tickable(t); r != nil {
		return Checked{Refused: r}, nil
	}
	v, refused, err := b.ticked(l, t, names, by)
	if refused != nil || err != nil {
		return Checked{Refused: refused}, err
	}
	s, _, err := b.Signup(l.tx, l.Number, v)
	if err != nil {
		return Checked{}, err
	}
	do := act(t.Out)
	if old, ok := s.again(do, t.Nonce); ok {
		if gap := t.At.Sub(old.At).Abs(); t.Paper && old.Nonce != t.Nonce && gap > sameTime {
			r := l.refuse(WhyConflict)
			r.Volunteer, r.Record, r.From = v, &old, t.At
			return Checked{Signup: s, Record: old, Refused: r}, nil
		}
		return Checked{Signup: s, Record: old, Again: true}, nil
	}
	if in, ok := s.standing(ActIn); t.Out && (!ok || t.At.Before(in.At)) {
		r := l.refuse(WhyNotIn)
		r.Volunteer = v
		return Checked{Signup: s, Refused: r}, nil
	}
	if err := b.welcome(l, &s, by); err != nil {
		return Checked{}, err
	}
	r := Record{Act: do, At: t.At, Way: WayList, Nonce: t.Nonce}
	if t.Paper {
		r.Way = WayPaper
	}
	return b.record(l.tx, s, r, by)
}

// tickable refuses a tick for a moment at which nobody can have been there.
func (l *list) tickable(t Tick) *Refusal {
	from, _ := l.CheckWindow()
	switch {
	case !l.Series.IsZero():
		return l.refuse(WhySeries)
	case l.State != StatePublished:
		return l.refuse(whyState[l.State])
	case t.Out && !l.CheckOut:
		return l.refuse(WhyNoOut)
	case l.now.Add(tickSlack).Before(from):
		r := l.refuse(WhyEarly)
		r.From = from
		return r
	case t.At.Before(from), t.At.After(l.Shut()), t.At.After(l.now.Add(tickSlack)):
		r := l.refuse(WhyTime)
		r.From, r.Until = from, earlier(l.Shut(), l.now)
		return r
	}
	return nil
}

// ticked finds whom the tick means, and makes a volunteer of a walk-in.
func (b *Board) ticked(l *list, t Tick, names map[string][]VolunteerID, by Actor) (VolunteerID, *Refusal, error) {
	if t.Volunteer != "" {
		p, err := loadVolunteer(l.tx, t.Volunteer)
		if err == nil && p.Standing == StandingErased {
			return "", l.refuse(WhyErased), nil
		}
		return t.Volunteer, nil, err
	}
	key := l.Number.digits() + sep + t.Nonce
	if v, ok, err := get[VolunteerID](l.tx, bucketWalkIn, key); ok || err != nil {
		return v, nil, err
	}
	same := names[nameKey(t.Name)]
	switch {
	case nameKey(t.Name) == "", t.Paper && len(same) > 1:
		return "", l.refuse(WhyName), nil
	case t.Paper && len(same) == 1:
		return same[0], nil, nil
	case t.Out: // of somebody who never came in
		return "", l.refuse(WhyNotIn), nil
	}
	p := &person{Name: strings.TrimSpace(t.Name), Consent: Consent{textOnPaper, l.now}, Standing: StandingConfirmed}
	if err := p.check(); err != nil {
		return "", l.refuse(WhyName), nil
	}
	if err := b.addVolunteer(l.tx, p, by); err != nil {
		return "", nil, err
	}
	if t.Paper {
		names[nameKey(t.Name)] = []VolunteerID{p.ID}
	}
	return p.ID, nil, put(l.tx, bucketWalkIn, key, p.ID)
}

// welcome puts whoever an organiser saw on the list.
func (b *Board) welcome(l *list, s *Signup, by Actor) error {
	if _, err := b.Confirm(l.tx, s.Volunteer, Actor{Person: by.Person, Office: true}); err != nil {
		return err
	}
	if s.Listed() {
		return nil
	}
	if s.State == SignWaiting {
		return b.take(l, s, SignWalkIn, "", by)
	}
	l.Seq++
	s.State, s.Seq, s.Signed, s.Gone, s.Why = SignWalkIn, l.Seq, Mark{l.now, by.name()}, Mark{}, ""
	if err := l.tx.Put(bucketMine, mineKey(l.Number, s.Volunteer), nil); err != nil {
		return err
	}
	if err := b.noteSignup(l, DoWalkIn, *s, by); err != nil {
		return err
	}
	return l.keep(*s)
}

// Undo takes a check-in, a check-out or a correction back, with a reason, as a new record;
// with a check-in the check-out goes. The volunteer is told. An organiser may, until
// UndoUntil. Twice is once. A *Refusal: WhyReason, WhyLong, WhyTooLate, WhyNothing, WhyArchived.
func (b *Board) Undo(tx *store.Tx, n Number, v VolunteerID, no int, why string, by Actor) (Signup, error) {
	a, s, refused, err := b.mend(tx, n, v, why, by)
	if refused != nil || err != nil {
		return s, cmp.Or[error](err, refused)
	}
	if no < 1 || no > len(s.Records) || s.Records[no-1].Act == ActUndo {
		return s, a.refuse(WhyNothing)
	}
	if !b.now(tx).Before(b.UndoUntil(a)) {
		r := a.refuse(WhyTooLate)
		r.Until = b.UndoUntil(a)
		return s, r
	}
	take := []int{no}
	if out, ok := s.standing(ActOut); ok && s.Records[no-1].Act == ActIn {
		take = []int{out.No, no}
	}
	before := len(s.Records)
	for _, no := range take {
		if s.undone(no) {
			continue
		}
		done, err := b.record(tx, s, Record{Act: ActUndo, At: b.now(tx), Of: no, Why: why}, by)
		if err != nil {
			return s, err
		}
		s = done.Signup
	}
	if len(s.Records) == before {
		return s, nil
	}
	return s, b.tellUndone(tx, a, s)
}

// UndoUntil is until when records of the activity can be taken back.
func (b *Board) UndoUntil(a Activity) time.Time { return a.End.Add(b.rules.Undo) }

// mend loads what an organiser wants to change of somebody's records, with a reason.
func (b *Board) mend(tx *store.Tx, n Number, v VolunteerID, why string, by Actor) (Activity, Signup, *Refusal, error) {
	rec, err := b.load(tx, n)
	if err != nil {
		return Activity{}, Signup{}, nil, err
	}
	s, ok, err := b.Signup(tx, n, v)
	if err == nil && !by.Runs(rec.Unit) {
		err = ErrForbidden
	}
	refused := rec.words(why)
	switch {
	case err != nil:
		refused = nil
	case !ok:
		refused = rec.refuse(WhyNotListed)
	case rec.State != StatePublished:
		refused = rec.refuse(whyState[rec.State])
	}
	return rec.Activity, s, refused, err
}
