package store

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// opener opens one more instance of a test's own space.
type opener func(Options) *Store

// suite is what both kinds of store must do.
func suite(t *testing.T, space func(*testing.T) opener) {
	for _, tc := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"records", testRecords},
		{"names and limits", testLimits},
		{"Chinese keys in order", testChineseKeys},
		{"a model agrees", testModel},
		{"an error drops only its own closure", testErrors},
		{"a panic drops only its own closure", testPanic},
		{"a failed call drops the closure", testStickyFailure},
		{"a transaction ends with its closure", testTxEnds},
		{"a fault before or after a commit", testFault},
		{"counter of two instances", testCounter},
		{"insert", testInsert},
		{"a hundred places", testPlaces},
		{"no write skew", testWriteSkew},
		{"views see one state", testViews},
		{"expiry", testExpiry},
		{"purge is bounded", testPurge},
		{"leases", testLeases},
		{"a lease fences", testFencing},
		{"versions", testVersions},
		{"cancelled while waiting", testCancel},
		{"the queue is bounded", testBusy},
		{"migration", testMigrate},
		{"backup while writing", testBackup},
		{"restore refuses", testRestoreRefuses},
		{"an interrupted restore", testInterruptedRestore},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.run(t, space(t))
		})
	}
}

func put(t testing.TB, s *Store, bucket, key, value string) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(bucket, key, []byte(value)) }); err != nil {
		t.Fatal(err)
	}
}

// dump prints a bucket as "key=value key=value".
func dump(t testing.TB, s *Store, bucket string) string {
	t.Helper()
	var out []string
	rs := rows(t, s, bucket)
	for _, key := range slices.Sorted(maps.Keys(rs)) {
		out = append(out, key+"="+rs[key])
	}
	return strings.Join(out, " ")
}

