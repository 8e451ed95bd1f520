package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/index"
	"xietiao/index/plan"
)

var evalCommand = command{
	name:    "eval",
	summary: "用一份问题集打分",
	usage:   evalUsage(),
	run:     runEval,
}

func evalUsage() string {
	var b strings.Builder
	b.WriteString(`用法：xietiao eval [-plan 文件]… [-min 名称=最低值]… [-config 文件] [-v] 问题集

  -plan 文件      问题所问的方案，可以给几份；不给就是自带的乐清方案。
                  问题里写了 plan（文件名，不带扩展名）的，只问那一份
  -min 名称=值    低于这个值就以 1 退出，可以给几个
  -config 文件    配置文件；不给就用当前文件夹的 xietiao.yaml（可以没有），用到其中的 thesaurus
  -v              列出答错的

没有一问属于所给的文件，算用法不对，以 2 退出。

问题集一行一问：{"id","q","kind","prev"?,"gold":[…],"also":[…]?,"plan"?}

分数的名称：
`)
	for _, f := range figureMeanings {
		fmt.Fprintf(&b, "  %-9s %s\n", f.name, f.text)
	}
	return b.String()
}

func runEval(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("eval", flag.ContinueOnError)
	var plans, mins list
	fs.Var(&plans, "plan", "")
	fs.Var(&mins, "min", "")
	file := fs.String("config", "", "")
	verbose := fs.Bool("v", false, "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		return c.misuse("要给一份问题集")
	}
	need, fault := readMins(mins)
	if fault != "" {
		return c.misuse("%s", fault)
	}
	questions, err := readQuestions(rest[0])
	if err != nil {
		return c.fail("%v", err)
	}
	cfg, err := c.settings(*file, nil)
	if err != nil {
		return c.fail("%v", err)
	}
	words, err := loadWords(cfg.Thesaurus)
	if err != nil {
		return c.fail("%v", err)
	}
	p := newProgress(c.stderr)
	each, err := readEach(ctx, plans, p)
	if err != nil {
		return c.fail("%v", err)
	}
	docs, notes, err := distinct(plans, each)
	if err != nil {
		return c.fail("%v", err)
	}
	c.tell(notes)
	if len(plans) == 0 {
		docs = []*plan.Plan{plan.Sample()}
	}
	e := evaluation{call: c, names: plans, each: each, docs: docs, words: words, progress: p}
	figures, err := e.run(ctx, questions, *verbose)
	if errors.Is(err, errNoQuestion) {
		return c.misuse("%v", err)
	}
	if err != nil {
		return c.fail("%v", err)
	}
	return c.compare(figures, need)
}

// minimum is one -min.
type minimum struct {
	name, text string
	value      float64
}

func readMins(mins []string) (need []minimum, fault string) {
	for _, m := range mins {
		name, text, _ := strings.Cut(m, "=")
		known := false
		for _, f := range figureMeanings {
			known = known || f.name == name
		}
		if !known {
			return nil, fmt.Sprintf("没有叫 %q 的分数", name)
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) {
			return nil, fmt.Sprintf("-min %s：%q 不是数", name, text)
		}
		need = append(need, minimum{name, text, v})
	}
	return need, ""
}

// compare says which figures are too low, and gives the exit code.
func (c *call) compare(figures []figure, need []minimum) int {
	var short []string
	for _, m := range need {
		i := slices.IndexFunc(figures, func(f figure) bool { return f.name == m.name })
		if i < 0 {
			return c.misuse("这份问题集算不出 %s", m.name)
		}
		if figures[i].value < m.value {
			short = append(short, fmt.Sprintf("%s %.3f < %s", m.name, figures[i].value, m.text))
		}
	}
	if len(short) > 0 {
		printf(c.stderr, "short: %s\n", strings.Join(short, "; "))
		return exitFailed
	}
	return exitDone
}

