package doc

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/encoding/htmlindex"

	"xietiao/index/sheet"
)

// readHTML keeps the text of the page's content node; the frame around it and
// deleted text go to Dropped, what is not displayed is left out.
func readHTML(b *builder, data []byte) error {
	s, err := decodeHTML(data)
	if err != nil {
		return err
	}
	if m := rowFirst.FindString(s[:min(len(s), 4096)]); m != "" {
		s = "<table>" + s // a cut-out that begins inside a table
	}
	if err := checkTags(s, b.bud); err != nil {
		return err
	}
	root, err := html.Parse(&timedReader{r: strings.NewReader(s), bud: b.bud})
	if err != nil {
		var e *Error
		if errors.As(err, &e) {
			return err
		}
		return &Error{Kind: ErrTooLarge, Err: err} // the parser's own limit on nesting
	}
	if err := checkDepth(root, b.bud.MaxDepth); err != nil {
		return err
	}
	pg := newPage(root)
	r := &htmlReader{b: b, page: pg}
	return r.read()
}

var rowFirst = regexp.MustCompile(`(?i)^\s*(?:<!--[\s\S]*?-->\s*)*<(?:tbody|thead|tr|td|th)\b`)

// maxTagCost bounds the nodes that parsing makes, at about 150 bytes each.
// Attributes take as much as a node for every few bytes of their tag.
const (
	maxTagCost = 2_500_000
	rawPerNode = 16
)

// formatting elements stay open across blocks: the parser opens each of them
// again in every block, so that a small page can make a huge tree.
var formatting = map[string]bool{
	"a": true, "b": true, "big": true, "code": true, "em": true, "font": true, "i": true, "nobr": true,
	"s": true, "small": true, "strike": true, "strong": true, "tt": true, "u": true,
}

// checkTags counts the nodes that parsing s can make.
func checkTags(s string, bud *sheet.Budget) error {
	z := html.NewTokenizer(strings.NewReader(s))
	open, cost := 0, 0
	for {
		if err := bud.Time(); err != nil {
			return err
		}
		kind := z.Next()
		if kind == html.TextToken || kind == html.CommentToken {
			cost++
			continue
		}
		switch kind {
		case html.ErrorToken:
			return nil // the end; the tokenizer accepts any text
		case html.StartTagToken, html.EndTagToken:
			name, _ := z.TagName()
			if formatting[string(name)] {
				if kind == html.StartTagToken {
					open++
				} else if open > 0 {
					open--
				}
			}
		}
		if cost += 1 + open + len(z.Raw())/rawPerNode; cost > maxTagCost {
			return &Error{Kind: ErrTooLarge, Err: errors.New("too many elements")}
		}
	}
}

// timedReader feeds the parser in small pieces and stops it when time is up.
type timedReader struct {
	r   io.Reader
	bud *sheet.Budget
}

// readPiece is small enough that the parser's work between two looks at the
// clock stays short.
const readPiece = 1024

func (t *timedReader) Read(p []byte) (int, error) {
	if t.bud.Left() == 0 {
		return 0, &Error{Kind: ErrTimeout}
	}
	return t.r.Read(p[:min(len(p), readPiece)])
}

// checkDepth walks the tree without recursion, so that depth costs no stack.
func checkDepth(root *html.Node, limit int) error {
	depth := 0
	for n := root; n != nil; {
		if n.FirstChild != nil {
			if depth++; depth > limit {
				return &Error{Kind: ErrTooLarge, Err: errors.New("elements nested too deep")}
			}
			n = n.FirstChild
			continue
		}
		for n != nil && n.NextSibling == nil {
			n = n.Parent
			depth--
		}
		if n != nil {
			n = n.NextSibling
		}
	}
	return nil
}

var metaCharset = regexp.MustCompile(`(?i)<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)`)

// decodeHTML goes by byte order mark, by being valid UTF-8, by the declared
// charset, then by the look of the bytes, in this order.
func decodeHTML(data []byte) (string, error) {
	if utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 || bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return sheet.Decode(data)
	}
	m := metaCharset.FindSubmatch(data[:min(len(data), 8192)])
	if m == nil {
		return sheet.Decode(data)
	}
	enc, err := htmlindex.Get(string(m[1]))
	if err != nil {
		return sheet.Decode(data)
	}
	switch name, _ := htmlindex.Name(enc); name {
	case "gbk", "gb18030", "utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-1":
		return sheet.Decode(data) // GB pages use more characters than they declare; the Latin ones are a tool's default
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return "", &Error{Kind: ErrDamaged, Err: err}
	}
	return sheet.Lines(strings.ToValidUTF8(string(out), "\ufffd")), nil
}

// attr gives an attribute's value, "" when absent.
func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func hasAttr(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// silent elements never show text.
var silent = map[atom.Atom]bool{
	atom.Script: true, atom.Style: true, atom.Noscript: true, atom.Template: true, atom.Iframe: true,
	atom.Object: true, atom.Svg: true, atom.Select: true, atom.Button: true, atom.Textarea: true,
	atom.Head: true, atom.Title: true, atom.Audio: true, atom.Video: true, atom.Canvas: true,
	atom.Rt: true, atom.Rp: true, atom.Datalist: true,
}

var styleHidden = regexp.MustCompile(`(?i)display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all`)

// hidden tells whether a reader of the page would not see n.
func hidden(n *html.Node) bool {
	if n.Type != html.ElementNode {
		return n.Type == html.CommentNode || n.Type == html.DoctypeNode
	}
	if silent[n.DataAtom] || hasAttr(n, "hidden") {
		return true
	}
	return styleHidden.MatchString(attr(n, "style"))
}

// block elements begin and end a line.
var blockTags = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true,
	atom.Ul: true, atom.Ol: true, atom.Li: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Table: true,
	atom.Tr: true, atom.Td: true, atom.Th: true, atom.Caption: true, atom.Section: true, atom.Article: true,
	atom.Main: true, atom.Header: true, atom.Footer: true, atom.Nav: true, atom.Aside: true, atom.Blockquote: true,
	atom.Pre: true, atom.Hr: true, atom.Form: true, atom.Fieldset: true, atom.Address: true, atom.Center: true,
	atom.Figure: true, atom.Figcaption: true, atom.Body: true, atom.Html: true, atom.Thead: true, atom.Tbody: true, atom.Tfoot: true,
	atom.Details: true, atom.Summary: true,
}

func isBlock(n *html.Node) bool { return n.Type == html.ElementNode && blockTags[n.DataAtom] }
