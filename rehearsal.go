package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/config"
)

// programTime is the clock that tasks, notices and limits follow. Signatures,
// tokens, leases and timeouts keep to the machine's.
type programTime struct {
	now   func() time.Time
	speed int // how many times as fast as the machine's it runs in a rehearsal; 0: it is none
}

// rehearsalTime is a clock that begins at start now and runs speed times as fast as
// the machine's.
func rehearsalTime(start time.Time, speed int) programTime {
	begun := time.Now()
	return programTime{func() time.Time { return start.Add(time.Since(begun) * time.Duration(speed)) }, speed}
}

func (p programTime) rehearsal() bool { return p.speed > 0 }

// wall is how long the machine waits while the program's clock goes on by d.
func (p programTime) wall(d time.Duration) time.Duration {
	const least = 2 * time.Millisecond // whatever the speed: there are others who need the machine
	return max(d/time.Duration(max(p.speed, 1)), min(d, least))
}

// transport is what calls to platforms go through.
func (p programTime) transport() http.RoundTripper {
	if p.rehearsal() {
		return chat.Rehearse(nil, p.now)
	}
	return http.DefaultTransport
}

// frames is the clock that frames of long connections carry, nil for none.
func (p programTime) frames() func() time.Time {
	if p.rehearsal() {
		return p.now
	}
	return nil
}

// maxSpeed goes through a year in half a minute; faster, a day is too short to say anything.
const maxSpeed = 1_000_000

// What marks the state of rehearsals.
const (
	rehearsalFile  = "rehearsal"  // in the data folder
	rehearsalSpace = "rehearsal-" // begins a space of Redis
)

// separate keeps rehearsals and real work from each other's state, and rehearsals
// from real platforms. It marks the data folder, whose lock the caller holds. The
// error is for users.
func (p programTime) separate(cfg config.Config) error {
	mark := filepath.Join(cfg.Data, rehearsalFile)
	_, err := os.Lstat(mark)
	marked := err == nil
	shared, rehearsals := cfg.Redis.Reveal() != "", strings.HasPrefix(cfg.Space, rehearsalSpace)
	switch {
	case !p.rehearsal() && marked:
		return fmt.Errorf("数据文件夹 %s 是预演用的，里面的任务和通知都不是真的；请用 -data 换一个，要接着预演就加 -clock", cfg.Data)
	case !p.rehearsal() && shared && rehearsals:
		return fmt.Errorf("space %s 是预演用的（以 %s 开头），里面的任务和通知都不是真的；请换一个，要接着预演就加 -clock", cfg.Space, rehearsalSpace)
	case !p.rehearsal():
		return nil
	case shared && !rehearsals:
		return fmt.Errorf("预演用的 space 要以 %s 开头，免得动到真的数据", rehearsalSpace)
	}
	if bad := outsideBases(cfg); len(bad) > 0 {
		return fmt.Errorf("预演只能对着本机的仿真平台：请把 %s 改成 127.0.0.1 上的地址，或去掉那个平台的凭据", strings.Join(bad, "、"))
	}
	if marked {
		return nil
	}
	entries, err := os.ReadDir(cfg.Data)
	if err != nil {
		return folderFault(cfg.Data, err)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != lockName }) {
		return fmt.Errorf("数据文件夹 %s 不是空的，也不是预演用过的；请用 -data 换一个新的文件夹", cfg.Data)
	}
	if err := os.WriteFile(mark, nil, 0o600); err != nil && !errors.Is(err, os.ErrExist) {
		return folderFault(cfg.Data, err)
	}
	return nil
}

// outsideBases names the settings that lead a platform in use off this machine.
// Where no platform is in use the defaults may stay: a rehearsal's transport sends
// nothing there.
func outsideBases(cfg config.Config) (names []string) {
	standard := config.Default()
	wecom, dingtalk := cfg.WeCom, cfg.DingTalk
	wecom.APIBase, wecom.WSBase = standard.WeCom.APIBase, standard.WeCom.WSBase
	wecom.AIBot.Mode, wecom.AIBot.Name = standard.WeCom.AIBot.Mode, ""
	dingtalk.APIBase, dingtalk.OAPIBase, dingtalk.Mode = standard.DingTalk.APIBase, standard.DingTalk.OAPIBase, standard.DingTalk.Mode
	for _, b := range []struct {
		name, base, standard string
		used                 bool
	}{
		{"wecom.api_base", cfg.WeCom.APIBase, standard.WeCom.APIBase, wecom != standard.WeCom},
		{"wecom.ws_base", cfg.WeCom.WSBase, standard.WeCom.WSBase, wecom != standard.WeCom},
		{"dingtalk.api_base", cfg.DingTalk.APIBase, standard.DingTalk.APIBase, dingtalk != standard.DingTalk},
		{"dingtalk.oapi_base", cfg.DingTalk.OAPIBase, standard.DingTalk.OAPIBase, dingtalk != standard.DingTalk},
	} {
		u, err := url.Parse(b.base)
		if (b.used || b.base != b.standard) && (err != nil || !chat.Loopback(u)) {
			names = append(names, b.name)
		}
	}
	return names
}
