package console

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"xietiao/bot/calendar"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/sheet"
)

// hostile is a name that must stay a text.
const hostile = `<script>alert(1)</script>"'&`

// task is the task as it is.
func (d *desk) task(n task.Number) (t task.Task) {
	d.t.Helper()
	err := d.opt.Store.View(d.t.Context(), func(r store.Reader) (err error) {
		t, err = d.opt.Tasks.Get(r, n)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return t
}

// want fails unless the task is in the state.
func (d *desk) want(n task.Number, s task.State) {
	d.t.Helper()
	if got := d.task(n); got.State != s {
		d.t.Fatalf("%s is %s, want %s", n, got.State, s)
	}
}

func (a answer) lacks(t *testing.T, list ...string) {
	t.Helper()
	text := a.text()
	for _, w := range list {
		if strings.Contains(text, w) {
			t.Fatalf("%q in: %s", w, text)
		}
	}
}

// A task goes through its whole life on pages: both sides see what they may do.
func TestATaskOnItsPages(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, unit, reader := d.as("周主任"), d.as("馆乙"), d.as("看戊")
	office.get("/tasks").see(t, "还没有任务", "新建一项", "导入一张任务表")
	unit.get("/tasks").see(t, "办公室交办以后")
	office.get("/tasks/new").see(t, "新建任务", "立项并交办")

	// Asked first: what would be understood.
	a := office.post("/tasks/new", "do", "check", "title", "季度报告", "leads", "市文化馆", "deadline", "每季度末")
	if a.Code != http.StatusOK {
		t.Error(a.Code)
	}
	a.see(t, "会这样记", "每季度最后一天", "接下来的日期：3月31日", "6月30日")
	if all := office.get("/tasks").text(); strings.Contains(all, "季度报告") {
		t.Error("asking makes a task")
	}

	a = office.post("/tasks/new", "do", "hand", "once", "k1", "title", "检查书屋"+hostile, "text", "逐家看"+hostile, "leads", "市文化馆", "supports", "市教育局", "deadline", "4月10日")
	page := office.follow(a)
	page.see(t, "已交办 1 项：T1", "没有写年份", "2026年4月10日", "市文化馆、市教育局没有群也没有账号，请电话通知", "T1 检查书屋"+hostile, "要打电话")
	if strings.Contains(page.Body, "<script>alert") {
		t.Error("a title is markup")
	}
	if again := office.post("/tasks/new", "do", "hand", "once", "k1", "title", "检查书屋", "leads", "市文化馆"); again.Location != "/console/tasks/T1" {
		t.Error("sent twice is two tasks", again.Location)
	}
	d.want(1, task.StateAssigned)

	// The unit signs, tells, asks; the office answers.
	unit.get("/tasks").see(t, "T1", "牵头，待签收")
	unit.get("/tasks/T1").see(t, "签收", "退回", "提请协调")
	unit.get("/tasks/T1").lacks(t, "反馈完成", "代单位办理", "修改")
	reader.get("/tasks/T1").lacks(t, "现在可以办")
	unit.follow(unit.post("/tasks/T1/step", "do", "sign")).see(t, "T1：已签收。现在是“已签收，办理中”。", "市文化馆 馆乙")
	unit.follow(unit.post("/tasks/T1/step", "do", "progress", "percent", "40%", "text", "看了两家")).see(t, "已报告进度 40%", "看了两家", "撤销刚才的“报告进度”")
	unit.follow(unit.post("/tasks/T1/undo")).see(t, "已撤销 T1 的“报告进度”。进度回到 0%")
	a = unit.post("/tasks/T1/step", "do", "progress", "percent", "多", "text", "留着的话")
	if a.see(t, "进度要是 0 到 100"); a.Code != http.StatusConflict || !strings.Contains(a.Body, "留着的话") {
		t.Error("what was typed is gone", a.Code)
	}
	unit.post("/tasks/T1/step", "do", "ask", "to", "六月前", "text", "场地").see(t, "没有看懂要延到哪一天")
	a = unit.post("/tasks/T1/step", "do", "ask", "to", "2026年3月1日", "text", "场地的话")
	if a.see(t, "新的期限要在今天以后"); strings.Count(a.Body, "场地的话") != 1 {
		t.Error("what was typed is not in its own field alone")
	}
	unit.follow(unit.post("/tasks/T1/step", "do", "ask", "to", "4月30日", "text", "场地"+hostile)).see(t, "已申请延期到 2026-04-30，等办公室答复", "等答复")
	office.get("/tasks/T1").see(t, "同意延期", "不同意延期")
	office.post("/tasks/T1/step", "do", "deny").see(t, "请写明原因")
	office.follow(office.post("/tasks/T1/step", "do", "grant")).see(t, "已同意延期，期限改为 2026-04-30")
	unit.follow(unit.post("/tasks/T1/step", "do", "raise", "text", "要教育局开门")).see(t, "要教育局开门")
	office.follow(office.post("/tasks/T1/step", "do", "settle", "issue", "1", "text", "已经说好")).see(t, "已经说好")
	office.follow(office.post("/tasks/T1/step", "do", "urge", "unit", "市教育局")).see(t, "已催办")
	// For a unit without an account.
	office.follow(office.post("/tasks/T1/step", "do", "sign", "unit", "市教育局")).see(t, "已签收")
	unit.follow(unit.post("/tasks/T1/step", "do", "report", "text", "都好")).see(t, "已反馈，待复核")
	version := fmt.Sprint(d.task(1).Version)
	office.follow(office.post("/tasks/T1/step", "do", "return", "text", "缺照片")).see(t, "缺照片", "已签收，办理中")
	unit.post("/tasks/T1/step", "do", "report")
	office.post("/tasks/T1/step", "do", "review", "version", version).see(t, "刚刚被别人改过")
	office.follow(office.post("/tasks/T1/step", "do", "review")).see(t, "已复核，待办结")
	office.follow(office.post("/tasks/T1/step", "do", "close")).see(t, "已办结")
	office.follow(office.post("/tasks/T1/step", "do", "strike")).see(t, "已销号")
	office.post("/tasks/T1/step", "do", "cancel", "text", "x").see(t, "这项任务已经结束")
	office.post("/tasks/T1/step", "do", "amend").see(t, "没有这样的步骤")
	office.post("/tasks/T1/step", "do", "no such").see(t, "不能用")
}

// Nobody learns of another unit's tasks, nor does anything with them.
func TestTasksOfOthers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.someTask("文化馆的事", "市文化馆")
	other := d.as("教丙")
	for _, path := range []string{"/tasks/T1", "/tasks/T9", "/tasks/x", "/tasks/0"} {
		if a := other.get(path); a.Code != http.StatusNotFound {
			t.Error(path, a.Code)
		}
	}
	for _, path := range []string{"/tasks/T1/step", "/tasks/T1/undo"} {
		if a := other.post(path, "do", "sign", "unit", "市文化馆"); a.Code != http.StatusNotFound {
			t.Error(path, a.Code)
		}
	}
	for _, path := range []string{"/tasks", "/tasks?unit=市文化馆", "/tasks?unit=", "/tasks?text=文化馆", "/tasks?state=all"} {
		other.get(path).lacks(t, "文化馆的事")
	}
	a := other.follow(other.post("/tasks/many", "do", "sign", "n", "T1", "n", "T7"))
	a.see(t, "一项也没有签收", "T1、T7：没有这项任务")
	a.lacks(t, "文化馆的事", "市文化馆")
	other.post("/tasks/many", "do", "close", "n", "T1").see(t, "没有这样的步骤")
	if a := other.get("/tasks/ledger.xlsx?unit=市文化馆"); strings.Contains(ledgerOf(t, a), "文化馆的事") {
		t.Error("a ledger of another unit")
	}
	d.want(n, task.StateAssigned)
	// A part of it that another unit has names no more than it must.
	d.update(func(tx *store.Tx) error {
		_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: "教育局的一半", Leads: []string{"市教育局"}, Parent: n}, task.Operator)
		return err
	})
	other.get("/tasks/T2").see(t, "教育局的一半", "上级任务")
	d.as("馆乙").get("/tasks/T1").lacks(t, "教育局的一半")
}

