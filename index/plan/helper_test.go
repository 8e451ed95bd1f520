package plan

import (
	"strings"

	"xietiao/index/doc"
)

// textDoc makes the document of a txt file: one block a line.
func textDoc(text string) *doc.Document {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	d := &doc.Document{Format: "txt", Text: text}
	at := 0
	for _, l := range strings.Split(text, "\n") {
		if strings.TrimSpace(l) != "" {
			d.Blocks = append(d.Blocks, doc.Block{Text: l, Start: at})
		}
		at += len([]rune(l)) + 1
	}
	return d
}
