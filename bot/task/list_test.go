package task

import (
	"fmt"
	"strings"
	"testing"

	"xietiao/bot/store"
)

func numbersOf(list []Task) string {
	var words []string
	for _, t := range list {
		words = append(words, t.Number.String())
	}
	return strings.Join(words, " ")
}

func TestListsByPageAndWords(t *testing.T) {
	h := newHall(t, "2026-11-02 10:00", Rules{})
	for i := range 5 {
		h.create(draft(fmt.Sprintf("检查 <农家书屋> 第%d批", i+1), "2026-12-0"+string(rune('1'+i)), "市教育局", "市科协"))
	}
	series := draft("季度报告", "", "市科协")
	series.Rule = Rule{Every: EveryQuarter}
	h.create(series)
	h.create(draft("书屋“年检”", "", "市教育局"))
	h.step(2, Action{Do: DoSign}, teachers)
	h.step(2, Action{Do: DoReport, Text: "三家都“查完”了"}, teachers)
	h.step(3, Action{Do: DoDecline, Text: "不属于"}, teachers)
	for name, tc := range map[string]struct {
		q           Query
		skip, total int
		more        bool
		want        string
	}{
		"the first page":       {Query{Limit: 3}, 0, 7, true, "T1 T2 T3"},
		"the second":           {Query{Limit: 3}, 3, 7, true, "T4 T5 T6"},
		"the last":             {Query{Limit: 3}, 6, 7, false, "T7"},
		"behind it":            {Query{Limit: 3}, 9, 7, false, ""},
		"all":                  {Query{}, 0, 7, false, "T1 T2 T3 T4 T5 T6 T7"},
		"undated":              {Query{Undated: true}, 0, 1, false, "T7"},
		"series":               {Query{Series: true}, 0, 1, false, "T6"},
		"to do":                {Query{Unit: "市教育局", Undone: true}, 0, 4, false, "T1 T4 T5 T7"},
		"to do, the first":     {Query{Unit: "市教育局", Undone: true, Limit: 1}, 0, 4, true, "T1"},
		"words":                {Query{Text: "书屋", Limit: 4}, 0, -1, true, "T1 T2 T3 T4"},
		"words, the rest":      {Query{Text: "书屋", Limit: 4}, 4, -1, false, "T5 T7"},
		"words, just a page":   {Query{Text: "书屋 批", Limit: 5}, 0, -1, false, "T1 T2 T3 T4 T5"},
		"two words":            {Query{Text: "书屋 第3批"}, 0, -1, false, "T3"},
		"marks":                {Query{Text: "<农家书屋>"}, 0, -1, false, "T1 T2 T3 T4 T5"},
		"quotes":               {Query{Text: `“查完”`}, 0, -1, false, "T2"},
		"a unit's name":        {Query{Text: "市科协", Series: true}, 0, -1, false, "T6"},
		"a number":             {Query{Text: "T4"}, 0, -1, false, "T4"},
		"waits":                {Query{Waits: CauseDeclined}, 0, 1, false, "T3"},
		"waits, of a unit":     {Query{Waits: CauseDeclined, Unit: "市教育局", Limit: 1}, 0, -1, false, "T3"},
		"waits, of another":    {Query{Waits: CauseDeclined, Unit: "市财政局"}, 0, -1, false, ""},
		"waits, words":         {Query{Waits: CauseDeclined, Text: "不属于"}, 0, -1, false, "T3"},
		"waits for nothing":    {Query{Waits: CauseAsked}, 0, 0, false, ""},
		"a name of the record": {Query{Text: "shares"}, 0, -1, false, ""},
	} {
		h.see(func(r store.Reader) error {
			p, err := h.Listing(r, tc.q, tc.skip)
			if got := numbersOf(p.Tasks); got != tc.want || p.Total != tc.total || p.More != tc.more {
				t.Errorf("%s: %s of %d, more %v", name, got, p.Total, p.More)
			}
			return err
		})
	}
}

// What an older program kept has no gists: the same is known of it.
func TestIndexesOfAnOlderProgram(t *testing.T) {
	h := newHall(t, "2026-11-02 10:00", Rules{})
	h.create(draft("一", "2026-10-10", "市教育局", "市科协"))
	h.create(draft("二", "", "市教育局"))
	h.step(1, Action{Do: DoSign}, teachers)
	h.step(1, Action{Do: DoProgress, Percent: 40}, teachers)
	now := func() (words string) {
		h.see(func(r store.Reader) error {
			st, err := h.Standing(r)
			list, err2 := h.List(r, Query{Unit: "市教育局", Undone: true})
			words = fmt.Sprint(st, numbersOf(list), err2)
			return err
		})
		return words
	}
	want := now()
	h.do(nil, func(tx *store.Tx) error {
		for _, bucket := range []string{bucketState, bucketUnit} {
			var keys []string
			if err := tx.Scan(bucket, store.Range{}, func(key string, _ []byte) error { keys = append(keys, key); return nil }); err != nil {
				return err
			}
			for _, key := range keys {
				if err := tx.Put(bucket, key, nil); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if got := now(); got != want || !strings.Contains(got, "40") {
		t.Errorf("%s\nwant %s", got, want)
	}
}
