package doc

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"

	"xietiao/index/sheet"
)

// Out is one paragraph, or one table, to write.
type Out struct {
	Style string // "title", "heading1", "heading2", "center", "right", "note" (small print) or "" as of Block
	Text  string // \n begins a new line
	Table *sheet.Out
	Break bool // a paragraph that begins a page
}

// WriteDOCX writes a document for Word and WPS, on A4 with the fonts and sizes of
// official documents and numbered pages. The same parts give the same bytes.
func WriteDOCX(w io.Writer, parts []Out) error {
	var body bytes.Buffer
	for _, p := range parts {
		if p.Table != nil {
			writeTable(&body, *p.Table)
		} else {
			writeParagraph(&body, p)
		}
	}
	z := zip.NewWriter(w)
	for _, part := range []struct{ name, text string }{
		{"[Content_Types].xml", docxTypes}, {"_rels/.rels", docxRelations}, {"word/_rels/document.xml.rels", docxParts}, {"word/styles.xml", docxStyles},
		{"word/fontTable.xml", docxFonts}, {"word/footer1.xml", docxFooter},
		{"word/document.xml", docxHead + body.String() + docxTail},
	} {
		f, err := z.Create(part.name)
		if err == nil {
			_, err = io.WriteString(f, part.text)
		}
		if err != nil {
			return fmt.Errorf("write document: %w", err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("write document: %w", err)
	}
	return nil
}

// styleNames are the styles of docxStyles.
var styleNames = map[string]string{"title": "Title", "heading1": "Heading1", "heading2": "Heading2", "note": "Note", "center": "Center", "right": "Right", "cell": "Cell", "figure": "CellFigure", "head": "Head"}

func writeParagraph(b *bytes.Buffer, p Out) {
	b.WriteString("<w:p><w:pPr>")
	if name := styleNames[p.Style]; name != "" {
		fmt.Fprintf(b, `<w:pStyle w:val="%s"/>`, name)
	}
	if p.Break {
		b.WriteString("<w:pageBreakBefore/>")
	}
	b.WriteString("</w:pPr>")
	for i, line := range strings.Split(sheet.Lines(p.Text), "\n") {
		b.WriteString("<w:r>")
		if i > 0 {
			b.WriteString("<w:br/>")
		}
		for j, piece := range strings.Split(line, "\t") {
			if j > 0 {
				b.WriteString("<w:tab/>")
			}
			b.WriteString(`<w:t xml:space="preserve">`)
			_ = xml.EscapeText(b, []byte(piece)) // a buffer takes all
			b.WriteString("</w:t>")
		}
		b.WriteString("</w:r>")
	}
	b.WriteString("</w:p>")
}

// writeTable writes a table as wide as the text; columns share it by what they hold.
func writeTable(b *bytes.Buffer, t sheet.Out) {
	rows := t.Rows
	if len(t.Head) > 0 {
		rows = append([][]string{t.Head}, rows...)
	}
	widths := columnWidths(rows)
	if len(widths) == 0 {
		return
	}
	b.WriteString(`<w:tbl><w:tblPr><w:tblStyle w:val="Grid"/><w:tblW w:w="5000" w:type="pct"/><w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar></w:tblPr><w:tblGrid>`)
	for _, w := range widths {
		fmt.Fprintf(b, `<w:gridCol w:w="%d"/>`, w)
	}
	b.WriteString("</w:tblGrid>")
	figures := figureColumns(t.Rows, len(widths))
	for r, row := range rows {
		b.WriteString("<w:tr><w:trPr><w:cantSplit/>")
		if r == 0 && len(t.Head) > 0 {
			b.WriteString("<w:tblHeader/>")
		}
		b.WriteString("</w:trPr>")
		for c, w := range widths {
			text, style := "", "cell"
			if c < len(row) {
				text = row[c]
			}
			switch {
			case r == 0 && len(t.Head) > 0:
				style = "head"
			case figures[c]:
				style = "figure"
			}
			fmt.Fprintf(b, `<w:tc><w:tcPr><w:tcW w:w="%d" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>`, w)
			writeParagraph(b, Out{Style: style, Text: text})
			b.WriteString("</w:tc>")
		}
		b.WriteString("</w:tr>")
	}
	b.WriteString("</w:tbl>")
	writeParagraph(b, Out{Style: "note"}) // two tables would join
}

// figureColumns tells which columns hold short figures, dates and numbers alone.
func figureColumns(rows [][]string, n int) []bool {
	const most = 12 // letters
	yes := make([]bool, n)
	for c := range yes {
		yes[c] = !slices.ContainsFunc(rows, func(row []string) bool {
			return c < len(row) && (len([]rune(row[c])) > most || lettersOf(row[c]) > len([]rune(row[c])))
		})
	}
	return yes
}

// columnWidths are in twentieths of a point. A column gets at least what its longest word
// of letters needs; what is left they share evenly, but none gets more than it can use.
func columnWidths(rows [][]string) []int {
	const (
		text = 11906 - 1588 - 1474 // width of an A4 page between its margins
		half = 105                 // of a letter; a Han character is twice as wide
		rim  = 150                 // on both sides of a cell's words
		few  = 4                   // letters
		word = 14                  // of a longer one the end may stand below
		most = 80
	)
	var least, more []int
	for _, row := range rows {
		for c, cell := range row {
			for len(least) <= c {
				least, more = append(least, few), append(more, few)
			}
			for line := range strings.SplitSeq(sheet.Lines(cell), "\n") {
				more[c] = max(more[c], min(lettersOf(line), most))
			}
			for _, w := range strings.FieldsFunc(cell, func(r rune) bool { return r <= ' ' || r > '~' }) {
				least[c] = max(least[c], min(len(w), word))
			}
		}
	}
	left, order := text, make([]int, len(least))
	for c := range least {
		order[c], least[c], more[c] = c, rim+least[c]*half, max(0, more[c]-least[c])*half
		left -= least[c]
	}
	slices.SortStableFunc(order, func(a, b int) int { return more[a] - more[b] })
	sum := 0
	for i, c := range order {
		got := min(more[c], max(0, left)/(len(order)-i))
		least[c], left = least[c]+got, left-got
		sum += least[c]
	}
	for c, w := range least { // fills the page, or fits it
		least[c] = w * text / sum
	}
	return least
}

// lettersOf is the width of a line, in letters.
func lettersOf(line string) (n int) {
	for _, r := range line {
		if n++; r > 0x2e7f {
			n++
		}
	}
	return n
}

// The parts of the file that are always the same.
const (
	docxSpace = `xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"`
	docxTypes = xml.Header + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/><Override PartName="/word/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.styles+xml"/>` +
		`<Override PartName="/word/fontTable.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.fontTable+xml"/>` +
		`<Override PartName="/word/footer1.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.footer+xml"/></Types>`
	docxRelations = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`
	docxParts     = xml.Header + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>` +
		`<Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/fontTable" Target="fontTable.xml"/>` +
		`<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/footer" Target="footer1.xml"/></Relationships>`
	docxHead = xml.Header + `<w:document ` + docxSpace + ` xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><w:body>`
	docxTail = `<w:sectPr><w:footerReference w:type="default" r:id="rId3"/><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="2098" w:right="1474" w:bottom="1984" w:left="1588" w:header="851" w:footer="992" w:gutter="0"/></w:sectPr></w:body></w:document>`
)

// docxFonts names what stands in for the fonts of official documents where they are not.
var docxFonts = xml.Header + `<w:fonts ` + docxSpace + `>` + docxInstead("方正小标宋简体", "宋体") + docxInstead("仿宋_GB2312", "仿宋") + docxInstead("楷体_GB2312", "楷体") + `</w:fonts>`

func docxInstead(font, instead string) string {
	return fmt.Sprintf(`<w:font w:name="%s"><w:altName w:val="%s"/><w:charset w:val="86"/></w:font>`, font, instead)
}

// docxFooter has the number of the page: — 1 —.
var docxFooter = xml.Header + `<w:ftr ` + docxSpace + `><w:p><w:pPr><w:pStyle w:val="Footer"/></w:pPr><w:r><w:t xml:space="preserve">— </w:t></w:r>` +
	`<w:fldSimple w:instr=" PAGE "><w:r><w:t>1</w:t></w:r></w:fldSimple><w:r><w:t xml:space="preserve"> —</w:t></w:r></w:p></w:ftr>`

// docxStyles has the fonts and sizes of GB/T 9704: 小标宋 二号, 仿宋 三号, 黑体 三号, 楷体 三号.
var docxStyles = xml.Header + `<w:styles ` + docxSpace + `><w:docDefaults><w:rPrDefault><w:rPr>` + docxFont("仿宋_GB2312", 32) + `</w:rPr></w:rPrDefault></w:docDefaults>` +
	docxStyle("Normal", `<w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/>`, "仿宋_GB2312", 32) +
	docxStyle("Title", `<w:spacing w:line="700" w:lineRule="exact" w:after="200"/><w:jc w:val="center"/>`, "方正小标宋简体", 44) +
	docxStyle("Heading1", `<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/><w:outlineLvl w:val="0"/>`, "黑体", 32) +
	docxStyle("Heading2", `<w:keepNext/><w:spacing w:line="560" w:lineRule="exact"/><w:ind w:firstLineChars="200" w:firstLine="640"/><w:outlineLvl w:val="1"/>`, "楷体_GB2312", 32) +
	docxStyle("Note", `<w:spacing w:line="320" w:lineRule="exact"/>`, "宋体", 21) + docxStyle("Footer", `<w:jc w:val="center"/>`, "宋体", 28) +
	docxStyle("Center", `<w:jc w:val="center"/>`, "仿宋_GB2312", 32) + docxStyle("Right", `<w:keepNext/><w:jc w:val="right"/>`, "仿宋_GB2312", 32) +
	docxStyle("Cell", ``, "宋体", 21) + docxStyle("CellFigure", `<w:jc w:val="center"/>`, "宋体", 21) + docxStyle("Head", `<w:jc w:val="center"/>`, "黑体", 21) +
	`<w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:tblPr><w:tblBorders>` + docxBorders() + `</w:tblBorders></w:tblPr></w:style></w:styles>`

func docxFont(name string, halfPoints int) string {
	return fmt.Sprintf(`<w:rFonts w:ascii="Times New Roman" w:hAnsi="Times New Roman" w:eastAsia="%s"/><w:sz w:val="%d"/><w:szCs w:val="%d"/>`, name, halfPoints, halfPoints)
}

func docxStyle(id, paragraph, font string, halfPoints int) string {
	first := ""
	if id == "Normal" {
		first = ` w:default="1"`
	}
	name := map[string]string{"Heading1": "heading 1", "Heading2": "heading 2", "Footer": "footer"}[id]
	if name == "" {
		name = id
	}
	return fmt.Sprintf(`<w:style w:type="paragraph"%s w:styleId="%s"><w:name w:val="%s"/><w:pPr>%s</w:pPr><w:rPr>%s</w:rPr></w:style>`, first, id, name, paragraph, docxFont(font, halfPoints))
}

func docxBorders() (s string) {
	for _, side := range []string{"top", "left", "bottom", "right", "insideH", "insideV"} {
		s += fmt.Sprintf(`<w:%s w:val="single" w:sz="4" w:space="0" w:color="auto"/>`, side)
	}
	return s
}
