package bot

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index"
	"xietiao/index/plan"
)

// curation is a bureau whose documents and additions are in force as soon as they change.
type curation struct {
	*bureau
	*Curator
	plans   []*plan.Plan
	sample  bool
	changed atomic.Int32
}

func newCuration(o *bureau) *curation {
	c := &curation{bureau: o, plans: []*plan.Plan{plan.Sample()}}
	c.Curator = NewCurator(CuratorOptions{
		Store: o.store, Outbox: recorder{}, Desk: o.desk, Build: buildEdition,
		InForce: func() (Edition, bool) { return Edition{Plans: c.plans, Sample: c.sample}, true },
		Changed: func() { c.changed.Add(1) },
	})
	c.refresh()
	return c
}

func buildEdition(e Edition) (*Bot, func() error, error) {
	list, _ := curate.List(e.Words)
	words, err := index.NewThesaurus(list)
	if err != nil {
		return nil, nil, err
	}
	ix, err := index.Build(e.Plans, index.Options{Thesaurus: words})
	if err != nil {
		return nil, nil, err
	}
	return New(ix.With(curate.Approved(e.Answers)), Options{Plans: e.Plans}), ix.Close, nil
}

// refresh has the desk answer with what is kept.
func (c *curation) refresh() {
	c.Helper()
	e, err := c.edition(c.Context())
	if err != nil {
		c.Fatal(err)
	}
	b, done, err := buildEdition(e)
	if err != nil {
		c.Fatal(err)
	}
	c.Cleanup(func() { _ = done() })
	c.desk.Use(b)
}

func (c *curation) save(ch Change, wrong ...string) Saved {
	c.Helper()
	saved, err := c.Save(c.Context(), "P1", ch, wrong...)
	if err != nil {
		c.Fatal(err)
	}
	c.refresh()
	return saved
}

// clause points at what the desk answers first.
func (c *curation) clause(q string) index.ClauseRef {
	c.Helper()
	r, err := c.desk.bot.Load().Ask(c.Context(), q, "", "")
	if err != nil {
		c.Fatal(err)
	}
	row := r.Answer.Results[0]
	return index.ClauseRef{Plan: row.Plan, Cite: row.Cite, Text: row.Text}
}

// told are the new corrections, as place and first clause.
func (c *curation) told() (list []string) {
	c.Helper()
	for _, n := range c.notices() {
		if n.Kind == KindCorrection {
			list = append(list, fmt.Sprintf("%s %s %s", n.To.Kind, n.To.Conversation, strings.SplitN(n.Reply.Text, "\n", 3)[1]))
		}
	}
	slices.Sort(list)
	return list
}

// lines are the differences: what is asked, what it was and would be.
func lines(p Preview) (list []string) {
	first := func(r Reply) string {
		if len(r.Answer.Results) == 0 {
			return string(r.Answer.Status)
		}
		row := r.Answer.Results[0]
		return string(r.Answer.Status) + " " + row.Unit + row.Section
	}
	for _, d := range p.Differences {
		list = append(list, fmt.Sprintf("%s: %s → %s, %d", d.Q, first(d.Was), first(d.Now), d.Wrong))
	}
	return list
}

