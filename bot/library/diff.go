package library

import (
	"fmt"
	"slices"
	"strings"

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
	What     string // of an item: 标题, 牵头, 配合 or 时限; empty: its words
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
type entry struct {
	of          string // its unit or section
	where, text string
	facets      [len(facetWords)]string
}

// facetWords name what an item says beside its words.
var facetWords = [...]string{"标题", "牵头", "配合", "时限"}

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
			out = append(out, entry{of: u.Name, where: where, text: d.Text})
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
		facets := [...]string{it.Title, strings.Join(it.Lead, "、"), strings.Join(it.Support, "、"), it.Deadline}
		if it.Title == it.Text {
			facets[0] = "" // it is said once
		}
		out = append(out, entry{it.Section, where, it.Text, facets})
	}
	return out
}

// pairings say what makes two entries one, the surest first: a clause that only
// moved is no change.
var pairings = []func(o, n entry) bool{
	func(o, n entry) bool { return o == n },
	func(o, n entry) bool { return o.text != "" && o.text == n.text && o.facets == n.facets && o.of == n.of },
	func(o, n entry) bool { return o.text != "" && o.text == n.text && o.of == n.of },
	func(o, n entry) bool { return o.where == n.where },
}

func compare(old, next []entry) Changes {
	old, next = slices.Clone(old), slices.Clone(next)
	var c Changes
	for _, same := range pairings {
		old = slices.DeleteFunc(old, func(o entry) bool {
			i := slices.IndexFunc(next, func(n entry) bool { return same(o, n) })
			if i < 0 {
				return false
			}
			c.Changed = append(c.Changed, differing(o, next[i])...)
			next = slices.Delete(next, i, i+1)
			return true
		})
	}
	for _, o := range old {
		c.Removed = append(c.Removed, line(o))
	}
	for _, n := range next {
		c.Added = append(c.Added, line(n))
	}
	return c
}

// differing lists what differs between two versions of an entry.
func differing(o, n entry) (list []Change) {
	if o.text != n.text {
		list = append(list, Change{Where: n.where, Old: o.text, New: n.text})
	}
	for i, what := range facetWords {
		if o.facets[i] != n.facets[i] {
			list = append(list, Change{n.where, what, o.facets[i], n.facets[i]})
		}
	}
	return list
}

func line(e entry) string {
	if e.text == "" {
		return e.where
	}
	return e.where + "：" + e.text
}
