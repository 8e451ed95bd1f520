package bot

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/chat"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
	"xietiao/index"
)

// eachBureau runs a test over a file and over Redis.
func eachBureau(t *testing.T, run func(t *testing.T, o *bureau)) {
	for _, kind := range []string{"file", "redis"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			c := aMonday()
			opt := store.Options{Now: c.now, Wall: c.now}
			var s *store.Store
			var err error
			if kind == "file" {
				s, err = store.OpenFile(filepath.Join(t.TempDir(), "store"), opt)
			} else {
				s, err = store.OpenRedis(storetest.NewRedis(t).URL(), "test", nil, opt)
			}
			if err != nil {
				t.Fatal(err)
			}
			run(t, newBureauOver(t, c, s, func(o *DeskOptions) { o.Location = c.now().Location() }))
		})
	}
}

// view reads.
func (o *bureau) view(fn func(r store.Reader) error) {
	o.Helper()
	if err := o.store.View(o.Context(), fn); err != nil {
		o.Fatal(err)
	}
}

// log is a page of the log: the questions, and whether more follow.
func (o *bureau) log(q LogQuery) (page LogPage, questions string) {
	o.Helper()
	page, err := ReadQuestions(o.Context(), o.store, q)
	if err != nil {
		o.Fatal(err)
	}
	var list []string
	for _, e := range page.Entries {
		list = append(list, e.Q)
	}
	if page.Next != "" {
		list = append(list, "…")
	}
	return page, strings.Join(list, " ")
}

// asks are questions of somebody, a minute apart.
func (o *bureau) asks(user chat.UserID, questions ...string) {
	o.Helper()
	for _, q := range questions {
		o.says(user, q)
		o.advance(time.Minute)
	}
}

const (
	askedAnswered   = "农家书屋归谁管"
	askedUnassigned = "文化下派员谁管"
	askedUnknown    = "公积金归谁管"
)

func TestTheLogIsReadInPages(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		o.asks("luren", askedAnswered, askedUnknown, "你好", askedUnassigned, "農家書屋，谁牵头", "殡葬改革谁负责")
		o.says("luren", "有误，应当是殡葬所")
		o.asks("zhiyuan", "文化馆谁管")
		for _, tc := range []struct {
			name string
			q    LogQuery
			want string
		}{
			{"all", LogQuery{}, "文化馆谁管 殡葬改革谁负责 農家書屋，谁牵头 文化下派员谁管 公积金归谁管 农家书屋归谁管"},
			{"a page", LogQuery{Limit: 2}, "文化馆谁管 殡葬改革谁负责 …"},
			{"a status", LogQuery{Status: index.Unknown}, "殡葬改革谁负责 公积金归谁管"},
			{"a page of a status", LogQuery{Status: index.Unknown, Limit: 1}, "殡葬改革谁负责 …"},
			{"words in any characters", LogQuery{Words: "农家书屋"}, "農家書屋，谁牵头 农家书屋归谁管"},
			{"words of a status", LogQuery{Words: "归谁管", Status: index.Unknown}, "公积金归谁管"},
			{"no such words", LogQuery{Words: "火星"}, ""},
			{"found wrong", LogQuery{Status: WrongAnswers}, "殡葬改革谁负责"},
			{"found wrong, other words", LogQuery{Status: WrongAnswers, Words: "书屋"}, ""},
			{"since", LogQuery{Since: aMonday().now().Add(4 * time.Minute)}, "文化馆谁管 殡葬改革谁负责 農家書屋，谁牵头"},
			{"of a status, between", LogQuery{Status: index.Unknown, Since: aMonday().now(), Before: aMonday().now().Add(2 * time.Minute)}, "公积金归谁管"},
		} {
			if _, got := o.log(tc.q); got != tc.want {
				t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
			}
		}
		for _, q := range []LogQuery{{Limit: 4}, {Limit: 1, Status: index.Unknown}, {Limit: 1, Words: "谁"}} {
			all := q
			all.Limit = 100
			_, want := o.log(all)
			var got []string
			for {
				page, _ := o.log(q)
				for _, e := range page.Entries {
					got = append(got, e.Q)
				}
				if q.After = page.Next; q.After == "" {
					break
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("page by page: %v, want %s", got, want)
			}
		}
		wrong, _ := o.log(LogQuery{Status: WrongAnswers})
		if e := wrong.Entries[0]; e.Bad != 1 || e.Good != 0 || !slices.Equal(e.Remarks, []string{"应当是殡葬所"}) || e.Reason == "" || e.Kind != chat.Direct {
			t.Errorf("%+v", e)
		}
		if e, ok := o.entry(wrong.Entries[0].Key); !ok || e.Q != "殡葬改革谁负责" || !e.At.Equal(aMonday().now().Add(5*time.Minute)) {
			t.Errorf("%+v", e)
		}
		var counts map[index.Status]int
		o.view(func(r store.Reader) (err error) {
			counts, err = QuestionCounts(r)
			return err
		})
		if diff := cmp.Diff(map[index.Status]int{index.Answered: 2, index.Unassigned: 2, index.Unknown: 2, WrongAnswers: 1}, counts); diff != "" {
			t.Error(diff)
		}
	})
}

