// Package sheet reads tables as offices make them and writes tables back:
// xlsx, csv, and the tables of html and docx documents become rows of cells
// that know their address. Because every reader of office files needs them, it
// also owns the [Limits] of a reading, the error kinds and [Decode].
//
// It must not know what a table means: plans, units and tasks are its callers'.
package sheet

// Table is a rectangular grid: every row has the same number of cells.
// A merged cell's value stands in every place it covers.
type Table struct {
	Name string // sheet name or caption; "" when there is none
	Rows [][]Cell
}

// Cell is one place of a table.
type Cell struct {
	Text   string // as shown, inner line ends kept as \n, outer white space trimmed
	Addr   string // B3 in a workbook or csv; 表1!B3 elsewhere
	Start  int    // rune offset of Text in the document's decoded text (doc.Document.Text); 0 for a sheet read on its own
	Copied bool   // the value comes from a merged cell whose origin is another place
	Origin string // Addr of that origin when Copied, else ""
}
