package org

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// asks runs fn, which gives a request, and wants the error.
func (o *office) asks(want error, fn func(tx *store.Tx) (Request, error)) (q Request) {
	o.Helper()
	o.do(want, func(tx *store.Tx) (err error) {
		q, err = fn(tx)
		return err
	})
	return q
}

func (o *office) join(want error, platform chat.Platform, user chat.UserID, name, unit string) Request {
	o.Helper()
	return o.asks(want, func(tx *store.Tx) (Request, error) { return Join(tx, platform, user, name, unit) })
}

func (o *office) askGroup(want error, g chat.Address, unit string, by PersonID) Request {
	o.Helper()
	return o.asks(want, func(tx *store.Tx) (Request, error) { return AskGroup(tx, g, unit, by) })
}

func (o *office) approve(want error, id RequestID, by PersonID) Request {
	o.Helper()
	return o.asks(want, func(tx *store.Tx) (Request, error) { return Approve(tx, id, by) })
}

func (o *office) reject(want error, id RequestID, by PersonID) Request {
	o.Helper()
	return o.asks(want, func(tx *store.Tx) (Request, error) { return Reject(tx, id, by) })
}

func (o *office) user(platform chat.Platform, user chat.UserID) (p Person) {
	o.Helper()
	o.see(func(r store.Reader) (err error) {
		p, _, err = ByUser(r, platform, user)
		return err
	})
	return p
}

func (o *office) question(q Request) (s string) {
	o.Helper()
	o.see(func(r store.Reader) (err error) {
		s, err = q.Question(r)
		return err
	})
	return s
}

func TestAnAccountIsBoundWhenTheOfficeApproves(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		platform      chat.Platform
		person, unit  string
		want          PersonID
		role          Role
		question, all string
	}{
		"of the roster, without an account yet":  {chat.WeCom, "钱　联络", "市科协", "P5", RoleLiaison, "名册里有此人（联络员）", "P1 P2 P3 P4 P5 P6"},
		"on a second platform":                   {chat.DingTalk, "李联络", "市教育局", "P2", RoleLiaison, "名册里有此人（联络员）", "P1 P2 P3 P4 P5 P6"},
		"somebody new is staff":                  {chat.WeCom, "新人", "市科协", "P7", RoleStaff, "名册里没有此人", "P1 P2 P3 P4 P5 P6 P7"},
		"the same name in another unit is new":   {chat.WeCom, "李联络", "市科协", "P7", RoleStaff, "名册里没有此人", "P1 P2 P3 P4 P5 P6 P7"},
		"the office's name elsewhere is nothing": {chat.WeCom, "张主任", "市科协", "P7", RoleStaff, "名册里没有此人", "P1 P2 P3 P4 P5 P6 P7"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := staffed(t)
			q := o.join(nil, tc.platform, "me", tc.person, tc.unit)
			if q.ID != "B1" || q.State != StatePending || !strings.Contains(q.Receipt(), "申请 B1 已提交，等协调组办公室确认，11月30日前有效") {
				t.Errorf("%+v %s", q, q.Receipt())
			}
			if s := o.question(q); !strings.Contains(s, tc.question) || !strings.Contains(s, "同意 B1") {
				t.Error(s)
			}
			if p := o.user(tc.platform, "me"); p.ID != "" {
				t.Fatal("bound before anybody approved")
			}
			q = o.approve(nil, "B1", "P1")
			if p := o.user(tc.platform, "me"); p.ID != tc.want || p.Role != tc.role || q.Person != tc.want || q.By != "P1" {
				t.Errorf("bound to %v by %+v", p, q)
			}
			if tc.want == "P2" && o.user(chat.WeCom, "li").ID != "P2" {
				t.Error("the first platform is lost")
			}
			before := o.dump()
			if again := o.approve(nil, "B1", "P1"); again.Person != q.Person || o.dump() != before {
				t.Error("a second approval changed something")
			}
			o.join(ErrKnown, tc.platform, "me", "别人", "市科协")
			o.reject(ErrDecided, "B1", "P1")
			o.consistent()
			o.see(func(r store.Reader) error {
				people, err := People(r)
				if ids(people) != tc.all {
					t.Error(ids(people))
				}
				return err
			})
		})
	}
}

