package main

import (
	"context"
	"flag"
	"runtime"
	"runtime/debug"
)

// version is set by the build: -ldflags "-X main.version=…".
var version = ""

var versionCommand = command{
	name:    "version",
	summary: "版本和提交号",
	usage:   "用法：xietiao version\n",
	run:     runVersion,
}

func runVersion(_ context.Context, c *call) int {
	rest, code, ok := c.parse(flag.NewFlagSet("version", flag.ContinueOnError))
	if !ok {
		return code
	}
	if len(rest) > 0 {
		return c.misuse("多余的参数 %q", rest[0])
	}
	name, commit := buildVersion()
	printf(c.stdout, "xietiao %s (%s, %s/%s)\n", name, commit+runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return exitDone
}

// buildVersion says what this binary was built from.
func buildVersion() (name, commit string) {
	name = version
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return name, ""
	}
	dirty := ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+改动"
		}
	}
	if name == "" {
		name = info.Main.Version
	}
	if name == "" || name == "(devel)" {
		name = "dev"
	}
	if commit != "" {
		commit += dirty + ", "
	}
	return name, commit
}
