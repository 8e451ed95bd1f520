package index

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// request is one question as understood against one plan.
type request struct {
	v        *view
	t        *Thesaurus
	clean    string // folded, without mentions and emoji
	tokens   []token
	tags     tag
	own      tag      // tags of the question itself, without what it takes from the previous one
	units    []int    // departments named, in order
	actor    bool     // a missing department is the doer that is asked about
	missing  []string // departments named that the plan does not know
	content  []token  // what the question is about
	context  []token  // what the previous question was about, where this one leans on it
	at       int      // section asked for, plus one; 0 when none, -1 when the plan has none there
	without  []int    // units that the previous answer gave and that are not asked again
	asMember bool     // the previous question was for membership, and this one only names another unit
	relaxed  bool     // the units asked for may have only part of the matter
	ordinal  int      // 第N; 0 when none, -1 for 最后
	ordUnit  string   // the word after the ordinal: 项 条 部分 …
	document document // what the question says of the plan's own number
	repairs  []Repair
}

func (v *view) ask(t *Thesaurus, q Query) Answer {
	r := v.read(t, q.Q)
	if q.Prev != "" {
		r = r.follow(v.read(t, q.Prev))
	}
	return r.answer()
}

// read understands a question by itself.
func (v *view) read(t *Thesaurus, q string) *request {
	r := &request{v: v, t: t, clean: zh.Fold(zh.CleanQuestion(q))}
	r.document, r.clean = v.number.in(r.clean)
	r.clean, r.tokens, r.repairs = v.repair(t, r.clean)
	r.readOrdinal()
	r.sort()
	if r.has(tagMulti) {
		r.widen()
	}
	return r
}

// sort splits the tokens into what is asked and what it is about.
func (r *request) sort() {
	r.tags, r.units, r.missing, r.content, r.actor = 0, nil, nil, nil, false
	for i, t := range r.tokens {
		if t.kind == tokTerm && holdsAny(t.text, "协调组", "办公室", "领导小组", "联席会议", "办公", "日常") {
			t.tags |= tagFact
		}
		r.tags |= t.tags
		if i > 0 && r.v.foreign(r.tokens[i-1], t) {
			r.missing = append(r.missing, r.tokens[i-1].text+t.text)
			r.actor = r.actor || i == 1 || r.acts(i+1)
			r.dropLast()
			continue
		}
		switch t.kind {
		case tokUnit:
			r.units = append(r.units, t.units...)
		case tokMissing:
			us, ok := r.v.dir.resolve(t.text)
			switch {
			case ok:
				r.units = append(r.units, us...)
			case r.v.holds(t.text):
				t.kind = tokRaw // the plan speaks of it without giving it a part
				r.content = append(r.content, t)
			default:
				r.missing = append(r.missing, t.text)
				r.actor = r.actor || i == 0 || r.acts(i+1)
			}
		case tokRaw, tokTerm, tokOutside, tokRole:
			r.content = append(r.content, t)
		}
	}
	r.own = r.tags
	r.listed()
	r.units = uniqueInOrder(r.units)
	r.exclude()
}

// listMarkers end a list of departments by their bare names.
var listMarkers = regexp.MustCompile(`([\p{Han}]+(?:[、和与跟][\p{Han}]+)+?)(?:[二两三四五六几]家|这?[二两三四五六几]个(?:部|局|单位|委))`)

// listed reads bare names in a list as departments: 发改、财政、住建三家.
func (r *request) listed() {
	m := listMarkers.FindStringSubmatch(r.clean)
	if m == nil {
		return
	}
	var units []int
	names := strings.FieldsFunc(m[1], func(x rune) bool { return strings.ContainsRune("、和与跟", x) })
	for _, name := range names {
		us := r.v.dir.tail(name)
		if len(us) == 0 {
			return
		}
		units = append(units, us...)
	}
	r.units = append(r.units, units...)
	kept := r.content[:0:0]
	for _, t := range r.content {
		if !containedIn(t.text, names) {
			kept = append(kept, t)
		}
	}
	r.content = kept
}

// tail finds the department that a text ends with, by its name or bare name.
func (d *directory) tail(s string) []int {
	rs := []rune(s)
	for n := min(len(rs), 8); n >= 2; n-- {
		name := string(rs[len(rs)-n:])
		if us := d.alias[name]; len(us) > 0 {
			return d.prefer(name, us)
		}
		if us := d.bare(name); len(us) > 0 {
			return us
		}
	}
	return nil
}

// acts tells whether the token at i makes the one before it the doer.
func (r *request) acts(i int) bool {
	if i >= len(r.tokens) {
		return false
	}
	t := r.tokens[i]
	return t.kind == tokRole || t.tags&(tagResp|tagDuties) != 0 || t.text == "在" || t.text == "要"
}

