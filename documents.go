package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"xietiao/bot"
	"xietiao/index"
	"xietiao/index/doc"
	"xietiao/index/plan"
)

// maxDocument bounds what is read into memory; the decoders have caps of their own.
const maxDocument = 64 << 20 // bytes

var errTooLarge = errors.New("file too large")

// readPlan reads one document.
func readPlan(name string) (*plan.Plan, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // read only: nothing to lose
	data, err := io.ReadAll(io.LimitReader(f, maxDocument+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxDocument {
		return nil, fmt.Errorf("read %s: %w", name, errTooLarge)
	}
	return plan.Read(filepath.Base(name), data)
}

// advice says what to do about a document that could not be read.
func advice(name string, err error) string {
	var what string
	var path *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		what = "找不到这个文件"
	case errors.Is(err, fs.ErrPermission):
		what = "没有权限读这个文件"
	case errors.Is(err, errTooLarge):
		what = fmt.Sprintf("文件超过 %d MB，请拆开", maxDocument>>20)
	case errors.As(err, &path):
		what = "读不了这个文件（是不是文件夹？）"
	default:
		what = doc.Advice(err)
	}
	return name + "：" + what
}

// readPlans reads the named documents, or gives the sample when none is named.
// It stops at the first that cannot be read; the error is for users.
func readPlans(ctx context.Context, names []string, p *progress) ([]*plan.Plan, error) {
	if len(names) == 0 {
		return []*plan.Plan{plan.Sample()}, nil
	}
	var out []*plan.Plan
	for i, name := range names {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p.show("读入文件", i+1, len(names))
		got, err := readPlan(name)
		if err != nil {
			return nil, errors.New(advice(name, err))
		}
		out = append(out, got)
	}
	p.done()
	return out, nil
}

// examples are questions to offer for a set of documents.
func examples(plans []*plan.Plan) []string {
	if len(plans) == 0 {
		return nil
	}
	return bot.Examples(plans[0])
}

// memoryBot answers from an index in memory, for commands that end soon.
func memoryBot(plans []*plan.Plan) (*bot.Bot, *index.Index, error) {
	words, err := index.LoadThesaurus()
	if err != nil {
		return nil, nil, fmt.Errorf("load thesaurus: %w", err)
	}
	ix, err := index.Build(plans, index.Options{Thesaurus: words})
	if err != nil {
		return nil, nil, fmt.Errorf("build index: %w", err)
	}
	return bot.New(ix, bot.Options{Plans: plans}), ix, nil
}

// indexFolder is where the data folder keeps its index.
func indexFolder(data string) string { return filepath.Join(data, "index") }

// diskBot answers from the index in the data folder. The caller must hold the
// folder's lock.
func diskBot(data string, plans []*plan.Plan, words *index.Thesaurus) (*bot.Bot, *index.Index, error) {
	ix, err := index.Open(indexFolder(data), plans, index.Options{Thesaurus: words})
	if err != nil {
		return nil, nil, fmt.Errorf("open index: %w", err)
	}
	return bot.New(ix, bot.Options{Plans: plans}), ix, nil
}

// loadWords loads the built-in thesaurus and the office's own file, if any.
func loadWords(own string) (*index.Thesaurus, error) {
	var extra []string
	if strings.TrimSpace(own) != "" {
		extra = append(extra, own)
	}
	words, err := index.LoadThesaurus(extra...)
	if err != nil {
		return nil, fmt.Errorf("load thesaurus: %w", err)
	}
	return words, nil
}
