// Command xietiao answers, from the plans of a coordination group, who is
// responsible for what. See README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	_ "time/tzdata" // a county's server may have no zone files
)

// Exit codes; a question that finds no answer is still done.
const (
	exitDone   = 0
	exitFailed = 1 // failed, unreadable, or a figure below its minimum
	exitUsage  = 2
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// command is one subcommand: its own usage text and its work.
type command struct {
	name    string
	summary string
	usage   string
	run     func(ctx context.Context, c *call) int
}

// call is one run of a subcommand.
type call struct {
	command
	args           []string
	stdin          io.Reader
	stdout, stderr io.Writer
}

// commands in the order help shows them.
func commands() []command {
	return []command{
		serveCommand, askCommand, parseCommand, importCommand, evalCommand, doctorCommand, healthcheckCommand,
		remindCommand, exportCommand, assessCommand, consoleCommand, verifyCommand, backupCommand, restoreCommand, rekeyCommand, versionCommand,
	}
}

// run is the whole program: it never calls os.Exit and reads only what it is
// given, the environment and files.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		help(stderr)
		return exitUsage
	}
	name := args[0]
	if slices.Contains([]string{"help", "-h", "-help", "--help"}, name) {
		return runHelp(args[1:], stdout, stderr)
	}
	if slices.Contains([]string{"-version", "--version"}, name) {
		name = versionCommand.name
	}
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, &call{c, args[1:], stdin, stdout, stderr})
		}
	}
	printf(stderr, "没有 %q 这个命令\n\n", name)
	help(stderr)
	return exitUsage
}

func runHelp(args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 {
		help(stdout)
		return exitDone
	}
	for _, c := range commands() {
		if c.name == args[0] {
			printf(stdout, "%s", c.usage)
			return exitDone
		}
	}
	printf(stderr, "没有 %q 这个命令\n", args[0])
	return exitUsage
}

func help(w io.Writer) {
	printf(w, "协调助手：从工作方案里查谁负责什么\n\n用法：xietiao 命令 [参数]\n\n")
	for _, c := range commands() {
		printf(w, "  %-8s %s\n", c.name, c.summary)
	}
	printf(w, "\n每个命令的参数：xietiao help 命令\n")
}

// parse reads flags wherever they stand among the arguments; a lone -- ends
// them. It reports a mistake itself and then returns the exit code.
func (c *call) parse(fs *flag.FlagSet) (positional []string, code int, ok bool) {
	fs.SetOutput(io.Discard)
	args := c.args
	for len(args) > 0 {
		if args[0] == "--" {
			return append(positional, args[1:]...), 0, true
		}
		if !strings.HasPrefix(args[0], "-") || args[0] == "-" {
			positional = append(positional, args[0])
			args = args[1:]
			continue
		}
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			printf(c.stdout, "%s", c.usage)
			return nil, exitDone, false
		}
		if err != nil {
			return nil, c.misuse("%s", flagFault(err)), false
		}
		used := len(args) - fs.NArg()
		ended := args[used-1] == "--"
		args = fs.Args()
		if ended {
			return append(positional, args...), 0, true
		}
	}
	return positional, 0, true
}

// flagFault says what the flag package found, in the users' language.
func flagFault(err error) string {
	text := err.Error()
	if name, ok := strings.CutPrefix(text, "flag provided but not defined: "); ok {
		return "没有 " + name + " 这个参数"
	}
	if name, ok := strings.CutPrefix(text, "flag needs an argument: "); ok {
		return "参数 " + name + " 后面缺少值"
	}
	if rest, ok := strings.CutPrefix(text, "invalid value "); ok {
		value, rest, _ := strings.Cut(rest, " for flag ")
		name, why, _ := strings.Cut(rest, ": ")
		return "参数 " + name + " 的值 " + value + " 不对：" + why
	}
	return "参数不对：" + text
}

// misuse reports a wrong call with the usage and returns its exit code.
func (c *call) misuse(format string, args ...any) int {
	printf(c.stderr, "xietiao %s: %s\n\n%s", c.name, fmt.Sprintf(format, args...), c.usage)
	return exitUsage
}

// fail reports a failure and returns its exit code.
func (c *call) fail(format string, args ...any) int {
	printf(c.stderr, "xietiao %s: %s\n", c.name, fmt.Sprintf(format, args...))
	return exitFailed
}

// printf writes for people; where that fails there is nobody left to tell.
func printf(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }
