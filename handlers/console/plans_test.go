package console

import (
	"archive/zip"
	"bytes"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"xietiao/bot/calendar"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

const townPlan = "某县文化工作方案\n\n某文发〔2026〕1号\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县财政局：负责保障图书馆经费。\n"

// uploadPlan sends a document and returns the address of its draft below Path.
func (b *browser) uploadPlan(name, text string) string {
	b.t.Helper()
	a := b.upload("/plans", "file", name, []byte(text))
	if a.Code != http.StatusSeeOther {
		b.t.Fatal(a.Code, a.text())
	}
	return strings.TrimPrefix(a.Location, Path)
}

// standOf is what a form of the page says of how things stood.
func standOf(t testing.TB, a answer) string {
	t.Helper()
	_, rest, ok := strings.Cut(a.Body, `name="stand" value="`)
	stand, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatal("no form to publish:", a.text())
	}
	return stand
}

func (b *browser) publishDraft(at string, pairs ...string) answer {
	b.t.Helper()
	return b.post(at+"/publish", append([]string{"stand", standOf(b.t, b.get(at))}, pairs...)...)
}

// A document from its upload to the next version, back again, and out of force.
func TestTheLifeOfADocument(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	b.get("/plans").see(t, "还没有发布过方案")
	at := b.uploadPlan("方案.txt", townPlan)
	b.get(at).see(t, "某文发〔2026〕1号", "没有现行的版本", "有职责的单位 2 个")
	b.get(at+"/source").see(t, "县教育局", "负责保障图书馆经费")
	b.get("/plans").see(t, "草稿", "方案.txt", "周主任")
	if a := b.upload("/plans", "file", "方案.txt", []byte(townPlan)); a.Location != Path+at {
		t.Error("a draft twice", a.Code, a.Location)
	}
	b.follow(b.publishDraft(at)).see(t, "马上生效", "现行", "周主任")
	if a := b.get(at); a.Code != http.StatusNotFound {
		t.Error("the draft is still there", a.Code)
	}
	doc := "/plans/doc/" + url.PathEscape("某文发〔2026〕1号")
	var sum string
	d.update(func(tx *store.Tx) error {
		h, _, err := library.HoldingOf(tx, "某文发〔2026〕1号")
		sum = h.Current.Sum
		return err
	})
	if a := b.get(doc + "/file/" + sum); a.Body != townPlan || !strings.Contains(a.Header.Get("Content-Disposition"), "attachment") {
		t.Error("another file", a.Header)
	}

	// The next version touches a task, and waits for its day.
	d.update(func(tx *store.Tx) error {
		_, _, err := d.opt.Tasks.Create(tx, "", task.Draft{
			Title: "校园图书馆", Leads: []string{"市教育局"}, Deadline: calendar.Date{Y: 2026, M: 4, D: 10},
			Source: task.Source{Plan: "某文发〔2026〕1号", Address: "附件·县教育局", Clause: "负责推动校园图书馆向社会开放。"},
		}, task.Operator)
		return err
	})
	next := b.uploadPlan("方案2.txt", strings.Replace(townPlan, "校园图书馆", "中小学图书馆", 1))
	b.get(next).see(t, "改动 1", "中小学图书馆", "牵动的任务（1）", "这一条的内容改了")
	b.post(next+"/publish", "stand", "another", "from", "2026-04-01").see(t, "别人已经改动过")
	b.publishDraft(next, "from", "四月").see(t, "生效日期")
	b.follow(b.publishDraft(next, "from", "2026-04-01")).see(t, "到 2026年4月1日 生效", "未生效", "现行")
	b.post(doc+"/withdraw", "stand", "another").see(t, "别人已经改动过")
	b.follow(b.post(doc+"/withdraw", "stand", standOf(t, b.get(doc)))).see(t, "又成了草稿", "方案2.txt")
	b.follow(b.publishDraft(next)).see(t, "马上生效", "废止")

	// Rolling back is publishing the old bytes again.
	b.follow(b.post(doc+"/again", "sum", sum)).see(t, "换回这一版", "改动 1")
	b.follow(b.publishDraft(at)).see(t, "马上生效")
	b.get(doc).see(t, "重新提出旧版", "撤回待生效的版本", "上传")
	b.follow(b.post(doc+"/remove", "stand", standOf(t, b.get(doc)))).see(t, "移除了", "废止")
}

func TestDocumentsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	for _, name := range []string{"[Content_Types].xml", "word/document.xml"} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.Repeat([]byte(" "), 300<<20/2)); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string]struct {
		data []byte
		says string
	}{
		"空.txt":   {nil, "文件"},
		"旧.doc":   {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600)), "另存为"},
		"图.png":   {[]byte("\x89PNG\r\n\x1a\n0000"), "图片"},
		"坏.docx":  {[]byte("PK\x03\x04 broken"), "请"},
		"炸弹.docx": {bomb.Bytes(), "请"},
	} {
		a := b.upload("/plans", "file", name, file.data)
		if a.Code != http.StatusConflict {
			t.Error(name, a.Code)
		}
		a.see(t, file.says)
	}
	if a := b.upload("/plans", "file", "大.txt", make([]byte, 50<<20)); a.Code != http.StatusRequestEntityTooLarge {
		t.Error("50 MB", a.Code)
	}
	b.get("/plans").see(t, "还没有发布过方案")
	if text := b.get("/plans").text(); strings.Contains(text, "草稿 文件") {
		t.Error("something was kept:", text)
	}
}

// A document that spells a unit in two ways is settled by an alias, or published for a
// reason.
func TestNamesThatDiffer(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	at := b.uploadPlan("方案.txt", string(plan.SampleText))
	var faults []library.Fault
	d.update(func(tx *store.Tx) error {
		draft, err := library.DraftOf(tx, at[strings.LastIndex(at, "/")+1:])
		faults = library.CheckUnits(draft.Plan, d.opt.Rules.Same).Faults
		return err
	})
	if len(faults) == 0 || faults[0].Kind != library.FaultSpelling {
		t.Fatal("the sample spells all alike", faults)
	}
	b.publishDraft(at).see(t, "前后不一致", faults[0].Heading)
	b.post(at+"/alias", "unit", "市别的局").see(t, "没有这一处名称不一致")
	for _, f := range faults {
		b.follow(b.post(at+"/alias", "unit", f.Heading)).see(t, "“"+f.Member+"”就是“"+f.Heading+"”")
	}
	b.get(at).see(t, "文件自己前后一致")
	b.follow(b.publishDraft(at, "override", "没有什么要理由")).see(t, "马上生效")
	doc := "/plans/doc/" + url.PathEscape(planName)
	if text := b.get(doc).text(); strings.Contains(text, "没有什么要理由") {
		t.Error("a reason for nothing is kept")
	}
	b.get(doc+"/matrix").see(t, "责任空白", "职责交叉", "市教育局")
	if a := b.get(doc + "/matrix.xlsx"); a.Code != http.StatusOK || !strings.HasPrefix(a.Body, "PK") {
		t.Error("no workbook", a.Code)
	}
	if a := b.get("/plans/doc/none/matrix"); a.Code != http.StatusNotFound {
		t.Error("a matrix of nothing", a.Code)
	}
}

func TestErrataAreDecidedOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	at := b.uploadPlan("方案.txt", string(plan.SampleText))
	var e library.Erratum
	d.update(func(tx *store.Tx) error {
		draft, err := library.DraftOf(tx, at[strings.LastIndex(at, "/")+1:])
		if err != nil {
			return err
		}
		list, err := library.Errata(tx, draft.Sum, draft.Plan)
		e = list[0]
		return err
	})
	b.get(at).see(t, e.KindWord(), "没有处理")
	b.post(at+"/decide", "id", e.ID, "rev", "0", "choice", "own").see(t, "自填")
	b.follow(b.post(at+"/decide", "id", e.ID, "rev", "0", "choice", "own", "reading", "建设"+hostile)).see(t, "勘误记下了：自填", "建设"+hostile)
	b.post(at+"/decide", "id", e.ID, "rev", "0", "choice", "keep", "note", "我的说明").see(t, "别人已经改动过")
	for _, name := range []string{"/errata.docx", "/errata.xlsx"} {
		if a := b.get(at + name); a.Code != http.StatusOK || !strings.HasPrefix(a.Body, "PK") {
			t.Error(name, a.Code)
		}
	}
}