// What was not answered is counted by days, and listed each question once.
func TestWhatWasAskedSince(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		o.asks("luren", askedAnswered, askedUnknown, askedUnassigned)
		o.asks("zhiyuan", askedUnknown)
		o.advance(24 * time.Hour)
		o.asks("luren", askedUnassigned+"？")
		today := o.now()
		midnight := time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, today.Location())
		since := func(days int) (list []string) {
			var asked, silent int
			var all report.Asked
			o.view(func(r store.Reader) (err error) {
				from := midnight.AddDate(0, 0, -days)
				if asked, silent, err = TimesAsked(r, from); err == nil {
					all, err = AskedSince(r, from)
				}
				return err
			})
			list = []string{fmt.Sprintf("%d, %d: %d unassigned, %d unknown", asked, silent, all.Times[index.Unassigned], all.Times[index.Unknown])}
			for _, q := range all.Open {
				if q.Last.IsZero() || q.Reason == "" {
					t.Errorf("%+v", q)
				}
				list = append(list, fmt.Sprintf("%s %s %d", q.Q, q.Status, q.Times))
			}
			return list
		}
		first := []string{"5, 4: 2 unassigned, 2 unknown", askedUnassigned + "？ unassigned 2", askedUnknown + " unknown 2"}
		for days, want := range map[int][]string{-1: {"0, 0: 0 unassigned, 0 unknown"}, 0: {"1, 1: 1 unassigned, 0 unknown", askedUnassigned + "？ unassigned 1"}, 1: first, 1000: first} {
			if diff := cmp.Diff(want, since(days)); diff != "" {
				t.Errorf("%d days back: %s", days, diff)
			}
		}
	})
}

func (o *bureau) entry(key string) (e LogEntry, ok bool) {
	o.Helper()
	o.view(func(r store.Reader) (err error) {
		e, ok, err = QuestionAt(r, key)
		return err
	})
	return e, ok
}

// A search looks at so many records and says how far back it has come; who goes on
// finds all there is.
func TestASearchGoesOnWhereItEnded(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		const asked = 2*searchMost*searchViews + 10
		now := o.now()
		for from := 0; from < asked; from += searchMost {
			o.update(func(tx *store.Tx) error {
				for i := from; i < min(asked, from+searchMost); i++ {
					a := answered{Q: fmt.Sprint("第", i, "问"), Status: index.Answered, Until: untilDay(now, 180)}
					if i%2000 == 0 {
						a.Q, a.Status = fmt.Sprint("要找的第", i, "问"), []index.Status{index.Answered, index.Unknown}[i%2]
					}
					id := now.Add(-time.Duration(i)*time.Second).UTC().Format(keyTime) + "-" + digest(a.Q)[:12]
					if err := logAnswer(tx, id, a); err != nil {
						return err
					}
				}
				return nil
			})
		}
		var got []string
		pages := 0
		for q := (LogQuery{Words: "要找的"}); ; pages++ {
			page, _ := o.log(q)
			for _, e := range page.Entries {
				got = append(got, e.Q)
			}
			if (page.Next == "") != page.Reached.IsZero() {
				t.Errorf("next %q, reached %v", page.Next, page.Reached)
			}
			if q.After = page.Next; q.After == "" {
				break
			}
		}
		if diff := cmp.Diff([]string{"要找的第0问", "要找的第2000问", "要找的第4000问", "要找的第6000问", "要找的第8000问"}, got); diff != "" || pages < 1 {
			t.Errorf("in %d pages: %s", pages, diff)
		}
	})
}

// Nothing of a question outlives its days, in no bucket, and the counts go with it.
func TestQuestionsAreForgotten(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		o.advance(12 * time.Hour) // the evening: the next question is of the next day, and goes a day later
		o.asks("luren", askedAnswered, askedUnknown, askedUnassigned)
		o.says("luren", "有误")
		o.advance(4 * time.Hour)
		o.asks("luren", askedUnknown)
		o.advance(180*24*time.Hour - 24*time.Hour)
		var counts map[index.Status]int
		count := func() int {
			o.view(func(r store.Reader) (err error) {
				counts, err = QuestionCounts(r)
				return err
			})
			return counts[index.Answered] + counts[index.Unassigned] + counts[index.Unknown]
		}
		if page, got := o.log(LogQuery{}); got != askedUnknown || count() != len(page.Entries) || counts[WrongAnswers] != 0 {
			t.Errorf("after the days of the first: %s, %v", got, counts)
		}
		if open := o.open(); len(open) != 1 || open[0].Times != 2 {
			t.Errorf("a question that was asked again: %v", open)
		}
		o.advance(24 * time.Hour)
		for _, bucket := range []string{answerBucket, statusBucket, sameBucket, countBucket, openBucket, orderBucket, quoteBucket, feedbackBucket} {
			if left := o.all(bucket); len(left) != 0 {
				t.Errorf("%s: %v", bucket, left)
			}
		}
	})
}

