package index

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"xietiao/index/zh"
)

// Approved is an answer that the office gave itself. Whoever asks one of the
// questions, in these words or in synonyms and in whatever order, is shown the
// clauses first, with the office's text. It counts only while every clause stands in
// the documents as it did: see Index.Stale.
type Approved struct {
	ID        string
	Questions []string
	Clauses   []ClauseRef
	Text      string
}

// ClauseRef is a clause as it was when somebody pointed at it.
type ClauseRef struct {
	Plan string `json:"plan"` // 文号, else title
	Cite string `json:"cite"`
	Text string `json:"text"`
}

// approvals are the approved answers of an index, found by question.
type approvals struct {
	list []Approved
	read func() approvalsRead
}

type approvalsRead struct {
	of    []int          // the plans that have some, in order
	found []*approval    // of list; nil where it is stale
	byKey map[string]int // plan's number and question key → of found
}

type approval struct {
	*Approved
	rows []Row
}

// With gives an index that answers with these approved answers, in place of those it
// had. It shares everything else with ix: close one of them, once.
func (ix *Index) With(list []Approved) *Index {
	next := *ix
	next.approved = &approvals{list: list, read: sync.OnceValue(func() approvalsRead { return ix.readApproved(list) })}
	return &next
}

// Stale names the approved answers that do not count: a clause of theirs is not in
// the documents, or says something else by now.
func (ix *Index) Stale() []string {
	if ix.approved == nil {
		return nil
	}
	var out []string
	for i, a := range ix.approved.read().found {
		if a == nil {
			out = append(out, ix.approved.list[i].ID)
		}
	}
	return out
}

// Clauses lists the clauses of the plan with that 文号 or title, in its order; none if
// it is not loaded.
func (ix *Index) Clauses(plan string) []Row {
	var out []Row
	for _, k := range ix.names.exact[plan] {
		v := ix.views.get(k)
		r := &request{v: v}
		for i := range v.clauses {
			out = append(out, r.row(&v.clauses[i]))
		}
	}
	return out
}

// Settles tells whether an approved answer can be found by the question: it has a
// matter or a unit of its own, and leans on nothing that was said before it.
func (ix *Index) Settles(question, plan string) bool {
	for _, k := range ix.names.exact[plan] {
		if ix.views.get(k).questionKey(ix.t, question) != "" {
			return true
		}
	}
	return false
}

func (ix *Index) readApproved(list []Approved) approvalsRead {
	out := approvalsRead{found: make([]*approval, len(list)), byKey: map[string]int{}}
	plans := map[int]bool{}
	for i := range list {
		rows, ok := ix.rowsOf(list[i].Clauses)
		if !ok {
			continue
		}
		out.found[i] = &approval{&list[i], rows}
		for _, k := range ix.names.exact[list[i].Clauses[0].Plan] {
			plans[k] = true
			for _, q := range list[i].Questions {
				if key := ix.views.get(k).questionKey(ix.t, q); key != "" {
					out.byKey[approvedKey(k, key)] = i
				}
			}
		}
	}
	out.of = slices.Sorted(maps.Keys(plans))
	return out
}

func approvedKey(plan int, key string) string { return strconv.Itoa(plan) + " " + key }

// rowsOf finds the clauses as they were.
func (ix *Index) rowsOf(refs []ClauseRef) (rows []Row, ok bool) {
	for _, ref := range refs {
		all := ix.Clauses(ref.Plan)
		i := slices.IndexFunc(all, func(r Row) bool { return r.Cite == ref.Cite && r.Text == ref.Text })
		if i < 0 {
			return nil, false
		}
		rows = append(rows, all[i])
	}
	return rows, len(rows) > 0
}

