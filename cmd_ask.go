package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"xietiao/bot"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/config"
	"xietiao/index"
	"xietiao/index/plan"
)

var askCommand = command{
	name:    "ask",
	summary: "问一件事归谁管",
	usage: `用法：xietiao ask [-plan 文件]… [-data 文件夹] [-config 文件] [-json] [-prev 上一问] 问题
      xietiao ask [-plan 文件]… [-data 文件夹] [-config 文件] -batch 文件|-

  -plan 文件     要查的方案，可以给几份；不给就查自带的乐清方案
  -data 文件夹   服务的数据文件夹：没给 -plan 就查导入过的方案（服务开着也行），
                 再加上配置里 plans 的；都没有就查自带的。索引也存在这里，下次不必重建
  -config 文件   配置文件；不给就用当前文件夹的 xietiao.yaml（可以没有）。
                 用到其中的 thesaurus，和上面说的 plans；环境变量同 serve
  -json          输出 JSON
  -prev 上一问   这一问接着哪一问（“那妇联呢”）
  -batch 文件    一行一问的 JSON：{"id":"1","q":"…","prev":"…"}；- 是标准输入。
                 按同样的次序一行一答；坏行和空行给 {"id","error"}，最后以 1 退出；
                 文件末尾的空行不算，一行最长 1 MB
`,
	run: runAsk,
}

func runAsk(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("ask", flag.ContinueOnError)
	var plans list
	fs.Var(&plans, "plan", "")
	data := fs.String("data", "", "")
	file := fs.String("config", "", "")
	asJSON := fs.Bool("json", false, "")
	prev := fs.String("prev", "", "")
	batch := fs.String("batch", "", "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	q := strings.TrimSpace(strings.Join(rest, " "))
	given := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { given[f.Name] = true })
	switch {
	case given["batch"] && *batch == "":
		return c.misuse("参数 -batch 后面缺少值")
	case given["batch"] && (q != "" || given["prev"]):
		return c.misuse("-batch 的问题写在文件里，不能再给问题或 -prev")
	case !given["batch"] && q == "":
		return c.misuse("缺少问题")
	case given["data"] && *data == "":
		return c.misuse("参数 -data 后面缺少值")
	}

	flags := map[string]string{}
	if *data != "" {
		flags["data"] = *data
	}
	cfg, err := c.settings(*file, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	docs, added, notes, err := c.askedPlans(ctx, cfg, plans, *data != "")
	if err != nil {
		return c.fail("%v", err)
	}
	c.tell(notes)
	words, err := loadWords(cfg.Thesaurus, added.Words...)
	if err != nil {
		return c.fail("%v", err)
	}
	b, closeIndex, err := c.openBot(*data, docs, words, added.Answers)
	if err != nil {
		return c.fail("%v", err)
	}
	defer closeIndex()
	if given["batch"] {
		return c.askBatch(ctx, b, *batch)
	}
	r, err := b.Ask(ctx, q, *prev, "")
	if err != nil {
		return c.fail("%v", err)
	}
	if *asJSON {
		line, err := encodeLine(r.Answer)
		if err == nil {
			_, err = c.stdout.Write(line)
		}
		if err != nil {
			return c.fail("%v", err)
		}
		return exitDone
	}
	if _, err := fmt.Fprintln(c.stdout, r.Full); err != nil {
		return c.fail("%v", err)
	}
	return exitDone
}

// askedPlans reads the documents to ask: those named, else with a data folder the
// ones its service answers from, with what the office adds to them, else the sample.
// Notes and errors are for users.
func (c *call) askedPlans(ctx context.Context, cfg config.Config, named []string, folder bool) (docs []*plan.Plan, added additions, notes []string, err error) {
	switch {
	case len(named) > 0 || !folder:
		docs, notes, err = readPlans(ctx, named, newProgress(c.stderr))
		return docs, added, notes, err
	case !hasStore(ctx, cfg):
		docs, notes, err = readPlans(ctx, cfg.Plans, newProgress(c.stderr))
	default:
		docs, added, notes, err = c.storedPlans(ctx, cfg)
	}
	return docs, added, append(notes, "没有给 -plan，查的是"+titles(docs)), err
}

// storedPlans reads what a service with these settings answers from.
func (c *call) storedPlans(ctx context.Context, cfg config.Config) (plans []*plan.Plan, added additions, notes []string, err error) {
	given, notes, err := givenPlans(ctx, cfg.Plans, newProgress(c.stderr))
	if err != nil {
		return nil, added, nil, err
	}
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return nil, added, nil, err
	}
	stored, err := op.Documents(ctx)
	if err := errors.Join(err, op.Close()); err != nil {
		return nil, added, nil, err
	}
	var docs []library.Document
	var bad []library.Damage
	for _, f := range stored.Files {
		p, err := library.Read(f.File, f.Data)
		if f.Damaged || err != nil {
			bad = append(bad, library.Damage{Name: f.Name, Err: cmp.Or(err, library.ErrDamaged)})
			notes = append(notes, damagedAdvice(f.Name))
			continue
		}
		docs = append(docs, library.Document{Name: f.Name, Plan: p})
	}
	if plans, err = together(docs, bad, given); err != nil {
		err = noDocument(err)
	}
	return plans, stored.Added, notes, err
}

