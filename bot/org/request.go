package org

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// How long requests live.
const (
	RequestTTL  = 7 * 24 * time.Hour  // to be decided in
	requestKeep = 30 * 24 * time.Hour // afterwards, to answer who asks late
)

// asksMost is how often one asker may ask for the same within asksPer: each time
// everybody who may decide is told.
const (
	asksMost = 5
	asksPer  = 24 * time.Hour
)

// maxConversation is the longest id of a group in bytes; with a unit it makes a key.
const maxConversation = 512

// RequestID is the id of a request, "B3".
type RequestID string

// State is how far a request is.
type State string

// The states.
const (
	StatePending  State = "pending"
	StateApproved State = "approved"
	StateRejected State = "rejected"
	StateExpired  State = "expired"
)

// Request is a wish to bind: an account to a person, or a group to a unit. It
// has effect only when the other side approves.
type Request struct {
	ID    RequestID `json:"id"`
	State State     `json:"state"`
	Unit  string    `json:"unit"`
	At    time.Time `json:"at"`
	Until time.Time `json:"until"` // pending requests expire then

	// Of an account: what the sender says of himself.
	Platform chat.Platform `json:"platform,omitempty"`
	User     chat.UserID   `json:"user,omitempty"`
	Name     string        `json:"name,omitempty"`

	// Of a group: which, who asked, and whether the unit is to approve; else the office is.
	Group   *chat.Address `json:"group,omitempty"`
	Asked   PersonID      `json:"asked,omitempty"`
	ForUnit bool          `json:"for_unit,omitempty"`

	First time.Time `json:"first,omitzero"` // when the asking that Asks counts began
	Asks  int       `json:"asks,omitempty"`

	By     PersonID `json:"by,omitempty"`     // who decided
	Person PersonID `json:"person,omitempty"` // whom the account went to
}

// same reports whether both ask for the same thing of the same asker.
func (q Request) same(o Request) bool {
	if q.Group == nil || o.Group == nil {
		return q.Group == nil && o.Group == nil && accountKey(q.Platform, q.User) == accountKey(o.Platform, o.User)
	}
	return groupID(*q.Group) == groupID(*o.Group) && q.Unit == o.Unit
}

// FindRequest finds a request, for thirty days after its end too.
func FindRequest(r store.Reader, id RequestID) (Request, bool, error) {
	if id == "" || len(id) > maxAccount {
		return Request{}, false, nil
	}
	q, ok, err := get[Request](r, bucketRequest, string(id))
	return q.at(r.Now()), ok, err
}

// at is the request as it is at now.
func (q Request) at(now time.Time) Request {
	if q.State == StatePending && !now.Before(q.Until) {
		q.State = StateExpired
	}
	return q
}

// Pending lists the requests to be decided, the oldest first.
func Pending(r store.Reader) ([]Request, error) {
	list, err := requests(r)
	return slices.DeleteFunc(list, func(q Request) bool { return q.State != StatePending }), err
}

func requests(r store.Reader) ([]Request, error) {
	list, err := all[Request](r, bucketRequest, store.Range{})
	for i := range list {
		list[i] = list[i].at(r.Now())
	}
	slices.SortStableFunc(list, func(a, b Request) int { return a.At.Compare(b.At) })
	return list, err
}

// Join asks that an account nobody knows be bound to the person it says it is:
// of the roster, on a first or a second platform, or somebody new, who becomes
// staff. unit is as Units spells it. The same again gives the same request; with
// other words it replaces the earlier one.
//
// ErrKnown: the account is bound. ErrNoOffice: nobody could approve; the roster
// names the first. ErrInvalid: the name or unit cannot be one. ErrTooOften.
func Join(tx *store.Tx, platform chat.Platform, user chat.UserID, name, unit string) (Request, error) {
	q := Request{Platform: platform, User: user, Name: squeeze(name), Unit: unit}
	if !goodName(q.Name) || !goodAccount(string(user)) || unit == "" || utf8.RuneCountInString(unit) > maxUnit {
		return q, ErrInvalid
	}
	if _, known, err := ByUser(tx, platform, user); err != nil || known {
		return q, cmp.Or(err, ErrKnown)
	}
	if err := needReachable(tx); err != nil {
		return q, err
	}
	old, err := earlier(tx, q)
	if err != nil {
		return q, err
	}
	if old.State == StatePending && old.Name == q.Name && old.Unit == q.Unit {
		return old, nil
	}
	return ask(tx, q, old)
}