// approve puts the office's answer in the place of a, where it gave one.
func (ix *Index) approve(q Query, a Answer) Answer {
	if ix.approved == nil || len(ix.approved.list) == 0 {
		return a
	}
	read := ix.approved.read()
	scope, err := ix.meant(q)
	if err != nil {
		return a
	}
	if named := ix.namedIn(q.Q, scope); len(named) > 0 {
		scope = named
	}
	for _, k := range within(slices.Clone(read.of), scope) {
		key := ix.views.get(k).questionKey(ix.t, q.Q)
		if i, ok := read.byKey[approvedKey(k, key)]; ok && key != "" {
			return read.found[i].over(a)
		}
	}
	return a
}

// over is the office's answer: its clauses, and near them what the documents alone
// would have answered.
func (o *approval) over(a Answer) Answer {
	out := Answer{Status: Answered, Intent: a.Intent, Office: o.Approved, Results: slices.Clone(o.rows), Units: a.Units, Roles: a.Roles, Words: a.Words}
	if a.Intent != IntentRole {
		out.Intent = IntentResponsible
	}
	if o.rows[0].Kind == KindSection {
		out.Intent = IntentSection
	}
	if a.Status != Answered {
		return out
	}
	for _, row := range a.Results {
		if len(out.Results) == len(o.rows)+maxRelated {
			break
		}
		if row.Kind != KindFact && !row.Related && !holdsRow(out.Results, row) {
			row.Related = true
			out.Results = append(out.Results, row)
		}
	}
	return out
}

const (
	// tagsSilent are of words that ask for somebody, politely: what is left of a
	// question says the same without them.
	tagsSilent = tagFiller | tagWho | tagResp | tagAsk | tagOr | tagYesNo | tagTalk | tagGreeting | tagThanks | tagAck
	// tagsAlike are of words that all ask the same.
	tagsAlike = tagMulti | tagDuties | tagDocSay | tagSeparate | tagWhen | tagHelps
	// tagsLean are of words that lean on what was said before.
	tagsLean = tagPronoun | tagEllipsis | tagFollow | tagCommand
)

// questionKey is what a question says, whatever its order, its frame and its choice
// among synonyms; "" where it says nothing by itself.
func (v *view) questionKey(t *Thesaurus, q string) string {
	r := v.read(t, q)
	says := func(t token) bool {
		return t.kind != tokRole && t.tags&tagGeneric == 0 && (t.kind != tokRaw || t.end-t.start > 1)
	}
	if r.has(tagsLean) || len(r.units)+len(r.missing) == 0 && !slices.ContainsFunc(r.content, says) {
		return ""
	}
	said := map[string]bool{}
	for _, tok := range r.tokens {
		switch {
		case tok.start < 0: // other words of the question, together
		case tok.kind == tokUnit:
			for _, u := range tok.units {
				said["unit "+v.dir.units[u].name] = true
			}
		case tok.kind != tokFrame:
			said[t.canonical(tok.text)] = true
		case tok.tags&^tagsSilent == 0:
		case tok.tags&^(tagsSilent|tagsAlike) == 0:
			said["asks "+strconv.Itoa(int(tok.tags&tagsAlike))] = true
		default:
			said[tok.text] = true
		}
	}
	if r.ordinal != 0 {
		said["no "+strconv.Itoa(r.ordinal)+r.ordUnit] = true
	}
	return strings.Join(slices.Sorted(maps.Keys(said)), "\n")
}

// canonical is the same for a word and its synonyms.
func (t *Thesaurus) canonical(word string) string {
	best, seen := word, map[string]bool{word: true}
	for queue := []string{word}; len(queue) > 0; queue = queue[1:] {
		best = min(best, queue[0])
		for e := range t.related(queue[0]) {
			if e.sim == simSynonym && !seen[e.text] {
				seen[e.text] = true
				queue = append(queue, e.text)
			}
		}
	}
	return best
}

// FoldQuestion is a question without what does not matter for telling whether it is
// the same: width, case, traditional characters, punctuation and space.
func FoldQuestion(q string) string {
	return strings.Map(func(r rune) rune {
		if zh.IsPunct(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, zh.Fold(zh.CleanQuestion(q)))
}
