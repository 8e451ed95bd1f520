package activity

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// sheetColumns are what a table says of an activity, in the order of Table.
var sheetColumns = []org.Column{
	colTitle, colUnit, colWhen, colPlace, colCapacity, colSignTo, colBrigade, colSkills, colOut, colPublic, colText,
}

// cell is what a table has of a draft: reading it gives the draft again.
func (d Draft) cell(c org.Column) string {
	switch c {
	case colTitle:
		return d.Title
	case colUnit:
		return d.Unit
	case colWhen:
		return textSheetWhen(d.Start, d.End)
	case colPlace:
		return d.Place.Name
	case colCapacity:
		if d.Capacity > 0 {
			return strconv.Itoa(d.Capacity)
		}
	case colSignTo:
		if !d.SignTo.IsZero() {
			return textSheetTime(d.SignTo)
		}
	case colBrigade:
		return d.Brigade
	case colSkills:
		return strings.Join(d.Skills, "、")
	case colOut:
		return yesWords[d.CheckOut]
	case colPublic:
		return yesWords[d.Public]
	case colText:
		return d.Text
	}
	return ""
}

// over is the draft with what the row has of it.
func (r Row) over(d Draft) Draft {
	for _, c := range r.columns {
		switch c {
		case colTitle:
			d.Title = r.Draft.Title
		case colUnit:
			d.Unit = r.Draft.Unit
		case colWhen:
			d.Start, d.End = r.Draft.Start, r.Draft.End
		case colPlace:
			if d.Place.Name != r.Draft.Place.Name {
				d.Place = r.Draft.Place // the point was the other place's
			}
		case colCapacity:
			d.Capacity = r.Draft.Capacity
		case colSignTo:
			d.SignTo = r.Draft.SignTo
		case colBrigade:
			d.Brigade = r.Draft.Brigade
		case colSkills:
			d.Skills = r.Draft.Skills
		case colOut:
			d.CheckOut = r.Draft.CheckOut
		case colPublic:
			d.Public = r.Draft.Public
		case colText:
			d.Text = r.Draft.Text
		}
	}
	return d
}

// Intake is what importing a sheet does, or has done.
type Intake struct{ Rows []Fated }

// Fated is a row with what importing does.
type Fated struct {
	Row
	New      bool     // it is made
	Changes  []string // of what is there, for people; with neither it stays as it is, or is unclear
	Activity Activity // what it was imported as; of one that is changed, as it was before
}

// Count counts the rows that are new, change something, change nothing and are unclear.
func (in Intake) Count() (made, changed, known, unclear int) {
	for _, r := range in.Rows {
		switch {
		case len(r.Unclear) > 0:
			unclear++
		case r.New:
			made++
		case len(r.Changes) > 0:
			changed++
		default:
			known++
		}
	}
	return made, changed, known, unclear
}

// key is the same for a row that is imported again. What comes again and again goes by its
// day and time, not by when it comes next.
func (r Row) key() string {
	when := r.Draft.Start.UTC().Format(sortable)
	switch start := r.Draft.Start; r.Draft.Series.Every {
	case EveryWeek:
		when = start.Format("Mon 15:04")
	case EveryMonth:
		when = start.Format("02 15:04")
	}
	return strings.Join([]string{"sheet", r.Draft.Unit, r.Draft.Title, when}, sep)
}

// Compare tells what Import would do, but for what Amend refuses, and does nothing.
func (b *Board) Compare(r store.Reader, s Sheet) (Intake, error) {
	var in Intake
	first := map[string]Row{}
	for _, row := range s.Rows {
		f := Fated{Row: row}
		id := row.Number.String()
		if row.Number == 0 {
			id = row.key()
		}
		var err error
		switch before, twice := first[id]; {
		case len(row.Unclear) > 0:
		case twice:
			f.unclear(textTwin(before))
		case row.Number != 0:
			err = b.compareTo(r, &f)
		default:
			err = b.compareNew(r, &f)
		}
		if err != nil {
			return Intake{}, err
		}
		first[id] = row
		in.Rows = append(in.Rows, f)
	}
	return in, nil
}

// unclear says why the row cannot be taken.
func (f *Fated) unclear(why string) {
	f.New, f.Changes = false, nil
	f.Unclear = append(f.Unclear, org.Problem{Sheet: f.Sheet, Cell: f.Cell, Text: why})
}

func (f *Fated) note(text string) {
	f.Notes = append(slices.Clone(f.Notes), org.Problem{Sheet: f.Sheet, Cell: f.Cell, Text: text})
}

