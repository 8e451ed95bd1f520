package bot

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	files "xietiao/index/doc"
	"xietiao/index/sheet"
)

// IsTable tells tables from documents by the name of the file.
func IsTable(file string) bool {
	return slices.Contains([]string{".xlsx", ".xlsm", ".et", ".xls", ".csv", ".tsv"}, strings.ToLower(filepath.Ext(file)))
}

// ReadTasks reads the tasks of a table; of another file those that it gives its units
// as a document, which must be in force, for it is quoted. The problems say, for users,
// why nothing of the file can be taken.
func ReadTasks(r store.Reader, b *task.Board, units org.Units, file string, data []byte) (task.Sheet, []org.Problem, error) {
	say := func(text string) (task.Sheet, []org.Problem, error) {
		return task.Sheet{}, []org.Problem{{Text: text}}, nil
	}
	today := b.Today(r)
	if _, err := b.Holidays().Now(r); err != nil { // deadlines may count working days
		return task.Sheet{}, nil, err
	}
	if IsTable(file) {
		list, problems, err := b.ReadSheet(file, data, units, today)
		if err != nil {
			return say(file + colon + files.Advice(err))
		}
		return list, problems, nil
	}
	p, err := library.Read(file, data)
	if err != nil {
		return say(file + colon + files.Advice(err))
	}
	d, known, err := library.Get(r, library.Name(p, file))
	switch {
	case err != nil && !errors.Is(err, library.ErrDamaged):
		return task.Sheet{}, nil, err
	case err != nil || !known || string(d.Original) != string(data):
		return say(textPlanNotInForce(p))
	case len(p.Items) == 0:
		return say(textNoItems(p))
	}
	return b.FromPlan(d.Plan, d.Sum, units, today), nil, nil
}

// BlankSheets are the task sheets of the documents in force, to fill in with deadlines;
// none: no document gives its units anything to do.
func BlankSheets(r store.Reader) (tables []sheet.Out, err error) {
	docs, _, err := library.All(r)
	for _, d := range docs {
		t := task.BlankSheet(d.Plan)
		if len(docs) > 1 {
			t.Name = cmp.Or(d.Plan.Title, d.Plan.DocNo)
		}
		if len(t.Rows) > 0 {
			tables = append(tables, t)
		}
	}
	return tables, err
}
