package org

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// Everything that users read of this package. Dates are worded in the location
// of the store's clock.

const (
	textNoUnits     = "还没有导入方案，无法核对单位名称。请先导入方案，再导入这张表。"
	textNobody      = "表里没有可以导入的人员。"
	textNoRobot     = "表里没有可以导入的群机器人。"
	textTooMany     = "问题太多，后面的没有再检查。请改正上面的问题后重新导入。"
	textVacant      = "只有单位没有姓名，这一行跳过了。"
	textNoUnit      = "没有填单位。请填上方案里的单位名称。"
	textBadPhone    = "不是电话号码。请只填一个号码，5 到 12 位数字。"
	textBadPlatform = "不认识这个平台。请填“企业微信”或“钉钉”。"
	textNoWebhook   = "没有填机器人地址。请从群机器人的设置里复制完整地址。"
	textBadWebhook  = "不是企业微信或钉钉群机器人的地址。请从群机器人的设置里复制完整地址，以 https:// 开头。"
	textBadSign     = "不是加签密钥。请从机器人的安全设置里复制（以 SEC 开头）；没有启用加签就留空。"
	textNoSign      = "企业微信群机器人没有加签密钥，请清空这一格。"
	textBadGroup    = "群名太长，或者把地址、密钥填到了群名里。"
	textOtherSign   = "同一个机器人地址在表里有两个不同的加签密钥，请核对。"
	textHidden      = "（内容像是地址或密钥，已隐去）"
	textRoster      = "名册"
	textRobots      = "群机器人"
	textEverybody   = "全部单位"
	quoteRunes      = 30 // of a cell in a message
)

// quote shows a cell's text in a message.
func quote(s string) string {
	if s == "" {
		return "空"
	}
	// What is shown is judged: marks that do not print may part a credential.
	shown := squeeze(chat.Plain(s))
	if !quotable(s) || !quotable(shown) {
		return textHidden
	}
	r := []rune(shown)
	if len(r) > quoteRunes {
		r = append(r[:quoteRunes], '…')
	}
	return "“" + string(r) + "”"
}

func textNoHeader(needed []Column) string {
	names := make([]string, len(needed))
	for i, c := range needed {
		names[i] = "“" + string(c) + "”"
	}
	return fmt.Sprintf("前 %d 行里没有找到表头。表头要有%s这几列。", headRows, strings.Join(names, ""))
}

func textTwice(title, first string) string {
	return fmt.Sprintf("有两列都是“%s”（另一列在 %s），请只留一列。", title, first)
}
func textBadName(name string) string {
	return "姓名" + quote(name) + "不能用。请填一个人的姓名。"
}
func textBadRole(text string) string {
	return "不认识角色" + quote(text) + "。请填办公室、联络员、负责人、活动组织者、工作人员、只读或志愿者。"
}
func textBadAccount(text string) string {
	return "账号" + quote(text) + "不能用。账号只有字母、数字和 _-@.；如果是一串数字，请把这一列设成文本格式。"
}
func textAccountTwice(text, first string) string {
	return "账号" + quote(text) + "在 " + first + " 已经出现过。一个账号只能属于一个人。"
}
func textNameTwice(name, first string) string {
	return fmt.Sprintf("%s在同一单位已经出现过（%s）。同一个人请合并成一行；是同名的两个人，请都填上同一平台的账号。", quote(name), first)
}
func textUnknownUnit(text string) string {
	return "方案里没有单位" + quote(text) + "。请改成方案里的名称，或者把它加进别名。"
}
func textOtherUnit(text string) string {
	return "部门" + quote(text) + "不是方案里的单位，这一行跳过了。"
}
func textSeveral(units []string) string {
	return "写了几个单位（" + strings.Join(units, "、") + "），请只留一个。"
}
func textFirstOf(units []string) string {
	return "属于几个单位（" + strings.Join(units, "、") + "），按第一个导入。"
}
func textOtherPlatform(p chat.Platform) string {
	return "地址是" + PlatformWord(p) + "的，和这里填的平台不一致。"
}
func textSamePerson(p Person, first string) string {
	return fmt.Sprintf("和 %s 是同一个人（%s %s）。请合并成一行。", first, p.ID, quote(p.Name))
}
func textTwoPeople(a, b Person) string {
	return fmt.Sprintf("两个账号现在属于两个人（%s %s、%s %s）。请核对；确是一个人，先解绑其中一个账号。", a.ID, quote(a.Name), b.ID, quote(b.Name))
}
func textNamesake(name string) string {
	return "单位里不止一个人叫" + quote(name) + "，不知道是哪一个。请填上他现有的账号；几个人都是新账号的，先只导入其中一个。"
}

