// Package storetest gives tests a redis-server to keep a store on.
//
// It must not know what is kept, nor the store's own format.
package storetest

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"
)

// Redis is a redis-server of a test's own, on loopback.
type Redis struct {
	port int
	dir  string
	args []string
	cmd  *exec.Cmd
}

// Durable are the arguments of a server that loses nothing it confirmed.
var Durable = []string{"--appendonly", "yes", "--appendfsync", "always"}

// NewRedis starts a server that ends with the test. Without more arguments it keeps
// nothing when it ends. Where there is no redis-server the test is skipped, or fails
// if CI=true.
func NewRedis(t testing.TB, args ...string) *Redis {
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
	r := &Redis{port: l.Addr().(*net.TCPAddr).Port, dir: t.TempDir(), args: args}
	_ = l.Close()
	t.Cleanup(r.Kill)
	r.Start(t)
	return r
}

// Addr is where it listens.
func (r *Redis) Addr() string { return fmt.Sprintf("127.0.0.1:%d", r.port) }

// URL is its address as the settings have it.
func (r *Redis) URL() string { return "redis://" + r.Addr() + "/0" }

// Start starts it over the data that it has, and waits until it answers.
func (r *Redis) Start(t testing.TB) {
	t.Helper()
	args := []string{"--port", strconv.Itoa(r.port), "--bind", "127.0.0.1", "--dir", r.dir, "--save", "", "--loglevel", "warning"}
	r.cmd = exec.Command("redis-server", append(args, r.args...)...)
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); !r.answers(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("redis-server does not answer")
		}
	}
}

// answers reports whether it takes commands: not while it is loading.
func (r *Redis) answers() bool {
	c, err := net.Dial("tcp", r.Addr())
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	answer := make([]byte, len("+PONG"))
	_, _ = io.WriteString(c, "PING\r\n")
	_, err = io.ReadFull(c, answer)
	return err == nil && string(answer) == "+PONG"
}

// Kill ends it as a power cut would.
func (r *Redis) Kill() {
	if r.cmd != nil && r.cmd.Process != nil {
		_ = r.cmd.Process.Kill()
		_ = r.cmd.Wait()
	}
}
