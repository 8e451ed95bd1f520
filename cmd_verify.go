package main

import (
	"context"
	"flag"
)

var verifyCommand = command{
	name:    "verify",
	summary: "核对任务和活动的历史有没有被改过，从历史重算服务时长",
	usage: `用法：xietiao verify [-config 文件] [-data 文件夹]

任务、活动的每一步都记在一条历史里，每一条记录都含着前一条的校验值。活动、报名、签到和时长再从历史重算一遍，
和存着的比；开出的证明和开出时登记的比。全部对得上就以 0 退出；有改动、缺失或多出来的，说出每条历史第一处
对不上的地方、哪个活动的哪位志愿者（编号）和两个时长，以 1 退出。服务开着也能用。
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
	v, err := op.Verify(ctx)
	if err != nil {
		return c.fail("%v", err)
	}
	for _, line := range v.Lines() {
		printf(c.stdout, "%s\n", line)
	}
	for _, line := range v.Bad {
		printf(c.stdout, "%s\n", line)
	}
	if n := len(v.Bad); n > 0 {
		return c.fail("%d 处对不上", n)
	}
	printf(c.stdout, "全部对得上\n")
	return exitDone
}
