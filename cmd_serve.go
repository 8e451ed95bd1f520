package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"xietiao/config"
	"xietiao/handlers/console"
)

var serveCommand = command{
	name:    "serve",
	summary: "开一个服务：企业微信和钉钉里的聊天、试用页、提问接口",
	usage: `用法：xietiao serve [-config 文件] [-listen 地址] [-data 文件夹] [-clock 时刻 [-speed 倍数]]

  -config 文件   配置文件；不给就用当前文件夹的 xietiao.yaml（可以没有）
  -listen 地址   监听地址，默认 127.0.0.1:8080
  -data 文件夹   数据文件夹，默认 ./data；别的命令要对同一个服务用，也写同样的 -data
  -clock 时刻    预演：程序的时钟从这个时刻走起，例如 2026-01-01T08:00:00+08:00
  -speed 倍数    预演时时钟快多少倍，默认 1

预演时，提醒、期限、每天几条和每分钟几条的上限都按预演的时钟走，签名、令牌和超时仍按真的时钟。
只能用新的数据文件夹（或预演用过的）、名字以 rehearsal- 开头的 space，平台的地址都要在本机；不会向别的机器发任何东西。

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
	clock := fs.String("clock", "", "")
	speed := fs.Int("speed", 1, "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	flags := map[string]string{}
	fs.Visit(func(f *flag.Flag) {
		if f.Name == "listen" || f.Name == "data" {
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
	start, err := time.Parse(time.RFC3339, *clock)
	switch {
	case *clock == "" && *speed != 1:
		return c.misuse("-speed 要和 -clock 一起用")
	case *clock != "" && err != nil:
		return c.misuse("-clock 的值 %q 不是 2026-01-01T08:00:00+08:00 这样的时刻", *clock)
	case *speed < 1 || *speed > maxSpeed:
		return c.misuse("-speed 要是 1 到 %d 的整数", maxSpeed)
	}
	cfg, err := c.settings(*file, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	pt := programTime{now: clockOf(cfg)}
	if *clock != "" {
		pt = rehearsalTime(start.In(cfg.Location()), *speed)
	}

	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once

	a, err := newAppBy(ctx, cfg, pt, slog.New(slog.NewTextHandler(c.stderr, nil)))
	if errors.Is(err, errLocked) {
		return c.fail("%s", lockedAdvice(cfg.Data))
	}
	if err != nil {
		return c.fail("%v", err)
	}
	printf(c.stderr, "试用页  %s\n", a.url())
	link, err := a.firstLink(ctx)
	if err != nil {
		return c.fail("%v", errors.Join(err, a.close()))
	}
	if link == "" {
		link = strings.TrimSuffix(a.url(), "/") + console.Path
	} else {
		link += "  （30 分钟内有效，只能用一次：设办公室的第一个账号）"
	}
	printf(c.stderr, "控制台  %s\n", link)
	if pt.rehearsal() {
		printf(c.stderr, "预演：时钟从 %s 走起，快 %d 倍\n", start.In(cfg.Location()).Format(minuteLayout), *speed)
	}
	if err := a.run(ctx); err != nil {
		return c.fail("%v", err)
	}
	return exitDone
}
