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
func (v *view) repair(t *Thesaurus, clean string) (string, []token, []Repair) {
	tokens := v.tokens(t, clean)
	var done []Repair
	hopeless := map[string]bool{}
	for range maxRepairs {
		fixed, what, ok := v.repairOnce(t, clean, tokens, hopeless)
		if !ok {
			break
		}
		clean, tokens, done = fixed, v.tokens(t, fixed), append(done, what)
	}
	return clean, tokens, done
}

// Repair is a typing error as it was mended.
type Repair struct{ From, To string }

const (
	maxNear       = 16
	maxRepairs    = 4
	maxRepairWord = 6  // runes of the longest word that is tried
	maxSuspects   = 24 // runes looked at; a question with more is no question, and would take long
)

// repairOnce mends one word, the longest and first that can be. It notes in
// hopeless the windows that are near no word.
func (v *view) repairOnce(t *Thesaurus, clean string, tokens []token, hopeless map[string]bool) (string, Repair, bool) {
	rs := []rune(clean)
	for _, tok := range tokens {
		if tok.kind != tokRaw || !isLatin(tok.text) {
			continue
		}
		if word, ok := v.fromPinyin(t, tok.text); ok {
			return string(rs[:tok.start]) + word + string(rs[tok.end:]), Repair{tok.text, word}, true
		}
	}
	doubts := v.doubts(rs, tokens)
	for n := min(maxRepairWord, len(rs)); n >= 2; n-- {
		for i := 0; i+n <= len(rs); i++ {
			window := rs[i : i+n]
			if slices.Max(doubts[i:i+n]) < weak || hopeless[string(window)] {
				continue
			}
			if word, ok := v.nearWord(t, window); ok && !v.holds(string(window)) && mayBecome([]rune(word), window, doubts[i:i+n]) {
				return string(rs[:i]) + word + string(rs[i+n:]), Repair{string(window), word}, true
			}
			hopeless[string(window)] = true
		}
	}
	return "", Repair{}, false
}

// doubt is how much a rune looks like a typing error.
type doubt uint8

const (
	sure   doubt = iota // of a department or of other business: it stays
	own                 // of another word; in 妇女儿同 it may be wrong
	weak                // it stands in the plan with the rune beside it, which is of another word
	strong              // it does not stand in the plan with its neighbours
)

// doubts looks at every rune that no word list explains.
func (v *view) doubts(rs []rune, tokens []token) []doubt {
	out := make([]doubt, len(rs))
	found := 0
	for _, tok := range tokens {
		for i := max(tok.start, 0); i < tok.end; i++ {
			switch {
			case tok.kind == tokUnit || tok.kind == tokMissing || tok.kind == tokOutside:
			case tok.kind != tokRaw || isLatin(tok.text) || ordinalRune(rs[i]) || v.paired(rs, i, tok.start, tok.end) || found >= maxSuspects:
				out[i] = own
			default:
				found++
				out[i] = strong
				if v.paired(rs, i, 0, len(rs)) {
					out[i] = weak
				}
			}
		}
	}
	return out
}

// paired tells whether the rune at i stands in the plan with a neighbour between
// the places from and to.
func (v *view) paired(rs []rune, i, from, to int) bool {
	return i > from && v.holds(string(rs[i-1:i+1])) || i+1 < to && v.holds(string(rs[i:i+2]))
}

// mayBecome tells whether the window's doubts allow it to be read as the word.
// Where they are weak, only what stands between other runes of the word may
// change: 同 in 妇女儿同, not 条 in 第一条原则.
func mayBecome(word, window []rune, doubts []doubt) bool {
	firm := slices.Max(doubts) == strong
	for i, d := range doubts {
		edge := i == 0 || i == len(doubts)-1
		if word[i] != window[i] && (d == sure || edge && !firm) {
			return false
		}
	}
	return true
}

// ordinalRune keeps 第三 from being read as something that sounds like it.
func ordinalRune(r rune) bool {
	_, number := zh.Number(string(r))
	return r == '第' || number
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