// exclude takes the departments after 除了 out of what is asked: 除了发改还有谁.
func (r *request) exclude() {
	for i, t := range r.tokens {
		if t.text != "除了" && t.text != "除" && t.text != "除开" && t.text != "除去" {
			continue
		}
		for j, next := range r.tokens[i+1:] {
			us := next.units
			if len(us) == 0 && j == 0 && next.kind != tokFrame {
				us = r.v.dir.bare(next.text)
				if len(us) > 0 {
					r.drop(next)
				}
			}
			if len(us) == 0 && next.tags&tagOr == 0 {
				break
			}
			r.without = append(r.without, us...)
		}
	}
	if len(r.without) == 0 {
		return
	}
	kept := r.units[:0:0]
	for _, u := range r.units {
		if !slices.Contains(r.without, u) {
			kept = append(kept, u)
		}
	}
	r.units = kept
}

// dropLast takes the word before a foreign department out of the content.
func (r *request) dropLast() {
	if n := len(r.content); n > 0 {
		r.content = r.content[:n-1]
	}
}

// foreign tells whether two neighbouring tokens name a department of another
// place or level: 温州市文广旅局, 省文旅厅, or one that no list knows: 天文局.
func (v *view) foreign(before, tok token) bool {
	if before.end != tok.start {
		return false
	}
	own := zh.Fold(v.plan.Title + v.plan.Issuer)
	switch tok.kind {
	case tokUnit, tokMissing:
		if levelOf(tok.text) == "" {
			return before.text == "省" || before.text == "国家" || before.text == "中央" || before.text == "省里" ||
				before.kind == tokRaw && isPlace(before.text) && !strings.Contains(own, before.text)
		}
		place := before.text
		return before.kind == tokRaw && utf8.RuneCountInString(place) <= 3 && allHan([]rune(place)) && !strings.Contains(own, place)
	case tokRaw, tokFrame:
		if tok.text != "局" && tok.text != "厅" && tok.text != "委员会" || before.kind == tokFrame && before.tags&tagGeneric == 0 {
			return false
		}
		_, ok := v.dir.resolve(before.text + tok.text)
		return !ok
	}
	return false
}

// isPlace: 永嘉县, 瑞安市.
func isPlace(s string) bool {
	n := utf8.RuneCountInString(s)
	return n >= 3 && n <= 4 && (strings.HasSuffix(s, "县") || strings.HasSuffix(s, "市") || strings.HasSuffix(s, "区"))
}

func holdsAny(s string, words ...string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(s, w) })
}

