package index

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/custom"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
	"github.com/blevesearch/bleve/v2/registry"
	"github.com/blevesearch/bleve/v2/search"
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
// case) letter pairs. Single letters are left to the ranking: here they would make
// a question four times as slow and pick little better (docs/performance.md).
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
	doc.AddSubDocumentMapping("_all", bleve.NewDocumentDisabledMapping()) // nothing is asked of all fields at once
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

// How many plans the ranking looks at exactly after Bleve has narrowed a
// question down, and what Bleve is asked for.
const (
	maxCandidatePlans = 6
	firstHits         = 60  // clauses asked for at first
	moreHits          = 8   // times as many where equal scores run past the last of them
	maxQueryPairs     = 24  // the rarest letter pairs of a question
	minQueryPairs     = 4   // kept however common they are
	shareCommon       = 0.2 // of the clauses have a pair that tells nothing
	sameHitScore      = 1e-9
)

// candidates asks Bleve which plans speak most of the words, best first. Bleve
// numbers clauses by chance, so of clauses with equal scores it would give any:
// they are all asked for, and the plans' order decides.
func (ix *Index) candidates(ctx context.Context, words []string) ([]int, error) {
	pairs, err := ix.tellingPairs(ctx, words)
	if err != nil || len(pairs) == 0 {
		return nil, err
	}
	terms := make([]query.Query, len(pairs))
	for i, p := range pairs {
		q := bleve.NewTermQuery(p)
		q.SetField(fieldText)
		terms[i] = q
	}
	for size := firstHits; ; size *= moreHits {
		res, err := ix.bleve.SearchInContext(ctx, bleve.NewSearchRequestOptions(bleve.NewDisjunctionQuery(terms...), size, 0, false))
		if err != nil {
			return nil, fmt.Errorf("search: %w", err)
		}
		plans, certain, err := bestPlans(res.Hits)
		if err != nil {
			return nil, err
		}
		if certain || len(res.Hits) < size {
			return plans[:min(len(plans), maxCandidatePlans)], nil
		}
	}
}

// bestPlans lists the plans of the hits, those with equal scores in the plans'
// order. It is certain of the first maxCandidatePlans where a worse hit follows.
func bestPlans(hits search.DocumentMatchCollection) (plans []int, certain bool, err error) {
	had := map[int]bool{}
	for from := 0; from < len(hits); {
		to := from
		var group []int
		for ; to < len(hits) && hits[to].Score >= hits[from].Score*(1-sameHitScore); to++ {
			head, _, _ := strings.Cut(hits[to].ID, ":")
			i, err := strconv.Atoi(head)
			if err != nil {
				return nil, false, fmt.Errorf("search: id %q: %w", hits[to].ID, err)
			}
			if !had[i] {
				had[i] = true
				group = append(group, i)
			}
		}
		slices.Sort(group)
		plans = append(plans, group...)
		if len(plans) >= maxCandidatePlans {
			return plans, to < len(hits), nil
		}
		from = to
	}
	return plans, false, nil
}

// tellingPairs are the letter pairs of the words, the rarest in the index first;
// those that most clauses have would only cost time.
func (ix *Index) tellingPairs(ctx context.Context, words []string) (_ []string, err error) {
	internal, err := ix.bleve.Advanced()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	reader, err := internal.Reader()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	total, err := reader.DocCount()
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	clauses := func(pair string) (uint64, error) {
		r, err := reader.TermFieldReader(ctx, []byte(pair), fieldText, false, false, false)
		if err != nil {
			return 0, fmt.Errorf("search %q: %w", pair, err)
		}
		return r.Count(), r.Close()
	}
	df := map[string]uint64{}
	var out []string
	for _, w := range words {
		for _, g := range zh.Bigrams(w) {
			if _, ok := df[g]; ok {
				continue
			}
			if df[g], err = clauses(g); err != nil {
				return nil, err
			}
			if df[g] > 0 {
				out = append(out, g)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(df[a], df[b]) })
	for n := range out {
		if n >= maxQueryPairs || n >= minQueryPairs && float64(df[out[n]]) > shareCommon*float64(total) {
			return out[:n], nil
		}
	}
	return out, nil
}
