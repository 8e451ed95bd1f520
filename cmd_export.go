package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/report"
	"xietiao/bot/task"
)

var exportCommand = command{
	name:    "export",
	summary: "导出报表、台账、督办单、进度图、职责表、电话名单、通知台账、活动、签到表、服务时长",
	usage: `用法：xietiao export [-as 什么] [-unit 单位] [-task T12] [-activity A7] [-day 日] [-year 年] [-from 日] [-to 日]
                      [-layout 文件] [-version 版] [-config 文件] [-data 文件夹] 文件

报表，文件写 .docx 是 A4 公文，写 .xlsx 是表格，数字一样：
  -as bulletin    督办通报：各单位进度、逾期、快到期、本期办结、待定期限
  -as unanswered  没有答上来的问题：最近 7 天机器人没有答的，按原因；-day 从哪天算起
  -as meeting     会议材料：一个单位一页，职责、办结、逾期、请求，每一行有条款和任务编号；-day 办结的从哪天算起（默认今年），
                  -unit 只要一个单位的那一页
  -as assessment  考评表：-year 哪一年，-version 第几版（默认最新）；先从历史重算一遍，对得上才导出
  -as volunteers  志愿服务统计：分队、单位、活动、时长；-year 哪一年（下面两种也是，默认今年）
  -as load        减负统计：每个单位每月收到几条提醒，对着每天的上限；要填报几次
  -as annual      基本公共文化服务标准化均等化年度报告的资料：系统里有的，分单位、分乡镇，写明出处；缺的列出来，写明方案把它交给谁

别的：
  -as ledger      任务台账（默认），xlsx；-unit 只要一个单位的
  -as form        一项任务的督办单，docx：-task 哪一项
  -as progress    各单位进度图，png；机器上要有中文字体
  -as duties      方案里各单位的职责，做成任务表，xlsx；填上期限再用 import -as tasks 导入
  -as calls       要打电话告知的单位，docx 或 xlsx，可以打印：联系人、电话、要说的、打勾的格子；-day 哪一天（默认今天）
  -as notices     通知台账，xlsx：发给谁、发成没有、为什么、撤回没有；-unit 一个单位的，-year 哪一年（默认最近 90 天）
  -as activities  活动表，xlsx：-unit 一个单位的，-from、-to 哪天到哪天开始的；改了可以再用 import -as activities 导入
  -as signsheet   一个活动的签到表，xlsx，可以打印：-activity 哪个活动；填好了用 import -as signsheet 补录
  -as hours       服务时长，xlsx：一行是一位志愿者在一个活动里的；-from、-to 或 -year 哪些天的（默认今年），-unit 一个单位的；
                  -layout 对照表，按登记系统要的列导出，写法见 docs/activities.md。里面有姓名和手机，注意保管
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
	set.StringVar(&req.Day, "day", "", "")
	set.IntVar(&req.Year, "year", 0, "")
	set.StringVar(&req.Activity, "activity", "", "")
	set.StringVar(&req.From, "from", "", "")
	set.StringVar(&req.To, "to", "", "")
	layout := set.String("layout", "", "")
	set.IntVar(&req.Version, "version", 0, "")
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	endings, known := exportKinds()[req.Kind]
	if len(rest) == 1 {
		req.Ending = strings.ToLower(filepath.Ext(rest[0]))
	}
	switch {
	case !known:
		return c.misuse("-as 只能是 %s", strings.Join(slices.Sorted(maps.Keys(exportKinds())), "、"))
	case len(rest) != 1 || !slices.Contains(endings, req.Ending):
		return c.misuse("要给一个 %s 文件名", strings.Join(endings, " 或 "))
	case req.Kind == exportSignSheet && !isActivity(req.Activity):
		return c.misuse("要用 -activity 说是哪个活动，例如 -activity A7")
	case *layout != "" && req.Kind != exportHours:
		return c.misuse("-layout 只用于 -as hours")
	case req.Kind == string(report.Assessment) && req.Year == 0:
		return c.misuse("要用 -year 说是哪一年")
	case req.Kind == exportForm && !isTask(req.Task):
		return c.misuse("要用 -task 说是哪一项，例如 -task T12")
	}
	for name, day := range map[string]string{"day": req.Day, "from": req.From, "to": req.To} {
		if _, err := calendar.ParseDate(day); day != "" && err != nil {
			return c.misuse("-%s 的值 %q 不是 2026-12-01 这样的日子", name, day)
		}
	}
	if req.From != "" && req.To != "" && req.To < req.From {
		return c.misuse("-to 在 -from 前面")
	}
	if *layout != "" {
		data, err := readFile(*layout)
		if err != nil {
			return c.fail("%s", advice(*layout, err))
		}
		if req.Layout, err = layoutOf(*layout, data); err != nil {
			return c.fail("%v", err)
		}
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
