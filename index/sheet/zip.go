package sheet

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
)

// Archive is a zip file whose entries are checked against the limits before
// anything is unpacked.
type Archive struct {
	budget *Budget
	files  map[string]*zip.File // by lower-case name with forward slashes
}

// Limits of one entry.
const (
	ratioFrom  = 1 << 20 // bytes; smaller entries may have any ratio
	maxEntries = 10_000
)

// OpenArchive lists the entries. It reports ErrTooLarge for a zip bomb by the
// sizes the archive states; reading an entry stops at that size.
func OpenArchive(data []byte, b *Budget) (*Archive, error) {
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return nil, &Error{Kind: ErrDamaged, Err: err}
	}
	if len(r.File) > maxEntries {
		return nil, &Error{Kind: ErrTooLarge, Err: fmt.Errorf("%d archive entries", len(r.File))}
	}
	a := &Archive{budget: b, files: make(map[string]*zip.File, len(r.File))}
	var total uint64
	for _, f := range r.File {
		if f.Flags&1 != 0 {
			return nil, &Error{Kind: ErrEncrypted, Place: f.Name}
		}
		total += f.UncompressedSize64
		if f.UncompressedSize64 > uint64(b.MaxUnzipped) || total > uint64(b.MaxUnzipped) {
			return nil, &Error{Kind: ErrTooLarge, Place: f.Name, Err: fmt.Errorf("more than %d bytes unzipped", b.MaxUnzipped)}
		}
		if f.UncompressedSize64 > ratioFrom && f.UncompressedSize64 > uint64(b.MaxRatio)*max(1, f.CompressedSize64) {
			return nil, &Error{Kind: ErrTooLarge, Place: f.Name, Err: fmt.Errorf("expands more than %d times", b.MaxRatio)}
		}
		a.files[entryName(f.Name)] = f
	}
	return a, nil
}

func entryName(s string) string {
	return strings.TrimPrefix(strings.ToLower(strings.ReplaceAll(s, `\`, "/")), "/")
}

// Has tells whether there is an entry of that name; case does not matter.
func (a *Archive) Has(name string) bool { return a.files[entryName(name)] != nil }

// Names gives the entry names, lower-case, in no order.
func (a *Archive) Names() []string {
	var names []string
	for n := range a.files {
		names = append(names, n)
	}
	return names
}

// Read unpacks one entry; a missing one is nil without an error.
func (a *Archive) Read(name string) ([]byte, error) {
	f := a.files[entryName(name)]
	if f == nil {
		return nil, nil
	}
	if err := a.budget.Unzipped(int64(f.UncompressedSize64)); err != nil {
		return nil, err
	}
	rc, err := f.Open()
	if err != nil {
		return nil, &Error{Kind: ErrDamaged, Place: f.Name, Err: err}
	}
	defer rc.Close()
	data, err := io.ReadAll(io.LimitReader(rc, int64(f.UncompressedSize64)+1))
	if err != nil {
		return nil, &Error{Kind: ErrDamaged, Place: f.Name, Err: err}
	}
	return data, a.budget.timeNow()
}

// Relation is one line of a .rels entry: the part that an id stands for.
type Relation struct {
	ID, Type string
	Target   string // entry name, resolved
}

// Relations reads a .rels entry; a missing one has none.
func (a *Archive) Relations(rels string) ([]Relation, error) {
	base := path.Dir(path.Dir(rels))
	var list []Relation
	err := a.Walk(rels, func(e xml.StartElement) error {
		if e.Name.Local != "Relationship" {
			return nil
		}
		var r Relation
		for _, at := range e.Attr {
			switch at.Name.Local {
			case "Id":
				r.ID = at.Value
			case "Type":
				r.Type = at.Value
			case "Target":
				r.Target = at.Value
			}
		}
		if strings.HasPrefix(r.Target, "/") {
			r.Target = path.Clean(r.Target[1:])
		} else {
			r.Target = path.Join(base, r.Target)
		}
		list = append(list, r)
		return nil
	})
	return list, err
}

// Walk calls fn for each start element of an entry; a missing entry has none.
func (a *Archive) Walk(name string, fn func(xml.StartElement) error) error {
	data, err := a.Read(name)
	if err != nil || data == nil {
		return err
	}
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = false
	depth := 0
	for {
		tok, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return &Error{Kind: ErrDamaged, Place: name, Err: err}
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			if depth++; depth > a.budget.MaxDepth {
				return &Error{Kind: ErrTooLarge, Place: name, Err: errors.New("elements nested too deep")}
			}
			if err := fn(tok); err != nil {
				return err
			}
		case xml.EndElement:
			depth--
		}
		if err := a.budget.Time(); err != nil {
			return err
		}
	}
}
