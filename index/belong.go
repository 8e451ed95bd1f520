package index

import (
	"maps"
	"math"
	"slices"

	"xietiao/index/zh"
)

// What a duty must share with a main task to belong to it. A letter pair weighs the
// square of its rarity among the duties and tasks, so that few rare ones outweigh many
// common ones.
const (
	minShared  = 0.3  // of the weight of the duty's pairs
	minSpecial = 14.0 // weight of the pairs that few have
	fewHave    = 0.12 // the share of the duties and tasks that is few
	titleShare = 1.5  // a pair in a task's title counts so much more
)

// belong puts each duty into the cells of the main task with whose words it has most in
// common, if that is enough. A task that takes whatever is left gets none.
func (v *view) belong(tasks []MainTask) {
	df := map[string]int{}
	n := 0.0
	count := func(pairs map[string]bool) map[string]bool {
		for p := range pairs {
			df[p]++
		}
		n++
		return pairs
	}
	titles, bodies := make([]map[string]bool, len(tasks)), make([]map[string]bool, len(tasks))
	for i, t := range tasks {
		if !t.Main || catchAll.MatchString(t.Title) {
			continue
		}
		text := t.Title
		for _, s := range v.plan.Sections {
			if s.Path == t.Address || below(s.Path, t.Address) {
				text += "\n" + s.Text
			}
		}
		titles[i], bodies[i] = v.letterPairs(t.Title), count(v.letterPairs(text))
	}
	var duties []Ref
	var pairs [][]string // of the duties, in order, so that sums of them are always the same
	for i := range v.clauses {
		if c := &v.clauses[i]; c.kind == KindDuty {
			ref := v.refs(c)[0]
			duties = append(duties, ref)
			pairs = append(pairs, slices.Sorted(maps.Keys(count(v.letterPairs(ref.Text)))))
		}
	}
	weight := func(pair string) float64 { return math.Pow(math.Log(1+n/(float64(df[pair])+0.5)), 2) }
	for k, ref := range duties {
		total := 1.0
		for _, p := range pairs[k] {
			if df[p] > 1 { // a pair of its own says nothing of others
				total += weight(p)
			}
		}
		best, most := -1, minShared*total
		for i := range tasks {
			sum, special := 0.0, 0.0
			for _, p := range pairs[k] {
				if !bodies[i][p] {
					continue
				}
				w := weight(p)
				if float64(df[p]) <= fewHave*n {
					special += w
				}
				if titles[i][p] {
					w *= titleShare
				}
				sum += w
			}
			if sum > most && special >= minSpecial {
				best, most = i, sum
			}
		}
		if best >= 0 {
			tasks[best].Cells = append(tasks[best].Cells, ref)
		}
	}
}

// letterPairs are the letter pairs within the words of a text, without those of verbs
// that units do with any matter.
func (v *view) letterPairs(text string) map[string]bool {
	pairs := map[string]bool{}
	for _, s := range sentences(text) {
		prev := token{}
		for _, tok := range (lexer{v.t, v.dir}).cut(zh.Fold(s)) {
			word := tok.text
			if single(tok) && single(prev) {
				word = prev.text + tok.text
			}
			prev = tok
			if v.t.verbs[word] || isRoleVerb(word) || tok.kind == tokFrame {
				continue
			}
			rs := []rune(word)
			for i := 1; i < len(rs); i++ {
				if zh.IsHan(rs[i-1]) && zh.IsHan(rs[i]) {
					pairs[string(rs[i-1:i+1])] = true
				}
			}
		}
	}
	return pairs
}
