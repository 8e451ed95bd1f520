package task

import (
	"bytes"
	"errors"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chart"
	"xietiao/bot/store"
	"xietiao/index/doc"
	"xietiao/index/sheet"
)

// aWeek is a hall with a task of each kind on 2026-04-08.
func aWeek(t *testing.T) *hall {
	h := newHall(t, "2026-03-02 09:00", Rules{})
	h.finish(h.create(draft("早办完", "2026-03-31", "市教育局")), "2026-03-10")
	week := h.create(draft("本周办完", "2026-04-30", "市科协"))
	late := h.create(draft("逾期的", "2026-04-02", "市教育局"))
	h.create(draft("快到期", "2026-04-10", "市教育局", "市科协"))
	h.create(draft("没有期限", "", "市科协"))
	reported := h.create(draft("等复核", "2026-04-02", "市委宣传部"))
	h.do(nil, func(tx *store.Tx) error {
		_, _, err := h.Create(tx, "", draft("没交办", "2026-03-31", "市教育局"), office)
		return err
	})
	h.step(reported, Action{Do: DoSign}, writers)
	h.step(reported, Action{Do: DoReport}, writers)
	h.step(late, Action{Do: DoSign}, teachers)
	h.step(late, Action{Do: DoProgress, Percent: 50, Text: "一半"}, teachers)
	h.finish(week, "2026-04-07")
	h.set(at("2026-04-08 10:00"))
	return h
}

func (h *hall) bulletin() (bu Bulletin) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { bu, err = h.Bulletin(r); return err })
	return bu
}

func TestTheBulletinSaysHowMattersStand(t *testing.T) {
	t.Parallel()
	bu := aWeek(t).bulletin()
	want := []Progress{{"市委宣传部", 1, 1, 0, 100}, {"市教育局", 3, 1, 1, 50}, {"市科协", 2, 1, 0, 50}}
	if d := cmp.Diff(want, bu.Units); d != "" {
		t.Error(d)
	}
	const text = `【督办通报（2026年4月8日）】
3 个单位牵头 6 项（几家牵头的各算一项），已办结或已反馈 3 项，逾期 1 项；2026年4月1日以来办结 1 项，7 天内到期 1 项，待定期限 1 项。
市教育局：逾期 1 项，办结 1/3，50%

逾期：
T3 逾期的（市教育局）已过 3 个工作日

7 天内到期：
T4 快到期（市教育局、市科协）还剩 2 个工作日`
	if d := cmp.Diff(text, bu.Text()); d != "" {
		t.Error(d)
	}
	var file bytes.Buffer
	must(t, doc.WriteDOCX(&file, bu.Document("协调组办公室")))
	d, err := doc.Read("通报.docx", file.Bytes(), doc.Limits{})
	must(t, err)
	for _, part := range []string{"督办通报", "市教育局\t3\t1\t1\t50%", "T3\t逾期的\t市教育局\t2026-04-02\t已过 3 个工作日", "T2\t本周办完\t市科协\t2026-04-30\t2026-04-07 办结", "T5\t没有期限\t市科协\t待定期限\t已交办，待签收"} {
		if !strings.Contains(d.Text, part) {
			t.Errorf("no %q in\n%s", part, d.Text)
		}
	}
	if strings.Contains(d.Text, "没交办") || strings.Contains(d.Text, "早办完") {
		t.Errorf("too much in\n%s", d.Text)
	}
}

func TestABulletinOfNothing(t *testing.T) {
	t.Parallel()
	bu := newHall(t, "2026-03-02 09:00", Rules{}).bulletin()
	if want := "【督办通报（2026年3月2日）】\n0 个单位牵头 0 项"; !strings.HasPrefix(bu.Text(), want) {
		t.Error(bu.Text())
	}
	parts := bu.Document("办公室")
	if i := slices.IndexFunc(parts, func(o doc.Out) bool { return o.Table != nil }); i >= 0 {
		t.Errorf("an empty table: %+v", parts[i])
	}
	if n := len(slices.DeleteFunc(parts, func(o doc.Out) bool { return o.Text != "无。" && o.Text != textNoProgress })); n != 5 {
		t.Errorf("%d empty parts, want 5", n)
	}
}

