package zh

import (
	"slices"
	"strconv"
	"strings"
)

const (
	// maxDigits keeps a run of digits inside an int.
	maxDigits = 18
	// maxOrdinalRunes is the longest numeral that FindOrdinal reads after 第.
	maxOrdinalRunes = 16

	wan = 1_0000
	yi  = 1_0000_0000
)

// Number reads a whole string as a number that is not negative: 29, ２９, 三, 十一, 二十三, 廿三, 一百零五, 一百五
// (150), 两千, 三万二 (32000), 二〇二〇, 二○二○, 壹拾, ①, ⑴, ⒈, ㈠, ㊀, Ⅳ; traditional forms too. It is strict: spaces,
// signs, decimals, a mixture such as 3万, and numerals whose units do not descend are no number.
func Number(s string) (n int, ok bool) {
	rs := []rune(Fold(s))
	if len(rs) == 0 {
		return 0, false
	}
	return numberOf(rs)
}

// numberOf is Number over folded runes.
func numberOf(rs []rune) (n int, ok bool) {
	if len(rs) == 1 {
		if n, ok := enclosed(rs[0]); ok {
			return n, true
		}
	}
	if n, ok := positional(rs); ok {
		return n, true
	}
	return compound(rs, yi*yi)
}

// enclosed reads the numerals that are one character with their ring, bracket or point.
func enclosed(r rune) (int, bool) {
	for _, block := range [...]struct{ first, last, value rune }{
		{'①', '⑳', 1}, {'⑴', '⒇', 1}, {'⒈', '⒛', 1}, {'㈠', '㈩', 1}, {'㊀', '㊉', 1},
		{'❶', '❿', 1}, {'㉑', '㉟', 21}, {'㊱', '㊿', 36}, {'Ⅰ', 'Ⅻ', 1}, {'⓪', '⓪', 0},
	} {
		if r >= block.first && r <= block.last {
			return int(r - block.first + block.value), true
		}
	}
	return 0, false
}

// positional reads a run of Arabic or of Chinese digits, not both: 2020, 二〇二〇.
func positional(rs []rune) (n int, ok bool) {
	if len(rs) == 0 || len(rs) > maxDigits {
		return 0, false
	}
	digit := digitOf
	if isASCIIDigit(rs[0]) {
		digit = asciiDigit
	}
	for _, r := range rs {
		d := digit(r)
		if d < 0 {
			return 0, false
		}
		n = n*10 + d
	}
	return n, true
}

func isASCIIDigit(r rune) bool { return r >= '0' && r <= '9' }

func asciiDigit(r rune) int {
	if isASCIIDigit(r) {
		return int(r - '0')
	}
	return -1
}

// digitOf gives the value of a Chinese digit, -1 for any other rune.
func digitOf(r rune) int {
	switch r {
	case '零', '〇', '○', '◯':
		return 0
	case '一', '壹':
		return 1
	case '二', '两', '贰':
		return 2
	case '三', '叁', '叄':
		return 3
	case '四', '肆':
		return 4
	case '五', '伍':
		return 5
	case '六', '陆':
		return 6
	case '七', '柒':
		return 7
	case '八', '捌':
		return 8
	case '九', '玖':
		return 9
	}
	return -1
}

// unitOf gives the value of a unit below 万, 0 for any other rune.
func unitOf(r rune) int {
	switch r {
	case '十', '拾':
		return 10
	case '百', '佰':
		return 100
	case '千', '仟':
		return 1000
	}
	return 0
}

// tensOf gives the value of a contracted ten (廿, 卅, 卌), 0 for any other rune.
func tensOf(r rune) int {
	switch r {
	case '廿':
		return 20
	case '卅':
		return 30
	case '卌':
		return 40
	}
	return 0
}

// compound reads a numeral with units below limit, which is what stands above it: 亿 above 万 above the rest.
func compound(rs []rune, limit int) (int, bool) {
	for _, big := range [...]struct {
		mark rune
		unit int
	}{{'亿', yi}, {'万', wan}} {
		if big.unit >= limit {
			continue
		}
		at := lastIndex(rs, big.mark)
		if at < 0 {
			continue
		}
		high, ok := compound(rs[:at], min(limit/big.unit, big.unit))
		if !ok || high == 0 || high >= limit/big.unit {
			return 0, false
		}
		low, ok := lower(rs[at+1:], big.unit)
		if !ok {
			return 0, false
		}
		return high*big.unit + low, true
	}
	return belowWan(rs)
}

