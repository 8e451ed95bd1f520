package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// binary is the program, built once as `make build` builds it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "xietiao-test")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "xietiao")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-X main.version=v-test", "-o", path, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// binaryDir is the folder of the binary once it was asked for.
var binaryDir string

func TestMain(m *testing.M) {
	code := m.Run()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// result is what a run left.
type result struct {
	code           int
	stdout, stderr string
}

// inProcess runs the program as a function.
func inProcess(stdin string, args ...string) result {
	var out, errs bytes.Buffer
	code := run(context.Background(), args, strings.NewReader(stdin), &out, &errs)
	return result{code, out.String(), errs.String()}
}

// asUser runs the built binary in an empty folder with an empty environment.
func asUser(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.Env = t.TempDir(), []string{}
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

const bookCorner = "市委宣传部（统筹指导）\n“统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；”\n——乐公共协〔2020〕1号 附件·市委宣传部·第3项\n"

func TestAColdQuestionIsAnsweredOnAnEmptyMachine(t *testing.T) {
	t.Parallel()
	got := asUser(t, "", "ask", "村里的图书角归谁管")
	if diff := cmp.Diff(result{0, bookCorner, ""}, got, cmp.AllowUnexported(result{})); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheBinaryKnowsItsVersion(t *testing.T) {
	t.Parallel()
	if got := asUser(t, "", "version"); got.code != 0 || !strings.HasPrefix(got.stdout, "xietiao v-test (") {
		t.Errorf("%+v", got)
	}
}

// Every run leaves the exit code and the words a user needs.
func TestCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	goodPlan := write("plan.txt", "某县文化工作方案\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县财政局：负责保障图书馆经费。\n")
	noPlan := write("photo.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old Word")
	questions := write("q.jsonl", `{"id":"1","q":"农家书屋谁管","kind":"direct","gold":[{"unit":"市委宣传部","no":3}]}`+"\n")
	ofPlan := write("qp.jsonl", `{"id":"1","plan":"plan","q":"图书馆经费谁保障","kind":"direct","gold":[{"unit":"财政局","no":0}]}`+"\n")
	samePlan := write("same.txt", "\ufeff某县文化工作方案\r\n\r\n一、职责分工\r\n\r\n县教育局：负责推动校园图书馆向社会开放。\r\n\r\n县财政局：负责保障图书馆经费。\r\n")
	table := write("分工表.csv", "序号,工作任务,牵头单位,配合单位\n1,推动校园图书馆向社会开放,县教育局,县财政局\n2,保障图书馆经费,县财政局,\n")
	notList := write("list.yaml", "plans: x.docx\n")
	twice := write("twice.yaml", "data: a\ndata: b\n")
	words := write("words.txt", "农家书屋 < 读书小亭\n")
	ownWords := write("words.yaml", "thesaurus: "+words+"\n")
	noWords := write("nowords.yaml", "thesaurus: "+words+"x\n")
	ownPlans := write("plans.yaml", "plans: ["+goodPlan+"]\n")
	notJSON := write("bad.jsonl", "{\"id\":1,\"q\":\n")

	for _, tc := range []struct {
		name   string
		args   []string
		code   int
		stdout string // must be in it
		stderr string // must be in it
	}{
		{"no command", nil, 2, "", "用法：xietiao 命令"},
		{"help", []string{"help"}, 0, "ask ", ""},
		{"help tells that serve chats", []string{"help"}, 0, "serve    开一个服务：企业微信和钉钉里的聊天", ""},
		{"-h", []string{"-h"}, 0, "serve", ""},
		{"help of a command", []string{"help", "eval"}, 0, "refuse_r", ""},
		{"help of no command", []string{"help", "fly"}, 2, "", "没有 \"fly\""},
		{"unknown command", []string{"fly"}, 2, "", "没有 \"fly\" 这个命令"},
		{"help flag of a command", []string{"ask", "-h"}, 0, "用法：xietiao ask", ""},
		{"unknown flag", []string{"ask", "-fast", "问题"}, 2, "", "没有 -fast 这个参数"},
		{"flag without value", []string{"ask", "问题", "-prev"}, 2, "", "参数 -prev 后面缺少值"},
		{"wrong bool", []string{"ask", "-json=maybe", "问题"}, 2, "", "-json"},
		{"no question", []string{"ask"}, 2, "", "缺少问题"},
		{"empty question", []string{"ask", "  "}, 2, "", "缺少问题"},
		{"question and batch", []string{"ask", "-batch", "-", "问题"}, 2, "", "不能再给问题"},
		{"empty batch name", []string{"ask", "-batch", ""}, 2, "", "-batch"},
		{"missing batch file", []string{"ask", "-batch", filepath.Join(dir, "none")}, 1, "", "找不到这个文件"},
		{"question in words", []string{"ask", "农家书屋", "归谁管"}, 0, "市委宣传部", ""},
		{"flags behind the question", []string{"ask", "农家书屋归谁管", "-json"}, 0, `"status":"answered"`, ""},
		{"flags on both sides", []string{"ask", "-prev", "残联有哪些职责", "那妇联呢", "-json"}, 0, `"unit":"市妇联"`, ""},
		{"question that begins with a dash", []string{"ask", "--", "-农家书屋归谁管"}, 0, "市委宣传部", ""},
		{"refusal is no failure", []string{"ask", "今天天气怎么样"}, 0, "我不能回答", ""},
		{"gap is no failure", []string{"ask", "文化志愿者大队归哪个部门成立"}, 0, "没有写明由哪个单位负责", ""},
		{"own plan", []string{"ask", "-plan", goodPlan, "图书馆经费谁保障"}, 0, "县财政局", ""},
		{"missing plan", []string{"ask", "-plan", filepath.Join(dir, "none.txt"), "谁管"}, 1, "", "找不到这个文件"},
		{"unreadable plan", []string{"ask", "-plan", noPlan, "谁管"}, 1, "", "photo.doc："},
		{"index on disk", []string{"ask", "-data", filepath.Join(dir, "d1"), "农家书屋归谁管"}, 0, "市委宣传部", "没有给 -plan，查的是《乐清市"},
		{"index on disk of the configured plans", []string{"ask", "-data", filepath.Join(dir, "d3"), "-config", ownPlans, "图书馆经费谁保障"}, 0, "县财政局", "查的是《某县文化工作方案》"},
		{"parse", []string{"parse", goodPlan}, 0, "有职责的单位 2 个", ""},
		{"parse as JSON", []string{"parse", goodPlan, "-json"}, 0, `"title": "某县文化工作方案"`, ""},
		{"parse without file", []string{"parse"}, 2, "", "要给一份文件"},
		{"parse of two files", []string{"parse", goodPlan, goodPlan}, 2, "", "要给一份文件"},
		{"parse of a missing file", []string{"parse", filepath.Join(dir, "none.docx")}, 1, "", "找不到这个文件"},
		{"parse of a folder", []string{"parse", dir}, 1, "", "是不是文件夹"},
		{"parse of an old Word file", []string{"parse", noPlan}, 1, "", "photo.doc："},
		{"eval", []string{"eval", questions}, 0, "top1=1.000 ok1=1.000", ""},
		{"eval above a minimum", []string{"eval", "-min", "top1=1", questions}, 0, "direct      n=  1  top1=1.000  ok1=1.000", ""},
		{"eval below a minimum", []string{"eval", questions, "-min", "gap=0.9"}, 1, "", "short: gap 0.000 < 0.9"},
		{"eval of another plan", []string{"eval", "-plan", goodPlan, ofPlan}, 0, "ask=1.000 none=1.000", ""},
		{"eval without that plan", []string{"eval", ofPlan}, 2, "", "没有一问属于所给的文件"},
		{"eval with an unknown figure", []string{"eval", "-min", "speed=1", questions}, 2, "", "没有叫 \"speed\" 的分数"},
		{"eval with a figure it cannot give", []string{"eval", "-min", "ask=1", questions}, 2, "", "算不出 ask"},
		{"eval with no number", []string{"eval", "-min", "top1=high", questions}, 2, "", "不是数"},
		{"eval of nonsense", []string{"eval", notJSON}, 1, "", "第 1 行"},
		{"eval without file", []string{"eval"}, 2, "", "要给一份问题集"},
		{"version with more", []string{"version", "now"}, 2, "", "多余的参数"},
		{"serve with more", []string{"serve", "now"}, 2, "", "多余的参数"},
		{"serve with a missing file", []string{"serve", "-config", filepath.Join(dir, "none.yaml")}, 1, "", "none.yaml"},
		{"serve with a wrong address", []string{"serve", "-listen", "nowhere", "-data", filepath.Join(dir, "d2")}, 2, "", "要写成 主机:端口"},
		{"serve on a port out of range", []string{"serve", "-listen", "127.0.0.1:70000"}, 2, "", "端口要是 0 到 65535"},
		{"serve without a data folder", []string{"serve", "-data", ""}, 2, "", "-data"},
		{"serve with a file as data folder", []string{"serve", "-listen", "127.0.0.1:0", "-data", goodPlan}, 1, "", "不是文件夹"},
		{"serve with a list that is none", []string{"serve", "-config", notList}, 1, "", "这一项要写成列表"},
		{"serve with a name twice", []string{"serve", "-config", twice}, 1, "", "同一个名字写了两次"},
		{"ask with words of the office", []string{"ask", "-config", ownWords, "读书小亭归谁管"}, 0, "市委宣传部", ""},
		{"ask with words that are not there", []string{"ask", "-config", noWords, "谁管"}, 1, "", "找不到这个文件"},
		{"eval with words of the office", []string{"eval", "-config", ownWords, questions}, 0, "top1=1.000", ""},
		{"--version", []string{"--version"}, 0, "xietiao ", ""},
		{"the same plan twice", []string{"ask", "-plan", goodPlan, "-plan", samePlan, "图书馆经费谁保障"}, 0, "县财政局", "内容相同，只读入一份"},
		{"a table without title", []string{"ask", "-json", "-plan", table, "校园图书馆开放谁牵头"}, 0, `"plan":"分工表"`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got := inProcess("", tc.args...)
			if got.code != tc.code {
				t.Errorf("exit %d, want %d", got.code, tc.code)
			}
			if !strings.Contains(got.stdout, tc.stdout) || !strings.Contains(got.stderr, tc.stderr) {
				t.Errorf("want %q and %q\nstdout: %s\nstderr: %s", tc.stdout, tc.stderr, got.stdout, got.stderr)
			}
			if tc.code == 0 && got.stderr != "" && tc.stderr == "" {
				t.Errorf("stderr: %s", got.stderr)
			}
			if tc.code == 2 && got.stdout != "" && tc.stdout == "" && tc.args[0] != "eval" {
				t.Errorf("stdout: %s", got.stdout)
			}
		})
	}
}

func TestBatchKeepsOrderAndIds(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	in.WriteString("\ufeff")
	var want []string
	for i := range 200 {
		id := fmt.Sprint(i)
		if i%2 == 0 {
			id = fmt.Sprintf(`"k%d <&>"`, i)
		}
		want = append(want, id)
		fmt.Fprintf(&in, `{"id":%s,"q":"农家书屋归谁管%s"}`+"\n", id, strings.Repeat("？", i%7))
	}
	fmt.Fprintf(&in, `{"id": 1.50e3 ,"q":"农家书屋归谁管%s"}`, strings.Repeat(" ", 1000<<10)) // one very long line, no line end
	want = append(want, "1.50e3")
	got := inProcess(in.String(), "ask", "-batch", "-")
	if got.code != 0 || got.stderr != "" {
		t.Fatalf("exit %d: %s", got.code, got.stderr)
	}
	var ids []string
	for line := range strings.Lines(got.stdout) {
		var a struct{ ID, Results json.RawMessage }
		if err := json.Unmarshal([]byte(line), &a); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, string(a.ID))
		if !strings.HasPrefix(line, `{"id":`+string(a.ID)+`,"q":"农家书屋归谁管`) {
			t.Errorf("line %.80s", line)
		}
	}
	if diff := cmp.Diff(want, ids); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestABadLineOfABatchIsNamedAndTheRestAnswered(t *testing.T) {
	t.Parallel()
	in := `{"id":"a","q":"农家书屋归谁管"}
nonsense
{"id":7}
{"id":{"x":1},"q":"谁"}
{"id":"e","q":5}
{"id":"f","q":"谁","prev":[]}
{"q":"那妇联呢","prev":"残联有哪些职责","kind":"followup","gold":[]}
["id"]
{"id":"h","q":"农家书屋归谁管"} trailing

null
` + `{"id":"long","q":"` + strings.Repeat("长", maxLine/3) + `"}
{"id":"z","q":"农家书屋归谁管"}

 

`
	got := asUser(t, in, "ask", "-batch", "-")
	if got.code != 1 || !strings.Contains(got.stderr, "10 行没有答成") {
		t.Errorf("exit %d, %s", got.code, got.stderr)
	}
	var lines []string
	for line := range strings.Lines(got.stdout) {
		line, _, _ = strings.Cut(line, `,"q"`)
		lines = append(lines, strings.TrimSpace(line))
	}
	want := []string{
		`{"id":"a"`,
		`{"id":null,"error":"不是一行 JSON 对象"}`,
		`{"id":7,"error":"缺少问题 q"}`,
		`{"id":null,"error":"id 应当是字符串或数字"}`,
		`{"id":"e","error":"缺少问题 q"}`,
		`{"id":"f","error":"prev 应当是字符串"}`,
		`{"id":""`,
		`{"id":null,"error":"不是一行 JSON 对象"}`,
		`{"id":null,"error":"不是一行 JSON 对象"}`,
		`{"id":null,"error":"空行"}`,
		`{"id":null,"error":"不是一行 JSON 对象"}`,
		`{"id":null,"error":"一行超过 1024 KB"}`,
		`{"id":"z"`,
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTheJSONAnswerHasItsKeysInOrder(t *testing.T) {
	t.Parallel()
	got := inProcess("", "ask", "-json", "今天天气怎么样")
	dec := json.NewDecoder(strings.NewReader(got.stdout))
	var keys []string
	depth := 0
	for {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		switch v := tok.(type) {
		case json.Delim:
			if v == '{' || v == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				keys = append(keys, v)
			}
		}
	}
	want := []string{"id", "", "q", "今天天气怎么样", "status", "unknown", "intent", "none", "results", "reply"}
	if diff := cmp.Diff(want, keys[:min(len(keys), len(want))]); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if !strings.Contains(got.stdout, `"results":[],`) || !strings.Contains(got.stdout, `,"took_us":`) {
		t.Error(got.stdout)
	}
}

// failing refuses every write.
type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestAnOutputThatCannotBeWrittenIsAFailure(t *testing.T) {
	t.Parallel()
	in := strings.Repeat(`{"id":1,"q":"农家书屋归谁管"}`+"\n", 500)
	for _, args := range [][]string{{"ask", "农家书屋归谁管"}, {"ask", "-json", "农家书屋归谁管"}, {"ask", "-batch", "-"}} {
		var errs bytes.Buffer
		if code := run(t.Context(), args, strings.NewReader(in), failing{}, &errs); code != 1 || errs.Len() == 0 {
			t.Errorf("%q: exit %d, %q", args, code, errs.String())
		}
	}
}

func FuzzReadLine(f *testing.F) {
	f.Add([]byte(`{"id":"a","q":"谁","prev":"x"}`))
	f.Add([]byte(`{"id":-1e9,"q":""}`))
	f.Add([]byte(`{"ID":1,"Q":"a"} `))
	f.Fuzz(func(t *testing.T, line []byte) {
		id, q, _, err := readLine(line)
		if !json.Valid(id) {
			t.Errorf("id %q is no JSON", id)
		}
		if err == nil && strings.TrimSpace(q) == "" {
			t.Error("an empty question was accepted")
		}
	})
}
