package store

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// server is a redis-server that a test started.
type server struct {
	port int
	dir  string
	args []string
	cmd  *exec.Cmd
}

func (s *server) addr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }
func (s *server) url() string  { return "redis://" + s.addr() + "/0" }

// startServer starts a redis-server of the test's own, stopped at its end.
func startServer(t testing.TB, args ...string) *server {
	t.Helper()
	needServer(t)
	s := &server{port: freePort(t), dir: t.TempDir(), args: args}
	s.start(t)
	t.Cleanup(s.kill)
	return s
}

func needServer(t testing.TB) {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("redis-server is required when CI=true")
		}
		t.Skip("redis-server is not on PATH")
	}
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

func (s *server) start(t testing.TB) {
	t.Helper()
	args := append([]string{"--port", fmt.Sprint(s.port), "--bind", "127.0.0.1", "--dir", s.dir, "--save", "", "--loglevel", "warning"}, s.args...)
	s.cmd = exec.Command("redis-server", args...)
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := redis.NewClient(&redis.Options{Addr: s.addr(), DialerRetries: 1})
	defer func() { _ = c.Close() }()
	until(t, "redis-server answers", func() bool { return c.Ping(context.Background()).Err() == nil })
}

func (s *server) kill() {
	if s.cmd.Process != nil {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
	}
}

// until polls a fact, for ten seconds.
func until(t testing.TB, what string, fact func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(10 * time.Second); !fact(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not in ten seconds: %s", what)
		}
	}
}

// shared is one server for all tests that need no server of their own.
var shared struct {
	once sync.Once
	s    *server
	dir  string
}

func sharedServer(t testing.TB) *server {
	t.Helper()
	needServer(t)
	shared.once.Do(func() {
		dir, err := os.MkdirTemp("", "store-test-*")
		if err != nil {
			t.Fatal(err)
		}
		shared.dir = dir
		s := &server{port: freePort(t), dir: dir}
		s.start(t)
		shared.s = s
	})
	if shared.s == nil {
		t.Fatal("the shared redis-server did not start")
	}
	return shared.s
}

func TestMain(m *testing.M) {
	if path := os.Getenv(writerEnv); path != "" {
		writeForever(path)
	}
	code := m.Run()
	if shared.s != nil {
		shared.s.kill()
		_ = os.RemoveAll(shared.dir)
	}
	os.Exit(code)
}

