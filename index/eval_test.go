package index

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"xietiao/index/plan"
)

// TestWriteAnswers writes the answers to QUESTIONS (a question file) to ANSWERS.
func TestWriteAnswers(t *testing.T) {
	in, out := os.Getenv("QUESTIONS"), os.Getenv("ANSWERS")
	if in == "" {
		t.Skip("QUESTIONS not set")
	}
	ix, err := Build([]*plan.Plan{plan.Sample()}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var b strings.Builder
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		var q struct{ ID, Q, Prev string }
		if err := json.Unmarshal(sc.Bytes(), &q); err != nil {
			t.Fatal(err)
		}
		a, err := ix.Ask(context.Background(), Query{Q: q.Q, Prev: q.Prev})
		if err != nil {
			t.Fatal(err)
		}
		line, _ := json.Marshal(map[string]any{"id": q.ID, "status": a.Status, "results": a.Results})
		b.Write(line)
		b.WriteByte('\n')
	}
	if err := os.WriteFile(out, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}
