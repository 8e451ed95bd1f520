package index

import (
	"maps"
	"slices"
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
	unknown, known := make([]bool, len(rs)+1), make([]bool, len(rs)+1)
	any := false
	for _, tok := range tokens {
		if tok.kind != tokRaw {
			for i := max(tok.start, 0); i < tok.end && (tok.kind == tokUnit || tok.kind == tokMissing || tok.kind == tokOutside); i++ {
				known[i] = true
			}
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
			if !holdsTrue(unknown[i:i+n]) || holdsTrue(known[i:i+n]) {
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
		if c := misspelled(window, []rune(word)); c < cost || c == cost && word < best {
			best, cost = word, c
		}
	}
	for _, w := range v.near(window) {
		if _, term := t.terms[w]; term || len(window) >= 3 || isRoleVerb(w) {
			try(w)
		}
	}
	for _, w := range v.names()[len(window)] {
		try(w)
	}
	for _, w := range t.askWords()[len(window)] {
		try(w)
	}
	return best, cost <= maxCost(len(window))
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

// fromPinyin turns letters into the words of the plan, the units' names and the
// words that ask for duties and facts which they spell, the longest first.
func (v *view) fromPinyin(t *Thesaurus, letters string) (string, bool) {
	for _, syllables := range zh.SplitPinyin(strings.ReplaceAll(letters, " ", "")) {
		if word, ok := v.spellOut(t, syllables); ok {
			return word, true
		}
	}
	return "", false
}

func (v *view) spellOut(t *Thesaurus, syllables []string) (string, bool) {
	if len(syllables) == 0 {
		return "", true
	}
	for n := min(maxRepairWord, len(syllables)); n >= 2; n-- {
		for _, w := range v.sounding(t, syllables[:n]) {
			if rest, ok := v.spellOut(t, syllables[n:]); ok {
				return w + rest, true
			}
		}
	}
	return "", false
}

// sounding lists the words that are read so: of the plan those that are words of
// the field first, the more frequent before the rarer.
func (v *view) sounding(t *Thesaurus, syllables []string) []string {
	var out []string
	for _, list := range [][]string{v.names()[len(syllables)], t.askWords()[len(syllables)]} {
		for _, w := range list {
			if readAs([]rune(w), syllables) {
				out = append(out, w)
			}
		}
	}
	count := map[string]int{}
	text := []rune(v.text)
	for i := 0; i+len(syllables) <= len(text); i++ {
		if window := text[i : i+len(syllables)]; readAs(window, syllables) {
			count[string(window)]++
		}
	}
	found := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(found, func(a, b string) int {
		_, termA := t.terms[a]
		_, termB := t.terms[b]
		if termA != termB {
			return map[bool]int{true: -1, false: 1}[termA]
		}
		return count[b] - count[a]
	})
	return append(out, found...)
}

// readAs tells whether every rune has the reading, southern confusions allowed.
func readAs(word []rune, syllables []string) bool {
	for i, r := range word {
		if !slices.ContainsFunc(zh.Syllables(r), func(s string) bool { return zh.SyllableDistance(s, syllables[i]) < 2 }) {
			return false
		}
	}
	return true
}

// byLength groups words by their runes, up to the longest that is repaired.
func byLength(words []string) [][]string {
	out := make([][]string, maxRepairWord+1)
	slices.Sort(words)
	for _, w := range slices.Compact(words) {
		if n := utf8.RuneCountInString(w); n >= 2 && n <= maxRepairWord {
			out[n] = append(out[n], w)
		}
	}
	return out
}

var asked sync.Map // *Thesaurus → func() [][]string

// askWords are the words that ask for duties and facts (职责, 文号), by length.
func (t *Thesaurus) askWords() [][]string {
	f, ok := asked.Load(t)
	if !ok {
		f, _ = asked.LoadOrStore(t, sync.OnceValue(func() [][]string {
			var words []string
			for w, tags := range t.frames {
				if tags&(tagDuties|tagFact) != 0 && tags&(tagAttr|tagCommand|tagPerson|tagFiller) == 0 {
					words = append(words, w)
				}
			}
			return byLength(append(words, roleVerbs...))
		}))
	}
	return f.(func() [][]string)()
}

func allHan(rs []rune) bool {
	return !slices.ContainsFunc(rs, func(r rune) bool { return !zh.IsHan(r) })
}
