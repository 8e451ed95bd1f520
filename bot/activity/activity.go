// Package activity knows the activities of culture volunteers: who may sign up and
// stands on the waiting list, who was there and how that is known, and how many
// minutes of service follow from it. It sends nothing: what is to be said is put
// into the outbox within the caller's transaction.
//
// Tally, Union and the codes are pure; the functions that change something work in
// the caller's transaction and may run twice as its closure may. Nothing is ever
// deleted but what says who a volunteer is, when that is asked for: every change is
// an entry of the activity's chain in the audit history, which names volunteers by
// their pseudonyms.
//
// It must not know chats, commands, HTTP, the index or the configuration, nor how
// anything is delivered or how a phone finds out where it is.
package activity

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/index/zh"
)

// What callers can tell apart. What is not allowed is a *Refusal. Tell words each
// for users.
var (
	ErrNotFound  = errors.New("activity: no such activity")
	ErrVolunteer = errors.New("activity: no such volunteer")
	ErrForbidden = errors.New("activity: only its organiser and the office may")
	ErrChanged   = errors.New("activity: changed by somebody else meanwhile")
	ErrInvalid   = errors.New("activity: not a usable activity")
	ErrProfile   = errors.New("activity: not a usable profile")
	ErrLink      = errors.New("activity: the link is used up, too old or none of ours")
	ErrTaken     = errors.New("activity: the account or browser is somebody else's")
	ErrCode      = errors.New("activity: no such certificate")
	ErrDiffers   = errors.New("activity: what is stored is not what the history gives")
)

// Number is an activity's number. It prints as A7 and is never used again.
type Number int

// String is A7.
func (n Number) String() string { return "A" + strconv.Itoa(int(n)) }

// MarshalText is String.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads A7.
func (n *Number) UnmarshalText(text []byte) error {
	got, ok := ParseNumber(string(text))
	if !ok {
		return fmt.Errorf("activity number %q: %w", text, ErrInvalid)
	}
	*n = got
	return nil
}

var numberPattern = regexp.MustCompile(`^(?:a|活动|activity)\s*#?(\d{1,9})$`)

