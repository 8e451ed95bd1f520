package index

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"

	"xietiao/index/zh"
)

// repair mends typing errors in a question: homophones (用低 for 用地),
// look-alikes (文化官 for 文化宫) and pinyin left as letters (shequ). Only places
// that no word list and no text of the plan explains are touched, so that a
// question spelled rightly is never changed.
func (v *view) repair(t *Thesaurus, clean string) (string, []token) {
	tokens := v.tokens(t, clean)
	for range maxRepairs {
		fixed, ok := v.repairOnce(t, clean, tokens)
		if !ok {
			break
		}
		clean, tokens = fixed, v.tokens(t, fixed)
	}
	return clean, tokens
}

const (
	maxNear       = 16
	maxRepairs    = 4
	maxRepairWord = 6 // runes of the longest word that is tried
)

func (v *view) repairOnce(t *Thesaurus, clean string, tokens []token) (string, bool) {
	rs := []rune(clean)
	unknown := make([]bool, len(rs)+1)
	any := false
	for _, tok := range tokens {
		if tok.kind != tokRaw {
			continue
		}
		if isLatin(tok.text) {
			if word, ok := v.fromPinyin(t, tok.text); ok {
				return string(rs[:tok.start]) + word + string(rs[tok.end:]), true
			}
			continue
		}
		for i := tok.start; i < tok.end; i++ {
			if !ordinalRune(rs[i]) && !v.explained(rs, i, tok) {
				unknown[i], any = true, true
			}
		}
	}
	if !any {
		return "", false
	}
	for n := min(maxRepairWord, len(rs)); n >= 2; n-- {
		for i := 0; i+n <= len(rs); i++ {
			if !holdsTrue(unknown[i : i+n]) {
				continue
			}
			if word, ok := v.nearWord(t, rs[i:i+n]); ok {
				return string(rs[:i]) + word + string(rs[i+n:]), true
			}
		}
	}
	return "", false
}

// ordinalRune keeps 第三 from being read as something that sounds like it.
func ordinalRune(r rune) bool {
	_, number := zh.Number(string(r))
	return r == '第' || number
}

// explained tells whether the rune stands in the plan's text with a neighbour.
func (v *view) explained(rs []rune, i int, tok token) bool {
	return i > 0 && v.holds(string(rs[i-1:i+1])) || i+1 < len(rs) && v.holds(string(rs[i:i+2]))
}

func holdsTrue(list []bool) bool {
	for _, b := range list {
		if b {
			return true
		}
	}
	return false
}

func isLatin(s string) bool {
	for _, r := range s {
		if r >= utf8.RuneSelf || (r < 'a' || r > 'z') && r != ' ' {
			return false
		}
	}
	return len(s) >= 3
}

// nearWord finds the one word that sounds or looks like the window.
func (v *view) nearWord(t *Thesaurus, window []rune) (string, bool) {
	for _, r := range window {
		if !zh.IsHan(r) {
			return "", false
		}
	}
	best, cost := "", 99
	try := func(word string) {
		if !v.spoken(t, word) {
			return
		}
		if c := misspelled(window, []rune(word)); c < cost || c == cost && word < best {
			best, cost = word, c
		}
	}
	sound := soundKey(window)
	for _, s := range []*spelling{t.spelling(), v.spell()} {
		for _, w := range s.bySound[sound] {
			try(w)
		}
		for i := range window {
			if len(window) < 3 {
				break
			}
			for _, w := range s.byGap[gapKey(window, i)] {
				try(w)
			}
		}
	}
	if len(window) >= 3 {
		for _, w := range v.near(window) {
			try(w)
		}
	}
	return best, cost <= maxCost(len(window))
}

// spoken tells whether a word is one that this plan can be asked about: it
// stands in the plan, names a unit, or asks for duties or facts. Other words are
// more often right than misspelled.
func (v *view) spoken(t *Thesaurus, word string) bool {
	return v.holds(word) || len(v.dir.alias[word]) > 0 || isRoleVerb(word) || t.frames[word]&(tagDuties|tagFact) != 0
}

// maxCost bounds the misspelling by length: one homophone in two runes, more
// in longer words.
func maxCost(n int) int {
	switch {
	case n <= 2:
		return 1
	case n == 3:
		return 2
	}
	return 4
}

// misspelled is the cost of reading window as word: 0 the same rune, 1 the same
// sound, 2 a likely confusion of sound or shape; 99 where it cannot be meant.
// At least one rune must be the same.
func misspelled(window, word []rune) int {
	if len(window) != len(word) {
		return 99
	}
	cost, same := 0, 0
	for i, r := range window {
		switch {
		case r == word[i]:
			same++
		case zh.SoundDistance(r, word[i]) == 0:
			cost++
		case zh.SoundDistance(r, word[i]) == 1 || zh.SimilarShape(r, word[i]):
			cost += 2
		default:
			return 99
		}
	}
	if same == 0 && len(window) < 4 || cost == 0 {
		return 99
	}
	return cost
}

