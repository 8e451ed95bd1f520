package bot

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/task"
	"xietiao/index/zh"
)

// draftBucket has what each person was asked to confirm in a conversation.
const draftBucket = "desk.drafts"

// draftFor is how long it can be confirmed.
const draftFor = 30 * time.Minute

// proposal is a task, or a change of one, as it was understood.
type proposal struct {
	Draft   task.Draft        `json:"draft"`
	Number  task.Number       `json:"number,omitempty"` // of the task that is changed; 0: it is new
	Version int               `json:"version,omitempty"`
	Assumed bool              `json:"assumed,omitempty"` // the deadline's year was not said
	Key     string            `json:"key,omitempty"`     // of a new one, so that it is made once
	Faults  map[field]string  `json:"faults,omitempty"`  // what was not understood
	Hand    bool              `json:"hand,omitempty"`    // it is to be handed out as well
	Drafts  []task.Number     `json:"drafts,omitempty"`  // instead of all that: tasks to hand out
	Days    *holidays.Reading `json:"days,omitempty"`    // likewise: a notice of holidays
}

// field is a part of a draft that people name.
type field string

const (
	fieldTitle    field = "title"
	fieldText     field = "text"
	fieldLead     field = "lead"
	fieldSupport  field = "support"
	fieldDeadline field = "deadline"
	fieldRemark   field = "remark"
	fieldSource   field = "source"
)

// allFields are in the order in which they are shown.
var allFields = []field{fieldTitle, fieldText, fieldLead, fieldSupport, fieldDeadline, fieldSource, fieldRemark}

// fieldLabels are how people name the fields.
var fieldLabels = []struct {
	field field
	words string
}{
	{fieldTitle, `任务名称|任务标题|名称|标题|任务|题目`},
	{fieldText, `任务内容|具体内容|工作内容|内容|工作要求|要求`},
	{fieldLead, `牵头责任单位|牵头单位|牵头部门|牵头|责任单位|责任部门|负责单位|主办单位|主办|主责单位`},
	{fieldSupport, `配合单位|配合部门|配合|协办单位|协办|协助单位|参与单位`},
	{fieldDeadline, `完成时限|完成期限|完成时间|办结时限|截止时间|截止日期|截止|期限|时限|周期`},
	{fieldRemark, `备注|说明`},
}

// namedPattern matches a field's name, what may stand behind it, and the value.
var namedPattern = fieldPattern()

func fieldPattern() *regexp.Regexp {
	var words []string
	for _, l := range fieldLabels {
		words = append(words, `(`+l.words+`)`)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(words, "|") + `)(?:也|要)?(\s*:|\s*(?:改为|改成|改到|改|换成|换为|变更为|定为|定在|是|为|成)\s*:?|$|\s+)\s*(.*)$`)
}

var (
	newPattern     = regexp.MustCompile(`^(?:请|帮我|帮忙|给我|我要|我想|要|想|\s)*(?:(?:新建|新增|创建|建立?|发起|添加|布置)(?:一个|一项|一条|个|项|条)?新?任务|立项)(?:[\s:：,，。]+(.+))?$`)
	confirmPattern = regexp.MustCompile(`^(?:好的?[，,\s]*)?(?:确认|确定|无误|没问题|没错|对的|是的)(?:一下|了|吧)?[，,\s]*(?:并|直接)?(交办|立项|新建|修改)?(?:一下|了|吧)?[。.!！]*$`)
	dropPattern    = regexp.MustCompile(`^(?:放弃|不建了|不改了|不要了|算了|取消新建|取消修改|取消)[。.!！]*$`)
	changePattern  = regexp.MustCompile(`^(?:请|把|将|帮我|\s)*(?:改一下|改成|改为|改|修改|更正|修正)?[\s:,]*(.+)$`)
	changeHead     = regexp.MustCompile(`^(?:请|把|将|帮我|\s)*(?:改一下|改成|改为|改|修改|更正|修正)`)
	amendPattern   = regexp.MustCompile(`^(?:请|帮我|\s)*(?:修改|更改|变更|改)\s*` + `(` + taskNumber + `)` + `(?:的)?[\s:,]*(.*)$|^(?:把|将)?\s*(` + taskNumber + `[\s:,]*(?:的|修改|更改|变更|改)*)[\s:,]*(.*)$`)
	changeSign     = regexp.MustCompile(`[改换变]`)
)

