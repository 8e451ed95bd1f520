// Package task knows the tasks that the office hands out: who must do what by
// when, the steps from 立项 to 销号 and who may take them, which dates come again,
// and when a unit is to be reminded. It sends nothing: what is to be said is put
// into the outbox within the caller's transaction.
//
// Step and the schedule are pure; the functions that change something work in
// the caller's transaction and may run twice as its closure may. Every change
// of a task is an entry of its chain in the audit history.
//
// It must not know chats, commands, HTTP, the index or the configuration, nor how
// anything is delivered. Assessment must have nothing but results and deadlines
// from here: when somebody read or signed is kept for the history alone.
package task

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

// What callers can tell apart. A step that is not allowed is a *Refusal. Tell
// words each for users.
var (
	ErrNotFound  = errors.New("task: no such task")
	ErrForbidden = errors.New("task: only the office may")
	ErrChanged   = errors.New("task: changed by somebody else meanwhile")
	ErrInvalid   = errors.New("task: not a usable task")
)

// Number is a task's number. It prints as T12 and is never used again.
type Number int

// String is T12.
func (n Number) String() string { return "T" + strconv.Itoa(int(n)) }

// MarshalText is String; of 0, which is no task, it is empty.
func (n Number) MarshalText() ([]byte, error) {
	if n == 0 {
		return nil, nil
	}
	return []byte(n.String()), nil
}

// UnmarshalText reads what MarshalText writes, and T12 as people write it.
func (n *Number) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = 0
		return nil
	}
	got, ok := ParseNumber(string(text))
	if !ok {
		return fmt.Errorf("task number %q: %w", text, ErrInvalid)
	}
	*n = got
	return nil
}

var numberPattern = regexp.MustCompile(`^(?:t|任务|task)\s*#?(\d{1,9})$`)

