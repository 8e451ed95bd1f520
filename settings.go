package main

import (
	"errors"
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
