// Package library keeps the office's documents in the store: which are in force,
// the bytes of every version that ever was, and how two versions differ.
//
// It must not know questions, chats, HTTP or files on disk, and it never
// changes a document: a version is the bytes that were imported.
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

	"xietiao/bot/store"
	"xietiao/index/plan"
)

// Bucket holds the documents in force; its store version changes with them.
const Bucket = "plans"

// removedBucket holds the documents that were taken back, with their versions.
const removedBucket = "plans.removed"

// fileBucket holds the bytes of every version under its sum.
const fileBucket = "plans.files"

// maxKey keeps a document's name within a store key; titles are far shorter.
const maxKey = 900

// ErrDamaged: a document of the store is not there or cannot be read any more.
var ErrDamaged = errors.New("library: document damaged")

// Document is one document in force.
type Document struct {
	Name     string     // what makes two files versions of one document: 文号, else title, else file name
	File     string     // the file's name when it was imported
	Sum      string     // SHA-256 of the bytes, in hex
	At       time.Time  // when it came into force
	By       string     // who imported it
	Earlier  []Version  // versions before it, oldest first
	Plan     *plan.Plan // what it says
	Original []byte     // the bytes
}

// Version is one that was replaced.
type Version struct {
	File string    `json:"file"`
	Sum  string    `json:"sum"`
	At   time.Time `json:"at"`
	By   string    `json:"by,omitempty"`
}

// record is a document as the store keeps it.
type record struct {
	Version
	Earlier   []Version `json:"earlier,omitempty"`
	Removed   time.Time `json:"removed,omitzero"` // when it was taken back
	RemovedBy string    `json:"removed_by,omitempty"`
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
// after each import.
func Sums(r store.Reader) (map[string]string, error) {
	out := map[string]string{}
	err := r.Scan(Bucket, store.Range{}, func(name string, value []byte) error {
		out[name] = sumOf(value)
		return nil
	})
	return out, err
}

// All returns the documents in force, ordered by name, and apart from them those
// that cannot be read, so that one of them does not take the others along.
func All(r store.Reader) (docs []Document, bad []Damage, err error) {
	err = r.Scan(Bucket, store.Range{}, func(name string, value []byte) error {
		rec, err := decode(name, value)
		var d Document
		if err == nil {
			d, err = open(r, name, rec)
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
	rec, ok, err := find(r, name)
	if err != nil || !ok {
		return Document{}, false, err
	}
	d, err := open(r, name, rec)
	return d, err == nil, err
}

// Sum returns the sum of the version of that name that is in force; empty if none is.
func Sum(r store.Reader, name string) (string, error) {
	rec, _, err := find(r, name)
	return rec.Sum, err
}

// Put brings a file into force. The same bytes again change nothing and give
// false, unless they were damaged; the version they replace is kept. data must be
// what Read accepts.
func Put(tx *store.Tx, file string, data []byte, by string) (changed bool, err error) {
	p, err := Read(file, data)
	if err != nil {
		return false, err
	}
	name := Name(p, file)
	if len(name) > maxKey {
		return false, fmt.Errorf("put document: %w: its title is too long", store.ErrTooLarge)
	}
	rec, ok, err := find(tx, name)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return false, err
	}
	sum := sumOf(data)
	if ok && rec.Sum == sum {
		kept, _, err := tx.Get(fileBucket, sum)
		if err != nil || sumOf(kept) == sum {
			return false, err
		}
	}
	if !ok {
		if rec, ok, err = back(tx, name); err != nil {
			return false, err
		}
	}
	next := record{Version: Version{File: filepath.Base(file), Sum: sum, At: tx.Now(), By: by}, Earlier: rec.Earlier}
	if ok && rec.Sum != sum {
		next.Earlier = append(next.Earlier, rec.Version)
	}
	value, err := json.Marshal(next)
	if err != nil {
		return false, fmt.Errorf("put document: %w", err)
	}
	if err := tx.Put(fileBucket, sum, data); err != nil {
		return false, fmt.Errorf("put document: %w", err)
	}
	if err := tx.Put(Bucket, name, value); err != nil {
		return false, fmt.Errorf("put document: %w", err)
	}
	return true, nil
}

// back gives the record of a document that was taken back, and its place free.
func back(tx *store.Tx, name string) (record, bool, error) {
	value, ok, err := tx.Get(removedBucket, name)
	if err != nil || !ok {
		return record{}, false, err
	}
	rec, err := decode(name, value)
	known := err == nil && rec.Sum != "" // else it was damaged when it was taken back
	return rec, known, tx.Delete(removedBucket, name)
}

// Remove takes the document of that name out of force, also a damaged one, and
// says whether there was one. Its versions are kept, and are its earlier ones if
// it is put again.
func Remove(tx *store.Tx, name, by string) (bool, error) {
	rec, ok, err := find(tx, name)
	if err != nil && !errors.Is(err, ErrDamaged) || err == nil && !ok {
		return false, err
	}
	rec.Removed, rec.RemovedBy = tx.Now(), by
	value, err := json.Marshal(rec)
	if err != nil {
		return false, fmt.Errorf("remove document: %w", err)
	}
	if err := tx.Put(removedBucket, name, value); err != nil {
		return false, fmt.Errorf("remove document: %w", err)
	}
	return true, tx.Delete(Bucket, name)
}

func find(r store.Reader, name string) (record, bool, error) {
	value, ok, err := r.Get(Bucket, name)
	if err != nil || !ok {
		return record{}, false, err
	}
	rec, err := decode(name, value)
	return rec, err == nil, err
}

func decode(name string, value []byte) (record, error) {
	var rec record
	if err := json.Unmarshal(value, &rec); err != nil {
		return record{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return rec, nil
}

func open(r store.Reader, name string, rec record) (Document, error) {
	data, ok, err := r.Get(fileBucket, rec.Sum)
	if err != nil {
		return Document{}, err
	}
	if !ok || sumOf(data) != rec.Sum {
		return Document{}, fmt.Errorf("%w: %s", ErrDamaged, name)
	}
	p, err := Read(rec.File, data)
	if err != nil {
		return Document{}, fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return Document{
		Name: name, File: rec.File, Sum: rec.Sum, At: rec.At, By: rec.By, Earlier: rec.Earlier, Plan: p, Original: bytes.Clone(data),
	}, nil
}

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
