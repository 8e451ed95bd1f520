package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"path/filepath"

	"xietiao/bot/activity"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

var rekeyCommand = command{
	name:    "rekey",
	summary: "换密钥（secret_key）",
	usage: `用法：xietiao rekey [-config 文件] [-data 文件夹] 旧密钥文件
      xietiao rekey [-config 文件] [-data 文件夹] -lost

库里的群机器人地址、志愿者的手机号和活动签到码的密钥是用 secret_key 加密的。换它的时候：
  1. 停下服务；几个实例共用一个 Redis 的，全部停下
  2. 把数据文件夹里的 secret.key 挪到别处；或者在配置里写新的 secret_key
  3. 运行本命令，给它旧的 secret.key，或一个写着旧 secret_key 的文本文件
  4. 再启动；旧密钥可以删了，但旧的备份还要用它
没有写新的 secret_key 时，新的密钥文件自动生成。

  -lost   旧密钥找不回来了：删去全部群机器人，之后再 import -as groups 一次；志愿者的手机号也要
          再填，签到码自动换新。别的数据不受影响
`,
	run: runRekey,
}

func runRekey(ctx context.Context, c *call) int {
	set := flag.NewFlagSet("rekey", flag.ContinueOnError)
	flags := storeFlags(set)
	lost := set.Bool("lost", false, "")
	rest, code, ok := c.parse(set)
	if !ok {
		return code
	}
	if *lost && len(rest) > 0 || !*lost && len(rest) != 1 {
		return c.misuse("要给一份旧密钥文件，或者 -lost")
	}
	var old [][]byte
	for _, name := range rest {
		text, err := readFile(name)
		if err != nil {
			return c.fail("%s", advice(name, err))
		}
		old = append(old, text)
		if trimmed := bytes.TrimSpace(text); len(trimmed) < len(text) { // a text has a line end, a key file any bytes
			old = append(old, trimmed)
		}
		if _, err := org.NewVault(old[0], old[1:]...); err != nil {
			return c.fail("%s 不是密钥：太短了", name)
		}
	}
	cfg, err := c.storeSettings(flags)
	if err != nil {
		return c.fail("%v", err)
	}
	if !hasStore(ctx, cfg) {
		return c.fail("%s 里没有数据库，不用换", cfg.Data)
	}
	op, err := openOperator(ctx, cfg)
	if err != nil {
		return c.fail("%v", err)
	}
	defer func() { _ = op.Close() }() // what was changed has been committed
	own, ok := op.(local)
	if !ok {
		return c.fail("服务还开着，请先停下")
	}
	vault, err := openVault(cfg, true)
	if err != nil {
		return c.fail("%v", err)
	}
	both, err := openVault(cfg, true, old...)
	if err != nil {
		return c.fail("%v", err)
	}
	robots, seals := 0, 0
	err = own.store.Update(ctx, func(tx *store.Tx) (err error) {
		switch err := claimKey(tx, vault); {
		case err == nil:
			return errRightKey
		case !errors.Is(err, org.ErrKey):
			return err
		}
		if *lost {
			robots, err = forgetRobots(tx)
		} else {
			robots, err = reseal(tx, both)
		}
		if err != nil {
			return err
		}
		if seals, err = activity.Reseal(tx, both, *lost); err != nil {
			return err
		}
		return markKey(tx, vault)
	})
	switch {
	case errors.Is(err, errRightKey):
		return c.fail("库里用的就是现在的密钥，什么也没有变。要换，先把 %s 挪到别处，或在配置里写新的 secret_key", filepath.Join(cfg.Data, keyFile))
	case errors.Is(err, org.ErrKey):
		return c.fail("%s 不是库里用过的密钥，库里什么也没有变", rest[0])
	case err != nil:
		return c.fail("没有换成：%v", own.told(err))
	case *lost:
		printf(c.stdout, "已换用现在的密钥，删去了 %d 个群机器人，请再 import -as groups 一次；志愿者手机号和签到码密钥失效 %d 个\n", robots, seals)
	default:
		printf(c.stdout, "已换用现在的密钥，%d 个群机器人重新加密；志愿者手机号和签到码密钥 %d 个\n", robots, seals)
	}
	return exitDone
}

// errRightKey: the key of the settings is the store's already.
var errRightKey = errors.New("the key is the store's")

// reseal seals anew what an old key of the vault sealed, and counts it.
func reseal(tx *store.Tx, v *org.Vault) (int, error) {
	if err := claimKey(tx, v); err != nil {
		return 0, err
	}
	return v.Rotate(tx, org.Operator)
}

// forgetRobots drops all group robots, and counts them.
func forgetRobots(tx *store.Tx) (int, error) {
	robots, err := org.GroupRobots(tx, "")
	if err != nil {
		return 0, err
	}
	for _, g := range robots {
		if _, err := org.DropRobot(tx, g.ID, org.Operator); err != nil {
			return 0, err
		}
	}
	return len(robots), nil
}
