package bot

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
	"xietiao/index"
)

const loggedQuestions = 100_000

// fillLog has so many questions of half a year asked: one in five is not answered,
// one in a thousand was found wrong, and one in four was asked before.
func fillLog(b *testing.B, s *store.Store, now time.Time) {
	b.Helper()
	const batch = 1000
	for from := 0; from < loggedQuestions; from += batch {
		err := s.Update(b.Context(), func(tx *store.Tx) error {
			for i := from; i < from+batch; i++ {
				at := now.Add(-time.Duration(loggedQuestions-i) * 150 * time.Second)
				a := answered{
					Q: fmt.Sprintf("第%d号文化礼堂的灯归谁管", i%(loggedQuestions*3/4)), Status: index.Answered, Intent: index.IntentResponsible,
					Cites: []string{"乐公共协〔2020〕1号 附件·市委宣传部·第3项"}, Via: "wecom.aibot", Kind: chat.Direct,
					To: chat.Address{Via: "wecom.aibot", Kind: chat.Direct, User: chat.UserID(fmt.Sprint("u", i%3000))}, Until: untilDay(now, 180),
				}
				if i%5 == 0 {
					a.Status, a.Reason, a.Cites = index.Unknown, index.ReasonShare, nil
				}
				id := at.UTC().Format(keyTime) + "-" + digest(fmt.Sprint(i))[:12]
				if err := logAnswer(tx, id, a); err != nil {
					return err
				}
				if i%1000 == 0 {
					if err := putUntil(tx, feedbackBucket, id+"/x", complaint{Answer: id, To: a.To}, a.Until); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLog reads pages of the log of 100,000 questions.
func BenchmarkLog(b *testing.B) {
	now := time.Now()
	for _, kind := range []string{"file", "redis"} {
		b.Run(kind, func(b *testing.B) {
			var s *store.Store
			var err error
			if kind == "file" {
				s, err = store.OpenFile(filepath.Join(b.TempDir(), "store"), store.Options{NoSync: true})
			} else {
				s, err = store.OpenRedis(storetest.NewRedis(b).URL(), "test", nil, store.Options{})
			}
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { _ = s.Close() })
			fillLog(b, s, now)
			page := func(q LogQuery) func(r store.Reader) error {
				return func(r store.Reader) error { _, err := Questions(r, q); return err }
			}
			b.Run("search", func(b *testing.B) {
				for b.Loop() {
					page, err := ReadQuestions(b.Context(), s, LogQuery{Words: "没有这样的问题"})
					if err != nil || page.Reached.IsZero() {
						b.Fatal(page, err)
					}
				}
			})
			for _, bench := range []struct {
				name string
				read func(r store.Reader) error
			}{
				{"latest", page(LogQuery{})},
				{"status", page(LogQuery{Status: index.Unknown})},
				{"old", page(LogQuery{Status: index.Unknown, Before: now.AddDate(0, 0, -90)})},
				{"wrong", page(LogQuery{Status: WrongAnswers})},
				{"since", func(r store.Reader) error { _, err := AskedSince(r, now.AddDate(0, 0, -7)); return err }},
				{"counts", func(r store.Reader) error { _, err := QuestionCounts(r); return err }},
				{"open", func(r store.Reader) error { _, _, err := OpenQuestions(r, "", 50); return err }},
			} {
				b.Run(bench.name, func(b *testing.B) {
					for b.Loop() {
						if err := s.View(b.Context(), bench.read); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}

// BenchmarkPreview tries a word on the latest 2,000 of 100,000 questions.
func BenchmarkPreview(b *testing.B) {
	c := newCuration(newBureau(b))
	fillLog(b, c.store, c.now())
	b.ResetTimer()
	for b.Loop() {
		p, err := c.Preview(b.Context(), Change{AddWords: "农家书屋 < 悦读驿站"})
		if err != nil || p.Looked != previewQuestions {
			b.Fatal(p.Looked, err)
		}
	}
}
