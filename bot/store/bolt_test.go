package store

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func openFile(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := OpenFile(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func TestTheConformanceSuiteOnAFile(t *testing.T) {
	t.Parallel()
	suite(t, func(t *testing.T) opener {
		var s *Store // a file has one owner, so all instances are one
		path := filepath.Join(t.TempDir(), "store")
		return func(o Options) *Store {
			if s == nil {
				s = openFile(t, path, o)
			}
			return s
		}
	})
}

func TestAFileHasOneOwner(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	s := openFile(t, path, Options{})
	if _, err := OpenFile(path, Options{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	put(t, s, "task", "T1", "x")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := dump(t, openFile(t, path, Options{}), "task"); got != "T1=x" {
		t.Error(got)
	}
}

func TestADamagedFileIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "store")
	s := openFile(t, path, Options{})
	for i := range 50 {
		put(t, s, "task", fmt.Sprint(i), strings.Repeat("长", 1000))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"text":           []byte(strings.Repeat("not a store\n", 2000)),
		"a few bytes":    []byte("x"),
		"two pages":      data[:8192],
		"the first part": data[:20000],
		"zeros":          make([]byte, 32<<10),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenFile(path, Options{})
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			_ = s.Close()
		}
	}
	if _, err := OpenFile(filepath.Join(dir, "no", "such"), Options{}); !errors.Is(err, ErrUnavailable) {
		t.Errorf("a folder that is not there: %v", err)
	}
}

// The writer is the test's own binary, run again with this variable.
const (
	writerEnv    = "XIETIAO_STORE_TEST_WRITER"
	writerLaxEnv = "XIETIAO_STORE_TEST_NOSYNC" // Options.NoSync if not empty
)

// writeForever puts rows and prints each one that is acknowledged.
func writeForever(path string) {
	s, err := OpenFile(path, Options{NoSync: os.Getenv(writerLaxEnv) != ""})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	lines := make(chan string)
	for g := range 4 {
		go func() {
			for i := 0; ; i++ {
				key := fmt.Sprintf("%d-%d-%d", os.Getpid(), g, i)
				err := s.Update(context.Background(), func(tx *Tx) error {
					return errors.Join(increment(tx, "count", "all"), tx.Put("row", key, []byte("x")))
				})
				if err != nil {
					fmt.Fprintln(os.Stderr, err)
					os.Exit(1)
				}
				lines <- key
			}
		}()
	}
	for line := range lines {
		_, _ = fmt.Println(line) // one write each
	}
}

func TestKillingTheWriterLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	for name, lax := range map[string]string{"on disk": "", "not waiting for the disk": "yes"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killWriters(t, lax)
		})
	}
}

func killWriters(t *testing.T, lax string) {
	path := filepath.Join(t.TempDir(), "store")
	acked := map[string]bool{}
	for round := range 5 {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), writerEnv+"="+path, writerLaxEnv+"="+lax)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(out)
		for n := 0; sc.Scan(); n++ {
			acked[sc.Text()] = true
			if n == 20+37*round {
				_ = cmd.Process.Kill() // SIGKILL; the rest of the pipe is still read
			}
		}
		_ = cmd.Wait()
		if stderr.Len() > 0 {
			t.Fatal(stderr.String())
		}
	}
	s := openFile(t, path, Options{})
	there := rows(t, s, "row")
	for key := range acked {
		if _, ok := there[key]; !ok {
			t.Errorf("%s was acknowledged and is lost", key)
		}
	}
	if got := rows(t, s, "count")["all"]; got != fmt.Sprint(len(there)) {
		t.Errorf("%d rows, the counter says %s", len(there), got)
	}
	if len(acked) < 100 {
		t.Errorf("only %d rows were acknowledged", len(acked))
	}
}
