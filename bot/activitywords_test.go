package bot

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"xietiao/bot/activity"
	"xietiao/bot/holidays"
	"xietiao/index/plan"
	"xietiao/index/zh"
)

// What people type is what they want of activities; questions of a plan are nothing.
func TestWordsAreWhatPeopleWantOfActivities(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"A7", "view A7"}, {"a 7", "view A7"}, {"Ａ７", "view A7"}, {"活动7", "view A7"}, {"活动 A7", "view A7"}, {"看看A7", "view A7"}, {"A7什么时候", "view A7"}, {"A7 在哪里？", "view A7"}, {"报名 A7 还有名额吗", "view A7"}, {"A7 报名到什么时候", "view A7"},
		{"活动", "list"}, {"活动列表", "list"}, {"最近有什么活动？", "list"}, {"有哪些活动可以报名", "list"}, {"可以报名的活动", "list"}, {"这周有活动吗", "list"},

		{"报名 A7", "join A7"}, {"报名A7、A9", "join A7 A9"}, {"报名 A7、9", "join A7 A9"}, {"我要报名A7，谢谢", "join A7"}, {"A7报名", "join A7"}, {"A7我要参加", "join A7"}, {"帮我报个名 A7", "join A7"}, {"参加活动7", "join A7"}, {"报名", "join"}, {"我想报名", "join"},
		{"取消报名 A7", "leave A7"}, {"A7不去了", "leave A7"}, {"A7 取消报名", "leave A7"}, {"不参加A7了", "leave A7"}, {"我不去A7了", "leave A7"}, {"退出A7", "leave A7"}, {"取消报名", "leave"},
		{"我的报名", "mine"}, {"我报了哪些活动", "mine"}, {"我的活动", "mine"}, {"我报名了什么活动？", "mine"}, {"我的候补情况", "mine"}, {"候补", "mine"},

		{"签到 A7 482913", "in A7: 482913"}, {"签到A7 482 913", "in A7: 482 913"}, {"A7签到 482913", "in A7: 482913"}, {"A7 签到码是482913", "in A7: 482913"}, {"签到 482913", "in: 482913"}, {"482913", "in: 482913"}, {"４８２ ９１３", "in: ４８２ ９１３"}, {"签到A7482913", "in A7: 482913"}, {"A7 482913", "in A7: 482913"}, {"A7，482 913", "in A7: 482 913"}, {"核实 A7 全部", "accept A7: 全部"},
		{"签到", "in"}, {"我要签到", "in"}, {"A7签到", "in A7"}, {"签到 A7", "in A7"}, {"打卡", "in"},
		{"签退 A7 482913", "out A7: 482913"}, {"签退", "out"}, {"A7 签退", "out A7"}, {"签退 482913", "out: 482913"},

		{"我的时长", "hours"}, {"我的服务时长 2026", "hours: 2026"}, {"查一下我的志愿服务时长", "hours"}, {"我的时长去年", "hours: 去"}, {"我2026年的时长", "hours: 2026"}, {"我一共服务了多少小时？", "hours"},
		{"时长有误 A7 我11点半才走", "dispute A7: 我11点半才走"}, {"A7时长不对，少了半小时", "dispute A7: 少了半小时"}, {"申诉 A7 没记上", "dispute A7: 没记上"}, {"异议 A7 没记上，为什么？", "dispute A7: 没记上，为什么？"}, {"时长有误", "dispute"}, {"我的时长不对，少了一次", "dispute: 少了一次"},
		{"推荐活动", "recommend"}, {"有什么适合我的活动", "recommend"}, {"证明", "certificate"}, {"证明 2026", "certificate: 2026"}, {"开一份志愿服务证明", "certificate"}, {"我要开服务时长证明2026年", "certificate: 2026"},

		{"发布 A7", "publish A7"}, {"取消活动 A7 场地检修", "cancel A7: 场地检修"}, {"取消活动7，下雨", "cancel A7: 下雨"}, {"A7 停办 台风", "cancel A7: 台风"}, {"取消 A7 台风", "cancel? A7: 台风"},
		{"名单 A7", "roll A7"}, {"A7的名单", "roll A7"}, {"看A7报名名单", "roll A7"}, {"加人 A7 张三", "add A7: 张三"}, {"移出 A7 张三 没来培训", "remove A7: 张三 没来培训"},
		{"替签 A7 张三", "tick in A7: 张三"}, {"补签A7张三、李四 9:05", "tick in A7: 张三、李四 9:05"}, {"A7 替签 张三", "tick in A7: 张三"}, {"替签退 A7 张三", "tick out A7: 张三"}, {"撤销签到 A7 张三 点错了", "undo in A7: 张三 点错了"}, {"撤销签退 A7 张三 点错了", "undo out A7: 张三 点错了"},
		{"帮小李签到 A7", "tick in A7: 小李"}, {"给小李签到A7", "tick in A7: 小李"}, {"A7帮小李、王五签到", "tick in A7: 小李、王五"}, {"替张三签退 A7 11:30", "tick out A7: 张三 11:30"}, {"给A7的小李签到", "tick in A7: 小李"}, {"帮我签到 A7", "in A7"}, {"帮我给小李签到A7", "tick in A7: 小李"},
		{"帮小李签到 A7 了吗", "view A7"}, {"帮大家签到 A7", "unclear A7"}, {"导出A7名单", "roll A7"}, {"导出 A7 的名单", "roll A7"}, {"下载A7签到表", "roll A7"}, {"打印A7的名单", "roll A7"}, {"A7名单导出", "roll A7"}, {"导出名单 A7", "roll A7"},
		{"志愿者名单", "volunteers"}, {"看看志愿者名单", "volunteers"}, {"导出志愿者名单", "volunteers"}, {"志愿者有哪些", "volunteers"}, {"志愿者名单由谁公布", ""},
		{"签到码 A7", "code A7"}, {"A7签到码", "code A7"}, {"打开A7的签到大屏", "code A7"}, {"签到码", "code"}, {"待核实 A7", "doubts A7"}, {"待核实", "doubts"}, {"核定 A7 张三 120分钟 忘了签退", "correct A7: 张三 120分钟 忘了签退"}, {"核实 A7 张三", "accept A7: 张三"},
		{"同意 A7 张三 2小时 核对过了", "grant A7: 张三 2小时 核对过了"}, {"不同意 A7 张三 没有签退", "deny A7: 张三 没有签退"}, {"归档 A7", "archive A7"}, {"结束A7", "archive A7"}, {"活动统计", "totals"}, {"活动统计 2026年", "totals: 2026"}, {"未匹配需求", "demands"}, {"哪些活动缺人", "demands"}, {"我们单位办的活动", "run"},

		{"A7取消了吗", "view A7"}, {"A7停办了吗？", "view A7"}, {"取消活动A7了吗", "view A7"}, {"A7不办了没有", "view A7"}, {"取消活动 A7 还来得及吗", "view A7"}, {"核实 A7 张三吗？", "view A7"}, {"A7不去了吗", "view A7"}, {"A7 发布了没", "view A7"},
		{"A7请假", "leave A7"}, {"我要请假 A7", "leave A7"}, {"A7不去了，家里有事", "leave A7"}, {"A7去不了了，临时有事", "leave A7"}, {"A7不去了，改报A9", "unclear A7 A9"}, {"我要请假", "absent"}, {"不去了", "absent"}, {"临时有事去不了", "absent"}, {"我去不了了，家里有事", "absent"},
		{"迟到", "late"}, {"我会晚点到", "late"}, {"A7我要晚到一会儿", "late A7"}, {"把我换成候补", "swap"}, {"A7 把我换成候补", "swap A7"}, {"补签", "missed"}, {"代签", "missed"}, {"忘了签退", "missed"}, {"忘记签到了怎么办", "missed"}, {"A7我忘了签退", "missed A7"},
		{"我到了", "in"}, {"怎么签到", "in"}, {"签不了到", "in"}, {"签到失败", "in"}, {"还有名额吗", "list"}, {"报名截止？", "list"}, {"什么时候截止报名", "list"}, {"明天有活动吗", "list"}, {"我排第几", "mine"}, {"轮到我了吗", "mine"}, {"我报名成功了吗", "mine"},
		{"我的证书", "certificate"}, {"证书", "certificate"}, {"志愿证明怎么开", "certificate"}, {"我有多少小时", "hours"}, {"我今年做了多少小时志愿", "hours: 今"}, {"有适合我的活动吗", "recommend"},
		{"A7 你好", "unclear A7"}, {"不想 A7", "unclear A7"}, {"怎么报名 A7", "view A7"},
		{"收到", ""}, {"取消", ""}, {"名单", ""}, {"T7", ""}, {"收到 T7", ""}, {"BA7", ""}, {"A4纸张由谁采购", "view A4"}, {"", ""}, {"48291", ""}, {"4829134", ""},
		{"文化志愿服务活动谁负责", ""}, {"活动谁组织", ""}, {"文化活动归谁管", ""}, {"志愿服务活动由哪个单位组织", ""}, {"请假由谁批准", ""}, {"候补委员名单", ""}, {"证书由谁发放", ""}, {"名额由谁分配", ""}, {"名单由谁公布", ""}, {"签到制度由谁定", ""}, {"报名工作谁负责", ""}, {"志愿服务时长统计归谁管", ""}, {"活动统计由谁负责", ""}, {"证明材料由谁出具", ""},
	} {
		got := ""
		if e, ok := readErrand(tc.text); ok {
			got = string(e.do)
			for _, n := range e.numbers {
				got += " " + n.String()
			}
			if e.words != "" {
				got += ": " + e.words
			}
			if back := errandOf(e.args()); fmt.Sprint(back) != fmt.Sprint(e) {
				t.Errorf("%s: %v is carried as %v", tc.text, e, back)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

// activityCommandList are all commands there are with activities.
func activityCommandList() []Command {
	book := holidays.New(aMonday().t.Location(), nil)
	return Commands(sampleOrg(), TaskOptions{}, ActivityOptions{Board: activity.New(activity.Options{Holidays: book, Sender: recorder{}})})
}

func TestWordsOfVolunteersAndDrafts(t *testing.T) {
	t.Parallel()
	commands := activityCommandList()
	for _, tc := range []struct{ text, want string }{
		{"加入志愿者", "enrol"}, {"我要当志愿者", "enrol"}, {"志愿者登记 张三 技能 摄影", "enrol"}, {"怎么加入志愿者？", "enrol"}, {"志愿者登记由谁负责", ""}, {"志愿者登记 由谁负责", ""}, {"动员学生娃和老师去当文化志愿者是哪家的事", ""}, {"成为文化志愿者", "enrol"},
		{"同意", "agree"}, {"我同意", "agree"}, {"同意 B3", "approve"}, {"同意 V3", "approve"}, {"确认 V12", "confirm volunteer"}, {"V12、V13确认", "confirm volunteer"},
		{"我的资料", "profile"}, {"我的志愿者资料", "profile"}, {"修改资料 技能 摄影、音响", "edit profile"}, {"空闲 周六上午", "edit profile"}, {"我的技能 摄影", "edit profile"}, {"修改资料", "edit profile"}, {"资料由谁整理", ""}, {"空闲场地由谁管理", ""},
		{"导出我的资料", "take data"}, {"注销志愿者", "erase data"}, {"删除我的资料", "erase data"}, {"注销登记由谁办", ""}, {"撤回同意", "erase data"}, {"我不想当志愿者了", "erase data"}, {"换手机号 13800000000", "edit profile"}, {"修改我的电话", "edit profile"}, {"换电话由谁办", ""},
		{"新建活动 读书会，图书馆", "new activity"}, {"新建活动", "new activity"}, {"举办文化活动", "new activity"}, {"举办文化活动由谁负责", ""}, {"组织文化活动的单位有哪些", ""}, {"组织活动：读书会", "new activity"}, {"发起一个志愿活动 清扫", "new activity"},
		{"修改 A7 名额 50", "change activity"}, {"把A7的时间改到周日下午2点", "change activity"}, {"A7 名额改为50", "change activity"}, {"修改A7", "change activity"},
		{"确认", "confirm activity"}, {"确认发布", "confirm activity"}, {"放弃", "drop activity"}, {"改 名额 50", "change activity draft"}, {"时间改到下午2点", "change activity draft"}, {"要签退", "change activity draft"}, {"坐标 28.12345,120.98765", "change activity draft"},
		{"活动帮助", "activity help"}, {"签到怎么用", "activity help"}, {"待确认", "pending"}, {"A7 你好", "activity unclear"}, {"我的时长", "activity"},
	} {
		if got, args := commandOf(commands, tc.text); got != tc.want {
			t.Errorf("%s is %q %q, want %q", tc.text, got, args, tc.want)
		}
	}
}

// No question that people ask of a plan is taken for something about activities.
func TestQuestionsAreNothingAboutActivities(t *testing.T) {
	t.Parallel()
	commands := activityCommandList()
	files, err := filepath.Glob(filepath.Join("..", "index", "testdata", "questions-*.jsonl"))
	if err != nil || len(files) == 0 {
		t.Fatal("no questions", err)
	}
	count := 0
	check := func(q string) {
		count++
		for _, c := range commands {
			if args, ok := c.Match(q); ok {
				t.Errorf("%s is %s %q", q, c.Name, args)
			}
		}
	}
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(f)
		for lines.Scan() {
			var q struct{ Q string }
			if err := json.Unmarshal(lines.Bytes(), &q); err != nil {
				t.Fatal(err)
			}
			check(q.Q)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range plan.Sample().Units {
		for _, d := range u.Duties {
			for _, q := range []string{d.Text, strings.TrimRight(d.Text, "；。") + "由谁负责", strings.TrimRight(d.Text, "；。") + "归谁管"} {
				check(q)
			}
		}
	}
	if count < 200 {
		t.Errorf("only %d questions were tried", count)
	}
}

func TestTimesOfActivitiesAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	now := aMonday().t
	for _, tc := range []struct{ said, want string }{
		{"12月6日（周日）上午9点到11点半", "2026-12-06 09:00 2026-12-06 11:30"}, {"12月6日上午9-11点", "2026-12-06 09:00 2026-12-06 11:00"}, {"2026年12月6日 9:00-11:30", "2026-12-06 09:00 2026-12-06 11:30"},
		{"下周六下午2点到4点", "2026-12-05 14:00 2026-12-05 16:00"}, {"明天上午10点到下午1点", "2026-11-24 10:00 2026-11-24 13:00"}, {"明天上午10点到1点", "2026-11-24 10:00 2026-11-24 13:00"}, {"周六晚上7点半至9点", "2026-11-28 19:30 2026-11-28 21:00"},
		{"12月6日9点半，2小时", "2026-12-06 09:30 2026-12-06 11:30"}, {"12月6日上午9点，共一个半小时", "2026-12-06 09:00 2026-12-06 10:30"}, {"12月6日9点到12月7日17点", "2026-12-06 09:00 2026-12-07 17:00"}, {"十二月六日上午九点到十一点三刻", "2026-12-06 09:00 2026-12-06 11:45"},
		{"今晚7点到9点", "2026-11-23 19:00 2026-11-23 21:00"}, {"12月6日上午9点开始", "2026-12-06 09:00"}, {"12月6日晚上10点到12点", "2026-12-06 22:00 2026-12-07 00:00"}, {"每周六上午9点到11点", "2026-11-28 09:00 2026-11-28 11:00 week"}, {"每月5日14:00-16:00", "2026-12-05 14:00 2026-12-05 16:00 month"},
		{"读书会 12月6日 上午9点到11点 图书馆", "2026-12-06 09:00 2026-12-06 11:00"}, {"12月6日", ""}, {"周末读书会", ""}, {"四点半课堂", ""}, {"周六讲堂", ""}, {"3.15消费者活动", ""}, {"", ""}, {"名额30", ""},
	} {
		got := ""
		if found, _, _, ok := readTiming(zh.Fold(tc.said), now); ok {
			if w, ok := found.when(now); ok {
				got = w.Start.Format("2006-01-02 15:04")
				if !w.End.IsZero() {
					got += " " + w.End.Format("2006-01-02 15:04")
				}
				got = strings.TrimSpace(got + " " + string(w.Every))
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.said, got, tc.want)
		}
	}
}

func TestFreeTimeAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ said, want string }{
		{"周六上午", "周六08:00-12:00"}, {"周六上午、周日", "周六08:00-12:00 周日00:00-24:00"}, {"周末", "周六00:00-24:00 周日00:00-24:00"}, {"工作日晚上", "周一18:00-22:00 周二18:00-22:00 周三18:00-22:00 周四18:00-22:00 周五18:00-22:00"},
		{"周六9点到12点", "周六09:00-12:00"}, {"周六至周日下午", "周六12:00-18:00 周日12:00-18:00"}, {"周六上午下午", ""}, {"周六上午、下午", "周六08:00-12:00 周六12:00-18:00"}, {"随时", ""}, {"", ""},
	} {
		var got []string
		if slots, ok := slotsOf(tc.said); ok {
			for _, s := range slots {
				got = append(got, s.String())
			}
		}
		if g := strings.Join(got, " "); g != tc.want {
			t.Errorf("%s: %q, want %q", tc.said, g, tc.want)
		}
	}
}

func TestLengthsOfTimeAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		said string
		want int
	}{{"120分钟", 120}, {"90分", 90}, {"2小时", 120}, {"2.5小时", 150}, {"两小时", 120}, {"一个半小时", 90}, {"半小时", 30}, {"1小时30分", 90}, {"1小时半", 90}, {"1个小时二十分钟", 80}, {"0分钟", 0}} {
		m := regexp.MustCompile(`^` + lengthWord + `$`).FindStringSubmatch(tc.said)
		if m == nil {
			t.Errorf("%s: %q", tc.said, m)
			continue
		}
		if got, ok := minutesOf(m[1:]); got != tc.want || !ok {
			t.Errorf("%s: %d %v", tc.said, got, ok)
		}
	}
}

