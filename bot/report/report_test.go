package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestShow(t *testing.T) {
	h := aYear(t)
	dir := os.Getenv("REPORT_OUT")
	for _, k := range Kinds() {
		rep := h.make(Query{Kind: k})
		t.Log(rep.Summary)
		for _, e := range []string{".docx", ".xlsx"} {
			var b bytes.Buffer
			h.must(rep.Write(&b, e))
			if dir != "" {
				h.must(os.WriteFile(filepath.Join(dir, string(k)+e), b.Bytes(), 0o600))
			}
		}
	}
}
