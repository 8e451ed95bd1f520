package doc

import (
	"os"
	"path/filepath"
	"testing"
	"unicode/utf8"
)

// checkOffsets fails unless every block and cell stands in the text exactly
// where it says, and the blocks make up the whole text.
func checkOffsets(t *testing.T, d *Document) {
	t.Helper()
	if !utf8.ValidString(d.Text) {
		t.Fatal("text is not valid UTF-8")
	}
	text := []rune(d.Text)
	at := func(what string, start int, s string) {
		t.Helper()
		n := utf8.RuneCountInString(s)
		if start < 0 || start+n > len(text) || string(text[start:start+n]) != s {
			t.Fatalf("%s: text at %d is not %q", what, start, s)
		}
	}
	end := 0
	for i, b := range d.Blocks {
		if i > 0 {
			at("separator", end, "\n")
			end++
		}
		if b.Start != end || b.End < b.Start || b.End > len(text) {
			t.Fatalf("block %d is at %d..%d, want a start of %d", i, b.Start, b.End, end)
		}
		end = b.End
		if b.Auto < 0 || b.Auto > utf8.RuneCountInString(b.Text) {
			t.Fatalf("block %d: Auto %d of %q", i, b.Auto, b.Text)
		}
		if b.Table == nil {
			at("block", b.Start, b.Text)
			if b.End-b.Start != utf8.RuneCountInString(b.Text) {
				t.Fatalf("block %d: end %d", i, b.End)
			}
			continue
		}
		for _, row := range b.Table.Rows {
			if len(row) != len(b.Table.Rows[0]) {
				t.Fatalf("block %d: ragged table", i)
			}
			for _, c := range row {
				at("cell "+c.Addr, c.Start, c.Text)
			}
		}
	}
	if end != len(text) {
		t.Fatalf("blocks end at %d of %d", end, len(text))
	}
}

// samples gives the shared plans where this checkout has them beside it.
func samples(t testing.TB) []string {
	files, _ := filepath.Glob("../../../shared/data/plans/*")
	if len(files) == 0 {
		t.Skip("no shared plans here")
	}
	return files
}

func TestOffsets(t *testing.T) {
	t.Parallel()
	for _, f := range samples(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			d, err := Read(f, data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			checkOffsets(t, d)
		})
	}
}
