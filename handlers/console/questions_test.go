package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// editionOf is a bot over an edition.
func editionOf(e bot.Edition) (*bot.Bot, func() error, error) {
	list, _ := curate.List(e.Words)
	words, err := index.NewThesaurus(list)
	if err != nil {
		return nil, nil, err
	}
	ix, err := index.Build(e.Plans, index.Options{Thesaurus: words})
	if err != nil {
		return nil, nil, err
	}
	return bot.New(ix.With(curate.Approved(e.Answers)), bot.Options{Plans: e.Plans}), ix.Close, nil
}

// refresh has the desk answer with what the office keeps.
func (d *desk) refresh() {
	d.t.Helper()
	err := d.opt.Store.View(context.Background(), func(r store.Reader) (err error) {
		if d.kept.Words, err = curate.Words(r); err == nil {
			d.kept.Answers, err = curate.Answers(r)
		}
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	b, done, err := editionOf(d.kept)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { _ = done() })
	d.chat.Use(b)
}

// reads gives the desk the sample.
func (d *desk) reads() {
	d.t.Helper()
	d.kept.Plans = []*plan.Plan{plan.Sample()}
	d.refresh()
}

// asks has somebody ask in a chat, and gives the keys of the log, the latest first.
func (d *desk) asks(user chat.UserID, questions ...string) (keys []string) {
	d.t.Helper()
	for i, text := range questions {
		d.pass(time.Second)
		m := chat.Message{
			Via: "wecom.app", Conversation: chat.ConversationID(user), Kind: chat.Direct, Sender: user, ID: fmt.Sprint(i, d.clock()),
			Type: chat.TypeText, Text: text, Time: d.clock(), From: chat.Address{Via: "wecom.app", Kind: chat.Direct, Conversation: chat.ConversationID(user), User: user},
		}
		if _, err := d.chat.Take(d.t.Context(), m, 20480); err != nil {
			d.t.Fatal(err)
		}
	}
	page, err := bot.ReadQuestions(d.t.Context(), d.opt.Store, bot.LogQuery{})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, e := range page.Entries {
		keys = append(keys, e.Key)
	}
	return keys
}

func TestTheLogOfQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, reader := d.as("周主任"), d.as("看戊")
	office.get("/questions").see(t, "还没有人问过", "试一问")
	d.reads()
	d.asks("somebody", "农家书屋归谁管")
	keys := d.asks("another", "悦读驿站归谁管"+hostile)
	a := reader.get("/questions")
	a.see(t, "全部 2", "有答案 1", "没有答案 1", "悦读驿站归谁管"+hostile, "农家书屋归谁管", "附件·")
	if strings.Contains(a.Body, "<script>alert") || strings.Contains(a.Body, "somebody") {
		t.Error("a question is markup, or says who asked")
	}
	a = office.get("/questions?status=unknown")
	a.see(t, "悦读驿站")
	a.lacks(t, "农家书屋归谁管")
	office.get("/questions?words="+url.QueryEscape("农家")).lacks(t, "悦读驿站归谁管")
	office.get("/questions?words="+url.QueryEscape("没有的")).see(t, "没有符合的问题")
	var many []string
	for i := range onPage {
		many = append(many, fmt.Sprintf("农家书屋第%d间归谁管", i))
	}
	for i := range many { // a person may not ask so much in a minute
		d.asks(chat.UserID(fmt.Sprint("u", i)), many[i])
	}
	a = office.get("/questions")
	a.see(t, "更早的")
	a.lacks(t, "悦读驿站")
	next := regexp.MustCompile(`href="/console([^"]*after=[^"]*)"`).FindStringSubmatch(a.Body)
	office.get(strings.ReplaceAll(next[1], "&amp;", "&")).see(t, "悦读驿站", "回到最近的")

	// Why.
	a = reader.get("/questions/try?at=" + keys[1])
	a.see(t, "当时的回答", "现在的回答", "问题里的词", "农家书屋", "业务词", "最接近的条款", "要算数")
	a.lacks(t, "这样答是对的", "加词或写答复")
	a = office.get("/questions/try?at=" + keys[0])
	a.see(t, "没有答案", "这样答是对的", "加词或写答复")
	office.get("/questions/try?q="+url.QueryEscape("文化志愿服务谁牵头")+"&prev=x").see(t, "接着上一句问", "分量")
	office.get("/questions/try").see(t, "这里问的不进记录")
	office.get("/questions/try?at=gone").see(t, "已经不在记录里")
	office.get("/questions/try?q="+strings.Repeat("x", maxAsked+1)).see(t, "问题太长")

	// What is right must stay.
	office.follow(office.post("/questions/right", "at", keys[1])).see(t, "记进题集了")
	office.post("/questions/right", "at", "gone").see(t, "已经不在记录里")
	if a := reader.post("/questions/right", "at", keys[1]); a.Code != http.StatusForbidden {
		t.Error(a.Code)
	}
}

