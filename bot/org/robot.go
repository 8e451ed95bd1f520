package org

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/chat"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// robotIDBytes is how much of the hash a robot's id shows: enough that no two
// of a county's robots share it, and nothing to guess the address from.
const robotIDBytes = 6

// Sizes of what a list of robots says.
const (
	maxWebhook = 1024 // bytes
	minSign    = 16   // bytes of a 加签 secret; real ones have 67
	maxSign    = 256
)

// The columns that only a list of group robots has.
const (
	colPlatform Column = "平台"
	colWebhook  Column = "机器人地址"
	colSign     Column = "加签"
	colGroup    Column = "群名"
)

var groupTitles = TitleMap(map[Column]string{
	colUnit:     "单位 单位名称 所属单位 成员单位 部门 unit",
	colPlatform: "平台 所在平台 类型 platform",
	colWebhook:  "webhook webhook地址 webhookurl 机器人地址 机器人webhook 机器人链接 群机器人 群机器人地址 地址 链接 url",
	colSign:     "secret 加签 加签密钥 密钥 签名密钥 加签secret",
	colGroup:    "群名 群名称 群聊名称 群聊 群 group",
})

var platformWords = TitleMap(map[chat.Platform]string{
	chat.WeCom:    "企业微信 企微 wecom 微信",
	chat.DingTalk: "钉钉 dingtalk",
})

// Origins are the scheme and host that robots' addresses may have, by platform.
type Origins map[chat.Platform][]string

// of returns the platform that an address belongs to.
func (o Origins) of(l chat.Link) (chat.Platform, bool) {
	for _, p := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if chat.SameOrigin(l, o[p]...) {
			return p, true
		}
	}
	return "", false
}

// Groups is a list of group robots, checked in itself.
type Groups struct{ Entries []GroupEntry }

// GroupEntry is one robot with the units its group serves. Its credentials are
// neither in its JSON nor in print.
type GroupEntry struct {
	Platform chat.Platform `json:"platform"`
	Units    []string      `json:"units"` // sorted
	Name     string        `json:"name,omitempty"`
	Webhook  chat.Link     `json:"-"`
	Secret   chat.Link     `json:"-"`
}

// ID is the robot's id, made of its address and not secret.
func (e GroupEntry) ID() string {
	sum := sha256.Sum256([]byte(string(e.Platform) + sep + e.Webhook.Reveal()))
	return "R" + hex.EncodeToString(sum[:robotIDBytes])
}

// ReadGroups reads a list of group robots from a workbook or csv file: 单位 and
// the robot's address under any usual title, and 平台, 加签 and 群名 if there are
// columns for them. An address must lie at one of its platform's origins; a
// robot on several rows serves the units of all. A file with a problem gives no
// entries at all, and every problem. No problem and no error repeats an address
// or a secret, whichever cell it stands in.
func ReadGroups(name string, data []byte, units Units, origins Origins) (Groups, []Problem, error) {
	tables, problems, err := ReadTables(name, data, groupTitles, colUnit, colWebhook)
	if err != nil {
		return Groups{}, nil, fmt.Errorf("group robots: %w", err)
	}
	if len(units.Names()) == 0 {
		return Groups{}, []Problem{{Text: textNoUnits}}, nil
	}
	gr := groupReader{units: newUnitFinder(units), origins: origins, problems: problems, robots: map[string]int{}}
	for _, t := range tables {
		for _, l := range t.Rows {
			if len(gr.problems) >= maxProblems {
				return Groups{}, append(gr.problems, Problem{Sheet: t.name, Text: textTooMany}), nil
			}
			if !l.Remark(colUnit, groupTitles) {
				gr.line(l)
			}
		}
	}
	if len(gr.problems) == 0 && len(gr.groups.Entries) == 0 {
		gr.problems = []Problem{{Text: textNoRobot}}
	}
	if len(gr.problems) > 0 {
		return Groups{}, gr.problems, nil
	}
	return gr.groups, nil, nil
}

type groupReader struct {
	units    *unitFinder
	origins  Origins
	groups   Groups
	problems []Problem
	robots   map[string]int // id → place in groups
}

