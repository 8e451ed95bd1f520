package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"xietiao/bot/activity"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// venue is a bureau with tasks and activities, and a second unit with volunteers.
type venue struct {
	*bureau
	board *activity.Board
	tasks *task.Board
}

func newVenue(t testing.TB, change ...func(*ActivityOptions)) *venue {
	t.Helper()
	book := holidays.New(aMonday().t.Location(), nil)
	vault, err := org.NewVault([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	v := &venue{
		board: activity.New(activity.Options{Holidays: book, Sender: recorder{}, Routes: sampleOrg().Routes, Vault: vault}),
		tasks: task.New(task.Options{Holidays: book, Sender: recorder{}, Routes: sampleOrg().Routes}),
	}
	opt := ActivityOptions{Board: v.board}
	for _, fn := range change {
		fn(&opt)
	}
	v.bureau = newBureau(t, func(d *DeskOptions) {
		d.PerMinute = 1000
		d.Commands = Commands(sampleOrg(), TaskOptions{Board: v.tasks}, opt)
	})
	v.update(func(tx *store.Tx) error {
		entry := func(name, unit string, role org.Role, user chat.UserID) org.RosterEntry {
			return org.RosterEntry{Name: name, Unit: unit, Role: role, IDs: map[chat.Platform]chat.UserID{chat.WeCom: user}}
		}
		_, err := org.Apply(tx, org.Roster{Entries: []org.RosterEntry{
			entry("馆长", "市委宣传部", org.RoleLiaison, "guanzhang"), entry("小张", "市委宣传部", org.RoleVolunteer, "xiaozhang"), entry("小李", "市委宣传部", org.RoleVolunteer, "xiaoli"),
		}}, org.Operator)
		return err
	})
	v.fill, v.mask = v.codes, maskCodes
	return v
}

var (
	codeHole    = regexp.MustCompile(`\{A(\d+)\}`)
	sixDigits   = regexp.MustCompile(`\b\d{6}\b`)
	paperDigits = regexp.MustCompile(`[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}`)
)

// codes puts the code of the moment where {A1} stands.
func (v *venue) codes(said string) string {
	return codeHole.ReplaceAllStringFunc(said, func(hole string) string {
		n, ok := activity.ParseNumber(hole[1 : len(hole)-1])
		if !ok {
			v.Fatal(hole)
		}
		var code activity.Code
		err := v.store.View(v.Context(), func(r store.Reader) (err error) {
			code, err = v.board.Code(r, n, activity.Operator)
			return err
		})
		if err != nil {
			v.Fatal(err)
		}
		return code.Digits
	})
}

// maskCodes hides what is another each time.
func maskCodes(s string) string {
	return paperDigits.ReplaceAllString(sixDigits.ReplaceAllStringFunc(s, func(code string) string {
		if code == "482913" { // of the help
			return code
		}
		return "（六位）"
	}), "（编号）")
}

// remind says all that is due.
func (v *venue) remind(string) {
	v.Helper()
	if _, err := v.tasks.Remind(v.Context(), v.store); err != nil {
		v.Fatal(err)
	}
	if _, err := v.board.Remind(v.Context(), v.store); err != nil {
		v.Fatal(err)
	}
}

// The talks of testdata/activitytalk are played as those of TestTalks; at "==" the boards
// say what is due, and {A1} is the code of the moment.
func TestTalksOfActivities(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/activitytalk/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no talks", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			t.Parallel()
			script, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v := newVenue(t)
			goldenFile(t, file, v.play(string(script), v.remind))
		})
	}
}