func TestWhatNobodyCouldAnswer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, reader := d.as("周主任"), d.as("看戊")
	d.reads()
	office.get("/questions/work").see(t, "没有等着办的问题", "没有人说回答有误")
	d.asks("u1", "悦读驿站归谁管")
	keys := d.asks("u2", "悦读驿站，归谁管？", "有误，应当是宣传部"+hostile)
	a := office.get("/questions/work")
	a.see(t, "悦读驿站，归谁管", "加词、写答复", "应当是宣传部"+hostile)
	reader.get("/questions/work").lacks(t, "加词、写答复", "发给他们")
	open := a.field(t, "open")

	// A word is tried, and made only as it was tried.
	a = office.get("/questions/change?open=" + open)
	a.see(t, "为这一问：悦读驿站", "试一试会改变什么")
	office.post("/questions/change", "open", open, "do", "preview", "questions", "悦读驿站归谁管").see(t, "没有要改的")
	office.post("/questions/change", "open", open, "do", "preview", "words", "农家书屋 <").see(t, "第 1 行")
	a = office.post("/questions/change", "open", open, "do", "preview", "words", "农家书屋 < 悦读驿站")
	if a.see(t, "会改变什么", "没有答案", "有答案", "发给问过的 2 处", "题集没有因此答错的"); a.Code != http.StatusOK {
		t.Error(a.Code)
	}
	seen, wrong := a.field(t, "seen"), a.field(t, "wrong")
	a = office.post("/questions/change", "open", open, "do", "save", "seen", seen, "words", "农家书屋 = 悦读驿站", "wrong", wrong)
	a.see(t, "试过以后又改了，没有保存", "会改变什么")
	a = office.post("/questions/change", "open", open, "do", "save", "seen", seen, "words", "农家书屋 < 悦读驿站", "wrong", wrong)
	office.follow(a).see(t, "保存好了", "1 个没有答案的问题现在能答了", "更正发给了 2 处", "没有等着办的问题", "没有人说回答有误")

	office.post("/questions/right", "at", keys[0]).see(t, "现在的回答和记录里的不一样")
}

