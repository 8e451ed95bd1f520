package bot

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/index/zh"
)

// outing is an activity, or a change of one, as it was understood.
type outing struct {
	Draft   activity.Draft   `json:"draft"`
	When    timing           `json:"when,omitzero"`
	Before  int              `json:"before,omitempty"` // hours before the start until which people sign up; 0: see Draft
	Number  activity.Number  `json:"number,omitempty"` // of the activity that is changed; 0: it is new
	Version int              `json:"version,omitempty"`
	Key     string           `json:"key,omitempty"` // of a new one, so that it is made once
	Faults  map[field]string `json:"faults,omitempty"`
}

// The fields of an activity that tasks do not have.
const (
	fieldTime     field = "time"
	fieldPlace    field = "place"
	fieldSignTo   field = "sign to"
	fieldSignFrom field = "sign from"
	fieldCapacity field = "capacity"
	fieldUnit     field = "unit"
	fieldBrigade  field = "brigade"
	fieldSkills   field = "skills"
)

// outingFields are in the order in which what is missing is asked.
var outingFields = []field{fieldTitle, fieldUnit, fieldTime, fieldPlace, fieldSignFrom, fieldSignTo, fieldCapacity}

// outingLabels are how people name the fields.
var outingLabels = []struct {
	field field
	words string
}{
	{fieldTitle, `活动名称|活动标题|活动主题|名称|标题|主题|题目`},
	{fieldPlace, `活动地点|集合地点|地点|地址|场地`},
	{fieldTime, `活动时间|开始时间|时间|日期`},
	{fieldCapacity, `人数限制|招募人数|名额|人数|限额|限报|招募`},
	{fieldUnit, `主办单位|组织单位|承办单位|主办|组织者|单位`},
	{fieldBrigade, `所属分队|志愿者分队|分队|队伍`},
	{fieldSkills, `需要的?技能|技能要求|所需技能|技能|需要的?特长|特长`},
	{fieldText, `活动内容|活动说明|内容|说明|要求|备注|注意事项|介绍`},
}

var outingNames = func() *regexp.Regexp {
	var words []string
	for _, l := range outingLabels {
		words = append(words, `(`+l.words+`)`)
	}
	return regexp.MustCompile(`^(?:` + strings.Join(words, "|") + `)(?:也|要)?(\s*:|\s*(?:改为|改成|改到|改|换成|换为|换到|变更为|定为|定在|增加到|减少到|是|为|成|在)\s*:?|$|\s+|)\s*(.*)$`)
}()

// outingOf reads a field's name at the beginning of folded text; mark is what stands
// behind it, and at where the value begins.
func outingOf(folded string) (f field, mark string, at int, ok bool) {
	m := outingNames.FindStringSubmatchIndex(folded)
	if m == nil {
		return "", "", 0, false
	}
	n := len(outingLabels)
	for i, l := range outingLabels {
		if m[2+2*i] >= 0 {
			f = l.field
		}
	}
	return f, folded[m[2+2*n]:m[3+2*n]], m[4+2*n], true
}

