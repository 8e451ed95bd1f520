package library_test

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/index/plan"
)

const first = "某县文化工作方案\n\n某文发〔2026〕1号\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县财政局：负责保障图书馆经费。\n"

func open(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "x.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func put(t *testing.T, s *store.Store, file, text string) (changed bool) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
		changed, err = library.Put(tx, file, []byte(text), "办公室")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func all(t *testing.T, s *store.Store) (docs []library.Document) {
	t.Helper()
	err := s.View(t.Context(), func(r store.Reader) (err error) {
		docs, _, err = library.All(r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

func TestImportingAgainChangesNothing(t *testing.T) {
	t.Parallel()
	s := open(t)
	before, err := s.Version(t.Context(), library.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if !put(t, s, "a.txt", first) {
		t.Error("a new document changes nothing")
	}
	between, err := s.Version(t.Context(), library.Bucket)
	if err != nil || between == before {
		t.Errorf("the version stays %d, %v", between, err)
	}
	if put(t, s, "b.txt", first) {
		t.Error("the same bytes change something")
	}
	if v, err := s.Version(t.Context(), library.Bucket); err != nil || v != between {
		t.Errorf("the version is %d, was %d, %v", v, between, err)
	}
	docs := all(t, s)
	if len(docs) != 1 || docs[0].Name != "某文发〔2026〕1号" || string(docs[0].Original) != first || docs[0].By != "办公室" {
		t.Errorf("got %+v", docs)
	}
}

func TestTheSumIsThatOfTheVersionInForce(t *testing.T) {
	t.Parallel()
	s := open(t)
	sum := func() (sum string) {
		t.Helper()
		err := s.View(t.Context(), func(r store.Reader) (err error) {
			sum, err = library.Sum(r, "某文发〔2026〕1号")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return sum
	}
	if got := sum(); got != "" {
		t.Errorf("%q of no document", got)
	}
	for _, text := range []string{first, first + "县文旅局：负责文艺演出。\n"} {
		put(t, s, "a.txt", text)
		if docs := all(t, s); len(docs) != 1 || sum() != docs[0].Sum {
			t.Errorf("%q, and the document has %+v", sum(), docs)
		}
	}
}

func TestANewVersionReplacesAndTheOldIsKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	put(t, s, "a.txt", first)
	second := strings.Replace(first, "县财政局：负责保障图书馆经费。", "县财政局：负责保障图书馆和文化馆经费。\n\n县文旅局：负责文化馆。", 1)
	if !put(t, s, "新版.txt", second) {
		t.Error("a new version changes nothing")
	}
	docs := all(t, s)
	if len(docs) != 1 || len(docs[0].Earlier) != 1 || docs[0].Earlier[0].File != "a.txt" || docs[0].File != "新版.txt" {
		t.Fatalf("got %+v", docs)
	}
	old, err := library.Read("a.txt", []byte(first))
	if err != nil {
		t.Fatal(err)
	}
	want := library.Diff{
		Units: library.Changes{Added: []string{"县文旅局"}},
		Duties: library.Changes{
			Added:   []string{"县文旅局：负责文化馆。"},
			Changed: []library.Change{{Where: "县财政局", Old: "负责保障图书馆经费。", New: "负责保障图书馆和文化馆经费。"}},
		},
	}
	if d := cmp.Diff(want, library.Compare(old, docs[0].Plan)); d != "" {
		t.Error(d)
	}
	if d := library.Compare(old, old); !d.Empty() {
		t.Errorf("a document differs from itself: %+v", d)
	}
	if d := library.Compare(nil, plan.Sample()); len(d.Units.Added) != 29 || len(d.Duties.Added) != 64 {
		t.Errorf("the sample adds %d units, %d duties", len(d.Units.Added), len(d.Duties.Added))
	}
}

// A row of a table whose units or date change while its words stay.
func TestWhoLeadsAndUntilWhenIsCompared(t *testing.T) {
	t.Parallel()
	old := []plan.Item{
		{No: 1, Title: "巡查", Text: "巡查河道。", Lead: []string{"市公安局"}, Support: []string{"市水利局"}, Deadline: "6月底前"},
		{No: 2, Text: "清淤。", Lead: []string{"市水利局"}},
		{No: 3, Text: "清淤。", Lead: []string{"市住建局"}},
	}
	for name, tc := range map[string]struct {
		change func(items []plan.Item)
		want   []library.Change
	}{
		"lead": {func(it []plan.Item) { it[0].Lead = []string{"市应急管理局"} },
			[]library.Change{{Where: "第1项", What: "牵头", Old: "市公安局", New: "市应急管理局"}}},
		"support that goes": {func(it []plan.Item) { it[0].Support = nil },
			[]library.Change{{Where: "第1项", What: "配合", Old: "市水利局"}}},
		"deadline and title": {func(it []plan.Item) { it[0].Deadline, it[0].Title = "年底前", "巡河" },
			[]library.Change{{Where: "第1项", What: "标题", Old: "巡查", New: "巡河"}, {Where: "第1项", What: "时限", Old: "6月底前", New: "年底前"}}},
		"words and lead": {func(it []plan.Item) { it[0].Text, it[0].Lead = "巡查山塘。", []string{"市水利局"} },
			[]library.Change{{Where: "第1项", Old: "巡查河道。", New: "巡查山塘。"}, {Where: "第1项", What: "牵头", Old: "市公安局", New: "市水利局"}}},
		"a move and a lead": {func(it []plan.Item) { it[0], it[1] = it[1], it[0]; it[0].No, it[1].No = 1, 2; it[1].Lead = nil },
			[]library.Change{{Where: "第2项", What: "牵头", Old: "市公安局"}}},
		"places that are changed": {func(it []plan.Item) { it[1].No, it[2].No = 3, 2 }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := slices.Clone(old)
			tc.change(next)
			want := library.Diff{Items: library.Changes{Changed: tc.want}}
			if d := cmp.Diff(want, library.Compare(&plan.Plan{Items: old}, &plan.Plan{Items: next})); d != "" {
				t.Error(d)
			}
		})
	}
}

func remove(t *testing.T, s *store.Store, name string) (was bool) {
	t.Helper()
	err := s.Update(t.Context(), func(tx *store.Tx) (err error) {
		was, err = library.Remove(tx, name, "办公室")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return was
}

func TestADocumentTakenBackKeepsItsVersions(t *testing.T) {
	t.Parallel()
	s := open(t)
	const name = "某文发〔2026〕1号"
	if remove(t, s, name) {
		t.Error("what is not there was taken back")
	}
	put(t, s, "a.txt", first)
	before, err := s.Version(t.Context(), library.Bucket)
	if err != nil {
		t.Fatal(err)
	}
	if !remove(t, s, name) || remove(t, s, name) {
		t.Error("it is not taken back once")
	}
	if v, err := s.Version(t.Context(), library.Bucket); err != nil || v == before {
		t.Errorf("nobody can see that it went: %d, %v", v, err)
	}
	if docs := all(t, s); len(docs) != 0 {
		t.Fatalf("still in force: %+v", docs)
	}
	second := strings.Replace(first, "图书馆经费", "文化馆经费", 1)
	put(t, s, "b.txt", second)
	remove(t, s, name)
	put(t, s, "c.txt", second) // the same words: no version of its own
	docs := all(t, s)
	if len(docs) != 1 || docs[0].File != "c.txt" || len(docs[0].Earlier) != 1 || docs[0].Earlier[0].File != "a.txt" {
		t.Fatalf("got %+v", docs)
	}
}

func TestADamagedDocumentCanBeTakenBack(t *testing.T) {
	t.Parallel()
	s := open(t)
	const name = "某文发〔2026〕1号"
	put(t, s, "a.txt", first)
	if err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.Put(library.Bucket, name, []byte("{")) }); err != nil {
		t.Fatal(err)
	}
	if !remove(t, s, name) || len(sums(t, s)) != 0 {
		t.Error("it is still there")
	}
	put(t, s, "a.txt", first)
	if docs := all(t, s); len(docs) != 1 || len(docs[0].Earlier) != 0 {
		t.Errorf("got %+v", docs)
	}
}

func TestADocumentThatCannotBeReadIsNotKept(t *testing.T) {
	t.Parallel()
	s := open(t)
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := library.Put(tx, "a.docx", []byte("PK\x03\x04 not a document"), "")
		return err
	})
	if err == nil {
		t.Fatal("it was taken")
	}
	if docs := all(t, s); len(docs) != 0 {
		t.Errorf("%d documents", len(docs))
	}
}

// A document that is damaged is told apart from the others, and the same file
// again mends it.
func TestADamagedDocumentIsSaidAndMended(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(tx *store.Tx, sum string) error{
		"other bytes": func(tx *store.Tx, sum string) error { return tx.Put("plans.files", sum, []byte("other")) },
		"no bytes":    func(tx *store.Tx, sum string) error { return tx.Delete("plans.files", sum) },
		"no record": func(tx *store.Tx, _ string) error {
			return tx.Put(library.Bucket, "某文发〔2026〕1号", []byte("{"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := open(t)
			put(t, s, "a.txt", first)
			put(t, s, "b.txt", "一、职责分工\n\n县财政局：负责保障经费。\n")
			sum := all(t, s)[1].Sum
			if err := s.Update(t.Context(), func(tx *store.Tx) error { return damage(tx, sum) }); err != nil {
				t.Fatal(err)
			}
			var docs []library.Document
			var bad []library.Damage
			err := s.View(t.Context(), func(r store.Reader) (err error) { docs, bad, err = library.All(r); return err })
			if err != nil || len(docs) != 1 || docs[0].Name != "b" {
				t.Fatalf("got %d documents, %v", len(docs), err)
			}
			if len(bad) != 1 || bad[0].Name != "某文发〔2026〕1号" || !errors.Is(bad[0].Err, library.ErrDamaged) {
				t.Errorf("damaged: %v", bad)
			}
			before := sums(t, s)
			if !put(t, s, "a.txt", first) {
				t.Error("the same file again changes nothing")
			}
			if docs := all(t, s); len(docs) != 2 || string(docs[1].Original) != first || len(docs[1].Earlier) != 0 {
				t.Errorf("got %+v", docs)
			}
			if cmp.Equal(before, sums(t, s)) {
				t.Error("nobody can see that it was mended")
			}
		})
	}
}

func sums(t *testing.T, s *store.Store) (out map[string]string) {
	t.Helper()
	if err := s.View(t.Context(), func(r store.Reader) (err error) { out, err = library.Sums(r); return err }); err != nil {
		t.Fatal(err)
	}
	return out
}
