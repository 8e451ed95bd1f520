package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// kindNotice marks notices between people and the office.
const kindNotice = "notice"

// OrgOptions are what the commands about people, groups and pauses need.
type OrgOptions struct {
	Units  func() org.Units                       // by the documents in force
	Routes org.Routes                             // how a person is reached
	Ledger Ledger                                 // nil: failed notices are not spoken of
	Advice func(via chat.Via, code string) string // what helps where a notice failed with the code; may be nil
	// Console makes the address of a one-time link that lets the person into the
	// console; nil: nobody can reach it from a chat.
	Console func(tx *store.Tx, who chat.Visitor) (url string, err error)
}

// orgCommands carries them out.
type orgCommands struct{ OrgOptions }

// polite stands before a wish.
const polite = `^(?:请|麻烦|劳驾|帮忙|帮我|给我|我要|我想|想|要|申请|先|那|就|你|您|[，,]|\s)*`

var (
	office = []org.Role{org.RoleOffice}
	desks  = []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead, org.RoleOrganiser, org.RoleReader} // who may enter the console
	judges = []org.Role{org.RoleOffice, org.RoleLiaison, org.RoleHead}

	// asking are the words of a question. What has them is never a wish to bind
	// or to pause: 绑定 and 通知 may be in a plan.
	asking = regexp.MustCompile(`谁|哪|什么|啥|怎么|怎样|如何|吗|呢|几|多少|是否|是不是|有没有|要不要|能不能|可不可以|会不会|[?？]`)

	consolePattern = regexp.MustCompile(polite + `(?:打开|进|进入|登录|上)?(?:控制台|管理后台|后台|管理页面|工作台)(?:的?(?:链接|网址|地址))?[\s.。!！]*$`)
	whoPattern     = regexp.MustCompile(`^(?:我是谁|我的身份|我的信息|我的绑定|我是哪个单位的?|我绑定了(?:吗|没有?))[？?。]?$`)
	bindPattern    = regexp.MustCompile(polite + `绑定(?:一下|本群|这个群|群|账号|帐号|身份|单位)*[\s:：,，]*(.*)$`)
	bindBehind     = regexp.MustCompile(`^(.+?)[\s,，。、;；]*(?:请|麻烦|帮忙|帮我|给我|我要|我想|想|要|申请|[，,]|\s)*绑定(?:一下|账号|帐号|本群)?[\s，,。.!！]*$`)
	howPattern     = regexp.MustCompile(`^(?:我)?(?:要|该)?(?:怎么|如何|怎样|在哪里?)(?:去|才能)?绑定(?:账号|帐号|身份|单位|自己)?[呢？?。]*$`)
	unbindPattern  = regexp.MustCompile(polite + `(?:解绑|解除绑定|取消绑定)(?:一下|本群|这个群|账号|帐号)*[\s:：,，]*(.*)$`)
	thanks         = `[\s,.。!]*(?:谢谢|谢了|辛苦了)?[\s.。!]*$`
	pendingPattern = regexp.MustCompile(`^(?:待确认|待办申请|待确认的?申请|申请列表|有哪些申请|有哪些待确认)[？?。]?$`)
)

// Commands are all that people may say but questions: who they are, which group
// serves which unit, whether notices are sent, and, where there are boards, what
// becomes of the tasks and the activities.
func Commands(opt OrgOptions, tasks TaskOptions, activities ActivityOptions) []Command {
	o := orgCommands{opt}
	d := decisions{o, map[string]decider{letterRequest: o}}
	all := o.commands()
	var unclear []Command
	if activities.Board != nil {
		a := activityCommands{o, activities}
		d.deciders[letterVolunteer] = a
		all, unclear = append(all, a.commands()...), append(unclear, a.unclear())
	}
	if tasks.Board != nil {
		t := taskCommands{o, tasks}
		d.deciders[letterTask], d.deciders[letterObjection] = t, objections{t}
		all = slices.Concat(all, noticeCommands{t}.commands(), t.holidayCommands(), t.ruleCommands(), t.commands())
		unclear = append(unclear, t.unclear())
	}
	return slices.Concat(all, d.commands(), unclear)
}