// ParseNumber reads an activity's number as people write it: A7, a 7, Ａ７, 活动7.
func ParseNumber(s string) (Number, bool) {
	m := numberPattern.FindStringSubmatch(strings.TrimSpace(zh.Fold(s)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return Number(n), err == nil && n > 0
}

// Chain is the name of the activity's chain in the audit history.
func (n Number) Chain() string { return "activity/" + n.String() }

// Draft is what an organiser says of an activity. Times are moments; those that are
// zero follow from Start and End.
type Draft struct {
	Title    string     `json:"title"`
	Text     string     `json:"text,omitempty"` // what is to be done, what to bring
	Unit     string     `json:"unit"`           // the organiser, as org.Units spells it
	Place    Place      `json:"place,omitzero"`
	Start    time.Time  `json:"start"`
	End      time.Time  `json:"end"`
	SignFrom time.Time  `json:"sign_from,omitzero"` // zero: once it is published
	SignTo   time.Time  `json:"sign_to,omitzero"`   // zero: until Start
	Capacity int        `json:"capacity,omitempty"` // places; 0: no bound
	NoWait   bool       `json:"no_wait,omitempty"`  // when full, nobody waits for a place
	Early    int        `json:"early,omitempty"`    // minutes before Start from which people check in; 0: 30
	CheckOut bool       `json:"check_out,omitempty"`
	Brigade  string     `json:"brigade,omitempty"` // 分队 that it is for; others may come as well
	Skills   []string   `json:"skills,omitempty"`  // wanted
	Public   bool       `json:"public,omitempty"`  // outsiders may sign up; an organiser confirms each once
	Rule     Rule       `json:"rule,omitzero"`
	Series   SeriesRule `json:"series,omitzero"` // it comes again: each occurrence is an activity of its own
}

// Place is where it happens.
type Place struct {
	Name   string `json:"name,omitempty"`
	Point  Point  `json:"point,omitzero"`   // zero: nobody can check in by location
	Radius int    `json:"radius,omitempty"` // metres, at least 200; 0: 300
}

// SeriesRule says when an activity comes again.
type SeriesRule struct {
	Every Every         `json:"every,omitempty"`
	Until calendar.Date `json:"until,omitzero"` // the last day that an occurrence may have; zero: for as long as nobody cancels
}

// Every is how often.
type Every string

// How often a series comes.
const (
	EveryWeek  Every = "week"
	EveryMonth Every = "month" // on Start's day of the month, or the last one of a shorter month
)

// IsZero reports an activity that comes once.
func (r SeriesRule) IsZero() bool { return r.Every == "" }

// State is where an activity stands.
type State string

// The states in the order of an activity's life. StateOver is not stored: it is
// StatePublished after Shut.
const (
	StateDraft     State = "draft"     // nobody but its organiser sees it
	StatePublished State = "published" // people sign up and check in
	StateCancelled State = "cancelled" // it does not happen; all who had signed up are told
	StateOver      State = "over"      // hours are confirmed and disputed
	StateArchived  State = "archived"  // nothing changes any more
)

// Activity is one activity. Values handed out are the caller's own.
type Activity struct {
	Number Number `json:"number"`
	Draft
	State     State  `json:"state"`         // as stored: StateAt tells whether it is over
	Of        Number `json:"of,omitempty"`  // of an occurrence: its series
	Why       string `json:"why,omitempty"` // of a cancelled one
	Created   Mark   `json:"created"`
	Published Mark   `json:"published,omitzero"`
	Ended     Mark   `json:"ended,omitzero"` // cancelled, or archived
	Version   int    `json:"version"`        // of the record: 1, 2, …
}

// Mark is who did something, and when.
type Mark struct {
	At time.Time `json:"at"`
	By string    `json:"by"` // a person's id, a volunteer's, or org.Operator
}

// IsZero reports that it was not done.
func (m Mark) IsZero() bool { return m.At.IsZero() }

// Actor is who does something: an organiser, a volunteer, or both in one.
type Actor struct {
	Person    org.PersonID // empty: a volunteer whom no roster has
	Unit      string       // whom the person acts for; may be empty
	Office    bool
	Volunteer VolunteerID // whom the person is as a volunteer; may be empty
}

// ActorOf is what a person may act as. Fill in Volunteer where it is known.
func ActorOf(p org.Person) Actor {
	a := Actor{Person: p.ID, Office: p.Role == org.RoleOffice}
	if p.ActsFor(p.Unit) || p.Role == org.RoleOrganiser {
		a.Unit = p.Unit
	}
	return a
}

// Self is a volunteer who acts for nobody else.
func Self(v VolunteerID) Actor { return Actor{Volunteer: v} }

// Operator works at the machine or in the console, with the office's powers.
var Operator = Actor{Person: org.Operator, Office: true}

// Runs reports whether the actor is an organiser of what the unit organises.
func (a Actor) Runs(unit string) bool { return a.Office || a.Unit != "" && a.Unit == unit }

// is reports whether the actor is the volunteer.
func (a Actor) is(v VolunteerID) bool { return v != "" && a.Volunteer == v }

// name is how histories name the actor.
func (a Actor) name() string {
	if a.Person != "" {
		return string(a.Person)
	}
	return string(a.Volunteer)
}

// StateAt is where the activity stands at the moment.
func (a Activity) StateAt(now time.Time) State {
	if a.State == StatePublished && a.Series.IsZero() && !now.Before(a.Shut()) {
		return StateOver
	}
	return a.State
}

// Off reports whether the activity was cancelled, also where it is archived since.
func (a Activity) Off() bool { return a.State == StateCancelled || a.Why != "" }

// SignWindow is when people may sign up: from the one on, before the other.
func (a Activity) SignWindow() (from, to time.Time) {
	from, to = a.SignFrom, a.SignTo
	if from.IsZero() {
		from = a.Published.At
	}
	if to.IsZero() {
		to = a.Start
	}
	return from, to
}

// CheckWindow is when people may check in: from the one on, before the other. They may
// check out until Shut.
func (a Activity) CheckWindow() (from, to time.Time) {
	return a.Start.Add(-minutes(cmp.Or(a.Early, defaultEarly))), a.End
}

// Shut is when nobody can check out any more: the end, and the slack after it where
// people check out.
func (a Activity) Shut() time.Time {
	if !a.CheckOut {
		return a.End
	}
	return a.End.Add(minutes(a.Rule.orDefault().Slack))
}

// Planned is how many minutes the activity is to take.
func (a Activity) Planned() int { return int(a.End.Sub(a.Start) / time.Minute) }

// Edit returns what an organiser may change, for Amend.
func (a Activity) Edit() Draft {
	d := a.Draft
	d.Skills = slices.Clone(d.Skills)
	return d
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// Defaults and sizes of what people write, in characters.
const (
	defaultEarly  = 30 // minutes
	defaultRadius = 300
	leastRadius   = 200 // metres: phones are not surer of where they are
	mostRadius    = 20_000
	maxTitle      = 100
	maxText       = 4000
	maxWords      = 500 // a reason
	maxName       = 60  // of a place, a brigade
	maxSkills     = 20
	maxCapacity   = 100_000
	maxDays       = 31 // of one activity
	maxEarly      = 24 * 60
)

// in is the draft with its times in the location.
func (d Draft) in(loc *time.Location) Draft {
	for _, t := range []*time.Time{&d.Start, &d.End, &d.SignFrom, &d.SignTo} {
		if !t.IsZero() {
			*t = t.In(loc).Truncate(time.Minute)
		}
	}
	d.Title, d.Place.Name, d.Brigade = strings.TrimSpace(d.Title), strings.TrimSpace(d.Place.Name), strings.TrimSpace(d.Brigade)
	d.Skills = tidy(d.Skills)
	return d
}

// tidy trims words and leaves out the empty and the double ones.
func tidy(words []string) (out []string) {
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out
}

// check says what of the draft cannot be kept.
func (d Draft) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrInvalid, what) }
	long := func(s string, most int) bool { return utf8.RuneCountInString(s) > most }
	switch {
	case d.Title == "" || long(d.Title, maxTitle) || long(d.Text, maxText):
		return bad("its title or text")
	case d.Unit == "" || strings.Contains(d.Unit, sep):
		return bad("its unit")
	case d.Start.IsZero() || !d.End.After(d.Start) || d.End.Sub(d.Start) > maxDays*24*time.Hour:
		return bad("its time")
	case !d.SignTo.IsZero() && (d.SignTo.After(d.End) || !d.SignTo.After(d.SignFrom)), d.SignFrom.After(d.End):
		return bad("its sign-up window")
	case d.Capacity < 0 || d.Capacity > maxCapacity || d.Early < 0 || d.Early > maxEarly:
		return bad("its numbers")
	case long(d.Place.Name, maxName) || long(d.Brigade, maxName) || len(d.Skills) > maxSkills,
		slices.ContainsFunc(d.Skills, func(s string) bool { return long(s, maxName) }):
		return bad("its words")
	case d.Place.Radius != 0 && (d.Place.Radius < leastRadius || d.Place.Radius > mostRadius), !d.Place.Point.valid():
		return bad("its place")
	case !d.Rule.valid():
		return bad("its hours rule")
	case d.Series.Every != "" && d.Series.Every != EveryWeek && d.Series.Every != EveryMonth,
		d.Series.Every == "" && !d.Series.Until.IsZero(),
		d.Series.Every == EveryWeek && d.End.Sub(d.Start) > 7*24*time.Hour:
		return bad("its series")
	}
	return nil
}
