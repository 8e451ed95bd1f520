package bot

import (
	"fmt"

	"xietiao/index/plan"
)

// Clause is one clause as its page shows it, word for word.
type Clause struct {
	Plan     string // 文号 or title
	Title    string // the document's title
	Date     string // 成文日期 as the document writes it
	Address  string // what a citation says behind the plan
	Heading  string // the unit, or the section's title
	Role     string
	Text     string
	Lead     []string
	Support  []string
	Deadline string
}

// Clauses returns the clauses at an address of a document, in the document's
// order: usually one, several where the document's numbering starts over. The
// document is named by 文号 or title.
func (b *Bot) Clauses(name, address string) []Clause {
	p := b.planNamed(name)
	if p == nil || name == "" {
		return nil
	}
	base := Clause{Plan: name, Title: p.Title, Date: p.DateText, Address: address}
	var out []Clause
	for _, u := range p.Units {
		for _, d := range u.Duties {
			at := "附件·" + u.Name
			if d.No > 0 {
				at += fmt.Sprintf("·第%d项", d.No)
			}
			if at == address {
				out = append(out, base.with(u.Name, d.Text, d.Role))
			}
		}
	}
	for _, s := range p.Sections {
		if s.Path == address {
			out = append(out, base.with(s.Title, s.Text, ""))
		}
	}
	for _, it := range p.Items {
		if fmt.Sprintf("第%d项", it.No) == address {
			out = append(out, base.item(it))
		}
	}
	return out
}

func (c Clause) with(heading, text, role string) Clause {
	c.Heading, c.Text, c.Role = heading, text, role
	return c
}

func (c Clause) item(it plan.Item) Clause {
	c.Heading, c.Text, c.Lead, c.Support, c.Deadline = it.Title, it.Text, it.Lead, it.Support, it.Deadline
	return c
}
