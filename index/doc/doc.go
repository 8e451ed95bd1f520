// Package doc turns a file into decoded text: paragraphs and tables in reading
// order, each with its place in the decoded text. It knows file formats (txt,
// md, html, docx, xlsx, csv, pdf) and encodings.
//
// It must not know what a plan is: no titles, units, duties or dates.
package doc

import "xietiao/index/sheet"

// Document is a file's decoded text and its structure.
type Document struct {
	Format string  // txt, md, html, docx, xlsx, csv, pdf
	Text   string  // the whole decoded text: blocks in order, separated by \n
	Blocks []Block // document order
}

// Block is a paragraph (or, in txt, a line) or a table.
type Block struct {
	Text  string       // paragraph text without its line end; "" for a table
	Start int          // rune offset of Text in Document.Text
	Auto  int          // leading runes of Text that an automatic numbering supplied (docx)
	Page  int          // 1-based page for pdf, else 0
	Style string       // "heading1".."heading6", "title", "center" or "" where the format tells
	Table *sheet.Table // set for a table
}
