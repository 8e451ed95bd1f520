package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

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
	Units  func() org.Units // by the documents in force
	Routes org.Routes       // how a person is reached
}

// orgCommands carries them out.
type orgCommands struct{ OrgOptions }

var (
	office = []org.Role{org.RoleOffice}

	whoPattern     = regexp.MustCompile(`^(?:我是谁|我的身份|我的信息|我的绑定)[？?。]?$`)
	bindPattern    = regexp.MustCompile(`^(?:申请)?绑定(?:本群|账号)?[\s:：,，]*(.*)$`)
	unbindPattern  = regexp.MustCompile(`^(?:解绑|解除绑定|取消绑定)(?:本群|账号)?[\s:：,，]*(.*)$`)
	agreePattern   = regexp.MustCompile(`^(?:同意|批准|通过)\s*([Bb]\d{1,9})[。.!！]?$`)
	rejectPattern  = regexp.MustCompile(`^(?:拒绝|不同意|不批准|驳回)\s*([Bb]\d{1,9})[。.!！]?$`)
	pendingPattern = regexp.MustCompile(`^(?:待确认|待办申请|申请列表|有哪些申请)[？?。]?$`)
	pausePattern   = regexp.MustCompile(`^暂停(?:全部|所有)?(?:的)?(?:推送|提醒|通知)[\s:：,，]*(.*)$|^暂停(.{1,30}?)的?(?:推送|提醒|通知)(?:[\s:：,，]+(.*))?$`)
	resumePattern  = regexp.MustCompile(`^恢复(?:全部|所有)?(?:的)?(?:推送|提醒|通知)[\s:：,，]*(.*)$|^恢复(.{1,30}?)的?(?:推送|提醒|通知)[。.!！]?$`)
	pausesPattern  = regexp.MustCompile(`^(?:推送状态|暂停了哪些|暂停列表)[？?。]?$`)
	untilPattern   = regexp.MustCompile(`^(.*?)[\s,，]*(?:到|至|直到)\s*(\S+?)(?:为止)?[。.]?$`)
)

// OrgCommands are what people may say about who they are, which group serves
// which unit, and whether notices are sent.
func OrgCommands(opt OrgOptions) []Command {
	o := orgCommands{opt}
	all := []Command{
		{Name: "whoami", Help: "我是谁：看自己绑定的身份", Match: whole(whoPattern), Run: o.whoAmI},
		{Name: "bind", Help: "绑定 姓名 单位：把自己的账号绑定到单位；在群里说“绑定 单位”，这个群就接收那个单位的通知（要对方确认）", Match: whole(bindPattern), Run: o.bind},
		{Name: "unbind", Help: "解绑：解除自己的账号；在群里说“解绑 单位”", Match: whole(unbindPattern), Run: o.unbind},
		{Name: "approve", Match: whole(agreePattern), Run: o.decide(org.Approve)},
		{Name: "reject", Match: whole(rejectPattern), Run: o.decide(org.Reject)},
		{Name: "pending", Help: "待确认：看还没有确认的申请", Roles: office, Match: whole(pendingPattern), Run: o.pending},
		{Name: "pause", Help: "暂停推送 [单位] [到 12月10日]：先不发提醒；恢复推送 [单位]：接着发", Roles: office, Match: whole(pausePattern), Run: o.pause},
		{Name: "resume", Roles: office, Match: whole(resumePattern), Run: o.resume},
		{Name: "pauses", Help: "推送状态：看暂停了哪些", Roles: office, Match: whole(pausesPattern), Run: o.pauses},
	}
	return append(all, helpCommand(all))
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

var helpPattern = regexp.MustCompile(`^(?:命令|帮助|指令|菜单|help|/help|功能列表)[？?。!！]?$`)

// helpCommand lists what the person may say.
func helpCommand(all []Command) Command {
	return Command{Name: "help", Match: whole(helpPattern), Run: func(c *Call) (chat.Reply, error) {
		lines := []string{textChat(hintHelp), textCommands}
		for _, cmd := range all {
			if cmd.Help != "" && (len(cmd.Roles) == 0 || slices.Contains(cmd.Roles, c.Person.Role)) {
				lines = append(lines, "· "+cmd.Help)
			}
		}
		return text(strings.Join(append(lines, textFeedbackHelp), "\n"))
	}}
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
		return text(textUnknownPerson)
	}
	s := chat.Plain(c.Person.String())
	if c.Message.Kind == chat.Group {
		s = textWho(chat.Plain(c.Person.Name), c.Person.Unit, c.Person.Role.Word()) // numbers and accounts are nobody else's
	}
	return text(s)
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
		return text(textHowToBind(chat.Plain(clip(strings.Join(words, " "), echoRunes))))
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

func (o orgCommands) bindGroup(c *Call, words []string) (chat.Reply, error) {
	if !c.Known {
		return text(textUnknownPerson)
	}
	unit := c.Person.Unit
	if len(words) > 0 {
		var ok bool
		if unit, ok = o.resolve(strings.Join(words, "")); !ok {
			return text(textNoSuchUnit(chat.Plain(clip(strings.Join(words, ""), echoRunes))))
		}
	}
	if unit == "" {
		return text(textWhichUnit)
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

// nameAndUnit tells which of the words are the unit.
func (o orgCommands) nameAndUnit(words []string) (name, unit string) {
	for i, w := range words {
		if u, ok := o.resolve(w); ok {
			rest := slices.Concat(words[:i], words[i+1:])
			return strings.Join(rest, ""), u
		}
	}
	return "", ""
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
	return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" \t\n　,，、;；:：", r) })
}

