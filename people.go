package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/config"
	"xietiao/handlers"
	"xietiao/handlers/console"
)

// keyFile is where a generated secret_key is kept within the data folder.
const keyFile = "secret.key"

// people is what the commands about people and groups work with.
type people struct {
	store   *store.Store
	vault   *org.Vault
	units   func() report.Documents // nil: the documents are not read yet
	routes  org.Routes
	origins org.Origins
	box     *outbox.Box
}

// openPeople opens the vault, making its key if the store needs none yet, and
// checks that it is the key the store's credentials were sealed with. The error
// is for users.
func openPeople(ctx context.Context, cfg config.Config, s *store.Store) (*people, error) {
	used, err := keyUsed(ctx, s)
	if err != nil {
		return nil, err
	}
	vault, err := openVault(cfg, !used)
	if err != nil {
		return nil, err
	}
	if err := s.Update(ctx, func(tx *store.Tx) error { return claimKey(tx, vault) }); err != nil {
		return nil, keyFault(err)
	}
	return &people{store: s, vault: vault, routes: routesOf(cfg), origins: originsOf(cfg), units: func() report.Documents { return nil }}, nil
}

// openVault opens the vault with the key of the settings or of the data folder;
// fresh says that no credentials are sealed with a key that is lost if another is
// made. Values sealed with the old keys open too. The error is for users.
func openVault(cfg config.Config, fresh bool, old ...[]byte) (*org.Vault, error) {
	secret := []byte(cfg.SecretKey.Reveal())
	if len(secret) == 0 {
		path := filepath.Join(cfg.Data, keyFile)
		if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) && !fresh {
			return nil, fmt.Errorf("没有密钥文件 %s，库里的群机器人地址是用它加密的。从备份恢复的，把原来的 %s 放回数据文件夹；"+
				"几个实例共用一个 Redis 的，在每个实例的配置里写同一个 secret_key；换了密钥或找不回来，见 xietiao help rekey", path, keyFile)
		}
		if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
			return nil, folderFault(cfg.Data, err)
		}
		var err error
		if secret, err = org.LoadOrMakeKey(path); err != nil {
			what := cmp.Or(org.Tell(err), "请检查它的权限，看磁盘是不是满了")
			return nil, fmt.Errorf("密钥文件 %s 用不了：%s\n（%w）", path, what, err)
		}
	}
	vault, err := org.NewVault(secret, old...)
	if err != nil {
		return nil, fmt.Errorf("secret_key 用不了：%s\n（%w）", org.Tell(err), err)
	}
	return vault, nil
}

// The record that shows whether a vault has the right key.
const (
	vaultBucket = "vault"
	vaultProbe  = "probe"
)

