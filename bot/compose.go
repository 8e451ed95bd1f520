package bot

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/index"
	"xietiao/index/plan"
)

// Sizes of what a phone shows well, in characters.
const (
	quoteRunes   = 400 // a clause longer than this is cut to what matches
	gapRunes     = 160 // of a section that gives nobody the matter, only the sentence about it
	choiceRunes  = 36  // of a clause offered as a choice
	echoRunes    = 20  // of a name that the asker wrote
	maxDocuments = 3   // listed by name when we refuse
)

// word words an answer. page 0 is the first message, 1 the rest of it.
func (b *Bot) word(a index.Answer, q, prev string, page int) Reply {
	c := composer{bot: b, a: a, q: q, prev: prev}
	c.whole = false
	short := c.message()
	c.whole = true
	full := c.message()
	text, markdown := short.fit(page)
	return Reply{Text: text, Markdown: markdown, Full: full.plain(len(full.groups), "")}
}

// composer builds the message for one answer.
type composer struct {
	bot     *Bot
	a       index.Answer
	q, prev string
	whole   bool // show every clause in full
}

// message words the answer, behind what the office says itself.
func (c *composer) message() message {
	m := c.found()
	if c.a.Office != nil {
		m.head = append([]line{say(textOffice(chat.Plain(c.a.Office.Text)))}, m.head...)
	}
	return m
}

func (c *composer) found() message {
	switch {
	case len(c.a.Parts) > 0:
		return c.parts()
	case c.a.Status == index.Unknown:
		return c.refusal()
	case c.a.Status == index.Ambiguous:
		return c.choices()
	case c.a.Intent == index.IntentChat:
		return c.chat()
	case c.a.Hint == hintNoOther:
		return message{head: []line{say(textNoOther)}}
	case c.a.Status == index.Unassigned:
		return c.unassigned()
	case len(c.a.Results) == 0 && c.a.Intent != index.IntentMember:
		return c.refusal()
	}
	switch c.a.Intent {
	case index.IntentMember:
		return c.member()
	case index.IntentDuties, index.IntentCompare:
		return c.duties()
	}
	var m message
	main, related := split(c.a.Results)
	if line := c.heading(main); line != "" {
		m.head = append(m.head, say(line))
	}
	m.groups = c.rows(main, len(main) > 1)
	c.addRelated(&m, related, textRelated)
	c.source(&m, c.a.Results)
	return m
}

// parts words the answers to several questions of one message under each question.
func (c *composer) parts() message {
	var m message
	for i, p := range c.a.Parts {
		one := composer{bot: c.bot, a: p.Answer, q: p.Q, whole: c.whole}
		g := []line{say(textPart(i+1, clean(p.Q)))}
		switch p.Answer.Status {
		case index.Unknown:
			m.groups = append(m.groups, append(g, say(textRefusal(p.Answer.Hint, clean(one.missing())))))
			continue
		case index.Ambiguous:
			m.groups = append(m.groups, append(g, say(textAskAlone)))
			continue
		}
		part := one.message()
		g = append(g, part.head...)
		if len(part.groups) > 0 {
			g = append(g, part.groups[0]...)
			part.groups = part.groups[1:]
		}
		m.groups = append(append(m.groups, g), part.groups...)
		last := len(m.groups) - 1
		m.groups[last] = append(m.groups[last], part.tail...)
	}
	return m
}

// heading is the line above the clauses: who is not named, or how many share it.
func (c *composer) heading(rows []index.Row) string {
	if c.a.NoLead {
		return textNoLead
	}
	if len(rows) < 2 {
		return ""
	}
	units := map[string]bool{}
	kinds := map[string]bool{}
	for _, r := range rows {
		kinds[r.Kind] = true
		units[r.Unit] = true
	}
	switch {
	case len(kinds) > 1:
		return textSomeRows(len(rows))
	case kinds[index.KindTask]:
		return textSomeTasks(len(rows))
	case kinds[index.KindDuty] && len(units) > 1:
		return textSomeUnits(len(units))
	case kinds[index.KindDuty]:
		return textSomeDuties(rows[0].Unit, len(rows))
	}
	return ""
}

