package bot

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index"
)

func TestRowsHaveTheKeysOfTheirKind(t *testing.T) {
	t.Parallel()
	a := Answer{Q: "<谁>", Status: index.Answered, Results: []index.Row{
		{Kind: index.KindDuty, Plan: "p", Unit: "市教育局", No: no(0), Text: "t", Cite: "c"},
		{Kind: index.KindTask, Plan: "p", No: no(7), Text: "t", Cite: "c"},
		{Kind: index.KindSection, Plan: "p", Section: "一", Text: "t", Cite: "c"},
		{Kind: index.KindFact, Plan: "p", Fact: "date", Value: "v"},
	}}
	got, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"id":"","q":"\u003c谁\u003e","status":"answered","intent":"","results":[` +
		`{"kind":"duty","plan":"p","unit":"市教育局","no":0,"role":"","text":"t","cite":"c"},` +
		`{"kind":"task","plan":"p","no":7,"text":"t","lead":[],"support":[],"deadline":"","cite":"c"},` +
		`{"kind":"section","plan":"p","section":"一","text":"t","cite":"c"},` +
		`{"kind":"fact","plan":"p","fact":"date","value":"v"}],"reply":"","took_us":0}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got, err = json.Marshal(Answer{}); err != nil || !json.Valid(got) || string(got) != `{"id":"","q":"","status":"","intent":"","results":[],"reply":"","took_us":0}` {
		t.Errorf("%s %v", got, err)
	}
}
