package pdf

import "encoding/binary"

// fromProgram reads the character map of an embedded TrueType font backwards,
// glyph to character: the last resort for a font without ToUnicode.
func (f *file) fromProgram(ft *font, cid dict) {
	if m := f.resolve(cid["CIDToGIDMap"]); m != nil && m != name("Identity") {
		return
	}
	st, ok := f.resolve(f.dict(cid["FontDescriptor"])["FontFile2"]).(*stream)
	if !ok {
		return
	}
	data, err := f.decode(st)
	if err != nil {
		return
	}
	ft.byCode = map[uint32]string{}
	table := ttTable(data, "cmap")
	if len(table) < 4 {
		return
	}
	for i := range int(be16(table, 2)) {
		off := int(be32(table, 4+8*i+4))
		if off <= 0 || off >= len(table) {
			continue
		}
		switch sub := table[off:]; be16(sub, 0) {
		case 4:
			ttFormat4(sub, ft.byCode)
		case 12:
			ttFormat12(sub, ft.byCode)
		}
	}
}

func be16(b []byte, i int) uint16 {
	if i < 0 || i+2 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint16(b[i:])
}

func be32(b []byte, i int) uint32 {
	if i < 0 || i+4 > len(b) {
		return 0
	}
	return binary.BigEndian.Uint32(b[i:])
}

func ttTable(data []byte, tag string) []byte {
	for i := range int(be16(data, 4)) {
		at := 12 + 16*i
		if at+16 > len(data) {
			return nil
		}
		if string(data[at:at+4]) != tag {
			continue
		}
		off, n := int(be32(data, at+8)), int(be32(data, at+12))
		if off < 0 || off > len(data) || n < 0 || off+n > len(data) {
			return nil
		}
		return data[off : off+n]
	}
	return nil
}

func ttPut(m map[uint32]string, gid uint32, r rune) {
	if gid == 0 || len(m) >= maxCodes {
		return
	}
	if _, ok := m[gid]; !ok {
		m[gid] = string(r)
	}
}

func ttFormat4(b []byte, m map[uint32]string) {
	n, work := int(be16(b, 6))/2, 0
	for i := range n {
		end, start := int(be16(b, 14+2*i)), int(be16(b, 16+2*n+2*i))
		delta, roff := int(be16(b, 16+4*n+2*i)), int(be16(b, 16+6*n+2*i))
		for c := start; c <= end && c < 0xffff && work < maxCodes; c++ {
			work++
			gid := c
			if roff != 0 {
				gid = int(be16(b, 16+6*n+2*i+roff+2*(c-start)))
				if gid == 0 {
					continue
				}
			}
			ttPut(m, uint32((gid+delta)&0xffff), rune(c))
		}
	}
}

func ttFormat12(b []byte, m map[uint32]string) {
	work := 0
	for i := range min(int(be32(b, 12)), len(b)/12) {
		start, end, gid := be32(b, 16+12*i), be32(b, 20+12*i), be32(b, 24+12*i)
		for c := start; c <= end && c-start < 1<<16 && c <= 0x10ffff && work < maxCodes; c++ {
			work++
			ttPut(m, gid+c-start, rune(c))
		}
	}
}
