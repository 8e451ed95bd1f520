package doc

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"xietiao/index/sheet"
)

// builder collects blocks and gives each its place in the text.
type builder struct {
	bud     *sheet.Budget
	text    strings.Builder
	runes   int
	blocks  []Block
	dropped []string
	tables  int // tables so far, for their addresses

	textless []int
	full     bool // over a bound; document reports it
}

func (b *builder) write(s string) {
	b.text.WriteString(s)
	b.runes += utf8.RuneCountInString(s)
}

func (b *builder) begin() {
	if len(b.blocks) > 0 {
		b.write("\n")
	}
}

// maxBlocks bounds the memory of blocks, about 100 bytes each; a book of a
// thousand pages has 40,000 lines.
const maxBlocks = 500_000

// room tells whether n more bytes and a block fit.
func (b *builder) room(n int) bool {
	if len(b.blocks) >= maxBlocks || int64(b.text.Len())+int64(n) > b.bud.MaxUnzipped {
		b.full = true
	}
	return !b.full
}

// add appends a paragraph. Its text must be valid UTF-8. What does not fit is
// left out and makes the whole reading fail in the end.
func (b *builder) add(blk Block) {
	if !b.room(len(blk.Text)) {
		return
	}
	b.begin()
	blk.Start = b.runes
	b.write(blk.Text)
	blk.End = b.runes
	b.blocks = append(b.blocks, blk)
}

// drop notes a text that is left out; empty ones are not worth a note.
func (b *builder) drop(s string) {
	if s = strings.TrimSpace(s); s != "" {
		b.dropped = append(b.dropped, s)
	}
}

// grid starts a table that is addressed 表N!.
func (b *builder) grid() *sheet.Grid {
	b.tables++
	return sheet.NewGrid(fmt.Sprintf(tableAddr, b.tables), b.bud)
}

// addTable appends a table and sets the Start of its cells.
func (b *builder) addTable(t *sheet.Table) {
	size := 0
	for _, row := range t.Rows {
		for _, c := range row {
			if !c.Copied {
				size += len(c.Text)
			}
		}
	}
	if !b.room(size) {
		return
	}
	b.begin()
	blk := Block{Start: b.runes, Table: t}
	origins := map[string]int{}
	for _, row := range t.Rows {
		for _, c := range row {
			if c.Copied {
				origins[c.Origin] = 0
			}
		}
	}
	for r, row := range t.Rows {
		if r > 0 {
			b.write("\n")
		}
		for i := range row {
			c := &row[i]
			if c.Copied {
				c.Start = origins[c.Origin]
				continue
			}
			if i > 0 {
				b.write("\t")
			}
			c.Start = b.runes
			b.write(c.Text)
			if _, used := origins[c.Addr]; used {
				origins[c.Addr] = c.Start
			}
		}
	}
	blk.End = b.runes
	b.blocks = append(b.blocks, blk)
}

// document ends the building; a document without a visible character is
// ErrEmpty.
func (b *builder) document() (*Document, error) {
	if b.full {
		return nil, &Error{Kind: ErrTooLarge}
	}
	d := &Document{Text: b.text.String(), Blocks: b.blocks, Dropped: b.dropped, Textless: b.textless}
	if strings.TrimSpace(d.Text) == "" {
		return nil, &Error{Kind: ErrEmpty}
	}
	return d, nil
}
