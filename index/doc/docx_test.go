package doc

import (
	"archive/zip"
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// zipOf makes an archive of name, content pairs.
func zipOf(t testing.TB, pairs ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(pairs); i += 2 {
		w, err := z.Create(pairs[i])
		if err == nil {
			_, err = w.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const wNS = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"`

// docx makes a file of a body and further parts: kind (styles, numbering,
// footnotes), inner XML.
func docx(t testing.TB, body string, parts ...string) []byte {
	pairs := []string{"[Content_Types].xml", "<Types/>", "word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document ` + wNS + `><w:body>` + body + `<w:sectPr/></w:body></w:document>`}
	for i := 0; i < len(parts); i += 2 {
		pairs = append(pairs, "word/"+parts[i]+".xml", "<w:"+parts[i]+" "+wNS+">"+parts[i+1]+"</w:"+parts[i]+">")
	}
	return zipOf(t, pairs...)
}

func wp(text string, props ...string) string {
	return `<w:p><w:pPr>` + strings.Join(props, "") + `</w:pPr><w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func numPr(id, lvl string) string {
	return `<w:numPr><w:ilvl w:val="` + lvl + `"/><w:numId w:val="` + id + `"/></w:numPr>`
}

func TestReadDocx(t *testing.T) {
	t.Parallel()
	run := func(s string) string { return `<w:r><w:t>` + s + `</w:t></w:r>` }
	for name, c := range map[string]struct {
		body string
		want []line
	}{
		"runs, tabs and hyphens":             {`<w:p>` + run("甲") + `<w:r><w:tab/><w:t>乙</w:t><w:noBreakHyphen/><w:softHyphen/><w:t>丙</w:t></w:r></w:p>`, []line{{"甲\t乙-丙", ""}}},
		"a line break begins a block":        {`<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>甲</w:t><w:br/><w:t>乙</w:t></w:r></w:p>`, []line{{"甲", "center"}, {"乙", "center"}}},
		"empty paragraphs are kept":          {wp("甲") + `<w:p/>` + wp("乙"), []line{{"甲", ""}, {"", ""}, {"乙", ""}}},
		"inserted text stays":                {`<w:p>` + run("甲") + `<w:ins>` + run("乙") + `</w:ins></w:p>`, []line{{"甲乙", ""}}},
		"deleted and moved text goes":        {`<w:p>` + run("甲") + `<w:del><w:r><w:delText>删</w:delText></w:r></w:del><w:moveFrom>` + run("移") + `</w:moveFrom><w:moveTo>` + run("乙") + `</w:moveTo></w:p>`, []line{{"甲乙", ""}}},
		"a deleted mark joins paragraphs":    {`<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>` + run("甲") + `</w:p>` + wp("乙") + wp("丙"), []line{{"甲乙", ""}, {"丙", ""}}},
		"a wholly deleted paragraph is gone": {wp("甲") + `<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p>` + wp("乙"), []line{{"甲", ""}, {"乙", ""}}},
		"wrappers are transparent":           {`<w:p><w:hyperlink>` + run("甲") + `</w:hyperlink><w:smartTag><w:smartTag>` + run("乙") + `</w:smartTag></w:smartTag><w:sdt><w:sdtPr><w:alias w:val="x"/></w:sdtPr><w:sdtContent>` + run("丙") + `</w:sdtContent></w:sdt></w:p><w:sdt><w:sdtContent>` + wp("丁") + `</w:sdtContent></w:sdt>`, []line{{"甲乙丙", ""}, {"丁", ""}}},
		"field results stay, codes go":       {`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> PAGE </w:instrText></w:r>` + run("码") + `<w:r><w:fldChar w:fldCharType="separate"/></w:r>` + run("3") + `<w:r><w:fldChar w:fldCharType="end"/></w:r><w:fldSimple w:instr="DATE">` + run("日") + `</w:fldSimple></w:p>`, []line{{"3日", ""}}},
		"an unclosed field swallows nothing": {`<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r></w:p>` + wp("甲"), []line{{"", ""}, {"甲", ""}}},
		"a text box is read once":            {`<w:p>` + run("甲") + `<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><w:txbxContent>` + wp("框") + `</w:txbxContent></w:drawing></mc:Choice><mc:Fallback><w:pict><w:txbxContent>` + wp("框") + `</w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent></w:r>` + run("乙") + `</w:p>`, []line{{"甲乙", ""}, {"框", ""}}},
		"symbols":                            {`<w:p><w:r><w:sym w:font="Wingdings" w:char="F0FE"/><w:t>是</w:t><w:sym w:font="Wingdings" w:char="F0A8"/><w:t>否</w:t></w:r></w:p>`, []line{{"☑是□否", ""}}},
		"hidden text goes":                   {`<w:p>` + run("甲") + `<w:r><w:rPr><w:vanish/></w:rPr><w:t>藏</w:t></w:r></w:p>`, []line{{"甲", ""}}},
		"ruby keeps its base":                {`<w:p><w:r><w:ruby><w:rt>` + run("jia") + `</w:rt><w:rubyBase>` + run("甲") + `</w:rubyBase></w:ruby></w:r></w:p>`, []line{{"甲", ""}}},
		"a formula's text":                   {`<w:p><m:oMath><m:r><m:t>x</m:t></m:r></m:oMath></w:p>`, []line{{"x", ""}}},
		"a one-cell table is text":           {`<w:tbl><w:tr><w:tc>` + wp("甲") + wp("乙") + `</w:tc></w:tr></w:tbl>`, []line{{"甲", ""}, {"乙", ""}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "x.docx", docx(t, c.body))
			if diff := cmp.Diff(c.want, linesOf(d), cmp.AllowUnexported(line{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDeletedTextIsNoted(t *testing.T) {
	t.Parallel()
	d := read(t, "x.docx", docx(t, `<w:p><w:r><w:t>甲</w:t></w:r><w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p>`))
	if diff := cmp.Diff([]string{"删"}, d.Dropped); diff != "" {
		t.Error(diff)
	}
}

func TestDocxStyles(t *testing.T) {
	t.Parallel()
	styles := `<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/><w:basedOn w:val="a"/></w:style>
<w:style w:type="paragraph" w:styleId="mine"><w:name w:val="我的标题"/><w:basedOn w:val="1"/></w:style>
<w:style w:type="paragraph" w:styleId="o"><w:name w:val="提纲"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="t"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="c"><w:name w:val="居中"/><w:basedOn w:val="c"/><w:pPr><w:jc w:val="center"/></w:pPr></w:style>`
	ps := func(id string) string { return `<w:pStyle w:val="` + id + `"/>` }
	d := read(t, "x.docx", docx(t, wp("甲", ps("1"))+wp("乙", ps("mine"))+wp("丙", ps("o"))+wp("丁", ps("t"))+wp("戊", ps("c"))+
		wp("己", `<w:outlineLvl w:val="0"/>`)+wp("庚", `<w:outlineLvl w:val="9"/>`)+wp("辛", ps("c"), `<w:jc w:val="left"/>`)+wp("壬", ps("gone")), "styles", styles))
	var got []string
	for _, b := range d.Blocks {
		got = append(got, b.Style)
	}
	if diff := cmp.Diff([]string{"heading1", "heading1", "heading3", "title", "center", "heading1", "", "", ""}, got); diff != "" {
		t.Error(diff)
	}
}

func lvl(i, start, format, text string, more ...string) string {
	return `<w:lvl w:ilvl="` + i + `"><w:start w:val="` + start + `"/><w:numFmt w:val="` + format + `"/>` + strings.Join(more, "") + `<w:lvlText w:val="` + text + `"/></w:lvl>`
}

func TestDocxNumbers(t *testing.T) {
	t.Parallel()
	const nums = `<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`
	abs := func(levels ...string) string {
		return `<w:abstractNum w:abstractNumId="0">` + strings.Join(levels, "") + `</w:abstractNum>`
	}
	for name, c := range map[string]struct {
		numbering, body string
		want            []string
	}{
		"Chinese outline, each level restarts": {
			abs(lvl("0", "1", "chineseCountingThousand", "%1、"), lvl("1", "1", "chineseCountingThousand", "（%2）"), lvl("2", "1", "decimal", "%3.")) + nums,
			wp("甲", numPr("1", "0")) + wp("乙", numPr("1", "1")) + wp("丙", numPr("1", "2")) + wp("丁", numPr("1", "2")) + wp("戊", numPr("1", "1")) + wp("己", numPr("1", "2")) + wp("庚", numPr("1", "0")) + wp("辛", numPr("1", "1")),
			[]string{"{一、}甲", "{（一）}乙", "{1. }丙", "{2. }丁", "{（二）}戊", "{1. }己", "{二、}庚", "{（一）}辛"},
		},
		"articles and a start": {
			abs(lvl("0", "8", "chineseCountingThousand", "第%1条")) + nums,
			wp("甲", numPr("1", "0")) + wp("乙", numPr("1", "0")),
			[]string{"{第八条 }甲", "{第九条 }乙"},
		},
		"several levels in one label": {
			abs(lvl("0", "1", "chineseCounting", "%1"), lvl("1", "1", "decimal", "%1.%2", "<w:isLgl/>")) + nums,
			wp("甲", numPr("1", "0")) + wp("2021年", numPr("1", "1")) + wp("乙", numPr("1", "1")),
			[]string{"{一 }甲", "{1.1 }2021年", "{1.2 }乙"},
		},
		"a level whose parent was never printed": {
			abs(lvl("0", "1", "decimal", "%1"), lvl("1", "1", "decimal", "%1.%2")) + nums,
			wp("甲", numPr("1", "1")) + wp("乙", numPr("1", "0")),
			[]string{"{1.1 }甲", "{2 }乙"},
		},
		"a start override restarts": {
			abs(lvl("0", "1", "decimal", "%1.")) + nums + `<w:num w:numId="2"><w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>`,
			wp("甲", numPr("1", "0")) + wp("乙", numPr("1", "0")) + wp("丙", numPr("2", "0")) + wp("丁", numPr("2", "0")),
			[]string{"{1. }甲", "{2. }乙", "{1. }丙", "{2. }丁"},
		},
		"instances of one list go on counting": {
			abs(lvl("0", "1", "decimal", "%1.")) + nums + `<w:num w:numId="2"><w:abstractNumId w:val="0"/></w:num>`,
			wp("甲", numPr("1", "0")) + wp("乙", numPr("2", "0")),
			[]string{"{1. }甲", "{2. }乙"},
		},
		"no restart where the level says so": {
			abs(lvl("0", "1", "decimal", "%1"), lvl("1", "1", "decimal", "(%2)", `<w:lvlRestart w:val="0"/>`)) + nums,
			wp("甲", numPr("1", "0")) + wp("乙", numPr("1", "1")) + wp("丙", numPr("1", "0")) + wp("丁", numPr("1", "1")),
			[]string{"{1 }甲", "{(1) }乙", "{2 }丙", "{(2) }丁"},
		},
		"bullets are no text": {
			abs(lvl("0", "1", "bullet", "\uf06c")) + nums, wp("甲", numPr("1", "0")), []string{"甲"},
		},
		"numId 0 switches numbering off": {
			abs(lvl("0", "1", "decimal", "%1.")) + nums, wp("甲", numPr("0", "0")), []string{"甲"},
		},
		"circled numbers without a gap": {
			abs(lvl("0", "1", "decimalEnclosedCircle", "%1", `<w:suff w:val="nothing"/>`)) + nums, wp("甲", numPr("1", "0")) + wp("乙", numPr("1", "0")), []string{"{①}甲", "{②}乙"},
		},
		"a deleted paragraph does not count": {
			abs(lvl("0", "1", "decimal", "%1.")) + nums,
			wp("甲", numPr("1", "0")) + `<w:p><w:pPr>` + numPr("1", "0") + `<w:rPr><w:del/></w:rPr></w:pPr><w:del><w:r><w:delText>删</w:delText></w:r></w:del></w:p>` + wp("乙", numPr("1", "0")),
			[]string{"{1. }甲", "{2. }乙"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := read(t, "x.docx", docx(t, c.body, "numbering", c.numbering))
			if diff := cmp.Diff(c.want, textsOf(d)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDocxNumbersThroughStyles(t *testing.T) {
	t.Parallel()
	d := read(t, "x.docx", docx(t, wp("甲", `<w:pStyle w:val="h1"/>`)+wp("乙", `<w:pStyle w:val="h2"/>`)+wp("丙", `<w:pStyle w:val="h2b"/>`),
		"styles", `<w:style w:type="paragraph" w:styleId="h1"><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="h2"><w:pPr><w:numPr><w:numId w:val="3"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="h2b"><w:basedOn w:val="h2"/></w:style>
<w:style w:type="numbering" w:styleId="list"><w:pPr><w:numPr><w:numId w:val="4"/></w:numPr></w:pPr></w:style>`,
		"numbering", `<w:abstractNum w:abstractNumId="0"><w:numStyleLink w:val="list"/></w:abstractNum><w:abstractNum w:abstractNumId="1">`+
			lvl("0", "1", "chineseCounting", "%1、", `<w:pStyle w:val="h1"/>`)+lvl("1", "1", "chineseCounting", "（%2）", `<w:pStyle w:val="h2"/>`)+
			`</w:abstractNum><w:num w:numId="3"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="4"><w:abstractNumId w:val="1"/></w:num>`))
	if diff := cmp.Diff([]string{"{一、}甲", "{（一）}乙", "{（二）}丙"}, textsOf(d)); diff != "" {
		t.Error(diff)
	}
}

func TestDocxTables(t *testing.T) {
	t.Parallel()
	tc := func(props, text string) string { return `<w:tc><w:tcPr>` + props + `</w:tcPr>` + wp(text) + `</w:tc>` }
	tr := func(cells ...string) string { return `<w:tr>` + strings.Join(cells, "") + `</w:tr>` }
	span, restart, more := `<w:gridSpan w:val="2"/>`, `<w:vMerge w:val="restart"/>`, `<w:vMerge/>`
	d := read(t, "x.docx", docx(t, `<w:tbl>`+
		tr(tc(restart, "序号"), tc(span, "单位"))+
		tr(tc(more, ""), tc("", "牵头"), tc("", "配合"))+
		`<w:tr><w:trPr><w:del/></w:trPr>`+tc("", "删")+tc("", "删")+tc("", "删")+`</w:tr>`+
		`<w:sdt><w:sdtContent>`+tr(tc("", "1"), `<w:tc>`+wp("甲")+wp("乙")+`</w:tc>`, `<w:sdt><w:sdtContent>`+tc("", "丙")+`</w:sdtContent></w:sdt>`)+`</w:sdtContent></w:sdt>`+
		`<w:tr><w:trPr><w:gridBefore w:val="1"/></w:trPr>`+tc(`<w:hMerge w:val="restart"/>`, "丁")+tc(`<w:hMerge/>`, "")+`</w:tr>`+
		tr(tc("", "2"), `<w:tc><w:tbl>`+tr(tc("", "里1"), tc("", "里2"))+`</w:tbl>`+wp("外")+`</w:tc>`)+
		`</w:tbl>`+wp("后")))
	want := [][]string{{"序号", "单位", "[单位]"}, {"[序号]", "牵头", "配合"}, {"1", "甲\n乙", "丙"}, {"", "丁", "[丁]"}, {"2", "里1 里2\n外", ""}}
	if diff := cmp.Diff(want, cellsOf(t, d, 0)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"TABLE", "后"}, textsOf(d)); diff != "" {
		t.Error(diff)
	}
}

func TestNumbersInTableCells(t *testing.T) {
	t.Parallel()
	row := `<w:tr><w:tc>` + wp("", numPr("1", "0")) + `</w:tc><w:tc>` + wp("任务") + `</w:tc></w:tr>`
	d := read(t, "x.docx", docx(t, `<w:tbl>`+row+row+`</w:tbl>`, "numbering",
		`<w:abstractNum w:abstractNumId="0">`+lvl("0", "1", "decimal", "%1")+`</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>`))
	if diff := cmp.Diff([][]string{{"1", "任务"}, {"2", "任务"}}, cellsOf(t, d, 0)); diff != "" {
		t.Error(diff)
	}
}

func TestFootnotesFollowTheBody(t *testing.T) {
	t.Parallel()
	d := read(t, "x.docx", docx(t, `<w:p><w:r><w:t>甲</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:r><w:t>。</w:t></w:r></w:p>`,
		"footnotes", `<w:footnote w:type="separator" w:id="0">`+wp("线")+`</w:footnote><w:footnote w:id="2">`+wp("注释")+`</w:footnote>`))
	if diff := cmp.Diff([]string{"甲。", "{[1] }注释"}, textsOf(d)); diff != "" {
		t.Error(diff)
	}
}

func TestStrictAndUnusualPackages(t *testing.T) {
	t.Parallel()
	body := `<x:document xmlns:x="http://purl.oclc.org/ooxml/wordprocessingml/main"><x:body><x:p><x:pPr><x:jc x:val="center"/></x:pPr><x:r><x:t>甲</x:t></x:r></x:p></x:body></x:document>`
	for name, data := range map[string][]byte{
		"the strict namespace": zipOf(t, "[Content_Types].xml", "<Types/>", "word/document.xml", body),
		"a main part elsewhere": zipOf(t, "_rels/.rels", `<Relationships><Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/word/document2.xml"/></Relationships>`,
			"word/document2.xml", body),
		"backslashes in entry names": zipOf(t, `word\document.xml`, body),
		"an undeclared prefix":       zipOf(t, "word/document.xml", `<w:document><w:body><w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:t>甲</w:t></w:r></w:p></w:body></w:document>`),
	} {
		d := read(t, "x.docx", data)
		if diff := cmp.Diff([]line{{"甲", "center"}}, linesOf(d), cmp.AllowUnexported(line{})); diff != "" {
			t.Error(name, diff)
		}
	}
}

// The Yueqing plan through every format that can hold it keeps every character.
func TestYueqingSurvivesEveryFormat(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../shared/data/plans/00-yueqing-culture-coordination.txt")
	if err != nil {
		t.Skip("no shared plans here")
	}
	var paras, html strings.Builder
	for line := range strings.SplitSeq(string(data), "\n") {
		paras.WriteString(wp(line))
		html.WriteString("<p>" + line + "</p>\n")
	}
	for name, in := range map[string][]byte{
		"x.txt": data, "x.md": data, "gb.txt": gb(t, string(data)), "x.html": []byte(html.String()), "x.docx": docx(t, paras.String()),
		"x.pdf": pdfOf(t, pdfLines(string(data))),
	} {
		d := read(t, name, in)
		if got, want := bare(d.Text), bare(string(data)); got != want {
			t.Errorf("%s: %d of %d bytes", name, len(got), len(want))
		}
	}
}
