package pdf

import (
	"errors"
	"fmt"

	"xietiao/index/sheet"
)

// Line is one line of a page.
type Line struct {
	Text   string
	Page   int     // 1-based
	X, Y   float64 // left end of the baseline in points, Y measured from the top of the page
	Size   float64 // font size in points
	Width  float64 // from the first to the last glyph
	Center bool    // stands in the middle of the page with room on both sides
	Outer  bool    // page number or running head: no part of the text
}

// Result is the text layer of a file.
type Result struct {
	Lines    []Line // reading order
	Pages    int
	Textless []int // pages that show pictures but no text
	Unknown  int   // glyphs that have no Unicode meaning in the file; they stand as U+FFFD
}

// Read reads the text layer within the budget. It reports ErrDamaged for a file
// without pages and ErrEncrypted for one that needs a password; a file without
// any text has an empty Lines.
func Read(data []byte, bud *sheet.Budget) (*Result, error) {
	f, err := open(data, bud)
	if err != nil {
		return nil, err
	}
	pages, err := f.pages()
	if err != nil {
		return nil, err
	}
	res := &Result{Pages: len(pages)}
	fonts := map[ref]*font{}
	size := int64(0)
	for i, pg := range pages {
		p := &painter{f: f, fonts: fonts, g: graphics{ctm: identity, horizont: 1}, tm: identity, tlm: identity}
		if err := p.page(pg); err != nil {
			return nil, placed(err, i+1)
		}
		lines, err := layout(p.marks, pg, bud)
		if err != nil {
			return nil, placed(err, i+1)
		}
		for j := range lines {
			lines[j].Page = i + 1
			size += int64(len(lines[j].Text))
		}
		if size > bud.MaxUnzipped {
			return nil, &sheet.Error{Kind: sheet.ErrTooLarge}
		}
		if len(lines) == 0 && p.pictures {
			res.Textless = append(res.Textless, i+1)
		}
		res.Unknown += p.unknown
		res.Lines = append(res.Lines, lines...)
	}
	markOuter(res, pages)
	return res, nil
}

func placed(err error, page int) error {
	var e *sheet.Error
	if errors.As(err, &e) && e.Place == "" {
		c := *e
		c.Place = fmt.Sprintf("page %d", page)
		return &c
	}
	return err
}

// soft lets a damaged part pass: the rest of the page still counts.
func soft(err error) error {
	if errors.Is(err, sheet.ErrDamaged) {
		return nil
	}
	return err
}

// page runs all content streams of a page as one.
func (p *painter) page(pg page) error {
	var all []byte
	if c := pg.dict["Contents"]; c != nil && p.f.resolve(c) == nil {
		return damaged("content is missing")
	}
	for _, v := range p.f.list(pg.dict["Contents"], nil) {
		st, ok := p.f.resolve(v).(*stream)
		if !ok {
			return damaged("content is missing")
		}
		data, err := p.f.decode(st)
		if err := soft(err); err != nil {
			return err
		}
		all = append(append(all, data...), '\n')
	}
	return p.run(all, pg.resources, 0)
}
