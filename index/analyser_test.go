package index

import (
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"

	"xietiao/index/zh"
)

// lettersAndPairs names a tokenizer that the measurements compare with pairs
// alone.
const lettersAndPairs = "zh_letters_and_pairs"

func init() {
	err := registry.RegisterTokenizer(lettersAndPairs, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
		return letters{}, nil
	})
	if err != nil {
		panic(err)
	}
}

type letters struct{}

func (letters) Tokenize(input []byte) analysis.TokenStream {
	var out analysis.TokenStream
	for n := 1; n <= 2; n++ {
		for _, g := range zh.Grams(string(input), n) {
			out = append(out, &analysis.Token{Term: []byte(g), Position: len(out) + 1, Type: analysis.Ideographic})
		}
	}
	return out
}
