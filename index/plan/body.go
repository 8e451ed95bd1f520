package plan

import (
	"regexp"
	"strings"
)

// bodyTitle matches the title of a document that sets up a body.
var bodyTitle = regexp.MustCompile(`(联席会议|领导小组|协调小组|工作小组|协调机制|委员会|指挥部|工作组|工作专班|专班)`)

// bodyDuty matches the heading under which such a document says what the body does.
var bodyDuty = regexp.MustCompile(`^(?:主要|工作)?(?:职责|职能)(?:任务|分工)?`)

// bodyOffice matches the sentence that gives the body's office its work:
// 联席会议办公室设在教育部，承担联席会议日常工作.
var bodyOffice = regexp.MustCompile(`^(?:[^，。；]{0,20}下设办公室[，,])?([\p{Han}]{0,20}办公室)(?:设在[^，。；]{2,40})?[，,]?(?:主要|具体)?(?:承担|负责)[^。]{4,}`)

// alias matches the short name a document gives its body: …联席会议（以下简称联席会议）.
var alias = regexp.MustCompile(`(?:联席会议|小组|机制|委员会|指挥部|工作组|专班)[（(]以下(?:统)?简称[“"]?([\p{Han}]{2,16})[”"]?[）)]`)

// bodyHeads finds the duties that a document gives to the body it sets up and
// to the body's office. The members get none unless the text names them.
func (p *parser) bodyHeads() []head {
	m := bodyTitle.FindString(p.plan.Title)
	if m == "" {
		return nil
	}
	name := p.bodyName(m)
	var out []head
	for i := range p.paras {
		pa := p.paras[i]
		if p.role[i] != roleBody || pa.table != nil || pa.mark.kind == markNone {
			continue
		}
		b := pa.body()
		t := p.src.str(b)
		k := bodyDuty.FindString(t)
		if k == "" || len(t) > len(k) && b.len() <= maxTitle {
			continue
		}
		out = append(out, head{kind: headBody, para: i, names: []string{name}, place: span{b.from, b.from + len([]rune(k))}, body: b.from + len([]rune(k))})
	}
	return out
}

// bodyName is what the document calls its body: the short name it gives, else
// the word of its title.
func (p *parser) bodyName(word string) string {
	for i := range p.paras {
		if p.paras[i].table != nil {
			continue
		}
		if m := alias.FindStringSubmatch(p.text(i)); m != nil {
			return m[1]
		}
	}
	return word
}

// readBodyOffice adds the office's duty where a sentence gives it one.
func (p *parser) readBodyOffice() {
	if !bodyTitle.MatchString(p.plan.Title) {
		return
	}
	for i := range p.paras {
		if p.role[i] != roleBody || p.paras[i].table != nil {
			continue
		}
		for _, s := range p.sentences(p.paras[i].body()) {
			m := bodyOffice.FindStringSubmatch(p.src.str(s))
			if m == nil {
				continue
			}
			name := m[1]
			if name == "办公室" {
				name = p.bodyName(bodyTitle.FindString(p.plan.Title)) + name
			}
			if p.hasUnit(name) {
				return
			}
			t := p.src.str(s)
			p.addUnit(name, []Duty{{Text: t, Role: RoleOf(t), at: p.src.spans(s)}}, nil)
			p.src.own(s)
			return
		}
	}
}

func (p *parser) hasUnit(name string) bool {
	for _, u := range p.plan.Units {
		if strings.HasSuffix(u.Name, name) {
			return true
		}
	}
	return false
}
