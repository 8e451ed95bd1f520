package plan

import (
	"fmt"
	"sort"
	"unicode/utf8"

	"xietiao/index/doc"
)

// parser holds what is known of one document while it is read. Steps run in
// the order of Parse and each may rely on the ones before it.
type parser struct {
	src   *source
	paras []para
	role  []paraRole   // by paragraph
	heads []head       // unit headings, in order
	opens map[int]bool // paragraphs that open a section or a unit's duties
	nodes []*node      // sections in document order
	rule  rule
	taken []bool // by paragraph: an item with its own mention of units holds it
	plan  *Plan

	announced []bool         // by paragraph: a title above it speaks of duties
	unitAt    map[string]int // by name: index in plan.Units
	reported  map[string]int // warnings by kind
	itemsIn   map[*node]bool // sections with entries that name their own units
}

// paraRole says what a paragraph was taken for.
type paraRole int

const (
	roleBody  paraRole = iota
	roleFrame          // title, number, sign-off, addressees
	roleHead           // a unit's heading
	roleDuty           // part of a unit's duties
	roleTable          // a table of duties or items
)

// Parse reads a document. It never fails: what it does not understand is in
// Unread. It keeps no reference to d and is safe for concurrent use.
func Parse(d *doc.Document) *Plan {
	src, paras := joinLines(d)
	p := &parser{src: src, paras: paras, role: make([]paraRole, len(paras)), taken: make([]bool, len(paras)), plan: emptyPlan(), unitAt: map[string]int{}, reported: map[string]int{}, itemsIn: map[*node]bool{}}
	p.readMeta()
	p.readRule()
	p.readFlatTables()
	p.readUnits()
	p.readSections()
	owner := p.nodeOf()
	p.readItems(owner)
	p.readTables()
	p.readSubjects(owner)
	p.readProse(owner)
	p.readBodyOffice()
	p.readMembers()
	p.readOffice()
	p.sortItems()
	p.fillOwn()
	p.warn()
	p.plan.Unread, p.plan.unreadAt = src.unread()
	p.plan.ownedAt = src.owned
	return p.plan
}

// sortItems puts the items, which several steps find, in document order.
func (p *parser) sortItems() {
	place := func(it Item) int {
		if len(it.at) == 0 {
			return len(p.src.doc)
		}
		return it.at[0].Start
	}
	sort.SliceStable(p.plan.Items, func(i, j int) bool { return place(p.plan.Items[i]) < place(p.plan.Items[j]) })
}

func emptyPlan() *Plan {
	return &Plan{Members: []string{}, Sections: []Section{}, Units: []Unit{}, Items: []Item{}, Warnings: []Warning{}, Unread: []string{}}
}

// Read decodes a file and reads the plan in it. name only tells the format.
// Errors are those of [doc.Read], and [doc.ErrTooLarge] for a text longer than
// any plan, which would take too long.
func Read(name string, data []byte) (*Plan, error) {
	d, err := doc.Read(name, data, doc.Limits{})
	if err != nil {
		return nil, err
	}
	if err := fits(d); err != nil {
		return nil, err
	}
	return Parse(d), nil
}

// Bounds of one plan: a printed page has 40 lines and 1,000 characters.
const (
	maxRunes  = 300_000
	maxBlocks = 50_000 // lines and paragraphs
	maxCells  = 60_000
)

// fits refuses a text over the bounds, so that Parse stays within seconds.
func fits(d *doc.Document) error {
	cells := 0
	for _, b := range d.Blocks {
		if b.Table != nil {
			for _, r := range b.Table.Rows {
				cells += len(r)
			}
		}
	}
	for _, b := range []struct {
		have, most int
		what       string
	}{{utf8.RuneCountInString(d.Text), maxRunes, "characters"}, {len(d.Blocks), maxBlocks, "lines"}, {cells, maxCells, "cells"}} {
		if b.have > b.most {
			return &doc.Error{Kind: doc.ErrTooLarge, Format: d.Format, Err: fmt.Errorf("%d %s, at most %d", b.have, b.what, b.most)}
		}
	}
	return nil
}