// rows makes one group of lines for each row, numbered or not.
func (c *composer) rows(rows []index.Row, numbered bool) [][]line {
	var out [][]line
	short := len(c.a.Results) > 1 && !severalPlans(c.a.Results)
	for i, r := range rows {
		n := 0
		if numbered {
			n = i + 1
		}
		out = append(out, c.row(r, n, short))
	}
	return out
}

func (c *composer) row(r index.Row, n int, short bool) []line {
	var g []line
	switch r.Kind {
	case index.KindDuty:
		g = append(g, item(n, r.Unit, r.Role))
	case index.KindTask:
		g = append(g, c.task(r, n)...)
	case index.KindFact:
		g = append(g, label(factLabel(r.Fact), r.Value))
		if r.Cite == "" && r.Value == r.Plan {
			return g
		}
		return append(g, cite(address(r, short)))
	}
	limit := quoteRunes
	if c.a.Status == index.Unassigned && r.Kind == index.KindSection {
		limit = gapRunes
	}
	text := r.Text
	if r.Kind == index.KindSection {
		var title string
		if title, text = headed(r); title != "" {
			g = append(g, item(0, title, ""))
		}
	}
	g = append(g, c.quote(text, limit), cite(address(r, short)))
	g[0].n = n
	return g
}

// task names the units of an item by their part in it: before its title when
// it stands alone, below it in a list.
func (c *composer) task(r index.Row, n int) []line {
	var g []line
	if len(r.Lead) > 0 {
		g = append(g, label(leadLabel(r), strings.Join(r.Lead, listMark)))
	}
	if len(r.Support) > 0 {
		g = append(g, label(textSupport, strings.Join(r.Support, listMark)))
	}
	if r.Deadline != "" {
		g = append(g, label(textDeadline, r.Deadline))
	}
	switch {
	case r.Title == "":
	case n > 0:
		g = append([]line{item(n, r.Title, "")}, g...)
	case !strings.Contains(r.Text, r.Title):
		g = append(g, item(0, r.Title, ""))
	}
	return g
}

// quote shows text word for word: all of it, or the sentences that match the
// question when it is long.
func (c *composer) quote(text string, limit int) line {
	if c.whole && c.a.Status != index.Unassigned {
		return line{kind: kindQuote, segs: []string{text}}
	}
	segs, before, after := excerpt(text, c.q+"\n"+strings.Join(c.a.Words, "\n"), c.prev, limit)
	return line{kind: kindQuote, segs: segs, before: before, after: after}
}

// duties lists what units do, one heading a unit.
func (c *composer) duties() message {
	var m message
	main, related := split(c.a.Results)
	if c.a.NoLead {
		m.head = append(m.head, say(textNoLead))
	}
	counts := map[string]int{}
	for _, r := range main {
		counts[r.Unit]++
	}
	unit := "\x00"
	for i, r := range main {
		if r.Kind != index.KindDuty {
			m.groups = append(m.groups, c.row(r, 0, false))
			continue
		}
		var g []line
		if r.Unit != unit {
			unit = r.Unit
			g = append(g, item(0, textDutiesOf(unit, counts[unit]), ""))
		}
		q := c.quote(r.Text, quoteRunes)
		q.n = rowNo(r)
		g = append(g, q)
		last := i+1 == len(main) || main[i+1].Unit != unit
		if last && len(counts) > 1 {
			g = append(g, cite(dutyHome(r)))
		}
		m.groups = append(m.groups, g)
	}
	c.addRelated(&m, related, textRelated)
	if len(counts) == 1 && main[0].Kind == index.KindDuty {
		m.tail = append(m.tail, cite(dutyHome(main[0])))
	}
	return m
}

