package index

import (
	"slices"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// Units lists the departments and groups that the plans give a part, each once
// and as it is first spelled there (a duty's heading before a list of members),
// in the plans' order. Names of one department in two plans (市市场监管局,
// 市市场监督管理局) are one entry; those of different levels are not.
func (ix *Index) Units() []string {
	r := ix.register()
	out := make([]string, len(r.units))
	for i, u := range r.units {
		out[i] = u.name
	}
	return out
}

// Unit finds the entry of Units that a name means, with all that is known of
// departments' names: the plans' own aliases, the office's, and those that
// departments of a kind have anywhere (市监局, 乐清市市场监督管理局, 工商局 are
// 市市场监管局). ok is false where no entry is meant, or several may be, as in a list
// of names.
func (ix *Index) Unit(name string) (unit string, ok bool) {
	name = strings.Join(strings.Fields(zh.Fold(name)), "")
	for i, mark := range name {
		if strings.ContainsRune(nameMarks, mark) {
			a, one := ix.unit(name[:i])
			b, other := ix.unit(name[i+utf8.RuneLen(mark):])
			if one && other && a != b {
				return "", false
			}
		}
	}
	return ix.unit(name)
}

// unit is Unit of a folded name that is no list.
func (ix *Index) unit(name string) (unit string, ok bool) {
	r := ix.register()
	var hits, exact []int
	for i, d := range r.dirs {
		said := withoutPlace(name, r.places[i])
		us, _ := d.resolve(said)
		for _, u := range us {
			hits = append(hits, r.at[i][u])
			if d.units[u].spelled(said) {
				exact = append(exact, r.at[i][u])
			}
		}
	}
	if len(exact) > 0 {
		hits = exact
	}
	if hits = unique(hits); len(hits) != 1 {
		return "", false
	}
	return r.units[hits[0]].name, true
}

// nameMarks part the names of a list; 和 is in names too.
const nameMarks = "、,;/和与及"

// withoutPlace leaves the party's and the place's name out of a department's full
// name: 中共乐清市委宣传部 is 市委宣传部 in a plan of 乐清.
func withoutPlace(name, place string) string {
	name = strings.TrimPrefix(name, "中共")
	if rest := strings.Replace(name, place, "", 1); utf8.RuneCountInString(rest) >= 2 {
		return rest
	}
	return name
}

// register is the departments of all plans together.
type register struct {
	units  []unit
	from   []string     // per unit: the place of the plan that it is first named in
	dirs   []*directory // of the plans
	places []string     // of the plans
	at     [][]int      // by plan and number in its directory: the number in units
}

func newRegister(plans []*plan.Plan, t *Thesaurus) *register {
	r := &register{}
	for _, p := range plans {
		d, place := newDirectory(p, t), placeOf(p)
		at := make([]int, len(d.units))
		known := len(r.units) // the units of one plan are different
		for i, u := range d.units {
			at[i] = r.find(u, place, known, t)
			if at[i] < 0 {
				at[i] = len(r.units)
				r.units, r.from = append(r.units, u), append(r.from, place)
			}
		}
		r.dirs, r.places, r.at = append(r.dirs, d), append(r.places, place), append(r.at, at)
	}
	return r
}

// find looks for another plan's unit among the first units; -1 where there is
// none. It asks for more than sameUnit, which compares the names of one
// document: 文化局 may shorten another name there, but be a department of its own
// in another place.
func (r *register) find(u unit, place string, first int, t *Thesaurus) int {
	level, rank := levelOf(u.forms[0]), tier(u.forms[0])
	for i, k := range r.units[:first] {
		if t.official(k.forms[0]) == t.official(u.forms[0]) {
			return i
		}
		l := levelOf(k.forms[0])
		if l != level && (r.from[i] != place || l != "" && level != "") || tier(k.forms[0]) != rank {
			continue
		}
		if slices.ContainsFunc(k.bases, func(b string) bool { return slices.Contains(u.bases, b) || t.sameFamily(b, u.bases[0]) }) {
			return i
		}
	}
	return -1
}
