package main

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"xietiao/config"
)

const (
	libraryReply = "市委宣传部（统筹指导）\n“统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；”\n——乐公共协〔2020〕1号 附件·市委宣传部·第3项"
	clubClause   = "推动工人文化宫逐步免费开放工作。"
)

// holds checks that a reply holds each of the pieces.
func holds(t *testing.T, question, reply string, pieces ...string) {
	t.Helper()
	for _, p := range pieces {
		if !strings.Contains(reply, p) {
			t.Errorf("%s: no %q in\n%s", question, p, reply)
		}
	}
}

// A person and the bot alone: the thread holds whatever comes between.
func TestADialogueOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		if l.able().enter {
			first := l.enter("wang")
			if len(first) != 1 {
				t.Fatalf("%d greetings: %q", len(first), first)
			}
			holds(t, "(entering)", first[0].text, "我是协调助手", "成员单位有哪些")
			if again := l.enter("wang"); len(again) > 0 {
				t.Errorf("greeted again: %q", again)
			}
		}
		for _, step := range []struct {
			say  string
			want []string
		}{
			{"你好", []string{"我是协调助手"}},
			{"帮助", []string{"把事情说出来就行", "绑定 姓名 单位", "有误"}},
			{"村里的图书角归谁管", []string{libraryReply}},
			{"那妇联呢", []string{"市妇联的职责，共 4 条：", "“统筹指导妇女儿童文化权益保障工作；”", "——乐公共协〔2020〕1号 附件·市妇联"}},
			{"谢谢", []string{"不客气"}},
			{"那残联呢", []string{"市残联的职责"}},
			{"农家书屋归谁管", []string{libraryReply}},
			{"谁牵头", []string{"方案未写明牵头单位", libraryReply}},
			{"那配合单位呢", []string{"附件·市委宣传部·第3项"}},
			{"谁牵头", []string{libraryReply}},
			{"工人文化宫归谁管", []string{"请选一个：", "1. 《白石县校园阅读推进工作方案》", "2. 《乐清市公共文化服务体系建设协调机制工作方案》", "回复编号即可"}},
			{"2", []string{"市总工会（推动）", "“" + clubClause + "”", "——乐公共协〔2020〕1号 附件·市总工会·第3项"}},
			{"县教育局有哪些职责", []string{"共 12 条", "1. “统筹全县中小学校园图书采购工作", "回复“更多”查看"}},
			{"更多", []string{"成果展示", "——白阅〔2021〕2号 附件·县教育局"}},
			{"今天天气怎么样", []string{"我不能回答"}},
			{"文化馆图书馆总分馆制谁来推进", []string{"没有写明由哪个单位负责", "“深入推进市级文化馆图书馆总分馆制", "四（四）"}},
		} {
			c.advance(5 * time.Second) // people read before they write
			reply := o.ask("wang", "", step.say)
			holds(t, step.say, reply, step.want...)
			if strings.Contains(reply, "/p/") {
				t.Errorf("%s: a link, though there is no public address: %s", step.say, reply)
			}
		}
	})
}

// In a group everybody has a thread, and a quoted answer is a thread of its own.
func TestAGroupOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, func(a able) bool { return a.groups }, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		const group = "chat-office"
		if l.able().asides {
			if got := o.say(said{user: "wang", group: group, text: "农家书屋归谁管", aside: true}); len(got) > 0 {
				t.Fatalf("not addressed, and said %q", got)
			}
		}
		first := o.ask("wang", group, "农家书屋归谁管")
		holds(t, "wang", first, libraryReply)
		second := o.ask("li", group, "市残联有哪些职责")
		holds(t, "li", second, "市残联的职责")
		holds(t, "wang 谁牵头", o.ask("wang", group, "谁牵头"), libraryReply)
		holds(t, "li 那妇联呢", o.ask("li", group, "那妇联呢"), "市妇联的职责")

		// Others quote what was answered to somebody else.
		holds(t, "quote", o.ask("zhao", group, "谁牵头", first), "方案未写明牵头单位", libraryReply)
		holds(t, "cut quote", o.ask("qian", group, "谁牵头", string([]rune(first)[:24])+"…"), "方案未写明牵头单位", libraryReply)
		holds(t, "quote of a question", o.ask("sun", group, "谁牵头", "农家书屋归谁管"), libraryReply)
		// li's own thread is 妇联, and the quote wins over it.
		holds(t, "quote over thread", o.ask("li", group, "谁牵头", first), libraryReply)
		// What these say can be about nothing but the very answer that is quoted.
		long := o.ask("wang", group, "县教育局有哪些职责")
		holds(t, "more of a quote", o.ask("zhou", group, "更多", long), "成果展示", "——白阅〔2021〕2号 附件·县教育局")
		holds(t, "a rating of a cut quote", o.ask("wu", group, "有误：少了一项", string([]rune(second)[:30])+"…"), "已记下")
		complaints := o.kept("desk.feedback")
		if len(complaints) != 1 {
			t.Fatalf("complaints: %q", complaints)
		}
		key, _, _ := strings.Cut(complaints[0], "/")
		for _, a := range o.kept("desk.answers") {
			if strings.HasPrefix(a, key+" ") && !strings.Contains(a, "市残联有哪些职责") {
				t.Errorf("another answer is complained of: %s", a)
			}
		}
	})
}

