package sheet

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Out is one sheet to write.
type Out struct {
	Name string   // made a legal sheet name if need be
	Head []string // header row; none when empty
	Rows [][]string
}

// Sizes of written columns, in Excel's character widths; a Han character
// takes two.
const (
	minWidth     = 6
	maxWidth     = 60
	maxNameRunes = 31
	maxCellRunes = 32767
	textFormat   = 49   // number format "@": the cell stays text when somebody edits it
	lineHeight   = 15.0 // points
	maxHeight    = 409.0
)

// WriteXLSX writes a workbook with one sheet per Out. Every cell is text, so a
// cell that begins with = + - @ or a tab is no formula, also after editing.
// It writes nothing but the workbook to w and reports ErrTooLarge for a cell
// that a workbook cannot hold.
func WriteXLSX(w io.Writer, tables []Out) error {
	f := excelize.NewFile()
	defer f.Close()
	var border []excelize.Border
	for _, side := range []string{"left", "top", "right", "bottom"} {
		border = append(border, excelize.Border{Type: side, Style: 1, Color: "808080"})
	}
	head, err := f.NewStyle(&excelize.Style{
		Border: border, Font: &excelize.Font{Bold: true}, NumFmt: textFormat,
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"E7EEF7"}},
		Alignment: &excelize.Alignment{Horizontal: "center", Vertical: "center", WrapText: true},
	})
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	body, err := f.NewStyle(&excelize.Style{Border: border, NumFmt: textFormat, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}})
	if err != nil {
		return fmt.Errorf("write workbook: %w", err)
	}
	used := map[string]bool{}
	for i, t := range tables {
		name := sheetName(t.Name, i+1, used)
		if i == 0 {
			err = f.SetSheetName(f.GetSheetName(0), name)
		} else {
			_, err = f.NewSheet(name)
		}
		if err == nil {
			err = printed(f, name, len(t.Head) > 0)
		}
		if err == nil {
			err = writeSheet(f, name, t, head, body)
		}
		if err != nil {
			return fmt.Errorf("write sheet %s: %w", name, err)
		}
	}
	return f.Write(w)
}

// printed lets a sheet come out of a printer on A4, across, as wide as the page, with
// its header on each page.
func printed(f *excelize.File, name string, headed bool) error {
	const a4 = 9
	size, across, wide, high, fit := a4, "landscape", 1, 0, true
	if err := f.SetPageLayout(name, &excelize.PageLayoutOptions{Size: &size, Orientation: &across, FitToWidth: &wide, FitToHeight: &high}); err != nil {
		return err
	}
	if err := f.SetSheetProps(name, &excelize.SheetPropsOptions{FitToPage: &fit}); err != nil || !headed {
		return err
	}
	return f.SetDefinedName(&excelize.DefinedName{Name: "_xlnm.Print_Titles", Scope: name, RefersTo: "'" + strings.ReplaceAll(name, "'", "''") + "'!$1:$1"})
}

func writeSheet(f *excelize.File, name string, t Out, head, body int) error {
	sw, err := f.NewStreamWriter(name)
	if err != nil {
		return err
	}
	rows := t.Rows
	if len(t.Head) > 0 {
		rows = append([][]string{t.Head}, t.Rows...)
	}
	ws := widths(rows)
	for i, w := range ws {
		if err := sw.SetColWidth(i+1, i+1, w); err != nil {
			return err
		}
	}
	if len(t.Head) > 0 {
		if err := sw.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
			return err
		}
	}
	for r, row := range rows {
		style := body
		if r == 0 && len(t.Head) > 0 {
			style = head
		}
		cells := make([]any, len(row))
		for c, text := range row {
			if utf8.RuneCountInString(text) > maxCellRunes {
				return &Error{Kind: ErrTooLarge, Format: "xlsx", Place: name + "!" + Address(r, c)}
			}
			cells[c] = excelize.Cell{StyleID: style, Value: writable(text)}
		}
		if err := sw.SetRow(Address(r, 0), cells, excelize.RowOpts{Height: height(row, ws)}); err != nil {
			return err
		}
	}
	return sw.Flush()
}

// writable drops what XML cannot hold.
func writable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(Lines(s), "\ufffd"))
}

// height has room for the most lines that a cell of the row wraps into: not every
// program finds it out by itself.
func height(row []string, ws []float64) float64 {
	most := 1
	for c, text := range row {
		lines := 0
		for line := range strings.SplitSeq(Lines(text), "\n") {
			lines += max(1, int(math.Ceil((width(line)-margin)/(ws[c]-margin))))
		}
		most = max(most, lines)
	}
	return min(float64(most)*lineHeight, maxHeight)
}

// margin is what a column has besides its text.
const margin = 2

// width is that of a line, with a margin.
func width(line string) float64 {
	n := margin
	for _, r := range line {
		if n++; r > 0x2e7f {
			n++
		}
	}
	return float64(n)
}

// widths fits each column to its longest line.
func widths(rows [][]string) []float64 {
	var ws []float64
	for _, row := range rows {
		for c, text := range row {
			for len(ws) <= c {
				ws = append(ws, minWidth)
			}
			for line := range strings.SplitSeq(text, "\n") {
				ws[c] = min(max(ws[c], width(line)), maxWidth)
			}
		}
	}
	return ws
}

// sheetName makes a name that Excel takes and that is not used yet.
func sheetName(name string, n int, used map[string]bool) string {
	name = strings.Trim(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\`, r) || r < ' ' {
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_")), "' ")
	if name == "" {
		name = fmt.Sprintf("Sheet%d", n)
	}
	base, try := []rune(name), name
	for k := 2; ; k++ {
		if len(base) > maxNameRunes {
			base = base[:maxNameRunes]
			try = string(base)
		}
		if !used[strings.ToLower(try)] {
			used[strings.ToLower(try)] = true
			return try
		}
		suffix := fmt.Sprintf("(%d)", k)
		keep := min(len(base), maxNameRunes-len(suffix))
		try = string(base[:keep]) + suffix
	}
}