// commands are what people may say about who they are, which group serves which
// unit, and whether notices are sent.
func (o orgCommands) commands() []Command {
	return append([]Command{
		{Name: "whoami", Help: textHelpWho, Match: whole(whoPattern), Run: o.whoAmI},
		{Name: "bind", Help: textHelpBind, Match: o.bindWords, Sure: o.namesUnit, Words: []string{"绑定"}, Run: o.bind},
		{Name: "console", Help: textHelpConsole, Roles: desks, Match: wish(consolePattern), Run: o.console},
		{Name: "how to bind", Match: whole(howPattern), Run: o.howToBind},
		{Name: "unbind", Help: textHelpUnbind, Match: wish(unbindPattern), Sure: o.namesUnit, Words: []string{"解绑", "绑定"}, Run: o.unbind},
	}, o.pauseCommands()...)
}

// console gives the person a one-time link into the console, never in a group.
func (o orgCommands) console(c *Call) (chat.Reply, error) {
	switch {
	case o.Console == nil:
		return text(textNoConsole)
	case c.Message.Kind != chat.Direct:
		return text(textConsoleAlone)
	}
	url, err := o.Console(c.Tx, chat.Visitor{Platform: c.Message.Via.Platform(), User: c.Message.Sender})
	return chat.Reply{Text: textConsole + url}, err
}

// whole makes Match of a pattern; its groups are the arguments.
func whole(p *regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		m := p.FindStringSubmatch(text)
		if m == nil {
			return nil, false
		}
		return m[1:], true
	}
}

// wish makes Match of a pattern of what is no question.
func wish(p *regexp.Regexp) func(string) ([]string, bool) {
	match := whole(p)
	return func(text string) ([]string, bool) {
		if asking.MatchString(text) {
			return nil, false
		}
		return match(text)
	}
}

// folded makes Match of patterns in half-width, lower-case letters.
func folded(patterns ...*regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		for _, p := range patterns {
			if args, ok := whole(p)(zh.Fold(text)); ok {
				return args, true
			}
		}
		return nil, false
	}
}

// namesUnit reports whether what was said with a command names a unit, or
// nothing was said.
func (o orgCommands) namesUnit(args []string) bool {
	words := fields(args[0])
	_, unit := o.nameAndUnit(words)
	return len(words) == 0 || unit != ""
}

func text(s string) (chat.Reply, error) { return chat.Reply{Text: s}, nil }

// told words an error that the user can do something about; others are ours.
func told(err error) (chat.Reply, error) {
	if s := org.Tell(err); s != "" {
		return text(s)
	}
	return chat.Reply{}, err
}

func (o orgCommands) whoAmI(c *Call) (chat.Reply, error) {
	if !c.Known {
		return text(textUnknownPerson(o.example()))
	}
	s := chat.Plain(c.Person.String())
	if c.Message.Kind == chat.Group {
		s = textWho(chat.Plain(c.Person.Name), c.Person.Unit, c.Person.Role.Word()) // numbers and accounts are nobody else's
	}
	return text(s)
}

// bindWords reads 绑定 张三 市教育局, and 我是市教育局的张三，绑定 where all of it is
// understood.
func (o orgCommands) bindWords(text string) ([]string, bool) {
	if args, ok := wish(bindPattern)(text); ok {
		return args, true
	}
	args, ok := wish(bindBehind)(text)
	if !ok {
		return nil, false
	}
	name, unit := o.nameAndUnit(fields(args[0]))
	return args, name != "" && unit != ""
}

// bind asks for a binding: of a group in a group, of an account elsewhere.
func (o orgCommands) bind(c *Call) (chat.Reply, error) {
	if c.Message.Outside {
		return text(textOutside)
	}
	words := fields(c.Args[0])
	if c.Message.Kind == chat.Group {
		return o.bindGroup(c, words)
	}
	if c.Known {
		return text(textAlreadyBound(chat.Plain(c.Person.Name), c.Person.Unit))
	}
	name, unit := o.nameAndUnit(words)
	if name == "" || unit == "" {
		return text(textHowToBind(echo(strings.Join(words, " ")), unit, o.example()))
	}
	q, err := org.Join(c.Tx, c.Message.Platform(), c.Message.Sender, name, unit)
	if err != nil {
		return told(err)
	}
	if err := o.askOffice(c, q); err != nil {
		return chat.Reply{}, err
	}
	return text(q.Receipt())
}

func (o orgCommands) howToBind(*Call) (chat.Reply, error) {
	return text(textHowToBind("", "", o.example()))
}

