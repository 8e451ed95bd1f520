package pdf

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// font turns the bytes of a shown string into glyphs.
type font struct {
	composite bool
	toText    *cmap
	set       *charset          // predefined encoding of a composite font
	embedded  *cmap             // embedded encoding of a composite font
	simple    map[byte]string   // encoding of a simple font
	widths    map[int]float64   // by code (simple) or CID, in text space units
	byCode    map[uint32]string // from the font program, when there is no other map
	missing   float64
}

// glyph is one shown character: its text, "" when unknown, and its advance.
type glyph struct {
	text  string
	width float64
	space bool // a one-byte code 32, which word spacing widens
}

func (f *file) newFont(d dict) (*font, error) {
	ft := &font{widths: map[int]float64{}, missing: 0.5}
	var err error
	if st, ok := f.resolve(d["ToUnicode"]).(*stream); ok {
		if data, derr := f.decode(st); derr == nil {
			if ft.toText, err = f.parseCMap(data); err != nil {
				return nil, err
			}
		}
	}
	if f.name(d["Subtype"]) == "Type0" {
		return ft, f.composite(ft, d)
	}
	f.simple(ft, d)
	return ft, nil
}

func (f *file) composite(ft *font, d dict) error {
	ft.composite, ft.missing = true, 1
	switch enc := f.resolve(d["Encoding"]).(type) {
	case name:
		ft.set = charsetOf(enc)
	case *stream:
		data, err := f.decode(enc)
		if err == nil {
			if ft.embedded, err = f.parseCMap(data); err != nil {
				return err
			}
		}
		if n := f.name(enc.dict["UseCMap"]); n != "" {
			ft.set = charsetOf(n)
		}
	}
	kids := f.array(d["DescendantFonts"])
	if len(kids) == 0 {
		return nil
	}
	cid := f.dict(kids[0])
	ft.missing = f.number(cid["DW"], 1000) / 1000
	f.cidWidths(ft, f.array(cid["W"]))
	if ft.toText == nil && ft.set == nil {
		f.fromProgram(ft, cid)
	}
	return nil
}

// cidWidths reads the W array: "c [w1 w2 …]" or "first last w".
func (f *file) cidWidths(ft *font, w array) {
	work := 0
	for i := 0; i+1 < len(w) && work < maxCodes; {
		first := int(f.number(w[i], 0))
		if list := f.array(w[i+1]); list != nil {
			for j, v := range list {
				ft.widths[first+j] = f.number(v, 1000) / 1000
				work++
			}
			i += 2
			continue
		}
		if i+2 >= len(w) {
			return
		}
		last, width := int(f.number(w[i+1], 0)), f.number(w[i+2], 1000)/1000
		for c := first; c <= last && c-first < 1<<16; c++ {
			ft.widths[c] = width
			work++
		}
		i += 3
	}
}

func (f *file) simple(ft *font, d dict) {
	scale := 0.001
	if m := f.array(d["FontMatrix"]); len(m) == 6 { // Type 3
		scale = f.number(m[0], scale)
	}
	first := int(f.number(d["FirstChar"], 0))
	for i, v := range f.array(d["Widths"]) {
		ft.widths[first+i] = f.number(v, 500) * scale
	}
	ft.missing = f.number(f.dict(d["FontDescriptor"])["MissingWidth"], 500) * scale
	cm := charmap.Windows1252
	enc := f.resolve(d["Encoding"])
	base, _ := enc.(name)
	ed, _ := enc.(dict)
	if ed != nil {
		base = f.name(ed["BaseEncoding"])
	}
	if base == "MacRomanEncoding" {
		cm = charmap.Macintosh
	}
	ft.simple = make(map[byte]string, 256)
	for c := 32; c < 256; c++ {
		ft.simple[byte(c)] = string(cm.DecodeByte(byte(c)))
	}
	at := 0
	for _, v := range f.array(ed["Differences"]) {
		switch v := f.resolve(v).(type) {
		case float64:
			at = int(v)
		case name:
			if at >= 0 && at < 256 {
				ft.simple[byte(at)] = glyphText(string(v))
			}
			at++
		}
	}
}

