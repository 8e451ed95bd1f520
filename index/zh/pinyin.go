package zh

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// pinyinText has a line for each set of toneless readings, the usual one first: "zhong,chong", a tab, the characters.
// Gen.go derives it from go-pinyin and the readings of a modern dictionary.
//
//go:embed pinyin.txt
var pinyinText string

const (
	firstHan = 0x3400
	// maxSplits bounds what SplitPinyin gives.
	maxSplits = 8
	// maxLetters bounds what SplitPinyin reads: more is no word.
	maxLetters = 200
	// longestSyllable is the length of zhuang, chuang and shuang.
	longestSyllable = 6
)

// syllable is a reading in the three forms that are compared.
type syllable struct {
	exact uint16
	loose uint16 // with z for zh, c for ch, s for sh, and n for a final ng after a, e or i
	nasal uint16 // with n for an initial l
}

func (s syllable) distance(t syllable) int {
	switch {
	case s.exact == t.exact:
		return 0
	case s.loose == t.loose || s.nasal == t.nasal:
		return 1
	}
	return 2
}

// reading is one line of pinyinText.
type reading struct {
	names  []string
	sounds []syllable
}

type pinyinTable struct {
	of        [lastHan - firstHan + 1]uint16 // number of the reading; 0 is none
	readings  []reading
	zero      uint16 // that of 〇
	codes     map[string]uint16
	syllables map[string]bool // what one can type
}

var loadPinyin = sync.OnceValue(parsePinyin)

func parsePinyin() *pinyinTable {
	const lines, forms = 4096, 1024 // a little more than there are, so that nothing grows
	t := &pinyinTable{
		readings:  make([]reading, 1, lines),
		codes:     make(map[string]uint16, forms),
		syllables: make(map[string]bool, forms),
	}
	known := make(map[string]syllable, forms)
	for line := range strings.Lines(pinyinText) {
		list, characters, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		t.addLine(list, characters, known)
	}
	for _, typed := range []string{"lue", "nue"} { // for lve and nve
		t.syllables[typed] = true
	}
	return t
}

func (t *pinyinTable) addLine(list, characters string, known map[string]syllable) {
	names := strings.Split(list, ",")
	sounds := make([]syllable, len(names))
	for i, name := range names {
		s, ok := known[name]
		if !ok {
			s = t.syllable(name)
			known[name] = s
			t.syllables[name] = true
		}
		sounds[i] = s
	}
	id := uint16(len(t.readings))
	t.readings = append(t.readings, reading{names, sounds})
	for _, r := range characters {
		if r == '〇' {
			t.zero = id
			continue
		}
		t.of[r-firstHan] = id
	}
}

// syllable gives the forms of a name, known or not, during loading.
func (t *pinyinTable) syllable(name string) syllable {
	nasal := name
	if rest, ok := strings.CutPrefix(name, "l"); ok {
		nasal = "n" + rest
	}
	return syllable{t.code(name), t.code(loosen(name)), t.code(nasal)}
}

func (t *pinyinTable) code(name string) uint16 {
	c, ok := t.codes[name]
	if !ok {
		c = uint16(len(t.codes))
		t.codes[name] = c
	}
	return c
}

// loosen joins the sounds that southern speakers do not tell apart.
func loosen(name string) string {
	if len(name) > 1 && name[1] == 'h' {
		name = name[:1] + name[2:]
	}
	for _, final := range []string{"ang", "eng", "ing"} {
		if strings.HasSuffix(name, final) {
			return name[:len(name)-1]
		}
	}
	return name
}

func (t *pinyinTable) reading(r rune) *reading {
	switch {
	case r >= firstHan && r <= lastHan:
		return &t.readings[t.of[r-firstHan]]
	case r == '〇':
		return &t.readings[t.zero]
	}
	return &t.readings[0]
}

// Syllables gives the toneless readings of a Chinese character, simplified or traditional, the usual one first, with v
// for ü; nil for any other rune. The caller must not change the slice.
func Syllables(r rune) []string { return loadPinyin().reading(r).names }