// member says whether a unit is on the list, and how long the list is.
func (c *composer) member() message {
	var m message
	row := index.Row{}
	if len(c.a.Results) > 0 {
		row = c.a.Results[0]
	}
	name := clean(first(c.a.Units, nil))
	if name == "" {
		name = clean(c.missing())
	}
	list := strings.Split(row.Value, listMark)
	count := 0
	if p := c.bot.planNamed(row.Plan); p != nil {
		count, list = len(p.Members), p.Members
	}
	isMember := c.a.Member != nil && *c.a.Member
	m.head = append(m.head, say(textMember(name, isMember, count)))
	if isMember && row.Value != "" && len(c.a.Units) == 1 {
		switch entry := listEntry(list, c.a.Units[0]); entry {
		case c.a.Units[0]:
		case "":
			m.head = append(m.head, say(textListDiffers))
		default:
			m.head = append(m.head, say(textListEntry(entry)))
		}
	}
	for _, r := range c.a.Results {
		g := []line{}
		if text := cmp.Or(r.Value, r.Text); text != "" {
			g = append(g, c.quote(text, quoteRunes))
		}
		m.groups = append(m.groups, append(g, cite(address(r, false))))
	}
	return m
}

func (c *composer) unassigned() message {
	var m message
	main, related := split(c.a.Results)
	m.head = append(m.head, say(cmp.Or(c.namesSomebody(main), textUnassigned)))
	m.groups = c.rows(main, false)
	c.addRelated(&m, related, textRelatedDuties)
	c.source(&m, c.a.Results)
	m.tail = append(m.tail, say(c.whom(textGap)))
	return m
}

func (c *composer) addRelated(m *message, rows []index.Row, heading string) {
	for i, g := range c.rows(rows, len(rows) > 1) {
		if i == 0 {
			g = append([]line{say(heading)}, g...)
		}
		m.groups = append(m.groups, g)
	}
}

// source closes a list whose rows show short addresses with the document.
func (c *composer) source(m *message, rows []index.Row) {
	if len(rows) > 1 && !severalPlans(rows) && rows[0].Plan != "" {
		m.tail = append(m.tail, say(textSource(rows[0].Plan)))
	}
}

// choices asks back with numbers.
func (c *composer) choices() message {
	m := message{head: []line{say(textAmbiguous)}, tail: []line{say(textChoose)}}
	if c.a.Hint == hintBeyond {
		m.head = []line{say(textOnlyChoices(len(c.a.Results)))}
	}
	several := severalPlans(c.a.Results)
	for i, r := range c.a.Results {
		m.groups = append(m.groups, []line{item(i+1, c.choice(r, several), "")})
	}
	return m
}

func (c *composer) choice(r index.Row, plans bool) string {
	if plans {
		if p := c.bot.planNamed(r.Plan); p != nil && p.Title != "" {
			return textDocument(p.Title, p.DocNo)
		}
		return r.Plan
	}
	text := r.Text
	if run := []rune(text); len(run) > choiceRunes {
		text = string(run[:choiceRunes]) + ellipsis
	}
	switch r.Kind {
	case index.KindDuty:
		return textChoice(r.Unit, text)
	case index.KindSection:
		return cmp.Or(strings.TrimSpace(r.Section+" "+r.Title), text)
	case index.KindFact:
		return factLabel(r.Fact)
	}
	return cmp.Or(r.Title, text)
}

func (c *composer) refusal() message {
	var m message
	m.head = append(m.head, say(textRefusal(c.a.Hint, clean(cmp.Or(c.missing(), first(c.a.Units, nil))))))
	m.tail = append(m.tail, c.bot.holdings()...)
	m.tail = append(m.tail, say(c.whom(textOther)))
	return m
}

func (c *composer) chat() message {
	var m message
	m.head = append(m.head, say(textChat(c.a.Hint)))
	if c.a.Hint != hintThanks && c.a.Hint != hintAck {
		m.tail = append(m.tail, c.bot.holdings()...)
	}
	return m
}

