package org

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Console is where people are known by a Login; among platforms it is the one that
// has no chat: ByUser finds by it, and Person.IDs never holds it.
const Console chat.Platform = "console"

// Login is a name by which a person enters the console, with a password or, before
// there is one, nothing but the link that asks for it.
type Login struct {
	Name   string    `json:"name"`
	Person PersonID  `json:"person"`
	Hash   []byte    `json:"hash,omitempty"`   // bcrypt; empty: no password yet
	Failed int       `json:"failed,omitempty"` // wrong passwords in a row
	Until  time.Time `json:"until,omitzero"`   // locked until then, by the wall clock
}

// Guessing a password is slow.
const (
	loginTries = 5                // wrong passwords in a row until a login is locked
	loginLock  = 15 * time.Minute // for how long
)

// Locked reports whether no password opens the login now.
func (l Login) Locked(now time.Time) bool { return now.Before(l.Until) }

// Bounds of names and passwords.
const (
	minLogin    = 2
	maxLogin    = 32
	minPassword = 10  // characters
	maxPassword = 200 // bytes
)

// What is wrong with a login.
var (
	ErrLoginName = errors.New("org: not a name for a login")
	ErrLoginUsed = errors.New("org: the login is somebody else's")
	ErrWeak      = errors.New("org: the password is too easy to guess")
	ErrPassword  = errors.New("org: wrong login or password")
	ErrLocked    = errors.New("org: locked after wrong passwords")
)

// bucketLogin has a name → Login.
const bucketLogin = "org.login"

// LoginName is the name in the form it is kept in. ErrLoginName unless it is of two
// to 32 letters, digits, Chinese characters and the signs . _ -; case does not count.
func LoginName(text string) (string, error) {
	name := strings.ToLower(strings.TrimSpace(text))
	n := utf8.RuneCountInString(name)
	bad := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x4e00 && r <= 0x9fff || strings.ContainsRune("._-", r))
	}
	if n < minLogin || n > maxLogin || strings.ContainsFunc(name, bad) {
		return "", ErrLoginName
	}
	return name, nil
}

// Hashes is how passwords are hashed. The zero value is for real ones.
type Hashes struct {
	Cost int // of bcrypt; 0: 12, about a quarter of a second
}

const hashCost = 12

// Of hashes a password. ErrWeak: it has fewer than ten characters, is one character
// again and again, a run of digits or letters, or holds the login's name. It takes
// long by design: never call it in a transaction.
func (h Hashes) Of(login, password string) ([]byte, error) {
	if !strong(login, password) {
		return nil, ErrWeak
	}
	return bcrypt.GenerateFromPassword(shortened(password), cmp.Or(h.Cost, hashCost))
}

// Fits reports whether the password is that of the hash. It takes as long where
// there is none, so that nobody learns which logins there are.
func (h Hashes) Fits(hash []byte, password string) bool {
	if len(hash) == 0 || len(password) > maxPassword {
		_, _ = bcrypt.GenerateFromPassword(shortened(password), cmp.Or(h.Cost, hashCost)) // for the time it takes
		return false
	}
	return bcrypt.CompareHashAndPassword(hash, shortened(password)) == nil
}

// shortened is what bcrypt takes of a password of any length: it would cut one off
// after 72 bytes, which is 24 Chinese characters.
func shortened(password string) []byte {
	sum := sha256.Sum256([]byte(password))
	return []byte(base64.StdEncoding.EncodeToString(sum[:]))
}

func strong(login, password string) bool {
	if utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword || !utf8.ValidString(password) {
		return false
	}
	low := strings.ToLower(password)
	if login != "" && strings.Contains(low, login) {
		return false
	}
	// Each character that says nothing new after the one before it does not count.
	told, last := 0, rune(-2)
	for _, r := range low {
		if step := r - last; step < -1 || step > 1 {
			told++
		}
		last = r
	}
	return told >= minPassword/2
}

// FindLogin returns the login of that name.
func FindLogin(r store.Reader, name string) (Login, bool, error) {
	name, err := LoginName(name)
	if err != nil {
		return Login{}, false, nil
	}
	return get[Login](r, bucketLogin, name)
}

// Logins lists all logins by name.
func Logins(r store.Reader) ([]Login, error) { return all[Login](r, bucketLogin, store.Range{}) }

