package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/config"
	"xietiao/handlers"
)

// Addresses that platforms call.
const (
	pathWeCom    = "/wecom/callback"
	pathAIBot    = "/wecom/aibot"
	pathDingTalk = "/dingtalk/callback"
)

// lines are the ways to and from the platforms that the settings name.
type lines struct {
	hooks     []handlers.Hook
	listeners []chat.Listener
	pushers   map[chat.Via]chat.Pusher
	webs      []chat.Web
	checks    []check // for doctor
	time      programTime
	client    *chat.Client
}

// connect builds a client for each platform that the settings name. It opens no
// connection. holder is this instance's own name.
func connect(cfg config.Config, state chat.State, robots chat.Robots, pt programTime, holder string, log *slog.Logger) (*lines, error) {
	l := &lines{pushers: map[chat.Via]chat.Pusher{}, time: pt, client: chat.NewClient(pt.transport())}
	for _, part := range []func(config.Config, chat.State, chat.Robots, string, *slog.Logger) error{
		l.wecomApp, l.wecomBot, l.dingtalk, l.robots,
	} {
		if err := part(cfg, state, robots, holder, log); err != nil {
			return nil, fmt.Errorf("配置里的平台凭据用不了：%w", err)
		}
	}
	return l, nil
}

// wecomApp is the self-built app: its callback, and messages to persons.
func (l *lines) wecomApp(cfg config.Config, state chat.State, _ chat.Robots, _ string, _ *slog.Logger) error {
	w := cfg.WeCom
	if w.Token != "" && w.AESKey != "" && w.CorpID != "" {
		agent := ""
		if w.AgentID != 0 {
			agent = strconv.Itoa(w.AgentID)
		}
		app, err := wecom.NewApp(wecom.Options{
			Token: w.Token.Reveal(), AESKey: w.AESKey.Reveal(), CorpID: w.CorpID, AgentID: agent,
			Guard: chat.NewGuard(state, wecom.Remember),
		})
		if err != nil {
			return err
		}
		l.hooks = append(l.hooks, handlers.Hook{Path: pathWeCom, Channel: app})
	}
	if w.Secret == "" {
		l.checks = append(l.checks, unset(checkWeCom))
		return nil
	}
	api, err := wecom.NewAPI(wecom.APIOptions{
		CorpID: w.CorpID, Secret: w.Secret.Reveal(), AgentID: w.AgentID, Base: w.APIBase, State: state, Client: l.client,
	})
	if err != nil {
		return err
	}
	l.pushers[wecom.ViaApp] = wecom.NewAppPusher(api, wecom.AppOptions{
		PerMinute: cfg.Limits.WeComMemberPerMinute, PerHour: cfg.Limits.WeComMemberPerHour,
		Answers: w.Token != "" && w.AESKey != "",
	})
	l.webs = append(l.webs, api)
	l.checks = append(l.checks, wecomCheck(api))
	return nil
}

// wecomBot is the AI bot, by its long connection or by callbacks.
func (l *lines) wecomBot(cfg config.Config, state chat.State, _ chat.Robots, holder string, log *slog.Logger) error {
	b := cfg.WeCom.AIBot
	if b.Mode == "ws" {
		if b.ID == "" || b.Secret == "" {
			return nil
		}
		conn, err := wecom.NewConn(wecom.ConnOptions{
			BotID: b.ID, Secret: b.Secret.Reveal(), BotName: b.Name, Base: cfg.WeCom.WSBase, State: state, Owner: holder,
			Transport: l.time.transport(), Clock: l.time.frames(), PerMinute: cfg.Limits.AIBotPerMinute, PerHour: cfg.Limits.AIBotPerHour, Logger: log,
		})
		if err != nil {
			return err
		}
		l.listeners = append(l.listeners, conn)
		l.pushers[wecom.ViaAIBot] = conn
		return nil
	}
	if b.Token == "" || b.AESKey == "" {
		return nil
	}
	channel, err := wecom.NewAIBot(wecom.Options{
		Token: b.Token.Reveal(), AESKey: b.AESKey.Reveal(), BotID: b.ID, BotName: b.Name, APIBase: cfg.WeCom.APIBase,
		Guard: chat.NewGuard(state, wecom.Remember),
	})
	if err != nil {
		return err
	}
	responder, err := wecom.NewResponder(wecom.ResponderOptions{
		Base: cfg.WeCom.APIBase, Client: l.client, PerMinute: cfg.Limits.AIBotPerMinute, PerHour: cfg.Limits.AIBotPerHour,
	})
	if err != nil {
		return err
	}
	l.hooks = append(l.hooks, handlers.Hook{Path: pathAIBot, Channel: channel})
	l.pushers[wecom.ViaAIBot] = responder
	return nil
}

