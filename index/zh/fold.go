package zh

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:generate go run gen.go -opencc $OPENCC -xhc $XHC

// traditionalText is two aligned lines: traditional characters, Taiwan and Hong Kong variants, compatibility forms
// and radicals (pdf files are full of those), and below each what it becomes. Gen.go derives it from OpenCC.
//
//go:embed traditional.txt
var traditionalText string

// The characters that have a simplified form lie in these two blocks.
const (
	firstRadical, lastHan        = '⺀', 0x9FFF
	firstCompatible, lastPageOne = 0xF900, 0xFAFF
)

// simplifier maps a character to its simplified form by offset from the start of its block; 0 means itself.
type simplifier struct {
	han        [lastHan - firstRadical + 1]uint16
	compatible [lastPageOne - firstCompatible + 1]uint16
}

var loadSimplifier = sync.OnceValue(parseTraditional)

func parseTraditional() *simplifier {
	from, into, _ := strings.Cut(strings.TrimSuffix(traditionalText, "\n"), "\n")
	s := new(simplifier)
	for _, f := range from {
		t, size := utf8.DecodeRuneInString(into)
		into = into[size:]
		if f >= firstCompatible {
			s.compatible[f-firstCompatible] = uint16(t)
		} else {
			s.han[f-firstRadical] = uint16(t)
		}
	}
	return s
}

func (s *simplifier) rune(r rune) rune {
	var t uint16
	switch {
	case r >= firstRadical && r <= lastHan:
		t = s.han[r-firstRadical]
	case r >= firstCompatible && r <= lastPageOne:
		t = s.compatible[r-firstCompatible]
	}
	if t == 0 {
		return r
	}
	return rune(t)
}

// Fold gives the form in which texts are compared: full-width ASCII becomes half-width, the ideographic space a
// space, ASCII letters lower case, and traditional characters, the common Taiwan and Hong Kong variants, compatibility
// forms and radicals simplified, one by one: it knows no phrases, so an ambiguous character gets its most common form
// (乾 becomes 干), and one that is as common in simplified text (著, 覆, 藉) stays. Chinese punctuation that is not a
// full-width ASCII form (。、《》“”…) stays. One rune in is one rune out, always, so rune offsets are kept; an
// invalid byte counts as one rune and becomes U+FFFD. Folding twice changes nothing. A text that is folded already
// is returned as it is, without allocation.
func Fold(s string) string {
	sim := loadSimplifier()
	for i, r := range s {
		if t := sim.rune(narrow(r)); t != r || r == utf8.RuneError {
			var b strings.Builder
			b.Grow(len(s) + utf8.UTFMax)
			b.WriteString(s[:i])
			for _, r := range s[i:] {
				b.WriteRune(sim.rune(narrow(r)))
			}
			return b.String()
		}
	}
	return s
}

// narrow gives the half-width, lower-case form of a full-width or ASCII rune, and any other rune itself.
func narrow(r rune) rune {
	const widthShift = '！' - '!'
	switch {
	case r >= '！' && r <= '～':
		r -= widthShift
	case r == '　':
		return ' '
	}
	if r >= 'A' && r <= 'Z' {
		r += 'a' - 'A'
	}
	return r
}

// IsHan says whether r is a Chinese character; 〇 and 々 are.
func IsHan(r rune) bool {
	if r >= 0x4E00 && r <= 0x9FFF {
		return true
	}
	return r >= firstRadical && unicode.Is(unicode.Han, r)
}

// IsPunct says whether r is a punctuation mark or symbol, Chinese, full-width or ASCII. Radicals are not, and
// ○ is not: people write it for the digit 〇.
func IsPunct(r rune) bool {
	return r != '○' && (unicode.IsPunct(r) || unicode.IsSymbol(r)) && !IsHan(r)
}
