package org

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/index/sheet"
	"xietiao/index/zh"
)

// Limits on tables, against files that are no rosters.
const (
	headRows    = 20  // rows of a sheet among which the header must be
	maxProblems = 500 // after which reading stops
	maxNear     = 3   // suggestions
)

// Problem is a place of a table that cannot be imported, or a remark on one.
type Problem struct {
	Sheet string   `json:"sheet,omitempty"` // empty in a csv file
	Cell  string   `json:"cell,omitempty"`  // B3; empty: the sheet as a whole
	Text  string   `json:"text"`            // what is wrong and what to do, for users
	Near  []string `json:"near,omitempty"`  // units that may be meant
}

// Column is what a column of a table holds, in the users' word for it.
type Column string

// Table is one sheet in which the header was found.
type Table struct {
	name string
	cols map[Column]int
	Rows []Line // below the header
}

// Line is one row of a table.
type Line struct {
	table *Table
	cells []sheet.Cell
}

// Text returns the cell of a column, empty if the table has no such column.
func (l Line) Text(c Column) string {
	if !l.table.has(c) {
		return ""
	}
	return l.cells[l.table.cols[c]].Text
}

// Has reports whether the table has the column.
func (l Line) Has(c Column) bool { return l.table.has(c) }

// Bad makes a problem of the cell of a column, or of the row's first cell if
// the table has no such column.
func (l Line) Bad(c Column, text string) Problem {
	return Problem{Sheet: l.table.name, Cell: l.cells[l.table.cols[c]].Addr, Text: text}
}

// at names the row's place in full.
func (l Line) at(c Column) string { return l.Bad(c, "").Place() }

// Remark reports whether the row is no entry: empty, a title or a note in one
// cell, merged or not, or the header once more. A cell alone in the lead column
// is an entry.
func (l Line) Remark(lead Column, titles map[string]Column) bool {
	origin, alone := "", true
	for _, c := range l.cells {
		if c.Text == "" {
			continue
		}
		from := cmp.Or(c.Origin, c.Addr)
		alone = alone && (origin == "" || origin == from)
		origin = from
	}
	first := l.cells[l.table.cols[lead]]
	return origin == "" || alone && (first.Text == "" || merged(l.cells)) || titles[title(first.Text)] == lead
}

func merged(cells []sheet.Cell) bool {
	return slices.ContainsFunc(cells, func(c sheet.Cell) bool { return c.Copied })
}

// ReadTables finds the tables of a file whose header has the needed columns,
// under any of the titles.
func ReadTables(name string, data []byte, titles map[string]Column, needed ...Column) ([]*Table, []Problem, error) {
	sheets, err := sheet.Read(name, data, sheet.Limits{})
	if err != nil {
		return nil, nil, bare(err)
	}
	var tables []*Table
	var problems []Problem
	for _, s := range sheets {
		t, bad := findTable(s, titles, needed)
		if t != nil {
			tables = append(tables, t)
		}
		problems = append(problems, bad...)
	}
	if len(tables) == 0 && len(problems) == 0 {
		problems = []Problem{{Sheet: sheets[0].Name, Text: textNoHeader(needed)}}
	}
	return tables, problems, nil
}

// IsRoster reports whether the file has a table whose header is a roster's.
func IsRoster(name string, data []byte) bool {
	return hasTable(name, data, rosterTitles, colName, colUnit)
}

// IsGroups reports whether the file has a table whose header is that of a list
// of group robots.
func IsGroups(name string, data []byte) bool {
	return hasTable(name, data, groupTitles, colUnit, colWebhook)
}

func hasTable(name string, data []byte, titles map[string]Column, needed ...Column) bool {
	tables, _, err := ReadTables(name, data, titles, needed...)
	return err == nil && len(tables) > 0
}

// bare leaves the kind and the place of an error of package sheet; its cause may
// quote a cell.
func bare(err error) error {
	var e *sheet.Error
	if !errors.As(err, &e) {
		return errors.New("read table: unreadable")
	}
	return fmt.Errorf("read table: %w", &sheet.Error{Kind: e.Kind, Format: e.Format, Place: e.Place})
}

// findTable is nil if the sheet has no header.
func findTable(s sheet.Table, titles map[string]Column, needed []Column) (*Table, []Problem) {
	for i := range min(headRows, len(s.Rows)) {
		head, below := s.Rows[i], s.Rows[i+1:]
		t := &Table{name: s.Name}
		problems := t.head(head, titles)
		if len(below) > 0 && t.twoRows(below[0], needed) {
			problems = t.head(joined(head, below[0]), titles)
			below = below[1:]
		}
		if slices.ContainsFunc(needed, func(c Column) bool { return !t.has(t.or(c)) }) {
			continue
		}
		for _, cells := range below {
			t.Rows = append(t.Rows, Line{t, cells})
		}
		return t, problems
	}
	return nil, nil
}

