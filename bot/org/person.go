package org

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// record is a person as stored.
type record struct {
	ID     PersonID                      `json:"id"`
	Name   string                        `json:"name,omitempty"`
	Unit   string                        `json:"unit,omitempty"`
	Role   Role                          `json:"role,omitempty"`
	Phone  string                        `json:"phone,omitempty"`
	IDs    map[chat.Platform]chat.UserID `json:"ids,omitempty"`
	Erased time.Time                     `json:"erased,omitzero"`
}

func (c record) person() Person {
	return Person{c.ID, c.Name, c.Unit, c.Role, Phone(c.Phone), c.IDs, c.Erased}
}

// ByID finds a person by our id. One who was erased is found, with nothing but
// the id and the time.
func ByID(r store.Reader, id PersonID) (Person, bool, error) {
	if id == "" {
		return Person{}, false, nil
	}
	c, ok, err := get[record](r, bucketPerson, string(id))
	return c.person(), ok, err
}

// ByUser finds the person an account, or on Console a login, belongs to.
func ByUser(r store.Reader, platform chat.Platform, user chat.UserID) (Person, bool, error) {
	if user == "" || len(user) > maxAccount {
		return Person{}, false, nil
	}
	if platform == Console {
		l, ok, err := FindLogin(r, string(user))
		if err != nil || !ok {
			return Person{}, false, err
		}
		return ByID(r, l.Person)
	}
	id, ok, err := get[PersonID](r, bucketAccount, accountKey(platform, user))
	if err != nil || !ok {
		return Person{}, false, err
	}
	return ByID(r, id)
}

// ByUnit lists the unit's people of a role in the order of their ids; of all
// roles, one after the other, if role is empty.
func ByUnit(r store.Reader, unit string, role Role) ([]Person, error) {
	if role != "" {
		return members(r, string(role)+sep+unit+sep)
	}
	var list []Person
	for _, role := range roles {
		some, err := ByUnit(r, unit, role)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	return list, nil
}

// Offices lists the people of the office.
func Offices(r store.Reader) ([]Person, error) { return members(r, string(RoleOffice)+sep) }

// People lists everybody who was not erased, in the order of their ids.
func People(r store.Reader) ([]Person, error) {
	records, err := all[record](r, bucketPerson, store.Range{})
	if err != nil {
		return nil, err
	}
	list := make([]Person, 0, len(records))
	for _, c := range records {
		if c.Erased.IsZero() {
			list = append(list, c.person())
		}
	}
	byNumber(list)
	return list, nil
}

func members(r store.Reader, prefix string) ([]Person, error) {
	var ids []PersonID
	err := r.Scan(bucketMember, store.Range{Prefix: prefix}, func(key string, _ []byte) error {
		ids = append(ids, PersonID(key[strings.LastIndex(key, sep)+1:]))
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]Person, 0, len(ids))
	for _, id := range ids {
		p, ok, err := ByID(r, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: %s names %s, whom nobody knows", store.ErrDamaged, bucketMember, id)
		}
		list = append(list, p)
	}
	byNumber(list)
	return list, nil
}

func byNumber(list []Person) {
	slices.SortFunc(list, func(a, b Person) int { return cmp.Compare(number(a.ID), number(b.ID)) })
}

func number(id PersonID) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(string(id), "P"))
	return n
}

// isOffice reports whether by may decide for the office.
func isOffice(r store.Reader, by PersonID) (bool, error) {
	if by == Operator {
		return true, nil
	}
	p, ok, err := ByID(r, by)
	return ok && p.Role == RoleOffice, err
}

// needOffice is ErrForbidden unless by may decide for the office.
func needOffice(r store.Reader, by PersonID) error {
	ok, err := isOffice(r, by)
	if err == nil && !ok {
		err = ErrForbidden
	}
	return err
}

// officeActs reports whether somebody of the office has an account.
func officeActs(people []Person) bool { return slices.ContainsFunc(people, Person.acting) }

// accountKey is where an account's person stands. WeCom does not tell user ids
// apart by case (docs 90195).
func accountKey(platform chat.Platform, user chat.UserID) string {
	if platform == chat.WeCom {
		user = chat.UserID(strings.ToLower(string(user)))
	}
	return string(platform) + sep + string(user)
}

func (p Person) accountKeys() []string {
	keys := make([]string, 0, len(p.IDs))
	for platform, user := range p.IDs {
		keys = append(keys, accountKey(platform, user))
	}
	slices.Sort(keys)
	return keys
}

func (p Person) memberKey() string {
	return string(p.Role) + sep + p.Unit + sep + string(p.ID)
}

// add gives p an id and keeps it.
func add(tx *store.Tx, p Person) (Person, error) {
	n, err := next(tx, "person")
	if err != nil {
		return p, err
	}
	p.ID = PersonID("P" + strconv.Itoa(n))
	return p, save(tx, p)
}

// save keeps p and what is found by. An account of somebody else is ErrKnown.
func save(tx *store.Tx, p Person) error {
	old, known, err := ByID(tx, p.ID)
	if err != nil {
		return err
	}
	if known && old.Erased.IsZero() {
		if err := unlist(tx, old); err != nil {
			return err
		}
	}
	for _, key := range p.accountKeys() {
		if _, taken, err := tx.Get(bucketAccount, key); err != nil || taken {
			return cmp.Or(err, fmt.Errorf("%s: %w", p.ID, ErrKnown))
		}
		if err := put(tx, bucketAccount, key, p.ID); err != nil {
			return err
		}
	}
	if p.Erased.IsZero() {
		if err := tx.Put(bucketMember, p.memberKey(), nil); err != nil {
			return err
		}
	}
	return put(tx, bucketPerson, string(p.ID), record{p.ID, p.Name, p.Unit, p.Role, p.Phone.Reveal(), p.IDs, p.Erased})
}

// unlist removes what p is found by.
func unlist(tx *store.Tx, p Person) error {
	for _, key := range p.accountKeys() {
		if err := tx.Delete(bucketAccount, key); err != nil {
			return err
		}
	}
	return tx.Delete(bucketMember, p.memberKey())
}

// Unlink takes an account from its person, so that it can be bound anew. The
// office may, and the person. False: nobody had it. ErrLastOffice: nobody of the
// office would have an account any more.
func Unlink(tx *store.Tx, platform chat.Platform, user chat.UserID, by PersonID) (bool, error) {
	p, ok, err := ByUser(tx, platform, user)
	if err != nil || !ok {
		return false, err
	}
	if by != p.ID {
		if err := needOffice(tx, by); err != nil {
			return false, err
		}
	}
	before := p
	p.IDs = maps.Clone(p.IDs)
	delete(p.IDs, platform)
	if err := keepsOffice(tx, before, p); err != nil {
		return false, err
	}
	if err := save(tx, p); err != nil {
		return false, err
	}
	return true, note(tx, Entry{What: WhatUnlink, By: by, Person: p.ID, Fields: []string{string(platform)}})
}

// keepsOffice is ErrLastOffice if the change leaves an office that acted before
// without anybody who acts.
func keepsOffice(r store.Reader, before, after Person) error {
	if !before.acting() || after.acting() {
		return nil
	}
	office, err := Offices(r)
	if err != nil {
		return err
	}
	office = slices.DeleteFunc(office, func(p Person) bool { return p.ID == before.ID })
	if !officeActs(office) {
		return ErrLastOffice
	}
	return nil
}