func (o orgCommands) bindGroup(c *Call, words []string) (chat.Reply, error) {
	if !c.Known {
		return text(textUnknownPerson(o.example()))
	}
	unit, fault := o.groupUnit(words, c.Person.Unit)
	if fault != "" {
		return text(fault)
	}
	if unit == "" {
		return text(textWhichUnit("绑定", o.example()))
	}
	q, err := org.AskGroup(c.Tx, c.Message.From, unit, c.Person.ID)
	if err != nil {
		return told(err)
	}
	if q.State == org.StatePending {
		ask := o.askOffice
		if q.ForUnit {
			ask = o.askUnit
		}
		if err := ask(c, q); err != nil {
			return chat.Reply{}, err
		}
	}
	return text(q.Receipt())
}

// groupUnit is the unit that was said in a group, or otherwise, or what is wrong
// with what was said.
func (o orgCommands) groupUnit(words []string, otherwise string) (unit, fault string) {
	if len(words) == 0 {
		return otherwise, ""
	}
	if strings.Join(words, "") == org.OfficeUnit {
		return org.OfficeUnit, ""
	}
	name, unit := o.nameAndUnit(words)
	switch {
	case unit == "":
		return "", textNoSuchUnit(echo(strings.Join(words, "")))
	case name != "":
		return "", textBindInPrivate
	}
	return unit, ""
}

// echo makes what somebody said fit to be repeated.
func echo(said string) string { return chat.Plain(clip(said, echoRunes)) }

// example is a unit for the examples of what may be said.
func (o orgCommands) example() string {
	if units := o.Units(); units != nil {
		for _, name := range units.Names() {
			if !strings.ContainsAny(name, "（(") {
				return name
			}
		}
	}
	return textSomeUnit
}

// longestName is how many characters a person's name has at most where nothing
// parts it from the unit's.
const longestName = 4

var (
	selfWords = regexp.MustCompile(`^(?:我是|我叫|本人|我|是|叫|姓名|名字|来自|单位)+`)
	unitTail  = regexp.MustCompile(`(?:的|人)?[。.!！]*$`)
)

// nameAndUnit tells which of the words are the unit, also where name and unit
// are written as one word; the rest is the name.
func (o orgCommands) nameAndUnit(words []string) (name, unit string) {
	var rest []string
	for _, w := range words {
		u, ok := o.resolve(w)
		if !ok {
			w = strings.TrimSpace(selfWords.ReplaceAllString(w, ""))
			w = unitTail.ReplaceAllString(w, "")
			u, ok = o.resolve(w)
		}
		switch {
		case w == "":
		case ok && unit == "":
			unit = u
		default:
			rest = append(rest, w)
		}
	}
	if unit == "" && len(rest) == 1 {
		if name, unit, ok := o.glued([]rune(rest[0])); ok {
			return name, unit
		}
	}
	return strings.Join(rest, ""), unit
}

// glued parts 市教育局张三, 市教育局的张三 and 张三市教育局, the longest unit first.
func (o orgCommands) glued(w []rune) (name, unit string, ok bool) {
	for n := 2; n <= longestName+1; n++ { // 的 may stand between
		if n >= len(w) {
			break
		}
		if name := strings.TrimPrefix(string(w[len(w)-n:]), "的"); runeLen(name) >= 2 && runeLen(name) <= longestName {
			if u, ok := o.resolve(string(w[:len(w)-n])); ok {
				return name, u, true
			}
		}
		if n <= longestName {
			if u, ok := o.resolve(string(w[n:])); ok {
				return string(w[:n]), u, true
			}
		}
	}
	return "", "", false
}

func (o orgCommands) resolve(name string) (string, bool) {
	units := o.Units()
	if units == nil {
		return "", false
	}
	return units.Resolve(name)
}

// fields parts what people type after a command.
func fields(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n　,，、;；:：()（）/", r) })
}

func (o orgCommands) unbind(c *Call) (chat.Reply, error) {
	if !c.Known {
		return text(textUnknownPerson(o.example()))
	}
	words := fields(c.Args[0])
	if c.Message.Kind != chat.Group {
		name, unit := o.nameAndUnit(words)
		if name != "" && name != c.Person.Name || unit != "" && unit != c.Person.Unit {
			return text(textUnbindOthers)
		}
		ok, err := org.Unlink(c.Tx, c.Message.Platform(), c.Message.Sender, c.Person.ID)
		if err != nil {
			return told(err)
		}
		return text(textUnbound(ok))
	}
	served, err := org.UnitsOf(c.Tx, c.Message.From)
	if err != nil {
		return chat.Reply{}, err
	}
	otherwise := c.Person.Unit
	if len(served) == 1 {
		otherwise = served[0]
	}
	unit, fault := o.groupUnit(words, otherwise)
	switch {
	case fault != "":
		return text(fault)
	case len(served) == 0:
		return text(textGroupFree)
	case unit == "":
		return text(textWhichUnit("解绑", served[0]))
	}
	ok, err := org.Unbind(c.Tx, c.Message.From, unit, c.Person.ID)
	if err != nil {
		return told(err)
	}
	return text(textGroupUnbound(unit, ok))
}

