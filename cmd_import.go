package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/index"
	"xietiao/index/plan"
)

var importCommand = command{
	name:    "import",
	summary: "把方案、花名册、群机器人放进系统",
	usage: `用法：xietiao import [-as plan|roster|groups] [-yes] [-config 文件] [-data 文件夹] 文件…

  -as plan     方案（默认）：docx、pdf、txt、html、xlsx……；同一文号的新文件代替旧版，旧版保留
  -as roster   花名册：xlsx 或 csv，列有 姓名、单位、角色、企业微信账号、钉钉账号、手机；
               角色写“办公室”的人管理系统。企业微信导出的通讯录可以直接用
  -as groups   群机器人：xlsx 或 csv，列有 单位、平台、webhook、secret；导入后各发一条测试消息
  -yes         不问，直接导入
  -config、-data  同 serve

先说会有什么变化，问过才导入。同一份文件导入两次，第二次什么也不变。
一份文件要么全部导入，要么一点不导入。服务开着也能用，不用重启。
`,
	run: runImport,
}

func runImport(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("import", flag.ContinueOnError)
	kind := fs.String("as", importPlan, "")
	yes := fs.Bool("yes", false, "")
	flags := storeFlags(fs)
	files, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	switch {
	case !slices.Contains([]string{importPlan, importRoster, importGroups}, *kind):
		return c.misuse("-as 只能是 %s、%s 或 %s", importPlan, importRoster, importGroups)
	case len(files) == 0:
		return c.misuse("缺少文件")
	}
	op, err := c.operator(ctx, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // what was imported has been committed
	answers := bufio.NewReader(c.stdin)
	failed := false
	for _, file := range files {
		if err := c.importFile(ctx, op, *kind, file, *yes, answers); err != nil {
			printf(c.stderr, "xietiao import: %v\n", err)
			failed = true
		}
	}
	if failed {
		return exitFailed
	}
	return exitDone
}

// importFile shows what a file changes, asks, and imports it. Errors are for users.
func (c *call) importFile(ctx context.Context, op operator, kind, file string, yes bool, answers *bufio.Reader) error {
	data, err := readFile(file)
	if err != nil {
		return errors.New(advice(file, err))
	}
	req := importRequest{Kind: kind, File: filepath.Base(file), Data: data}
	report, err := op.Import(ctx, req)
	if err != nil {
		return fmt.Errorf("%s：没有导入：%w", file, err)
	}
	for _, line := range report.Lines {
		printf(c.stdout, "%s\n", line)
	}
	switch {
	case report.Bad:
		return fmt.Errorf("%s：没有导入，请按上面说的改好再来", file)
	case !report.Changes:
		return nil
	case !yes:
		printf(c.stderr, "导入 %s 吗？[y/N] ", file)
		answer, err := answers.ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("读不到回答：%w", err)
		}
		if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" && a != "是" {
			return fmt.Errorf("%s：没有导入（要不问就导入，加 -yes）", file)
		}
	}
	req.Apply = true
	if _, err = op.Import(ctx, req); err != nil {
		return fmt.Errorf("%s：没有导入：%w", file, err)
	}
	printf(c.stdout, "已导入 %s\n", file)
	return nil
}

// storeOptions are the flags that say which store a command works on.
type storeOptions struct{ file, data *string }

func storeFlags(fs *flag.FlagSet) storeOptions {
	return storeOptions{fs.String("config", "", ""), fs.String("data", "", "")}
}

func (c *call) storeSettings(o storeOptions) (config.Config, error) {
	flags := map[string]string{}
	if *o.data != "" {
		flags["data"] = *o.data
	}
	return c.settings(*o.file, flags)
}

// operator finds who carries out a command: the service that has the store open,
// or this process. The error is for users.
func (c *call) operator(ctx context.Context, o storeOptions) (operator, error) {
	cfg, err := c.storeSettings(o)
	if err != nil {
		return nil, err
	}
	return openOperator(ctx, cfg)
}

func openOperator(ctx context.Context, cfg config.Config) (operator, error) {
	switch r, err := dialOperator(ctx, cfg.Data); {
	case err == nil:
		return r, nil
	case !errors.Is(err, errNoService) && cfg.Redis.Reveal() == "":
		return nil, err
	}
	unlock := func() {}
	if cfg.Redis.Reveal() == "" {
		var err error
		if unlock, err = lockFolder(cfg.Data); err != nil {
			if errors.Is(err, errLocked) {
				return nil, fmt.Errorf("数据文件夹 %s 正被另一个进程使用，它还没有准备好接受命令，请稍后再试", cfg.Data)
			}
			return nil, err
		}
	}
	s, err := openStore(ctx, cfg, clockOf(cfg))
	if err != nil {
		unlock()
		return nil, err
	}
	p, err := localPeople(ctx, cfg, s)
	if err != nil {
		err = errors.Join(err, s.Close())
		unlock()
		return nil, err
	}
	return local{
		store:   s,
		imports: imports{store: s, people: p, changed: func() {}},
		close: func() error {
			defer unlock()
			return s.Close()
		},
	}, nil
}

// localPeople is people for a command that has the store to itself. Units are
// those of the documents in force.
func localPeople(ctx context.Context, cfg config.Config, s *store.Store) (*people, error) {
	p, err := openPeople(ctx, cfg, s)
	if err != nil {
		return nil, err
	}
	p.box = outbox.New(outbox.Options{Store: s})
	p.units = sync.OnceValue(func() org.Units {
		plans, err := inForce(ctx, cfg, s)
		if err != nil {
			return nil
		}
		words, err := loadWords(cfg.Thesaurus)
		if err != nil {
			return nil
		}
		ix, err := index.Build(plans, index.Options{Thesaurus: words})
		if err != nil {
			return nil
		}
		return unitsOf{ix}
	})
	return p, nil
}

// inForce reads the documents as a service with these settings would.
func inForce(ctx context.Context, cfg config.Config, s *store.Store) ([]*plan.Plan, error) {
	given, _, err := givenPlans(ctx, cfg.Plans, &progress{})
	if err != nil {
		return nil, err
	}
	var docs []library.Document
	err = s.View(ctx, func(r store.Reader) (err error) {
		docs, err = library.All(r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read documents: %w", err)
	}
	return together(docs, given), nil
}
