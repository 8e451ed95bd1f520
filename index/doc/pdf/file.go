package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"sort"

	"xietiao/index/sheet"
)

// file finds objects by number. It does not trust the cross-reference table:
// the objects are found by looking through the file, where a later one
// replaces an earlier one of the same number.
type file struct {
	data    []byte
	bud     *sheet.Budget
	at      map[int]place
	cache   map[int]any
	trailer dict
	crypt   *crypt
	parsed  int // elements of all objects read, against maxParsed
}

// maxParsed bounds the memory of objects read, at about 30 bytes an element.
const maxParsed = 5_000_000

// place is where an object begins: in the file or in an unpacked object stream.
type place struct {
	data []byte
	pos  int
	id   ref
}

func damaged(msg string) error {
	return &sheet.Error{Kind: sheet.ErrDamaged, Err: errors.New(msg)}
}

func open(data []byte, bud *sheet.Budget) (*file, error) {
	f := &file{data: data, bud: bud, at: map[int]place{}, cache: map[int]any{}, trailer: dict{}}
	packed, err := f.scan()
	if err != nil {
		return nil, err
	}
	if enc, ok := f.trailer["Encrypt"]; ok {
		if f.crypt, err = f.newCrypt(f.dict(enc)); err != nil {
			return nil, err
		}
	}
	for _, s := range packed {
		if err := f.unpack(s); err != nil {
			return nil, err
		}
	}
	f.cache = map[int]any{} // what was read before a later revision was known
	return f, nil
}

// scan records every object and gives the object streams in file order.
func (f *file) scan() ([]*stream, error) {
	var packed []*stream
	t := -1 // the next trailer, absolute
	for pos := 0; pos < len(f.data); {
		if err := f.bud.Time(); err != nil {
			return nil, err
		}
		i := bytes.Index(f.data[pos:], []byte("obj"))
		if t < pos {
			if t = bytes.Index(f.data[pos:], []byte("trailer")); t >= 0 {
				t += pos
			} else {
				t = len(f.data)
			}
		}
		if t < len(f.data) && (i < 0 || t < pos+i) {
			pos = t + len("trailer")
			s := scanner{data: f.data, pos: pos}
			if d, ok := s.object(ref{}).(dict); ok {
				f.addTrailer(d)
			}
			continue
		}
		if i < 0 {
			break
		}
		at := pos + i
		pos = at + len("obj")
		id, ok := idBefore(f.data[:at])
		if !ok {
			continue
		}
		s := scanner{data: f.data, pos: pos}
		f.at[id.num] = place{f.data, pos, id}
		st, ok := s.object(id).(*stream)
		if !ok {
			if s.skip(); bytes.HasPrefix(s.data[s.pos:], []byte("endobj")) {
				pos = s.pos + len("endobj")
			}
			continue
		}
		pos = s.pos
		switch st.dict["Type"] {
		case name("ObjStm"):
			packed = append(packed, st)
		case name("XRef"):
			f.addTrailer(st.dict)
		}
	}
	return packed, nil
}

// idBefore reads the "n g " that stands before the word obj.
func idBefore(b []byte) (ref, bool) {
	gen, b, ok := numberBefore(b)
	if !ok {
		return ref{}, false
	}
	num, _, ok := numberBefore(b)
	return ref{num, gen}, ok
}

func numberBefore(b []byte) (int, []byte, bool) {
	end := len(b)
	for end > 0 && isWhite(b[end-1]) {
		end--
	}
	from := end
	for from > 0 && b[from-1] >= '0' && b[from-1] <= '9' && end-from < 10 {
		from--
	}
	if from == end {
		return 0, nil, false
	}
	n := 0
	for _, c := range b[from:end] {
		n = n*10 + int(c-'0')
	}
	return n, b[:from], true
}

// addTrailer merges; the last file revision wins, but a linearised file's first
// trailer also has what is wanted.
func (f *file) addTrailer(d dict) {
	for _, k := range []name{"Root", "Encrypt", "ID"} {
		if v, ok := d[k]; ok {
			f.trailer[k] = v
		}
	}
}

// unpack records the objects of an object stream.
func (f *file) unpack(st *stream) error {
	data, err := f.decode(st)
	if err != nil {
		if errors.Is(err, sheet.ErrDamaged) {
			return nil
		}
		return err
	}
	n, first := int(f.number(st.dict["N"], 0)), int(f.number(st.dict["First"], 0))
	if first < 0 || first > len(data) {
		return nil
	}
	s := scanner{data: data[:first]}
	for range min(n, len(data)) {
		a, ok1 := s.next()
		b, ok2 := s.next()
		num, ok3 := a.(float64)
		off, ok4 := b.(float64)
		if !ok1 || !ok2 || !ok3 || !ok4 {
			break
		}
		if pos := first + int(off); pos >= first && pos < len(data) {
			if old, ok := f.at[int(num)]; ok && !older(old, st, f.data) {
				continue // a plain object behind the stream replaces it
			}
			f.at[int(num)] = place{data, pos, ref{num: -1}}
		}
	}
	return f.bud.Time()
}

// older tells whether a recorded object comes before the object stream in the
// file. Objects of other streams are taken in file order anyway.
func older(old place, st *stream, data []byte) bool {
	if old.id.num < 0 || len(st.raw) == 0 {
		return true
	}
	// Both slices lie in data; their distance from its end orders them.
	return cap(data[old.pos:]) > cap(st.raw)
}

// resolve follows references to an object.
func (f *file) resolve(v any) any {
	for range 16 {
		r, ok := v.(ref)
		if !ok {
			return v
		}
		if c, ok := f.cache[r.num]; ok {
			v = c
			continue
		}
		p, ok := f.at[r.num]
		if !ok || f.parsed > maxParsed {
			return nil
		}
		s := scanner{data: p.data, pos: p.pos}
		v = s.object(p.id)
		f.parsed += s.count
		f.cache[r.num] = v
	}
	return nil
}

func (f *file) dict(v any) dict {
	switch v := f.resolve(v).(type) {
	case dict:
		return v
	case *stream:
		return v.dict
	}
	return nil
}

func (f *file) array(v any) array {
	a, _ := f.resolve(v).(array)
	return a
}

func (f *file) number(v any, def float64) float64 {
	if n, ok := f.resolve(v).(float64); ok {
		return n
	}
	return def
}

func (f *file) name(v any) name {
	n, _ := f.resolve(v).(name)
	return n
}

// page is one page with what it inherits.
type page struct {
	dict      dict
	resources dict
	box       [4]float64
	rotate    int
}

// maxPages bounds the page list.
const maxPages = 20_000

// pages lists the pages in order; when there is no page tree, every page object
// in file order. A tree that promises more pages than the file has is ErrDamaged:
// the file was cut short.
func (f *file) pages() ([]page, error) {
	var list []page
	root := f.dict(f.trailer["Root"])
	if root["Pages"] == nil {
		root = f.catalog()
	}
	f.walkPages(root["Pages"], page{box: [4]float64{0, 0, 595, 842}}, map[int]bool{}, 0, &list)
	if want := int(f.number(f.dict(root["Pages"])["Count"], 0)); len(list) < want && len(list) < maxPages {
		return list, damaged(fmt.Sprintf("%d of %d pages", len(list), want))
	}
	if len(list) > 0 {
		return list, nil
	}
	for _, n := range f.numbers() {
		if d := f.dict(ref{num: n}); f.name(d["Type"]) == "Page" && len(list) < maxPages {
			list = append(list, f.inherit(page{box: [4]float64{0, 0, 595, 842}}, d))
		}
	}
	if len(list) == 0 {
		return nil, damaged("no pages")
	}
	return list, nil
}

// numbers lists the object numbers in order.
func (f *file) numbers() []int {
	var nums []int
	for n := range f.at {
		nums = append(nums, n)
	}
	sort.Ints(nums)
	return nums
}

func (f *file) catalog() dict {
	for _, n := range f.numbers() {
		if d := f.dict(ref{num: n}); d["Pages"] != nil && f.name(d["Type"]) == "Catalog" {
			return d
		}
	}
	return nil
}

func (f *file) inherit(p page, d dict) page {
	p.dict = d
	if r := f.dict(d["Resources"]); r != nil {
		p.resources = r
	}
	if b := f.array(d["MediaBox"]); len(b) == 4 {
		for i := range b {
			p.box[i] = f.number(b[i], p.box[i])
		}
	}
	p.rotate = int(f.number(d["Rotate"], float64(p.rotate)))
	return p
}

func (f *file) walkPages(v any, p page, seen map[int]bool, depth int, list *[]page) {
	if r, ok := v.(ref); ok {
		if seen[r.num] {
			return
		}
		seen[r.num] = true
	}
	d := f.dict(v)
	if d == nil || depth > maxNesting || len(*list) >= maxPages {
		return
	}
	p = f.inherit(p, d)
	kids := f.array(d["Kids"])
	if kids == nil {
		if f.name(d["Type"]) != "Pages" {
			*list = append(*list, p)
		}
		return
	}
	for _, k := range kids {
		f.walkPages(k, p, seen, depth+1, list)
	}
}
