package doc

import (
	"strings"

	"xietiao/index/sheet"
)

// readTxt keeps the file's own text: each line is a block, empty ones too.
func readTxt(b *builder, data []byte) error {
	s, err := sheet.Decode(data)
	if err != nil {
		return err
	}
	for line := range strings.SplitSeq(s, "\n") {
		if err := b.bud.Time(); err != nil {
			return err
		}
		b.add(Block{Text: line})
	}
	return nil
}
