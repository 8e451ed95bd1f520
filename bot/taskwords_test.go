package bot

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"xietiao/bot/holidays"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// What people type is the step they mean; what may mean another, or says that a
// thing is not done, is none.
func TestWordsAreTheStepsPeopleMean(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ text, want string }{
		{"T12", "view T12"}, {"t 12", "view T12"}, {"Ｔ１２", "view T12"}, {"任务12", "view T12"}, {"看看T12", "view T12"}, {"T12 的进展情况", "view T12"}, {"T12进度", "view T12"}, {"进度 T12", "view T12"},
		{"T12完成了吗", "view T12"}, {"T12 什么时候到期", "view T12"}, {"谁负责 T12", "view T12"}, {"T12 完成了没有", "view T12"}, {"T0", "view"},

		{"收到 T12", "sign T12"}, {"收到T12、T13", "sign T12 T13"}, {"收到 T12 T13，谢谢", "sign T12 T13"}, {"T12收到", "sign T12"}, {"已签收T12", "sign T12"}, {"好的，收到 T12、13", "sign T12 T13"}, {"T12、T13已收到", "sign T12 T13"},
		{"收到", "sign"}, {"好的收到", "sign"}, {"收到了，谢谢", "sign"}, {"全部收到", "sign all"}, {"都收到了", "sign all"}, {"收到全部", "sign all"},
		{"没收到 T12", "unclear T12"}, {"T12 没收到", "unclear T12"}, {"收到 T12，但不是我局的事", "unclear T12"}, {"T12收到后请回复", "unclear T12"}, {"没收到", ""}, {"收到通知怎么办", ""}, {"收到捐赠图书的管理", ""},

		{"进度 T12 60% 已完成选址", "progress T12: 60% 已完成选址"}, {"T12进度60％", "progress T12: 60％"}, {"T12 完成了 80%", "progress T12: 80%"}, {"完成 T12 60%", "progress T12: 60%"}, {"进度T12三成", "progress T12: 三成"},
		{"T12 进展：已选址，60%", "progress T12: 已选址，60%"}, {"进度 60%", "progress: 60%"}, {"进度60%，已选址", "progress: 60%，已选址"}, {"进度", ""},

		{"完成 T12", "report T12"}, {"T12办完了", "report T12"}, {"办完了T12，材料已交", "report T12: 材料已交"}, {"T12 已经完成，共 35 家", "report T12: 共 35 家"}, {"完成了 T12 T13", "report T12 T13"}, {"反馈 T12 已印发", "report T12: 已印发"}, {"完成 T12 100%", "report T12: 100%"},
		{"完成 T12，35 家查完", "report T12: 35 家查完"}, {"T12 完成 35 家，都合格", "report T12: 35 家，都合格"}, {"完成 T12 60", "unclear T12"}, {"进度 T12 35 家已查", "progress T12: 35 家已查"}, {"进度 T12 60 已选址", "progress T12: 60 已选址"},
		{"T12完成。谢谢", "report T12"}, {"完成T12了解情况", "unclear T12"}, {"完成了", "report"}, {"已办完", "report"},
		{"T12 还没完成", "unclear T12"}, {"未完成 T12", "unclear T12"}, {"T12 完成不了", "unclear T12"}, {"T12 完成情况", "unclear T12"}, {"T12 完成了一半", "unclear T12"}, {"想完成 T12", "unclear T12"}, {"T12 完成，但差一份材料", "unclear T12"}, {"完成公共文化设施建设", ""}, {"完成时限", ""},

		{"延期 T12 到 12月10日 因为材料没到", "ask T12: 到 12月10日 因为材料没到"}, {"申请延期T12到下周五，没开完会", "ask T12: 到下周五，没开完会"}, {"T12想延到12月底", "ask T12: 到12月底"}, {"想申请延期 T12", "ask T12"},
		{"退回 T12 不是我局职责", "decline T12: 不是我局职责"}, {"T12 退回，应由财政局办", "decline T12: 应由财政局办"}, {"退回重办 T12 因为没有附件", "decline T12: 因为没有附件"},
		{"提请协调 T12 用地没有落实", "raise T12: 用地没有落实"}, {"T12 请求协调：用地", "raise T12: 用地"}, {"答复 T12 用地已定", "settle T12: 用地已定"},
		{"催办 T12", "urge T12"}, {"催一下T12", "urge T12"}, {"催办T12 市教育局", "urge T12: 市教育局"}, {"不用催 T12", "unclear T12"}, {"别催T12", "unclear T12"},
		{"交办 T12", "hand T12"}, {"把T12交办", "hand T12"}, {"复核T12", "review T12"}, {"T12 复核通过", "review T12"}, {"办结 T12", "close T12"}, {"销号T12、T13", "strike T12 T13"}, {"取消 T12 不办了", "cancel T12: 不办了"}, {"撤销 T12", "undo T12"},
		{"收到 T1-T3", "sign T1 T2 T3"}, {"收到T1—3、T9", "sign T1 T2 T3 T9"}, {"收到 T5-T3、4-6，谢谢", "sign T3 T4 T5 T6"}, {"交办T1～T3", "hand T1 T2 T3"}, {"把T1到T3交办", "hand T1 T2 T3"}, {"交办任务1至任务2、T8", "hand T1 T2 T8"},
		{"T1-T2", "view T1 T2"}, {"完成 T1-T2 已印发", "report T1 T2: 已印发"}, {"完成T12-35家", "report T12: 35家"}, {"延期T12-12月10日 因为下雨", "ask T12: 12月10日 因为下雨"}, {"延期 T12 到 13日，下雨", "ask T12: 到 13日，下雨"}, {"进度 T12-60%", "progress T12: 60%"},
		{"交办全部", "hand all"}, {"全部交办", "hand all"}, {"把全部任务都交办", "hand all"}, {"交办所有任务", "hand all"}, {"所有的任务交办了吧", "hand all"}, {"任务交办", ""},
		{"办结", "close"}, {"取消", ""}, {"协调", ""}, {"退回", ""},

		{"T12 你好", "unclear T12"}, {"某某 T12", "unclear T12"}, {"T1234567890", "unclear T123456789"}, {"AT12", ""}, {"T", ""}, {"", ""},
		{"农家书屋归谁管", ""}, {"重点任务有哪些", ""}, {"任务分工", ""}, {"谁负责协调", ""},
	} {
		got := ""
		if w, ok := readTask(tc.text); ok {
			got = string(w.do)
			for _, n := range w.numbers {
				got += " " + n.String()
			}
			if w.all {
				got += " all"
			}
			if w.words != "" {
				got += ": " + w.words
			}
			if back := wantedOf(w.args()); fmt.Sprint(back) != fmt.Sprint(w) {
				t.Errorf("%s: %v is carried as %v", tc.text, w, back)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", tc.text, got, tc.want)
		}
	}
}