func openRedis(t testing.TB, url, space string, o Options) *Store {
	t.Helper()
	s, err := OpenRedis(url, space, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestTheConformanceSuiteOnRedis(t *testing.T) {
	t.Parallel()
	srv := sharedServer(t)
	suite(t, func(t *testing.T) opener {
		space := rand.Text()
		return func(o Options) *Store { return openRedis(t, srv.url(), space, o) }
	})
}

func TestTheConformanceSuiteOnARedisCluster(t *testing.T) {
	t.Parallel()
	srv := startServer(t, "--cluster-enabled", "yes")
	c := redis.NewClient(&redis.Options{Addr: srv.addr()})
	defer func() { _ = c.Close() }()
	ctx := t.Context()
	if err := c.Do(ctx, "cluster", "addslotsrange", 0, 16383).Err(); err != nil {
		t.Fatal(err)
	}
	until(t, "the cluster is up", func() bool {
		return strings.Contains(c.ClusterInfo(ctx).Val(), "cluster_state:ok")
	})
	suite(t, func(t *testing.T) opener {
		space := rand.Text()
		return func(o Options) *Store { return openRedis(t, srv.url()[:len(srv.url())-2]+"?cluster=true", space, o) }
	})
}

func TestSentinelsLeadToTheServer(t *testing.T) {
	t.Parallel()
	srv := startServer(t)
	port := freePort(t)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor main 127.0.0.1 %d 1\n", port, filepath.Dir(conf), srv.port)
	if err := os.WriteFile(conf, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("redis-server", conf, "--sentinel")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	s := openRedis(t, fmt.Sprintf("redis://127.0.0.1:%d/0?master_name=main", port), "s", Options{})
	until(t, "the sentinel answers", func() bool { return s.Ping(t.Context()) == nil })
	put(t, s, "task", "T1", "借书")
	if got := dump(t, s, "task"); got != "T1=借书" {
		t.Error(got)
	}
}

func TestRedisOverTLS(t *testing.T) {
	t.Parallel()
	needServer(t)
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	tlsPort := freePort(t)
	startServer(t, "--tls-port", fmt.Sprint(tlsPort), "--tls-auth-clients", "no",
		"--tls-cert-file", filepath.Join(dir, "cert.pem"), "--tls-key-file", filepath.Join(dir, "key.pem"), "--tls-ca-cert-file", filepath.Join(dir, "cert.pem"))
	url := fmt.Sprintf("rediss://127.0.0.1:%d/0", tlsPort)
	s, err := OpenRedis(url, "tls", &tls.Config{RootCAs: pool, ServerName: "127.0.0.1"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	put(t, s, "task", "T1", "x")
	if err := openRedis(t, url, "tls", Options{}).Ping(t.Context()); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a certificate nobody vouches for: %v", err)
	}
}

func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, data := range map[string][]byte{"cert.pem": cert, "key.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(cert)
	return pool
}

func TestRedisURLs(t *testing.T) {
	t.Parallel()
	const canary = "s3cret-canary"
	for url, want := range map[string]string{
		"redis://h:1/0":                     "*redis.Client",
		"rediss://u:" + canary + "@h:1/2":   "*redis.Client",
		"redis://h:1?master_name=m":         "*redis.Client", // whose dialer asks the sentinels
		"redis://h:1?addr=i:2&addr=j:3":     "*redis.ClusterClient",
		"rediss://h:1?cluster=true":         "*redis.ClusterClient",
		"":                                  "",
		"h:1":                               "",
		"http://" + canary + "@h":           "",
		"redis://u:" + canary + "@h:1/zero": "",
		"redis://u:" + canary + "@h:1?x=y":  "",
		"redis://u:" + canary + "%zz@h:1":   "",
	} {
		c, err := dialer(url, nil)
		got := ""
		if err == nil {
			got = fmt.Sprintf("%T", c)
			_ = c.Close()
		} else if !errors.Is(err, ErrBadURL) || strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v", url, err)
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", url, got, want)
		}
	}
	for _, space := range []string{"", "a b", "{x}", "a:b", strings.Repeat("x", 65)} {
		if _, err := OpenRedis("redis://h:1", space, nil, Options{}); !errors.Is(err, ErrBadName) {
			t.Errorf("space %q: %v", space, err)
		}
	}
}

func TestSpacesOnOneServerDoNotMeet(t *testing.T) {
	t.Parallel()
	srv := sharedServer(t)
	a, b := openRedis(t, srv.url(), rand.Text(), Options{}), openRedis(t, srv.url(), rand.Text(), Options{})
	put(t, a, "task", "T1", "a")
	put(t, b, "task", "T1", "b")
	if dump(t, a, "task")+dump(t, b, "task") != "T1=aT1=b" {
		t.Error(dump(t, a, "task"), dump(t, b, "task"))
	}
}

// Stopped and restarted under load: callers hear ErrUnavailable meanwhile, and
// what was acknowledged is there afterwards, once.
func TestRedisStoppedAndRestartedUnderLoad(t *testing.T) {
	t.Parallel()
	srv := startServer(t, "--appendonly", "yes", "--appendfsync", "always")
	s := openRedis(t, srv.url(), "load", Options{})
	ctx, stop := context.WithCancel(t.Context())
	var mu sync.Mutex
	acked, unknown, refused := map[string]bool{}, map[string]bool{}, 0
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				key := fmt.Sprintf("%d-%06d", g, i)
				err := s.Update(context.Background(), func(tx *Tx) error {
					if _, ok, err := tx.Get("row", key); err != nil || ok {
						return errors.Join(err, fmt.Errorf("%s is there before it was put", key))
					}
					return errors.Join(increment(tx, "count", "all"), tx.Put("row", key, []byte("x")))
				})
				mu.Lock()
				switch {
				case err == nil:
					acked[key] = true
				case errors.Is(err, ErrUnknown) && errors.Is(err, ErrUnavailable):
					unknown[key] = true
				case errors.Is(err, ErrUnavailable):
					refused++
				default:
					t.Error(err)
				}
				mu.Unlock()
			}
		})
	}
	count := func() (int, int) { mu.Lock(); defer mu.Unlock(); return len(acked), refused }
	for range 3 {
		before, _ := count()
		until(t, "updates go through", func() bool { n, _ := count(); return n > before+50 })
		srv.kill()
		_, was := count()
		until(t, "callers are refused", func() bool { _, n := count(); return n > was+8 })
		srv.start(t)
	}
	before, _ := count()
	until(t, "updates go through again", func() bool { n, _ := count(); return n > before+50 })
	stop()
	wg.Wait()
	there := map[string]bool{}
	for key := range rows(t, s, "row") {
		there[key] = true
		if !acked[key] && !unknown[key] {
			t.Errorf("%s was refused and is there", key)
		}
	}
	for key := range acked {
		if !there[key] {
			t.Errorf("%s was acknowledged and is lost", key)
		}
	}
	if got := rows(t, s, "count")["all"]; got != fmt.Sprint(len(there)) {
		t.Errorf("%d rows, the counter says %s", len(there), got)
	}
	t.Logf("acknowledged %d, refused %d, unknown %d", len(acked), refused, len(unknown))
}

// flaky is a way to the server on which the answer to an EXEC can be lost.
type flaky struct {
	net.Conn
	cut func(sent []byte) (before, after bool)
	bad bool
}

