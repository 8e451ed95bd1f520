// Package doc turns a file into decoded text: paragraphs and tables in reading
// order, each with its place in the decoded text. It knows file formats (txt,
// md, html, docx, xlsx, csv, pdf) and encodings, and it writes docx.
//
// It must not know what a plan is: no titles, units, duties or dates.
package doc

import (
	"path"
	"strings"

	"xietiao/index/sheet"
)

// Document is a file's decoded text and its structure.
//
// Text is exactly its blocks in order with one \n between two of them; a table
// stands in it as its rows separated by \n and its cells separated by \t, where
// places that a merged cell covers are left out (they share the Start of their
// origin).
type Document struct {
	Format  string   // txt, md, html, docx, xlsx, csv, pdf
	Text    string   // the whole decoded text, valid UTF-8
	Blocks  []Block  // document order
	Dropped []string // texts left out on purpose: page numbers of a pdf, the frame of a web page, deleted text

	Textless []int // pages of a pdf that show pictures but hold no text: what is on them is not in Text
}

// Block is a paragraph (or, in txt, md and pdf, a line) or a table.
type Block struct {
	Text  string       // paragraph text without its line end; "" for a table
	Start int          // rune offset of Text, or of the table, in Document.Text
	End   int          // rune offset just behind it
	Auto  int          // leading runes of Text that an automatic numbering supplied (docx, html), with the space that parts it from the text
	Page  int          // 1-based page for pdf, else 0
	Style string       // "heading1".."heading6", "title", "center" or "" where the format tells
	Table *sheet.Table // set for a table
}

// Limits bound one reading; the zero value means the defaults of sheet.Limits.
type Limits = sheet.Limits

// Error is what Read returns: the kind (one of the sentinels below), the format
// and the place.
type Error = sheet.Error

// Kinds of failure, for errors.Is. Advice turns them into words for the user.
var (
	ErrEmpty       = sheet.ErrEmpty       // nothing readable inside
	ErrTooLarge    = sheet.ErrTooLarge    // over one of the Limits
	ErrScanned     = errScanned           // a pdf of pictures without a text layer
	ErrLegacy      = sheet.ErrLegacy      // .doc, .xls, .wps, .et, .rtf, .ofd …
	ErrEncrypted   = sheet.ErrEncrypted   // needs a password
	ErrUnsupported = sheet.ErrUnsupported // a picture, an archive, a program …
	ErrDamaged     = sheet.ErrDamaged     // its format is known but its content is broken
	ErrTimeout     = sheet.ErrTimeout     // took longer than Limits.MaxTime
)

// Read decodes one file. Its format is found by its content first and by the
// extension of name where the content leaves a choice (txt, md, csv). It keeps
// no reference to data, starts no goroutine that outlives it, and never panics
// on any input. The error is an *Error.
func Read(name string, data []byte, lim Limits) (*Document, error) {
	bud := lim.Begin()
	if err := bud.Input(data); err != nil {
		return nil, err
	}
	f, err := detect(name, data, bud)
	if err != nil {
		return nil, named(format(strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")), err)
	}
	d, err := readAs(f, name, data, bud)
	if err != nil {
		return nil, named(f, err)
	}
	d.Format = string(f)
	return d, nil
}