func readQuestions(name string) ([]curate.Question, error) {
	data, err := readFile(name)
	if err != nil {
		return nil, errors.New(advice(name, err))
	}
	out, err := curate.ReadQuestions(data)
	if err != nil {
		words, _ := curate.Tell(err)
		return nil, fmt.Errorf("%s：%s", name, words)
	}
	return out, nil
}

// evaluation asks a question file. Questions that name a document are asked of
// that one alone, the others of all together.
type evaluation struct {
	*call
	names    []string         // files; empty for the sample
	each     []*plan.Plan     // one of each file
	docs     []*plan.Plan     // each document once
	words    *index.Thesaurus // nil: the built-in one
	progress *progress
}

func (e *evaluation) run(ctx context.Context, questions []curate.Question, verbose bool) ([]figure, error) {
	var figures []figure
	var general []curate.Question
	byPlan := map[string][]curate.Question{}
	for _, q := range questions {
		if q.Plan == "" {
			general = append(general, q)
		} else {
			byPlan[q.Plan] = append(byPlan[q.Plan], q)
		}
	}
	if len(general) > 0 {
		answers, err := e.ask(ctx, e.docs, general)
		if err != nil {
			return nil, err
		}
		s := newScore(e.docs)
		for _, a := range answers {
			s.add(a)
		}
		e.progress.done()
		s.print(e.stdout, verbose)
		figures = append(figures, s.figures()...)
	}
	var total planScore
	for i, file := range e.names {
		name := baseName(file)
		if len(byPlan[name]) == 0 {
			continue
		}
		answers, err := e.ask(ctx, e.each[i:i+1], byPlan[name])
		if err != nil {
			return nil, err
		}
		delete(byPlan, name)
		s := planScore{name: name}
		for _, a := range answers {
			s.add(a)
		}
		e.progress.done()
		s.print(e.stdout, verbose)
		total.asks, total.askRight = total.asks+s.asks, total.askRight+s.askRight
		total.nones, total.none = total.nones+s.nones, total.none+s.none
	}
	for _, name := range slices.Sorted(maps.Keys(byPlan)) {
		printf(e.stderr, "xietiao eval: %d 问问的是 %s，没有用 -plan 给出这份文件，跳过\n", len(byPlan[name]), name)
	}
	if total.asks+total.nones > 0 {
		fs := []figure{{"ask", shareOrAll(total.askRight, total.asks)}, {"none", shareOrAll(total.none, total.nones)}}
		printFigures(e.stdout, fs)
		figures = append(figures, fs...)
	}
	if len(figures) == 0 {
		return nil, errNoQuestion
	}
	return figures, nil
}

// errNoQuestion says that every question is about a document that was not given.
var errNoQuestion = errors.New("没有一问属于所给的文件；请用 -plan 给出问题里 plan 所写的文件（文件名相同，扩展名不论）")

// shareOrAll is part of whole; an empty whole counts as all right.
func shareOrAll(part, whole int) float64 {
	if whole == 0 {
		return 1
	}
	return share(part, whole)
}

// ask asks the questions of the documents, several at once.
func (e *evaluation) ask(ctx context.Context, docs []*plan.Plan, questions []curate.Question) ([]asked, error) {
	ix, err := memoryIndex(docs, e.words)
	if err != nil {
		return nil, err
	}
	b := bot.New(ix, bot.Options{Plans: docs})
	out := make([]asked, len(questions))
	next := make(chan int)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range next {
				out[i] = answerQuestion(ctx, b, questions[i])
			}
		})
	}
	for i := range questions {
		next <- i
		e.progress.show("提问", i+1, len(questions))
	}
	close(next)
	workers.Wait()
	return out, ix.Close()
}

func answerQuestion(ctx context.Context, b *bot.Bot, q curate.Question) asked {
	r, err := b.Ask(ctx, q.Q, q.Prev, "")
	if err != nil {
		return asked{Question: q, failed: true}
	}
	return asked{Question: q, status: r.Answer.Status, rows: r.Answer.Results}
}