func (f *flaky) Write(p []byte) (int, error) {
	before, after := f.cut(p)
	if before {
		_ = f.Close()
		return 0, net.ErrClosed
	}
	n, err := f.Conn.Write(p)
	f.bad = f.bad || after
	return n, err
}

func (f *flaky) Read(p []byte) (int, error) {
	if f.bad {
		// The server has answered once this returns; nobody hears the answer.
		_, _ = f.Conn.Read(p)
		_ = f.Close()
		return 0, net.ErrClosed
	}
	return f.Conn.Read(p)
}

// The connection breaks before or after the server got the commit: either way
// the closure has its effect once.
func TestALostAnswerCommitsOnce(t *testing.T) {
	t.Parallel()
	srv := sharedServer(t)
	for _, when := range []string{"before", "after"} {
		s := openRedis(t, srv.url(), rand.Text(), Options{})
		var mu sync.Mutex
		cuts := 0
		o, err := redis.ParseURL(srv.url())
		if err != nil {
			t.Fatal(err)
		}
		o.MaxRetries, o.DialerRetries = -1, 1
		o.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			return &flaky{Conn: c, cut: func(sent []byte) (bool, bool) {
				mu.Lock()
				defer mu.Unlock()
				if !strings.Contains(strings.ToLower(string(sent)), "\r\nexec\r\n") || cuts >= 3 {
					return false, false
				}
				cuts++
				return when == "before", when == "after"
			}}, nil
		}
		_ = s.back.close()
		s.back.(*redisStore).c = redis.NewClient(o)
		for range 4 {
			if err := s.Update(t.Context(), func(tx *Tx) error { return increment(tx, "count", "n") }); err != nil {
				t.Errorf("%s: %v", when, err)
			}
		}
		if got := dump(t, s, "count"); got != "n=4" || cuts != 3 {
			t.Errorf("%s: %s after %d cuts", when, got, cuts)
		}
	}
}

// What the space leaves on the server is bounded by its records.
func TestDeletedRecordsLeaveNoIndex(t *testing.T) {
	t.Parallel()
	srv := sharedServer(t)
	space := rand.Text()
	s := openRedis(t, srv.url(), space, Options{})
	for i := range 20 {
		put(t, s, "task", fmt.Sprint(i), "x")
	}
	for i := range 20 {
		if err := s.Update(t.Context(), func(tx *Tx) error { return tx.Delete("task", fmt.Sprint(i)) }); err != nil {
			t.Fatal(err)
		}
	}
	c := redis.NewClient(&redis.Options{Addr: srv.addr()})
	defer func() { _ = c.Close() }()
	keys, err := c.Keys(t.Context(), "{"+space+"}*").Result()
	if err != nil || len(keys) != 3 { // bucket names, versions, the instance's mark
		t.Errorf("%v %v", keys, err)
	}
}

// What a batch is likely to read, and what it inserts, costs a few round trips.
func TestLikelyReadsAreFetchedTogether(t *testing.T) {
	t.Parallel()
	server := startServer(t)
	s := openRedis(t, server.url(), "s", Options{})
	c := redis.NewClient(&redis.Options{Addr: server.addr()})
	t.Cleanup(func() { _ = c.Close() })
	reads := func() (n int) {
		info, err := c.Info(t.Context(), "commandstats").Result()
		if err != nil {
			t.Fatal(err)
		}
		_, rest, _ := strings.Cut(info, "cmdstat_mget:calls=")
		_, _ = fmt.Sscan(rest, &n) // none yet
		return n
	}
	const crowd = 300
	put(t, s, "shared", "k", "v")
	closure := func(i int) ([]Key, func(*Tx) error) {
		own := Key{"own", fmt.Sprint(i)}
		return []Key{{"shared", "k"}, own, {"never", "read"}}, func(tx *Tx) error {
			if _, ok, err := tx.Get("shared", "k"); !ok || err != nil {
				t.Error(ok, err)
			}
			if _, ok, err := tx.Get(own.Bucket, own.Key); ok || err != nil {
				t.Error(ok, err)
			}
			return errors.Join(tx.Put(own.Bucket, own.Key, nil), tx.Insert("new", own.Key, nil))
		}
	}
	before := reads()
	held, begun := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = s.Update(t.Context(), func(*Tx) error { once.Do(func() { close(begun) }); <-held; return nil })
	})
	<-begun
	for i := range crowd {
		wg.Go(func() {
			keys, fn := closure(i)
			if err := s.UpdateKeys(t.Context(), keys, fn); err != nil {
				t.Error(err)
			}
		})
	}
	until(t, "all wait", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.queue) == crowd
	})
	close(held)
	wg.Wait()
	if n := reads() - before; n > 10 {
		t.Errorf("%d reads for %d closures", n, crowd)
	}
	if n := len(rows(t, s, "new")); n != crowd {
		t.Errorf("%d records", n)
	}
}
