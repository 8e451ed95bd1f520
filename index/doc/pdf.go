package doc

import (
	"fmt"
	"strings"

	"xietiao/index/doc/pdf"
)

// maxUnknown is the share of characters without a meaning from which on the
// text layer is as good as none.
const maxUnknown = 0.3

// readPDF writes each line of the text layer as a block; page numbers and
// running heads go to Dropped.
func readPDF(b *builder, data []byte) error {
	res, err := pdf.Read(data, b.bud)
	if err != nil {
		return err
	}
	known := 0
	for _, l := range res.Lines {
		known += len([]rune(l.Text)) - strings.Count(l.Text, "\ufffd")
	}
	if known == 0 || float64(res.Unknown) > maxUnknown*float64(known+res.Unknown) {
		return &Error{Kind: ErrScanned, Err: fmt.Errorf("%d pages, %d known characters, %d unknown", res.Pages, known, res.Unknown)}
	}
	b.textless = res.Textless
	for _, l := range res.Lines {
		if err := b.bud.Time(); err != nil {
			return err
		}
		if l.Outer {
			b.drop(l.Text)
			continue
		}
		style := ""
		if l.Center {
			style = "center"
		}
		b.add(Block{Text: l.Text, Page: l.Page, Style: style})
	}
	return nil
}
