package pdf

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// maxCodes bounds the mappings of one font.
const maxCodes = 200_000

// cmap maps character codes: to text (a ToUnicode map) or, in an embedded
// encoding, to CIDs.
type cmap struct {
	text map[uint32]string
	cids map[uint32]int
	two  bool // the code space has two-byte codes
	one  bool // … one-byte codes
	work int  // codes set, also again, against maxCodes
}

func code(s str) uint32 {
	var v uint32
	for i := range min(len(s), 4) {
		v = v<<8 | uint32(s[i])
	}
	return v
}

// parseCMap reads the mappings of a CMap stream and steps over the PostScript
// around them.
func (f *file) parseCMap(data []byte) (*cmap, error) {
	m := &cmap{text: map[uint32]string{}, cids: map[uint32]int{}}
	s := scanner{data: data}
	var stack []any
	for m.work < maxCodes {
		if err := f.bud.Time(); err != nil {
			return nil, err
		}
		v, ok := s.next()
		if !ok {
			break
		}
		op, isOp := v.(operator)
		if !isOp {
			if stack = append(stack, v); len(stack) > 4*maxCodes {
				break
			}
			continue
		}
		m.take(string(op), stack)
		stack = stack[:0]
	}
	return m, nil
}

func (m *cmap) take(op string, args []any) {
	step := map[string]int{"endcodespacerange": 2, "endbfchar": 2, "endbfrange": 3, "endcidchar": 2, "endcidrange": 3}[op]
	if step == 0 {
		return
	}
	for ; len(args) >= step; args = args[step:] {
		lo, ok := args[0].(str)
		if m.work++; !ok || m.work >= maxCodes {
			return
		}
		from, to := code(lo), code(lo)
		if step == 3 || op == "endcodespacerange" {
			hi, _ := args[1].(str)
			to = code(hi)
		}
		switch op {
		case "endcodespacerange":
			m.one, m.two = m.one || len(lo) == 1, m.two || len(lo) == 2
		case "endbfchar":
			if dst, ok := args[1].(str); ok {
				m.text[from] = utf16Text(dst)
			}
		case "endbfrange":
			m.span(from, to, args[2])
		case "endcidchar", "endcidrange":
			n, _ := args[step-1].(float64)
			for c := from; c <= to && c-from <= 0xffff && m.work < maxCodes; c++ {
				m.work++
				m.cids[c] = int(n) + int(c-from)
			}
		}
	}
}

func (m *cmap) span(from, to uint32, dst any) {
	switch dst := dst.(type) {
	case array:
		for i, v := range dst {
			if s, ok := v.(str); ok && from+uint32(i) <= to {
				m.text[from+uint32(i)] = utf16Text(s)
			}
		}
	case str:
		units := wide(dst)
		if len(units) == 0 {
			return
		}
		for c := from; c <= to && c-from <= 0xffff && m.work < maxCodes; c++ {
			m.work++
			m.text[c] = string(utf16.Decode(units))
			units[len(units)-1]++
		}
	}
}

// maxUnits is the longest text of one code, in UTF-16 units; ligatures have
// three.
const maxUnits = 32

func wide(s str) []uint16 {
	s = s[:min(len(s), 2*maxUnits)]
	if len(s) == 1 {
		return []uint16{uint16(s[0])}
	}
	units := make([]uint16, len(s)/2)
	for i := range units {
		units[i] = uint16(s[2*i])<<8 | uint16(s[2*i+1])
	}
	return units
}

func utf16Text(s str) string { return string(utf16.Decode(wide(s))) }

// charset is a predefined CMap whose codes are those of a character encoding.
type charset struct {
	enc   encoding.Encoding // nil for UTF-16BE
	four  bool              // has four-byte codes (GB18030)
	utf16 bool
}

// charsetOf finds the encoding of a predefined CMap by its name.
func charsetOf(n name) *charset {
	s := strings.TrimSuffix(strings.TrimSuffix(string(n), "-H"), "-V")
	switch {
	case strings.HasSuffix(s, "UCS2"), strings.HasSuffix(s, "UTF16"), strings.HasSuffix(s, "UCS2-HW"):
		return &charset{utf16: true}
	case strings.HasPrefix(s, "GBK2K"):
		return &charset{enc: simplifiedchinese.GB18030, four: true}
	case strings.HasPrefix(s, "GB"):
		return &charset{enc: simplifiedchinese.GBK}
	case strings.HasPrefix(s, "B5"), strings.HasPrefix(s, "ETen"), strings.HasPrefix(s, "HKscs"), strings.HasPrefix(s, "ETenms"):
		return &charset{enc: traditionalchinese.Big5}
	case strings.Contains(s, "RKSJ"):
		return &charset{enc: japanese.ShiftJIS}
	case strings.HasPrefix(s, "KSC"):
		return &charset{enc: korean.EUCKR}
	}
	return nil
}

// split takes one code from s: its text and its length.
func (c *charset) split(s str) (string, int) {
	if c.utf16 {
		if len(s) < 2 {
			return "", len(s)
		}
		u := uint16(s[0])<<8 | uint16(s[1])
		if utf16.IsSurrogate(rune(u)) && len(s) >= 4 {
			return utf16Text(s[:4]), 4
		}
		return utf16Text(s[:2]), 2
	}
	n := 1
	if s[0] > 0x80 && len(s) > 1 {
		n = 2
		if c.four && s[1] >= '0' && s[1] <= '9' && len(s) >= 4 {
			n = 4
		}
	}
	out, err := c.enc.NewDecoder().String(string(s[:n]))
	if err != nil || !utf8.ValidString(out) {
		return "\ufffd", n
	}
	return out, n
}
