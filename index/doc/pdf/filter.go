package pdf

import (
	"bytes"
	"compress/flate"
	"encoding/ascii85"
	"io"

	"xietiao/index/sheet"
)

// decode unpacks a stream. A stream cut short or damaged gives what could be
// read; a picture's filter is ErrDamaged.
func (f *file) decode(st *stream) ([]byte, error) {
	data := st.raw
	if f.crypt != nil && st.id.num > 0 && st.dict["Type"] != name("XRef") {
		data = f.crypt.decrypt(data, st.id)
	}
	filters, params := f.list(st.dict["Filter"], st.dict["F"]), f.list(st.dict["DecodeParms"], st.dict["DP"])
	for i, fl := range filters {
		var parm dict
		if i < len(params) {
			parm = f.dict(params[i])
		}
		var err error
		if data, err = f.filter(f.name(fl), parm, data); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// list makes one value or an array of them an array.
func (f *file) list(v, short any) array {
	if v == nil {
		v = short
	}
	switch v := f.resolve(v).(type) {
	case nil:
		return nil
	case array:
		return v
	default:
		return array{v}
	}
}

func (f *file) filter(kind name, parm dict, data []byte) ([]byte, error) {
	var out []byte
	var err error
	switch kind {
	case "FlateDecode", "Fl":
		out, err = f.inflate(data)
	case "LZWDecode", "LZW":
		out, err = f.lzw(data, f.number(parm["EarlyChange"], 1) != 0)
	case "ASCIIHexDecode", "AHx":
		s := scanner{data: append([]byte("<"), data...)}
		return []byte(s.hex()), nil
	case "ASCII85Decode", "A85":
		return unascii85(data), nil
	case "RunLengthDecode", "RL":
		out, err = f.runLength(data)
	case "Crypt":
		return data, nil
	default:
		return nil, damaged("filter " + string(kind))
	}
	if err != nil {
		return nil, err
	}
	return f.predict(out, parm), nil
}

func (f *file) inflate(data []byte) ([]byte, error) {
	if len(data) < 2 {
		return nil, nil
	}
	body := data
	if data[0]&0x0f == 8 {
		body = data[2:]
	}
	r := flate.NewReader(bytes.NewReader(body))
	var out bytes.Buffer
	for {
		n, err := io.CopyN(&out, r, 1<<16)
		if e := f.bud.Unzipped(n); e != nil {
			return nil, e
		}
		if e := f.bud.Time(); e != nil {
			return nil, e
		}
		if err != nil { // the end, or damage: what was read counts
			return out.Bytes(), nil
		}
	}
}

func unascii85(data []byte) []byte {
	data = bytes.TrimSpace(data)
	data = bytes.TrimPrefix(data, []byte("<~"))
	if i := bytes.IndexByte(data, '~'); i >= 0 {
		data = data[:i]
	}
	out, _ := io.ReadAll(ascii85.NewDecoder(bytes.NewReader(data)))
	return out
}

func (f *file) runLength(data []byte) ([]byte, error) {
	var out []byte
	for i := 0; i < len(data) && data[i] != 128; {
		n := int(data[i])
		i++
		if n < 128 {
			end := min(i+n+1, len(data))
			out = append(out, data[i:end]...)
			i = end
		} else if i < len(data) {
			out = append(out, bytes.Repeat(data[i:i+1], 257-n)...)
			i++
		}
		if int64(len(out)) > f.bud.MaxUnzipped {
			return nil, &sheet.Error{Kind: sheet.ErrTooLarge}
		}
	}
	return out, f.bud.Unzipped(int64(len(out)))
}

// lzw is the variable-width LZW of PDF and TIFF.
func (f *file) lzw(data []byte, early bool) ([]byte, error) {
	type entry struct {
		prev int
		c    byte
		n    int
	}
	table := make([]entry, 258, 4096)
	for i := range 256 {
		table[i] = entry{-1, byte(i), 1}
	}
	var out []byte
	width, bits, nbits, prev := 9, 0, 0, -1
	off := 0
	if early {
		off = 1
	}
	emit := func(code int) byte {
		n := table[code].n
		out = append(out, make([]byte, n)...)
		for i := len(out) - 1; n > 0; i, n = i-1, n-1 {
			out[i] = table[code].c
			code = table[code].prev
		}
		return out[len(out)-1]
	}
	first := func(code int) byte {
		for table[code].prev >= 0 {
			code = table[code].prev
		}
		return table[code].c
	}
	for _, b := range data {
		bits, nbits = bits<<8|int(b), nbits+8
		if nbits < width {
			continue
		}
		code := bits >> (nbits - width) & (1<<width - 1)
		nbits -= width
		bits &= 1<<nbits - 1
		switch {
		case code == 257:
			return out, f.bud.Unzipped(int64(len(out)))
		case code == 256:
			table, width, prev = table[:258], 9, -1
			continue
		case prev < 0:
			if code > 255 {
				return out, nil
			}
			emit(code)
		case code < len(table):
			emit(code)
			table = append(table, entry{prev, first(code), table[prev].n + 1})
		case code == len(table):
			table = append(table, entry{prev, first(prev), table[prev].n + 1})
			emit(code)
		default:
			return out, nil
		}
		prev = code
		switch n := len(table) + off; {
		case n >= 2048:
			width = 12
		case n >= 1024:
			width = 11
		case n >= 512:
			width = 10
		}
		if len(table) >= 4096 {
			table = table[:4095]
		}
		if int64(len(out)) > f.bud.MaxUnzipped {
			return nil, &sheet.Error{Kind: sheet.ErrTooLarge}
		}
		if err := f.bud.Time(); err != nil {
			return nil, err
		}
	}
	return out, f.bud.Unzipped(int64(len(out)))
}

// predict undoes the PNG and TIFF predictors for the shapes that object and
// text streams use (8 bits a component).
func (f *file) predict(data []byte, parm dict) []byte {
	p := int(f.number(parm["Predictor"], 1))
	if p < 2 {
		return data
	}
	colors, columns := int(f.number(parm["Colors"], 1)), int(f.number(parm["Columns"], 1))
	bpp := colors * int(f.number(parm["BitsPerComponent"], 8)) / 8
	width := columns * bpp
	if bpp < 1 || width < 1 || width > 1<<20 {
		return data
	}
	if p == 2 {
		for from := 0; from+width <= len(data); from += width {
			for i := bpp; i < width; i++ {
				data[from+i] += data[from+i-bpp]
			}
		}
		return data
	}
	out := make([]byte, 0, len(data))
	above := make([]byte, width)
	for from := 0; from < len(data); from += width + 1 {
		row := make([]byte, width)
		copy(row, data[from+1:min(len(data), from+1+width)])
		unpng(data[from], row, above, bpp)
		out = append(out, row...)
		above = row
	}
	return out
}

func unpng(kind byte, row, above []byte, bpp int) {
	for i := range row {
		var left, corner int
		if i >= bpp {
			left, corner = int(row[i-bpp]), int(above[i-bpp])
		}
		up := int(above[i])
		switch kind {
		case 1:
			row[i] += byte(left)
		case 2:
			row[i] += byte(up)
		case 3:
			row[i] += byte((left + up) / 2)
		case 4:
			p := left + up - corner
			pa, pb, pc := abs(p-left), abs(p-up), abs(p-corner)
			switch {
			case pa <= pb && pa <= pc:
				row[i] += byte(left)
			case pb <= pc:
				row[i] += byte(up)
			default:
				row[i] += byte(corner)
			}
		}
	}
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
