package main

import (
	"bufio"
	"cmp"
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
	summary: "把方案、花名册、群机器人、任务、活动、放假安排放进系统",
	usage: `用法：xietiao import [-as plan|roster|groups|tasks|activities|holidays] [-yes] [-config 文件] [-data 文件夹] 文件…
      xietiao import -as signsheet -activity A7 [-yes] [-config 文件] [-data 文件夹] 文件…
      xietiao import -as plan -remove [-yes] [-data 文件夹] 文号或标题…
      xietiao import -as groups -remove [-yes] [-data 文件夹] 机器人编号…

  -as plan     方案（默认）：docx、pdf、txt、html、xlsx……；同一文号的新文件代替旧版，旧版保留
  -as roster   花名册：xlsx 或 csv，列有 姓名、单位、角色、企业微信账号、钉钉账号、手机；
               角色写“办公室”的人管理系统。企业微信导出的通讯录可以直接用
  -as groups   群机器人：xlsx 或 csv，列有 单位、平台、webhook、secret；导入后各发一条测试消息
  -as tasks    任务：xlsx 或 csv，列有 任务、责任单位、配合单位、完成时限、备注，怎么写见 docs/tasks.md；
               或者一份已经导入的方案，取里面写明单位的任务。导入后是“立项”，由办公室交办
  -as activities 活动：xlsx 或 csv，列有 活动名称、主办单位、时间、地点、名额……，怎么写见 docs/activities.md；表头写着“活动名称”
               的表，不写 -as 也认得。新活动导入后还没有发布；有“活动编号”的行改那个活动
  -as signsheet 填好的签到表，补录签到和签退：-activity 哪个活动；列有 姓名（或编号）、签到时间、签退时间
  -as holidays 放假安排：国务院办公厅通知的原文（txt、docx、pdf……），或者 xlsx、csv，列有 日期、安排（放假或上班）、名称；
               马上生效，没办完的任务按新的日历重排提醒
  -remove      移除导入过的方案或群机器人（编号是 R 开头的那个）；方案的原件和旧版留着
  -yes         不问，直接做
  -config、-data  同 serve；服务用了 -data，这里也要写同一个

先说会有什么变化，问过才做。同一份文件导入两次，第二次什么也不变。
一份文件要么全部导入，要么一点不导入；任务表里看不清的行列出来留下，其余的全部导入。活动表、签到表有一行看不清就整份不导入。服务开着也能用，不用重启。
`,
	run: runImport,
}

func runImport(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("import", flag.ContinueOnError)
	kind := fs.String("as", "", "")
	of := fs.String("activity", "", "")
	yes := fs.Bool("yes", false, "")
	remove := fs.Bool("remove", false, "")
	flags := storeFlags(fs)
	files, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	switch {
	case *kind != "" && !slices.Contains(importKinds, *kind):
		return c.misuse("-as 只能是 %s", strings.Join(importKinds, "、"))
	case (*of == "") == (*kind == importSigned):
		return c.misuse("签到表要写 -as signsheet 和 -activity，例如 -activity A7；别的不写 -activity")
	case *of != "" && !isActivity(*of):
		return c.misuse("-activity 的值 %q 不是 A7 这样的编号", *of)
	case *remove && *kind != "" && *kind != importPlan && *kind != importGroups:
		return c.misuse("-remove 只能移除方案和群机器人")
	case *remove && len(files) == 0:
		return c.misuse("缺少要移除的文号、标题或机器人编号")
	case len(files) == 0:
		return c.misuse("缺少文件")
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		return c.fail("%v", err)
	}
	switch has := hasStore(ctx, cfg); {
	case !has && *remove:
		return c.fail("%s", noStore(cfg))
	case !has:
		c.tell([]string{cfg.Data + " 里还没有数据，会在那里新建一个库；如果服务用的是别的文件夹，请加同样的 -data"})
	}
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // what was imported has been committed
	im := importing{call: c, op: op, kind: *kind, of: *of, remove: *remove, yes: *yes, verb: "导入", answers: bufio.NewReader(c.stdin), progress: newProgress(c.stderr)}
	if *remove {
		im.kind, im.verb = cmp.Or(im.kind, importPlan), "移除"
	}
	failed := false
	for i, file := range files {
		im.progress.now(fmt.Sprintf("正在读 %d/%d %s", i+1, len(files), filepath.Base(file)))
		if err := im.each(ctx, file); err != nil {
			printf(c.stderr, "xietiao import: %v\n", err)
			failed = true
		}
	}
	if failed {
		return exitFailed
	}
	return exitDone
}

// importing is the import of some files, or the removal of what was imported.
type importing struct {
	*call
	op       operator
	kind     string // one of importKinds; empty: a plan, unless it is a table of activities
	of       string // the activity whose sign-in sheet it is
	remove   bool
	verb     string // what is done to each, for users
	yes      bool
	answers  *bufio.Reader
	progress *progress
}

// each shows what a file, or the removal of that name, changes, asks, and does
// it. Errors are for users.
func (im importing) each(ctx context.Context, name string) error {
	req := importRequest{Kind: im.kind, File: name, Remove: im.remove, Activity: im.of}
	if !im.remove {
		data, err := readFile(name)
		if err != nil {
			im.progress.done()
			return errors.New(advice(name, err))
		}
		req.File, req.Data = filepath.Base(name), data
	}
	report, err := im.op.Import(ctx, req)
	im.progress.done()
	if err != nil {
		return fmt.Errorf("%s：没有%s：%w", name, im.verb, err)
	}
	im.show(report)
	switch {
	case report.Bad:
		return im.refused(name)
	case !report.Changes:
		return left(name, report)
	}
	if err := im.ask(name); err != nil {
		return err
	}
	im.progress.now("正在" + im.verb + " " + req.File)
	req.Apply = true
	report, err = im.op.Import(ctx, req)
	im.progress.done()
	switch {
	case err != nil:
		return fmt.Errorf("%s：没有%s：%w", name, im.verb, err)
	case report.Bad: // things have changed since it was shown
		im.show(report)
		return im.refused(name)
	}
	printf(im.stdout, "已%s %s\n", im.verb, name)
	if report.After != "" {
		printf(im.stdout, "%s\n", report.After)
	}
	return left(name, report)
}

// left says that some rows were not imported; nil: all were.
func left(file string, report importReport) error {
	if report.Left == 0 {
		return nil
	}
	return fmt.Errorf("%s：%d 行看不清，没有导入；改好后再导入一次，其余的不会重复", file, report.Left)
}

func (im importing) refused(name string) error {
	return fmt.Errorf("%s：没有%s，请按上面说的改好再来", name, im.verb)
}

func (im importing) show(report importReport) {
	for _, line := range report.Lines {
		printf(im.stdout, "%s\n", line)
	}
}

// ask asks whether to do it, unless that was said already; nil is yes.
func (im importing) ask(name string) error {
	if im.yes {
		return nil
	}
	printf(im.stderr, "%s %s 吗？[y/N] ", im.verb, name)
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
		return fmt.Errorf("%s：没有%s：没有人回答（要不问就%s，加 -yes）", name, im.verb, im.verb)
	}
	return fmt.Errorf("%s：没有%s，什么也没有变", name, im.verb)
}
