package bot

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/index/zh"
)

// enrolment is somebody who was asked to agree to being a volunteer.
type enrolment struct {
	Profile profile  `json:"profile"`
	Then    []string `json:"then,omitempty"` // what was wanted, as arguments of an errand
}

// profile is what somebody said of themselves, as it is kept until it is agreed to.
type profile struct {
	Name    string          `json:"name,omitempty"`
	Brigade string          `json:"brigade,omitempty"`
	Skills  []string        `json:"skills,omitempty"`
	Free    []activity.Slot `json:"free,omitempty"`
	Phone   string          `json:"-"` // kept only once it was agreed to
	Unread  []string        `json:"unread,omitempty"`
}

// activity is the profile for the board, with the consent to the text in force if given.
func (p profile) activity(agreed bool) activity.Profile {
	out := activity.Profile{Name: p.Name, Brigade: p.Brigade, Skills: p.Skills, Free: p.Free, Phone: org.Phone(p.Phone)}
	if agreed {
		out.Consent.Version = activity.ConsentVersion
	}
	return out
}

func (p profile) empty() bool {
	return p.Name == "" && p.Brigade == "" && len(p.Skills)+len(p.Free) == 0 && p.Phone == ""
}

var (
	enrolPattern = regexp.MustCompile(`^(?:请|帮我|给我|我要|我想|我|想|要|申请|怎么|如何|怎样|才能|可以|\s)*(?:(?:加入|报名|登记|注册|成为|当|做)(?:成?为?)?(?:一名|一个|个)?(?:文化)?志愿者(?:登记|注册|队伍|大队)?|(?:文化)?志愿者(?:登记|注册|报名))[呢?。!]*(?:[\s:,]+(.+))?$`)
	agreePattern = regexp.MustCompile(`^(?:好的?|我|[,。]|\s)*同意(?:以上|上述)?(?:说明|登记|加入)?(?:了)?[。.!]*$`)
	aboutMe      = regexp.MustCompile(askHead + `我的(?:志愿者|志愿)?(?:资料|档案)[?。]*$`)
	editPattern  = regexp.MustCompile(`^(?:请|帮我|我要|我想|\s)*(?:修改|更改|改|更新|补充|完善)(?:一下)?(?:我的)?(?:志愿者)?资料(?:[\s:,]+(.+))?$`)
	editPhone    = regexp.MustCompile(`^(?:请|帮我|我要|我想|我|\s)*(?:修改|更改|改|更新|换|更换)(?:一下|了)?(?:我的)?(?:手机|电话)号?码?(?:了)?(?:改|[为成是]|:|\s)*(\d{7,12})?[。!]*$`)
	editField    = regexp.MustCompile(`^((?:我的(?:技能|特长|空闲(?:时间)?|分队|手机号?|电话)|空闲(?:时间)?)(?:改为|改成|是|:|\s)+\S.*|手机[\s:]*\d{7,12})$`)
	takePattern  = regexp.MustCompile(`^(?:请|帮我|我要|我想|\s)*(?:导出|下载|取走)(?:一份)?我的(?:全部|所有)?(?:个人|志愿者)?(?:资料|数据|信息)[。!]*$`)
	erasePattern = regexp.MustCompile(`^(?:请|帮我|我要|我想|我|\s)*(?:(?:注销|退出|取消)(?:我的)?志愿者(?:身份|登记|账号|资料)?|(?:删除|注销)我的(?:志愿者)?(?:资料|数据|信息)|(?:撤回|收回)(?:我的)?同意|不(?:想|要)?(?:再)?(?:当|做)志愿者了?)[。!]*$`)

	profileLabels = []struct {
		field field
		words *regexp.Regexp
	}{
		{fieldTitle, regexp.MustCompile(`^(?:我的)?(?:姓名|名字|我叫|我是)(?:改为|改成|是|为|:|\s)*`)},
		{fieldBrigade, regexp.MustCompile(`^(?:我的)?(?:所属|所在)?分队(?:改为|改成|是|为|:|\s)*`)},
		{fieldSkills, regexp.MustCompile(`^(?:我的)?(?:技能|特长|擅长)(?:改为|改成|是|为|:|\s)*`)},
		{fieldTime, regexp.MustCompile(`^(?:我的)?(?:空闲时间|空闲|有空)(?:改为|改成|是|为|:|\s)*`)},
		{fieldText, regexp.MustCompile(`^(?:我的)?(?:手机号码?|手机|电话号码|电话)(?:改为|改成|是|为|:|\s)*`)},
	}
	phoneLike   = regexp.MustCompile(`^(?:\+?86)?1\d{10}$|^\d{7,12}$|^\d{3,4}-\d{7,8}$`)
	nameLike    = regexp.MustCompile(`^[\p{Han}·]{2,8}$`)
	brigadeLike = regexp.MustCompile(`(?:分队|大队|小队|支队)$`)
)