// ledgerOf is what a workbook says.
func ledgerOf(t *testing.T, a answer) string {
	t.Helper()
	if a.Code != http.StatusOK {
		t.Fatal(a.Code, a.text())
	}
	tables, err := sheet.Read("x.xlsx", []byte(a.Body), sheet.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, table := range tables {
		for _, row := range table.Rows {
			for _, cell := range row {
				b.WriteString(cell.Text + "|")
			}
			b.WriteString("\n")
		}
	}
	return b.String()
}

func TestTheListOfTasks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	for i := range onPage + 3 {
		d.update(func(tx *store.Tx) error {
			_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: fmt.Sprintf("第%02d件", i+1), Leads: []string{"市教育局"}, Deadline: calendar.Date{Y: 2026, M: 5, D: 1}.AddDays(i)}, task.Operator)
			return err
		})
	}
	late, soon := d.someTask("过了", "市文化馆"), d.someTask("将到", "市文化馆")
	for n, text := range map[task.Number]string{late: "2026年3月2日", soon: "3月12日"} {
		office.follow(office.post("/tasks/"+n.String()+"/edit", "version", "2", "title", d.task(n).Title, "leads", "市文化馆", "deadline", text)).see(t, "已修改", "期限 2026年4月10日 →")
	}
	office.follow(office.post("/tasks/new", "do", "make", "once", "a", "title", "没有期限", "leads", "市文化馆"))
	office.follow(office.post("/tasks/new", "do", "hand", "once", "b", "title", "每季的", "leads", "市文化馆", "deadline", "每季度末"))

	first := office.get("/tasks")
	first.see(t, "共 57 项", "第 1 页", "下一页", "各单位进度", "逾期 1")
	first.lacks(t, "第49件", "上一页")
	office.get("/tasks?page=2").see(t, "第49件", "没有期限", "上一页")
	office.get("/tasks?page=99").see(t, "没有符合的任务")
	for query, want := range map[string][2]string{
		"when=overdue":          {"过了", "将到"},
		"when=soon":             {"将到", "过了"},
		"when=undated":          {"没有期限", "每季的"},
		"when=series":           {"每季的", "没有期限"},
		"unit=市文化馆":             {"没有期限", "第01件"},
		"state=draft&unit=市文化馆": {"没有期限", "过了"},
		"text=第07件":             {"第07件", "第08件"},
		"text=市文化馆+将到":          {"将到", "过了"},
		"state=cancelled":       {"没有符合的任务", "第01件"},
		"when=nonsense&page=x":  {"第01件", "没有符合"},
	} {
		a := office.get("/tasks?" + query)
		a.see(t, want[0])
		a.lacks(t, want[1]+" ")
	}
	office.get("/tasks?text="+url.QueryEscape(hostile)).see(t, "没有符合的任务")

	// The ledger is of what is filtered; of nothing, of all that ever was.
	if got := ledgerOf(t, office.get("/tasks/ledger.xlsx?when=overdue")); !strings.Contains(got, "过了") || strings.Contains(got, "将到") {
		t.Error(got)
	}
	if got := ledgerOf(t, office.get("/tasks/ledger.xlsx")); strings.Count(got, "\n") != 57+1 {
		t.Error(strings.Count(got, "\n"))
	}

	// Several at once; the page is the same afterwards.
	a := office.post("/tasks/many?unit=市教育局&page=2", "do", "hand", "n", "T1", "n", "T2", "n", "T3", "n", late.String(), "n", "T999")
	if want := "/console/tasks?page=2&unit=" + url.QueryEscape("市教育局"); a.Location != want {
		t.Error(a.Location)
	}
	office.follow(a).see(t, "已交办 3 项：T1-T3。通知在工作时间发出。", "市教育局没有群也没有账号", "没交办 2 项", "T54 已经交办过了", "T999：没有这项任务")
	office.post("/tasks/many", "do", "hand").see(t, "一项也没有勾选")
	a = office.post("/tasks/many?unit=市教育局", "do", "cancel", "n", "T1")
	if a.see(t, "取消要写原因"); !strings.Contains(a.Body, `value="T1" aria-label="勾选 T1" checked`) || strings.Contains(a.text(), "将到") {
		t.Error("the form is not as it was sent")
	}
	office.follow(office.post("/tasks/many", "do", "cancel", "n", "T1", "n", "T2", "text", "重复")).see(t, "已取消 2 项：T1、T2")
}

