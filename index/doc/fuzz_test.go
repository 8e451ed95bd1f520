package doc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"xietiao/index/sheet"
)

// checkAny is the property of every decoder: an *Error, or a document whose
// offsets hold, within the limits.
func checkAny(t *testing.T, name string, data []byte) {
	t.Helper()
	lim := Limits{MaxRows: 2000, MaxCells: 20_000, MaxTime: 5 * time.Second, MaxUnzipped: 4 << 20}
	d, err := Read(name, data, lim)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || d != nil {
			t.Fatalf("not an *Error: %v", err)
		}
		if Advice(err) == "" || Advice(err) == adviceElse {
			t.Fatalf("no advice for %v", err)
		}
		return
	}
	checkOffsets(t, d)
	for _, s := range d.Dropped {
		if !utf8.ValidString(s) {
			t.Fatal("dropped text is not valid UTF-8")
		}
	}
}

func FuzzReadTxt(f *testing.F) {
	f.Add("x.txt", []byte("\n一、目标\r\n甲"))
	f.Add("x.md", []byte("# 甲\n|a|b|\n|-|-|\n|1|2|\n```\nx\n**粗**"))
	f.Add("x.txt", []byte("\xff\xfea\x00\n\x00"))
	f.Fuzz(checkAny)
}

func FuzzReadHTML(f *testing.F) {
	f.Add([]byte(frame("<div id=zoom><p>甲<table><tr><td rowspan=3>一<td>二<tr><td>三</table><ol start=3><li>x</ol>")))
	f.Add([]byte("<table><tr><td>a<td>b<table><tr><td>c</table><pre>\n d</pre><del>e</del>"))
	f.Fuzz(func(t *testing.T, data []byte) { checkAny(t, "x.html", data) })
}

// FuzzReadDocx puts the input into the parts of a package, so that fuzzing
// reaches beyond the zip checksum.
func FuzzReadDocx(f *testing.F) {
	f.Add(wp("甲", numPr("1", "0"))+`<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr></w:tc><w:tc/></w:tr><w:tr><w:tc><w:tcPr><w:vMerge/><w:gridSpan w:val="3"/></w:tcPr></w:tc></w:tr></w:tbl>`,
		`<w:abstractNum w:abstractNumId="0">`+lvl("0", "1", "decimal", "%1.%9")+`</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`)
	f.Add(`<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:r><w:t>a</w:t><w:br/></w:r></w:p>`, "")
	f.Fuzz(func(t *testing.T, body, numbering string) {
		checkAny(t, "x.docx", docx(t, body, "numbering", numbering))
	})
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(`<sheetData><row r="2"><c r="B2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C3"/></mergeCells>`)
	f.Fuzz(func(t *testing.T, inner string) { checkAny(t, "x.xlsx", xlsx(t, inner)) })
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("序号,任务\n1,\"a\nb\"\n"))
	f.Fuzz(func(t *testing.T, data []byte) { checkAny(t, "x.csv", data) })
}

func FuzzReadPDF(f *testing.F) {
	f.Add(pdfOf(f, [][]pdfLine{{{72, 700, 10, "甲"}}}))
	font, more := toUnicode("Identity-H", "1 beginbfrange <0010><0012><5B57> endbfrange")
	f.Add(onePage(font, "BT /F1 10 Tf 100 700 Td [<0010> -50 <0011>] TJ ET", more))
	f.Add(onePage(ucs2, "/X Do", stream("/Subtype/Form", "q 1 0 0 1 0 0 cm BT /F1 1 Tf (ab) ' ET Q")))
	f.Fuzz(func(t *testing.T, data []byte) { checkAny(t, "x.pdf", append([]byte("%PDF-1.4\n"), data...)) })
}