func TestNumbersAreWrittenShort(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		list []task.Number
		want string
	}{
		{nil, ""}, {[]task.Number{3}, "T3"}, {[]task.Number{3, 2}, "T2、T3"}, {[]task.Number{9, 2, 4, 3, 8, 12}, "T2-T4、T8、T9、T12"},
		{[]task.Number{1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 26, 27}, "T1、T3、T5、T7、T9、T11、T13、T15、T17、T19、T21、T23等 15 项"},
	} {
		if got := task.Spans(tc.list); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.list, got, tc.want)
		}
	}
}

// taskCommandList are all commands there are with tasks.
func taskCommandList() []Command {
	return Commands(sampleOrg(), TaskOptions{Board: task.New(task.Options{Holidays: holidays.New(aMonday().t.Location(), nil), Sender: recorder{}})}, ActivityOptions{})
}

// commandOf is the name of the command that a text is.
func commandOf(commands []Command, text string) (name string, args []string) {
	for _, c := range commands {
		if args, ok := c.Match(text); ok {
			return c.Name, args
		}
	}
	return "", nil
}

func TestWordsOfListsAndDrafts(t *testing.T) {
	t.Parallel()
	commands := taskCommandList()
	for _, tc := range []struct{ text, want string }{
		{"我的任务", "my tasks"}, {"我有哪些任务", "my tasks"}, {"看看我们单位的任务", "my tasks"}, {"未完成的任务", "my tasks"}, {"待签收任务", "my tasks"}, {"我的任务 市教育局", "my tasks"}, {"我的任务 猴年", ""},
		{"逾期", "overdue"}, {"逾期任务有哪些？", "overdue"}, {"哪些任务逾期了", "overdue"}, {"逾期 教育局", "overdue"}, {"逾期未还的图书", ""},
		{"本周到期", "due"}, {"下周到期的任务", "due"}, {"今天到期", "due"}, {"本月到期 市财政局", "due"}, {"待定期限", "undated"}, {"没有期限的任务", "undated"},
		{"新建任务 检查消防，市教育局牵头", "new task"}, {"新增一项任务：检查", "new task"}, {"立项 检查消防", "new task"}, {"新建任务", "new task"}, {"新建任务怎么说？", ""}, {"新建任务台账制度", ""}, {"立项审批由谁负责", ""},
		{"就这条建任务 期限12月底", "clause to task"}, {"把第2条交办", "clause to task"}, {"交办第二条，年底前", "clause to task"}, {"请按这条立项：市教育局牵头", "clause to task"}, {"附件·市委宣传部·第3项 建任务", "clause to task"}, {"把乐公共协[2020]1号四（三）立项", "clause to task"},
		{"新建任务 这条 期限12月25日", "clause to task"}, {"建任务 检查消防，市教育局牵头", "new task"}, {"这条由谁立项", ""}, {"第2条归谁办", ""}, {"根据附件要求做好立项", ""}, {"把T2交办", "task"},
		{"修改 T12 期限 12月10日", "change task"}, {"把T12的期限改成12月10日", "change task"}, {"T12 期限改为12月10日", "change task"}, {"T12 期限是什么时候", "task"}, {"改T12", "change task"},
		{"改 期限 12月20日", "change draft"}, {"期限改成12月20日", "change draft"}, {"牵头改为市财政局", "change draft"}, {"改牵头：市财政局", "change draft"}, {"改革的牵头单位", ""}, {"期限是哪天", ""}, {"牵头单位", ""},
		{"确认", "confirm"}, {"确认交办", "confirm"}, {"好的，确认", "confirm"}, {"没问题", "confirm"}, {"确认书由谁盖章", ""}, {"放弃", "drop"}, {"算了", "drop"}, {"取消", "drop"},
		{"同意 T12", "approve"}, {"同意T12延期", "approve"}, {"T12 同意", "approve"}, {"同意延期 T12，抓紧", "approve"}, {"不同意 T12 材料可以先报", "reject"}, {"T12 不同意，按期完成", "reject"}, {"同意 B3、T12", "approve"}, {"同意 T12 之外的", ""}, {"拒绝 B3 T12", "reject"}, {"不同意 B3 因为不认识", ""},
		{"考评", "assessment"}, {"考评 2026", "assessment"}, {"2026年考评得分", "assessment"}, {"看看我们单位的考评", "assessment"}, {"考评 2026 市教育局", "assessment"}, {"考评 猴年", ""}, {"考评由谁负责", ""}, {"考评办法", ""},
		{"申诉 T12 材料早交了", "object"}, {"T12 申诉：材料早交了", "object"}, {"对 2025年度T12的考评结果提出申诉，材料早交了", "object"}, {"申诉T12", "object"}, {"申诉 T12 办好了吗", ""}, {"申诉渠道", ""},
		{"同意 申诉3 属实", "approve"}, {"同意申诉2026-3，属实", "approve"}, {"申诉3成立，属实", "approve"}, {"不同意 申诉3 理由不足", "reject"}, {"申诉 3 不成立", "reject"}, {"同意申诉制度", ""},
		{"任务帮助", "task help"}, {"待确认", "pending"}, {"T12 你好", "task unclear"}, {"任务12", "task unclear"},
	} {
		if got, args := commandOf(commands, tc.text); got != tc.want {
			t.Errorf("%s is %q %q, want %q", tc.text, got, args, tc.want)
		}
	}
}

