package console

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index"
)

// questionWorkRoutes are what the office does about questions that were not answered,
// or wrong: a change of its words and answers is tried on the log, then made.
func (c *Console) questionWorkRoutes() []route {
	return []route{
		get("/questions/work", watchers, c.questionWork),
		post("/questions/work/close", office, c.does(c.closeQuestion, here(1), c.questionWork)),
		post("/questions/work/answer", office, c.does(c.answerComplaints, here(1), c.questionWork)),
		get("/questions/change", office, c.showChange),
		post("/questions/change", office, c.changeWords),
	}
}

const (
	openOnPage       = 20  // each is asked anew
	shownDifferences = 100 // of a preview
)

// questionWorkView is what waits for the office.
type questionWorkView struct {
	Open     []bot.Open
	Wrong    []bot.LogEntry
	Next     string // where the open ones go on
	More     bool   // there are more wrong ones than shown
	Starting string // why the open ones are not shown
}

func (c *Console) questionWork(q *request) (err error) {
	var v questionWorkView
	if v.Open, v.Next, err = c.opt.Curator.Open(q.ctx(), q.Query("after"), openOnPage); err != nil {
		if v.Starting = tell(err); v.Starting == "" {
			return err
		}
	}
	wrong, err := bot.ReadQuestions(q.ctx(), c.opt.Store, bot.LogQuery{Status: bot.WrongAnswers, Limit: openOnPage})
	if err != nil {
		return err
	}
	v.Wrong, v.More = wrong.Entries, wrong.Next != ""
	code := http.StatusOK
	if q.fault != "" {
		code = http.StatusConflict
	}
	return c.render(q, code, "questionwork.html", page{Title: textQuestionWork, Data: v})
}

// closeQuestion takes a question off the list of those that nobody could answer.
func (c *Console) closeQuestion(q *request, tx *store.Tx) (string, error) {
	forGood := q.PostForm("good") != ""
	closed, err := bot.CloseQuestion(tx, string(q.by()), q.PostForm("open"), forGood)
	switch {
	case err != nil:
		return "", err
	case !closed:
		return "", words(textNotListed)
	case forGood:
		return textOffForGood, nil
	}
	return textOffList, nil
}

// answerComplaints tells those who found an answer wrong what the office says, or
// nothing.
func (c *Console) answerComplaints(q *request, tx *store.Tx) (string, error) {
	said := strings.TrimSpace(q.PostForm("words"))
	if q.PostForm("do") == "silent" {
		said = ""
	} else if said == "" {
		return "", words(textNoAnswerWords)
	}
	n, err := bot.AnswerComplaints(tx, c.opt.Outbox, string(q.by()), q.PostForm("at"), said)
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", words(textNotListed)
	case said == "":
		return textNotedOnly(n), nil
	}
	return textNoted(n), nil
}

// What a form of a change asks for.
const (
	doEdit    = "edit"    // to be filled in
	doPreview = "preview" // to be tried
	doSave    = "save"    // to be made
)

// changeView is a change that is being made.
type changeView struct {
	Asked     askedOf
	Words     string
	Remove    []curate.Word // to be taken back
	Drop      *curate.Answer
	ID, Read  string // of an answer that is changed: which, and as of when
	Questions string // lines
	Clauses   string // lines: citations
	Text      string
	Near      []nearClause
	Current   *curate.Answer // what somebody else has made of it meanwhile
	CurrentBy string
	Preview   *bot.Preview // nil: not tried yet
	Failed    []bot.Failed // of it, that stop it
	Seen      string       // what was tried
	Hidden    int          // differences that are not shown
	Chosen    []string     // keys of differences that are to be told
	Answer    bool         // the form has an answer
}

// Ticked reports whether those who were given the answer are to be told.
func (v changeView) Ticked(d bot.Difference) bool { return slices.Contains(v.Chosen, d.Key) }

// nearClause is a clause that the question is near, to choose.
type nearClause struct {
	index.Row
	Ticked bool
}

// Only reports whether the form just takes something back.
func (v changeView) Only() bool { return len(v.Remove) > 0 || v.Drop != nil }

