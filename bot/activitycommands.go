package bot

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// ActivityOptions are what the commands about activities need. Without a Board there are
// none.
type ActivityOptions struct {
	Board *activity.Board
	// Page is the address of a page of ours; nil: people cannot open any.
	Page func(path string) string
	// Invite makes a link that opens a page as whoever has the account, once and for ten
	// minutes; nil: there are none. It runs within a transaction that may run twice.
	Invite func(tx *store.Tx, who activity.Account, path, title string) (link string, err error)
}

// activityCommands carries them out. What others hear of it is the board's to put into the
// outbox, in the same transaction.
type activityCommands struct {
	orgCommands
	ActivityOptions
}

// asked is what of activities waits for a yes: one of them. It is kept where proposals of
// tasks are, under other names, as a yes is to what was asked last.
type asked struct {
	Outing *outing    `json:"outing,omitempty"`
	Enrol  *enrolment `json:"enrol,omitempty"`
	Erase  bool       `json:"erase,omitempty"` // the person's own data
	Merge  *merger    `json:"merge,omitempty"`
}

// asked is what waits for the person in this conversation.
func (a activityCommands) asked(c *Call) (asked, error) {
	return readJSON[asked](c.Tx, draftBucket, sessionKey(c.Message))
}

func (a activityCommands) keep(c *Call, q asked) error {
	return putUntil(c.Tx, draftBucket, sessionKey(c.Message), q, c.Tx.Now().Add(draftFor))
}

func (a activityCommands) forget(c *Call) error {
	return c.Tx.Delete(draftBucket, sessionKey(c.Message))
}

func (a activityCommands) commands() []Command {
	return slices.Concat([]Command{
		{Name: "activity help", Help: textHelpActivities, Match: folded(activityHelpPattern), Run: a.help},
		{Name: "place", Match: func(text string) ([]string, bool) { return nil, text == placeWord }, Run: a.place},
	}, a.volunteerCommands(), a.draftCommands(), []Command{
		{Name: "activity", Match: a.match, Run: a.run},
		{Name: "activity by title", Match: titled, Sure: never, Run: a.byTitle},
	})
}

// unclear is the command that asks back what is wanted of an activity. Every other is tried
// before it, and a clause that has the number wins.
func (a activityCommands) unclear() Command {
	return Command{
		Name: "activity unclear", Sure: never, Words: []string{"活动"}, Run: a.run,
		Match: func(text string) ([]string, bool) { e, ok := readErrand(text); return e.args(), ok },
	}
}

// match takes what is clear.
func (a activityCommands) match(text string) ([]string, bool) {
	e, ok := readErrand(text)
	return e.args(), ok && e.do != deedUnclear
}

// byTitle does what is wanted of the activity that is named by its title, or a part of it;
// an empty reply where none is.
func (a activityCommands) byTitle(c *Call) (chat.Reply, error) {
	e, said := errandOf(c.Args), titleKey(c.Args[2])
	all, err := a.Board.List(c.Tx, activity.Query{})
	if err != nil {
		return chat.Reply{}, err
	}
	var same []activity.Mine
	for _, l := range all {
		if l.Series.IsZero() && maySee(c, l.Activity, activity.ActorOf(c.Person)) && strings.Contains(titleKey(l.Title), said) {
			same = append(same, activity.Mine{Activity: l.Activity})
		}
	}
	if len(same) != 1 {
		return a.which(c, same, titledDeeds[e.do], "", nil)
	}
	e.numbers, e.words = []activity.Number{same[0].Activity.Number}, ""
	c.Args = e.args()
	return a.run(c)
}

var activityHelpPattern = regexp.MustCompile(`^(?:活动|志愿者|志愿|签到|报名)(?:的)?(?:帮助|命令|说明|怎么用|怎么办)[?。]*$`)

func (a activityCommands) help(c *Call) (chat.Reply, error) {
	return text(textActivityHelp(activity.ActorOf(c.Person).Office || c.Person.ActsFor(c.Person.Unit)))
}