func TestAnAnswerOfTheOffice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	office := d.as("周主任")
	keys := d.asks("u1", "农家书屋归谁管")
	form := []string{"at", keys[0], "questions", "农家书屋归谁管", "clauses", planName + " 附件·市教育局·第2项", "text", "找教育局" + hostile}
	office.post("/questions/change", append(form, "do", "preview", "clauses", "")...).see(t, "会改变什么", "办公室的答复")
	office.post("/questions/change", "do", "preview", "questions", "农家书屋归谁管", "clauses", "没有的").see(t, "现行方案里没有这一条")
	office.post("/questions/change", "do", "preview", "questions", "归谁管", "clauses", planName+" 附件·市教育局·第2项").see(t, "单看不知道问的是什么事")
	a := office.post("/questions/change", append(form, "do", "preview")...)
	a = office.post("/questions/change", append(form, "do", "save", "seen", a.field(t, "seen"))...)
	a = office.follow(a)
	a.see(t, "保存好了", "办公室答复：找教育局")
	if strings.Contains(a.Body, "<script>alert") {
		t.Error("an answer is markup")
	}

	// A question of the set stops what would spoil it.
	keys = d.asks("u2", "农家书屋归谁管")
	office.follow(office.post("/questions/right", "at", keys[0])).see(t, "记进题集了")
	id := d.kept.Answers[0].ID
	a = office.post("/questions/change", "do", "preview", "drop", id)
	a.see(t, "去掉这条答复", "题集里会答错的")
	office.post("/questions/change", "do", "save", "drop", id, "seen", a.field(t, "seen")).see(t, "没有保存", "1 问会答错")

	// Two clerks: the second is told.
	a = office.get("/questions/change?answer=" + id)
	a.see(t, "改答复", "找教育局")
	stale := []string{"id", id, "read", "2026-01-01T00:00:00Z", "questions", "农家书屋归谁管", "clauses", planName + " 附件·市教育局·第2项", "text", "我的话"}
	seen := office.post("/questions/change", append(stale, "do", "preview")...).field(t, "seen")
	a = office.post("/questions/change", append(stale, "do", "save", "seen", seen)...)
	a.see(t, "别人改过", "周主任 改成了", "找教育局", "我的话")

	d.as("看戊").get("/questions/answers").lacks(t, "修改", "去掉")
	office.get("/questions/answers").see(t, "共 1 条", "找教育局"+hostile, "周主任", "去掉")
	office.get("/questions/words").see(t, "还没有加词")
	a = office.post("/questions/change", "do", "preview", "words", "农家书屋 < 悦读驿站")
	office.post("/questions/change", "do", "save", "words", "农家书屋 < 悦读驿站", "seen", a.field(t, "seen"))
	a = office.get("/questions/words")
	a.see(t, "共 1 行", "农家书屋 < 悦读驿站", "周主任")
	word := a.field(t, "remove")
	a = office.post("/questions/change", "do", "preview", "remove", word)
	office.follow(office.post("/questions/change", "do", "save", "remove", word, "seen", a.field(t, "seen"))).see(t, "还没有加词")
	office.post("/questions/change", "do", "preview", "remove", word).see(t, "这一行已经删掉了")
}

func TestTheSetOfQuestions(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	office, reader := d.as("周主任"), d.as("看戊")
	d.reads()
	office.get("/questions/set").see(t, "题集里还没有问题", "导入")
	reader.get("/questions/set").lacks(t, "题集文件")

	// What was kept as right can be let go.
	keys := d.asks("u1", "农家书屋归谁管")
	office.follow(office.post("/questions/right", "at", keys[0])).see(t, "记进题集了")
	a := office.get("/questions/set")
	a.see(t, "共 1 问", "农家书屋归谁管", "市委宣传部第3项", "周主任", "2026-03-09 10:00", "去掉")
	reader.get("/questions/set").lacks(t, "去掉")
	key := a.field(t, "key")
	if a := reader.post("/questions/set/remove", "key", key); a.Code != http.StatusForbidden {
		t.Error(a.Code)
	}
	office.follow(office.post("/questions/set/remove", "key", key)).see(t, "从题集里去掉了", "题集里还没有问题")
	if a := office.post("/questions/set/remove", "key", key); a.Code != http.StatusConflict || !strings.Contains(a.text(), "已经不在题集里") {
		t.Error(a.Code, a.text())
	}

	// A file is taken whole or not at all.
	lines := `{"q":"农家书屋归谁管","kind":"direct","gold":[{"unit":"市委宣传部","no":3}]}
{"q":"悦读驿站归谁管` + strings.ReplaceAll(hostile, `"`, `\"`) + `","kind":"direct","plan":"乐公共协〔2020〕1号","gold":[{"unit":"市教育局","no":2}]}
{"q":"市教育局呢","prev":"农家书屋归谁管","kind":"followup","gold":[{"unit":"市教育局","no":"*"}]}
`
	bad := map[string]string{
		lines + "不是": "第 4 行不是", lines + `{"q":"甲"}`: "第 4 行缺少", `{"q":"` + strings.Repeat("长", 501) + `","kind":"none"}`: "第 1 行太长",
		`{"q":"` + "\xc4\xe3" + `","kind":"none"}`: "第 1 行不是 UTF-8", " ": "没有问题",
	}
	for data, want := range bad {
		if a := office.upload("/questions/set", "file", "题集.jsonl", []byte(data)); a.Code != http.StatusConflict || !strings.Contains(a.text(), want) {
			t.Errorf("%q: %d: %s", data, a.Code, a.text())
		}
	}
	office.get("/questions/set").see(t, "题集里还没有问题")
	office.post("/questions/set").see(t, "文件")
	if a := reader.upload("/questions/set", "file", "题集.jsonl", []byte(lines)); a.Code != http.StatusForbidden {
		t.Error(a.Code)
	}
	a = office.follow(office.upload("/questions/set", "file", "题集.jsonl", []byte(lines)))
	a.see(t, "收进 3 问", "共 3 问", "悦读驿站归谁管"+hostile, "只问 乐公共协〔2020〕1号", "接着问：农家书屋归谁管", "市教育局的全部职责")
	if strings.Contains(a.Body, "<script>alert") {
		t.Error("a question is markup")
	}
	file := reader.get("/questions/set/file")
	if kept, err := curate.ReadQuestions([]byte(file.Body)); err != nil || len(kept) != 3 || !strings.HasPrefix(file.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("%v %v: %s", err, file.Header, file.Body)
	}
	office.follow(office.upload("/questions/set", "file", "题集.jsonl", []byte(file.Body))).see(t, "收进 0 问", "一样的 3 问")
	a = reader.get("/questions/set?words=" + url.QueryEscape("农家書屋"))
	a.see(t, "3 问里有 1 问", "问一遍（1 问）")
	a.lacks(t, "悦读驿站")
	office.get("/questions/set?words="+url.QueryEscape("没有的")).see(t, "题集里没有这样的问题")

	// Those that fail stand first, whoever looks.
	a = reader.post("/questions/set/run")
	a.see(t, "问了 3 问", "答错 1 问", "没有答案")
	a.lacks(t, "去掉")
	if text := a.text(); a.Code != http.StatusOK || strings.Index(text, "悦读驿站归谁管") > strings.Index(text, "市委宣传部第3项") {
		t.Error(a.Code, text)
	}
	office.post("/questions/set/run", "words", "农家书屋").see(t, "问了 1 问，全部答对", "一样", "去掉")
	d.chat.Use(nil)
	if a := office.post("/questions/set/run"); a.Code != http.StatusConflict || !strings.Contains(a.text(), "还没有读好") {
		t.Error(a.Code, a.text())
	}
}

