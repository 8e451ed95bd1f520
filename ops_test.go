package main

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/bot/chat/wecom"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/index/plan"
)

// A county's own plan, the version after it, and another document.
const (
	countyPlan = "某县文化工作方案\n\n某文发〔2026〕1号\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县财政局：负责保障图书馆经费。\n"
	newerPlan  = "某县文化工作方案\n\n某文发〔2026〕1号\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县发改局：负责保障图书馆经费。\n"
	riverPlan  = "某县河道工作方案\n\n某水发〔2026〕2号\n\n一、职责分工\n\n县水利局：负责河道清淤。\n"
)

const libraryMoney = "图书馆经费谁保障"

// files writes files into a folder of the test's own and returns it.
func files(t *testing.T, texts map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// want fails unless the run ended with the code and said each of the words.
func (r result) want(t *testing.T, code int, words ...string) {
	t.Helper()
	if r.code != code {
		t.Errorf("exit %d, want %d\n%s%s", r.code, code, r.stdout, r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.stdout+r.stderr, w) {
			t.Errorf("no %q in\n%s%s", w, r.stdout, r.stderr)
		}
	}
}

// askAt asks a running service.
func askAt(t *testing.T, base, q string) (reply string) {
	t.Helper()
	res, err := http.Post(base+"api/ask", "application/json", strings.NewReader(`{"q":"`+q+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got struct{ Reply string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%q: status %d, %v", q, res.StatusCode, err)
	}
	return got.Reply
}

// answers asks until the service says the words.
func answers(t *testing.T, base, q, words string) {
	t.Helper()
	reply := ""
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if reply = askAt(t, base, q); strings.Contains(reply, words) {
			return
		}
	}
	t.Fatalf("%q is still answered with %q", q, reply)
}

func TestImportBesideARunningService(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "b.txt": newerPlan, "c.txt": riverPlan, "bad.docx": "PK\x03\x04", "empty.txt": ""})
	file := func(name string) string { return filepath.Join(dir, name) }
	var data string
	base := service(t, func(c *config.Config) { data = c.Data })

	first := "自带的乐清样例不再参与回答"
	inProcess("n\n", "import", "-data", data, file("a.txt")).want(t, 1, "新文件", "2 个单位有职责共 2 项", first, "吗？[y/N]", "什么也没有变")
	inProcess("", "import", "-data", data, file("a.txt")).want(t, 1, "没有人回答", "-yes")
	if reply := askAt(t, base, "农家书屋归谁管"); !strings.Contains(reply, "市委宣传部") {
		t.Errorf("the sample went before anything was imported: %s", reply)
	}
	inProcess("y\n", "import", "-data", data, file("a.txt")).want(t, 0, first, "已导入")
	answers(t, base, libraryMoney, "县财政局")
	if reply := askAt(t, base, "农家书屋归谁管"); strings.Contains(reply, "市委宣传部") {
		t.Errorf("the sample still answers: %s", reply)
	}
	inProcess("", "import", "-data", data, file("a.txt"), "-yes").want(t, 0, "完全相同")

	got := inProcess("是\n", "import", "-data", data, file("b.txt"))
	got.want(t, 0, "代替", "－职责 县财政局", "＋职责 县发改局")
	answers(t, base, libraryMoney, "县发改局")

	got = inProcess("", "import", "-yes", "-data", data, file("bad.docx"), file("empty.txt"), dir, file("none.txt"), file("c.txt"))
	got.want(t, 1, "文件已损坏", "文件里没有文字", "是不是文件夹", "找不到这个文件", "已导入 "+file("c.txt"))
	if strings.Contains(got.stdout, first) {
		t.Error("the second document is called the first")
	}
	answers(t, base, "河道清淤谁负责", "县水利局")
	inProcess("", "ask", "-data", data, "河道清淤谁负责").want(t, 0, "县水利局", "没有给 -plan，查的是《某县文化工作方案》、《某县河道工作方案》")
}

func TestCommandsWithoutAService(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "c.txt": riverPlan})
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0, "已导入")
	if _, err := os.Lstat(filepath.Join(data, keyFile)); err == nil {
		t.Error("a key was made for a document")
	}
	inProcess("", "ask", "-data", data, libraryMoney).want(t, 0, "县财政局", "查的是《某县文化工作方案》")
	inProcess("", "ask", "-data", data, "-plan", filepath.Join(dir, "c.txt"), "河道清淤谁负责").want(t, 0, "县水利局")
	inProcess(`{"id":1,"q":"`+libraryMoney+`"}`, "ask", "-data", data, "-batch", "-").want(t, 0, "县财政局")
	inProcess("", "import", "-data", "", "x").want(t, 2, "-data")
}

func TestTheBinaryKeepsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	a := filepath.Join(files(t, map[string]string{"a.txt": countyPlan}), "a.txt")
	data := filepath.Join(t.TempDir(), "data")
	asUser(t, "y\n", "import", "-data", data, a).want(t, 0, "吗？[y/N]", "已导入")
	asUser(t, "", "import", "-data", data, a).want(t, 0, "完全相同")
	asUser(t, "", "ask", "-data", data, libraryMoney).want(t, 0, "县财政局")
	asUser(t, "", "doctor", "-data", data).want(t, 0, "导入的有《某县文化工作方案》")
}

// Importing says of a version that is published for a later day that it still comes.
func TestImportSaysWhatIsToCome(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	dir := files(t, map[string]string{"a.txt": countyPlan, "b.txt": strings.ReplaceAll(countyPlan, "县财政局", "县审计局")})
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0, "已导入")
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		d, _, err := library.Upload(tx, "c.txt", []byte(strings.ReplaceAll(countyPlan, "县财政局", "县税务局")), "甲")
		if err != nil {
			return err
		}
		stand, err := library.StandOf(tx, d.Name)
		if err == nil {
			_, err = library.Rules{}.Publish(tx, library.Publication{Sum: d.Sum, Stand: stand, From: calendar.Date{Y: 9999, M: 1, D: 2}, By: "甲"})
		}
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "b.txt")).want(t, 0, "9999-01-02 起生效", "已导入")
}

// The sample's own file, imported, is a document like any other.
func TestTheSampleImportedStays(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan})
	own := filepath.Join(dir, "乐清.txt")
	if err := os.WriteFile(own, plan.SampleText, 0o600); err != nil {
		t.Fatal(err)
	}
	var data string
	base := service(t, func(c *config.Config) { data = c.Data })
	inProcess("", "import", "-yes", "-data", data, own, filepath.Join(dir, "a.txt")).want(t, 0, "已导入 "+own)
	answers(t, base, libraryMoney, "县财政局")
	answers(t, base, "农家书屋归谁管", "市委宣传部")
}

func TestTablesAreToldInAClerksWords(t *testing.T) {
	t.Parallel()
	gb := func(text string) string {
		out, err := simplifiedchinese.GB18030.NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	dir := files(t, map[string]string{
		"a.txt":      countyPlan,
		"roster.csv": gb("姓名,单位,角色,企业微信账号\n张三,县教育局,办公室,zhangsan\n李四,县财政局,联络员,lisi\n"),
		"wrong.csv":  gb("姓名,单位,角色,企业微信账号\n张三,县教育局,科员,zhangsan\n李四,县水务局,联络员,zhangsan\n"),
		"groups.csv": gb("单位,平台,webhook,secret\n县教育局,企业微信,https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=CANARY-0000,\n"),
		"others.csv": gb("单位,平台,webhook,secret\n县教育局,企业微信,https://evil.example/send?key=CANARY-0001,\n"),
	})
	file := func(name string) string { return filepath.Join(dir, name) }
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-data", data, "-as", "roster", file("roster.csv")).want(t, 1, "方案里没有单位“县财政局”", "还没有导入过方案", "请按上面说的改好再来")
	inProcess("", "import", "-data", data, "-yes", file("a.txt")).want(t, 0)
	got := inProcess("", "import", "-data", data, "-as", "roster", file("wrong.csv"))
	got.want(t, 1, "C2：不认识角色“科员”", "B3：方案里没有单位“县水务局”", "D3：账号“zhangsan”在 D2 已经出现过")
	if strings.Contains(got.stdout, "样例") {
		t.Error("the sample is blamed though it is gone")
	}
	inProcess("", "import", "-data", data, "-as", "roster", "-yes", file("roster.csv")).want(t, 0, "新增 2 人", "已导入")
	inProcess("", "import", "-data", data, "-as", "roster", file("roster.csv")).want(t, 0, "新增 0 人", "不变 2 人")
	inProcess("", "import", "-data", data, "-as", "groups", file("roster.csv")).want(t, 1, "没有找到表头")
	for name, code := range map[string]int{"others.csv": 1, "groups.csv": 0} {
		got := inProcess("", "import", "-data", data, "-as", "groups", "-yes", file(name))
		got.want(t, code)
		if strings.Contains(got.stdout+got.stderr, "CANARY") {
			t.Errorf("a robot's key is shown: %s%s", got.stdout, got.stderr)
		}
	}
	inProcess("", "doctor", "-data", data).want(t, 0, "花名册 2 人，群机器人 1 个", "✓ 密钥")
	inProcess("", "import", "-as", "people", "x").want(t, 2, "-as 只能是")
	inProcess("", "import").want(t, 2, "缺少文件")
}

func TestWhatIsNoPlanIsRefused(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"roster.csv": "姓名,单位,角色,企业微信账号\n张三,县教育局,办公室,zhangsan\n",
		"groups.csv": "单位,平台,webhook\n县教育局,企业微信,https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\n",
		"hello.txt":  "大家好\n",
		"table.csv":  "序号,工作任务,牵头单位\n1,保障图书馆经费,县财政局\n",
		"tasks.csv":  "序号,任务,责任单位,完成时限\n1,建礼堂,县教育局,2036年12月底\n",
	})
	data := filepath.Join(t.TempDir(), "data")
	for name, word := range map[string]string{"roster.csv": "像是花名册，不是方案；请加 -as roster", "groups.csv": "请加 -as groups", "hello.txt": "不像一份方案"} {
		inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, name)).want(t, 1, word, "没有导入")
	}
	const hint = "这像是一张任务表"
	if got := inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "table.csv")); strings.Contains(got.stdout, hint) {
		t.Error("a table without deadlines is said to be a task sheet")
	} else {
		got.want(t, 0, "已导入")
	}
	inProcess("n\n", "import", "-data", data, filepath.Join(dir, "tasks.csv")).want(t, 1, hint, "请加 -as tasks", "什么也没有变")
}

