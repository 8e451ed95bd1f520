package index

import (
	"regexp"
	"strings"

	"xietiao/index/zh"
)

// number is a document's 文号, as questions say it.
type number struct {
	head    string // 乐公共协 of 乐公共协〔2020〕1号, folded
	year    string
	no      string
	pattern *regexp.Regexp // any number with this head; nil where the document has none
}

// document is what a question says of the plan's own number.
type document uint8

const (
	documentUnsaid document = iota
	documentThis            // this number: it says which document, not what is asked
	documentOther           // another number with this head
)

// thisDocument stands for the number in the rest of a question.
const thisDocument = "本方案"

var numberParts = regexp.MustCompile(`^([\p{Han}a-z]{2,})[〔\[(]([0-9]{4})[〕\])]([0-9]+)号$`)

func newNumber(docNo string) number {
	m := numberParts.FindStringSubmatch(zh.Fold(docNo))
	if m == nil {
		return number{}
	}
	return number{m[1], m[2], m[3], regexp.MustCompile(m[1] + `(?:[〔\[(【]?([0-9]{4})年?[〕\])】]?)?\s*第?([0-9]+)号(文)?`)}
}

// in looks for a number with the head in a folded question and leaves a word for
// it there, so that its letters are not taken for what is asked about.
func (n number) in(clean string) (document, string) {
	if n.pattern == nil || !strings.Contains(clean, n.head) {
		return documentUnsaid, clean
	}
	m := n.pattern.FindStringSubmatch(clean)
	if m == nil || m[1] == "" && m[3] == "" { // 府办3号楼
		return documentUnsaid, clean
	}
	rest := strings.Replace(clean, m[0], thisDocument, 1)
	if m[2] != n.no || m[1] != "" && m[1] != n.year {
		return documentOther, rest
	}
	return documentThis, rest
}