// A rating is kept once, whoever sends it how often, and the latest counts.
func TestRatingsOnEveryChannel(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c)
		complaints := func(want int) {
			t.Helper()
			if got := o.kept("desk.feedback"); len(got) != want {
				t.Errorf("%d complaints, want %d: %q", len(got), want, got)
			}
		}
		holds(t, "nothing yet", o.ask("wang", "", "有误：这不对"), "不知道您说的是哪个回答")
		complaints(0)
		answer := o.only(said{user: "wang", text: "农家书屋归谁管"})
		for range 2 {
			holds(t, "有误", o.ask("wang", "", "有误：应当是市文广旅体局"), "已记下，办公室会核对")
		}
		complaints(1)
		var kept struct {
			Rating []struct{ Rating, Remark string }
		}
		key, _, _ := strings.Cut(o.kept("desk.feedback")[0], "/")
		for _, a := range o.kept("desk.answers") {
			if value, ok := strings.CutPrefix(a, key+" "); ok {
				if err := json.Unmarshal([]byte(value), &kept); err != nil {
					t.Fatal(err)
				}
			}
		}
		if len(kept.Rating) != 1 || kept.Rating[0].Rating != "bad" || kept.Rating[0].Remark != "应当是市文广旅体局" {
			t.Errorf("the answer is kept with %+v", kept)
		}
		holds(t, "有用", o.ask("wang", "", "有用"), "谢谢")
		complaints(0)
		if !l.able().rates {
			return
		}
		if answer.feedback == "" {
			t.Fatal("the answer cannot be rated")
		}
		before := len(l.pushed("wang"))
		for range 2 {
			l.rate(said{user: "wang", text: "单位不对"}, answer.feedback, 2)
			complaints(1)
		}
		l.rate(said{user: "wang"}, answer.feedback, 3)
		complaints(0)
		l.rate(said{user: "wang"}, "20200101T000000.000000-abcdefabcdef", 2)
		complaints(0)
		o.settled()
		if got := l.pushed("wang")[before:]; len(got) > 0 {
			t.Errorf("ratings are answered: %q", got)
		}
	})
}

var clauseLink = regexp.MustCompile(`https://bot\.example\.gov\.cn(/p/[^\s)]+)`)

// The link of an answer leads to the clause as the document has it.
func TestTheLinkLeadsToTheClause(t *testing.T) {
	t.Parallel()
	everyLine(t, anyLine, func(t *testing.T, l line, c *clock) {
		o := open(t, l, c, func(c *config.Config) { c.PublicURL = "https://bot.example.gov.cn" })
		for question, clause := range map[string]string{
			"农家书屋归谁管":        "统筹指导全市文化礼堂、农家书屋的建设、运营、管理工作；",
			"市总工会推动工人文化宫开放吗": clubClause,
			"文化馆图书馆总分馆制谁来推进": "深入推进市级文化馆图书馆总分馆制，逐步推进市文化馆、市图书馆、",
		} {
			reply := o.ask("wang", "", question)
			m := clauseLink.FindStringSubmatch(reply)
			if m == nil {
				t.Errorf("%s: no link in\n%s", question, reply)
				continue
			}
			if _, err := url.Parse(m[0]); err != nil {
				t.Error(err)
			}
			if code, page := o.get(m[1]); code != 200 || !strings.Contains(page, clause) {
				t.Errorf("%s: %s: status %d, no %s in\n%s", question, m[1], code, clause, page)
			}
		}
		if code, _ := o.get("/p/" + url.PathEscape("没有") + "/x"); code != 404 {
			t.Errorf("status %d for no clause", code)
		}
	})
}
