package index

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// unit is one department of a plan under all the spellings the plan uses.
type unit struct {
	name  string   // the spelling that answers show: a duty heading before a list entry
	forms []string // all spellings, folded
	bases []string // of the first spelling
	duty  int      // index in plan.Units, -1 where the unit has no heading
}

// directory finds the units that a question names.
type directory struct {
	units  []unit
	alias  map[string][]int // folded name → units; several where it is ambiguous
	plain  map[string][]int // names without 和, 与 and the order of their fields
	level  string           // 市, 县, 区, 省 …: the level most of the plan's units carry
	maxLen int

	byFirst map[rune][]string // aliases that end as departments do, by their first rune
}

// levels are the prefixes that say whose department it is.
var levels = []string{"自治区", "自治州", "自治县", "省委", "市委", "县委", "区委", "州委", "旗委", "省级", "市级", "县级", "区级", "省", "市", "县", "区", "州", "旗"}

// orgSuffixes end the names of departments, longest first.
var orgSuffixes = []string{"委员会", "办公室", "总工会", "联合会", "工作部", "指挥部", "公司", "集团", "中心", "分局", "总局", "总队", "支队", "大队", "协会", "学会", "法院", "检察院", "管委会", "局", "厅", "委", "办", "部", "会", "台", "联", "院", "署", "处", "馆", "社"}

// orgEndings are the last runes of orgSuffixes.
const orgEndings = "会室部司团心局队院厅委办台联署处馆社"

// newDirectory collects the units of a plan and every name they may be called by.
func newDirectory(p *plan.Plan, t *Thesaurus) *directory {
	d := &directory{alias: make(map[string][]int, aliasesOfUnit*len(p.Units)), plain: map[string][]int{}, byFirst: map[rune][]string{}}
	for i, u := range p.Units {
		d.add(u.Name, i, t)
		for _, a := range u.Aliases {
			d.addForm(len(d.units)-1, a)
		}
	}
	for _, m := range p.Members {
		d.add(m, -1, t)
	}
	for _, it := range p.Items {
		for _, n := range it.Lead {
			d.add(n, -1, t)
		}
		for _, n := range it.Support {
			d.add(n, -1, t)
		}
	}
	d.level = d.commonLevel()
	for i := range d.units {
		d.generate(i, t)
	}
	for group, names := range t.groups {
		for _, n := range names {
			if us := d.alias[n]; len(us) == 1 {
				d.alias[group] = append(d.alias[group], us[0])
			}
		}
	}
	for a, name := range t.aliases {
		for i, u := range d.units {
			if u.has(zh.Fold(name)) {
				d.alias[a] = []int{i} // the office's word overrides what rules made
			}
		}
	}
	for a := range d.alias {
		d.maxLen = max(d.maxLen, utf8.RuneCountInString(a))
		if hasOrgSuffix(a) {
			first, _ := utf8.DecodeRuneInString(a)
			d.byFirst[first] = append(d.byFirst[first], a)
		}
	}
	return d
}

// aliasesOfUnit is about how many names a unit has, so that the map of a plan's
// names seldom grows.
const aliasesOfUnit = 20

func (u unit) has(form string) bool { return slices.Contains(u.forms, form) }

// spelled tells whether a name is a spelling of the unit, with its level or
// without.
func (u unit) spelled(name string) bool {
	return slices.ContainsFunc(u.forms, func(f string) bool { return f == name || slices.Contains(bases(f), name) })
}

// add puts a spelling under the unit it belongs to, or makes a new unit.
func (d *directory) add(name string, duty int, t *Thesaurus) {
	form := zh.Fold(name)
	if form == "" {
		return
	}
	for i := range d.units {
		if d.units[i].has(form) {
			return
		}
	}
	u := unit{name: name, forms: []string{form}, bases: bases(form), duty: duty}
	for i := range d.units {
		if (duty < 0 || d.units[i].duty < 0) && sameUnit(d.units[i], u, t) {
			d.addForm(i, name)
			return
		}
	}
	d.units = append(d.units, u)
}

func (d *directory) addForm(i int, name string) {
	if form := zh.Fold(name); !d.units[i].has(form) {
		d.units[i].forms = append(d.units[i].forms, form)
	}
}

// Same tells whether two names are one unit's by their letters or the office's own
// aliases, and by nothing else that is known of departments' names.
func (t *Thesaurus) Same(a, b string) bool {
	return t.official(zh.Fold(a)) == t.official(zh.Fold(b))
}

// official is the name that the office's own aliases give a folded name, or itself.
func (t *Thesaurus) official(name string) string { return cmp.Or(t.aliases[name], name) }

// sameUnit tells whether two names are spellings of one department: by the office's
// word, equal without level and brackets' detail, or of one family, or one the
// abbreviation of the other.
func sameUnit(a, b unit, t *Thesaurus) bool {
	if t.official(a.forms[0]) == t.official(b.forms[0]) {
		return true
	}
	la, lb := levelOf(a.forms[0]), levelOf(b.forms[0])
	if la != "" && lb != "" && la != lb {
		return false
	}
	for _, x := range a.bases {
		for _, y := range b.bases {
			if x == y || t.sameFamily(x, y) || abbreviates(x, y) || abbreviates(y, x) {
				return true
			}
		}
	}
	return false
}

