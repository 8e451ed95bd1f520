// Package library keeps the office's documents in the store: drafts that were
// uploaded, which versions are in force, the bytes of every version that ever was,
// and how two versions differ. It also checks a document against itself and the
// office's contacts, and keeps what was decided of its errors.
//
// It must not know questions, chats, HTTP or files on disk, and it never
// changes a document: a version is the bytes that were uploaded.
package library

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

// Bucket holds the documents that were published; its store version changes with
// them, but not when the day of one comes: see Coming.
const Bucket = "plans"

// removedBucket holds the documents that were taken back, with their versions.
const removedBucket = "plans.removed"

// fileBucket holds the bytes of every version and draft under its sum.
const fileBucket = "plans.files"

// maxKey keeps a document's name within a store key; titles are far shorter.
const maxKey = 900

// ErrDamaged: a document of the store is not there or cannot be read any more.
var ErrDamaged = errors.New("library: document damaged")

// Document is one version of a document, by default that in force.
type Document struct {
	Name string // what makes two files versions of one document: 文号, else title, else file name
	Version
	Earlier  []Version  // versions before the one in force, oldest first
	Plan     *plan.Plan // what it says
	Original []byte     // the bytes
}

// Version is one act of bringing bytes into force. It never changes.
type Version struct {
	File      string        `json:"file"` // the file's name when it was uploaded
	Sum       string        `json:"sum"`  // SHA-256 of the bytes, in hex
	At        time.Time     `json:"at"`   // from when it was in force, or is to be
	By        string        `json:"by,omitempty"`
	Effective calendar.Date `json:"effective,omitzero"` // 生效日期 as the office gave it
	Published time.Time     `json:"published,omitzero"` // when; zero: At
	Uploader  string        `json:"uploader,omitempty"` // empty: By
	Instead   string        `json:"instead,omitempty"`  // the document of another name that it replaces
	Override  string        `json:"override,omitempty"` // why it was published in spite of its faults
}

// record is a document as the store keeps it. Which version is in force depends on
// the time, so every reading goes through decode.
type record struct {
	Version             // in force; its sum is empty while the first waits for its day
	Earlier   []Version `json:"earlier,omitempty"`
	Next      *Version  `json:"next,omitempty"` // published, and its day has not come
	Acts      int       `json:"acts,omitempty"` // how often somebody changed the record
	Until     time.Time `json:"until,omitzero"` // when Successor takes its place; zero: never
	Successor string    `json:"successor,omitempty"`
	Removed   time.Time `json:"removed,omitzero"` // when it was taken back
	RemovedBy string    `json:"removed_by,omitempty"`
}

// on is the record at a moment: what was to come has come.
func (rec record) on(now time.Time) record {
	if rec.Next != nil && !rec.Next.At.After(now) {
		rec = rec.with(*rec.Next)
		rec.Next = nil
	}
	return rec
}

// out is the record with nothing in force, all kept.
func (rec record) out() record {
	if rec.Sum != "" {
		rec.Earlier = append(rec.Earlier[:len(rec.Earlier):len(rec.Earlier)], rec.Version)
	}
	rec.Version = Version{}
	return rec
}

// with is the record with another version in force. It ends a replacement by another
// document that has come, not one that is to come.
func (rec record) with(v Version) record {
	if rec.Sum != v.Sum {
		rec = rec.out()
	}
	rec.Version = v
	if !rec.Until.After(v.At) {
		rec.Until, rec.Successor = time.Time{}, ""
	}
	return rec
}

// inForce tells whether a version is, at that moment.
func (rec record) inForce(now time.Time) bool {
	return rec.Sum != "" && (rec.Until.IsZero() || now.Before(rec.Until))
}

// Name returns what a document goes by. file is its file's name.
func Name(p *plan.Plan, file string) string {
	return cmp.Or(p.DocNo, p.Title, strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)))
}

// Read parses a file as it would be when it is imported: a document without
// title and 文号 goes by the file's name. Errors are those of plan.Read.
func Read(file string, data []byte) (*plan.Plan, error) {
	p, err := plan.Read(filepath.Base(file), data)
	if err != nil {
		return nil, err
	}
	if p.Title == "" && p.DocNo == "" {
		p.Title = Name(p, file)
	}
	return p, nil
}

// Damage is a document in force that cannot be read.
type Damage struct {
	Name string
	Err  error // ErrDamaged
}

// Sums tells sets of documents in force apart: by name, a value that differs
// after each import, and once the day of a version has come.
func Sums(r store.Reader) (map[string]string, error) {
	out := map[string]string{}
	err := r.Scan(Bucket, store.Range{}, func(name string, value []byte) error {
		rec, err := decode(r, name, value)
		if err != nil || rec.inForce(r.Now()) {
			out[name] = sumOf(value) + rec.Sum
		}
		return nil
	})
	return out, err
}

// Coming is the next moment at which other versions are in force than now, if nobody
// does anything; zero: none is known.
func Coming(r store.Reader) (at time.Time, err error) {
	err = r.Scan(Bucket, store.Range{}, func(name string, value []byte) error {
		rec, err := decode(r, name, value)
		if err != nil {
			return nil // it is told apart by All
		}
		for _, t := range []time.Time{rec.Until, rec.next().At} {
			if t.After(r.Now()) && (at.IsZero() || t.Before(at)) {
				at = t
			}
		}
		return nil
	})
	return at, err
}

// next is the version to come, the zero Version if there is none.
func (rec record) next() Version {
	if rec.Next == nil {
		return Version{}
	}
	return *rec.Next
}

