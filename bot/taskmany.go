package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/task"
)

// shownReasons is how many reasons of refusals one reply shows.
const shownReasons = 5

var numberSaid = regexp.MustCompile(`T\d+`)

// numberHole stands in a reason for the tasks that it holds for.
const numberHole = "\x00"

// summary says what came of many: to which the step was done, and why not to the
// others, each reason once with all the tasks that it holds for.
func (t taskCommands) summary(c *Call, do task.Do, all []outcome) (chat.Reply, error) {
	var done, left []task.Number
	var units, reasons []string
	holds := map[string][]task.Number{}
	for _, o := range all {
		if o.done {
			done = append(done, o.number)
			units = append(units, append(o.next.LeadUnits(), o.next.SupportUnits()...)...)
			continue
		}
		left = append(left, o.number)
		reason := numberSaid.ReplaceAllStringFunc(o.said, func(said string) string {
			if said == o.number.String() {
				return numberHole
			}
			return said
		})
		if holds[reason] == nil {
			reasons = append(reasons, reason)
		}
		holds[reason] = append(holds[reason], o.number)
	}
	head := textDone(do, done)
	if do == task.DoHand && len(done) > 0 {
		slices.Sort(units)
		far, err := t.unreachable(c.Tx, slices.Compact(units))
		if err != nil {
			return chat.Reply{}, err
		}
		head += textNoticesCome + textFar(far)
	}
	if len(left) > 0 {
		head += "\n" + textNotDone(do, left)
	}
	for i, r := range reasons {
		reasons[i] = textBullet + strings.ReplaceAll(r, numberHole, spans(holds[r]))
	}
	return paged(c, head, reasons, shownReasons)
}

// overview lists many tasks that were named, a line each.
func (t taskCommands) overview(c *Call, list []task.Number) (chat.Reply, error) {
	var some []task.Task
	var left []task.Number
	for _, n := range list {
		k, err := t.Board.Get(c.Tx, n)
		switch {
		case errors.Is(err, task.ErrNotFound) || err == nil && !mayRead(c, k):
			left = append(left, n)
		case err != nil:
			return chat.Reply{}, err
		default:
			some = append(some, k)
		}
	}
	unit := c.Person.Unit
	if isOffice(c) {
		unit = ""
	}
	return paged(c, textOverview(len(some), left, isOffice(c)), t.items(c, unit, some), shownTasks)
}

// proposeAll asks whether all that wait to be handed out are to be. What units gave
// back is not among them: there something is to be decided first.
func (t taskCommands) proposeAll(c *Call) (chat.Reply, error) {
	drafts, err := t.Board.List(c.Tx, task.Query{States: []task.State{task.StateDraft}})
	if err != nil {
		return chat.Reply{}, err
	}
	var p proposal
	var odd oddities
	for _, k := range drafts {
		if slices.ContainsFunc(k.Shares, returned) {
			odd.returned = append(odd.returned, k.Number)
			continue
		}
		p.Drafts = append(p.Drafts, k.Number)
		switch {
		case len(k.LeadUnits()) == 0:
			odd.leaderless = append(odd.leaderless, k.Number)
		case k.Recurs():
		case k.Deadline.IsZero():
			odd.undated = append(odd.undated, k.Number)
		case k.Deadline.Before(t.today(c)):
			odd.past = append(odd.past, k.Number)
		}
	}
	slices.Sort(p.Drafts)
	odd.beyond = max(0, len(p.Drafts)-maxNumbers)
	p.Drafts = p.Drafts[:len(p.Drafts)-odd.beyond]
	if len(p.Drafts) == len(odd.leaderless) {
		return text(textNothingToHand(odd))
	}
	return chat.Reply{Text: textHandAll(p.Drafts, odd)}, t.keepProposal(c, p)
}

// oddities are what the office should know before it hands out many tasks.
type oddities struct {
	leaderless, undated, past, returned []task.Number
	beyond                              int // more than one message is about
}

// handAll hands out what was confirmed.
func (t taskCommands) handAll(c *Call, list []task.Number) (chat.Reply, error) {
	var all []outcome
	for _, n := range list {
		o, err := t.take(c, n, task.Action{Do: task.DoHand})
		if err != nil {
			return chat.Reply{}, err
		}
		all = append(all, o)
	}
	return t.summary(c, task.DoHand, all)
}
