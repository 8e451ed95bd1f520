package pdf

import (
	"bytes"
	"math"

	"xietiao/index/sheet"
)

// matrix is a PDF transformation [a b c d e f].
type matrix [6]float64

var identity = matrix{1, 0, 0, 1, 0, 0}

// mul applies m first, then n.
func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// mark is a glyph on the page: left end of its baseline, advance and size in
// page units.
type mark struct {
	text       string
	x, y       float64
	width      float64
	size       float64
	pagination bool // marked by the producer as page number or running head
	seq        int  // drawing order
}

// Bounds of one page.
const (
	maxMarks  = 500_000
	maxForms  = 12 // nesting of form XObjects
	maxStates = 512
)

// graphics is the part of the graphics state that text needs.
type graphics struct {
	ctm                                  matrix
	font                                 *font
	size, charSpace, wordSpace, horizont float64
	leading, rise                        float64
}

// painter runs the content of one page.
type painter struct {
	f        *file
	fonts    map[ref]*font
	marks    []mark
	unknown  int // glyphs without a text
	pictures bool
	g        graphics
	tm, tlm  matrix
	tags     []bool // open marked content: is it pagination?
}

func (p *painter) run(data []byte, res dict, depth int) error {
	s := scanner{data: data}
	var args []any
	var states []graphics
	for {
		if err := p.f.bud.Time(); err != nil {
			return err
		}
		s.count = 0
		v, ok := s.next()
		if !ok {
			return nil
		}
		op, isOp := v.(operator)
		if !isOp {
			if args = append(args, v); len(args) > maxElements {
				return nil
			}
			continue
		}
		switch op {
		case "q":
			if len(states) < maxStates {
				states = append(states, p.g)
			}
		case "Q":
			if n := len(states); n > 0 {
				p.g, states = states[n-1], states[:n-1]
			}
		case "BI":
			p.pictures = true
			skipImage(&s)
		default:
			if err := p.do(string(op), args, res, depth); err != nil {
				return err
			}
		}
		args = args[:0]
	}
}

// skipImage steps over an inline picture: its data end at "EI" between white
// space.
func skipImage(s *scanner) {
	for {
		i := bytes.Index(s.data[s.pos:], []byte("EI"))
		if i < 0 {
			s.pos = len(s.data)
			return
		}
		at := s.pos + i
		s.pos = at + 2
		if at > 0 && isWhite(s.data[at-1]) && (s.pos == len(s.data) || isWhite(s.data[s.pos])) {
			return
		}
	}
}

func num(args []any, i int) float64 {
	if i < len(args) {
		if n, ok := args[i].(float64); ok {
			return n
		}
	}
	return 0
}

func (p *painter) do(op string, args []any, res dict, depth int) error {
	g := &p.g
	switch op {
	case "cm":
		g.ctm = matrixOf(args).mul(g.ctm)
	case "BT":
		p.tm, p.tlm = identity, identity
	case "Tf":
		g.size = num(args, 1)
		if len(args) > 0 {
			n, _ := args[0].(name)
			return p.setFont(p.f.dict(res["Font"])[n])
		}
	case "Tc":
		g.charSpace = num(args, 0)
	case "Tw":
		g.wordSpace = num(args, 0)
	case "Tz":
		g.horizont = num(args, 0) / 100
	case "TL":
		g.leading = num(args, 0)
	case "Ts":
		g.rise = num(args, 0)
	case "Td":
		p.move(num(args, 0), num(args, 1))
	case "TD":
		g.leading = -num(args, 1)
		p.move(num(args, 0), num(args, 1))
	case "Tm":
		p.tlm = matrixOf(args)
		p.tm = p.tlm
	case "T*":
		p.move(0, -g.leading)
	case "Tj", "'", "\"":
		if op == "\"" {
			g.wordSpace, g.charSpace = num(args, 0), num(args, 1)
		}
		if op != "Tj" {
			p.move(0, -g.leading)
		}
		if len(args) > 0 {
			return p.show(args[len(args)-1])
		}
	case "TJ":
		if len(args) > 0 {
			a, _ := args[0].(array)
			for _, v := range a {
				if err := p.show(v); err != nil {
					return err
				}
			}
		}
	case "BMC", "BDC":
		if len(p.tags) < maxStates {
			p.tags = append(p.tags, p.isPagination(args, res))
		}
	case "EMC":
		if n := len(p.tags); n > 0 {
			p.tags = p.tags[:n-1]
		}
	case "Do":
		if len(args) > 0 {
			n, _ := args[0].(name)
			return p.xobject(p.f.dict(res["XObject"])[n], res, depth)
		}
	}
	return nil
}

