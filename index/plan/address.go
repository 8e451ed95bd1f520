package plan

import (
	"fmt"
	"iter"
	"strings"
)

// IsGroup reports whether a name stands for bodies that it does not name: 各街道,
// 有关部门.
func IsGroup(name string) bool {
	flat := dropBrackets(name)
	return orgGroup.MatchString(flat) || strings.Contains(flat, "各")
}

// Clause is one addressed clause: of a duty its unit and text, of a section title and
// text, of an item all.
type Clause struct {
	Unit  string // of a duty
	No    int    // the printed number of a duty or item; 0: none
	Title string // of a section or an item
	Text  string
	Role  string // of a duty
	Item  *Item  // nil: it is none
}

// Clauses goes through the document's clauses with their addresses, as citations write
// them: duties, then sections, then items. An address comes several times where the
// document's numbering starts over.
func (p *Plan) Clauses() iter.Seq2[string, Clause] {
	return func(yield func(string, Clause) bool) {
		for _, u := range p.Units {
			for _, d := range u.Duties {
				if !yield(DutyAddress(u.Name, d.No), Clause{Unit: u.Name, No: d.No, Text: d.Text, Role: d.Role}) {
					return
				}
			}
		}
		for _, s := range p.Sections {
			if !yield(s.Path, Clause{Title: s.Title, Text: s.Text}) {
				return
			}
		}
		for i, it := range p.Items {
			if !yield(ItemAddress(it.No), Clause{No: it.No, Title: it.Title, Text: it.Text, Item: &p.Items[i]}) {
				return
			}
		}
	}
}

// DutyAddress is where a unit's duty stands: 附件·市委宣传部·第3项; no number: 附件·市住建局.
func DutyAddress(unit string, no int) string {
	if no > 0 {
		return fmt.Sprintf("附件·%s·第%d项", unit, no)
	}
	return "附件·" + unit
}

// Address is where the i-th item stands, counted from 0: 第7项, and where it has no number
// 第8条事项.
func (it Item) Address(i int) string {
	if it.No == 0 {
		return fmt.Sprintf("第%d条事项", i+1)
	}
	return ItemAddress(it.No)
}

// ItemAddress is where an item stands: 第7项.
func ItemAddress(no int) string { return fmt.Sprintf("第%d项", no) }
