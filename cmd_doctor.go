package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"xietiao/bot/chart"
	"xietiao/bot/chat"
	"xietiao/bot/chat/dingtalk"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/config"
	"xietiao/handlers/console"
	"xietiao/index/plan"
)

var doctorCommand = command{
	name:    "doctor",
	summary: "检查配置、凭据、数据库和平台，说出到哪里去改",
	usage: `用法：xietiao doctor [-config 文件] [-data 文件夹]

逐项检查，一行一项：好的打 ✓，有问题的打 ✗ 并说到管理后台的哪一页去改，没有配的、现在看不出的打 －。
会用凭据向企业微信、钉钉要一次令牌，不发任何消息。服务开着也能检查。
全好以 0 退出，有问题以 1 退出。
`,
	run: runDoctor,
}

// check is one thing that doctor looks at. It says how it is, or what is wrong
// and where to mend it; neither: it is not set up. What only a running service
// can see is a state that begins with unseen.
type check struct {
	name string
	run  func(ctx context.Context) (state string, fault string)
	page string // of the console, on which it is mended; may be empty
	far  bool   // another machine is asked
}

// on says on which page of the console it is mended.
func (c check) on(page string) check {
	c.page = console.Path + page
	return c
}

// unseen begins a state that nobody has looked at.
const unseen = "－"

