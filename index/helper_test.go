package index

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"xietiao/index/plan"
)

// devQuestion is one line of the development questions.
type devQuestion struct {
	ID, Q, Prev, Kind string
	Gold              []devGold
}

// devGold is a right answer: a duty (No is a number or "*"), a section or a fact.
type devGold struct {
	Unit, Section, Fact, Value string
	No                         any
}

func (q devQuestion) query() Query { return Query{Q: q.Q, Prev: q.Prev} }

// devQuestions are the questions that the word lists and weights were set on.
func devQuestions(tb testing.TB) []devQuestion {
	tb.Helper()
	data, err := os.ReadFile("testdata/questions-dev.jsonl")
	if err != nil {
		tb.Fatal(err)
	}
	var out []devQuestion
	for line := range bytes.Lines(data) {
		var q devQuestion
		if err := json.Unmarshal(line, &q); err != nil {
			tb.Fatal(err)
		}
		out = append(out, q)
	}
	return out
}

var loadWords = sync.OnceValues(func() (*Thesaurus, error) { return LoadThesaurus() })

// words is the built-in thesaurus, loaded once.
func words(tb testing.TB) *Thesaurus {
	tb.Helper()
	t, err := loadWords()
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

var sampleView = sync.OnceValue(func() *view {
	t, err := loadWords()
	if err != nil {
		panic(err)
	}
	return newView(plan.Sample(), t)
})

// build makes an index in memory that ends with the test.
func build(tb testing.TB, plans ...*plan.Plan) *Index {
	tb.Helper()
	ix, err := Build(plans, Options{Thesaurus: words(tb)})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := ix.Close(); err != nil {
			tb.Error(err)
		}
	})
	return ix
}

func ask(tb testing.TB, ix *Index, q Query) Answer {
	tb.Helper()
	a, err := ix.Ask(tb.Context(), q)
	if err != nil {
		tb.Fatalf("%q: %v", q.Q, err)
	}
	return a
}

// parsed reads a plan from text.
func parsed(tb testing.TB, lines ...string) *plan.Plan {
	tb.Helper()
	p, err := plan.Read("test.txt", []byte(strings.Join(lines, "\n")))
	if err != nil {
		tb.Fatal(err)
	}
	return p
}