func TestTakenNames(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	o.apply("姓名,单位,账号\n双,市科协,s1\n双,市科协,s2\n")
	for i, name := range []string{"李联络", "双"} {
		unit := []string{"市教育局", "市科协"}[i]
		q := o.join(nil, chat.WeCom, chat.UserID(fmt.Sprintf("thief%d", i)), name, unit)
		if s := o.question(q); !strings.Contains(s, "同名") {
			t.Error(s)
		}
		before := o.dump()
		o.approve(ErrTaken, q.ID, "P1")
		if o.dump() != before {
			t.Error("a failed approval changed something")
		}
	}
	// After the old account is taken away the new one can be bound.
	o.do(nil, func(tx *store.Tx) error { _, err := Unlink(tx, chat.WeCom, "li", "P1"); return err })
	o.approve(nil, "B1", "P1")
	if o.user(chat.WeCom, "thief0").ID != "P2" || o.user(chat.WeCom, "li").ID != "" {
		t.Error("the account did not change hands")
	}
}

func TestRequestsOfAccounts(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	for _, bad := range [][2]string{{"", "市科协"}, {"<@all>", "市科协"}, {strings.Repeat("长", maxName+1), "市科协"}, {"新人", ""}, {"新人", strings.Repeat("长", maxUnit+1)}} {
		o.join(ErrInvalid, chat.WeCom, "me", bad[0], bad[1])
	}
	o.join(ErrInvalid, chat.DingTalk, "$:LWCP_v1:$outside==", "新人", "市科协")
	first := o.join(nil, chat.WeCom, "me", "新人", "市科协")
	if again := o.join(nil, chat.WeCom, "ME", "新 人", "市科协"); again.ID != first.ID {
		t.Error("the same again is another request")
	}
	second := o.join(nil, chat.WeCom, "me", "改名", "市科协")
	o.approve(ErrNotFound, first.ID, "P1")
	o.approve(ErrNotFound, "B99", "P1")
	o.approve(ErrNotFound, "", "P1")
	if q := o.reject(nil, second.ID, "P1"); q.State != StateRejected || !strings.Contains(q.Verdict(), "没有同意") {
		t.Error(q)
	}
	o.reject(nil, second.ID, "P1")
	o.approve(ErrDecided, second.ID, "P1")
	third := o.join(nil, chat.WeCom, "me", "改名", "市科协")
	o.wait(RequestTTL - time.Second)
	o.see(func(r store.Reader) error {
		list, err := Pending(r)
		if len(list) != 1 || list[0].ID != third.ID {
			t.Error(list)
		}
		return err
	})
	o.wait(time.Second)
	o.see(func(r store.Reader) error {
		list, err := Pending(r)
		q, ok, err2 := FindRequest(r, third.ID)
		if len(list) != 0 || !ok || q.State != StateExpired {
			t.Error(list, q)
		}
		return errors.Join(err, err2)
	})
	o.approve(ErrExpired, third.ID, "P1")
	o.reject(ErrExpired, third.ID, "P1")
	if q := o.join(nil, chat.WeCom, "me", "改名", "市科协"); q.ID == third.ID || q.State != StatePending {
		t.Error("an expired request cannot be asked anew")
	}
	o.wait(RequestTTL + requestKeep)
	o.see(func(r store.Reader) error {
		list, err := requests(r)
		if len(list) != 0 {
			t.Error("requests are kept for ever")
		}
		return err
	})
}

// Whoever asks again and again does not bury the office: what was asked last
// stays, and the log does not grow.
func TestAskingHasItsLimit(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	var last Request
	ask := func(want error, i int) Request {
		o.Helper()
		return o.join(want, chat.WeCom, "me", "新人"+string(rune('甲'+i)), "市科协")
	}
	for i := range 5 {
		last = ask(nil, i)
		o.wait(time.Hour)
	}
	logged := func() (n int) {
		o.see(func(r store.Reader) error {
			log, err := History(r, Log{})
			n = len(log)
			return err
		})
		return n
	}
	before := logged()
	for i := range 20 {
		ask(ErrTooOften, 5+i)
	}
	if again := ask(nil, 4); again.ID != last.ID {
		t.Errorf("the last request is %s, not %s", again.ID, last.ID)
	}
	if grown := logged() - before; grown != 0 {
		t.Errorf("the log has %d entries more", grown)
	}
	o.join(nil, chat.DingTalk, "me", "新人", "市科协")
	o.reject(nil, last.ID, "P1")
	ask(ErrTooOften, 4)
	o.wait(20 * time.Hour)
	o.approve(nil, ask(nil, 0).ID, "P1")
	if p := o.user(chat.WeCom, "me"); p.Name != "新人甲" {
		t.Errorf("bound to %+v", p)
	}
}