// All returns the documents in force, ordered by name, and apart from them those
// that cannot be read, so that one of them does not take the others along.
func All(r store.Reader) (docs []Document, bad []Damage, err error) {
	err = r.Scan(Bucket, store.Range{}, func(name string, value []byte) error {
		rec, err := decode(r, name, value)
		if err == nil && !rec.inForce(r.Now()) {
			return nil
		}
		var d Document
		if err == nil {
			d, err = open(r, name, rec.Version)
			d.Earlier = rec.Earlier
		}
		switch {
		case errors.Is(err, ErrDamaged):
			bad = append(bad, Damage{name, err})
		case err != nil:
			return err
		default:
			docs = append(docs, d)
		}
		return nil
	})
	return docs, bad, err
}

// Get returns the document of that name, false if none is in force.
func Get(r store.Reader, name string) (Document, bool, error) {
	rec, _, err := find(r, name)
	if err != nil || !rec.inForce(r.Now()) {
		return Document{}, false, err
	}
	d, err := open(r, name, rec.Version)
	d.Earlier = rec.Earlier
	return d, err == nil, err
}

// Sum returns the sum of the version of that name that is in force; empty if none is.
func Sum(r store.Reader, name string) (string, error) {
	rec, _, err := find(r, name)
	if err != nil || !rec.inForce(r.Now()) {
		return "", err
	}
	return rec.Sum, nil
}

// Put brings a file into force at once. The same bytes again change nothing and give
// false, unless they were damaged; the version they replace is kept, and one whose day
// is to come still comes. data must be what Read accepts.
func Put(tx *store.Tx, file string, data []byte, by string) (changed bool, err error) {
	p, err := Read(file, data)
	if err != nil {
		return false, err
	}
	name, err := nameOf(p, file)
	if err != nil {
		return false, err
	}
	rec, known, err := find(tx, name)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return false, err
	}
	sum := sumOf(data)
	if rec.inForce(tx.Now()) && rec.Sum == sum {
		kept, _, err := tx.Get(fileBucket, sum)
		if err != nil || sumOf(kept) == sum {
			return false, err
		}
	}
	if !known {
		if rec, err = back(tx, name); err != nil {
			return false, err
		}
	}
	v := Version{File: filepath.Base(file), Sum: sum, At: tx.Now(), By: by}
	if err := rec.with(v).save(tx, name); err != nil {
		return false, err
	}
	if err := tx.Put(fileBucket, sum, data); err != nil {
		return false, fmt.Errorf("put document: %w", err)
	}
	if err := tx.Delete(draftBucket, sum); err != nil {
		return false, err
	}
	return true, note(tx, name, by, ActImport, v)
}

// nameOf is Name within what the store takes.
func nameOf(p *plan.Plan, file string) (string, error) {
	name := Name(p, file)
	if len(name) > maxKey {
		return "", fmt.Errorf("put document: %w: its title is too long", store.ErrTooLarge)
	}
	return name, nil
}

// save keeps the record.
func (rec record) save(tx *store.Tx, name string) error {
	rec.Acts++
	value, err := json.Marshal(rec)
	if err != nil {
		return fmt.Errorf("put document: %w", err)
	}
	if err := tx.Put(Bucket, name, value); err != nil {
		return fmt.Errorf("put document: %w", err)
	}
	return nil
}

// back gives the record of a document that was taken back, and its place free.
func back(tx *store.Tx, name string) (record, error) {
	value, ok, err := tx.Get(removedBucket, name)
	if err != nil || !ok {
		return record{}, err
	}
	rec, err := decode(tx, name, value)
	if err != nil {
		rec = record{} // it was damaged when it was taken back
	}
	rec.Removed, rec.RemovedBy = time.Time{}, ""
	return rec, tx.Delete(removedBucket, name)
}

// Remove takes the document of that name out of force, also a damaged one, and
// says whether there was one. Its versions are kept, and are its earlier ones if
// it is put again; one whose day is to come is a draft again.
func Remove(tx *store.Tx, name, by string) (bool, error) {
	rec, _, err := find(tx, name)
	if err != nil && !errors.Is(err, ErrDamaged) || err == nil && !rec.inForce(tx.Now()) {
		return false, err
	}
	if rec.Next != nil {
		if err := redraft(tx, name, *rec.Next); err != nil {
			return false, err
		}
		rec.Next = nil
	}
	rec.Acts++
	rec.Removed, rec.RemovedBy = tx.Now(), by
	value, err := json.Marshal(rec)
	if err != nil {
		return false, fmt.Errorf("remove document: %w", err)
	}
	if err := tx.Put(removedBucket, name, value); err != nil {
		return false, fmt.Errorf("remove document: %w", err)
	}
	if err := tx.Delete(Bucket, name); err != nil {
		return false, err
	}
	return true, note(tx, name, by, ActRemove, rec.Version)
}

// find gives the record of a document that was published, as it is now.
func find(r store.Reader, name string) (record, bool, error) {
	value, ok, err := r.Get(Bucket, name)
	if err != nil || !ok {
		return record{}, false, err
	}
	rec, err := decode(r, name, value)
	return rec, err == nil, err
}

func decode(r store.Reader, name string, value []byte) (record, error) {
	var rec record
	if err := json.Unmarshal(value, &rec); err != nil {
		return record{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return rec.on(r.Now()), nil
}

func open(r store.Reader, name string, v Version) (Document, error) {
	data, ok, err := r.Get(fileBucket, v.Sum)
	if err != nil {
		return Document{}, err
	}
	if !ok || sumOf(data) != v.Sum {
		return Document{}, fmt.Errorf("%w: %s", ErrDamaged, name)
	}
	p, err := Read(v.File, data)
	if err != nil {
		return Document{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return Document{Name: name, Version: v, Plan: p, Original: bytes.Clone(data)}, nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
