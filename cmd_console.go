package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/handlers/console"
)

var consoleCommand = command{
	name:    "console",
	summary: "取一个进控制台的一次性链接：设第一个账号，或重设密码",
	usage: `用法：xietiao console [-config 文件] [-data 文件夹] [-login 登录名]

印出一个 30 分钟内有效、只能用一次的链接。谁拿到链接谁就能设密码，请当面给，不要发到群里。

  -login 登录名   给这个人重设密码，锁住的也能打开；不给就是设办公室的一个新账号

忘了都有哪些登录名的，不给 -login，用新账号进去，在“人员与群”里看。
`,
	run: runConsole,
}

// setupLife is how long the link that sets an account is good.
const setupLife = 30 * time.Minute

// linkFile is where the first link is kept, for this user alone: who started the
// service in the background does not see what it prints.
const linkFile = "console-link"

func runConsole(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("console", flag.ContinueOnError)
	flags := storeFlags(set)
	login := set.String("login", "", "")
	rest, code, ok := c.parse(set)
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
	defer func() { _ = op.Close() }() // the link is in the store
	url, err := op.ConsoleLink(ctx, *login)
	if err != nil {
		return c.fail("%v", err)
	}
	printf(c.stdout, "%s\n", url)
	printf(c.stderr, "30 分钟内在浏览器里打开，只能用一次。\n")
	return exitDone
}

// ConsoleLink makes the address of a one-time link that sets the password of a login,
// or an account of the office if login is empty.
func (l local) ConsoleLink(ctx context.Context, login string) (url string, err error) {
	var path string
	err = l.store.Update(ctx, func(tx *store.Tx) error {
		if login != "" {
			known, ok, err := org.FindLogin(tx, login)
			if err != nil {
				return err
			}
			if !ok {
				return fmt.Errorf("没有登录名 %s。不给 -login 就设一个新账号", login)
			}
			login = known.Name
		}
		path, err = setupLink(tx, handlers.NewSessions(l.store, nil), login)
		return err
	})
	if err != nil {
		return "", l.told(err)
	}
	base := "http://" + l.cfg.Listen
	switch {
	case l.cfg.PublicURL != "":
		base = l.cfg.PublicURL
	case l.url != nil:
		base = l.url()
	}
	return strings.TrimRight(base, "/") + path, nil
}

// setupLink makes a one-time link for a login, or for a new account of the office.
func setupLink(tx *store.Tx, sessions *handlers.Sessions, login string) (path string, err error) {
	key, err := sessions.Offer(tx, handlers.Link{
		Visitor: chat.Visitor{Platform: org.Console, User: chat.UserID(login)}, Path: console.Path, Title: "控制台",
	}, setupLife)
	return console.SetupPath(key), err
}

// firstLink makes the link that sets the first account, and keeps it in the data
// folder; "" once somebody of the office has a login.
func (a *app) firstLink(ctx context.Context) (url string, err error) {
	file := filepath.Join(a.cfg.Data, linkFile)
	err = a.store.Update(ctx, func(tx *store.Tx) error {
		some, err := org.HasOfficeLogin(tx, "")
		if err != nil || some {
			url = ""
			return err
		}
		path, err := setupLink(tx, a.sessions, "")
		url = strings.TrimSuffix(a.url(), "/") + path
		return err
	})
	if err != nil {
		return "", fmt.Errorf("console link: %w", err)
	}
	if url == "" {
		if err := os.Remove(file); !errors.Is(err, os.ErrNotExist) {
			return "", err
		}
		return "", nil
	}
	if err := os.WriteFile(file, []byte(url+"\n"), 0o600); err != nil {
		return "", fmt.Errorf("console link: %w", err)
	}
	return url, nil
}