// needReachable is ErrNoOffice unless somebody of the office has an account.
func needReachable(r store.Reader) error {
	office, err := Offices(r)
	if err == nil && !officeActs(office) {
		err = ErrNoOffice
	}
	return err
}

// AskGroup asks that a group serve a unit. Who acts for the unit asks the
// office; the office asks who acts for the unit; nobody else may ask, so no
// group can claim a unit by itself. The same again gives the same request; the
// other side asking for the same approves it. A group of the office's own, which is
// OfficeUnit's, is for the office alone to bind, at once.
//
// ErrForbidden, ErrInvalid (no group), ErrKnown (it serves the unit already),
// ErrNoOffice, ErrNoLiaison, ErrTooOften.
func AskGroup(tx *store.Tx, group chat.Address, unit string, by PersonID) (Request, error) {
	group.Session, group.User = chat.Session{}, ""
	q := Request{Group: &group, Unit: unit, Asked: by}
	if !goodGroup(group) || unit == "" {
		return q, ErrInvalid
	}
	asker, _, err := ByID(tx, by)
	if err != nil {
		return q, err
	}
	own := unit == OfficeUnit
	q.ForUnit = !asker.ActsFor(unit) && !own
	if q.ForUnit || own {
		err = needOffice(tx, by)
	} else {
		err = needReachable(tx)
	}
	if err != nil {
		return q, err
	}
	if done, err := bound(tx, group, unit); err != nil || done {
		return q, cmp.Or(err, ErrKnown)
	}
	old, err := earlier(tx, q)
	switch {
	case err != nil:
		return q, err
	case old.State == StatePending && old.ForUnit == q.ForUnit:
		return old, nil
	case old.State == StatePending:
		return Approve(tx, old.ID, by)
	}
	if q.ForUnit {
		if err := needLiaison(tx, unit); err != nil {
			return q, err
		}
	}
	if q, err = ask(tx, q, old); err != nil || !own {
		return q, err
	}
	return Approve(tx, q.ID, by)
}

func goodGroup(a chat.Address) bool {
	return a.Kind == chat.Group && a.Via != "" && a.Conversation != "" && len(a.Conversation) <= maxConversation &&
		strings.Count(groupID(a), sep) == 1
}

// needLiaison is ErrNoLiaison unless somebody with an account acts for the unit.
func needLiaison(r store.Reader, unit string) error {
	people, err := ByUnit(r, unit, "")
	if err == nil && !slices.ContainsFunc(people, func(p Person) bool { return p.ActsFor(unit) && len(p.IDs) > 0 }) {
		err = ErrNoLiaison
	}
	return err
}

// earlier finds the request that q repeats or replaces.
func earlier(r store.Reader, q Request) (Request, error) {
	list, err := requests(r)
	if i := slices.IndexFunc(list, q.same); i >= 0 {
		return list[i], err
	}
	return Request{}, err
}

// ask keeps a new request in place of an earlier one. ErrTooOften.
func ask(tx *store.Tx, q, old Request) (Request, error) {
	q.First, q.Asks = old.First, old.Asks+1
	if tx.Now().Sub(q.First) >= asksPer {
		q.First, q.Asks = tx.Now(), 1
	}
	if q.Asks > asksMost {
		return q, ErrTooOften
	}
	if old.ID != "" {
		if err := tx.Delete(bucketRequest, string(old.ID)); err != nil {
			return q, err
		}
	}
	n, err := next(tx, "request")
	if err != nil {
		return q, err
	}
	q.ID, q.State = RequestID("B"+strconv.Itoa(n)), StatePending
	q.At, q.Until = tx.Now(), tx.Now().Add(RequestTTL)
	if err := keep(tx, q); err != nil {
		return q, err
	}
	return q, note(tx, Entry{What: WhatAsk, By: q.Asked, Unit: q.Unit, Request: q.ID})
}

func keep(tx *store.Tx, q Request) error {
	return putUntil(tx, bucketRequest, string(q.ID), q, q.Until.Add(requestKeep))
}

