package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/library"
	"xietiao/bot/task"
	"xietiao/index"
	"xietiao/index/zh"
)

// How people make a task of a clause: of one that was answered, 就这条建任务 期限12月底,
// 把第2条交办, 交办第2条, or of one that they name, 附件·市委宣传部·第3项 建任务.
const (
	makeTask = `(?:新?建(?:立|成|个|一个|一项)?新?任务|新建(?:一个|一项)任务|(?:生成|转成?|转为|列为|作为)任务|立项|(?P<hand>交办))(?:一下|了|吧)*`
	pointAt  = `(?:就|把|将|按照?|根据|用|为|以)?(?:上面|刚才|上述)?的?(?P<clause>这一?[条项个]|该[条项]|上一?条|第\s*(?:\d{1,3}|[一二三四五六七八九十]{1,3})\s*[条项])(?:职责|条款|事项|内容)?`
	nameAt   = `(?:就|把|将|按照?|根据)?\s*(?P<clause>.*(?:附件\s*[·・•.—-]|[〔\[]\d{4}[〕\]]\s*\d+\s*号\s*\S).*?)`
	please   = `^(?:请|麻烦|帮我|帮忙|给我|\s)*`
	restOf   = `(?:[\s:：,，。;；]+(?P<rest>.*))?$`
)

var (
	clausePatterns = []*regexp.Regexp{
		regexp.MustCompile(please + pointAt + `[\s,，]*(?:来|也|都|直接)*` + makeTask + restOf),
		regexp.MustCompile(please + makeTask + `[\s:：]*` + pointAt + restOf),
		regexp.MustCompile(please + nameAt + `[\s,，]*` + makeTask + restOf),
	}
	pointPattern = regexp.MustCompile(`^` + pointAt + `$`)
)

// clauseWords reads them: the clause, what else is said, and 交办 where it is to be
// handed out at once.
func clauseWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	if asking.MatchString(folded) {
		return nil, false
	}
	for _, p := range clausePatterns {
		if m := p.FindStringSubmatchIndex(folded); m != nil {
			part := func(name string) string {
				i := 2 * p.SubexpIndex(name)
				return original(text, folded, m[i], m[i+1])
			}
			return []string{part("clause"), part("rest"), part("hand")}, true
		}
	}
	return nil, false
}

// clauseToTask proposes a task of a clause that is pointed at or named.
func (t taskCommands) clauseToTask(c *Call) (chat.Reply, error) {
	clause, rest, hand := c.Args[0], c.Args[1], c.Args[2] != ""
	if pointPattern.MatchString(zh.Fold(clause)) {
		cite, fault, err := t.lastCited(c, clause)
		if err != nil || fault != "" {
			return chat.Reply{Text: fault}, err
		}
		clause = cite
	}
	plan, address, more, ok := c.Bot.cited(clause)
	if !ok {
		return text(textWhichPlan)
	}
	return t.proposeClause(c, plan, address, strings.TrimSpace(more+" "+rest), hand)
}

// lastCited is the clause of the last answer, or of the one that is quoted, that is
// pointed at; fault is what to say where there is none, or more than one.
func (t taskCommands) lastCited(c *Call, clause string) (cite, fault string, err error) {
	a, err := quotedAnswer(c.Tx, c.Message)
	if err != nil {
		return "", "", err
	}
	if a == nil && c.Message.Quoted == "" {
		s, err := readJSON[session](c.Tx, sessionBucket, sessionKey(c.Message))
		if err != nil {
			return "", "", err
		}
		if s.Answer != "" {
			a, err = answerAt(c.Tx, s.Answer)
		}
		if err != nil {
			return "", "", err
		}
	}
	if a == nil || len(a.Cites) == 0 {
		return "", textNoClauseYet, nil
	}
	n, _ := zh.Number(strings.Trim(zh.Fold(clause), "第条项 "))
	switch cite, ok := a.cite(n); {
	case ok:
		return cite, "", nil
	case n == 0:
		return "", textWhichClause(a.Cites), nil
	}
	return "", textNoSuchClause(n, a.Cites), nil
}

