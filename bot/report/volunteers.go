package report

import (
	"fmt"
	"strings"

	"xietiao/bot/activity"
	"xietiao/index/plan"
)

// volunteers are a year's service by brigades, units and activities.
func (p *paper) volunteers() error {
	y, err := p.held()
	if err != nil {
		return err
	}
	p.begin(Volunteers.Word(), textYear(p.q.Year, p.out.Day))
	p.heading(textOverall)
	p.out.Summary = textService(p.q.Year, y)
	p.say(p.out.Summary)
	p.heading(textByBrigade)
	p.table(textByBrigade, textTotalHead(textBrigade), totals(y.Brigades, textNoBrigade), textNoService)
	p.heading(textByUnit)
	p.table(textByUnit, textTotalHead(textOrganiser), totals(y.Units, textNone), textNoService)
	p.heading(textHeld)
	var rows [][]string
	held := map[string]int{}
	for _, h := range y.Held {
		held[h.Unit]++
		rows = append(rows, []string{
			h.Number.String(), h.Title, h.Unit, p.day(h.Start).String(), h.Place.Name, fmt.Sprint(h.Came), fmt.Sprint(h.Doubt), activity.Duration(h.Minutes),
		})
	}
	p.table(textHeld, textHeldHead, rows, textNothingHeld)
	p.heading(textCharged)
	p.table(textCharged, textChargedHead, p.charged(held), textNobodyCharged)
	p.note(textServiceNote)
	p.end()
	return nil
}

// held is the year's activities.
func (p *paper) held() (activity.Year, error) {
	board, err := p.Activities()
	if err != nil {
		return activity.Year{}, err
	}
	return board.Year(p.r, p.q.Year)
}

func totals(list []activity.Total, none string) (rows [][]string) {
	for _, t := range list {
		name := t.Name
		if name == "" {
			name = none
		}
		rows = append(rows, []string{name, fmt.Sprint(t.Volunteers), fmt.Sprint(t.Activities), activity.Duration(t.Minutes)})
	}
	return rows
}

// charged are the units whose duties speak of volunteers, with what they held.
func (p *paper) charged(held map[string]int) (rows [][]string) {
	for _, d := range p.docs.Plans() {
		for _, u := range d.Units {
			for _, du := range u.Duties {
				if strings.Contains(du.Text, textVolunteering) {
					rows = append(rows, []string{u.Name, du.Text, p.cite(planName(d), plan.DutyAddress(u.Name, du.No)), fmt.Sprint(held[unitOf(p.docs, u.Name)])})
				}
			}
		}
	}
	return rows
}