func TestAWordIsTriedThenSaved(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		c := newCuration(o)
		c.asks("luren", "悦读驿站归谁管", askedAnswered)
		c.take(c.group("g", "zhiyuan", "悦读驿站，归谁管？"))
		word := Change{AddWords: "农家书屋 < 悦读驿站"}
		p, err := c.Preview(t.Context(), word)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]string{"悦读驿站，归谁管？: unknown → answered 市委宣传部, 2"}, lines(p)); diff != "" || p.Looked != 2 {
			t.Errorf("of %d questions: %s", p.Looked, diff)
		}
		if len(c.open()) != 1 || c.changed.Load() != 0 || len(c.all(curate.WordBucket)) != 0 {
			t.Error("trying changed something")
		}
		saved := c.save(word, p.Differences[0].Key)
		if saved.Closed != 1 || saved.Told != 2 || len(c.open()) != 0 || c.changed.Load() != 1 {
			t.Errorf("%d closed, %d told, open %v", saved.Closed, saved.Told, c.open())
		}
		if diff := cmp.Diff([]string{"direct luren 市委宣传部（统筹指导）", "group g 市委宣传部（统筹指导）"}, c.told()); diff != "" {
			t.Error(diff)
		}
		if got := c.says("luren", "悦读驿站归谁管"); !strings.Contains(got, "市委宣传部") {
			t.Error(got)
		}
		if again := c.save(word); len(again.Differences) != 0 {
			t.Errorf("the same word again: %v", lines(again.Preview))
		}
		var words []curate.Word
		c.view(func(r store.Reader) (err error) {
			words, err = curate.Words(r)
			return err
		})
		p, err = c.Preview(t.Context(), Change{RemoveWords: []string{words[0].ID}})
		if diff := cmp.Diff([]string{"悦读驿站归谁管: answered 市委宣传部 → unknown, 1"}, lines(p)); err != nil || diff != "" {
			t.Error(diff, err)
		}
		var history []string
		c.view(func(r store.Reader) error {
			history = nil
			list, err := audit.List(r, chainQuestions)
			for _, e := range list {
				history = append(history, e.By+" "+e.What)
			}
			return err
		})
		if diff := cmp.Diff([]string{"P1 close", "P1 correct"}, history); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTheOfficesAnswerTakesThePlaceOfAWrongOne(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		c := newCuration(o)
		const q = "文化馆的空调坏了谁修"
		given := c.take(c.direct("luren", q)).Feedback
		c.take(c.group("g", "a", q))
		c.take(c.group("g", "b", q))                                                                         // one group is one place
		c.take(c.group("h", "luren", "文化礼堂归谁管"))                                                             // another question
		c.take(c.event("zhiyuan", chat.Event{Kind: chat.EventFeedback, Key: given, Rating: chat.RatingBad})) // who did not ask
		c.take(c.event("luren", chat.Event{Kind: chat.EventFeedback, Key: given, Rating: chat.RatingBad}))
		answer := Change{Answer: &curate.Answer{Questions: []string{q, "空调坏了文化馆找谁修"}, Clauses: []index.ClauseRef{c.clause(askedAnswered)}, Text: "请打报修电话。"}}
		p, err := c.Preview(t.Context(), answer)
		if err != nil || len(p.Differences) != 1 || p.Differences[0].Q != q || p.Differences[0].Wrong != 3 {
			t.Fatal(lines(p), err)
		}
		saved := c.save(answer, p.Differences[0].Key)
		if got := c.told(); saved.Told != 3 || len(got) != 3 || !strings.Contains(got[2], "group g 办公室答复：请打报修电话。") {
			t.Errorf("%d: %v", saved.Told, got)
		}
		if len(c.all(feedbackBucket)) != 0 {
			t.Error("the complaints are still on the list")
		}
		c.advance(time.Minute)
		reply := c.says("wangwu", "空调坏了，文化馆找谁修")
		for _, want := range []string{"办公室答复：请打报修电话。", "市委宣传部（统筹指导）", "附件·市委宣传部·第3项"} {
			if !strings.Contains(reply, want) {
				t.Errorf("no %q in %s", want, reply)
			}
		}
		page, _ := c.log(LogQuery{Limit: 1})
		if page.Entries[0].Office == "" {
			t.Error("the log does not say whose answer it was")
		}
		for _, ch := range []Change{{}, {AddWords: "文化馆 = 文化驿站"}} { // what was told, and what the change leaves as it is
			if _, err := c.Save(t.Context(), "P1", ch, p.Differences[0].Key); !errors.Is(err, ErrForgotten) || len(c.told()) != 0 {
				t.Errorf("told twice: %v, %v", err, c.told())
			}
		}
		if len(c.all(curate.WordBucket)) != 0 {
			t.Error("a change was made that nobody was told of")
		}
	})
}

// Whoever has been told better since needs no correction.
func TestWhoAskedAgainIsNotCorrected(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	c.asks("luren", "悦读驿站归谁管")
	given := c.take(c.direct("zhiyuan", "悦读驿站归谁管")).Feedback
	page, _ := c.log(LogQuery{Limit: 1})
	c.save(Change{AddWords: "农家书屋 < 悦读驿站"})
	c.asks("luren", "悦读驿站归谁管")
	if _, err := c.Save(t.Context(), "P1", Change{}, page.Entries[0].Key); !errors.Is(err, ErrForgotten) {
		t.Errorf("nobody complains of it: %v", err)
	}
	c.take(c.event("zhiyuan", chat.Event{Kind: chat.EventFeedback, Key: given, Rating: chat.RatingBad}))
	if saved := c.save(Change{}, page.Entries[0].Key); saved.Told != 1 {
		t.Errorf("told: %d, %v", saved.Told, c.told())
	}
}

