package main

import (
	"strings"
	"testing"

	"xietiao/index/plan"
)

// floors are the figures that no change may fall below on the development
// questions. Raise them when the figures rise.
var floors = map[string]float64{
	"top1": 0.97, "complete": 0.90, "clean": 0.95, "refuse_r": 0.97, "kept": 0.98, "gap": 0.9, "cited": 1,
}

func TestTheDevelopmentQuestionsAreAnswered(t *testing.T) {
	t.Parallel()
	questions, err := readQuestions("index/testdata/questions-dev.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	docs := []*plan.Plan{plan.Sample()}
	e := evaluation{call: &call{}, docs: docs, progress: &progress{}}
	answers, err := e.ask(t.Context(), docs, questions)
	if err != nil {
		t.Fatal(err)
	}
	s := newScore(docs)
	for _, a := range answers {
		s.add(a)
	}
	var b strings.Builder
	s.print(&b, true)
	t.Log("\n" + b.String())
	found := 0
	for _, f := range s.figures() {
		floor, ok := floors[f.name]
		if !ok {
			continue
		}
		found++
		if f.value < floor {
			t.Errorf("%s %.3f < %.2f", f.name, f.value, floor)
		}
	}
	if found != len(floors) {
		t.Errorf("%d of %d floors were compared", found, len(floors))
	}
}
