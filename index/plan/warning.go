package plan

import (
	"fmt"
	"sort"
	"strings"
	"unicode"
)

// Kinds of warning.
const (
	WarnDamaged       = "damaged"        // a character of a fixed word is lost: 体系建纳入
	WarnNameMismatch  = "name_mismatch"  // the member list spells a unit differently
	WarnCountMismatch = "count_mismatch" // 由A、B等29个部门组成 lists another number
	WarnMissingPeriod = "missing_period" // the last duty of a unit has no closing mark
	WarnNumberGap     = "number_gap"     // the printed numbers skip or repeat
)

// warn reports the source's own errors. Each test asks for strong evidence in
// the document itself; it would rather miss an error than invent one.
func (p *parser) warn() {
	p.warnDamaged()
	p.warnNames()
	p.warnPeriods()
	p.warnGaps()
	p.warnQuotes()
}

// warnQuotes reports cells that begin with a quotation mark that never closes:
// in a file of separated values the cells behind it may have shifted.
func (p *parser) warnQuotes() {
	for _, pa := range p.paras {
		if pa.table == nil {
			continue
		}
		for r, row := range pa.table.Rows {
			for _, c := range row {
				if !c.Copied && strings.HasPrefix(c.Text, `"`) && strings.Count(c.Text, `"`)%2 == 1 {
					p.report(WarnDamaged, fmt.Sprintf("第%d行", r+1), c.Text, `引号没有成对，请在第`+fmt.Sprint(r+1)+`行补上右引号或删去左引号`)
				}
			}
		}
	}
}

func (p *parser) report(kind, where, text, suggestion string) {
	if p.reported[kind]++; p.reported[kind] > maxWarnings {
		return
	}
	p.plan.Warnings = append(p.plan.Warnings, Warning{Kind: kind, Where: where, Text: text, Suggestion: suggestion})
}

// maxWarnings bounds the warnings of one kind; more of them mean that the text
// as a whole is not what the test takes it for.
const maxWarnings = 50

// fixedWords are the two-character words of official prose whose second
// character copying loses, with the characters that may follow the first in
// other words, and the words that end in it.
var fixedWords = []struct {
	word   string
	others string   // 建立, 建成 …
	before []string // 新建, 扩建 …: the first character belongs to the word before
}{
	{"建设", "立成议筑制档构造国党树材言功账库强好有在管起言华瓯德邺业工投联共", []string{"新建", "扩建", "改建", "共建", "组建", "创建", "修建", "筹建", "党建", "城建", "住建", "基建", "援建", "搭建", "承建", "在建", "重建", "自建", "代建", "构建", "拟建", "续建", "土建", "迁建", "兴建", "所建", "未建", "已建", "团建", "双建", "福建", "应建", "参建", "复建", "封建", "违建", "统建", "编建", "投建", "联建", "融建"}},
	{"服务", "从装役刑用气饰输", []string{"克服", "信服", "说服", "征服", "制服", "校服", "佩服", "舒服"}},
	{"管理", "辖控护道委制线网用教办局护片段廊材件", []string{"主管", "监管", "分管", "城管", "网管", "接管", "保管", "托管", "共管", "齐管", "严管", "直管", "代管", "掌管", "高管", "尽管", "不管", "只管", "协管", "综管", "建管", "运管", "交管", "属管", "党管"}},
	{"保障", "护证持险留存密洁健管安税卫温育全供教暖民交通畅", []string{"医保", "社保", "环保", "低保", "确保", "安保", "担保", "参保", "投保", "承保", "质保", "人保"}},
	{"推进", "动行广出荐选送介举向进", nil},
	{"规划", "定范模章律则格程整避劝矩上", []string{"法规", "常规", "违规", "合规", "正规", "自规", "资规", "依规", "新规", "党规"}},
	{"体系", "育制现会检验量质系例积力能裁外内温格重面文", []string{"主体", "整体", "具体", "全体", "总体", "集体", "团体", "媒体", "群体", "文体", "旅体", "实体", "个体", "一体", "身体", "载体", "立体", "固体", "液体", "气体", "大体", "共体", "联体", "物体", "本体", "水体", "客体", "人体", "医体", "教体", "字体", "体体"}},
	{"制度", "定造作止约品裁订成药氧冷图取片假服备售", []string{"机制", "体制", "控制", "编制", "限制", "研制", "强制", "监制", "法制", "建制", "复制", "定制", "抑制", "遏制", "管制", "规制", "牵制", "创制", "试制"}},
}

// minFixed is how often the whole word must stand behind the same character
// elsewhere in the document.
const minFixed = 2