// hasStore says whether there is a store behind the data folder.
func hasStore(ctx context.Context, cfg config.Config) bool {
	_, err := os.Stat(filepath.Join(cfg.Data, storeFile))
	return err == nil || cfg.Redis.Reveal() != "" || serviceAnswers(ctx, cfg)
}

// openBot opens the index on disk where a data folder is given and no service
// is using it, else one in memory; the answers are the same.
func (c *call) openBot(data string, docs []*plan.Plan, words *index.Thesaurus, answers []curate.Answer) (*bot.Bot, func(), error) {
	unlock := func() {}
	var ix *index.Index
	var fault, err error
	if data != "" {
		unlock, err = lockFolder(data)
		if errors.Is(err, errLocked) {
			data, unlock, err = "", func() {}, nil
		}
		if err != nil {
			return nil, nil, err
		}
	}
	if data == "" {
		ix, err = memoryIndex(docs, words)
	} else {
		ix, fault, err = diskIndex(data, docs, words)
	}
	if err != nil {
		unlock()
		return nil, nil, err
	}
	if fault != nil {
		c.tell([]string{fmt.Sprintf("索引存不到 %s，这次只放在内存里（%v）", indexFolder(data), fault)})
	}
	return bot.New(ix.With(curate.Approved(answers)), bot.Options{Plans: docs}), func() {
		if err := ix.Close(); err != nil {
			printf(c.stderr, "xietiao %s: close index: %v\n", c.name, err)
		}
		unlock()
	}, nil
}

// batchAhead is how many lines are at work or wait to be written. It bounds
// memory when one line takes long.
const batchAhead = 64

// askBatch answers line by line, several at once, in the order of the lines.
func (c *call) askBatch(ctx context.Context, b *bot.Bot, name string) int {
	in := c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return c.fail("%s", advice(name, err))
		}
		defer func() { _ = f.Close() }() // read only: nothing to lose
		in = f
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan chan lineAnswer, batchAhead)
	var readErr error
	var reader sync.WaitGroup
	reader.Go(func() {
		defer close(results)
		blank := 0 // empty lines not answered yet: at the end they are none
		send := func(line []byte, fault error) error {
			slot := make(chan lineAnswer, 1)
			select {
			case results <- slot:
			case <-ctx.Done():
				return ctx.Err()
			}
			go func() { slot <- answerLine(ctx, b, line, fault) }() // the writer waits for every slot
			return nil
		}
		readErr = eachLine(in, func(line []byte, fault error) error {
			if len(line) == 0 && fault == nil {
				blank++
				return nil
			}
			for ; blank > 0; blank-- {
				if err := send(nil, errEmptyLine); err != nil {
					return err
				}
			}
			return send(line, fault)
		})
	})

	out := bufio.NewWriter(c.stdout)
	bad := 0
	var writeErr error
	for slot := range results {
		a := <-slot
		if a.bad {
			bad++
		}
		if writeErr == nil {
			if _, writeErr = out.Write(a.out); writeErr == nil && len(results) == 0 {
				writeErr = out.Flush() // nothing waits: show what there is
			}
			if writeErr != nil {
				cancel()
			}
		}
	}
	reader.Wait()
	if err := errors.Join(readErr, writeErr, out.Flush()); err != nil {
		return c.fail("%v", err)
	}
	if bad > 0 {
		printf(c.stderr, "xietiao ask: %d 行没有答成\n", bad)
		return exitFailed
	}
	return exitDone
}