// account is the sender's.
func account(m chat.Message) activity.Account {
	return activity.Account{Platform: m.Platform(), User: m.Sender}
}

// me is the volunteer that the sender is, and whom the sender may act as.
func (a activityCommands) me(c *Call) (v activity.Volunteer, by activity.Actor, known bool, err error) {
	by = activity.ActorOf(c.Person)
	if c.Message.Outside {
		return v, by, false, nil
	}
	v, known, err = a.Board.ByAccount(c.Tx, account(c.Message))
	by.Volunteer = v.ID
	return v, by, known, err
}

// refused words a refusal; other errors are ours.
func (a activityCommands) refused(n activity.Number, err error) (chat.Reply, error) {
	s := activity.Tell(err)
	if s == "" {
		return chat.Reply{}, err
	}
	if n != 0 && errors.Is(err, activity.ErrNotFound) {
		s = n.String() + colon + s
	}
	return text(s)
}

// told is refused within a line of a longer reply.
func (a activityCommands) told(n activity.Number, err error) (string, error) {
	r, err := a.refused(n, err)
	return r.Text, err
}

// page is the address of a page, and empty where nobody could open it.
func (a activityCommands) page(path string) string {
	if a.Page == nil {
		return ""
	}
	return a.Page(path)
}

// private is a reply with what concerns one person alone: in a group it is sent to the
// person instead.
func (a activityCommands) private(run func(c *Call) (chat.Reply, error)) func(*Call) (chat.Reply, error) {
	return func(c *Call) (chat.Reply, error) {
		if c.Message.Kind != chat.Group {
			return run(c)
		}
		p := org.Person{IDs: map[chat.Platform]chat.UserID{c.Message.Platform(): c.Message.Sender}}
		to := a.Routes.To(p)
		if len(to) == 0 || c.Message.Outside {
			return text(textAskAlonePlease)
		}
		alone := *c // what it asks, and what follows of a list, is of the talk between two
		alone.Message.Kind, alone.Message.Via, alone.Message.Conversation = chat.Direct, to[0].Via, to[0].Conversation
		r, err := run(&alone)
		if err != nil || r.Empty() {
			return r, err
		}
		_, err = c.Outbox.Put(c.Tx, outbox.Notice{
			Key: "activity/private/" + digest(c.Message.Key()), Kind: outbox.KindReply, To: to[0], Reply: r, Expires: c.Tx.Now().Add(replyFor),
		})
		return chat.Reply{Text: textSentAlone}, err
	}
}

// doer does what is wanted.
type doer struct {
	run       func(c *Call, e errand) (chat.Reply, error)
	numbered  bool // it needs an activity
	volunteer bool // it needs somebody who is registered
	private   bool // the reply is about people
}

func (a activityCommands) doers() map[deed]doer {
	return map[deed]doer{
		deedView:    {run: a.view, numbered: true},
		deedUnclear: {run: a.askBack, numbered: true},
		deedList:    {run: a.list},

		deedJoin:      {run: a.join, volunteer: true},
		deedLeave:     {run: a.leave, volunteer: true},
		deedIn:        {run: a.scan, volunteer: true},
		deedOut:       {run: a.scan, volunteer: true},
		deedMine:      {run: a.mine, volunteer: true, private: true},
		deedHours:     {run: a.hours, volunteer: true, private: true},
		deedDispute:   {run: a.dispute, volunteer: true, private: true},
		deedRecommend: {run: a.recommend, volunteer: true, private: true},
		deedPaper:     {run: a.certificate, volunteer: true, private: true},
		deedAbsent:    {run: a.absent, volunteer: true, private: true},
		deedLate:      {run: a.late, volunteer: true, private: true},
		deedSwap:      {run: a.swap, volunteer: true, private: true},
		deedMissed:    {run: a.missed},

		deedRun:       {run: a.organised},
		deedPublish:   {run: a.each(a.publish), numbered: true},
		deedCancel:    {run: a.cancel, numbered: true},
		deedEither:    {run: a.either, numbered: true},
		deedArchive:   {run: a.each(a.archive), numbered: true},
		deedTotals:    {run: a.totals},
		deedDemands:   {run: a.demands},
		deedPeople:    {run: a.volunteers, private: true},
		deedCode:      {run: a.code, private: true},
		deedDoubts:    {run: a.doubts, private: true},
		deedRoll:      {run: a.roll, numbered: true, private: true},
		deedPhones:    {run: a.phones, numbered: true},
		deedAdd:       {run: a.add, numbered: true, private: true},
		deedRemove:    {run: a.remove, numbered: true, private: true},
		deedTickIn:    {run: a.tick, numbered: true, private: true},
		deedTickOut:   {run: a.tick, numbered: true, private: true},
		deedUndoIn:    {run: a.undo, numbered: true, private: true},
		deedUndoOut:   {run: a.undo, numbered: true, private: true},
		deedUndoHours: {run: a.undo, numbered: true, private: true},
		deedAccept:    {run: a.accept, numbered: true, private: true},
		deedCorrect:   {run: a.correct, numbered: true, private: true},
		deedGrant:     {run: a.correct, numbered: true, private: true},
		deedDeny:      {run: a.deny, numbered: true, private: true},
	}
}

