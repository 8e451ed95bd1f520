package org

import (
	"maps"
	"slices"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Changes is what a roster changes, or changed.
type Changes struct {
	Added     []Person // without ids before Apply
	Changed   []Change
	Missing   []Person // known, not in the roster; they stay
	Unchanged int
	Problems  []Problem // why the roster cannot be applied
	NoOffice  bool      // afterwards nobody of the office has an account
}

// Empty reports whether the roster changes nothing.
func (c Changes) Empty() bool {
	return len(c.Added) == 0 && len(c.Changed) == 0 && len(c.Problems) == 0
}

// Change is a person before and after.
type Change struct {
	Before, After Person
	Fields        []string // name, unit, role, phone, or the platform whose account differs
}

// Diff compares a roster with what is known. A row means the person who has one
// of its accounts, else the only one of its name in its unit. What a row does
// not state stays; a person the roster leaves out stays.
func Diff(r store.Reader, roster Roster) (Changes, error) {
	people, err := People(r)
	if err != nil {
		return Changes{}, err
	}
	return compare(people, roster), nil
}

// Apply makes the roster true, all of it or nothing; a second time it changes
// nothing. ErrConflict: it has the Problems of Changes, among them that the
// office would lose its last member. ErrLastOffice: nobody of it could enter the
// console with a password any more. Only the office may.
func Apply(tx *store.Tx, roster Roster, by PersonID) (Changes, error) {
	if err := needOffice(tx, by); err != nil {
		return Changes{}, err
	}
	if len(roster.Entries) == 0 {
		return Changes{}, ErrEmpty
	}
	c, err := Diff(tx, roster)
	if err != nil {
		return Changes{}, err
	}
	if len(c.Problems) > 0 {
		return c, ErrConflict
	}
	entered, err := HasOfficeLogin(tx, "")
	if err != nil {
		return c, err
	}
	for _, ch := range c.Changed {
		if err := save(tx, ch.After); err != nil {
			return c, err
		}
		if err := note(tx, Entry{What: WhatChange, By: by, Person: ch.After.ID, Fields: ch.Fields}); err != nil {
			return c, err
		}
	}
	for i, p := range c.Added {
		if c.Added[i], err = add(tx, p); err != nil {
			return c, err
		}
		if err := note(tx, Entry{What: WhatAdd, By: by, Person: c.Added[i].ID}); err != nil {
			return c, err
		}
	}
	left, err := HasOfficeLogin(tx, "")
	if err == nil && entered && !left {
		err = ErrLastOffice
	}
	return c, err
}

func compare(people []Person, roster Roster) Changes {
	var c Changes
	m := newMatcher(people, roster)
	c.Problems = m.problems
	after := slices.Clone(people)
	for i, e := range roster.Entries {
		at := m.person[i]
		if at < 0 {
			c.Added = append(c.Added, e.merge(Person{Role: RoleStaff}))
			continue
		}
		p := e.merge(people[at])
		if fields := differing(people[at], p); len(fields) > 0 {
			c.Changed = append(c.Changed, Change{people[at], p, fields})
		} else {
			c.Unchanged++
		}
		after[at] = p
	}
	for i, p := range people {
		if m.entry[i] < 0 {
			c.Missing = append(c.Missing, p)
		}
	}
	c.NoOffice = !officeActs(append(after, c.Added...))
	if c.NoOffice && officeActs(people) {
		c.Problems = append(c.Problems, Problem{Text: Tell(ErrLastOffice)})
	}
	return c
}

// merge is p with what the entry states.
func (e RosterEntry) merge(p Person) Person {
	ids := maps.Clone(p.IDs)
	if ids == nil {
		ids = map[chat.Platform]chat.UserID{}
	}
	maps.Copy(ids, e.IDs)
	p.Name, p.IDs = e.Name, ids
	if e.Unit != "" || e.Role == RoleOffice || e.Role == RoleVolunteer {
		p.Unit = e.Unit
	}
	if e.Role != "" {
		p.Role = e.Role
	}
	if e.Phone != "" {
		p.Phone = e.Phone
	}
	return p
}

func differing(a, b Person) (fields []string) {
	for _, f := range []struct {
		name    string
		differs bool
	}{
		{"name", a.Name != b.Name}, {"unit", a.Unit != b.Unit}, {"role", a.Role != b.Role}, {"phone", a.Phone != b.Phone},
		{string(chat.WeCom), a.IDs[chat.WeCom] != b.IDs[chat.WeCom]},
		{string(chat.DingTalk), a.IDs[chat.DingTalk] != b.IDs[chat.DingTalk]},
	} {
		if f.differs {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// matcher pairs the entries of a roster with people.
type matcher struct {
	roster   Roster
	people   []Person
	person   []int // by entry: whom it means, -1 for somebody new
	entry    []int // by person: which entry means them, -1 for none
	problems []Problem
}

func newMatcher(people []Person, roster Roster) *matcher {
	m := &matcher{roster: roster, people: people}
	m.person = slices.Repeat([]int{-1}, len(roster.Entries))
	m.entry = slices.Repeat([]int{-1}, len(people))
	m.byAccount()
	m.byName()
	return m
}

func (m *matcher) bad(entry int, text string) {
	m.problems = append(m.problems, m.roster.Entries[entry].bad(text))
}

func (m *matcher) pair(entry, person int) {
	if first := m.entry[person]; first >= 0 {
		m.bad(entry, textSamePerson(m.people[person], m.roster.Entries[first].bad("").Place()))
		return
	}
	m.person[entry], m.entry[person] = person, entry
}

func (m *matcher) byAccount() {
	owner := map[string]int{}
	for i, p := range m.people {
		for _, key := range p.accountKeys() {
			owner[key] = i
		}
	}
	for i, e := range m.roster.Entries {
		var owners []int
		for _, key := range (Person{IDs: e.IDs}).accountKeys() {
			if o, ok := owner[key]; ok && !slices.Contains(owners, o) {
				owners = append(owners, o)
			}
		}
		switch len(owners) {
		case 0:
		case 1:
			m.pair(i, owners[0])
		default:
			m.bad(i, textTwoPeople(m.people[owners[0]], m.people[owners[1]]))
		}
	}
}

// byName pairs what accounts have not: an entry and a person who alone have
// their name in their unit.
func (m *matcher) byName() {
	entries, people := map[string][]int{}, map[string][]int{}
	for i, e := range m.roster.Entries {
		if m.person[i] < 0 {
			key := nameKey(e.Name, e.Unit)
			entries[key] = append(entries[key], i)
		}
	}
	for i, p := range m.people {
		if key := nameKey(p.Name, p.Unit); m.entry[i] < 0 && entries[key] != nil {
			people[key] = append(people[key], i)
		}
	}
	for i, e := range m.roster.Entries {
		key := nameKey(e.Name, e.Unit)
		switch known := people[key]; {
		case m.person[i] >= 0 || len(known) == 0:
		case len(known) == 1 && len(entries[key]) == 1:
			m.pair(i, known[0])
		default:
			m.bad(i, textNamesake(e.Name))
		}
	}
}
