package audit

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
)

var noon = time.Date(2026, time.November, 23, 12, 0, 0, 120_000_000, time.FixedZone("CST", 8*60*60))

func openStore(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "store"), store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func update(t testing.TB, s *store.Store, fn func(*store.Tx) error) {
	t.Helper()
	if err := s.Update(context.Background(), fn); err != nil {
		t.Fatal(err)
	}
}

var errUndo = errors.New("undo")

// try runs fn in a transaction that is not kept.
func try(t testing.TB, s *store.Store, fn func(*store.Tx)) {
	t.Helper()
	err := s.Update(context.Background(), func(tx *store.Tx) error {
		fn(tx)
		return errUndo
	})
	if !errors.Is(err, errUndo) {
		t.Fatal(err)
	}
}

func list(t testing.TB, r store.Reader, chain string) []Entry {
	t.Helper()
	es, err := List(r, chain)
	if err != nil {
		t.Fatal(err)
	}
	return es
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

type step struct {
	Progress int    `json:"progress"`
	Note     string `json:"note"`
}

// fill writes n entries to each chain.
func fill(t testing.TB, s *store.Store, n int, chains ...string) {
	t.Helper()
	update(t, s, func(tx *store.Tx) error {
		for _, chain := range chains {
			for i := range n {
				if _, err := Append(tx, chain, "p1", "进度", step{i, "已完成<一半> & 其余"}); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func TestAHistoryIsKeptInOrder(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	var wrote []Entry
	for i := range 12 { // more than one digit
		update(t, s, func(tx *store.Tx) error {
			e, err := Append(tx, "task/T1", "p1", "签收", step{i, ""})
			wrote = append(wrote[:i], e)
			return err
		})
	}
	fill(t, s, 2, "task/T12", "task/T2") // names that begin alike
	err := s.View(t.Context(), func(r store.Reader) error {
		if got := list(t, r, "task/T1"); !cmp.Equal(got, wrote) {
			t.Error(cmp.Diff(wrote, got))
		}
		for i, e := range wrote {
			if e.Seq != i+1 || !e.At.Equal(noon) || e.By != "p1" || e.What != "签收" || string(e.Data) != fmt.Sprintf(`{"progress":%d,"note":""}`, i) {
				t.Errorf("%+v", e)
			}
			if i > 0 && e.Prev != wrote[i-1].Hash || i == 0 && e.Prev != "" {
				t.Errorf("%+v does not follow", e)
			}
		}
		report, err := VerifyAll(r)
		if !cmp.Equal(report, Report{Chains: 3, Entries: 16}) || Verify(r, "task/T1") != nil || Verify(r, "task/T3") != nil {
			t.Errorf("%+v", report)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAnEntryIsThereOnceItsTransactionIs(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	try(t, s, func(tx *store.Tx) {
		if _, err := Append(tx, "task/T1", "p1", "交办", nil); err != nil {
			t.Error(err)
		}
		if es := list(t, tx, "task/T1"); len(es) != 1 || string(es[0].Data) != "null" {
			t.Errorf("the transaction itself sees %v", es)
		}
	})
	try(t, s, func(tx *store.Tx) {
		if es := list(t, tx, "task/T1"); len(es) > 0 {
			t.Errorf("left behind: %v", es)
		}
		if report, err := VerifyAll(tx); err != nil || !cmp.Equal(report, Report{}) {
			t.Errorf("%+v %v", report, err)
		}
	})
}

func TestWhatCannotBeAnEntry(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	for _, tc := range []struct{ chain, by, what string }{
		{"", "p1", "x"}, {register, "p1", "x"}, {"a\x00b", "p1", "x"}, {"a\xff", "p1", "x"}, {"a", "p\xff", "x"}, {"a", "p1", "\xff"}, {"\xe4\xbb", "", "\xa3"},
	} {
		try(t, s, func(tx *store.Tx) {
			if _, err := Append(tx, tc.chain, tc.by, tc.what, nil); !errors.Is(err, ErrBadName) {
				t.Errorf("%q: %v", tc, err)
			}
		})
	}
	try(t, s, func(tx *store.Tx) {
		if _, err := Append(tx, "a", "p1", "x", func() {}); err == nil || errors.Is(err, ErrBadName) {
			t.Error(err)
		}
	})
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := Append(tx, strings.Repeat("长", 400), "p1", "x", nil)
		return err
	})
	if !errors.Is(err, store.ErrTooLarge) {
		t.Error(err)
	}
}

// The recipe of the package comment, followed by somebody who has only the records.
func TestOthersCanCheckTheHashes(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	fill(t, s, 2, "task/T1")
	prev := ""
	try(t, s, func(tx *store.Tx) {
		for seq := 1; seq <= 2; seq++ {
			raw, _, err := tx.Get("audit.entry", fmt.Sprintf("task/T1\x00%012d", seq))
			if err != nil {
				t.Fatal(err)
			}
			var e struct {
				Seq                int
				At, By, What, Hash string
				Data               json.RawMessage
			}
			if err := json.Unmarshal(raw, &e); err != nil {
				t.Fatal(err)
			}
			var b []byte
			for _, field := range []string{"xietiao-audit-1", "task/T1", fmt.Sprint(seq), e.At, e.By, e.What, string(e.Data), prev} {
				b = append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...)
			}
			sum := sha256.Sum256(b)
			if prev = hex.EncodeToString(sum[:]); e.Hash != prev {
				t.Errorf("entry %d: %s, want %s", seq, e.Hash, prev)
			}
		}
	})
	// The second hash as another program computed it: the format stays what it is.
	if want := "54cdbf5563403ffdaf3904288585ad4671746fd50482f635d65a805626ddc3fc"; prev != want {
		t.Errorf("%s, want %s", prev, want)
	}
}

func TestManyWriteAtOnce(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	const writers, each, chains = 40, 10, 7
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(t.Context(), func(tx *store.Tx) error {
					_, err := Append(tx, fmt.Sprintf("activity/A%d", (w+i)%chains), fmt.Sprintf("p%d", w), "签到", i)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	try(t, s, func(tx *store.Tx) {
		report, err := VerifyAll(tx)
		if err != nil || !cmp.Equal(report, Report{Chains: chains, Entries: writers * each}) {
			t.Errorf("%+v %v", report, err)
		}
		seen := map[string]bool{}
		for c := range chains {
			for _, e := range list(t, tx, fmt.Sprintf("activity/A%d", c)) {
				seen[e.By+string(e.Data)] = true
			}
		}
		if len(seen) != writers*each {
			t.Errorf("%d different entries", len(seen))
		}
	})
}

func FuzzAppend(f *testing.F) {
	s := openStore(f)
	f.Add("task/T1", "p1", "签收", []byte(`{"a": "<b>", "c":[1.50, 1e400]}`))
	f.Add("任务", "", "", []byte("null"))
	f.Add("\xe4\xbb", "", "\xa3", []byte("null")) // valid only together
	f.Add("a\x00b", "\u2028", "&", []byte("\"\xff\u2028\""))
	f.Fuzz(func(t *testing.T, chain, by, what string, data []byte) {
		try(t, s, func(tx *store.Tx) {
			_, err1 := Append(tx, chain, by, what, json.RawMessage(data))
			if err1 != nil {
				return
			}
			e, err2 := Append(tx, chain, by, what, string(data))
			es, err3 := List(tx, chain)
			if err2 != nil || err3 != nil || len(es) != 2 || !cmp.Equal(es[1], e) {
				t.Errorf("%v %v %+v, wrote %+v", err2, err3, es, e)
			}
			if err := Verify(tx, chain); err != nil {
				t.Error(err)
			}
		})
	})
}

const benchEntries = 10_000

// filled is a store with many entries in a hundred chains.
func filled(b *testing.B) *store.Store {
	s := openStore(b)
	for c := range 100 {
		fill(b, s, benchEntries/100, fmt.Sprintf("task/T%d", c))
	}
	return s
}

func BenchmarkAppend(b *testing.B) {
	s := filled(b)
	for b.Loop() {
		update(b, s, func(tx *store.Tx) error {
			_, err := Append(tx, "task/T1", "p1", "进度", step{50, "过半"})
			return err
		})
	}
}

// BenchmarkAppendMany is 10,000 entries in one transaction.
func BenchmarkAppendMany(b *testing.B) {
	s := openStore(b)
	for b.Loop() {
		try(b, s, func(tx *store.Tx) {
			for i := range benchEntries {
				if _, err := Append(tx, fmt.Sprintf("task/T%d", i%100), "p1", "进度", step{i, "过半"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyAll(b *testing.B) {
	s := filled(b)
	for b.Loop() {
		err := s.View(b.Context(), func(r store.Reader) error {
			report, err := VerifyAll(r)
			if report.Entries != benchEntries || len(report.Breaks) > 0 {
				b.Fatalf("%+v", report)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
