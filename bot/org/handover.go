package org

import (
	"cmp"

	"xietiao/bot/store"
)

// HandOver gives what somebody does for a unit to another of the unit: to takes over
// the role of from, who is of its staff from now on. A to without an ID is somebody
// new, with a name and maybe a telephone number. Groups and accounts stay as they are.
// The office may.
//
// ErrNotFound, ErrForbidden; ErrSuccessor: to is nobody else of the unit, or from has no
// role that can be handed over; those of Register.
func HandOver(tx *store.Tx, from PersonID, to Person, by PersonID) (before, after Person, err error) {
	if err := needOffice(tx, by); err != nil {
		return before, after, err
	}
	before, ok, err := ByID(tx, from)
	if err != nil || !ok || !before.Erased.IsZero() {
		return before, after, cmp.Or(err, ErrNotFound)
	}
	if !before.HandsOver() {
		return before, after, ErrSuccessor
	}
	if to.ID == "" {
		after, err = Register(tx, Person{Name: to.Name, Phone: to.Phone, Unit: before.Unit, Role: before.Role}, by)
	} else {
		after, err = takeOver(tx, before, to.ID, by)
	}
	if err != nil {
		return before, after, err
	}
	former := before
	former.Role = RoleStaff
	if _, err := Amend(tx, before, former, by); err != nil {
		return before, after, err
	}
	return before, after, note(tx, Entry{What: WhatHandOver, By: by, Person: after.ID, From: from, Unit: before.Unit})
}

// HandsOver reports whether the person has a role that another can take over.
func (p Person) HandsOver() bool {
	return p.Unit != "" && (p.Role == RoleLiaison || p.Role == RoleHead || p.Role == RoleOrganiser)
}

// takeOver gives a person of the unit the role.
func takeOver(tx *store.Tx, before Person, to, by PersonID) (Person, error) {
	heir, ok, err := ByID(tx, to)
	if err != nil {
		return Person{}, err
	}
	if !ok || !heir.Erased.IsZero() || heir.ID == before.ID || heir.Unit != before.Unit || heir.Role == RoleOffice {
		return Person{}, ErrSuccessor
	}
	after := heir
	after.Role = before.Role
	c, err := Amend(tx, heir, after, by)
	return c.After, err
}