// lines are those of a field that say something.
func lines(text string) (list []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// typedChange reads the form, and the change that it is.
func (c *Console) typedChange(q *request) (v changeView, ch bot.Change, err error) {
	if v.Asked, err = c.asked(q.ctx(), q.PostForm); err != nil {
		return v, ch, err
	}
	v.Words, v.Text = q.PostForm("words"), strings.TrimSpace(q.PostForm("text"))
	v.Questions, v.ID, v.Read = q.PostForm("questions"), q.PostForm("id"), q.PostForm("read")
	v.Chosen, v.Seen = q.PostFormArray("wrong"), q.PostForm("seen")
	cites := q.PostFormArray("clause")
	for _, line := range lines(q.PostForm("clauses")) {
		if !slices.Contains(cites, line) {
			cites = append(cites, line)
		}
	}
	v.Clauses = strings.Join(cites, "\n")
	if err = c.taken(q, &v); err != nil {
		return v, ch, err
	}
	ch.AddWords = strings.Join(lines(v.Words), "\n")
	for _, w := range v.Remove {
		ch.RemoveWords = append(ch.RemoveWords, w.ID)
	}
	if v.Drop != nil {
		ch.RemoveAnswer = v.Drop.ID
	}
	if v.ID == "" && len(cites) == 0 && v.Text == "" {
		return v, ch, nil // the questions are filled in by us
	}
	a := &curate.Answer{ID: v.ID, Questions: lines(v.Questions), Text: v.Text}
	a.At, _ = time.Parse(time.RFC3339Nano, v.Read) // another: somebody changed it
	for _, said := range cites {
		clause, err := c.opt.Curator.Clause(said)
		if err != nil {
			return v, ch, err
		}
		a.Clauses = append(a.Clauses, clause)
	}
	ch.Answer = a
	return v, ch, nil
}

// taken finds what the form takes back.
func (c *Console) taken(q *request, v *changeView) error {
	return c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		v.Remove, v.Drop = nil, nil
		all, err := curate.Words(r)
		if err != nil {
			return err
		}
		for _, w := range all {
			if slices.Contains(q.PostFormArray("remove"), w.ID) {
				v.Remove = append(v.Remove, w)
			}
		}
		if len(v.Remove) < len(q.PostFormArray("remove")) {
			return words(textWordGone)
		}
		if id := q.PostForm("drop"); id != "" {
			a, ok, err := curate.AnswerAt(r, id)
			if err != nil || !ok {
				return cmp.Or(err, error(curate.ErrChanged))
			}
			v.Drop = &a
		}
		return nil
	})
}

// changeWords tries a change, or makes it.
func (c *Console) changeWords(q *request) error {
	do := q.PostForm("do")
	if do == doEdit {
		return c.showChange(q)
	}
	v, ch, err := c.typedChange(q)
	if err == nil && ch.AddWords == "" && !v.Only() && ch.Answer == nil {
		err = words(textNothingTyped)
	}
	switch {
	case err != nil:
		return c.changeFault(q, v, err)
	case do == doSave && v.Seen == digestOf(ch):
		saved, err := c.opt.Curator.Save(q.ctx(), string(q.by()), ch, v.Chosen...)
		if err == nil {
			to := "/questions/work"
			switch {
			case v.Asked.Q != "" && v.Asked.Open == "":
				to = strings.TrimPrefix(v.Asked.Try(), Path)
			case len(v.Remove) > 0:
				to = "/questions/words"
			case v.Drop != nil || v.ID != "":
				to = "/questions/answers"
			}
			return c.answer(q, textSaved(saved), nil, at(to), nil)
		}
		var exam *bot.ExamError
		if errors.As(err, &exam) {
			v.Failed = worse(exam.Exam)
		}
		return c.changeFault(q, v, err)
	}
	if v.Preview, err = c.preview(q, &v, ch); err != nil {
		return c.changeFault(q, v, err)
	}
	if do == doSave { // not what was tried
		q.fault = textChangedSince
	}
	return c.renderChange(q, v)
}