var (
	newOuting     = regexp.MustCompile(`^(?:请|帮我|帮忙|给我|我要|我想|要|想|\s)*(?:新建|新增|创建|建立?|发起|添加|举办|组织|策划)(?:一个|一场|一次|个|场|次)?新?(?:志愿服务|志愿|文化)?活动(?:[\s:,。]+(.+))?$`)
	amendOuting   = regexp.MustCompile(`^(?:请|帮我|\s)*(?:修改|更改|变更|改)\s*(` + activityNumber + `)(?:的)?[\s:,]*(.*)$|^(?:把|将)?\s*(` + activityNumber + `[\s:,]*(?:的|修改|更改|变更|改到|改在|推迟到|延期到|提前到|改)*)[\s:,]*(.*)$`)
	moreOuting    = regexp.MustCompile(`^(?:请|麻烦|帮我|把|将|给|为|\s)*(` + activityNumber + `)[\s:,]*(?:的)?(?:名额|人数)?(?:再|要|想|\s)*(加|多加|增加|追加|减|减少|缩减)\s*(` + numeralSign + `{1,5})\s*(?:个|名|人)*(?:的)?(?:名额|位置)?(?:吧|。|!)*$`)
	saysRoom      = regexp.MustCompile(`名额|人数|位置|个人`)
	confirmOuting = regexp.MustCompile(`^(?:好的?[,\s]*)?(?:确认|确定|无误|没问题|没错|对的|是的)(?:一下|了|吧)?[,\s]*(?:并|直接)?(发布|新建|修改|注销)?(?:一下|了|吧)?[。.!]*$`)
	changeOuting  = regexp.MustCompile(`^(?:请|把|将|帮我|\s)*(改一下|改成|改为|改|修改|更正|修正|加上|再加|)[\s:,]*(.+)$`)

	timeFirst   = regexp.MustCompile(`^(?:` + clockWord + `|\d{1,2}月\d{1,2}[日号]|(?:本|这个?|下个?)?` + weekdaySign + `[一二三四五六日天])`)
	numberMark  = regexp.MustCompile(`(半径|范围|名额|人数|限额|提前|开始前)\s+(\d)`)
	strongMarks = regexp.MustCompile(`[,，;；。\n|｜]+`)
	setRadius   = regexp.MustCompile(`^(?:签到)?(?:半径|范围)\s*(?:改为|改成|是|为|:)?\s*(\d{1,5})\s*米?(?:以?内)?$`)
	setCapacity = regexp.MustCompile(`^(?:名额|人数|限额|限报?|招募?|共)?\s*(?:改为|改成|增加到|减少到|是|为|:)?\s*(\d{1,6})\s*(?:人|名|个?名额|个)?$`)
	noCapacity  = regexp.MustCompile(`^(?:名额|人数)?\s*(?:改为|改成|为|:)?\s*不限(?:制)?(?:名额|人数)?$`)
	setWaiting  = regexp.MustCompile(`^(?:要|需要?|有|设|允许|可以?)?候补$`)
	noWaiting   = regexp.MustCompile(`^(?:不要?|无|没有|不设|不可以?|不能|不用|不需要?|不允许)(?:候补|排队)$`)
	setOut      = regexp.MustCompile(`^(?:要|需要?|有|须)?(?:签到)?(?:和|、|并)?签退$`)
	noOut       = regexp.MustCompile(`^(?:不要?|无|没有|不设|不用|不需要?|免|无需)签退$`)
	setPublic   = regexp.MustCompile(`^(?:要)?(?:对外|公开|对外开放|对外公开|面向社会|面向公众|面向市民|市民可以?报名?|公众可以?报名?|外人可以?报名?)(?:报名)?$`)
	noPublic    = regexp.MustCompile(`^(?:仅限?|只限?|限)(?:内部|成员|本单位|组织内)(?:人员|成员)?(?:报名)?$|^不对外(?:开放|报名)?$|^不公开$`)
	setEarly    = regexp.MustCompile(`^(?:可以?)?(?:提前|开始前)\s*(\d{1,4})\s*(分钟|小时)(?:开始|可以?)?签到$`)
	setRound    = regexp.MustCompile(`^(?:时长)?(?:按)?\s*(\d{1,3})\s*分钟(?:为单位)?取整$`)
	setLeast    = regexp.MustCompile(`^(?:时长)?(?:不足|不到|少于|低于)\s*(\d{1,3})\s*%\s*(?:的)?(?:时间|时长)?(?:不计|不算)(?:时长)?$`)
	setCount    = regexp.MustCompile(`^(?:时长)?(?:按|从)签到(?:时间)?(?:算起?|计算?|起算)(?:时长)?$`)
	planCount   = regexp.MustCompile(`^(?:时长)?按计划(?:时间)?(?:算|计算?)(?:时长)?$`)

	signToHead   = regexp.MustCompile(`报名(?:时间|日期)?\s*(?:截止|截至|止于|到|至)\s*(?:时间|日期)?\s*(?:改为|改成|改到|是|为|到|至|在|:)*\s*`)
	signToTail   = regexp.MustCompile(`^\s*(?:之?前|止)?(?:截止|停止)?报名(?:截止)?`)
	signFromHead = regexp.MustCompile(`(?:报名开始|开始报名|开放报名|开放报名时间|报名时间从?|报名从|报名自)\s*(?:时间|日期)?\s*(?:改为|改成|改到|是|为|从|自|在|:)*\s*`)
	signFromTail = regexp.MustCompile(`^\s*(?:起|开始|开放)报名`)
	beforeStart  = regexp.MustCompile(`(?:提前|活动前|开始前)\s*(` + numeralSign + `{1,3})\s*个?(天|小时)(?:停止报名|截止报名|报名截止|截止)`)
	rangeStart   = regexp.MustCompile(`^` + rangeWord)
	untilTail    = regexp.MustCompile(`^\s*(?:之?前|为?止|截止)`)

	inPlace    = regexp.MustCompile(`^在?(\p{Han}{2,20}?)(?:举办|举行|开展|组织)(.{2,})$`) // 市图书馆举办读书会
	looksPlace = regexp.MustCompile(`^在.+|(?:馆|厅|室|楼|层|广场|公园|中心|礼堂|学校|小学|中学|大学|村|社区|街道?|路|号|站|所|院|园|城|场|堂|基地|书屋|门口|活动室|文化站|宫|寺|祠|桥|码头|校区|大厦|小区)(?:\([^)]*\))?$`)
)