func TestTheSetIsPaged(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	var list []curate.Question
	for i := range shownResults + 1 {
		list = append(list, curate.Question{Q: fmt.Sprintf("食堂第%d个窗口几点开饭", i), Kind: curate.KindNone})
	}
	d.update(func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, "P1", list)
		return err
	})
	office := d.as("周主任")
	office.get("/questions/set").see(t, fmt.Sprintf("共 %d 问", len(list)), "下一页")
	office.get("/questions/set?page=11").lacks(t, "下一页")
	office.post("/questions/set/run").see(t, fmt.Sprintf("问了 %d 问，全部答对", len(list)), "还有 1 问也答对了")
}

// Only what the form can have is told: no other answer of the log.
func TestForgedKeysOfWrongAnswers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	office := d.as("周主任")
	d.asks("u1", "农家书屋归谁管")
	keys := d.asks("u2", "悦读驿站归谁管")
	form := []string{"words", "农家书屋 < 悦读驿站"}
	a := office.post("/questions/change", append(form, "do", "preview")...)
	form = append(form, "do", "save", "seen", a.field(t, "seen"))
	for _, key := range []string{keys[1], "forged"} {
		if a := office.post("/questions/change", append(form, "wrong", keys[0], "wrong", key)...); a.Code != http.StatusConflict || !strings.Contains(a.text(), "已经不在记录里") {
			t.Error(a.Code, a.text())
		}
	}
	office.get("/questions/words").see(t, "还没有加词")
	a = office.follow(office.post("/questions/change", append(form, "wrong", keys[0])...))
	a.see(t, "更正发给了 1 处")
}

