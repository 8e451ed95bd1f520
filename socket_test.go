package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xietiao/config"
)

func TestTheSocketIsTheUsersAlone(t *testing.T) {
	t.Parallel()
	data := filled(t)
	path := filepath.Join(data, socketFile)
	// What a killed service leaves: a file that nobody listens on.
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	inProcess("", "doctor", "-data", data).want(t, 0, "✓ 服务：没有开着", "群机器人 1 个")
	_, stop := start(t, data)
	for name, mode := range map[string]os.FileMode{path: 0o600, data: 0o700} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	stop()
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket stays: %v", err)
	}
}

func TestALongPathIsToldWithAWayOut(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), strings.Repeat("长", 40))
	a := filepath.Join(files(t, map[string]string{"a.txt": countyPlan}), "a.txt")
	inProcess("", "import", "-yes", "-data", data, a).want(t, 0, "已导入") // needs no socket
	inProcess("", "serve", "-data", data, "-listen", "127.0.0.1:0").want(t, 1, "的路径太长", "-data .")
	inProcess("", "doctor", "-data", data).want(t, 1, "✗ 数据文件夹", "的路径太长")
}

func TestTheSocketRefusesWhatItCannotUse(t *testing.T) {
	t.Parallel()
	data := filled(t)
	start(t, data)
	r, err := dialOperator(t.Context(), data)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	big := bytes.Repeat([]byte("x"), maxDocument+2)
	if _, err := r.Import(t.Context(), importRequest{Kind: importPlan, File: "big.txt", Data: big}); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Errorf("a body beyond the limit: %v", err)
	}
	if _, err := r.Import(t.Context(), importRequest{Kind: "people", Data: []byte("x")}); err == nil || !strings.Contains(err.Error(), "people") {
		t.Errorf("an unknown kind: %v", err)
	}
	res, err := r.client.Get("http://service/no")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusNotFound {
		t.Errorf("status %d", res.StatusCode)
	}
}

// gate is an operator whose backup has begun and goes on until ctx ends.
type gate struct {
	operator
	begun chan struct{}
}

func (g gate) Backup(ctx context.Context, w io.Writer) error {
	if _, err := w.Write(bytes.Repeat([]byte("x"), 1<<16)); err != nil {
		return err
	}
	g.begun <- struct{}{}
	<-ctx.Done()
	return ctx.Err()
}

// One who takes a backup and does not go on reading cannot keep the service from
// stopping; what he has is no backup.
func TestAStuckBackupDoesNotKeepTheServiceUp(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Listen, cfg.Data = "127.0.0.1:0", filepath.Join(t.TempDir(), "data")
	begun, target := make(chan struct{}), filepath.Join(t.TempDir(), "b.xtb")
	_, stop := begin(t, cfg, func(a *app) {
		a.drain = 0
		a.operator = gate{a.operator, begun}
	})
	backup := func(ctx context.Context) <-chan result {
		done := make(chan result, 1)
		go func() {
			var out, errs bytes.Buffer
			code := run(ctx, []string{"backup", "-data", cfg.Data, target}, nil, &out, &errs)
			done <- result{code, out.String(), errs.String()}
		}()
		<-begun
		return done
	}
	ctx, cancel := context.WithCancel(t.Context())
	given := backup(ctx)
	cancel()
	(<-given).want(t, 1, "已中止，没有留下文件")

	stuck := backup(t.Context())
	stop()
	(<-stuck).want(t, 1, "没有备份成", "服务中途断开了")
	left, err := os.ReadDir(filepath.Dir(target))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