func (gr *groupReader) bad(p Problem) { gr.problems = append(gr.problems, p) }

func (gr *groupReader) line(l Line) {
	before := len(gr.problems)
	e := GroupEntry{Webhook: chat.Link(squeeze(l.Text(colWebhook))), Secret: chat.Link(squeeze(l.Text(colSign))), Name: squeeze(l.Text(colGroup))}
	gr.unit(l, &e)
	gr.address(l, &e)
	if n := len(e.Secret); n > 0 && (n < minSign || n > maxSign || !plainASCII(e.Secret.Reveal())) {
		gr.bad(l.Bad(colSign, textBadSign))
	}
	if e.Platform == chat.WeCom && e.Secret != "" {
		gr.bad(l.Bad(colSign, textNoSign))
	}
	if utf8.RuneCountInString(e.Name) > maxUnit || !quotable(e.Name) {
		gr.bad(l.Bad(colGroup, textBadGroup))
	}
	if len(gr.problems) == before {
		gr.add(l, e)
	}
}

func (gr *groupReader) unit(l Line, e *GroupEntry) {
	text := l.Text(colUnit)
	if squeeze(text) == OfficeUnit {
		e.Units = []string{OfficeUnit}
		return
	}
	if e.Units = slices.Sorted(slices.Values(gr.units.find(text))); len(e.Units) > 0 {
		return
	}
	p := l.Bad(colUnit, textNoUnit)
	if text != "" {
		p.Text, p.Near = textUnknownUnit(text), gr.units.near(text)
	}
	gr.bad(p)
}

// address checks the robot's address and fills in the platform it belongs to.
func (gr *groupReader) address(l Line, e *GroupEntry) {
	word := l.Text(colPlatform)
	stated, known := platformWords[title(word)]
	if word != "" && !known {
		gr.bad(l.Bad(colPlatform, textBadPlatform))
	}
	platform, ok := gr.origins.of(e.Webhook)
	switch {
	case e.Webhook == "":
		gr.bad(l.Bad(colWebhook, textNoWebhook))
	case !ok || len(e.Webhook) > maxWebhook || !keyed(e.Webhook):
		gr.bad(l.Bad(colWebhook, textBadWebhook))
	case known && stated != platform:
		gr.bad(l.Bad(colPlatform, textOtherPlatform(platform)))
	}
	e.Platform = platform
}

// keyed reports whether an address carries the key that makes it a robot's.
func keyed(l chat.Link) bool {
	u, err := url.Parse(l.Reveal())
	if err != nil || u.Fragment != "" || !plainASCII(l.Reveal()) {
		return false
	}
	for _, values := range u.Query() {
		if len(values) == 1 && values[0] != "" {
			return true
		}
	}
	return false
}

func plainASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf-1 })
}

func (gr *groupReader) add(l Line, e GroupEntry) {
	i, twice := gr.robots[e.ID()]
	if !twice {
		gr.robots[e.ID()] = len(gr.groups.Entries)
		gr.groups.Entries = append(gr.groups.Entries, e)
		return
	}
	first := &gr.groups.Entries[i]
	if first.Secret != e.Secret {
		gr.bad(l.Bad(colSign, textOtherSign))
		return
	}
	first.Units = union(first.Units, e.Units)
	first.Name = cmp.Or(first.Name, e.Name)
}

func union(a, b []string) []string {
	list := slices.Concat(a, b)
	slices.Sort(list)
	return slices.Compact(list)
}

// GroupsTable is a list of group robots to fill in.
func GroupsTable() sheet.Out {
	out := sheet.Out{Name: textRobots}
	for _, c := range []Column{colUnit, colPlatform, colWebhook, colSign, colGroup} {
		out.Head = append(out.Head, string(c))
	}
	return out
}

// GroupRobot is a robot that is kept, without its credentials.
type GroupRobot struct {
	ID       string        `json:"id"`
	Platform chat.Platform `json:"platform"`
	Units    []string      `json:"units"` // sorted
	Name     string        `json:"name,omitempty"`
	At       time.Time     `json:"at"` // when it was imported first
}

