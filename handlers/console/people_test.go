package console

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// page is the path of a person's page below /console.
func (d *desk) page(name string) string { return "/people/" + string(d.people[name].ID) }

// unseen fails if the page holds any of the words.
func (a answer) unseen(t *testing.T, words ...string) {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.Body, w) {
			t.Errorf("%q stands in: %s", w, a.text())
		}
	}
}

// must fails unless the answer has the code.
func (a answer) must(t *testing.T, code int) answer {
	t.Helper()
	if a.Code != code {
		t.Fatalf("status %d, want %d: %s", a.Code, code, a.text())
	}
	return a
}

// field is the value of a field of the page's form.
func (a answer) field(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatalf("no field %s in: %s", name, a.text())
	}
	return m[1]
}

// book reads a workbook that was sent, as lines of cells.
func (a answer) book(t *testing.T) string {
	t.Helper()
	a.must(t, http.StatusOK)
	tables, err := sheet.Read("x.xlsx", []byte(a.Body), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, tb := range tables {
		for _, row := range tb.Rows {
			for _, cell := range row {
				b.WriteString(cell.Text + "|")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestPeopleAreListedAndFound(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.update(func(tx *store.Tx) error {
		_, err := org.GiveLogin(tx, "guan.yi", d.people["馆乙"].ID, org.Operator)
		return err
	})
	office, reader := d.as("周主任"), d.as("看戊")
	a := office.get("/people")
	a.see(t, "共 8 人", "馆乙市文化馆联络员138****0002", "guan.yi", "登记一个人", "2 个单位的联络员和负责人都没有绑定账号")
	a.unseen(t, "13800000002")
	text := a.text()
	if strings.Index(text, "周主任协调组办公室协调组办公室") > strings.Index(text, "馆乙市文化馆") {
		t.Error("the office is not the first")
	}
	reader.get("/people").see(t, "馆乙")
	reader.get("/people").unseen(t, "登记一个人", "13800000002", "导入名册</a>")
	for query, want := range map[string]string{
		"text=馆乙": "共 1 人", "text=GUAN": "共 1 人", "unit=市文化馆": "共 4 人", "role=liaison": "共 2 人", "unit=市教育局&role=liaison": "教丙",
		"text=0002": "共 1 人", "text=没有": "没有找到", "unit=协调组办公室": "共 1 人",
	} {
		office.get("/people?"+escaped(query)).see(t, want)
	}
	reader.get("/people?text=13800000002").see(t, "没有找到") // numbers are not the reader's to try
	reader.get(d.page("馆乙")).see(t, "138****0002")
	reader.get(d.page("馆乙")).unseen(t, "13800000002", "交接给别人", "删除这个人", `name="login"`)
	office.get("/people/P999").must(t, http.StatusNotFound).see(t, "没有这个人")
}

// escaped is a query as a browser sends it.
func escaped(query string) string {
	v, _ := url.ParseQuery(query)
	return v.Encode()
}

func TestRegisteringAndAmending(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	form := []string{"name", "新来的", "unit", "市教育局", "role", "liaison", "phone", "139 0000 0001"}
	a := b.post("/people/new", form...)
	page := strings.TrimPrefix(a.Location, Path)
	b.follow(a).see(t, "登记好了：新来的", "市教育局", "联络员", "139****0001")
	b.post("/people/new", form...).must(t, http.StatusConflict).see(t, "同名的人")
	b.post("/people/new", "name", "", "role", "liaison").must(t, http.StatusConflict).see(t, "请核对")
	b.post("/people/new", "name", "某某", "unit", "别的局", "role", "liaison").must(t, http.StatusConflict).see(t, "方案里没有这个单位")
	bad := b.post("/people/new", "name", "某某", "unit", "市教育局", "role", "boss", "phone", "abc")
	bad.must(t, http.StatusConflict)
	if !strings.Contains(bad.Body, `value="abc"`) || !strings.Contains(bad.Body, `value="某某"`) {
		t.Error("what was typed is gone")
	}

	seen := b.get(page).field(t, "seen")
	b.follow(b.post(page, "seen", seen, "name", "新来的", "unit", "市教育局", "role", "staff")).see(t, "改好了：角色 联络员 → 工作人员", "139****0001")
	// Another clerk had the page open from before.
	a = b.post(page, "seen", seen, "name", "改名的", "unit", "市教育局", "role", "liaison")
	a.must(t, http.StatusConflict).see(t, "周主任在", "现在是 新来的，市教育局，工作人员")
	if !strings.Contains(a.Body, `value="改名的"`) {
		t.Error("what was typed is gone")
	}
	b.get(page).see(t, "新来的")
	seen = b.get(page).field(t, "seen")
	b.follow(b.post(page, "seen", seen, "name", "新来的", "unit", "市教育局", "role", "staff")).see(t, "没有改动")
	b.follow(b.post(page, "seen", seen, "name", "新来的", "unit", "市教育局", "role", "staff", "nophone", "1")).see(t, "手机 139****0001 → 无")
	b.post(d.page("周主任"), "seen", b.get(d.page("周主任")).field(t, "seen"), "name", "周主任", "role", "reader").
		must(t, http.StatusConflict).see(t, "没有人能登录控制台")
	b.get("/people/history").see(t, "协调组办公室 周主任改了市教育局 新来的的手机", "登记了")
}

// A login is given by a link that is shown once and is good once.
func TestGivingALogin(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	b.post(d.page("干己")+"/login", "login", "gan").must(t, http.StatusConflict).see(t, "不用开登录名")
	b.post(d.page("教丙")+"/login", "login", "馆乙").must(t, http.StatusConflict).see(t, "已经有人用了")
	b.post(d.page("教丙")+"/login", "login", "a b").must(t, http.StatusConflict).see(t, "登录名要 2")
	old := d.as("教丙")
	old.get("").must(t, http.StatusOK)
	a := b.post(d.page("教丙")+"/login", "login", "jiao.bing").must(t, http.StatusOK)
	a.see(t, "jiao.bing", "只能用一次")
	if a.Header.Get("Cache-Control") != "no-store" {
		t.Error("a cache may keep the link")
	}
	m := regexp.MustCompile(`value="(` + regexp.QuoteMeta(d.url) + `)/console(/setup/[A-Z2-7]+)"`).FindStringSubmatch(a.Body)
	if m == nil {
		t.Fatal("no link in", a.Body)
	}
	if old.get("").Code != http.StatusSeeOther {
		t.Error("a browser of the old login is in")
	}
	c := d.nobody()
	const other = "battery staple of a horse"
	c.follow(c.post(m[2], "password", other, "again", other)).see(t, "教丙（联络员）")
	c.get(m[2]).must(t, http.StatusGone)
	b.get(d.page("教丙")).unseen(t, m[2])

	for range 5 {
		d.nobody().post("/login", "login", "jiao.bing", "password", "wrong horse battery")
	}
	b.get(d.page("教丙")).see(t, "密码连错，锁到 2026-03-09 10:15")
	b.get("/people").see(t, "锁住")
	b.follow(b.post(d.page("教丙")+"/unlock")).see(t, "锁打开了")
	b.follow(b.post(d.page("教丙")+"/unlock")).see(t, "没有锁着")
	b.follow(b.post(d.page("教丙")+"/drop-login")).see(t, "登录名去掉了")
	if c.get("").Code != http.StatusSeeOther {
		t.Error("a browser of a login that is gone is in")
	}
	b.post(d.page("周主任")+"/drop-login").must(t, http.StatusConflict).see(t, "没有人能登录控制台")

	late := b.post(d.page("教丙")+"/login", "login", "jiao.bing").Body
	key := regexp.MustCompile(`/setup/[A-Z2-7]+`).FindString(late)
	d.pass(loginLink)
	d.nobody().get(key).must(t, http.StatusGone)
}

func TestErasingAndOwnData(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	gone := d.as("馆乙")
	if got := gone.get("/my-data.xlsx").book(t); !strings.Contains(got, "手机|13800000002|") || !strings.Contains(got, "改了市文化馆 馆乙的登录名") {
		t.Error(got)
	}
	if got := b.get(d.page("馆乙") + "/data.xlsx").book(t); !strings.Contains(got, "姓名|馆乙|") {
		t.Error(got)
	}
	b.post(d.page("馆乙")+"/erase").must(t, http.StatusConflict).see(t, "我确认")
	b.follow(b.post(d.page("馆乙")+"/erase", "sure", "1")).see(t, "资料删除了")
	gone.get("/my-data.xlsx").must(t, http.StatusSeeOther)
	b.get(d.page("馆乙")).must(t, http.StatusNotFound)
	b.get(d.page("馆乙")+"/data.xlsx").must(t, http.StatusOK) // what is left of somebody erased
	a := b.get("/people/history")
	a.see(t, "删除了已删除的人员 "+string(d.people["馆乙"].ID))
	a.unseen(t, "馆乙")
}

// A roster comes in by two presses, and what is applied is what was shown.
func TestImportingARoster(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b, c := d.as("周主任"), d.as("周主任")
	put := func(b *browser, text string) (page string, a answer) {
		t.Helper()
		got := b.upload("/people/import", "file", "名册.csv", []byte(text))
		return strings.TrimPrefix(got.Location, Path), b.follow(got)
	}
	page, a := put(b, "姓名,单位,角色\n馆乙,市文化馆,王\n,市文化馆,联络员\n某某,某局,联络员\n")
	a.see(t, "有 2 处问题", "C2", "不认识角色“王”", "B4")
	if got := b.get(page + "/problems.xlsx").book(t); !strings.Contains(got, "C2|不认识角色“王”") {
		t.Error(got)
	}
	b.post(page, "seen", "").must(t, http.StatusConflict).see(t, "还有问题")

	page, a = put(b, "姓名,单位,角色,手机,企业微信账号\n馆乙,市文化馆,负责人,13900000009,guanyi\n新人,市教育局,联络员,,\n")
	a.see(t, "新增 1 人，变更 1 人，不变 0 人", "角色 联络员 → 单位负责人", "手机 138****0002 → 139****0009", "表里没有、系统里有的（不会删除）（7）")
	a.unseen(t, "13900000009")
	d.as("看戊").get(page).must(t, http.StatusForbidden)
	seen := a.field(t, "seen")
	// Another clerk does something meanwhile.
	c.follow(c.post("/people/new", "name", "新人", "unit", "市教育局", "role", "liaison"))
	a = b.post(page, "seen", seen)
	a.must(t, http.StatusConflict).see(t, "系统里的内容又变了", "新增 0 人，变更 1 人，不变 1 人")
	b.follow(b.post(page, "seen", a.field(t, "seen"))).see(t, "名册导入好了：新增 0 人，变更 1 人")
	b.post(page, "seen", seen).must(t, http.StatusGone)
	_, a = put(b, "姓名,单位,角色\n馆乙,市文化馆,负责人\n")
	a.see(t, "没有要改的")

	// The roster as it is comes in again and changes nothing.
	now := b.get("/people/import/blank.xlsx").must(t, http.StatusOK)
	got := b.upload("/people/import", "file", "名册.xlsx", []byte(now.Body))
	b.follow(got).see(t, "没有要改的")

	b.upload("/people/import", "file", "名册.csv", nil).must(t, http.StatusConflict).see(t, "没有收到文件")
	_, a = func() (string, answer) { return put(b, "\x00\x01\x02") }()
	a.see(t, "1 处问题")
	b.upload("/people/import", "file", "大.csv", bytes.Repeat([]byte("x"), maxTable+1)).must(t, http.StatusRequestEntityTooLarge)
	page, _ = put(b, "姓名,单位\n馆乙,市文化馆\n")
	d.pass(heldFor)
	b = d.as("周主任") // the session is not what is too old here
	b.get(page).must(t, http.StatusGone).see(t, "再传一次")
	page, _ = put(d.as("周主任"), "姓名,单位\n馆乙,市文化馆\n")
	b.get(strings.Replace(page, "/people/import", "/people/groups/import", 1)).must(t, http.StatusGone)
}

const hook = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0123-secret-key"

func TestGroupsAndRobots(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	a := b.get("/people/groups")
	a.see(t, "有 2 个单位还没有群")
	a = b.upload("/people/groups/import", "file", "群.csv", []byte("单位,机器人地址,群名\n市文化馆,"+hook+",<i>群</i>\n市教育局,"+hook+",\n"))
	page := strings.TrimPrefix(a.Location, Path)
	a = b.follow(a)
	a.see(t, "新增 1 个机器人", "市教育局、市文化馆", "<i>群</i>")
	a.unseen(t, "<i>群", "secret-key")
	b.follow(b.post(page, "seen", a.field(t, "seen"))).see(t, "给 1 个群各发一条测试消息", "群机器人 R", "同时服务：市教育局、市文化馆", "在等发送")
	if raw := d.raw(); strings.Contains(raw, "secret-key") {
		t.Error("the robot's address is in the store in the open")
	}
	a = b.get("/people/groups")
	a.unseen(t, "<i>群", "secret-key", "个单位还没有群")
	robot := a.field(t, "robot")
	d.pass(time.Minute)
	b.follow(b.post("/people/groups/test", "robot", robot)).see(t, "测试消息放进发件箱了", "测试 2026-03-09 10:01：在等发送")
	if n := len(d.sent(bot.KindTest)); n != 2 {
		t.Error(n, "test messages")
	}
	b.post("/people/groups/test", "robot", "R0").must(t, http.StatusConflict).see(t, "没有这个群或机器人")
	b.post("/people/groups/drop", "robot", "R0").must(t, http.StatusConflict)
	b.follow(b.post("/people/groups/drop", "robot", robot)).see(t, "移除了群机器人", "有 2 个单位还没有群")

	group := chat.Address{Via: "wecom.aibot", Kind: chat.Group, Conversation: "g&1"}
	d.bindGroup(group)
	a = b.get("/people/groups")
	a.see(t, "有 1 个单位还没有群", "企业微信群", "市文化馆 馆乙申请，协调组办公室 周主任同意")
	form := []string{"unit", "市文化馆", "via", "wecom.aibot", "conversation", "g&1"}
	b.follow(b.post("/people/groups/test", form...)).see(t, "市文化馆的测试消息")
	b.post("/people/groups/unbind", "unit", "市教育局", "via", "wecom.aibot", "conversation", "g&1").must(t, http.StatusConflict)
	b.follow(b.post("/people/groups/unbind", form...)).see(t, "解绑了", "有 2 个单位还没有群")
}

// bindGroup lets the group serve 市文化馆.
func (d *desk) bindGroup(group chat.Address) {
	d.t.Helper()
	d.update(func(tx *store.Tx) error {
		boss := d.people["周主任"]
		if _, err := org.Apply(tx, d.roster("姓名,单位,角色,企业微信账号\n周主任,协调组办公室,办公室,zhou\n"), org.Operator); err != nil {
			return err
		}
		q, err := org.AskGroup(tx, group, "市文化馆", d.people["馆乙"].ID)
		if err != nil {
			return err
		}
		_, err = org.Approve(tx, q.ID, boss.ID)
		return err
	})
}

func (d *desk) roster(text string) org.Roster {
	d.t.Helper()
	list, problems, err := org.ReadRoster("名册.csv", []byte(text), town{})
	if err != nil || len(problems) > 0 {
		d.t.Fatal(err, problems)
	}
	return list
}

// sent lists the notices of a kind.
func (d *desk) sent(kind string) (list []outbox.Record) {
	d.t.Helper()
	err := d.opt.Store.View(d.t.Context(), func(r store.Reader) (err error) {
		list, err = d.opt.Outbox.List(r, outbox.Query{Kind: kind})
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

// raw is all that the store holds.
func (d *desk) raw() string {
	d.t.Helper()
	var b bytes.Buffer
	if err := d.opt.Store.Backup(d.t.Context(), &b); err != nil {
		d.t.Fatal(err)
	}
	return b.String()
}

// A wish to bind is decided from the console as by chat: who asked is told.
func TestDecidingRequests(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var first, second org.Request
	d.update(func(tx *store.Tx) (err error) {
		if _, err = org.Apply(tx, d.roster("姓名,单位,角色,企业微信账号\n周主任,协调组办公室,办公室,zhou\n"), org.Operator); err != nil {
			return err
		}
		if first, err = org.Join(tx, chat.WeCom, "guanyi", "馆乙", "市文化馆"); err != nil {
			return err
		}
		second, err = org.Join(tx, chat.WeCom, "someone", "陌生人", "市文化馆")
		return err
	})
	b := d.as("周主任")
	b.get("/people").see(t, "等着确认的绑定申请", "名册里有此人（联络员），同意后这个账号归他使用", "名册里没有此人")
	b.get("").see(t, "2等着同意的绑定")
	d.as("看戊").get("/people").unseen(t, `value="yes"`)
	path := "/people/requests/"
	b.post(path+string(first.ID)).must(t, http.StatusConflict).see(t, "请按")
	b.follow(b.post(path+string(first.ID), "do", "yes")).see(t, "已同意")
	b.follow(b.post(path+string(first.ID), "do", "yes")).see(t, "已同意")
	b.post(path+string(first.ID), "do", "no").must(t, http.StatusConflict).see(t, "相反的处理结果")
	b.follow(b.post(path+string(second.ID), "do", "no")).see(t, "没有同意")
	if sent := d.sent("notice"); len(sent) != 2 {
		t.Error("told", sent)
	}
	b.get(d.page("馆乙")).see(t, "企业微信", "guanyi")
	b.follow(b.post(d.page("馆乙")+"/unlink", "platform", "wecom")).see(t, "企业微信账号解除了", "没有绑定")
	b.follow(b.post(d.page("馆乙")+"/unlink", "platform", "wecom")).see(t, "没有这个平台的账号")
	b.post(d.page("周主任")+"/unlink", "platform", "wecom").must(t, http.StatusConflict).see(t, "没有人能联系上")
}

func TestHandingOverFromTheConsole(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.someTask("建设文化礼堂", "市文化馆")
	b := d.as("周主任")
	path := d.page("馆乙") + "/handover"
	a := b.get(path)
	a.see(t, "T1建设文化礼堂牵头", "还没有签收", "4月10日 T1 建设文化礼堂 到期", "干己（工作人员）", "新来的人")
	a.unseen(t, "教丙")
	b.get(d.page("干己")+"/handover").must(t, http.StatusConflict)
	b.post(path).must(t, http.StatusConflict).see(t, "请选接手的人")
	b.post(path, "to", string(d.people["教丙"].ID)).must(t, http.StatusConflict).see(t, "没有交接")
	b.post(path, "to", "new", "name", "", "phone", "1390000000").must(t, http.StatusConflict)
	a = b.post(path, "to", string(d.people["干己"].ID))
	if a.Location != Path+"/people/handovers/1" {
		t.Fatal(a.Location)
	}
	b.follow(a).see(t, "交接好了", "移交人市文化馆 馆乙", "接手人市文化馆 干己", "T1", "方案里的职责", "移交人（签字）", "协调组办公室 周主任")
	b.get(d.page("干己")).see(t, "联络员")
	b.get(d.page("馆乙")).see(t, "工作人员")
	b.get("/people/handovers").see(t, "第 1 号", "市文化馆 馆乙", "市文化馆 干己")
	d.as("看戊").get("/people/handovers/1").see(t, "建设文化礼堂")
	b.get("/people/handovers/2").must(t, http.StatusNotFound)
	b.get("/people/handovers/x").must(t, http.StatusNotFound)
	b.get("/people/history").see(t, "市文化馆的工作由市文化馆 馆乙交给市文化馆 干己")
	b.follow(b.post(d.page("教丙")+"/handover", "to", "new", "name", "新教师", "phone", "13900000000")).see(t, "接手人市教育局 新教师")
	d.update(func(tx *store.Tx) error { _, err := org.Erase(tx, d.people["馆乙"].ID, org.Operator); return err })
	b.get("/people/handovers/1").unseen(t, "馆乙")
}

// The log goes back page by page.
func TestTheLogGoesBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.update(func(tx *store.Tx) error {
		for range 2 * onPage {
			if err := org.SetPause(tx, "市教育局", org.Operator, time.Time{}); err != nil {
				return err
			}
		}
		return nil
	})
	b := d.as("看戊")
	a := b.get("/people/history")
	seen := 0
	for range 10 {
		seen += strings.Count(a.text(), "暂停了市教育局的推送")
		m := regexp.MustCompile(`href="/console(/people/history\?before=\d+)" rel="next"`).FindStringSubmatch(a.Body)
		if m == nil {
			break
		}
		a = b.get(m[1])
	}
	if seen != 2*onPage {
		t.Error("seen", seen)
	}
	a.see(t, "管理员", "登记了")
}