// What nobody could answer goes off the list, until it is asked again or for good.
func TestQuestionsAreClosed(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	office, reader := d.as("周主任"), d.as("看戊")
	const asked = "悦读驿站归谁管"
	closes := func(pairs ...string) {
		t.Helper()
		key := office.get("/questions/work").field(t, "open")
		if a := reader.post("/questions/work/close", "open", key); a.Code != http.StatusForbidden {
			t.Error(a.Code)
		}
		said := "再有人问起、还是没有答案的，会重新列出来"
		if len(pairs) > 0 {
			said = "再有人问也不列"
		}
		office.follow(office.post("/questions/work/close", append(pairs, "open", key)...)).see(t, said, "没有等着办的问题")
		if a := office.post("/questions/work/close", append(pairs, "open", key)...); a.Code != http.StatusConflict || !strings.Contains(a.text(), "已经不在列表里了") {
			t.Error(a.Code, a.text())
		}
	}
	d.asks("u1", asked)
	closes()
	d.asks("u2", asked)
	office.get("/questions/work").see(t, asked)
	closes("good", "1")
	d.asks("u3", asked)
	office.get("/questions/work").see(t, "没有等着办的问题")
	if a := office.post("/questions/work/close", "open", "forged"); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
}

// Who found an answer wrong is told what the office says, once, or nothing.
func TestComplaintsAreAnswered(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	office, reader := d.as("周主任"), d.as("看戊")
	// complain has somebody ask and find the answer wrong, and gives the answer's key.
	complain := func(user chat.UserID) string {
		t.Helper()
		d.asks(user, "农家书屋归谁管", "有误，应当是教育局"+hostile)
		return office.get("/questions/work").field(t, "at")
	}
	told := func() (list []string) {
		t.Helper()
		for _, n := range d.sent("notice") {
			list = append(list, string(n.To.User)+" "+n.Reply.Text)
		}
		return list
	}
	key := complain("u1")
	a := reader.get("/questions/work")
	a.see(t, "应当是教育局"+hostile)
	a.lacks(t, "发给他们")
	if a := reader.post("/questions/work/answer", "at", key, "words", "好"); a.Code != http.StatusForbidden {
		t.Error(a.Code)
	}
	if a := office.post("/questions/work/answer", "at", key, "words", "  "); a.Code != http.StatusConflict || !strings.Contains(a.text(), "请写要告诉提出的人的话") {
		t.Error(a.Code, a.text())
	}
	if len(told()) != 0 {
		t.Fatal(told())
	}
	office.follow(office.post("/questions/work/answer", "at", key, "words", "核对过了，是教育局配合。")).see(t, "处理了 1 条反映", "发给提出的人", "没有人说回答有误")
	if got := told(); len(got) != 1 || !strings.HasPrefix(got[0], "u1 ") || !strings.Contains(got[0], "核对过了，是教育局配合。") {
		t.Error(got)
	}
	for _, again := range []string{key, "forged"} {
		a := office.post("/questions/work/answer", "at", again, "words", "再说一遍")
		if a.Code != http.StatusConflict || !strings.Contains(a.text(), "已经不在列表里了") {
			t.Error(a.Code, a.text())
		}
	}
	office.follow(office.post("/questions/work/answer", "at", complain("u2"), "do", "silent", "words", "不发")).see(t, "处理了 1 条反映，没有发消息", "没有人说回答有误")
	if got := told(); len(got) != 1 {
		t.Error("who was to hear nothing was told:", got)
	}
}

// While the documents are being read nobody can tell whether a clause has changed.
func TestAnswersAreNotStaleBeforeTheDocumentsAreRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	office := d.as("周主任")
	clause, err := d.opt.Curator.Clause(planName + " 附件·市教育局·第2项")
	if err != nil {
		t.Fatal(err)
	}
	changed := clause
	changed.Text += "等"
	d.update(func(tx *store.Tx) error {
		for q, c := range map[string]index.ClauseRef{"灯坏了谁换": clause, "门坏了谁修": changed} {
			if _, err := curate.PutAnswer(tx, "P1", curate.Answer{Questions: []string{q}, Clauses: []index.ClauseRef{c}}); err != nil {
				return err
			}
		}
		return nil
	})
	const stale = "依据的条款已经改了"
	if n := strings.Count(office.get("/questions/answers").text(), stale); n != 1 {
		t.Errorf("%d are stale", n)
	}
	d.chat.Use(nil)
	a := office.get("/questions/answers")
	a.see(t, "灯坏了谁换", "方案还没有读好")
	a.lacks(t, stale)
}
