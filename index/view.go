package index

import (
	"maps"
	"math/bits"
	"slices"
	"strings"
	"sync"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// clause is one thing an answer can show: a duty, an item or a leaf section.
type clause struct {
	kind    string // KindDuty, KindTask, KindSection
	pos     int    // index in plan.Items or plan.Sections, or of the duty in its unit
	unit    int    // directory index of the duty's unit, else -1
	units   []int  // directory indices of every unit the clause names
	no      int
	role    string
	segFrom int // its segments in view.segs
	segTo   int
}

// segment is a stretch of text that is matched as a whole: a duty, or a
// sentence of an item or section.
type segment struct {
	clause     int
	start, end int  // bytes in view.text
	list       bool // a list of units: its words say nothing about a matter
}

// view is one plan made ready for questions. Immutable.
type view struct {
	plan     *plan.Plan
	t        *Thesaurus
	name     string // 文号, else title: what a citation begins with
	clauses  []clause
	segs     []segment
	names    func() [][]string // of the units, by length; made when first needed
	matrix   func() Matrix     // made when first needed
	text     string            // folded text of all segments, each ended by \n
	dir      *directory
	letters  letterIndex
	owners   []owner
	titles   []title  // of the sections
	number   number   // 文号
	culture  bool     // a plan of public culture: the lists of other business hold
	unitText []string // per segment of a duty: its unit's folded name
	avgSeg   float64  // runes of an average segment
}

func newView(p *plan.Plan, t *Thesaurus) *view {
	v := &view{plan: p, t: t, name: p.DocNo, dir: newDirectory(p, t), titles: titlesOf(p.Sections), number: newNumber(p.DocNo)}
	v.names = sync.OnceValue(func() [][]string { return byLength(v.dir.names()) })
	if v.name == "" {
		v.name = p.Title
	}
	var text strings.Builder
	v.addDuties(&text)
	v.addItems(&text)
	v.setText(text.String()) // sections leave out what stands here
	sentences := v.addSections(&text)
	v.setText(text.String())
	v.markLists(sentences)
	v.avgSeg = max(1, float64(len(v.text))/3/float64(max(1, len(v.segs))))
	v.unitText = make([]string, len(v.segs))
	for _, c := range v.clauses {
		for s := c.segFrom; s < c.segTo && c.unit >= 0; s++ {
			v.unitText[s] = v.dir.units[c.unit].forms[0]
		}
	}
	v.owners = newOwners(v, t)
	v.culture = v.isCulture()
	v.matrix = sync.OnceValue(v.newMatrix)
	return v
}

// owner is a unit with duties: its name and what it is for, as weak evidence
// for its clauses (妇联's 参与推进文化志愿服务 is about women).
type owner struct {
	words string // separated by spaces
	segs  []int
}

func newOwners(v *view, t *Thesaurus) []owner {
	at := map[int]int{}
	var out []owner
	for _, c := range v.clauses {
		if c.unit < 0 {
			continue
		}
		i, ok := at[c.unit]
		if !ok {
			i = len(out)
			at[c.unit] = i
			u := v.dir.units[c.unit]
			words := append([]string{}, u.forms...)
			for _, b := range u.bases {
				words = append(words, t.about[b]...)
				for _, f := range t.family(b) {
					words = append(words, t.about[f]...)
				}
			}
			out = append(out, owner{words: strings.Join(words, " ")})
		}
		for s := c.segFrom; s < c.segTo; s++ {
			out[i].segs = append(out[i].segs, s)
		}
	}
	return out
}

// shareCulture is the share of clauses that speak of culture in a culture plan.
const shareCulture = 0.3

func (v *view) isCulture() bool {
	clauses, last := 0, -1
	hit := v.find("文化")
	for i, seg := range v.segs {
		if seg.clause != last && hit.has(i) {
			clauses, last = clauses+1, seg.clause
		}
	}
	return float64(clauses) >= shareCulture*float64(len(v.clauses))
}

// setText makes the text that find and its kind search.
func (v *view) setText(text string) {
	v.text = text
	v.letters = newLetterIndex(text)
}

func (v *view) addSegment(text *strings.Builder, folded string) {
	start := text.Len()
	text.WriteString(folded)
	v.segs = append(v.segs, segment{clause: len(v.clauses), start: start, end: text.Len()})
	text.WriteByte('\n')
}

func (v *view) addDuties(text *strings.Builder) {
	for i, u := range v.plan.Units {
		ui := v.dir.ofDuty(i)
		for j, d := range u.Duties {
			from := len(v.segs)
			v.addSegment(text, zh.Fold(d.Text))
			v.clauses = append(v.clauses, clause{kind: KindDuty, pos: j, unit: ui, units: []int{ui}, no: d.No, role: d.Role, segFrom: from, segTo: len(v.segs)})
		}
	}
}

func (v *view) addItems(text *strings.Builder) {
	for i, it := range v.plan.Items {
		from := len(v.segs)
		if it.Title != "" && !strings.HasPrefix(it.Text, it.Title) {
			v.addSegment(text, zh.Fold(it.Title))
		}
		for _, s := range sentences(it.Text) {
			v.addSegment(text, zh.Fold(s))
		}
		if from == len(v.segs) {
			v.addSegment(text, zh.Fold(it.Text))
		}
		for _, head := range slices.Sorted(maps.Keys(it.Extra)) {
			v.addSegment(text, zh.Fold(it.Extra[head]))
		}
		var us []int
		for _, n := range append(append([]string{}, it.Lead...), it.Support...) {
			us = append(us, v.dir.alias[zh.Fold(n)]...)
		}
		v.clauses = append(v.clauses, clause{kind: KindTask, pos: i, unit: -1, units: unique(us), no: it.No, segFrom: from, segTo: len(v.segs)})
	}
}

// addSections adds what the body says outside the duties and items: the leaf
// sections, and of a parent what stands before its first child. It returns the
// segments that are sentences.
func (v *view) addSections(text *strings.Builder) set {
	var found []int
	secs := v.plan.Sections
	for i, s := range secs {
		if s.Path == "" {
			continue // the notice around the plan
		}
		own := s.Own
		if !strings.Contains(own, s.Title) {
			own = s.Title + "\n" + own
		}
		from := len(v.segs)
		for _, line := range sentences(own) {
			folded := zh.Fold(line)
			if v.holds(folded) {
				continue // a duty or an item: it is there already, with its unit
			}
			found = append(found, len(v.segs))
			v.addSegment(text, folded)
		}
		if from == len(v.segs) && s.Title != "" {
			v.addSegment(text, zh.Fold(s.Title))
		}
		if from < len(v.segs) {
			v.clauses = append(v.clauses, clause{kind: KindSection, pos: i, unit: -1, segFrom: from, segTo: len(v.segs)})
		}
	}
	out := v.newSet()
	for _, i := range found {
		out.add(i)
	}
	return out
}

// sentences cuts text after 。！？ and ；, and at line ends.
func sentences(text string) []string {
	var out []string
	start := 0
	for i, r := range text {
		switch r {
		case '。', '！', '？', '；', ';', '\n':
			end := i + len(string(r))
			if s := strings.TrimSpace(text[start:end]); s != "" {
				out = append(out, s)
			}
			start = end
		}
	}
	if s := strings.TrimSpace(text[start:]); s != "" {
		out = append(out, s)
	}
	return out
}

// ofDuty is the directory index of plan.Units[i].
func (d *directory) ofDuty(i int) int {
	for k, u := range d.units {
		if u.duty == i {
			return k
		}
	}
	return -1
}

// minListed is how many units a sentence must name to count as a member list.
const minListed = 4

// markLists finds the sentences that list units.
func (v *view) markLists(sentences set) {
	named := make([]uint8, len(v.segs))
	for _, u := range v.dir.units {
		for i, w := range v.find(u.forms[0]) {
			for w &= sentences[i]; w != 0; w &= w - 1 {
				if seg := i<<6 | trailing(w); named[seg] < minListed {
					named[seg]++
					v.segs[seg].list = named[seg] == minListed
				}
			}
		}
	}
}

// set is a set of segment numbers.
type set []uint64

func (v *view) newSet() set  { return make(set, (len(v.segs)+63)/64) }
func (s set) add(i int)      { s[i>>6] |= 1 << (i & 63) }
func (s set) has(i int) bool { return s[i>>6]&(1<<(i&63)) != 0 }
func (s set) count() (n int) {
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

// find returns the segments that hold the folded word.
func (v *view) find(word string) set {
	out := v.newSet()
	v.each(word, func(pos int) bool {
		if seg := v.segmentAt(pos); seg >= 0 {
			out.add(seg)
		}
		return true
	})
	return out
}

// segmentAt is the segment that holds a place of the text, -1 between two.
func (v *view) segmentAt(pos int) int {
	lo, hi := 0, len(v.segs)
	for lo < hi {
		if mid := (lo + hi) / 2; v.segs[mid].end > pos {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	if lo < len(v.segs) && pos >= v.segs[lo].start {
		return lo
	}
	return -1
}

// holds tells whether the folded word stands anywhere in the view.
func (v *view) holds(word string) bool {
	found := false
	v.each(word, func(int) bool {
		found = true
		return false
	})
	return found
}

// each calls f with the byte offset of every place of the folded word until f
// says stop. It goes by the word's rarest letter.
func (v *view) each(word string, f func(pos int) bool) {
	var places []int32
	offset := -1
	for i, r := range word {
		list := v.letters.places(r)
		if len(list) == 0 {
			return
		}
		if offset < 0 || len(list) < len(places) {
			places, offset = list, i
		}
	}
	for _, p := range places {
		start := int(p) - offset
		if start >= 0 && start+len(word) <= len(v.text) && v.text[start:start+len(word)] == word && !f(start) {
			return
		}
	}
}
