package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"xietiao/bot/org"
	"xietiao/bot/store"
)

// bucketSheet keeps what was imported: title → []imported. It tells a row that is
// imported again from a new one, and what of it the sheet has changed from what the
// office or a granted delay has changed since.
const bucketSheet = "task.sheet"

// imported is a task as its row last said.
type imported struct {
	Number Number `json:"number"`
	File   string `json:"file"`
	No     string `json:"no,omitempty"`
	Draft  Draft  `json:"draft"`
}

// Fate is what importing does with a row.
type Fate string

// The fates.
const (
	FateNew     Fate = "new"
	FateChange  Fate = "change"
	FateSame    Fate = "same"
	FateUnclear Fate = "unclear" // it is left out
)

// Fated is a row with what importing does.
type Fated struct {
	Row
	Fate    Fate
	Task    Task     // what it means: as it is before, of a new one after Import
	Changes []string // in words
	draft   Draft    // what the task is to be
	at      int      // in its title's list, -1: not there yet
}

// Intake is what importing a sheet does, or has done.
type Intake struct {
	Rows    []Fated
	Missing []Task        // imported before from a file of this name, and open; no row means them. They stay
	Notes   []org.Problem // of the sheet
}

// Count counts the rows of a fate.
func (in Intake) Count(f Fate) (n int) {
	for _, r := range in.Rows {
		n += count(r.Fate == f)
	}
	return n
}

// Empty reports whether nothing is to be done.
func (in Intake) Empty() bool { return in.Count(FateNew)+in.Count(FateChange) == 0 }

// Compare tells what Import would do, and does nothing.
//
// A row means the task that was imported with its title and its leads; where none
// was, that with its title and number, or the only one left of its title, from a
// file of the same name. Of a task that is over, only the same row once more. What
// the row says otherwise than at the last import is changed, and nothing else: what
// was amended or delayed since stays.
func (b *Board) Compare(r store.Reader, s Sheet) (Intake, error) {
	in := Intake{Notes: s.Notes}
	lists := map[string][]*known{}
	for _, row := range s.Rows {
		in.Rows = append(in.Rows, Fated{Row: row, Fate: FateUnclear, at: -1})
		title := row.Draft.Title
		if _, done := lists[title]; done || title == "" {
			continue
		}
		list, err := b.known(r, titleKey(title))
		if err != nil {
			return Intake{}, err
		}
		lists[title] = list
	}
	pair(in.Rows, lists, s.File)
	for i := range in.Rows {
		if err := b.settle(r, &in.Rows[i], lists); err != nil {
			return Intake{}, err
		}
	}
	var err error
	in.Missing, err = b.missing(r, in.Rows, s.File)
	return in, err
}

// Import makes and amends the tasks of all clear rows, and leaves the others out. A
// second time it changes nothing. New tasks are in StateDraft. The office may.
func (b *Board) Import(tx *store.Tx, s Sheet, by Actor) (Intake, error) {
	if !by.Office {
		return Intake{}, ErrForbidden
	}
	in, err := b.Compare(tx, s)
	if err != nil {
		return Intake{}, err
	}
	for i := range in.Rows {
		row := &in.Rows[i]
		switch row.Fate {
		case FateNew:
			row.Task, _, err = b.Create(tx, "", row.draft, by)
		case FateChange:
			_, err = b.Apply(tx, row.Task.Number, Action{Do: DoAmend, Draft: &row.draft}, by)
		case FateUnclear:
			continue
		}
		if err == nil {
			err = keepImported(tx, row, s.File)
		}
		if err != nil {
			return Intake{}, fmt.Errorf("import %s %s: %w", row.Sheet, row.Cell, err)
		}
	}
	return in, nil
}

// known is an imported task as it is now.
type known struct {
	imported
	task  Task
	taken bool // by a row
}

// titleKey is a title within what the store takes.
func titleKey(title string) string {
	sum := sha256.Sum256([]byte(title))
	return hex.EncodeToString(sum[:])
}

func (b *Board) known(r store.Reader, key string) (list []*known, err error) {
	raw, ok, err := r.Get(bucketSheet, key)
	if err != nil || !ok {
		return nil, err
	}
	return b.decodeKnown(r, raw)
}

func (b *Board) decodeKnown(r store.Reader, raw []byte) (list []*known, err error) {
	var all []imported
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("%w: imported tasks: %w", store.ErrDamaged, err)
	}
	for _, im := range all {
		t, err := b.Get(r, im.Number)
		if err != nil {
			return nil, err
		}
		list = append(list, &known{imported: im, task: t})
	}
	return list, nil
}

func keepImported(tx *store.Tx, row *Fated, file string) error {
	key := titleKey(row.Draft.Title)
	var all []imported
	raw, ok, err := tx.Get(bucketSheet, key)
	if err == nil && ok {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		return err
	}
	im := imported{row.Task.Number, file, row.No, row.Draft}
	if row.at >= 0 {
		if same, err := sameJSON(all[row.at], im); err != nil || same {
			return err
		}
		all[row.at] = im
	} else {
		all = append(all, im)
	}
	if raw, err = json.Marshal(all); err != nil {
		return fmt.Errorf("imported tasks: %w", err)
	}
	return tx.Put(bucketSheet, key, raw)
}