func (o orgCommands) unbind(c *Call) (chat.Reply, error) {
	if !c.Known {
		return text(textUnknownPerson)
	}
	if c.Message.Kind != chat.Group {
		ok, err := org.Unlink(c.Tx, c.Message.Platform(), c.Message.Sender, c.Person.ID)
		if err != nil {
			return told(err)
		}
		return text(textUnbound(ok))
	}
	unit := c.Person.Unit
	if arg := strings.Join(fields(c.Args[0]), ""); arg != "" {
		var ok bool
		if unit, ok = o.resolve(arg); !ok {
			return text(textNoSuchUnit(chat.Plain(clip(arg, echoRunes))))
		}
	}
	ok, err := org.Unbind(c.Tx, c.Message.From, unit, c.Person.ID)
	if err != nil {
		return told(err)
	}
	return text(textGroupUnbound(unit, ok))
}

// decide approves or rejects a request and tells who asked.
func (o orgCommands) decide(how func(*store.Tx, org.RequestID, org.PersonID) (org.Request, error)) func(*Call) (chat.Reply, error) {
	return func(c *Call) (chat.Reply, error) {
		if !c.Known {
			return text(textUnknownPerson)
		}
		id := org.RequestID(strings.ToUpper(c.Args[0]))
		q, err := how(c.Tx, id, c.Person.ID)
		if err != nil {
			return told(err)
		}
		to, err := o.asker(c.Tx, q)
		if err != nil {
			return chat.Reply{}, err
		}
		if len(to) > 0 {
			err = o.send(c, "verdict/"+string(q.ID)+"/"+string(q.State), to[0], q.Verdict(), to[1:]...)
		}
		if err != nil {
			return chat.Reply{}, err
		}
		return text(q.Verdict())
	}
}

// asker is where a verdict is told: to the account, or in the group and else,
// as not every channel can begin to talk there, to who asked for it.
func (o orgCommands) asker(r store.Reader, q org.Request) ([]chat.Address, error) {
	if q.Group == nil {
		return o.Routes.To(org.Person{IDs: map[chat.Platform]chat.UserID{q.Platform: q.User}}), nil
	}
	p, _, err := org.ByID(r, q.Asked)
	return append([]chat.Address{*q.Group}, o.Routes.To(p)...), err
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
		if err := o.send(c, "request/"+string(q.ID)+"/"+string(p.ID), list[0], question, list[1:]...); err != nil {
			return err
		}
	}
	return nil
}

