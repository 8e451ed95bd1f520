package bot

import (
	"slices"

	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// Affected is a task that is not over and whose clause another version of its document
// changes.
type Affected struct {
	Task task.Task
	Fate library.Fate // of the clause as the task quotes it
}

// AffectedTasks lists the tasks that stem from a document of one of the names and whose
// clause is not in next as it is in old: it moved, changed or went. old is nil where
// there was no version before.
func AffectedTasks(r store.Reader, board *task.Board, old, next *plan.Plan, names ...string) ([]Affected, error) {
	tasks, err := board.List(r, task.Query{})
	if err != nil {
		return nil, err
	}
	var list []Affected
	for _, t := range tasks {
		if t.Source.Clause == "" || !slices.Contains(names, t.Source.Plan) {
			continue
		}
		if fate, touched := library.Touches(old, next, t.Source.Address, t.Source.Clause); touched {
			list = append(list, Affected{t, fate})
		}
	}
	return list, nil
}