func rows(t testing.TB, s *Store, bucket string) map[string]string {
	t.Helper()
	var got map[string]string
	err := s.View(t.Context(), func(r Reader) error {
		got = map[string]string{}
		return r.Scan(bucket, Range{}, func(key string, value []byte) error {
			got[key] = string(value)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func number(r Reader, bucket, key string) (int, error) {
	value, ok, err := r.Get(bucket, key)
	if err != nil || !ok {
		return 0, err
	}
	return strconv.Atoi(string(value))
}

func increment(tx *Tx, bucket, key string) error {
	n, err := number(tx, bucket, key)
	if err != nil {
		return err
	}
	return tx.Put(bucket, key, strconv.AppendInt(nil, int64(n+1), 10))
}

func testRecords(t *testing.T, open opener) {
	s := open(Options{})
	value := []byte("one")
	err := s.Update(t.Context(), func(tx *Tx) error {
		if _, ok, err := tx.Get("b", "k"); ok || err != nil {
			return fmt.Errorf("there before: %v %w", ok, err)
		}
		return errors.Join(tx.Put("b", "k", value), tx.Put("b", "empty", nil), tx.Put("b", "\x00\xff:{}\n", []byte{0, 255}))
	})
	if err != nil {
		t.Fatal(err)
	}
	value[0] = 'X' // the store has its own copy
	err = s.View(t.Context(), func(r Reader) error {
		for range 2 {
			got, ok, err := r.Get("b", "k")
			if string(got) != "one" || !ok || err != nil {
				t.Errorf("%q %v %v", got, ok, err)
			}
			got[0] = 'Y' // so has the caller
		}
		if got, ok, err := r.Get("b", "empty"); len(got) != 0 || !ok || err != nil {
			t.Errorf("%q %v %v", got, ok, err)
		}
		if got, ok, err := r.Get("b", "\x00\xff:{}\n"); !bytes.Equal(got, []byte{0, 255}) || !ok || err != nil {
			t.Errorf("%q %v %v", got, ok, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *Tx) error {
		err := errors.Join(tx.Delete("b", "k"), tx.Delete("b", "never"), tx.Put("b", "empty", []byte("full")))
		if _, ok, _ := tx.Get("b", "k"); ok {
			t.Error("a closure does not see its deletion")
		}
		return err
	})
	if got := dump(t, s, "b"); err != nil || got != "\x00\xff:{}\n=\x00\xff empty=full" {
		t.Errorf("%q %v", got, err)
	}
}

func testLimits(t *testing.T, open opener) {
	s := open(Options{})
	long := strings.Repeat("长", 400)
	for _, tc := range []struct {
		bucket, key string
		size        int
		want        error
	}{
		{"b", "k", 1 << 20, nil}, {"a-b_c.d/0", "k", 1, nil}, {strings.Repeat("b", MaxBucket), strings.Repeat("k", MaxKey), 1, nil},
		{"", "k", 1, ErrBadName}, {"B", "k", 1, ErrBadName}, {"~meta", "state", 1, ErrBadName}, {"a:b", "k", 1, ErrBadName},
		{"任务", "k", 1, ErrBadName}, {"0", "k", 1, ErrBadName}, {"b", "", 1, ErrBadName},
		{"b", long, 1, ErrTooLarge}, {long, "k", 1, ErrTooLarge}, {"b", "k", MaxValue + 1, ErrTooLarge},
	} {
		err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put(tc.bucket, tc.key, make([]byte, tc.size)) })
		if !errors.Is(err, tc.want) {
			t.Errorf("put %.20q %.20q %d: %v", tc.bucket, tc.key, tc.size, err)
		}
		if tc.size > MaxValue {
			continue
		}
		err = s.View(t.Context(), func(r Reader) error {
			_, _, err := r.Get(tc.bucket, tc.key)
			return err
		})
		if !errors.Is(err, tc.want) {
			t.Errorf("get %.20q %.20q: %v", tc.bucket, tc.key, err)
		}
	}
	if err := s.View(t.Context(), func(r Reader) error { return r.Scan("~lease", Range{}, nil) }); !errors.Is(err, ErrBadName) {
		t.Error(err)
	}
	err := s.Update(t.Context(), func(tx *Tx) error {
		tx.r.layers[0].bytes = MaxTx - 10
		return tx.Put("b", "k", make([]byte, 11))
	})
	if !errors.Is(err, ErrTooLarge) {
		t.Errorf("a closure that writes too much: %v", err)
	}
}

func scanned(t testing.TB, s *Store, bucket string, rg Range) string {
	t.Helper()
	var keys []string
	err := s.View(t.Context(), func(r Reader) error {
		keys = nil
		return r.Scan(bucket, rg, func(key string, _ []byte) error {
			keys = append(keys, key)
			return nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(keys, " ")
}

func testChineseKeys(t *testing.T, open opener) {
	s := open(Options{})
	err := s.Update(t.Context(), func(tx *Tx) error {
		for _, key := range []string{"市残联", "市妇联", "市委宣传部", "市文广旅体局", "团市委", "A", "z", "乐清", "\xff\xff"} {
			if err := tx.Put("unit", key, []byte(key)); err != nil {
				return err
			}
		}
		return tx.Put("unit2", "x", nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rg   Range
		want string
	}{
		{Range{}, "A z 乐清 团市委 市妇联 市委宣传部 市文广旅体局 市残联 \xff\xff"}, // code points: 乐4E50 团56E2 妇5987 委59D4 文6587 残6B8B
		{Range{Reverse: true}, "\xff\xff 市残联 市文广旅体局 市委宣传部 市妇联 团市委 乐清 z A"},
		{Range{Prefix: "市"}, "市妇联 市委宣传部 市文广旅体局 市残联"},
		{Range{Prefix: "市", Reverse: true, Limit: 2}, "市残联 市文广旅体局"},
		{Range{Prefix: "市委"}, "市委宣传部"},
		{Range{Prefix: "\xff"}, "\xff\xff"},
		{Range{From: "市委宣传部", To: "市残联"}, "市委宣传部 市文广旅体局"},
		{Range{From: "市委宣传部", To: "市残联", Reverse: true}, "市文广旅体局 市委宣传部"},
		{Range{From: "市妇", Limit: 1}, "市妇联"},
		{Range{From: "市妇联\x00", Limit: 1}, "市委宣传部"},
		{Range{To: "乐清"}, "A z"},
		{Range{Prefix: "市", From: "a", To: "市文"}, "市妇联 市委宣传部"},
		{Range{From: "z", To: "A"}, ""},
		{Range{Prefix: "省"}, ""},
	} {
		if got := scanned(t, s, "unit", tc.rg); got != tc.want {
			t.Errorf("%+v: got %q, want %q", tc.rg, got, tc.want)
		}
	}
	if got := scanned(t, s, "none", Range{}); got != "" {
		t.Error(got)
	}
	stop := errors.New("mine")
	n := 0
	for _, tc := range []struct{ give, want error }{{ErrStop, nil}, {stop, stop}} {
		err := s.View(t.Context(), func(r Reader) error {
			n = 0
			return r.Scan("unit", Range{}, func(string, []byte) error { n++; return tc.give })
		})
		if !errors.Is(err, tc.want) || n != 1 {
			t.Errorf("%v: %v after %d", tc.give, err, n)
		}
	}
}

// Random closures, some of which fail, against a plain map.
func testModel(t *testing.T, open opener) {
	s := open(Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	key := func() string { return fmt.Sprintf("键%03d", rnd.IntN(700)) }
	model := map[string]string{}
	fail := errors.New("fail")
	for round := range 25 {
		next := maps.Clone(model)
		err := s.Update(t.Context(), func(tx *Tx) error {
			next = maps.Clone(model)
			for i := range 60 {
				k := key()
				if rnd.IntN(3) == 0 {
					delete(next, k)
					_ = tx.Delete("m", k)
				} else {
					next[k] = fmt.Sprint(round, i)
					_ = tx.Put("m", k, []byte(next[k]))
				}
			}
			compareModel(t, tx, rnd, next)
			if round%5 == 4 {
				return fail
			}
			return nil
		})
		if err == nil {
			model = next
		} else if !errors.Is(err, fail) {
			t.Fatal(err)
		}
		if err := s.View(t.Context(), func(r Reader) error { compareModel(t, r, rnd, model); return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(model) <= pageKeys {
		t.Errorf("%d keys are one page", len(model))
	}
}

func compareModel(t *testing.T, r Reader, rnd *rand.Rand, model map[string]string) {
	t.Helper()
	rg := Range{Reverse: rnd.IntN(2) == 0}
	if rnd.IntN(2) == 0 {
		rg.From, rg.To = fmt.Sprintf("键%03d", rnd.IntN(350)), fmt.Sprintf("键%03d", 350+rnd.IntN(350))
	}
	if rnd.IntN(3) == 0 {
		rg.Limit = 1 + rnd.IntN(300)
	}
	var want, got []string
	for _, k := range slices.Sorted(maps.Keys(model)) {
		if k >= rg.From && (rg.To == "" || k < rg.To) {
			want = append(want, k+model[k])
		}
	}
	if rg.Reverse {
		slices.Reverse(want)
	}
	if rg.Limit > 0 && len(want) > rg.Limit {
		want = want[:rg.Limit]
	}
	if err := r.Scan("m", rg, func(k string, v []byte) error { got = append(got, k+string(v)); return nil }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v: got %d records, want %d\n%v\n%v", rg, len(got), len(want), got, want)
	}
}

// together makes closures that are committed as one batch: the first holds the
// committer until the others wait behind it.
func together(t *testing.T, s *Store, fns ...func(*Tx) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	held, begun := make(chan struct{}), make(chan struct{})
	var once sync.Once
	wg.Go(func() {
		if err := s.Update(context.Background(), func(*Tx) error {
			once.Do(func() { close(begun) })
			<-held
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	<-begun
	for i, fn := range fns {
		wg.Go(func() {
			defer func() { _ = recover() }()
			errs[i] = errGone
			errs[i] = s.Update(context.Background(), fn)
		})
		until(t, "it waits", func() bool {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.queue) == i+1
		})
	}
	close(held)
	wg.Wait()
	return errs
}

func testErrors(t *testing.T, open opener) {
	s := open(Options{})
	fail := errors.New("full")
	add := func(key string, err error) func(*Tx) error {
		return func(tx *Tx) error {
			n, e := number(tx, "b", "n")
			return cmp.Or(errors.Join(e, increment(tx, "b", "n"), tx.Put("b", key, fmt.Append(nil, n))), err)
		}
	}
	errs := together(t, s, add("k0", nil), add("k1", fail), add("k2", nil), add("k3", fail), add("k4", nil))
	for i, err := range errs {
		if want := i%2 == 1; (err == fail) != want || (err != nil) != want { //nolint:errorlint // the very same error
			t.Errorf("%d: %v", i, err)
		}
	}
	if got := dump(t, s, "b"); got != "k0=0 k2=1 k4=2 n=3" {
		t.Error(got)
	}
}

func testPanic(t *testing.T, open opener) {
	s := open(Options{})
	ok := func(tx *Tx) error { return increment(tx, "b", "n") }
	bad := func(tx *Tx) error { _ = ok(tx); panic("oh") }
	exit := func(tx *Tx) error { _ = ok(tx); runtime.Goexit(); return nil }
	errs := together(t, s, ok, bad, ok, exit, ok)
	for i, err := range errs {
		if (err != nil) != (i%2 == 1) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if got := dump(t, s, "b"); got != "n=3" {
		t.Error(got)
	}
}

func testStickyFailure(t *testing.T, open opener) {
	s := open(Options{})
	err := s.Update(t.Context(), func(tx *Tx) error {
		_ = tx.Put("b", "k", nil)
		_ = tx.Put("b", "", nil)
		return nil
	})
	if got := dump(t, s, "b"); !errors.Is(err, ErrBadName) || got != "" {
		t.Errorf("%v %q", err, got)
	}
}

func testFault(t *testing.T, open opener) {
	dies := errors.New("the program dies here")
	var asked []bool
	at := -1
	s := open(Options{Fault: func(committed bool) error {
		if asked = append(asked, committed); len(asked)-1 == at {
			return dies
		}
		return nil
	}})
	for i, want := range []struct {
		at   int
		err  error
		kept string
	}{{-1, nil, "k0=v"}, {0, dies, "k0=v"}, {1, dies, "k0=v k2=v"}} {
		asked, at = nil, want.at
		err := s.Update(t.Context(), func(tx *Tx) error { return tx.Put("b", fmt.Sprint("k", i), []byte("v")) })
		if got := dump(t, s, "b"); err != want.err || got != want.kept { //nolint:errorlint // the very same error
			t.Errorf("fault at %d: %v, %q, asked %v", want.at, err, got, asked)
		}
	}
	asked = nil
	if err := s.Update(t.Context(), func(*Tx) error { return nil }); err != nil || len(asked) > 0 {
		t.Errorf("nothing written: %v, asked %v", err, asked)
	}
}

func testTxEnds(t *testing.T, open opener) {
	s := open(Options{})
	var kept *Tx
	var reader Reader
	if err := errors.Join(s.Update(t.Context(), func(tx *Tx) error { kept = tx; return nil }), s.View(t.Context(), func(r Reader) error { reader = r; return nil })); err != nil {
		t.Fatal(err)
	}
	_, _, err := reader.Get("b", "k")
	for i, err := range []error{err, kept.Put("b", "k", nil), kept.Delete("b", "k"), kept.Scan("b", Range{}, nil)} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

func testInsert(t *testing.T, open opener) {
	now := newClock()
	one, two := open(Options{Now: now.now}), open(Options{Now: now.now})
	insert := func(key, value string) func(*Tx) error {
		return func(tx *Tx) error { return tx.Insert("b", key, []byte(value)) }
	}
	want := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) || err != nil && want == nil {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	want("where nothing is", one.Update(t.Context(), insert("a", "1")), nil)
	want("where something is", two.Update(t.Context(), insert("a", "2")), ErrExists)
	want("what was put before", one.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.Put("b", "c", nil), tx.Insert("b", "c", nil))
	}), ErrExists)
	want("what was deleted before", one.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.Delete("b", "a"), tx.Insert("b", "a", []byte("3")))
	}), nil)
	want("a failed one drops the closure", one.Update(t.Context(), func(tx *Tx) error {
		_ = tx.Put("b", "d", nil)
		_ = tx.Insert("b", "a", nil)
		return nil
	}), ErrExists)
	want("what has expired", one.Update(t.Context(), func(tx *Tx) error { return tx.PutUntil("b", "e", nil, now.now()) }), nil)
	want("in its place", two.Update(t.Context(), insert("e", "5")), nil)
	want("no name", one.Update(t.Context(), func(tx *Tx) error { return tx.Insert("B", "x", nil) }), ErrBadName)
	errs := together(t, two, insert("f", "first"), insert("f", "second"), insert("a", "x"), func(tx *Tx) error {
		if value, ok, err := tx.Get("b", "f"); !ok || string(value) != "first" {
			t.Errorf("%q %v %v", value, ok, err)
		}
		return insert("g", "last")(tx)
	})
	for i, w := range []error{nil, ErrExists, ErrExists, nil} {
		want(fmt.Sprint("together ", i), errs[i], w)
	}
	if got := dump(t, one, "b"); got != "a=3 e=5 f=first g=last" {
		t.Error(got)
	}
	var wg sync.WaitGroup
	var made atomic.Int64
	for i := range 200 {
		wg.Go(func() {
			err := []*Store{one, two}[i%2].Update(t.Context(), insert(fmt.Sprint("n", i/4), fmt.Sprint(i)))
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, ErrExists) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if made.Load() != 50 {
		t.Errorf("%d of 50 made", made.Load())
	}
}

func testCounter(t *testing.T, open opener) {
	stores := []*Store{open(Options{}), open(Options{})}
	var wg sync.WaitGroup
	for g := range 20 {
		wg.Go(func() {
			for range 25 {
				if err := stores[g%2].Update(context.Background(), func(tx *Tx) error { return increment(tx, "count", "n") }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got := dump(t, stores[0], "count"); got != "n=500" {
		t.Error(got)
	}
}

var errFull = errors.New("full")

// signUp takes one of so many places; who came as which number is kept for all.
func signUp(tx *Tx, who string, places int) error {
	if _, ok, err := tx.Get("signup", who); err != nil || ok {
		return err
	}
	n, err := number(tx, "activity", "A7")
	if err != nil {
		return err
	}
	if n >= places {
		return errFull
	}
	return errors.Join(increment(tx, "activity", "A7"), tx.Put("signup", who, fmt.Appendf(nil, "%04d", n+1)))
}

func testPlaces(t *testing.T, open opener) {
	stores := []*Store{open(Options{}), open(Options{})}
	var wg sync.WaitGroup
	var admitted, full atomic.Int32
	for g := range 1000 {
		wg.Go(func() {
			err := stores[g%2].Update(context.Background(), func(tx *Tx) error {
				if err := increment(tx, "activity", "came"); err != nil { // every attempt, in commit order
					return err
				}
				n, err := number(tx, "activity", "came")
				if err != nil {
					return err
				}
				err = signUp(tx, fmt.Sprintf("志愿者%d", g), 100)
				return errors.Join(tx.Put("attempt", fmt.Sprintf("%04d", n), fmt.Append(nil, errors.Is(err, errFull))), quiet(err))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for key, refused := range rows(t, stores[0], "attempt") {
		if (key > "0100") != (refused == "true") {
			t.Errorf("attempt %s: refused %s", key, refused)
		}
		if refused == "true" {
			full.Add(1)
		} else {
			admitted.Add(1)
		}
	}
	places := slices.Sorted(maps.Values(rows(t, stores[1], "signup")))
	for i, place := range places {
		if place != fmt.Sprintf("%04d", i+1) {
			t.Errorf("place %d is %s", i+1, place)
		}
	}
	if admitted.Load() != 100 || full.Load() != 900 || len(places) != 100 {
		t.Errorf("%d admitted, %d refused, %d places", admitted.Load(), full.Load(), len(places))
	}
}

func quiet(err error) error {
	if errors.Is(err, errFull) {
		return nil
	}
	return err
}

// Two may not both leave because each saw the other there; by key and by scan.
func testWriteSkew(t *testing.T, open opener) {
	stores := []*Store{open(Options{}), open(Options{})}
	for round := range 20 {
		for i := range 4 {
			put(t, stores[0], "duty", fmt.Sprint(i), "on")
		}
		var wg sync.WaitGroup
		for i := range 4 {
			wg.Go(func() {
				err := stores[i%2].Update(context.Background(), func(tx *Tx) error {
					on := 0
					if err := tx.Scan("duty", Range{}, func(string, []byte) error { on++; return nil }); err != nil || on <= 1 {
						return err
					}
					return tx.Delete("duty", fmt.Sprint(i))
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := len(rows(t, stores[0], "duty")); n != 1 {
			t.Fatalf("round %d: %d are left", round, n)
		}
	}
}

// transfers moves amounts between accounts, makes and closes some, until stop is
// called; the sum stays 1000.
func transfers(t *testing.T, s *Store) (stop func()) {
	t.Helper()
	const accounts = 40
	put(t, s, "account", "00", "1000")
	var done atomic.Bool
	var wg sync.WaitGroup
	var moves atomic.Int32
	for g := range 3 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(g), 1))
			for !done.Load() {
				from, to := fmt.Sprintf("%02d", rnd.IntN(accounts)), fmt.Sprintf("%02d", rnd.IntN(accounts))
				err := s.Update(context.Background(), func(tx *Tx) error { return move(tx, from, to) })
				if err != nil && !errors.Is(err, ErrConflict) {
					t.Error(err)
				}
				moves.Add(1)
			}
		})
	}
	until(t, "money moves", func() bool { return moves.Load() > 50 })
	return func() { done.Store(true); wg.Wait() }
}

func move(tx *Tx, from, to string) error {
	a, err := number(tx, "account", from)
	if err != nil || a == 0 || from == to {
		return err
	}
	b, err := number(tx, "account", to)
	if err != nil {
		return err
	}
	take := (a + 1) / 2
	if a == take {
		err = tx.Delete("account", from)
	} else {
		err = tx.Put("account", from, fmt.Append(nil, a-take))
	}
	return errors.Join(err, tx.Put("account", to, fmt.Append(nil, b+take)))
}

func sum(t *testing.T, r Reader) int {
	t.Helper()
	total := 0
	err := r.Scan("account", Range{}, func(_ string, value []byte) error {
		n, err := strconv.Atoi(string(value))
		total += n
		return err
	})
	if err != nil {
		t.Error(err)
	}
	return total
}

func testViews(t *testing.T, open opener) {
	writer, viewer := open(Options{}), open(Options{})
	stop := transfers(t, writer)
	defer stop()
	seen := 0
	for range 30 {
		total := 0
		err := viewer.View(t.Context(), func(r Reader) error { total = sum(t, r); return nil })
		switch {
		case errors.Is(err, ErrConflict): // a wide view over hot data
		case err != nil || total != 1000:
			t.Errorf("%d %v", total, err)
		default:
			seen++
		}
	}
	if seen == 0 {
		t.Error("no view came through")
	}
}

// clock is a clock that tests turn.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2026, 9, 25, 8, 30, 0, 0, time.UTC).UnixMilli())
	return c
}

func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }

func testExpiry(t *testing.T, open opener) {
	now, wall := newClock(), newClock()
	s := open(Options{Now: now.now, Wall: wall.now})
	err := s.Update(t.Context(), func(tx *Tx) error {
		if !tx.Now().Equal(now.now()) {
			t.Error(tx.Now())
		}
		return errors.Join(
			tx.PutUntil("b", "hour", []byte("h"), now.now().Add(time.Hour)),
			tx.PutUntilWall("b", "wall", []byte("w"), wall.now().Add(time.Hour)),
			tx.PutUntil("b", "longer", []byte("l"), now.now().Add(time.Hour)),
			tx.PutUntil("b", "for ever", []byte("e"), now.now().Add(time.Hour)),
			tx.PutUntil("b", "past", []byte("p"), now.now()),
			tx.Put("b", "none", []byte("n")))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *Tx) error {
		return errors.Join(tx.PutUntil("b", "longer", []byte("l"), now.now().Add(2*time.Hour)), tx.Put("b", "for ever", []byte("e")))
	})
	if err != nil {
		t.Fatal(err)
	}
	check := func(when, want string) {
		t.Helper()
		if got := dump(t, s, "b"); got != want {
			t.Errorf("%s: %s", when, got)
		}
		if err := s.View(t.Context(), func(r Reader) error {
			for _, key := range []string{"hour", "wall", "longer", "for ever", "past", "none"} {
				if _, ok, err := r.Get("b", key); err != nil || ok != strings.Contains(" "+want, " "+key+"=") {
					t.Errorf("%s: %s %v %v", when, key, ok, err)
				}
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	}
	check("at first", "for ever=e hour=h longer=l none=n wall=w")
	now.advance(time.Hour - time.Millisecond)
	check("just before", "for ever=e hour=h longer=l none=n wall=w")
	now.advance(time.Millisecond)
	check("at the hour", "for ever=e longer=l none=n wall=w")
	if n, err := s.Purge(t.Context(), 100); n != 4 || err != nil { // past, hour, and what longer and for ever were
		t.Error(n, err)
	}
	check("purged", "for ever=e longer=l none=n wall=w")
	wall.advance(time.Hour)
	check("by the wall", "for ever=e longer=l none=n")
	now.advance(time.Hour)
	check("two hours", "for ever=e none=n")
	if n, err := s.Purge(t.Context(), 100); n != 2 || err != nil {
		t.Error(n, err)
	}
	if n, err := s.Purge(t.Context(), 100); n != 0 || err != nil {
		t.Error(n, err)
	}
	left := 0
	if err := s.view(t.Context(), func(r *reader) error {
		left = 0
		for _, bucket := range []string{"b", expiryBucket} {
			if err := r.scan(bucket, Range{}, func(string, []byte) (bool, error) { left++; return true, nil }); err != nil {
				return err
			}
		}
		return nil
	}); err != nil || left != 2 {
		t.Errorf("%d records are left, %v", left, err)
	}
}

func testPurge(t *testing.T, open opener) {
	now := newClock()
	s := open(Options{Now: now.now})
	if err := s.Update(t.Context(), func(tx *Tx) error {
		for i := range 25 {
			if err := tx.PutUntil("b", fmt.Sprint(i), nil, now.now().Add(time.Minute)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, want := range []int{0, 10, 10, 5, 0} {
		if n, err := s.Purge(t.Context(), 10); n != want || err != nil {
			t.Errorf("%d: %d %v", i, n, err)
		}
		if i == 0 {
			now.advance(time.Minute)
		}
	}
}

func testLeases(t *testing.T, open opener) {
	now, wall := newClock(), newClock()
	o := Options{Now: now.now, Wall: wall.now}
	a, b := open(o), open(o)
	ctx := t.Context()
	take := func(s *Store, holder string) (Lease, bool) {
		t.Helper()
		l, ok, err := s.Lease(ctx, "机器人", holder, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		return l, ok
	}
	first, ok := take(a, "a")
	if !ok || first.Token != 1 || !first.Until.Equal(wall.now().Add(time.Minute)) {
		t.Errorf("%+v %v", first, ok)
	}
	if _, ok := take(b, "b"); ok {
		t.Error("two holders")
	}
	now.advance(24 * time.Hour) // a rehearsal's clock does not end leases
	if _, ok := take(b, "b"); ok {
		t.Error("the program's clock ended a lease")
	}
	wall.advance(30 * time.Second)
	first, err := first.Renew(ctx, time.Minute)
	if err != nil || first.Token != 1 {
		t.Error(first, err)
	}
	wall.advance(59 * time.Second)
	if _, ok := take(b, "b"); ok {
		t.Error("renewing did not help")
	}
	wall.advance(time.Second)
	if first, err = first.Renew(ctx, time.Minute); err != nil {
		t.Errorf("expired, but nobody took it: %v", err)
	}
	wall.advance(time.Minute)
	second, ok := take(b, "b")
	if !ok || second.Token != 2 {
		t.Errorf("%+v %v", second, ok)
	}
	if _, err := first.Renew(ctx, time.Minute); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	if err := first.Release(ctx); err != nil {
		t.Error(err)
	}
	if _, ok := take(a, "a"); ok {
		t.Error("a lost lease released another's")
	}
	again, ok := take(b, "b") // the same holder, started again
	if !ok || again.Token != 3 {
		t.Errorf("%+v %v", again, ok)
	}
	if _, err := second.Renew(ctx, time.Minute); !errors.Is(err, ErrLost) {
		t.Error(err)
	}
	if err := errors.Join(again.Release(ctx), again.Release(ctx)); err != nil {
		t.Error(err)
	}
	if third, ok := take(a, "a"); !ok || third.Token != 4 {
		t.Errorf("%+v %v", third, ok)
	}
	for _, holder := range []string{"", strings.Repeat("x", 10)} {
		if _, _, err := a.Lease(ctx, "", holder, time.Minute); !errors.Is(err, ErrBadName) {
			t.Error(err)
		}
	}
}

// Two instances take the lease from each other; only the one that has it writes.
func testFencing(t *testing.T, open opener) {
	stores := []*Store{open(Options{}), open(Options{})}
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Go(func() {
			s, holder := stores[g%2], fmt.Sprint(g)
			for range 15 {
				l, ok, err := s.Lease(context.Background(), "work", holder, -time.Minute) // has ended: anybody may take it
				if err != nil || !ok {
					t.Error(ok, err)
					return
				}
				last := 0 // as the run that was committed read it
				err = s.Update(context.Background(), func(tx *Tx) (err error) {
					if err := l.Check(tx); err != nil {
						return err
					}
					if last, err = number(tx, "done", "token"); err != nil {
						return err
					}
					return tx.Put("done", "token", fmt.Append(nil, l.Token))
				})
				switch {
				case errors.Is(err, ErrLost):
				case err != nil:
					t.Error(err)
				case last >= int(l.Token):
					t.Errorf("token %d after %d", l.Token, last)
				}
			}
		})
	}
	wg.Wait()
	l, _, err := stores[0].Lease(t.Context(), "work", "x", 0)
	if err != nil || l.Token != 61 {
		t.Error(l.Token, err)
	}
}

func testVersions(t *testing.T, open opener) {
	a, b := open(Options{}), open(Options{})
	version := func() uint64 {
		t.Helper()
		v, err := b.Version(t.Context(), "plan")
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	v0 := version()
	put(t, a, "plan", "P1", "x")
	v1 := version()
	put(t, a, "other", "P1", "x")
	_ = rows(t, a, "plan")
	_ = a.Update(t.Context(), func(tx *Tx) error { return errors.Join(tx.Put("plan", "P2", nil), errFull) })
	v2 := version()
	if err := a.Update(t.Context(), func(tx *Tx) error { return tx.Delete("plan", "P1") }); err != nil {
		t.Fatal(err)
	}
	if v3 := version(); v0 == v1 || v1 != v2 || v2 == v3 {
		t.Error(v0, v1, v2, v3)
	}
	if _, err := a.Version(t.Context(), "~meta"); !errors.Is(err, ErrBadName) {
		t.Error(err)
	}
}

func testCancel(t *testing.T, open opener) {
	s := open(Options{})
	gone, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the platform hung up")
	var ran atomic.Bool
	held, begun := make(chan struct{}), make(chan struct{})
	first, second := make(chan error, 1), make(chan error, 1)
	var once sync.Once
	go func() {
		first <- s.Update(context.Background(), func(tx *Tx) error {
			once.Do(func() { close(begun) })
			<-held
			return tx.Put("b", "first", nil)
		})
	}()
	<-begun
	go func() {
		second <- s.Update(gone, func(tx *Tx) error { ran.Store(true); return tx.Put("b", "second", nil) })
	}()
	until(t, "it waits", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.queue) == 1 })
	cancel(why)
	if err := <-second; !errors.Is(err, why) {
		t.Error(err)
	}
	close(held)
	if err := <-first; err != nil {
		t.Error(err)
	}
	if got := dump(t, s, "b"); got != "first=" || ran.Load() {
		t.Error(got, ran.Load())
	}
	for _, err := range []error{
		s.Update(gone, func(*Tx) error { return nil }),
		s.View(gone, func(Reader) error { return nil }),
	} {
		if !errors.Is(err, why) && !errors.Is(err, context.Canceled) || errors.Is(err, ErrUnavailable) {
			t.Error(err)
		}
	}
}

func testBusy(t *testing.T, open opener) {
	s := open(Options{Queue: 3})
	var busy []error
	errs := together(t, s,
		func(tx *Tx) error { return increment(tx, "b", "n") },
		func(tx *Tx) error { return increment(tx, "b", "n") },
		func(tx *Tx) error { return increment(tx, "b", "n") })
	held, begun := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	var once sync.Once
	wg.Go(func() {
		_ = s.Update(context.Background(), func(*Tx) error { once.Do(func() { close(begun) }); <-held; return nil })
	})
	<-begun
	for i := range 3 {
		wg.Go(func() {
			if err := s.Update(context.Background(), func(tx *Tx) error { return increment(tx, "b", "n") }); err != nil {
				t.Error(err)
			}
		})
		until(t, "it waits", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.queue) == i+1 })
	}
	for range 2 {
		busy = append(busy, s.Update(t.Context(), func(tx *Tx) error { return increment(tx, "b", "n") }))
	}
	close(held)
	wg.Wait()
	for _, err := range busy {
		if !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
	}
	if got := dump(t, s, "b"); got != "n=6" || errors.Join(errs...) != nil {
		t.Error(got, errs)
	}
}

func testMigrate(t *testing.T, open opener) {
	ctx := t.Context()
	s := open(Options{})
	put(t, s, "task", "T1", "a")
	upper := func(tx *Tx) error {
		return tx.Scan("task", Range{}, func(key string, value []byte) error { return tx.Put("task", key, bytes.ToUpper(value)) })
	}
	suffix := func(tx *Tx) error {
		return tx.Scan("task", Range{}, func(key string, value []byte) error { return tx.Put("task", key, append(value, '!')) })
	}
	bad := errors.New("bad step")
	if err := s.Migrate(ctx, []Step{upper, func(tx *Tx) error { return errors.Join(tx.Delete("task", "T1"), bad) }}); !errors.Is(err, bad) {
		t.Error(err)
	}
	if got := dump(t, s, "task"); got != "T1=A" {
		t.Errorf("after a step that failed: %s", got)
	}
	var wg sync.WaitGroup
	other := open(Options{})
	for i := range 6 {
		wg.Go(func() {
			if err := []*Store{s, other}[i%2].Migrate(context.Background(), []Step{upper, suffix}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := dump(t, s, "task"); got != "T1=A!" {
		t.Errorf("each step once: %s", got)
	}
	if err := s.Migrate(ctx, []Step{upper}); !errors.Is(err, ErrNewer) {
		t.Errorf("an older program: %v", err)
	}
	// A newer program migrates while this one runs.
	if err := s.update(ctx, "", func(tx *Tx) error {
		st, err := tx.r.state()
		st.Schema++
		return errors.Join(err, tx.setState(st))
	}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		s.Update(ctx, func(tx *Tx) error { return tx.Delete("task", "T1") }),
		s.View(ctx, func(Reader) error { return nil }), s.Ping(ctx),
	} {
		if !errors.Is(err, ErrNewer) {
			t.Errorf("%v", err)
		}
	}
}

func testBackup(t *testing.T, open opener) {
	ctx := t.Context()
	now := newClock()
	writer, s := open(Options{Now: now.now}), open(Options{Now: now.now})
	if err := s.Migrate(ctx, []Step{func(*Tx) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(ctx, func(tx *Tx) error {
		for i := range 3 * copyKeys {
			if err := tx.Put("plan", fmt.Sprintf("方案%04d", i), bytes.Repeat([]byte("文"), 100)); err != nil {
				return err
			}
		}
		return tx.PutUntil("session", "S1", []byte("x"), now.now().Add(time.Hour))
	}); err != nil {
		t.Fatal(err)
	}
	lease, _, err := s.Lease(ctx, "work", "me", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	stop := transfers(t, writer)
	var backups [5]bytes.Buffer
	for i := range backups {
		if err := s.Backup(ctx, &backups[i]); err != nil {
			t.Error(err)
		}
	}
	stop()
	for i := range backups {
		to := openFile(t, t.TempDir()+"/store", Options{Now: now.now})
		data := backups[i].Bytes()
		if err := to.Restore(ctx, bytes.NewReader(data)); err != nil {
			t.Fatal(err)
		}
		if err := to.View(ctx, func(r Reader) error {
			if total := sum(t, r); total != 1000 {
				t.Errorf("backup %d holds %d", i, total)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if n := len(rows(t, to, "plan")); n != 3*copyKeys {
			t.Errorf("%d plans", n)
		}
		if l, ok, err := to.Lease(ctx, "work", "you", time.Hour); !ok || err != nil || l.Token <= lease.Token {
			t.Errorf("%+v %v %v", l, ok, err)
		}
		if err := to.Migrate(ctx, nil); !errors.Is(err, ErrNewer) {
			t.Errorf("the schema was not restored: %v", err)
		}
		if i > 0 {
			continue
		}
		if err := to.Restore(ctx, bytes.NewReader(data)); !errors.Is(err, ErrNotEmpty) {
			t.Errorf("again: %v", err)
		}
		if got := dump(t, to, "session"); got != "S1=x" {
			t.Error(got)
		}
		now.advance(2 * time.Hour)
		if n, err := to.Purge(ctx, 10); n != 1 || err != nil {
			t.Errorf("expiry was not restored: %d %v", n, err)
		}
		now.advance(-2 * time.Hour)
	}
}

// backupOf is a backup of the records, as a program of that schema writes it.
func backupOf(t testing.TB, schema int, records map[string]string) []byte {
	t.Helper()
	var buf bytes.Buffer
	e := newEncoder(&buf)
	for _, key := range slices.Sorted(maps.Keys(records)) {
		_ = e.put("task", key, encodeRecord([]byte(records[key]), expiry{}))
	}
	st, err := json.Marshal(state{Format: formatVersion, Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	_ = e.put(stateID.bucket, stateID.key, encodeRecord(st, expiry{}))
	if err := e.finish(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func testRestoreRefuses(t *testing.T, open opener) {
	s := open(Options{})
	ctx := t.Context()
	good := backupOf(t, 0, map[string]string{"T1": "借书", "T2": strings.Repeat("长", 100)})
	for n := range len(good) {
		if err := s.Restore(ctx, bytes.NewReader(good[:n])); !errors.Is(err, ErrDamaged) {
			t.Fatalf("cut at %d: %v", n, err)
		}
		bad := bytes.Clone(good)
		bad[n] ^= 1
		if err := s.Restore(ctx, bytes.NewReader(bad)); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
			t.Fatalf("a bit at %d: %v", n, err)
		}
	}
	newer := bytes.Clone(good)
	newer[len(backupMagic)+1] = 2
	for name, tc := range map[string]struct {
		data []byte
		want error
	}{
		"nothing": {nil, ErrDamaged}, "garbage": {[]byte("PK\x03\x04 a zip file"), ErrDamaged},
		"more behind it": {append(bytes.Clone(good), 0), ErrDamaged}, "a newer format": {newer, ErrNewer},
	} {
		if err := s.Restore(ctx, bytes.NewReader(tc.data)); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.Migrate(ctx, nil); err != nil {
		t.Fatal(err)
	}
	if err := s.Restore(ctx, bytes.NewReader(backupOf(t, 1, nil))); !errors.Is(err, ErrNewer) {
		t.Errorf("a newer schema: %v", err)
	}
	if got := dump(t, s, "task"); got != "" {
		t.Errorf("something was written: %s", got)
	}
	put(t, s, "other", "x", "y")
	if err := s.Restore(ctx, bytes.NewReader(good)); !errors.Is(err, ErrNotEmpty) {
		t.Error(err)
	}
}

func testInterruptedRestore(t *testing.T, open opener) {
	s := open(Options{})
	ctx := t.Context()
	records := map[string]string{}
	for i := range 2*chunkRecords + 10 {
		records[fmt.Sprintf("%05d", i)] = "x"
	}
	// What a restore leaves that died in the middle.
	if err := s.beginRestore(ctx, "died"); err != nil {
		t.Fatal(err)
	}
	if err := s.update(ctx, "died", func(tx *Tx) error {
		for i := range chunkRecords + 5 {
			tx.r.layers[0].set(id{"left", fmt.Sprint(i)}, encodeRecord(nil, expiry{}))
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{s.Ping(ctx), s.Update(ctx, func(*Tx) error { return nil }), s.Backup(ctx, &bytes.Buffer{})} {
		if !errors.Is(err, ErrUnavailable) {
			t.Errorf("half restored: %v", err)
		}
	}
	if err := s.Restore(ctx, bytes.NewReader(backupOf(t, 0, records))); err != nil {
		t.Fatal(err)
	}
	if n, left := len(rows(t, s, "task")), len(rows(t, s, "left")); n != len(records) || left != 0 {
		t.Errorf("%d restored, %d left over", n, left)
	}
	if err := s.update(ctx, "died", func(*Tx) error { return nil }); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a restore that was overtaken: %v", err)
	}
}
