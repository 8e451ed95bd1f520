package bot

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/index/zh"
)

// How people ask for a year's holidays, give them, and take them back. All but the
// first read folded text.
var (
	atBot         = regexp.MustCompile(`^[@＠]\S+\s+`)
	daysPattern   = regexp.MustCompile(`^(?:请|帮我|查一下|查询|查看?|看一下|看看?|\s)*(?:(\d{4})\s*年?\s*的?)?(?:法定)?(?:节假日|放假安排|放假通知)(?:的?安排)?\s*(?:(\d{4})\s*年?)?(?:的?安排)?[。?]*$`)
	daysHead      = regexp.MustCompile(`^(?:请|帮我|录入|更新|修改|登记|\s)*(?:节假日|放假)(?:安排|通知)?[\s:,]*(?:(\d{4})\s*年?(?:[\s:,的]|$))?[\s:,]*`)
	daysSaid      = regexp.MustCompile(`(?s)\d{1,2}日.*(?:放假|上班|休)`)
	noticeHeading = regexp.MustCompile(`(?:元旦|春节|清明节|劳动节|端午节|中秋节|国庆节|\d{4}年)(?::|部分节假日安排).*(?:放假|上班)`)
	undoDays      = regexp.MustCompile(`^(?:请|把|\s)*(?:撤销|撤消|撤回)(?:一下|刚才的?|刚刚的?|上一?次的?|录入的?|\s)*(?:(\d{4})\s*年?\s*的?)?(?:节假日|放假|日历)(?:的)?(?:安排|通知|录入)?\s*(?:(\d{4})\s*年?)?[。!]*$`)
	undoBare      = regexp.MustCompile(`^(?:撤销|撤消)(?:一下|刚才的?|吧|了)*[。!]*$`)
)

// holidayCommands show and change on which days people work.
func (t taskCommands) holidayCommands() []Command {
	return []Command{
		{Name: "holidays", Match: folded(daysPattern), Run: t.showDays},
		{Name: "enter holidays", Help: textHelpHolidays, Roles: office, Long: true, Match: daysWords, Run: t.proposeDays},
		{Name: "undo holidays", Roles: office, Match: folded(undoDays), Run: t.undoDays},
		{Name: "undo", Roles: office, Match: folded(undoBare), Run: t.undoLast},
	}
}

// daysWords reads 节假日 2027 10月1日放假, and a notice by itself: a year, or none, and
// the text.
func daysWords(said string) ([]string, bool) {
	said = atBot.ReplaceAllString(said, "")
	folded := zh.Fold(said)
	if m := daysHead.FindStringSubmatchIndex(folded); m != nil {
		rest := original(said, folded, m[1], len(folded))
		return []string{original(said, folded, m[2], m[3]), rest}, daysSaid.MatchString(zh.Fold(rest)) && !asking.MatchString(rest)
	}
	squeezed := strings.Join(strings.Fields(folded), "")
	return []string{"", said}, noticeHeading.MatchString(squeezed) && daysSaid.MatchString(squeezed) && !isAsked.MatchString(squeezed)
}

// yearOf is the year among what was said, or 0.
func yearOf(args []string) int {
	year, _ := strconv.Atoi(strings.Join(args, ""))
	return year
}

// showDays shows what is known of a year; of none, of this one and the next.
func (t taskCommands) showDays(c *Call) (chat.Reply, error) {
	years := []int{yearOf(c.Args)}
	if years[0] == 0 {
		this := t.today(c).Y
		years = []int{this, this + 1}
	}
	var parts []string
	for _, year := range years {
		y, err := t.Board.Holidays().Year(c.Tx, year)
		if err != nil {
			return chat.Reply{}, err
		}
		who := textOperator
		if y.Notice.By != string(org.Operator) {
			p, _, err := org.ByID(c.Tx, org.PersonID(y.Notice.By))
			if err != nil {
				return chat.Reply{}, err
			}
			who = textPerson(p)
		}
		parts = append(parts, y.String(who))
	}
	return text(strings.Join(parts, "\n\n"))
}

// proposeDays reads a notice, or the next part of one, and asks whether it was
// understood.
func (t taskCommands) proposeDays(c *Call) (chat.Reply, error) {
	rd, err := holidays.Read(c.Args[1], yearOf(c.Args[:1]), t.today(c))
	if said := holidays.Tell(err); said != "" {
		return text(strings.TrimSpace(rd.Doubts() + "\n" + said))
	} else if err != nil {
		return chat.Reply{}, err
	}
	p, _, err := t.proposed(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if p.Days != nil && p.Days.Year == rd.Year {
		rd = p.Days.And(rd)
	}
	change, err := t.Board.Holidays().Compare(c.Tx, rd)
	if err != nil || change.Empty() {
		return chat.Reply{Text: textSameDays(rd.Year)}, err
	}
	err = putUntil(c.Tx, draftBucket, sessionKey(c.Message), proposal{Days: &rd}, c.Tx.Now().Add(draftFor))
	return chat.Reply{Text: change.String() + "\n" + textConfirmDays(change)}, err
}

// confirmDays makes the notice count.
func (t taskCommands) confirmDays(c *Call, rd holidays.Reading) (chat.Reply, error) {
	if !isOffice(c) {
		return text(textNotAllowed(office))
	}
	change, err := t.Board.Holidays().Enter(c.Tx, rd, string(c.Person.ID))
	if err != nil {
		return chat.Reply{}, err
	}
	return chat.Reply{Text: textDaysEntered(change)}, c.Tx.Delete(draftBucket, sessionKey(c.Message))
}

func (t taskCommands) undoDays(c *Call) (chat.Reply, error) {
	change, err := t.Board.Holidays().Undo(c.Tx, yearOf(c.Args), string(c.Person.ID))
	if said := holidays.Tell(err); said != "" {
		return text(said)
	}
	return chat.Reply{Text: textDaysUndone(change)}, err
}

// undoFor is for how long what somebody did last is what 撤销 by itself means.
const undoFor = 30 * time.Minute

// undoLast takes back what the person entered a moment ago.
func (t taskCommands) undoLast(c *Call) (chat.Reply, error) {
	by, at, ok, err := t.Board.Holidays().LastEntered(c.Tx)
	if err != nil {
		return chat.Reply{}, err
	}
	if !ok || by != string(c.Person.ID) || c.Tx.Now().Sub(at) > undoFor {
		return text(textUndoWhat)
	}
	c.Args = nil
	return t.undoDays(c)
}
