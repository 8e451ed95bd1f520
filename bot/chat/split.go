package chat

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MinSplit is the smallest limit at which every character fits.
const MinSplit = utf8.UTFMax

// citeMark begins a line that says where a quotation stands.
const citeMark = "——"

// Split cuts text into messages of at most limit bytes, at the best border
// there is: between paragraphs, lines, sentences, clauses, at last between any
// two characters. It never cuts a character, nor a quotation (“…”, 「…」, 『…』,
// 《…》), a bold run or a link of markdown, nor a line that begins with ——,
// unless that one thing alone is longer than limit; and it parts a quotation
// from the —— line below it only where both do not fit together.
//
// Nothing is lost but white space at the cuts, and no part is empty. Text that
// fits comes back as it is, trimmed. Bytes that are no UTF-8 become U+FFFD. With
// a limit below MinSplit a message may hold nothing at all, so there is none.
func Split(text string, limit int) []string {
	text = strings.TrimSpace(strings.ToValidUTF8(text, "\uFFFD"))
	if limit < MinSplit || text == "" {
		return nil
	}
	if len(text) <= limit {
		return []string{text}
	}
	borders := rank(text)
	var parts []string
	for start := 0; start < len(text); {
		end := len(text)
		if end-start > limit {
			end = bestCut(borders, start, limit)
		}
		if part := strings.TrimSpace(text[start:end]); part != "" {
			parts = append(parts, part)
		}
		start = end
		for start < len(text) { // white space at a cut is nobody's
			r, n := utf8.DecodeRuneInString(text[start:])
			if !unicode.IsSpace(r) {
				break
			}
			start += n
		}
	}
	return parts
}

// Cut returns the first part of Split, for messages of which there is only one.
func Cut(text string, limit int) string {
	if parts := Split(text, limit); len(parts) > 0 {
		return parts[0]
	}
	return ""
}

// border says how good it is to cut before a byte; higher is better.
type border uint8

const (
	noBorder     border = iota // inside a character
	anyBorder                  // between two characters
	citeBorder                 // before a citation: it belongs to what is above
	openBorder                 // before a quotation or title
	clauseBorder               // after ，、：
	sentenceEnd                // after 。！？；
	lineEnd
	paragraphEnd

	// whole is added where no quotation, citation or mark-up is cut.
	whole border = 16
)

// bestCut finds where to end the part that begins at start: the best border in
// the second half of the room, else the best one at all, the later the better.
func bestCut(borders []border, start, limit int) int {
	best, at := noBorder, start+1
	for _, from := range []int{start + max(1, limit/2), start + 1} {
		for p := from; p <= start+limit; p++ {
			if borders[p] >= best && borders[p] != noBorder {
				best, at = borders[p], p
			}
		}
		if best >= whole+clauseBorder {
			return at
		}
	}
	return at
}

// rank gives every byte of text its border.
func rank(text string) []border {
	borders := make([]border, len(text)+1)
	prev := rune(0)
	for p, r := range text {
		borders[p] = borderBetween(prev, r, text[p:])
		prev = r
	}
	borders[len(text)] = paragraphEnd
	for p, open := range insides(text) {
		if borders[p] != noBorder && open == 0 {
			borders[p] += whole
		}
	}
	return borders
}

// Punctuation that ends a sentence or a clause, and marks that close what may
// end with one.
const (
	sentenceMarks = "。！？；…"
	clauseMarks   = "，、：）)"
	openMarks     = "“「『《"
	closeMarks    = "”」』》’）)】"
)

func borderBetween(prev, r rune, rest string) border {
	switch {
	case prev == 0:
		return anyBorder
	case unicode.IsSpace(r) && citationFollows(rest), prev == '\n' && strings.HasPrefix(rest, citeMark):
		return citeBorder
	case prev == '\n' && r == '\n':
		return anyBorder
	case prev == '\n':
		return lineEnd
	case r == '\n' && strings.HasPrefix(strings.TrimLeft(rest[1:], " \t"), "\n"):
		return paragraphEnd
	case r == '\n':
		return lineEnd
	case strings.ContainsRune(closeMarks, r) || strings.ContainsRune(sentenceMarks, r) || strings.ContainsRune(clauseMarks, r):
		return anyBorder
	case strings.ContainsRune(sentenceMarks, prev) || strings.ContainsRune(closeMarks, prev):
		return sentenceEnd
	case strings.ContainsRune(clauseMarks, prev) || unicode.IsSpace(prev):
		return clauseBorder
	case strings.ContainsRune(openMarks, r):
		return openBorder
	}
	return anyBorder
}

// citationFollows reports whether s is white space and then a citation line.
func citationFollows(s string) bool {
	line := strings.TrimLeft(s, " \t\n")
	return strings.HasPrefix(line, citeMark) && strings.Contains(s[:len(s)-len(line)], "\n")
}

// pairs are the marks of quotations and titles.
var pairs = map[rune]rune{'”': '“', '」': '「', '』': '『', '》': '《'}

// joiner makes one sign of two.
const joiner = '\u200d'

// insides counts for every byte how many things would be cut by a cut before it.
func insides(text string) []int {
	change := make([]int, len(text)+2)
	cover := func(from, to int) { // cuts in (from, to) are inside
		if to-from > 1 {
			change[from+1]++
			change[to]--
		}
	}
	opened := map[rune][]int{}
	for p, r := range text {
		if open, closes := pairs[r]; closes {
			if stack := opened[open]; len(stack) > 0 {
				cover(stack[len(stack)-1], p+utf8.RuneLen(r))
				opened[open] = stack[:len(stack)-1]
			}
			continue
		}
		switch r {
		case '“', '「', '『', '《':
			opened[r] = append(opened[r], p)
		}
		if unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) { // belongs to the sign before
			cover(p-1, p+1)
		}
		if r == joiner { // and to the sign after
			cover(p-1, p+utf8.RuneLen(r)+1)
		}
	}
	coverLines(text, cover)
	open := 0
	for p, c := range change {
		open += c
		change[p] = open
	}
	return change[:len(text)+1]
}

// coverLines covers what ends with its line: citations, bold runs, links and
// bare addresses.
func coverLines(text string, cover func(from, to int)) {
	for start := 0; start < len(text); {
		end := len(text)
		if i := strings.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i
		}
		line := text[start:end]
		if strings.HasPrefix(line, citeMark) {
			cover(start, end)
		}
		coverRuns(line, "**", "**", start, cover)
		coverRuns(line, "[", ")", start, cover)
		coverAddresses(line, start, cover)
		start = end + 1
	}
}

// coverRuns covers the runs of line from a mark to the next other mark. Of a
// link only [text](address) counts.
func coverRuns(line, open, shut string, base int, cover func(from, to int)) {
	for at := 0; ; {
		i := strings.Index(line[at:], open)
		if i < 0 {
			return
		}
		from := at + i
		j := strings.Index(line[from+len(open):], shut)
		if j < 0 {
			return
		}
		to := from + len(open) + j + len(shut)
		if shut == ")" && !strings.Contains(line[from:to], "](") {
			at = from + len(open)
			continue
		}
		cover(base+from, base+to)
		at = to
	}
}

func coverAddresses(line string, base int, cover func(from, to int)) {
	for at := 0; ; {
		i := strings.Index(line[at:], "http")
		if i < 0 {
			return
		}
		from := at + i
		to := from
		for to < len(line) && line[to] > ' ' && line[to] < utf8.RuneSelf {
			to++
		}
		if strings.Contains(line[from:to], "://") {
			cover(base+from, base+to)
		}
		at = to
	}
}
