package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"

	"xietiao/config"
)

// settings reads the configuration as every command does: the file, or
// ./xietiao.yaml where it is there, then the environment, then flags. The error
// is for users. Environment names that look like ours and are none are told.
func (c *call) settings(file string, flags map[string]string) (config.Config, error) {
	for _, name := range config.UnknownEnv(os.Environ()) {
		c.tell([]string{"环境变量 " + name + " 不是配置的名字，没有用到（名字见 docs/config.md）"})
	}
	cfg, err := config.Load(config.Source{File: file, Env: os.LookupEnv, Flags: flags})
	if err != nil {
		return config.Config{}, fmt.Errorf("配置不对：\n%w", errors.New(config.Advice(err)))
	}
	return cfg, nil
}

// tell writes notes for people.
func (c *call) tell(notes []string) {
	for _, n := range notes {
		printf(c.stderr, "xietiao %s: %s\n", c.name, n)
	}
}

// storeOptions are the flags that say which store a command works on.
type storeOptions struct{ file, data *string }

func storeFlags(fs *flag.FlagSet) storeOptions {
	o := storeOptions{fs.String("config", "", ""), new(string)}
	fs.Func("data", "", func(s string) error {
		if *o.data = s; s == "" {
			return errors.New("不能是空的")
		}
		return nil
	})
	return o
}

func (c *call) storeSettings(o storeOptions) (config.Config, error) {
	flags := map[string]string{}
	if *o.data != "" {
		flags["data"] = *o.data
	}
	return c.settings(*o.file, flags)
}

// operator finds who carries out a command on a store that must be there. The
// error is for users.
func (c *call) operator(ctx context.Context, o storeOptions) (operator, error) {
	cfg, err := c.storeSettings(o)
	if err != nil {
		return nil, err
	}
	if !hasStore(ctx, cfg) {
		return nil, errors.New(noStore(cfg))
	}
	return openOperator(ctx, cfg)
}
