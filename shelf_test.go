package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/calendar"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/index"
)

// newShelf is a shelf over a store. use is told of every new bot.
func newShelf(s *store.Store, data string, use func(*bot.Bot, []string)) *shelf {
	return &shelf{store: s, data: data, log: slog.New(slog.DiscardHandler), kick: make(chan struct{}, 1), use: use}
}

// While the documents change again and again, every question is answered, from
// one of the versions, and what an old version held is given back.
func TestQuestionsDuringSwapsNeverFail(t *testing.T) {
	t.Parallel()
	const swaps, askers = 50, 1
	data := t.TempDir()
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var current atomic.Pointer[bot.Bot]
	sh := newShelf(s, data, func(b *bot.Bot, _ []string) { current.Store(b) })
	for i := range 10 { // so many that questions need what a swap closes
		name := fmt.Sprintf("river%d.txt", i)
		p, err := library.Read(name, []byte(strings.ReplaceAll(riverPlan, "2号", fmt.Sprintf("%d号", i+2))))
		if err != nil {
			t.Fatal(err)
		}
		sh.given = append(sh.given, p)
	}
	version := func(i int) {
		text := strings.ReplaceAll(countyPlan, "县财政局", fmt.Sprintf("县财政%d局", i))
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			_, err := library.Put(tx, "a.txt", []byte(text), byOperator)
			return err
		})
		if err == nil {
			err = sh.load(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	version(0)
	first := current.Load() // one who holds on to the first is answered by the last
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range askers {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				for _, b := range []*bot.Bot{first, current.Load()} {
					if r, err := b.Ask(t.Context(), libraryMoney, "", ""); err != nil || !strings.Contains(r.Text, "县财政") {
						t.Errorf("%q, %v", r.Text, err)
						return
					}
				}
			}
		})
	}
	var settled int
	for i := 1; i <= swaps; i++ {
		version(i)
		if i == swaps/5 {
			settled = openFiles(t, data)
		}
	}
	close(stop)
	wg.Wait()
	if r, err := first.Ask(t.Context(), libraryMoney, "", ""); err != nil || !strings.Contains(r.Text, fmt.Sprintf("县财政%d局", swaps)) {
		t.Errorf("%q, %v", r.Text, err)
	}
	if n := openFiles(t, data); n > settled {
		t.Errorf("%d files of the data folder are open, %d after a fifth of the swaps", n, settled)
	}
	if folders, err := os.ReadDir(indexFolder(data)); err != nil || len(folders) != 2 { // the index and the name of it
		t.Errorf("the index folder holds %v, %v", folders, err)
	}
	if err := sh.close(); err != nil {
		t.Error(err)
	}
}

