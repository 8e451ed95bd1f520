package index

import (
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/registry"

	"xietiao/index/zh"
)

// Tokenizers that the measurements compare with pairs alone: single letters
// besides, and the words of the thesaurus, as a segmenter with a dictionary
// would cut them.
const (
	lettersAndPairs = "zh_letters_and_pairs"
	dictionaryWords = "zh_words"
)

func init() {
	for name, tokenizer := range map[string]analysis.Tokenizer{lettersAndPairs: letters{}, dictionaryWords: segmented{}} {
		err := registry.RegisterTokenizer(name, func(map[string]any, *registry.Cache) (analysis.Tokenizer, error) {
			return tokenizer, nil
		})
		if err != nil {
			panic(err)
		}
	}
}

type segmented struct{}

func (segmented) Tokenize(input []byte) analysis.TokenStream {
	t, err := loadWords()
	if err != nil {
		panic(err)
	}
	var out analysis.TokenStream
	rest := zh.Fold(string(input))
	for rest != "" {
		rs := []rune(rest)
		n := min(len(rs), maxQuestion)
		rest = string(rs[n:])
		for _, tok := range join(lexer{t, nil}.cut(string(rs[:n]))) {
			if !isBreak(tok.text) {
				out = append(out, &analysis.Token{Term: []byte(tok.text), Position: len(out) + 1, Type: analysis.Ideographic})
			}
		}
	}
	return out
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