// run does what is wanted.
func (a activityCommands) run(c *Call) (chat.Reply, error) {
	e := errandOf(c.Args)
	do := a.doers()[e.do]
	if len(e.numbers) == 0 {
		e.numbers = activitiesIn(zh.Fold(c.Message.Quoted))
		if len(e.numbers) > 1 {
			e.numbers = nil // of a digest
		}
	}
	switch {
	case do.numbered && len(e.numbers) == 0:
		return text(activity.Tell(activity.ErrNotFound))
	case do.volunteer && c.Message.Outside:
		return text(a.textOutsider())
	}
	run := func(c *Call) (chat.Reply, error) { return do.run(c, e) }
	if do.volunteer {
		known := run
		run = func(c *Call) (chat.Reply, error) {
			if _, _, ok, err := a.me(c); !ok || err != nil {
				return a.invited(c, e, err)
			}
			return known(c)
		}
	}
	if do.private {
		run = a.private(run)
	}
	return run(c)
}

// each does something with every activity that is named, and says what came of each.
func (a activityCommands) each(one func(c *Call, n activity.Number) (string, error)) func(*Call, errand) (chat.Reply, error) {
	return func(c *Call, e errand) (chat.Reply, error) {
		var lines []string
		for _, n := range e.numbers {
			line, err := one(c, n)
			if err != nil {
				if line, err = a.told(n, err); err != nil {
					return chat.Reply{}, err
				}
			}
			lines = append(lines, line)
		}
		return text(strings.Join(lines, "\n"))
	}
}

// join signs the person up.
func (a activityCommands) join(c *Call, e errand) (chat.Reply, error) {
	if len(e.numbers) == 0 {
		return a.list(c, e)
	}
	return a.each(func(c *Call, n activity.Number) (string, error) {
		v, by, _, err := a.me(c)
		if err != nil {
			return "", err
		}
		done, err := a.Board.Join(c.Tx, n, v.ID, by)
		if err != nil {
			return "", err
		}
		return a.joined(c, done)
	})(c, e)
}

func (a activityCommands) joined(c *Call, done activity.Joined) (string, error) {
	l, err := a.Board.Get(c.Tx, done.Activity)
	if err != nil {
		return "", err
	}
	if !done.New {
		if done.Position, err = a.Board.Position(c.Tx, done.Signup); err != nil {
			return "", err
		}
	}
	return a.textJoined(c, l, done), nil
}

// coming lists the person's sign-ups that keep keeps, of what is not over.
func (a activityCommands) coming(c *Call, v activity.VolunteerID, keep func(activity.Mine) bool) ([]activity.Mine, error) {
	all, err := a.Board.Mine(c.Tx, v, false)
	return slices.DeleteFunc(all, func(m activity.Mine) bool { return !keep(m) }), err
}