func matrixOf(args []any) matrix {
	var m matrix
	for i := range m {
		m[i] = num(args, i)
	}
	return m
}

func (p *painter) move(x, y float64) {
	p.tlm = matrix{1, 0, 0, 1, x, y}.mul(p.tlm)
	p.tm = p.tlm
}

func (p *painter) setFont(v any) error {
	key, shared := v.(ref)
	if ft, ok := p.fonts[key]; ok && shared {
		p.g.font = ft
		return nil
	}
	d := p.f.dict(v)
	if d == nil {
		p.g.font = nil
		return nil
	}
	ft, err := p.f.newFont(d)
	if err != nil {
		return err
	}
	if shared {
		p.fonts[key] = ft
	}
	p.g.font = ft
	return nil
}

// isPagination reads the tag of marked content: Word and WPS mark page numbers
// and running heads as Artifact of type Pagination.
func (p *painter) isPagination(args []any, res dict) bool {
	if len(args) < 2 || args[0] != name("Artifact") {
		return false
	}
	d := p.f.dict(args[1])
	if n, ok := args[1].(name); ok {
		d = p.f.dict(p.f.dict(res["Properties"])[n])
	}
	return p.f.name(d["Type"]) == "Pagination"
}

func (p *painter) xobject(v any, res dict, depth int) error {
	st, ok := p.f.resolve(v).(*stream)
	if !ok {
		return nil
	}
	if p.f.name(st.dict["Subtype"]) != "Form" {
		p.pictures = true
		return nil
	}
	if depth >= maxForms {
		return nil
	}
	data, err := p.f.decode(st)
	if err != nil {
		return soft(err)
	}
	if own := p.f.dict(st.dict["Resources"]); own != nil {
		res = own
	}
	saved := *p
	if m := p.f.array(st.dict["Matrix"]); len(m) == 6 {
		var vals []any
		for _, v := range m {
			vals = append(vals, p.f.resolve(v))
		}
		p.g.ctm = matrixOf(vals).mul(p.g.ctm)
	}
	err = p.run(data, res, depth+1)
	p.g, p.tm, p.tlm, p.tags = saved.g, saved.tm, saved.tlm, saved.tags
	return err
}

// show draws a string, or moves by a number of a TJ array.
func (p *painter) show(v any) error {
	g := &p.g
	if n, ok := v.(float64); ok {
		p.tm = matrix{1, 0, 0, 1, -n / 1000 * g.size * g.horizont, 0}.mul(p.tm)
		return nil
	}
	s, ok := v.(str)
	if !ok || g.font == nil {
		if ok && len(s) > 0 {
			p.unknown++
		}
		return nil
	}
	return g.font.glyphs(s, func(gl glyph) error {
		if err := p.f.bud.Time(); err != nil {
			return err
		}
		advance := gl.width*g.size + g.charSpace
		if gl.space {
			advance += g.wordSpace
		}
		at := matrix{g.size * g.horizont, 0, 0, g.size, 0, g.rise}.mul(p.tm).mul(g.ctm)
		p.tm = matrix{1, 0, 0, 1, advance * g.horizont, 0}.mul(p.tm)
		if gl.text == "" || gl.text == "\x00" || gl.text == "\ufffd" {
			p.unknown++
			gl.text = "\ufffd"
		}
		if len(p.marks) >= maxMarks {
			return &sheet.Error{Kind: sheet.ErrTooLarge}
		}
		p.marks = append(p.marks, mark{
			text: gl.text, x: at[4], y: at[5], width: gl.width * math.Hypot(at[0], at[1]),
			size: math.Hypot(at[2], at[3]), pagination: p.inPagination(), seq: len(p.marks),
		})
		return nil
	})
}

func (p *painter) inPagination() bool {
	for _, t := range p.tags {
		if t {
			return true
		}
	}
	return false
}
