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
	"slices"
	"strings"

	"xietiao/bot"
	"xietiao/bot/curate"
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

// noDocument says what to do where documents were imported and none can be read.
func noDocument(err error) error {
	return fmt.Errorf("导入过的文件一份也读不出来，请重新导入\n（%w）", err)
}

// titles names documents for users.
func titles(plans []*plan.Plan) string {
	var out []string
	for _, p := range plans {
		out = append(out, titleOf(p))
	}
	return named(out)
}

// shownTitles bounds how many documents are named in one line.
const shownTitles = 3

// named lists titles.
func named(titles []string) string {
	shown := "《" + strings.Join(titles[:min(len(titles), shownTitles)], "》、《") + "》"
	if len(titles) > shownTitles {
		return fmt.Sprintf("%s等 %d 份", shown, len(titles))
	}
	return shown
}

// titleOf is what users call a document.
func titleOf(p *plan.Plan) string { return cmp.Or(p.Title, p.DocNo) }

// damagedAdvice says what to do about a document of the store that cannot be read.
func damagedAdvice(name string) string {
	return "导入过的文件“" + name + "”读不出来，没有用到；请用原来的文件重新导入一次"
}

// examples are questions to offer for a set of documents.
func examples(plans []*plan.Plan) []string {
	if len(plans) == 0 {
		return nil
	}
	return bot.Examples(plans[0])
}

// memoryIndex is an index in memory.
func memoryIndex(plans []*plan.Plan, words *index.Thesaurus) (*index.Index, error) {
	ix, err := index.Build(plans, index.Options{Thesaurus: words})
	if err != nil {
		return nil, fmt.Errorf("build index: %w", err)
	}
	return ix, nil
}

// indexFolder is where the data folder keeps its index.
func indexFolder(data string) string { return filepath.Join(data, "index") }

// diskIndex is the index in the data folder, or one in memory where the folder
// cannot hold it: the disk is full, or something is in the way. fault is why. The
// caller must hold the folder's lock.
func diskIndex(data string, plans []*plan.Plan, words *index.Thesaurus) (ix *index.Index, fault, err error) {
	if ix, fault = index.Open(indexFolder(data), plans, index.Options{Thesaurus: words}); fault == nil {
		return ix, nil, nil
	}
	ix, err = memoryIndex(plans, words)
	return ix, fault, err
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

// ownWords reads the office's own file of words, if any, and sees to it that a
// thesaurus can be made of it.
func ownWords(own string) ([]index.List, error) {
	if strings.TrimSpace(own) == "" {
		return nil, nil
	}
	data, err := os.ReadFile(own)
	lists := []index.List{{Name: own, Text: string(data)}}
	if err == nil {
		_, err = index.NewThesaurus(lists...)
	}
	if err != nil {
		return nil, fmt.Errorf("同义词文件 %s 用不了：%s\n（%w）", own, thesaurusAdvice(err), err)
	}
	return lists, nil
}

// loadWords loads the built-in thesaurus, the office's own file, if any, and what the
// office added in the store.
func loadWords(own string, added ...curate.Word) (*index.Thesaurus, error) {
	lists, err := ownWords(own)
	if err != nil {
		return nil, err
	}
	t, _, err := thesaurus(lists, added)
	return t, err
}

// thesaurus is of the settings' words and those that the office added; left are the
// lines that could not be read.
func thesaurus(own []index.List, added []curate.Word) (t *index.Thesaurus, left []curate.Word, err error) {
	list, left := curate.List(added)
	t, err = index.NewThesaurus(append(slices.Clone(own), list)...)
	return t, left, err
}
