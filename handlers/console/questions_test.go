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
