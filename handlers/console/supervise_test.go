package console

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/doc"
)

// remind lets the board say what is due.
func (d *desk) remind() {
	d.t.Helper()
	if _, err := d.opt.Tasks.Remind(d.t.Context(), d.opt.Store); err != nil {
		d.t.Fatal(err)
	}
}

// docxOf is what a document says.
func docxOf(t *testing.T, a answer) string {
	t.Helper()
	if a.Code != http.StatusOK {
		t.Fatal(a.Code, a.text())
	}
	read, err := doc.Read("x.docx", []byte(a.Body), doc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return read.Text
}

func TestTheBulletinAndWhomToCall(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, reader := d.as("周主任"), d.as("看戊")
	office.get("/tasks/bulletin").see(t, "督办通报（2026-03-09）", "还没有交办过写明期限的任务")
	office.get("/tasks/calls").see(t, "2026-03-09 没有要打电话告知的单位")
	n := d.someTask("要打电话的事"+hostile, "市文化馆")
	d.remind()
	page := reader.get("/tasks/bulletin")
	page.see(t, "1 个单位牵头 1 项", "逾期未完成，0 项", "各单位进度的数字", "红：已过期限")
	if !strings.Contains(page.Body, `<rect class="work" x="0.00" width="100.00"`) {
		t.Error("no bar of what is being worked at")
	}
	office.get("/tasks/calls").see(t, "市文化馆", "馆乙（联络员） 13800000002", "馆长（单位负责人） 没有电话", "要打电话的事")
	if got := docxOf(t, office.get("/tasks/calls.docx?day=2026-03-09")); !strings.Contains(got, "市文化馆") || !strings.Contains(got, "13800000002") {
		t.Error(got)
	}
	if got := ledgerOf(t, office.get("/tasks/calls.xlsx")); !strings.Contains(got, "13800000002") {
		t.Error(got)
	}
	office.get("/tasks/calls?day=2026-03-08").see(t, "2026-03-08 没有要打电话")
	office.get("/tasks/calls?day="+url.QueryEscape(hostile)).see(t, "要打电话的事")

	d.pass(40 * 24 * time.Hour)
	office = d.as("周主任") // a working day is over
	office.get("/tasks/bulletin").see(t, "逾期未完成，1 项", "要打电话的事", "逾期 1")
	if got := docxOf(t, office.get("/tasks/bulletin.docx")); !strings.Contains(got, "督办通报") || !strings.Contains(got, "要打电话的事") || !strings.Contains(got, "协调组办公室") {
		t.Error(got)
	}
	d.want(n, task.StateAssigned)
}

// Tasks without a deadline stay so until a unit proposes one and the office agrees, or
// the office sets one.
func TestTheBoardOfUndatedTasks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, unit := d.as("周主任"), d.as("馆乙")
	office.get("/tasks/undated").see(t, "没有待定期限的任务")
	for _, dr := range []task.Draft{
		{Title: "甲事", Leads: []string{"市文化馆"}, DeadlineText: "长期坚持"}, {Title: "乙事", Leads: []string{"市教育局"}}, {Title: "丙事", Leads: []string{"市文化馆"}},
	} {
		d.update(func(tx *store.Tx) error { _, _, err := d.opt.Tasks.Create(tx, "", dr, task.Operator); return err })
	}
	for _, n := range []task.Number{1, 2} {
		d.update(func(tx *store.Tx) error {
			_, err := d.opt.Tasks.Apply(tx, n, task.Action{Do: task.DoHand}, task.Operator)
			return err
		})
	}
	office.get("/tasks/undated").see(t, "共 3 项", "甲事", "原文：长期坚持", "乙事", "丙事")
	mine := unit.get("/tasks/undated")
	mine.see(t, "共 2 项", "甲事", "丙事")
	mine.lacks(t, "乙事")
	unit.post("/tasks/T1/step", "do", "sign")
	a := unit.post("/tasks/undated", "n", "T1", "deadline", "六月前", "text", "场地")
	if a.see(t, "期限“六月前”看不懂"); a.Code != http.StatusConflict || !strings.Contains(a.Body, `value="六月前"`) || strings.Count(a.Body, `value="场地"`) != 1 {
		t.Error("what was typed is gone", a.Code)
	}
	unit.post("/tasks/undated", "n", "T1", "deadline", "待定", "text", "场地").see(t, "没有看懂要延到哪一天")
	unit.follow(unit.post("/tasks/undated", "n", "T1", "deadline", "6月30日", "text", "要等场地"+hostile)).see(t, "T1：已申请延期", "等办公室答复")
	office.get("/tasks/undated").see(t, "市文化馆提出 2026-06-30：要等场地"+hostile)
	office.follow(office.post("/tasks/undated", "n", "T1", "do", "grant")).see(t, "期限改为 2026-06-30", "共 2 项")
	office.post("/tasks/undated", "n", "T3", "version", "9", "deadline", "12月底").see(t, "刚刚被别人改过")
	office.follow(office.post("/tasks/undated", "n", "T3", "version", "1", "deadline", "12月底")).see(t, "已修改 T3：期限 待定期限 → 2026年12月31日", "没有写年份", "共 1 项")
	if a := unit.post("/tasks/undated", "n", "T2", "deadline", "12月底", "text", "x"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
	unit.post("/tasks/undated", "n", "T1", "do", "grant").see(t, "要由协调组办公室办理")
}

// A year is assessed, objected to and decided on pages; a unit sees what is its own.
func TestAnAssessmentOnPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.someTask("馆的事"+hostile, "市文化馆")
	d.someTask("教育局的事", "市教育局")
	d.update(func(tx *store.Tx) error {
		for _, a := range []task.Action{{Do: task.DoSign, Unit: "市文化馆"}, {Do: task.DoReport, Unit: "市文化馆"}, {Do: task.DoReview}, {Do: task.DoClose}} {
			if _, err := d.opt.Tasks.Apply(tx, 1, a, task.Operator); err != nil {
				return err
			}
		}
		return nil
	})
	d.pass(40 * 24 * time.Hour)
	office, head, reader, other := d.as("周主任"), d.as("馆长"), d.as("看戊"), d.as("教丙")
	office.get("/assessment").see(t, "2026 年还没有考评", "先“试算”看看", "按期办结 100 分")
	head.get("/assessment").see(t, "办公室生成以后")
	office.get("/assessment/trial?year=2026").see(t, "试算的，没有保存", "市文化馆", "100.00", "市教育局", "0.00")
	office.get("/assessment/trial?year=2026&unit=市文化馆").see(t, "馆的事", "按期办结")
	office.get("/assessment").see(t, "还没有考评")
	if a := office.get("/assessment/table.xlsx"); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
	office.follow(office.post("/assessment/publish", "year", "2026")).see(t, "已生成 2026 年考评第 1 版", "第 1 版，截至 2026-04-18", "市教育局")
	office.follow(office.post("/assessment/publish", "year", "2026")).see(t, "和第 1 版没有不同")

	own := other.get("/assessment?unit=市文化馆&year=2026")
	own.see(t, "市教育局", "教育局的事", "逾期未办结", "0.00", "提出申诉")
	own.lacks(t, "市文化馆", "馆的事")
	reader.get("/assessment").lacks(t, "提出申诉", "生成新的一版", "试算")
	reader.get("/assessment?unit=市文化馆").see(t, "馆的事"+hostile)

	other.post("/assessment/object", "year", "2026", "n", "T2", "text", " ").see(t, "请写明为什么")
	a := other.post("/assessment/object", "year", "2026", "n", "T1", "text", "不是我们的", "unit", "市文化馆")
	if a.see(t, "考评里没有这个单位的这项任务"); !strings.Contains(a.Body, "不是我们的") {
		t.Error("what was typed is gone")
	}
	other.follow(other.post("/assessment/object", "year", "2026", "n", "T2", "text", "发了停工通知"+hostile)).see(t, "申诉1 已提交", "发了停工通知"+hostile, "等办公室决定")
	head.get("/assessment").lacks(t, "停工通知")
	office.get("/assessment").see(t, "申诉，1 条等决定", "市教育局，市教育局 教丙")

	for want, pairs := range map[string][]string{
		"请写明理由": {"verdict", "out"}, "请选一个决定": {"verdict", "", "why", "属实"},
		"没有看懂按哪一天": {"verdict", "done", "why", "属实", "done", "以后"}, "没有这条申诉": {"verdict", "no", "why", "属实", "objection", "7"},
	} {
		form := append([]string{"year", "2026"}, pairs...)
		if want != "没有这条申诉" {
			form = append(form, "objection", "1")
		}
		if a := office.post("/assessment/decide", form...); a.Code != http.StatusConflict {
			t.Error(want, a.Code)
		} else {
			a.see(t, want)
		}
	}
	office.follow(office.post("/assessment/decide", "year", "2026", "objection", "1", "verdict", "done", "done", "4月10日", "why", "属实")).see(t, "成立，按 2026-04-10 办结计", "已生成第 2 版", "第 2 版，截至")
	office.post("/assessment/decide", "year", "2026", "objection", "1", "verdict", "no", "why", "再想想").see(t, "已经有了决定")
	other.get("/assessment").see(t, "申诉1 成立", "100.00", "属实")
	// Every version stays.
	office.get("/assessment?year=2026&version=1").see(t, "不是最新的", "0.00")
	if a := office.get("/assessment?year=2026&version=9"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
	if got := ledgerOf(t, office.get("/assessment/table.xlsx?year=2026&version=1")); !strings.Contains(got, "逾期未办结") || !strings.Contains(got, "历史摘要") {
		t.Error(got)
	}
	office.get("/assessment?year=1999").see(t, "2026 年考评")
	// The office may object for a unit that rang up.
	office.follow(office.post("/assessment/object?unit=市文化馆", "year", "2026", "unit", "市文化馆", "n", "T1", "text", "代为提出")).see(t, "申诉2 已提交", "代为提出")
	office.follow(office.post("/assessment/decide", "year", "2026", "objection", "2", "verdict", "no", "why", "没有依据")).see(t, "申诉2：不成立")
}