// leave withdraws a sign-up.
func (a activityCommands) leave(c *Call, e errand) (chat.Reply, error) {
	v, by, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(e.numbers) == 0 {
		now := a.Board.Now(c.Tx)
		some, err := a.coming(c, v.ID, func(m activity.Mine) bool {
			return m.Activity.State == activity.StatePublished && now.Before(m.Activity.Start)
		})
		if err != nil || len(some) != 1 {
			return a.which(c, some, "取消报名 %s", textNothingToLeave, err)
		}
		e.numbers = []activity.Number{some[0].Activity.Number}
	}
	return a.each(func(c *Call, n activity.Number) (string, error) {
		if _, err := a.Board.Leave(c.Tx, n, v.ID, by); err != nil {
			return "", err
		}
		l, err := a.Board.Get(c.Tx, n)
		return textLeft(l), err
	})(c, e)
}

// soon lists the person's sign-ups that have not ended, or the one of the number.
func (a activityCommands) soon(c *Call, e errand) ([]activity.Mine, error) {
	v, _, _, err := a.me(c)
	if err != nil {
		return nil, err
	}
	now := a.Board.Now(c.Tx)
	return a.coming(c, v.ID, func(m activity.Mine) bool {
		return m.Activity.StateAt(now) == activity.StatePublished && (len(e.numbers) == 0 || slices.Contains(e.numbers, m.Activity.Number))
	})
}

// absent tells who cannot come how to give the place up: to do it takes the number.
func (a activityCommands) absent(c *Call, e errand) (chat.Reply, error) {
	return a.eachSoon(c, e, a.textAbsent)
}

// late tells who comes late until when that is well.
func (a activityCommands) late(c *Call, e errand) (chat.Reply, error) {
	return a.eachSoon(c, e, a.textLate)
}

// swap tells that nobody changes a place for one on the waiting list.
func (a activityCommands) swap(c *Call, e errand) (chat.Reply, error) {
	return a.eachSoon(c, e, a.textSwap)
}

func (a activityCommands) eachSoon(c *Call, e errand, tell func(*Call, activity.Mine) string) (chat.Reply, error) {
	some, err := a.soon(c, e)
	if err != nil || len(some) == 0 {
		return chat.Reply{Text: textNoSignups}, err
	}
	var lines []string
	for _, m := range some[:min(len(some), shownActivities)] {
		lines = append(lines, tell(c, m))
	}
	return text(strings.Join(lines, "\n"))
}

// exampleNumber is the activity of examples.
const exampleNumber activity.Number = 7

// missed tells who was not checked in, or wants to check in for somebody, whose that is.
func (a activityCommands) missed(c *Call, e errand) (chat.Reply, error) {
	by, n := activity.ActorOf(c.Person), exampleNumber
	runs := by.Office || by.Unit != ""
	if len(e.numbers) > 0 {
		n = e.numbers[0]
		l, err := a.Board.Get(c.Tx, n)
		if err != nil {
			return a.refused(n, err)
		}
		runs = by.Runs(l.Unit)
	}
	if !runs {
		return text(textTickForbidden(n))
	}
	return text(textHowTo("替签 %s 张三、李四 9:05", n))
}

// which asks which of several sign-ups is meant, or says that there is none.
func (a activityCommands) which(c *Call, some []activity.Mine, say, none string, err error) (chat.Reply, error) {
	if err != nil || len(some) == 0 {
		return chat.Reply{Text: none}, err
	}
	lines := []string{textWhichActivity(len(some))}
	for _, m := range some[:min(len(some), shownActivities)] {
		lines = append(lines, bullet+m.Activity.Heading()+column(m.Activity.When(a.Board.Now(c.Tx))))
	}
	return text(strings.Join(append(lines, textForExample(say, some[0].Activity.Number)), "\n"))
}

// mine lists the person's sign-ups.
func (a activityCommands) mine(c *Call, _ errand) (chat.Reply, error) {
	v, _, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	now := a.Board.Now(c.Tx)
	some, err := a.coming(c, v.ID, func(m activity.Mine) bool { return m.Activity.StateAt(now) == activity.StatePublished })
	if err != nil || len(some) == 0 {
		return chat.Reply{Text: textNoSignups}, err
	}
	var lines []string
	for _, m := range some {
		lines = append(lines, m.Activity.Heading()+column(m.Activity.When(now))+column(a.textMine(m)))
	}
	return paged(c, textSignups(len(some)), lines, shownActivities)
}

