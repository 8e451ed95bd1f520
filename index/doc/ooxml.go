package doc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"xietiao/index/sheet"
)

// node is an element of a word processing part. Names carry the short prefix
// of their namespace ("w:p"), whether the file is transitional, strict or from
// WPS; elements of other namespaces have no prefix.
type node struct {
	name string
	attr []xml.Attr
	kids []*node
	text string // character data of a text element
}

// prefixes are the namespaces that are told apart. An undeclared prefix, as
// careless generators leave it, arrives as the namespace itself.
var prefixes = map[string]string{
	"http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
	"http://purl.oclc.org/ooxml/wordprocessingml/main":             "w:",
	"w": "w:",
	"http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
	"mc": "mc:",
	"http://schemas.openxmlformats.org/officeDocument/2006/math": "m:",
	"http://purl.oclc.org/ooxml/officeDocument/math":             "m:",
	"m": "m:",
}

// maxNodes bounds the tree of one part; it takes about 200 bytes a node.
const maxNodes = 1_000_000

// parseXML reads a part as a tree. Entities other than the five of XML are
// errors, so that none can expand.
func parseXML(data []byte, place string, bud *sheet.Budget) (*node, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	names := map[xml.Name]string{}
	root := &node{}
	stack := []*node{root}
	for count := 0; ; {
		if err := bud.Time(); err != nil {
			return nil, err
		}
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return root, nil
		}
		if err != nil {
			return nil, &Error{Kind: ErrDamaged, Place: place, Err: err}
		}
		top := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; count > maxNodes || len(stack) > bud.MaxDepth {
				return nil, &Error{Kind: ErrTooLarge, Place: place, Err: errors.New("too many or too deep elements")}
			}
			name, ok := names[t.Name]
			if !ok {
				name = prefixes[t.Name.Space] + t.Name.Local
				names[t.Name] = name
			}
			n := &node{name: name, attr: t.Attr}
			top.kids = append(top.kids, n)
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if top.name == "w:t" || top.name == "m:t" || top.name == "w:delText" {
				top.text += string(t)
			}
		}
	}
}

// child gives the first child of that name, or nil; a nil node has none.
func (n *node) child(names ...string) *node {
	for _, name := range names {
		if n == nil {
			return nil
		}
		var next *node
		for _, k := range n.kids {
			if k.name == name {
				next = k
				break
			}
		}
		n = next
	}
	return n
}

// val gives an attribute by its local name, "" when absent.
func (n *node) val(local string) string {
	if n == nil {
		return ""
	}
	for _, a := range n.attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}

// number gives a numeric attribute, or def.
func (n *node) number(local string, def int) int {
	if v, err := strconv.Atoi(strings.TrimSpace(n.val(local))); err == nil {
		return v
	}
	return def
}

// on tells whether a toggle element is present and not switched off.
func (n *node) on() bool {
	if n == nil {
		return false
	}
	switch n.val("val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// branch gives the one branch of an mc:AlternateContent that is read: the
// choice, unless only the fallback has text.
func (n *node) branch() *node {
	choice, fallback := n.child("mc:Choice"), n.child("mc:Fallback")
	if choice == nil || fallback != nil && !choice.hasText() && fallback.hasText() {
		return fallback
	}
	return choice
}

func (n *node) hasText() bool {
	if n.text != "" {
		return true
	}
	for _, k := range n.kids {
		if k.hasText() {
			return true
		}
	}
	return false
}
