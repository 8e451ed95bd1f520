package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/chat/chattest"
	"xietiao/config"
	"xietiao/handlers"
)

// benchCalls is how many callbacks a round of BenchmarkCallback sends each way.
const benchCalls = 1000

// benchQuestions are answered, listed, refused, unassigned and quoted as facts.
var benchQuestions = []string{
	"村里的图书角归谁管", "残联有哪些职责", "公积金怎么提取", "文化志愿者大队归哪个部门成立", "成员单位有哪些",
}

// BenchmarkCallback answers questions that come as callbacks of a self-built app
// of WeCom: the handler verifies, opens, asks, keeps and seals. In the same run
// it takes as many callbacks to which the bot has nothing to say, so that x-empty
// says what the answering costs, whatever else the machine does.
func BenchmarkCallback(b *testing.B) {
	for _, name := range []string{"file", "redis"} {
		for _, atOnce := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/%d-at-once", name, atOnce), func(b *testing.B) {
				cfg := config.Default()
				cfg.Listen, cfg.Data = "127.0.0.1:0", b.TempDir()
				cfg.WeCom.CorpID, cfg.WeCom.Token, cfg.WeCom.AESKey = "ww0123456789abcdef", "bench", config.Secret(strings.Repeat("k", 42)+"A")
				if name == "redis" {
					cfg.Redis = config.Secret(benchRedis(b))
				}
				benchCallback(b, cfg, atOnce)
			})
		}
	}
}

func benchCallback(b *testing.B, cfg config.Config, atOnce int) {
	log := slog.New(slog.DiscardHandler)
	a, err := newApp(b.Context(), cfg, log)
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			b.Error(err)
		}
	})
	waitReady(b, a.url())
	l, err := connect(cfg, chatState{a.store}, noRobots{}, programTime{}, "bench", log)
	if err != nil {
		b.Fatal(err)
	}
	silent, err := handlers.New(handlers.Options{Desk: silentDesk{}, Hooks: l.hooks})
	if err != nil {
		b.Fatal(err)
	}
	caller := &chattest.WeComCaller{Token: cfg.WeCom.Token.Reveal(), AESKey: cfg.WeCom.AESKey.Reveal(), CorpID: cfg.WeCom.CorpID}
	people := 0
	round := func(h http.Handler, says bool) time.Duration {
		calls := make([]chattest.WeComCall, benchCalls)
		for i := range calls {
			people++ // nobody asks too fast
			calls[i] = caller.Text(fmt.Sprint("u", people), benchQuestions[i%len(benchQuestions)])
		}
		queue := make(chan chattest.WeComCall, benchCalls)
		for _, c := range calls {
			queue <- c
		}
		close(queue)
		var wg sync.WaitGroup
		start := time.Now()
		for range atOnce {
			wg.Go(func() {
				for c := range queue {
					r := httptest.NewRequest(http.MethodPost, pathWeCom+"?"+c.Query.Encode(), bytes.NewReader(c.Body))
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code != http.StatusOK || (w.Body.Len() > 0) != says {
						b.Errorf("status %d, %d bytes", w.Code, w.Body.Len())
					}
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	round(a.server, true) // the first questions make the index's view
	var asked, empty time.Duration
	for b.Loop() {
		asked += round(a.server, true)
		empty += round(silent, false)
	}
	b.ReportMetric(0, "ns/op") // of two rounds: says nothing
	b.ReportMetric(float64(b.N*benchCalls)/asked.Seconds(), "calls/s")
	b.ReportMetric(float64(b.N*benchCalls)/empty.Seconds(), "empty-calls/s")
	b.ReportMetric(asked.Seconds()/empty.Seconds(), "x-empty")
}

// silentDesk has nothing to say.
type silentDesk struct{}

func (silentDesk) Chats(string) bool { return false }

func (silentDesk) Take(context.Context, chat.Message, int) (bot.Taken, error) {
	return bot.Taken{}, nil
}
func (silentDesk) Defer(context.Context, chat.Message) (bot.Taken, error) { return bot.Taken{}, nil }
func (silentDesk) Push(context.Context, chat.Message, chat.Reply) error   { return nil }

// benchRedis is a Redis that has every change on disk before it confirms it.
func benchRedis(b *testing.B) string {
	b.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		b.Skip("redis-server is not on PATH")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	_ = l.Close()
	cmd := exec.Command(path, "--port", port, "--bind", "127.0.0.1", "--dir", b.TempDir(), "--save", "", "--appendonly", "yes", "--appendfsync", "always")
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.Contains(lines.Text(), "Ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, out) }() // a full pipe would stop it
			return "redis://127.0.0.1:" + port + "/0"
		}
	}
	b.Fatal("redis-server did not start")
	return ""
}

// BenchmarkServe starts the program as an office does, on a fresh folder: the
// time until it takes messages, and its memory at rest.
func BenchmarkServe(b *testing.B) {
	exe := filepath.Join(b.TempDir(), "xietiao")
	if out, err := exec.Command("go", "build", "-o", exe, ".").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var ready time.Duration
	var resident, heap float64
	for b.Loop() {
		start := time.Now()
		cmd := exec.Command(exe, "serve", "-listen", "127.0.0.1:0", "-data", filepath.Join(b.TempDir(), "data"))
		stderr, err := cmd.StderrPipe()
		if err != nil {
			b.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = cmd.Process.Kill() })
		base := servedAt(b, stderr)
		waitReady(b, base)
		ready += time.Since(start)
		resident += gauge(b, base, "process_resident_memory_bytes")
		heap += gauge(b, base, "go_memstats_heap_inuse_bytes")
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			b.Fatal(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N)
	b.ReportMetric(ready.Seconds()*1000/n, "ms-to-ready")
	b.ReportMetric(resident/n/1e6, "MB-resident")
	b.ReportMetric(heap/n/1e6, "MB-heap")
}

// servedAt reads the service's address from what it says.
func servedAt(b *testing.B, stderr io.Reader) string {
	b.Helper()
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+/`)
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if at := address.FindString(lines.Text()); at != "" {
			go func() { _, _ = io.Copy(io.Discard, stderr) }() // a full pipe would stop it
			return at
		}
	}
	b.Fatal("the service did not start")
	return ""
}

// gauge reads one of the service's figures.
func gauge(b *testing.B, base, name string) float64 {
	b.Helper()
	res, err := http.Get(base + "metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }() // read only
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() {
		if text, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil {
				b.Fatal(err)
			}
			return v
		}
	}
	b.Fatal("no figure ", name)
	return 0
}
