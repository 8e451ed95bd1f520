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
// there was no version before. It reads only tasks of addresses that differ, so one
// whose clause had gone from its address before is not listed again.
func AffectedTasks(r store.Reader, board *task.Board, old, next *plan.Plan, names ...string) ([]Affected, error) {
	before, after := texts(old), texts(next)
	differs := func(address string) bool { return old == nil || !slices.Equal(before[address], after[address]) }
	var list []Affected
	for _, name := range names {
		tasks, err := board.FromSource(r, name, differs)
		if err != nil {
			return nil, err
		}
		for _, t := range tasks {
			if fate, touched := library.Touches(old, next, t.Source.Address, t.Source.Clause); t.Source.Clause != "" && touched {
				list = append(list, Affected{t, fate})
			}
		}
	}
	return list, nil
}

// texts are a document's clauses by their addresses.
func texts(p *plan.Plan) map[string][]string {
	list := map[string][]string{}
	if p != nil {
		for address, c := range p.Clauses() {
			list[address] = append(list[address], c.Text)
		}
	}
	return list
}
