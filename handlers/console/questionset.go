package console

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"xietiao/bot/curate"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index"
)

// questionSetRoutes are the questions that must stay answered.
func (c *Console) questionSetRoutes() []route {
	show := c.questionSet(nil)
	return []route{
		get("/questions/set", watchers, show),
		get("/questions/set/file", watchers, c.sendSet),
		{method: http.MethodPost, path: "/questions/set", who: office, body: maxSet, do: c.takeSet(show)},
		post("/questions/set/remove", office, c.does(c.removeQuestion, here(1), show)),
		post("/questions/set/run", watchers, c.runSet),
	}
}

const (
	maxSet       = 8 << 20 // bytes of a file: as many questions as there is room for
	shownResults = 500     // of a run
)

// questionSetView is a page of the set, or how it fares.
type questionSetView struct {
	Words string // that the questions hold
	All   int
	Found int
	Cases []curate.Case // the latest first
	Pages pages
	Names map[string]string // by id
	Run   *setRun
	Most  int64 // bytes of a file
}

// setRun is what became of the questions, those that failed first.
type setRun struct {
	Asked  int
	Failed []curate.Failure
	Right  []curate.Case
	Hidden int // right ones that are not listed
}

// inSet are the questions of the set that hold the words.
func inSet(r store.Reader, words string) (all int, list []curate.Case, err error) {
	if list, err = curate.Cases(r); err != nil {
		return 0, nil, err
	}
	all, words = len(list), index.FoldQuestion(words)
	return all, slices.DeleteFunc(list, func(c curate.Case) bool {
		return !strings.Contains(index.FoldQuestion(c.Q), words)
	}), nil
}

// questionSet shows the set; run is how it fares, nil where nobody asked for that.
func (c *Console) questionSet(run *setRun) action {
	return c.shows("questionset.html", func(q *request, r store.Reader) (page, error) {
		v := questionSetView{Words: setWords(q), Names: map[string]string{}, Run: run, Most: maxSet}
		all, list, err := inSet(r, v.Words)
		if err != nil {
			return page{}, err
		}
		v.All, v.Found = all, len(list)
		v.Cases, v.Pages = leaf(q, "/questions/set", list)
		for _, k := range v.Cases {
			if v.Names[k.By], err = nameOf(r, org.PersonID(k.By)); err != nil {
				return page{}, err
			}
		}
		return page{Title: textQuestionSet, Data: v}, nil
	})
}

// setWords is what the list is filtered by, also after a form.
func setWords(q *request) string {
	if q.Request.Method == http.MethodPost {
		return strings.TrimSpace(q.PostForm("words"))
	}
	return strings.TrimSpace(q.Query("words"))
}

// runSet asks the questions of the list.
func (c *Console) runSet(q *request) error {
	var cases []curate.Case
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		_, cases, err = inSet(r, setWords(q))
		return err
	})
	run := &setRun{Asked: len(cases)}
	if err == nil {
		run.Failed, err = c.opt.Curator.Run(q.ctx(), cases)
	}
	if err != nil {
		return c.answer(q, "", err, nil, c.questionSet(nil))
	}
	failed := map[string]bool{}
	for _, f := range run.Failed {
		failed[f.Key] = true
	}
	run.Right = slices.DeleteFunc(cases, func(k curate.Case) bool { return failed[k.Key] })
	if room := max(0, shownResults-len(run.Failed)); len(run.Right) > room {
		run.Right, run.Hidden = run.Right[:room], len(run.Right)-room
	}
	return c.questionSet(run)(q)
}

// takeSet adds the questions of a file.
func (c *Console) takeSet(again action) action {
	return func(q *request) error {
		var list []curate.Question
		f, err := fileOf(q, "file", maxSet)
		if err == nil {
			list, err = curate.ReadQuestions(f.Data)
		}
		added, changed := 0, 0
		if err == nil {
			err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
				added, changed, err = curate.AddQuestions(tx, string(q.by()), list)
				return err
			})
		}
		return c.answer(q, textSetTaken(added, changed, len(list)), err, at("/questions/set"), again)
	}
}

func (c *Console) removeQuestion(q *request, tx *store.Tx) (string, error) {
	there, err := curate.RemoveQuestion(tx, string(q.by()), q.PostForm("key"))
	if err == nil && !there {
		err = words(textNotInSet)
	}
	return textOutOfSet, err
}

// sendSet gives the whole set as a file that can be taken in again.
func (c *Console) sendSet(q *request) error {
	var list []curate.Question
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		list = nil
		cases, err := curate.Cases(r)
		for _, k := range cases {
			list = append(list, k.Question)
		}
		return err
	})
	var file bytes.Buffer
	if err == nil {
		err = curate.WriteQuestions(&file, list)
	}
	if err != nil {
		return err
	}
	sendFile(q, textQuestionSet+".jsonl", "application/jsonl; charset=utf-8", file.Bytes())
	return nil
}
