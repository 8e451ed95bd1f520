package console

import (
	"fmt"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// On an empty store the page leads through the first hour, and ticks what is done.
func TestTheFirstHour(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	a := office.get("")
	a.see(t, "第一个小时", "○ 导入方案", "✓ 导入名册（做好了）", "○ 接上群或账号", "○ 第一项任务", "没有等着您办的事", "各平台的连接、数据和通知都正常")
	a.lacks(t, "没有群也没有账号的单位")
	d.someTask("一件事", "市文化馆")
	d.reach("馆乙")
	d.update(func(tx *store.Tx) error {
		_, err := library.Put(tx, "方案.txt", []byte("市文化工作方案\n一、职责\n（一）市文化馆：办展览。\n"), "operator")
		return err
	})
	office.get("").see(t, "✓ 导入方案（做好了）", "✓ 接上群或账号（做好了）", "✓ 第一项任务（做好了）", "○ 第一个问题", "1没有群也没有账号的单位")
	// Nobody else is led.
	for _, name := range []string{"馆乙", "活丁"} {
		d.as(name).get("").lacks(t, "第一个小时", "导入方案")
	}
}

// reach lets somebody be reached by WeCom.
func (d *desk) reach(name string) {
	d.t.Helper()
	d.update(func(tx *store.Tx) error {
		p := d.people[name]
		_, err := org.Apply(tx, org.Roster{Entries: []org.RosterEntry{{Name: p.Name, Unit: p.Unit, Role: p.Role, Phone: p.Phone, IDs: map[chat.Platform]chat.UserID{chat.WeCom: "u-" + chat.UserID(p.ID)}}}}, org.Operator)
		return err
	})
}

// What waits for the office is counted, and each number leads to the list of it.
func TestWhatNeedsAHand(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range 5 {
		d.someTask(fmt.Sprintf("第%d件", i+1), "市文化馆")
	}
	d.update(func(tx *store.Tx) error {
		for _, s := range []struct {
			n task.Number
			a task.Action
		}{
			{1, task.Action{Do: task.DoDecline, Unit: "市文化馆", Text: "不是"}},
			{2, task.Action{Do: task.DoSign, Unit: "市文化馆"}}, {2, task.Action{Do: task.DoReport, Unit: "市文化馆"}},
			{3, task.Action{Do: task.DoRaise, Unit: "市文化馆", Text: "场地"}},
			{4, task.Action{Do: task.DoSign, Unit: "市文化馆"}}, {4, task.Action{Do: task.DoReport, Unit: "市文化馆"}}, {4, task.Action{Do: task.DoReview}},
		} {
			if _, err := d.opt.Tasks.Apply(tx, s.n, s.a, task.Operator); err != nil {
				return err
			}
		}
		_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: "明年的"}, task.Operator)
		return err
	})
	d.wire.refuse("93000")
	d.put(outbox.Notice{Key: "lost", Kind: "test"})
	d.send()
	d.put(outbox.Notice{Key: "late", Kind: "test"})
	d.faults = map[string]string{"wecom.aibot": "连不上企业微信", "dingtalk.robot": "connecting"}
	d.pass(40 * 24 * time.Hour)
	office := d.as("周主任")
	a := office.get("")
	a.see(t, "2逾期未完成", "1等复核", "1等协调的事项", "1有单位退回", "1等办结", "1等交办", "钉钉：正在连接。", "企业微信：连不上企业微信。", "有 1 条通知到点没有发出，最早的已经等了", "1 个单位牵头 4 项", "各单位进度的数字")
	a.lacks(t, "都正常", "没有发成的通知") // that was more than seven days ago
	for path, want := range map[string]string{
		"/tasks?when=overdue": "第3件", "/tasks?state=declined": "第1件", "/tasks?state=raised": "第3件", "/tasks?state=reported": "第2件", "/tasks?state=reviewed": "第4件", "/tasks?state=draft": "明年的",
	} {
		office.get(path).see(t, want)
	}
	office.get("/tasks?state=declined&unit=市教育局").see(t, "没有符合的任务")
	reader := d.as("看戊").get("")
	reader.see(t, "2逾期未完成", "1等复核")
	reader.lacks(t, "今天要打电话")

	unit := d.as("馆乙").get("")
	unit.see(t, "2待签收", "2逾期未完成", "本单位没办完的", "第3件", "第5件")
	unit.lacks(t, "等复核", "第2件", "第4件", "明年的", "连不上", "各单位进度")
	d.as("教丙").get("").see(t, "没有等着您办的事")
	d.as("活丁").get("").lacks(t, "逾期", "任务 ")
}

// What is to be done at once stands first for a unit.
func TestAUnitsDay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for i := range shownMine + 3 {
		d.someTask(fmt.Sprintf("平常%02d", i), "市文化馆")
	}
	n := d.someTask("急的", "市文化馆")
	office := d.as("周主任")
	office.follow(office.post("/tasks/"+n.String()+"/edit", "version", "2", "title", "急的", "leads", "市文化馆", "deadline", "2026年3月11日"))
	a := d.as("馆长").get("")
	a.see(t, "24待签收", "1剩 3 个工作日以内", "还有 4 项", "T24急的")
}