// Address is where a message to the robot's group goes.
func (g GroupRobot) Address() chat.Address {
	return chat.Address{Via: webhookVia(g.Platform), Kind: chat.Group, Robot: g.ID}
}

// webhookVia names a platform's channel of group robots.
func webhookVia(p chat.Platform) chat.Via { return chat.Via(p) + ".webhook" }

type robotRecord struct {
	GroupRobot
	Sealed []byte `json:"sealed"` // credentials, by the vault
}

// credentials are what is sealed.
type credentials struct {
	Webhook string `json:"webhook"`
	Secret  string `json:"secret,omitempty"`
}

// GroupChanges is what a list of robots changes, or changed.
type GroupChanges struct {
	Added, Changed []GroupRobot
	Missing        []GroupRobot // kept, not in the list; they stay
	Unchanged      int
}

// Empty reports whether the list changes nothing.
func (c GroupChanges) Empty() bool { return len(c.Added) == 0 && len(c.Changed) == 0 }

// DiffGroups compares a list of robots with what is kept. A robot's units become
// those of the list; robots that it leaves out stay.
func DiffGroups(r store.Reader, v *Vault, groups Groups) (GroupChanges, error) {
	c, _, err := compareGroups(r, v, groups)
	return c, err
}

// ApplyGroups keeps the robots with their credentials sealed; a second time it
// changes nothing. Only the office may.
func ApplyGroups(tx *store.Tx, v *Vault, groups Groups, by PersonID) (GroupChanges, error) {
	if err := needOffice(tx, by); err != nil {
		return GroupChanges{}, err
	}
	if len(groups.Entries) == 0 {
		return GroupChanges{}, ErrEmpty
	}
	c, records, err := compareGroups(tx, v, groups)
	if err != nil {
		return c, err
	}
	for _, rec := range records {
		if err := put(tx, bucketRobot, rec.ID, rec); err != nil {
			return c, err
		}
		if err := note(tx, Entry{What: WhatRobot, By: by, Robot: rec.ID}); err != nil {
			return c, err
		}
	}
	return c, nil
}

// compareGroups also returns the records to write.
func compareGroups(r store.Reader, v *Vault, groups Groups) (c GroupChanges, records []robotRecord, err error) {
	kept, err := all[robotRecord](r, bucketRobot, store.Range{})
	if err != nil {
		return c, nil, err
	}
	known := map[string]robotRecord{}
	for _, rec := range kept {
		known[rec.ID] = rec
	}
	for _, e := range groups.Entries {
		g := GroupRobot{ID: e.ID(), Platform: e.Platform, Units: e.Units, Name: e.Name, At: r.Now()}
		old, ok := known[g.ID]
		delete(known, g.ID)
		if ok {
			g.At, g.Name = old.At, cmp.Or(g.Name, old.Name)
		}
		switch {
		case !ok:
			c.Added = append(c.Added, g)
		case slices.Equal(old.Units, g.Units) && old.Name == g.Name && v.holds(old, e):
			c.Unchanged++
			continue
		default:
			c.Changed = append(c.Changed, g)
		}
		rec, err := v.seal(g, credentials{e.Webhook.Reveal(), e.Secret.Reveal()})
		if err != nil {
			return c, nil, err
		}
		records = append(records, rec)
	}
	for _, rec := range kept {
		if _, left := known[rec.ID]; left {
			c.Missing = append(c.Missing, rec.GroupRobot)
		}
	}
	return c, records, nil
}

func (v *Vault) seal(g GroupRobot, c credentials) (robotRecord, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return robotRecord{}, fmt.Errorf("seal %s: %w", g.ID, err)
	}
	return robotRecord{g, v.Seal(bucketRobot, g.ID, plain)}, nil
}

func (v *Vault) unseal(rec robotRecord) (c credentials, err error) {
	plain, err := v.Open(bucketRobot, rec.ID, rec.Sealed)
	if err != nil {
		return c, err
	}
	if json.Unmarshal(plain, &c) != nil { // its error might quote them
		return c, fmt.Errorf("open %s %s: %w", bucketRobot, rec.ID, ErrSealed)
	}
	return c, nil
}