// All that waits is handed out after it was looked at, and nothing that came since.
func TestHandingOutAll(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	office.get("/tasks/hand").see(t, "没有可以交办的任务")
	for _, dr := range []task.Draft{{Title: "甲", Leads: []string{"市教育局"}}, {Title: "乙"}, {Title: "丙", Leads: []string{"市文化馆"}, Deadline: calendar.Date{Y: 2026, M: 1, D: 5}}} {
		d.update(func(tx *store.Tx) error { _, _, err := d.opt.Tasks.Create(tx, "", dr, task.Operator); return err })
	}
	office.get("/tasks/hand").see(t, "请核对要交办的 3 项", "1 项没有牵头单位，交办不了：T2", "1 项没有期限", "1 项期限已经过了：T3")
	office.follow(office.post("/tasks/hand", "list", "T1 T2")).see(t, "已交办 1 项：T1", "T2 没有牵头或责任单位")
	d.want(3, task.StateDraft)
	office.post("/tasks/hand", "list", "").see(t, "一项也没有勾选")
}

// Two clerks have the same form open: the second hears of it, what he typed stays, and
// what he left alone follows the first.
func TestTwoClerks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	n := d.someTask("旧名称", "市文化馆")
	one, two := d.as("周主任"), d.as("周主任")
	path := "/tasks/" + n.String() + "/edit"
	one.get(path).see(t, "修改 T1")
	if !strings.Contains(two.get(path).Body, `name="version" value="2"`) {
		t.Fatal("the form has no version")
	}
	form := func(pairs ...string) []string {
		return append([]string{"version", "2", "leads", "市文化馆", "deadline", "2026年4月10日"}, pairs...)
	}
	d.as("馆乙").follow(d.as("馆乙").post("/tasks/T1/step", "do", "sign")) // changes nothing of the form
	one.follow(one.post(path, form("title", "新名称", "remark", "一")...)).see(t, "已修改 T1：名称 旧名称 → 新名称；备注 （空） → 一")

	a := two.post(path, form("title", "另一个名称", "text", "我写的内容"+hostile)...)
	if a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
	a.see(t, "没有保存", "您打开这一页以后，别人改过", "周主任 修改：名称 旧名称 → 新名称", "现在是：新名称", "我写的内容"+hostile)
	for _, kept := range []string{`value="另一个名称"`, `name="version" value="4"`, `name="remark" maxlength="1000">一<`} {
		if !strings.Contains(a.Body, kept) {
			t.Errorf("no %s in %s", kept, a.Body)
		}
	}
	if got := d.task(n); got.Title != "新名称" || got.Text != "" {
		t.Errorf("%+v", got.Draft)
	}
	// Seen, it is saved.
	two.follow(two.post(path, "version", "4", "title", "另一个名称", "text", "我写的内容", "leads", "市文化馆", "deadline", "2026年4月10日", "remark", "一")).see(t, "名称 新名称 → 另一个名称")
	if got := d.task(n); got.Remark != "一" || got.Text != "我写的内容" || got.DeadlineText != "2026年4月10日" {
		t.Errorf("%+v", got.Draft)
	}
	for _, version := range []string{"", "0", "99", "x"} {
		if a := two.post(path, "version", version, "title", "y"); a.Code != http.StatusBadRequest {
			t.Error(version, a.Code)
		}
	}
}