// unset is the check of what is not set up.
func unset(name string) check {
	return check{name: name, run: func(context.Context) (string, string) { return "", "" }}
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
	bad := 0
	for _, ch := range diagnoses(cfg, lookAround(ctx, cfg)) {
		ctx, cancel := context.WithTimeout(ctx, checkTimeout)
		state, fault := ch.run(ctx)
		cancel()
		switch {
		case fault != "":
			bad++
			printf(c.stdout, "✗ %s：%s\n", ch.name, fault)
		case state == "":
			printf(c.stdout, "%s %s：没有配置\n", unseen, ch.name)
		case strings.HasPrefix(state, unseen):
			printf(c.stdout, "%s %s：%s\n", unseen, ch.name, strings.TrimPrefix(state, unseen))
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

// look is how things are while they are checked.
type look struct {
	running bool // there is a service
	stored  bool // there is a store
	st      standing
	unknown error                                       // why nobody knows how the store is
	given   func(context.Context) ([]*plan.Plan, error) // the documents of the settings
}

// lookAround is the look of a command.
func lookAround(ctx context.Context, cfg config.Config) look {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	now := look{running: serviceAnswers(ctx, cfg), stored: hasStore(ctx, cfg), given: func(ctx context.Context) ([]*plan.Plan, error) {
		plans, _, err := givenPlans(ctx, cfg.Plans, &progress{})
		return plans, err
	}}
	if now.stored {
		now.st, now.unknown = standingNow(ctx, cfg)
	}
	return now
}

// diagnoses lists the checks for the settings. They depend on nothing but the look, and
// may run at the same time.
func diagnoses(cfg config.Config, now look) []check {
	st := now.st
	// known is a check of what the store holds.
	known := func(name, otherwise string, run func(context.Context) (string, string)) check {
		if now.unknown != nil {
			run = func(context.Context) (string, string) { return "数据库用不了，" + otherwise, "" }
		}
		return check{name: name, run: run}
	}
	checks := []check{
		{name: "配置", run: func(context.Context) (string, string) { return checkBlanks(cfg) }},
		{name: "数据文件夹", run: func(context.Context) (string, string) { return checkFolder(cfg.Data) }},
		{name: "服务", run: func(context.Context) (string, string) {
			if !now.running {
				return "没有开着", ""
			}
			return "开着", ""
		}},
		check{name: "数据库", run: func(context.Context) (string, string) {
			switch {
			case now.unknown != nil:
				return "", now.unknown.Error()
			case !now.stored:
				return "还没有，启动服务时会建", ""
			}
			return describeStore(st)
		}}.on("/people"),
		known("密钥", "没有核对", func(context.Context) (string, string) { return "没有问题", st.Key }),
		known("方案", "没有看导入的", func(ctx context.Context) (string, string) { return describePlans(ctx, now) }).on("/plans"),
		known("日历", "没有看录入的", func(context.Context) (string, string) { return describeCalendar(cfg, st) }).on("/settings/calendar"),
		known("通知", "没有看", func(context.Context) (string, string) { return describeNotices(st, now.running) }).on("/notices"),
		known("活动", "没有看", func(context.Context) (string, string) { return describeOutings(cfg, st) }).on("/people"),
		{name: "督办通报的图", run: func(context.Context) (string, string) { return describeFont(cfg) }},
	}
	if now.running {
		checks = append(checks, known("服务和平台的连接", "没有看", func(context.Context) (string, string) { return "好的", describeFaults(st.Faults) }))
	}
	l, err := connect(cfg, chat.NewMemory(nil), noRobots{}, programTime{}, "doctor", slog.New(slog.DiscardHandler))
	if err != nil {
		return append(checks, check{name: "平台", run: func(context.Context) (string, string) { return "", err.Error() }})
	}
	if base := clockBase(cfg); base != "" {
		checks = append(checks, check{name: "时钟", far: true, run: func(ctx context.Context) (string, string) { return checkClock(ctx, base) }})
	}
	checks = append(checks, l.checks...)
	for _, w := range l.webs {
		checks = append(checks, pagesCheck(w, cfg.PublicURL))
	}
	return append(checks,
		check{name: "企业微信自建应用收消息", run: func(context.Context) (string, string) {
			if cfg.WeCom.Token == "" {
				return "", ""
			}
			return "管理后台 → 应用管理 → 本应用 → 接收消息，URL 填 " + publicAddress(cfg, pathWeCom), ""
		}},
		check{name: "企业微信智能机器人", run: func(context.Context) (string, string) { return describeBot(cfg, now.running, st.Faults) }},
	)
}

// standingNow asks the service, or looks into the store where none is running.
func standingNow(ctx context.Context, cfg config.Config) (standing, error) {
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return standing{}, err
	}
	st, err := op.Standing(ctx)
	return st, errors.Join(err, op.Close())
}

// describeFont says whether bulletins have pictures; without they are words, which is
// no fault.
func describeFont(cfg config.Config) (string, string) {
	if !cfg.Remind.Bulletin {
		return "", ""
	}
	f, err := chart.FindFont(chart.FontFolders())
	if err != nil {
		return "这台机器上没有中文字体，每周的通报只发文字；要图就装一种，例如 fonts-noto-cjk，再重启服务", ""
	}
	_ = f.Close() // read only
	return "有中文字体", ""
}

func describeStore(st standing) (string, string) {
	state := fmt.Sprintf("可用，花名册 %d 人，群机器人 %d 个", st.People, st.Robots)
	if st.NoOffice {
		return "", state + "；但" + org.Tell(org.ErrNoOffice)
	}
	return state, ""
}

// describeCalendar says of which year the holidays are not known; of the next one
// from October on. It is no fault: reminders go by weekends meanwhile.
func describeCalendar(cfg config.Config, st standing) (string, string) {
	if st.Today.IsZero() { // there is no store
		book, err := holidaysOf(cfg)
		if err != nil {
			return "", err.Error()
		}
		st.calendar(book.Last().Calendar, clockOf(cfg)())
	}
	this, next := st.Today.Y, st.Today.Y+1
	gap := func(year int) string {
		return fmt.Sprintf("%s%d年假期未定，任务提醒只按周末算。%s", unseen, year, holidays.HowToEnter(year))
	}
	switch {
	case !slices.Contains(st.Years, this):
		return gap(this), ""
	case slices.Contains(st.Years, next):
		return fmt.Sprintf("%d年、%d年的节假日都有", this, next), ""
	case st.Today.M >= time.October:
		return gap(next), ""
	}
	return fmt.Sprintf("%d年的节假日有", this), ""
}

func describePlans(ctx context.Context, now look) (string, string) {
	st := now.st
	given, err := now.given(ctx)
	if err != nil {
		return "", err.Error()
	}
	if len(st.Damaged) > 0 {
		return "", damagedAdvice(strings.Join(st.Damaged, "”、“"))
	}
	var have []string
	if len(st.Plans) > 0 {
		have = append(have, "导入的有"+named(st.Plans))
	}
	if len(given) > 0 {
		have = append(have, "配置里的有"+titles(given))
	}
	if len(have) == 0 {
		return "还没有导入，答的是自带的乐清样例", ""
	}
	return strings.Join(have, "，"), ""
}

// describeFaults words what the probe of a service says is wrong.
func describeFaults(faults map[string]string) string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(faults)) {
		out = append(out, name+" "+faults[name])
	}
	return strings.Join(out, "；")
}

