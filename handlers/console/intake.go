package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// intake is a table that comes in by two presses: the first shows what it would
// change, the second changes that and nothing else. T is what a file says.
type intake[T any] struct {
	at    string // of its page, below Path
	title string
	up    string // the page that it belongs to, below Path
	who   access

	// parse reads a file, outside of any transaction. The error says that it cannot be
	// read as a table.
	parse func(q *request, units org.KnownUnits, name string, data []byte) (T, []org.Problem, error)
	// compare tells what it would change, and apply changes it and says what that was.
	compare func(q *request, r store.Reader, v T) (difference, error)
	apply   func(q *request, tx *store.Tx, v T) (string, error)
	// blank is a table to fill in.
	blank func(q *request, r store.Reader) (sheet.Out, error)
}

// difference is what a table would change, in words.
type difference struct {
	Sum   string // in a line
	Parts []part
	Notes []string
	Empty bool // there is nothing to change
	Bad   bool // it does not fit: nothing is taken
}

// part is a table of a difference.
type part struct {
	Title string
	Head  []string
	Rows  [][]string
	More  string // that are not shown
}

// shownRows is how many rows of a part are shown.
const shownRows = 200

// partOf makes a part of all the rows.
func partOf(title string, head []string, rows [][]string) part {
	p := part{Title: fmt.Sprintf("%s（%d）", title, len(rows)), Head: head, Rows: rows}
	if len(rows) > shownRows {
		p.Rows, p.More = rows[:shownRows], more(shownRows, len(rows))
	}
	return p
}

// digest is the same for the same difference: what is applied is what was shown.
func (d difference) digest() string {
	raw, _ := json.Marshal(d) // strings alone
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// Tables are small; a document with pictures is none.
const (
	maxTable = 8 << 20 // bytes
	heldFor  = 2 * time.Hour
)

// bucketHeld has a key → a file that waits for the second press, sealed: a table of
// robots holds credentials.
const bucketHeld = "console.held"

// heldFile is one of them.
type heldFile struct {
	At   string       `json:"at"` // of its intake
	By   org.PersonID `json:"by"` // nobody else sees it
	Name string       `json:"name"`
	data []byte
}

// errHeld: it was applied, is too old or somebody else's.
var errHeld = handlers.Fault{Code: http.StatusGone, Text: textNotHeld}

func (c *Console) hold(q *request, f heldFile) (key string, err error) {
	head, err := json.Marshal(f)
	if err != nil {
		return "", err
	}
	key = handlers.Secret()
	sealed := c.opt.Vault.Seal(bucketHeld, key, append(append(head, '\n'), f.data...))
	return key, c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		return tx.PutUntilWall(bucketHeld, key, sealed, c.opt.Wall().Add(heldFor))
	})
}

func (c *Console) held(q *request, at string) (f heldFile, err error) {
	key := q.Param("key")
	var sealed []byte
	err = c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		var ok bool
		if sealed, ok, err = r.Get(bucketHeld, key); err == nil && !ok {
			err = errHeld
		}
		return err
	})
	if err != nil {
		return f, err
	}
	plain, err := c.opt.Vault.Open(bucketHeld, key, sealed)
	if err != nil {
		return f, err
	}
	head, data, _ := bytes.Cut(plain, []byte("\n"))
	if err := json.Unmarshal(head, &f); err != nil {
		return f, fmt.Errorf("%w: %s: %w", store.ErrDamaged, bucketHeld, err)
	}
	if f.By != q.person.ID || f.At != at {
		return f, errHeld
	}
	f.data = data
	return f, nil
}

// routesOf are the addresses of an intake.
func routesOf[T any](c *Console, in intake[T]) []route {
	take := upload(in.at, in.who, func(q *request) error { return takeIn(c, in, q) })
	take.body = maxTable
	list := []route{
		get(in.at, in.who, in.form(c)),
		take,
		get(in.at+"/held/:key", in.who, func(q *request) error { return in.show(c, q) }),
		post(in.at+"/held/:key", in.who, func(q *request) error { return in.take(c, q) }),
		get(in.at+"/held/:key/problems.xlsx", in.who, func(q *request) error { return in.problems(c, q) }),
	}
	if in.blank != nil {
		list = append(list, get(in.at+"/blank.xlsx", in.who, func(q *request) error { return in.sendBlank(c, q) }))
	}
	return list
}

