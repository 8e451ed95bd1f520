package curate_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/audit"
	"xietiao/bot/curate"
	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
	"xietiao/index"
	"xietiao/index/plan"
)

// desk is a store and a clock that goes on by a second with every change.
type desk struct {
	testing.TB
	*store.Store
	now time.Time
}

// eachStore runs a test on a file and on Redis.
func eachStore(t *testing.T, run func(t *testing.T, d *desk)) {
	for _, kind := range []string{"file", "redis"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			d := &desk{TB: t, now: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)}
			o := store.Options{Now: func() time.Time { return d.now }}
			var err error
			if kind == "file" {
				d.Store, err = store.OpenFile(filepath.Join(t.TempDir(), "x.db"), o)
			} else {
				d.Store, err = store.OpenRedis(storetest.NewRedis(t).URL(), "test", nil, o)
			}
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = d.Close() })
			run(t, d)
		})
	}
}

func (d *desk) update(fn func(tx *store.Tx) error) error {
	d.Helper()
	d.now = d.now.Add(time.Second)
	return d.Update(context.Background(), fn)
}

func (d *desk) view(fn func(r store.Reader) error) {
	d.Helper()
	if err := d.View(context.Background(), fn); err != nil {
		d.Fatal(err)
	}
}

func (d *desk) add(by, text string) (added []curate.Word, err error) {
	d.Helper()
	err = d.update(func(tx *store.Tx) (err error) {
		added, err = curate.AddWords(tx, by, text)
		return err
	})
	return added, err
}

func (d *desk) words() (texts []string) {
	d.Helper()
	d.view(func(r store.Reader) error {
		texts = nil
		words, err := curate.Words(r)
		for _, w := range words {
			texts = append(texts, w.By+" "+w.Text)
		}
		return err
	})
	return texts
}

func TestWordsAreKeptInTheirOrderOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		added, err := d.add("P1", "\ufeff# 俗称\n农家书屋 < 悦读驿站\n\n单位: 市教育局 = 老教委\r\n")
		if err != nil || len(added) != 2 {
			t.Fatal(added, err)
		}
		again, err := d.add("P2", "农家书屋　＜　悦读驿站 # 又写一遍\n戏台 = 剧场")
		if err != nil || len(again) != 1 {
			t.Fatalf("a line that says the same is no other: %v %v", again, err)
		}
		want := []string{"P1 单位: 市教育局 = 老教委", "P1 农家书屋 < 悦读驿站", "P2 戏台 = 剧场"}
		if added[0].ID < added[1].ID {
			want[0], want[1] = want[1], want[0]
		}
		if diff := cmp.Diff(want, d.words()); diff != "" {
			t.Error(diff)
		}
		var there, twice bool
		remove := func(ok *bool) {
			if err := d.update(func(tx *store.Tx) (err error) { *ok, err = curate.RemoveWord(tx, "P3", added[0].ID); return err }); err != nil {
				t.Fatal(err)
			}
		}
		remove(&there)
		remove(&twice)
		if !there || twice || len(d.words()) != 2 {
			t.Errorf("removed: %v, again: %v, left: %v", there, twice, d.words())
		}
		var history []string
		d.view(func(r store.Reader) error {
			history = nil
			list, err := audit.List(r, curate.Chain)
			for _, e := range list {
				history = append(history, e.By+" "+e.What)
			}
			return err
		})
		if diff := cmp.Diff([]string{"P1 add-word", "P1 add-word", "P2 add-word", "P3 remove-word"}, history); diff != "" {
			t.Error(diff)
		}
	})
}

func TestABadLineKeepsAllOut(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		_, err := d.add("P1", "戏台 = 剧场\n没有符号\n甲 = \nfiler: 请问\n单位: 甲 乙 = 丙\n看+ < 书\n书 < 看+\n"+strings.Repeat("长", 700)+" = 短")
		var bad curate.BadLines
		if !errors.As(err, &bad) {
			t.Fatal(err)
		}
		var lines []int
		for _, f := range bad {
			lines = append(lines, f.No)
		}
		if diff := cmp.Diff([]int{2, 3, 4, 5, 7, 8}, lines); diff != "" {
			t.Error(diff)
		}
		text, ok := curate.Tell(fmt.Errorf("save: %w", err))
		for _, want := range []string{"第 2 行“没有符号”：要写成", "第 4 行", "冒号前面的词不认识", "左边只写一个单位", "太长"} {
			if !ok || !strings.Contains(text, want) {
				t.Errorf("no %q in %s", want, text)
			}
		}
		if got := d.words(); len(got) != 0 {
			t.Errorf("kept: %v", got)
		}
	})
	if _, ok := curate.Tell(store.ErrBusy); ok {
		t.Error("an error of the store is none of ours")
	}
}

// Many clerks add the same and other lines at once: each is kept once.
func TestManyAddAtOnce(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, d *desk) {
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				err := d.Update(t.Context(), func(tx *store.Tx) error {
					_, err := curate.AddWords(tx, fmt.Sprint("P", i), fmt.Sprintf("农家书屋 < 书角%d\n戏台 = 剧场", i%10))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := d.words(); len(got) != 11 {
			t.Errorf("%d lines: %v", len(got), got)
		}
	})
}

func TestAliasLines(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		unit string
		name []string
		want string
	}{
		{"市市场监督管理局", []string{"市市场监管局", "市监局"}, "单位: 市市场监督管理局 = 市市场监管局 市监局"},
		{"市府办（市大数据发展管理中心）", []string{"数据中心"}, "单位: 市府办（市大数据发展管理中心） = 数据中心"},
		{"", []string{"甲"}, ""}, {"甲局", nil, ""}, {"甲局", []string{""}, ""}, {"甲 局", []string{"乙"}, ""},
		{"甲局", []string{"乙＝丙"}, ""}, {"甲局", []string{"乙#丙"}, ""}, {"甲局", []string{"乙\n丙"}, ""},
	} {
		line, ok := curate.Alias(tc.unit, tc.name...)
		if ok != (tc.want != "") || ok && line != tc.want {
			t.Errorf("%s %v: %q %v", tc.unit, tc.name, line, ok)
		}
		if ok && index.CheckLine(line) != nil {
			t.Errorf("%q is no line", line)
		}
	}
}

// What the office added is understood, also beside a line that cannot be read.
func TestTheOfficesWordsAreUnderstood(t *testing.T) {
	t.Parallel()
	list, bad := curate.List([]curate.Word{{Text: "农家书屋 < 悦读驿站"}, {Text: "新写法 ≈ 旧写法"}, {Text: "单位: 市文广旅体局 = 文旅大楼"}})
	if len(bad) != 1 {
		t.Errorf("bad: %v", bad)
	}
	words, err := index.NewThesaurus(list)
	if err != nil {
		t.Fatal(err)
	}
	ix, err := index.Build([]*plan.Plan{plan.Sample()}, index.Options{Thesaurus: words})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ix.Close() }()
	for q, unit := range map[string]string{"悦读驿站归谁管": "市委宣传部", "文旅大楼的职责有哪些": "市文广旅体局"} {
		a, err := ix.Ask(t.Context(), index.Query{Q: q})
		if err != nil || len(a.Results) == 0 || a.Results[0].Unit != unit {
			t.Errorf("%s: %v %v", q, a.Results, err)
		}
	}
}
