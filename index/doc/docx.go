package doc

import (
	"errors"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"xietiao/index/sheet"
)

// docxReader writes the accepted text of a docx as blocks.
type docxReader struct {
	b       *builder
	styles  *styles
	num     *numbering
	notes   map[string]*node // footnote and endnote bodies by kind and id
	order   []string         // notes in the order the body calls them
	called  map[string]bool
	out     *[]string // inside a table cell: its lines
	pending para      // text of paragraphs whose mark is deleted
	late    error     // the time limit, met inside a paragraph
}

// para is a paragraph under way: its lines (w:br begins another) and the text
// boxes anchored in it.
type para struct {
	lines [][]byte
	boxes []*node
	field []bool // open complex fields: true while in the result
}

func (p *para) write(s string) {
	if len(p.lines) == 0 {
		p.lines = append(p.lines, nil)
	}
	last := len(p.lines) - 1
	p.lines[last] = append(p.lines[last], s...)
}

func (p *para) inCode() bool {
	for _, result := range p.field {
		if !result {
			return true
		}
	}
	return false
}

func readDocx(b *builder, a *sheet.Archive) error {
	main := "word/document.xml"
	rels, err := a.Relations("_rels/.rels")
	if err != nil {
		return err
	}
	for _, r := range rels {
		if strings.HasSuffix(r.Type, "/officeDocument") && a.Has(r.Target) {
			main = r.Target
		}
	}
	part := func(name string) (*node, error) {
		data, err := a.Read(name)
		if err != nil || data == nil {
			return nil, err
		}
		return parseXML(data, name, b.bud)
	}
	// Parts that stand beside the main one; a relation may name them otherwise.
	names := map[string]string{}
	dir := path.Dir(main)
	for _, kind := range []string{"styles", "numbering", "footnotes", "endnotes"} {
		names[kind] = path.Join(dir, kind+".xml")
	}
	if rels, err = a.Relations(path.Join(dir, "_rels", path.Base(main)+".rels")); err != nil {
		return err
	}
	for _, r := range rels {
		if kind := path.Base(r.Type); names[kind] != "" && a.Has(r.Target) {
			names[kind] = r.Target
		}
	}
	trees := map[string]*node{}
	for kind, name := range names {
		if trees[kind], err = part(name); err != nil {
			return err
		}
	}
	root, err := part(main)
	if err != nil {
		return err
	}
	body := root.child("w:document", "w:body")
	if body == nil {
		return &Error{Kind: ErrDamaged, Place: main, Err: errors.New("no document body")}
	}
	r := &docxReader{b: b, styles: newStyles(trees["styles"]), notes: map[string]*node{}, called: map[string]bool{}}
	r.num = newNumbering(trees["numbering"], r.styles)
	for _, kind := range []string{"footnote", "endnote"} {
		for _, n := range trees[kind+"s"].child("w:" + kind + "s").children() {
			r.notes[kind+n.val("id")] = n
		}
	}
	if err := r.blocks(body); err != nil {
		return err
	}
	return r.appendNotes()
}

// appendNotes writes the notes behind the body, each with the number of its
// call. The call itself leaves no mark in the text, which is to be quoted.
func (r *docxReader) appendNotes() error {
	for i := 0; i < len(r.order); i++ { // a note may call another
		n := r.notes[r.order[i]]
		if n == nil {
			continue
		}
		var lines []string
		r.out = &lines
		err := r.blocks(n)
		r.out = nil
		if err != nil {
			return err
		}
		for j, line := range lines {
			label := ""
			if j == 0 {
				label = "[" + strconv.Itoa(i+1) + "] "
			}
			if line != "" {
				r.b.add(Block{Text: label + line, Auto: utf8.RuneCountInString(label)})
			}
		}
	}
	return nil
}

// blocks writes the paragraphs and tables of a container.
func (r *docxReader) blocks(n *node) error {
	outer := r.pending
	r.pending = para{}
	if err := r.blockKids(n); err != nil {
		return err
	}
	if len(r.pending.lines) > 0 { // the last mark of a container cannot be deleted
		if err := r.emit(nil, para{}); err != nil {
			return err
		}
	}
	r.pending = outer
	return nil
}

