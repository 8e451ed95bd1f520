package task

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
)

// State is where a task stands. docs/states.md draws how one leads to another.
type State string

// The states in the order of a task's life; the last three are ends.
const (
	StateDraft     State = "draft"     // 立项: not handed out, or every lead has given it back
	StateAssigned  State = "assigned"  // 交办: some lead has not signed yet
	StateSigned    State = "signed"    // 签收: every lead has signed; some lead has not reported yet
	StateReported  State = "reported"  // 反馈: every lead says that it is done
	StateReviewed  State = "reviewed"  // 复核: the office found it in order
	StateClosed    State = "closed"    // 办结
	StateStruck    State = "struck"    // 销号
	StateCancelled State = "cancelled" // 取消
)

// States lists all of them in that order.
var States = []State{StateDraft, StateAssigned, StateSigned, StateReported, StateReviewed, StateClosed, StateStruck, StateCancelled}

// Ended reports whether the work is over.
func (s State) Ended() bool { return s == StateClosed || s == StateStruck || s == StateCancelled }

// handed reports whether the units have the task.
func (s State) handed() bool { return s == StateAssigned || s == StateSigned }

// Do names a step.
type Do string

// The steps. Those of a unit concern its own share; the office may take them for
// a unit that has no account, by naming it.
const (
	DoHand     Do = "hand"     // 交办: to all units, or once more to those that gave it back
	DoSign     Do = "sign"     // 签收
	DoProgress Do = "progress" // 进度: Percent, Text
	DoReport   Do = "report"   // 反馈: the unit's part is done; Text
	DoDecline  Do = "decline"  // 退回 by a unit: not ours; Text says why
	DoAsk      Do = "ask"      // 延期: To, Text says why
	DoRaise    Do = "raise"    // 提请协调: Text
	DoGrant    Do = "grant"    // 同意延期
	DoDeny     Do = "deny"     // 不同意延期: Text
	DoSettle   Do = "settle"   // 协调结果: Issue, Text
	DoUrge     Do = "urge"     // 催办: of Unit, or of all that are not done
	DoReview   Do = "review"   // 复核
	DoReturn   Do = "return"   // 退回 by the office: of Unit's report, or of all; Text says why
	DoClose    Do = "close"    // 办结
	DoStrike   Do = "strike"   // 销号
	DoCancel   Do = "cancel"   // 取消: Text says why
	DoAmend    Do = "amend"    // 修改: Draft, Version
)

// Action is one step to take. Do and At are required.
type Action struct {
	Do      Do            `json:"do"`
	At      time.Time     `json:"-"`              // in the calendar's location; Apply sets it
	Unit    string        `json:"unit,omitempty"` // of a unit's step: for which; the actor's own if empty
	Text    string        `json:"text,omitempty"`
	Percent int           `json:"percent,omitempty"`
	To      calendar.Date `json:"to,omitzero"`
	Issue   int           `json:"issue,omitempty"` // from 1; 0: the first that is open
	Draft   *Draft        `json:"draft,omitempty"`
	Version int           `json:"version,omitempty"` // the task's as the actor saw it; 0: whichever
}

// Actor is who takes a step.
type Actor struct {
	By     org.PersonID
	Unit   string // whom the person acts for; may be empty
	Office bool
}

// ActorOf is what a person may act as.
func ActorOf(p org.Person) Actor {
	a := Actor{By: p.ID, Office: p.Role == org.RoleOffice}
	if p.ActsFor(p.Unit) {
		a.Unit = p.Unit
	}
	return a
}

// Operator works at the machine or in the console, with the office's powers.
var Operator = Actor{By: org.Operator, Office: true}

// who may take a step.
type who string

const (
	byOffice who = "office"
	byLead   who = "lead"
	byUnit   who = "unit" // leads and supporters
)

// who may take the step.
func (d Do) who() who {
	switch d {
	case DoSign, DoProgress, DoReport, DoDecline, DoRaise:
		return byUnit
	case DoAsk:
		return byLead
	}
	return byOffice
}

