package console

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"xietiao/bot/report"
	"xietiao/index/doc"
)

// Each paper is a page, a docx and an xlsx with the same words; an empty store has them too.
func TestReports(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("看戊")
	b.get("/reports").see(t, "督办通报", "会议材料", "志愿服务统计", "减负")
	const title = "报送<b>年报</b>=1+1"
	d.someTask(title, "市文化馆")
	for _, kind := range report.Kinds() {
		if kind == report.Assessment {
			continue // none was published
		}
		path := "/reports/" + string(kind)
		page := b.get(path)
		if page.Code != http.StatusOK || strings.Contains(page.Body, "<b>年报</b>") {
			t.Errorf("%s: %d: %s", kind, page.Code, page.text())
		}
		file := b.get(path + "/docx")
		if file.Code != http.StatusOK || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") {
			t.Errorf("%s: docx: %d %v", kind, file.Code, file.Header)
		}
		got, err := doc.Read("x.docx", []byte(file.Body), doc.Limits{})
		if err != nil {
			t.Fatal(kind, err)
		}
		shown := strings.Join(strings.Fields(page.text()), "")
		for _, block := range got.Blocks {
			if text := strings.Join(strings.Fields(block.Text), ""); !strings.Contains(shown, text) {
				t.Errorf("%s: the page lacks %q", kind, text)
			}
		}
		if file := b.get(path + "/xlsx"); file.Code != http.StatusOK || !strings.HasPrefix(file.Body, "PK") {
			t.Errorf("%s: xlsx: %d", kind, file.Code)
		}
	}
	b.get("/reports/meeting").see(t, title, "市文化馆")
	b.get("/reports/meeting?unit=市教育局").see(t, "市教育局")
}

// What cannot be made is refused with a reason; what was made a minute ago is made anew.
func TestReportsThatCannotBe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	for path, want := range map[string]string{
		"/reports/volunteers?year=26":      "四位数字",
		"/reports/meeting?since=三月":        "2026-01-31",
		"/reports/meeting?unit=县马戏团":       "单位",
		"/reports/volunteers/xlsx?year=99": "四位数字",
	} {
		if a := b.get(path); a.Code != http.StatusConflict || !strings.Contains(a.text(), want) {
			t.Errorf("%s: %d: %s", path, a.Code, a.text())
		}
	}
	if a := b.get("/reports/assessment?year=2026"); a.Code != http.StatusOK || !strings.Contains(a.text(), "考评") {
		t.Error(a.Code, a.text())
	}
	for _, at := range []string{"/reports/nothing", "/reports/nothing/docx"} {
		if a := b.get(at); a.Code != http.StatusNotFound {
			t.Errorf("%s: %d", at, a.Code)
		}
	}
	if a := b.get("/reports/load/exe"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
	b.get("/reports/meeting")
	d.someTask("刚交办的", "市文化馆")
	if strings.Contains(b.get("/reports/meeting").text(), "刚交办的") {
		t.Error("made anew within a minute")
	}
	d.pass(time.Minute)
	b.get("/reports/meeting").see(t, "刚交办的")
}

// What nobody could answer is a paper, of whichever days.
func TestTheReportOnSilence(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	b := d.as("看戊")
	b.get("/reports/unanswered").see(t, "从哪天问的算起", "问了 0 次", "一共 0 问", "没有。")
	d.asks("u0", "农家书屋归谁管")
	d.asks("u1", "悦读驿站归谁管"+hostile)
	d.asks("u2", "悦读驿站归谁管"+hostile)
	d.pass(time.Minute)
	a := b.get("/reports/unanswered")
	a.see(t, "问了 3 次", "答了 1 次", "没有答案 2 次", "一共 1 问", "悦读驿站归谁管"+hostile, "没有把握")
	if strings.Contains(a.Body, "<script>alert") || strings.Contains(a.Body, "u1") {
		t.Error("a question is markup, or says who asked")
	}
	b.get("/reports/unanswered?since=2026-03-10").see(t, "问了 0 次")
}