// clockBase is the platform whose clock is asked, of those that are set up.
func clockBase(cfg config.Config) string {
	switch {
	case cfg.WeCom.Secret != "" || cfg.WeCom.Token != "" || cfg.WeCom.AIBot.Secret != "" || cfg.WeCom.AIBot.Token != "":
		return cfg.WeCom.APIBase
	case cfg.DingTalk.ClientID != "":
		return cfg.DingTalk.APIBase
	}
	return ""
}

// noRobots knows no group robot.
type noRobots struct{}

func (noRobots) Robot(context.Context, string) (chat.Robot, error) {
	return chat.Robot{}, chat.ErrConfig
}

func checkFolder(data string) (state, fault string) {
	err := os.MkdirAll(data, 0o700)
	if err == nil {
		var f *os.File
		if f, err = os.CreateTemp(data, ".doctor-*"); err == nil {
			err = errors.Join(f.Close(), os.Remove(f.Name()))
		}
	}
	if err != nil {
		err = folderFault(data, err)
	} else {
		_, err = socketPath(data)
	}
	if err != nil {
		return "", strings.TrimPrefix(err.Error(), "数据文件夹 ")
	}
	if info, err := os.Stat(data); err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return "", fmt.Sprintf("%s 别人也能写：请把它的权限改成 0700（chmod 700 %s）", data, data)
	}
	return data + " 可写", ""
}

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
	way := "快"
	if off < 0 {
		way = "慢"
	}
	if off.Abs() > clockSlack {
		return "", fmt.Sprintf("这台机器比平台%s %s，签名会被拒绝：请打开系统的时间同步（NTP）", way, off.Abs())
	}
	return fmt.Sprintf("和平台相差 %s", off.Abs()), ""
}

// Names of the checks of credentials.
const (
	checkWeCom         = "企业微信自建应用发消息"
	checkDingTalk      = "钉钉应用"
	checkWeComPages    = "企业微信里的活动页面"
	checkDingTalkPages = "钉钉里的活动页面"
)

func wecomCheck(api *wecom.API) check {
	return check{name: checkWeCom, far: true, run: func(ctx context.Context) (string, string) {
		agent, err := api.Check(ctx)
		if err != nil {
			return "", platformFault(err, codeOf(err), wecom.Advice) + wecomSource(err)
		}
		if agent.Closed {
			return "", wecom.Advice("50003")
		}
		return "凭据可用，应用名“" + chat.Plain(agent.Name) + "”", ""
	}}
}

// pagesCheck asks for what pages in a client need, and says what to register there.
func pagesCheck(w chat.Web, public string) check {
	name, where := checkWeComPages, "管理后台 → 应用管理 → 本应用 → 网页授权及JS-SDK"
	if w.Platform() == chat.DingTalk {
		name, where = checkDingTalkPages, "开发者后台 → 该应用 → 安全设置"
	}
	return check{name: name, far: true, run: func(ctx context.Context) (string, string) {
		u, err := url.Parse(public)
		if public == "" || err != nil {
			return "", ""
		}
		if _, err := w.JSConfig(ctx, public); err != nil {
			return "", platformFault(err, codeOf(err), func(code string) string { return platformAdvice(chat.Via(w.Platform()), code) }) + wecomSource(err)
		}
		if u.Scheme != "https" {
			return "", "public_url 要是 https 开头的：不然手机不给定位，登录也会被偷看到"
		}
		return where + "，域名填 " + u.Host, ""
	}}
}

// codeOf is the platform's code of an error.
func codeOf(err error) string {
	var r *dingtalk.Refusal
	if errors.As(err, &r) {
		return r.Code
	}
	return wecom.Code(err)
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
	return check{name: checkDingTalk, far: true, run: func(ctx context.Context) (string, string) {
		err := api.Check(ctx)
		if err == nil {
			return "凭据可用", ""
		}
		return "", platformFault(err, codeOf(err), dingtalk.Advice)
	}}
}

