package org

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

var hosts = Origins{
	chat.WeCom:    {"https://qyapi.weixin.qq.com", "http://127.0.0.1:9"},
	chat.DingTalk: {"https://oapi.dingtalk.com"},
}

const (
	canaryKey    = "693a91f6-7aaa-4bc4-97a0-0ec2canary01"
	canaryToken  = "566cc69da782ec33e42fccanary02566cc69da782ec33e42fc"
	canarySecret = "SECcanary03b4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f70"

	weComHook    = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=" + canaryKey
	dingTalkHook = "https://oapi.dingtalk.com/robot/send?access_token=" + canaryToken
)

var canaries = []string{canaryKey, canaryToken, canarySecret, "canary"}

// noCanary fails if a value shows a credential, printed or as JSON.
func noCanary(t testing.TB, values ...any) {
	t.Helper()
	for _, v := range values {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Error(err)
		}
		for _, shown := range []string{fmt.Sprintf("%v %+v %#v", v, v, v), fmt.Sprint(v), string(raw)} {
			for _, c := range canaries {
				if strings.Contains(shown, c) {
					t.Errorf("%T shows %s", v, c)
				}
			}
		}
	}
}

func TestListsOfRobotsAsPeopleMakeThem(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) error {
		return rows(f, "Sheet1", 1, [][]any{
			{"各单位群机器人登记表"},
			{"序号", "单位", "平台", "机器人地址（Webhook）", "加签密钥", "群名"},
			{1, "教育局", "企微", weComHook, nil, "教育 工作群"},
			{2, "市科协", "钉钉", dingTalkHook, canarySecret, nil},
			{nil},
			{3, "市文化馆", nil, weComHook, nil, nil},
			{4, "协调组办公室", nil, weComHook + "2", nil, nil},
			{"填表人：张三"},
		}, "A1:F1", "A8:F8")
	})
	g, problems, err := ReadGroups("群.xlsx", data, town{}, hosts)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, lines(problems))
	}
	want := []GroupEntry{
		{Platform: chat.WeCom, Units: []string{"市教育局", "市文化馆"}, Name: "教育工作群", Webhook: weComHook},
		{Platform: chat.DingTalk, Units: []string{"市科协"}, Webhook: dingTalkHook, Secret: canarySecret},
		{Platform: chat.WeCom, Units: []string{OfficeUnit}, Webhook: weComHook + "2"},
	}
	if d := cmp.Diff(want, g.Entries); d != "" {
		t.Error(d)
	}
	noCanary(t, g, g.Entries, &g.Entries[1])
}

func TestBadRobotsShowNoCredential(t *testing.T) {
	t.Parallel()
	const head = "单位,平台,webhook,secret,群名\n"
	for name, tc := range map[string]struct{ csv, want string }{
		"another host":                        {"市科协,企业微信,https://evil.example/send?key=" + canaryKey + ",,\n", "C2 不是企业微信或钉钉"},
		"the host of the other platform":      {"市科协,钉钉," + weComHook + ",,\n", "B2 地址是企业微信的"},
		"no encryption":                       {"市科协,企业微信,http://qyapi.weixin.qq.com/send?key=" + canaryKey + ",,\n", "C2 不是企业微信或钉钉"},
		"a user before the host":              {"市科协,企业微信,https://qyapi.weixin.qq.com@evil.example/?key=" + canaryKey + ",,\n", "C2 不是企业微信或钉钉"},
		"another port":                        {"市科协,企业微信,https://qyapi.weixin.qq.com:444/?key=" + canaryKey + ",,\n", "C2 不是企业微信或钉钉"},
		"the key alone":                       {"市科协,企业微信," + canaryKey + ",,\n", "C2 不是企业微信或钉钉"},
		"an address without a key":            {"市科协,企业微信,https://qyapi.weixin.qq.com/cgi-bin/webhook/send,,\n", "C2 不是企业微信或钉钉"},
		"no address":                          {"市科协,企业微信,,,canary群\n", "C2 没有填机器人地址"},
		"an unknown platform":                 {"市科协,飞书," + weComHook + ",,\n", "B2 不认识这个平台"},
		"a secret for WeCom":                  {"市科协,企业微信," + weComHook + "," + canarySecret + ",\n", "D2 没有加签"},
		"a word in the column of secrets":     {"市科协,钉钉," + dingTalkHook + ",已启用,\n", "D2 不是加签密钥"},
		"two secrets of one robot":            {"市科协,钉钉," + dingTalkHook + "," + canarySecret + ",\n市教育局,钉钉," + dingTalkHook + ",SEC" + canaryToken + ",\n", "D3 两个不同"},
		"an address in the column of units":   {weComHook + ",企业微信," + weComHook + ",,\n", "A2 已隐去"},
		"an address in the column of names":   {"市科协,企业微信," + weComHook + ",," + weComHook + "\n", "E2 填到了群名"},
		"a secret in the column of platforms": {"市科协," + canarySecret + "," + dingTalkHook + ",,\n", "B2 不认识这个平台"},
		"an unknown unit":                     {"市教育厅,企业微信," + weComHook + ",,\n", "A2 可能是：市教育局"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, problems, err := ReadGroups("g.csv", []byte(head+tc.csv), town{}, hosts)
			if err != nil || len(problems) != 1 || len(g.Entries) > 0 {
				t.Fatal(err, lines(problems))
			}
			noCanary(t, problems, problems[0], lines(problems), Report(problems))
			cell, text, _ := strings.Cut(tc.want, " ")
			if p := problems[0]; p.Cell != cell || !strings.Contains(p.String(), text) {
				t.Errorf("%s at %s, want %s", p, p.Cell, tc.want)
			}
		})
	}
}

