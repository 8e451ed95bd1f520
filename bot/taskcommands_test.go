package bot

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index"
	"xietiao/index/plan"
)

// Record and Cancel make the recorder a sender of tasks': all is sent at once.
func (recorder) Record(r store.Reader, key string) (outbox.Record, bool, error) {
	_, ok, err := r.Get(recorded, key)
	return outbox.Record{State: outbox.StateSent}, ok, err
}

func (recorder) Cancel(*store.Tx, string, string) (bool, error) { return false, nil }

// taskBureau is a bureau with tasks and a second unit's liaison.
func taskBureau(t testing.TB, change ...func(*DeskOptions)) (*bureau, *task.Board) {
	t.Helper()
	board := task.New(task.Options{Holidays: holidays.New(aMonday().t.Location(), nil), Sender: recorder{}, Routes: sampleOrg().Routes})
	o := newBureau(t, append(change, func(opt *DeskOptions) {
		opt.PerMinute = 1000
		opt.Commands = Commands(sampleOrg(), TaskOptions{Board: board}, ActivityOptions{})
	})...)
	o.update(func(tx *store.Tx) error {
		_, err := org.Apply(tx, org.Roster{Entries: []org.RosterEntry{{
			Name: "财联", Unit: "市财政局", Role: org.RoleLiaison, IDs: map[chat.Platform]chat.UserID{chat.WeCom: "cailian"},
		}}}, org.Operator)
		return err
	})
	return o, board
}

// drafts makes so many: every seventh has no unit, every fifth no deadline, every ninth
// one that is past.
func (o *bureau) drafts(board *task.Board, n int) {
	o.Helper()
	today := calendar.Of(o.now())
	o.update(func(tx *store.Tx) error {
		for i := 1; i <= n; i++ {
			d := task.Draft{Title: fmt.Sprintf("第 %d 项", i), Leads: []string{[]string{"市教育局", "市财政局", "市残联"}[i%3]}, Deadline: today.AddDays(i + 1)}
			switch {
			case i%7 == 0:
				d.Leads = nil
			case i%5 == 0:
				d.Deadline = calendar.Date{}
			case i%9 == 0:
				d.Deadline = today.AddDays(-1)
			}
			if _, _, err := board.Create(tx, "", d, task.Operator); err != nil {
				return err
			}
		}
		return nil
	})
}