func TestBadTasks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	good := map[string]string{"title": "一件事", "leads": "市文化馆"}
	for want, pair := range map[string][2]string{
		"还没有写名称":           {"title", " "},
		"方案里没有单位“张三”":      {"leads", "张三"},
		"既写在牵头里，又写在配合里":    {"supports", "市文化馆"},
		"期限“六月前”看不懂":       {"deadline", "六月前"},
		"提醒看不懂":            {"offsets", "常常"},
		"现行方案里没有这一条":       {"address", "附件·市教育局·第9项"},
		"文字不能太长":           {"title", strings.Repeat("长", 201)},
		"任务要有名称，单位不能重复，文字": {"text", strings.Repeat("长", 4001)},
	} {
		form := []string{"do", "hand"}
		for name, value := range good {
			if name != pair[0] {
				form = append(form, name, value)
			}
		}
		a := office.post("/tasks/new", append(form, pair[0], pair[1])...)
		if a.see(t, want); a.Code != http.StatusConflict {
			t.Error(want, a.Code)
		}
		if !strings.Contains(a.Body, "市文化馆") {
			t.Errorf("%s: what was typed is gone", want)
		}
	}
	office.get("/tasks").see(t, "还没有任务")
	if a := office.post("/tasks/new", "do", "make", "title", "x", "parent", "T9"); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
}