func sameJSON(a, b any) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return string(x) == string(y), err
}

// pair finds the task that each row means, the surest first.
func pair(rows []Fated, lists map[string][]*known, file string) {
	sameLeads := func(k *known, r *Fated) bool { return slices.Equal(k.Draft.Leads, r.Draft.Leads) }
	sameWhen := func(k *known, r *Fated) bool { return k.Draft.DeadlineText == r.Draft.DeadlineText }
	passes := []func(k *known, r *Fated) bool{
		func(k *known, r *Fated) bool { return sameLeads(k, r) && sameWhen(k, r) && k.No == r.No },
		func(k *known, r *Fated) bool { return sameLeads(k, r) && sameWhen(k, r) },
		func(k *known, r *Fated) bool { return sameLeads(k, r) && k.No == r.No },
		sameLeads,
		func(k *known, r *Fated) bool { return k.File == file && k.No == r.No && k.No != "" },
		func(k *known, _ *Fated) bool { return k.File == file },
	}
	for _, fits := range passes {
		for i := range rows {
			row := &rows[i]
			list := lists[row.Draft.Title]
			if row.at >= 0 {
				continue
			}
			row.at = slices.IndexFunc(list, func(k *known) bool {
				return !k.taken && fits(k, row) && (!k.task.State.Ended() || len(differences(k.Draft, row.Draft)) == 0)
			})
			if row.at >= 0 {
				list[row.at].taken, row.Task = true, list[row.at].task
			}
		}
	}
}

// field is a part of a draft that a sheet can say otherwise.
type field struct {
	name string
	same func(a, b Draft) bool
	set  func(to *Draft, from Draft)
	word func(Draft) string
}

var fields = []field{
	{textFieldText, func(a, b Draft) bool { return a.Text == b.Text }, func(to *Draft, d Draft) { to.Text = d.Text }, func(d Draft) string { return clip(d.Text, shownCell) }},
	{textFieldLeads, func(a, b Draft) bool { return slices.Equal(a.Leads, b.Leads) }, func(to *Draft, d Draft) { to.Leads = d.Leads }, func(d Draft) string { return unitsWord(d.Leads) }},
	{textFieldSupports, func(a, b Draft) bool { return slices.Equal(a.Supports, b.Supports) }, func(to *Draft, d Draft) { to.Supports = d.Supports }, func(d Draft) string { return unitsWord(d.Supports) }},
	// The same words mean the day that they meant at first: 12月底 does not move on
	// with the year.
	{textFieldDeadline, func(a, b Draft) bool { return a.DeadlineText == b.DeadlineText }, func(to *Draft, d Draft) {
		to.Deadline, to.DeadlineText, to.Rule = d.Deadline, d.DeadlineText, d.Rule
	}, Draft.when},
	{textFieldRemark, func(a, b Draft) bool { return a.Remark == b.Remark }, func(to *Draft, d Draft) { to.Remark = d.Remark }, func(d Draft) string { return clip(d.Remark, shownCell) }},
}

func differences(a, b Draft) (list []field) {
	for _, f := range fields {
		if !f.same(a, b) {
			list = append(list, f)
		}
	}
	return list
}

// settle decides what becomes of a row.
func (b *Board) settle(r store.Reader, row *Fated, lists map[string][]*known) error {
	if len(row.Unclear) > 0 {
		return nil
	}
	if row.at < 0 {
		row.Fate, row.draft = FateNew, row.Draft
		return nil
	}
	row.Fate, row.draft = FateSame, row.Task.Edit()
	now := row.Task.Edit()
	for _, f := range differences(lists[row.Draft.Title][row.at].Draft, row.Draft) {
		if f.same(now, row.Draft) {
			continue
		}
		f.set(&row.draft, row.Draft)
		row.Changes = append(row.Changes, fmt.Sprintf("%s %s → %s", f.name, f.word(now), f.word(row.Draft)))
	}
	if len(row.Changes) == 0 {
		return nil
	}
	row.Fate = FateChange
	_, err := Step(row.Task, Action{Do: DoAmend, At: b.now(r), Draft: &row.draft}, Operator)
	if err == nil {
		return nil
	}
	p, ok := asProblem(row.Row, err)
	if !ok {
		return err
	}
	row.Fate, row.Unclear = FateUnclear, []org.Problem{p}
	return nil
}

// missing lists what no row means any more.
func (b *Board) missing(r store.Reader, rows []Fated, file string) (list []Task, err error) {
	meant := map[Number]bool{}
	for _, row := range rows {
		meant[row.Task.Number] = true
	}
	err = r.Scan(bucketSheet, store.Range{}, func(_ string, raw []byte) error {
		all, err := b.decodeKnown(r, raw)
		for _, k := range all {
			if k.File == file && !meant[k.Number] && !k.task.State.Ended() {
				list = append(list, k.task)
			}
		}
		return err
	})
	slices.SortFunc(list, func(a, b Task) int { return int(a.Number - b.Number) })
	return list, err
}
