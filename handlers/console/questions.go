package console

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"xietiao/bot"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/index"
)

// questionRoutes are the log of questions, and a question with why it is answered so.
func (c *Console) questionRoutes() []route {
	return []route{
		get("/questions", watchers, c.questionLog),
		get("/questions/try", watchers, c.tryQuestion),
		post("/questions/right", office, c.rightAnswer),
	}
}

const maxAsked = 500 // characters of a question

// questionStatuses are the tabs of the log.
var questionStatuses = []index.Status{"", index.Answered, index.Unknown, index.Unassigned, index.Ambiguous, bot.WrongAnswers}

// questionLogView is a page of the log.
type questionLogView struct {
	Tabs    []questionTab
	Status  index.Status
	Words   string
	Page    bot.LogPage
	Next    string // address of what follows; "": nothing
	First   bool   // it is the beginning of the list
	Nothing bool   // nobody has asked anything yet
}

// questionTab is a status to choose.
type questionTab struct {
	Name, Path string
	N          int
	Here       bool
}

// logAddress is that of a page of the log.
func logAddress(status index.Status, words, after string) string {
	v := url.Values{}
	for name, value := range map[string]string{"status": string(status), "words": words, "after": after} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if len(v) == 0 {
		return Path + "/questions"
	}
	return Path + "/questions?" + v.Encode()
}

func (c *Console) questionLog(q *request) error {
	v := questionLogView{Words: strings.TrimSpace(q.Query("words")), First: q.Query("after") == ""}
	var counts map[index.Status]int
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		counts, err = bot.QuestionCounts(r)
		return err
	})
	if err != nil {
		return err
	}
	all := 0
	for status, n := range counts {
		if status != bot.WrongAnswers {
			all += n
		}
	}
	counts[""], v.Nothing = all, all == 0
	for _, s := range questionStatuses {
		here := q.Query("status") == string(s)
		if here {
			v.Status = s
		}
		v.Tabs = append(v.Tabs, questionTab{statusWord(s), logAddress(s, v.Words, ""), counts[s], here})
	}
	v.Page, err = bot.ReadQuestions(q.ctx(), c.opt.Store, bot.LogQuery{Status: v.Status, Words: v.Words, After: q.Query("after"), Limit: onPage})
	if err != nil {
		return err
	}
	if v.Page.Next != "" {
		v.Next = logAddress(v.Status, v.Words, v.Page.Next)
	}
	return c.render(q, http.StatusOK, "questions.html", page{Title: textQuestions, Data: v})
}

// askedOf is a question as a page is about it: of the log, of what nobody could answer,
// or one that the office thinks of.
type askedOf struct {
	At, Open string // keys; "": of neither
	Q, Prev  string
	Entry    *bot.LogEntry     // of At
	Waiting  *bot.OpenQuestion // of Open
}

// Try is the page that explains it.
func (a askedOf) Try() string {
	v := url.Values{}
	switch {
	case a.At != "":
		v.Set("at", a.At)
	case a.Open != "":
		v.Set("open", a.Open)
	default:
		v.Set("q", a.Q)
		if a.Prev != "" {
			v.Set("prev", a.Prev)
		}
	}
	return Path + "/questions/try?" + v.Encode()
}

// asked is the question that a page or a form is about; get reads a field of it. The
// error is words where it is forgotten or too long.
func (c *Console) asked(ctx context.Context, get func(string) string) (a askedOf, err error) {
	a = askedOf{At: get("at"), Open: get("open"), Q: strings.TrimSpace(get("q")), Prev: strings.TrimSpace(get("prev"))}
	if utf8.RuneCountInString(a.Q) > maxAsked || utf8.RuneCountInString(a.Prev) > maxAsked {
		return a, words(textLongQuestion)
	}
	err = c.opt.Store.View(ctx, func(r store.Reader) error {
		switch {
		case a.At != "":
			e, ok, err := bot.QuestionAt(r, a.At)
			if err != nil || !ok {
				return orForgotten(err)
			}
			a.Q, a.Prev, a.Entry = e.Q, e.Prev, &e
		case a.Open != "":
			o, ok, err := bot.OpenQuestionAt(r, a.Open)
			if err != nil || !ok {
				return orForgotten(err)
			}
			a.Q, a.Prev, a.Waiting = o.Q, o.Prev, &o
		}
		return nil
	})
	return a, err
}

func orForgotten(err error) error {
	if err == nil {
		return bot.ErrForgotten
	}
	return err
}

// tryView is a question with its answer and why it is that.
type tryView struct {
	Asked    askedOf
	Reply    bot.Reply
	Readings []readingView
}

// readingView is how a question was understood in a document.
type readingView struct {
	index.Reading
	Why string // it is not answered, or what the office's answer does
}

// Hits names what a candidate has of the question.
func (r readingView) Hits(c index.Candidate) (list []string) {
	for _, h := range c.Hits {
		said, has := r.Words[h.Word].Text, h.Text
		if said == has || has == "" {
			list = append(list, said)
			continue
		}
		list = append(list, said+" → "+has+"（"+matchWord(h.By)+"）")
	}
	return list
}

func (c *Console) tryQuestion(q *request) error {
	get := q.Query
	if q.Request.Method == http.MethodPost {
		get = q.PostForm
	}
	a, err := c.asked(q.ctx(), get)
	v := tryView{Asked: a}
	if err == nil && a.Q != "" {
		v, err = c.explained(q.ctx(), a)
	}
	if err != nil {
		if q.fault = tell(err); q.fault == "" {
			return err
		}
	}
	code := http.StatusOK
	if q.fault != "" {
		code = http.StatusConflict
	}
	return c.render(q, code, "questiontry.html", page{Title: textTryQuestion, Data: v})
}

func (c *Console) explained(ctx context.Context, a askedOf) (tryView, error) {
	reply, readings, err := c.opt.Curator.Explain(ctx, a.Q, a.Prev)
	v := tryView{Asked: a, Reply: reply}
	for _, r := range readings {
		v.Readings = append(v.Readings, readingView{r, report.ReasonWord(r.Reason)})
	}
	return v, err
}

// rightAnswer makes the answer of the log one that must stay.
func (c *Console) rightAnswer(q *request) error {
	_, err := c.opt.Curator.Right(q.ctx(), string(q.by()), q.PostForm("at"))
	to := func(*request) string { return askedOf{At: q.PostForm("at")}.Try() }
	return c.answer(q, textKeptRight, err, to, c.tryQuestion)
}
