// Package handover knows what goes from one person to the next when somebody else acts
// for a unit: its duties, its open tasks, what it has promised, the dates that come, and where it is
// written to. The change of roles and the card that both sign are one act.
//
// It must not know chats, HTTP or the index, nor how anything is sent.
package handover

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// Kind is the Kind of the notices to both.
const Kind = "handover"

// Horizon is how many days ahead dates are listed.
const Horizon = 60

// ErrNotFound: there is no card of that number.
var ErrNotFound = errors.New("handover: no such card")

const (
	bucketCard = "handover" // number → Card
	bucketLast = "handover.last"
)

// Work is what a unit has to do, in words as they were at the time.
type Work struct {
	Duties   []Duty   `json:"duties,omitempty"`   // that the documents give the unit
	Tasks    []Task   `json:"tasks,omitempty"`    // that are with the unit and not done, by deadline
	Promises []string `json:"promises,omitempty"` // what it said, asked for and waits for
	Dates    []Date   `json:"dates,omitempty"`    // within Horizon, in order
	Ways     []string `json:"ways,omitempty"`     // where the unit is written to
}

// Duty is a duty word for word, and where it stands.
type Duty struct {
	Text string `json:"text"`
	Cite string `json:"cite"`
}

// Task is one of the tasks in words.
type Task struct {
	Number task.Number `json:"task"`
	Title  string      `json:"title"`
	Part   string      `json:"part"` // 牵头, 配合
	State  string      `json:"state"`
	Due    string      `json:"due"`
}

// Date is a day on which something is due, or happens.
type Date struct {
	Day  calendar.Date `json:"day"`
	What string        `json:"what"`
}

// Card is a handing over: who, to whom, by whom, and the work as it was then. It names
// people by our ids alone, so that erasing a person leaves it as it is.
type Card struct {
	No   int          `json:"no"` // 1, 2, …
	At   time.Time    `json:"at"`
	By   org.PersonID `json:"by"`
	From org.PersonID `json:"from"`
	To   org.PersonID `json:"to"`
	Unit string       `json:"unit"`
	Role org.Role     `json:"role"` // that To has from now on
	Work
}

// Sender takes what is to be sent, within the transaction of its cause. *outbox.Box is one.
type Sender interface {
	Put(tx *store.Tx, n outbox.Notice) (bool, error)
}

// Desk is what handing over works with. All are required.
type Desk struct {
	Tasks      *task.Board
	Activities *activity.Board
	Sender     Sender
	Routes     org.Routes
	Duties     func(unit string) []Duty // of the documents in force; none before they are read
}

// Work lists what the unit has to do now.
func (d Desk) Work(r store.Reader, unit string) (w Work, err error) {
	list, err := d.Tasks.List(r, task.Query{Unit: unit, States: []task.State{task.StateAssigned, task.StateSigned, task.StateReported}})
	if err != nil {
		return Work{}, err
	}
	w.Duties = d.Duties(unit)
	now := r.Now()
	today := d.Tasks.Calendar().Day(now)
	last := today.AddDays(Horizon)
	for _, t := range list {
		s, _ := t.Share(unit)
		part := textSupports
		if s.Lead {
			part = textLeads
		}
		due := strings.TrimPrefix(d.Tasks.DueWords(t, now), textDue)
		if t.Recurs() {
			due = t.Rule.String()
		} else {
			w.Promises = append(w.Promises, d.promises(t, s, today)...)
		}
		w.Tasks = append(w.Tasks, Task{t.Number, t.Title, part, t.State.Word(), due})
		switch {
		case t.Recurs():
			for _, day := range d.Tasks.Preview(t, today.AddDays(-1), 1) {
				w.date(day, last, textNextOf(t))
			}
		case s.Done.IsZero():
			w.date(t.Deadline, last, textDueOf(t))
		}
	}
	if err := d.activities(r, unit, &w, today); err != nil {
		return Work{}, err
	}
	slices.SortStableFunc(w.Dates, func(a, b Date) int { return a.Day.Compare(b.Day) })
	w.Ways, err = ways(r, unit)
	return w, err
}

// date lists a day that is there and not after the last.
func (w *Work) date(day, last calendar.Date, what string) {
	if !day.IsZero() && !day.After(last) {
		w.Dates = append(w.Dates, Date{day, what})
	}
}