func TestChangesThatAreRefused(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	clause := c.clause(askedAnswered)
	other := clause
	other.Text += "等"
	answer := func(q string, refs ...index.ClauseRef) Change {
		return Change{Answer: &curate.Answer{Questions: []string{q}, Clauses: refs}}
	}
	c.save(answer("灯坏了谁换", clause))
	var bad curate.BadLines
	var unsettled *UnsettledError
	var taken *curate.TakenError
	for _, tc := range []struct {
		name string
		ch   Change
		want error // or what it is
	}{
		{"a line that is none", Change{AddWords: "甲乙"}, bad},
		{"no clause", answer("门坏了谁修"), curate.ErrNoClause},
		{"a clause that says something else", answer("门坏了谁修", other), ErrNoClause},
		{"a question that leans", answer("它归谁管", clause), unsettled},
		{"no question", answer(" ", clause), curate.ErrNoQuestion},
		{"an answer that is gone", Change{Answer: &curate.Answer{ID: "nix", Questions: []string{"门坏了谁修"}, Clauses: []index.ClauseRef{clause}}}, curate.ErrChanged},
		{"a question that has an answer", answer("灯坏了，谁换", clause), taken},
	} {
		_, err := c.Save(t.Context(), "P1", tc.ch)
		ok := errors.Is(err, tc.want)
		switch tc.want.(type) {
		case curate.BadLines:
			ok = errors.As(err, &bad)
		case *UnsettledError:
			ok = errors.As(err, &unsettled)
		case *curate.TakenError:
			ok = errors.As(err, &taken)
		}
		if !ok {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := c.Save(t.Context(), "P1", Change{}, "nix"); !errors.Is(err, ErrForgotten) {
		t.Errorf("a question that is forgotten: %v", err)
	}
	if n := len(c.all(curate.AnswerBucket)); n != 1 || c.changed.Load() != 1 {
		t.Errorf("%d answers, %d changes", n, c.changed.Load())
	}
}

// What must stay answered stops a change, and a document; what is wrong already does not.
func TestTheExamStopsAChange(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		c := newCuration(o)
		c.asks("luren", askedAnswered, askedUnknown, "你能做什么")
		for _, key := range []string{askedAnswered, askedUnknown} {
			page, _ := c.log(LogQuery{Words: key})
			if _, err := c.Right(t.Context(), "P1", page.Entries[0].Key); err != nil {
				t.Fatal(err)
			}
		}
		spoil := Change{AddWords: "command: 归谁管"}
		p, err := c.Preview(t.Context(), spoil)
		if err != nil || p.Exam.Asked != 2 || p.Exam.Passed() || p.Exam.Failed[0].Q != askedAnswered {
			t.Fatalf("%+v %v", p.Exam, err)
		}
		var failed *ExamError
		if _, err := c.Save(t.Context(), "P1", spoil); !errors.As(err, &failed) || len(failed.Failed) != 1 {
			t.Fatal(err)
		}
		if len(c.all(curate.WordBucket)) != 0 {
			t.Error("kept all the same")
		}
		wrong := curate.Question{Q: "文化礼堂归谁管", Kind: "direct", Gold: []curate.Gold{{Cite: "没有的"}}}
		c.update(func(tx *store.Tx) error {
			_, _, err := curate.AddQuestions(tx, "P1", []curate.Question{wrong})
			return err
		})
		if saved := c.save(Change{AddWords: "农家书屋 < 悦读驿站"}); len(saved.Exam.Failed) != 1 || !saved.Exam.Failed[0].Before {
			t.Errorf("%+v", saved.Exam)
		}
		same := c.plans[0]
		if exam, err := c.Examine(t.Context(), same.DocNo, "", same); err != nil || !exam.Passed() || exam.Asked != 3 {
			t.Errorf("the document in force: %+v %v", exam, err)
		}
		other, err := plan.Read("a.txt", []byte("某县文化工作方案\n\n某文发〔2026〕1号\n\n一、职责分工\n\n县财政局：负责保障图书馆经费。\n"))
		if err != nil {
			t.Fatal(err)
		}
		if exam, err := c.Examine(t.Context(), other.DocNo, "", other); err != nil || !exam.Passed() {
			t.Errorf("one document more: %+v %v", exam, err)
		}
		if exam, err := c.Examine(t.Context(), same.DocNo, "", other); err != nil || exam.Passed() || len(exam.Failed) != 2 {
			t.Errorf("another document in its place: %+v %v", exam, err)
		}
		if exam, err := c.Examine(t.Context(), other.DocNo, same.DocNo, other); err != nil || exam.Passed() || len(exam.Failed) != 2 {
			t.Errorf("another document in its place that goes by another name: %+v %v", exam, err)
		}
		c.sample = true
		if exam, err := c.Examine(t.Context(), other.DocNo, "", other); err != nil || exam.Passed() {
			t.Errorf("the sample steps aside: %+v %v", exam, err)
		}
	})
}

