package main

import (
	"context"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// probeTimeout is how long a probe may take; containers ask every half minute.
const probeTimeout = 5 * time.Second

var healthcheckCommand = command{
	name:    "healthcheck",
	summary: "问本机的服务好不好，给容器用",
	usage: `用法：xietiao healthcheck [-config 文件] [-listen 地址]

能收消息就以 0 退出；起不来、连不上数据库就以 1 退出，并说出来。
地址按配置里的 listen；它监听所有地址（0.0.0.0）时就问本机。
`,
	run: runHealthcheck,
}

func runHealthcheck(ctx context.Context, c *call) int {
	fs := flag.NewFlagSet("healthcheck", flag.ContinueOnError)
	file := fs.String("config", "", "")
	fs.String("listen", "", "")
	rest, code, ok := c.parse(fs)
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	flags := map[string]string{}
	fs.Visit(func(f *flag.Flag) {
		if f.Name == "listen" {
			flags[f.Name] = f.Value.String()
		}
	})
	cfg, err := c.settings(*file, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+probeAddress(cfg.Listen)+"/readyz", nil)
	if err != nil {
		return c.fail("地址 %s 不对：%v", cfg.Listen, err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return c.fail("服务没有应答：它没有开着，或者不在 %s（看配置里的 listen，或用 -listen 说明）\n（%v）", cfg.Listen, err)
	}
	defer func() { _ = res.Body.Close() }() // read only
	body, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return c.fail("服务的应答不完整：%v", err)
	}
	printf(c.stdout, "%s\n", strings.TrimSpace(string(body)))
	if res.StatusCode != http.StatusOK {
		return c.fail("服务开着，但还不能收消息；用 xietiao doctor 看原因")
	}
	return exitDone
}

// probeAddress is where a service that listens at addr is reached from here.
func probeAddress(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
