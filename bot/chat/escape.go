package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// breaker is put into what a platform would take for a mention or a tag. It
// shows nothing and takes no room.
const breaker = '\u200b'

// everybody are the words after @ that alert a whole group (docs 99110, and the
// clients' own spellings), in lower case.
var everybody = []string{"all", "everyone", "所有人", "全体", "全员"}

// Defuse breaks what would alert people in a whole message: <@ of WeCom, and @
// with a word for everybody. All else is left as it is, so it may be used on
// text with markup and with quotations. Twice is the same as once.
func Defuse(s string) string {
	if !strings.ContainsAny(s, "@＠﹫") {
		return s
	}
	var b strings.Builder
	prev := rune(0)
	for i, r := range s {
		if isAt(r) {
			if prev == '<' {
				b.WriteRune(breaker)
			}
			b.WriteString(s[i : i+utf8.RuneLen(r)])
			if namesEverybody(s[i+utf8.RuneLen(r):]) {
				b.WriteRune(breaker)
			}
		} else {
			b.WriteString(s[i : i+width(s[i:])])
		}
		prev = r
	}
	return b.String()
}

// width is the length of the first character of s, of one byte if it is none.
func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func isAt(r rune) bool { return r == '@' || r == '＠' || r == '﹫' }

func namesEverybody(s string) bool {
	for _, w := range everybody {
		if len(s) >= len(w) && strings.EqualFold(s[:len(w)], w) {
			return true
		}
	}
	return false
}

// Plain makes words that came from people safe in a text message: no @ of
// theirs alerts anybody, no tag becomes a link (WeCom shows <a href> in texts,
// docs 90236), and no control sign turns the line around. Line ends become \n.
// What is left out or broken cannot be seen; all else is kept. Twice is the
// same as once.
func Plain(s string) string { return escape(s, func(r rune, _ bool) rune { return r }) }

// Markdown is Plain for a markdown message: marks that both platforms would
// take for markup become their wide forms, as neither has a way to escape them
// (docs 99110, 101138).
func Markdown(s string) string { return escape(s, wideMark) }

// wideMarks are signs of markup anywhere in a line.
var wideMarks = map[rune]rune{
	'*': '＊', '_': '＿', '`': '｀', '[': '［', ']': '］', '<': '＜', '>': '＞',
	'#': '＃', '~': '～', '|': '｜', '\\': '＼',
}

// lineMarks are signs of markup at the beginning of a line.
var lineMarks = map[rune]rune{'-': '－', '+': '＋', '=': '＝'}

func wideMark(r rune, lineStart bool) rune {
	if w, ok := wideMarks[r]; ok {
		return w
	}
	if w, ok := lineMarks[r]; ok && lineStart {
		return w
	}
	return r
}

func escape(s string, mark func(r rune, lineStart bool) rune) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\r\n", "\n")
	s = strings.ReplaceAll(s, "\r", "\n")
	s = strings.Map(func(r rune) rune {
		if turnsText(r) {
			return -1
		}
		return r
	}, s)
	var b strings.Builder
	prev, lineStart := rune(0), true
	for _, r := range s {
		r = mark(r, lineStart)
		if isAt(prev) && r != breaker && !unicode.IsSpace(r) || prev == '<' && opensTag(r) {
			b.WriteRune(breaker)
		}
		b.WriteRune(r)
		prev = r
		if r == '\n' {
			lineStart = true
		} else if r != ' ' && r != '\t' && r != breaker {
			lineStart = false
		}
	}
	return b.String()
}

func opensTag(r rune) bool {
	return isAt(r) || r == '/' || r == '!' || r == '?' || unicode.IsLetter(r)
}

// turnsText reports signs that change how other signs are shown: controls, and
// those that turn the direction of writing.
func turnsText(r rune) bool {
	if r == '\n' || r == '\t' {
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == '\uFEFF'
}
