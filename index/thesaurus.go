package index

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/index/zh"
)

//go:embed data/*.txt
var builtin embed.FS

// ErrThesaurus marks a thesaurus file that cannot be read; the error names
// the file and line.
var ErrThesaurus = errors.New("thesaurus")

// How sure a question's word is to mean the document's word. The figures are
// the share of a word's weight that a clause earns when it has the other word.
const (
	simSelf     = 1.0  // the same word
	simSynonym  = 0.95 // A = B
	simInstance = 0.9  // an everyday word or an instance: 畲族 < 少数民族
	minReach    = 0.8  // a relation this sure is followed one step further
	simRelated  = 0.55 // A ~ B
	simWeak     = 0.6  // a word with a second meaning, matched by its letters only
)

// Thesaurus is what the index knows about words before it reads a plan: words
// of the field and how people say them, unit families, the frame of questions,
// and business that belongs elsewhere. It is immutable after loading.
//
// The lists hold tens of thousands of words and are loaded for every command,
// so words are kept as parts of the text they were read from, and what a line
// says is kept once for all its words.
type Thesaurus struct {
	terms     map[string]int32 // word → its newest relation plus one; 0 where it only stands for itself
	relations []relation
	targets   []expansion // what stands left of <, ~ and = in every line
	combos    []combo
	chains    []chain
	comboAt   map[string]int32 // in chains, by the first part
	lastChain int32            // of the combo read last
	maxPart   int              // longest first part in runes
	frames    map[string]tag
	outside   map[string]bool
	weak      map[string]bool     // words whose own letters prove little
	verbs     map[string]bool     // what units do with any matter: 制定 举办 落实
	families  map[string][]string // unit base name → its family
	familyAt  map[rune][]string   // names of families by their first rune
	about     map[string][]string // unit base name → the people and things it is for
	groups    map[string][]string // 工青妇 → its departments
	aliases   map[string]string   // the office's own: alias → unit as the plan spells it
	maxLen    int                 // longest entry in runes
	version   string
}

// expansion is one document word that a question's word may stand for.
type expansion struct {
	text string
	sim  float64
}

// relation is one line that relates a word to targets.
type relation struct {
	from, to int32 // in Thesaurus.targets
	next     int32 // the word's relation before it, plus one; 0 is none
}

// combo is a word that a question says in parts: every part must be in it. Each
// part may be one of several words: 健身|锻炼+义工|志愿者.
type combo struct {
	first    string    // 健身
	rest     string    // 义工|志愿者
	letters  letterSet // of the parts that have no choice
	from, to int32     // in Thesaurus.targets
	next     int32     // the next combo with this first part; -1 is none
}

// chain is the combos with one first part, in the order of the files.
type chain struct {
	of          string
	first, last int32
}

// letterSet tells cheaply that a text lacks a letter: a bit for each letter,
// several letters sharing one.
type letterSet uint64

func lettersOf(s string) letterSet {
	var out letterSet
	for _, r := range s {
		if r != '+' {
			out |= 1 << (uint32(r) * 2654435761 >> 26)
		}
	}
	return out
}

// The sizes that the built-in lists need, so that nothing grows during loading.
const (
	roomTerms   = 12_000
	roomFrames  = 8_000
	roomOutside = 3_000
	roomFirst   = 4_000
)

// List is some lines of a thesaurus; errors name it by its name.
type List struct{ Name, Text string }

// NewThesaurus reads the built-in data and then the office's own lists, in their
// order (docs/design.md describes the lines). Errors wrap ErrThesaurus, name the list
// and line, and hold a *LineError where a line is at fault.
func NewThesaurus(own ...List) (*Thesaurus, error) {
	files, err := builtinLists()
	if err != nil {
		return nil, err
	}
	for _, l := range own {
		if !utf8.ValidString(l.Text) {
			return nil, fmt.Errorf("%w: %s: not UTF-8", ErrThesaurus, l.Name)
		}
		files = append(files, List{l.Name, strings.Map(space, l.Text)})
	}
	return newThesaurus(files)
}

// LoadThesaurus is NewThesaurus with lists from files. Errors are also the files' own.
func LoadThesaurus(files ...string) (*Thesaurus, error) {
	var own []List
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read thesaurus: %w", err)
		}
		own = append(own, List{name, string(data)})
	}
	return NewThesaurus(own...)
}