func newVault(t testing.TB, secrets ...string) *Vault {
	t.Helper()
	var old [][]byte
	for _, s := range secrets[1:] {
		old = append(old, []byte(s))
	}
	v, err := NewVault([]byte(secrets[0]), old...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	secretOne = "canary-secret-one-of-the-vault"
	secretTwo = "canary-secret-two-of-the-vault"
)

func groups(t testing.TB, csv string) Groups {
	t.Helper()
	g, problems, err := ReadGroups("g.csv", []byte("单位,webhook,加签,群名\n"+csv), town{}, hosts)
	if err != nil || len(problems) > 0 {
		t.Fatal(err, lines(problems))
	}
	return g
}

func TestRobotsAreKeptSealed(t *testing.T) {
	t.Parallel()
	o, v := staffed(t), newVault(t, secretOne)
	list := groups(t, "市教育局,"+weComHook+",,教育群\n市科协,"+dingTalkHook+","+canarySecret+",\n")
	var c GroupChanges
	apply := func(g Groups, by PersonID, want error) {
		t.Helper()
		o.do(want, func(tx *store.Tx) (err error) {
			c, err = ApplyGroups(tx, v, g, by)
			return err
		})
	}
	apply(list, "P2", ErrForbidden)
	apply(Groups{}, "P1", ErrEmpty)
	apply(list, "P1", nil)
	if len(c.Added) != 2 {
		t.Fatal(c)
	}
	wecom, dingtalk := c.Added[0], c.Added[1]
	before := o.dump()
	noCanary(t, before, c, wecom, v)
	apply(list, "P1", nil)
	if !c.Empty() || c.Unchanged != 2 || o.dump() != before {
		t.Errorf("a second import changed something: %s", c)
	}

	rs := NewRobots(o, v)
	got, err := rs.Robot(t.Context(), dingtalk.ID)
	if err != nil || got.Webhook != dingTalkHook || got.Secret != canarySecret {
		t.Error(err)
	}
	for _, id := range []string{"", "R0", strings.Repeat("x", 2000)} {
		if _, err := rs.Robot(t.Context(), id); err == nil || !errors.Is(err, chat.ErrConfig) && len(id) < 1000 {
			t.Errorf("robot %.10q: %v", id, err)
		}
	}

	// Another secret, another unit and name: changed. The robot left out stays.
	apply(groups(t, "市文化馆,"+dingTalkHook+",SEC0123456789abcdef,文化群\n"), "P1", nil)
	if len(c.Changed) != 1 || len(c.Missing) != 1 || c.Missing[0].ID != wecom.ID || c.Changed[0].ID != dingtalk.ID {
		t.Error(c)
	}
	if got, err := rs.Robot(t.Context(), dingtalk.ID); err != nil || got.Secret != "SEC0123456789abcdef" {
		t.Error(err)
	}
	o.do(ErrForbidden, func(tx *store.Tx) error { _, err := DropRobot(tx, wecom.ID, "P2"); return err })
	for _, want := range []bool{true, false} {
		o.do(nil, func(tx *store.Tx) error {
			if ok, err := DropRobot(tx, wecom.ID, "P1"); ok != want || err != nil {
				return fmt.Errorf("dropped %v: %w", ok, err)
			}
			return nil
		})
	}
	if _, err := rs.Robot(t.Context(), wecom.ID); !errors.Is(err, chat.ErrConfig) || !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	o, old := staffed(t), newVault(t, secretOne)
	list := groups(t, "市教育局,"+weComHook+",,\n市科协,"+dingTalkHook+","+canarySecret+",\n")
	o.do(nil, func(tx *store.Tx) error { _, err := ApplyGroups(tx, old, list, Operator); return err })
	id := list.Entries[1].ID()
	both, fresh := newVault(t, secretTwo, secretOne), newVault(t, secretTwo)
	open := func(v *Vault, want error) {
		t.Helper()
		r, err := NewRobots(o, v).Robot(t.Context(), id)
		if !errors.Is(err, want) || err != nil && (want == nil || !errors.Is(err, chat.ErrConfig)) || err == nil && r.Secret != canarySecret {
			t.Errorf("error %v, want %v", err, want)
		}
		noCanary(t, fmt.Sprint(err))
	}
	open(both, nil)
	open(fresh, ErrKey)
	before := o.dump()
	o.do(ErrKey, func(tx *store.Tx) error { _, err := fresh.Rotate(tx, Operator); return err })
	o.do(ErrForbidden, func(tx *store.Tx) error { _, err := both.Rotate(tx, "P4"); return err })
	if o.dump() != before {
		t.Error("a failed rotation changed something")
	}
	for _, want := range []int{2, 0} {
		o.do(nil, func(tx *store.Tx) error {
			if n, err := both.Rotate(tx, Operator); n != want || err != nil {
				return fmt.Errorf("rotated %d, want %d: %w", n, want, err)
			}
			return nil
		})
	}
	open(fresh, nil)
	open(old, ErrKey)

	// Importing the list again mends a lost key.
	lost := newVault(t, "yet another secret")
	o.do(nil, func(tx *store.Tx) error {
		if c, err := ApplyGroups(tx, lost, list, Operator); err != nil || len(c.Changed) != 2 {
			return fmt.Errorf("%s: %w", c, err)
		}
		return nil
	})
	open(lost, nil)
}

// A record moved to another robot's place does not open there.
func TestSealedValuesCannotBeSwapped(t *testing.T) {
	t.Parallel()
	o, v := staffed(t), newVault(t, secretOne)
	list := groups(t, "市教育局,"+weComHook+",,\n市科协,"+dingTalkHook+",,\n")
	o.do(nil, func(tx *store.Tx) error { _, err := ApplyGroups(tx, v, list, Operator); return err })
	a, b := list.Entries[0].ID(), list.Entries[1].ID()
	o.do(nil, func(tx *store.Tx) error {
		x, _, err := get[robotRecord](tx, bucketRobot, a)
		y, _, err2 := get[robotRecord](tx, bucketRobot, b)
		x.Sealed = y.Sealed
		return errors.Join(err, err2, put(tx, bucketRobot, a, x))
	})
	if _, err := NewRobots(o, v).Robot(t.Context(), a); !errors.Is(err, ErrSealed) || !errors.Is(err, chat.ErrConfig) {
		t.Error(err)
	}
	if _, err := NewRobots(o, v).Robot(t.Context(), b); err != nil {
		t.Error(err)
	}
}

func FuzzReadGroups(f *testing.F) {
	f.Add([]byte("单位,平台,webhook,secret,群名\n市科协,钉钉," + dingTalkHook + "," + canarySecret + ",群\n市教育局,," + weComHook + ",,\n"))
	f.Add([]byte("单位;机器人地址\n" + weComHook + ";市科协\n"))
	f.Add(gb(f, "单位\t链接\t密钥\n市监局\thttp://127.0.0.1:9/x?key=1\t已启用\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		g, problems, err := ReadGroups("x.csv", data, town{}, hosts)
		if err != nil || len(problems) > 0 {
			if len(g.Entries) > 0 {
				t.Fatal("half a list")
			}
			checkQuotes(t, problems)
			return
		}
		seen := map[string]bool{}
		for _, e := range g.Entries {
			if p, ok := hosts.of(e.Webhook); !ok || p != e.Platform || len(e.Units) == 0 || seen[e.ID()] || strings.Contains(fmt.Sprintf("%+v", e), e.Webhook.Reveal()) {
				t.Fatalf("entry %+v", e)
			}
			seen[e.ID()] = true
		}
	})
}
