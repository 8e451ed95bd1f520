package doc

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// numeral renders n in one of the number formats of WordprocessingML. Unknown
// formats give decimal digits, as Word does; "none" and "bullet" give "".
func numeral(kind string, n int) string {
	switch kind {
	case "none", "bullet":
		return ""
	case "lowerLetter", "upperLetter":
		return letters(n, kind == "upperLetter")
	case "lowerRoman", "upperRoman":
		return roman(n, kind == "upperRoman")
	case "decimalZero":
		if n >= 0 && n < 10 {
			return "0" + strconv.Itoa(n)
		}
	case "decimalFullWidth", "decimalFullWidth2":
		return digitsFrom(n, []rune(fullDigits))
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		return enclosed(n, circled)
	case "decimalEnclosedParen":
		return enclosed(n, parenthesised)
	case "decimalEnclosedFullstop":
		return enclosed(n, fullStopped)
	case "chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand",
		"ideographLegalTraditional", "chineseLegalSimplified", "japaneseCounting", "koreanCounting":
		return chinese(kind, n)
	case "ideographDigital", "japaneseDigitalTenThousand", "taiwaneseDigital", "koreanDigital", "koreanDigital2":
		return digitsFrom(n, []rune(hanDigits))
	case "ideographTraditional":
		return pick(n, heavenlyStems)
	case "ideographZodiac":
		return pick(n, earthlyBranches)
	case "ideographEnclosedCircle":
		return pick(n, circledHan)
	}
	return strconv.Itoa(n)
}

func pick(n int, from string) string {
	if rs := []rune(from); n >= 1 && n <= len(rs) {
		return string(rs[n-1])
	}
	return strconv.Itoa(n)
}

// enclosed uses the ready-made characters while they last.
func enclosed(n int, ranges []runeRange) string {
	for _, r := range ranges {
		if n >= r.from && n <= r.to {
			return string(r.first + rune(n-r.from))
		}
	}
	return strconv.Itoa(n)
}

type runeRange struct {
	from, to int
	first    rune
}

var (
	circled       = []runeRange{{0, 0, '⓪'}, {1, 20, '①'}, {21, 35, '㉑'}, {36, 50, '㊱'}}
	parenthesised = []runeRange{{1, 20, '⑴'}}
	fullStopped   = []runeRange{{1, 20, '⒈'}}
)

func digitsFrom(n int, digits []rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return digits[r-'0']
		}
		return r
	}, strconv.Itoa(n))
}

// maxLetters is where Word's repeated letters stop making sense.
const maxLetters = 780

func letters(n int, upper bool) string {
	if n < 1 || n > maxLetters {
		return strconv.Itoa(n)
	}
	base := 'a'
	if upper {
		base = 'A'
	}
	return strings.Repeat(string(base+rune((n-1)%26)), (n-1)/26+1)
}

func roman(n int, upper bool) string {
	if n < 1 || n > 4999 {
		return strconv.Itoa(n)
	}
	var sb strings.Builder
	for _, p := range []struct {
		v int
		s string
	}{{1000, "m"}, {900, "cm"}, {500, "d"}, {400, "cd"}, {100, "c"}, {90, "xc"}, {50, "l"}, {40, "xl"}, {10, "x"}, {9, "ix"}, {5, "v"}, {4, "iv"}, {1, "i"}} {
		for ; n >= p.v; n -= p.v {
			sb.WriteString(p.s)
		}
	}
	if upper {
		return strings.ToUpper(sb.String())
	}
	return sb.String()
}

// chinese renders counting numerals under 100,000: 一, 十, 十一, 二十, 一百零二.
// Plain chineseCounting writes 一〇二 beyond 99, as Word does.
func chinese(kind string, n int) string {
	digits, units := []rune(hanDigits), []rune(hanUnits)
	zero := hanZero
	if kind == "ideographLegalTraditional" || kind == "chineseLegalSimplified" {
		digits, units = []rune(legalDigits), []rune(legalUnits)
	}
	if n <= 0 || n >= 100_000 || kind == "chineseCounting" && n > 99 {
		return digitsFrom(n, digits)
	}
	var sb strings.Builder
	s := strconv.Itoa(n)
	gap := false
	for i, c := range s {
		d, place := int(c-'0'), len(s)-1-i
		if d == 0 {
			gap = true
			continue
		}
		if gap {
			sb.WriteString(zero)
			gap = false
		}
		if !(i == 0 && d == 1 && place == 1 && kind[0] != 'i' && kind != "chineseLegalSimplified") {
			sb.WriteRune(digits[d])
		}
		if place > 0 {
			sb.WriteRune(units[place])
		}
	}
	return sb.String()
}

// withSpace parts a label from the text that follows: Chinese closing marks
// stand close, everything else gets a space, so that "1." before "2021年" stays
// readable.
func withSpace(label string) string {
	r, _ := utf8.DecodeLastRuneInString(label)
	if label == "" || r > unicode.MaxLatin1 && unicode.IsPunct(r) {
		return label
	}
	return label + " "
}
