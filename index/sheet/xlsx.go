package sheet

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Tags that parts read as a whole may hold: strings for every cell, and styles
// far beyond what office programs write.
const (
	tagsPerCell  = 4
	maxOtherTags = 500_000
)

// readXLSX reads the visible sheets in order. Values come from excelize as they
// are shown; names, states and merged ranges are read here, because the
// library would unfold the whole sheet in memory for them.
func readXLSX(data []byte, b *Budget) ([]Table, error) {
	a, err := OpenArchive(data, b)
	if err != nil {
		return nil, err
	}
	book, err := readBook(a)
	if err != nil {
		return nil, err
	}
	longest, err := checkParts(a, b)
	if err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		UnzipSizeLimit: b.MaxUnzipped, UnzipXMLSizeLimit: b.MaxUnzipped,
		CultureInfo: excelize.CultureNameZhCN, ShortDatePattern: "yyyy/m/d",
	})
	if err != nil {
		return nil, &Error{Kind: ErrDamaged, Err: err}
	}
	defer f.Close()
	var tables []Table
	for _, s := range book {
		if s.hidden {
			continue
		}
		t, err := readSheet(f, a, s, longest)
		if err != nil {
			return nil, err
		}
		if t != nil {
			tables = append(tables, *t)
		}
	}
	return tables, nil
}

// bookSheet is one entry of the workbook's sheet list.
type bookSheet struct {
	name, part string
	hidden     bool
}

// checkParts refuses parts whose XML would cost far more memory than their
// size: the library reads all but worksheets as a whole.
// It gives the bytes of the longest shared string, -1 without any strings.
func checkParts(a *Archive, b *Budget) (longest int64, err error) {
	longest = -1
	for _, n := range a.Names() {
		limit := maxOtherTags
		switch {
		case strings.HasPrefix(n, "xl/worksheets/sheet") || !strings.HasSuffix(n, ".xml") && !strings.HasSuffix(n, ".rels"):
			continue
		case strings.HasPrefix(n, "xl/sharedstrings"):
			limit = tagsPerCell * b.MaxCells
		}
		data, err := a.Read(n)
		if err != nil {
			return 0, err
		}
		if bytes.Count(data, []byte("<")) > limit {
			return 0, &Error{Kind: ErrTooLarge, Place: n}
		}
		if n == "xl/sharedstrings.xml" { // the library knows no other place
			longest = longestItem(data)
		}
	}
	return longest, nil
}

// longestItem measures the longest <si> of a strings part.
func longestItem(data []byte) int64 {
	longest := 0
	for len(data) > 0 {
		i := bytes.Index(data[1:], []byte("si>"))
		if i < 0 {
			i = len(data) - 1
		}
		longest = max(longest, i+1)
		data = data[i+1:]
	}
	return int64(longest)
}

// readBook reads the sheet list of xl/workbook.xml.
func readBook(a *Archive) ([]bookSheet, error) {
	rels, err := a.Relations("xl/_rels/workbook.xml.rels")
	if err != nil {
		return nil, err
	}
	targets := map[string]string{}
	for _, r := range rels {
		targets[r.ID] = r.Target
	}
	var list []bookSheet
	err = a.Walk("xl/workbook.xml", func(e xml.StartElement) error {
		if e.Name.Local != "sheet" {
			return nil
		}
		var s bookSheet
		for _, at := range e.Attr {
			switch {
			case at.Name.Local == "name":
				s.name = at.Value
			case at.Name.Local == "state":
				s.hidden = at.Value == "hidden" || at.Value == "veryHidden"
			case at.Name.Local == "id" && at.Name.Space != "":
				s.part = targets[at.Value]
			}
		}
		list = append(list, s)
		return nil
	})
	if err == nil && len(list) == 0 {
		err = &Error{Kind: ErrDamaged, Place: "xl/workbook.xml", Err: errors.New("no sheet list")}
	}
	return list, err
}

