package task

import (
	"encoding/json"
	"fmt"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/org"
)

// Replay is the task as its history left it: the first entry's draft, and every step
// taken once more. It needs nothing but the entries, and any number of them from the
// first on will do. An occurrence's Period is not in its history, and is left out. An
// error: they are no such history.
func Replay(cal *calendar.Calendar, n Number, entries []audit.Entry) (Task, error) {
	var t Task
	for i, e := range entries {
		var data Entry
		if err := json.Unmarshal(e.Data, &data); err != nil {
			return Task{}, fmt.Errorf("task: replay %s: entry %d: %w", n, e.Seq, err)
		}
		at := e.At.In(cal.Location())
		switch {
		case i == 0 && data.Draft != nil:
			t = Task{Number: n, State: data.State, Series: data.Series, Created: Mark{at, org.PersonID(e.By)}, Version: 1}
			if t.State.handed() {
				t.Handed = at
			}
			t.set(*data.Draft, at)
		case i > 0 && data.Action != nil:
			a := *data.Action
			a.At, a.Version = at, 0
			next, err := Step(t, a, Actor{By: org.PersonID(e.By), Office: true})
			if err != nil {
				return Task{}, fmt.Errorf("task: replay %s: entry %d: %w", n, e.Seq, err)
			}
			t = next
		default:
			return Task{}, fmt.Errorf("task: replay %s: entry %d is no step", n, e.Seq)
		}
	}
	return t, nil
}