// xlsx makes a bare workbook of one sheet.
func xlsx(t testing.TB, sheetXML string) []byte {
	return zipOf(t,
		"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="表" sheetId="1" r:id="rId9"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`+sheetXML+`</worksheet>`)
}

// TestCutFiles cuts a file of each kind at every 100th byte.
func TestCutFiles(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("市教育局负责推进学校文化建设；市文旅局配合。\n", 60)
	var paras strings.Builder
	for i, line := range strings.Split(text, "\n") {
		paras.WriteString(wp(line + strings.Repeat("字", i%7)))
	}
	for name, data := range map[string][]byte{
		"x.txt": gb(t, text), "x.md": []byte(text), "x.html": []byte(frame("<div id=zoom>" + text + "</div>")),
		"x.docx": docx(t, paras.String()), "x.xlsx": xlsx(t, `<sheetData><row><c><v>1</v></c></row></sheetData>`),
		"x.csv": gb(t, strings.ReplaceAll(text, "；", ",")), "x.pdf": pdfOf(t, pdfLines(text)),
	} {
		for n := 0; n < len(data); n += 100 {
			checkAny(t, name, data[:n])
			if _, err := Read(name, data[:n], Limits{}); err == nil && (name == "x.docx" || name == "x.xlsx") {
				t.Errorf("%s cut at %d is read as if it were whole", name, n)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504)
	wide := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00\x00\x00" }
	laughs := `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><w:document ` + wNS + `><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>`
	deep := strings.Repeat("<w:sdt><w:sdtContent>", 300) + strings.Repeat("</w:sdtContent></w:sdt>", 300)
	for name, c := range map[string]struct {
		file string
		data string
		lim  Limits
		want error
		say  string
	}{
		"nothing":                  {"x.txt", "", Limits{}, ErrEmpty, "没有文字"},
		"blanks":                   {"x.txt", " \n　\n", Limits{}, ErrEmpty, "没有文字"},
		"a page of scripts":        {"x.html", "<html><script>x</script>", Limits{}, ErrEmpty, "没有文字"},
		"a large file":             {"x.txt", "甲乙", Limits{MaxInput: 3}, ErrTooLarge, "太大"},
		"no time":                  {"x.html", "<p>甲", Limits{MaxTime: time.Nanosecond}, ErrTimeout, "规定时间"},
		"an old Word file":         {"方案.doc", ole + wide("WordDocument"), Limits{}, ErrLegacy, "旧版 Word 文档（.doc），请用 WPS 或 Word 打开后“另存为”.docx"},
		"an old workbook":          {"表.xls", ole + wide("Workbook"), Limits{}, ErrLegacy, ".xlsx"},
		"an old WPS file":          {"方案.wps", ole, Limits{}, ErrLegacy, ".wps"},
		"a file with a password":   {"方案.docx", ole + wide("EncryptedPackage"), Limits{}, ErrEncrypted, "密码"},
		"rich text":                {"方案.doc", `{\rtf1 x}`, Limits{}, ErrLegacy, "RTF"},
		"a web archive":            {"方案.doc", "MIME-Version: 1.0\nContent-Type: multipart/related", Limits{}, ErrLegacy, "网页存档"},
		"an OFD":                   {"方案.ofd", string(zipOf(t, "OFD.xml", "<x/>")), Limits{}, ErrLegacy, "OFD"},
		"a picture":                {"扫描.jpg", "\xff\xd8\xff\xe0xx", Limits{}, ErrUnsupported, "图片"},
		"an archive":               {"a.zip", string(zipOf(t, "a.txt", "甲")), Limits{}, ErrUnsupported, "压缩包"},
		"slides":                   {"a.pptx", string(zipOf(t, "ppt/presentation.xml", "甲")), Limits{}, ErrUnsupported, "演示文稿"},
		"an OpenDocument text":     {"a.odt", string(zipOf(t, "mimetype", "x", "content.xml", "<x/>")), Limits{}, ErrUnsupported, "OpenDocument"},
		"a program":                {"a.txt", "\x7fELF" + strings.Repeat("\x00\x01\xfe\x80\x90\x03", 100), Limits{}, ErrUnsupported, "不认识"},
		"a document without body":  {"x.docx", string(zipOf(t, "word/document.xml", "<x/>")), Limits{}, ErrDamaged, "损坏"},
		"text by the name of one":  {"x.docx", "not a zip at all", Limits{}, ErrDamaged, "损坏"},
		"text named as a workbook": {"x.xlsx", "1,2", Limits{}, ErrDamaged, "损坏"},
		"expanding entities":       {"x.docx", string(zipOf(t, "word/document.xml", laughs)), Limits{}, ErrDamaged, "损坏"},
		"deep elements":            {"x.docx", string(docx(t, deep)), Limits{}, ErrTooLarge, "太大"},
		"a bomb inside a document": {"x.docx", string(zipOf(t, "word/document.xml", strings.Repeat(" ", 8<<20))), Limits{}, ErrTooLarge, "太大"},
		"deep html":                {"x.html", strings.Repeat("<div>", 300) + "甲", Limits{}, ErrTooLarge, "太大"},
		"very deep html":           {"x.html", strings.Repeat("<div>", 100_000) + "甲", Limits{}, ErrTooLarge, "太大"},
		"open marks on each block": {"x.html", strings.Repeat("<b x=1><i y=2>", 200) + strings.Repeat("<p>甲", 10_000), Limits{}, ErrTooLarge, "太大"},
		"too many table rows":      {"x.html", "<table>" + strings.Repeat("<tr><td>甲<td>乙", 50), Limits{MaxRows: 20}, ErrTooLarge, "太大"},
		"a wide table":             {"x.html", "<table><tr><td colspan=1000>甲<td>乙" + strings.Repeat("<tr><td>丙", 50), Limits{MaxCells: 20_000}, ErrTooLarge, "太大"},
		"too many sheet rows":      {"x.csv", strings.Repeat("甲,乙\n", 50), Limits{MaxRows: 20}, ErrTooLarge, "太大"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(c.file, []byte(c.data), c.lim)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if got := Advice(err); !strings.Contains(got, c.say) {
				t.Errorf("advice %q does not say %q", got, c.say)
			}
		})
	}
}

func TestAdvice(t *testing.T) {
	t.Parallel()
	if Advice(nil) != "" {
		t.Error("advice without an error")
	}
	if got := Advice(errors.New("x: secret path")); got != adviceElse {
		t.Error(got)
	}
	for _, kind := range []error{ErrEmpty, ErrTooLarge, ErrScanned, ErrLegacy, ErrEncrypted, ErrUnsupported, ErrDamaged, ErrTimeout} {
		for _, err := range []error{kind, &Error{Kind: kind}, errors.Join(errors.New("import"), &sheet.Error{Kind: kind, Format: "x"})} {
			if got := Advice(err); got == adviceElse || !strings.HasSuffix(got, "。") {
				t.Errorf("%v: %q", err, got)
			}
		}
	}
}

// TestSamplesUnderWrongNames reads the shared samples with other names: the content still
// decides, and nothing breaks.
func TestSamplesUnderWrongNames(t *testing.T) {
	t.Parallel()
	for _, f := range samples(t) {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"x", "x.csv", "x.md", "x.html", "x.docx", "x.pdf"} {
			t.Run(filepath.Base(f)+" as "+name, func(t *testing.T) { checkAny(t, name, data) })
		}
	}
}
