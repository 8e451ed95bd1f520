package org

import (
	"cmp"
	"slices"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Dossier is all that this package keeps of a person, as the person may ask to
// see it. Its JSON is not masked: it is for the person's eyes.
type Dossier struct {
	Person   PersonID                      `json:"person"`
	Name     string                        `json:"name"`
	Unit     string                        `json:"unit"`
	Role     Role                          `json:"role"`
	Phone    string                        `json:"phone,omitempty"`
	Accounts map[chat.Platform]chat.UserID `json:"accounts,omitempty"`
	Requests []Request                     `json:"requests,omitempty"`
	History  []Entry                       `json:"history,omitempty"`
}

// Export collects what is kept of a person. ErrNotFound. Who may see it is the
// caller's affair.
func Export(r store.Reader, id PersonID) (Dossier, error) {
	p, ok, err := ByID(r, id)
	if err != nil || !ok {
		return Dossier{}, cmp.Or(err, ErrNotFound)
	}
	d := Dossier{Person: p.ID, Name: p.Name, Unit: p.Unit, Role: p.Role, Phone: p.Phone.Reveal(), Accounts: p.IDs}
	if d.Requests, err = requestsOf(r, p); err != nil {
		return Dossier{}, err
	}
	d.History, err = History(r, Log{Person: id})
	slices.Reverse(d.History) // the oldest first
	return d, err
}

// requestsOf lists the requests that hold something of the person.
func requestsOf(r store.Reader, p Person) ([]Request, error) {
	list, err := requests(r)
	keys := p.accountKeys()
	return slices.DeleteFunc(list, func(q Request) bool {
		return q.Group != nil || q.Person != p.ID && !slices.Contains(keys, accountKey(q.Platform, q.User)) &&
			(p.Name == "" || nameKey(q.Name, q.Unit) != nameKey(p.Name, p.Unit))
	}), err
}

// Erasure is the proof of an Erase: how many records of each kind were removed.
type Erasure struct {
	Person   PersonID  `json:"person"`
	At       time.Time `json:"at"`
	Accounts int       `json:"accounts"`
	Requests int       `json:"requests"`
}

// Erase removes what is known of a person: name, unit, role, telephone number,
// accounts and requests. The id stays, in the log and wherever others keep it,
// and ByID tells that it was erased. The office may, and the person. A second
// time it removes nothing. Backups made before hold the person still.
//
// ErrNotFound, ErrForbidden, ErrLastOffice.
func Erase(tx *store.Tx, id, by PersonID) (Erasure, error) {
	if by != id {
		if err := needOffice(tx, by); err != nil {
			return Erasure{}, err
		}
	}
	p, ok, err := ByID(tx, id)
	if err != nil || !ok {
		return Erasure{}, cmp.Or(err, ErrNotFound)
	}
	if !p.Erased.IsZero() {
		return Erasure{Person: id, At: p.Erased}, nil
	}
	gone := Person{ID: id, Erased: tx.Now()}
	if err := cmp.Or(keepsOffice(tx, p, gone), keepsEntrance(tx, p, gone)); err != nil {
		return Erasure{}, err
	}
	done := Erasure{Person: id, At: gone.Erased, Accounts: len(p.IDs)}
	held, err := requestsOf(tx, p)
	if err != nil {
		return Erasure{}, err
	}
	for _, q := range held {
		if err := tx.Delete(bucketRequest, string(q.ID)); err != nil {
			return Erasure{}, err
		}
		done.Requests++
	}
	if err := save(tx, gone); err != nil {
		return Erasure{}, err
	}
	l, ok, err := LoginOf(tx, id)
	if err != nil {
		return Erasure{}, err
	}
	if ok {
		if err := tx.Delete(bucketLogin, l.Name); err != nil {
			return Erasure{}, err
		}
	}
	return done, note(tx, Entry{What: WhatErase, By: by, Person: id})
}