// arrow is one step: from where it may be taken, and where it can lead.
type arrow struct {
	do     Do
	from   []State
	to     []State
	reason bool // it needs words
	take   func(t *Task, s *Share, a Action, m Mark) error
}

// under and given are where the units work.
var (
	under = []State{StateAssigned, StateSigned}
	given = []State{StateAssigned, StateSigned, StateReported}
	begun = []State{StateDraft, StateAssigned, StateSigned}
	live  = []State{StateDraft, StateAssigned, StateSigned, StateReported, StateReviewed}
)

// arrows are all steps there are.
var arrows = []arrow{
	{do: DoHand, from: begun, to: under, take: (*Task).hand},
	{do: DoSign, from: under, to: under, take: (*Task).sign},
	{do: DoProgress, from: under, to: under, take: (*Task).progress},
	{do: DoReport, from: under, to: given, take: (*Task).report},
	{do: DoDecline, from: under, to: begun, reason: true, take: (*Task).decline},
	{do: DoAsk, from: under, to: under, reason: true, take: (*Task).ask},
	{do: DoRaise, from: given, to: given, reason: true, take: (*Task).raise},
	{do: DoGrant, from: under, to: under, take: (*Task).grant},
	{do: DoDeny, from: under, to: under, reason: true, take: (*Task).deny},
	{do: DoSettle, from: live, to: live, reason: true, take: (*Task).settle},
	{do: DoUrge, from: under, to: under, take: (*Task).urge},
	{do: DoReview, from: []State{StateReported}, to: []State{StateReviewed}, take: into(StateReviewed)},
	{do: DoReturn, from: []State{StateReported, StateReviewed}, to: []State{StateSigned}, reason: true, take: (*Task).giveBack},
	{do: DoClose, from: []State{StateReviewed}, to: []State{StateClosed}, take: into(StateClosed)},
	{do: DoStrike, from: []State{StateClosed}, to: []State{StateStruck}, take: into(StateStruck)},
	{do: DoCancel, from: live, to: []State{StateCancelled}, reason: true, take: into(StateCancelled)},
	{do: DoAmend, from: begun, to: append(begun, StateReported), take: (*Task).amend},
}

// ofSeries are the steps of a series; the others are for its occurrences.
var ofSeries = []Do{DoHand, DoAmend, DoCancel}

func arrowOf(do Do) (arrow, bool) {
	i := slices.IndexFunc(arrows, func(a arrow) bool { return a.do == do })
	if i < 0 {
		return arrow{}, false
	}
	return arrows[i], true
}

// Step is the task after the step, with the next version; t is not changed. A
// task with several leads moves on when all of them have signed, or reported; a
// supporter's part never holds it up. A *Refusal says what is not allowed, and who
// may; ErrChanged that a.Version is not the task's.
func Step(t Task, a Action, by Actor) (Task, error) {
	refuse := func(why Why) error { return t.refuse(a, why) }
	r, ok := arrowOf(a.Do)
	if !ok || a.At.IsZero() {
		return t, fmt.Errorf("%w: step %q", ErrInvalid, a.Do)
	}
	share, err := mayTake(t, a, by)
	if err != nil {
		return t, err
	}
	switch {
	case t.Recurs() && !slices.Contains(ofSeries, a.Do):
		return t, refuse(WhySeries)
	case !slices.Contains(r.from, t.State):
		return t, refuse(WhyState)
	case a.Version != 0 && a.Version != t.Version:
		return t, fmt.Errorf("%w: %s is at version %d, not %d", ErrChanged, t.Number, t.Version, a.Version)
	case r.reason && strings.TrimSpace(a.Text) == "":
		return t, refuse(WhyReason)
	case long(a.Text, maxWords):
		return t, refuse(WhyLong)
	}
	next := t.clone()
	var s *Share
	if share >= 0 {
		s = &next.Shares[share]
	}
	if err := r.take(&next, s, a, Mark{a.At, by.By}); err != nil {
		return t, err
	}
	if !slices.Contains(r.to, next.State) {
		return t, fmt.Errorf("task: %s of %s led to %s", a.Do, t.Number, next.State)
	}
	next.Version++
	return next, nil
}