// blankThesaurus knows nothing, and has room for so many words.
func blankThesaurus(terms, frames, outside, first int) *Thesaurus {
	return &Thesaurus{
		terms:    make(map[string]int32, terms),
		comboAt:  make(map[string]int32, first),
		frames:   make(map[string]tag, frames),
		outside:  make(map[string]bool, outside),
		weak:     map[string]bool{},
		verbs:    map[string]bool{},
		families: map[string][]string{},
		familyAt: map[rune][]string{},
		aliases:  map[string]string{},
		groups:   map[string][]string{},
		about:    map[string][]string{},
	}
}

func newThesaurus(files []List) (*Thesaurus, error) {
	t := blankThesaurus(roomTerms, roomFrames, roomOutside, roomFirst)
	hash := sha256.New()
	words, combos := 0, 0
	for _, f := range files {
		fmt.Fprintf(hash, "%s %d\n", f.Name, len(f.Text))
		_, _ = io.WriteString(hash, f.Text) // a hash never fails
		words += strings.Count(f.Text, " ")
		combos += strings.Count(f.Text, "+")
	}
	t.version = hex.EncodeToString(hash.Sum(nil))[:16]
	t.combos = make([]combo, 0, combos)
	t.relations = make([]relation, 0, max(0, words-combos))
	for _, f := range files {
		if err := t.parse(f.Name, f.Text); err != nil {
			return nil, err
		}
	}
	return t, nil
}

func builtinLists() ([]List, error) {
	entries, err := builtin.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrThesaurus, err)
	}
	var out []List
	for _, e := range entries {
		text, err := readBuiltin("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrThesaurus, err)
		}
		out = append(out, List{e.Name(), text})
	}
	return out, nil
}

// readBuiltin copies an embedded file once; ReadFile and a conversion would
// copy it twice.
func readBuiltin(name string) (string, error) {
	f, err := builtin.Open(name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	if info, err := f.Stat(); err == nil {
		b.Grow(int(info.Size()))
	}
	_, err = io.Copy(&b, f)
	return b.String(), errors.Join(err, f.Close())
}

// Version changes when any word of the thesaurus changes; an index on disk
// that was built with another version is rebuilt.
func (t *Thesaurus) Version() string { return t.version }

func (t *Thesaurus) parse(name, text string) error {
	n := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		n++
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if err := t.line(zh.Fold(line)); err != nil {
			return fmt.Errorf("%w: %s:%d: %w", ErrThesaurus, name, n, err)
		}
	}
	return nil
}

// space turns every kind of white space but the line end into a space, which
// is what separates words.
func space(r rune) rune {
	if r != '\n' && unicode.IsSpace(r) {
		return ' '
	}
	return r
}

// line reads one folded entry: `kind: words`, or two sides joined by =, < or ~.
func (t *Thesaurus) line(line string) error {
	if kind, words, ok := strings.Cut(line, ":"); ok {
		return t.kindLine(strings.TrimSpace(kind), strings.Fields(words))
	}
	i := strings.IndexAny(line, "=<~")
	if i < 0 {
		return &LineError{LineForm, line}
	}
	left, right := strings.TrimSpace(line[:i]), strings.TrimSpace(line[i+1:])
	if left == "" || right == "" {
		return &LineError{LineSide, line}
	}
	switch line[i] {
	case '=':
		return t.same(left + " " + right)
	case '<':
		return t.relateAll(left, right, simInstance)
	}
	return t.relateAll(left, right, simRelated)
}

// fields yields the words of a folded text. Unlike strings.Fields it need not
// look at Chinese letters one by one.
func fields(s string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for s != "" {
			i := strings.IndexByte(s, ' ')
			if i < 0 {
				i = len(s)
			}
			if i > 0 && !yield(s[:i]) {
				return
			}
			s = s[min(i+1, len(s)):]
		}
	}
}

// same relates every word of the line to all of them. That it relates a word to
// itself too is no harm: nothing is surer than the word itself.
func (t *Thesaurus) same(words string) error {
	from := len(t.targets)
	for w := range fields(words) {
		t.targets = append(t.targets, expansion{w, simSynonym})
	}
	for _, e := range t.targets[from:] {
		t.relate(e.text, from, len(t.targets))
	}
	return nil
}

// stepLeft is what a later word on the left side is less sure than the one
// before it: the most specific stands first.
const stepLeft = 0.03

