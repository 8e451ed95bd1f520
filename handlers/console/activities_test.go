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
	b.get("/activities").see(t, "还没有要办的活动")
	b.get("/activities/new").see(t, "主办单位：市文化馆")
	form := func(pairs ...string) []string {
		return append([]string{"title", "春联<b>义写</b>", "place", "文化广场", "start", "2026-03-14T09:00", "end", "2026-03-14T11:00", "capacity", "20", "checkout", "1", "once", "K"}, pairs...)
	}
	for want, pairs := range map[string][]string{
		"开始：要填":   {"title", "x", "start", "", "end", ""},
		"名额：要填整数": {"title", "x", "start", "2026-03-14T09:00", "end", "2026-03-14T11:00", "capacity", "许多"},
	} {
		if a := b.post("/activities/new", pairs...); a.Code != http.StatusConflict || !strings.Contains(a.text(), want) || !strings.Contains(a.Body, `value="x"`) || !strings.Contains(a.text(), "主办单位：市文化馆") {
			t.Errorf("%s: %d %s", want, a.Code, a.text())
		}
	}
	page := b.follow(b.post("/activities/new", form()...))
	page.see(t, "建好了", "义写", "3月14日", "20 人", "要签退", "没有问题，发布")
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
	b.follow(b.post("/activities/A1/publish", "version", "1")).see(t, "A1", "现场大屏", "0/20")
	d.as("看戊").get("/activities").see(t, "A1", "义写")
	b.post("/activities/A1/cancel", "why", " ").see(t, "请写明原因")
	b.follow(b.post("/activities/A1/cancel", "why", "下雨")).see(t, "已取消", "下雨")
	d.as("周主任").post("/activities/new", form("unit", "火星局")...).see(t, "主办单位")
	if a := b.get("/activities/A9"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
}
