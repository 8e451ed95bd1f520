package bot

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/holidays"
	"xietiao/bot/task"
)

func TestWordsOfHolidaysAndRules(t *testing.T) {
	t.Parallel()
	commands := taskCommandList()
	const items = "一、元旦：1月1日（周五）至3日（周日）放假调休，共3天。\n二、春节：2月5日放假。"
	for _, tc := range []struct{ text, want string }{
		{"节假日", "holidays |"}, {"节假日 2027", "holidays |2027"}, {"2027年节假日安排", "holidays 2027|"}, {"查一下2027年的放假安排", "holidays 2027|"}, {"２０２７年法定节假日？", "holidays 2027|"},
		{"节假日开放由谁负责", ""}, {"节假日活动", ""}, {"节假日怎么安排", ""}, {"国庆节放假吗", ""}, {"国庆节怎么放假", ""}, {"元旦：1月1日放假吗？", ""}, {"节假日 1月1日放假吗", ""}, {"做好节假日值班，12月30日上班前报", ""},
		{"节假日 2027 1月6日放假", "enter holidays 2027|1月6日放假"}, {"节假日：1月6日放假", "enter holidays |1月6日放假"}, {"录入节假日2027年：\n1月6日（周三）放假", "enter holidays 2027|1月6日（周三）放假"},
		{items, "enter holidays |" + items}, {"@协调助手 " + items, "enter holidays |" + items}, {"国务院办公厅关于2027年\n部分节假日安排的通知\n1月6日放假", "enter holidays |国务院办公厅关于2027年\n部分节假日安排的通知\n1月6日放假"},
		{"撤销节假日 2027", "undo holidays |2027"}, {"撤销2027年的放假安排", "undo holidays 2027|"}, {"请撤回刚才录入的节假日安排", "undo holidays |"}, {"撤销", "undo "}, {"撤销刚才的", "undo "}, {"撤销 T12", "task undo|T12|false|"},

		{"提醒 T12 提前 10、5、2 天", "task rules t12|提前 10、5、2 天"}, {"提醒T12、T13按默认", "task rules t12、t13|按默认"}, {"T12 提前5天提醒", "task rules t12|提前5天"}, {"把T12的提醒改为提前 3 个工作日", "task rules t12|提前 3 个工作日"}, {"提醒 T12", "task rules t12|"},
		{"T12 什么时候提醒", "task view|T12|false|"}, {"提醒 T12 提前几天", ""}, {"T12 提前完成了", "task unclear unclear|T12|false|"}, {"T12 提前 5 天完成", "task unclear unclear|T12|false|"},
	} {
		got := ""
		for _, c := range commands {
			if args, ok := c.Match(tc.text); ok {
				got = c.Name + " " + strings.Join(args, "|")
				break
			}
		}
		if got != tc.want {
			t.Errorf("%s is %q, want %q", tc.text, got, tc.want)
		}
	}
	for _, tc := range []struct{ said, want string }{
		{"提前 10、5、2 天", "[10 5 2]"}, {"2,5,10", "[10 5 2]"}, {"提前两天、五天和当天", "[5 2 0]"}, {"到期前3个工作日各提醒一次", "[3]"}, {"期限当天", "[0]"}, {"3 3 1", "[3 1]"},
		{"按默认", "[] usual"}, {"恢复默认的规则", "[] usual"}, {"", "no"}, {"张三", "no"}, {"提前", "no"}, {"1、2、3、4、5、6、7、8、9、10、11", "no"}, {"9999 天", "no"},
	} {
		days, ok := task.ParseOffsets(tc.said)
		got := fmt.Sprint(days)
		switch {
		case !ok:
			got = "no"
		case days == nil:
			got += " usual"
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.said, got, tc.want)
		}
	}
}

// A whole notice is longer than a question may be. What the office confirms in one
// place counts in all.
func TestALongNoticeIsPasted(t *testing.T) {
	t.Parallel()
	o, board := taskBureau(t)
	notice := "国务院办公厅关于2027年\n部分节假日安排的通知\n\n各省：\n" + strings.Repeat("经国务院批准，现将放假调休日期的具体安排通知如下。\n", 20) +
		"一、元旦：1月1日（周五）至3日（周日）放假。\n二、劳动节：5月1日至5日放假。\n三、国庆节：10月1日至7日放假。\n"
	m := o.group("大群", "zhuren", notice)
	if got := o.take(m).Text; !strings.Contains(got, "放假 15 天") || !strings.Contains(got, "请回复“确认”") {
		t.Fatal(got)
	}
	if got := o.says("zhuren", "确认"); !strings.Contains(got, "没有等您确认") {
		t.Errorf("confirmed in another conversation: %s", got)
	}
	if got := o.take(o.group("大群", "zhuren", "确认")).Text; !strings.Contains(got, "已录入") {
		t.Error(got)
	}
	other := task.New(task.Options{Holidays: holidays.New(board.Calendar().Location(), nil), Sender: recorder{}})
	for _, b := range []*task.Board{board, other} {
		if _, err := b.Remind(t.Context(), o.store); err != nil || !b.Calendar().Known(2027) {
			t.Errorf("2027 is known: %v, %v", b.Calendar().Known(2027), err)
		}
	}
	if got := o.says("zhuren", strings.Repeat(notice, 10)); got != textQuestionTooLong {
		t.Error(got)
	}
	if got := o.says("zhuren", strings.Repeat("很长的话", 200)); got != textQuestionTooLong {
		t.Error(got)
	}
	if diff := cmp.Diff("这件事只有协调组办公室可以办。", o.says("lianluo", notice)); diff != "" {
		t.Error(diff)
	}
}
