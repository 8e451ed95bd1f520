package main

import (
	"cmp"
	"context"
	"encoding/json"
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
	data, err := readFile(name)
	if err != nil {
		return nil, err
	}
	return plan.Read(filepath.Base(name), data)
}

// readFile reads a file within what is read into memory.
func readFile(name string) ([]byte, error) {
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
	return data, nil
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

// readEach reads the named documents, one plan a name. It stops at the first
// that cannot be read; the error is for users.
func readEach(ctx context.Context, names []string, p *progress) ([]*plan.Plan, error) {
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

// distinct leaves out the plans that were read before from another file, and
// gives those that have neither title nor 文号 the name of their file to go by.
// The notes say what was left out.
func distinct(names []string, plans []*plan.Plan) (out []*plan.Plan, notes []string, err error) {
	first := map[string]string{} // parsed plan as JSON → file
	taken := map[string]int{}
	for i, p := range plans {
		key, err := json.Marshal(p)
		if err != nil {
			return nil, nil, fmt.Errorf("compare plans: %w", err)
		}
		if before, ok := first[string(key)]; ok {
			notes = append(notes, fmt.Sprintf("%s 与 %s 内容相同，只读入一份", names[i], before))
			continue
		}
		first[string(key)] = names[i]
		if p.Title == "" && p.DocNo == "" {
			p.Title = baseName(names[i])
			if taken[p.Title]++; taken[p.Title] > 1 {
				p.Title += fmt.Sprintf("（%d）", taken[p.Title])
			}
		}
		out = append(out, p)
	}
	return out, notes, nil
}

// baseName is a file's name without folder and extension.
func baseName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
}

// readPlans reads the named documents, each once, or gives the sample when none
// is named; the notes are for users.
func readPlans(ctx context.Context, names []string, p *progress) (plans []*plan.Plan, notes []string, err error) {
	plans, notes, err = givenPlans(ctx, names, p)
	if err == nil && len(names) == 0 {
		plans = []*plan.Plan{plan.Sample()}
	}
	return plans, notes, err
}

// givenPlans reads the named documents, each once; the notes are for users.
func givenPlans(ctx context.Context, names []string, p *progress) (plans []*plan.Plan, notes []string, err error) {
	all, err := readEach(ctx, names, p)
	if err != nil {
		return nil, nil, err
	}
	return distinct(names, all)
}

// titles names documents for users.
func titles(plans []*plan.Plan) string {
	var out []string
	for _, p := range plans {
		out = append(out, "《"+cmp.Or(p.Title, p.DocNo)+"》")
	}
	return strings.Join(out, "、")
}

// examples are questions to offer for a set of documents.
func examples(plans []*plan.Plan) []string {
	if len(plans) == 0 {
		return nil
	}
	return bot.Examples(plans[0])
}

// memoryBot answers from an index in memory, for commands that end soon.
func memoryBot(plans []*plan.Plan, words *index.Thesaurus) (*bot.Bot, *index.Index, error) {
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

// thesaurusAdvice says what to do about the office's own thesaurus.
func thesaurusAdvice(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "找不到这个文件，请检查配置里的 thesaurus"
	case errors.Is(err, fs.ErrPermission):
		return "没有权限读它"
	case strings.Contains(err.Error(), "not UTF-8"):
		return "请用 UTF-8 编码重新保存"
	case errors.Is(err, index.ErrThesaurus):
		return "有一行的写法不对，请按括号里说的文件和行号改；写法见 docs/design.md"
	}
	return "读不了这个文件（是不是文件夹？）"
}

// loadWords loads the built-in thesaurus and the office's own file, if any.
func loadWords(own string) (*index.Thesaurus, error) {
	var extra []string
	if strings.TrimSpace(own) != "" {
		extra = append(extra, own)
	}
	words, err := index.LoadThesaurus(extra...)
	if err != nil {
		return nil, fmt.Errorf("同义词文件 %s 用不了：%s\n（%w）", own, thesaurusAdvice(err), err)
	}
	return words, nil
}