// A table that fits the sample of another county is told to have been checked by it.
func TestATableBeforeAnyPlanIsToldWhatItWasCheckedBy(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "r.csv": "姓名,单位,角色,企业微信账号\n张三,市教育局,办公室,zhangsan\n"})
	data := filepath.Join(t.TempDir(), "data")
	roster := []string{"import", "-data", data, "-as", "roster", filepath.Join(dir, "r.csv")}
	inProcess("n\n", roster...).want(t, 1, "新增 1 人", "按自带的乐清样例核对的")
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0)
	if got := inProcess("n\n", roster...); strings.Contains(got.stdout, "样例") {
		t.Error("the sample is blamed though it is gone")
	}
}

func TestADocumentIsNoTable(t *testing.T) {
	t.Parallel()
	docx := func(parts ...string) string {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for i := 0; i < len(parts); i += 2 {
			w, err := z.Create(parts[i])
			if err == nil {
				_, err = w.Write([]byte(parts[i+1]))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	text := `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>一、总则</w:t></w:r></w:p></w:body></w:document>`
	dir := files(t, map[string]string{
		"方案.docx": docx("[Content_Types].xml", "<Types/>", "word/document.xml", text),
		"坏.xlsx":  docx("[Content_Types].xml", "<Types/>", "xl/workbook.xml", "<workbook"),
	})
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-data", data, "-as", "roster", filepath.Join(dir, "方案.docx")).want(t, 1, "里面没有花名册的表")
	inProcess("", "import", "-data", data, "-as", "groups", filepath.Join(dir, "方案.docx")).want(t, 1, "里面没有群机器人的表")
	inProcess("", "import", "-data", data, "-as", "roster", filepath.Join(dir, "坏.xlsx")).want(t, 1, "文件已损坏")
}

// A table that was taken once is taken again though the documents have changed.
func TestTablesOutliveTheDocuments(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{
		"a.txt": countyPlan, "b.txt": newerPlan,
		"roster.csv": "姓名,单位,角色,企业微信账号\n张三,县教育局,办公室,zhangsan\n李四,县财政局,联络员,lisi\n",
		"other.csv":  "姓名,单位,角色,企业微信账号\n王五,县水利局,联络员,wangwu\n",
		"groups.csv": "单位,平台,webhook\n县财政局,企业微信,https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\n",
	})
	data := filepath.Join(t.TempDir(), "data")
	do := func(args ...string) result {
		args[len(args)-1] = filepath.Join(dir, args[len(args)-1])
		return inProcess("", append([]string{"import", "-yes", "-data", data}, args...)...)
	}
	do("a.txt").want(t, 0)
	do("-as", "roster", "roster.csv").want(t, 0, "新增 2 人")
	do("-as", "groups", "groups.csv").want(t, 0, "新增 1 个")
	do("b.txt").want(t, 0, "－单位 县财政局")
	do("-as", "roster", "roster.csv").want(t, 0, "不变 2 人", "方案里已经没有单位“县财政局”")
	do("-as", "groups", "groups.csv").want(t, 0, "不变 1 个", "方案里已经没有单位“县财政局”")
	do("-as", "roster", "other.csv").want(t, 1, "方案里没有单位“县水利局”")
}

func TestWhatWasImportedIsTakenBack(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "c.txt": riverPlan})
	var data string
	base := service(t, func(c *config.Config) { data = c.Data })
	do := func(stdin string, args ...string) result {
		return inProcess(stdin, append([]string{"import", "-data", data}, args...)...)
	}
	inProcess("", "import", "-remove", "-data", filepath.Join(dir, "none"), "x").want(t, 1, "里没有数据，是不是忘了 -data？")
	do("", "-remove", "x").want(t, 1, "还没有导入过方案")
	do("", "-yes", filepath.Join(dir, "a.txt"), filepath.Join(dir, "c.txt")).want(t, 0)
	answers(t, base, "河道清淤谁负责", "县水利局")
	do("", "-remove", "x").want(t, 1, "没有导入过“x”", "某文发〔2026〕1号、某水发〔2026〕2号")
	do("n\n", "-remove", "某水发〔2026〕2号").want(t, 1, "移除 某水发〔2026〕2号 吗？[y/N]", "没有移除，什么也没有变")
	got := do("y\n", "-remove", "《某县河道工作方案》")
	got.want(t, 0, "不再用来回答", "已移除")
	if strings.Contains(got.stdout, "样例") {
		t.Error("the sample is told of though a document is left")
	}
	answers(t, base, libraryMoney, "县财政局")
	do("", "-remove", "-yes", "某文发〔2026〕1号").want(t, 0, "自带的乐清样例")
	answers(t, base, "农家书屋归谁管", "市委宣传部")
	do("", "-yes", filepath.Join(dir, "c.txt")).want(t, 0, "已导入")
	answers(t, base, "河道清淤谁负责", "县水利局")

	do("", "-as", "groups", "-remove", "R1").want(t, 1, "还没有导入过群机器人")
	inProcess("", "import", "-as", "roster", "-remove", "张三").want(t, 2, "只能移除方案和群机器人")
	inProcess("", "import", "-remove").want(t, 2, "缺少要移除的")
	other := filled(t)
	inProcess("", "import", "-data", other, "-as", "groups", "-remove", "R1").want(t, 1, "没有编号是“R1”", "企业微信 县教育局")
}

