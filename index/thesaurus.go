package index

import (
	"bufio"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"sort"
	"strings"
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
type Thesaurus struct {
	terms    map[string][]expansion
	combos   map[string][]combo // by their first part
	maxPart  int                // longest first part in runes
	frames   map[string]tag
	outside  map[string]bool
	weak     map[string]bool     // words whose own letters prove little
	families map[string][]string // unit base name → its family
	about    map[string][]string // unit base name → the people and things it is for
	groups   map[string][]string // 工青妇 → its departments
	aliases  map[string]string   // the office's own: alias → unit as the plan spells it
	maxLen   int                 // longest entry in runes
	version  string
}

// expansion is one document word that a question's word may stand for.
type expansion struct {
	text string
	sim  float64
}

// combo is a word that a question says in parts: every part must be in it.
type combo struct {
	parts []string
	exp   []expansion
}

// LoadThesaurus reads the built-in data and then the office's own files, which
// may add lines of the same form (docs/design.md describes it). Errors wrap
// ErrThesaurus or the file's own error and name the place.
func LoadThesaurus(extra ...string) (*Thesaurus, error) {
	t := &Thesaurus{
		terms:    map[string][]expansion{},
		frames:   map[string]tag{},
		combos:   map[string][]combo{},
		outside:  map[string]bool{},
		weak:     map[string]bool{},
		families: map[string][]string{},
		aliases:  map[string]string{},
		groups:   map[string][]string{},
		about:    map[string][]string{},
	}
	hash := sha256.New()
	read := func(name string, data []byte) error {
		fmt.Fprintf(hash, "%s %d\n", name, len(data))
		hash.Write(data)
		return t.parse(name, string(data))
	}
	entries, err := builtin.ReadDir("data")
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrThesaurus, err)
	}
	for _, e := range entries {
		data, err := builtin.ReadFile("data/" + e.Name())
		if err != nil {
			return nil, fmt.Errorf("%w: %v", ErrThesaurus, err)
		}
		if err := read(e.Name(), data); err != nil {
			return nil, err
		}
	}
	for _, name := range extra {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("read thesaurus: %w", err)
		}
		if err := read(name, data); err != nil {
			return nil, err
		}
	}
	t.version = hex.EncodeToString(hash.Sum(nil))[:16]
	return t, nil
}

// Version changes when any word of the thesaurus changes; an index on disk
// that was built with another version is rebuilt.
func (t *Thesaurus) Version() string { return t.version }

