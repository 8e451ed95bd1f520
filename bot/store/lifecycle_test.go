package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// both runs a test over a file and over Redis, each with stores that open anew.
func both(t *testing.T, run func(t *testing.T, open opener)) {
	t.Run("file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "store")
		run(t, func(o Options) *Store { return openFile(t, path, o) })
	})
	t.Run("redis", func(t *testing.T) {
		url, space := sharedServer(t).url(), rand.Text()
		run(t, func(o Options) *Store { return openRedis(t, url, space, o) })
	})
}

func TestCloseWaitsForWhatWasAccepted(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, open opener) {
		s := open(Options{})
		held, begun, closed := make(chan struct{}), make(chan struct{}), make(chan error, 2)
		var once sync.Once
		var wg sync.WaitGroup
		update := func(i int) {
			wg.Go(func() {
				if err := s.Update(context.Background(), func(tx *Tx) error {
					once.Do(func() { close(begun) })
					<-held
					return tx.Put("b", fmt.Sprint(i), nil)
				}); err != nil {
					t.Error(err)
				}
			})
		}
		update(0) // holds the committer
		<-begun
		for i := range 4 {
			update(i + 1)
		}
		until(t, "they wait", func() bool { s.mu.Lock(); defer s.mu.Unlock(); return len(s.queue) == 4 })
		for range 2 {
			go func() { closed <- s.Close() }()
		}
		until(t, "nothing more is accepted", func() bool { return errors.Is(s.Ping(context.Background()), ErrClosed) })
		if err := s.Update(context.Background(), func(*Tx) error { return nil }); !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
		select {
		case <-closed:
			t.Error("Close did not wait")
		default:
		}
		close(held)
		wg.Wait()
		if err := errors.Join(<-closed, <-closed, s.Close()); err != nil {
			t.Error(err)
		}
		if got := rows(t, open(Options{}), "b"); len(got) != 5 {
			t.Error(got)
		}
	})
}

