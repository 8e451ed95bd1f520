package handover

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xietiao/bot/activity"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/holidays"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

var zone = time.FixedZone("CST", 8*60*60)

type town struct{}

func (town) Names() []string                    { return []string{"市文化馆", "市教育局"} }
func (town) Resolve(name string) (string, bool) { return name, strings.HasPrefix(name, "市") }

const roster = `姓名,单位,角色,企业微信账号
周主任,协调组办公室,办公室,zhou
馆乙,市文化馆,联络员,yi
馆丁,市文化馆,工作人员,ding
教丙,市教育局,联络员,bing
`

// The card holds what the unit has to do, and stays as it was; both are told once.
func TestTheCard(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 9, 10, 0, 0, 0, zone)
	clock := func() time.Time { return now }
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "x.db"), store.Options{Now: clock, Wall: clock, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	vault, err := org.NewVault([]byte("a key of the test, of thirty-two"))
	if err != nil {
		t.Fatal(err)
	}
	box := outbox.New(outbox.Options{Store: s})
	book := holidays.New(zone, nil)
	routes := org.Routes{chat.WeCom: {Via: "wecom.app"}}
	d := Desk{
		Tasks:      task.New(task.Options{Holidays: book, Sender: box, Routes: routes, Rules: task.DefaultRules()}),
		Activities: activity.New(activity.Options{Holidays: book, Sender: box, Routes: routes, Vault: vault}),
		Sender:     box, Routes: routes,
		Duties: func(unit string) []Duty { return []Duty{{unit + "推进免费开放。", "附件·" + unit}} },
	}
	do := func(fn func(tx *store.Tx) error) {
		t.Helper()
		if err := s.Update(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	list, problems, err := org.ReadRoster("名册.csv", []byte(roster), town{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	people := map[string]org.Person{}
	var number task.Number
	do(func(tx *store.Tx) error {
		if _, err := org.Apply(tx, list, org.Operator); err != nil {
			return err
		}
		all, err := org.People(tx)
		for _, p := range all {
			people[p.Name] = p
		}
		return err
	})
	hand := func(draft task.Draft) {
		t.Helper()
		do(func(tx *store.Tx) error {
			made, _, err := d.Tasks.Create(tx, "", draft, task.Operator)
			if err != nil {
				return err
			}
			number = made.Number
			_, err = d.Tasks.Apply(tx, number, task.Action{Do: task.DoHand}, task.Operator)
			return err
		})
	}
	hand(task.Draft{Title: "每季度报表", Leads: []string{"市文化馆"}, Rule: task.Rule{Every: task.EveryQuarter}})
	hand(task.Draft{Title: "别人的", Leads: []string{"市教育局"}})
	hand(task.Draft{Title: "远的", Leads: []string{"市文化馆"}, Deadline: calendar.Date{Y: 2026, M: 12, D: 1}})
	hand(task.Draft{Title: "建设文化礼堂", Leads: []string{"市教育局"}, Supports: []string{"市文化馆"}, Deadline: calendar.Date{Y: 2026, M: 4, D: 10}})
	step := func(a task.Action, who string) {
		t.Helper()
		do(func(tx *store.Tx) error {
			_, err := d.Tasks.Apply(tx, number, a, task.ActorOf(people[who]))
			return err
		})
	}
	step(task.Action{Do: task.DoSign}, "馆乙")
	step(task.Action{Do: task.DoProgress, Percent: 40, Text: "场地已定 <b>"}, "馆乙")
	step(task.Action{Do: task.DoRaise, Text: "缺经费"}, "馆乙")
	do(func(tx *store.Tx) error {
		_, _, err := d.Activities.Create(tx, "", activity.Draft{Title: "春联义写", Unit: "市文化馆", Start: now.AddDate(0, 0, 5), End: now.AddDate(0, 0, 5).Add(time.Hour)}, activity.Operator)
		return err
	})

	if err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := d.Do(tx, people["馆乙"].ID, org.Person{ID: people["教丙"].ID}, org.Operator)
		return err
	}); !errors.Is(err, org.ErrSuccessor) {
		t.Fatal("somebody of another unit took over", err)
	}
	var c Card
	do(func(tx *store.Tx) (err error) {
		c, err = d.Do(tx, people["馆乙"].ID, org.Person{ID: people["馆丁"].ID}, people["周主任"].ID)
		return err
	})
	step(task.Action{Do: task.DoSign}, "教丙")
	step(task.Action{Do: task.DoReport, Text: "好了"}, "教丙") // changes nothing of the card
	err = s.View(t.Context(), func(r store.Reader) error {
		got, err := Get(r, c.No)
		if err != nil {
			return err
		}
		if len(got.Duties) != 1 || got.Duties[0] != (Duty{"市文化馆推进免费开放。", "附件·市文化馆"}) {
			t.Errorf("duties %+v", got.Duties)
		}
		var b strings.Builder
		for _, x := range got.Tasks {
			b.WriteString(x.Number.String() + " " + x.Title + " " + x.Part + " " + x.State + " " + x.Due + "\n")
		}
		for _, p := range got.Promises {
			b.WriteString(p + "\n")
		}
		for _, x := range got.Dates {
			b.WriteString(x.Due() + " " + x.What + "\n")
		}
		want := `T4 建设文化礼堂 配合 已交办，待签收 4月10日（周五），还剩 23 个工作日
T3 远的 牵头 已交办，待签收 12月1日（周二），还剩 183 个工作日
T1 每季度报表 牵头 已交办，待签收 每季度最后一天
T4 报过进度 40%：场地已定 <b>
T4 提请协调，还没有结果：缺经费
T3 还没有签收
3月14日 活动 A1 春联义写，10:00，草稿（还没有发布）
3月31日 T1 每季度报表（每季度最后一天）这一期到期
4月10日 T4 建设文化礼堂 到期
`
		if b.String() != want {
			t.Errorf("the card is:\n%s", b.String())
		}
		latest, err2 := Latest(r, 5)
		if err2 != nil || len(latest) != 1 || latest[0].Unit != "市文化馆" || latest[0].Role != org.RoleLiaison {
			t.Error(latest, err2)
		}
		if _, err := Get(r, 99); !errors.Is(err, ErrNotFound) || Tell(err) == "" {
			t.Error("a card that is none", err)
		}
		sent, err := box.List(r, outbox.Query{Kind: Kind})
		if err != nil || len(sent) != 2 {
			t.Fatal(sent, err)
		}
		for _, rec := range sent {
			words := map[chat.UserID]string{"ding": "您接替馆乙担任市文化馆的联络员。有 3 项任务没有办完", "yi": "由馆丁接替"}[rec.To.User]
			if words == "" || !strings.Contains(rec.Reply.Text, words) {
				t.Error(rec.To.User, rec.Reply.Text)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
