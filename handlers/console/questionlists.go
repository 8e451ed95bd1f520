package console

import (
	"errors"
	"slices"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// questionListRoutes are what the office has added: its words and its answers. They are
// changed by the form of a change.
func (c *Console) questionListRoutes() []route {
	return []route{
		get("/questions/words", watchers, c.shows("questionlists.html", c.officeWords)),
		get("/questions/answers", watchers, c.shows("questionlists.html", c.officeAnswers)),
	}
}

// additionsView is a page of the words or of the answers, the latest first.
type additionsView struct {
	Tab     string
	Words   []curate.Word
	Answers []curate.Answer
	Total   int
	Pages   pages
	Stale   map[string]bool   // answers that are not given: a clause has changed
	Unknown string            // why it is not known which those are
	Names   map[string]string // by id
}

func (c *Console) officeWords(q *request, r store.Reader) (page, error) {
	all, err := curate.Words(r)
	if err != nil {
		return page{}, err
	}
	v := additionsView{Tab: "words", Total: len(all), Names: map[string]string{}}
	slices.Reverse(all) // the latest first
	v.Words, v.Pages = leaf(q, "/questions/words", all)
	for _, w := range v.Words {
		if v.Names[w.By], err = nameOf(r, org.PersonID(w.By)); err != nil {
			return page{}, err
		}
	}
	return page{Title: textOfficeWords, Data: v}, nil
}

func (c *Console) officeAnswers(q *request, r store.Reader) (page, error) {
	all, err := curate.Answers(r)
	if err != nil {
		return page{}, err
	}
	v := additionsView{Tab: "answers", Total: len(all), Names: map[string]string{}, Stale: map[string]bool{}}
	v.Answers, v.Pages = leaf(q, "/questions/answers", all)
	for _, a := range v.Answers {
		if v.Names[a.By], err = nameOf(r, org.PersonID(a.By)); err != nil {
			return page{}, err
		}
		for _, k := range a.Clauses {
			switch now, err := c.opt.Curator.Clause(k.Cite); {
			case errors.Is(err, bot.ErrNotReady):
				v.Unknown = tell(err)
			case err != nil || now.Text != k.Text:
				v.Stale[a.ID] = true
			}
		}
	}
	return page{Title: textOfficeSaid, Data: v}, nil
}
