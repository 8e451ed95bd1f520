package console

import (
	"net/http"
	"strings"
	"testing"
)

// An activity is made by an organiser, read back, published, and cancelled with a reason.
func TestMakingAnActivity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("活丁")
	b.get("/activities").see(t, "这里还没有活动")
	b.get("/activities/new").see(t, "主办单位：市文化馆")
	form := func(pairs ...string) []string {
		return append([]string{"title", "春联<b>义写</b>", "place", "文化广场", "start", "2026-03-14T09:00", "end", "2026-03-14T11:00", "capacity", "20", "check_out", "on", "once", "K"}, pairs...)
	}
	for want, pairs := range map[string][]string{
		"请把开始和结束": {"title", "x", "start", "", "end", ""},
		"名额要是":    {"title", "x", "start", "2026-03-14T09:00", "end", "2026-03-14T11:00", "capacity", "许多"},
	} {
		if a := b.post("/activities/new", pairs...); a.Code != http.StatusConflict || !strings.Contains(a.text(), want) || !strings.Contains(a.Body, `value="x"`) {
			t.Errorf("%s: %d %s", want, a.Code, a.text())
		}
	}
	page := b.follow(b.post("/activities/new", form()...))
	page.see(t, "草稿存好了", "义写", "3月14日", "20 人", "要签退", "发布")
	if strings.Contains(page.Body, "<b>义写</b>") {
		t.Error("a title is HTML")
	}
	if again := b.post("/activities/new", form()...); again.Location != Path+"/activities/A1" {
		t.Error("the form sent twice made two", again.Location)
	}
	for _, name := range []string{"教丙", "看戊"} { // another unit's, and who only looks
		if a := d.as(name).post("/activities/A1/publish"); a.Code == http.StatusSeeOther {
			t.Error(name, "published it")
		}
	}
	if a := d.as("教丙").get("/activities/A1"); a.Code != http.StatusNotFound {
		t.Error("another unit's is shown", a.Code)
	}
	b.follow(b.post("/activities/A1/publish")).see(t, "已经发布", "签到大屏", "已报 0 人")
	d.as("看戊").get("/activities").see(t, "A1", "义写")
	b.post("/activities/A1/cancel", "why", " ").see(t, "请写明为什么")
	b.follow(b.post("/activities/A1/cancel", "why", "下雨")).see(t, "已经取消", "下雨")
	d.as("周主任").post("/activities/new", form("unit", "火星局")...).see(t, "请从成员单位里选")
	if a := b.get("/activities/A9"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
	if a := b.get("/activities?state=x"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
}