// fillOuting reads what is said of an activity: when it is and until when people sign up
// wherever they stand, then the parts, by their names or by what they look like.
func (a activityCommands) fillOuting(c *Call, p *outing, said string) {
	said = a.takePoint(p, said)
	said = a.takeSignUp(c, p, said)
	said = a.takeTime(c, p, said)
	for _, segment := range strongMarks.Split(numberMark.ReplaceAllString(said, "$1$2"), -1) {
		if p.setting(zh.Fold(strings.TrimSpace(segment))) {
			continue
		}
		var cur field
		for _, part := range strings.Fields(segment) {
			cur = a.takePart(p, cur, part)
		}
	}
	p.settle(a.Board.Now(c.Tx))
}

// cut takes a part out of what is said.
func cut(said, folded string, from, to int) string {
	return original(said, folded, 0, from) + "，" + original(said, folded, to, len(folded))
}

func saysPoint(folded string) bool { _, _, _, ok := activity.FindPoint(folded); return ok }

// takePoint takes out coordinates.
func (a activityCommands) takePoint(p *outing, said string) string {
	folded := zh.Fold(said)
	point, from, to, ok := activity.FindPoint(folded)
	if !ok {
		return said
	}
	p.Draft.Place.Point = point
	return cut(said, folded, from, to)
}

// takeSignUp takes out from and until when people sign up.
func (a activityCommands) takeSignUp(c *Call, p *outing, said string) string {
	now := a.Board.Now(c.Tx)
	if folded := zh.Fold(said); beforeStart.MatchString(folded) {
		m := beforeStart.FindStringSubmatchIndex(folded)
		p.Before = numeral(folded[m[2]:m[3]])
		if folded[m[4]:m[5]] == "天" {
			p.Before *= 24
		}
		said = cut(said, folded, m[0], m[1])
	}
	for _, w := range []struct {
		f          field
		head, tail *regexp.Regexp
	}{{fieldSignTo, signToHead, signToTail}, {fieldSignFrom, signFromHead, signFromTail}} {
		folded := zh.Fold(said)
		from, end, at, clock, ok := findMoment(folded, now, w.head, w.tail)
		if !ok {
			continue
		}
		delete(p.Faults, w.f)
		if w.f == fieldSignTo {
			p.Draft.SignTo, p.Before = lastOf(at, clock), 0
		} else {
			p.Draft.SignFrom = at
			if m := rangeStart.FindString(folded[end:]); m != "" { // 报名时间11月25日到12月5日
				if last, clock, size, ok := moment(folded[end+len(m):], now); ok {
					p.Draft.SignTo, p.Before, end = lastOf(last, clock), 0, end+len(m)+size
				}
			}
		}
		said = cut(said, folded, from, end)
	}
	return said
}

