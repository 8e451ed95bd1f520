package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/config"
)

// keyFile is where a generated secret_key is kept within the data folder.
const keyFile = "secret.key"

// kindTest marks the messages that show whether a group robot works.
const kindTest = "test"

// people is what the commands about people and groups work with.
type people struct {
	store   *store.Store
	vault   *org.Vault
	units   func() org.Units // nil: the documents are not read yet
	routes  org.Routes
	origins org.Origins
	box     *outbox.Box
}

// openPeople opens the vault and checks that its key is the one the store's
// credentials were sealed with. The error is for users.
func openPeople(ctx context.Context, cfg config.Config, s *store.Store) (*people, error) {
	secret := []byte(cfg.SecretKey.Reveal())
	if len(secret) == 0 {
		var err error
		if secret, err = org.LoadOrMakeKey(filepath.Join(cfg.Data, keyFile)); err != nil {
			return nil, fmt.Errorf("密钥文件 %s 用不了：%s\n（%w）", filepath.Join(cfg.Data, keyFile), org.Tell(err), err)
		}
	}
	vault, err := org.NewVault(secret)
	if err != nil {
		return nil, fmt.Errorf("secret_key 用不了：%s\n（%w）", org.Tell(err), err)
	}
	switch err := checkKey(ctx, s, vault); {
	case errors.Is(err, org.ErrKey):
		return nil, fmt.Errorf("secret_key 与库里用过的不是同一个：几个实例要用同一个 secret_key；从备份恢复时要用原来的\n（%w）", err)
	case err != nil:
		return nil, err
	}
	return &people{store: s, vault: vault, routes: routesOf(cfg), origins: originsOf(cfg), units: func() org.Units { return nil }}, nil
}

// The record that shows whether a vault has the right key.
const (
	vaultBucket = "vault"
	vaultProbe  = "probe"
)

// checkKey keeps a sealed word the first time and opens it ever after.
func checkKey(ctx context.Context, s *store.Store, v *org.Vault) error {
	err := s.Update(ctx, func(tx *store.Tx) error {
		sealed, ok, err := tx.Get(vaultBucket, vaultProbe)
		if err != nil {
			return err
		}
		if !ok {
			return tx.Put(vaultBucket, vaultProbe, v.Seal(vaultBucket, vaultProbe, []byte(vaultProbe)))
		}
		_, err = v.Open(vaultBucket, vaultProbe, sealed)
		return err
	})
	if err != nil {
		return fmt.Errorf("check secret_key: %w", err)
	}
	return nil
}

// robots finds group robots for the channels.
func (p *people) robots() chat.Robots { return org.NewRobots(p.store, p.vault) }

// orgOptions are what the chat's commands need.
func (p *people) orgOptions() bot.OrgOptions {
	return bot.OrgOptions{Units: func() org.Units { return p.units() }, Routes: p.routes}
}

// noUnits stands in while no document is read.
type noUnits struct{}

func (noUnits) Resolve(string) (string, bool) { return "", false }
func (noUnits) Names() []string               { return nil }

func (p *people) unitsNow() org.Units {
	if u := p.units(); u != nil {
		return u
	}
	return noUnits{}
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
	list, problems, err := org.ReadRoster(req.File, req.Data, p.unitsNow())
	if err != nil {
		return importReport{Bad: true, Lines: []string{advice(req.File, err)}}, nil
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
	return report, nil
}

// groups imports group robots and sends each new one a test message.
func (p *people) groups(ctx context.Context, req importRequest) (importReport, error) {
	list, problems, err := org.ReadGroups(req.File, req.Data, p.unitsNow(), p.origins)
	if err != nil {
		return importReport{Bad: true, Lines: []string{advice(req.File, err)}}, nil
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
				if err := p.test(tx, g); err != nil {
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
	return importReport{Lines: splitLines(changes.String()), Changes: !changes.Empty()}, nil
}

// test puts the message into the outbox that shows a group which units it serves.
func (p *people) test(tx *store.Tx, g org.GroupRobot) error {
	sum := sha256.Sum256([]byte(tx.Now().Format(time.RFC3339)))
	_, err := p.box.Put(tx, outbox.Notice{
		Key: "test/" + g.ID + "/" + hex.EncodeToString(sum[:4]), Kind: kindTest, To: g.Address(),
		Reply: chat.Reply{Text: bot.TestMessage(g.Units)},
	})
	return err
}

// splitLines parts a text of several lines.
func splitLines(s string) []string { return strings.Split(strings.TrimRight(s, "\n"), "\n") }