// Approve gives a request its effect. A second time it changes nothing. Requests
// of accounts are the office's to decide, those of groups the side's that did
// not ask.
//
// ErrNotFound, ErrForbidden, ErrExpired (also if who asked for a group may not
// any more), ErrDecided (it was rejected); of an account also ErrTaken: see Match.
func Approve(tx *store.Tx, id RequestID, by PersonID) (Request, error) {
	q, err := decidable(tx, id, by)
	if err != nil || q.State == StateApproved {
		return q, err
	}
	if q.State != StatePending {
		return q, ErrDecided
	}
	q.State, q.By = StateApproved, by
	if q.Group != nil {
		err = bindAsked(tx, q)
	} else {
		q.Person, err = bindAccount(tx, q)
	}
	if err != nil {
		return q, err
	}
	if err := keep(tx, q); err != nil {
		return q, err
	}
	return q, note(tx, Entry{What: WhatApprove, By: by, Person: q.Person, Unit: q.Unit, Request: q.ID})
}

// Reject ends a request without effect. A second time it changes nothing. Who
// may approve may reject. ErrNotFound, ErrForbidden, ErrExpired, ErrDecided (it
// was approved).
func Reject(tx *store.Tx, id RequestID, by PersonID) (Request, error) {
	q, err := decidable(tx, id, by)
	if err != nil || q.State == StateRejected {
		return q, err
	}
	if q.State != StatePending {
		return q, ErrDecided
	}
	q.State, q.By = StateRejected, by
	if err := keep(tx, q); err != nil {
		return q, err
	}
	return q, note(tx, Entry{What: WhatReject, By: by, Unit: q.Unit, Request: q.ID})
}

// decidable finds a request that by may decide.
func decidable(r store.Reader, id RequestID, by PersonID) (Request, error) {
	q, ok, err := FindRequest(r, id)
	if err != nil || !ok {
		return q, cmp.Or(err, ErrNotFound)
	}
	if q.ForUnit {
		p, _, err := ByID(r, by)
		if err != nil || !p.ActsFor(q.Unit) {
			return q, cmp.Or(err, ErrForbidden)
		}
	} else if err := needOffice(r, by); err != nil {
		return q, err
	}
	if q.State == StateExpired {
		return q, ErrExpired
	}
	return q, nil
}

// Match says whom the account of a request would go to if it were approved now;
// false: to somebody new. ErrTaken: the unit has people of this name, and none
// of them alone lacks an account on the platform; the roster must say who it is.
func Match(r store.Reader, q Request) (Person, bool, error) {
	people, err := ByUnit(r, q.Unit, "")
	if err != nil {
		return Person{}, false, err
	}
	key := nameKey(q.Name, q.Unit)
	people = slices.DeleteFunc(people, func(p Person) bool { return nameKey(p.Name, p.Unit) != key })
	switch {
	case len(people) == 0:
		return Person{}, false, nil
	case len(people) > 1 || people[0].IDs[q.Platform] != "":
		return Person{}, false, ErrTaken
	}
	return people[0], true, nil
}

// bindAsked binds the group of an approved request, if who asked may still ask.
func bindAsked(tx *store.Tx, q Request) error {
	asker, _, err := ByID(tx, q.Asked)
	if err != nil {
		return err
	}
	if q.ForUnit || q.Unit == OfficeUnit {
		err = needOffice(tx, q.Asked)
	} else if !asker.ActsFor(q.Unit) {
		err = ErrForbidden
	}
	if errors.Is(err, ErrForbidden) {
		return ErrExpired
	}
	if err != nil {
		return err
	}
	return bindGroup(tx, Group{Address: *q.Group, Unit: q.Unit, Asked: q.Asked, Agreed: q.By, At: tx.Now()})
}

// bindAccount gives the account of an approved request to its person.
func bindAccount(tx *store.Tx, q Request) (PersonID, error) {
	p, known, err := ByUser(tx, q.Platform, q.User)
	if err != nil || known { // a roster was faster
		return p.ID, err
	}
	p, known, err = Match(tx, q)
	if err != nil {
		return "", err
	}
	ids := map[chat.Platform]chat.UserID{q.Platform: q.User}
	if !known {
		p, err = add(tx, Person{Name: q.Name, Unit: q.Unit, Role: RoleStaff, IDs: ids})
		return p.ID, err
	}
	for platform, user := range p.IDs {
		ids[platform] = user
	}
	p.IDs = ids
	return p.ID, save(tx, p)
}