func (t *Thesaurus) relateAll(docWords, said string, sim float64) error {
	from := len(t.targets)
	for w := range fields(docWords) {
		t.targets = append(t.targets, expansion{w, sim - stepLeft*float64(min(len(t.targets)-from, 3))})
	}
	to := len(t.targets)
	for s := range fields(said) {
		if strings.Contains(s, "+") {
			if err := t.combine(s, from, to); err != nil {
				return err
			}
			continue
		}
		t.relate(s, from, to)
	}
	for _, e := range t.targets[from:to] {
		if _, ok := t.terms[e.text]; !ok {
			t.terms[e.text] = 0
			t.measure(e.text)
		}
	}
	return nil
}

// relate records that said may stand for the targets.
func (t *Thesaurus) relate(said string, from, to int) {
	t.relations = append(t.relations, relation{int32(from), int32(to), t.terms[said]})
	t.terms[said] = int32(len(t.relations))
	t.measure(said)
}

// combine records that the parts together may stand for the targets.
func (t *Thesaurus) combine(parts string, from, to int) error {
	firsts, rest, _ := strings.Cut(parts, "+")
	for part := range strings.SplitSeq(parts, "+") {
		for choice := range strings.SplitSeq(part, "|") {
			if choice == "" {
				return &LineError{LinePart, parts}
			}
		}
	}
	var letters letterSet
	for part := range strings.SplitSeq(rest, "+") {
		if !strings.Contains(part, "|") {
			letters |= lettersOf(part)
		}
	}
	for first := range strings.SplitSeq(firsts, "|") {
		t.chain(combo{first: first, rest: rest, letters: letters, from: int32(from), to: int32(to), next: -1})
	}
	return nil
}

// chain puts a combo behind those with its first part.
func (t *Thesaurus) chain(c combo) {
	k := int32(len(t.combos))
	t.combos = append(t.combos, c)
	if len(t.chains) > 0 && t.chains[t.lastChain].of == c.first { // words with one first part stand together
		t.chains[t.lastChain].add(t.combos, k)
		return
	}
	at, ok := t.comboAt[c.first]
	if !ok {
		at = int32(len(t.chains))
		t.comboAt[c.first] = at
		t.chains = append(t.chains, chain{c.first, k, k})
		t.maxPart = max(t.maxPart, utf8.RuneCountInString(c.first))
	} else {
		t.chains[at].add(t.combos, k)
	}
	t.lastChain = at
}

func (c *chain) add(combos []combo, k int32) {
	combos[c.last].next = k
	c.last = k
}

func (t *Thesaurus) measure(word string) { t.maxLen = max(t.maxLen, utf8.RuneCountInString(word)) }

func (t *Thesaurus) kindLine(kind string, words []string) error {
	switch kind {
	case "outside":
		for _, w := range words {
			t.outside[w] = true
			t.measure(w)
		}
		return nil
	case "verb":
		for _, w := range words {
			t.verbs[w] = true
		}
		return nil
	case "weak":
		for _, w := range words {
			t.weak[w] = true
		}
		return nil
	case "family":
		for _, w := range words {
			if _, ok := t.families[w]; !ok {
				first, _ := utf8.DecodeRuneInString(w)
				t.familyAt[first] = append(t.familyAt[first], w)
			}
			t.families[w] = append(t.families[w], words...)
		}
		return nil
	case "about":
		unit, words, ok := cutWords(words, "=")
		if !ok || len(unit) == 0 || len(words) == 0 {
			return &LineError{LineAbout, kind}
		}
		for _, u := range unit {
			t.about[u] = append(t.about[u], words...)
		}
		return nil
	case "group":
		name, names, ok := cutWords(words, "=")
		if !ok || len(name) != 1 || len(names) < 2 {
			return &LineError{LineGroup, kind}
		}
		t.groups[name[0]] = names
		return nil
	case "单位", "unit":
		unit, names, ok := cutWords(words, "=")
		if !ok || len(unit) != 1 || len(names) == 0 {
			return &LineError{LineUnit, kind}
		}
		for _, n := range names {
			t.aliases[n] = unit[0]
		}
		return nil
	}
	tg, ok := tagNames[kind]
	if !ok {
		return &LineError{LineKind, kind}
	}
	for _, w := range words {
		t.frames[w] |= tg
		t.measure(w)
	}
	return nil
}

func cutWords(words []string, sep string) (before, after []string, found bool) {
	for i, w := range words {
		if w == sep {
			return words[:i], words[i+1:], true
		}
	}
	return words, nil, false
}