// near finds windows of the plan's own text that differ from the question's
// window in one rune that sounds or looks alike.
func (v *view) near(window []rune) []string {
	var out []string
	for i := range window {
		head, tail := string(window[:i]), string(window[i+1:])
		anchor := head
		if len(tail) > len(head) {
			anchor = tail
		}
		v.each(anchor, func(pos int) bool {
			if w, ok := runesAround(v.text, pos, len(anchor), head == anchor, i, len(window)); ok {
				out = append(out, w)
			}
			return len(out) < maxNear
		})
	}
	return out
}

// runesAround widens an anchor found at pos to a window of n runes.
func runesAround(text string, pos, size int, anchorIsHead bool, i, n int) (string, bool) {
	start, end := pos, pos+size
	if anchorIsHead {
		for k := i; k < n; k++ {
			_, w := utf8.DecodeRuneInString(text[end:])
			end += w
		}
	} else {
		for k := 0; k <= i; k++ {
			_, w := utf8.DecodeLastRuneInString(text[:start])
			start -= w
		}
	}
	s := text[start:min(end, len(text))]
	return s, utf8.RuneCountInString(s) == n && !strings.ContainsAny(s, "\n,。;:、()")
}

// fromPinyin turns letters into the words they spell, where they spell words
// that are known, the longest first.
func (v *view) fromPinyin(t *Thesaurus, letters string) (string, bool) {
	s := t.spelling()
	for _, syllables := range zh.SplitPinyin(strings.ReplaceAll(letters, " ", "")) {
		if word, ok := v.spellOut(s, syllables); ok {
			return word, true
		}
	}
	return "", false
}

func (v *view) spellOut(s *spelling, syllables []string) (string, bool) {
	if len(syllables) == 0 {
		return "", true
	}
	for n := min(maxRepairWord, len(syllables)); n >= 2; n-- {
		key := ""
		for _, x := range syllables[:n] {
			key += mergeSound(x) + " "
		}
		words := append([]string{}, s.bySound[key]...)
		sort.SliceStable(words, func(i, j int) bool { return v.find(words[i]).count() > v.find(words[j]).count() })
		for _, w := range words {
			if rest, ok := v.spellOut(s, syllables[n:]); ok {
				return w + rest, true
			}
		}
	}
	return "", false
}

// spelling indexes the thesaurus's words by sound and by all but one rune.
type spelling struct {
	bySound map[string][]string
	byGap   map[string][]string
}

var (
	spellings sync.Map // *Thesaurus → func() *spelling
)

func (t *Thesaurus) spelling() *spelling {
	f, ok := spellings.Load(t)
	if !ok {
		f, _ = spellings.LoadOrStore(t, sync.OnceValue(func() *spelling { return newSpelling(append(t.repairable(), roleVerbs...)) }))
	}
	return f.(func() *spelling)()
}

// repairable are the words that a typing error may be read as: words of the
// field and those that ask for duties and facts. Fillers and other business are
// none: a rare word is more often right than a filler spelled wrongly.
func (t *Thesaurus) repairable() []string {
	out := slices.Collect(maps.Keys(t.terms))
	for w, tags := range t.frames {
		if tags&(tagDuties|tagFact) != 0 && tags&(tagAttr|tagCommand|tagPerson|tagFiller) == 0 {
			out = append(out, w)
		}
	}
	return out
}

func newSpelling(words []string) *spelling {
	s := &spelling{bySound: map[string][]string{}, byGap: map[string][]string{}}
	sort.Strings(words)
	prev := ""
	for _, w := range words {
		rs := []rune(w)
		if w == prev || len(rs) < 2 || len(rs) > maxRepairWord || !allHan(rs) {
			continue
		}
		prev = w
		key := soundKey(rs)
		s.bySound[key] = append(s.bySound[key], w)
		if len(rs) >= 3 {
			for i := range rs {
				k := gapKey(rs, i)
				s.byGap[k] = append(s.byGap[k], w)
			}
		}
	}
	return s
}

func allHan(rs []rune) bool {
	for _, r := range rs {
		if !zh.IsHan(r) {
			return false
		}
	}
	return true
}

func gapKey(rs []rune, i int) string { return string(rs[:i]) + "?" + string(rs[i+1:]) }

// soundKey spells runes by their usual reading with the confusions of southern
// speech merged.
func soundKey(rs []rune) string {
	var b strings.Builder
	for _, r := range rs {
		if s := zh.Syllables(r); len(s) > 0 {
			b.WriteString(mergeSound(s[0]))
		} else {
			b.WriteRune(r)
		}
		b.WriteByte(' ')
	}
	return b.String()
}

var soundMerger = strings.NewReplacer("zh", "z", "ch", "c", "sh", "s", "ang", "an", "eng", "en", "ing", "in")

func mergeSound(syllable string) string { return soundMerger.Replace(syllable) }