func TestTheProgressIsDrawn(t *testing.T) {
	t.Parallel()
	f, err := chart.FindFont(chart.FontFolders())
	if errors.Is(err, chart.ErrNoFont) {
		t.Skip(err)
	}
	must(t, err)
	data, err := aWeek(t).bulletin().Picture(f, "")
	must(t, errors.Join(err, f.Close()))
	if img, err := png.Decode(bytes.NewReader(data)); err != nil || img.Bounds().Dy() < 300 {
		t.Errorf("%v", err)
	}
}

func TestTheLedgerHasEveryTask(t *testing.T) {
	t.Parallel()
	h := aWeek(t)
	d := draft("报告", "", "市教育局")
	d.Rule, _ = ParseRule("每季度末")
	d.Source = Source{Plan: "乐公共协〔2026〕1号", Address: "第3项"}
	h.create(d)
	var out sheet.Out
	h.see(func(r store.Reader) (err error) { out, err = h.Ledger(r, Query{States: States}); return err })
	if len(out.Rows) != 8 {
		t.Fatalf("%d rows", len(out.Rows))
	}
	for i, want := range map[int]string{
		0: "T1|早办完||市教育局||2026-03-31||已办结||市教育局 已反馈|2026-03-10|0||",
		2: "T3|逾期的||市教育局||2026-04-02||已签收，办理中|红|市教育局 50%||0||",
		3: "T4|快到期||市教育局、市科协||2026-04-10||已交办，待签收|黄|市教育局 0%\n市科协 0%||0||",
		7: "T8|报告||市教育局||每季度最后一天||已交办，待签收||市教育局 0%||0|乐公共协〔2026〕1号 第3项|",
	} {
		if got := strings.Join(out.Rows[i], "|"); got != want || len(out.Rows[i]) != len(out.Head) {
			t.Errorf("row %d:\n%s\nwant\n%s", i, got, want)
		}
	}
	var file bytes.Buffer
	must(t, sheet.WriteXLSX(&file, []sheet.Out{out}))
}

func TestAnAssessmentIsAWorkbook(t *testing.T) {
	t.Parallel()
	h := aWeek(t)
	a := h.publish(2026)
	tables := a.Tables([]Objection{{ID: 1, Number: 3, Unit: "市教育局", Text: "雨", Ruling: &Ruling{Granted: true, Done: date("2026-04-01"), Why: "属实"}}, {ID: 2, Text: "再"}})
	var file bytes.Buffer
	must(t, sheet.WriteXLSX(&file, tables))
	back, err := sheet.Read("考评.xlsx", file.Bytes(), sheet.Limits{})
	must(t, err)
	var names []string
	for _, s := range back {
		names = append(names, s.Name)
	}
	if d := cmp.Diff([]string{"考评表", "明细", "申诉", "说明"}, names); d != "" {
		t.Error(d)
	}
	if got := strings.Join(tables[0].Rows[1], "|"); got != "市教育局|2|1|0|1|0|100|50.00" {
		t.Error(got)
	}
	for _, row := range tables[1].Rows {
		if len(row) != len(tables[1].Head) || (row[7] == "") != (row[8] == "") { // points, and how they come about
			t.Errorf("%q", row)
		}
	}
	if got := strings.Join(tables[2].Rows[0], "|"); got != "1|T3|市教育局|雨|成立，按 2026-04-01 办结计|属实" {
		t.Error(got)
	}
}

// What was due in the old year and is done in the new one is in its first bulletin.
func TestTheFirstBulletinOfAYearHasWhatWasLate(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-11-02 09:00", Rules{})
	before, after := h.create(draft("年前办完", "2026-12-20", "市科协")), h.create(draft("年后办完", "2026-12-20", "市教育局"))
	h.finish(before, "2026-12-18")
	h.finish(after, "2027-01-05")
	h.set(at("2027-01-08 10:00"))
	bu := h.bulletin()
	if len(bu.Done) != 1 || bu.Done[0].Number != after {
		t.Errorf("done: %v", bu.Done)
	}
	if d := cmp.Diff([]Progress{{"市教育局", 1, 1, 0, 100}}, bu.Units); d != "" {
		t.Error(d)
	}
}