// activities lists those of the unit that come, and the disputes that it has to decide.
func (d Desk) activities(r store.Reader, unit string, w *Work, today calendar.Date) error {
	list, err := d.Activities.List(r, activity.Query{Unit: unit, From: today, To: today.AddDays(Horizon), States: []activity.State{activity.StateDraft, activity.StatePublished}})
	if err != nil {
		return err
	}
	for _, a := range list {
		w.date(calendar.Of(a.Start), today.AddDays(Horizon), textActivity(a))
	}
	disputes, err := d.Activities.Disputes(r, unit)
	for _, x := range disputes {
		w.date(x.Signup.Dispute.Due, today.AddDays(Horizon), textDispute(x))
	}
	return err
}

// ways words where the unit is written to.
func ways(r store.Reader, unit string) (list []string, err error) {
	groups, err := org.GroupsOf(r, unit)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		list = append(list, textGroup(g))
	}
	robots, err := org.GroupRobots(r, unit)
	for _, g := range robots {
		list = append(list, textRobot(g))
	}
	return list, err
}

// Do hands over as org.HandOver does, keeps the card, and tells both what has changed.
// Errors are org.HandOver's.
func (d Desk) Do(tx *store.Tx, from org.PersonID, to org.Person, by org.PersonID) (Card, error) {
	before, after, err := org.HandOver(tx, from, to, by)
	if err != nil {
		return Card{}, err
	}
	work, err := d.Work(tx, before.Unit)
	if err != nil {
		return Card{}, err
	}
	c := Card{At: tx.Now(), By: by, From: from, To: after.ID, Unit: before.Unit, Role: before.Role, Work: work}
	if c.No, err = next(tx); err != nil {
		return Card{}, err
	}
	raw, err := json.Marshal(c)
	if err != nil {
		return Card{}, fmt.Errorf("handover card: %w", err)
	}
	if err := tx.Put(bucketCard, key(c.No), raw); err != nil {
		return Card{}, err
	}
	for _, n := range []struct {
		who   org.Person
		words string
	}{{after, textToHeir(c, before.Name)}, {before, textToFormer(c, after.Name)}} {
		if err := d.tell(tx, c, n.who, n.words); err != nil {
			return Card{}, err
		}
	}
	return c, nil
}

func (d Desk) tell(tx *store.Tx, c Card, p org.Person, words string) error {
	to := d.Routes.To(p)
	if len(to) == 0 {
		return nil
	}
	_, err := d.Sender.Put(tx, outbox.Notice{
		Key: fmt.Sprintf("handover/%d/%s", c.No, p.ID), Kind: Kind, Unit: c.Unit, To: to[0], Fallback: to[1:], Reply: chat.Reply{Text: words},
	})
	return err
}

// Get returns a card as it was made. ErrNotFound.
func Get(r store.Reader, no int) (c Card, err error) {
	raw, ok, err := r.Get(bucketCard, key(no))
	if err != nil || !ok {
		return c, cmp.Or(err, ErrNotFound)
	}
	if err := json.Unmarshal(raw, &c); err != nil {
		return c, fmt.Errorf("%w: %s %d: %w", store.ErrDamaged, bucketCard, no, err)
	}
	return c, nil
}

// Latest lists cards, the newest first, at most so many.
func Latest(r store.Reader, limit int) (list []Card, err error) {
	err = r.Scan(bucketCard, store.Range{Reverse: true, Limit: limit}, func(key string, raw []byte) error {
		var c Card
		if err := json.Unmarshal(raw, &c); err != nil {
			return fmt.Errorf("%w: %s %s: %w", store.ErrDamaged, bucketCard, key, err)
		}
		list = append(list, c)
		return nil
	})
	return list, err
}

func key(no int) string { return fmt.Sprintf("%09d", max(0, no)) }

// next counts one more card.
func next(tx *store.Tx) (n int, err error) {
	raw, ok, err := tx.Get(bucketLast, "card")
	if err != nil {
		return 0, err
	}
	if ok {
		if err := json.Unmarshal(raw, &n); err != nil {
			return 0, fmt.Errorf("%w: %s: %w", store.ErrDamaged, bucketLast, err)
		}
	}
	n++
	return n, tx.Put(bucketLast, "card", fmt.Appendf(nil, "%d", n))
}
