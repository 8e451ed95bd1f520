package task

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/doc"
)

// A 督办单 says what the task is, how it stands, and what is wanted by when.
func TestAFormOfATask(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 10:00", Rules{})
	d := draft("检查农家书屋消防", "2026-11-20", "市教育局", "市科协")
	d.Supports = []string{"市财政局"}
	d.Source = Source{Plan: "甲文", Address: "附件·市教育局·第2项", Clause: "指导学校开放；"}
	n := h.create(d)
	for _, by := range []Actor{teachers, science} {
		h.step(n, Action{Do: DoSign}, by)
	}
	h.step(n, Action{Do: DoProgress, Percent: 30, Text: "还有 5 家没开门"}, teachers)
	h.step(n, Action{Do: DoRaise, Text: "两家在拆迁范围内"}, teachers)
	h.step(n, Action{Do: DoAsk, To: date("2026-12-10"), Text: "等拆迁"}, teachers)
	h.step(n, Action{Do: DoDeny, Text: "先查别的"}, office)
	h.step(n, Action{Do: DoReport, Text: "已查完"}, science)
	form := func(day string) Form {
		t.Helper()
		f, err := h.Form(h.task(n), at(day+" 10:00"))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	const formula = "红：已过期限；黄：剩 3 个工作日以内；蓝：剩得更多。按工作日计算，期限当天不足一天算 0。"
	late := form("2026-11-24")
	want := `【督办单】T1 检查农家书屋消防（2026年11月24日）
责任单位：市教育局、市科协（牵头），市财政局（配合）
依据：“指导学校开放；”——甲文 附件·市教育局·第2项
期限：11月20日（周五）
督办等级：红（已过 2 个工作日；` + formula + `）
进展：市教育局 办理中，30%，“还有 5 家没开门”；市科协 已反馈，“已查完”；市财政局 还没有签收；市教育局 申请延期到 2026-12-10，“等拆迁”，没有同意；市教育局 提请协调，“两家在拆迁范围内”
要求：请市教育局在 11月27日（周五）前办结，回复“完成 T1 结果”；确实办不结的，写明原因申请延期，回复“延期 T1 到几月几日 因为……”。`
	if d := cmp.Diff(want, late.Text()); d != "" {
		t.Error(d)
	}
	if got := form("2026-11-19").Text(); !strings.Contains(got, "督办等级：黄（还剩 1 个工作日；") || !strings.Contains(got, "要求：请市教育局在 11月20日（周五）前办结，回复“完成 T1 结果”。") {
		t.Error(got)
	}
	var file bytes.Buffer
	if err := doc.WriteDOCX(&file, late.Document("协调组办公室")); err != nil {
		t.Fatal(err)
	}
	for _, row := range late.rows() {
		if !strings.Contains(want, row[0]+"："+row[1]) {
			t.Errorf("the document says %s otherwise", row)
		}
	}

	open := h.create(draft("长期事项", "", "市科协"))
	f, err := h.Form(h.task(open), at("2026-11-24 10:00"))
	if err != nil || !strings.Contains(f.Text(), "期限：待定期限\n进展：市科协 还没有签收\n要求：请市科协先回复“收到 T2”签收，在 11月27日（周五）前提出完成期限") {
		t.Error(err, f.Text())
	}
	h.step(n, Action{Do: DoReport, Text: "也查完"}, teachers)
	_, err = h.Form(h.task(n), at("2026-11-24 10:00"))
	refusal(t, err, WhyState)
	var r *Refusal
	if !errors.As(err, &r) || r.Do != DoUrge {
		t.Error(err)
	}
}
