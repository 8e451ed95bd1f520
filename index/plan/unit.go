package plan

import "strings"

// head is a unit's heading: a line of its own, or the beginning of the
// paragraph that gives its duty.
type head struct {
	para  int
	names []string
	place span
	body  int // where its text begins in the source; the paragraph's end for a line of its own
}

// readUnits finds unit headings and the duties below them.
func (p *parser) readUnits() {
	p.findHeads()
	for i, h := range p.heads {
		end := len(p.paras)
		if i+1 < len(p.heads) {
			end = p.heads[i+1].para
		}
		p.readDuties(h, end)
	}
}

func (p *parser) findHeads() {
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil {
			continue
		}
		if h, ok := p.lineHead(i); ok && i+1 < len(p.paras) && p.role[i+1] == roleBody {
			p.heads = append(p.heads, h)
		}
	}
}

// lineHead reads a heading that fills its line: 市教育局, （一）市教育局, ★市教育局：.
func (p *parser) lineHead(i int) (head, bool) {
	pa := p.paras[i]
	b := pa.body()
	if b.len() > 60 {
		return head{}, false
	}
	text := strings.TrimRight(strings.TrimLeft(p.src.str(b), "★☆●◆■·"), "：:")
	names, ok := unitList(text)
	if !ok {
		return head{}, false
	}
	for _, n := range names {
		if !isNamedOrg(n) {
			return head{}, false
		}
	}
	return head{para: i, names: names, place: b, body: pa.to}, true
}

// readDuties gives the paragraphs up to end to the head's units.
func (p *parser) readDuties(h head, end int) {
	var ds []Duty
	for i := h.para + 1; i < end; i++ {
		pa := p.paras[i]
		if pa.mark.kind != markNone && pa.mark.kind <= markHanParen {
			break
		}
		b := pa.body()
		d := Duty{No: pa.mark.no, Text: p.src.str(b)}
		d.Role = RoleOf(d.Text)
		d.at = p.src.spans(b)
		p.src.own(pa.span)
		p.role[i] = roleDuty
		ds = append(ds, d)
	}
	if len(ds) == 0 {
		return
	}
	p.role[h.para] = roleHead
	p.src.own(p.paras[h.para].span)
	for _, n := range h.names {
		p.plan.Units = append(p.plan.Units, Unit{Name: n, Aliases: []string{}, Duties: ds, at: p.src.spans(h.place)})
	}
}
