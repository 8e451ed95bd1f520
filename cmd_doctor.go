package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/config"
)

var doctorCommand = command{
	name:    "doctor",
	summary: "检查配置、凭据、数据库和平台，说出到哪里去改",
	usage: `用法：xietiao doctor [-config 文件] [-data 文件夹]

逐项检查，一行一项：好的打 ✓，有问题的打 ✗ 并说到管理后台的哪一页去改，没有配的打 －。
会用凭据向企业微信、钉钉要一次令牌，不发任何消息。服务开着也能检查。
全好以 0 退出，有问题以 1 退出。
`,
	run: runDoctor,
}

// check is one thing that doctor looks at. It says how it is, or what is wrong
// and where to mend it.
type check struct {
	name string
	run  func(ctx context.Context) (state string, fault string)
}

// checkTimeout bounds one check.
const checkTimeout = 12 * time.Second

// clockSlack is how far the clock may be off: signatures are good for ten
// minutes, and both sides may be off.
const clockSlack = 2 * time.Minute

func runDoctor(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("doctor", flag.ContinueOnError)
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		printf(c.stdout, "✗ 配置：%v\n", err)
		return exitFailed
	}
	checks, done := diagnoses(ctx, cfg)
	defer done()
	bad := 0
	for _, ch := range checks {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		state, fault := ch.run(ctx)
		cancel()
		switch {
		case fault != "":
			bad++
			printf(c.stdout, "✗ %s：%s\n", ch.name, fault)
		case state == "":
			printf(c.stdout, "－ %s：没有配置\n", ch.name)
		default:
			printf(c.stdout, "✓ %s：%s\n", ch.name, state)
		}
	}
	if bad > 0 {
		printf(c.stdout, "有 %d 项要改\n", bad)
		return exitFailed
	}
	return exitDone
}

// diagnoses lists the checks for the settings; done gives back what they use.
func diagnoses(ctx context.Context, cfg config.Config) ([]check, func()) {
	var s *store.Store
	var cleanups []func()
	done := func() {
		for i := len(cleanups) - 1; i >= 0; i-- {
			cleanups[i]()
		}
	}
	checks := []check{
		{"配置", func(context.Context) (string, string) { return "读得懂", "" }},
		{"数据文件夹", func(context.Context) (string, string) { return checkFolder(cfg.Data) }},
	}
	running := serviceAnswers(ctx, cfg)
	checks = append(checks, check{"数据库", func(ctx context.Context) (string, string) {
		if running && cfg.Redis.Reveal() == "" {
			return "服务正开着，它在用 " + filepath.Join(cfg.Data, storeFile), ""
		}
		if cfg.Redis.Reveal() == "" {
			if _, err := os.Stat(filepath.Join(cfg.Data, storeFile)); errors.Is(err, os.ErrNotExist) {
				return "还没有，启动服务时会建", ""
			}
		}
		var err error
		if s, err = openStore(ctx, cfg, clockOf(cfg)); err != nil {
			return "", err.Error()
		}
		cleanups = append(cleanups, func() { _ = s.Close() }) // read only
		p, err := openPeople(ctx, cfg, s)
		if err != nil {
			return "", err.Error()
		}
		return describePeople(ctx, s, p)
	}})
	checks = append(checks, check{"方案", func(ctx context.Context) (string, string) {
		plans, _, err := readPlans(ctx, cfg.Plans, &progress{})
		if err != nil {
			return "", err.Error()
		}
		if len(cfg.Plans) == 0 {
			return "配置里没有写，用导入的；没有导入就用样例", ""
		}
		return titles(plans), ""
	}})
	l, err := connect(cfg, chat.NewMemory(nil), noRobots{}, "doctor", slog.New(slog.DiscardHandler))
	if err != nil {
		return append(checks, check{"平台", func(context.Context) (string, string) { return "", err.Error() }}), done
	}
	if cfg.WeCom.Secret != "" || cfg.DingTalk.ClientID != "" {
		base := cfg.WeCom.APIBase
		if cfg.WeCom.Secret == "" {
			base = cfg.DingTalk.APIBase
		}
		checks = append(checks, check{"时钟", func(ctx context.Context) (string, string) { return checkClock(ctx, base) }})
	}
	checks = append(checks, l.checks...)
	checks = append(checks, check{"企业微信自建应用收消息", func(context.Context) (string, string) {
		if cfg.WeCom.Token == "" {
			return "", ""
		}
		return "管理后台 → 应用管理 → 本应用 → 接收消息，URL 填 " + publicAddress(cfg, pathWeCom), ""
	}})
	checks = append(checks, check{"企业微信智能机器人", func(context.Context) (string, string) { return describeBot(cfg) }})
	return checks, done
}

// noRobots knows no group robot.
type noRobots struct{}