// A task of a clause has its words, its address and its units from the beginning.
func TestATaskOfAClause(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	at := "/tasks/new?plan=" + url.QueryEscape(planName) + "&address=" + url.QueryEscape(clauseAt)
	a := office.get(at)
	for _, want := range []string{`value="市教育局"`, `value="` + clauseAt + `"`, `value="` + planName + `"`} {
		if !strings.Contains(a.Body, want) {
			t.Errorf("no %s", want)
		}
	}
	office.follow(office.post("/tasks/new", "do", "make", "title", "书屋进校园", "leads", "市教育局", "plan", planName, "address", clauseAt)).see(t, clauseText, planName+" "+clauseAt)
	if got := d.task(1); got.Source.Clause != clauseText {
		t.Errorf("%+v", got.Source)
	}
	office.post("/tasks/T1/edit", "version", "1", "title", "书屋进校园", "leads", "市教育局").see(t, "不能清空")
	if a := office.get("/tasks/new?plan=x&address=y"); a.Code != http.StatusNotFound {
		t.Error(a.Code)
	}
	d.update(func(tx *store.Tx) error {
		_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: "旧", Source: task.Source{Plan: planName, Address: clauseAt, Clause: "旧的文字"}}, task.Operator)
		return err
	})
	office.get("/tasks/T2").see(t, "旧的文字", "已经改了")
	// A part begins with its whole's units.
	if a := office.get("/tasks/new?parent=T1"); !strings.Contains(a.Body, `value="市教育局"`) {
		t.Error("no unit")
	}
	office.follow(office.post("/tasks/new", "do", "make", "title", "一半", "leads", "市文化馆", "parent", "T1")).see(t, "上级任务", "T1")
	office.get("/tasks/T1").see(t, "子任务", "一半")
}

const taskSheet = `序号,任务,责任单位,配合单位,完成时限
1,检查书屋` + hostile + `,市文化馆,市教育局,2026年5月10日
2,=HYPERLINK("http://evil"),市教育局,,每季度末
3,不知道谁办,某某公司,,
`

func csvOf(text string) []byte { return []byte(strings.ReplaceAll(text, `"'&`, "")) }