// year reads which year is meant: 0 for all.
func (a activityCommands) year(c *Call, word string) int {
	now := a.Board.Now(c.Tx).Year()
	switch word {
	case "":
		return 0
	case "今", "本":
		return now
	case "去":
		return now - 1
	case "前":
		return now - 2
	}
	return numeral(word)
}

// shownStints is how many of somebody's activities one reply shows.
const shownStints = 15

// hours shows what the person has served.
func (a activityCommands) hours(c *Call, e errand) (chat.Reply, error) {
	v, _, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	year := a.year(c, e.words)
	h, err := a.Board.HoursOf(c.Tx, v.ID, year)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(h.Stints) == 0 {
		return text(textNoHours(year))
	}
	var lines []string
	for _, s := range slices.Backward(h.Stints) {
		lines = append(lines, textStint(s))
	}
	return paged(c, textHours(year, h), lines, shownStints)
}

// dispute raises a dispute about the person's own hours.
func (a activityCommands) dispute(c *Call, e errand) (chat.Reply, error) {
	v, by, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(e.numbers) == 0 {
		return a.whichStint(c, v)
	}
	n, why := e.numbers[0], reasonOf(e.words)
	if why == "" {
		return text(textHowToDispute(n))
	}
	s, err := a.Board.Dispute(c.Tx, n, v.ID, why, by)
	var r *activity.Refusal
	if errors.As(err, &r) && r.Why == activity.WhyOpenDispute {
		return text(textStillDisputed(n, r.Until))
	}
	if err != nil {
		return a.refused(n, err)
	}
	l, err := a.Board.Get(c.Tx, n)
	return chat.Reply{Text: textDisputed(l, s)}, err
}

// whichStint asks which activity's hours are wrong.
func (a activityCommands) whichStint(c *Call, v activity.Volunteer) (chat.Reply, error) {
	h, err := a.Board.HoursOf(c.Tx, v.ID, 0)
	if err != nil || len(h.Stints) == 0 {
		return chat.Reply{Text: textNoHours(0)}, err
	}
	lines := []string{textWhichHours}
	for i, s := range slices.Backward(h.Stints) {
		if len(h.Stints)-i > shownActivities {
			break
		}
		lines = append(lines, textStint(s))
	}
	return text(strings.Join(append(lines, textHowToDispute(h.Stints[len(h.Stints)-1].Activity)), "\n"))
}

// shownMatches is how many activities are recommended.
const shownMatches = 5

// recommend lists what fits the person.
func (a activityCommands) recommend(c *Call, _ errand) (chat.Reply, error) {
	v, _, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	list, err := a.Board.Recommend(c.Tx, v.ID, shownMatches)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoMatch(v))
	}
	lines := []string{textMatches}
	for _, m := range list {
		lines = append(lines, a.line(c, m.Listing), "  "+strings.Join(m.Reasons, "；"))
	}
	return text(strings.Join(append(lines, textForExample("报名 %s", list[0].Number)), "\n"))
}

// certificate makes out a certificate of the person's hours.
func (a activityCommands) certificate(c *Call, e errand) (chat.Reply, error) {
	v, by, _, err := a.me(c)
	if err != nil {
		return chat.Reply{}, err
	}
	year := a.year(c, e.words)
	paper, err := a.Board.Issue(c.Tx, v.ID, year, nil, by)
	if err != nil {
		var r *activity.Refusal
		if errors.As(err, &r) && r.Why == activity.WhyNothing {
			return text(textNoHours(year))
		}
		return a.refused(0, err)
	}
	return text(textCertificate(paper, a.page(CertificatePath(paper.Code)), a.page(CheckPath(paper.Code))))
}

// dateOf is the day of a moment where it is.
func dateOf(t time.Time) calendar.Date { return calendar.Of(t) }
