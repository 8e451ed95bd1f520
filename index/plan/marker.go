package plan

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"xietiao/index/zh"
)

// markKind is the style of a printed number, ordered from the widest part of a
// document to the narrowest.
type markKind int

const (
	markNone     markKind = iota
	markAnnex             // 附件, 附件1
	markPart              // 第一编, 第一部分
	markChapter           // 第一章
	markDivide            // 第一节
	markArticle           // 第八条
	markDec1              // 1 总则
	markDec2              // 1.1
	markDec3              // 2.1.3
	markDec4              // 2.1.3.1
	markHan               // 一、
	markHanParen          // （一）
	markNum               // 1. 1、
	markNumParen          // （1） 1）
	markCircle            // ①
)

// marker is a printed number at the beginning of a paragraph.
type marker struct {
	kind markKind
	no   int
	path string // as it stands in an address: 四, （三）, 2, 第八条
	end  int    // runes it takes, closing 、 and . included
}

const hanDigits = "零〇一二三四五六七八九十百千两"

// readMarker reads the number a paragraph begins with. text is the clean text
// of the paragraph.
func readMarker(text []rune) marker {
	if len(text) == 0 {
		return marker{}
	}
	switch r := text[0]; {
	case r == '附':
		return readAnnexMark(text)
	case r == '第':
		return readClauseMark(text)
	case r == '（' || r == '(':
		return readParenMark(text)
	case r >= '①' && r <= '⑳':
		return marker{kind: markCircle, no: int(r-'①') + 1, path: string(r), end: 1}
	case strings.ContainsRune(hanDigits, r):
		return readHanMark(text)
	case isDigit(r):
		return readNumMark(text)
	}
	return marker{}
}

// readHanMark reads 一、 (also 一. and 一．). 一是 and 十四五 are words.
func readHanMark(text []rune) marker {
	n := runLen(text, isHanDigit)
	if n > 4 || n >= len(text) || !strings.ContainsRune("、.．，", text[n]) {
		return marker{}
	}
	no := number(text[:n])
	if no == 0 || (text[n] == '，' && n > 1) {
		return marker{}
	}
	return marker{kind: markHan, no: no, path: string(text[:n]), end: n + 1}
}

// readNumMark reads 1. 1． 1、 and 1）, but not 1.5 or 2020年.
func readNumMark(text []rune) marker {
	n := runLen(text, isDigit)
	if n > 3 || n >= len(text) {
		return marker{}
	}
	no := number(text[:n])
	switch text[n] {
	case '.', '．', '。':
		if n+1 < len(text) && isDigit(text[n+1]) {
			return marker{}
		}
		return marker{kind: markNum, no: no, path: strconv.Itoa(no), end: n + 1}
	case '、':
		return marker{kind: markNum, no: no, path: strconv.Itoa(no), end: n + 1}
	case '）', ')':
		return marker{kind: markNumParen, no: no, path: "（" + strconv.Itoa(no) + "）", end: n + 1}
	}
	return marker{}
}

// decimal matches the numbers of an emergency plan: 2.1.3 成员单位职责.
var decimal = regexp.MustCompile(`^\d{1,2}(?:\.\d{1,2}){1,3}`)

// readDecimal reads 2.1, 2.1.3 and, where white space followed it, a bare 2.
// Quantities such as 1.5亿 are not told apart here; [useDecimals] decides for
// the document.
func readDecimal(text []rune, spaced bool) marker {
	n := len(decimal.FindString(string(text[:min(len(text), maxMarker)])))
	if n == 0 {
		if n = runLen(text, isDigit); n == 0 || n > 2 || !spaced || n >= len(text) || !unicode.Is(unicode.Han, text[n]) {
			return marker{}
		}
	}
	path := string(text[:n])
	parts := strings.Split(path, ".")
	no := number([]rune(parts[len(parts)-1]))
	return marker{kind: markDec1 + markKind(len(parts)-1), no: no, path: path, end: n + b2i(n < len(text) && (text[n] == '.' || text[n] == '、' || text[n] == ' '))}
}

// readParenMark reads （一） and （1） with either width of brackets.
func readParenMark(text []rune) marker {
	end := -1
	for i := 1; i < len(text) && i <= 5; i++ {
		if text[i] == '）' || text[i] == ')' {
			end = i
			break
		}
	}
	if end < 2 {
		return marker{}
	}
	in := text[1:end]
	m := marker{path: "（" + string(in) + "）", end: end + 1}
	if runLen(in, isDigit) == len(in) && len(in) <= 3 {
		m.kind, m.no = markNumParen, number(in)
	} else if runLen(in, isHanDigit) == len(in) && number(in) > 0 {
		m.kind, m.no = markHanParen, number(in)
	} else {
		return marker{}
	}
	if m.end < len(text) && text[m.end] == '、' {
		m.end++
	}
	return m
}

// readClauseMark reads 第八条, 第二章, 第一节, 第一部分.
func readClauseMark(text []rune) marker {
	n := 1 + runLen(text[1:], func(r rune) bool { return isHanDigit(r) || isDigit(r) })
	if n == 1 || n > 7 || n >= len(text) {
		return marker{}
	}
	m := marker{no: number(text[1:n]), end: n + 1, path: string(text[:n+1])}
	switch text[n] {
	case '条':
		m.kind = markArticle
	case '章':
		m.kind = markChapter
	case '节':
		m.kind = markDivide
	case '编', '篇':
		m.kind = markPart
	case '部':
		if n+1 >= len(text) || text[n+1] != '分' {
			return marker{}
		}
		m.kind, m.path, m.end = markPart, string(text[:n+2]), n+2
	default:
		return marker{}
	}
	// 第三条的规定 and 第二章所称 are references inside a sentence.
	if m.end < len(text) && strings.ContainsRune("的所规和、，至款第之", text[m.end]) {
		return marker{}
	}
	for m.end < len(text) && strings.ContainsRune("、：:", text[m.end]) {
		m.end++
	}
	return m
}

// readAnnexMark reads 附件, 附件1, 附件一：, 附件2-1, 附表1 and 附：.
func readAnnexMark(text []rune) marker {
	if len(text) < 2 {
		return marker{}
	}
	n := 2
	switch {
	case text[1] == '件' || text[1] == '表' || text[1] == '录':
		for n < len(text) && (isDigit(text[n]) || isHanDigit(text[n]) || ((text[n] == '-' || text[n] == '—') && n > 2)) {
			n++
		}
	case text[1] == '：' || text[1] == ':':
		return marker{kind: markAnnex, path: "附件", end: 2}
	default:
		return marker{}
	}
	m := marker{kind: markAnnex, no: number(text[2:n]), path: string(text[:n]), end: n}
	if n < len(text) {
		if !strings.ContainsRune("：:、.．", text[n]) {
			return marker{}
		}
		m.end++
	}
	return m
}

func isDigit(r rune) bool    { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }
func isHanDigit(r rune) bool { return strings.ContainsRune(hanDigits, r) }

func runLen(text []rune, ok func(rune) bool) int {
	n := 0
	for n < len(text) && ok(text[n]) {
		n++
	}
	return n
}

// number reads an Arabic or Chinese numeral; 0 when the text is none.
func number(text []rune) int {
	n, _ := zh.Number(string(text))
	return n
}