func (a activityCommands) volunteerCommands() []Command {
	return []Command{
		{Name: "enrol", Help: textHelpEnrol, Match: a.enrolWords, Run: a.private(a.enrol)},
		{Name: "agree", Match: folded(agreePattern), Sure: never, Run: a.agree},
		{Name: "profile", Match: folded(aboutMe), Run: a.private(a.profile)},
		{Name: "edit profile", Match: unfolded(editPattern, editField, editPhone), Run: a.private(a.edit)},
		{Name: "take data", Match: folded(takePattern), Run: a.private(a.take)},
		{Name: "erase data", Match: folded(erasePattern), Run: a.private(a.proposeErase)},
		{Name: "merge volunteers", Roles: judges, Match: unfolded(mergePattern), Run: a.private(a.proposeMerge)},
		{Name: "confirm volunteer", Roles: judges, Match: folded(knowPattern), Run: a.know},
	}
}

// unfolded makes Match of patterns that read folded text; the arguments are as they were
// written.
func unfolded(patterns ...*regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		folded := zh.Fold(text)
		for _, p := range patterns {
			m := p.FindStringSubmatchIndex(folded)
			if m == nil {
				continue
			}
			var args []string
			for i := 2; i < len(m); i += 2 {
				args = append(args, original(text, folded, m[i], m[i+1]))
			}
			return args, true
		}
		return nil, false
	}
}

// enrolWords reads 加入志愿者, 志愿者登记 张三 技能 摄影: what stands behind is no question.
func (a activityCommands) enrolWords(text string) ([]string, bool) {
	args, ok := unfolded(enrolPattern)(text)
	return args, ok && (args[0] == "" || !asking.MatchString(args[0]))
}

// invited asks somebody who is no volunteer yet to become one; what was wanted follows.
func (a activityCommands) invited(c *Call, e errand, err error) (chat.Reply, error) {
	if err != nil {
		return chat.Reply{}, err
	}
	var then []string
	switch {
	case e.do == deedJoin && len(e.numbers) == 0:
		return a.list(c, e)
	case e.do == deedJoin:
		then = e.args()
	case e.do == deedMine && activity.ActorOf(c.Person).Runs(c.Person.Unit):
		return a.organised(c, e)
	case slices.Contains([]deed{deedLeave, deedAbsent, deedLate, deedSwap, deedMine, deedHours, deedDispute, deedPaper}, e.do):
		return text(textNoneYet)
	}
	return a.private(func(c *Call) (chat.Reply, error) { return a.askConsent(c, enrolment{Then: then}) })(c)
}

// enrol begins a registration, or says that there is one.
func (a activityCommands) enrol(c *Call) (chat.Reply, error) {
	if c.Message.Outside {
		return text(a.textOutsider())
	}
	p, faults := readProfile(c.Args[0], true)
	v, _, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if known && v.Consent.Version != "" {
		if p.empty() {
			return text(textEnrolledAlready(v))
		}
		return a.edited(c, p, faults)
	}
	q, err := a.asked(c)
	if err != nil {
		return chat.Reply{}, err
	}
	e := enrolment{Profile: p}
	if q.Enrol != nil { // the name that was asked for
		e.Then = q.Enrol.Then
	}
	if e.Profile.Unread = faults; p.Phone != "" {
		e.Profile.Unread, e.Profile.Phone = append(faults, textPhoneLater), ""
	}
	return a.askConsent(c, e)
}

// askConsent shows the text to agree to, and waits for it.
func (a activityCommands) askConsent(c *Call, e enrolment) (chat.Reply, error) {
	if c.Known {
		e.Profile.Name = c.Person.Name // as the roster has it
	}
	if err := a.keep(c, asked{Enrol: &e}); err != nil {
		return chat.Reply{}, err
	}
	if e.Profile.Name == "" {
		return text(textAskName)
	}
	return text(textAskConsent(e))
}