func (t taskCommands) draftCommands() []Command {
	return []Command{
		{Name: "clause to task", Roles: office, Match: clauseWords, Run: t.clauseToTask},
		{Name: "new task", Help: textHelpNewTask, Roles: office, Match: t.newWords, Run: t.propose},
		{Name: "change task", Roles: office, Match: t.amendWords, Run: t.proposeChange},
		{Name: "confirm", Match: whole(confirmPattern), Run: t.confirm},
		{Name: "drop", Match: whole(dropPattern), Run: t.drop},
		{Name: "change draft", Match: t.changeWords, Run: t.change},
	}
}

func (t taskCommands) newWords(text string) ([]string, bool) {
	args, ok := whole(newPattern)(text)
	return args, ok && !isAsked.MatchString(zh.Fold(text))
}

// amendWords reads 修改 T12 期限 12月10日: the number and the fields.
func (t taskCommands) amendWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	m := amendPattern.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	if m[2] >= 0 {
		return []string{folded[m[2]:m[3]], original(text, folded, m[4], m[5])}, true
	}
	said := original(text, folded, m[8], m[9])
	_, mark, _, ok := labelled(said)
	return []string{folded[m[6]:m[7]], said}, ok && changeSign.MatchString(folded[m[6]:m[8]]+mark)
}

// changeWords reads 改 期限 12月20日 and 期限改成12月20日: only with a field's name.
func (t taskCommands) changeWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	m := changePattern.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	said := original(text, folded, m[2], m[3])
	_, mark, _, ok := labelled(said)
	explicit := changeHead.MatchString(folded) || changeSign.MatchString(mark)
	return []string{said}, ok && explicit
}

// labelled reads a field's name at the beginning of text, what stands behind it, and
// the value.
func labelled(text string) (f field, mark, value string, ok bool) {
	folded := zh.Fold(text)
	m := namedPattern.FindStringSubmatchIndex(folded)
	if m == nil {
		return "", "", "", false
	}
	n := len(fieldLabels)
	for i, l := range fieldLabels {
		if m[2+2*i] >= 0 {
			f = l.field
		}
	}
	at := 2 + 2*n
	return f, folded[m[at]:m[at+1]], strings.TrimSpace(original(text, folded, m[at+2], m[at+3])), true
}

// propose reads a new task, from a clause if one is named or quoted, and asks whether
// it was understood.
func (t taskCommands) propose(c *Call) (chat.Reply, error) {
	said := c.Args[0]
	plan, address, rest, ok := c.Bot.cited(said)
	if !ok {
		plan, address, _, ok = c.Bot.cited(c.Message.Quoted)
		rest = said
	}
	if ok {
		return t.proposeClause(c, plan, address, rest, false)
	}
	if strings.TrimSpace(said) == "" {
		return text(textHowToNew(t.example()))
	}
	p := newProposal(c)
	t.fill(c, &p, said)
	return t.ask(c, p)
}

// newProposal is of a task that the message asks for.
func newProposal(c *Call) proposal {
	return proposal{Key: task.Key("chat", digest(c.Message.Key()))}
}

// proposeChange reads a change of a task.
func (t taskCommands) proposeChange(c *Call) (chat.Reply, error) {
	n, _ := task.ParseNumber("t" + anyNumber.FindString(c.Args[0]))
	k, err := t.Board.Get(c.Tx, n)
	if err != nil {
		said, err := t.refused(c, n, err)
		return chat.Reply{Text: said}, err
	}
	p := proposal{Draft: k.Edit(), Number: n, Version: k.Version}
	if _, _, _, ok := labelled(c.Args[1]); !ok {
		return text(textHowToAmend(n))
	}
	t.fill(c, &p, c.Args[1])
	return t.ask(c, p)
}

