package library

import (
	"slices"
	"strconv"

	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

// Check compares the units that a document lists with those that it gives duties, and
// with those that the office can reach. Where a document has one list only, that list
// is all there is to compare.
type Check struct {
	Members, Headings int // as the document has them
	Contacts, Groups  int // of the rows, those that have one: see Reach
	Rows              []CheckRow
	Faults            []Fault // of the document by itself
}

// CheckRow is one unit.
type CheckRow struct {
	Member  string // as the list of members spells it; empty: not there
	Heading string // as the annex, or an item, spells it; empty: not there
	Contact bool   // somebody who acts for it has an account
	Group   bool   // a group or group robot is bound
}

// Name is what to call the unit: as its duties do.
func (r CheckRow) Name() string {
	if r.Heading != "" {
		return r.Heading
	}
	return r.Member
}

// FaultKind says how a document contradicts itself.
type FaultKind string

// The kinds of fault.
const (
	FaultSpelling  FaultKind = "spelling"   // Member and Heading are likely one unit
	FaultNoHeading FaultKind = "no-heading" // a member has no duties
	FaultNoMember  FaultKind = "no-member"  // a unit with duties is no member
	FaultCount     FaultKind = "count"      // the text says Said members and lists Listed
	FaultEmpty     FaultKind = "empty"      // nothing is given to anybody
)

// Fault is one place at which a document contradicts itself.
type Fault struct {
	Kind            FaultKind
	Member, Heading string
	Said, Listed    string
}

// Faulty refuses to publish a document with faults.
type Faulty struct{ Faults []Fault }

func (f *Faulty) Error() string { return "library: the document contradicts itself" }

// CheckUnits compares the document's lists. same tells whether the office takes two
// spellings for one unit; nil: it takes none.
func CheckUnits(p *plan.Plan, same func(a, b string) bool) Check {
	c := Check{Members: len(p.Members), Headings: len(p.Units)}
	if len(p.Units)+len(p.Items) == 0 {
		c.Faults = append(c.Faults, Fault{Kind: FaultEmpty})
	}
	for _, w := range p.Warnings {
		if w.Kind == plan.WarnCountMismatch {
			c.Faults = append(c.Faults, Fault{Kind: FaultCount, Said: w.Text, Listed: w.Suggestion})
		}
	}
	for _, m := range p.Members {
		c.Rows = append(c.Rows, CheckRow{Member: m})
	}
	for _, u := range p.Units {
		c.place(u.Name, same)
	}
	switch {
	case len(p.Members) > 0 && len(p.Units) > 0:
		c.compare(p)
	case len(p.Members)+len(p.Units) == 0:
		for _, it := range p.Items {
			for _, name := range slices.Concat(it.Lead, it.Support) {
				if !plan.IsGroup(name) && !slices.ContainsFunc(c.Rows, func(r CheckRow) bool { return r.Heading == name }) {
					c.Rows = append(c.Rows, CheckRow{Heading: name})
				}
			}
		}
	}
	return c
}

// place puts a heading beside its member, or behind all.
func (c *Check) place(heading string, same func(a, b string) bool) {
	for _, is := range []func(m string) bool{
		func(m string) bool { return m == heading },
		func(m string) bool { return same != nil && m != "" && same(m, heading) },
	} {
		if i := slices.IndexFunc(c.Rows, func(r CheckRow) bool { return r.Heading == "" && is(r.Member) }); i >= 0 {
			c.Rows[i].Heading = heading
			return
		}
	}
	c.Rows = append(c.Rows, CheckRow{Heading: heading})
}

// compare lists the units that only one list has, in pairs where they look like one.
func (c *Check) compare(p *plan.Plan) {
	var members, headings []string
	for _, r := range c.Rows {
		switch {
		case r.Heading == "":
			members = append(members, r.Member)
		case r.Member == "":
			headings = append(headings, r.Heading)
		}
	}
	for _, h := range headings {
		m := likeness(h, members, p.Warnings)
		if m == "" {
			c.Faults = append(c.Faults, Fault{Kind: FaultNoMember, Heading: h})
			continue
		}
		c.Faults = append(c.Faults, Fault{Kind: FaultSpelling, Heading: h, Member: m})
		members = slices.DeleteFunc(members, func(n string) bool { return n == m })
	}
	for _, m := range members {
		c.Faults = append(c.Faults, Fault{Kind: FaultNoHeading, Member: m})
	}
}

// likeness is the member that a heading most likely is: the one that the parser takes
// it for, or that shares most letters with it, and more than half. Empty: none.
func likeness(heading string, members []string, warnings []plan.Warning) string {
	best, share := "", 0.5
	for _, m := range members {
		if slices.ContainsFunc(warnings, func(w plan.Warning) bool {
			return w.Kind == plan.WarnNameMismatch && w.Text == heading && w.Suggestion == m
		}) {
			return m
		}
		if s := alike(heading, m); s > share {
			best, share = m, s
		}
	}
	return best
}

// alike is how many letters two names share, of those that the longer one has.
func alike(a, b string) float64 {
	long, short := []rune(a), []rune(b)
	if len(long) < len(short) {
		long, short = short, long
	}
	n := 0
	for _, r := range short {
		if i := slices.Index(long, r); i >= 0 {
			n++
			long = slices.Delete(slices.Clone(long), i, i+1)
		}
	}
	return float64(n) / float64(n+len(long))
}

// Reach adds which of the units can be reached. known resolves the document's spelling
// to the roster's; nil: they are the same.
func (c *Check) Reach(r store.Reader, known org.Units) error {
	robots, err := org.GroupRobots(r, "")
	if err != nil {
		return err
	}
	c.Contacts, c.Groups = 0, 0
	for i := range c.Rows {
		row := &c.Rows[i]
		names := row.names(known)
		for _, unit := range names {
			for _, role := range []org.Role{org.RoleLiaison, org.RoleHead} {
				people, err := org.ByUnit(r, unit, role)
				if err != nil {
					return err
				}
				row.Contact = row.Contact || slices.ContainsFunc(people, func(p org.Person) bool { return len(p.IDs) > 0 })
			}
			groups, err := org.GroupsOf(r, unit)
			if err != nil {
				return err
			}
			row.Group = row.Group || len(groups) > 0 || slices.ContainsFunc(robots, func(g org.GroupRobot) bool { return slices.Contains(g.Units, unit) })
		}
		if row.Contact {
			c.Contacts++
		}
		if row.Group {
			c.Groups++
		}
	}
	return nil
}

// names are the unit's names that the roster may know it by.
func (r CheckRow) names(known org.Units) (names []string) {
	for _, n := range []string{r.Heading, r.Member} {
		if n == "" {
			continue
		}
		if known != nil {
			if unit, ok := known.Resolve(n); ok {
				n = unit
			}
		}
		if !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return names
}

// Whole reports whether nothing is left to do: the lists agree and every unit can be
// reached both ways.
func (c Check) Whole() bool {
	return len(c.Faults) == 0 && c.Contacts == len(c.Rows) && c.Groups == len(c.Rows)
}

// Sum is the line that tells how the numbers stand: 29 = 29 = 29 = 29.
func (c Check) Sum() string {
	list := []int{c.Members, c.Headings, c.Contacts, c.Groups}
	out := strconv.Itoa(list[0])
	for i, n := range list[1:] {
		sign := " = "
		if n != list[i] {
			sign = " ≠ "
		}
		out += sign + strconv.Itoa(n)
	}
	return out
}
