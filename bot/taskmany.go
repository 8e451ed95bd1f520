package bot

import (
	"errors"
	"slices"

	"xietiao/bot/chat"
	"xietiao/bot/task"
)

// shownReasons is how many reasons of refusals one reply shows.
const shownReasons = 5

// summary says what came of many: to which the step was done, and why not to the
// others, each reason once with all the tasks that it holds for.
func (t taskCommands) summary(c *Call, do task.Do, all []outcome) (chat.Reply, error) {
	var done, left []task.Number
	var units []string
	var said []task.Said
	for _, o := range all {
		if o.done {
			done = append(done, o.number)
			units = append(units, append(o.next.LeadUnits(), o.next.SupportUnits()...)...)
			continue
		}
		left, said = append(left, o.number), append(said, task.Said{Number: o.number, Words: o.said})
	}
	head := textDone(do, done)
	if do == task.DoHand && len(done) > 0 {
		slices.Sort(units)
		far, err := t.Board.Unreachable(c.Tx, slices.Compact(units))
		if err != nil {
			return chat.Reply{}, err
		}
		head += textNoticesCome + textFar(far)
	}
	if len(left) > 0 {
		head += "\n" + textNotDone(do, left)
	}
	reasons := task.Reasons(said)
	for i := range reasons {
		reasons[i] = textBullet + reasons[i]
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
	h, err := t.Board.Handout(c.Tx, maxNumbers)
	if err != nil {
		return chat.Reply{}, err
	}
	if h.Nothing() {
		return text(textNothingToHand(h))
	}
	return chat.Reply{Text: textHandAll(h)}, t.keepProposal(c, proposal{Drafts: h.Tasks})
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