// Who leads is a change though the words are the same.
func TestAChangeOfWhoLeadsIsShown(t *testing.T) {
	t.Parallel()
	const table = "序号,工作任务,牵头单位,配合单位,完成时限\n1,开展危化品专项检查,市公安局,市交通局,2026年6月底\n"
	dir, next := files(t, map[string]string{"分工.csv": table}), files(t, map[string]string{"分工.csv": strings.NewReplacer("市公安局", "市应急管理局", "市交通局", "").Replace(table)})
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "分工.csv")).want(t, 0)
	got := inProcess("n\n", "import", "-data", data, filepath.Join(next, "分工.csv"))
	got.want(t, 1, "牵头：市公安局 → 市应急管理局", "配合：市交通局 → 无")
	if strings.Contains(got.stdout, "没有变化") {
		t.Error(got.stdout)
	}
}

func TestAFolderWithoutDataIsToldApart(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan})
	data, copied := filepath.Join(t.TempDir(), "data"), filepath.Join(dir, "b.xtb")
	inProcess("", "backup", "-data", data, copied).want(t, 1, data+" 这个文件夹里没有数据，是不是忘了 -data？")
	for _, path := range []string{data, copied} {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s was made", path)
		}
	}
	got := inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt"))
	got.want(t, 0, data+" 里还没有数据，会在那里新建一个库")
	if got := inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")); strings.Contains(got.stderr, "新建") {
		t.Error("the second import makes one too")
	}

	empty := filepath.Join(t.TempDir(), "empty")
	_, stop := start(t, empty)
	stop()
	inProcess("", "backup", "-data", empty, copied).want(t, 0, "方案 0 份，人 0 个")
	inProcess("", "restore", "-data", filepath.Join(dir, "r"), copied).want(t, 1, "这份备份是空的", filepath.Join(dir, "r"))
}

// filled is a data folder with a document and a group robot, and so a key.
func filled(t *testing.T) string {
	t.Helper()
	dir := files(t, map[string]string{"a.txt": countyPlan, "g.csv": "单位,平台,webhook\n县教育局,企业微信,https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k\n"})
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0)
	inProcess("", "import", "-yes", "-data", data, "-as", "groups", filepath.Join(dir, "g.csv")).want(t, 0)
	return data
}