func TestImportingTasks(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office := d.as("周主任")
	office.get("/tasks/import").see(t, "任务、责任单位", "导入方案以后")
	a := office.upload("/tasks/import", "file", "../任务"+hostile+".csv", csvOf(taskSheet))
	page := office.follow(a)
	page.see(t, "新建 2 项", "看不清 1 行", "某某公司", "市教育局", "每季度最后一天")
	if strings.Contains(page.Body, "<script>") && strings.Contains(page.Body, "<script>alert") {
		t.Error("a cell is markup")
	}
	office.get("/tasks").see(t, "还没有任务")
	at := strings.TrimPrefix(a.Location, Path)
	if got := ledgerOf(t, office.get(at+"/check.xlsx")); !strings.Contains(got, "看不清，不导入") {
		t.Error(got)
	}
	seen := between(t, page.Body, `name="seen" value="`, `"`)
	office.post(at, "seen", "other").see(t, "和刚才列出的不一样")
	office.follow(office.post(at, "seen", seen)).see(t, "导入完成：新建 2 项", "有 1 行看不清", "交办全部")
	if a := office.post(at, "seen", seen); a.Code != http.StatusGone {
		t.Error("imported twice", a.Code)
	}
	if got := d.task(1); got.State != task.StateDraft || got.Created.By != d.people["周主任"].ID {
		t.Errorf("%+v", got)
	}
	// The same table again changes nothing; what was changed in it is shown.
	b := office.follow(office.upload("/tasks/import", "file", "任务.csv", csvOf(strings.Replace(taskSheet, "5月10日", "5月20日", 1))))
	b.see(t, "修改 1 项", "不变 1 项", "期限 2026年5月10日 → 2026年5月20日")
	for name, want := range map[string]string{
		"说明.csv": "没有找到表头", "表.xlsx": "没有找到表头", "空.csv": "没有收到文件", "方案.txt": "还没有导入",
	} {
		data := []byte("这不是任务表\n")
		if name == "空.csv" {
			data = nil
		}
		if a := office.upload("/tasks/import", "file", name, data); a.Code != http.StatusConflict || !strings.Contains(a.text(), want) {
			t.Error(name, a.Code, a.text())
		}
	}
	if a := office.upload("/tasks/import", "file", "大.csv", make([]byte, maxTaskFile+1)); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
	if a := office.upload("/tasks/import", "file", "大.csv", make([]byte, maxUpload)); a.Code != http.StatusRequestEntityTooLarge {
		t.Error(a.Code)
	}
	if a := office.get("/tasks/import/nosuch"); a.Code != http.StatusGone {
		t.Error(a.Code)
	}
	if a := office.get("/tasks/duties.xlsx"); a.Code != http.StatusConflict {
		t.Error("duties of no document", a.Code)
	}
	// Formulas are words in the ledger.
	if got := ledgerOf(t, office.get("/tasks/ledger.xlsx")); !strings.Contains(got, `=HYPERLINK("http://evil")`) && !strings.Contains(got, "HYPERLINK") {
		t.Error(got)
	}
}

// between is what stands between two marks.
func between(t *testing.T, s, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(s, from)
	got, _, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("no %s in %s", from, s)
	}
	return got
}

func TestTheFormOfATask(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.someTask("督办的事", "市文化馆")
	office := d.as("周主任")
	office.get("/tasks/T1").see(t, "督办单")
	a := office.get("/tasks/T1/form.docx")
	if a.Code != http.StatusOK || !strings.HasPrefix(a.Body, "PK") || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Error(a.Code, a.Header)
	}
	d.update(func(tx *store.Tx) error {
		_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{Title: "没有交办"}, task.Operator)
		return err
	})
	if a := office.get("/tasks/T2/form.docx"); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
	office.post("/tasks/T1/withdraw").see(t, "没有可以撤回的")
}

// Steps by people who are erased, and by the machine, have a name in the history.
func TestWhoDidWhat(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.someTask("一件事", "市文化馆")
	d.as("馆乙").post("/tasks/T1/step", "do", "sign")
	d.update(func(tx *store.Tx) error { _, err := org.Erase(tx, d.people["馆乙"].ID, org.Operator); return err })
	a := d.as("周主任").get("/tasks/T1")
	a.see(t, "管理员立项", "管理员交办", "已删除的人员签收 市文化馆")
	a.lacks(t, "馆乙")
}