// change changes what waits for a confirmation.
func (t taskCommands) change(c *Call) (chat.Reply, error) {
	p, ok, err := t.proposed(c)
	if err != nil || !ok || len(p.Drafts) > 0 || p.Days != nil {
		return chat.Reply{Text: textNothingToChange}, err
	}
	t.fill(c, &p, c.Args[0])
	return t.ask(c, p)
}

// proposed is what waits for the person's confirmation in this conversation.
func (t taskCommands) proposed(c *Call) (p proposal, ok bool, err error) {
	p, err = readJSON[proposal](c.Tx, draftBucket, sessionKey(c.Message))
	return p, p.Draft.Title != "" || p.Key != "" || p.Number != 0 || len(p.Drafts) > 0 || p.Days != nil, err
}

// ask reads back what was understood, and keeps it to be confirmed.
func (t taskCommands) ask(c *Call, p proposal) (chat.Reply, error) {
	return chat.Reply{Text: t.readBack(c, p)}, t.keepProposal(c, p)
}

func (t taskCommands) keepProposal(c *Call, p proposal) error {
	return putUntil(c.Tx, draftBucket, sessionKey(c.Message), p, c.Tx.Now().Add(draftFor))
}

// confirm makes it so.
func (t taskCommands) confirm(c *Call) (chat.Reply, error) {
	p, ok, err := t.proposed(c)
	switch {
	case err != nil:
		return chat.Reply{}, err
	case !ok && isOffice(c):
		return text(textNothingToConfirm)
	case !ok:
		return text(textChat(hintThanks))
	case p.Days != nil:
		return t.confirmDays(c, *p.Days)
	}
	if len(p.Drafts) > 0 {
		if err := c.Tx.Delete(draftBucket, sessionKey(c.Message)); err != nil {
			return chat.Reply{}, err
		}
		return t.handAll(c, p.Drafts)
	}
	if len(p.missing()) > 0 {
		return text(t.readBack(c, p))
	}
	n, said := p.Number, ""
	if n == 0 {
		k, _, err := t.Board.Create(c.Tx, p.Key, p.Draft, task.ActorOf(c.Person))
		if err != nil {
			said, err := t.refused(c, n, err)
			return chat.Reply{Text: said}, err
		}
		n, said = k.Number, textCreated(k)
	} else if said, err = t.apply(c, n, task.Action{Do: task.DoAmend, Draft: &p.Draft, Version: p.Version}); err != nil {
		return chat.Reply{}, err
	}
	if err := c.Tx.Delete(draftBucket, sessionKey(c.Message)); err != nil {
		return chat.Reply{}, err
	}
	if c.Args[0] == "交办" || p.Hand && c.Args[0] == "" {
		said, err = t.apply(c, n, task.Action{Do: task.DoHand})
	}
	return chat.Reply{Text: said}, err
}

// drop forgets it.
func (t taskCommands) drop(c *Call) (chat.Reply, error) {
	p, ok, err := t.proposed(c)
	switch {
	case err != nil:
		return chat.Reply{}, err
	case !ok && isOffice(c):
		return text(textNothingToConfirm)
	case !ok:
		return text(textChat(hintThanks))
	}
	return chat.Reply{Text: textDropped(p)}, c.Tx.Delete(draftBucket, sessionKey(c.Message))
}

// missing lists what must still be said, by field.
func (p proposal) missing() (list []string) {
	for _, f := range allFields {
		switch fault := p.Faults[f]; {
		case fault != "":
			list = append(list, fault)
		case f == fieldTitle && p.Draft.Title == "":
			list = append(list, textNoTitle)
		case f == fieldLead && len(p.Draft.Leads) == 0:
			list = append(list, textNoLeadUnit)
		}
	}
	return list
}

