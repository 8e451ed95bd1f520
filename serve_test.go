package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/config"
)

// service is a running program on a free port; its data folder is t's.
func service(t *testing.T, change func(*config.Config)) string {
	t.Helper()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(t.TempDir(), "data")
	if change != nil {
		change(&cfg)
	}
	a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the service ended with %v", err)
		}
	})
	waitReady(t, a.url())
	return a.url()
}

// waitReady asks the probe until the service answers questions. Each request
// waits for the answer of the one before, so nothing sleeps.
func waitReady(t testing.TB, base string) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		res, err := http.Get(base + "readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatal("not ready after 30 s")
}

func TestTheServiceAnswersAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	base := service(t, nil)
	res, err := http.Post(base+"api/ask", "application/json", strings.NewReader(`{"q":"村里的图书角归谁管"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var got struct{ Status, Reply string }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatal(err)
	}
	if got.Status != "answered" || got.Reply+"\n" != bookCorner {
		t.Errorf("%+v", got)
	}

	page, err := http.PostForm(base, url.Values{"q": {"那妇联呢"}, "prev": {"残联有哪些职责"}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = page.Body.Close() }()
	body, err := io.ReadAll(page.Body)
	if err != nil || !strings.Contains(string(body), "市妇联的职责") {
		t.Errorf("%v: the page does not follow up\n%s", err, body)
	}
}

func TestTheServiceReadsThePlansItIsGiven(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "plan.txt")
	text := "某县文化工作方案\n\n一、职责分工\n\n县教育局：负责推动校园图书馆向社会开放。\n\n县财政局：负责保障图书馆经费。\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	base := service(t, func(c *config.Config) { c.Plans = []string{file} })
	res, err := http.Post(base+"api/ask", "application/json", strings.NewReader(`{"q":"图书馆经费谁保障"}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err != nil || !strings.Contains(string(body), "县财政局") {
		t.Errorf("%v %s", err, body)
	}
}

func TestTwoServicesNeverShareADataFolder(t *testing.T) {
	t.Parallel()
	data := ""
	service(t, func(c *config.Config) { data = c.Data })
	got := inProcess("", "serve", "-listen", "127.0.0.1:0", "-data", data)
	if got.code != 1 || !strings.Contains(got.stderr, "正被另一个进程使用") {
		t.Errorf("%+v", got)
	}
	// A question may still be asked beside it.
	if got := inProcess("", "ask", "-data", data, "农家书屋归谁管"); got.code != 0 || !strings.Contains(got.stdout, "市委宣传部") {
		t.Errorf("%+v", got)
	}
}

func TestAnAddressInUseIsAFailureThatGivesTheFolderBack(t *testing.T) {
	t.Parallel()
	base := service(t, nil)
	addr := strings.TrimSuffix(strings.TrimPrefix(base, "http://"), "/")
	data := filepath.Join(t.TempDir(), "data")
	if got := inProcess("", "serve", "-listen", addr, "-data", data); got.code != 1 || !strings.Contains(got.stderr, "listen") {
		t.Errorf("%+v", got)
	}
	unlock, err := lockFolder(data)
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

// lockedBuffer is a writer that a test reads while the program writes.
type lockedBuffer struct {
	mu  sync.Mutex // guards buf
	buf bytes.Buffer
	ch  chan struct{} // a token for every write
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, err := b.buf.Write(p)
	select {
	case b.ch <- struct{}{}:
	default:
	}
	return n, err
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func TestServeSaysWhereItIsAndStopsWhenTold(t *testing.T) {
	t.Parallel()
	stderr := &lockedBuffer{ch: make(chan struct{}, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"serve", "-listen", "127.0.0.1:0", "-data", filepath.Join(t.TempDir(), "d")}, nil, io.Discard, stderr)
	}()
	address := regexp.MustCompile(`试用页  (http://127\.0\.0\.1:\d+/)`)
	var base string
	for base == "" {
		select {
		case <-stderr.ch:
		case code := <-done:
			t.Fatalf("ended with %d: %s", code, stderr)
		}
		if m := address.FindStringSubmatch(stderr.String()); m != nil {
			base = m[1]
		}
	}
	waitReady(t, base)
	cancel()
	if code := <-done; code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, err := http.Get(base + "healthz"); err == nil {
		t.Error("still answering")
	}
}

func TestStoppingAtAnyMomentLosesNothing(t *testing.T) {
	t.Parallel()
	for range 10 {
		cfg := config.Default()
		cfg.Listen, cfg.Data = "127.0.0.1:0", t.TempDir()
		a, err := newApp(t.Context(), cfg, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.run(ctx); err != nil {
			t.Error(err)
		}
		unlock, err := lockFolder(cfg.Data)
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	}
}
