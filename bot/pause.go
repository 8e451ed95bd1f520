package bot

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// How people say that notices are to stop, or to go on: 暂停推送, 别推了, 停一下市
// 教育局的提醒, 把提醒先停到周五. The groups are the verb, whose, what, and the rest.
const (
	stopVerb  = `(暂停|停止|暂缓|停发|停掉|停一下|停|关闭|关掉|不要|不用|别)(?:再|先|给|一下|发送|发|了)*`
	goOnVerb  = `(?:可以)?(恢复|继续|接着|开启|打开)(?:一下|再|发送|发|了)*`
	pushThing = `(?:发送?|推)?(推送|提醒|通知|推|发)(?:一下|了|吧|啦)*`
	pushWords = `(推送|提醒|通知)`
)

var (
	stopPattern   = regexp.MustCompile(polite + stopVerb + `\s*(.*?)\s*的?` + pushThing + `[\s:：,，]*(.*)$`)
	stopBehind    = regexp.MustCompile(polite + `(把|将|)(.*?)的?` + pushWords + `(?:都|先|也)*(?:暂停|停止|停发|停掉|停|关闭|关掉|关)(?:一下|了|吧|掉)*[\s:：,，]*(.*)$`)
	goOnPattern   = regexp.MustCompile(polite + goOnVerb + `\s*(.*?)\s*的?` + pushThing + `[\s:：,，]*(.*)$`)
	goOnShort     = regexp.MustCompile(`^(可以)()(推送|提醒|推|发)了()$`)
	pausesPattern = regexp.MustCompile(`^(?:推送状态|暂停了哪些|暂停列表|哪些暂停了|(?:现在)?推送停了(?:吗|没有?))[？?。]?$`)
	untilPattern  = regexp.MustCompile(`^(.*?)[\s,，]*(?:(?:一直|暂停|停)?(?:到|至|直到|截止到)\s*(.+?)(?:为止|再说|再发|再推)?|(` + daysWord + `))$`)
)

const daysWord = `(?:\d{1,3}|[一二两三四五六七八九十]{1,3})\s*(?:天|周|个?星期|个?礼拜)`

// pauseCommands stop and start pushes.
func (o orgCommands) pauseCommands() []Command {
	return []Command{
		{Name: "pause", Help: textHelpPause, Roles: office, Match: o.pushes(stopPattern, stopBehind), Sure: o.knowsScope, Words: []string{"暂停", "停止"}, Run: o.pause},
		{Name: "resume", Roles: office, Match: o.pushes(goOnPattern, goOnShort), Sure: o.knowsScope, Words: []string{"恢复"}, Run: o.resume},
		{Name: "pauses", Help: textHelpPauses, Roles: office, Match: whole(pausesPattern), Run: o.pauses},
	}
}

// pushes makes Match of the patterns. The arguments are whose pushes, and until
// when as it was said. Where that makes no sense, it is a wish only if it says
// 暂停, 恢复 or 把 and what: 停车场发展规划 is none.
func (o orgCommands) pushes(patterns ...*regexp.Regexp) func(string) ([]string, bool) {
	return func(text string) ([]string, bool) {
		text = strings.TrimRight(text, "。.!！ ")
		for _, p := range patterns {
			m, ok := wish(p)(text)
			if !ok {
				continue
			}
			args := scopeWords(m[1], m[3])
			plain := strings.Contains("暂停 恢复 把 将", m[0]) && m[0] != "" && strings.Contains("推送 提醒 通知", m[2])
			if plain || o.knowsScope(args) {
				return args, true
			}
		}
		return nil, false
	}
}

// scopeWords joins what was said before and behind the thing: whose, and until when.
func scopeWords(before, behind string) []string {
	until := ""
	for _, s := range []*string{&behind, &before} {
		if m := untilPattern.FindStringSubmatch(*s); m != nil && until == "" {
			*s, until = m[1], m[2]+m[3]
		}
	}
	whose := strings.Join(fields(before+" "+behind), "")
	return []string{strings.TrimSuffix(strings.TrimPrefix(whose, "给"), "的"), until}
}

// everything are the words for all units.
var everything = map[string]bool{"": true, "全部": true, "所有": true, "全部单位": true, "所有单位": true, "大家": true, "一切": true, "我": true, "我们": true}

// knowsScope reports whether the arguments name whose pushes are meant.
func (o orgCommands) knowsScope(args []string) bool {
	_, ok := o.resolve(args[0])
	return ok || everything[args[0]]
}

// scope reads the arguments; fault is what to say where they make no sense.
func (o orgCommands) scope(c *Call) (unit string, until time.Time, fault string) {
	whose, when := c.Args[0], c.Args[1]
	if when != "" {
		day, ok := dayOf(when, c.Tx.Now())
		if !ok {
			return "", until, textNoSuchDay(echo(when))
		}
		if until = day.AddDate(0, 0, 1); !until.After(c.Tx.Now()) { // to the end of that day
			return "", until, textPastDay(echo(when))
		}
	}
	if everything[whose] {
		return org.All, until, ""
	}
	unit, ok := o.resolve(whose)
	if !ok {
		return "", until, textNoSuchUnit(echo(whose))
	}
	return unit, until, ""
}

func (o orgCommands) pause(c *Call) (chat.Reply, error) {
	unit, until, fault := o.scope(c)
	if fault != "" {
		return text(fault)
	}
	if err := org.SetPause(c.Tx, unit, c.Person.ID, until); err != nil {
		return told(err)
	}
	return text(org.Pause{Unit: unit, At: c.Tx.Now(), Until: until}.String() + textPauseHint(unit, until))
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
// of our own accord, never an answer, its correction or a withdrawal, unless it comes out of a
// restored backup.
func Held(r store.Reader, rec outbox.Record) (bool, error) {
	p, held, err := org.Paused(r, rec.Unit)
	if err != nil {
		return false, fmt.Errorf("pauses: %w", err)
	}
	if rec.Kind == outbox.KindReply || rec.Kind == kindNotice || rec.Kind == KindCorrection || rec.Kind == task.KindWithdraw {
		return held && p.Restored && rec.Put.Before(p.At), nil
	}
	return held, nil
}
