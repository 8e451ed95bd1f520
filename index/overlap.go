package index

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// shareOverlap is the share of the units from which on a matter is everybody's, and
// their having it is no overlap.
const shareOverlap = 0.3

// minOverlap is the least number of units that is not everybody however few there are.
const minOverlap = 3

// overlaps finds the matters that duties of several units have: words of the duties
// that name something, with what stands for them.
func (v *view) overlaps() (list []Overlap) {
	units := 0
	for _, u := range v.dir.units {
		if u.duty >= 0 {
			units++
		}
	}
	most := max(minOverlap, int(shareOverlap*float64(units)))
	best := map[string]matter{} // by the clauses that have it
	for _, word := range v.matters() {
		m := v.matter(word)
		if m.units < 2 || m.units > most || m.units == 2 && utf8.RuneCountInString(word) == 2 {
			continue // so short a word may stand for two things
		}
		if old, ok := best[m.key]; !ok || m.better(old) {
			best[m.key] = m
		}
	}
	var all []matter
	for _, m := range best {
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b matter) int {
		return cmp.Or(cmp.Compare(b.units, a.units), cmp.Compare(len(b.clauses), len(a.clauses)), cmp.Compare(a.clauses[0], b.clauses[0]), cmp.Compare(a.word, b.word))
	})
	within := map[int]bool{}
	for i, m := range all {
		if within[i] {
			continue
		}
		o := v.overlap(m)
		for k := i + 1; k < len(all); k++ {
			if strings.Contains(all[k].word, m.word) && subset(all[k].clauses, m.clauses) {
				within[k] = true
				o.Narrower = append(o.Narrower, v.overlap(all[k]))
			}
		}
		list = append(list, o)
	}
	return list
}

// matter is a word with the duties that have it.
type matter struct {
	word    string
	clauses []int
	units   int
	literal int    // clauses in which the word itself stands
	key     string // of the clauses
}

// better tells which of two words for the same clauses names them: the longer one of
// those that stand in most of them.
func (m matter) better(o matter) bool {
	mostly := func(m matter) bool { return 2*m.literal >= len(m.clauses) }
	if mostly(m) != mostly(o) {
		return mostly(m)
	}
	a, b := utf8.RuneCountInString(m.word), utf8.RuneCountInString(o.word)
	return cmp.Or(cmp.Compare(a, b), cmp.Compare(m.literal, o.literal), cmp.Compare(o.word, m.word)) > 0
}

// matters lists the words of the duties that name something, each once, in order:
// words of the field, what they begin and end with, and runs that no list knows.
func (v *view) matters() (words []string) {
	seen := map[string]bool{}
	add := func(w string) {
		if n := utf8.RuneCountInString(w); n >= 2 && !seen[w] && !v.empty(w) {
			seen[w] = true
			words = append(words, w)
		}
	}
	x := lexer{v.t, v.dir}
	for i := range v.clauses {
		c := &v.clauses[i]
		if c.kind != KindDuty {
			continue
		}
		for s := c.segFrom; s < c.segTo; s++ {
			for _, tok := range join(x.cut(v.text[v.segs[s].start:v.segs[s].end])) {
				switch {
				case tok.kind == tokRaw && tok.end-tok.start >= minRun:
					add(tok.text)
				case tok.kind == tokTerm && tok.tags&tagGeneric == 0:
					add(tok.text)
					for _, w := range v.t.innerWords(tok.text) {
						if strings.HasPrefix(tok.text, w) || strings.HasSuffix(tok.text, w) {
							add(w)
						}
					}
				}
			}
		}
	}
	return words
}

// minRun is the length of a run that no list knows and that may name something.
const minRun = 3

// empty tells whether a word says what is done and not with what.
func (v *view) empty(w string) bool {
	if v.t.verbs[w] || v.t.frames[w] != 0 || isRoleVerb(w) {
		return true
	}
	rs := []rune(w)
	return len(rs) >= 4 && v.t.verbs[string(rs[len(rs)-2:])] // 研究制定
}

// matter finds the duties that have a word, or one that means the same.
func (v *view) matter(word string) matter {
	m := matter{word: word}
	tok := token{kind: tokTerm, text: word, end: utf8.RuneCountInString(word), exp: v.t.expand(word)}
	hit := v.newSet()
	for _, e := range tok.exp {
		if e.sim >= simSynonym {
			for i, w := range v.find(e.text) {
				hit[i] |= w
			}
		}
	}
	self := v.find(word)
	of := map[int]bool{}
	for i := range v.clauses {
		c := &v.clauses[i]
		has, said := false, false
		for s := c.segFrom; s < c.segTo && c.kind == KindDuty; s++ {
			has, said = has || hit.has(s), said || self.has(s)
		}
		if !has {
			continue
		}
		m.clauses = append(m.clauses, i)
		m.key += string(rune(i))
		of[c.unit] = true
		if said {
			m.literal++
		}
	}
	m.units = len(of)
	return m
}

func (v *view) overlap(m matter) Overlap {
	o := Overlap{Topic: m.word}
	for _, i := range m.clauses {
		o.Clauses = append(o.Clauses, v.refs(&v.clauses[i])...)
	}
	slices.SortStableFunc(o.Clauses, func(a, b Ref) int { return cmp.Compare(roleRank(a.Role), roleRank(b.Role)) })
	for _, r := range o.Clauses {
		if !slices.Contains(o.Units, r.Unit) {
			o.Units = append(o.Units, r.Unit)
		}
	}
	return o
}

// subset tells whether every number of a is in b; both are in order.
func subset(a, b []int) bool {
	return !slices.ContainsFunc(a, func(x int) bool { _, ok := slices.BinarySearch(b, x); return !ok })
}
