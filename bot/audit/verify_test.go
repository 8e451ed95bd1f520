package audit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
)

// hand changes records behind the package's back.
type hand struct {
	testing.TB
	*store.Tx
}

func (h hand) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h hand) get(bucket, key string) []byte {
	h.Helper()
	value, ok, err := h.Get(bucket, key)
	if err != nil || !ok {
		h.Fatalf("%s %q: %v %v", bucket, key, ok, err)
	}
	return value
}

func (h hand) drop(chain string, seqs ...int) {
	h.Helper()
	for _, seq := range seqs {
		h.must(h.Delete(bucketEntry, key(chain, seq)))
	}
}

// swap exchanges two records.
func (h hand) swap(bucket, a, b string) {
	h.Helper()
	va, vb := h.get(bucket, a), h.get(bucket, b)
	h.must(errors.Join(h.Put(bucket, a, vb), h.Put(bucket, b, va)))
}

// rewrite changes words in an entry, and makes its hash right if asked.
func (h hand) rewrite(chain string, seq int, rehash bool, change func(*Entry)) {
	h.Helper()
	e, ok := decode[Entry](h.get(bucketEntry, key(chain, seq)))
	if !ok {
		h.Fatal("no entry")
	}
	change(&e)
	if rehash {
		e.Hash = e.sum(chain)
	}
	h.must(h.Put(bucketEntry, key(chain, seq), encode(h, e)))
}