func TestNobodyJoinsWithoutAnOffice(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.join(ErrNoOffice, chat.WeCom, "me", "张三", "市科协")
	o.apply("姓名,单位,角色\n张主任,市委宣传部,办公室\n")
	o.join(ErrNoOffice, chat.WeCom, "me", "张主任", "市委宣传部")
	if !strings.Contains(Tell(fmt.Errorf("join: %w", ErrNoOffice)), "角色填成“办公室”") {
		t.Error(Tell(ErrNoOffice))
	}
	o.apply("姓名,单位,角色,账号\n张主任,市委宣传部,办公室,zhang\n")
	o.join(nil, chat.WeCom, "me", "张三", "市科协")
}

func TestARosterMayBeFasterThanTheOffice(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	q := o.join(nil, chat.WeCom, "me", "新人", "市科协")
	o.apply("姓名,单位,角色,账号\n新人,市教育局,联络员,me\n")
	if q := o.approve(nil, q.ID, "P1"); q.Person != "P7" || o.person("P7").Role != RoleLiaison {
		t.Error(q)
	}
	o.consistent()
}

func TestAGroupIsBoundByBothSides(t *testing.T) {
	t.Parallel()
	edu := "市教育局"
	for name, tc := range map[string]struct {
		asks, agrees PersonID
		notThese     []PersonID
	}{
		"a liaison asks, the office agrees":  {"P2", "P1", []PersonID{"P2", "P3", "P4", "P5", "P6", "", "P99"}},
		"a head asks, the office agrees":     {"P3", "P1", []PersonID{"P2", "P3"}},
		"the office asks, a liaison agrees":  {"P1", "P2", []PersonID{"P1", Operator, "P4", "P5", "P6", "", "P99"}},
		"the office asks, the head agrees":   {"P1", "P3", []PersonID{"P1"}},
		"the operator asks, a liaison does":  {Operator, "P2", []PersonID{Operator, "P1"}},
		"the operator agrees for the office": {"P2", Operator, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := staffed(t)
			g := group("g1")
			g.Session, g.User = chat.Session{Link: "canary", Until: monday.Add(time.Hour)}, "li"
			q := o.askGroup(nil, g, edu, tc.asks)
			if again := o.askGroup(nil, g, edu, tc.asks); again.ID != q.ID {
				t.Error("the same again is another request")
			}
			if o.dump(); strings.Contains(o.dump(), "canary") {
				t.Error("the session was stored")
			}
			for _, by := range tc.notThese {
				o.approve(ErrForbidden, q.ID, by)
				o.reject(ErrForbidden, q.ID, by)
			}
			if s := o.question(q); !strings.Contains(s, "接收市教育局的通知") || strings.Contains(s, "canary") {
				t.Error(s)
			}
			o.approve(nil, q.ID, tc.agrees)
			before := o.dump()
			o.approve(nil, q.ID, tc.agrees)
			o.askGroup(ErrKnown, g, edu, tc.asks)
			if o.dump() != before {
				t.Error("a second approval changed something")
			}
			o.see(func(r store.Reader) error {
				groups, err := GroupsOf(r, edu)
				units, err2 := UnitsOf(r, g)
				if len(groups) != 1 || groups[0].Address != group("g1") || groups[0].Asked != tc.asks || groups[0].Agreed != tc.agrees || fmt.Sprint(units) != "[市教育局]" {
					t.Error(groups, units)
				}
				return errors.Join(err, err2)
			})
		})
	}
}

func TestNoGroupClaimsAUnitByItself(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	for _, by := range []PersonID{"", "P4", "P5", "P6", "P99"} { // nobody, staff, another unit's, a volunteer, unknown
		o.askGroup(ErrForbidden, group("g"), "市教育局", by)
	}
	o.askGroup(ErrNoLiaison, group("g"), "市文化馆", "P1")
	o.askGroup(ErrNoLiaison, group("g"), "市科协", "P1") // its liaison has no account
	long := group(strings.Repeat("x", maxConversation+1))
	direct := group("g")
	direct.Kind = chat.Direct
	for _, bad := range []chat.Address{{}, direct, long, group(""), group("a\x00b")} {
		o.askGroup(ErrInvalid, bad, "市教育局", "P2")
	}
	o.askGroup(ErrInvalid, group("g"), "", "P1")
	// Both sides asking is both sides agreeing.
	q := o.askGroup(nil, group("g"), "市教育局", "P2")
	if done := o.askGroup(nil, group("g"), "市教育局", "P1"); done.ID != q.ID || done.State != StateApproved || !strings.Contains(done.Receipt(), "已同意") {
		t.Error(done)
	}
	// Who asked and was replaced meanwhile does not speak for the unit any more.
	q = o.askGroup(nil, group("h"), "市教育局", "P2")
	o.apply("姓名,单位,角色,账号\n李联络,市教育局,,li\n")
	o.approve(ErrExpired, q.ID, "P1")
	q = o.askGroup(nil, group("i"), "市教育局", "P1")
	o.apply("姓名,单位,角色,账号\n张主任,市委宣传部,,zhang\n王局,市教育局,负责人,wang\n新主任,市委宣传部,办公室,new\n")
	o.approve(ErrExpired, q.ID, "P3")
}