// dingtalk is the app robot, by Stream or by callbacks.
func (l *lines) dingtalk(cfg config.Config, state chat.State, _ chat.Robots, _ string, log *slog.Logger) error {
	d := cfg.DingTalk
	if d.ClientID == "" || d.ClientSecret == "" {
		l.checks = append(l.checks, unset(checkDingTalk))
		return nil
	}
	secret := chat.Link(d.ClientSecret.Reveal())
	bases := []string{d.OAPIBase, d.APIBase}
	api, err := dingtalk.NewAPI(dingtalk.APIOptions{ClientID: d.ClientID, Secret: secret, Base: d.APIBase, OldBase: d.OAPIBase, Client: l.client, State: state})
	if err != nil {
		return err
	}
	pusher, err := dingtalk.NewPusher(api, dingtalk.PusherOptions{RobotCode: d.RobotCode, Bases: bases, PerMinute: cfg.Limits.DingTalkRobotPerMinute})
	if err != nil {
		return err
	}
	l.pushers[dingtalk.ViaRobot] = pusher
	l.checks = append(l.checks, dingtalkCheck(api))
	if d.CorpID != "" {
		agent := ""
		if d.AgentID != 0 {
			agent = strconv.Itoa(d.AgentID)
		}
		web, err := dingtalk.NewWeb(api, dingtalk.WebOptions{CorpID: d.CorpID, AgentID: agent, SHA1: d.JSAPIHash == "sha1"})
		if err != nil {
			return err
		}
		l.webs = append(l.webs, web)
	}
	if d.Mode == "stream" {
		stream, err := dingtalk.NewStream(dingtalk.StreamOptions{
			ClientID: d.ClientID, Secret: secret, RobotCode: d.RobotCode, Base: d.APIBase, Bases: bases, Transport: l.time.transport(), Log: log,
		})
		if err != nil {
			return err
		}
		l.listeners = append(l.listeners, stream)
		return nil
	}
	robot, err := dingtalk.NewRobot(dingtalk.Options{
		Secret: d.ClientSecret.Reveal(), RobotCode: d.RobotCode, AESKey: d.AESKey.Reveal(), Bases: bases,
		Guard: chat.NewGuard(state, dingtalk.Remember),
	})
	if err != nil {
		return err
	}
	l.hooks = append(l.hooks, handlers.Hook{Path: pathDingTalk, Channel: robot})
	return nil
}

// robots are the group robots of both platforms, which are imported later.
func (l *lines) robots(cfg config.Config, _ chat.State, robots chat.Robots, _ string, _ *slog.Logger) error {
	w, err := wecom.NewWebhook(wecom.WebhookOptions{
		Robots: robots, Base: cfg.WeCom.APIBase, Client: l.client, PerMinute: cfg.Limits.WeComRobotPerMinute,
	})
	if err != nil {
		return err
	}
	d, err := dingtalk.NewWebhook(dingtalk.WebhookOptions{
		Robots: robots, Bases: []string{cfg.DingTalk.OAPIBase}, Client: l.client, PerMinute: cfg.Limits.DingTalkRobotPerMinute,
	})
	if err != nil {
		return err
	}
	l.pushers[wecom.ViaWebhook], l.pushers[dingtalk.ViaWebhook] = w, d
	return nil
}

// routesOf says by which channel a person is reached on each platform: by the
// AI bot where it can begin a talk, else by the app.
func routesOf(cfg config.Config) org.Routes {
	routes := org.Routes{}
	switch b := cfg.WeCom.AIBot; {
	case cfg.WeCom.Secret != "":
		routes[chat.WeCom] = chat.Address{Via: wecom.ViaApp}
	case b.Mode == "ws" && b.ID != "":
		routes[chat.WeCom] = chat.Address{Via: wecom.ViaAIBot, Robot: b.ID}
	}
	if cfg.DingTalk.ClientID != "" {
		routes[chat.DingTalk] = chat.Address{Via: dingtalk.ViaRobot, Robot: cfg.DingTalk.RobotCode}
	}
	return routes
}

// originsOf are where group robots' addresses may lie.
func originsOf(cfg config.Config) org.Origins {
	return org.Origins{
		chat.WeCom:    {config.Default().WeCom.APIBase, cfg.WeCom.APIBase},
		chat.DingTalk: {config.Default().DingTalk.OAPIBase, cfg.DingTalk.OAPIBase},
	}
}

// outcomeOf is how the notice stands, or how the last try went.
func outcomeOf(rec outbox.Record) string {
	if rec.State.Ended() || len(rec.Attempts) == 0 {
		return string(rec.State)
	}
	return strings.ToLower(string(rec.Attempts[len(rec.Attempts)-1].Verdict))
}