func (noRobots) Robot(context.Context, string) (chat.Robot, error) {
	return chat.Robot{}, chat.ErrConfig
}

func checkFolder(data string) (string, string) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", folderFault(data, err).Error()
	}
	f, err := os.CreateTemp(data, ".doctor-*")
	if err != nil {
		return "", folderFault(data, err).Error()
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return "", folderFault(data, err).Error()
	}
	return data + " 可写", ""
}

// serviceAnswers says whether a service has the data folder open.
func serviceAnswers(ctx context.Context, cfg config.Config) bool {
	r, err := dialOperator(ctx, cfg.Data)
	if err != nil {
		return false
	}
	_ = r.Close() // it was only to see
	return true
}

func describePeople(ctx context.Context, s *store.Store, p *people) (string, string) {
	var all []org.Person
	var offices, robots int
	err := s.View(ctx, func(r store.Reader) (err error) {
		if all, err = org.People(r); err != nil {
			return err
		}
		list, err := org.Offices(r)
		if err != nil {
			return err
		}
		offices = 0
		for _, o := range list {
			if len(o.IDs) > 0 {
				offices++
			}
		}
		groups, err := org.GroupRobots(r, "")
		robots = len(groups)
		return err
	})
	if err != nil {
		return "", storeText(err)
	}
	state := fmt.Sprintf("可用，花名册 %d 人，群机器人 %d 个", len(all), robots)
	if len(all) > 0 && offices == 0 {
		return "", state + "；但" + org.Tell(org.ErrNoOffice)
	}
	return state, ""
}

func storeText(err error) string { return fmt.Sprintf("读不了：%v", err) }

// checkClock compares our clock with a platform's.
func checkClock(ctx context.Context, base string) (string, string) {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, base, nil)
	if err != nil {
		return "", "地址 " + base + " 不对"
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		var ne net.Error
		if errors.As(err, &ne) && ne.Timeout() {
			return "", "连 " + base + " 超时：请检查这台机器能不能上网、要不要代理"
		}
		return "", "连不上 " + base + "：请检查这台机器能不能上网、要不要代理"
	}
	defer func() { _ = res.Body.Close() }() // empty
	theirs, err := http.ParseTime(res.Header.Get("Date"))
	if err != nil {
		return "对方没有报时，没有比对", ""
	}
	off := time.Since(theirs).Round(time.Second)
	if off.Abs() > clockSlack {
		return "", fmt.Sprintf("和平台差 %s，签名会被拒绝：请打开系统的时间同步（NTP）", off)
	}
	return fmt.Sprintf("和平台差 %s", off), ""
}

func wecomCheck(api *wecom.API) check {
	return check{"企业微信自建应用", func(ctx context.Context) (string, string) {
		agent, err := api.Check(ctx)
		if err != nil {
			return "", platformFault(err, wecomCode(err), wecom.Advice) + wecomSource(err)
		}
		if agent.Closed {
			return "", wecom.Advice("50003")
		}
		return "凭据可用，应用名“" + chat.Plain(agent.Name) + "”", ""
	}}
}

func wecomCode(err error) string {
	var e *wecom.Error
	if errors.As(err, &e) {
		return e.Outcome.Code()
	}
	return ""
}

// wecomSource names this machine's address where WeCom does not trust it.
func wecomSource(err error) string {
	var e *wecom.Error
	if errors.As(err, &e) && e.Source != "" {
		return "，本机的出口 IP 是 " + e.Source
	}
	return ""
}

func dingtalkCheck(api *dingtalk.API) check {
	return check{"钉钉应用", func(ctx context.Context) (string, string) {
		err := api.Check(ctx)
		if err == nil {
			return "凭据可用", ""
		}
		var r *dingtalk.Refusal
		code := ""
		if errors.As(err, &r) {
			code = r.Code
		}
		return "", platformFault(err, code, dingtalk.Advice)
	}}
}

// platformFault words what a platform said.
func platformFault(err error, code string, advice func(string) string) string {
	if a := advice(code); a != "" {
		return a + "（" + code + "）"
	}
	return fmt.Sprintf("没有通过：%v", err)
}

// publicAddress is what to type into a console.
func publicAddress(cfg config.Config, path string) string {
	if cfg.PublicURL == "" {
		return "https://你的域名" + path + "（并把 public_url 写进配置）"
	}
	return strings.TrimRight(cfg.PublicURL, "/") + path
}

func describeBot(cfg config.Config) (string, string) {
	b := cfg.WeCom.AIBot
	switch {
	case b.Mode == "ws" && b.ID != "" && b.Secret != "":
		return "长连接，启动服务后看 /readyz 里有没有 wecom.aibot", ""
	case b.Mode == "http" && b.Token != "":
		return "回调，管理后台 → 智能机器人 → API 模式，URL 填 " + publicAddress(cfg, pathAIBot), ""
	}
	return "", ""
}