func (t *Thesaurus) sameFamily(a, b string) bool {
	for _, f := range t.families[a] {
		if f == b {
			return true
		}
	}
	return false
}

// abbreviates: short keeps the first and last rune of long and takes the rest
// from it in order (市监局 of 市场监管局, 资规局 of 自然资源和规划局 is not: its
// first rune differs, the family table has it).
func abbreviates(short, long string) bool {
	first, _ := utf8.DecodeRuneInString(short)
	if f, _ := utf8.DecodeRuneInString(long); f != first {
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(short)
	if l, _ := utf8.DecodeLastRuneInString(long); l != last {
		return false
	}
	n := utf8.RuneCountInString(short)
	return n >= 3 && n < utf8.RuneCountInString(long) && subsequence(short, long)
}

func subsequence(short, long string) bool {
	for _, r := range long {
		if next, size := utf8.DecodeRuneInString(short); size > 0 && next == r {
			short = short[size:]
		}
	}
	return short == ""
}

// levelOf returns the one-rune level that a folded name begins with, or "".
func levelOf(name string) string {
	if !startsWithLevel(name) {
		return ""
	}
	for _, l := range levels {
		if strings.HasPrefix(name, l) && utf8.RuneCountInString(name) > utf8.RuneCountInString(l)+1 {
			r, _ := utf8.DecodeRuneInString(l)
			return string(r)
		}
	}
	return ""
}

// bases returns a folded name without its level and brackets, and the bracket's
// content where that names a body too.
func bases(name string) []string {
	outer, inner := cutBracket(name)
	out := []string{stripLevel(outer)}
	if inner != "" {
		if in := stripLevel(inner); utf8.RuneCountInString(in) >= 2 {
			out = append(out, in)
		}
	}
	return out
}

func cutBracket(name string) (outer, inner string) {
	i := strings.IndexByte(name, '(')
	j := strings.LastIndexByte(name, ')')
	if i < 0 || j < i {
		return name, ""
	}
	return name[:i] + name[j+1:], name[i+1 : j]
}

func stripLevel(name string) string {
	if !startsWithLevel(name) {
		return name
	}
	for _, l := range levels {
		if rest, ok := strings.CutPrefix(name, l); ok && utf8.RuneCountInString(rest) >= 2 {
			return rest
		}
	}
	return name
}

// startsWithLevel tells quickly that no level can be at the beginning.
func startsWithLevel(name string) bool {
	switch r, _ := utf8.DecodeRuneInString(name); r {
	case '自', '省', '市', '县', '区', '州', '旗':
		return true
	}
	return false
}

func (d *directory) commonLevel() string {
	count := map[string]int{}
	best := ""
	for _, u := range d.units {
		l := levelOf(u.forms[0])
		if l == "" {
			continue
		}
		count[l]++
		if count[l] > count[best] {
			best = l
		}
	}
	return best
}

// generate makes the names a unit may be called by: as spelled, without its
// level, its family's names with and without the level, and a bracket's
// content with the usual endings.
func (d *directory) generate(i int, t *Thesaurus) {
	only := []int{i} // what a name of no other unit means; shared by all of them
	put := func(name string) {
		us := d.alias[name]
		if utf8.RuneCountInString(name) < 2 || len(us) > 0 && us[len(us)-1] == i {
			return // too short, or put before
		}
		if len(us) == 0 {
			d.alias[name] = only[:1:1]
		} else {
			d.alias[name] = append(us, i)
		}
		if short := plainName(name); short != name {
			d.plain[short] = append(d.plain[short], i)
		}
	}
	for _, form := range d.units[i].forms {
		put(form)
		outer, inner := cutBracket(form)
		put(outer)
		if inner != "" {
			put(inner)
			if !hasOrgSuffix(inner) {
				put(inner + "办")
				put(inner + "局")
				put(inner + "办公室")
			}
		}
		for _, b := range bases(form) {
			put(b)
			for _, body := range groupBodies {
				if strings.HasSuffix(b, body) {
					put(body)
					break
				}
			}
			level := levelOf(form)
			for _, f := range t.family(b) {
				if tier(f) != "" && tier(f) != tier(form) {
					continue // 教育厅 and 教育部 are not the county's 教育局
				}
				put(f)
				if level == "" {
					level = d.level
				}
				if level != "" {
					put(level + f)
				}
			}
		}
	}
}

// groupBodies end the names of groups and their offices, longest first.
var groupBodies = []string{"联席会议办公室", "领导小组办公室", "协调组办公室", "指挥部办公室", "委员会办公室", "联席会议", "领导小组", "协调组", "指挥部"}

// plainName is a name without 和, 与, 及 and 、, its letters sorted but for the
// ending: 文化和广电旅游体育局 and 文化广电旅游和体育局 are one.
func plainName(name string) string {
	if utf8.RuneCountInString(name) < minPlain {
		return name
	}
	rs := make([]rune, 0, len(name)/2)
	for _, r := range stripLevel(name) {
		if r != '和' && r != '与' && r != '及' && r != '、' {
			rs = append(rs, r)
		}
	}
	if len(rs) < minPlain {
		return name
	}
	slices.Sort(rs[:len(rs)-1])
	return string(rs)
}

// reordered finds the units whose name has the letters of this one in another
// order.
func (d *directory) reordered(name string) []int {
	if !hasOrgSuffix(name) {
		return nil
	}
	return unique(slices.Clone(d.plain[plainName(name)]))
}

// minPlain is the length of a name whose letters are compared without order.
const minPlain = 6

// tier is the rank that a name itself shows: 部 and 总局 are the state's, 厅 a
// province's; "" where the name fits several.
func tier(name string) string {
	switch {
	case strings.HasSuffix(name, "厅"):
		return "厅"
	case strings.HasSuffix(name, "总局"), strings.HasPrefix(name, "国家"), strings.HasPrefix(name, "中国"):
		return "部"
	case strings.HasSuffix(name, "部") && !partyOrgan(name):
		return "部"
	}
	return ""
}

// partyOrgan: 宣传部, 组织部 and 统战部 are there at every level.
func partyOrgan(name string) bool {
	for _, x := range []string{"宣传部", "组织部", "统战部", "武装部", "工作部", "社会工作部"} {
		if strings.HasSuffix(name, x) {
			return true
		}
	}
	return false
}

// family returns the family of a base name, found by its exact name or by
// being the longer form of one (市场监督管理局 → 市场监管局).
func (t *Thesaurus) family(base string) []string {
	if f := t.families[base]; len(f) > 0 {
		return f
	}
	var hit []string
	first, _ := utf8.DecodeRuneInString(base)
	for _, name := range t.familyAt[first] {
		if abbreviates(name, base) || abbreviates(base, name) {
			f := t.families[name]
			if len(hit) > 0 && hit[0] != f[0] {
				return nil // two families fit: better none than a wrong one
			}
			hit = f
		}
	}
	return hit
}

func hasOrgSuffix(s string) bool {
	if last, _ := utf8.DecodeLastRuneInString(s); !strings.ContainsRune(orgEndings, last) {
		return false
	}
	for _, x := range orgSuffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}

// resolve finds the units that a folded name means. known is false where no
// unit of the plan can be meant. A name of another level (省文旅厅 in a city's
// plan) means none.
func (d *directory) resolve(name string) (units []int, known bool) {
	if l := levelOf(name); l != "" && d.level != "" && l != d.level && d.foreign(l) {
		return nil, false
	}
	if strings.HasSuffix(name, "厅") && d.level != "" && d.level != "省" {
		return nil, false
	}
	if u := d.alias[name]; len(u) > 0 {
		return d.prefer(name, u), true
	}
	base := stripLevel(name)
	if u := d.alias[base]; len(u) > 0 {
		return d.prefer(base, u), true
	}
	if u := d.reordered(name); len(u) == 1 {
		return u, true
	}
	if utf8.RuneCountInString(base) > maxAbbreviated {
		return nil, false
	}
	var hits []int
	first, _ := utf8.DecodeRuneInString(base)
	for _, a := range d.byFirst[first] {
		if abbreviates(base, a) || abbreviates(a, base) {
			hits = append(hits, d.alias[a]...)
		}
	}
	hits = unique(hits)
	if len(hits) == 1 {
		return hits, true
	}
	return nil, false
}

// maxAbbreviated is the longest name in runes that is compared with shorter ones
// letter by letter; a longer one is a phrase.
const maxAbbreviated = 12

// foreign tells whether no unit of the plan carries level l.
func (d *directory) foreign(l string) bool {
	for _, u := range d.units {
		if levelOf(u.forms[0]) == l {
			return false
		}
	}
	return true
}

// prefer keeps, of several units under one name, those that spell it so.
func (d *directory) prefer(name string, us []int) []int {
	if len(us) < 2 {
		return us
	}
	var exact []int
	for _, i := range us {
		if d.units[i].spelled(name) {
			exact = append(exact, i)
		}
	}
	if exact = unique(exact); len(exact) > 0 {
		return exact
	}
	return us
}

func unique(list []int) []int {
	sort.Ints(list)
	out := list[:0]
	for i, x := range list {
		if i == 0 || x != list[i-1] {
			out = append(out, x)
		}
	}
	return out
}

// resolveRow finds the unit of an answer's row.
func (d *directory) resolveRow(name string) ([]int, bool) {
	for i, u := range d.units {
		if u.name == name {
			return []int{i}, true
		}
	}
	return nil, false
}

// names lists every name a unit may be called by.
func (d *directory) names() []string {
	out := make([]string, 0, len(d.alias))
	for a := range d.alias {
		out = append(out, a)
	}
	return out
}
