package index

import (
	"strconv"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/analysis/lang/cjk"
	"github.com/blevesearch/bleve/v2/index/scorch"

	"xietiao/index/plan"
)

// plainBleve is Bleve as a tutorial sets it up: one text field, one analyser,
// one MatchQuery. It is what this package is compared with.
type plainBleve struct {
	bleve bleve.Index
	plans []*plan.Plan
}

const (
	analyserStandard = standard.Name
	analyserCJK      = cjk.AnalyzerName
)

func newPlainBleve(tb testing.TB, analyser string, plans []*plan.Plan) *plainBleve {
	tb.Helper()
	m := bleve.NewIndexMapping()
	m.ScoringModel = "bm25"
	text := bleve.NewTextFieldMapping()
	text.Analyzer, text.Store, text.IncludeTermVectors, text.DocValues, text.IncludeInAll = analyser, false, false, false, false
	doc := bleve.NewDocumentStaticMapping()
	doc.AddFieldMappingsAt(fieldText, text)
	m.DefaultMapping = doc
	if analyser != analyserStandard && analyser != analyserCJK {
		if err := m.AddCustomAnalyzer(analyser, map[string]any{"type": "custom", "tokenizer": analyser}); err != nil {
			tb.Fatal(err)
		}
	}
	b, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = b.Close() })
	batch := b.NewBatch()
	flush := func() {
		if err := b.Batch(batch); err != nil {
			tb.Fatal(err)
		}
		batch = b.NewBatch()
	}
	for i, p := range plans {
		for j, c := range clauseTexts(p) {
			if err := batch.Index(strconv.Itoa(i)+":"+strconv.Itoa(j), map[string]any{fieldText: c.text}); err != nil {
				tb.Fatal(err)
			}
			if batch.Size() >= batchSize {
				flush()
			}
		}
	}
	flush()
	return &plainBleve{b, plans}
}

// search gives the plan and clause of the hits, best first.
func (p *plainBleve) search(tb testing.TB, q string, size int) [][2]int {
	tb.Helper()
	match := bleve.NewMatchQuery(q)
	match.SetField(fieldText)
	res, err := p.bleve.Search(bleve.NewSearchRequestOptions(match, size, 0, false))
	if err != nil {
		tb.Fatal(err)
	}
	out := make([][2]int, len(res.Hits))
	for i, h := range res.Hits {
		a, b, _ := strings.Cut(h.ID, ":")
		out[i][0], _ = strconv.Atoi(a)
		out[i][1], _ = strconv.Atoi(b)
	}
	return out
}