// preview tries the change.
func (c *Console) preview(q *request, v *changeView, ch bot.Change) (*bot.Preview, error) {
	first := v.Seen == ""
	p, err := c.opt.Curator.Preview(q.ctx(), ch)
	if err != nil {
		return nil, err
	}
	v.Failed, v.Seen = worse(p.Exam), digestOf(ch)
	if first { // who works on a question wants to tell those who asked it
		for _, d := range p.Differences {
			if d.Wrong > 0 && v.Asked.Q != "" && index.FoldQuestion(d.Q) == index.FoldQuestion(v.Asked.Q) {
				v.Chosen = append(v.Chosen, d.Key)
			}
		}
	}
	v.Hidden = max(0, len(p.Differences)-shownDifferences)
	p.Differences = p.Differences[:len(p.Differences)-v.Hidden]
	return &p, nil
}

// worse are the questions that the change would spoil.
func worse(e bot.Exam) []bot.Failed {
	return slices.DeleteFunc(slices.Clone(e.Failed), func(f bot.Failed) bool { return f.Before })
}

// digestOf tells changes apart.
func digestOf(ch bot.Change) string {
	data, _ := json.Marshal(ch) // strings and times
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}

// changeFault shows the form again with why it was not done.
func (c *Console) changeFault(q *request, v changeView, err error) error {
	if q.fault = tell(err); q.fault == "" {
		return err
	}
	if errors.Is(err, curate.ErrChanged) && v.ID != "" {
		err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
			a, ok, err := curate.AnswerAt(r, v.ID)
			if err != nil || !ok {
				return err
			}
			v.Current, v.Read = &a, a.At.Format(time.RFC3339Nano)
			v.CurrentBy, err = nameOf(r, org.PersonID(a.By))
			return err
		})
		if err != nil {
			return err
		}
	}
	return c.renderChange(q, v)
}

// showChange is the form before it is tried.
func (c *Console) showChange(q *request) error {
	get := q.Query
	if q.Request.Method == http.MethodPost {
		get = q.PostForm
	}
	v := changeView{ID: get("answer")}
	var err error
	if v.Asked, err = c.asked(q.ctx(), get); err != nil {
		return c.changeFault(q, v, err)
	}
	v.Questions = v.Asked.Q
	if v.ID != "" {
		err = c.opt.Store.View(q.ctx(), func(r store.Reader) error {
			a, ok, err := curate.AnswerAt(r, v.ID)
			if err != nil || !ok {
				return cmp.Or(err, error(curate.ErrChanged))
			}
			var cites []string
			for _, k := range a.Clauses {
				cites = append(cites, k.Cite)
			}
			v.Read, v.Text = a.At.Format(time.RFC3339Nano), a.Text
			v.Questions, v.Clauses = strings.Join(a.Questions, "\n"), strings.Join(cites, "\n")
			return nil
		})
		if err != nil {
			v.ID = ""
			return c.changeFault(q, v, err)
		}
	}
	return c.renderChange(q, v)
}

func (c *Console) renderChange(q *request, v changeView) error {
	v.Answer = v.Clauses != "" || v.Text != "" || v.ID != ""
	if v.Asked.Q != "" {
		_, readings, err := c.opt.Curator.Explain(q.ctx(), v.Asked.Q, v.Asked.Prev)
		if err != nil && tell(err) == "" {
			return err
		}
		cites := lines(v.Clauses)
		for _, r := range readings {
			for _, k := range r.Candidates {
				if cite := k.Row.Cite; cite != "" && !slices.ContainsFunc(v.Near, func(n nearClause) bool { return n.Cite == cite }) {
					v.Near = append(v.Near, nearClause{k.Row, slices.Contains(cites, cite)})
				}
			}
		}
		cites = slices.DeleteFunc(cites, func(cite string) bool { // what is ticked need not be typed
			return slices.ContainsFunc(v.Near, func(n nearClause) bool { return n.Cite == cite })
		})
		v.Clauses = strings.Join(cites, "\n")
	}
	code := http.StatusOK
	if q.fault != "" {
		code = http.StatusConflict
	}
	return c.render(q, code, "questionchange.html", page{Title: textChangeWords, Data: v})
}
