package library

import (
	"xietiao/index/plan"
)

// FateKind says what became of a clause in another version.
type FateKind string

// The kinds of fate.
const (
	FateSame    FateKind = "same"    // it stands there word for word
	FateMoved   FateKind = "moved"   // it stands word for word at Address, or is Unit's
	FateChanged FateKind = "changed" // at its address is something else: Text
	FateGone    FateKind = "gone"    // there is nothing at its address
)

// Fate is what a version has of a clause of another one.
type Fate struct {
	Kind    FateKind
	Address string // where it stands; empty: gone
	Unit    string // whose duty it is there; empty: it is none
	Text    string // what stands there
}

// FateOf looks for the clause with that address and text in p. Of several clauses with
// its words the nearest is meant: at its address, then of its kind in the document's
// order.
func FateOf(p *plan.Plan, address, text string) Fate {
	var moved, changed []Fate
	for at, c := range p.Clauses() {
		switch {
		case at == address && c.Text == text:
			return Fate{FateSame, at, c.Unit, c.Text}
		case c.Text == text && text != "":
			moved = append(moved, Fate{FateMoved, at, c.Unit, c.Text})
		case at == address:
			changed = append(changed, Fate{FateChanged, at, c.Unit, c.Text})
		}
	}
	for _, list := range [][]Fate{moved, changed} {
		if len(list) > 0 {
			return list[0]
		}
	}
	return Fate{Kind: FateGone}
}

// Touches reports whether a clause's fate differs from one version to the next: what is
// gone already is not touched again.
func Touches(old, next *plan.Plan, address, text string) (Fate, bool) {
	fate := FateOf(next, address, text)
	if fate.Kind == FateSame {
		return fate, false
	}
	if old != nil {
		before := FateOf(old, address, text)
		return fate, before != fate
	}
	return fate, true
}