// What organisers write in their own words is the activity they mean.
func TestActivitiesInOrganisersOwnWords(t *testing.T) {
	t.Parallel()
	v := newVenue(t)
	for _, tc := range []struct{ said, want string }{
		{"新建活动 写春联，文化馆三楼大厅，1月20日下午2点到4点半，名额20人，技能 书法、国画", "写春联|文化馆三楼大厅|01-20 14:00–16:30|20|书法 国画"},
		{"新建活动：广场舞培训 时间：12月5日 19:00-20:30 地点：市民广场 名额：不限 对外", "广场舞培训|市民广场|12-05 19:00–20:30|public"},
		{"组织活动 12月6日上午9点到11点在市图书馆举办亲子阅读，限30人，候补", "亲子阅读|市图书馆|12-06 09:00–11:00|30"},
		{"新建活动 图书整理 图书馆一楼 这周六上午9:00-11:00 提前一天截止报名 分队 图书馆分队", "图书整理|图书馆一楼|11-28 09:00–11:00|until 11-27 09:00|图书馆分队"},
		{"新建活动 名称 老年人手机课 地点 南门社区 活动室 时间 12月8日14:30到16:00 要求 自带手机 名额 15 不候补 签退", "老年人手机课|南门社区活动室|12-08 14:30–16:00|15 no wait|out|text 自带手机"},
		{"新建活动 周末读书会；12月5日前报名；12月6日（周日）9点半，2个半小时；图书馆报告厅；50人", "周末读书会|图书馆报告厅|12-06 09:30–12:00|50|until 12-06 00:00"},
		{"新建活动 健康讲座，报名时间11月25日到12月1日，12月2日上午9点到10点，市府办会议室，由市教育局主办，请空腹参加", "健康讲座|市府办会议室|12-02 09:00–10:00|from 11-25 00:00|until 12-02 00:00|text 请空腹参加"},
		{"新建活动 四点半课堂，每周三下午4点半到6点，12月31日为止，实验小学，按15分钟取整", "四点半课堂|实验小学|11-25 16:30–18:00|week|round 15"},
		{"新建活动 KTV 消防检查，12月6日上午9点到11点", "KTV 消防检查||12-06 09:00–11:00"},
		{"新建活动 读书会，图书馆", "读书会|图书馆|"},
	} {
		v.says("guanzhang", tc.said)
		m := v.direct("guanzhang", "")
		var q asked
		v.update(func(tx *store.Tx) (err error) {
			q, err = readJSON[asked](tx, draftBucket, sessionKey(m))
			return err
		})
		if q.Outing == nil {
			t.Errorf("%s: nothing is asked", tc.said)
			continue
		}
		if got := brief(q.Outing.Draft); got != tc.want {
			t.Errorf("%s:\n%s, want\n%s", tc.said, got, tc.want)
		}
	}
}

// brief is a draft in a line.
func brief(d activity.Draft) string {
	parts := []string{d.Title, d.Place.Name, ""}
	add := func(is bool, words string) {
		if is {
			parts = append(parts, words)
		}
	}
	if !d.Start.IsZero() {
		parts[2] = d.Start.Format("01-02 15:04") + "–" + d.End.Format("15:04")
	}
	add(d.Capacity > 0 && !d.NoWait, fmt.Sprint(d.Capacity))
	add(d.NoWait, fmt.Sprint(d.Capacity, " no wait"))
	add(!d.SignFrom.IsZero(), "from "+d.SignFrom.Format("01-02 15:04"))
	add(!d.SignTo.IsZero(), "until "+d.SignTo.Format("01-02 15:04"))
	add(len(d.Skills) > 0, strings.Join(d.Skills, " "))
	add(d.Brigade != "", d.Brigade)
	add(d.Public, "public")
	add(d.CheckOut, "out")
	add(d.Series.Every != "", string(d.Series.Every))
	add(d.Rule.Round > 0, fmt.Sprint("round ", d.Rule.Round))
	add(d.Text != "", "text "+d.Text)
	return strings.Join(parts, "|")
}

// The same message again, as after a lost answer, is one effect.
func TestAMessageAboutActivitiesCountsOnce(t *testing.T) {
	t.Parallel()
	v := newVenue(t)
	v.says("guanzhang", "新建活动 读书会，图书馆，12月6日上午9点到11点，名额2")
	twice := func(user chat.UserID, said, want string) {
		t.Helper()
		m := v.direct(user, said)
		if first, again := v.take(m).Text, v.take(m).Text; first != again || !strings.Contains(first, want) {
			t.Errorf("%s: %q, then %q", said, first, again)
		}
	}
	twice("guanzhang", "确认发布", "A1 读书会 已发布")
	if got := v.says("guanzhang", "A2"); !strings.Contains(got, "没有这个活动") {
		t.Error(got)
	}
	twice("xiaozhang", "报名 A1", "同意请回复")
	twice("xiaozhang", "同意", "还剩 1 个名额")
	twice("xiaozhang", "取消报名 A1", "已取消")
	twice("xiaozhang", "报名 A1", "还剩 1 个名额")
	v.advance(312 * time.Hour)
	twice("xiaozhang", v.codes("签到 {A1}"), "签到成功")
	if got := v.says("guanzhang", "A1"); !strings.Contains(got, "占名额 1 人，候补 0 人，签到 1 人") {
		t.Error(got)
	}
}