// agree makes a volunteer of who was asked, and does what was wanted.
func (a activityCommands) agree(c *Call) (chat.Reply, error) {
	q, err := a.asked(c)
	if err != nil || q.Enrol == nil {
		return chat.Reply{}, err
	}
	e := *q.Enrol
	if e.Profile.Name == "" {
		return text(textAskName)
	}
	v, _, err := a.Board.Enrol(c.Tx, activity.Application{Profile: e.Profile.activity(true), Account: account(c.Message)})
	if err != nil {
		return a.refused(0, err)
	}
	if err := a.forget(c); err != nil {
		return chat.Reply{}, err
	}
	said := textEnrolled(v)
	if len(e.Then) > 0 {
		r, err := a.join(c, errandOf(e.Then))
		return chat.Reply{Text: said + "\n" + r.Text}, err
	}
	return text(said + textAfterEnrolment)
}

// profile shows what is known of the person.
func (a activityCommands) profile(c *Call) (chat.Reply, error) {
	v, _, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !known {
		return a.invited(c, errand{}, nil)
	}
	return text(textProfile(v))
}

func (a activityCommands) edit(c *Call) (chat.Reply, error) {
	_, _, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !known {
		return a.invited(c, errand{}, nil)
	}
	p, faults := readProfile(c.Args[0], false)
	return a.edited(c, p, faults)
}

func (a activityCommands) edited(c *Call, p profile, faults []string) (chat.Reply, error) {
	if p.empty() && len(faults) == 0 {
		return text(textHowToEdit)
	}
	v, by, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !p.empty() {
		if v, err = a.Board.Edit(c.Tx, v.ID, p.activity(false), by); err != nil {
			return a.refused(0, err)
		}
	}
	return text(strings.Join(append(faults, textProfile(v)), "\n"))
}

// readProfile reads what somebody says of themselves: fields by their names, and, where a
// name is expected, what looks like it. faults say what was not understood.
func readProfile(said string, named bool) (p profile, faults []string) {
	for _, segment := range strongMarks.Split(said, -1) {
		var cur field
		for _, part := range strings.Fields(segment) {
			folded := zh.Fold(part)
			labelled := false
			for _, l := range profileLabels {
				if at := l.words.FindStringIndex(folded); at != nil {
					cur, labelled = l.field, true
					part = original(part, folded, at[1], len(folded))
					folded = zh.Fold(part)
					break
				}
			}
			if folded == "" {
				continue
			}
			if fault := p.read(cur, part, folded, named && !labelled); fault != "" {
				faults = append(faults, fault)
			}
		}
	}
	return p, faults
}

// read reads a word into the field that was named, or that it looks like.
func (p *profile) read(cur field, part, folded string, named bool) (fault string) {
	switch {
	case (cur == fieldText || cur == "") && phoneLike.MatchString(folded):
		p.Phone = folded
	case cur == fieldText && p.Phone == "":
		return textNoPhone(echo(part))
	case cur == fieldBrigade || cur == "" && brigadeLike.MatchString(folded):
		p.Brigade += part
	case cur == fieldSkills:
		for _, s := range fields(part) {
			if !slices.Contains(p.Skills, s) {
				p.Skills = append(p.Skills, s)
			}
		}
	case cur == fieldTime:
		slots, ok := slotsOf(folded)
		if !ok {
			return textNoSlot(echo(part))
		}
		p.Free = append(p.Free, slots...)
	case cur == fieldTitle, named && p.Name == "" && nameLike.MatchString(part):
		p.Name += part
	default:
		return textNotRead(echo(part))
	}
	return ""
}

var (
	slotMarks = regexp.MustCompile(`[、,，;；和及\s]+`)
	slotWord  = regexp.MustCompile(`^(?:每)?(?:(?:周|星期|礼拜)([一二三四五六日天])(?:(?:至|到|-|~)(?:周|星期|礼拜)?([一二三四五六日天]))?|(周末|双休日)|(工作日|平时)|(天|日|每天|天天))?(?:的)?(.*)$`)
	dayParts  = map[string]calendar.Hours{
		"上午": {From: 8 * 60, To: 12 * 60}, "早上": {From: 6 * 60, To: 12 * 60}, "下午": {From: 12 * 60, To: 18 * 60}, "中午": {From: 11 * 60, To: 14 * 60},
		"晚上": {From: 18 * 60, To: 22 * 60}, "晚": {From: 18 * 60, To: 22 * 60}, "白天": {From: 8 * 60, To: 18 * 60}, "": {To: 24 * 60}, "全天": {To: 24 * 60},
	}
)