// warnDamaged finds places where a fixed word lost its second character: the
// same beginning goes on with it elsewhere in the document, and what stands
// here makes no other word.
func (p *parser) warnDamaged() {
	text := p.src.text
	count := map[[3]rune]int{}
	for i := 2; i < len(text); i++ {
		count[[3]rune(text[i-2:i+1])]++
	}
	for i := 1; i+1 < len(text); i++ {
		for _, f := range fixedWords {
			w := []rune(f.word)
			if text[i] != w[0] || text[i+1] == w[1] || !unicode.Is(unicode.Han, text[i+1]) || strings.ContainsRune(f.others, text[i+1]) {
				continue
			}
			pair := string(text[i-1 : i+1])
			if contains(f.before, pair) || count[[3]rune{text[i-1], text[i], w[1]}] < minFixed || strings.ContainsRune("和与及的为等或是在由以并", text[i+1]) {
				continue
			}
			if p.reported[WarnDamaged] >= maxWarnings {
				return
			}
			from, to := max(0, i-4), min(len(text), i+3)
			from, to = p.within(i, from, to)
			p.report(WarnDamaged, p.whereIs(i), string(text[from:to]), string(text[from:i+1])+string(w[1])+string(text[i+1:to]))
		}
	}
}

// within narrows a window around i to its clause.
func (p *parser) within(i, from, to int) (int, int) {
	const marks = "，。；：、,;:（）() "
	for k := i; k > from; k-- {
		if strings.ContainsRune(marks, p.src.text[k-1]) {
			from = k
			break
		}
	}
	for k := i + 1; k < to; k++ {
		if strings.ContainsRune(marks, p.src.text[k]) {
			to = k
			break
		}
	}
	return from, to
}

// whereIs names the place of a rune: 市发改局·1, 第7项 or a section's address.
func (p *parser) whereIs(i int) string {
	off := p.src.at[i]
	holds := func(at []Span) bool {
		k := sort.Search(len(at), func(k int) bool { return at[k].End > off })
		return k < len(at) && at[k].Start <= off
	}
	for _, u := range p.plan.Units {
		for _, d := range u.Duties {
			if holds(d.at) {
				return DutyPlace(u.Name, d.No)
			}
		}
	}
	for _, it := range p.plan.Items {
		if holds(it.at) && it.No > 0 {
			return fmt.Sprintf("第%d项", it.No)
		}
	}
	for k := len(p.plan.Sections) - 1; k >= 0; k-- {
		if holds(p.plan.Sections[k].at) {
			return p.plan.Sections[k].Path
		}
	}
	return ""
}

// DutyPlace is how a Warning names a duty: 市发改局·1, or the unit alone.
func DutyPlace(unit string, no int) string {
	if no == 0 {
		return unit
	}
	return fmt.Sprintf("%s·%d", unit, no)
}

// warnNames compares the headings with the member list: a name that only one
// of them has, and that is the other's with characters left out, is misspelt.
func (p *parser) warnNames() {
	if len(p.plan.Members) == 0 {
		return
	}
	heads := map[string]bool{}
	for _, u := range p.plan.Units {
		heads[u.Name] = true
	}
	for _, u := range p.plan.Units {
		if contains(p.plan.Members, u.Name) {
			continue
		}
		for _, m := range p.plan.Members {
			if !heads[m] && (within(u.Name, m) || within(m, u.Name)) {
				p.report(WarnNameMismatch, u.Name, u.Name, m)
				break
			}
		}
	}
}

// within reports whether long holds all runes of short in order, brackets
// apart, and both begin alike.
func within(short, long string) bool {
	a, b := []rune(letters(short)), []rune(letters(long))
	if len(a) < 3 || len(a) >= len(b) && letters(short) != letters(long) || a[0] != b[0] {
		return false
	}
	i := 0
	for _, r := range b {
		if i < len(a) && a[i] == r {
			i++
		}
	}
	return i == len(a)
}

// mostOf is the share of duties that must end with a mark for one without to
// be an error.
const mostOf = 0.9

// warnPeriods finds duties whose closing mark is lost.
func (p *parser) warnPeriods() {
	closed, all := 0, 0
	for _, u := range p.plan.Units {
		for _, d := range u.Duties {
			all++
			closed += b2i(isClosed(d.Text))
		}
	}
	if all < 5 || float64(closed) < mostOf*float64(all) {
		return
	}
	for _, u := range p.plan.Units {
		for _, d := range u.Duties {
			if !isClosed(d.Text) {
				r := []rune(d.Text)
				tail := string(r[max(0, len(r)-8):])
				p.report(WarnMissingPeriod, DutyPlace(u.Name, d.No), tail, tail+"。")
			}
		}
	}
}

func isClosed(t string) bool {
	r := []rune(t)
	return len(r) > 0 && strings.ContainsRune("。；;！？…：:）)”", r[len(r)-1])
}

// warnGaps finds printed numbers that skip or repeat.
func (p *parser) warnGaps() {
	for _, u := range p.plan.Units {
		prev := 0
		for _, d := range u.Duties {
			if d.No > 0 && d.No != prev+1 && d.No != 1 {
				p.report(WarnNumberGap, DutyPlace(u.Name, d.No), fmt.Sprint(d.No), fmt.Sprint(prev+1))
			}
			prev = d.No
		}
	}
	last := map[*node]*node{}
	for _, n := range p.nodes {
		if n.mark.kind == markNone || n.mark.kind == markAnnex {
			continue
		}
		before := last[n.parent]
		last[n.parent] = n
		if before == nil || before.mark.kind != n.mark.kind || n.mark.no == before.mark.no+1 || n.mark.no <= 1 {
			continue
		}
		p.report(WarnNumberGap, n.path, n.mark.path, fmt.Sprint(before.mark.no+1))
	}
}