// ParseNumber reads a task's number as people write it: T12, t 12, Ｔ１２, 任务12.
func ParseNumber(s string) (Number, bool) {
	m := numberPattern.FindStringSubmatch(strings.TrimSpace(zh.Fold(s)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.Atoi(m[1])
	return Number(n), err == nil && n > 0
}

// Chain is the name of the task's chain in the audit history.
func (n Number) Chain() string { return "task/" + n.String() }

// Draft is what the office says of a task.
type Draft struct {
	Title        string        `json:"title"`
	Text         string        `json:"text,omitempty"`
	Source       Source        `json:"source,omitzero"`
	Leads        []string      `json:"leads,omitempty"` // 牵头、责任单位, as org.Units spells them
	Supports     []string      `json:"supports,omitempty"`
	Deadline     calendar.Date `json:"deadline,omitzero"`       // zero: 待定期限
	DeadlineText string        `json:"deadline_text,omitempty"` // as the source writes it
	Rule         Rule          `json:"rule,omitzero"`           // it comes again: the task is a series
	Offsets      []int         `json:"offsets,omitempty"`       // working days before the deadline to remind on; nil: as usual
	Parent       Number        `json:"parent,omitempty"`        // it is a part of that task
	Remark       string        `json:"remark,omitempty"`
}

// Source is the clause a task stems from, in the version that was in force.
type Source struct {
	Plan    string `json:"plan,omitempty"` // 文号, else title
	Version string `json:"version,omitempty"`
	Address string `json:"address,omitempty"` // as Answer cites it: 附件·市委宣传部·第3项
	Clause  string `json:"clause,omitempty"`  // its words
}

// Task is one task. Values handed out are the caller's own.
type Task struct {
	Number  Number    `json:"number"`
	Draft             // Leads and Supports are empty; Shares have them
	Shares  []Share   `json:"shares,omitempty"` // the leads first
	State   State     `json:"state"`
	Period  string    `json:"period,omitempty"` // of an occurrence: 2026年第三季度
	Series  Number    `json:"series,omitempty"` // of an occurrence: what it is one of
	Created Mark      `json:"created"`
	Handed  time.Time `json:"handed,omitzero"` // when it was last handed out
	Ended   time.Time `json:"ended,omitzero"`  // 办结 or 取消
	Delays  []Delay   `json:"delays,omitempty"`
	Issues  []Issue   `json:"issues,omitempty"`
	Version int       `json:"version"` // of the record: 1, 2, …
}

// Share is one unit's part in a task. Each signs and reports for itself.
type Share struct {
	Unit     string    `json:"unit"`
	Lead     bool      `json:"lead,omitempty"`
	Handed   time.Time `json:"handed,omitzero"`   // when the unit was given it
	Signed   Mark      `json:"signed,omitzero"`   // 签收
	Done     Mark      `json:"done,omitzero"`     // 反馈: it says that its part is done
	Returned Mark      `json:"returned,omitzero"` // 退回: it does not take it; the office decides
	Percent  int       `json:"percent,omitempty"`
	Note     string    `json:"note,omitempty"` // its last words, or the office's on returning its report
}

// Mark is who did something, and when.
type Mark struct {
	At time.Time    `json:"at"`
	By org.PersonID `json:"by"`
}

// IsZero reports that it was not done.
func (m Mark) IsZero() bool { return m.At.IsZero() }

// Delay is a request for another deadline. Where there was none, it proposes one.
type Delay struct {
	Unit    string        `json:"unit"`
	From    calendar.Date `json:"from,omitzero"`
	To      calendar.Date `json:"to"`
	Reason  string        `json:"reason"`
	Asked   Mark          `json:"asked"`
	Decided Mark          `json:"decided,omitzero"`
	Granted bool          `json:"granted,omitempty"`
	Why     string        `json:"why,omitempty"` // the office's words
}

// Issue is an obstacle that a unit asks the office to settle: 提请协调.
type Issue struct {
	Unit    string `json:"unit"`
	Text    string `json:"text"`
	Raised  Mark   `json:"raised"`
	Settled Mark   `json:"settled,omitzero"`
	Outcome string `json:"outcome,omitempty"`
}

// Units lists the leads' names, or the supporters'.
func (t Task) units(lead bool) (names []string) {
	for _, s := range t.Shares {
		if s.Lead == lead {
			names = append(names, s.Unit)
		}
	}
	return names
}

// LeadUnits and SupportUnits list the units by their role.
func (t Task) LeadUnits() []string { return t.units(true) }

// SupportUnits lists those who help.
func (t Task) SupportUnits() []string { return t.units(false) }

// Share returns the unit's part, and whether it has one.
func (t Task) Share(unit string) (Share, bool) {
	if i := t.find(unit); i >= 0 {
		return t.Shares[i], true
	}
	return Share{}, false
}

func (t Task) find(unit string) int {
	return slices.IndexFunc(t.Shares, func(s Share) bool { return s.Unit == unit })
}

// Pending returns the delay that waits for the office's decision.
func (t Task) Pending() (Delay, bool) {
	if i := t.pending(); i >= 0 {
		return t.Delays[i], true
	}
	return Delay{}, false
}

func (t Task) pending() int {
	return slices.IndexFunc(t.Delays, func(d Delay) bool { return d.Decided.IsZero() })
}

// Open reports whether an issue waits to be settled.
func (i Issue) Open() bool { return i.Settled.IsZero() }

// Recurs reports whether the task is a series, whose occurrences are tasks of their own.
func (t Task) Recurs() bool { return !t.Rule.IsZero() }

// Edit returns what the office may change, for DoAmend.
func (t Task) Edit() Draft {
	d := t.Draft
	d.Leads, d.Supports = t.LeadUnits(), t.SupportUnits()
	d.Offsets = slices.Clone(d.Offsets)
	return d
}

// clone is t with slices of its own.
func (t Task) clone() Task {
	t.Offsets, t.Shares = slices.Clone(t.Offsets), slices.Clone(t.Shares)
	t.Delays, t.Issues = slices.Clone(t.Delays), slices.Clone(t.Issues)
	return t
}

// Sizes of what people write, in characters.
const (
	maxTitle = 200
	maxText  = 4000
	maxWords = 1000 // a reason, a report
	maxUnits = 60   // units of one task
	maxOff   = 366  // working days before a deadline
)

// check says what of the draft cannot be kept.
func (d Draft) check() error {
	units := slices.Concat(d.Leads, d.Supports)
	slices.Sort(units)
	switch {
	case strings.TrimSpace(d.Title) == "":
		return fmt.Errorf("%w: no title", ErrInvalid)
	case long(d.Title, maxTitle), long(d.Text, maxText), long(d.DeadlineText, maxWords), long(d.Remark, maxWords), long(d.Source.Clause, maxText):
		return fmt.Errorf("%w: too long", ErrInvalid)
	case len(units) > maxUnits || slices.Contains(units, "") || len(slices.Compact(units)) < len(d.Leads)+len(d.Supports):
		return fmt.Errorf("%w: its units", ErrInvalid)
	case slices.ContainsFunc(units, func(u string) bool { return strings.Contains(u, sep) }):
		return fmt.Errorf("%w: a unit's name", ErrInvalid)
	case slices.ContainsFunc(d.Offsets, func(n int) bool { return n < 0 || n > maxOff }):
		return fmt.Errorf("%w: its offsets", ErrInvalid)
	case !d.Rule.IsZero() && (!d.Deadline.IsZero() || d.Parent != 0):
		return fmt.Errorf("%w: a series has neither a deadline nor a parent", ErrInvalid)
	}
	return d.Rule.check()
}

func long(s string, most int) bool { return utf8.RuneCountInString(s) > most }

// set makes the draft true of t. Units that stay keep what they did.
func (t *Task) set(d Draft, at time.Time) {
	old := t.Shares
	t.Shares = nil
	for i, unit := range slices.Concat(d.Leads, d.Supports) {
		s := Share{Unit: unit}
		if t.State.handed() {
			s.Handed = at
		}
		if j := slices.IndexFunc(old, func(o Share) bool { return o.Unit == unit }); j >= 0 {
			s = old[j]
		}
		s.Lead = i < len(d.Leads)
		t.Shares = append(t.Shares, s)
	}
	d.Leads, d.Supports = nil, nil
	d.Offsets = slices.Clone(d.Offsets)
	d.Source, d.Parent = cmp.Or(d.Source, t.Source), cmp.Or(d.Parent, t.Parent)
	t.Draft = d
}