func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), filled(t)
	copied := filepath.Join(dir, "b.xtb")
	_, stop := start(t, data)
	inProcess("", "backup", "-data", data, copied).want(t, 0, "已备份到 "+copied, "里面有方案 1 份，人 0 个，群机器人 1 个，没有发完的通知 ")
	inProcess("", "backup", "-data", data, copied).want(t, 1, "已经有了，没有动它")
	inProcess("", "backup", "-data", data, filepath.Join(dir, "no", "b")).want(t, 1, "文件夹，请先建好")
	inProcess("", "backup", "-data", data).want(t, 2, "要给一个文件名")
	inProcess("", "restore", "-data", data, copied).want(t, 1, "服务还开着")
	stop()
	inProcess("", "restore", "-data", data, copied).want(t, 1, "已经有数据，没有动它")
	left, err := filepath.Glob(filepath.Join(dir, ".backup-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}

	whole, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(files(t, map[string]string{"cut": string(whole[:len(whole)/2])}), "cut")
	fresh := filepath.Join(t.TempDir(), "fresh")
	inProcess("", "restore", "-data", fresh, cut).want(t, 1, "不是完整的备份，没有恢复")
	inProcess("", "restore", "-data", fresh, filepath.Join(dir, "none")).want(t, 1, "找不到这个文件")
	inProcess("", "restore", "-data", fresh, copied).want(t, 0, "已恢复到 "+fresh+"：方案 1 份，人 0 个，群机器人 1 个", "启动服务之前还要做", "把原来的 secret.key 放回")
	inProcess("", "serve", "-data", fresh, "-listen", "127.0.0.1:0").want(t, 1, "没有密钥文件")
	inProcess("", "doctor", "-data", fresh).want(t, 1, "✗ 密钥：没有密钥文件", "《某县文化工作方案》")
	inProcess("", "backup", "-data", fresh, filepath.Join(dir, "again.xtb")).want(t, 0) // needs no key
	if _, err := os.Lstat(filepath.Join(fresh, keyFile)); err == nil {
		t.Fatal("a wrong key was made")
	}
	key, err := os.ReadFile(filepath.Join(data, keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fresh, keyFile), key, 0o600); err != nil {
		t.Fatal(err)
	}
	base, _ := start(t, fresh)
	answers(t, base, libraryMoney, "县财政局")
}

// start runs a service on the data folder; stop ends it and waits.
func start(t *testing.T, data string) (base string, stop func()) {
	t.Helper()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", data
	return begin(t, cfg, nil)
}

// begin runs a service with these settings.
func begin(t *testing.T, cfg config.Config, change func(*app)) (base string, stop func()) {
	t.Helper()
	a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	t.Cleanup(stop)
	waitReady(t, a.url())
	return a.url(), stop
}

func TestTheKey(t *testing.T) {
	t.Parallel()
	data := filled(t)
	key := filepath.Join(data, keyFile)
	if info, err := os.Stat(key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key has mode %v, %v", info.Mode(), err)
	}
	other := filepath.Join(files(t, map[string]string{"other.yaml": "secret_key: another-key-of-the-office\n"}), "other.yaml")
	inProcess("", "serve", "-config", other, "-data", data, "-listen", "127.0.0.1:0").want(t, 1, "不是同一个", "几个实例要用同一个 secret_key")
	inProcess("", "doctor", "-config", other, "-data", data).want(t, 1, "✗ 密钥：secret_key 与库里用过的不是同一个", "✓ 数据库")
	if err := os.Chmod(key, 0o644); err != nil {
		t.Fatal(err)
	}
	inProcess("", "doctor", "-data", data).want(t, 1, "✗ 密钥", "权限改成 0600")
	inProcess("", "serve", "-data", data, "-listen", "127.0.0.1:0").want(t, 1, "权限改成 0600")
}

func TestTheKeyIsChanged(t *testing.T) {
	t.Parallel()
	data := filled(t)
	key, dir := filepath.Join(data, keyFile), t.TempDir()
	old := filepath.Join(dir, "old.key")
	_, stop := start(t, data)
	inProcess("", "rekey", "-data", data, key).want(t, 1, "服务还开着")
	stop()
	inProcess("", "rekey", "-data", data).want(t, 2, "要给一份旧密钥文件")
	inProcess("", "rekey", "-data", data, key).want(t, 1, "就是现在的密钥", "挪到别处")
	inProcess("", "rekey", "-data", data, "-lost").want(t, 1, "就是现在的密钥")
	if err := os.Rename(key, old); err != nil {
		t.Fatal(err)
	}
	wrong := filepath.Join(files(t, map[string]string{"k": "not-the-key-of-this-store", "short": "short"}), "k")
	inProcess("", "rekey", "-data", data, wrong).want(t, 1, "不是库里用过的密钥")
	inProcess("", "rekey", "-data", data, filepath.Join(filepath.Dir(wrong), "short")).want(t, 1, "太短")
	inProcess("", "rekey", "-data", data, filepath.Join(dir, "none")).want(t, 1, "找不到这个文件")
	inProcess("", "rekey", "-data", data, old).want(t, 0, "1 个群机器人重新加密")
	robotOpens(t, data)

	// From the file to a key of the settings, and on to another of them.
	first := filepath.Join(files(t, map[string]string{"c.yaml": "secret_key: first-key-of-the-office\n"}), "c.yaml")
	inProcess("", "rekey", "-config", first, "-data", data, key).want(t, 0, "1 个群机器人重新加密")
	text := filepath.Join(files(t, map[string]string{"first": "first-key-of-the-office\n"}), "first")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	inProcess("", "rekey", "-data", data, text).want(t, 0, "1 个群机器人重新加密")
	robotOpens(t, data)

	// Lost.
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	inProcess("", "serve", "-data", data, "-listen", "127.0.0.1:0").want(t, 1, "xietiao help rekey")
	inProcess("", "rekey", "-data", data, "-lost").want(t, 0, "删去了 1 个群机器人")
	inProcess("", "doctor", "-data", data).want(t, 0, "群机器人 0 个", "《某县文化工作方案》")
	start(t, data)
}

// robotOpens fails unless the only group robot's address can be opened.
func robotOpens(t *testing.T, data string) {
	t.Helper()
	cfg := config.Default()
	cfg.Data = data
	s, err := openStore(t.Context(), cfg, store.Options{Now: clockOf(cfg)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	p, err := openPeople(t.Context(), cfg, s)
	if err != nil {
		t.Fatal(err)
	}
	var robots []org.GroupRobot
	if err := s.View(t.Context(), func(r store.Reader) (err error) { robots, err = org.GroupRobots(r, ""); return err }); err != nil || len(robots) != 1 {
		t.Fatalf("%d robots, %v", len(robots), err)
	}
	if _, err := p.robots().Robot(t.Context(), robots[0].ID); err != nil {
		t.Error(err)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	w := chattest.NewWeCom(chattest.WeComOptions{CorpID: "ww1", Secret: "CANARY-right", AgentID: 7})
	t.Cleanup(w.Close)
	d := chattest.NewDingTalk(chattest.DingTalkOptions{ClientID: "c", Secret: "CANARY-right"})
	t.Cleanup(d.Close)
	slow := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Date", time.Now().Add(-time.Hour).UTC().Format(http.TimeFormat))
	}))
	t.Cleanup(slow.Close)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	wecom := func(base, secret string) string {
		return "wecom: {corp_id: ww1, agent_id: 7, secret: " + secret + ", api_base: \"" + base + "\"}\n"
	}
	dingtalk := func(secret string) string {
		return "dingtalk: {client_id: c, robot_code: c, client_secret: " + secret + ", api_base: \"" + d.URL() + "\", oapi_base: \"" + d.URL() + "\"}\n"
	}
	for name, tc := range map[string]struct {
		yaml  string
		code  int
		words []string
	}{
		"nothing configured": {"", 0, []string{"✓ 数据文件夹", "✓ 服务：没有开着", "✓ 数据库：还没有", "乐清样例", "－ 企业微信自建应用发消息：没有配置", "－ 钉钉应用：没有配置", "－ 企业微信智能机器人：没有配置"}},
		"a long connection":  {"wecom: {ws_base: \"" + strings.Replace(gone.URL, "http", "ws", 1) + "\", api_base: \"" + w.URL() + "\", aibot: {id: aib, secret: CANARY-any}}\n", 0, []string{"－ 企业微信智能机器人：长连接；ID 和 Secret 对不对，服务开着才看得出"}},
		"blanks":             {"dingtalk: {client_id: ding……, robot_code: ding……, client_secret: CANARY……, api_base: \"" + d.URL() + "\", oapi_base: \"" + d.URL() + "\"}\n", 1, []string{"✗ 配置：dingtalk.client_id、dingtalk.client_secret、dingtalk.robot_code 还是例子里的样子"}},
		"right secrets":      {wecom(w.URL(), "CANARY-right") + dingtalk("CANARY-right"), 0, []string{"✓ 时钟", "✓ 企业微信自建应用发消息：凭据可用", "✓ 钉钉应用：凭据可用"}},
		"wrong secrets":      {wecom(w.URL(), "CANARY-wrong") + dingtalk("CANARY-wrong"), 1, []string{"✗ 企业微信自建应用发消息：", "Secret", "✗ 钉钉应用：", "有 2 项要改"}},
		"pages":              {"public_url: https://xt.example\n" + wecom(w.URL(), "CANARY-right") + strings.Replace(dingtalk("CANARY-right"), "client_id", "corp_id: dingcorp, client_id", 1), 0, []string{"✓ 企业微信里的活动页面：管理后台 → 应用管理 → 本应用 → 网页授权及JS-SDK，域名填 xt.example", "✓ 钉钉里的活动页面：", "域名填 xt.example"}},
		"pages without TLS":  {"public_url: http://xt.example\n" + wecom(w.URL(), "CANARY-right"), 1, []string{"✗ 企业微信里的活动页面：public_url 要是 https 开头的"}},
		"wrong clock":        {wecom(slow.URL, "CANARY-right"), 1, []string{"✗ 时钟：这台机器比平台快 1h0m", "时间同步"}},
		"no network":         {wecom(gone.URL, "CANARY-right"), 1, []string{"✗ 时钟：连不上", "✗ 企业微信自建应用发消息：连不上企业微信：检查本机网络"}},
		"Redis down":         {"redis: redis://:CANARY@" + gone.Listener.Addr().String() + "/0\n", 1, []string{"✗ 数据库：Redis " + gone.Listener.Addr().String() + " 用不了：请检查配置里的 redis"}},
		"bad settings":       {"listen: nowhere\n", 1, []string{"✗ 配置", "listen"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := filepath.Join(t.TempDir(), "data")
			got := inProcess("", "doctor", "-data", data, "-config", filepath.Join(files(t, map[string]string{"c.yaml": tc.yaml}), "c.yaml"))
			got.want(t, tc.code, tc.words...)
			if strings.Contains(got.stdout+got.stderr, "CANARY") {
				t.Errorf("a secret is shown: %s", got.stdout)
			}
			if left, err := os.ReadDir(data); tc.code == 0 && (err != nil || len(left) > 0) {
				t.Errorf("doctor left %v, %v", left, err)
			}
		})
	}
}

func TestDoctorOfARunningService(t *testing.T) {
	t.Parallel()
	w := chattest.NewWeCom(chattest.WeComOptions{CorpID: "ww1", Robots: []string{"good"}})
	t.Cleanup(w.Close)
	cfg := config.Default()
	cfg.Listen, cfg.Data, cfg.WeCom.APIBase, cfg.WeCom.WSBase = "127.0.0.1:0", filepath.Join(t.TempDir(), "data"), w.URL(), "ws://127.0.0.1:1"
	cfg.WeCom.AIBot.ID, cfg.WeCom.AIBot.Secret = "aib", "nobody-there"
	base, _ := begin(t, cfg, nil)
	dir := files(t, map[string]string{
		"a.txt":  countyPlan,
		"g.csv":  "单位,平台,webhook\n县教育局,企业微信," + w.Webhook("good") + "\n",
		"g2.csv": "单位,平台,webhook\n县财政局,企业微信," + w.Webhook("bad") + "\n",
		"c.yaml": "wecom: {api_base: \"" + w.URL() + "\", ws_base: \"ws://127.0.0.1:1\", aibot: {id: aib, secret: nobody-there}}\n",
	})
	do := func(args ...string) result {
		return inProcess("", append([]string{args[0], "-config", filepath.Join(dir, "c.yaml"), "-data", cfg.Data}, args[1:]...)...)
	}
	doctorSays := func(words ...string) (out string) {
		t.Helper()
		for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
			out = do("doctor").stdout
			if !slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(out, w) }) {
				return out
			}
		}
		t.Fatalf("no %v in\n%s", words, out)
		return out
	}
	do("import", "-yes", filepath.Join(dir, "a.txt")).want(t, 0)
	answers(t, base, libraryMoney, "县财政局")
	do("import", "-yes", "-as", "groups", filepath.Join(dir, "g.csv")).want(t, 0, "给 1 个群各发一条测试消息", "看收到没有", "xietiao doctor")
	doctorSays("✓ 服务：开着", "群机器人 1 个", "✓ 方案：导入的有《某县文化工作方案》", "✓ 通知：没有等着的",
		"✗ 服务和平台的连接：wecom.aibot ", "－ 企业微信智能机器人：长连接，没有连上；原因见上面")
	do("import", "-yes", "-as", "groups", filepath.Join(dir, "g2.csv")).want(t, 0)
	out := doctorSays("✗ 通知：企业微信群机器人 R", "（县财政局） 1 条没有发成：", "（93000）")
	if strings.Contains(out, "县教育局") || strings.Contains(out, "key=") {
		t.Errorf("a robot that works, or an address, is told of:\n%s", out)
	}
	_, id, _ := strings.Cut(out, "企业微信群机器人 ")
	id, _, _ = strings.Cut(id, "（")
	do("import", "-yes", "-as", "groups", "-remove", id).want(t, 0, "县财政局", "已移除 "+id)
	doctorSays("群机器人 1 个", "✓ 通知")
	listen := strings.TrimSuffix(strings.TrimPrefix(base, "http://"), "/")
	inProcess("", "healthcheck", "-listen", listen).want(t, 0, "degraded")
	inProcess("", "healthcheck", "-listen", "127.0.0.1:1").want(t, 1, "没有开着，或者不在 127.0.0.1:1")
}

