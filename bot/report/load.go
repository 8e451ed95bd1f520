package report

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/outbox"
	"xietiao/bot/task"
)

// months of a year.
const months = 12

// burden is what was asked of a unit in a year.
type burden struct {
	messages [months]int
	total    int
	most     int // in a day
	full     int // days on which the cap was reached
	other    int // notices that are no reminders
	handed   int // tasks
	reports  int // that it wrote
	delays   int // that it asked for
	units    int // of the sum of all: how many
}

// load is how many messages each unit got in a year, held against the cap of a day.
func (p *paper) load() error {
	units, err := p.burdens()
	if err != nil {
		return err
	}
	upTo := months
	if p.q.Year == p.out.Day.Y {
		upTo = int(p.out.Day.M)
	}
	limit := p.Tasks.DailyCap()
	var byMonth, sums [][]string
	all := burden{}
	for _, unit := range p.inOrder(units) {
		u := units[unit]
		row := []string{unit}
		for _, n := range u.messages[:upTo] {
			row = append(row, fmt.Sprint(n))
		}
		byMonth = append(byMonth, append(row, fmt.Sprint(u.total)))
		sums = append(sums, []string{unit})
		for _, n := range []int{u.total, u.most, u.full, u.other, u.handed, u.reports, u.delays} {
			sums[len(sums)-1] = append(sums[len(sums)-1], fmt.Sprint(n))
		}
		if unit != p.Office {
			all.total, all.full, all.most, all.units = all.total+u.total, all.full+u.full, max(all.most, u.most), all.units+1
		}
	}
	p.begin(Load.Word(), textYear(p.q.Year, p.out.Day))
	p.out.Summary = textLoad(p.q.Year, limit, all)
	p.heading(textOverall)
	p.say(p.out.Summary)
	p.heading(textByMonth)
	if len(byMonth) > 0 && limit > 0 {
		byMonth = append(byMonth, p.monthlyCap(upTo, limit))
	}
	p.table(textByMonth, monthsHead(upTo), byMonth, textNoMessages)
	p.heading(textAgainstCap)
	p.table(textAgainstCap, textCapHead, sums, textNoMessages)
	p.note(textLoadNote(limit))
	p.end()
	return nil
}

// monthlyCap is the line of how many messages a unit could get in each month, for the days
// on which they go out; of the month that goes on, until today.
func (p *paper) monthlyCap(upTo, limit int) []string {
	line, sum := []string{textMonthlyCap}, 0
	for m := range upTo {
		first := calendar.Date{Y: p.q.Year, M: time.Month(m + 1), D: 1}
		end := calendar.Of(first.At(0, 0, time.UTC).AddDate(0, 1, 0))
		if today := p.out.Day.AddDays(1); today.Before(end) {
			end = today
		}
		n := limit * p.Tasks.Calendar().WorkdaysBetween(first, end)
		line, sum = append(line, fmt.Sprint(n)), sum+n
	}
	return append(line, fmt.Sprint(sum))
}

// burdens are those of all units of which anything is recorded, and of the office.
func (p *paper) burdens() (map[string]*burden, error) {
	first, last := calendar.Date{Y: p.q.Year, M: time.January, D: 1}, calendar.Date{Y: p.q.Year, M: time.December, D: 31}
	units := map[string]*burden{}
	get := func(unit string) *burden {
		if unit == task.Office {
			unit = p.Office
		}
		if units[unit] == nil {
			units[unit] = &burden{}
		}
		return units[unit]
	}
	sendings, err := p.Tasks.Sendings(p.r, first, last)
	if err != nil {
		return nil, err
	}
	for _, s := range sendings {
		u := get(s.Unit)
		u.messages[s.Day.M-1] += s.Messages
		u.total += s.Messages
		u.most = max(u.most, s.Messages)
		if s.Messages >= p.Tasks.DailyCap() {
			u.full++
		}
	}
	notices, err := p.ledger.List(p.r, outbox.Query{
		States: []outbox.State{outbox.StateSent}, From: first.At(0, 0, p.loc), To: last.AddDays(1).At(0, 0, p.loc), Limit: 1 << 30,
	})
	if err != nil {
		return nil, err
	}
	for _, n := range notices {
		if n.Unit != "" && n.Kind != task.KindRemind && n.Kind != outbox.KindReply {
			get(n.Unit).other++
		}
	}
	tasks, err := p.Tasks.List(p.r, task.Query{States: task.States})
	in := func(t time.Time) bool { return !t.IsZero() && p.day(t).Y == p.q.Year }
	for _, t := range tasks {
		for _, s := range t.Shares {
			if in(s.Handed) && !t.Recurs() {
				get(s.Unit).handed++
			}
			if in(s.Done.At) {
				get(s.Unit).reports++
			}
		}
		for _, d := range t.Delays {
			if in(d.Asked.At) {
				get(d.Unit).delays++
			}
		}
	}
	return units, err
}

// inOrder lists the units in the documents' order, others behind them, the office last.
func (p *paper) inOrder(units map[string]*burden) (list []string) {
	for _, unit := range p.docs.Names() {
		if units[unit] != nil && unit != p.Office {
			list = append(list, unit)
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(units)) {
		if unit != p.Office && !slices.Contains(list, unit) {
			list = append(list, unit)
		}
	}
	if units[p.Office] != nil {
		list = append(list, p.Office)
	}
	return list
}
