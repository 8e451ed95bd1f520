package console

import (
	"strings"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/store"
)

// The list, the hours, an objection and its answer, and the volunteers of an activity.
func TestTheLifeOfAnActivity(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	acts := d.acts()
	b := d.as("活丁")
	b.follow(b.post("/activities/new", "title", "书香进社区", "place", "文化广场", "start", "2026-03-10T09:00", "end", "2026-03-10T11:00", "public", "1", "checkout", "1", "once", "K")).see(t, "书香进社区")
	b.post("/activities/A1/publish", "version", "1")
	d.update(func(tx *store.Tx) error {
		for _, name := range []string{"阿花" + hostile, "阿花", "阿草"} {
			if _, _, err := acts.Enrol(tx, activity.Application{Profile: activity.Profile{Name: name, Consent: activity.Consent{Version: "1"}}}); err != nil {
				return err
			}
		}
		return nil
	})
	b.get("/volunteers?state=pending").lacks(t, hostile)
	if a := b.post("/activities/A1/add", "volunteer", "V99", "why", "电话报名"); a.Code != 409 {
		t.Error("nobody was signed up", a.Code)
	}
	for _, v := range []string{"V1", "V3"} {
		if a := b.post("/activities/A1/add", "volunteer", v, "why", "电话报名"); a.Code != 303 {
			t.Fatal(v, a.Code, a.text())
		}
	}
	page := b.get("/activities/A1")
	page.see(t, "阿花", "阿草")
	if strings.Contains(page.Body, hostile) {
		t.Error("a name is HTML")
	}
	if a := d.as("教丙").post("/activities/A1/remove", "volunteer", "V3", "why", "x"); a.Code == 303 {
		t.Error("another unit's organiser took somebody off")
	}

	d.pass(23 * time.Hour) // to the start
	d.update(func(tx *store.Tx) error {
		_, err := acts.Ticks(tx, 1, []activity.Tick{{Volunteer: "V1", Nonce: "1"}, {Volunteer: "V3", Nonce: "2"}}, activity.Operator)
		return err
	})
	d.pass(3 * time.Hour)
	b = d.as("活丁")
	b.get("/activities/A1/hours").see(t, "2 人待核实", "忘记签退")
	b.post("/activities/A1/hours/correct", "volunteer", "V1", "minutes", "许多", "why", "早走").see(t, "分钟")
	b.follow(b.post("/activities/A1/hours/correct", "volunteer", "V1", "minutes", "60", "why", "早走")).see(t, "更正过", "1 人待核实")
	b.follow(b.post("/activities/A1/hours/accept", "volunteer", "V3")).lacks(t, "待核实，没有算进去")
	d.update(func(tx *store.Tx) error {
		_, err := acts.Dispute(tx, 1, "V1", "我待到了最后", activity.Actor{Volunteer: "V1"})
		return err
	})
	b.get("/activities/disputes").see(t, "我待到了最后", "书香进社区")
	if a := d.as("教丙").post("/activities/disputes", "activity", "A1", "volunteer", "V1", "minutes", "120", "why", "x", "do", "yes"); a.Code == 303 {
		t.Error("another unit's organiser answered")
	}
	b.follow(b.post("/activities/disputes", "activity", "A1", "volunteer", "V1", "minutes", "120", "why", "照名单", "do", "yes")).see(t, "没有等着答复的异议")
	d.update(func(tx *store.Tx) error {
		a, err := acts.Get(tx, 1)
		if err != nil {
			return err
		}
		list, err := acts.Roll(tx, a.Number, false, activity.Operator)
		for _, e := range list {
			if e.Service.Minutes != 120 {
				t.Error(e.Volunteer.ID, e.Service.Minutes)
			}
		}
		return err
	})
	b.get("/activities/A1/history").see(t, "早走", "照名单")

	office := d.as("周主任")
	office.get("/volunteers/V2/merge").see(t, "V2")
	office.post("/volunteers/V2/erase").see(t, "阿花") // not without saying that it is meant
	office.follow(office.post("/volunteers/V2/erase", "sure", "1"))
	office.get("/volunteers/V2").lacks(t, "阿花")
	b.post("/activities/A1/archive")
	b.get("/activities/A1/hours").see(t, "已经归档")
}