// A version comes into force on its day by the program's clock, without anybody's
// doing anything.
func TestTheDayOfAVersionIsNoticed(t *testing.T) {
	t.Parallel()
	var day atomic.Int64
	now := func() time.Time { return time.Date(2026, 3, int(day.Load()), 9, 0, 0, 0, time.UTC) }
	day.Store(1)
	data := t.TempDir()
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		if _, err := library.Put(tx, "a.txt", []byte(countyPlan), byOperator); err != nil {
			return err
		}
		d, _, err := library.Upload(tx, "b.txt", []byte(strings.ReplaceAll(countyPlan, "县财政局", "县审计局")), "甲")
		if err != nil {
			return err
		}
		stand, err := library.StandOf(tx, d.Name)
		if err != nil {
			return err
		}
		_, err = library.Rules{}.Publish(tx, library.Publication{Sum: d.Sum, Stand: stand, From: calendar.Date{Y: 2026, M: time.March, D: 5}, By: "甲"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	bots := make(chan *bot.Bot)
	ctx, stop := context.WithCancel(t.Context())
	sh := newShelf(s, data, func(b *bot.Bot, _ []string) {
		select {
		case bots <- b:
		case <-ctx.Done():
		}
	})
	ran := make(chan error, 1)
	go func() { ran <- sh.run(ctx) }()
	for _, tc := range []struct {
		day  int64
		unit string
	}{{1, "县财政局"}, {5, "县审计局"}} {
		day.Store(tc.day)
		sh.changed()
		if r, err := (<-bots).Ask(t.Context(), libraryMoney, "", ""); err != nil || !strings.Contains(r.Text, tc.unit) {
			t.Errorf("on the %dth: %q, %v", tc.day, r.Text, err)
		}
	}
	stop()
	if err := errors.Join(<-ran, sh.close()); err != nil {
		t.Error(err)
	}
}

// openFiles counts this process's open files within dir, deleted ones too.
func openFiles(t *testing.T, dir string) (n int) {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	open, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range open {
		if to, err := os.Readlink("/proc/self/fd/" + f.Name()); err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// What the office adds is taken up like documents: words, which make another index,
// and answers, which do not; those who hold on to an old bot are answered so too.
func TestTheOfficesAdditionsAreTakenUp(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	var bots []*bot.Bot
	sh := newShelf(s, data, func(b *bot.Bot, _ []string) { bots = append(bots, b) })
	sh.own = []index.List{{Name: "own.txt", Text: "农家书屋 < 看书那屋"}}
	t.Cleanup(func() { _ = sh.close() })
	var clause []index.ClauseRef
	step := func(name string, swaps int, change func(tx *store.Tx) error, answers map[string]string) {
		t.Helper()
		if err := s.Update(t.Context(), change); err != nil {
			t.Fatal(name, err)
		}
		if err := sh.load(t.Context()); err != nil {
			t.Fatal(name, err)
		}
		if len(bots) != swaps {
			t.Errorf("%s: %d indexes were made", name, len(bots))
		}
		for q, want := range answers {
			for _, b := range bots {
				r, err := b.Ask(t.Context(), q, "", "")
				if err != nil || len(r.Answer.Results) == 0 || r.Answer.Results[0].Unit != want {
					t.Errorf("%s: %s: %v %v", name, q, r.Answer.Results, err)
					continue
				}
				row := r.Answer.Results[0]
				clause = []index.ClauseRef{{Plan: row.Plan, Cite: row.Cite, Text: row.Text}}
			}
		}
	}
	step("words of the settings", 1, func(*store.Tx) error { return nil }, map[string]string{"看书那屋归谁管": "市委宣传部"})
	step("words of the office", 2, func(tx *store.Tx) error {
		_, err := curate.AddWords(tx, "P1", "农家书屋 < 悦读驿站")
		return err
	}, map[string]string{"悦读驿站归谁管": "市委宣传部", "看书那屋归谁管": "市委宣传部"})
	var kept curate.Answer
	step("an answer", 2, func(tx *store.Tx) (err error) {
		kept, err = curate.PutAnswer(tx, "P1", curate.Answer{Questions: []string{"灯坏了谁换"}, Clauses: clause})
		return err
	}, map[string]string{"灯坏了谁换": "市委宣传部"})
	step("no word any more", 3, func(tx *store.Tx) error {
		words, err := curate.Words(tx)
		if err == nil {
			_, err = curate.RemoveWord(tx, "P1", words[0].ID)
		}
		return err
	}, map[string]string{"灯坏了谁换": "市委宣传部"})
	step("no answer any more", 3, func(tx *store.Tx) error {
		_, err := curate.RemoveAnswer(tx, "P1", kept.ID)
		return err
	}, nil)
	for _, q := range []string{"灯坏了谁换", "悦读驿站归谁管"} {
		if r, err := bots[0].Ask(t.Context(), q, "", ""); err != nil || r.Answer.Status == index.Answered {
			t.Errorf("%s: %v %v", q, r.Answer.Results, err)
		}
	}
	e, ok := sh.edition()
	if !ok || len(e.Plans) != 1 || len(e.Words)+len(e.Answers) != 0 {
		t.Errorf("in force: %+v", e)
	}
	e.Words = []curate.Word{{Text: "农家书屋 < 阅览小屋"}}
	b, done, err := sh.build(e)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := b.Ask(t.Context(), "阅览小屋归谁管", "", ""); err != nil || r.Answer.Results[0].Unit != "市委宣传部" {
		t.Errorf("a candidate: %v %v", r.Answer.Results, err)
	}
	if err := done(); err != nil {
		t.Error(err)
	}
}

// At the machine the same is answered as by the service, whether it is running or not.
// Who works in a transaction does not wait for documents that are being read, which
// wait for the store.
func TestNamesAreKnownWhileDocumentsAreRead(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	sh := newShelf(s, data, func(*bot.Bot, []string) {})
	t.Cleanup(func() { _ = sh.close() })
	if sh.units() != nil || sh.alike("市体育局", "市文广旅体局") {
		t.Error("something is known before anything was read")
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := curate.AddWords(tx, "P1", "单位: 市文广旅体局 = 市体育局")
		return err
	})
	if err == nil {
		err = sh.load(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	sh.mu.Lock() // as a load has it
	defer sh.mu.Unlock()
	err = s.Update(t.Context(), func(*store.Tx) error {
		if unit, ok := sh.units().Resolve("市体育局"); !ok || unit != "市文广旅体局" || !sh.alike("市体育局", "市文广旅体局") {
			t.Errorf("%s, %v", unit, ok)
		}
		_, err := sh.matrix(sh.units().Plans()[0].DocNo)
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAskingAtTheMachineKnowsTheOfficesAdditions(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	dir := files(t, map[string]string{"a.txt": countyPlan})
	inProcess("", "import", "-yes", "-data", data, filepath.Join(dir, "a.txt")).want(t, 0, "已导入")
	s, err := store.OpenFile(filepath.Join(data, storeFile), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), func(tx *store.Tx) error {
		_, err := curate.AddWords(tx, "P1", "校园图书馆 < 文曲斋")
		return err
	})
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	inProcess("", "ask", "-data", data, "文曲斋归谁管").want(t, 0, "县教育局")
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", data
	base, _ := begin(t, cfg, nil)
	answers(t, base, "文曲斋归谁管", "县教育局")
	inProcess("", "ask", "-data", data, "文曲斋归谁管").want(t, 0, "县教育局")
}

func TestDocumentsOfAnotherInstanceAreTakenUp(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Listen, cfg.SecretKey, cfg.Redis = "127.0.0.1:0", "one-key-for-both-instances", config.Secret(redisServer(t))
	one, two := cfg, cfg
	one.Data, two.Data = filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	begin(t, one, nil)
	base, _ := begin(t, two, nil)
	dir := files(t, map[string]string{"a.txt": countyPlan})
	inProcess("", "import", "-yes", "-data", one.Data, filepath.Join(dir, "a.txt")).want(t, 0, "已导入")
	answers(t, base, libraryMoney, "县财政局")
	inProcess("", "ask", "-data", two.Data, libraryMoney).want(t, 0, "县财政局")
}

// redisServer starts a redis-server of the test's own and returns its URL.
func redisServer(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is required when CI=true")
		}
		t.Skip("redis-server is not on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	_ = l.Close() // the server takes the port over
	cmd := exec.Command("redis-server", "--port", port, "--bind", "127.0.0.1", "--save", "", "--dir", t.TempDir())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	u := "redis://127.0.0.1:" + port + "/0"
	s, err := store.OpenRedis(u, "probe", nil, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for s.Ping(t.Context()) != nil { // each dial waits for the one before
		if t.Context().Err() != nil {
			t.Fatal("redis-server does not answer")
		}
	}
	return u
}