func uniqueInOrder(list []int) []int {
	seen := map[int]bool{}
	var out []int
	for _, x := range list {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// widen lets the words inside longer ones count, for questions that want all
// units with a part in a matter.
func (r *request) widen() {
	for i, t := range r.content {
		if t.kind == tokTerm && r.v.dutiesWith(t.exp) < 2 {
			r.content[i].inner = r.t.innerWords(t.text)
		}
	}
}

// dutiesWith counts the duties and items that hold what a word surely means.
func (v *view) dutiesWith(exp []expansion) int {
	found := map[int]bool{}
	for _, e := range exp {
		if e.sim < minReach {
			continue
		}
		for i, w := range v.find(e.text) {
			for ; w != 0; w &= w - 1 {
				if c := v.segs[i<<6|trailing(w)].clause; isAssigned(&v.clauses[c]) {
					found[c] = true
				}
			}
		}
	}
	return len(found)
}

func (r *request) has(t tag) bool { return r.tags&t != 0 }

// about tells whether the question has a subject besides frame words and role
// verbs.
func (r *request) about() bool {
	for _, t := range r.content {
		if t.kind != tokRole && t.tags&(tagDuties|tagGeneric|tagFact|tagDocSay|tagItemWord) == 0 && r.solid(t) {
			return true
		}
	}
	return false
}

// solid tells whether a content token proves something: a word of the field, of
// other business, or of the plan. What neither knows is narrative.
func (r *request) solid(t token) bool {
	return t.kind != tokRaw || utf8.RuneCountInString(t.text) >= 2 && r.v.holds(t.text)
}

// named tells whether the units that the question names have its matter.
func (r *request) named() bool {
	h := r.v.match(r.content, nil)
	return top(h.rank(r.acceptUnits())).cover >= minCover
}

func (r *request) readOrdinal() {
	if _, rest, _ := strings.Cut(r.clean, "头一"); strings.HasPrefix(rest, "条") || strings.HasPrefix(rest, "项") {
		r.ordinal, r.ordUnit = 1, firstRunes(rest, 2)
		return
	}
	if strings.Contains(r.clean, "最后一") {
		_, rest, _ := strings.Cut(r.clean, "最后一")
		r.ordinal, r.ordUnit = -1, firstRunes(rest, 2)
		return
	}
	n, start, end, ok := zh.FindOrdinal(r.clean)
	if !ok {
		n, start, end, ok = bareOrdinal(r.clean)
	}
	if ok {
		rs := []rune(r.clean)
		if strings.HasSuffix(string(rs[:start]), "倒数") {
			start -= 2
		}
		for i, t := range r.tokens {
			if t.kind == tokRaw && t.start >= start && t.end <= end {
				r.tokens[i].kind, r.tokens[i].tags = tokFrame, tagFiller
			}
		}
		r.ordinal = n
		r.ordUnit = firstRunes(string(rs[end:]), 2)
	}
}

// bareOrdinal reads 任务六, 原则二: a number right behind the word it counts.
func bareOrdinal(clean string) (n, start, end int, ok bool) {
	rs := []rune(clean)
	for i := 2; i < len(rs); i++ {
		if w := string(rs[i-2 : i]); w != "任务" && w != "原则" && w != "部分" {
			continue
		}
		for j := min(len(rs), i+3); j > i; j-- {
			if n, ok := zh.Number(string(rs[i:j])); ok {
				return n, i, j, true
			}
		}
	}
	return 0, 0, 0, false
}

func firstRunes(s string, n int) string {
	rs := []rune(s)
	return string(rs[:min(n, len(rs))])
}

// answer tries what the question may be, one after the other.
func (r *request) answer() Answer {
	if r.clean == "" {
		return r.refuse(HintEmpty)
	}
	for _, try := range []func() (Answer, bool){
		r.command, r.chat, r.otherDocument, r.member, r.mention, r.allDuties, r.fact, r.place, r.attribute, r.unitDuties,
	} {
		if a, ok := try(); ok {
			return a
		}
	}
	return r.topic()
}

// Reasons why a question is not answered, for the wording.
const (
	HintEmpty     = "empty"     // nothing was asked
	HintCommand   = "command"   // the bot was told to do something
	HintAttribute = "attribute" // plans do not hold telephone numbers, hours, names
	HintNotMember = "notmember" // the department is not in the plan
	HintOfftopic  = "offtopic"  // the documents do not speak of it
	HintPlace     = "place"     // the documents have no part with that number
	HintNoOther   = "noother"   // answered without a row: nobody else has the matter
	HintGreeting  = "greeting"
	HintThanks    = "thanks"
	HintHelp      = "help"
	HintAck       = "ack"
	HintVague     = "vague" // a word that is everybody's: say what of
)

func (r *request) refuse(hint string) Answer {
	return Answer{Status: Unknown, Intent: IntentNone, Hint: hint, Reason: Reason(hint), Missing: r.missing}
}

// refuseFor refuses what the documents do not speak of, and says how that was seen.
func (r *request) refuseFor(why Reason) Answer {
	a := r.refuse(HintOfftopic)
	a.Reason = why
	return a
}

// command refuses what is no question but an order to the bot.
func (r *request) command() (Answer, bool) {
	if r.has(tagCommand) {
		return r.refuse(HintCommand), true
	}
	return Answer{}, false
}

// chat answers greetings, thanks and help where nothing else is said.
func (r *request) chat() (Answer, bool) {
	if len(r.units) > 0 || len(r.missing) > 0 || r.about() || r.ordinal != 0 {
		return Answer{}, false
	}
	a := Answer{Status: Answered, Intent: IntentChat}
	switch {
	case r.has(tagHelp):
		a.Hint = HintHelp
	case r.has(tagThanks):
		a.Hint = HintThanks
	case r.has(tagGreeting) && !r.has(tagFact|tagDuties|tagDocSay):
		a.Hint = HintGreeting
	case r.acknowledges():
		a.Hint = HintAck
	default:
		return Answer{}, false
	}
	return a, true
}

// acknowledges tells whether the message says that it was heard, and nothing else.
func (r *request) acknowledges() bool {
	return r.has(tagAck) && !slices.ContainsFunc(r.tokens, func(t token) bool {
		return t.kind != tokFrame || t.tags&(tagAck|tagThanks|tagFiller|tagEllipsis) == 0
	})
}

// dutyRow is the row of one duty.
func (r *request) dutyRow(c *clause) Row {
	p := r.v.plan
	u := p.Units[r.v.dir.units[c.unit].duty]
	d := u.Duties[c.pos]
	no := d.No
	return Row{Kind: KindDuty, Plan: r.v.name, Unit: u.Name, No: &no, Role: d.Role, Text: d.Text, Cite: r.v.cite(c)}
}

func (r *request) row(c *clause) Row {
	p := r.v.plan
	switch c.kind {
	case KindDuty:
		return r.dutyRow(c)
	case KindTask:
		it := p.Items[c.pos]
		no := it.No
		return Row{Kind: KindTask, Plan: r.v.name, No: &no, Title: it.Title, Text: it.Text, Lead: it.Lead, Support: it.Support, Deadline: it.Deadline, Due: it.Due, Cite: r.v.cite(c)}
	}
	s := p.Sections[c.pos]
	return Row{Kind: KindSection, Plan: r.v.name, Section: s.Path, Title: s.Title, Text: s.Text, Cite: r.v.cite(c)}
}

// cite is a clause's address: 文号 and place.
func (v *view) cite(c *clause) string {
	place := ""
	switch c.kind {
	case KindDuty:
		place = plan.DutyAddress(v.plan.Units[v.dir.units[c.unit].duty].Name, c.no)
	case KindTask:
		place = plan.ItemAddress(c.no)
	default:
		place = v.plan.Sections[c.pos].Path
	}
	return strings.TrimSpace(v.name + " " + place)
}