// Open and close again and again while callers call: each hears yes or ErrClosed,
// and every yes is kept.
func TestStartAndStopUnderLoad(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, open opener) {
		var yes atomic.Int64
		for range 25 {
			s := open(Options{})
			var wg sync.WaitGroup
			first := make(chan struct{})
			var once sync.Once
			for range 10 {
				wg.Go(func() {
					for {
						err := s.Update(context.Background(), func(tx *Tx) error { return increment(tx, "b", "n") })
						if errors.Is(err, ErrClosed) {
							return
						}
						if err != nil {
							t.Error(err)
							return
						}
						yes.Add(1)
						once.Do(func() { close(first) })
					}
				})
				wg.Go(func() {
					for !errors.Is(s.View(context.Background(), func(r Reader) error { _, err := number(r, "b", "n"); return err }), ErrClosed) {
						runtime.Gosched()
					}
				})
			}
			<-first
			for range 3 {
				wg.Go(func() {
					if err := s.Close(); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
		}
		if got := dump(t, open(Options{}), "b"); got != fmt.Sprintf("n=%d", yes.Load()) {
			t.Errorf("%s after %d times yes", got, yes.Load())
		}
	})
}

// Not parallel, so that no other test's goroutines are about.
func TestNoGoroutineIsLeft(t *testing.T) {
	both(t, func(t *testing.T, open opener) {
		before := runtime.NumGoroutine()
		for range 5 {
			s := open(Options{})
			put(t, s, "b", "k", "v")
			if err := s.Backup(t.Context(), new(bytes.Buffer)); err != nil {
				t.Error(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		until(t, "all goroutines have ended", func() bool { return runtime.NumGoroutine() <= before })
	})
}

// Another instance changes what a closure has read: it runs again, and only its
// last run counts. On a file there is no other instance.
func TestAConflictRunsTheClosureAgain(t *testing.T) {
	t.Parallel()
	url, space := sharedServer(t).url(), rand.Text()
	a, b := openRedis(t, url, space, Options{}), openRedis(t, url, space, Options{})
	for name, read := range map[string]func(r Reader) error{
		"get":            func(r Reader) error { _, _, err := r.Get("b", "k"); return err },
		"get of nothing": func(r Reader) error { _, _, err := r.Get("b", "new"); return err },
		"scan":           func(r Reader) error { return r.Scan("b", Range{}, func(string, []byte) error { return nil }) },
		"empty range":    func(r Reader) error { return r.Scan("b", Range{From: "z"}, nil) },
	} {
		runs := 0
		err := a.Update(t.Context(), func(tx *Tx) error {
			runs++
			if err := read(tx); err != nil {
				return err
			}
			if runs <= 2 {
				put(t, b, "b", "k", fmt.Sprint(name, runs))
				put(t, b, "b", "new", fmt.Sprint(name, runs))
				put(t, b, "b", fmt.Sprint("x", name, runs), "")
			}
			return tx.Put("out", fmt.Sprint(name, runs), nil)
		})
		if err != nil || runs < 2 {
			t.Errorf("%s: %d runs, %v", name, runs, err)
		}
		if _, ok := rows(t, a, "out")[fmt.Sprint(name, runs)]; !ok {
			t.Errorf("%s: the last run is not kept", name)
		}
	}
	if n := len(rows(t, a, "out")); n != 4 {
		t.Errorf("%d runs were kept", n)
	}
	runs := 0
	fail := errors.New("it was 1")
	err := a.Update(t.Context(), func(tx *Tx) error { // an error, too, must rest on one state
		runs++
		n, err := number(tx, "n", "n")
		if runs == 1 {
			put(t, b, "n", "n", "1")
		}
		if n == 0 {
			return errors.Join(err, errors.New("it was 0"))
		}
		return fail
	})
	if !errors.Is(err, fail) || runs != 2 {
		t.Error(runs, err)
	}
	runs = 0
	err = a.Update(t.Context(), func(tx *Tx) error {
		runs++
		put(t, b, "n", "n", fmt.Sprint(runs))
		_, err := number(tx, "n", "n")
		put(t, b, "n", "n", fmt.Sprint(runs+1000))
		return errors.Join(err, tx.Put("n", "m", nil))
	})
	if !errors.Is(err, ErrConflict) || errors.Is(err, ErrUnavailable) || runs != conflictTries {
		t.Errorf("%d runs, %v", runs, err)
	}
}

func TestOneBackupAtATimeOnRedis(t *testing.T) {
	t.Parallel()
	url, space := sharedServer(t).url(), rand.Text()
	a, b := openRedis(t, url, space, Options{}), openRedis(t, url, space, Options{})
	put(t, a, "b", "k", "old")
	err := a.back.snapshot(t.Context(), func(bucket, key string, raw []byte) error {
		if err := b.Backup(t.Context(), new(bytes.Buffer)); !errors.Is(err, ErrBusy) {
			t.Error(err)
		}
		put(t, b, "b", "k", "new")
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	var buf bytes.Buffer
	if err := b.Backup(t.Context(), &buf); err != nil || !bytes.Contains(buf.Bytes(), []byte("new")) {
		t.Errorf("%v %q", err, buf.Bytes())
	}
}

func TestBackupToABrokenWriter(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, open opener) {
		s := open(Options{})
		put(t, s, "b", "k", strings.Repeat("长", 10_000))
		for range 2 {
			if err := s.Backup(t.Context(), brokenWriter{}); !errors.Is(err, errFull) {
				t.Error(err)
			}
		}
		if err := s.Backup(t.Context(), new(bytes.Buffer)); err != nil {
			t.Error(err)
		}
	})
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errFull }

// Whatever is decoded without an error is, written again, the same bytes.
func FuzzDecodeBackup(f *testing.F) {
	good := backupOf(f, 3, map[string]string{"T1": "借书", "T2": ""})
	body := good[:len(good)-32]
	f.Add(good, false)
	f.Add(good[:40], false)
	f.Add(body, true)
	f.Add([]byte("XTBACKUP\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00"), true)
	f.Add([]byte("XTBACKUP\x00\x01\x01a\xff\xff\xff\xff\xff\xff"), true)
	f.Fuzz(func(t *testing.T, data []byte, sign bool) {
		if sign { // past the checksum
			sum := newEncoder(new(bytes.Buffer)).sum
			sum.Reset()
			sum.Write(data)
			data = sum.Sum(bytes.Clone(data))
		}
		var again bytes.Buffer
		e := newEncoder(&again)
		if err := decodeBackup(bytes.NewReader(data), e.put); err != nil {
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNewer) {
				t.Errorf("an error of no kind: %v", err)
			}
			return
		}
		if err := e.finish(); err != nil || !bytes.Equal(again.Bytes(), data) {
			t.Errorf("%v\n%x\n%x", err, data, again.Bytes())
		}
	})
}

func TestErrorKinds(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err          error
		again, stale bool
	}{
		{fmt.Errorf("x: %w", errConflict), true, false},
		{broken(errors.New("EOF")), true, true},
		{fmt.Errorf("x: %w", ErrUnavailable), false, false},
		{ErrClosed, false, false}, {ErrNewer, false, false},
	} {
		if got := (&attempt{tries: 1}).again(tc.err); got != tc.again {
			t.Errorf("%v: %v", tc.err, got)
		}
		if errors.Is(tc.err, errStale) != tc.stale || tc.stale && !errors.Is(tc.err, ErrUnavailable) {
			t.Error(tc.err)
		}
	}
	if broken(nil) != nil || !errors.Is(final(errConflict), ErrConflict) {
		t.Error("nil or conflict")
	}
}