func (t *Thesaurus) parse(name, text string) error {
	if !utf8.ValidString(text) {
		return fmt.Errorf("%w: %s: not UTF-8", ErrThesaurus, name)
	}
	sc := bufio.NewScanner(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	sc.Buffer(nil, 1<<20)
	for n := 1; sc.Scan(); n++ {
		line, _, _ := strings.Cut(sc.Text(), "#")
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if err := t.line(line); err != nil {
			return fmt.Errorf("%w: %s:%d: %v", ErrThesaurus, name, n, err)
		}
	}
	if err := sc.Err(); err != nil {
		return fmt.Errorf("%w: %s: %v", ErrThesaurus, name, err)
	}
	return nil
}

// line reads one entry: `kind: words`, or two sides joined by =, < or ~.
func (t *Thesaurus) line(line string) error {
	line = zh.Fold(line)
	if kind, words, ok := strings.Cut(line, ":"); ok {
		return t.kindLine(strings.TrimSpace(kind), strings.Fields(words))
	}
	i := strings.IndexAny(line, "=<~")
	if i < 0 {
		return fmt.Errorf("want `A = B`, `A < B`, `A ~ B` or `kind: words`, got %q", line)
	}
	left, right := strings.Fields(line[:i]), strings.Fields(line[i+1:])
	if len(left) == 0 || len(right) == 0 {
		return fmt.Errorf("a side of %q is empty", line)
	}
	switch line[i] {
	case '=':
		all := append(append([]string{}, left...), right...)
		for _, a := range all {
			for _, b := range all {
				if a != b {
					t.relate(a, b, simSynonym)
				}
			}
		}
	case '<':
		t.relateAll(left, right, simInstance)
	case '~':
		t.relateAll(left, right, simRelated)
	}
	return nil
}

// stepLeft is what a later word on the left side is less sure than the one
// before it: the most specific stands first.
const stepLeft = 0.03

func (t *Thesaurus) relateAll(docWords, said []string, sim float64) {
	sims := make([]float64, len(docWords))
	for i := range docWords {
		sims[i] = sim - stepLeft*float64(min(i, 3))
	}
	for _, s := range said {
		if strings.Contains(s, "+") {
			c := combo{parts: strings.Split(s, "+")}
			for i, d := range docWords {
				c.exp = append(c.exp, expansion{d, sims[i]})
			}
			t.combos[c.parts[0]] = append(t.combos[c.parts[0]], c)
			t.maxPart = max(t.maxPart, utf8.RuneCountInString(c.parts[0]))
			continue
		}
		for i, d := range docWords {
			t.relate(s, d, sims[i])
		}
	}
	for _, d := range docWords {
		if len(t.terms[d]) == 0 {
			t.relate(d, d, simSelf)
		}
	}
}

// relate records that said may stand for doc.
func (t *Thesaurus) relate(said, doc string, sim float64) {
	t.terms[said] = append(t.terms[said], expansion{doc, sim})
	t.measure(said)
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
	case "weak":
		for _, w := range words {
			t.weak[w] = true
		}
		return nil
	case "family":
		for _, w := range words {
			t.families[w] = append(t.families[w], words...)
		}
		return nil
	case "about":
		unit, words, ok := cutWords(words, "=")
		if !ok || len(unit) == 0 || len(words) == 0 {
			return errors.New("want `about: 妇联 = 妇女 家庭`")
		}
		for _, u := range unit {
			t.about[u] = append(t.about[u], words...)
		}
		return nil
	case "group":
		name, names, ok := cutWords(words, "=")
		if !ok || len(name) != 1 || len(names) < 2 {
			return errors.New("want `group: 工青妇 = 总工会 团委 妇联`")
		}
		t.groups[name[0]] = names
		return nil
	case "单位", "unit":
		unit, names, ok := cutWords(words, "=")
		if !ok || len(unit) != 1 || len(names) == 0 {
			return errors.New("want `单位: 全称 = 别名 别名`")
		}
		for _, n := range names {
			t.aliases[n] = unit[0]
		}
		return nil
	}
	tg, ok := tagNames[kind]
	if !ok {
		return fmt.Errorf("unknown kind %q", kind)
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

// expand lists the document words that a question's word may stand for, the
// surest first: its own letters, its relations, and one step further (a slang
// word reaches the synonyms of its target).
func (t *Thesaurus) expand(said string) []expansion {
	best := map[string]float64{}
	t.reach(best, t.terms[said], said)
	best[said] = simSelf
	if t.weak[said] {
		best[said] = simWeak
	}
	return sortedExpansions(said, best)
}

func (t *Thesaurus) reach(best map[string]float64, list []expansion, said string) {
	for _, e := range list {
		best[e.text] = max(best[e.text], e.sim)
		if e.sim < minReach || e.text == said {
			continue
		}
		for _, f := range t.terms[e.text] {
			if f.text != said && f.sim >= simRelated {
				best[f.text] = max(best[f.text], e.sim*f.sim)
			}
		}
	}
}

// combined returns a token for every word that a folded question says in
// parts, one per target, in the order of the targets' names.
func (t *Thesaurus) combined(question string, tokens []token) []token {
	rs := []rune(question)
	byTarget := map[string]combo{}
	for i := range rs {
		for n := 1; n <= t.maxPart && i+n <= len(rs); n++ {
			for _, c := range t.combos[string(rs[i:i+n])] {
				if !containsAll(question, c.parts[1:]) || withinOne(tokens, c.parts) {
					continue
				}
				key := c.exp[0].text
				if old, ok := byTarget[key]; !ok || old.exp[0].sim < c.exp[0].sim {
					byTarget[key] = c
				}
			}
		}
	}
	out := make([]token, 0, len(byTarget))
	for _, key := range slices.Sorted(maps.Keys(byTarget)) {
		c := byTarget[key]
		best := map[string]float64{}
		t.reach(best, c.exp, "")
		out = append(out, token{kind: tokTerm, text: strings.Join(c.parts, "+"), start: -1, end: -1, exp: sortedExpansions("", best)})
	}
	return out
}

// withinOne tells whether one word already holds all parts (健身+器材 in 健身器材).
func withinOne(tokens []token, parts []string) bool {
	for _, t := range tokens {
		if t.kind != tokRaw && t.kind != tokFrame && containsAll(t.text, parts) {
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