func TestTheOtherPersonPublishes(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.opt.Rules.Review = true
	b := d.as("周主任")
	at := b.uploadPlan("方案.txt", townPlan)
	b.get(at).see(t, "双人复核")
	b.post(at+"/publish", "stand", "").see(t, "双人复核")
	b.follow(b.post(at+"/discard")).see(t, "草稿丢弃了")
}

// Questions that were answered right and would not be stand in the way.
func TestTheExamStandsInTheWay(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	const asked, unit = "校园图书馆向社会开放归谁管", "市教育局"
	reply, err := sample().bot.Ask(t.Context(), asked, "", "")
	if err != nil {
		t.Fatal(err)
	}
	kept, ok := curate.QuestionOf(asked, "", reply.Answer.Status, reply.Answer.Intent, reply.Answer.Results)
	if !ok || reply.Answer.Results[0].Unit != unit {
		t.Fatal("another answer", reply.Text)
	}
	d.update(func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, "办公室", []curate.Question{kept})
		return err
	})
	at := b.uploadPlan("方案.txt", strings.ReplaceAll(string(plan.SampleText), unit, "市教体局"))
	b.post(at+"/exam").see(t, "答错 1 问", asked, "答得对")
	b.publishDraft(at, "override", " ").see(t, "题集里有原来答对的问题")
	b.follow(b.publishDraft(at, "override", "事项已经撤销"+hostile)).see(t, "理由：事项已经撤销"+hostile)
}

// An alias that would spoil an answer is not kept; it goes as soon as nothing stands in
// its way.
func TestAnAliasPassesTheExam(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	b := d.as("周主任")
	const unit, other = "市教育局", "市教育督导局"
	at := b.uploadPlan("方案.txt", strings.Replace(string(plan.SampleText), unit, other, 1)) // the list of members comes first
	d.update(func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, "P1", []curate.Question{{Q: other + "有哪些职责", Kind: curate.KindNone}})
		return err
	})
	a := b.post(at+"/alias", "unit", unit)
	if a.see(t, "没有保存", "1 问会答错", other+"有哪些职责", "单位: "+unit+" = "+other); a.Code != http.StatusConflict {
		t.Error(a.Code)
	}
	b.get("/questions/words").see(t, "还没有加词")
	b.post("/questions/set/remove", "key", b.get("/questions/set").field(t, "key"))
	b.follow(b.post(at+"/alias", "unit", unit)).see(t, "“"+other+"”就是“"+unit+"”")
	b.get("/questions/words").see(t, "单位: "+unit+" = "+other, "周主任")
}

// A document in the place of another is examined without that one.
func TestTheExamOfADocumentInThePlaceOfAnother(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.reads()
	b := d.as("周主任")
	b.follow(b.publishDraft(b.uploadPlan("方案.txt", string(plan.SampleText)), "override", "名称照旧"))
	unit, kept := "市委宣传部", curate.Question{Q: "农家书屋归谁管", Kind: "direct"}
	kept.Gold = []curate.Gold{{Unit: &unit, No: []byte("3")}}
	d.update(func(tx *store.Tx) error {
		_, _, err := curate.AddQuestions(tx, "P1", []curate.Question{kept})
		return err
	})
	at := b.uploadPlan("新.txt", townPlan)
	b.post(at+"/exam").see(t, "1 问全部答对")
	b.post(at+"/exam", "instead", planName).see(t, "答错 1 问", kept.Q, "答得对")
	stand := standOf(t, b.get(at+"?instead="+url.QueryEscape(planName)))
	b.post(at+"/publish", "stand", stand, "instead", planName).see(t, "题集里有原来答对的问题", kept.Q)
	b.follow(b.post(at+"/publish", "stand", stand, "instead", planName, "override", "旧的作废")).see(t, "马上生效")
	d.chat.Use(nil)
	if a := b.post(b.uploadPlan("再新.txt", strings.ReplaceAll(townPlan, "县教育局", "县体育局")) + "/exam"); a.Code != http.StatusConflict || !strings.Contains(a.text(), "还没有读好") {
		t.Error(a.Code, a.text())
	}
}
