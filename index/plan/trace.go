package plan

import (
	"strings"
	"unicode"

	"xietiao/index/doc"
)

// Span is a half-open run of rune offsets into doc.Document.Text.
type Span struct{ Start, End int }

// span is a half-open run of indexes into source.text.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// source is the document without its layout white space. Every rune knows the
// place it came from, so that any part of the plan can be traced back, and
// whether something the plan says already holds it.
type source struct {
	doc   []rune
	text  []rune
	at    []int  // at[i] is the offset in doc of text[i]
	owned []bool // by offset in doc: held by a section, duty, item, heading or metadata
}

func newSource(d *doc.Document) *source {
	r := []rune(d.Text)
	return &source{doc: r, owned: make([]bool, len(r))}
}

// add appends a piece of the document and returns where it now stands. White
// space is dropped, save one space between two Latin words or numbers.
// Places outside the document's text are read as "no place".
func (s *source) add(text string, start int) span {
	from := len(s.text)
	gap := -1
	off := start
	for _, r := range text {
		here := off
		off++
		if isLayout(r) {
			gap = here
			continue
		}
		if gap >= 0 && len(s.text) > from && isLatin(s.text[len(s.text)-1]) && isLatin(r) {
			s.text = append(s.text, ' ')
			s.at = append(s.at, gap)
		}
		gap = -1
		s.text = append(s.text, r)
		s.at = append(s.at, here)
	}
	return span{from, len(s.text)}
}

// isLayout reports white space and the invisible runes that converters leave.
func isLayout(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

func isLatin(r rune) bool {
	return r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func (s *source) str(p span) string {
	if p.from >= p.to {
		return ""
	}
	return string(s.text[p.from:p.to])
}

// own marks a run as held by something the plan says.
func (s *source) own(p span) {
	for i := p.from; i < p.to; i++ {
		if o := s.at[i]; o >= 0 && o < len(s.owned) {
			s.owned[o] = true
		}
	}
}

// spaced reports whether white space stood before text[i] in the document.
func (s *source) spaced(i int) bool {
	return i > 0 && i < len(s.at) && s.at[i] != s.at[i-1]+1
}

// broken reports whether a line end stood before text[i].
func (s *source) broken(i int) bool {
	from, to := s.at[i-1], s.at[i]
	for k := max(from, to-maxGap); k < to; k++ {
		if s.doc[k] == '\n' {
			return true
		}
	}
	return false
}

// maxGap bounds the white space looked at before a rune.
const maxGap = 16

// spans returns the places of a run in the document: one per unbroken stretch.
func (s *source) spans(ps ...span) []Span {
	var out []Span
	for _, p := range ps {
		for i := p.from; i < p.to; i++ {
			o := s.at[i]
			if n := len(out); n > 0 && out[n-1].End == o {
				out[n-1].End++
				continue
			}
			out = append(out, Span{o, o + 1})
		}
	}
	return out
}

// unread returns, line by line, what nothing holds.
func (s *source) unread() (lines []string, places []Span) {
	lines = []string{}
	for i := 0; i < len(s.doc); {
		if s.owned[i] || isLayout(s.doc[i]) {
			i++
			continue
		}
		j, last := i, i
		for j < len(s.doc) && s.doc[j] != '\n' && !s.owned[j] {
			if !isLayout(s.doc[j]) {
				last = j
			}
			j++
		}
		lines = append(lines, strings.TrimSpace(string(s.doc[i:last+1])))
		places = append(places, Span{i, last + 1})
		i = j
	}
	return lines, places
}