func TestTampering(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	fill(t, s, 3, "task/T1", "task/T2", "task/T3")
	const one, two = "task/T1", "task/T2"
	const gone, beside = "the whole chain is gone", "a record beside all chains" // what Verify of one chain cannot see
	for _, tc := range []struct {
		name string
		do   func(h hand)
		want string // the breaks, in order
	}{
		{"nothing", func(hand) {}, ""},
		{"words in an entry", func(h hand) { h.rewrite(two, 2, false, func(e *Entry) { e.What = "办结" }) }, "task/T2 2 changed"},
		{"data", func(h hand) { h.rewrite(two, 2, false, func(e *Entry) { e.Data = []byte(`{"progress":100}`) }) }, "task/T2 2 changed"},
		{"the time", func(h hand) { h.rewrite(two, 1, false, func(e *Entry) { e.At = e.At.Add(-1) }) }, "task/T2 1 changed"},
		{"who did it, with a right hash", func(h hand) { h.rewrite(two, 2, true, func(e *Entry) { e.By = "p2" }) }, "task/T2 3 unlinked"},
		{"the last one, with a right hash", func(h hand) { h.rewrite(two, 3, true, func(e *Entry) { e.By = "p2" }) }, "task/T2 0 no-head"},
		{"the first one is dropped", func(h hand) { h.drop(two, 1) }, "task/T2 1 missing"},
		{"one in the middle is dropped", func(h hand) { h.drop(two, 2) }, "task/T2 2 missing"},
		{"one is dropped and the rest moved up", func(h hand) {
			third := h.get(bucketEntry, key(two, 3))
			h.drop(two, 3)
			h.must(h.Put(bucketEntry, key(two, 2), third))
		}, "task/T2 2 changed"},
		{"one is dropped and the next renumbered", func(h hand) {
			h.swap(bucketEntry, key(two, 2), key(two, 3))
			h.drop(two, 3)
			h.rewrite(two, 2, true, func(e *Entry) { e.Seq = 2 })
		}, "task/T2 2 unlinked"},
		{"two in another order", func(h hand) { h.swap(bucketEntry, key(two, 1), key(two, 2)) }, "task/T2 1 changed"},
		{"two in another order, renumbered", func(h hand) {
			h.swap(bucketEntry, key(two, 1), key(two, 2))
			h.rewrite(two, 1, true, func(e *Entry) { e.Seq = 1 })
			h.rewrite(two, 2, true, func(e *Entry) { e.Seq = 2 })
		}, "task/T2 1 unlinked"},
		{"the end is cut", func(h hand) { h.drop(two, 3) }, "task/T2 3 cut"},
		{"more is cut", func(h hand) { h.drop(two, 2, 3) }, "task/T2 2 cut"},
		{"all entries are cut", func(h hand) { h.drop(two, 1, 2, 3) }, "task/T2 1 cut"},
		{"the end is cut with its record", func(h hand) {
			h.drop(two, 3)
			h.must(h.Delete(bucketHead, two))
		}, "task/T2 0 no-head"},
		{"the end's record is dropped", func(h hand) { h.must(h.Delete(bucketHead, two)) }, "task/T2 0 no-head"},
		{gone, func(h hand) {
			h.drop(two, 1, 2, 3)
			h.must(h.Delete(bucketHead, two))
		}, "task/T2 1 cut"},
		{"the whole chain is gone, its beginning too", func(h hand) {
			h.drop(two, 1, 2, 3)
			h.drop(register, 2)
			h.must(h.Delete(bucketHead, two))
		}, "chains 2 missing"},
		{"the register's entry names nothing", func(h hand) { h.rewrite(register, 2, true, func(e *Entry) { e.Data = []byte("{}") }) }, "chains 3 unlinked, task/T2 0 unregistered"},
		{"an entry is added", func(h hand) {
			e := Entry{Seq: 4, At: noon.UTC(), By: "p1", What: "办结", Data: []byte("null"), Prev: list(h, h.Tx, two)[2].Hash}
			e.Hash = e.sum(two)
			h.must(h.Put(bucketEntry, key(two, 4), encode(h, e)))
		}, "task/T2 4 surplus"},
		{"a key that is none", func(h hand) { h.must(h.Put(bucketEntry, two+"\x00000000000002x", []byte("{}"))) }, "task/T2 3 changed"},
		{beside, func(h hand) { h.must(h.Put(bucketEntry, "x", []byte("{}"))) }, "x 1 changed"},
		{"an older end", func(h hand) {
			h.must(h.Put(bucketHead, two, encode(h, head{2, list(h, h.Tx, two)[1].Hash})))
		}, "task/T2 3 surplus"},
		{"an entry from another chain", func(h hand) { h.swap(bucketEntry, key(one, 2), key(two, 2)) }, "task/T1 2 changed, task/T2 2 changed"},
		{"an entry from another chain, with a right hash", func(h hand) {
			h.must(h.Put(bucketEntry, key(two, 2), h.get(bucketEntry, key(one, 2))))
			h.rewrite(two, 2, true, func(*Entry) {})
		}, "task/T2 2 unlinked"},
		{"two chains change places", func(h hand) {
			for seq := 1; seq <= 3; seq++ {
				h.swap(bucketEntry, key(one, seq), key(two, seq))
			}
			h.swap(bucketHead, one, two)
		}, "task/T1 1 changed, task/T2 1 changed"},
		{"a chain is copied", func(h hand) {
			for seq := 1; seq <= 3; seq++ {
				h.must(h.Put(bucketEntry, key("task/T4", seq), h.get(bucketEntry, key(two, seq))))
			}
			h.must(h.Put(bucketHead, "task/T4", h.get(bucketHead, two)))
		}, "task/T4 1 changed"},
		{"a chain is made up", func(h hand) {
			e := Entry{Seq: 1, At: noon.UTC(), By: "p1", What: "办结", Data: []byte("null")}
			e.Hash = e.sum("task/T4")
			h.must(h.Put(bucketEntry, key("task/T4", 1), encode(h, e)))
			h.must(h.Put(bucketHead, "task/T4", encode(h, head{1, e.Hash})))
		}, "task/T4 0 unregistered"},
		{"an end without a chain", func(h hand) { h.must(h.Put(bucketHead, "task/T4", encode(h, head{1, "x"}))) }, "task/T4 1 cut"},
		{"an empty end without a chain", func(h hand) { h.must(h.Put(bucketHead, "task/T4", encode(h, head{}))) }, "task/T4 0 unregistered"},
		{"several", func(h hand) {
			h.drop(one, 2)
			h.drop("task/T3", 3)
			h.rewrite(two, 1, false, func(e *Entry) { e.By = "" })
			h.rewrite(two, 3, false, func(e *Entry) { e.By = "" })
		}, "task/T1 2 missing, task/T2 1 changed, task/T3 3 cut"},
	} {
		try(t, s, func(tx *store.Tx) {
			tc.do(hand{t, tx})
			report, err := VerifyAll(tx)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range report.Breaks {
				got = append(got, fmt.Sprint(b.Chain, " ", b.Seq, " ", b.Why))
				if texts[b.Why] == "" || !strings.Contains(Tell(b), texts[b.Why]) || strings.HasPrefix(Tell(b), b.Chain) == (b.Chain == register) || !strings.Contains(b.Error(), string(b.Why)) {
					t.Errorf("%s: said as %q and %q", tc.name, Tell(b), b)
				}
				err := Verify(tx, b.Chain)
				var one *Break
				alone := b.Why != Unregistered && tc.name != gone && tc.name != beside
				if errors.As(err, &one) != alone || alone && !cmp.Equal(one, b) {
					t.Errorf("%s: alone it is %v", tc.name, err)
				}
			}
			if got := strings.Join(got, ", "); got != tc.want {
				t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
			}
		})
	}
}

