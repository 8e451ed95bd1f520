package bot

import (
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/zh"
)

// Ledger is what became of notices; *outbox.Box is one.
type Ledger interface {
	Look(r store.Reader, q outbox.Query, most int) (outbox.Page, error)
	Resend(tx *store.Tx, key string, after time.Time, by, why string) error
}

var _ Ledger = (*outbox.Box)(nil)

// noticeCommands are what the office may say about what was sent.
type noticeCommands struct{ taskCommands }

// listedBucket keeps which failed notices somebody of the office was shown, by the
// numbers that they had.
const listedBucket = "desk.failed"

const (
	failedFor   = 7 * 24 * time.Hour // for which a failed notice is spoken of
	failedMost  = 1000               // notices that may be failed ones or later ones
	failedLook  = 20_000             // and answers among which they stand
	failedShown = 10
	listedFor   = 24 * time.Hour
)

// The patterns read folded text.
var (
	noticeWord     = `(?:的|这条|那条|刚才|上一条|提醒|通知|消息|任务|信息|\s)*`
	withdrawFront  = regexp.MustCompile(wishHead + `(?:撤回|收回)` + soft + noticeWord + `(?:关于|对)?[\s:,、]*` + taskNumbers + noticeWord + thanks)
	withdrawBehind = regexp.MustCompile(`^(?:请|麻烦|把|将|关于|\s)*` + taskNumbers + noticeWord + wishMid + `(?:撤回|收回)` + soft + noticeWord + thanks)
	withdrawAlone  = regexp.MustCompile(wishHead + `(?:把|将)?` + noticeWord + `()撤回` + soft + noticeWord + thanks)
	failedPattern  = regexp.MustCompile(`^(?:请|查看?|看看?|列出|有|\s)*(?:哪些|什么)?(?:发送失败|没有?发成|没有?发出去?|发不出去?|失败)(?:的|了)?(?:通知|提醒|消息)?(?:列表|名单|有哪些)?[?。!]*$`)
	resendPattern  = regexp.MustCompile(wishHead + `(?:重发|重新发送?|再发)` + soft + `[\s:,第]*(全部|所有|(?:\d{1,4}[\s、,和及条号]*)+)?(?:失败)?(?:的)?(?:通知|提醒|消息)?` + thanks)
	callsPattern   = regexp.MustCompile(`^(?:请|查看?|看看?|列出|今天|\s)*(?:电话(?:通知|告知)?名单|要打电话的(?:单位|有哪些)?|(?:哪些单位|谁)要打电话)[?。!]*$`)
)

// commands are those of notices. Without a Ledger failed ones are not spoken of.
func (n noticeCommands) commands() []Command {
	all := []Command{
		{Name: "withdraw", Match: folded(withdrawFront, withdrawBehind, withdrawAlone), Run: n.withdraw},
		{Name: "calls", Help: textHelpCalls, Roles: office, Match: folded(callsPattern), Run: n.calls},
	}
	if n.Ledger == nil {
		return all
	}
	return append(all,
		Command{Name: "failed", Help: textHelpFailed, Roles: office, Match: folded(failedPattern), Run: n.failed},
		Command{Name: "resend", Roles: office, Match: folded(resendPattern), Run: n.resend})
}

// withdraw takes back what units were told of tasks: those that are named, or the
// message that is quoted.
func (n noticeCommands) withdraw(c *Call) (chat.Reply, error) {
	numbers, quoted := numbersOf(nil, c.Args[0]), ""
	switch {
	case !c.Known:
		return text(textUnknownPerson(n.example()))
	case !isOffice(c):
		return text(textWithdrawOffice)
	case len(numbers) == 0:
		if numbers, quoted = numbersIn(zh.Fold(c.Message.Quoted)), c.Message.Quoted; len(numbers) == 0 {
			return text(textWithdrawWhich)
		}
	}
	if quoted != "" {
		list, err := n.Board.Withdraw(c.Tx, numbers[0], quoted, task.ActorOf(c.Person))
		if !errors.Is(err, task.ErrNotTold) {
			return n.withdrawn(c, numbers[0], list, err)
		}
		if len(numbers) > 1 { // not as it was sent: which of its tasks?
			return text(textWithdrawWhich)
		}
	}
	var lines []string
	for _, number := range numbers {
		list, err := n.Board.Withdraw(c.Tx, number, "", task.ActorOf(c.Person))
		r, err := n.withdrawn(c, number, list, err)
		if err != nil {
			return r, err
		}
		lines = append(lines, r.Text)
	}
	return text(strings.Join(lines, "\n\n"))
}