// compareNew looks for what the row without a number was imported as, or made in another way.
func (b *Board) compareNew(r store.Reader, f *Fated) (err error) {
	known := false
	if f.Activity, known, err = b.byKey(r, f.key()); err == nil && !known {
		f.Activity, known, err = b.twin(r, f.Draft)
	}
	if f.New = !known; known && err == nil {
		if f.Notes = nil; !f.Activity.Series.IsZero() {
			return nil // its start is long past
		}
		if changes := f.differs(f.over(f.Activity.Edit())); len(changes) > 0 {
			f.note(textStays(f.Activity, changes))
		}
	}
	return err
}

// twin finds the activity that has the unit, title and start of the draft.
func (b *Board) twin(r store.Reader, d Draft) (a Activity, found bool, err error) {
	for _, state := range []State{StateDraft, StatePublished, StateArchived} {
		err = b.eachKey(r, bucketUnit, d.Unit+sep+string(state)+sep, d.Start, d.Start.Add(time.Minute), func(got Activity) error {
			if got.Title == d.Title {
				a, found = got, true
			}
			return nil
		})
		if found || err != nil {
			break
		}
	}
	return a, found, err
}

// compareTo says what the row changes of the activity that it names.
func (b *Board) compareTo(r store.Reader, f *Fated) (err error) {
	f.Activity, err = b.Get(r, f.Number)
	switch {
	case errors.Is(err, ErrNotFound):
		f.unclear(textUnknown(f.Number))
		return nil
	case err != nil:
		return err
	case !f.Activity.Series.IsZero():
		f.unclear(textSeriesRow(f.Number))
		return nil
	}
	next := f.over(f.Activity.Edit())
	f.Changes = f.differs(next)
	switch {
	case len(f.Changes) == 0:
		f.Notes = nil
	case f.Activity.State == StateCancelled, f.Activity.State == StateArchived:
		f.unclear(textClosed(f.Activity))
	case next.check() != nil:
		f.unclear(Tell(next.check()))
	case f.Activity.State == StatePublished && (Activity{Draft: next}).moved(f.Activity) && b.now(r).Before(next.Start):
		l, err := b.listing(r, f.Activity)
		if n := l.Taken + l.Waiting; n > 0 {
			f.note(textWillTell(n))
		}
		return err
	}
	return nil
}

// differs lists in what the draft is another than the activity.
func (f *Fated) differs(next Draft) (changes []string) {
	for _, c := range sheetColumns {
		if old, now := f.Activity.cell(c), next.cell(c); old != now {
			changes = append(changes, textChange(c, old, now))
		}
	}
	return changes
}

// Import makes the activities of all clear rows, as drafts, changes those that rows name by
// their number, and leaves the others out. A row without a number that has the title, unit and
// start of what is there, or of what was imported before, makes and changes nothing: since
// then it may have been changed by those who run it. The office may, and who acts for the
// units of all of them. ErrForbidden.
func (b *Board) Import(tx *store.Tx, s Sheet, by Actor) (Intake, error) {
	in, err := b.Compare(tx, s)
	if err != nil {
		return Intake{}, err
	}
	for i := range in.Rows {
		row := &in.Rows[i]
		var refused *Refusal
		switch {
		case row.New:
			row.Activity, _, err = b.Create(tx, row.key(), row.Draft, by)
		case len(row.Changes) > 0:
			_, err = b.Amend(tx, row.Number, row.Activity.Version, row.over(row.Activity.Edit()), by)
		}
		if errors.As(err, &refused) {
			row.unclear(refused.Tell())
		} else if err != nil {
			return Intake{}, fmt.Errorf("import %s %s: %w", row.Sheet, row.Cell, err)
		}
	}
	return in, nil
}

// Table lists activities that begin on the days, of the unit, of all if it is empty, as a table
// that Import takes; a zero day is no bound. What comes again and again is listed by what was
// made of it. The office may, and who acts for the unit.
func (b *Board) Table(r store.Reader, q Query, by Actor) (sheet.Out, error) {
	if !by.Runs(q.Unit) {
		return sheet.Out{}, ErrForbidden
	}
	q.States, q.Series = []State{StateDraft, StatePublished, StateOver, StateCancelled, StateArchived}, false
	list, err := b.List(r, q)
	out := sheet.Out{Name: textTable, Head: []string{string(colNumber)}}
	for _, c := range sheetColumns {
		out.Head = append(out.Head, string(c))
	}
	out.Head = append(out.Head, textState, textTaken)
	for _, l := range list {
		row := []string{l.Number.String()}
		for _, c := range sheetColumns {
			row = append(row, l.cell(c))
		}
		out.Rows = append(out.Rows, append(row, l.StateAt(b.now(r)).Word(), strconv.Itoa(l.Taken)))
	}
	return out, err
}
