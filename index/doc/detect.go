package doc

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"

	"xietiao/index/sheet"
)

var errScanned = errors.New("pages are pictures without text")

// format is a Document.Format.
type format string

const (
	fTxt  format = "txt"
	fMD   format = "md"
	fHTML format = "html"
	fDocx format = "docx"
	fXLSX format = "xlsx"
	fCSV  format = "csv"
	fPDF  format = "pdf"
)

// magics are the first bytes of files that are not read.
var magics = []struct {
	head   string
	kind   error
	format string
}{
	{"{\\rtf", ErrLegacy, "rtf"},
	{"\x89PNG", ErrUnsupported, "image"},
	{"\xff\xd8\xff", ErrUnsupported, "image"},
	{"GIF8", ErrUnsupported, "image"},
	{"BM", ErrUnsupported, "image"},
	{"II*\x00", ErrUnsupported, "image"},
	{"MM\x00*", ErrUnsupported, "image"},
	{"RIFF", ErrUnsupported, "image"},
	{"Rar!", ErrUnsupported, "archive"},
	{"7z\xbc\xaf", ErrUnsupported, "archive"},
	{"\x1f\x8b", ErrUnsupported, "archive"},
}

// detect finds the format by content, then by the extension of name.
func detect(name string, data []byte, bud *sheet.Budget) (format, error) {
	head := bytes.TrimLeft(data[:min(len(data), 4096)], " \t\r\n\x00")
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return detectZip(data, bud)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return "", detectOLE(name, data)
	case bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")):
		return fPDF, nil
	}
	for _, m := range magics {
		if bytes.HasPrefix(data, []byte(m.head)) && (m.head != "BM" || bytes.IndexByte(head, 0) >= 0) {
			return "", &Error{Kind: m.kind, Format: m.format}
		}
	}
	if bytes.Contains(head, []byte("<?mso-application")) || bytes.Contains(head, []byte("urn:schemas-microsoft-com:office:spreadsheet")) && bytes.HasPrefix(head, []byte("<?xml")) {
		return "", &Error{Kind: ErrLegacy, Format: "xml"}
	}
	if bytes.HasPrefix(head, []byte("MIME-Version:")) {
		return "", &Error{Kind: ErrLegacy, Format: "mht"}
	}
	f := detectText(name, data)
	if ext := strings.TrimPrefix(strings.ToLower(path.Ext(name)), "."); f == fTxt && (ext == string(fDocx) || ext == string(fXLSX) || ext == string(fPDF)) {
		return "", &Error{Kind: ErrDamaged, Format: ext, Err: errors.New("holds plain text")}
	}
	return f, nil
}

var (
	htmlHead = regexp.MustCompile(`(?i)^\s*(?:<\?xml[^>]*>\s*)?(?:<!--[\s\S]*?-->\s*)*<(?:!doctype\s+html|html|head|body|meta|title)\b`)
	htmlAny  = regexp.MustCompile(`(?i)^\s*<(?:div|table|tbody|tr|p|h[1-6]|span|article|section|center|font|ul|ol)\b[^>]*>`)
)

func detectText(name string, data []byte) format {
	ext := strings.ToLower(path.Ext(name))
	head := string(bytes.ReplaceAll(data[:min(len(data), 4096)], []byte{0}, nil))
	for _, bom := range []string{"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"} {
		head = strings.TrimPrefix(head, bom)
	}
	if htmlHead.MatchString(head) {
		return fHTML
	}
	switch ext {
	case ".html", ".htm", ".shtml", ".xhtml":
		return fHTML
	case ".md", ".markdown":
		return fMD
	case ".csv", ".tsv":
		return fCSV
	}
	if htmlAny.MatchString(head) {
		return fHTML
	}
	return fTxt
}

// oleStreams are directory names of an OLE file, which tell what wrote it.
var oleStreams = []struct {
	stream string
	kind   error
	format string
}{
	{"EncryptedPackage", ErrEncrypted, "office"},
	{"WordDocument", ErrLegacy, "doc"},
	{"Workbook", ErrLegacy, "xls"},
	{"Book", ErrLegacy, "xls"},
	{"PowerPoint Document", ErrLegacy, "ppt"},
}

func detectOLE(name string, data []byte) error {
	for _, s := range oleStreams {
		wide := make([]byte, 0, 2*len(s.stream)+2)
		for i := range len(s.stream) {
			wide = append(wide, s.stream[i], 0)
		}
		if bytes.Contains(data, append(wide, 0, 0)) {
			return &Error{Kind: s.kind, Format: s.format}
		}
	}
	return &Error{Kind: ErrLegacy, Format: strings.TrimPrefix(strings.ToLower(path.Ext(name)), ".")}
}

// named adds the format to an error and makes any foreign error ErrDamaged.
func named(f format, err error) error {
	var e *Error
	if !errors.As(err, &e) {
		return &Error{Kind: ErrDamaged, Format: string(f), Err: err}
	}
	if e.Format != "" {
		return e
	}
	c := *e
	c.Format = string(f)
	return &c
}

func readAs(f format, name string, data []byte, bud *sheet.Budget) (d *Document, err error) {
	defer func() {
		if r := recover(); r != nil { // a library met input it was not made for
			d, err = nil, &Error{Kind: ErrDamaged, Err: fmt.Errorf("panic: %v", r)}
		}
	}()
	b := &builder{bud: bud}
	switch f {
	case fTxt:
		err = readTxt(b, data)
	case fMD:
		err = readMD(b, data)
	case fHTML:
		err = readHTML(b, data)
	case fDocx:
		var a *sheet.Archive
		if a, err = sheet.OpenArchive(data, bud); err == nil {
			err = readDocx(b, a)
		}
	case fPDF:
		err = readPDF(b, data)
	case fXLSX, fCSV:
		err = readTables(b, name, data)
	default:
		err = &Error{Kind: ErrUnsupported}
	}
	if err != nil {
		return nil, err
	}
	return b.document()
}

// detectZip tells office packages apart by the entry names near the end of the
// archive, which a damaged one may have lost.
func detectZip(data []byte, bud *sheet.Budget) (format, error) {
	a, err := sheet.OpenArchive(data, bud)
	if err != nil {
		return "", err
	}
	word, excel := false, false
	for _, n := range a.Names() {
		word = word || strings.HasPrefix(n, "word/")
		excel = excel || strings.HasPrefix(n, "xl/")
	}
	switch {
	case a.Has("OFD.xml"):
		return "", &Error{Kind: ErrLegacy, Format: "ofd"}
	case a.Has("word/document.xml"), word && !excel:
		return fDocx, nil
	case excel:
		return fXLSX, nil
	case a.Has("ppt/presentation.xml"):
		return "", &Error{Kind: ErrUnsupported, Format: "pptx"}
	case a.Has("content.xml") && a.Has("mimetype"):
		return "", &Error{Kind: ErrUnsupported, Format: "odf"}
	}
	return "", &Error{Kind: ErrUnsupported, Format: "archive"}
}

// readTables reads a workbook or csv: every sheet is a table block.
func readTables(b *builder, name string, data []byte) error {
	lim := b.bud.Limits
	lim.MaxTime = max(1, b.bud.Left())
	tables, err := sheet.Read(name, data, lim)
	if err != nil {
		return err
	}
	for i := range tables {
		b.addTable(&tables[i])
	}
	return nil
}
