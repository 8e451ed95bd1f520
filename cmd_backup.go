package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/config"
)

var backupCommand = command{
	name:    "backup",
	summary: "备份全部数据，服务开着也行",
	usage: `用法：xietiao backup [-config 文件] [-data 文件夹] 文件

把数据库完整地写到文件里，前后一致，服务不用停，并说出里面有什么。文件已经有了就不动它，以 1 退出；
文件夹里没有数据库也以 1 退出：服务用了 -data，这里也要写同一个。
文件里有花名册和加密过的机器人地址；密钥（secret_key）不在里面，请另外保管。
`,
	run: runBackup,
}

func runBackup(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("backup", flag.ContinueOnError)
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		return c.misuse("要给一个文件名，例如 backup-2026-11-23.xtb")
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM) // leaves no half copy
	defer stop()
	op, err := c.operator(ctx, flags)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // read only
	size, err := writeBackup(ctx, op, rest[0])
	if errors.Is(err, fs.ErrExist) {
		return c.fail("%s 已经有了，没有动它；请换一个名字", rest[0])
	}
	if err != nil {
		return c.fail("没有备份成：%s", backupAdvice(rest[0], err))
	}
	printf(c.stdout, "已备份到 %s，%d 字节\n", rest[0], size)
	if st, err := op.Standing(ctx); err != nil {
		printf(c.stderr, "xietiao backup: 备份是完整的，但没能数出里面有什么：%v\n", err)
	} else {
		printf(c.stdout, "里面有%s\n", st.contents())
	}
	return exitDone
}

// noStore says that a command finds nothing to work on.
func noStore(cfg config.Config) string {
	return fmt.Sprintf("%s 这个文件夹里没有数据，是不是忘了 -data？", cfg.Data)
}

// contents counts what the store holds, for users.
func (st standing) contents() string {
	return fmt.Sprintf("方案 %d 份，人 %d 个，群机器人 %d 个，没有发完的通知 %d 条", len(st.Plans)+len(st.Damaged), st.People, st.Robots, st.Waiting)
}

// bare reports whether nothing was ever imported.
func (st standing) bare() bool { return len(st.Plans)+len(st.Damaged)+st.People+st.Robots == 0 }

// backupAdvice says what to do about a backup that could not be written.
func backupAdvice(name string, err error) string {
	what := ""
	switch dir := filepath.Dir(name); {
	case errors.Is(err, context.Canceled):
		return "已中止，没有留下文件"
	case errors.Is(err, syscall.ENOSPC):
		what = "磁盘满了，请换一个地方，或先腾出空间"
	case errors.Is(err, fs.ErrNotExist):
		what = "没有 " + dir + " 这个文件夹，请先建好"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		what = "没有权限在 " + dir + " 里写，请换一个地方"
	default:
		return err.Error()
	}
	return fmt.Sprintf("%s\n（%v）", what, err)
}

// writeBackup writes the copy beside its place and moves it there when it is
// whole and on disk.
func writeBackup(ctx context.Context, op operator, name string) (size int64, err error) {
	if _, err := os.Lstat(name); err == nil {
		return 0, fs.ErrExist
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".backup-*")
	if err != nil {
		return 0, fmt.Errorf("write backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if err := op.Backup(ctx, f); err != nil {
		return 0, err
	}
	if err := f.Sync(); err != nil {
		return 0, fmt.Errorf("write backup: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return 0, fmt.Errorf("write backup: %w", err)
	}
	if err := os.Link(f.Name(), name); err != nil { // unlike a rename it never replaces
		return 0, fmt.Errorf("write backup: %w", err)
	}
	return info.Size(), errors.Join(f.Close(), os.Remove(f.Name()))
}

var restoreCommand = command{
	name:    "restore",
	summary: "把备份放回一个空的数据库",
	usage: `用法：xietiao restore [-config 文件] [-data 文件夹] 文件

只往空的数据库里恢复，并说出恢复了什么；服务要先停。备份里什么也没有时以 1 退出。恢复以后所有推送、备份里没发完的回复都先停着，免得把已经发过的
再发一遍：请办公室看过没有发出的通知，再在聊天里说“恢复推送”。
`,
	run: runRestore,
}

func runRestore(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("restore", flag.ContinueOnError)
	flags := storeFlags(set)
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	if len(rest) != 1 {
		return c.misuse("要给一份备份文件")
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		return c.fail("%v", err)
	}
	if r, err := dialOperator(ctx, cfg.Data); err == nil {
		_ = r.Close()
		return c.fail("服务还开着，请先停下再恢复")
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	f, err := os.Open(rest[0])
	if err != nil {
		return c.fail("%s", advice(rest[0], err))
	}
	defer func() { _ = f.Close() }() // read only
	unlock, err := lockFolder(cfg.Data)
	if errors.Is(err, errLocked) {
		return c.fail("%s", lockedAdvice(cfg.Data))
	}
	if err != nil {
		return c.fail("%v", err)
	}
	defer unlock()
	s, err := dialStore(cfg, store.Options{Now: clockOf(cfg)})
	if err != nil {
		return c.fail("%v", storeFault(cfg, err))
	}
	defer func() { _ = s.Close() }() // what was restored has been committed
	switch err := s.Restore(ctx, f); {
	case errors.Is(err, store.ErrNotEmpty):
		return c.fail("数据库里已经有数据，没有动它；请用 -data 换一个空的文件夹，或换一个 space")
	case errors.Is(err, store.ErrDamaged):
		return c.fail("%s 不是完整的备份，没有恢复；请换一份备份\n（%v）", rest[0], err)
	case errors.Is(err, store.ErrNewer):
		return c.fail("%s 是更新版本的程序备份的，请用那个版本恢复\n（%v）", rest[0], err)
	case errors.Is(err, context.Canceled):
		return c.fail("已中止，没有恢复完；再运行一次同样的命令会从头恢复")
	case err != nil:
		return c.fail("没有恢复成，再运行一次同样的命令会从头恢复：%v", storeFault(cfg, err))
	}
	if err := s.Migrate(ctx, schema); err != nil {
		return c.fail("%v", storeFault(cfg, err))
	}
	if err := s.Update(ctx, org.HoldRestored); err != nil {
		return c.fail("恢复了，但没有能停住推送：%v", err)
	}
	st, err := local{cfg: cfg, store: s}.Standing(ctx)
	switch {
	case err != nil:
		return c.fail("恢复了，但没能看出恢复了什么：%v", err)
	case st.bare():
		return c.fail("这份备份是空的：没有方案、没有人、没有群机器人，是不是拿错了，或者备份时忘了 -data？"+
			"它已经恢复到 %s；要恢复别的备份，请用 -data 换一个空的文件夹，或换一个 space", cfg.Data)
	}
	printf(c.stdout, "已恢复到 %s：%s\n所有推送先停着，办公室说“恢复推送”才继续\n", cfg.Data, st.contents())
	if st.Key != "" {
		printf(c.stdout, "启动服务之前还要做：%s\n", st.Key)
	}
	return exitDone
}
