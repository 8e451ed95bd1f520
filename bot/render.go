package bot

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// chatBytes is what one chat message may hold on every channel we answer on:
// WeCom cuts texts at 2,048 bytes; the rest is room for a mention.
const chatBytes = 2000

type lineKind int

const (
	kindSay   lineKind = iota // our own words
	kindItem                  // a heading: number, name, role
	kindLabel                 // name：value
	kindQuote                 // the source, word for word
	kindCite                  // where it stands
)

// line is one line of a message, in words only: how it looks is the renderers'.
type line struct {
	kind          lineKind
	n             int
	text, detail  string
	segs          []string // of a quote: runs of the source, with gaps between them
	before, after bool     // of a quote: something was left out there
}

func say(text string) line            { return line{kind: kindSay, text: text} }
func item(n int, text, d string) line { return line{kind: kindItem, n: n, text: text, detail: d} }
func label(name, value string) line   { return line{kind: kindLabel, text: name, detail: value} }
func cite(address string) line        { return line{kind: kindCite, text: address} }
func (l line) number(dot string) string {
	if l.n == 0 {
		return ""
	}
	return strconv.Itoa(l.n) + dot
}

// message is a reply before it has a form. Only groups are ever left out.
type message struct {
	head   []line
	groups [][]line
	tail   []line
}

// fit renders one page: 0 is the first message, 1 what it left out.
func (m message) fit(page int) (text, markdown string) {
	n := m.room()
	if page > 0 && n >= len(m.groups) {
		return textNoMore, textNoMore
	}
	if page > 0 {
		m.groups = m.groups[n:]
		n = m.room()
		note := ""
		if n < len(m.groups) {
			note = textStillLeft(len(m.groups) - n)
		}
		return cutBytes(m.plain(n, note), chatBytes), cutBytes(m.markdown(n, note), chatBytes)
	}
	note := ""
	if n < len(m.groups) {
		note = textMore(len(m.groups) - n)
	}
	return cutBytes(m.plain(n, note), chatBytes), cutBytes(m.markdown(n, note), chatBytes)
}

// room counts how many groups fit one chat message in both forms, at least one.
func (m message) room() int {
	for n := len(m.groups); n > 1; n-- {
		note := ""
		if n < len(m.groups) {
			note = textStillLeft(len(m.groups) - n) // the longer of the two notes
		}
		if len(m.plain(n, note)) <= chatBytes && len(m.markdown(n, note)) <= chatBytes {
			return n
		}
	}
	return min(1, len(m.groups))
}

// lines lays out head, the first n groups, the note and the tail, in order.
func (m message) lines(n int, note string) []line {
	var out []line
	out = append(out, m.head...)
	for _, g := range m.groups[:n] {
		out = append(out, g...)
	}
	if note != "" {
		out = append(out, say(note))
	}
	return append(out, m.tail...)
}

// plain renders for text messages and the terminal.
func (m message) plain(n int, note string) string {
	var out []string
	for _, l := range m.lines(n, note) {
		switch l.kind {
		case kindItem:
			text := l.number(". ") + l.text
			if l.detail != "" {
				text += textRole(l.detail)
			}
			out = append(out, text)
		case kindLabel:
			out = append(out, l.number(". ")+l.text+colon+l.detail)
		case kindQuote:
			out = append(out, l.number(". ")+l.quoted())
		case kindCite:
			if l.text != "" {
				out = append(out, citeMark+l.text)
			}
		default:
			out = append(out, l.text)
		}
	}
	return guard(strings.Join(out, "\n"))
}

// markdown renders in what WeCom and DingTalk both show: bold and quote. Lines
// end in two blanks, which DingTalk needs to break a line; an empty line ends a
// quote.
func (m message) markdown(n int, note string) string {
	var out strings.Builder
	for _, l := range m.lines(n, note) {
		switch l.kind {
		case kindItem:
			text := "**" + l.number(". ") + l.text + "**"
			if l.detail != "" {
				text += textRole(l.detail)
			}
			out.WriteString(text + "  \n")
		case kindLabel:
			out.WriteString(l.number(". ") + l.text + colon + "**" + l.detail + "**  \n")
		case kindQuote:
			for s := range strings.SplitSeq(l.number(". ")+l.quoted(), "\n") {
				out.WriteString("> " + s + "\n")
			}
			out.WriteString("\n")
		case kindCite:
			if l.text != "" {
				out.WriteString(citeMark + l.text + "  \n")
			}
		default:
			out.WriteString(strings.ReplaceAll(l.text, "\n", "  \n") + "  \n")
		}
	}
	return guard(strings.TrimRight(out.String(), " \n"))
}

// quoted puts the runs in quotation marks and the signs of omission outside.
func (l line) quoted() string {
	var b strings.Builder
	if l.before {
		b.WriteString(ellipsis)
	}
	for i, s := range l.segs {
		if i > 0 {
			b.WriteString(ellipsis)
		}
		b.WriteString(quoteOpen + strings.Trim(s, "\n") + quoteClose)
	}
	if l.after {
		b.WriteString(ellipsis)
	}
	return b.String()
}

// guard keeps a document's text from mentioning people: <@user> in a WeCom
// message does. The sign between shows nothing and stands nowhere else.
func guard(s string) string { return strings.ReplaceAll(s, "<@", "<\u200b@") }

// cutBytes cuts s to at most n bytes at a character's edge. It is the last
// resort: messages are cut at clause borders before.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	n -= len(ellipsis)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:max(n, 0)] + ellipsis
}