func textStrange(unit string) string {
	return "现行的方案里已经没有单位“" + unit + "”，照原来导入过的用"
}

// Place is where a problem is: 名单!B3.
func (p Problem) Place() string {
	switch {
	case p.Sheet == "":
		return p.Cell
	case p.Cell == "":
		return p.Sheet
	}
	return p.Sheet + "!" + p.Cell
}

// String is the problem in one line.
func (p Problem) String() string {
	s := p.Text
	if at := p.Place(); at != "" {
		s = at + "：" + s
	}
	if len(p.Near) > 0 {
		s += "可能是：" + strings.Join(p.Near, "、") + "。"
	}
	return s
}

// Report makes a table of problems, to be handed back with the file.
func Report(problems []Problem) sheet.Out {
	out := sheet.Out{Name: "问题", Head: []string{"工作表", "单元格", "问题", "可能是"}}
	for _, p := range problems {
		out.Rows = append(out.Rows, []string{p.Sheet, p.Cell, p.Text, strings.Join(p.Near, "、")})
	}
	return out
}

// Word names the role.
func (r Role) Word() string {
	switch r {
	case RoleOffice:
		return "协调组办公室"
	case RoleLiaison:
		return "联络员"
	case RoleHead:
		return "单位负责人"
	case RoleOrganiser:
		return "活动组织者"
	case RoleReader:
		return "只读人员"
	case RoleVolunteer:
		return "志愿者"
	}
	return "工作人员"
}

// PlatformWord names a platform.
func PlatformWord(p chat.Platform) string {
	if p == chat.DingTalk {
		return "钉钉"
	}
	return "企业微信"
}

// fieldWords name the Fields of a Change.
var fieldWords = map[string]string{
	"name": "姓名", "unit": "单位", "role": "角色", "phone": "手机",
	string(chat.WeCom): "企业微信账号", string(chat.DingTalk): "钉钉账号",
}

// field is a person's value of a Field as shown.
func (p Person) field(name string) string {
	switch name {
	case "name":
		return p.Name
	case "unit":
		return p.Unit
	case "role":
		return p.Role.Word()
	case "phone":
		return p.Phone.String()
	}
	return string(p.IDs[chat.Platform(name)])
}

// String shows the person in one line, the number masked.
func (p Person) String() string {
	if !p.Erased.IsZero() {
		return string(p.ID) + " 已删除"
	}
	words := []string{string(p.ID), p.Name, p.Unit, p.Role.Word()}
	if p.Phone != "" {
		words = append(words, p.Phone.String())
	}
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if user := p.IDs[platform]; user != "" {
			words = append(words, PlatformWord(platform)+" "+string(user))
		}
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// Words is what changes: 角色 工作人员 → 联络员.
func (c Change) Words() string {
	parts := make([]string, len(c.Fields))
	for i, f := range c.Fields {
		parts[i] = fieldWords[f] + " " + orNone(c.Before.field(f)) + " → " + orNone(c.After.field(f))
	}
	return strings.Join(parts, "；")
}

// String shows the change in one line.
func (c Change) String() string { return string(c.Before.ID) + " " + c.Before.Name + "：" + c.Words() }

func orNone(s string) string {
	if s == "" {
		return "无"
	}
	return s
}

// String shows the changes for a dry run, one line each.
func (c Changes) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "新增 %d 人，变更 %d 人，不变 %d 人，名册里没有而系统里有 %d 人（不会删除）。\n", len(c.Added), len(c.Changed), c.Unchanged, len(c.Missing))
	for _, p := range c.Added {
		fmt.Fprintf(&b, "+ %s\n", p)
	}
	for _, ch := range c.Changed {
		fmt.Fprintf(&b, "~ %s\n", ch)
	}
	for _, p := range c.Missing {
		fmt.Fprintf(&b, "? %s\n", p)
	}
	if c.NoOffice {
		b.WriteString(Tell(ErrNoOffice) + "\n")
	}
	for _, p := range c.Problems {
		fmt.Fprintf(&b, "! %s\n", p)
	}
	return b.String()
}

// String shows the robot in one line.
func (g GroupRobot) String() string {
	return strings.TrimSpace(strings.Join([]string{g.ID, PlatformWord(g.Platform), strings.Join(g.Units, "、"), g.Name}, " "))
}