func TestOnlyWhatIsStillAnsweredSoIsRight(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	c.asks("luren", "悦读驿站归谁管", "文化馆谁管")
	page, _ := c.log(LogQuery{})
	if _, err := c.Right(t.Context(), "P1", "nix"); !errors.Is(err, ErrForgotten) {
		t.Error(err)
	}
	c.save(Change{AddWords: "农家书屋 < 悦读驿站"})
	if _, err := c.Right(t.Context(), "P1", page.Entries[1].Key); !errors.Is(err, ErrNotRight) {
		t.Errorf("it is answered otherwise by now: %v", err)
	}
	c.asks("luren", "悦读驿站归谁管")
	page, _ = c.log(LogQuery{Limit: 1})
	q, err := c.Right(t.Context(), "P1", page.Entries[0].Key)
	if err != nil || *q.Gold[0].Unit != "市委宣传部" {
		t.Error(q, err)
	}
}

// What was asked after another question is tried after it.
func TestFollowUpsAreTriedAsTheyWereAsked(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	c.asks("luren", "悦读驿站归谁管", "市教育局呢")
	p, err := c.Preview(t.Context(), Change{AddWords: "农家书屋 < 悦读驿站"})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range p.Differences {
		if d.Q == "市教育局呢" && d.Prev == "" {
			t.Errorf("%+v", d)
		}
	}
}

func TestTheListTellsWhatIsAnsweredNow(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	c.asks("luren", "悦读驿站归谁管", askedUnknown)
	c.asks("zhiyuan", askedUnknown)
	c.update(func(tx *store.Tx) error {
		_, err := curate.AddWords(tx, "P1", "农家书屋 < 悦读驿站")
		return err
	})
	c.refresh()
	list, next, err := c.Open(t.Context(), "", 10)
	if err != nil || next != "" || len(list) != 2 {
		t.Fatal(list, next, err)
	}
	if list[0].Now.Answer.Status != index.Unknown || list[0].Times != 2 || list[1].Now.Answer.Status != index.Answered {
		t.Errorf("%+v", list)
	}
}

// Two clerks save at once: what either tried is what is in force, or he is told.
func TestTwoSaveAtOnce(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		c := newCuration(o)
		c.asks("luren", "悦读驿站归谁管", "阅览小屋归谁管")
		var wg sync.WaitGroup
		var saved, told atomic.Int32
		for i := range 6 {
			wg.Go(func() {
				_, err := c.Save(context.Background(), "P1", Change{AddWords: fmt.Sprintf("农家书屋 < 小屋%d", i)})
				switch {
				case err == nil:
					saved.Add(1)
				case errors.Is(err, curate.ErrChanged):
					told.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if saved.Load() < 1 || saved.Load()+told.Load() != 6 || len(c.all(curate.WordBucket)) != int(saved.Load()) {
			t.Errorf("%d saved, %d told, %d kept", saved.Load(), told.Load(), len(c.all(curate.WordBucket)))
		}
	})
}

func TestBeforeThereAreDocumentsNothingIsTried(t *testing.T) {
	t.Parallel()
	c := newCuration(newBureau(t))
	desk := NewDesk(DeskOptions{Store: c.store, Outbox: recorder{}})
	none := NewCurator(CuratorOptions{Store: c.store, Outbox: recorder{}, Desk: desk, InForce: func() (Edition, bool) { return Edition{}, false }})
	if _, err := none.Preview(t.Context(), Change{}); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
	if _, err := none.Examine(t.Context(), "", "", nil); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
	if _, err := none.Right(t.Context(), "P1", "x"); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
	if _, _, err := none.Open(t.Context(), "", 1); !errors.Is(err, ErrNotReady) {
		t.Error(err)
	}
}

// Corrections go out in a pause, as answers do.
func TestCorrectionsAreNotHeld(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	o.says("zhuren", "暂停推送")
	o.view(func(r store.Reader) error {
		for kind, want := range map[string]bool{KindCorrection: false, "remind": true} {
			held, err := Held(r, outbox.Record{Notice: outbox.Notice{Kind: kind}, Put: o.now().Add(time.Minute)})
			if err != nil || held != want {
				t.Errorf("%s: %v %v", kind, held, err)
			}
		}
		return nil
	})
}
