package main

import (
	"context"
	"flag"
	"strconv"
	"strings"

	"xietiao/bot/calendar"
	"xietiao/bot/task"
)

var assessCommand = command{
	name:    "assess",
	summary: "年度考评：看得分、定一版、记申诉和决定",
	usage: `用法：xietiao assess -year 年 [-publish | -object T12 -unit 单位 -why 理由 | -decide 号 [-grant [-done 日期]] -why 理由] [-config 文件] [-data 文件夹]

不带别的参数：按现在的结果算一遍给人看，什么也不改。只看结果和期限，公式一起列出。
  -publish   定为新的一版；和上一版没有不同就不另出
  -object    替单位记一条申诉：对哪项任务、哪个单位、为什么
  -decide    对一条申诉作决定：-grant 成立，这一项不计分，加 -done 则按那天办结计；不加 -grant 不成立。
             成立的出新的一版，除了这一项都和上一版一样
  -config、-data  同 serve

每一版都记在历史里，从任务的历史能一字不差地重算出来。导出用 xietiao export -as assessment。
`,
	run: runAssess,
}

func runAssess(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("assess", flag.ContinueOnError)
	year := set.Int("year", 0, "")
	publish := set.Bool("publish", false, "")
	object := set.String("object", "", "")
	unit := set.String("unit", "", "")
	decide := set.Int("decide", 0, "")
	grant := set.Bool("grant", false, "")
	done := set.String("done", "", "")
	why := set.String("why", "", "")
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	req := assessRequest{Year: *year, Do: assessShow}
	steps := 0
	for do, given := range map[string]bool{assessPublish: *publish, assessObject: *object != "", assessDecide: *decide != 0} {
		if given {
			req.Do, steps = do, steps+1
		}
	}
	number, isTask := task.ParseNumber(*object)
	day, badDay := calendar.ParseDate(*done)
	switch {
	case len(rest) > 0:
		return c.misuse("多余的参数 %q", rest[0])
	case *year < 2000 || *year > 2999:
		return c.misuse("要用 -year 说是哪一年")
	case steps > 1:
		return c.misuse("-publish、-object、-decide 一次只能用一个")
	case req.Do == assessObject && (!isTask || *unit == "" || *why == ""):
		return c.misuse("-object 要给任务编号（T12）、-unit 和 -why")
	case req.Do == assessDecide && *why == "":
		return c.misuse("-decide 要给 -why")
	case *done != "" && (badDay != nil || !*grant):
		return c.misuse("-done 要和 -grant 一起用，是 2026-12-01 这样的日期")
	}
	req.Object = task.Objection{Number: number, Unit: *unit, Text: *why}
	req.Rule = task.Ruling{Objection: *decide, Granted: *grant, Why: *why}
	if *done != "" {
		req.Rule.Done = day
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		return c.fail("%v", err)
	}
	req.Weights = weightsOf(cfg, *year)
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // what was kept has been committed
	rep, err := op.Assess(ctx, req)
	if err != nil {
		return c.fail("%v", err)
	}
	c.showAssessment(req, rep)
	return exitDone
}

func (c *call) showAssessment(req assessRequest, rep assessReport) {
	if req.Do == assessObject {
		printf(c.stdout, "已记下第 %d 号申诉\n", rep.ID)
		return
	}
	a := rep.Now
	title := strconv.Itoa(a.Year) + " 年考评，第 " + strconv.Itoa(a.Version) + " 版"
	if a.Version > rep.Versions {
		title = strconv.Itoa(a.Year) + " 年考评，现在算（还没有定）"
	}
	printf(c.stdout, "%s，截至 %s\n%s\n\n", title, a.Day, a.Weights.Formula())
	for _, s := range a.Scores {
		printf(c.stdout, "%s  %s（%d 项共 %d 分）\n", s.Unit, s.Word(), s.Results, s.Points)
	}
	if len(a.Scores) == 0 {
		printf(c.stdout, "这一年没有交办过有期限的任务\n")
	}
	for _, o := range rep.Objections {
		verdict := "待定"
		if o.Ruling != nil {
			verdict = o.Ruling.Word()
		}
		printf(c.stdout, "第 %d 号申诉 %s %s：%s——%s\n", o.ID, o.Number, o.Unit, strings.ReplaceAll(o.Text, "\n", " "), verdict)
	}
}