// glyphNames are the names that spell no character by themselves.
var glyphNames = map[string]string{
	"space": " ", "nbspace": " ", "exclam": "!", "quotedbl": `"`, "numbersign": "#", "dollar": "$", "percent": "%",
	"ampersand": "&", "quotesingle": "'", "parenleft": "(", "parenright": ")", "asterisk": "*", "plus": "+",
	"comma": ",", "hyphen": "-", "period": ".", "slash": "/", "zero": "0", "one": "1", "two": "2", "three": "3",
	"four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "colon": ":", "semicolon": ";",
	"less": "<", "equal": "=", "greater": ">", "question": "?", "at": "@", "bracketleft": "[", "backslash": `\`,
	"bracketright": "]", "asciicircum": "^", "underscore": "_", "grave": "`", "braceleft": "{", "bar": "|",
	"braceright": "}", "asciitilde": "~", "quoteleft": "\u2018", "quoteright": "\u2019", "quotedblleft": "\u201c",
	"quotedblright": "\u201d", "endash": "\u2013", "emdash": "\u2014", "bullet": "\u2022", "ellipsis": "\u2026",
	"periodcentered": "\u00b7", "degree": "\u00b0", "multiply": "\u00d7", "fi": "fi", "fl": "fl", "section": "\u00a7",
	"minus": "\u2212", "percent.full": "%",
}

func glyphText(n string) string {
	if s, ok := glyphNames[n]; ok {
		return s
	}
	if utf8.RuneCountInString(n) == 1 {
		return n
	}
	for _, prefix := range []string{"uni", "u"} {
		if hex, ok := strings.CutPrefix(n, prefix); ok && len(hex) >= 4 && len(hex) <= 6 {
			if v, err := strconv.ParseUint(hex, 16, 32); err == nil && utf8.ValidRune(rune(v)) {
				return string(rune(v))
			}
		}
	}
	return ""
}

// glyphs calls fn for each character of a shown string.
func (ft *font) glyphs(s str, fn func(glyph) error) error {
	for len(s) > 0 {
		g, n := ft.glyph(s)
		if err := fn(g); err != nil {
			return err
		}
		s = s[n:]
	}
	return nil
}

func (ft *font) glyph(s str) (glyph, int) {
	if !ft.composite {
		c := s[0]
		g := glyph{text: ft.simple[c], width: ft.missing, space: c == ' '}
		if w, ok := ft.widths[int(c)]; ok {
			g.width = w
		}
		if ft.toText != nil {
			if t, ok := ft.toText.text[uint32(c)]; ok {
				g.text = t
			}
		}
		return g, 1
	}
	text, n := "", min(2, len(s))
	if ft.set != nil {
		text, n = ft.set.split(s)
	} else if e := ft.embedded; e != nil && e.one {
		if _, ok := e.cids[uint32(s[0])]; ok || !e.two {
			n = 1
		}
	}
	c := code(s[:n])
	cid := int(c)
	if ft.embedded != nil {
		if v, ok := ft.embedded.cids[c]; ok {
			cid = v
		}
	}
	g := glyph{text: text, width: ft.missing, space: n == 1 && s[0] == ' '}
	if ft.set != nil && n == 1 || ft.set != nil && ft.set.utf16 && c < 0x80 {
		g.width = ft.missing / 2 // the CID is not known, but the usual shape is
	} else if w, ok := ft.widths[cid]; ok && ft.set == nil {
		g.width = w
	}
	if ft.toText != nil {
		if t, ok := ft.toText.text[c]; ok {
			g.text = t
		}
	} else if t, ok := ft.byCode[c]; ok {
		g.text = t
	}
	return g, n
}
