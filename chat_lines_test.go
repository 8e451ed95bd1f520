package main

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xietiao/bot/chat/chattest"
	"xietiao/config"
)

// Credentials of the consoles. Each is known by CANARY, which may be seen
// nowhere.
const (
	chatCorp      = "ww0123456789abcdef"
	chatAgent     = 1000002
	chatBot       = "aib0123456789"
	chatBotName   = "协调助手"
	chatClient    = "dingabcdef"
	chatAppSecret = "CANARY-app-secret-0001"
	chatToken     = "CANARYtoken0002"
	chatAESKey    = "CANARYappKey0003AAAAAAAAAAAAAAAAAAAAAAAAAAA"
	chatBotSecret = "CANARY-bot-secret-0004"
	chatBotToken  = "CANARYbotToken0005"
	chatBotAESKey = "CANARYbotKey0006AAAAAAAAAAAAAAAAAAAAAAAAAAA"
	chatDing      = "CANARY-ding-secret-0007"
	chatDingAES   = "CANARYdingKey0008AAAAAAAAAAAAAAAAAAAAAAAAAA"
	chatSecretKey = "CANARY-secret-key-0009"
	chatRobotKey  = "CANARY-robot-key-0010"
	chatDingRobot = "CANARY-ding-robot-0011"
	chatDingSign  = "SECCANARY0012aaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	chatPhone     = "13800138013"
)

var chatSecrets = []string{"CANARY", chatPhone}