// SoundDistance compares two characters by their nearest readings: 0 if they share one without its tone (or are the
// same rune), 1 if two readings differ only as southern speakers confuse them (z/zh, c/ch, s/sh, an/ang, en/eng,
// in/ing, also together; or n/l alone), 2 otherwise. It is safe for concurrent use and allocates nothing after the first
// call.
func SoundDistance(a, b rune) int {
	if a == b {
		return 0
	}
	t := loadPinyin()
	nearest := 2
	other := t.reading(b).sounds
	for _, s := range t.reading(a).sounds {
		for _, o := range other {
			nearest = min(nearest, s.distance(o))
		}
	}
	return nearest
}

// SyllableDistance is SoundDistance for two toneless syllables, such as one of SplitPinyin and one of Syllables. Lue
// and nue are lve and nve. A syllable that does not exist is like itself only.
func SyllableDistance(a, b string) int {
	a, b = spelled(a), spelled(b)
	switch {
	case a == b:
		return 0
	case loosen(a) == loosen(b),
		a != "" && b != "" && a[1:] == b[1:] && (a[0] == 'n' && b[0] == 'l' || a[0] == 'l' && b[0] == 'n'):
		return 1
	}
	return 2
}

// spelled gives the spelling of the table for one that people type.
func spelled(syllable string) string {
	switch syllable {
	case "lue":
		return "lve"
	case "nue":
		return "nve"
	}
	return syllable
}

func isToken(r rune) bool { return isASCIIDigit(r) || r >= 'a' && r <= 'z' }

// SplitPinyin splits Latin letters into whole pinyin syllables in every way, at most eight, those with longer syllables
// at the front first: "xian" gives [xian] and [xi an]. Spaces, hyphens and apostrophes end a syllable; case and width
// do not matter, ü is v, and lue and nue stay as typed. Nil if there is no way, or s holds
// anything else or more than 200 bytes. The syllables
// of each way joined are the letters of s in lower case.
func SplitPinyin(s string) [][]string {
	words, ok := latinWords(s)
	if !ok || len(s) > maxLetters {
		return nil
	}
	t := loadPinyin()
	ways := [][]string{{}}
	for _, w := range words {
		ends := t.splits(w)
		if len(ends) == 0 {
			return nil
		}
		ways = product(ways, ends)
	}
	return ways
}

// latinWords gives the words of s in lower case; ok is false if s holds none or something else.
func latinWords(s string) (words []string, ok bool) {
	lower := func(r rune) rune {
		switch r = narrow(r); {
		case r >= 'a' && r <= 'z':
			return r
		case r == 'ü' || r == 'Ü':
			return 'v'
		case r == ' ' || r == '\'' || r == '’' || r == '-':
			return ' '
		}
		ok = false
		return ' '
	}
	ok = true
	words = strings.Fields(strings.Map(lower, s))
	return words, ok && len(words) > 0
}

// product appends each ending to each way, as far as the limit allows.
func product(ways, endings [][]string) [][]string {
	var out [][]string
	for _, way := range ways {
		for _, ending := range endings {
			if len(out) == maxSplits {
				return out
			}
			out = append(out, slices.Concat(way, ending))
		}
	}
	return out
}

// splits gives the ways to split one word. It first marks, from the end, where a split can go on, so that the search
// never enters a dead end and takes time in proportion to what it gives.
func (t *pinyinTable) splits(word string) [][]string {
	open := make([]bool, len(word)+1)
	open[len(word)] = true
	for i := len(word) - 1; i >= 0; i-- {
		for n := 1; n <= min(longestSyllable, len(word)-i) && !open[i]; n++ {
			open[i] = open[i+n] && t.syllables[word[i:i+n]]
		}
	}
	if !open[0] {
		return nil
	}
	var out [][]string
	var way []string
	var walk func(at int)
	walk = func(at int) {
		if at == len(word) {
			out = append(out, slices.Clone(way))
			return
		}
		for n := min(longestSyllable, len(word)-at); n > 0 && len(out) < maxSplits; n-- {
			if open[at+n] && t.syllables[word[at:at+n]] {
				way = append(way, word[at:at+n])
				walk(at + n)
				way = way[:len(way)-1]
			}
		}
	}
	walk(0)
	return out
}