func (r *docxReader) blockKids(n *node) error {
	for _, k := range n.children() {
		if err := r.b.bud.Time(); err != nil {
			return err
		}
		var err error
		switch k.name {
		case "w:p":
			err = r.paragraph(k)
		case "w:tbl":
			err = r.table(k)
		case "w:del", "w:moveFrom":
			r.dropText(k)
		case "mc:AlternateContent":
			err = r.blockKids(k.branch())
		case "w:sdt":
			err = r.blockKids(k.child("w:sdtContent"))
		case "w:customXml", "w:ins", "w:moveTo", "w:smartTag":
			err = r.blockKids(k)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *docxReader) paragraph(p *node) error {
	pPr := p.child("w:pPr")
	cur := r.pending
	r.pending = para{}
	cur.field = nil // a field's code never spans paragraphs, and unclosed ones must not swallow text
	r.inline(p, &cur)
	if r.late != nil {
		return r.late
	}
	mark := pPr.child("w:rPr")
	if mark.child("w:del") != nil || mark.child("w:moveFrom") != nil || mark.child("w:specVanish").on() {
		r.pending = cur
		return nil
	}
	return r.emit(pPr, cur)
}

// emit writes a finished paragraph with its label, then its text boxes.
func (r *docxReader) emit(pPr *node, cur para) error {
	if cur.lines == nil && len(r.pending.lines) > 0 {
		cur, r.pending = r.pending, para{}
	}
	label := ""
	if id, lvl := r.styles.list(pPr, r.num); id != "" {
		label = r.num.label(id, lvl)
	}
	if len(cur.lines) == 0 {
		cur.lines = [][]byte{nil}
	}
	style := r.styles.kind(pPr)
	for i, raw := range cur.lines {
		line := strings.TrimSpace(strings.ReplaceAll(string(raw), "\u00ad", ""))
		if i > 0 {
			label = ""
		}
		if line == "" {
			label = strings.TrimSpace(label)
		}
		if r.out != nil {
			*r.out = append(*r.out, label+line)
			continue
		}
		r.b.add(Block{Text: label + line, Style: style, Auto: utf8.RuneCountInString(label)})
	}
	for _, box := range cur.boxes {
		if err := r.blocks(box); err != nil {
			return err
		}
	}
	return nil
}

// inline collects the text of runs and of whatever wraps them.
func (r *docxReader) inline(n *node, p *para) {
	for _, k := range n.children() {
		if err := r.b.bud.Time(); err != nil {
			r.late = err
		}
		if r.late != nil {
			return
		}
		switch k.name {
		case "w:t", "m:t":
			if !p.inCode() {
				p.write(k.text)
			}
		case "w:r":
			if k.child("w:rPr", "w:vanish").on() {
				r.dropText(k)
				continue
			}
			r.inline(k, p)
		case "w:tab", "w:ptab":
			if !p.inCode() {
				p.write("\t")
			}
		case "w:br", "w:cr":
			if !p.inCode() {
				p.write("")
				p.lines = append(p.lines, nil)
			}
		case "w:noBreakHyphen":
			p.write("-")
		case "w:sym":
			p.write(symbol(k))
		case "w:fldChar":
			p.fieldChar(k.val("fldCharType"))
		case "w:footnoteReference", "w:endnoteReference":
			r.call(strings.TrimSuffix(k.name[2:], "Reference") + k.val("id"))
		case "w:txbxContent":
			p.boxes = append(p.boxes, k)
		case "mc:AlternateContent":
			r.inline(k.branch(), p)
		case "w:ruby":
			r.inline(k.child("w:rubyBase"), p)
		case "w:del", "w:moveFrom":
			r.dropText(k)
		case "w:delText", "w:instrText", "w:pPr", "w:rPr", "w:sdtPr", "w:sdtEndPr", "w:fldData", "w:object":
			// not text; w:object is an embedded file
		default:
			r.inline(k, p)
		}
	}
}

func (p *para) fieldChar(kind string) {
	switch {
	case kind == "begin":
		p.field = append(p.field, false)
	case kind == "separate" && len(p.field) > 0:
		p.field[len(p.field)-1] = true
	case kind == "end" && len(p.field) > 0:
		p.field = p.field[:len(p.field)-1]
	}
}

// call notes the first call of a footnote.
func (r *docxReader) call(id string) {
	if r.notes[id] != nil && !r.called[id] {
		r.called[id] = true
		r.order = append(r.order, id)
	}
}

// dropText lists the text below a deleted or hidden node.
func (r *docxReader) dropText(n *node) {
	var sb strings.Builder
	var walk func(n *node)
	walk = func(n *node) {
		sb.WriteString(n.text)
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(n)
	r.b.drop(sb.String())
}

// wingdings are the symbols that forms use.
var wingdings = map[string]string{
	"F0A8": "□", "F06F": "□", "F0A3": "□", "F0FE": "☑", "F052": "☑", "F0FD": "☒", "F053": "☒", "F054": "☒",
	"F0FC": "✓", "F0FB": "✗", "F06C": "●", "F0B7": "·", "F0D8": "➢", "F06E": "■", "F075": "◆",
}

func symbol(n *node) string {
	code := strings.ToUpper(n.val("char"))
	if s := wingdings[code]; s != "" {
		return s
	}
	v, err := strconv.ParseUint(code, 16, 16)
	if err != nil || !utf8.ValidRune(rune(v)) || v < ' ' {
		return "\ufffd"
	}
	if v >= 0xf020 && v < 0xf080 {
		v -= 0xf000 // a symbol font's place for an ASCII character
	}
	return string(rune(v))
}

// table writes a table of two or more columns as one block, a one-column table
// as its paragraphs; inside a cell a table becomes lines.
func (r *docxReader) table(t *node) error {
	var rows [][]*node
	width := 0
	for _, tr := range unwrap(t, "w:tr") {
		trPr := tr.child("w:trPr")
		if trPr.child("w:del") != nil || trPr.child("w:moveFrom") != nil {
			r.dropText(tr)
			continue
		}
		row := append([]*node{tr}, unwrap(tr, "w:tc")...)
		w := 0
		for _, tc := range row[1:] {
			w += max(1, tc.child("w:tcPr", "w:gridSpan").number("val", 1))
		}
		width = max(width, w)
		rows = append(rows, row)
	}
	if r.out != nil {
		return r.flatRows(rows)
	}
	if width <= 1 || len(rows) == 1 && len(rows[0]) == 2 {
		for _, row := range rows {
			for _, tc := range row[1:] {
				if err := r.blocks(tc); err != nil {
					return err
				}
			}
		}
		return nil
	}
	g := r.b.grid()
	for _, row := range rows {
		if err := r.row(g, row); err != nil {
			return err
		}
	}
	out, err := g.Table("")
	if err == nil && len(out.Rows) > 0 {
		r.b.addTable(out)
	}
	return err
}

// row writes one table row; row[0] is the w:tr itself.
func (r *docxReader) row(g *sheet.Grid, row []*node) error {
	if err := g.NextRow(); err != nil {
		return err
	}
	if err := g.Skip(row[0].child("w:trPr", "w:gridBefore").number("val", 0)); err != nil {
		return err
	}
	for i := 1; i < len(row); i++ {
		pr := row[i].child("w:tcPr")
		span := max(1, pr.child("w:gridSpan").number("val", 1))
		text, err := r.cellText(row[i])
		if err != nil {
			return err
		}
		if v := pr.child("w:vMerge"); v != nil && v.val("val") != "restart" {
			r.b.drop(text) // Word does not show it
			err = g.PutAbove(span)
		} else {
			for i+1 < len(row) && row[i+1].child("w:tcPr", "w:hMerge").continues() {
				i++
				span++
			}
			err = g.Put(text, 1, span)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// continues tells an hMerge that belongs to the cell on its left.
func (n *node) continues() bool { return n != nil && n.val("val") != "restart" }

// cellText gives the paragraphs of a cell as lines.
func (r *docxReader) cellText(tc *node) (string, error) {
	outer := r.out
	var lines []string
	r.out = &lines
	err := r.blocks(tc)
	r.out = outer
	return strings.TrimSpace(strings.Join(lines, "\n")), err
}

// flatRows writes a nested table as lines of the cell around it.
func (r *docxReader) flatRows(rows [][]*node) error {
	outer := r.out
	for _, row := range rows {
		var cells []string
		for _, tc := range row[1:] {
			text, err := r.cellText(tc)
			if err != nil {
				return err
			}
			cells = append(cells, strings.ReplaceAll(text, "\n", " "))
		}
		*outer = append(*outer, strings.Join(cells, " "))
	}
	return nil
}

// unwrap gives the children of that name, also inside content controls and
// custom XML.
func unwrap(n *node, name string) []*node {
	var found []*node
	for _, k := range n.children() {
		switch k.name {
		case name:
			found = append(found, k)
		case "w:sdt", "w:sdtContent", "w:customXml", "w:ins", "w:moveTo", "w:smartTag":
			found = append(found, unwrap(k, name)...)
		case "mc:AlternateContent":
			found = append(found, unwrap(k.branch(), name)...)
		}
	}
	return found
}