// lastOf is the moment at which something ends that goes on until a day, or a time of it.
func lastOf(at time.Time, clock bool) time.Time {
	if !clock {
		return at.AddDate(0, 0, 1)
	}
	return at
}

// findMoment finds a moment behind the one pattern, or before the other.
func findMoment(folded string, now time.Time, head, tail *regexp.Regexp) (from, end int, at time.Time, clock, ok bool) {
	for _, m := range head.FindAllStringIndex(folded, -1) {
		if at, clock, size, ok := moment(folded[m[1]:], now); ok {
			end = m[1] + size
			return m[0], end + len(untilTail.FindString(folded[end:])), at, clock, true
		}
	}
	for i := range folded {
		if numberBefore.MatchString(folded[:i]) {
			continue
		}
		if at, clock, size, ok := moment(folded[i:], now); ok {
			if m := tail.FindString(folded[i+size:]); m != "" {
				return i, i + size + len(m), at, clock, true
			}
		}
	}
	return 0, 0, at, false, false
}

// takeTime takes out when it is.
func (a activityCommands) takeTime(c *Call, p *outing, said string) string {
	now := a.Board.Now(c.Tx)
	folded := zh.Fold(said)
	if m := lastPattern.FindStringSubmatchIndex(folded); m != nil && strings.Contains(folded, "每") {
		if at, _, _, ok := moment(folded[m[2]:], now); ok {
			p.When.Until = dateOf(at)
			said = cut(said, folded, m[0], m[1])
			folded = zh.Fold(said)
		}
	}
	t, from, to, ok := readTiming(folded, now)
	if !ok {
		return said
	}
	if m := timeLabel.FindStringIndex(folded[:from]); m != nil {
		from = m[0]
	}
	if m := timeEnd.FindStringIndex(folded[to:]); m != nil {
		to += m[1]
	}
	p.When = t.or(p.When)
	delete(p.Faults, fieldTime)
	return cut(said, folded, from, to)
}

// takePart reads one word; cur is the field that the word before it was of.
func (a activityCommands) takePart(p *outing, cur field, part string) field {
	folded := zh.Fold(part)
	if p.setting(folded) {
		return ""
	}
	f, mark, at, named := outingOf(folded)
	value := ""
	if named {
		value = original(part, folded, at, len(folded))
	}
	switch {
	case named && (mark != "" || value == "" || p.Draft.Title != "" && f != fieldText && f != fieldTitle):
		p.clear(f)
		if value != "" {
			a.set(p, f, value)
		}
		return f
	case p.Draft.Title == "" && inPlace.MatchString(folded):
		m := inPlace.FindStringSubmatchIndex(folded)
		a.set(p, fieldPlace, original(part, folded, m[2], m[3]))
		a.set(p, fieldTitle, original(part, folded, m[4], m[5]))
		return fieldTitle
	case cur != "" && cur != fieldTime && (cur != fieldTitle || !looksPlace.MatchString(folded)):
		a.set(p, cur, part)
		return cur
	case p.Draft.Title == "":
		a.set(p, fieldTitle, part)
		return fieldTitle
	case p.Draft.Place.Name == "" && looksPlace.MatchString(folded):
		a.set(p, fieldPlace, strings.TrimPrefix(part, "在"))
		return fieldPlace
	}
	if name := strings.TrimSuffix(strings.TrimPrefix(part, "由"), "主办"); name != part {
		if _, ok := a.resolve(name); ok {
			a.set(p, fieldUnit, name)
			return ""
		}
	}
	a.set(p, fieldText, part)
	return fieldText
}