// maxLine bounds one line of a batch; a question is a sentence.
const maxLine = 1 << 20 // bytes

// errLongLine stands for a line beyond maxLine.
var errLongLine = fmt.Errorf("一行超过 %d KB", maxLine>>10)

// eachLine calls fn for every line, without the blanks around it; the end of
// the last line is no line of its own. What is beyond maxLine is not kept: fn
// then gets errLongLine.
func eachLine(r io.Reader, fn func(line []byte, fault error) error) error {
	br := bufio.NewReader(r)
	for n := 0; ; n++ {
		var line []byte
		var fault, err error
		for {
			var part []byte
			part, err = br.ReadSlice('\n')
			if len(line)+len(part) > maxLine+1 {
				line, fault = nil, errLongLine
			} else if fault == nil {
				line = append(line, part...)
			}
			if !errors.Is(err, bufio.ErrBufferFull) {
				break
			}
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if n == 0 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		line = bytes.TrimSpace(line)
		if err == nil || len(line) > 0 || fault != nil {
			if err := fn(line, fault); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}

// lineAnswer is one line of output.
type lineAnswer struct {
	out []byte
	bad bool
}

// badLine is the answer to a line that cannot be answered.
type badLine struct {
	ID    json.RawMessage `json:"id"`
	Error string          `json:"error"`
}

var errEmptyLine = errors.New("空行")

func answerLine(ctx context.Context, b *bot.Bot, line []byte, fault error) lineAnswer {
	id, q, prev, err := json.RawMessage("null"), "", "", fault
	if err == nil {
		id, q, prev, err = readLine(line)
	}
	if err == nil {
		var r bot.Reply
		if r, err = b.Ask(ctx, q, prev, ""); err == nil {
			r.Answer.ID = id
			var out []byte
			if out, err = encodeLine(r.Answer); err == nil {
				return lineAnswer{out: out}
			}
		}
	}
	out, _ := encodeLine(badLine{id, err.Error()}) // a valid id and a string always encode
	return lineAnswer{out: out, bad: true}
}

// readLine reads {"id","q","prev"?}. The id comes back verbatim even when the
// rest is wrong, or null when it is neither a string nor a number; a line
// without one gets "". Other fields are ignored, so that a question file can be
// asked as it is.
func readLine(line []byte) (id json.RawMessage, q, prev string, err error) {
	var raw struct {
		ID, Q, Prev json.RawMessage
	}
	id = json.RawMessage("null")
	if err := json.Unmarshal(line, &raw); err != nil || !bytes.HasPrefix(line, []byte("{")) {
		return id, "", "", errors.New("不是一行 JSON 对象")
	}
	switch {
	case raw.ID == nil:
		id = json.RawMessage(`""`)
	case raw.ID[0] == '"' || raw.ID[0] == '-' || raw.ID[0] >= '0' && raw.ID[0] <= '9':
		id = raw.ID
	default:
		return id, "", "", errors.New("id 应当是字符串或数字")
	}
	if raw.Q == nil || json.Unmarshal(raw.Q, &q) != nil || strings.TrimSpace(q) == "" {
		return id, "", "", errors.New("缺少问题 q")
	}
	if raw.Prev != nil && json.Unmarshal(raw.Prev, &prev) != nil {
		return id, "", "", errors.New("prev 应当是字符串")
	}
	return id, q, prev, nil
}

// encodeLine is v as one line of JSON, Chinese and < > & as they are.
func encodeLine(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buf.Bytes(), nil
}