// LoginOf returns the login of a person.
func LoginOf(r store.Reader, id PersonID) (Login, bool, error) {
	list, err := Logins(r)
	i := slices.IndexFunc(list, func(l Login) bool { return l.Person == id })
	if err != nil || i < 0 {
		return Login{}, false, err
	}
	return list[i], true, nil
}

// GiveLogin makes name the login of a person who has none, or changes the one that
// the person has; its password, if it has one, stays. The office may.
//
// ErrForbidden, ErrNotFound, ErrLoginName, ErrLoginUsed.
func GiveLogin(tx *store.Tx, name string, id, by PersonID) (Login, error) {
	if err := needOffice(tx, by); err != nil {
		return Login{}, err
	}
	name, err := LoginName(name)
	if err != nil {
		return Login{}, err
	}
	p, ok, err := ByID(tx, id)
	if err != nil || !ok || !p.Erased.IsZero() {
		return Login{}, cmp.Or(err, ErrNotFound)
	}
	if l, taken, err := get[Login](tx, bucketLogin, name); err != nil || taken {
		if err == nil && l.Person != id {
			err = ErrLoginUsed
		}
		return l, err
	}
	l, had, err := LoginOf(tx, id)
	if err != nil {
		return Login{}, err
	}
	if had {
		if err := tx.Delete(bucketLogin, l.Name); err != nil {
			return Login{}, err
		}
	}
	l.Name, l.Person = name, id
	if err := note(tx, Entry{What: WhatLogin, By: by, Person: id}); err != nil {
		return Login{}, err
	}
	return l, put(tx, bucketLogin, name, l)
}

// SetPassword gives a login the password of the hash, and opens it if it was locked.
// ErrNotFound.
func SetPassword(tx *store.Tx, name string, hash []byte, by PersonID) error {
	l, ok, err := FindLogin(tx, name)
	if err != nil || !ok {
		return cmp.Or(err, ErrNotFound)
	}
	l.Hash, l.Failed, l.Until = hash, 0, time.Time{}
	if err := note(tx, Entry{What: WhatPassword, By: by, Person: l.Person}); err != nil {
		return err
	}
	return put(tx, bucketLogin, l.Name, l)
}

// Entered keeps what came of a password, at a time of the wall clock. It answers
// ErrPassword or ErrLocked unless it fitted a login that is open; five wrong ones in
// a row lock it for a quarter of an hour. The error comes after what is kept: commit
// all the same.
func Entered(tx *store.Tx, name string, fits bool, now time.Time) (refused, err error) {
	l, ok, err := FindLogin(tx, name)
	switch {
	case err != nil || !ok:
		return ErrPassword, err
	case l.Locked(now):
		return ErrLocked, nil
	case fits && l.Failed == 0:
		return nil, nil
	case fits:
		l.Failed, l.Until = 0, time.Time{}
		return nil, put(tx, bucketLogin, l.Name, l)
	}
	refused = ErrPassword
	if l.Failed++; l.Failed >= loginTries {
		l.Failed, l.Until = 0, now.Add(loginLock)
		refused = ErrLocked
		if err := note(tx, Entry{What: WhatLock, Person: l.Person}); err != nil {
			return nil, err
		}
	}
	return refused, put(tx, bucketLogin, l.Name, l)
}

// Unlock opens a login that wrong passwords have locked. The office may. False: it
// was open.
func Unlock(tx *store.Tx, name string, by PersonID) (bool, error) {
	if err := needOffice(tx, by); err != nil {
		return false, err
	}
	l, ok, err := FindLogin(tx, name)
	if err != nil || !ok || l.Until.IsZero() {
		return false, err
	}
	l.Failed, l.Until = 0, time.Time{}
	if err := note(tx, Entry{What: WhatUnlock, By: by, Person: l.Person}); err != nil {
		return false, err
	}
	return true, put(tx, bucketLogin, l.Name, l)
}

// DropLogin takes a person's login away. The office may. ErrLastOffice: nobody of the
// office could enter any more. False: there was none.
func DropLogin(tx *store.Tx, id, by PersonID) (bool, error) {
	if err := needOffice(tx, by); err != nil {
		return false, err
	}
	l, ok, err := LoginOf(tx, id)
	if err != nil || !ok {
		return false, err
	}
	p, _, err := ByID(tx, id)
	if err != nil {
		return false, err
	}
	if err := keepsEntrance(tx, p, Person{}); err != nil {
		return false, err
	}
	if err := note(tx, Entry{What: WhatLogin, By: by, Person: id}); err != nil {
		return false, err
	}
	return true, tx.Delete(bucketLogin, l.Name)
}