// The talks of testdata/tasktalk are played as those of TestTalks; at "== 提醒" the board
// says what is due, at "== 立项 30" there are so many drafts more, at "== 定稿 2026" the
// year's assessment is published.
func TestTalksOfTasks(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/tasktalk/*.txt")
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
			o, board := taskBureau(t)
			goldenFile(t, file, o.play(string(script), func(what string) {
				what, n, _ := strings.Cut(what, " ")
				switch what {
				case "立项":
					o.drafts(board, numeral(n))
				case "定稿":
					o.update(func(tx *store.Tx) error {
						_, err := board.Publish(tx, numeral(n), task.DefaultWeights(), task.Operator)
						return err
					})
				default:
					if _, err := board.Remind(t.Context(), o.store); err != nil {
						t.Fatal(err)
					}
				}
			}))
		})
	}
}

// A button does what the words do, and the card then says what came of it.
func TestButtonsDoWhatWordsDo(t *testing.T) {
	t.Parallel()
	o, board := taskBureau(t)
	o.says("zhuren", "新建任务 检查消防，市教育局牵头，12月10日前")
	o.says("zhuren", "确认交办")
	if _, err := board.Remind(t.Context(), o.store); err != nil {
		t.Fatal(err)
	}
	notices := o.notices()
	if len(notices) != 1 || notices[0].Reply.Card == nil || len(notices[0].Reply.Card.Buttons) != 2 {
		t.Fatalf("%+v", notices)
	}
	card := notices[0].Reply.Card
	press := func(user chat.UserID, b chat.Button) chat.Reply {
		return o.take(o.event(user, chat.Event{Kind: chat.EventCard, Key: b.Key, Task: card.ID}))
	}
	sign, view := card.Buttons[0], card.Buttons[1]
	for _, step := range []struct {
		user chat.UserID
		want string
	}{{"cailian", "只能由这项任务的单位办理"}, {"lianluo", "已签收"}, {"juzhang", "已经签收过了"}} {
		r := press(step.user, sign)
		if !strings.Contains(r.Text, step.want) || !r.Update || r.Card == nil || r.Card.ID != card.ID || r.Card.Text != r.Text {
			t.Errorf("%s: %+v", step.user, r)
		}
	}
	if r := press("lianluo", view); r.Update || !strings.Contains(r.Text, "联络员：签收") {
		t.Errorf("%+v", r)
	}
	if r := press("lianluo", chat.Button{Key: "收到 T99"}); !strings.Contains(r.Text, "没有这项任务") || r.Card != nil {
		t.Errorf("%+v", r)
	}
	r := o.says("lianluo", "T1")
	if strings.Count(r, "：签收") != 1 {
		t.Errorf("signed more than once: %s", r)
	}
}

// The same message again, as after a lost answer, is one step.
func TestAStepIsTakenOncePerMessage(t *testing.T) {
	t.Parallel()
	o, _ := taskBureau(t)
	o.says("zhuren", "新建任务 检查消防，市教育局牵头，12月10日前")
	confirm := o.direct("zhuren", "确认交办")
	first, again := o.take(confirm).Text, o.take(confirm).Text
	if first != again || !strings.Contains(first, "T1 检查消防 已交办") {
		t.Errorf("%q, then %q", first, again)
	}
	if got := o.says("zhuren", "T2"); !strings.Contains(got, "没有这项任务") {
		t.Error(got)
	}
	sign := o.direct("lianluo", "收到")
	if first, again := o.take(sign).Text, o.take(sign).Text; first != again || !strings.Contains(first, "已签收") {
		t.Errorf("%q, then %q", first, again)
	}
}

// No task has the number 0; whatever is said of it is answered so.
func TestThereIsNoTaskZero(t *testing.T) {
	t.Parallel()
	o, _ := taskBureau(t)
	for _, said := range []string{"T0", "修改 T0 期限 12月10日", "把T0的期限改成12月10日"} {
		if got := o.says("zhuren", said); !strings.Contains(got, "没有") {
			t.Errorf("%s: %s", said, got)
		}
	}
}

func TestPeriodsInWords(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ word, today, want string }{
		{"今天", "2026-11-25", "2026-11-25 2026-11-25"}, {"明天", "2026-12-31", "2027-01-01 2027-01-01"},
		{"本周", "2026-11-23", "2026-11-23 2026-11-29"}, {"本周", "2026-11-29", "2026-11-23 2026-11-29"}, {"这周", "2027-01-01", "2026-12-28 2027-01-03"},
		{"下周", "2026-11-29", "2026-11-30 2026-12-06"}, {"本月", "2026-11-30", "2026-11-01 2026-11-30"}, {"本月", "2028-02-01", "2028-02-01 2028-02-29"},
		{"下月", "2026-12-31", "2027-01-01 2027-01-31"}, {"下个月", "2027-01-31", "2027-02-01 2027-02-28"},
	} {
		today, err := calendar.ParseDate(tc.today)
		if err != nil {
			t.Fatal(err)
		}
		from, to := period(tc.word, today)
		if got := from.String() + " " + to.String(); got != tc.want {
			t.Errorf("%s on %s: %s, want %s", tc.word, tc.today, got, tc.want)
		}
	}
}

func TestCitationsAreFoundInWhatIsSaid(t *testing.T) {
	t.Parallel()
	b := sampleBot()
	const doc = "乐公共协〔2020〕1号"
	for _, tc := range []struct{ said, plan, address, rest string }{
		{doc + " 附件·市教育局·第2项，12月10日前", doc, "附件·市教育局·第2项", "，12月10日前"},
		{"按" + doc + "附件·市教育局·第2项 立项", doc, "附件·市教育局·第2项", "按 立项"},
		{"乐公共协[2020]1号附件-市教育局-2项", doc, "附件·市教育局·第2项", ""},
		{"附件·市教育局·第3项 年底前", doc, "附件·市教育局·第3项", "年底前"},
		{doc + " 四（三）", doc, "四（三）", ""},
		{doc + " 附件·市教育局·第9项", doc, "", "附件·市教育局·第9项"},
		{doc + " 附件·市教育局·第22项", doc, "", "附件·市教育局·第22项"},
		{plan.Sample().Title + " 附件·市教育局·第3项", doc, "附件·市教育局·第3项", ""},
		{"检查消防 市教育局牵头", "", "", "检查消防 市教育局牵头"}, {"四（三）", "", "", "四（三）"}, {"", "", "", ""}, {"附件", "", "", "附件"},
	} {
		name, address, rest, ok := b.cited(tc.said)
		if name != tc.plan || address != tc.address || rest != tc.rest || ok != (tc.plan != "") {
			t.Errorf("%s: %q %q %q %v", tc.said, name, address, rest, ok)
		}
	}
	unit := func(doc, name string) *plan.Plan {
		return &plan.Plan{DocNo: doc, Units: []plan.Unit{{Name: name, Duties: []plan.Duty{{No: 2}}}}}
	}
	b = New(nil, Options{Plans: []*plan.Plan{unit("甲文", "市教育局"), unit("乙文", "市科协"), unit("丙文", "市科协")}})
	if name, address, rest, ok := b.cited("附件·市教育局·第2项，年底"); name != "甲文" || address != "附件·市教育局·第2项" || rest != "，年底" || !ok {
		t.Errorf("%q %q %q %v", name, address, rest, ok)
	}
	if name, _, _, ok := b.cited("附件·市科协·第2项"); ok {
		t.Errorf("two documents have it, and it is said to be of %s", name)
	}
}

// What is pointed at is the clause with that number in the reply.
func TestTheClauseThatIsPointedAt(t *testing.T) {
	t.Parallel()
	duties := answered{Intent: index.IntentDuties, Cites: []string{"甲 附件·乙局·第3项", "甲 附件·乙局·第4项"}}
	list := answered{Intent: index.IntentResponsible, Cites: []string{"甲 附件·乙局·第2项", "甲 附件·丙局·第1项"}}
	one := answered{Intent: index.IntentResponsible, Cites: []string{"甲 附件·乙局·第3项"}}
	for _, tc := range []struct {
		of   answered
		n    int
		want string
	}{
		{duties, 3, duties.Cites[0]}, {duties, 4, duties.Cites[1]}, {duties, 1, duties.Cites[0]}, {duties, 5, ""}, {duties, 0, ""},
		{list, 1, list.Cites[0]}, {list, 2, list.Cites[1]}, {list, 3, ""}, {list, 0, ""},
		{one, 0, one.Cites[0]}, {one, 1, one.Cites[0]}, {one, 3, one.Cites[0]}, {one, 2, ""},
	} {
		if got, ok := tc.of.cite(tc.n); got != tc.want || ok != (tc.want != "") {
			t.Errorf("%v, %d: %q, want %q", tc.of.Cites, tc.n, got, tc.want)
		}
	}
}

// A task of a clause keeps the version of the document that was in force.
func TestATaskHasTheVersionOfItsClause(t *testing.T) {
	t.Parallel()
	o, board := taskBureau(t)
	text, err := os.ReadFile("../index/plan/sample/yueqing.txt")
	if err != nil {
		t.Fatal(err)
	}
	sum := ""
	o.update(func(tx *store.Tx) (err error) {
		if _, err = library.Put(tx, "方案.txt", text, "operator"); err == nil {
			sum, err = library.Sum(tx, doc)
		}
		return err
	})
	for _, said := range []string{"新建任务 " + doc + " 附件·市教育局·第2项", "新建任务 " + plan.Sample().Title + " 附件·市教育局·第2项"} {
		o.says("zhuren", said)
		o.says("zhuren", "确认")
	}
	for n := range 2 {
		o.update(func(tx *store.Tx) error {
			k, err := board.Get(tx, task.Number(n+1))
			if want := (task.Source{Plan: doc, Version: sum, Address: "附件·市教育局·第2项", Clause: eduTwo.Text}); sum == "" || k.Source != want {
				t.Errorf("%+v, want %+v", k.Source, want)
			}
			return err
		})
	}
}

// A task shows its clause as it was, where its page is, and whether the document has
// changed it since.
func TestATaskShowsItsClause(t *testing.T) {
	t.Parallel()
	o, _ := taskBureau(t, func(opt *DeskOptions) { opt.PublicURL = "https://x.gov.cn/" })
	for _, said := range []string{"新建任务 附件·市教育局·第2项", "确认", "新建任务 检查消防，市教育局牵头", "确认"} {
		o.says("zhuren", said)
	}
	const page = "看原文：https://x.gov.cn/p/%E4%B9%90%E5%85%AC%E5%85%B1%E5%8D%8F%E3%80%942020%E3%80%951%E5%8F%B7/%E9%99%84%E4%BB%B6%C2%B7%E5%B8%82%E6%95%99%E8%82%B2%E5%B1%80%C2%B7%E7%AC%AC2%E9%A1%B9"
	other := *plan.Sample()
	other.DocNo = "别的文号"
	for _, tc := range []struct {
		what  string
		plans []*plan.Plan
		lines []string
	}{
		{"as it was", []*plan.Plan{plan.Sample()}, []string{page}},
		{"other words", []*plan.Plan{{DocNo: doc, Units: []plan.Unit{{Name: "市教育局", Duties: []plan.Duty{{No: 2, Text: "别的；"}}}}}}, []string{textClauseChanged, page}},
		{"gone", []*plan.Plan{{DocNo: doc}}, []string{textClauseGone}},
		{"another document", []*plan.Plan{&other}, nil},
	} {
		o.desk.Use(New(sampleIndex(), Options{Plans: tc.plans}))
		got := o.says("lianluo", "T1")
		want := strings.Join(append([]string{"“" + eduTwo.Text + "”", "——" + doc + " 附件·市教育局·第2项"}, append(tc.lines, "待定期限。")...), "\n")
		if !strings.Contains(got, want) {
			t.Errorf("%s: no\n%s\nin\n%s", tc.what, want, got)
		}
	}
	if got := o.says("lianluo", "T2"); strings.Contains(got, "看原文") {
		t.Error(got)
	}
}

// Whatever is said of tasks, the reply alerts nobody, turns no line around, and the
// desk goes on.
func FuzzTaskTalk(f *testing.F) {
	for _, q := range []string{
		"新建任务 <@all>检查，市教育局牵头，每月5日", "改 期限 \u202e12月10日", "确认交办", "收到 T1", "退回 T1 <@all>", "完成 T1 \u0007", "延期 T1 到 明天 因为<a href=x>", "修改 T1 名称 @所有人",
		"提请协调 T1 @everyone", "取消 T1 <@u1>", "同意 T1，<@all>", "撤销 T1", "逾期 <@all>", "T1", "新建任务 附件·市教育局·第2项 \u200b", "改 牵头 @all局",
		"交办 T1-T999999999 <@all>", "交办全部", "就这条建任务 <@all>", "附件·市教育局·第2项 <@all> 建任务", "申诉 T1 <@all>\u202e", "同意 申诉1 按12月1日完成 <@all>", "督办单 T1", "督办通报", "考评 2026 <@all>", "完成 T1 35 <@all>", "更多",
	} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		o, board := taskBureau(t)
		for _, said := range []string{"新建任务 检查消防，市教育局牵头，12月10日前", "确认交办", "新建任务 第二项，市教育局牵头"} {
			o.says("zhuren", said)
		}
		o.says("lianluo", "收到")
		o.says("lianluo", "进度 T1 30% <@all>说明")
		o.update(func(tx *store.Tx) error {
			_, err := board.Publish(tx, 2026, task.DefaultWeights(), task.Operator)
			return err
		})
		o.says("lianluo", "申诉 T1 <@all>理由")
		var all []string
		for _, m := range []chat.Message{o.direct("zhuren", q), o.direct("lianluo", q), o.group("大群", "zhiyuan", q), o.direct("zhuren", "确认"), o.direct("zhuren", "T1"), o.direct("zhuren", "T2"), o.direct("zhuren", "我的任务")} {
			r := o.take(m)
			all = append(all, r.Text, r.Markdown)
		}
		if _, err := board.Remind(t.Context(), o.store); err != nil {
			t.Fatal(err)
		}
		for _, n := range o.notices() {
			all = append(all, n.Reply.Text)
			if n.Reply.Card != nil {
				all = append(all, n.Reply.Card.Title, n.Reply.Card.Text)
			}
		}
		for _, s := range all {
			if chat.Defuse(s) != s {
				t.Errorf("%q alerts people: %q", q, s)
			}
			if i := strings.IndexFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) }); i >= 0 {
				t.Errorf("%q is said back: %q", q, s)
			}
		}
	})
}
