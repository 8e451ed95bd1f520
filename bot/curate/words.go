package curate

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/zh"
)

// WordBucket holds the office's words; its store version changes with them.
const WordBucket = "curate.words"

const (
	maxWords = 5000 // lines; the built-in lists have as many
	maxLine  = 2000 // bytes of a line
)

// ErrTooMany: there is no room for that much.
var ErrTooMany = errors.New("curate: too many")

// Word is one line of the thesaurus that the office added.
type Word struct {
	ID   string    `json:"id"`   // of what the line says: lines that say the same have the same
	Text string    `json:"text"` // as it was written, in the form that docs/design.md describes
	At   time.Time `json:"at"`
	By   string    `json:"by"`
}

// LineFault is a line that cannot be kept. No is its number, the first is 1; Err
// holds an *index.LineError, or is ErrTooMany where it is too long.
type LineFault struct {
	No   int
	Text string
	Err  error
}

// BadLines are the lines of a text that cannot be kept; Tell words them for users.
type BadLines []LineFault

// Error implements error.
func (b BadLines) Error() string {
	return fmt.Sprintf("curate: %d bad lines, the first is line %d: %v", len(b), b[0].No, b[0].Err)
}

// Alias is the line that says that a unit also goes by other names; ok is false where
// one of them cannot be written so: it is empty or has a sign of its own meaning there.
func Alias(unit string, names ...string) (line string, ok bool) {
	for _, name := range append([]string{unit}, names...) {
		if name == "" || strings.ContainsFunc(zh.Fold(name), func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(":=<~+|#", r) }) {
			return "", false
		}
	}
	return "单位: " + unit + " = " + strings.Join(names, " "), len(names) > 0
}

// AddWords keeps the lines of a text, all or none; blank ones, comments and those
// that are kept already are passed over. It gives those that are new. Errors are
// BadLines, ErrTooMany and those of the store.
func AddWords(tx *store.Tx, by, text string) (added []Word, err error) {
	lines, err := ReadWords(text)
	if err != nil {
		return nil, err
	}
	for _, w := range lines {
		if _, ok, err := tx.Get(WordBucket, w.ID); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		w.At, w.By = tx.Now().UTC(), by
		if err := errors.Join(put(tx, WordBucket, w.ID, w), note(tx, by, "add-word", w)); err != nil {
			return nil, err
		}
		added = append(added, w)
	}
	if len(added) == 0 {
		return nil, nil
	}
	if all, err := Words(tx); err != nil || len(all) > maxWords {
		return nil, cmp.Or(err, ErrTooMany)
	}
	return added, nil
}

// ReadWords gives the lines of a text that say something, as nobody's yet. Errors are
// BadLines.
func ReadWords(text string) ([]Word, error) {
	var out []Word
	var bad BadLines
	no := 0
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		no++
		line = strings.TrimSpace(line)
		if index.FoldLine(line) == "" {
			continue
		}
		err := index.CheckLine(line)
		if len(line) > maxLine {
			err = ErrTooMany
		}
		if err != nil {
			bad = append(bad, LineFault{no, line, err})
			continue
		}
		out = append(out, Word{ID: idOf(index.FoldLine(line)), Text: line})
	}
	if len(bad) > 0 {
		return nil, bad
	}
	return out, nil
}

// RemoveWord takes a line back and says whether there was one.
func RemoveWord(tx *store.Tx, by, id string) (bool, error) {
	w, ok, err := get[Word](tx, WordBucket, id)
	if err != nil || !ok {
		return false, err
	}
	return true, errors.Join(tx.Delete(WordBucket, id), note(tx, by, "remove-word", w))
}

// Words are the office's words, the oldest first.
func Words(r store.Reader) (out []Word, err error) {
	out, err = list[Word](r, WordBucket)
	slices.SortFunc(out, func(a, b Word) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) })
	return out, err
}

// List makes a list for index.NewThesaurus of words; bad are those that it could not
// read, which another version of the program may have kept.
func List(words []Word) (lines index.List, bad []Word) {
	var text strings.Builder
	for _, w := range words {
		if index.CheckLine(w.Text) != nil {
			bad = append(bad, w)
			continue
		}
		text.WriteString(w.Text + "\n")
	}
	return index.List{Name: textOfficeWords, Text: text.String()}, bad
}