// setting reads what needs no name, and a number.
func (p *outing) setting(s string) bool {
	d := &p.Draft
	number := func(pattern *regexp.Regexp, set func(n int)) bool {
		m := pattern.FindStringSubmatch(s)
		if m == nil {
			return false
		}
		set(numeral(m[1]))
		return true
	}
	flag := func(yes, no *regexp.Regexp, to *bool) bool {
		is := yes.MatchString(s)
		if !is && !no.MatchString(s) {
			return false
		}
		*to = is
		return true
	}
	switch {
	case d.Title != "" && number(setCapacity, func(n int) { d.Capacity = n }):
		delete(p.Faults, fieldCapacity)
		return true
	case noCapacity.MatchString(s):
		d.Capacity = 0
		delete(p.Faults, fieldCapacity)
		return true
	case number(setRadius, func(n int) { d.Place.Radius = n }), number(setRound, func(n int) { d.Rule.Round = n }), number(setLeast, func(n int) { d.Rule.Least = n }):
		return true
	case flag(noWaiting, setWaiting, &d.NoWait), flag(setOut, noOut, &d.CheckOut), flag(setPublic, noPublic, &d.Public):
		return true
	case setCount.MatchString(s):
		d.Rule.Count = activity.CountFromIn
		return true
	case planCount.MatchString(s):
		d.Rule.Count = activity.CountPlanned
		return true
	}
	m := setEarly.FindStringSubmatch(s)
	if m == nil {
		return false
	}
	d.Early = numeral(m[1])
	if m[2] == "小时" {
		d.Early *= 60
	}
	return true
}

// clear empties a field, with what was wrong with it.
func (p *outing) clear(f field) {
	delete(p.Faults, f)
	d := &p.Draft
	switch f {
	case fieldTitle:
		d.Title = ""
	case fieldText:
		d.Text = ""
	case fieldPlace:
		d.Place.Name = ""
	case fieldBrigade:
		d.Brigade = ""
	case fieldSkills:
		d.Skills = nil
	}
}

// set adds a value to a field.
func (a activityCommands) set(p *outing, f field, value string) {
	d := &p.Draft
	add := func(s *string, mark string) {
		if *s != "" {
			*s += mark
		}
		*s += value
	}
	switch f {
	case fieldTitle:
		add(&d.Title, " ")
	case fieldText:
		add(&d.Text, "，")
	case fieldPlace:
		add(&d.Place.Name, "")
	case fieldBrigade:
		add(&d.Brigade, "")
	case fieldSkills:
		for _, s := range fields(value) {
			if !slices.Contains(d.Skills, s) {
				d.Skills = append(d.Skills, s)
			}
		}
	case fieldUnit:
		if u, ok := a.resolve(value); ok {
			d.Unit = u
		} else {
			p.fault(f, textNoSuchUnit(echo(value)))
		}
	case fieldCapacity:
		p.fault(f, textNoCapacity(echo(value)))
	case fieldTime:
		p.fault(f, textNoTime(echo(value)))
	}
}

func (p *outing) fault(f field, words string) {
	if p.Faults == nil {
		p.Faults = map[field]string{}
	}
	p.Faults[f] = words
}

// settle makes moments of what was said of the time, and finds what is wrong with it.
func (p *outing) settle(now time.Time) {
	d := &p.Draft
	w, ok := p.When.when(now)
	d.Start, d.End, d.Series = w.Start, w.End, activity.SeriesRule{Every: w.Every}
	if d.Series.Every != "" {
		d.Series.Until = p.When.Until
	}
	switch {
	case p.When.Odd != "":
		p.fault(fieldTime, textOddWeekday(p.When.Day, p.When.Odd))
	case !ok && p.When.Day != "" && p.When.Clocks != "":
		p.fault(fieldTime, textNoTime(echo(p.When.Clocks)))
	case ok && p.Number == 0 && w.Every == "" && d.Start.Before(now):
		p.fault(fieldTime, textPastTime)
	}
	delete(p.Faults, fieldSignTo)
	switch {
	case !ok:
		return
	case p.Before > 0:
		d.SignTo = d.Start.Add(-time.Duration(p.Before) * time.Hour)
	}
	if !d.SignTo.IsZero() && dateOf(d.SignTo.Add(-time.Second)) == dateOf(d.Start) && !d.SignTo.Before(d.Start) {
		d.SignTo = time.Time{} // until that day is until it begins
	}
	if !d.SignTo.IsZero() && (d.SignTo.After(d.End) || !d.SignTo.After(d.SignFrom)) {
		p.fault(fieldSignTo, textLateSignUp)
	}
}

