package sheet

import "strconv"

// maxSpan clips row and column spans; html allows no more columns either.
const maxSpan = 1000

// Grid builds a Table from rows whose cells span rows and columns. The zero
// value is not ready; use NewGrid.
type Grid struct {
	prefix string // put before each address
	budget *Budget
	rows   [][]Cell
	carry  []carried // by column: a cell from above that still covers it
	open   bool
	width  int
}

type carried struct {
	left int // rows still to cover
	cell Cell
}

// NewGrid starts a table whose addresses begin with prefix ("表1!" or "").
func NewGrid(prefix string, b *Budget) *Grid {
	return &Grid{prefix: prefix, budget: b}
}

// NextRow ends the current row and begins another.
func (g *Grid) NextRow() error {
	if err := g.endRow(); err != nil {
		return err
	}
	g.rows = append(g.rows, nil)
	g.open = true
	return nil
}

// Skip leaves n empty places in the current row.
func (g *Grid) Skip(n int) error {
	for range min(n, maxSpan) {
		if err := g.Put("", 1, 1); err != nil {
			return err
		}
	}
	return nil
}

// Put sets text in the first free place of the current row and in every place
// that the spans cover; spans under 1 count as 1.
func (g *Grid) Put(text string, rowspan, colspan int) error {
	rowspan, colspan = min(max(rowspan, 1), maxSpan), min(max(colspan, 1), maxSpan)
	if !g.open {
		if err := g.NextRow(); err != nil {
			return err
		}
	}
	g.takeCarried()
	r := len(g.rows) - 1
	origin := g.addr(r, len(g.rows[r]))
	for i := range colspan {
		col := len(g.rows[r])
		c := Cell{Text: text, Addr: g.addr(r, col)}
		if i > 0 {
			c.Copied, c.Origin = true, origin
		}
		g.place(c)
		if col < len(g.carry) && g.carry[col].left > 0 {
			g.carry[col].left-- // overlapping spans: the later cell wins this row
		}
		if rowspan > 1 {
			for len(g.carry) <= col {
				g.carry = append(g.carry, carried{})
			}
			g.carry[col] = carried{left: rowspan - 1, cell: Cell{Text: text, Copied: true, Origin: origin}}
		}
	}
	if len(g.rows[r]) > g.budget.MaxCells {
		return &Error{Kind: ErrTooLarge, Place: origin}
	}
	return nil
}

// PutAbove continues the cells above in the next colspan free places, as the
// vMerge of docx does. Without a row above the places stay empty.
func (g *Grid) PutAbove(colspan int) error {
	for range min(max(colspan, 1), maxSpan) {
		r := len(g.rows) - 1
		if r < 1 || len(g.rows[r]) >= len(g.rows[r-1]) {
			if err := g.Put("", 1, 1); err != nil {
				return err
			}
			continue
		}
		col := len(g.rows[r])
		above := g.rows[r-1][col]
		c := Cell{Text: above.Text, Addr: g.addr(r, col), Copied: true, Origin: above.Addr}
		if above.Copied {
			c.Origin = above.Origin
		}
		g.place(c)
	}
	return nil
}

func (g *Grid) place(c Cell) {
	r := len(g.rows) - 1
	g.rows[r] = append(g.rows[r], c)
}

func (g *Grid) addr(row, col int) string { return g.prefix + Address(row, col) }

// takeCarried fills the places that cells from above cover, up to the first
// free one.
func (g *Grid) takeCarried() {
	r := len(g.rows) - 1
	for {
		col := len(g.rows[r])
		if col >= len(g.carry) || g.carry[col].left == 0 {
			return
		}
		g.carry[col].left--
		c := g.carry[col].cell
		c.Addr = g.addr(r, col)
		g.place(c)
	}
}

// endRow fills what is still covered from above and counts the row.
func (g *Grid) endRow() error {
	if !g.open {
		return nil
	}
	g.open = false
	r := len(g.rows) - 1
	last := -1
	for col := len(g.rows[r]); col < len(g.carry); col++ {
		if g.carry[col].left > 0 {
			last = col
		}
	}
	for len(g.rows[r]) <= last {
		g.takeCarried()
		if col := len(g.rows[r]); col <= last {
			g.place(Cell{Addr: g.addr(r, col)})
		}
	}
	g.width = max(g.width, len(g.rows[r]))
	return g.budget.Row(len(g.rows[r]))
}

// Table ends the grid and gives its rectangular table; rows without any cell
// of their own are kept. It reports ErrTooLarge when the rectangle would exceed
// MaxCells.
func (g *Grid) Table(name string) (*Table, error) {
	if err := g.endRow(); err != nil {
		return nil, err
	}
	if len(g.rows)*g.width > g.budget.MaxCells {
		return nil, &Error{Kind: ErrTooLarge}
	}
	for r := range g.rows {
		for col := len(g.rows[r]); col < g.width; col++ {
			g.rows[r] = append(g.rows[r], Cell{Addr: g.addr(r, col)})
		}
	}
	return &Table{Name: name, Rows: g.rows}, nil
}

// Address gives the A1 form of a zero-based place.
func Address(row, col int) string {
	return ColumnName(col) + strconv.Itoa(row+1)
}

// ColumnName gives the letters of a zero-based column: A, Z, AA.
func ColumnName(col int) string {
	var b [8]byte
	i := len(b)
	for col >= 0 && i > 0 {
		i--
		b[i] = byte('A' + col%26)
		col = col/26 - 1
	}
	return string(b[i:])
}