// What the bot itself suggests is understood as it is meant.
func TestWhatIsSuggestedIsUnderstood(t *testing.T) {
	t.Parallel()
	commands := taskCommandList()
	for _, s := range sayings {
		said := fmt.Sprintf(s.words, "T12")
		name, args := commandOf(commands, said)
		want := s.do
		switch s.do {
		case task.DoGrant, task.DoDeny:
			if name != map[task.Do]string{task.DoGrant: "approve", task.DoDeny: "reject"}[s.do] {
				t.Errorf("%s is %s", said, name)
			}
			continue
		case task.DoReturn:
			want = task.DoDecline // the office's and a unit's differ by who says it
		}
		if name != "task" || task.Do(args[0]) != want {
			t.Errorf("%s is %s %q", said, name, args)
		}
	}
	// And so are the examples of a refusal for want of a reason.
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	both := task.Actor{By: "P1", Unit: "甲", Office: true}
	for _, do := range []task.Do{task.DoDecline, task.DoAsk, task.DoRaise, task.DoDeny, task.DoSettle, task.DoReturn, task.DoCancel} {
		for _, state := range task.StatesOf(do) {
			k := task.Task{Number: 12, State: state, Shares: []task.Share{{Unit: "甲", Lead: true, Signed: task.Mark{At: at}}}}
			_, err := task.Step(k, task.Action{Do: do, At: at}, both)
			var r *task.Refusal
			if !errors.As(err, &r) || r.Why != task.WhyReason {
				t.Fatalf("%s: %v", do, err)
			}
			_, example, _ := strings.Cut(task.Tell(err), "例如“")
			example, _, _ = strings.Cut(example, "”")
			name, args := commandOf(commands, example)
			want := []string{"task", string(do)}
			switch do {
			case task.DoDeny:
				want = []string{"reject"}
			case task.DoReturn:
				want[1] = string(task.DoDecline)
			}
			if got := append([]string{name}, args...); !slices.Equal(got[:len(want)], want) {
				t.Errorf("%s is %q, want %q", example, got, want)
			}
		}
	}
}

