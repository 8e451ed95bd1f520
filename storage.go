package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"xietiao/bot/store"
	"xietiao/config"
)

// storeFile is the store within the data folder.
const storeFile = "xietiao.db"

// schema brings the records of older programs to what this one reads. A step is
// never changed or removed once it was released.
var schema []store.Step

// openStore opens the store that the settings name and brings it up to date. The error is for users.
func openStore(ctx context.Context, cfg config.Config, o store.Options) (*store.Store, error) {
	s, err := dialStore(cfg, o)
	if err != nil {
		return nil, storeFault(cfg, err)
	}
	if err := s.Migrate(ctx, schema); err != nil {
		return nil, storeFault(cfg, errors.Join(err, s.Close()))
	}
	return s, nil
}

func dialStore(cfg config.Config, o store.Options) (*store.Store, error) {
	if u := cfg.Redis.Reveal(); u != "" {
		return store.OpenRedis(u, cfg.Space, nil, o)
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, err
	}
	return store.OpenFile(filepath.Join(cfg.Data, storeFile), o)
}

// clockOf is the program's clock: it tells the time of the office's zone.
func clockOf(cfg config.Config) func() time.Time {
	loc := cfg.Location()
	return func() time.Time { return time.Now().In(loc) }
}

// days is a number of days as a duration.
func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }

// storeFault says what to do about a store that cannot be used. A Redis address
// may hold a password, so only its host is shown.
func storeFault(cfg config.Config, err error) error {
	name := "数据文件 " + filepath.Join(cfg.Data, storeFile) + " "
	what := "请看括号里的原因；若是从备份恢复，见 docs/operations.md"
	if cfg.Redis.Reveal() != "" {
		name = "Redis "
		if u, err := url.Parse(cfg.Redis.Reveal()); err == nil {
			name += u.Host + " "
		}
		what = "请检查配置里的 redis 地址、密码和网络"
	}
	switch {
	case errors.Is(err, store.ErrBusy):
		what = "它正忙，请过一会儿再试"
	case errors.Is(err, syscall.ENOSPC):
		what = "磁盘满了，请先腾出空间"
	case errors.Is(err, store.ErrNewer):
		what = "它是更新版本的程序写的，请用那个版本"
	case errors.Is(err, store.ErrDamaged):
		what = "它坏了，请停下服务，用 xietiao restore 从备份恢复"
	}
	return fmt.Errorf("%s用不了：%s\n（%w）", name, what, err)
}
