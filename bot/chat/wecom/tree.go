package wecom

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"xietiao/bot/chat"
)

// Bounds of an XML callback; real ones have a depth of five and some dozen
// elements.
const (
	maxDepth    = 8
	maxElements = 1000
)

// element is one element of a callback: text, or other elements.
type element struct {
	name     string
	text     []byte
	children []*element
}

// parse reads a whole document with the root <xml>. It takes no DOCTYPE, no
// entities but the five of XML, no name spaces, and nothing after the root; the
// fault is always ErrMalformed and names no content.
func parse(data []byte) (*element, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	var open []*element
	var root *element
	for count := 0; ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("xml: %w", chat.ErrMalformed)
		}
		switch t := token.(type) {
		case xml.StartElement:
			count++
			e := &element{name: t.Name.Local}
			switch {
			case t.Name.Space != "", len(t.Attr) > 0, count > maxElements, len(open) >= maxDepth, len(open) == 0 && root != nil:
				return nil, fmt.Errorf("xml element: %w", chat.ErrMalformed)
			case len(open) == 0:
				root = e
			default:
				parent := open[len(open)-1]
				parent.children = append(parent.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text = append(open[len(open)-1].text, t...)
			} else if len(bytes.TrimSpace(t)) > 0 {
				return nil, fmt.Errorf("xml text: %w", chat.ErrMalformed)
			}
		case xml.Directive:
			return nil, fmt.Errorf("xml directive: %w", chat.ErrMalformed)
		}
	}
	if root == nil || root.name != "xml" {
		return nil, fmt.Errorf("xml root: %w", chat.ErrMalformed)
	}
	return root, nil
}

// child returns the only child with a name. It is nil where there is none, and
// an error where there are several.
func (e *element) child(name string) (*element, error) {
	var found *element
	for _, c := range e.children {
		if c.name != name {
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("xml element %s repeated: %w", name, chat.ErrMalformed)
		}
		found = c
	}
	return found, nil
}

// reader takes fields out of an element and keeps the first error.
type reader struct {
	e   *element
	err error
}

// text returns the text at a path below the element, "" where there is none.
// Elements in elements have no text.
func (r *reader) text(path ...string) string {
	e := r.e
	for _, name := range path {
		next, err := e.child(name)
		if err != nil && r.err == nil {
			r.err = err
		}
		if err != nil || next == nil {
			return ""
		}
		e = next
	}
	if len(e.children) > 0 {
		if r.err == nil {
			r.err = fmt.Errorf("xml element %s is no text: %w", e.name, chat.ErrMalformed)
		}
		return ""
	}
	return string(e.text)
}

// need is text that must be there.
func (r *reader) need(path ...string) string {
	v := r.text(path...)
	if v == "" && r.err == nil {
		r.err = fmt.Errorf("xml element %s missing: %w", strings.Join(path, "/"), chat.ErrMalformed)
	}
	return v
}

// sealedInXML finds the ciphertext: exactly one Encrypt (docs 90238).
func sealedInXML(body []byte) (string, error) {
	root, err := parse(body)
	if err != nil {
		return "", err
	}
	r := reader{e: root}
	return r.need("Encrypt"), r.err
}