// What the bot itself suggests, here and in what the board sends, is understood.
func TestWhatIsSuggestedOfActivitiesIsUnderstood(t *testing.T) {
	t.Parallel()
	commands := append(activityCommandList(), helpCommand(nil))
	fill := strings.NewReplacer("确认 %s", "确认 V12", "%s %s", "A7 V12", "%s", "A7", "……", "说明", `\"`, `"`)
	count := 0
	for _, file := range []string{"activitytext.go", "activityrun.go", filepath.Join("activity", "text.go"), filepath.Join("activity", "consent.go")} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range suggestion.FindAllStringSubmatch(string(source), -1) {
			said := fill.Replace(m[1])
			if notSaid[said] || strings.Contains(said, `" + `) {
				continue
			}
			count++
			name, args := commandOf(commands, said)
			if name == "" || name == "activity unclear" || name == "activity" && errandOf(args).do == deedUnclear {
				t.Errorf("%s: %s is %q %q", file, said, name, args)
			}
		}
	}
	if count < 60 {
		t.Errorf("only %d suggestions were found", count)
	}
}

var suggestion = regexp.MustCompile(`“([^”]+)”`)

// notSaid are the quotations that are no suggestions: parts of longer ones, and what pages say.
var notSaid = map[string]bool{"报名": true, "时长有误": true, "替签": true, "更正时长": true, "A7 V12 482913": true, "签到 A7 V12": true}