// HasOfficeLogin reports whether somebody of the office, other than that person, can
// enter the console with a password.
func HasOfficeLogin(r store.Reader, other PersonID) (bool, error) {
	list, err := Logins(r)
	if err != nil {
		return false, err
	}
	for _, l := range list {
		if l.Person == other || len(l.Hash) == 0 {
			continue
		}
		p, ok, err := ByID(r, l.Person)
		if err != nil {
			return false, err
		}
		if ok && p.Role == RoleOffice {
			return true, nil
		}
	}
	return false, nil
}

// keepsEntrance is ErrLastOffice if the change leaves nobody of the office who can enter
// the console with a password, and there was somebody before.
func keepsEntrance(r store.Reader, before, after Person) error {
	if before.Role != RoleOffice || after.Role == RoleOffice {
		return nil
	}
	l, has, err := LoginOf(r, before.ID)
	if err != nil || !has || len(l.Hash) == 0 {
		return err
	}
	left, err := HasOfficeLogin(r, before.ID)
	if err == nil && !left {
		err = ErrLastOffice
	}
	return err
}

// Register makes a person that no roster has told us of. The office may. ErrInvalid:
// there is no name, or a role that needs a unit has none; ErrTaken: the unit has
// somebody of that name.
func Register(tx *store.Tx, p Person, by PersonID) (Person, error) {
	if err := needOffice(tx, by); err != nil {
		return Person{}, err
	}
	if err := p.check(tx); err != nil {
		return Person{}, err
	}
	p, err := add(tx, Person{Name: squeeze(p.Name), Unit: p.Unit, Role: p.Role, Phone: p.Phone})
	if err != nil {
		return Person{}, err
	}
	return p, note(tx, Entry{What: WhatAdd, By: by, Person: p.ID})
}

// Amend gives a person another name, unit, role and telephone number; accounts stay.
// before is the person as whoever changes it saw it: ErrChanged if it is not so any
// more. The office may. ErrLastOffice, ErrNotFound, and those of Register.
func Amend(tx *store.Tx, before, after Person, by PersonID) (Change, error) {
	if err := needOffice(tx, by); err != nil {
		return Change{}, err
	}
	now, ok, err := ByID(tx, before.ID)
	if err != nil || !ok || !now.Erased.IsZero() {
		return Change{}, cmp.Or(err, ErrNotFound)
	}
	if now.Name != before.Name || now.Unit != before.Unit || now.Role != before.Role || now.Phone != before.Phone {
		return Change{}, ErrChanged
	}
	next := now
	next.Name, next.Unit, next.Role, next.Phone = after.Name, after.Unit, after.Role, after.Phone
	if err := next.check(tx); err != nil {
		return Change{}, err
	}
	if err := keepsOffice(tx, now, next); err != nil {
		return Change{}, err
	}
	if err := keepsEntrance(tx, now, next); err != nil {
		return Change{}, err
	}
	c := Change{now, next, differing(now, next)}
	if len(c.Fields) == 0 {
		return c, nil
	}
	if err := note(tx, Entry{What: WhatChange, By: by, Person: now.ID, Fields: c.Fields}); err != nil {
		return c, err
	}
	return c, save(tx, next)
}

// check is ErrInvalid or ErrTaken unless p can be kept.
func (p Person) check(r store.Reader) error {
	needsUnit := p.Role == RoleLiaison || p.Role == RoleHead || p.Role == RoleOrganiser || p.Role == RoleStaff
	if !goodName(p.Name) || !slices.Contains(roles, p.Role) || needsUnit && p.Unit == "" || p.Phone != "" && !goodPhone(p.Phone.Reveal()) {
		return fmt.Errorf("person: %w", ErrInvalid)
	}
	same, err := ByUnit(r, p.Unit, "")
	if slices.ContainsFunc(same, func(o Person) bool { return o.ID != p.ID && o.Name == p.Name }) {
		err = cmp.Or(err, ErrTaken)
	}
	return err
}