// waiting implements decider.
func (o orgCommands) waiting(c *Call) (list []matter, err error) {
	mine, _, err := pendingFor(c)
	if err != nil {
		return nil, err
	}
	for _, q := range mine {
		line, err := q.Question(c.Tx)
		if err != nil {
			return nil, err
		}
		list = append(list, matter{string(q.ID), line})
	}
	return list, nil
}

// decide approves or rejects a request and tells who asked.
func (o orgCommands) decide(c *Call, number string, yes bool, _ string) (string, error) {
	id := org.RequestID("B" + number)
	q, err := Decide(c.Tx, c.Outbox, o.Routes, id, yes, c.Person.ID)
	if errors.Is(err, org.ErrForbidden) && c.Person.Role == org.RoleOffice { // it is the unit's to decide
		q, _, err = org.FindRequest(c.Tx, id)
		return q.Receipt(), err
	}
	if s := org.Tell(err); s != "" {
		return string(id) + colon + s, nil
	}
	return q.Verdict(), err
}

// Decide approves or rejects a request and tells who asked. Errors are those of
// org.Approve and org.Reject.
func Decide(tx *store.Tx, out Sender, routes org.Routes, id org.RequestID, yes bool, by org.PersonID) (org.Request, error) {
	how := org.Reject
	if yes {
		how = org.Approve
	}
	q, err := how(tx, id, by)
	if err != nil {
		return q, err
	}
	to, err := asker(tx, routes, q)
	if err == nil && len(to) > 0 {
		err = putNotice(tx, out, "verdict/"+string(q.ID)+"/"+string(q.State), to, q.Verdict())
	}
	return q, err
}

// asker is where a verdict is told: to the account, or in the group and else,
// as not every channel can begin to talk there, to who asked for it.
func asker(r store.Reader, routes org.Routes, q org.Request) ([]chat.Address, error) {
	if q.Group == nil {
		return routes.To(org.Person{IDs: map[chat.Platform]chat.UserID{q.Platform: q.User}}), nil
	}
	p, _, err := org.ByID(r, q.Asked)
	return append([]chat.Address{*q.Group}, routes.To(p)...), err
}

// askOffice and askUnit put a request before who may decide it.
func (o orgCommands) askOffice(c *Call, q org.Request) error {
	people, err := org.Offices(c.Tx)
	if err != nil {
		return err
	}
	return o.put(c, q, people)
}

func (o orgCommands) askUnit(c *Call, q org.Request) error {
	people, err := org.ByUnit(c.Tx, q.Unit, "")
	if err != nil {
		return err
	}
	return o.put(c, q, slices.DeleteFunc(people, func(p org.Person) bool { return !p.ActsFor(q.Unit) }))
}

func (o orgCommands) put(c *Call, q org.Request, people []org.Person) error {
	question, err := q.Question(c.Tx)
	if err != nil {
		return err
	}
	for _, p := range people {
		list := o.Routes.To(p)
		if len(list) == 0 {
			continue
		}
		if err := putNotice(c.Tx, c.Outbox, "request/"+string(q.ID)+"/"+string(p.ID), list, question); err != nil {
			return err
		}
	}
	return nil
}

// putNotice tells somebody something that is between people and the office: to is where,
// the best way first.
func putNotice(tx *store.Tx, out Sender, key string, to []chat.Address, words string) error {
	_, err := out.Put(tx, outbox.Notice{
		Key: "org/" + key, Kind: kindNotice, To: to[0], Reply: chat.Reply{Text: words}, Fallback: to[1:], Expires: tx.Now().Add(org.RequestTTL),
	})
	return err
}

// pendingFor lists the requests that the person may decide, and the others.
func pendingFor(c *Call) (mine, others []org.Request, err error) {
	list, err := org.Pending(c.Tx)
	for _, q := range list {
		if q.ForUnit && c.Person.ActsFor(q.Unit) || !q.ForUnit && c.Person.Role == org.RoleOffice {
			mine = append(mine, q)
		} else {
			others = append(others, q)
		}
	}
	return mine, others, err
}