// cite is the nth clause of an answer as its reply numbers them, or the only one that
// it has. A unit's duties have the document's own numbers.
func (a answered) cite(n int) (string, bool) {
	if n == 0 {
		n = 1
		if len(a.Cites) != 1 {
			return "", false
		}
	}
	item := addressMark + "第" + strconv.Itoa(n) + "项"
	if i := slices.IndexFunc(a.Cites, func(s string) bool { return strings.HasSuffix(s, item) }); i >= 0 && (a.Intent == index.IntentDuties || n > len(a.Cites)) {
		return a.Cites[i], true
	}
	if n > len(a.Cites) {
		return "", false
	}
	return a.Cites[n-1], true
}

// proposeClause proposes a task of a clause.
func (t taskCommands) proposeClause(c *Call, plan, address, said string, hand bool) (chat.Reply, error) {
	if address == "" {
		return text(textNoClause(chat.Plain(plan)))
	}
	p := newProposal(c)
	p.Hand = hand
	if err := t.prefill(c, &p, plan, address); err != nil {
		return chat.Reply{}, err
	}
	t.fill(c, &p, said)
	return t.ask(c, p)
}

// prefill takes over what a clause says. Its units are prefilled by their role.
func (t taskCommands) prefill(c *Call, p *proposal, plan, address string) error {
	list := c.Bot.Clauses(plan, address)
	k := list[0]
	version, err := library.Sum(c.Tx, plan)
	if err != nil {
		return err
	}
	d := k.Task()
	d.Source.Version = version
	p.Draft.Source, p.Draft.Title = d.Source, d.Title
	t.setUnits(p, fieldLead, strings.Join(d.Leads, listMark))
	t.setUnits(p, fieldSupport, strings.Join(d.Supports, listMark))
	if d.DeadlineText != "" {
		t.setDeadline(c, p, d.DeadlineText)
	}
	if len(list) > 1 {
		p.fault(fieldSource, textSeveralClauses(len(list)))
	}
	return nil
}

// Task is what a clause says of a task: a title, the units by their role as the clause
// spells them, the deadline's words, the source without its version.
func (k Clause) Task() task.Draft {
	d := task.Draft{
		Title: clip(firstClause(k.Text), titleRunes), DeadlineText: k.Deadline,
		Source: task.Source{Plan: k.Plan, Address: k.Address, Clause: k.Text},
	}
	switch {
	case len(k.Lead)+len(k.Support) > 0:
		if k.Heading != "" {
			d.Title = clip(strings.TrimRight(k.Heading, "。；"), titleRunes)
		}
		d.Leads, d.Supports = k.Lead, k.Support
	case !strings.HasPrefix(k.Address, "附件·"):
	case helping.MatchString(k.Role):
		d.Supports = []string{k.Heading}
	default:
		d.Leads = []string{k.Heading}
	}
	return d
}

// helping are the roles of a unit that supports.
var helping = regexp.MustCompile(`^(?:配合|协助|协同|参与|支持)`)

// titleRunes is how long the title is that a clause gives.
const titleRunes = 40

// firstClause is a clause up to its first pause behind a few words.
func firstClause(s string) string {
	s = strings.TrimRight(s, "。；;，,")
	for i, r := range s {
		if strings.ContainsRune("；;。，,", r) && runeLen(s[:i]) >= longTitle {
			return s[:i]
		}
	}
	return s
}

// sourceLines are the clause that a task stems from, word for word, its cite and its
// page, and whether the document says otherwise by now.
func sourceLines(c *Call, s task.Source) (lines []string) {
	if s.Clause != "" {
		lines = append(lines, quoteOpen+s.Clause+quoteClose)
	}
	if cite := strings.TrimSpace(s.Plan + " " + s.Address); cite != "" {
		lines = append(lines, citeMark+cite)
	}
	now := c.Bot.Clauses(s.Plan, s.Address)
	switch {
	case s.Clause == "" || c.Bot.planNamed(s.Plan) == nil:
	case len(now) == 0:
		lines = append(lines, textClauseGone)
	case !slices.ContainsFunc(now, func(k Clause) bool { return k.Text == s.Clause }):
		lines = append(lines, textClauseChanged)
	}
	if link := c.Link(s.Plan, s.Address); link != "" && len(now) > 0 {
		lines = append(lines, textSourceLink+colon+link)
	}
	return lines
}