// missing lists what must still be said, by field.
func (p outing) missing() (list []string) {
	for _, f := range outingFields {
		switch fault := p.Faults[f]; {
		case fault != "":
			list = append(list, fault)
		case f == fieldTitle && p.Draft.Title == "":
			list = append(list, textNoTitle)
		case f == fieldUnit && p.Draft.Unit == "":
			list = append(list, textNoOrganiser)
		case f == fieldPlace && p.Draft.Place.Name == "":
			list = append(list, textNoPlace)
		case f == fieldTime && p.When.Day == "":
			list = append(list, textNoStart)
		case f == fieldTime && p.Draft.Start.IsZero():
			list = append(list, textNoClock)
		case f == fieldTime && p.Draft.End.IsZero():
			list = append(list, textNoEnd)
		}
	}
	return list
}

func (a activityCommands) draftCommands() []Command {
	return []Command{
		{Name: "new activity", Help: textHelpNewActivity, Roles: judges, Match: a.newWords, Run: a.propose},
		{Name: "change activity", Roles: judges, Match: a.amendWords, Run: a.proposeChange},
		{Name: "confirm activity", Match: folded(confirmOuting), Sure: never, Run: a.confirm},
		{Name: "drop activity", Match: whole(dropPattern), Sure: never, Run: a.drop},
		{Name: "change activity draft", Match: a.changeWords, Sure: never, Run: a.change},
	}
}

func (a activityCommands) newWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	m := newOuting.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	return []string{original(text, folded, m[2], m[3])}, true
}

// amendWords reads 修改 A7 名额 50, 把A7的时间改到周日下午2点: the number and the fields; or
// 给A7加10个名额: the number, which way, and how many.
func (a activityCommands) amendWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	if m := moreOuting.FindStringSubmatch(folded); m != nil && saysRoom.MatchString(folded) {
		return []string{m[1], m[2], m[3]}, true
	}
	m := amendOuting.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	if m[2] >= 0 {
		return []string{folded[m[2]:m[3]], original(text, folded, m[4], m[5])}, true
	}
	said := original(text, folded, m[8], m[9])
	return []string{folded[m[6]:m[7]], said}, isOutingPart(said) && (strings.HasSuffix(folded[m[6]:m[7]], "到") || changeSign.MatchString(folded[m[6]:m[7]]+folded[m[8]:m[9]]))
}

// isOutingPart reports whether what is said is of a field, or a setting.
func isOutingPart(said string) bool {
	folded := zh.Fold(said)
	first, _, _ := strings.Cut(strongMarks.ReplaceAllString(folded, ","), ",")
	_, _, _, named := outingOf(folded)
	return named || (&outing{Draft: activity.Draft{Title: "x"}}).setting(numberMark.ReplaceAllString(first, "$1$2")) ||
		saysPoint(folded) || signToHead.MatchString(folded) || signFromHead.MatchString(folded) || timeFirst.MatchString(folded)
}

// changeWords reads 改 名额 50, 时间改到下午2点, 要签退. Where nothing waits to be confirmed
// it is for others.
func (a activityCommands) changeWords(text string) ([]string, bool) {
	folded := zh.Fold(text)
	m := changeOuting.FindStringSubmatchIndex(folded)
	if m == nil || isAsked.MatchString(folded) {
		return nil, false
	}
	said := original(text, folded, m[4], m[5])
	return []string{said}, isOutingPart(said)
}