// head reads titles from a row. Two columns of one title are a problem, as one
// would be lost.
func (t *Table) head(cells []sheet.Cell, titles map[string]Column) (problems []Problem) {
	t.cols = map[Column]int{}
	for i, c := range cells {
		col, ok := titles[title(c.Text)]
		if !ok {
			if col, ok = titles[title(withoutBrackets(c.Text))]; !ok {
				continue
			}
		}
		first, twice := t.cols[col]
		switch {
		case !twice:
			t.cols[col] = i
		case !c.Copied && col != colPhone:
			problems = append(problems, Problem{Sheet: t.name, Cell: c.Addr, Text: textTwice(string(col), cells[first].Addr)})
		}
	}
	return problems
}

// twoRows reports whether the header goes on in the row below: a needed title is
// merged into it from above.
func (t *Table) twoRows(below []sheet.Cell, needed []Column) bool {
	return slices.ContainsFunc(needed, func(c Column) bool {
		return t.has(t.or(c)) && below[t.cols[t.or(c)]].Copied
	})
}

// joined is a header of two rows: what the lower says, else the upper.
func joined(upper, lower []sheet.Cell) []sheet.Cell {
	row := slices.Clone(upper)
	for i, c := range lower {
		if c.Text != "" && !c.Copied {
			row[i] = c
		}
	}
	return row
}

func (t *Table) has(c Column) bool {
	_, ok := t.cols[c]
	return ok
}

// or is the column that stands in for c in this table, or c.
func (t *Table) or(c Column) Column {
	if other, ok := standIn[c]; ok && !t.has(c) && t.has(other) {
		return other
	}
	return c
}

// standIn are columns that will do where the table lacks a better one.
var standIn = map[Column]Column{colName: colLiaison, colUnit: colDept}

// TitleMap finds a value by each of its words.
func TitleMap[V comparable](words map[V]string) map[string]V {
	m := map[string]V{}
	for v, list := range words {
		for _, w := range strings.Fields(list) {
			m[w] = v
		}
	}
	return m
}

// title is the form in which titles are compared: 帐 号（必填） is 帐号必填.
func title(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, zh.Fold(s))
}

// withoutBrackets drops what stands in brackets, and the star of a field that
// must be filled in.
func withoutBrackets(s string) string {
	var b strings.Builder
	depth := 0
	for _, r := range zh.Fold(s) {
		switch r {
		case '(', '[', '【':
			depth++
		case ')', ']', '】':
			depth = max(0, depth-1)
		default:
			if depth == 0 {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

// squeeze removes white space inside a name: 张　三.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}

// unitFinder resolves what cells say about units, each text once.
type unitFinder struct {
	units Units
	known map[string][]string
}

func newUnitFinder(u Units) *unitFinder { return &unitFinder{units: u, known: map[string][]string{}} }

// find lists the units that a cell names: by a name, or by paths of departments
// as both platforms export them, joined by semicolons or commas:
// 乐清市/市教育局/办公室. Of a path the lowest department that is a unit counts.
func (f *unitFinder) find(text string) []string {
	if found, ok := f.known[text]; ok {
		return found
	}
	var found []string
	if u, ok := f.units.Resolve(squeeze(text)); ok {
		found = []string{u}
	} else {
		for _, path := range splitBy(text, ";；,，\n") {
			if u, ok := f.lowest(path); ok && !slices.Contains(found, u) {
				found = append(found, u)
			}
		}
	}
	f.known[text] = found
	return found
}

func (f *unitFinder) lowest(path string) (string, bool) {
	for _, name := range slices.Backward(splitBy(path, `/\>-－—`)) {
		if name = squeeze(name); isOfficeName(name) {
			continue // every unit has one
		}
		if u, ok := f.units.Resolve(name); ok {
			return u, true
		}
	}
	return "", false
}

func splitBy(s, seps string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(seps, r) })
}

func (f *unitFinder) near(text string) []string { return Near(f.units, text) }

// Near lists units whose names share most characters with the text, the nearest
// first.
func Near(units Units, text string) []string {
	const least = 0.25 // below that a name has nothing to do with the text
	type scored struct {
		name  string
		score float64
	}
	var list []scored
	for _, name := range units.Names() {
		if s := alike(zh.Fold(squeeze(text)), zh.Fold(name)); s >= least {
			list = append(list, scored{name, s})
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.name, b.name))
	})
	var names []string
	for _, s := range list[:min(len(list), maxNear)] {
		names = append(names, s.name)
	}
	return names
}

// alike is the share of characters and pairs of characters that two names have
// in common.
func alike(a, b string) float64 {
	x, y := append(zh.Grams(a, 1), zh.Bigrams(a)...), append(zh.Grams(b, 1), zh.Bigrams(b)...)
	common := 0
	for _, g := range x {
		if slices.Contains(y, g) {
			common++
		}
	}
	return 2 * float64(common) / float64(max(1, len(x)+len(y)))
}

// quotable reports whether a text may be shown in a message. What looks like a
// credential or a link may stand in any cell, and messages get into logs.
func quotable(s string) bool {
	const longest = 20 // of letters, digits and their joints; the keys of both platforms have more
	run := 0
	for _, r := range zh.Fold(s) {
		if r > ' ' && r < utf8.RuneSelf {
			if run++; run >= longest {
				return false
			}
			continue
		}
		run = 0
	}
	return !strings.Contains(s, "://")
}
