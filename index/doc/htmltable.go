package doc

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// table writes a data table as one block and walks a layout table's cells.
func (r *htmlReader) table(n *html.Node, st state) error {
	rows := tableRows(n)
	st.list = nil
	switch {
	case r.cell == nil && r.isLayout(n, rows):
		r.flush(st)
		return r.children(n, st.enter(n))
	case r.cell != nil:
		return r.flatTable(rows, st)
	}
	r.flush(st)
	g := r.b.grid()
	for _, row := range rows {
		if err := g.NextRow(); err != nil {
			return err
		}
		for _, c := range row {
			text, err := r.cellText(c)
			if err != nil {
				return err
			}
			if err := g.Put(text, span(c, "rowspan"), span(c, "colspan")); err != nil {
				return err
			}
		}
	}
	name, err := r.caption(n)
	if err != nil {
		return err
	}
	t, err := g.Table(name)
	if err != nil {
		return err
	}
	r.b.addTable(t)
	return nil
}

// caption writes the caption of a table as a paragraph above it, since the
// table's own text is its cells.
func (r *htmlReader) caption(n *html.Node) (string, error) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom != atom.Caption || hidden(c) {
			continue
		}
		if err := r.walk(c, state{center: true}); err != nil {
			return "", err
		}
		return squeeze(nodeText(c)), nil
	}
	return "", nil
}

// flatTable writes a table inside a data cell as lines of that cell.
func (r *htmlReader) flatTable(rows [][]*html.Node, st state) error {
	r.flush(st)
	outer := r.cell
	for _, row := range rows {
		var cells []string
		for _, c := range row {
			text, err := r.cellText(c)
			if err != nil {
				return err
			}
			cells = append(cells, strings.ReplaceAll(text, "\n", " "))
		}
		if line := strings.TrimSpace(strings.Join(cells, " ")); line != "" {
			*outer = append(*outer, line)
		}
	}
	return nil
}

// cellText gives the lines of one cell.
func (r *htmlReader) cellText(c *html.Node) (string, error) {
	outer, line := r.cell, r.line.String()
	r.line.Reset()
	var lines []string
	r.cell = &lines
	err := r.children(c, state{})
	r.flush(state{})
	r.cell = outer
	r.line.WriteString(line)
	return strings.Join(lines, "\n"), err
}

func span(c *html.Node, key string) int {
	n, err := strconv.Atoi(strings.TrimSpace(attr(c, key)))
	if err != nil {
		return 1
	}
	return n
}

// tableRows gives the visible cells of the table's own rows.
func tableRows(n *html.Node) [][]*html.Node {
	var rows [][]*html.Node
	var visit func(n *html.Node)
	visit = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if hidden(c) {
				continue
			}
			switch c.DataAtom {
			case atom.Thead, atom.Tbody, atom.Tfoot:
				visit(c)
			case atom.Tr:
				var cells []*html.Node
				for d := c.FirstChild; d != nil; d = d.NextSibling {
					if (d.DataAtom == atom.Td || d.DataAtom == atom.Th) && !hidden(d) {
						cells = append(cells, d)
					}
				}
				rows = append(rows, cells)
			}
		}
	}
	visit(n)
	return rows
}

// isLayout tells a table that only places things on the page.
func (r *htmlReader) isLayout(n *html.Node, rows [][]*html.Node) bool {
	if role := attr(n, "role"); role == "presentation" || role == "none" {
		return true
	}
	width, largest, paras := 0, 0, 0
	for _, row := range rows {
		w := 0
		for _, c := range row {
			w += min(max(1, span(c, "colspan")), 1000)
			if s := r.page.sizes[c]; s.text > largest {
				largest, paras = s.text, s.paras
			}
		}
		width = max(width, w)
	}
	if width <= 1 || len(rows) == 1 && width == 1 {
		return true
	}
	total := float64(r.page.sizes[n].text)
	if float64(largest) > layoutCellShare*total && paras >= layoutParas {
		return true
	}
	nested := 0
	for d := range n.Descendants() {
		if d.DataAtom == atom.Table && d != n && ancestorTable(d) == n {
			nested += r.page.sizes[d].text
		}
	}
	return float64(nested) > nestedShare*total
}

func ancestorTable(n *html.Node) *html.Node {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == atom.Table {
			return p
		}
	}
	return nil
}
