package doc

import (
	"strconv"
	"strings"
)

// numbering renders the automatic labels of a docx.
type numbering struct {
	nums      map[string]*num
	abstracts map[string]*abstractNum
	styles    *styles
}

// num is a list instance: an abstract list with overrides.
type num struct {
	abstract string
	override map[int]lvlOverride
	used     map[int]bool // levels whose start override has been applied
}

type lvlOverride struct {
	start *int
	level *level
}

// abstractNum is a list definition with the counters of the running text; all
// its instances share them, as in Word.
type abstractNum struct {
	levels    map[int]*level
	styleLink string // numStyleLink: the definition is that of this style's list
	count     map[int]int
}

type level struct {
	start   int
	format  string
	text    string
	suffix  string
	restart int // lvlRestart, -1 when absent
	legal   bool
	style   string
}

// maxLevels is what WordprocessingML allows; maxLabel is far beyond any label
// that a page has room for.
const (
	maxLevels = 9
	maxLabel  = 200 // bytes
)

func newNumbering(root *node, st *styles) *numbering {
	n := &numbering{nums: map[string]*num{}, abstracts: map[string]*abstractNum{}, styles: st}
	if root == nil {
		return n
	}
	for _, k := range root.child("w:numbering").children() {
		switch k.name {
		case "w:abstractNum":
			a := &abstractNum{levels: map[int]*level{}, count: map[int]int{}, styleLink: k.child("w:numStyleLink").val("val")}
			for _, l := range k.kids {
				if l.name == "w:lvl" {
					a.levels[l.number("ilvl", 0)] = newLevel(l)
				}
			}
			n.abstracts[k.val("abstractNumId")] = a
		case "w:num":
			m := &num{abstract: k.child("w:abstractNumId").val("val"), override: map[int]lvlOverride{}, used: map[int]bool{}}
			for _, o := range k.kids {
				if o.name != "w:lvlOverride" {
					continue
				}
				var ov lvlOverride
				if s := o.child("w:startOverride"); s != nil {
					v := s.number("val", 1)
					ov.start = &v
				}
				if l := o.child("w:lvl"); l != nil {
					ov.level = newLevel(l)
				}
				m.override[o.number("ilvl", 0)] = ov
			}
			n.nums[k.val("numId")] = m
		}
	}
	return n
}

func (n *node) children() []*node {
	if n == nil {
		return nil
	}
	return n.kids
}

func newLevel(l *node) *level {
	lv := &level{
		start:   l.child("w:start").number("val", 0),
		format:  l.child("w:numFmt").val("val"),
		text:    l.child("w:lvlText").val("val"),
		suffix:  l.child("w:suff").val("val"),
		restart: l.child("w:lvlRestart").number("val", -1),
		legal:   l.child("w:isLgl").on(),
		style:   l.child("w:pStyle").val("val"),
	}
	if len(lv.text) > maxLabel {
		lv.text = ""
	}
	if lv.format == "" {
		if ac := l.child("mc:AlternateContent"); ac != nil {
			lv.format = ac.child("mc:Fallback", "w:numFmt").val("val")
		}
	}
	if lv.format == "" {
		lv.format = "decimal"
	}
	return lv
}

// list finds the instance and the definition of a numId, following one
// numStyleLink.
func (n *numbering) list(id string) (*num, *abstractNum) {
	m := n.nums[id]
	if m == nil {
		return nil, nil
	}
	a := n.abstracts[m.abstract]
	if a != nil && a.styleLink != "" && len(a.levels) == 0 {
		if linked := n.nums[n.styles.numID(a.styleLink)]; linked != nil && n.abstracts[linked.abstract] != nil {
			a = n.abstracts[linked.abstract]
		}
	}
	return m, a
}

// levelOfStyle finds the level that names a paragraph style; lists through
// styles leave the level out.
func (n *numbering) levelOfStyle(id, style string) int {
	if _, a := n.list(id); a != nil {
		for i := range maxLevels {
			if l := a.levels[i]; l != nil && l.style == style {
				return i
			}
		}
	}
	return 0
}

// label counts one paragraph of list id at level ilvl and renders its label
// with the space that parts it from the text.
func (n *numbering) label(id string, ilvl int) string {
	m, a := n.list(id)
	if a == nil || ilvl < 0 || ilvl >= maxLevels {
		return ""
	}
	lv := m.level(a, ilvl)
	if lv == nil {
		return ""
	}
	m.step(a, ilvl)
	if lv.format == "bullet" || lv.format == "none" && !strings.Contains(lv.text, "%") {
		return ""
	}
	var sb strings.Builder
	for i := 0; i < len(lv.text); i++ {
		c := lv.text[i]
		if c != '%' || i+1 >= len(lv.text) || lv.text[i+1] < '1' || lv.text[i+1] > '9' {
			sb.WriteByte(c)
			continue
		}
		i++
		k := int(lv.text[i] - '1')
		format, count := "decimal", 1
		if l := m.level(a, k); l != nil {
			format = l.format
			count = l.start
		}
		if v, ok := a.count[k]; ok {
			count = v
		}
		if lv.legal {
			format = "decimal"
		}
		sb.WriteString(numeral(format, count))
	}
	label := strings.TrimSpace(strings.ToValidUTF8(sb.String(), "\ufffd"))
	if lv.suffix == "nothing" && !endsInDigit(label) {
		return label
	}
	return withSpace(label)
}

func endsInDigit(s string) bool {
	if s == "" {
		return false
	}
	_, err := strconv.Atoi(s[len(s)-1:])
	return err == nil
}

func (m *num) level(a *abstractNum, i int) *level {
	if l := m.override[i].level; l != nil {
		return l
	}
	return a.levels[i]
}

// step advances the counter of a level and restarts the levels below it.
func (m *num) step(a *abstractNum, ilvl int) {
	start := 0
	if l := m.level(a, ilvl); l != nil {
		start = l.start
	}
	for k := range ilvl {
		if _, ok := a.count[k]; !ok { // a level that was never printed counts as begun
			if l := m.level(a, k); l != nil {
				a.count[k] = l.start
			}
		}
	}
	switch o := m.override[ilvl]; {
	case o.start != nil && !m.used[ilvl]:
		a.count[ilvl] = *o.start
		m.used[ilvl] = true
	default:
		if v, ok := a.count[ilvl]; ok {
			a.count[ilvl] = v + 1
		} else {
			a.count[ilvl] = start
		}
	}
	for k := ilvl + 1; k < maxLevels; k++ {
		l := m.level(a, k)
		if l != nil && (l.restart == 0 || l.restart > 0 && ilvl+1 > l.restart) {
			continue
		}
		delete(a.count, k)
	}
}