// mayTake finds the share that a unit's step concerns, -1 for the office's, and
// refuses who may not take it.
func mayTake(t Task, a Action, by Actor) (int, error) {
	if a.Do.who() == byOffice {
		if !by.Office {
			return -1, t.refuse(a, WhyOffice)
		}
		return -1, nil
	}
	unit := by.Unit
	if by.Office && a.Unit != "" {
		unit = a.Unit
	}
	i := t.find(unit)
	switch {
	case a.Unit != "" && a.Unit != unit, i < 0, a.Do.who() == byLead && !t.Shares[i].Lead:
		return -1, t.refuse(a, WhyUnit)
	}
	return i, nil
}

// phase is where the leads' shares put a task that the units have.
func (t *Task) phase() State {
	leads, returned, done, signed := 0, 0, 0, 0
	for _, s := range t.Shares {
		if s.Lead {
			leads++
			returned += count(!s.Returned.IsZero())
			done += count(!s.Done.IsZero())
			signed += count(!s.Signed.IsZero())
		}
	}
	switch leads {
	case returned:
		return StateDraft
	case done:
		return StateReported
	case signed:
		return StateSigned
	}
	return StateAssigned
}

func count(b bool) int {
	if b {
		return 1
	}
	return 0
}

// into moves a task to the state.
func into(s State) func(*Task, *Share, Action, Mark) error {
	return func(t *Task, _ *Share, _ Action, m Mark) error {
		t.State = s
		if s == StateClosed || s == StateCancelled {
			t.Ended = m.At
		}
		return nil
	}
}

func (t *Task) hand(_ *Share, a Action, m Mark) error {
	returned := func(s Share) bool { return !s.Returned.IsZero() }
	switch {
	case len(t.LeadUnits()) == 0:
		return t.refuse(a, WhyLead)
	case t.State != StateDraft && !slices.ContainsFunc(t.Shares, returned):
		return t.refuse(a, WhyAgain)
	}
	for i := range t.Shares {
		if s := &t.Shares[i]; t.State == StateDraft && s.Signed.IsZero() || returned(*s) {
			s.Handed, s.Returned = m.At, Mark{}
		}
	}
	t.Handed, t.State = m.At, t.phase()
	return nil
}

// signed refuses a unit that has not signed, or that is done.
func (t *Task) signed(s *Share, a Action) error {
	switch {
	case !s.Returned.IsZero():
		return t.refuseShare(a, WhyReturned, *s, s.Returned)
	case s.Signed.IsZero():
		return t.refuseShare(a, WhyUnsigned, *s, Mark{})
	case !s.Done.IsZero():
		return t.refuseShare(a, WhyDone, *s, s.Done)
	}
	return nil
}

func (t *Task) sign(s *Share, a Action, m Mark) error {
	switch {
	case !s.Returned.IsZero():
		return t.refuseShare(a, WhyReturned, *s, s.Returned)
	case !s.Signed.IsZero():
		return t.refuseShare(a, WhyAgain, *s, s.Signed)
	}
	s.Signed = m
	t.State = t.phase()
	return nil
}

func (t *Task) progress(s *Share, a Action, _ Mark) error {
	if a.Percent < 0 || a.Percent > 100 {
		return t.refuse(a, WhyPercent)
	}
	if err := t.signed(s, a); err != nil {
		return err
	}
	s.Percent, s.Note = a.Percent, cmp.Or(a.Text, s.Note)
	return nil
}

func (t *Task) report(s *Share, a Action, m Mark) error {
	if err := t.signed(s, a); err != nil {
		return err
	}
	s.Done, s.Percent, s.Note = m, 100, cmp.Or(a.Text, s.Note)
	t.State = t.phase()
	return nil
}