// The words of activities come through whole, with numbers that there can be, once each;
// a time that is read is one.
func FuzzReadErrand(f *testing.F) {
	for _, s := range []string{"报名 A1", "签到 A7 482913", "A7482913签到", "替签A7张三、李四 9:05", "活动", "我的时长 2026", "12月6日（周日）上午9点到11点半", "每月31日晚上7点到9点", "Ａ７，报名", "A\u200b7", "报名\xffA1", "周六至周日下午"} {
		f.Add(s)
	}
	now := aMonday().t
	f.Fuzz(func(t *testing.T, s string) {
		folded := zh.Fold(s)
		if w, from, to, ok := readTiming(folded, now); ok {
			if from < 0 || to > len(folded) || from >= to {
				t.Errorf("%q: %+v %d %d", s, w, from, to)
			}
			if got, ok := w.when(now); ok && (got.Start.IsZero() || !got.End.IsZero() && !got.End.After(got.Start)) {
				t.Errorf("%q: %+v", s, got)
			}
		}
		slots, _ := slotsOf(folded)
		for _, slot := range slots {
			if slot.Time.From >= slot.Time.To || slot.Time.To > 24*60 || slot.Day < 0 || slot.Day > 6 {
				t.Errorf("%q: %v", s, slots)
			}
		}
		e, ok := readErrand(s)
		if !ok {
			return
		}
		for i, n := range e.numbers {
			if n <= 0 || slices.Contains(e.numbers[:i], n) {
				t.Errorf("%q: %v", s, e.numbers)
			}
		}
		if len(e.numbers) > maxActivities || e.do == "" {
			t.Errorf("%q: %v", s, e)
		}
		if back := errandOf(e.args()); fmt.Sprint(back) != fmt.Sprint(e) {
			t.Errorf("%q: %v is carried as %v", s, e, back)
		}
	})
}