// What organisers ask for in passing is answered with what they want.
func TestWhatOrganisersSayInPassing(t *testing.T) {
	t.Parallel()
	v := newVenue(t)
	for _, step := range []struct {
		user chat.UserID
		said string
		want string
	}{
		{"guanzhang", "志愿者名单", "还没有志愿者"},
		{"guanzhang", "新建活动 读书会，图书馆，12月6日上午9点到11点，名额2", "读书会"},
		{"guanzhang", "确认发布", "A1 读书会 已发布"},
		{"xiaozhang", "报名 A1", "同意请回复"},
		{"xiaozhang", "同意", "还剩 1 个名额"},
		{"guanzhang", "给A1加10个名额", "名额：12"},
		{"guanzhang", "确认", "A1"},
		{"guanzhang", "A1", "12"},
		{"guanzhang", "A1减少20个名额", "现在名额 12，减不了这么多"},
		{"xiaozhang", "给A1加10个名额", "可以办"},
		{"guanzhang", "导出A1名单", "小张"},
		{"guanzhang", "志愿者名单", "V1 小张"},
		{"xiaozhang", "志愿者名单", "要由活动的组织单位"},
		{"xiaozhang", "帮小李签到 A1", "组织者"},
	} {
		got := v.says(step.user, step.said)
		if !strings.Contains(got, step.want) || got == "" {
			t.Errorf("%s: %s", step.said, got)
		}
	}
	v.advance(312 * time.Hour)
	if got := v.says("guanzhang", "帮小张签到 A1"); !strings.Contains(got, "小张") || !strings.Contains(v.says("guanzhang", "A1"), "签到 1 人") {
		t.Error(got)
	}
}

// Where people can reach us they get links; in a group a link of one's own goes to its
// owner alone.
func TestLinksOfActivitiesGoToWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	v := newVenue(t, func(opt *ActivityOptions) {
		opt.Page = func(path string) string { return "https://xt.example" + path }
		opt.Invite = func(_ *store.Tx, who activity.Account, path, title string) (string, error) {
			return "https://xt.example/once?" + string(who.User) + path + title, nil
		}
	})
	v.says("guanzhang", "新建活动 读书会，图书馆，12月6日上午9点到11点")
	if got := v.says("guanzhang", "确认发布"); !strings.Contains(got, "https://xt.example/a/A1") {
		t.Error(got)
	}
	got := v.take(v.group("大群", "guanzhang", "签到码 A1")).Text
	told := v.notices()
	if strings.Contains(got, "https://") || len(told) != 1 || told[0].To.User != "guanzhang" || !strings.Contains(told[0].Reply.Text, "https://xt.example/once?guanzhang/a/A1/screenA1 读书会") {
		t.Errorf("%s; %+v", got, told)
	}
	if got := v.says("xiaozhang", "签到码 A1"); strings.Contains(got, "https://") {
		t.Error(got)
	}
}

// Whatever is said of activities, the reply alerts nobody, turns no line around, and the
// desk goes on.
func FuzzActivityTalk(f *testing.F) {
	for _, q := range []string{
		"新建活动 <@all>读书会，\u202e图书馆，每周六上午9点到11点", "改 时间 25点到99点", "修改 A1 名额 999999999", "报名 A1", "志愿者登记 <@all> 技能 @所有人", "同意", "确认", "签到 A1 999999", "时长有误 A1 <@all>\u0007", "替签 A1 @everyone、张三 99:99",
		"移出 A1 小张 <@u1>", "核定 A1 小张 99999999999小时 x", "坐标 999.999,999.999", "取消活动 A1 <a href=x>", "修改资料 空闲 周六9点到8点", "每月31日0点到24点", "签到A7482913", "A999999999", "撤销签到 A1 \u200b x", "报名截止2月30日", "证明 9999999999", "注销志愿者",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		v := newVenue(t)
		for _, said := range []string{"新建活动 读书会，图书馆，12月6日上午9点到11点，名额1", "确认发布", "新建活动 第二个，图书馆"} {
			v.says("guanzhang", said)
		}
		v.says("xiaozhang", "报名 A1")
		v.says("xiaozhang", "同意")
		var all []string
		for _, m := range []chat.Message{
			v.direct("guanzhang", q), v.direct("xiaozhang", q), v.group("大群", "xiaoli", q), v.direct("xiaoli", "同意"), v.direct("guanzhang", "确认"),
			v.direct("guanzhang", "A1"), v.direct("guanzhang", "名单 A1"), v.direct("xiaozhang", "我的资料"), v.direct("xiaozhang", "我的报名"),
		} {
			r := v.take(m)
			all = append(all, r.Text, r.Markdown)
		}
		v.remind("")
		for _, n := range v.notices() {
			all = append(all, n.Reply.Text)
		}
		for _, s := range all {
			if strings.Contains(s, textFailed) {
				t.Errorf("%q: %s", q, s)
			}
			if chat.Defuse(s) != s {
				t.Errorf("%q alerts people: %q", q, s)
			}
			if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
				t.Errorf("%q is said back: %q", q, s)
			}
		}
	})
}