// propose reads a new activity and asks whether it was understood.
func (a activityCommands) propose(c *Call) (chat.Reply, error) {
	p := outing{Key: "chat/" + digest(c.Message.Key())}
	if actor := activity.ActorOf(c.Person); !actor.Office {
		p.Draft.Unit = actor.Unit
	}
	if strings.TrimSpace(c.Args[0]) == "" {
		return text(textHowToNewActivity)
	}
	a.fillOuting(c, &p, c.Args[0])
	return a.askOuting(c, p)
}

// proposeChange reads a change of an activity.
func (a activityCommands) proposeChange(c *Call) (chat.Reply, error) {
	numbers := activitiesOf(c.Args[0])
	if len(numbers) == 0 {
		return text(activity.Tell(activity.ErrNotFound))
	}
	n := numbers[0]
	now, err := a.Board.Get(c.Tx, n)
	if err == nil && !activity.ActorOf(c.Person).Runs(now.Unit) {
		err = activity.ErrForbidden
	}
	if err != nil {
		return a.refused(n, err)
	}
	if strings.TrimSpace(c.Args[1]) == "" {
		return text(textHowToAmendActivity(n))
	}
	p := outing{Draft: now.Edit(), When: timingOf(now.Draft), Number: n, Version: now.Version}
	said := c.Args[1]
	if len(c.Args) == 3 {
		by := numeral(c.Args[2])
		if strings.Contains(said, "减") || strings.Contains(said, "缩") {
			by = -by
		}
		if now.Capacity == 0 || now.Capacity+by < 1 {
			return text(textNoSuchRoom(now))
		}
		said = textRoomBecomes(now.Capacity + by)
	}
	a.fillOuting(c, &p, said)
	return a.askOuting(c, p)
}

// change changes what waits for a confirmation.
func (a activityCommands) change(c *Call) (chat.Reply, error) {
	q, err := a.asked(c)
	if err != nil || q.Outing == nil {
		return chat.Reply{}, err
	}
	p := *q.Outing
	a.fillOuting(c, &p, c.Args[0])
	return a.askOuting(c, p)
}

// askOuting reads back what was understood, and keeps it to be confirmed.
func (a activityCommands) askOuting(c *Call, p outing) (chat.Reply, error) {
	return chat.Reply{Text: a.readOuting(c, p)}, a.keep(c, asked{Outing: &p})
}

// confirm makes what was asked last so.
func (a activityCommands) confirm(c *Call) (chat.Reply, error) {
	q, err := a.asked(c)
	switch {
	case err != nil:
		return chat.Reply{}, err
	case q.Erase:
		return a.erase(c)
	case q.Merge != nil:
		return a.merge(c, *q.Merge)
	case q.Outing == nil:
		return chat.Reply{}, nil
	}
	p := *q.Outing
	if len(p.missing()) > 0 {
		return text(a.readOuting(c, p))
	}
	actor := activity.ActorOf(c.Person)
	var made activity.Activity
	if p.Number == 0 {
		made, _, err = a.Board.Create(c.Tx, p.Key, p.Draft, actor)
	} else {
		made, err = a.Board.Amend(c.Tx, p.Number, p.Version, p.Draft, actor)
	}
	if err != nil {
		return a.refused(p.Number, err)
	}
	said := textAmended(made)
	if p.Number == 0 {
		said = textDrafted(made)
	}
	if c.Args[0] == "发布" {
		if made, err = a.Board.Publish(c.Tx, made.Number, actor); err != nil {
			return a.refused(made.Number, err)
		}
		said = a.textPublished(c, made)
	}
	return chat.Reply{Text: said}, a.forget(c)
}

// drop forgets it.
func (a activityCommands) drop(c *Call) (chat.Reply, error) {
	q, err := a.asked(c)
	if err != nil || q == (asked{}) {
		return chat.Reply{}, err
	}
	said := textChat(hintAck)
	if q.Outing != nil {
		said = textDroppedOuting(q.Outing.Number)
	}
	return chat.Reply{Text: said}, a.forget(c)
}
