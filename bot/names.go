package bot

import (
	"regexp"
	"strings"

	"xietiao/index"
)

// levels may stand before a department's name, longest first.
var levels = []string{"市委", "县委", "区委", "省委", "市", "县", "区", "省"}

// missing is the first unit of the question that no plan names, as the question
// spells it: the index may know a name only without what stands before it.
func (c *composer) missing() string {
	name := first(c.a.Missing, nil)
	if name == "" {
		return ""
	}
	for _, level := range levels {
		if strings.Contains(c.q, level+name) {
			return level + name
		}
	}
	return name
}

// listEntry finds a unit in a member list that may spell it shorter or longer:
// 市市场监督管理局 is there as 市市场监管局. It gives "" where no entry, or more
// than one, can be meant.
func listEntry(list []string, unit string) string {
	found := ""
	for _, entry := range list {
		if entry == unit {
			return unit
		}
		if !within(entry, unit) && !within(unit, entry) {
			continue
		}
		if found != "" && found != entry {
			return ""
		}
		found = entry
	}
	return found
}

// minName is the shortest name, without its level, that says which unit is meant.
const minName = 2

// within says whether the characters of short stand in long in their order,
// from the same beginning.
func within(short, long string) bool {
	a, b := []rune(bareName(short)), []rune(bareName(long))
	if len(a) < minName || len(b) < len(a) || a[0] != b[0] {
		return false
	}
	i := 0
	for _, r := range b {
		if i < len(a) && a[i] == r {
			i++
		}
	}
	return i == len(a)
}

var bracketed = regexp.MustCompile(`（[^）]*）`)

// bareName is a name without its level and what stands in brackets behind it.
func bareName(name string) string {
	name = bracketed.ReplaceAllString(strings.TrimSpace(name), "")
	for _, level := range levels[len(levels)/2:] {
		if rest, ok := strings.CutPrefix(name, level); ok {
			return rest
		}
	}
	return name
}

// named is how a sentence gives a matter to somebody.
var named = regexp.MustCompile(`牵头单位|责任单位|配合单位|由[^，。；：谁]{2,30}(?:负责|牵头|承担|组织|实施)`)

// minUnit keeps short words of a plan from passing for units.
const minUnit = 3

// namesSomebody is what to say above sections whose shown sentences name units
// themselves, or "": we do not claim then that nobody is named.
func (c *composer) namesSomebody(rows []index.Row) string {
	for _, r := range rows {
		if r.Kind != index.KindSection {
			continue
		}
		_, text := headed(r)
		shown := strings.Join(c.quote(text, gapRunes).segs, "\n")
		if named.MatchString(shown) {
			return textSays
		}
		p := c.bot.planNamed(r.Plan)
		if p == nil {
			continue
		}
		names := append([]string{}, p.Members...)
		for _, u := range p.Units {
			names = append(names, u.Name)
		}
		for _, it := range p.Items {
			names = append(append(names, it.Lead...), it.Support...)
		}
		for _, n := range names {
			n = bracketed.ReplaceAllString(n, "")
			if runeLen(n) >= minUnit && strings.Contains(shown, n) {
				return textSays
			}
		}
	}
	return ""
}
