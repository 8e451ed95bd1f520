package library_test

import (
	"errors"
	"path/filepath"
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