// holds reports whether the record has the entry's credentials. One that cannot
// be opened has not: importing the list again mends a lost key.
func (v *Vault) holds(rec robotRecord, e GroupEntry) bool {
	c, err := v.unseal(rec)
	return err == nil && c == credentials{e.Webhook.Reveal(), e.Secret.Reveal()}
}

// GroupRobots lists the robots, of one unit or of all if unit is empty: WeCom's
// first, as DingTalk's custom robots are announced to end; then the newest first.
func GroupRobots(r store.Reader, unit string) ([]GroupRobot, error) {
	kept, err := all[robotRecord](r, bucketRobot, store.Range{})
	if err != nil {
		return nil, err
	}
	var list []GroupRobot
	for _, rec := range kept {
		if unit == "" || slices.Contains(rec.Units, unit) {
			list = append(list, rec.GroupRobot)
		}
	}
	slices.SortStableFunc(list, func(a, b GroupRobot) int {
		return cmp.Or(cmp.Compare(b.Platform, a.Platform), b.At.Compare(a.At))
	})
	return list, nil
}

// DropRobot forgets a robot and its credentials. Only the office may. False:
// there was none.
func DropRobot(tx *store.Tx, id string, by PersonID) (bool, error) {
	if err := needOffice(tx, by); err != nil || id == "" {
		return false, err
	}
	_, ok, err := tx.Get(bucketRobot, id)
	if err != nil || !ok {
		return false, err
	}
	if err := tx.Delete(bucketRobot, id); err != nil {
		return false, err
	}
	return true, note(tx, Entry{What: WhatDrop, By: by, Robot: id})
}

// Rotate seals anew what an old key sealed, and says how much that was. After it
// the old secrets are not needed any more. ErrKey, ErrSealed: nothing is changed.
func (v *Vault) Rotate(tx *store.Tx, by PersonID) (int, error) {
	if err := needOffice(tx, by); err != nil {
		return 0, err
	}
	kept, err := all[robotRecord](tx, bucketRobot, store.Range{})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, rec := range kept {
		c, err := v.unseal(rec)
		if err != nil {
			return 0, err
		}
		if v.Current(rec.Sealed) {
			continue
		}
		if rec, err = v.seal(rec.GroupRobot, c); err != nil {
			return 0, err
		}
		if err := put(tx, bucketRobot, rec.ID, rec); err != nil {
			return 0, err
		}
		n++
	}
	if n == 0 {
		return 0, nil
	}
	return n, note(tx, Entry{What: WhatRotate, By: by})
}

// Robots finds the credentials of group robots by their ids.
type Robots struct {
	store Viewer
	vault *Vault
}

// Viewer is what Robots needs of a store.
type Viewer interface {
	View(ctx context.Context, fn func(store.Reader) error) error
}

var _ chat.Robots = (*Robots)(nil)

// NewRobots returns the robots kept in the store.
func NewRobots(s Viewer, v *Vault) *Robots { return &Robots{s, v} }

// Robot implements chat.Robots. Credentials that cannot be opened are
// chat.ErrConfig too.
func (rs *Robots) Robot(ctx context.Context, id string) (chat.Robot, error) {
	var rec robotRecord
	var ok bool
	err := rs.store.View(ctx, func(r store.Reader) (err error) {
		if ok = id != ""; ok {
			rec, ok, err = get[robotRecord](r, bucketRobot, id)
		}
		return err
	})
	if err != nil {
		return chat.Robot{}, fmt.Errorf("robot: %w", err)
	}
	if !ok {
		return chat.Robot{}, fmt.Errorf("robot %q: %w: %w", id, chat.ErrConfig, ErrNotFound)
	}
	c, err := rs.vault.unseal(rec)
	if err != nil {
		return chat.Robot{}, fmt.Errorf("robot: %w: %w", chat.ErrConfig, err)
	}
	return chat.Robot{Webhook: chat.Link(c.Webhook), Secret: chat.Link(c.Secret)}, nil
}
