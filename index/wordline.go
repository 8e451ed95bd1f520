package index

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"xietiao/index/zh"
)

// LineFault says what is wrong with a line of the thesaurus.
type LineFault string

const (
	LineForm  LineFault = "form"  // none of `A = B`, `A < B`, `A ~ B` and `kind: words`
	LineSide  LineFault = "side"  // a side is empty
	LinePart  LineFault = "part"  // a part of a word said in parts is empty: 健身+
	LineKind  LineFault = "kind"  // no such kind
	LineAbout LineFault = "about" // want `about: 妇联 = 妇女 家庭`
	LineGroup LineFault = "group" // want `group: 工青妇 = 总工会 团委 妇联`
	LineUnit  LineFault = "unit"  // want `单位: 全称 = 别名 别名`
)

// LineError is a line that cannot be read; Text is the line or the part of it.
type LineError struct {
	Fault LineFault
	Text  string
}

func (e *LineError) Error() string { return fmt.Sprintf("bad %s: %q", e.Fault, e.Text) }

// FoldLine gives a line of the thesaurus as it is read: without its comment, width
// and layout. Lines that fold alike say the same; an empty one says nothing.
func FoldLine(line string) string {
	line, _, _ = strings.Cut(line, "#")
	return strings.Join(strings.Fields(zh.Fold(strings.Map(space, line))), " ")
}

// CheckLine says whether NewThesaurus would read the line: nil, or an error that
// wraps ErrThesaurus and holds a *LineError. A line that says nothing is none.
func CheckLine(line string) error {
	if FoldLine(line) == "" || strings.ContainsAny(line, "\r\n") || !utf8.ValidString(line) {
		return fmt.Errorf("%w: %w", ErrThesaurus, &LineError{LineForm, line})
	}
	return blankThesaurus(0, 0, 0, 0).parse("", strings.Map(space, line))
}
