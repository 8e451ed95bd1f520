package library

import (
	"fmt"
	"slices"

	"xietiao/index/plan"
)

// Diff is what a new version changes. Its entries name units and clauses in the
// spelling of the version that has them.
type Diff struct {
	Units  Changes // names of units that have duties
	Duties Changes
	Items  Changes
}

// Changes lists what came, went, or stayed with other words.
type Changes struct {
	Added, Removed []string
	Changed        []Change
}

// Change is one clause in two versions.
type Change struct {
	Where    string // 市委宣传部·第3项
	Old, New string
}

// Empty reports whether nothing differs.
func (d Diff) Empty() bool { return d.Units.Len()+d.Duties.Len()+d.Items.Len() == 0 }

// Len counts the changes.
func (c Changes) Len() int { return len(c.Added) + len(c.Removed) + len(c.Changed) }

// Compare tells what is different in next; nil old is an empty document.
func Compare(old, next *plan.Plan) Diff {
	if old == nil {
		old = &plan.Plan{}
	}
	return Diff{
		Units:  compare(units(old), units(next)),
		Duties: compare(duties(old), duties(next)),
		Items:  compare(items(old), items(next)),
	}
}

// entry is one comparable thing: where it stands, and what it says.
type entry struct{ where, text string }

func units(p *plan.Plan) (out []entry) {
	for _, u := range p.Units {
		out = append(out, entry{where: u.Name})
	}
	return out
}

func duties(p *plan.Plan) (out []entry) {
	for _, u := range p.Units {
		for _, d := range u.Duties {
			where := u.Name
			if d.No > 0 {
				where = fmt.Sprintf("%s·第%d项", u.Name, d.No)
			}
			out = append(out, entry{where, d.Text})
		}
	}
	return out
}

func items(p *plan.Plan) (out []entry) {
	for i, it := range p.Items {
		where := fmt.Sprintf("第%d项", it.No)
		if it.No == 0 {
			where = fmt.Sprintf("第%d条事项", i+1)
		}
		if it.Section != "" {
			where = it.Section + "·" + where
		}
		out = append(out, entry{where, it.Text})
	}
	return out
}

// compare pairs entries first by their words, so that a clause that moved is no
// change, then those left by their place.
func compare(old, next []entry) Changes {
	left := slices.Clone(next)
	var gone []entry
	for _, o := range old {
		i := slices.IndexFunc(left, func(n entry) bool { return n == o })
		if i < 0 && o.text != "" {
			i = slices.IndexFunc(left, func(n entry) bool { return n.text == o.text && head(n.where) == head(o.where) })
		}
		if i >= 0 {
			left = slices.Delete(left, i, i+1)
			continue
		}
		gone = append(gone, o)
	}
	var c Changes
	for _, o := range gone {
		i := slices.IndexFunc(left, func(n entry) bool { return n.where == o.where })
		if i < 0 {
			c.Removed = append(c.Removed, line(o))
			continue
		}
		c.Changed = append(c.Changed, Change{Where: o.where, Old: o.text, New: left[i].text})
		left = slices.Delete(left, i, i+1)
	}
	for _, n := range left {
		c.Added = append(c.Added, line(n))
	}
	return c
}

// head is the unit or section of a place.
func head(where string) string {
	for i, r := range where {
		if r == '·' {
			return where[:i]
		}
	}
	return where
}

func line(e entry) string {
	if e.text == "" {
		return e.where
	}
	return e.where + "：" + e.text
}