// holdings lists the documents and a few questions that they answer.
func (b *Bot) holdings() []line {
	if len(b.plans) == 0 {
		return nil
	}
	var out []line
	out = append(out, say(textHoldings(len(b.plans))))
	for _, p := range b.plans[:min(len(b.plans), maxDocuments)] {
		out = append(out, say(textDocument(p.Title, p.DocNo)))
	}
	if ex := Examples(b.plans[0]); len(ex) > 0 {
		out = append(out, say(textExamples(ex)))
	}
	return out
}

// whom says whom to ask what the documents do not say: the office of the answer's
// document, else its issuer; without an answer those of all documents.
func (c *composer) whom(what string) string {
	name := ""
	if len(c.a.Results) > 0 {
		name = c.a.Results[0].Plan
	}
	if p := c.bot.planNamed(name); p != nil {
		return textAsk(what, p.Office, issuers(p))
	}
	if name != "" || len(c.bot.plans) > maxDocuments {
		return textAsk(what, "", nil)
	}
	return textAsk(what, "", issuers(c.bot.plans...))
}

// issuers are the documents' offices, else those who issued them.
func issuers(plans ...*plan.Plan) []string {
	var out []string
	for _, p := range plans {
		if name := cmp.Or(p.Office, p.Issuer); name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}

// split parts the main answers from those that are only near the matter.
func split(rows []index.Row) (main, related []index.Row) {
	for _, r := range rows {
		if r.Related {
			related = append(related, r)
		} else {
			main = append(main, r)
		}
	}
	return main, related
}

// address is where a row stands: with the document's number, or without it
// where the whole list is of one document.
func address(r index.Row, short bool) string {
	if short {
		if rest, ok := strings.CutPrefix(r.Cite, r.Plan+" "); ok && rest != "" {
			return rest
		}
	}
	return cmp.Or(r.Cite, r.Plan)
}

// dutyHome is the address that all the duties of a unit share: its heading.
func dutyHome(r index.Row) string {
	home := r.Cite
	if i := strings.LastIndex(home, addressMark); i >= 0 && rowNo(r) != 0 {
		home = home[:i]
	}
	return home
}

func rowNo(r index.Row) int {
	if r.No == nil {
		return 0
	}
	return *r.No
}

// headed parts a section's heading, where it stood on a line of its own, from
// its text. A heading that runs on into the sentence stays in the text.
func headed(r index.Row) (title, text string) {
	rest, ok := strings.CutPrefix(r.Text, r.Title)
	next, _ := utf8.DecodeRuneInString(rest)
	switch {
	case r.Title == "" || rest == "" || ok && unicode.IsPunct(next) && !strings.ContainsRune(openMarks, next):
		return "", r.Text
	case ok:
		return r.Title, rest
	}
	return r.Title, r.Text
}

func first(lists ...[]string) string {
	for _, l := range lists {
		if len(l) > 0 {
			return l[0]
		}
	}
	return ""
}

// clean makes a name that somebody typed harmless in a message: no markup, no
// mention of others, no line ends, and short.
func clean(s string) string {
	var run []rune
	for _, r := range s {
		if r < ' ' || strings.ContainsRune("<>@*_`[]()#|\\\u2028\u2029", r) {
			continue
		}
		run = append(run, r)
	}
	if len(run) > echoRunes {
		run = append(run[:echoRunes:echoRunes], []rune(ellipsis)...)
	}
	return string(run)
}

// leadLabel names the first list of a task. A unit is only called 牵头 where the
// text says so or where others are named beside it to support.
func leadLabel(r index.Row) string {
	if slices.ContainsFunc([]string{r.Role, r.Text}, func(s string) bool { return strings.Contains(s, textLead) }) || len(r.Support) > 0 {
		return textLead
	}
	return textResponsible
}
