package main

import (
	"context"
	"flag"

	"xietiao/bot/audit"
)

var verifyCommand = command{
	name:    "verify",
	summary: "核对任务的历史有没有被改过",
	usage: `用法：xietiao verify [-config 文件] [-data 文件夹]

任务的每一步都记在一条历史里，每一条记录都含着前一条的校验值。全部对得上就以 0 退出；
有改动、缺失或多出来的，说出每条历史第一处对不上的地方，以 1 退出。服务开着也能用。
`,
	run: runVerify,
}

func runVerify(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags := storeFlags(fs)
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	op, err := c.operator(ctx, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // read only
	report, err := op.Verify(ctx)
	if err != nil {
		return c.fail("%v", err)
	}
	printf(c.stdout, "核对了 %d 条历史，共 %d 条记录\n", report.Chains, report.Entries)
	for _, b := range report.Breaks {
		printf(c.stdout, "%s\n", audit.Tell(b))
	}
	if n := len(report.Breaks); n > 0 {
		return c.fail("%d 条历史对不上", n)
	}
	printf(c.stdout, "全部对得上\n")
	return exitDone
}
