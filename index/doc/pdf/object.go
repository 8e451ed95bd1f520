// Package pdf reads the text layer of PDF files: glyphs with their Unicode
// meaning and place, joined to lines in reading order.
//
// It must not know what the text means, and it draws nothing: pictures, forms
// to fill in and annotations are not read.
package pdf

import (
	"bytes"
	"math"
	"strconv"
)

// The objects of a PDF are nil, bool, float64, name, str, array, dict, ref and
// *stream; content streams add operator.
type (
	name     string
	str      string
	array    []any
	dict     map[name]any
	operator string
	ref      struct{ num, gen int }
	stream   struct {
		dict dict
		raw  []byte
		id   ref
	}
)

// Bounds of one object.
const (
	maxNesting  = 64
	maxElements = 2_000_000
)

// scanner reads objects from bytes. What it cannot read it steps over.
type scanner struct {
	data  []byte
	pos   int
	depth int
	count int // elements read, against maxElements
}

func isWhite(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func isDelim(c byte) bool {
	switch c {
	case '(', ')', '<', '>', '[', ']', '{', '}', '/', '%':
		return true
	}
	return false
}

func (s *scanner) skip() {
	for s.pos < len(s.data) {
		c := s.data[s.pos]
		if c == '%' {
			for s.pos < len(s.data) && s.data[s.pos] != '\n' && s.data[s.pos] != '\r' {
				s.pos++
			}
			continue
		}
		if !isWhite(c) {
			return
		}
		s.pos++
	}
}

// closing marks the end of an array or dict while it is read.
type closing string

// next reads one object or operator; ok is false at the end of the data.
func (s *scanner) next() (v any, ok bool) {
	s.skip()
	if s.pos >= len(s.data) || s.count > maxElements {
		return nil, false
	}
	s.count++
	c := s.data[s.pos]
	switch {
	case c == '/':
		return s.name(), true
	case c == '(':
		return s.literal(), true
	case c == '<' && s.at(1) == '<':
		s.pos += 2
		return s.dict(), true
	case c == '<':
		return s.hex(), true
	case c == '>' && s.at(1) == '>':
		s.pos += 2
		return closing(">>"), true
	case c == '[':
		s.pos++
		return s.array(), true
	case c == ']':
		s.pos++
		return closing("]"), true
	case isDelim(c):
		s.pos++
		return operator(c), true
	}
	from := s.pos
	for s.pos < len(s.data) && !isWhite(s.data[s.pos]) && !isDelim(s.data[s.pos]) {
		s.pos++
	}
	return word(string(s.data[from:s.pos])), true
}

func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.data) {
		return s.data[s.pos+i]
	}
	return 0
}

func word(w string) any {
	switch w {
	case "true":
		return true
	case "false":
		return false
	case "null":
		return nil
	}
	if c := w[0]; c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if f, err := strconv.ParseFloat(w, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
			return f
		}
		return 0.0
	}
	return operator(w)
}

func (s *scanner) name() name {
	s.pos++
	var b []byte
	for s.pos < len(s.data) && !isWhite(s.data[s.pos]) && !isDelim(s.data[s.pos]) {
		c := s.data[s.pos]
		if c == '#' && s.pos+2 < len(s.data) {
			if v, err := strconv.ParseUint(string(s.data[s.pos+1:s.pos+3]), 16, 8); err == nil {
				b = append(b, byte(v))
				s.pos += 3
				continue
			}
		}
		b = append(b, c)
		s.pos++
	}
	return name(b)
}

func (s *scanner) literal() str {
	s.pos++
	var b []byte
	for depth := 1; s.pos < len(s.data); s.pos++ {
		c := s.data[s.pos]
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				s.pos++
				return str(b)
			}
		case '\\':
			b = s.escape(b)
			continue
		}
		b = append(b, c)
	}
	return str(b)
}