func (t *Task) decline(s *Share, a Action, m Mark) error {
	switch {
	case !s.Returned.IsZero():
		return t.refuseShare(a, WhyAgain, *s, s.Returned)
	case !s.Done.IsZero():
		return t.refuseShare(a, WhyDone, *s, s.Done)
	}
	s.Returned, s.Signed, s.Percent, s.Note = m, Mark{}, 0, a.Text
	t.State = t.phase()
	return nil
}

func (t *Task) ask(s *Share, a Action, m Mark) error {
	if err := t.signed(s, a); err != nil {
		return err
	}
	if d, ok := t.Pending(); ok {
		return t.refuseShare(a, WhyPending, Share{Unit: d.Unit}, d.Asked)
	}
	if a.To.IsZero() || !a.To.After(t.Deadline) || a.To.Before(calendar.Of(a.At)) {
		return t.refuse(a, WhyDate)
	}
	t.Delays = append(t.Delays, Delay{Unit: s.Unit, From: t.Deadline, To: a.To, Reason: a.Text, Asked: m})
	return nil
}

func (t *Task) decide(a Action, m Mark, granted bool) error {
	i := t.pending()
	if i < 0 {
		return t.refuse(a, WhyNothing)
	}
	d := &t.Delays[i]
	d.Decided, d.Granted, d.Why = m, granted, a.Text
	if granted {
		t.Deadline, t.DeadlineText = d.To, ""
	}
	return nil
}

func (t *Task) grant(_ *Share, a Action, m Mark) error { return t.decide(a, m, true) }
func (t *Task) deny(_ *Share, a Action, m Mark) error  { return t.decide(a, m, false) }

func (t *Task) raise(s *Share, a Action, m Mark) error {
	t.Issues = append(t.Issues, Issue{Unit: s.Unit, Text: a.Text, Raised: m})
	return nil
}

func (t *Task) settle(_ *Share, a Action, m Mark) error {
	i := a.Issue - 1
	if a.Issue == 0 {
		i = slices.IndexFunc(t.Issues, Issue.Open)
	}
	if i < 0 || i >= len(t.Issues) || !t.Issues[i].Open() {
		return t.refuse(a, WhyNothing)
	}
	t.Issues[i].Settled, t.Issues[i].Outcome = m, a.Text
	return nil
}

func (t *Task) urge(_ *Share, a Action, _ Mark) error {
	if !slices.ContainsFunc(t.Shares, func(s Share) bool { return s.Done.IsZero() && (a.Unit == "" || s.Unit == a.Unit) }) {
		return t.refuse(a, WhyNothing)
	}
	return nil
}

// giveBack makes leads that have reported work again.
func (t *Task) giveBack(_ *Share, a Action, _ Mark) error {
	if a.Unit != "" {
		if s, _ := t.Share(a.Unit); !s.Lead || s.Done.IsZero() {
			return t.refuse(a, WhyNothing)
		}
	}
	for i := range t.Shares {
		if s := &t.Shares[i]; s.Lead && (a.Unit == "" || s.Unit == a.Unit) {
			s.Done, s.Note = Mark{}, a.Text
		}
	}
	t.State = StateSigned
	return nil
}

func (t *Task) amend(_ *Share, a Action, m Mark) error {
	if a.Draft == nil {
		return fmt.Errorf("%w: nothing to amend", ErrInvalid)
	}
	if err := a.Draft.check(); err != nil {
		return err
	}
	if t.Recurs() != !a.Draft.Rule.IsZero() && t.State != StateDraft {
		return t.refuse(a, WhySeries)
	}
	t.set(*a.Draft, m.At)
	if t.State == StateDraft {
		return nil
	}
	if len(t.LeadUnits()) == 0 {
		return t.refuse(a, WhyLead)
	}
	if !t.Recurs() {
		t.State = t.phase()
	}
	return nil
}