func TestDoctorTellsOfNoticesThatWaitLong(t *testing.T) {
	t.Parallel()
	data := filled(t)
	inProcess("", "doctor", "-data", data).want(t, 0, "✓ 通知：1 条等着，服务启动以后发出")
	cfg := config.Default()
	cfg.Data = data
	s, err := openStore(t.Context(), cfg, store.Options{Now: func() time.Time { return time.Now().Add(-time.Hour) }})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := outbox.New(outbox.Options{}).Put(tx, outbox.Notice{Key: "k", To: chat.Address{Via: wecom.ViaApp, User: "u"}, Reply: chat.Reply{Text: "x"}})
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	inProcess("", "doctor", "-data", data).want(t, 1, "✗ 通知：企业微信自建应用 1 条到了时间超过 15 分钟还没发出：服务没有开着")
}

// damage spoils the bytes of a document in the store of a data folder.
func damage(t *testing.T, data, name string) {
	t.Helper()
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		d, ok, err := library.Get(tx, name)
		if err != nil || !ok {
			return err
		}
		return tx.Put("plans.files", d.Sum, []byte("spoilt"))
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADocumentThatCannotBeReadDoesNotTakeTheOthersAlong(t *testing.T) {
	t.Parallel()
	dir := files(t, map[string]string{"a.txt": countyPlan, "c.txt": riverPlan})
	a, c := filepath.Join(dir, "a.txt"), filepath.Join(dir, "c.txt")
	data := filepath.Join(t.TempDir(), "data")
	inProcess("", "import", "-yes", "-data", data, a, c).want(t, 0)
	damage(t, data, "某文发〔2026〕1号")
	inProcess("", "ask", "-data", data, "河道清淤谁负责").want(t, 0, "县水利局", "“某文发〔2026〕1号”读不出来，没有用到")
	base, stop := start(t, data)
	answers(t, base, "河道清淤谁负责", "县水利局")
	inProcess("", "doctor", "-data", data).want(t, 1, "✗ 方案：导入过的文件“某文发〔2026〕1号”读不出来", "重新导入")
	inProcess("", "import", "-yes", "-data", data, a).want(t, 0, "已导入")
	answers(t, base, libraryMoney, "县财政局")
	inProcess("", "doctor", "-data", data).want(t, 0)
	stop()

	// When none can be read, the sample of another county does not answer for them.
	damage(t, data, "某文发〔2026〕1号")
	damage(t, data, "某水发〔2026〕2号")
	inProcess("", "ask", "-data", data, "农家书屋归谁管").want(t, 1, "一份也读不出来，请重新导入")
	cfg := config.Default()
	cfg.Data = data
	s, err := openStore(t.Context(), cfg, store.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := newShelf(s, data, func(*bot.Bot, []string) {}).load(t.Context()); err == nil {
		t.Error("something answers")
	}
}

func TestAnIndexFolderThatCannotBeUsedIsDoneWithout(t *testing.T) {
	t.Parallel()
	data := filled(t)
	if err := os.WriteFile(indexFolder(data), []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	inProcess("", "ask", "-data", data, libraryMoney).want(t, 0, "县财政局", "这次只放在内存里")
	base, stop := start(t, data)
	answers(t, base, libraryMoney, "县财政局")
	stop()
	if err := os.Remove(indexFolder(data)); err != nil {
		t.Fatal(err)
	}
	inProcess("", "ask", "-data", data, libraryMoney).want(t, 0, "县财政局")
	err := filepath.WalkDir(indexFolder(data), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == "current" {
			return err
		}
		return os.WriteFile(path, []byte("garbage"), 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	inProcess("", "ask", "-data", data, libraryMoney).want(t, 0, "县财政局")
}