// slotsOf reads parts of a week: 周六上午、周日, 工作日晚上, 周末9点到12点, 周一至周五.
func slotsOf(folded string) (slots []activity.Slot, ok bool) {
	var days []time.Weekday
	for _, part := range slotMarks.Split(folded, -1) {
		m := slotWord.FindStringSubmatch(part)
		if part == "" || m == nil {
			continue
		}
		if some := weekdaysOf(m); len(some) > 0 {
			days = some
		}
		when, known := dayParts[m[6]]
		if !known {
			w, fits := timing{Day: someDay, Clocks: m[6]}.when(time.Time{})
			if !fits || w.End.IsZero() || dateOf(w.End) != dateOf(w.Start) {
				return nil, false
			}
			when = calendar.Hours{From: minuteOf(w.Start), To: minuteOf(w.End)}
		}
		if len(days) == 0 {
			return nil, false
		}
		for _, d := range days {
			slots = append(slots, activity.Slot{Day: d, Time: when})
		}
	}
	return slots, len(slots) > 0
}

// someDay is one for times of day alone.
const someDay = "2026-01-01"

func minuteOf(t time.Time) calendar.Minute { return calendar.Minute(t.Hour()*60 + t.Minute()) }

func weekdaysOf(m []string) (days []time.Weekday) {
	index := func(sign string) int {
		return strings.Index(weekSigns, strings.ReplaceAll(sign, "天", "日")) / len("日")
	}
	span := func(from, to int) {
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, time.Weekday(d))
			if d == to {
				return
			}
		}
	}
	switch {
	case m[2] != "":
		span(index(m[1]), index(m[2]))
	case m[1] != "":
		span(index(m[1]), index(m[1]))
	case m[3] != "":
		span(6, 0)
	case m[4] != "":
		span(1, 5)
	case m[5] != "":
		span(1, 0)
	}
	return days
}

// shownDossier is how many lines of somebody's data one reply shows.
const shownDossier = 30

// take gives the person all that is kept of them.
func (a activityCommands) take(c *Call) (chat.Reply, error) {
	v, _, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !known {
		return text(textNothingKept)
	}
	d, err := a.Board.Export(c.Tx, v.ID)
	if err != nil {
		return chat.Reply{}, err
	}
	lines := a.textDossier(d)
	for _, s := range d.Signups {
		l, err := a.Board.Get(c.Tx, s.Activity)
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, textSignup(l, s, a.Board.Now(c.Tx).Location())...)
	}
	return paged(c, textDossierHead, lines, shownDossier)
}

// proposeErase says what goes and what stays, and waits for a yes.
func (a activityCommands) proposeErase(c *Call) (chat.Reply, error) {
	v, _, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !known {
		return text(textNothingKept)
	}
	return chat.Reply{Text: textAskErase(v)}, a.keep(c, asked{Erase: true})
}

// erase forgets who the person is.
func (a activityCommands) erase(c *Call) (chat.Reply, error) {
	v, by, known, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if !known {
		return chat.Reply{Text: textNothingKept}, a.forget(c)
	}
	if _, err := a.Board.Erase(c.Tx, v.ID, by); err != nil {
		return a.refused(0, err)
	}
	return chat.Reply{Text: textErasedMe(v)}, a.forget(c)
}

// How organisers name volunteers.
const (
	volunteerNumber  = `v\s*\d{1,9}`
	volunteerNumbers = `(` + volunteerNumber + `(?:[\s、,和及]*` + volunteerNumber + `)*)`
)

var (
	knowPattern  = regexp.MustCompile(`^(?:请|\s)*(?:确认|认证)(?:志愿者)?\s*` + volunteerNumbers + thanks + `|^` + volunteerNumbers + `\s*(?:确认|认证)` + thanks)
	mergePattern = regexp.MustCompile(`^(?:请|帮我|\s)*(?:合并|归并)(?:志愿者)?\s*(` + volunteerNumber + `)\s*(?:合并)?(?:到|进|至|入|并入|归入|、|,|和|与|\s)*\s*(` + volunteerNumber + `)(?:[\s,，:。]+(.*))?$`)
	oneVolunteer = regexp.MustCompile(volunteerNumber)
)