// withdrawn says what was done in each place.
func (n noticeCommands) withdrawn(c *Call, number task.Number, list []task.Withdrawal, err error) (chat.Reply, error) {
	if said := task.Tell(err); said != "" {
		return text(number.String() + colon + said)
	}
	if err != nil {
		return chat.Reply{}, err
	}
	lines, busy := []string{textWithdrawn(number, list[0].At)}, false
	for _, w := range list {
		place, err := PlaceWords(c.Tx, w.To)
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, chat.Plain(w.Unit)+"（"+place+"）"+colon+WithdrawWord(w.State))
		busy = busy || w.State == task.WithdrawAsked || w.State == task.WithdrawCorrecting
	}
	if busy {
		lines = append(lines, textWithdrawHint(number))
	}
	return text(strings.Join(lines, "\n"))
}

// PlaceWords names where a notice goes: 企业微信群, 钉钉 张三.
func PlaceWords(r store.Reader, to chat.Address) (string, error) {
	platform := org.PlatformWord(to.Via.Platform())
	if to.Kind == chat.Group || to.User == "" {
		return platform + textGroup, nil
	}
	p, ok, err := org.ByUser(r, to.Via.Platform(), to.User)
	if err != nil || !ok {
		return platform, err
	}
	return platform + " " + chat.Plain(p.Name), nil
}

// calls lists whom to call up today. Numbers are for the office's own eyes.
func (n noticeCommands) calls(c *Call) (chat.Reply, error) {
	today := calendar.Of(n.now(c))
	list, err := n.Board.CallList(c.Tx, today)
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoCalls)
	}
	lines := []string{textCalls(today, len(list))}
	for _, call := range list {
		var who []string
		for _, p := range call.People {
			phone := p.Phone.String()
			if c.Message.Kind == chat.Direct {
				phone = p.Phone.Reveal()
			}
			who = append(who, strings.TrimSpace(chat.Plain(p.Name)+" "+phone))
		}
		lines = append(lines, textCall(call.Unit, who)+"\n"+strings.Join(call.Tell, "\n"))
	}
	return text(strings.Join(append(lines, textCallsPrint), "\n\n"))
}

// failed lists them with numbers, which are good for the person for a day.
func (n noticeCommands) failed(c *Call) (chat.Reply, error) {
	list, err := Failures(c.Tx, n.Ledger, n.now(c).Location())
	if err != nil {
		return chat.Reply{}, err
	}
	if len(list) == 0 {
		return text(textNoneFailed)
	}
	lines := []string{textFailedList(len(list))}
	var keys []string
	for i, rec := range list {
		keys = append(keys, rec.Key)
		if i >= failedShown {
			continue
		}
		place, err := PlaceWords(c.Tx, rec.Place())
		if err != nil {
			return chat.Reply{}, err
		}
		lines = append(lines, strconv.Itoa(i+1)+". "+textFailedOne(rec, rec.At.In(n.now(c).Location()), place, n.reason(rec)))
	}
	lines = append(lines, textFailedHint(len(list)-failedShown))
	return chat.Reply{Text: strings.Join(lines, "\n")}, putUntil(c.Tx, listedBucket, string(c.Person.ID), keys, c.Tx.Now().Add(listedFor))
}

// reason words why a notice failed, and what helps.
func (n noticeCommands) reason(rec outbox.Record) string {
	if why := outbox.Advice(rec.Code); why != "" {
		return why
	}
	if n.Advice != nil {
		if why := n.Advice(rec.Place().Via, rec.Code); why != "" {
			return why
		}
	}
	return textCode(rec.Code)
}

// resend lets failed notices start anew: those of the last list by their numbers, or
// all. What only goes out in working hours waits for them.
func (n noticeCommands) resend(c *Call) (chat.Reply, error) {
	keys, err := readJSON[[]string](c.Tx, listedBucket, string(c.Person.ID))
	if err != nil {
		return chat.Reply{}, err
	}
	list, err := Failures(c.Tx, n.Ledger, n.now(c).Location())
	if err != nil {
		return chat.Reply{}, err
	}
	said := anyNumber.FindAllString(c.Args[0], -1)
	if c.Args[0] != "" && len(said) == 0 { // all
		keys = nil
		for i, rec := range list {
			keys, said = append(keys, rec.Key), append(said, strconv.Itoa(i+1))
		}
	}
	if len(said) == 0 || len(keys) == 0 {
		return n.failed(c)
	}
	opens, err := n.Board.Opens(c.Tx, n.now(c))
	if err != nil {
		return chat.Reply{}, err
	}
	var lines []string
	sent := 0
	for _, word := range said {
		i, _ := strconv.Atoi(word)
		at := -1
		if i >= 1 && i <= len(keys) {
			at = slices.IndexFunc(list, func(rec outbox.Record) bool { return rec.Key == keys[i-1] })
		}
		if at < 0 {
			lines = append(lines, textNotFailed(word))
			continue
		}
		var after time.Time
		if WaitsForHours(list[at].Kind) {
			after = opens
		}
		if err := n.Ledger.Resend(c.Tx, list[at].Key, after, string(c.Person.ID), ""); err != nil {
			return chat.Reply{}, err
		}
		sent++
	}
	if sent > 0 {
		lines = append([]string{textResent(sent, opens, n.now(c))}, lines...)
	}
	return text(strings.Join(lines, "\n"))
}