// open is the office's list.
func (o *bureau) open() (list []OpenQuestion) {
	o.Helper()
	o.view(func(r store.Reader) (err error) {
		list, _, err = OpenQuestions(r, "", 100)
		return err
	})
	return list
}

func TestUnansweredQuestionsAreListedByHowOften(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		o.asks("luren", askedUnknown, askedUnassigned, askedAnswered, "殡葬改革谁负责")
		o.asks("zhiyuan", "公积金，归谁管？", "公積金归谁管", "殡葬改革谁负责")
		listed := func() (list []string) {
			for _, q := range o.open() {
				list = append(list, fmt.Sprint(q.Q, q.Times))
			}
			return list
		}
		want := []string{"公積金归谁管3", "殡葬改革谁负责2", askedUnassigned + "1"}
		if diff := cmp.Diff(want, listed()); diff != "" {
			t.Error(diff)
		}
		first := o.open()[0]
		if !first.First.Equal(aMonday().now()) || !first.Last.After(first.First) || first.Reason == "" || first.Status != index.Unknown {
			t.Errorf("%+v", first)
		}
		var paged []string
		for after := ""; ; {
			o.view(func(r store.Reader) error {
				list, next, err := OpenQuestions(r, after, 2)
				for _, q := range list {
					paged = append(paged, fmt.Sprint(q.Q, q.Times))
				}
				after = next
				return err
			})
			if after == "" {
				break
			}
		}
		if diff := cmp.Diff(want, paged); diff != "" {
			t.Errorf("page by page: %s", diff)
		}
		closed := func(key string, forGood bool) (ok bool) {
			o.update(func(tx *store.Tx) (err error) {
				ok, err = CloseQuestion(tx, "P1", key, forGood)
				return err
			})
			return ok
		}
		second := o.open()[1]
		if !closed(first.Key, true) || !closed(second.Key, false) || closed(first.Key, true) || closed(second.Key, true) || closed("nix", false) {
			t.Error("a question is closed once")
		}
		o.asks("luren", askedUnknown, "殡葬改革谁负责")
		if diff := cmp.Diff([]string{"殡葬改革谁负责1", askedUnassigned + "1"}, listed()); diff != "" {
			t.Errorf("asked again, one comes back and one does not: %s", diff)
		}
	})
}

// Many ask at once: every question is counted.
func TestManyAskTheSameAtOnce(t *testing.T) {
	t.Parallel()
	eachBureau(t, func(t *testing.T, o *bureau) {
		const people = 40
		messages := make([]chat.Message, people)
		for i := range messages {
			messages[i] = o.direct(chat.UserID(fmt.Sprint("u", i)), []string{askedUnknown, askedAnswered}[i%2])
		}
		var wg sync.WaitGroup
		for _, m := range messages {
			wg.Go(func() {
				if _, err := o.desk.Take(t.Context(), m, roomy); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var counts map[index.Status]int
		o.view(func(r store.Reader) (err error) {
			counts, err = QuestionCounts(r)
			return err
		})
		if counts[index.Unknown] != people/2 || counts[index.Answered] != people/2 || o.open()[0].Times != people/2 {
			t.Errorf("%v %+v", counts, o.open())
		}
	})
}

func TestTheOfficeAnswersComplaints(t *testing.T) {
	t.Parallel()
	o := newBureau(t)
	first := o.take(o.group("g", "luren", askedAnswered)).Feedback
	for _, user := range []chat.UserID{"luren", "zhiyuan"} {
		o.take(o.event(user, chat.Event{Kind: chat.EventFeedback, Key: first, Rating: chat.RatingBad}))
	}
	answer := func(key, words string) (n int) {
		o.update(func(tx *store.Tx) (err error) {
			n, err = AnswerComplaints(tx, recorder{}, "P1", key, words)
			return err
		})
		return n
	}
	if answer("nix", "好") != 0 || answer(first, "查过了，<@all>原文如此") != 2 || answer(first, "好") != 0 {
		t.Error("complaints are answered once")
	}
	told := o.notices()
	if len(told) != 2 || !strings.Contains(told[0].Reply.Text, "原文如此") || strings.Contains(told[0].Reply.Text, "<@all>") {
		t.Errorf("%+v", told)
	}
	o.take(o.event("luren", chat.Event{Kind: chat.EventFeedback, Key: first, Rating: chat.RatingBad}))
	if answer(first, " ") != 1 || len(o.notices()) != 0 || len(o.all(feedbackBucket)) != 0 {
		t.Error("without words nobody is told")
	}
}
