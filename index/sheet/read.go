package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"strings"
)

// Read reads every visible sheet of a workbook (.xlsx, .xlsm, .et saved as
// xlsx) or the one table of a csv or tsv file. Which of the two it is, the
// content decides. Hidden sheets are skipped, hidden rows and columns are kept;
// trailing empty rows and columns are cut off; sheets without text are left
// out. The error is an *Error; a file without any text is ErrEmpty.
func Read(name string, data []byte, lim Limits) (tables []Table, err error) {
	format := "csv"
	defer func() {
		if r := recover(); r != nil { // the library met input it was not made for
			tables, err = nil, &Error{Kind: ErrDamaged, Err: fmt.Errorf("panic: %v", r)}
		}
		if err != nil {
			tables, err = nil, withFormat(err, format)
		}
	}()
	b := lim.Begin()
	if err := b.Input(data); err != nil {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(data, []byte("PK")):
		format = "xlsx"
		tables, err = readXLSX(data, b)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		if bytes.Contains(data, []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")) {
			return nil, &Error{Kind: ErrEncrypted, Format: "xlsx"}
		}
		return nil, &Error{Kind: ErrLegacy, Format: "xls"}
	default:
		tables, err = readCSV(data, strings.EqualFold(path.Ext(name), ".tsv"), b)
	}
	if err == nil && len(tables) == 0 {
		err = &Error{Kind: ErrEmpty}
	}
	return tables, err
}

func withFormat(err error, format string) error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Kind: ErrDamaged, Format: format, Err: err}
	}
	if e.Format != "" {
		return e
	}
	c := *e
	c.Format = format
	return &c
}

// tidy makes a cell's text: valid, without white space around it or control
// characters inside.
func tidy(s string) string {
	s = strings.ToValidUTF8(Lines(s), "\ufffd")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == '\ufeff' || r == '\u200b' {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(s)
}

// rectangle makes a table of the texts of its rows; merges may be nil. Rows and
// columns behind the last text are cut off; a table without text is nil.
func rectangle(name string, texts [][]string, merges []area, b *Budget) (*Table, error) {
	width, height := 0, 0
	for r, row := range texts {
		for c := len(row); c > 0; c-- {
			if row[c-1] != "" {
				width, height = max(width, c), r+1
				break
			}
		}
	}
	if width == 0 {
		return nil, nil
	}
	if height*width > b.MaxCells {
		return nil, &Error{Kind: ErrTooLarge, Place: name, Err: fmt.Errorf("%d rows of %d columns", height, width)}
	}
	t := &Table{Name: name, Rows: make([][]Cell, height)}
	for r := range t.Rows {
		if err := b.Row(width); err != nil {
			return nil, err
		}
		row := make([]Cell, width)
		for c := range row {
			row[c].Addr = Address(r, c)
			if c < len(texts[r]) {
				row[c].Text = texts[r][c]
			}
		}
		t.Rows[r] = row
	}
	for _, m := range merges {
		if err := m.fill(t, b); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// area is a merged range, zero-based and inclusive.
type area struct{ row, col, lastRow, lastCol int }

// fill copies the origin's value into every place of the table that the area
// covers and that holds nothing else.
func (m area) fill(t *Table, b *Budget) error {
	if m.row >= len(t.Rows) || m.col >= len(t.Rows[0]) || m.row < 0 || m.col < 0 {
		return nil
	}
	origin := t.Rows[m.row][m.col]
	if origin.Copied {
		return nil // overlapping merges: the first one holds
	}
	for r := m.row; r <= min(m.lastRow, len(t.Rows)-1); r++ {
		if err := b.timeNow(); err != nil {
			return err
		}
		for c := m.col; c <= min(m.lastCol, len(t.Rows[r])-1); c++ {
			if cell := &t.Rows[r][c]; cell.Addr != origin.Addr && !cell.Copied && cell.Text == "" {
				cell.Text, cell.Copied, cell.Origin = origin.Text, true, origin.Addr
			}
		}
	}
	return nil
}