// platformFault words what a platform said.
func platformFault(err error, code string, advice func(string) string) string {
	switch a := advice(code); {
	case a != "":
		return a + "（" + code + "）"
	case code == "":
		return fmt.Sprintf("连不上：请检查这台机器能不能上网、要不要代理\n（%v）", err)
	}
	return fmt.Sprintf("没有通过：平台的错误码 %s，请到平台的开发文档里查它的意思\n（%v）", code, err)
}

// publicAddress is what to type into a console.
func publicAddress(cfg config.Config, path string) string {
	if cfg.PublicURL == "" {
		return "https://你的域名" + path + "（并把 public_url 写进配置）"
	}
	return strings.TrimRight(cfg.PublicURL, "/") + path
}

func describeBot(cfg config.Config, running bool, faults map[string]string) (string, string) {
	b := cfg.WeCom.AIBot
	switch {
	case b.Mode == "ws" && b.ID != "" && b.Secret != "" && !running:
		return unseen + "长连接；ID 和 Secret 对不对，服务开着才看得出：请启动服务后再运行一次 doctor", ""
	case b.Mode == "ws" && b.ID != "" && b.Secret != "" && faults[string(wecom.ViaAIBot)] != "":
		return unseen + "长连接，没有连上；原因见上面“服务和平台的连接”", ""
	case b.Mode == "ws" && b.ID != "" && b.Secret != "":
		return "长连接，连着", ""
	case b.Mode == "http" && b.Token != "":
		return "回调，管理后台 → 智能机器人 → API 模式，URL 填 " + publicAddress(cfg, pathAIBot), ""
	}
	return "", ""
}

// checkBlanks finds what was copied from an example and not filled in.
func checkBlanks(cfg config.Config) (string, string) {
	if names := cfg.Blanks(); len(names) > 0 {
		return "", strings.Join(names, "、") + " 还是例子里的样子（……、你的域名），请填上自己的"
	}
	return "读得懂", ""
}

// describeNotices words what came to nothing in the outbox.
func describeNotices(st standing, running bool) (string, string) {
	var lines []string
	for _, s := range st.Stuck[:min(len(st.Stuck), shownStuck)] {
		var what []string
		if s.Failed > 0 {
			what = append(what, fmt.Sprintf("%d 条没有发成", s.Failed))
		}
		if s.Overdue > 0 {
			what = append(what, fmt.Sprintf("%d 条到了时间超过 %d 分钟还没发出", s.Overdue, int(lateAfter.Minutes())))
		}
		line := viaWord(s.Via) + s.Robot + " " + strings.Join(what, "，")
		if why := noticeAdvice(s, running); why != "" {
			line += "：" + why
		}
		lines = append(lines, line)
	}
	if more := len(st.Stuck) - len(lines); more > 0 {
		lines = append(lines, fmt.Sprintf("另有 %d 处", more))
	}
	switch {
	case len(lines) > 0:
		return "", strings.Join(lines, "；\n  ")
	case st.Waiting == 0:
		return "没有等着的", ""
	case !running:
		return fmt.Sprintf("%d 条等着，服务启动以后发出", st.Waiting), ""
	}
	return fmt.Sprintf("%d 条等着", st.Waiting), ""
}

// noticeAdvice says what to do about notices that came to nothing.
func noticeAdvice(s stuck, running bool) string {
	switch why := cmp.Or(outbox.Advice(s.Code), platformAdvice(s.Via, s.Code)); {
	case why != "":
		return why + "（" + s.Code + "）"
	case s.Code != "":
		return "错误码 " + s.Code
	case !running:
		return "服务没有开着"
	}
	return "请看服务的日志"
}

// platformAdvice says what to do about a platform's code; "" where nothing is known.
func platformAdvice(via chat.Via, code string) string {
	if via.Platform() == chat.DingTalk {
		return dingtalk.Advice(code)
	}
	return wecom.Advice(code)
}

// viaWord names a channel.
func viaWord(v chat.Via) string {
	switch v {
	case wecom.ViaApp:
		return "企业微信自建应用"
	case wecom.ViaAIBot:
		return "企业微信智能机器人"
	case dingtalk.ViaRobot:
		return "钉钉应用机器人"
	}
	return org.PlatformWord(v.Platform()) + "群机器人 "
}
