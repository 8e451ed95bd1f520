package task

import (
	"cmp"
	"image/color"
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chart"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// Standing is how matters stand on a day, without the tasks themselves.
type Standing struct {
	Day     calendar.Date
	Since   calendar.Date // Done are those since then
	Units   []Progress    // by name
	Overdue []Number      // by deadline
	Soon    []Number      // due within soonDays
	Done    []Number      // by number
	Undated []Number      // 待定期限
	Open    map[State]int // all that are not over
}

// Bulletin is how matters stand on a day: the 督办通报.
type Bulletin struct {
	Day     calendar.Date
	Since   calendar.Date // Done are those since then
	Units   []Progress    // by name
	Overdue []Task        // by deadline
	Soon    []Task        // due within soonDays
	Done    []Task        // by number
	Undated []Task        // 待定期限
	Asked   int           // questions since then
	Silent  int           // those that nobody could answer
	cal     *calendar.Calendar
}

// Progress is how a unit stands in the tasks that it leads: those that are with it,
// and those of the year that are done. Undated ones are left out.
type Progress struct {
	Unit    string
	Tasks   int
	Done    int // 办结, or the unit has reported
	Overdue int
	Percent int // the mean of what the unit tells, of done ones 100
}

const (
	soonDays  = 7 // days ahead
	sinceDays = 7 // and back
	lateYears = 2 // back that deadlines are looked at of what is done
)

// Standing reads how matters stand now. It reads no task.
func (b *Board) Standing(r store.Reader) (Standing, error) {
	b, err := b.on(r)
	if err != nil {
		return Standing{}, err
	}
	today := b.Today(r)
	out := Standing{Day: today, Since: today.AddDays(-sinceDays), Open: map[State]int{}}
	open, err := b.gists(r, Query{}, 0)
	if err != nil {
		return out, err
	}
	// What was due in a year before and done in this one counts.
	done, err := b.gists(r, Query{States: []State{StateClosed, StateStruck}, From: calendar.Date{Y: today.Y - lateYears, M: time.January, D: 1}}, 0)
	if err != nil {
		return out, err
	}
	begins := calendar.Date{Y: today.Y, M: time.January, D: 1}.At(0, 0, b.cal.Location())
	units, soon, since := map[string]*Progress{}, today.AddDays(soonDays), out.Since.At(0, 0, b.cal.Location())
	for _, g := range append(open, done...) {
		if !g.state.Ended() {
			out.Open[g.state]++
		}
		if g.kind != kindHanded || g.state.Ended() && !g.deadline().IsZero() && g.deadline().Y < today.Y && g.ended.Before(begins) {
			continue
		}
		deadline := g.deadline()
		switch {
		case g.state.Ended():
			if !g.ended.Before(since) {
				out.Done = append(out.Done, g.number)
			}
		case deadline.IsZero():
			out.Undated = append(out.Undated, g.number)
		case g.late(today):
			out.Overdue = append(out.Overdue, g.number)
		case !deadline.After(soon) && g.state.handed():
			out.Soon = append(out.Soon, g.number)
		}
		if !deadline.IsZero() {
			g.addTo(units, today)
		}
	}
	for _, p := range units {
		p.Percent /= p.Tasks
		out.Units = append(out.Units, *p)
	}
	slices.SortFunc(out.Units, func(a, b Progress) int { return cmp.Compare(a.Unit, b.Unit) })
	slices.Sort(out.Done)
	return out, nil
}

// Bulletin reads how matters stand now, with the tasks.
func (b *Board) Bulletin(r store.Reader) (Bulletin, error) {
	b, err := b.on(r)
	if err != nil {
		return Bulletin{}, err
	}
	st, err := b.Standing(r)
	out := Bulletin{Day: st.Day, Since: st.Since, Units: st.Units, cal: b.cal}
	for _, list := range []struct {
		numbers []Number
		tasks   *[]Task
	}{{st.Overdue, &out.Overdue}, {st.Soon, &out.Soon}, {st.Done, &out.Done}, {st.Undated, &out.Undated}} {
		if err == nil {
			*list.tasks, err = b.Some(r, list.numbers)
		}
	}
	if err == nil && b.asked != nil {
		out.Asked, out.Silent, err = b.asked(r, st.Since.At(0, 0, b.cal.Location()))
	}
	return out, err
}

// Some returns the tasks of the numbers, in their order. ErrNotFound.
func (b *Board) Some(r store.Reader, list []Number) (all []Task, err error) {
	if b, err = b.on(r); err != nil {
		return nil, err
	}
	for _, n := range list {
		t, err := b.Get(r, n)
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// late reports whether a lead is past the deadline without having reported.
func (g gist) late(today calendar.Date) bool { return g.state.handed() && g.date < today.String() }

// addTo counts the task for the units that lead it.
func (g gist) addTo(units map[string]*Progress, today calendar.Date) {
	for _, s := range g.shares {
		if !s.lead || s.returned {
			continue
		}
		p := units[s.unit]
		if p == nil {
			p = &Progress{Unit: s.unit}
			units[s.unit] = p
		}
		p.Tasks++
		switch {
		case s.done || g.state.Ended():
			p.Done++
			p.Percent += 100
		default:
			p.Percent += s.percent
			p.Overdue += count(g.late(today))
		}
	}
}

// Picture draws the progress of the units; mark stands before its title.
func (bu Bulletin) Picture(f *chart.Font, mark string) ([]byte, error) {
	bars := chart.Bars{
		Title: mark + textBulletinTitle(bu.Day), Foot: textProgressFoot,
		Keys: []chart.Key{{Colour: color.RGBA{0x2e, 0x8b, 0x57, 0xff}, Label: textDone}, {Colour: color.RGBA{0x4a, 0x7f, 0xc1, 0xff}, Label: textWorking}, {Colour: color.RGBA{0xd9, 0x3a, 0x2b, 0xff}, Label: textOverdue}},
	}
	for _, p := range bu.Units {
		bars.Rows = append(bars.Rows, chart.Bar{Label: p.Unit, Parts: []int{p.Done, p.Tasks - p.Done - p.Overdue, p.Overdue}, Value: p.words()})
	}
	return bars.PNG(f)
}

// idle reports whether nothing is handed out, and nothing was done.
func (bu Bulletin) idle() bool { return len(bu.Units)+len(bu.Undated)+len(bu.Done) == 0 }

// empty reports whether there is nothing to tell: nor was a question left unanswered.
func (bu Bulletin) empty() bool { return bu.idle() && bu.Silent == 0 }

// Ledger is the 任务台账: all tasks that the query picks, as a sheet.
func (b *Board) Ledger(r store.Reader, q Query) (sheet.Out, error) {
	out := sheet.Out{Name: textLedger, Head: textLedgerHead}
	b, err := b.on(r)
	if err != nil {
		return out, err
	}
	tasks, err := b.List(r, q)
	if err != nil {
		return out, err
	}
	slices.SortFunc(tasks, func(a, b Task) int { return int(a.Number - b.Number) })
	today := b.Today(r)
	for _, t := range tasks {
		out.Rows = append(out.Rows, b.ledgerRow(t, today))
	}
	return out, nil
}