// keyUsed says whether the store was ever used with a key.
func keyUsed(ctx context.Context, s *store.Store) (used bool, err error) {
	err = s.View(ctx, func(r store.Reader) (err error) {
		_, used, err = r.Get(vaultBucket, vaultProbe)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("check secret_key: %w", err)
	}
	return used, nil
}

// claimKey keeps a sealed word the first time and opens it ever after.
func claimKey(tx *store.Tx, v *org.Vault) error {
	sealed, ok, err := tx.Get(vaultBucket, vaultProbe)
	if err != nil {
		return err
	}
	if !ok {
		return markKey(tx, v)
	}
	_, err = v.Open(vaultBucket, vaultProbe, sealed)
	return err
}

// markKey makes the vault's key the store's.
func markKey(tx *store.Tx, v *org.Vault) error {
	return tx.Put(vaultBucket, vaultProbe, v.Seal(vaultBucket, vaultProbe, []byte(vaultProbe)))
}

// inspectKey checks the key as openPeople does, and makes nothing.
func inspectKey(ctx context.Context, cfg config.Config, s *store.Store) error {
	if used, err := keyUsed(ctx, s); err != nil || !used {
		return err
	}
	vault, err := openVault(cfg, false)
	if err != nil {
		return err
	}
	return keyFault(s.View(ctx, func(r store.Reader) error {
		sealed, _, err := r.Get(vaultBucket, vaultProbe)
		if err == nil {
			_, err = vault.Open(vaultBucket, vaultProbe, sealed)
		}
		return err
	}))
}

// keyFault says what to do about a key that is not the store's.
func keyFault(err error) error {
	if errors.Is(err, org.ErrKey) {
		return fmt.Errorf("secret_key 与库里用过的不是同一个。几个实例要用同一个 secret_key；从备份恢复的，把原来的 %s 放回数据文件夹，"+
			"或在配置里写原来的 secret_key；换了密钥或找不回来，见 xietiao help rekey\n（%w）", keyFile, err)
	}
	return err
}

// robots finds group robots for the channels.
func (p *people) robots() chat.Robots { return org.NewRobots(p.store, p.vault) }

// orgOptions are what the chat's commands need.
func (a *app) orgOptions(p *people) bot.OrgOptions {
	opt := bot.OrgOptions{Units: func() org.Units { return p.units() }, Routes: p.routes, Ledger: p.box, Advice: platformAdvice}
	if a.cfg.PublicURL != "" {
		opt.Console = func(tx *store.Tx, who chat.Visitor) (string, error) {
			link, err := a.sessions.Invite(tx, handlers.Link{Visitor: who, Path: console.Path, Title: "控制台"})
			return bot.PageURL(a.cfg.PublicURL, link), err
		}
	}
	return opt
}

// known are the units that a table may name.
func (p *people) known(ctx context.Context) (k org.KnownUnits, err error) {
	err = p.store.View(ctx, func(r store.Reader) (err error) {
		k, err = org.Known(r, p.units())
		return err
	})
	return k, err
}

// noTable is the report on a file that is not read as a table: it may be a
// document of another kind.
func noTable(req importRequest, err error) importReport {
	line := advice(req.File, err)
	if _, other := library.Read(req.File, req.Data); other == nil {
		what := "花名册"
		if req.Kind == importGroups {
			what = "群机器人"
		}
		line = req.File + "：里面没有" + what + "的表；请给 xlsx 或 csv 的表格，写法见 docs/roster.md。要导入的是方案，就不加 -as " + req.Kind
	}
	return importReport{Bad: true, Lines: []string{line}}
}

// badFile is the report on a file with problems.
func badFile(problems []org.Problem) importReport {
	report := importReport{Bad: true}
	for _, pr := range problems {
		report.Lines = append(report.Lines, pr.String())
	}
	return report
}

// refusedFile is the report on a table that does not fit; ok is false for errors
// that are no fault of the table.
func refusedFile(err error) (importReport, bool) {
	s := org.Tell(err)
	return importReport{Bad: true, Lines: []string{s}}, s != ""
}

// roster imports people.
func (p *people) roster(ctx context.Context, req importRequest) (importReport, error) {
	units, err := p.known(ctx)
	if err != nil {
		return importReport{}, err
	}
	list, problems, err := org.ReadRoster(req.File, req.Data, units)
	if err != nil {
		return noTable(req, err), nil
	}
	if len(problems) > 0 {
		return badFile(problems), nil
	}
	var changes org.Changes
	if req.Apply {
		err = p.store.Update(ctx, func(tx *store.Tx) (err error) {
			changes, err = org.Apply(tx, list, org.Operator)
			return err
		})
	} else {
		err = p.store.View(ctx, func(r store.Reader) (err error) {
			changes, err = org.Diff(r, list)
			return err
		})
	}
	if err != nil && len(changes.Problems) == 0 {
		if report, ok := refusedFile(err); ok {
			return report, nil
		}
		return importReport{}, err
	}
	report := importReport{Lines: splitLines(changes.String()), Changes: !changes.Empty(), Bad: len(changes.Problems) > 0}
	for _, n := range list.Notes {
		report.Lines = append(report.Lines, "提醒 "+n.String())
	}
	var named []string
	for _, e := range list.Entries {
		if e.Role != org.RoleOffice {
			named = append(named, e.Unit)
		}
	}
	for _, n := range units.Strange(named) {
		report.Lines = append(report.Lines, "提醒 "+n)
	}
	return report, nil
}

// groups imports group robots and sends each new one a test message.
func (p *people) groups(ctx context.Context, req importRequest) (importReport, error) {
	units, err := p.known(ctx)
	if err != nil {
		return importReport{}, err
	}
	list, problems, err := org.ReadGroups(req.File, req.Data, units, p.origins)
	if err != nil {
		return noTable(req, err), nil
	}
	if len(problems) > 0 {
		return badFile(problems), nil
	}
	var changes org.GroupChanges
	if req.Apply {
		err = p.store.Update(ctx, func(tx *store.Tx) (err error) {
			if changes, err = org.ApplyGroups(tx, p.vault, list, org.Operator); err != nil {
				return err
			}
			for _, g := range append(changes.Added, changes.Changed...) {
				if _, err := bot.PutTest(tx, p.box, g.Address(), g.Units); err != nil {
					return err
				}
			}
			return nil
		})
	} else {
		err = p.store.View(ctx, func(r store.Reader) (err error) {
			changes, err = org.DiffGroups(r, p.vault, list)
			return err
		})
	}
	if err != nil {
		if report, ok := refusedFile(err); ok {
			return report, nil
		}
		return importReport{}, err
	}
	report := importReport{Lines: splitLines(changes.String()), Changes: !changes.Empty()}
	if n := len(changes.Added) + len(changes.Changed); n > 0 {
		report.After = fmt.Sprintf("给 %d 个群各发一条测试消息：服务开着，现在就在路上；没开，启动以后发出。"+
			"请到每个群里看收到没有；没有收到的，运行 xietiao doctor 看原因", n)
	}
	var named []string
	for _, e := range list.Entries {
		named = append(named, e.Units...)
	}
	for _, n := range units.Strange(named) {
		report.Lines = append(report.Lines, "提醒 "+n)
	}
	return report, nil
}

// splitLines parts a text of several lines.
func splitLines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }

// localPeople is people for a command that has the store to itself. Units are
// those of the documents in force. The error is for users.
func localPeople(ctx context.Context, cfg config.Config, s *store.Store, docs func() (report.Documents, error)) (*people, error) {
	p, err := openPeople(ctx, cfg, s)
	if err != nil {
		return nil, err
	}
	p.box = outbox.New(outbox.Options{Store: s})
	units, err := docs()
	p.units = func() report.Documents { return units }
	return p, err
}

// localDocuments are the documents in force, with the office's own words and answers, for
// a command that has the store to itself.
// The error is for users.
func localDocuments(ctx context.Context, cfg config.Config, s *store.Store) (report.Documents, error) {
	docs, bad, err := documents(ctx, s)
	if err != nil {
		return nil, err
	}
	given, _, err := givenPlans(ctx, cfg.Plans, &progress{})
	if err != nil {
		return nil, err
	}
	plans, err := together(docs, bad, given)
	if err != nil {
		return nil, noDocument(err)
	}
	added, err := storedAdditions(ctx, s)
	if err != nil {
		return nil, err
	}
	words, err := loadWords(cfg.Thesaurus, added.Words...)
	if err != nil {
		return nil, err
	}
	ix, err := memoryIndex(plans, words)
	if err != nil {
		return nil, err
	}
	return known{ix.With(curate.Approved(added.Answers))}, nil
}
