package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"xietiao/config"
)

var serveCommand = command{
	name:    "serve",
	summary: "开一个服务：企业微信和钉钉里的聊天、试用页、提问接口",
	usage: `用法：xietiao serve [-config 文件] [-listen 地址] [-data 文件夹]

  -config 文件   配置文件；不给就用当前文件夹的 xietiao.yaml（可以没有）
  -listen 地址   监听地址，默认 127.0.0.1:8080
  -data 文件夹   数据文件夹，默认 ./data；别的命令要对同一个服务用，也写同样的 -data

不用任何配置就能运行：查自带的乐清方案，试用页在 http://127.0.0.1:8080/ 。
配置的全部名字见 docs/config.md。按 Ctrl-C 停止。
`,
	run: runServe,
}

func runServe(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	file := fs.String("config", "", "")
	fs.String("listen", "", "")
	fs.String("data", "", "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	flags := map[string]string{}
	fs.Visit(func(f *flag.Flag) {
		if f.Name != "config" {
			flags[f.Name] = f.Value.String()
		}
	})
	if listen, ok := flags["listen"]; ok {
		if err := config.CheckListen(listen); err != nil {
			return c.misuse("%s", config.Advice(fmt.Errorf("-listen: %w", err)))
		}
	}
	if data, ok := flags["data"]; ok && data == "" {
		return c.misuse("参数 -data 后面缺少值")
	}
	cfg, err := c.settings(*file, flags)
	if err != nil {
		return c.fail("%v", err)
	}

	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	a, err := newApp(ctx, cfg, slog.New(slog.NewTextHandler(c.stderr, nil)))
	if errors.Is(err, errLocked) {
		return c.fail("%s", lockedAdvice(cfg.Data))
	}
	if err != nil {
		return c.fail("%v", err)
	}
	printf(c.stderr, "试用页  %s\n", a.url())
	if err := a.run(ctx); err != nil {
		return c.fail("%v", err)
	}
	return exitDone
}