// Every question of the built-in plan's own words stays a question.
func TestAPlansWordsAreNoStep(t *testing.T) {
	t.Parallel()
	commands := taskCommandList()
	p := plan.Sample()
	var texts []string
	for _, u := range p.Units {
		for _, d := range u.Duties {
			texts = append(texts, d.Text)
		}
	}
	for _, s := range p.Sections {
		texts = append(texts, s.Title)
	}
	for _, it := range p.Items {
		texts = append(texts, it.Title, it.Text)
	}
	for _, text := range texts {
		for _, q := range []string{text, strings.TrimRight(text, "；。") + "由谁负责", text + "归谁管"} {
			if name, args := commandOf(commands, q); name != "" {
				t.Errorf("%s is %s %q", q, name, args)
			}
		}
	}
}

// Whatever is said, numbers are tasks', few and each once, the words are part of what
// was said, and what is carried comes back.
func FuzzReadTask(f *testing.F) {
	for _, s := range []string{"收到 T12、T13", "T12 完成 60%", "延期T12到12月10日 因为x", "同意 T1", "进度 六成", "Ｔ１２，完成", "任务1和2", "T\u200b1", "完成\xffT1"} {
		f.Add(s)
	}
	for _, s := range []string{"交办T1-T999999999", "收到 T5–3、9-8", "T0-T2", "全部交办"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w, ok := readTask(s)
		if !ok {
			return
		}
		if len(w.numbers) > maxNumbers+1 || w.do == "" {
			t.Errorf("%q: %v", s, w)
		}
		for i, n := range w.numbers {
			if n <= 0 || slices.Contains(w.numbers[:i], n) {
				t.Errorf("%q: %v", s, w.numbers)
			}
		}
		if utf8.ValidString(s) && !strings.Contains(s, w.words) {
			t.Errorf("%q has no %q", s, w.words)
		}
		if back := wantedOf(w.args()); fmt.Sprint(back) != fmt.Sprint(w) {
			t.Errorf("%q: %v is carried as %v", s, w, back)
		}
	})
}