// lower reads what follows a big unit: nothing, 零 and a numeral, a numeral, or one digit of the next unit (三万二).
func lower(rs []rune, unit int) (int, bool) {
	switch {
	case len(rs) == 0:
		return 0, true
	case len(rs) == 1:
		d := max(digitOf(rs[0]), 0)
		return d * unit / 10, d > 0
	case digitOf(rs[0]) == 0:
		rs = rs[1:]
	}
	n, ok := compound(rs, unit)
	return n, ok && n > 0
}

// belowWan reads a numeral with the units 千, 百 and 十.
func belowWan(rs []rune) (n int, ok bool) {
	unit, zero := wan, false
	for i := 0; i < len(rs); {
		if tens := tensOf(rs[i]); tens > 0 && unit > 10 {
			n, unit, zero, i = n+tens, 10, false, i+1
			continue
		}
		d := digitOf(rs[i])
		switch {
		case d == 0 && !zero && i+1 < len(rs) && i > 0:
			zero, i = true, i+1
		case d > 0 && i+1 < len(rs) && unitOf(rs[i+1]) > 0 && unitOf(rs[i+1]) < unit:
			unit = unitOf(rs[i+1])
			n, zero, i = n+d*unit, false, i+2
		case d > 0 && i+1 == len(rs) && unit > 1:
			if !zero && unit < wan {
				return n + d*unit/10, true
			}
			return n + d, true
		case unitOf(rs[i]) == 10 && unit > 10:
			n, unit, zero, i = n+10, 10, false, i+1
		default:
			return 0, false
		}
	}
	return n, len(rs) > 0 && !zero
}

func lastIndex(rs []rune, r rune) int {
	for i, x := range slices.Backward(rs) {
		if x == r {
			return i
		}
	}
	return -1
}

// FormatNumber writes n as sections are numbered: 一, 十, 十一, 四十, 一百零一, 一万零一十. A negative number or one
// of 亿亿 and more is written in Arabic digits.
func FormatNumber(n int) string {
	switch {
	case n < 0 || n >= yi*yi:
		return strconv.Itoa(n)
	case n == 0:
		return "零"
	}
	var b strings.Builder
	writeNumber(&b, n)
	if s, ok := strings.CutPrefix(b.String(), "一十"); ok {
		return "十" + s
	}
	return b.String()
}

func writeNumber(b *strings.Builder, n int) {
	digits := [...]string{"", "一", "二", "三", "四", "五", "六", "七", "八", "九"}
	for _, u := range [...]struct {
		value int
		name  string
	}{{yi, "亿"}, {wan, "万"}, {1000, "千"}, {100, "百"}, {10, "十"}} {
		high := n / u.value
		if high == 0 {
			continue
		}
		writeNumber(b, high)
		b.WriteString(u.name)
		n %= u.value
		if n > 0 && n < u.value/10 {
			b.WriteString("零")
		}
	}
	if n > 0 {
		b.WriteString(digits[n])
	}
}

// FindOrdinal finds the first 第三, 第3, 第十二 or 第 30 in s and gives its number and its place in runes: s[start:end]
// of the runes begins at 第 and ends with the numeral. The longest numeral counts: 第三十 is 30.
func FindOrdinal(s string) (n int, start, end int, ok bool) {
	rs := []rune(Fold(s))
	for i, r := range rs {
		if r != '第' {
			continue
		}
		from := i + 1
		for from < len(rs) && rs[from] == ' ' {
			from++
		}
		if n, size := longestNumber(rs[from:]); size > 0 {
			return n, i, from + size, true
		}
	}
	return 0, 0, 0, false
}

// longestNumber reads the longest number at the beginning of rs; size is 0 if there is none.
func longestNumber(rs []rune) (n, size int) {
	limit := 0
	for limit < min(len(rs), maxOrdinalRunes) && isNumeral(rs[limit]) {
		limit++
	}
	for size := limit; size > 0; size-- {
		if n, ok := numberOf(rs[:size]); ok {
			return n, size
		}
	}
	return 0, 0
}

// isNumeral says whether a number may contain r.
func isNumeral(r rune) bool {
	if _, ok := enclosed(r); ok {
		return true
	}
	return isASCIIDigit(r) || digitOf(r) >= 0 || unitOf(r) > 0 || tensOf(r) > 0 || r == '万' || r == '亿'
}