func TestGroupsAndUnitsAreManyToMany(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	o.apply("姓名,单位,角色,账号\n钱联络,市科协,联络员,qian\n")
	for _, pair := range []string{"g1 市教育局 P2", "g1 市科协 P5", "g2 市教育局 P2"} {
		f := strings.Fields(pair)
		q := o.askGroup(nil, group(f[0]), f[1], PersonID(f[2]))
		o.approve(nil, q.ID, "P1")
		o.wait(time.Minute)
	}
	units := func(g string) (s string) {
		o.see(func(r store.Reader) error {
			list, err := UnitsOf(r, group(g))
			s = strings.Join(list, " ")
			return err
		})
		return s
	}
	groups := func(unit string) (s string) {
		o.see(func(r store.Reader) error {
			list, err := GroupsOf(r, unit)
			for _, g := range list {
				s += string(g.Address.Conversation) + " "
			}
			return err
		})
		return s
	}
	if units("g1") != "市教育局 市科协" || units("g2") != "市教育局" || units("g") != "" || groups("市教育局") != "g1 g2 " || groups("市") != "" {
		t.Error(units("g1"), units("g2"), groups("市教育局"))
	}
	other := group("g1")
	other.Via = "dingtalk.robot"
	unbind := func(want error, done bool, g chat.Address, unit string, by PersonID) {
		t.Helper()
		o.do(want, func(tx *store.Tx) error {
			ok, err := Unbind(tx, g, unit, by)
			if ok != done {
				t.Errorf("unbound %v", ok)
			}
			return err
		})
	}
	unbind(ErrForbidden, false, group("g1"), "市科协", "P2")
	unbind(ErrForbidden, false, group("g1"), "市教育局", "P4")
	unbind(nil, false, other, "市教育局", "P2")
	unbind(nil, true, group("g1"), "市教育局", "P2")
	unbind(nil, false, group("g1"), "市教育局", "P2")
	unbind(nil, true, group("g1"), "市科协", "P1")
	if units("g1") != "" || groups("市教育局") != "g2 " {
		t.Error(units("g1"), groups("市教育局"))
	}
	o.askGroup(nil, group("g1"), "市教育局", "P2") // and may be asked for anew
}

func TestTargets(t *testing.T) {
	t.Parallel()
	o, v := staffed(t), newVault(t, secretOne)
	routes := Routes{chat.WeCom: {Via: "wecom.app", Robot: "1000002"}, chat.DingTalk: {Via: "dingtalk.robot", Robot: "ding"}}
	targets := func(unit string, rt Routes) (s string) {
		o.see(func(r store.Reader) error {
			list, err := Targets(r, unit, rt)
			for _, a := range list {
				s += fmt.Sprintf("%s %s %s/%s %s; ", a.Via, a.Kind, a.Conversation, a.User, a.Robot)
			}
			return err
		})
		return strings.TrimSuffix(s, "; ")
	}
	if got := targets("市教育局", routes); got != "wecom.app direct li/li 1000002; wecom.app direct wang/wang 1000002" {
		t.Error(got)
	}
	o.apply("姓名,单位,账号,钉钉账号\n李联络,市教育局,li,li-d\n")
	list := groups(t, "市教育局,"+dingTalkHook+",,\n市教育局,"+weComHook+",,\n市科协,"+weComHook+"2,,\n")
	o.do(nil, func(tx *store.Tx) error { _, err := ApplyGroups(tx, v, list, Operator); return err })
	o.approve(nil, o.askGroup(nil, group("g1"), "市教育局", "P2").ID, "P1")
	want := "wecom.aibot group g1/ bot; " +
		"wecom.webhook group / " + list.Entries[1].ID() + "; dingtalk.webhook group / " + list.Entries[0].ID() + "; " +
		"wecom.app direct li/li 1000002; dingtalk.robot direct /li-d ding; wecom.app direct wang/wang 1000002"
	if got := targets("市教育局", routes); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got := targets("市科协", routes); got != "wecom.webhook group / "+list.Entries[2].ID() {
		t.Error(got)
	}
	if got := targets("市文化馆", routes) + targets("", routes); got != "" {
		t.Error(got)
	}
	if got := targets("市教育局", Routes{chat.DingTalk: routes[chat.DingTalk]}); strings.Contains(got, "wecom.app") || !strings.Contains(got, "li-d") {
		t.Error(got)
	}
}