// String shows the changes for a dry run, one line each.
func (c GroupChanges) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "新增 %d 个机器人，变更 %d 个，不变 %d 个，表里没有而系统里有 %d 个（不会删除）。\n", len(c.Added), len(c.Changed), c.Unchanged, len(c.Missing))
	for _, list := range []struct {
		mark   string
		robots []GroupRobot
	}{{"+", c.Added}, {"~", c.Changed}, {"?", c.Missing}} {
		for _, g := range list.robots {
			fmt.Fprintf(&b, "%s %s\n", list.mark, g)
		}
	}
	return b.String()
}

// tells are what users read instead of an error.
var tells = []struct {
	err  error
	text string
}{
	{ErrNotFound, "没有找到。请核对编号。"},
	{ErrForbidden, "这件事您不能办，请联系协调组办公室。"},
	{ErrKnown, "已经绑定过了。"},
	{ErrTaken, "这个单位里有同名的人，分不清是谁，或者已经绑定了别的账号。请办公室在名册里填上账号后重新导入，或者先解绑原来的账号。"},
	{ErrNoOffice, "协调组办公室还没有可以联系的人员。请在名册里把第一位办公室人员的角色填成“办公室”，并填上他的账号，再导入名册。"},
	{ErrNoLiaison, "这个单位还没有绑定账号的联络员，请先在名册里补上。"},
	{ErrDecided, "这项申请已经有了相反的处理结果。"},
	{ErrTooOften, "一天里申请的次数太多了。请明天再试，或者直接联系协调组办公室。"},
	{ErrExpired, "这项申请已经过期，请重新提出。"},
	{ErrLastOffice, "这样一来协调组办公室就没有人能联系上、或者没有人能登录控制台了。请先加上另一位办公室人员，填上他的账号，或者给他开好登录名、设好密码。"},
	{ErrChanged, "这个人的资料刚被别人改过，没有保存。请看过现在的资料再改。"},
	{ErrSuccessor, "没有交接：原来的人要是联络员、负责人或活动组织者（可能刚交接过了），接手的人要是同一个单位里的另一个人。"},
	{ErrConflict, "这张表和现有的人员对不上，没有导入。"},
	{ErrEmpty, "没有可以导入的内容。"},
	{ErrInvalid, "填写的内容不能用，请核对：姓名要有，联络员、负责人、活动组织者和工作人员要选单位，手机要是号码。"},
	{ErrLoginName, "登录名要 2 到 32 个字：小写字母、数字、汉字、点、横线。"},
	{ErrLoginUsed, "这个登录名已经有人用了，请换一个。"},
	{ErrWeak, "密码太容易猜：至少 10 个字，不要用连号、重复的字，也不要含登录名。可以用一句自己记得住的话。"},
	{ErrPassword, "登录名或密码不对。"},
	{ErrLocked, "密码错了几次，这个登录名锁 15 分钟。急用请让办公室的同事在“人员与群”里解锁，或在机器上运行 xietiao console 取一次性链接。"},
	{ErrKey, "保存的机器人密钥是用另一个 secret_key 加密的。请换回原来的 secret_key，或者重新导入群机器人。"},
	{ErrSealed, "保存的机器人密钥已经损坏，请重新导入群机器人。"},
	{ErrExposed, "密钥文件别人也能读。请把它的权限改成 0600。"},
}

// Tell words an error of this package for users; empty if it is none of its own.
func Tell(err error) string {
	for _, t := range tells {
		if errors.Is(err, t.err) {
			return t.text
		}
	}
	return ""
}

