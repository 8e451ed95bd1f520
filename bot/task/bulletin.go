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

// Bulletin is how matters stand on a day: the 督办通报.
type Bulletin struct {
	Day     calendar.Date
	Since   calendar.Date // Done are those since then
	Units   []Progress    // by name
	Overdue []Task        // by deadline
	Soon    []Task        // due within soonDays
	Done    []Task        // by number
	Undated []Task        // 待定期限
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
)

// Bulletin reads how matters stand now.
func (b *Board) Bulletin(r store.Reader) (Bulletin, error) {
	b, err := b.on(r)
	if err != nil {
		return Bulletin{}, err
	}
	today := b.Today(r)
	out := Bulletin{Day: today, Since: today.AddDays(-sinceDays), cal: b.cal}
	open, err := b.List(r, Query{})
	if err != nil {
		return out, err
	}
	done, err := b.List(r, Query{States: []State{StateClosed, StateStruck}, From: calendar.Date{Y: today.Y, M: time.January, D: 1}})
	if err != nil {
		return out, err
	}
	units := map[string]*Progress{}
	for _, t := range append(open, done...) {
		if t.Recurs() || t.Handed.IsZero() {
			continue
		}
		switch {
		case t.State.Ended():
			if !t.Ended.Before(out.Since.At(0, 0, b.cal.Location())) {
				out.Done = append(out.Done, t)
			}
		case t.Deadline.IsZero():
			out.Undated = append(out.Undated, t)
		case t.late(today):
			out.Overdue = append(out.Overdue, t)
		case !t.Deadline.After(today.AddDays(soonDays)) && t.State.handed():
			out.Soon = append(out.Soon, t)
		}
		if !t.Deadline.IsZero() {
			t.addTo(units, today)
		}
	}
	for _, p := range units {
		p.Percent /= p.Tasks
		out.Units = append(out.Units, *p)
	}
	slices.SortFunc(out.Units, func(a, b Progress) int { return cmp.Compare(a.Unit, b.Unit) })
	slices.SortFunc(out.Done, func(a, b Task) int { return int(a.Number - b.Number) })
	return out, nil
}

// late reports whether a lead is past the deadline without having reported.
func (t Task) late(today calendar.Date) bool { return t.State.handed() && today.After(t.Deadline) }

// addTo counts the task for the units that lead it.
func (t Task) addTo(units map[string]*Progress, today calendar.Date) {
	for _, s := range t.Shares {
		if !s.Lead || !s.Returned.IsZero() {
			continue
		}
		p := units[s.Unit]
		if p == nil {
			p = &Progress{Unit: s.Unit}
			units[s.Unit] = p
		}
		p.Tasks++
		switch {
		case !s.Done.IsZero() || t.State.Ended():
			p.Done++
			p.Percent += 100
		default:
			p.Percent += s.Percent
			p.Overdue += count(t.late(today))
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

// empty reports whether nothing is handed out, and nothing was done.
func (bu Bulletin) empty() bool { return len(bu.Units)+len(bu.Undated)+len(bu.Done) == 0 }

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
