package index

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/blevesearch/bleve/v2/search/query"

	"xietiao/index/plan"
	"xietiao/index/zh"
)

// Fields of a clause in Bleve. The text is there as letter pairs; unit, role,
// kind and plan are keywords.
const (
	fieldText = "text"
	fieldUnit = "unit"
	fieldRole = "role"
	fieldKind = "kind"
	fieldPlan = "plan"
)

// analyzerName names the analyser of Chinese text: folded (width, traditional,
// case) letter pairs. Single letters are left to the ranking: they double the
// index and change the order of candidates little (docs/performance.md).
const analyzerName = "zh_pairs"

func init() {
	if err := registry.RegisterTokenizer(analyzerName, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
		return pairs{}, nil
	}); err != nil {
		panic(err) // the name is taken: a programmer's mistake found at start
	}
}

// pairs is a Bleve tokenizer over zh.Bigrams.
type pairs struct{}

func (pairs) Tokenize(input []byte) analysis.TokenStream {
	grams := zh.Bigrams(string(input))
	out := make(analysis.TokenStream, len(grams))
	for i, g := range grams {
		out[i] = &analysis.Token{Term: []byte(g), Position: i + 1, Type: analysis.Ideographic}
	}
	return out
}

func newMapping() (mapping.IndexMapping, error) {
	m := bleve.NewIndexMapping()
	if err := m.AddCustomAnalyzer(analyzerName, map[string]any{"type": custom.Name, "tokenizer": analyzerName}); err != nil {
		return nil, fmt.Errorf("index mapping: %w", err)
	}
	text := bleve.NewTextFieldMapping()
	text.Analyzer = analyzerName
	word := bleve.NewKeywordFieldMapping()
	doc := bleve.NewDocumentStaticMapping()
	for _, f := range []*mapping.FieldMapping{text, word} {
		f.Store, f.IncludeTermVectors, f.DocValues, f.IncludeInAll = false, false, false, false
	}
	doc.AddFieldMappingsAt(fieldText, text)
	for _, name := range []string{fieldUnit, fieldRole, fieldKind, fieldPlan} {
		doc.AddFieldMappingsAt(name, word)
	}
	m.DefaultMapping = doc
	m.ScoringModel = "bm25"
	return m, nil
}

// batchSize bounds the memory of building: clauses written to Bleve at once.
const batchSize = 2000

// fill writes the clauses of the plans. An id is plan:clause, counted as the
// view counts them.
func fill(b bleve.Index, plans []*plan.Plan) error {
	batch := b.NewBatch()
	for i, p := range plans {
		for j, c := range clauseTexts(p) {
			doc := map[string]any{fieldText: c.text, fieldUnit: c.unit, fieldRole: c.role, fieldKind: c.kind, fieldPlan: strconv.Itoa(i)}
			if err := batch.Index(strconv.Itoa(i)+":"+strconv.Itoa(j), doc); err != nil {
				return fmt.Errorf("index clause %d of %s: %w", j, p.Title, err)
			}
			if batch.Size() >= batchSize {
				if err := b.Batch(batch); err != nil {
					return fmt.Errorf("index %s: %w", p.Title, err)
				}
				batch = b.NewBatch()
			}
		}
	}
	if batch.Size() == 0 {
		return nil
	}
	if err := b.Batch(batch); err != nil {
		return fmt.Errorf("index: %w", err)
	}
	return nil
}

// clauseText is what Bleve gets of a clause.
type clauseText struct{ kind, unit, role, text string }

func clauseTexts(p *plan.Plan) []clauseText {
	var out []clauseText
	for _, u := range p.Units {
		for _, d := range u.Duties {
			out = append(out, clauseText{KindDuty, u.Name, d.Role, u.Name + "\n" + d.Text})
		}
	}
	for _, it := range p.Items {
		units := strings.Join(append(append([]string{}, it.Lead...), it.Support...), "\n")
		out = append(out, clauseText{KindTask, units, "", units + "\n" + it.Title + "\n" + it.Text})
	}
	for _, s := range p.Sections {
		if s.Path != "" {
			out = append(out, clauseText{KindSection, "", "", s.Title + "\n" + s.Own})
		}
	}
	return out
}

// memory opens an empty Bleve index in memory that keeps field lengths, which
// BM25 needs (NewMemOnly would score by tf-idf).
func memory() (bleve.Index, error) {
	m, err := newMapping()
	if err != nil {
		return nil, err
	}
	b, err := bleve.NewUsing("", m, scorch.Name, scorch.Name, nil)
	if err != nil {
		return nil, fmt.Errorf("open index in memory: %w", err)
	}
	return b, nil
}

// maxCandidatePlans is how many plans the ranking looks at exactly after Bleve
// has narrowed a question down; maxCandidates is how many clauses it may return.
const (
	maxCandidatePlans = 6
	maxCandidates     = 60
	maxQueryTerms     = 24
)

// candidates asks Bleve which plans speak most of the words, best first.
func (ix *Index) candidates(ctx context.Context, words []string) ([]int, error) {
	var terms []query.Query
	seen := map[string]bool{}
	for _, w := range words {
		for _, g := range zh.Bigrams(w) {
			if seen[g] || len(terms) >= maxQueryTerms {
				continue
			}
			seen[g] = true
			q := bleve.NewTermQuery(g)
			q.SetField(fieldText)
			terms = append(terms, q)
		}
	}
	if len(terms) == 0 {
		return nil, nil
	}
	req := bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(terms...), maxCandidates, 0, false)
	res, err := ix.bleve.SearchInContext(ctx, req)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	var out []int
	had := map[int]bool{}
	for _, hit := range res.Hits {
		head, _, _ := strings.Cut(hit.ID, ":")
		i, err := strconv.Atoi(head)
		if err != nil {
			return nil, fmt.Errorf("search: id %q: %w", hit.ID, err)
		}
		if !had[i] {
			had[i] = true
			out = append(out, i)
		}
	}
	return out, nil
}
