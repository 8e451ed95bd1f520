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
	im := importing{call: c, op: op, kind: *kind, yes: *yes, answers: bufio.NewReader(c.stdin), progress: newProgress(c.stderr)}
	failed := false
	for i, file := range files {
		im.progress.now(fmt.Sprintf("正在读 %d/%d %s", i+1, len(files), filepath.Base(file)))
		if err := im.file(ctx, file); err != nil {
			printf(c.stderr, "xietiao import: %v\n", err)
			failed = true
		}
	}
	if failed {
		return exitFailed
	}
	return exitDone
}

// importing is the import of some files.
type importing struct {
	*call
	op       operator
	kind     string
	yes      bool
	answers  *bufio.Reader
	progress *progress
}

// file shows what a file changes, asks, and imports it. Errors are for users.
func (im importing) file(ctx context.Context, file string) error {
	data, err := readFile(file)
	if err != nil {
		im.progress.done()
		return errors.New(advice(file, err))
	}
	req := importRequest{Kind: im.kind, File: filepath.Base(file), Data: data}
	report, err := im.op.Import(ctx, req)
	im.progress.done()
	if err != nil {
		return fmt.Errorf("%s：没有导入：%w", file, err)
	}
	im.show(report)
	switch {
	case report.Bad:
		return fmt.Errorf("%s：没有导入，请按上面说的改好再来", file)
	case !report.Changes:
		return nil
	}
	if err := im.ask(file); err != nil {
		return err
	}
	im.progress.now("正在导入 " + req.File)
	req.Apply = true
	report, err = im.op.Import(ctx, req)
	im.progress.done()
	switch {
	case err != nil:
		return fmt.Errorf("%s：没有导入：%w", file, err)
	case report.Bad: // things have changed since it was shown
		im.show(report)
		return fmt.Errorf("%s：没有导入，请按上面说的改好再来", file)
	}
	printf(im.stdout, "已导入 %s\n", file)
	return nil
}

func (im importing) show(report importReport) {
	for _, line := range report.Lines {
		printf(im.stdout, "%s\n", line)
	}
}

// ask asks whether to import the file, unless that was said already; nil is yes.
func (im importing) ask(file string) error {
	if im.yes {
		return nil
	}
	printf(im.stderr, "导入 %s 吗？[y/N] ", file)
	answer, err := im.answers.ReadString('\n')
	if err != nil {
		printf(im.stderr, "\n")
	}
	switch a := strings.ToLower(strings.TrimSpace(answer)); {
	case err != nil && !errors.Is(err, io.EOF):
		return fmt.Errorf("读不到回答：%w", err)
	case a == "y" || a == "yes" || a == "是":
		return nil
	case a == "" && err != nil:
		return fmt.Errorf("%s：没有导入：没有人回答（要不问就导入，加 -yes）", file)
	}
	return fmt.Errorf("%s：没有导入，什么也没有变", file)
}
