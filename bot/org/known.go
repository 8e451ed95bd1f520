package org

import (
	"slices"

	"xietiao/bot/store"
)

// KnownUnits are the units of the documents in force, and those that the people
// and robots of the store were given before: a table imported twice changes
// nothing the second time, whatever has become of the documents.
type KnownUnits struct {
	Units
	before map[string]bool
}

// Known are the units that a table may name. A nil Units has none of its own.
func Known(r store.Reader, units Units) (KnownUnits, error) {
	k := KnownUnits{units, map[string]bool{}}
	if units == nil {
		k.Units = noUnits{}
	}
	people, err := People(r)
	if err != nil {
		return k, err
	}
	for _, p := range people {
		if p.Unit != "" && p.Role != RoleOffice {
			k.before[p.Unit] = true
		}
	}
	robots, err := GroupRobots(r, "")
	for _, g := range robots {
		for _, u := range g.Units {
			k.before[u] = true
		}
	}
	return k, err
}

// noUnits are those of no document.
type noUnits struct{}

func (noUnits) Resolve(string) (string, bool) { return "", false }
func (noUnits) Names() []string               { return nil }

// Resolve prefers the units of the documents.
func (k KnownUnits) Resolve(name string) (string, bool) {
	if u, ok := k.Units.Resolve(name); ok {
		return u, true
	}
	return name, k.before[name]
}

// All lists the units of the documents, in their order, and then those that are
// known from before.
func (k KnownUnits) All() []string {
	list := slices.Clone(k.Names())
	var rest []string
	for u := range k.before {
		if u != OfficeUnit && !slices.Contains(list, u) {
			rest = append(rest, u)
		}
	}
	slices.Sort(rest)
	return append(list, rest...)
}

// Strange tells which of the named units the documents do not have any more.
func (k KnownUnits) Strange(named []string) (notes []string) {
	named = slices.Clone(named)
	slices.Sort(named)
	for _, u := range slices.Compact(named) {
		if _, ok := k.Units.Resolve(u); !ok && u != "" && u != OfficeUnit {
			notes = append(notes, textStrange(u))
		}
	}
	return notes
}