func (o orgCommands) send(c *Call, key string, to chat.Address, words string, fallback ...chat.Address) error {
	_, err := c.Outbox.Put(c.Tx, outbox.Notice{
		Key: "org/" + key, Kind: kindNotice, To: to, Reply: chat.Reply{Text: words}, Fallback: fallback,
	})
	return err
}

func (o orgCommands) pending(c *Call) (chat.Reply, error) {
	list, err := org.Pending(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNothingPending)
	}
	var lines []string
	for _, q := range list {
		line, err := q.Question(c.Tx)
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, string(q.ID)+" "+line)
	}
	return text(strings.Join(lines, "\n"))
}

// scope reads whose pushes are meant, and until when.
func (o orgCommands) scope(c *Call) (unit string, until time.Time, fault string) {
	words := strings.TrimSpace(strings.Join(c.Args, " "))
	if m := untilPattern.FindStringSubmatch(words); m != nil {
		day, ok := dayOf(m[2], c.Tx.Now())
		if !ok {
			return "", until, textNoSuchDay(chat.Plain(clip(m[2], echoRunes)))
		}
		words, until = m[1], day.AddDate(0, 0, 1) // to the end of that day
	}
	words = strings.TrimRight(strings.Join(fields(words), ""), "的。")
	switch words {
	case "", "全部", "所有", "全部单位", "所有单位":
		return org.All, until, ""
	}
	unit, ok := o.resolve(words)
	if !ok {
		return "", until, textNoSuchUnit(chat.Plain(clip(words, echoRunes)))
	}
	return unit, until, ""
}

// dayOf reads a day as people write it; without a year it is the next one.
func dayOf(s string, now time.Time) (time.Time, bool) {
	for _, layout := range []string{"2006-1-2", "2006年1月2日", "2006/1/2", "2006.1.2"} {
		if t, err := time.ParseInLocation(layout, zh.Fold(s), now.Location()); err == nil {
			return t, true
		}
	}
	for _, layout := range []string{"1月2日", "1月2号", "1-2", "1/2", "1.2"} {
		t, err := time.ParseInLocation(layout, zh.Fold(s), now.Location())
		if err != nil {
			continue
		}
		t = t.AddDate(now.Year()-t.Year(), 0, 0)
		if t.AddDate(0, 0, 1).Before(now) {
			t = t.AddDate(1, 0, 0)
		}
		return t, true
	}
	return time.Time{}, false
}

func (o orgCommands) pause(c *Call) (chat.Reply, error) {
	unit, until, fault := o.scope(c)
	if fault != "" {
		return text(fault)
	}
	if err := org.SetPause(c.Tx, unit, c.Person.ID, until); err != nil {
		return told(err)
	}
	return text(org.Pause{Unit: unit, Until: until}.String() + textPauseHint)
}

func (o orgCommands) resume(c *Call) (chat.Reply, error) {
	unit, _, fault := o.scope(c)
	if fault != "" {
		return text(fault)
	}
	ok, err := org.Resume(c.Tx, unit, c.Person.ID)
	if err != nil {
		return told(err)
	}
	rest, err := org.Pauses(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	return text(textResumed(unit, ok, len(rest)))
}

func (o orgCommands) pauses(c *Call) (chat.Reply, error) {
	list, err := org.Pauses(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoPauses)
	}
	var lines []string
	for _, p := range list {
		lines = append(lines, p.String())
	}
	return text(strings.Join(lines, "\n"))
}

// Held says whether the outbox must keep a notice back: pauses hold what we send
// of our own accord, never an answer.
func Held(r store.Reader, rec outbox.Record) (bool, error) {
	if rec.Kind == outbox.KindReply || rec.Kind == kindNotice {
		return false, nil
	}
	_, held, err := org.Paused(r, rec.Unit)
	if err != nil {
		return false, fmt.Errorf("pauses: %w", err)
	}
	return held, nil
}
