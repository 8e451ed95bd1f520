package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"xietiao/index/doc"
)

// LibreOffice opens what we write, and the figures come out of its printer. What fits a
// line of its cell stands in the PDF as a row.
func TestReportsAreTheSameOnPaper(t *testing.T) {
	t.Parallel()
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("CI") == "true" && os.Getenv("SKIP_SOFFICE") == "" {
			t.Fatal("CI needs soffice")
		}
		t.Skip("SKIP: soffice is not on PATH (Debian: libreoffice-writer-nogui, libreoffice-calc-nogui)")
	}
	h := aYear(t)
	for _, tc := range []struct {
		ending  string
		letters int // that fit a cell
	}{{".docx", 10}, {".xlsx", 58}} {
		t.Run(tc.ending, func(t *testing.T) {
			dir := t.TempDir()
			args := []string{"-env:UserInstallation=file://" + filepath.ToSlash(dir) + "/profile", "--headless", "--convert-to", "pdf", "--outdir", dir}
			reports := map[Kind]Report{}
			for _, k := range Kinds() {
				reports[k] = h.make(Query{Kind: k})
				file := filepath.Join(dir, string(k)+tc.ending)
				h.must(os.WriteFile(file, written(t, reports[k], tc.ending), 0o600))
				args = append(args, file)
			}
			if out, err := exec.CommandContext(t.Context(), office, args...).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for k, rep := range reports {
				data, err := os.ReadFile(filepath.Join(dir, string(k)+".pdf"))
				h.must(err)
				d, err := doc.Read("a.pdf", data, doc.Limits{})
				h.must(err)
				text, rows := bare(d.Text), 0
				for _, p := range rep.Parts {
					if p.Table == nil {
						continue
					}
					for _, row := range p.Table.Rows {
						if fits(row, tc.letters) {
							if rows++; !strings.Contains(text, bare(strings.Join(row, ""))) {
								t.Errorf("%s, %s: %q is not on paper:\n%s", k, p.Table.Name, row, d.Text)
							}
						}
					}
				}
				if rows == 0 {
					t.Errorf("%s: no row was looked for", k)
				}
			}
		})
	}
}

func bare(s string) string { return strings.Join(strings.Fields(s), "") }

// fits reports whether each cell takes a line of so many letters at most.
func fits(row []string, letters int) bool {
	for _, cell := range row {
		n := 0
		for _, r := range cell {
			if n++; r > 0x2e7f {
				n++
			}
		}
		if n > letters || strings.Contains(cell, "\n") {
			return false
		}
	}
	return true
}
