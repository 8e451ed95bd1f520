package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// Clause is one clause as its page shows it, word for word.
type Clause struct {
	Plan     string // 文号 or title
	Title    string // the document's title
	Date     string // 成文日期 as the document writes it
	Address  string // what a citation says behind the plan
	Heading  string // the unit, or the section's title
	Role     string
	Text     string
	Lead     []string
	Support  []string
	Deadline string
}

// Clauses returns the clauses at an address of a document, in the document's
// order: usually one, several where the document's numbering starts over. The
// document is named by 文号 or title.
func (b *Bot) Clauses(name, address string) []Clause {
	p := b.planNamed(name)
	if p == nil || name == "" {
		return nil
	}
	var out []Clause
	for at, k := range p.Clauses() {
		if at != address {
			continue
		}
		c := Clause{Plan: name, Title: p.Title, Date: p.DateText, Address: address, Heading: cmp.Or(k.Unit, k.Title), Role: k.Role, Text: k.Text}
		if it := k.Item; it != nil {
			c.Lead, c.Support, c.Deadline = it.Lead, it.Support, it.Deadline
		}
		out = append(out, c)
	}
	return out
}

// cited finds a citation in what somebody says, 乐公共协〔2020〕1号 附件·市教育局·第2项,
// forgiving in brackets, dots and blanks; rest is what else is said. Of an address in an
// annex that only one document has, the document need not be named; name is what the
// library calls it. address is empty where the document has no such clause.
func (b *Bot) cited(said string) (name, address, rest string, ok bool) {
	signs, at := squeezed(said)
	found := func(p *plan.Plan, from, to int, address string) (string, string, string, bool) {
		r := []rune(said)
		end := len(r)
		if to < len(at) {
			end = at[to]
		}
		return cmp.Or(p.DocNo, p.Title), address, strings.TrimSpace(string(r[:at[from]]) + " " + string(r[end:])), true
	}
	for _, p := range b.plans {
		for _, name := range []string{p.DocNo, p.Title} {
			key, _ := squeezed(name)
			i := strings.Index(string(signs), string(key))
			if i < 0 || len(key) == 0 {
				continue
			}
			from := runeLen(string(signs)[:i])
			address, n := longestAddress(p, signs[from+len(key):])
			return found(p, from, from+len(key)+n, address)
		}
	}
	var only *plan.Plan
	n := 0
	for _, p := range b.plans {
		if a, size := longestAddress(p, signs); strings.HasPrefix(a, "附件·") {
			if only != nil {
				return "", "", said, false
			}
			only, address, n = p, a, size
		}
	}
	if only == nil {
		return "", "", said, false
	}
	return found(only, 0, n, address)
}

// longestAddress is the address of p that signs begin with, and its length there.
func longestAddress(p *plan.Plan, signs []rune) (address string, n int) {
	for a := range p.Clauses() {
		if key, _ := squeezed(a); len(key) > n && len(key) <= len(signs) && slices.Equal(signs[:len(key)], key) {
			address, n = a, len(key)
		}
	}
	if n < len(signs) && (signs[n] == '·' || unicode.IsDigit(signs[n])) { // there is more of it, which is not known
		return "", 0
	}
	return address, n
}

// squeezed is text folded, without blanks, its brackets and dots alike; at says which
// character of the text each of them is.
func squeezed(text string) (signs []rune, at []int) {
	for i, r := range []rune(zh.Fold(text)) {
		switch {
		case unicode.IsSpace(r), r == '第':
			continue
		case strings.ContainsRune("〔[【", r):
			r = '('
		case strings.ContainsRune("〕]】", r):
			r = ')'
		case strings.ContainsRune("・•.-—", r):
			r = '·'
		}
		signs, at = append(signs, r), append(at, i)
	}
	return signs, at
}