// lineMakers are the channels by name.
var lineMakers = map[string]func(*testing.T, *clock) line{
	"WeCom app":          newAppLine,
	"AI bot by callback": newBotLine,
	"AI bot by WS":       newSocketLine,
	"DingTalk Stream":    func(t *testing.T, c *clock) line { return newDingLine(t, c, "stream") },
	"DingTalk HTTP":      func(t *testing.T, c *clock) line { return newDingLine(t, c, "http") },
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// calls are callbacks by the id of their message, so that a message can be
// delivered again as it was, signature and all.
type calls struct {
	mu  sync.Mutex // guards all
	all map[string]chattest.WeComCall
}

func (c *calls) of(id string, make func() chattest.WeComCall) chattest.WeComCall {
	c.mu.Lock()
	defer c.mu.Unlock()
	if call, ok := c.all[id]; ok {
		return call
	}
	call := make()
	if id != "" {
		c.all[id] = call
	}
	return call
}

// hookLine is what lines share whose platform is WeCom and which are called.
type hookLine struct {
	t      *testing.T
	wecom  *chattest.WeCom
	caller chattest.WeComCaller
	path   string
	made   calls
}

func newHookLine(t *testing.T, c *clock, path string) *hookLine {
	l := &hookLine{t: t, path: path, made: calls{all: map[string]chattest.WeComCall{}}}
	l.wecom = chattest.NewWeCom(chattest.WeComOptions{
		CorpID: chatCorp, Secret: chatAppSecret, AgentID: chatAgent, Robots: []string{chatRobotKey}, Now: c.now,
	})
	t.Cleanup(l.wecom.Close)
	return l
}

func (l *hookLine) settings(c *config.Config) {
	c.WeCom.CorpID, c.WeCom.AgentID, c.WeCom.Secret, c.WeCom.APIBase = chatCorp, chatAgent, chatAppSecret, l.wecom.URL()
}

func (l *hookLine) up(o *office) {
	l.caller.URL = strings.TrimRight(o.base, "/") + l.path
	if err := l.caller.Check(l.t.Context()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *hookLine) faults() []string { return l.wecom.Violations() }

// post delivers a callback and returns what is shown, nothing if the bot cannot
// be had.
func (l *hookLine) post(call chattest.WeComCall, s said) []shown {
	at := l.caller.URL
	if s.base != "" {
		at = strings.TrimRight(s.base, "/") + l.path
	}
	caller := chattest.WeComCaller{URL: at, Token: l.caller.Token, AESKey: l.caller.AESKey, CorpID: l.caller.CorpID, AgentID: l.caller.AgentID, BotID: l.caller.BotID}
	var all []shown
	for _, a := range caller.Flood(context.Background(), call, max(1, s.copies)) {
		if a.Err != nil && a.Status != http.StatusServiceUnavailable {
			l.t.Errorf("%q: %v", s.text, a.Err)
		}
		if a.Text != "" {
			all = append(all, shown{readable(a.Text), a.Feedback})
		}
	}
	return all
}

func (l *hookLine) pushed(where string) (all []shown) {
	for _, d := range l.wecom.Delivered() {
		if d.To == where {
			all = append(all, shown{readable(d.Text), d.Feedback})
		}
	}
	return all
}

// appLine is the self-built app.
type appLine struct {
	*hookLine
	entered *atomic.Int64 // how often
}

func newAppLine(t *testing.T, c *clock) line {
	l := newHookLine(t, c, pathWeCom)
	l.caller.Token, l.caller.AESKey, l.caller.CorpID, l.caller.AgentID = chatToken, chatAESKey, chatCorp, chatAgent
	return appLine{l, new(atomic.Int64)}
}

func (appLine) able() able {
	return able{enter: true, buttons: true, answers: true, repeats: true, perMinute: 30}
}

func (l appLine) settings(c *config.Config) {
	l.hookLine.settings(c)
	c.WeCom.Token, c.WeCom.AESKey = chatToken, chatAESKey
}

func (l appLine) send(s said) []shown {
	return l.post(l.made.of(s.id, func() chattest.WeComCall { return l.caller.Text(s.user, s.text) }), s)
}

// enter happens in another second each time: an event has no id, and the same
// one in the same second is a second delivery.
func (l appLine) enter(user string) []shown {
	later := time.Duration(l.entered.Add(1)) * time.Second
	caller := chattest.WeComCaller{
		Token: chatToken, AESKey: chatAESKey, CorpID: chatCorp, AgentID: chatAgent,
		Now: func() time.Time { return time.Now().Add(later) },
	}
	return l.post(caller.Event(user, "enter_agent", ""), said{user: user})
}

func (l appLine) rate(said, string, int) { l.t.Error("an app has no ratings") }

func (l appLine) press(user, button string) string {
	l.t.Helper()
	for _, d := range slices.Backward(l.wecom.Delivered()) {
		if d.To != user || d.Card == nil {
			continue
		}
		for _, b := range d.Card.Buttons {
			if b.Text == button {
				return joined(l.post(l.caller.Press(user, d.Card.TaskID, b.Key, l.wecom.CardCode(user)), said{user: user}))
			}
		}
	}
	l.t.Errorf("%s has no button %s", user, button)
	return ""
}

func joined(all []shown) string {
	var texts []string
	for _, m := range all {
		texts = append(texts, m.text)
	}
	return strings.Join(texts, "\n")
}

// botLine is the AI bot in callback mode, beside an app for what it cannot
// begin.
type botLine struct{ *hookLine }

func newBotLine(t *testing.T, c *clock) line {
	l := newHookLine(t, c, pathAIBot)
	l.caller.Token, l.caller.AESKey, l.caller.BotID = chatBotToken, chatBotAESKey, chatBot
	return botLine{l}
}

func (botLine) able() able {
	return able{groups: true, enter: true, rates: true, answers: true, repeats: true, perMinute: 30}
}

func (l botLine) settings(c *config.Config) {
	l.hookLine.settings(c)
	b := &c.WeCom.AIBot
	b.Mode, b.ID, b.Name, b.Token, b.AESKey = "http", chatBot, chatBotName, chatBotToken, chatBotAESKey
}

func (l botLine) said(s said) chattest.WeComSaid {
	text := s.text
	if s.group != "" {
		text = "@" + chatBotName + " " + text
	}
	return chattest.WeComSaid{User: s.user, Chat: s.group, Text: text, Quote: s.quote, ID: s.id, ResponseURL: l.wecom.ResponseURL(s.where())}
}

func (l botLine) send(s said) []shown {
	return l.post(l.made.of(s.id, func() chattest.WeComCall { return l.caller.Say(l.said(s)) }), s)
}

func (l botLine) press(string, string) string {
	l.t.Error("the app beside it has no callback")
	return ""
}

func (l botLine) enter(user string) []shown {
	return l.post(l.caller.Enter(user), said{user: user})
}

func (l botLine) rate(s said, feedback string, rating int) {
	call := l.caller.Rate(chattest.WeComSaid{User: s.user, Chat: s.group, Text: s.text}, feedback, rating)
	if got := l.post(call, s); len(got) > 0 {
		l.t.Errorf("a rating is answered: %q", got)
	}
}

// socketLine is the AI bot by its long connection.
type socketLine struct {
	t    *testing.T
	bot  *chattest.AIBot
	base string

	mu     sync.Mutex // guards what follows
	office *office
	due    int // messages the service must have taken
}

func newSocketLine(t *testing.T, c *clock) line {
	l := &socketLine{t: t, bot: chattest.NewAIBot(chattest.AIBotOptions{ID: chatBot, Secret: chatBotSecret, Name: chatBotName, Now: c.now})}
	var stop func()
	l.base, stop = l.bot.Start()
	t.Cleanup(stop)
	return l
}

func (*socketLine) able() able {
	return able{groups: true, enter: true, rates: true, buttons: true, persists: true, perMinute: 30}
}

func (l *socketLine) settings(c *config.Config) {
	c.WeCom.WSBase = l.base
	b := &c.WeCom.AIBot
	b.Mode, b.ID, b.Secret, b.Name = "ws", chatBot, chatBotSecret, chatBotName
}

func (l *socketLine) up(o *office) {
	if err := l.bot.Await(l.t.Context(), l.bot.Connected); err != nil {
		l.t.Fatal(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.office, l.due = o, o.taken()
}

// taken waits until the service has taken one message more: the platform learns
// nothing of it.
func (l *socketLine) taken(deliver func() (string, error)) {
	l.mu.Lock()
	_, err := deliver()
	l.due++
	due, o := l.due, l.office
	l.mu.Unlock()
	if err != nil {
		l.t.Error(err)
		return
	}
	until(l.t, "the message is taken", func() bool { return o.taken() >= due })
}

func (l *socketLine) send(s said) []shown {
	l.taken(func() (string, error) {
		l.bot.Duplicate(max(1, s.copies) - 1)
		if s.quote != "" {
			return l.bot.Say(s.user, s.group, s.text, s.quote)
		}
		return l.bot.Say(s.user, s.group, s.text)
	})
	return nil
}

func (l *socketLine) enter(user string) []shown {
	before := len(l.pushed(user))
	l.taken(func() (string, error) { return l.bot.Enter(user) })
	l.office.settled()
	return l.pushed(user)[before:]
}

func (l *socketLine) rate(s said, feedback string, rating int) {
	l.taken(func() (string, error) { return l.bot.Feedback(s.user, s.group, feedback, rating, s.text) })
}

func (l *socketLine) press(user, button string) string {
	l.t.Helper()
	all := l.bot.In(user)
	for i, m := range slices.Backward(all) {
		if m.Card == nil {
			continue
		}
		for _, b := range m.Card.Buttons {
			if b[0] == button {
				l.taken(func() (string, error) { return l.bot.Press(user, "", m.Card.Task, b[1]) })
				l.office.settled()
				now := l.bot.In(user)
				if len(now) > len(all) {
					return joined(l.pushed(user)[len(all):])
				}
				return readable(onCard(now[i]))
			}
		}
	}
	l.t.Errorf("%s has no button %s", user, button)
	return ""
}

// onCard is what is read on a message and its card.
func onCard(m chattest.Shown) string {
	if m.Card == nil {
		return m.Text
	}
	lines := []string{m.Text, m.Card.Title, m.Card.Text}
	for _, b := range m.Card.Buttons {
		lines = append(lines, "["+b[0]+"]")
	}
	return strings.Join(lines, "\n")
}

func (l *socketLine) pushed(where string) (all []shown) {
	for _, m := range l.bot.In(where) {
		all = append(all, shown{readable(onCard(m)), m.Feedback})
	}
	return all
}

func (l *socketLine) faults() []string { return l.bot.Violations() }

// dingLine is the app robot of DingTalk.
type dingLine struct {
	t    *testing.T
	ding *chattest.DingTalk
	mode string
	base string
}

func newDingLine(t *testing.T, c *clock, mode string) line {
	l := &dingLine{t: t, mode: mode, ding: chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: chatClient, Secret: chatDing, Now: c.now})}
	t.Cleanup(l.ding.Close)
	return l
}

func (l *dingLine) able() able {
	return able{groups: true, asides: true, repeats: true, persists: l.mode == "stream", perMinute: 15}
}

func (l *dingLine) settings(c *config.Config) {
	d := &c.DingTalk
	d.ClientID, d.ClientSecret, d.RobotCode, d.Mode, d.APIBase, d.OAPIBase = chatClient, chatDing, chatClient, l.mode, l.ding.URL(), l.ding.URL()
}

func (l *dingLine) up(o *office) {
	l.base = o.base
	if l.mode == "stream" {
		until(l.t, "the stream is connected", func() bool { return l.ding.Connections() > 0 })
	}
}

func (l *dingLine) send(s said) []shown {
	l.ding.AddUsers(s.user)
	if s.group != "" {
		l.ding.AddGroup(s.group, s.user)
	}
	m := chattest.DingTalkMessage{ID: s.id, Conversation: s.group, User: s.user, Text: s.text, Quote: s.quote, Unmentioned: s.aside}
	if l.mode == "stream" {
		l.ding.SetStream(chattest.DingTalkStream{Copies: s.copies, Redeliver: 1 << 20})
		if _, _, err := l.ding.Say(m).Wait(l.t.Context()); err != nil {
			l.t.Errorf("%q: %v", s.text, err)
		}
		return nil
	}
	base := l.base
	if s.base != "" {
		base = s.base
	}
	how := chattest.DingTalkPost{Copies: s.copies, Tries: 3, At: time.Now()}
	statuses, err := l.ding.Post(context.Background(), strings.TrimRight(base, "/")+pathDingTalk, m, how)
	for _, status := range statuses {
		if err != nil || status != http.StatusOK && status != http.StatusServiceUnavailable {
			l.t.Errorf("%q: status %d, %v", s.text, status, err)
		}
	}
	return nil
}

func (l *dingLine) press(string, string) string {
	l.t.Error("its cards have no buttons")
	return ""
}
func (l *dingLine) enter(string) []shown   { l.t.Error("DingTalk says nothing of it"); return nil }
func (l *dingLine) rate(said, string, int) { l.t.Error("DingTalk has no ratings") }

func (l *dingLine) pushed(where string) (all []shown) {
	for _, m := range l.ding.Delivered(where) {
		all = append(all, shown{text: readable(strings.Join(m.Lines(), "\n"))})
	}
	return all
}

func (l *dingLine) faults() []string { return l.ding.Complaints() }
