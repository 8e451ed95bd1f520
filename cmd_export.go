package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"xietiao/bot/task"
)

var exportCommand = command{
	name:    "export",
	summary: "导出台账、督办通报、督办单、进度图、考评表、职责表",
	usage: `用法：xietiao export [-as ledger|bulletin|form|progress|assessment|duties] [-unit 单位] [-task T12] [-year 年] [-version 版] [-config 文件] [-data 文件夹] 文件

  -as ledger      任务台账（默认），xlsx；-unit 只要一个单位的
  -as bulletin    督办通报，docx：各单位进度、逾期、快到期、本期办结、待定期限
  -as form        一项任务的督办单，docx：-task 哪一项
  -as progress    各单位进度图，png；机器上要有中文字体
  -as assessment  考评表，xlsx：-year 哪一年，-version 第几版（默认最新）；先从历史重算一遍，对得上才导出
  -as duties      方案里各单位的职责，做成任务表，xlsx；填上期限再用 import -as tasks 导入
  -config、-data  同 serve

文件已经有了就不动它，以 1 退出。什么也不改。服务开着也能用。
`,
	run: runExport,
}

func runExport(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("export", flag.ContinueOnError)
	var req exportRequest
	set.StringVar(&req.Kind, "as", exportLedger, "")
	set.StringVar(&req.Unit, "unit", "", "")
	set.StringVar(&req.Task, "task", "", "")
	set.IntVar(&req.Year, "year", 0, "")
	set.IntVar(&req.Version, "version", 0, "")
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	ending, known := exportKinds[req.Kind]
	switch {
	case !known:
		return c.misuse("-as 只能是 %s", strings.Join(slices.Sorted(maps.Keys(exportKinds)), "、"))
	case len(rest) != 1 || !strings.HasSuffix(strings.ToLower(rest[0]), ending):
		return c.misuse("要给一个 %s 文件名", ending)
	case req.Kind == exportAssessment && req.Year == 0:
		return c.misuse("要用 -year 说是哪一年")
	case req.Kind == exportForm && !isTask(req.Task):
		return c.misuse("要用 -task 说是哪一项，例如 -task T12")
	}
	op, err := c.operator(ctx, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // read only
	data, err := op.Export(ctx, req)
	if err != nil {
		return c.fail("%v", err)
	}
	switch err := writeNew(rest[0], data); {
	case errors.Is(err, fs.ErrExist):
		return c.fail("%s 已经有了，没有动它；请换一个名字", rest[0])
	case err != nil:
		return c.fail("没有导出：%s", backupAdvice(rest[0], err))
	}
	printf(c.stdout, "已导出到 %s\n", rest[0])
	return exitDone
}

func isTask(s string) bool { _, ok := task.ParseNumber(s); return ok }

// writeNew writes a file that must not be there yet; half of one does not stay.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
