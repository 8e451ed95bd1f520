package main

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"xietiao/bot/activity"
	"xietiao/config"
	"xietiao/handlers/console"
	"xietiao/index/plan"
)

// machine tells the console how the service is, and how it is set.
type machine struct{ app *app }

var _ console.Machine = machine{}

// Findings are what doctor sees from within the service.
func (m machine) Findings(ctx context.Context, far bool) []console.Finding {
	a := m.app
	now := look{running: true, stored: true, given: func(context.Context) ([]*plan.Plan, error) { return a.shelf.given, nil }}
	now.st, now.unknown = a.operator.Standing(ctx)
	var checks []check
	for _, ch := range diagnoses(a.cfg, now) {
		if far || !ch.far {
			checks = append(checks, ch)
		}
	}
	list := make([]console.Finding, len(checks))
	var wg sync.WaitGroup
	for i, ch := range checks { // each asks another machine, or nobody
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, checkTimeout)
			defer cancel()
			state, fault := ch.run(ctx)
			list[i] = console.Finding{Name: ch.name, State: strings.TrimPrefix(state, unseen), Fault: fault, Sure: state != "" && !strings.HasPrefix(state, unseen), Page: ch.page}
		})
	}
	wg.Wait()
	return list
}

// Contents says what a backup would hold.
func (m machine) Contents(ctx context.Context) (string, error) {
	st, err := m.app.operator.Standing(ctx)
	return st.contents(), err
}

// Settings lists what is set, and by which name. Secrets are not told.
func (m machine) Settings() []console.Setting {
	cfg := m.app.cfg
	r := cfg.Remind
	days := func(list []int) string {
		if len(list) == 0 {
			return "不提醒"
		}
		return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(list), "[]")), "、")
	}
	return []console.Setting{
		{Name: "任务提醒的时段", Value: r.Hours + "，只在工作日", Key: "remind.hours"},
		{Name: "每天汇总提醒的时间", Value: r.Digest, Key: "remind.digest"},
		{Name: "期限前几个工作日提醒", Value: days(r.Offsets), Key: "remind.offsets"},
		{Name: "逾期以后隔几个工作日再提醒", Value: fmt.Sprint(r.OverdueEvery), Key: "remind.overdue_every"},
		{Name: "一个单位一天最多几条", Value: fmt.Sprint(r.DailyCap), Key: "remind.daily_cap"},
		{Name: "交办后第几个工作日催签收", Value: days(r.Sign), Key: "remind.sign"},
		{Name: "期限前几个工作日提醒配合单位", Value: days(r.Support), Key: "remind.support"},
		{Name: "逾期几个工作日起告知单位负责人", Value: fmt.Sprint(r.Head), Key: "remind.head"},
		{Name: "逾期几个工作日起告知办公室", Value: fmt.Sprint(r.Office), Key: "remind.office"},
		{Name: "每周的督办通报", Value: yesNo(r.Bulletin, "发", "不发"), Key: "remind.bulletin"},
		{Name: "活动通知的时段", Value: activity.DefaultRules.Hours.String() + "，哪天都可以"},
		{Name: "方案要第二个人发布", Value: yesNo(cfg.Review, "要", "不要"), Key: "review"},
		{Name: "提问的记录留几天", Value: fmt.Sprint(cfg.Retention.Questions), Key: "retention.questions"},
		{Name: "通知的台账留几天", Value: fmt.Sprint(cfg.Retention.Notices), Key: "retention.notices"},
		{Name: "聊天里接着问的上文留几天", Value: fmt.Sprint(cfg.Retention.Sessions), Key: "retention.sessions"},
		{Name: "对外的网址", Value: orUnset(cfg.PublicURL), Key: "public_url"},
		{Name: "监听的地址", Value: cfg.Listen, Key: "listen"},
		{Name: "数据文件夹", Value: cfg.Data, Key: "data"},
		{Name: "数据库", Value: yesNo(cfg.Redis.Reveal() == "", "数据文件夹里的文件", "Redis，空间 "+cfg.Space), Key: "redis"},
		{Name: "时区", Value: cfg.Timezone, Key: "timezone"},
		{Name: "企业微信自建应用", Value: isSet(cfg.WeCom.Secret), Key: "wecom.secret"},
		{Name: "企业微信智能机器人", Value: isSet(cfg.WeCom.AIBot.Secret, cfg.WeCom.AIBot.Token), Key: "wecom.aibot"},
		{Name: "钉钉应用", Value: isSet(cfg.DingTalk.ClientSecret), Key: "dingtalk.client_secret"},
	}
}

func yesNo(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func orUnset(s string) string { return yesNo(s == "", "没有配置", s) }

// isSet says whether one of the secrets is there, and no more.
func isSet(secrets ...config.Secret) string {
	for _, s := range secrets {
		if s.Reveal() != "" {
			return "已配置"
		}
	}
	return "没有配置"
}