// intakeView is a page of an intake.
type intakeView struct {
	At, Up   string // addresses
	Blank    bool
	File     string // that is held
	Key      string
	Problems []org.Problem
	Seen     string
	difference
}

func (in intake[T]) view() intakeView {
	return intakeView{At: Path + in.at, Up: Path + in.up, Blank: in.blank != nil}
}

// form is the page that a file is given on.
func (in intake[T]) form(c *Console) action {
	return c.shows("intake.html", func(*request, store.Reader) (page, error) {
		return page{Title: in.title, Data: in.view()}, nil
	})
}

// takeIn keeps a file for the second press.
func takeIn[T any](c *Console, in intake[T], q *request) error {
	file, err := fileOf(q, "file", maxUpload)
	if err == nil {
		var key string
		if key, err = c.hold(q, heldFile{At: in.at, By: q.person.ID, Name: file.Name, data: file.Data}); err == nil {
			q.Redirect(http.StatusSeeOther, Path+in.at+"/held/"+key)
			return nil
		}
	}
	return c.answer(q, "", err, nil, in.form(c))
}

// read reads what is held.
func (in intake[T]) read(c *Console, q *request) (f heldFile, v T, problems []org.Problem, err error) {
	if f, err = c.held(q, in.at); err != nil {
		return f, v, nil, err
	}
	var units org.KnownUnits
	err = c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		units, err = org.Known(r, c.opt.Units())
		return err
	})
	if err != nil {
		return f, v, nil, err
	}
	v, problems, err = in.parse(q, units, f.Name, f.data)
	var bad *sheet.Error
	if errors.As(err, &bad) {
		problems, err = []org.Problem{{Text: doc.Advice(err)}}, nil
	}
	return f, v, problems, err
}

// show tells what is wrong with the file, or what it would change.
func (in intake[T]) show(c *Console, q *request) error {
	f, v, problems, err := in.read(c, q)
	if err != nil {
		return err
	}
	return c.shows("intake.html", func(q *request, r store.Reader) (page, error) {
		view := in.view()
		view.File, view.Key, view.Problems = f.Name, q.Param("key"), problems
		if len(problems) == 0 {
			if view.difference, err = in.compare(q, r, v); err != nil {
				return page{}, err
			}
			view.Seen = view.digest()
		}
		return page{Title: in.title, Data: view}, nil
	})(q)
}

// take changes what was shown.
func (in intake[T]) take(c *Console, q *request) error {
	_, v, problems, err := in.read(c, q)
	if err != nil {
		return err
	}
	show := func(q *request) error { return in.show(c, q) }
	if len(problems) > 0 {
		return c.answer(q, "", words(textHasProblems), nil, show)
	}
	return c.does(func(q *request, tx *store.Tx) (string, error) {
		d, err := in.compare(q, tx, v)
		if err != nil {
			return "", err
		}
		if d.Bad || d.digest() != q.PostForm("seen") {
			return "", words(textMovedOn)
		}
		if err := tx.Delete(bucketHeld, q.Param("key")); err != nil {
			return "", err
		}
		return in.apply(q, tx, v)
	}, at(in.up), show)(q)
}

// problems is the list of what is wrong with the file, to be handed back with it.
func (in intake[T]) problems(c *Console, q *request) error {
	f, _, problems, err := in.read(c, q)
	if err != nil {
		return err
	}
	return sendXLSX(q, textProblemsOf(f.Name), []sheet.Out{org.Report(problems)})
}

func (in intake[T]) sendBlank(c *Console, q *request) error {
	var out sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		out, err = in.blank(q, r)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, out.Name, []sheet.Out{out})
}