// know confirms outsiders.
func (a activityCommands) know(c *Call) (chat.Reply, error) {
	var lines []string
	for _, said := range oneVolunteer.FindAllString(c.Args[0]+c.Args[1], maxActivities) {
		line, err := a.decide(c, strings.TrimPrefix(said, "v"), true, "")
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, line)
	}
	return text(strings.Join(lines, "\n"))
}

// merger is what is asked before two volunteers are made one.
type merger struct {
	From activity.VolunteerID `json:"from"`
	Into activity.VolunteerID `json:"into"`
	Why  string               `json:"why"`
}

// proposeMerge reads back who becomes one person, and waits for a yes.
func (a activityCommands) proposeMerge(c *Call) (chat.Reply, error) {
	if _, fault := a.organiser(c); fault != "" {
		return text(fault)
	}
	m := merger{Why: reasonOf(trimWords(c.Args[2]))}
	var both [2]activity.Volunteer
	var hours [2]activity.Hours
	for i, said := range c.Args[:2] {
		id, _ := activity.ParseVolunteer(strings.ReplaceAll(said, " ", ""))
		var err error
		if both[i], err = a.Board.Volunteer(c.Tx, id); err != nil {
			return a.refused(0, err)
		}
		if both[i].Into != "" {
			return text(textMergedBefore(both[i]))
		}
		if hours[i], err = a.Board.HoursOf(c.Tx, id, 0); err != nil {
			return chat.Reply{}, err
		}
	}
	m.From, m.Into = both[0].ID, both[1].ID
	switch {
	case m.From == m.Into:
		return text(textMergeOne)
	case m.Why == "":
		return text(textWhyMerge)
	}
	return chat.Reply{Text: textAskMerge(m, both, hours)}, a.keep(c, asked{Merge: &m})
}

// merge makes them one person.
func (a activityCommands) merge(c *Call, m merger) (chat.Reply, error) {
	v, err := a.Board.Merge(c.Tx, m.From, m.Into, m.Why, activity.ActorOf(c.Person))
	if err != nil {
		return a.refused(0, err)
	}
	h, err := a.Board.HoursOf(c.Tx, v.ID, 0)
	if err != nil {
		return chat.Reply{}, err
	}
	return chat.Reply{Text: textMerged(m, v, h)}, a.forget(c)
}

// waiting implements decider: outsiders whom nobody has confirmed, and disputes.
func (a activityCommands) waiting(c *Call) (list []matter, err error) {
	by := activity.ActorOf(c.Person)
	if !by.Office && by.Unit == "" {
		return nil, nil
	}
	strangers, err := a.Board.Volunteers(c.Tx, activity.StandingPending)
	if err != nil {
		return nil, err
	}
	for _, v := range strangers {
		on, err := a.Board.Mine(c.Tx, v.ID, false)
		if err != nil {
			return nil, err
		}
		on = slices.DeleteFunc(on, func(m activity.Mine) bool { return !by.Runs(m.Activity.Unit) })
		if by.Office || len(on) > 0 {
			list = append(list, matter{string(v.ID), textStranger(v, on)})
		}
	}
	unit := by.Unit
	if by.Office {
		unit = ""
	}
	disputes, err := a.Board.Disputes(c.Tx, unit)
	if err != nil {
		return nil, err
	}
	for _, d := range disputes {
		v, err := a.Board.Volunteer(c.Tx, d.Signup.Volunteer)
		if err != nil {
			return nil, err
		}
		list = append(list, matter{line: textDisputeWaits(d, v)}) // it takes minutes or a reason
	}
	if c.Message.Kind == chat.Group && len(list) > 0 {
		list = []matter{{line: textWaitAlone(len(list))}}
	}
	return list, nil
}

// decide implements decider, of outsiders.
func (a activityCommands) decide(c *Call, number string, yes bool, _ string) (string, error) {
	id, ok := activity.ParseVolunteer("v" + strings.TrimSpace(number))
	if !ok {
		return activity.Tell(activity.ErrVolunteer), nil
	}
	if !yes {
		return fmt.Sprintf(textNoDenial, id), nil
	}
	v, err := a.Board.Confirm(c.Tx, id, activity.ActorOf(c.Person))
	if err != nil {
		return a.told(0, err)
	}
	return textConfirmed(v), nil
}