func readSheet(f *excelize.File, a *Archive, s bookSheet, longest int64) (*Table, error) {
	b := a.budget
	merges, err := s.scan(a, longest)
	if err != nil {
		return nil, err
	}
	rows, err := f.Rows(s.name)
	if err != nil {
		var none excelize.ErrSheetNotExist
		if errors.As(err, &none) || s.part == "" {
			return nil, nil // a chart sheet
		}
		return nil, &Error{Kind: ErrDamaged, Place: s.name, Err: err}
	}
	defer rows.Close()
	var texts [][]string
	filled, size := 0, int64(0)
	for n := 1; rows.Next(); n++ {
		if err := b.timeNow(); err != nil {
			return nil, err
		}
		cells, err := rows.Columns()
		if err != nil {
			return nil, &Error{Kind: ErrDamaged, Place: fmt.Sprintf("%s!%d", s.name, n), Err: err}
		}
		row := tidyRow(cells)
		if len(row) == 0 {
			continue
		}
		if filled += len(row); n > b.MaxRows || filled > b.MaxCells {
			return nil, &Error{Kind: ErrTooLarge, Place: fmt.Sprintf("%s!%d", s.name, n)}
		}
		for _, c := range row {
			size += int64(len(c))
		}
		if size > b.MaxUnzipped {
			return nil, &Error{Kind: ErrTooLarge, Place: fmt.Sprintf("%s!%d", s.name, n)}
		}
		for len(texts) < n-1 {
			texts = append(texts, nil)
		}
		texts = append(texts, row)
	}
	if err := rows.Error(); err != nil {
		return nil, &Error{Kind: ErrDamaged, Place: s.name, Err: err}
	}
	return rectangle(s.name, texts, merges, b)
}

// tidyRow tidies the cells and cuts off empty ones at the end.
func tidyRow(cells []string) []string {
	last := 0
	for i, c := range cells {
		if c == "" {
			continue
		}
		if cells[i] = tidy(c); cells[i] != "" {
			last = i + 1
		}
	}
	return cells[:last:last]
}

// scan reads the merged ranges of a sheet and, on the way, refuses one that is
// nested too deep, is not XML, has lost its strings or repeats a long string so
// often that one row would fill the memory.
func (sh bookSheet) scan(a *Archive, longest int64) ([]area, error) {
	var merges []area
	inRow := int64(0) // cells of the row that show a shared string
	err := a.Walk(sh.part, func(e xml.StartElement) error {
		switch e.Name.Local {
		case "row":
			inRow = 0
		case "c":
			if attribute(e, "t") != "s" {
				break
			}
			if longest < 0 {
				return &Error{Kind: ErrDamaged, Place: sh.name, Err: errors.New("the shared strings are missing")}
			}
			if inRow++; inRow*longest > a.budget.MaxUnzipped {
				return &Error{Kind: ErrTooLarge, Place: sh.name}
			}
		case "mergeCell":
			if m, ok := parseArea(attribute(e, "ref")); ok {
				merges = append(merges, m)
			}
		}
		if len(merges) > a.budget.MaxCells {
			return &Error{Kind: ErrTooLarge, Place: sh.name}
		}
		return nil
	})
	return merges, err
}

func attribute(e xml.StartElement, local string) string {
	for _, at := range e.Attr {
		if at.Name.Local == local {
			return at.Value
		}
	}
	return ""
}

func parseArea(ref string) (area, bool) {
	from, to, ok := strings.Cut(ref, ":")
	if !ok {
		return area{}, false
	}
	c1, r1, err1 := excelize.CellNameToCoordinates(from)
	c2, r2, err2 := excelize.CellNameToCoordinates(to)
	if err1 != nil || err2 != nil || r2 < r1 || c2 < c1 {
		return area{}, false
	}
	return area{r1 - 1, c1 - 1, r2 - 1, c2 - 1}, true
}
