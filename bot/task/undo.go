package task

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"xietiao/bot/org"
	"xietiao/bot/store"
)

// Kept is a step that is not taken back: another is somebody else's, or nothing undoes
// it without a trace. Tell words it for users.
type Kept struct {
	Number Number
	Do     Do   // the last step
	Others bool // it is somebody else's
}

// Error implements error.
func (k *Kept) Error() string { return fmt.Sprintf("task: %s of %s is not taken back", k.Do, k.Number) }

// Undoing is the step that takes the last one of a task back: the actor's own report of
// progress, or change. ErrNotFound; a *Kept.
func (b *Board) Undoing(r store.Reader, n Number, by org.PersonID) (Action, error) {
	t, err := b.Get(r, n)
	if err != nil {
		return Action{}, err
	}
	history, err := b.History(r, n)
	if err != nil {
		return Action{}, err
	}
	var past []Entry
	for _, e := range history {
		var what Entry
		if err := json.Unmarshal(e.Data, &what); err != nil {
			return Action{}, fmt.Errorf("%w: history: %w", store.ErrDamaged, err)
		}
		past = append(past, what)
	}
	if len(past) == 0 {
		return Action{}, fmt.Errorf("%w: history of %s", store.ErrDamaged, n)
	}
	last := past[len(past)-1]
	if history[len(history)-1].By != string(by) {
		return Action{}, &Kept{n, last.Do, true}
	}
	if a, ok := undoing(t, past); ok {
		return a, nil
	}
	return Action{}, &Kept{n, last.Do, false}
}

// undoing is the step that undoes the last of a history.
func undoing(t Task, past []Entry) (a Action, ok bool) {
	last, before := past[len(past)-1], past[:len(past)-1]
	switch last.Do {
	case DoProgress:
		percent, words := progressAfter(before, last.Action.Unit)
		return Action{Do: DoProgress, Unit: last.Action.Unit, Percent: percent, Text: cmp.Or(words, textReportUndone)}, true
	case DoAmend:
		for _, e := range slices.Backward(before) {
			d := e.Draft
			if e.Do == DoAmend {
				d = e.Action.Draft
			}
			if d != nil {
				draft := *d
				draft.Deadline = before[len(before)-1].Deadline // a delay may have been granted since
				return Action{Do: DoAmend, Draft: &draft, Version: t.Version}, true
			}
		}
	}
	return a, false
}

// progressAfter is the unit's share of the work after a history, and its words.
func progressAfter(past []Entry, unit string) (percent int, words string) {
	for _, e := range slices.Backward(past) {
		if e.Action == nil || e.Action.Unit != unit {
			continue
		}
		switch e.Do {
		case DoProgress:
			return e.Action.Percent, e.Action.Text
		case DoReport:
			return 100, e.Action.Text
		case DoDecline:
			return 0, ""
		}
	}
	return 0, ""
}