// escape reads a backslash sequence and leaves pos on its last byte.
func (s *scanner) escape(b []byte) []byte {
	s.pos++
	c := s.at(0)
	switch c {
	case 'n':
		return append(b, '\n')
	case 'r':
		return append(b, '\r')
	case 't':
		return append(b, '\t')
	case 'b':
		return append(b, '\b')
	case 'f':
		return append(b, '\f')
	case '\r':
		if s.at(1) == '\n' {
			s.pos++
		}
		return b
	case '\n':
		return b
	}
	if c < '0' || c > '7' {
		return append(b, c)
	}
	v := 0
	for i := 0; i < 3 && s.at(0) >= '0' && s.at(0) <= '7'; i++ {
		v = v*8 + int(s.at(0)-'0')
		s.pos++
	}
	s.pos--
	return append(b, byte(v))
}

func (s *scanner) hex() str {
	s.pos++
	var b []byte
	half, have := byte(0), false
	for ; s.pos < len(s.data); s.pos++ {
		c := s.data[s.pos]
		if c == '>' {
			s.pos++
			break
		}
		v, err := strconv.ParseUint(string(c), 16, 8)
		if err != nil || c > 127 {
			continue
		}
		if have {
			b = append(b, half<<4|byte(v))
		} else {
			half = byte(v)
		}
		have = !have
	}
	if have {
		b = append(b, half<<4)
	}
	return str(b)
}

func (s *scanner) array() array {
	var a array
	if s.depth++; s.depth > maxNesting {
		s.pos = len(s.data)
		return nil
	}
	defer func() { s.depth-- }()
	for {
		v, ok := s.next()
		if !ok {
			return a
		}
		switch v := v.(type) {
		case closing:
			return a
		case operator:
			if v == "R" {
				a = foldRef(a)
			} else if v == "endobj" || v == "obj" || v == "endstream" {
				return a
			}
			continue
		}
		a = append(a, v)
	}
}

// foldRef replaces the two numbers at the end by the reference they make.
func foldRef(a array) array {
	if len(a) < 2 {
		return a
	}
	n, ok1 := a[len(a)-2].(float64)
	g, ok2 := a[len(a)-1].(float64)
	if !ok1 || !ok2 {
		return a
	}
	return append(a[:len(a)-2], ref{int(n), int(g)})
}

func (s *scanner) dict() dict {
	items := s.array() // closes at >> as well
	d := make(dict, len(items)/2)
	for i := 0; i+1 < len(items); {
		k, ok := items[i].(name)
		if !ok {
			i++
			continue
		}
		d[k] = items[i+1]
		i += 2
	}
	return d
}

// object reads the object behind "n g obj", with its stream if it has one.
func (s *scanner) object(id ref) any {
	v, ok := s.next()
	if !ok {
		return nil
	}
	if n, isNum := v.(float64); isNum { // an object may be a bare reference
		save := s.pos
		if g, ok := s.next(); ok {
			if op, ok := s.next(); ok && op == operator("R") {
				if g, ok := g.(float64); ok {
					return ref{int(n), int(g)}
				}
			}
		}
		s.pos = save
		return n
	}
	d, ok := v.(dict)
	if !ok {
		return v
	}
	s.skip()
	if !bytes.HasPrefix(s.data[s.pos:], []byte("stream")) {
		return d
	}
	s.pos += len("stream")
	if s.at(0) == '\r' {
		s.pos++
	}
	if s.at(0) == '\n' {
		s.pos++
	}
	return &stream{dict: d, raw: s.streamData(d), id: id}
}

// streamData takes the stated length where "endstream" confirms it, else
// everything up to that word.
func (s *scanner) streamData(d dict) []byte {
	rest := s.data[s.pos:]
	if n, ok := d["Length"].(float64); ok && n >= 0 && int(n) <= len(rest) {
		tail := bytes.TrimLeft(rest[int(n):min(len(rest), int(n)+16)], "\r\n \t")
		if bytes.HasPrefix(tail, []byte("endstream")) {
			s.pos += int(n)
			return rest[:int(n)]
		}
	}
	end := bytes.Index(rest, []byte("endstream"))
	if end < 0 {
		end = len(rest)
	}
	s.pos += end
	raw := rest[:end]
	raw = bytes.TrimSuffix(raw, []byte("\n"))
	return bytes.TrimSuffix(raw, []byte("\r"))
}