// related yields what the lines relate a word to.
func (t *Thesaurus) related(word string) iter.Seq[expansion] {
	return func(yield func(expansion) bool) {
		for k := t.terms[word]; k > 0; k = t.relations[k-1].next {
			for _, e := range t.targets[t.relations[k-1].from:t.relations[k-1].to] {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// expand lists the document words that a question's word may stand for, the
// surest first: its own letters, its relations, and one step further (a slang
// word reaches the synonyms of its target).
func (t *Thesaurus) expand(said string) []expansion {
	best := map[string]float64{}
	for e := range t.related(said) {
		t.reach(best, e, said)
	}
	best[said] = simSelf
	if t.weak[said] {
		best[said] = simWeak
	}
	return sortedExpansions(said, best)
}

// reach adds a target of said and what the target itself stands for.
func (t *Thesaurus) reach(best map[string]float64, e expansion, said string) {
	best[e.text] = max(best[e.text], e.sim)
	if e.sim < minReach || e.text == said {
		return
	}
	for f := range t.related(e.text) {
		if f.text != said && f.text != e.text && f.sim >= simRelated {
			best[f.text] = max(best[f.text], e.sim*f.sim)
		}
	}
}

// combined returns a token for every word that a folded question says in
// parts, one per target, in the order of the targets' names.
func (t *Thesaurus) combined(question string, tokens []token) []token {
	letters := lettersOf(question)
	byTarget := map[string]heard{}
	for start := range question {
		end := start
		for n := 0; n < t.maxPart && end < len(question); n++ {
			_, size := utf8.DecodeRuneInString(question[end:])
			end += size
			at, ok := t.comboAt[question[start:end]]
			if !ok {
				continue
			}
			for k := t.chains[at].first; k >= 0; k = t.combos[k].next {
				c := &t.combos[k]
				if c.letters&^letters != 0 || !holdsChoices(question, c.rest) {
					continue
				}
				parts, ok := c.said(question, tokens)
				if !ok {
					continue
				}
				target := t.targets[c.from]
				if old, ok := byTarget[target.text]; !ok || t.targets[old.from].sim < target.sim {
					byTarget[target.text] = heard{c, parts}
				}
			}
		}
	}
	out := make([]token, 0, len(byTarget))
	for _, target := range slices.Sorted(maps.Keys(byTarget)) {
		c := byTarget[target]
		best := map[string]float64{}
		for _, e := range t.targets[c.from:c.to] {
			t.reach(best, e, "")
		}
		out = append(out, token{kind: tokTerm, text: strings.Join(c.parts, "+"), start: -1, end: -1, exp: sortedExpansions("", best)})
	}
	return out
}

// heard is a combo with the words in which a question said it.
type heard struct {
	*combo
	parts []string
}

// holdsChoices tells whether s has a choice of every part. Most combos end
// here, so it makes no garbage.
func holdsChoices(s, parts string) bool {
	for more := true; more; {
		var part string
		part, parts, more = strings.Cut(parts, "+")
		held := false
		for choices := true; choices && !held; {
			var choice string
			choice, part, choices = strings.Cut(part, "|")
			held = strings.Contains(s, choice)
		}
		if !held {
			return false
		}
	}
	return true
}

// said returns the words in which a question says the combo, one for each part.
// It does not count where one word of the question holds them all (健身+器材 in
// 健身器材).
func (c *combo) said(question string, tokens []token) (parts []string, ok bool) {
	parts = []string{c.first}
	for part := range strings.SplitSeq(c.rest, "+") {
		found := ""
		for choice := range strings.SplitSeq(part, "|") {
			if strings.Contains(question, choice) && !withinOne(tokens, append(parts, choice)) {
				found = choice
				break
			}
		}
		if found == "" {
			return nil, false
		}
		parts = append(parts, found)
	}
	return parts, true
}

func withinOne(tokens []token, parts []string) bool {
	for _, t := range tokens {
		if t.kind == tokTerm && containsAll(t.text, parts) {
			return true
		}
	}
	return false
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

func sortedExpansions(self string, best map[string]float64) []expansion {
	list := make([]expansion, 0, len(best))
	for text, sim := range best {
		list = append(list, expansion{text, sim})
	}
	sort.Slice(list, func(i, j int) bool {
		if (list[i].text == self) != (list[j].text == self) {
			return list[i].text == self
		}
		if list[i].sim != list[j].sim {
			return list[i].sim > list[j].sim
		}
		return list[i].text < list[j].text
	})
	return list
}