// Words tells the change in one line, without when and by whom; name words a person.
func (e Entry) Words(name func(PersonID) string) string {
	who, unit := "", e.Unit
	if e.Person != "" {
		who = name(e.Person)
	}
	if unit == All {
		unit = textEverybody
	}
	switch e.What {
	case WhatAdd:
		return "登记了" + who
	case WhatChange:
		words := make([]string, len(e.Fields))
		for i, f := range e.Fields {
			words[i] = fieldWords[f]
		}
		return "改了" + who + "的" + strings.Join(words, "、")
	case WhatUnlink:
		return "解除了" + who + "的" + fieldWords[strings.Join(e.Fields, "")]
	case WhatErase:
		return "删除了" + who + "的资料"
	case WhatAsk:
		return "提出申请 " + string(e.Request) + "（" + unit + "）"
	case WhatApprove:
		return "同意了申请 " + string(e.Request) + "（" + unit + "）"
	case WhatReject:
		return "没有同意申请 " + string(e.Request) + "（" + unit + "）"
	case WhatUnbind:
		return "解绑了" + unit + "的群"
	case WhatRobot:
		return "导入了群机器人 " + e.Robot
	case WhatDrop:
		return "移除了群机器人 " + e.Robot
	case WhatRotate:
		return "换了密钥，重新加密了保存的凭据"
	case WhatPause:
		return "暂停了" + unit + "的推送"
	case WhatResume:
		return "恢复了" + unit + "的推送"
	case WhatLogin:
		return "改了" + who + "的登录名"
	case WhatPassword:
		return "设了" + who + "的登录密码"
	case WhatLock:
		return who + "的登录名因为密码连错几次锁了一会儿"
	case WhatUnlock:
		return "打开了" + who + "锁住的登录名"
	case WhatBackup:
		return "下载了全部数据的备份"
	case WhatHandOver:
		return unit + "的工作由" + name(e.From) + "交给" + who
	}
	return string(e.What)
}

// Receipt answers who asked.
func (q Request) Receipt() string {
	if q.State == StateApproved && q.Unit == OfficeUnit {
		return "这个群绑定给" + OfficeUnit + "了，每周的督办通报发到这里。"
	}
	if q.State == StateApproved { // the other side had asked for the same
		return q.Verdict()
	}
	side := "协调组办公室"
	if q.ForUnit {
		side = q.Unit + "的联络员"
	}
	return fmt.Sprintf("申请 %s 已提交，等%s确认，%s前有效。", q.ID, side, day(q.Until))
}

// Question asks who may approve, saying what the approval would do now and how to answer.
func (q Request) Question(r store.Reader) (string, error) {
	wish, err := q.Wish(r)
	return fmt.Sprintf("%s同意请回复“同意 %s”，不同意请回复“拒绝 %s”，%s前有效。", wish, q.ID, q.ID, day(q.Until)), err
}

// Wish says what is asked for, and what an approval would do now.
func (q Request) Wish(r store.Reader) (string, error) {
	if q.Group != nil {
		asker, _, err := ByID(r, q.Asked)
		who := chat.Plain(asker.Name) + "（" + asker.Role.Word() + "）"
		if q.Asked == Operator {
			who = RoleOffice.Word()
		}
		return fmt.Sprintf("%s申请让一个%s群接收%s的通知。", who, PlatformWord(q.Group.Via.Platform()), q.Unit), err
	}
	p, known, err := Match(r, q)
	as := "名册里没有此人，同意后按工作人员加入。"
	switch {
	case errors.Is(err, ErrTaken):
		as, err = Tell(ErrTaken), nil
	case known:
		as = fmt.Sprintf("名册里有此人（%s），同意后这个账号归他使用。", p.Role.Word())
	}
	return fmt.Sprintf("有人用%s账号 %s 申请绑定：%s，%s。%s", PlatformWord(q.Platform), chat.Plain(string(q.User)), chat.Plain(q.Name), q.Unit, as), err
}

// Verdict tells who asked how it ended.
func (q Request) Verdict() string {
	what := "账号绑定"
	if q.Group != nil {
		what = "群接收" + q.Unit + "的通知"
	}
	switch q.State {
	case StateApproved:
		return fmt.Sprintf("申请 %s（%s）已同意。", q.ID, what)
	case StateRejected:
		return fmt.Sprintf("申请 %s（%s）没有同意，有疑问请联系协调组办公室。", q.ID, what)
	case StateExpired:
		return fmt.Sprintf("申请 %s（%s）已过期，请重新提出。", q.ID, what)
	}
	return fmt.Sprintf("申请 %s（%s）还在等确认。", q.ID, what)
}

// String tells a pause in one line.
func (p Pause) String() string {
	who := p.Unit
	if who == All {
		who = textEverybody
	}
	if p.Until.IsZero() {
		return who + "的推送已暂停，直到恢复。"
	}
	end, clock := p.Until, p.Until.Format("15:04")
	if clock == "00:00" { // the end of a day is said as people say it
		end, clock = end.AddDate(0, 0, -1), "24:00"
	}
	until := day(end)
	if end.Year() != p.At.Year() {
		until = strconv.Itoa(end.Year()) + "年" + until
	}
	return who + "的推送已暂停，到 " + until + " " + clock + " 为止。"
}

// day words a date in the time's own location.
func day(t time.Time) string {
	return strconv.Itoa(int(t.Month())) + "月" + strconv.Itoa(t.Day()) + "日"
}