func (p *proposal) fault(f field, words string) {
	if p.Faults == nil {
		p.Faults = map[field]string{}
	}
	p.Faults[f] += words
}

// Marks between the parts of what is said, and the signs of a date.
var (
	partMarks  = regexp.MustCompile(`[\s,，;；。|｜]+`)
	roleMarks  = regexp.MustCompile(`(牵头|负责|主办|配合|协办|协助)、`)
	roleBehind = regexp.MustCompile(`^(?:由|请)?(.+?)(牵头|负责|主办|主责|配合|协办|协助|参与)(?:办理|落实|实施|完成)?$`)
	looksUnit  = regexp.MustCompile(`^\p{Han}{1,12}(?:局|委|办|部|会|院|中心|馆|镇|乡|街道|公司|台|团|协|联)$`)
	unitMarks  = regexp.MustCompile(`[、/]+`)
	unitAnd    = regexp.MustCompile(`[和及与]`)
	dateWords  = regexp.MustCompile(`[年月日号天周季旬今明后\d]`)
	always     = regexp.MustCompile(`^(?:长期|长期坚持|长期推进|常态化|常态化推进|持续推进|持续开展|待定|期限待定)$`)
	dateSigns  = regexp.MustCompile(`^[\d零〇○一二两三四五六七八九十廿年月日号天季度周星期礼拜末底前之内以截止至到于完成办结上报送个工作下本这今明后每第最初中旬半一逐按内.\-/:：]+$`)
)

// fill reads what is said of a task, part by part: fields by their names, units by
// the role before or behind them, a deadline by itself; the first of the rest is the
// title, what follows the text.
func (t taskCommands) fill(c *Call, p *proposal, said string) {
	var cur field  // what was named last,
	fresh := false // and has no value yet
	for _, part := range partMarks.Split(roleMarks.ReplaceAllString(said, "$1，"), -1) {
		f, value, named := t.named(part)
		isUnits := (cur == fieldLead || cur == fieldSupport) && t.areUnits(part)
		switch {
		case part == "":
		case named:
			p.clear(f)
			if cur, fresh = f, value == ""; !fresh {
				t.set(c, p, f, value)
			}
		case fresh, isUnits, cur == fieldText, cur == fieldRemark:
			t.set(c, p, cur, part)
			fresh = false
		default:
			cur = ""
			t.guess(c, p, part)
		}
	}
}

// named reads a part that begins with a field's name: 期限：12月10日, 牵头 by itself, and
// 牵头市教育局 and 期限12月底 where that is a unit, and a date.
func (t taskCommands) named(part string) (f field, value string, ok bool) {
	if f, mark, value, ok := labelled(part); ok && (mark != "" || value == "") {
		return f, value, true
	}
	for _, l := range fieldLabels {
		fits := func(string) bool { return false }
		switch l.field {
		case fieldLead, fieldSupport:
			fits = t.areUnits
		case fieldDeadline:
			fits = isDate
		}
		for w := range strings.SplitSeq(l.words, "|") {
			if rest, ok := strings.CutPrefix(part, w); ok && fits(rest) {
				return l.field, rest, true
			}
		}
	}
	return "", "", false
}

// isDate reports whether it is made of the signs of a deadline.
func isDate(s string) bool {
	return dateSigns.MatchString(s) && dateWords.MatchString(s) || always.MatchString(s)
}

// guess reads a part that has no name.
func (t taskCommands) guess(c *Call, p *proposal, part string) {
	if f, names, ok := t.byRole(part); ok {
		t.setUnits(p, f, names)
		return
	}
	switch {
	case isDate(part) && (p.Draft.Title != "" || !always.MatchString(part)):
		t.set(c, p, fieldDeadline, part)
	case p.Draft.Title == "":
		t.set(c, p, fieldTitle, part)
	default:
		t.set(c, p, fieldText, part)
	}
}

