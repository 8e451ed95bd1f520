package doc

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/sheet"
)

var report = []Out{
	{Style: "title", Text: "督办通报"}, {Style: "center", Text: "（2026年11月23日）"}, {Style: "heading1", Text: "一、总体情况"}, {Text: "办结 3 项 <&>\"。"},
	{Table: &sheet.Out{Head: []string{"单位", "办结"}, Rows: [][]string{{"市教育局", "3"}, {"市科协"}}}}, {Style: "right", Text: "协调组办公室"},
}

func written(t testing.TB, parts []Out) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteDOCX(&b, parts); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestAWrittenDocumentIsReadBack(t *testing.T) {
	t.Parallel()
	data := written(t, report)
	d := read(t, "x.docx", data)
	want := "督办通报\n（2026年11月23日）\n一、总体情况\n办结 3 项 <&>\"。\n单位\t办结\n市教育局\t3\n市科协\t\n\n协调组办公室"
	if diff := cmp.Diff(want, d.Text); diff != "" {
		t.Error(diff)
	}
	styles := []string{}
	for _, b := range d.Blocks {
		styles = append(styles, b.Style)
	}
	if diff := cmp.Diff([]string{"title", "center", "heading1", "", "", "", ""}, styles); diff != "" {
		t.Error(diff)
	}
	if !bytes.Equal(data, written(t, report)) {
		t.Error("the same document has other bytes")
	}
}

// LibreOffice, where it is there, reads what we write.
func TestOfficeProgramsOpenAWrittenDocument(t *testing.T) {
	t.Parallel()
	office, err := exec.LookPath("soffice")
	if err != nil {
		t.Skip("no soffice")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "通报.docx")
	if err := os.WriteFile(file, written(t, report), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.ToSlash(dir)+"/profile", "--headless", "--convert-to", "txt:Text (encoded):UTF8", "--outdir", dir, file)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "通报.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"督办通报", "一、总体情况", "办结 3 项 <&>\"。", "市教育局", "协调组办公室"} {
		if !strings.Contains(string(text), part) {
			t.Errorf("no %q in %q", part, text)
		}
	}
}

// Any text comes out as a document that can be read.
func FuzzWriteDOCX(f *testing.F) {
	f.Add("督办通报", "a\tb\n\x00<w:p>", "\xff")
	f.Fuzz(func(t *testing.T, title, text, cell string) {
		data := written(t, []Out{{Style: "title", Text: title + "题"}, {Text: text}, {Table: &sheet.Out{Rows: [][]string{{cell, text}, {title}}}}})
		d, err := Read("x.docx", data, Limits{})
		if err != nil {
			t.Fatal(err)
		}
		if plain := strings.Join(strings.Fields(title), ""); utf8.ValidString(title) && !strings.ContainsFunc(title, func(r rune) bool { return r < ' ' || r > 0xd7ff }) && !strings.Contains(strings.Join(strings.Fields(d.Text), ""), plain) {
			t.Fatalf("%q is lost in %q", title, d.Text)
		}
	})
}

// Columns that need little get what they need, and all together the page's width.
func TestColumnsShareThePage(t *testing.T) {
	t.Parallel()
	const page = 11906 - 1588 - 1474
	long := strings.Repeat("公共文化服务", 20)
	for name, tc := range map[string]struct {
		rows [][]string
		ok   func(w []int) bool
	}{
		"a long one":             {[][]string{{"T12", long, "2026-12-31"}}, func(w []int) bool { return w[0] >= 150+4*105 && w[2] >= 150+10*105 && w[1] > page/2 }},
		"two long ones":          {[][]string{{"T12", long, long}}, func(w []int) bool { return w[1] == w[2] && w[0] < w[1] }},
		"dates beside long ones": {[][]string{{long, "2026-12-31", long, "2026-12-31", long, long, long}}, func(w []int) bool { return w[1] >= 150+10*105 && w[3] == w[1] }},
		"little in all":          {[][]string{{"甲", "乙"}}, func(w []int) bool { return w[0] == w[1] }},
		"lines of a cell":        {[][]string{{"一\n二\n三", long}}, func(w []int) bool { return w[0] < 800 }},
		"a hundred":              {[][]string{make([]string, 100)}, func(w []int) bool { return slices.Min(w) > 0 }},
		"rows of no width":       {nil, func(w []int) bool { return len(w) == 0 }},
	} {
		w := columnWidths(tc.rows)
		sum := 0
		for _, one := range w {
			sum += one
		}
		if !tc.ok(w) || sum > page || len(w) > 0 && sum < page-len(w) {
			t.Errorf("%s: %v, together %d", name, w, sum)
		}
	}
}

func TestAPartBeginsAPage(t *testing.T) {
	t.Parallel()
	data := written(t, []Out{{Text: "一"}, {Style: "heading1", Text: "二", Break: true}})
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for name, parts := range map[string][]string{
		"word/document.xml":  {`<w:pStyle w:val="Heading1"/><w:pageBreakBefore/>`, `<w:footerReference`},
		"word/footer1.xml":   {" PAGE "},
		"word/fontTable.xml": {`w:name="方正小标宋简体"><w:altName w:val="宋体"/>`},
	} {
		f, err := z.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if strings.Count(string(text), part) != 1 {
				t.Errorf("%s: %q is not there once", name, part)
			}
		}
	}
}
