package sheet

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// texts gives a table's cell texts, a copied one in brackets.
func texts(t Table) [][]string {
	var out [][]string
	for _, row := range t.Rows {
		var r []string
		for _, c := range row {
			if c.Copied {
				r = append(r, "["+c.Text+"]")
			} else {
				r = append(r, c.Text)
			}
		}
		out = append(out, r)
	}
	return out
}

func gb(t testing.TB, s string) []byte {
	t.Helper()
	out, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadCSV(t *testing.T) {
	t.Parallel()
	want := [][]string{{"序号", "任务", "牵头单位"}, {"1", "建礼堂", "市委宣传部"}}
	for name, c := range map[string]struct {
		data []byte
		want [][]string
	}{
		"UTF-8 with a byte order mark": {[]byte("\xef\xbb\xbf序号,任务,牵头单位\r\n1,建礼堂,市委宣传部\r\n"), want},
		"GB18030":                      {gb(t, "序号,任务,牵头单位\n1,建礼堂,市委宣传部\n"), want},
		"tabs":                         {[]byte("序号\t任务\t牵头单位\n1\t建礼堂\t市委宣传部"), want},
		"semicolons":                   {[]byte("序号;任务;牵头单位\n1;建礼堂;市委宣传部"), want},
		"full-width commas":            {[]byte("序号，任务，牵头单位\n1，建礼堂，市委宣传部"), want},
		"a separator hint":             {[]byte("sep=;\n序号;任务;牵头单位\n1;建礼堂;市委宣传部"), want},
		"full-width commas are text beside commas": {[]byte("a,b\n一，二，三,x\n四，五，六,y"), [][]string{{"a", "b"}, {"一，二，三", "x"}, {"四，五，六", "y"}}},
		"ragged rows are filled up":                {[]byte("a,b,c\n1\n2,3"), [][]string{{"a", "b", "c"}, {"1", "", ""}, {"2", "3", ""}}},
		"a quoted line end stays":                  {[]byte("a,b\n\"x\ny\",z"), [][]string{{"a", "b"}, {"x\ny", "z"}}},
		"doubled quotes are one":                   {[]byte("a,b\n\"x \"\"y\"\"\",z"), [][]string{{"a", "b"}, {`x "y"`, "z"}}},
		"a quote inside a word is text":            {[]byte("a,b\nx\"y,z"), [][]string{{"a", "b"}, {`x"y`, "z"}}},
		"an unclosed quote swallows nothing":       {[]byte("a,b\n\"x,z\n1,2"), [][]string{{"a", "b"}, {`"x`, "z"}, {"1", "2"}}},
		"trailing empty columns and rows go":       {[]byte("a,b,,\n1,2,,\n,,,\n,,\n"), [][]string{{"a", "b"}, {"1", "2"}}},
		"an empty row in between stays":            {[]byte("a,b\n\n1,2"), [][]string{{"a", "b"}, {"", ""}, {"1", "2"}}},
		"outer white space goes":                   {[]byte("　a ,b\n1, 2　"), [][]string{{"a", "b"}, {"1", "2"}}},
		"full-width digits stay as written":        {[]byte("a,b\n１，２,３"), [][]string{{"a", "b"}, {"１，２", "３"}}},
		"a formula is text":                        {[]byte("a,b\n=1+1,-x"), [][]string{{"a", "b"}, {"=1+1", "-x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read("x.csv", c.data, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, texts(got[0])); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for col, want := range map[int]string{0: "A", 25: "Z", 26: "AA", 701: "ZZ", 702: "AAA", 16383: "XFD"} {
		if got := ColumnName(col); got != want {
			t.Errorf("column %d is %s, want %s", col, got, want)
		}
	}
	got, err := Read("x.csv", []byte("a,b\n\n1,2"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if a := got[0].Rows[2][1].Addr; a != "B3" {
		t.Errorf("third line, second field is %s", a)
	}
}

// book makes a workbook by the library.
func book(t testing.TB, fill func(f *excelize.File)) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	fill(f)
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func must(t testing.TB, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadXLSX(t *testing.T) {
	t.Parallel()
	format := func(f *excelize.File, code string) int {
		id, err := f.NewStyle(&excelize.Style{CustomNumFmt: &code})
		must(t, err)
		return id
	}
	for name, c := range map[string]struct {
		fill func(f *excelize.File)
		want [][]string
	}{
		"a merged title row and two header rows": {func(f *excelize.File) {
			must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"任务分工表"}), f.MergeCell("Sheet1", "A1", "D1"),
				f.SetSheetRow("Sheet1", "A2", &[]any{"序号", "任务", "责任单位"}), f.MergeCell("Sheet1", "C2", "D2"),
				f.SetSheetRow("Sheet1", "A3", &[]any{nil, nil, "牵头", "配合"}), f.MergeCell("Sheet1", "A2", "A3"), f.MergeCell("Sheet1", "B2", "B3"),
				f.SetSheetRow("Sheet1", "A4", &[]any{1, "建礼堂", "宣传部", "文旅局"}))
		}, [][]string{{"任务分工表", "[任务分工表]", "[任务分工表]", "[任务分工表]"}, {"序号", "任务", "责任单位", "[责任单位]"}, {"[序号]", "[任务]", "牵头", "配合"}, {"1", "建礼堂", "宣传部", "文旅局"}}},
		"a merge wider than the table is cut": {func(f *excelize.File) {
			must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"标题"}), f.MergeCell("Sheet1", "A1", "XFD1"), f.SetSheetRow("Sheet1", "A2", &[]any{"a", "b"}))
		}, [][]string{{"标题", "[标题]"}, {"a", "b"}}},
		"dates as Excel shows them in China": {func(f *excelize.File) {
			day := 44561 // 2021-12-31
			for i, code := range []string{`yyyy"年"m"月"d"日"`, `yyyy-mm-dd`, `[$-804]yyyy"年"m"月";@`, `yyyy/m/d`, `m"月"d"日"`} {
				cell := ColumnName(i) + "1"
				must(t, f.SetCellValue("Sheet1", cell, day), f.SetCellStyle("Sheet1", cell, cell, format(f, code)))
			}
		}, [][]string{{"2021年12月31日", "2021-12-31", "2021年12月", "2021/12/31", "12月31日"}}},
		"built-in Chinese date formats": {func(f *excelize.File) {
			for i, id := range []int{14, 31, 57, 58} {
				style, err := f.NewStyle(&excelize.Style{NumFmt: id})
				cell := ColumnName(i) + "1"
				must(t, err, f.SetCellValue("Sheet1", cell, 44561), f.SetCellStyle("Sheet1", cell, cell, style))
			}
		}, [][]string{{"2021/12/31", "2021年12月31日", "2021年12月", "12月31日"}}},
		"numbers as shown": {func(f *excelize.File) {
			must(t, f.SetSheetRow("Sheet1", "A1", &[]any{1, 0.5, 0.25, true, 1e10}), f.SetCellStyle("Sheet1", "C1", "C1", format(f, "0%")))
		}, [][]string{{"1", "0.5", "25%", "TRUE", "10000000000"}}},
		"rich text is joined": {func(f *excelize.File) {
			must(t, f.SetCellRichText("Sheet1", "A1", []excelize.RichTextRun{{Text: "市委"}, {Text: "宣传部", Font: &excelize.Font{Bold: true}}}), f.SetCellValue("Sheet1", "B1", "x"))
		}, [][]string{{"市委宣传部", "x"}}},
		"line ends in a cell stay": {func(f *excelize.File) {
			must(t, f.SetCellValue("Sheet1", "A1", " 甲\r\n乙 "), f.SetCellValue("Sheet1", "B1", "x"))
		}, [][]string{{"甲\n乙", "x"}}},
		"hidden rows are kept": {func(f *excelize.File) {
			must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"a", "b"}), f.SetSheetRow("Sheet1", "A2", &[]any{"c", "d"}), f.SetRowVisible("Sheet1", 2, false))
		}, [][]string{{"a", "b"}, {"c", "d"}}},
		"a styled empty row far down costs nothing": {func(f *excelize.File) {
			must(t, f.SetSheetRow("Sheet1", "A1", &[]any{"a", "b"}), f.SetCellStyle("Sheet1", "A9000", "A9000", format(f, "0")))
		}, [][]string{{"a", "b"}}},
		"a formula gives its stored value": {func(f *excelize.File) {
			must(t, f.SetCellValue("Sheet1", "A1", 3), f.SetCellFormula("Sheet1", "A1", "1+2"), f.SetCellValue("Sheet1", "B1", "x"))
		}, [][]string{{"3", "x"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read("x.xlsx", book(t, c.fill), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, texts(got[0])); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSheetsOfABook(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) {
		for _, n := range []string{"分工表", "藏", "空", "第二批"} {
			_, err := f.NewSheet(n)
			must(t, err)
		}
		must(t, f.SetCellValue("分工表", "B2", "甲"), f.SetCellValue("藏", "A1", "乙"), f.SetCellValue("第二批", "A1", "丙"), f.SetSheetVisible("藏", false))
	})
	got, err := Read("x.xlsx", data, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range got {
		names = append(names, s.Name)
	}
	if d := cmp.Diff([]string{"分工表", "第二批"}, names); d != "" {
		t.Error("visible sheets with text, in order:", d)
	}
	if c := got[0].Rows[1][1]; c.Text != "甲" || c.Addr != "B2" {
		t.Errorf("cell is %+v", c)
	}
}

// zipOf makes an archive of name, content pairs.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		must(t, err)
		_, err = w.Write([]byte(pairs[i+1]))
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

// bare is a workbook with nothing but what must be there, as converters and
// WPS make it: no styles, no strings part, parts in unusual places.
func bare(t testing.TB, sheetXML string) []byte {
	return zipOf(t,
		"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/octet-stream"/></Types>`,
		"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="表" sheetId="1" r:id="rId9"/></sheets></workbook>`,
		"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="/xl/worksheets/sheet1.xml"/></Relationships>`,
		"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`+sheetXML+`</worksheet>`)
}

func TestBareBookOpens(t *testing.T) {
	t.Parallel()
	got, err := Read("wps.xlsx", bare(t, `<sheetData><row><c t="inlineStr"><is><t>甲</t></is></c><c><v>1</v></c></row><row r="3"><c r="B3" t="str" s="7"><f>A1</f><v>乙</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{{"甲", "1"}, {"[甲]", ""}, {"", "乙"}}, texts(got[0])); d != "" {
		t.Error(d)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	many := strings.Repeat("<row><c><v>1</v></c></row>", 2000)
	deep := strings.Repeat("<a>", 400) + strings.Repeat("</a>", 400)
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 512)
	wide := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00\x00\x00" }
	for name, c := range map[string]struct {
		file string
		data []byte
		lim  Limits
		want error
	}{
		"an empty file":                 {"x.csv", nil, Limits{}, ErrEmpty},
		"a file of blanks":              {"x.csv", []byte(" ,\n , \n"), Limits{}, ErrEmpty},
		"a book without text":           {"x.xlsx", bare(t, "<sheetData/>"), Limits{}, ErrEmpty},
		"more input than allowed":       {"x.csv", []byte("a,b"), Limits{MaxInput: 2}, ErrTooLarge},
		"more csv rows than allowed":    {"x.csv", []byte(strings.Repeat("a\n", 30)), Limits{MaxRows: 20}, ErrTooLarge},
		"more csv cells than allowed":   {"x.csv", []byte(strings.Repeat("a,b\n", 30)), Limits{MaxCells: 20}, ErrTooLarge},
		"more rows than allowed":        {"x.xlsx", bare(t, "<sheetData>"+many+"</sheetData>"), Limits{MaxRows: 100}, ErrTooLarge},
		"a sparse sheet of many places": {"x.xlsx", bare(t, `<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row><row r="90000"><c r="A90000"><v>1</v></c></row></sheetData>`), Limits{}, ErrTooLarge},
		"a row beyond Excel's":          {"x.xlsx", bare(t, `<sheetData><row r="99999999"><c r="A99999999"><v>1</v></c></row></sheetData>`), Limits{}, ErrDamaged},
		"deep nesting":                  {"x.xlsx", bare(t, deep), Limits{}, ErrTooLarge},
		"a zip bomb by its ratio":       {"x.xlsx", zipOf(t, "xl/workbook.xml", strings.Repeat("a", 8<<20)), Limits{}, ErrTooLarge},
		"a zip bomb by its size":        {"x.xlsx", zipOf(t, "a", strings.Repeat("a", 900_000), "b", strings.Repeat("a", 900_000)), Limits{MaxUnzipped: 1 << 20}, ErrTooLarge},
		"too many styles":               {"x.xlsx", append([]byte(nil), zipOf(t, "xl/workbook.xml", `<w><sheet name="a"/></w>`, "xl/styles.xml", strings.Repeat("<xf/>\n", 600_000))...), Limits{MaxRatio: 5000}, ErrTooLarge},
		"no workbook inside":            {"x.xlsx", zipOf(t, "a.txt", "x"), Limits{}, ErrDamaged},
		"a missing string":              {"x.xlsx", bare(t, `<sheetData><row><c t="s"><v>99</v></c></row></sheetData>`), Limits{}, ErrDamaged},
		"a password":                    {"x.xlsx", []byte(ole + wide("EncryptedPackage")), Limits{}, ErrEncrypted},
		"an old workbook":               {"x.xls", []byte(ole + wide("Workbook")), Limits{}, ErrLegacy},
		"a program":                     {"x.csv", []byte("\x7fELF\x02\x01\x01" + strings.Repeat("\x00\x01\xfe\x80\x90", 200)), Limits{}, ErrUnsupported},
		"no time":                       {"x.csv", []byte("a,b"), Limits{MaxTime: time.Nanosecond}, ErrTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := Read(c.file, c.data, c.lim)
			var e *Error
			if !errors.Is(err, c.want) || !errors.As(err, &e) || got != nil {
				t.Errorf("got %v, %v; want %v", len(got), err, c.want)
			}
		})
	}
}

func TestErrorsKeepTheirKindWhenWrapped(t *testing.T) {
	t.Parallel()
	cause := errors.New("cause")
	err := fmt.Errorf("import x: %w", &Error{Kind: ErrDamaged, Format: "xlsx", Place: "表!3", Err: cause})
	for _, want := range []error{ErrDamaged, cause} {
		if !errors.Is(err, want) {
			t.Errorf("%v is not %v", err, want)
		}
	}
	if errors.Is(err, ErrTooLarge) {
		t.Error("a damaged file is not too large")
	}
	if got := err.Error(); got != "import x: xlsx: damaged file at 表!3: cause" {
		t.Error(got)
	}
}

func TestDecode(t *testing.T) {
	t.Parallel()
	const s = "市委宣传部：负责𠮷𠮷。\n"
	utf16 := func(s string, big bool) string {
		var b strings.Builder
		for _, r := range s {
			u := []uint16{uint16(r)}
			if r > 0xffff {
				r -= 0x10000
				u = []uint16{0xd800 + uint16(r>>10), 0xdc00 + uint16(r&0x3ff)}
			}
			for _, v := range u {
				if big {
					b.Write([]byte{byte(v >> 8), byte(v)})
				} else {
					b.Write([]byte{byte(v), byte(v >> 8)})
				}
			}
		}
		return b.String()
	}
	for name, c := range map[string]struct{ in, want string }{
		"UTF-8":                             {s, s},
		"UTF-8 with a byte order mark":      {"\xef\xbb\xbf" + s, s},
		"UTF-16 little end first":           {"\xff\xfe" + utf16(s, false), s},
		"UTF-16 big end first":              {"\xfe\xff" + utf16(s, true), s},
		"UTF-16 without a mark":             {utf16("市委 A\n", false), "市委 A\n"},
		"GB18030 with four-byte characters": {string(gb(t, s)), s},
		"line ends of Windows and old Macs": {"a\r\nb\rc", "a\nb\nc"},
		"UTF-8 with one spoilt byte":        {strings.Repeat("市", 40) + "\xff。", strings.Repeat("市", 40) + "\ufffd。"},
		"a character cut off at the end":    {strings.Repeat("市", 40) + "\xe5\xb8", strings.Repeat("市", 40) + "\ufffd"},
	} {
		got, err := Decode([]byte(c.in))
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestWriteXLSX(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("名", 40)
	var b bytes.Buffer
	err := WriteXLSX(&b, []Out{
		{Name: "任务:表/1", Head: []string{"序号", "任务"}, Rows: [][]string{{"1", "=HYPERLINK(\"x\")"}, {"+1", "-1"}, {"@x", "\tx"}, {"换\n行", "\x01坏"}}},
		{Name: long, Rows: [][]string{{"甲"}}},
		{Name: long, Rows: [][]string{{"乙"}}},
	})
	must(t, err)
	got, err := Read("x.xlsx", b.Bytes(), Limits{})
	must(t, err)
	if d := cmp.Diff([][]string{{"序号", "任务"}, {"1", "=HYPERLINK(\"x\")"}, {"+1", "-1"}, {"@x", "x"}, {"换\n行", "坏"}}, texts(got[0])); d != "" {
		t.Error(d)
	}
	if got[0].Name != "任务_表_1" || got[1].Name == got[2].Name {
		t.Errorf("names %q, %q, %q", got[0].Name, got[1].Name, got[2].Name)
	}
	f, err := excelize.OpenReader(bytes.NewReader(b.Bytes()))
	must(t, err)
	defer f.Close()
	for _, cell := range []string{"B2", "A3", "B3", "A4", "B4"} {
		formula, err := f.GetCellFormula(got[0].Name, cell)
		must(t, err)
		kind, err := f.GetCellType(got[0].Name, cell)
		must(t, err)
		if formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s is formula %q of type %v", cell, formula, kind)
		}
	}
	page, err := f.GetPageLayout(got[0].Name)
	must(t, err)
	props, err := f.GetSheetProps(got[0].Name)
	must(t, err)
	if *page.Size != 9 || *page.Orientation != "landscape" || *page.FitToHeight != 0 || !*props.FitToPage {
		t.Errorf("printed on %d, %s", *page.Size, *page.Orientation)
	}
	if names := f.GetDefinedName(); len(names) != 1 || names[0].Scope != got[0].Name || names[0].RefersTo != "'"+got[0].Name+"'!$1:$1" {
		t.Errorf("repeated on each page: %+v", names)
	}
	if err := WriteXLSX(&b, []Out{{Rows: [][]string{{strings.Repeat("长", 40_000)}}}}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a cell that Excel cannot hold: %v", err)
	}
}

// FuzzReadCSV and FuzzReadXLSX: no panic, an *Error or rectangular tables
// within the limits.
func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("序号,任务\n1,\"a\nb\"\n"))
	f.Add([]byte("\"\"\"\n,\"\t;，"))
	f.Add(gb(f, "序号;任务\r\n1;建"))
	f.Fuzz(func(t *testing.T, data []byte) { check(t, "x.csv", data) })
}

func FuzzReadXLSX(f *testing.F) {
	f.Add(bare(f, `<sheetData><row r="2"><c r="B2"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:C3"/></mergeCells>`))
	f.Add(book(f, func(x *excelize.File) { must(f, x.SetCellValue("Sheet1", "A1", "甲")) }))
	f.Fuzz(func(t *testing.T, data []byte) { check(t, "x.xlsx", data) })
}

func check(t *testing.T, name string, data []byte) {
	lim := Limits{MaxRows: 1000, MaxCells: 10_000, MaxTime: 5 * time.Second, MaxUnzipped: 4 << 20}
	tables, err := Read(name, data, lim)
	if err != nil {
		var e *Error
		if !errors.As(err, &e) {
			t.Fatalf("not an *Error: %v", err)
		}
		return
	}
	cells := 0
	for _, tb := range tables {
		for r, row := range tb.Rows {
			if len(row) != len(tb.Rows[0]) {
				t.Fatal("ragged table")
			}
			cells += len(row)
			for c := range row {
				if row[c].Addr != Address(r, c) {
					t.Fatalf("address %s at %d, %d", row[c].Addr, r, c)
				}
			}
		}
	}
	if cells > lim.MaxCells {
		t.Fatalf("%d cells", cells)
	}
}

func TestTruncatedBooksAreDamaged(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) { must(t, f.SetCellValue("Sheet1", "A1", "甲")) })
	for n := 100; n < len(data); n += 100 {
		if _, err := Read("x.xlsx", data[:n], Limits{}); !errors.Is(err, ErrDamaged) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}
