package zh

import "time"

// The years a document of an office can carry; anything else in the shape of a year is a number.
const firstYear, lastYear = 1900, 2199

// ParseDate finds the first date in s: 2020年9月25日 (号 or nothing for 日, and spaces between), 二〇二〇年九月二十五日
// with 〇, ○, 零, 0 or O for zero, 2020-09-25, 2020.9.25, 2020/9/25, full-width too. It gives the place in runes. What
// the calendar does not have (2021年2月29日), years outside 1900-2199, and dates inside a longer run of digits are
// passed over.
func ParseDate(s string) (y, m, d int, start, end int, ok bool) {
	rs := []rune(Fold(s))
	for i := range rs {
		if !isDateDigit(rs[i]) || i > 0 && isDateDigit(rs[i-1]) {
			continue
		}
		if y, m, d, size := dateAt(rs[i:]); size > 0 {
			return y, m, d, i, i + size, true
		}
	}
	return 0, 0, 0, 0, 0, false
}

func isDateDigit(r rune) bool { return isASCIIDigit(r) || digitOf(r) >= 0 }

// dateAt reads a date at the beginning of rs; size is 0 if there is none.
func dateAt(rs []rune) (y, m, d, size int) {
	const yearDigits = 4
	if len(rs) < yearDigits {
		return 0, 0, 0, 0
	}
	y, ok := year(rs[:yearDigits])
	if !ok || y < firstYear || y > lastYear {
		return 0, 0, 0, 0
	}
	c := cursor{rs: rs, at: yearDigits}
	switch {
	case c.mark('年'):
		m = c.number()
		if !c.mark('月') {
			return 0, 0, 0, 0
		}
		d = c.number()
		size = c.at
		if c.mark('日') || c.mark('号') {
			size = c.at
		}
	case c.mark('-'):
		m, d, size = c.rest('-')
	case c.mark('.'):
		m, d, size = c.rest('.')
	case c.mark('/'):
		m, d, size = c.rest('/')
	}
	if size == 0 || !onCalendar(y, m, d) {
		return 0, 0, 0, 0
	}
	return y, m, d, size
}

// year reads four digits; among Chinese ones 0 and o stand for 〇.
func year(rs []rune) (int, bool) {
	if y, ok := positional(rs); ok {
		return y, true
	}
	var y int
	var chinese bool
	for _, r := range rs {
		d := digitOf(r)
		chinese = chinese || d > 0
		if r == '0' || r == 'o' {
			d = 0
		}
		if d < 0 {
			return 0, false
		}
		y = y*10 + d
	}
	return y, chinese
}

func onCalendar(y, m, d int) bool {
	if m < 1 || m > 12 || d < 1 {
		return false
	}
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	return t.Day() == d
}

// cursor reads the parts of a date, with spaces between them.
type cursor struct {
	rs []rune
	at int
}

// mark steps over r.
func (c *cursor) mark(r rune) bool {
	at := c.skip()
	if at == len(c.rs) || c.rs[at] != r {
		return false
	}
	c.at = at + 1
	return true
}

// number steps over a whole numeral, month or day; 0 if there is none.
func (c *cursor) number() int {
	at := c.skip()
	end := at
	for end < len(c.rs) && (isDateDigit(c.rs[end]) || unitOf(c.rs[end]) == 10 || tensOf(c.rs[end]) > 0) {
		end++
	}
	n, ok := numberOf(c.rs[at:end])
	if !ok {
		return 0
	}
	c.at = end
	return n
}

// rest reads "9-25" after the first separator.
func (c *cursor) rest(separator rune) (m, d, size int) {
	m = c.number()
	if !c.mark(separator) {
		return 0, 0, 0
	}
	d = c.number()
	return m, d, c.at
}

func (c *cursor) skip() int {
	at := c.at
	for at < len(c.rs) && c.rs[at] == ' ' {
		at++
	}
	return at
}