// byRole reads 市教育局牵头, 由市财政局、市科协配合. A name that looks like a unit's and
// is none is one that was not understood.
func (t taskCommands) byRole(part string) (f field, names string, ok bool) {
	m := roleBehind.FindStringSubmatch(part)
	if m == nil {
		return "", "", false
	}
	f = fieldLead
	if strings.Contains("配合 协办 协助 参与", m[2]) {
		f = fieldSupport
	}
	return f, m[1], t.areUnits(m[1]) || looksUnit.MatchString(m[1]) && strings.Contains("牵头 主办 配合 协办", m[2])
}

// unitNames parts a list of units; 和 may be in a name.
func (t taskCommands) unitNames(list string) (names []string) {
	for _, n := range unitMarks.Split(list, -1) {
		parts := unitAnd.Split(n, -1)
		if t.isName(n) || slices.ContainsFunc(parts, func(s string) bool { _, ok := t.resolve(s); return !ok }) {
			parts = []string{n}
		}
		names = append(names, parts...)
	}
	return slices.DeleteFunc(names, func(s string) bool { return s == "" })
}

// isName reports whether it is how a unit is spelled.
func (t taskCommands) isName(name string) bool {
	u, _ := t.resolve(name)
	return name != "" && u == name
}

func (t taskCommands) areUnits(list string) bool {
	names := t.unitNames(list)
	return len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { _, ok := t.resolve(n); return !ok })
}

// clear empties a field, with what was wrong with it.
func (p *proposal) clear(f field) {
	delete(p.Faults, f)
	switch f {
	case fieldTitle:
		p.Draft.Title = ""
	case fieldText:
		p.Draft.Text = ""
	case fieldRemark:
		p.Draft.Remark = ""
	case fieldLead:
		p.Draft.Leads = nil
	case fieldSupport:
		p.Draft.Supports = nil
	case fieldDeadline:
		p.Draft.Deadline, p.Draft.Rule, p.Draft.DeadlineText, p.Assumed = calendar.Date{}, task.Rule{}, "", false
	}
}

// set adds a value to a field.
func (t taskCommands) set(c *Call, p *proposal, f field, value string) {
	add := func(s *string) {
		if *s != "" {
			*s += "，"
		}
		*s += value
	}
	switch f {
	case fieldTitle:
		add(&p.Draft.Title)
	case fieldText:
		add(&p.Draft.Text)
	case fieldRemark:
		add(&p.Draft.Remark)
	case fieldDeadline:
		t.setDeadline(c, p, value)
	case fieldLead, fieldSupport:
		t.setUnits(p, f, value)
	}
}

// setUnits adds units to those that lead, or help: none does both.
func (t taskCommands) setUnits(p *proposal, f field, list string) {
	to, other := &p.Draft.Leads, &p.Draft.Supports
	if f == fieldSupport {
		to, other = other, to
	}
	for _, name := range t.unitNames(list) {
		u, ok := t.resolve(name)
		if !ok {
			p.fault(f, textUnknownUnit(echo(name)))
			continue
		}
		*other = slices.DeleteFunc(*other, func(s string) bool { return s == u })
		if !slices.Contains(*to, u) {
			*to = append(*to, u)
		}
	}
}

// setDeadline reads a deadline; what differs readers or is past is asked.
func (t taskCommands) setDeadline(c *Call, p *proposal, said string) {
	when, ok := task.ParseDeadline(t.Board.Calendar(), t.today(c), said)
	d := &p.Draft
	switch {
	case !d.Deadline.IsZero() || !d.Rule.IsZero():
		p.fault(fieldDeadline, textTwoDeadlines)
	case !ok:
		p.fault(fieldDeadline, textNoDeadline(echo(said)))
	case !when.Date.IsZero() && when.Date.Before(t.today(c)):
		p.fault(fieldDeadline, textPastDeadline(echo(said)))
	default:
		d.Deadline, d.Rule, p.Assumed = when.Date, when.Rule, when.Assumed
		if when.Open || !d.Deadline.IsZero() || !d.Rule.IsZero() {
			d.DeadlineText = said
		}
	}
}