// Whatever bit of whatever record is turned, it is noticed.
func TestEveryBitCounts(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	fill(t, s, 2, "task/T1")
	var broken *Break
	try(t, s, func(tx *store.Tx) {
		for _, bucket := range []string{bucketEntry, bucketHead} {
			records := map[string][]byte{}
			err := tx.Scan(bucket, store.Range{}, func(key string, value []byte) error {
				records[key] = value
				return nil
			})
			if err != nil || len(records) == 0 {
				t.Fatal(records, err)
			}
			for key, value := range records {
				for i := range value {
					for bit := range 8 {
						turned := slices.Clone(value)
						turned[i] ^= 1 << bit
						if err := tx.Put(bucket, key, turned); err != nil {
							t.Fatal(err)
						}
						chain, _, _ := strings.Cut(key, "\x00")
						if err := Verify(tx, chain); !errors.As(err, &broken) {
							t.Fatalf("%q: %q is taken for %q: %v", key, turned, value, err)
						}
					}
				}
				if err := tx.Put(bucket, key, value); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// A chain whose end was tampered with is not continued, so nothing is written over.
func TestABrokenEndIsNotContinued(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	fill(t, s, 3, "task/T1")
	for name, spoil := range map[string]func(*store.Tx) error{
		"dropped": func(tx *store.Tx) error { return tx.Delete(bucketHead, "task/T1") },
		"older": func(tx *store.Tx) error {
			return tx.Put(bucketHead, "task/T1", encode(t, head{2, list(t, tx, "task/T1")[1].Hash}))
		},
		"garbage": func(tx *store.Tx) error { return tx.Put(bucketHead, "task/T1", []byte("{")) },
	} {
		try(t, s, func(tx *store.Tx) {
			before := list(t, tx, "task/T1")
			if err := spoil(tx); err != nil {
				t.Fatal(err)
			}
			_, err := Append(tx, "task/T1", "p1", "办结", nil)
			var broken *Break
			if !errors.As(err, &broken) || broken.Chain != "task/T1" || !cmp.Equal(before, list(t, tx, "task/T1")) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	try(t, s, func(tx *store.Tx) {
		if err := tx.Put(bucketEntry, key("task/T1", 2), []byte("{")); err != nil {
			t.Fatal(err)
		}
		es, err := List(tx, "task/T1")
		var broken *Break
		if !errors.As(err, &broken) || !cmp.Equal(broken, &Break{"task/T1", 2, Changed}) {
			t.Errorf("%v %v", es, err)
		}
	})
}

// No other record than the one that was written is taken in its place.
func FuzzDecode(f *testing.F) {
	s := openStore(f)
	fill(f, s, 3, "task/T1")
	var genuine []byte
	try(f, s, func(tx *store.Tx) { genuine = hand{f, tx}.get(bucketEntry, key("task/T1", 2)) })
	f.Add(genuine)
	f.Add(bytes.Replace(genuine, []byte(`"by"`), []byte(`"BY"`), 1))
	f.Add(bytes.Replace(genuine, []byte(`{`), []byte(`{"x":1,`), 1))
	f.Add(bytes.Replace(genuine, []byte(`,"by"`), []byte(`, "by"`), 1))
	f.Add(bytes.Replace(genuine, []byte(`Z"`), []byte(`+00:00"`), 1))
	f.Add([]byte(`{"seq":2,"seq":3}`))
	f.Fuzz(func(t *testing.T, stored []byte) {
		try(t, s, func(tx *store.Tx) {
			if err := tx.Put(bucketEntry, key("task/T1", 2), stored); err != nil {
				t.Fatal(err)
			}
			err := Verify(tx, "task/T1")
			var broken *Break
			if bytes.Equal(stored, genuine) != (err == nil) || err != nil && !errors.As(err, &broken) {
				t.Errorf("%q: %v", stored, err)
			}
			if e, ok := decode[Entry](stored); ok && !bytes.Equal(encode(t, e), stored) {
				t.Errorf("%q is read as %+v", stored, e)
			}
		})
	})
}
