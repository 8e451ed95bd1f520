package org

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

func (o *office) diff(ro Roster) (c Changes) {
	o.Helper()
	o.see(func(r store.Reader) (err error) {
		c, err = Diff(r, ro)
		return err
	})
	return c
}

func TestApplyShowsAndMakesChanges(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	next := "姓名,单位,角色,企微账号,钉钉账号,手机\n" +
		"张主任,市委宣传部,办公室,zhang,zhang-d,\n" + // a second platform
		"李联络,市科协,联络员,LI,,13900000002\n" + // moved, with the same account
		"王小局,市教育局,负责人,wang,,\n" + // another name, the same account
		"钱联络,市科协,联络员,qian,,\n" + // found by name
		"周新,市科协,,zhou,,\n"
	ro := roster(t, next)
	before := o.dump()
	want := []string{
		"新增 1 人，变更 4 人，不变 0 人，名册里没有而系统里有 2 人（不会删除）。",
		"+  周新 市科协 工作人员 企业微信 zhou",
		"~ P1 张主任：钉钉账号 无 → zhang-d",
		"~ P2 李联络：单位 市教育局 → 市科协；手机 138****0002 → 139****0002；企业微信账号 li → LI",
		"~ P3 王局：姓名 王局 → 王小局",
		"~ P5 钱联络：企业微信账号 无 → qian",
		"? P4 赵办事 市教育局 工作人员 企业微信 zhao",
		"? P6 孙志愿  志愿者 钉钉 sun",
	}
	got := strings.Split(strings.TrimSpace(o.diff(ro).String()), "\n")
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || strings.Join(strings.Fields(got[i]), " ") != strings.Join(strings.Fields(want[i]), " ") {
			t.Fatalf("dry run:\n%s", strings.Join(got, "\n"))
		}
	}
	if o.dump() != before {
		t.Error("a dry run changed the store")
	}
	o.apply(next)
	if p := o.person("P1"); p.Phone.Reveal() != "13800000001" || p.IDs[chat.WeCom] != "zhang" {
		t.Errorf("what the roster does not state is lost: %v", p)
	}
	o.see(func(r store.Reader) error {
		for user, want := range map[string]PersonID{"wecom zhang": "P1", "dingtalk zhang-d": "P1", "wecom li": "P2", "wecom Li": "P2", "wecom zhou": "P7", "dingtalk ZHANG-D": "", "dingtalk li": ""} {
			platform, id, _ := strings.Cut(user, " ")
			if p, ok, err := ByUser(r, chat.Platform(platform), chat.UserID(id)); err != nil || p.ID != want || ok != (want != "") {
				t.Errorf("%s is %q, want %q (%v)", user, p.ID, want, err)
			}
		}
		left, err := ByUnit(r, "市教育局", "")
		gained, err2 := ByUnit(r, "市科协", RoleLiaison)
		if err != nil || err2 != nil || ids(left) != "P3 P4" || ids(gained) != "P2 P5" {
			t.Errorf("units hold %s and %s: %v %v", ids(left), ids(gained), err, err2)
		}
		return nil
	})
	after := o.dump()
	if c := o.apply(next); !c.Empty() || o.dump() != after {
		t.Errorf("a second import changed something: %s", c)
	}
}

func ids(list []Person) string {
	var s []string
	for _, p := range list {
		s = append(s, string(p.ID))
	}
	return strings.Join(s, " ")
}

func TestARosterWithoutAColumnLeavesWhatIsKnown(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	c := o.apply("姓名,帐号,部门\n李联络,li,乐清市/教育局/办公室\n")
	if len(c.Changed)+len(c.Added) != 0 || o.person("P2").Role != RoleLiaison {
		t.Error(c)
	}
}

func TestConflictsStopTheWholeRoster(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ csv, want string }{
		"the last of the office becomes staff":      {"姓名,单位,角色,账号\n新人,市科协,,new\n张主任,市委宣传部,工作人员,zhang\n", Tell(ErrLastOffice)},
		"a new office without an account is no use": {"姓名,单位,角色,账号\n张主任,市委宣传部,,zhang\n新人,市科协,办公室,\n", Tell(ErrLastOffice)},
		"two accounts of two people":                {"姓名,单位,账号,钉钉账号\n新人,市科协,new,\n李联络,市教育局,li,sun\n", "两个账号现在属于两个人"},
		"two rows mean one person":                  {"姓名,单位,账号,钉钉账号\n甲,市科协,both,\n乙,市科协,,both\n", "同一个人"},
		"two new accounts for one who has none":     {"姓名,单位,账号\n钱联络,市科协,n1\n钱联络,市科协,n2\n", "不止一个人"},
		"a name that several have":                  {"姓名,单位,账号\n双,市科协,\n", "不止一个人"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := staffed(t)
			o.apply("姓名,单位,账号,钉钉账号\n丙,市科协,both,both\n双,市科协,s1,\n双,市科协,s2,\n")
			before := o.dump()
			ro := roster(t, tc.csv)
			var c Changes
			o.do(ErrConflict, func(tx *store.Tx) (err error) {
				c, err = Apply(tx, ro, Operator)
				return err
			})
			if len(c.Problems) == 0 || !strings.Contains(c.Problems[0].String(), tc.want) {
				t.Error(lines(c.Problems))
			}
			if o.dump() != before {
				t.Error("half of it was imported")
			}
		})
	}
}

func TestTheFirstOfficeComesFromTheRoster(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if c := o.apply("姓名,单位,账号\n张三,市科协,zs\n"); !c.NoOffice || !strings.Contains(c.String(), "角色填成“办公室”") {
		t.Errorf("nobody is told that there is no office: %s", c)
	}
	if c := o.apply("姓名,单位,角色,账号\n张三,市科协,办公室,zs\n"); c.NoOffice {
		t.Error("there is an office now")
	}
	o.do(nil, func(tx *store.Tx) error {
		_, err := Apply(tx, roster(t, "姓名,单位,角色,账号\n李四,市科协,办公室,ls\n张三,市科协,,zs\n"), "P1")
		return err
	})
	o.do(ErrForbidden, func(tx *store.Tx) error { // P1 handed over
		_, err := Apply(tx, roster(t, "姓名,单位\n王五,市科协\n"), "P1")
		return err
	})
	o.do(ErrEmpty, func(tx *store.Tx) error {
		_, err := Apply(tx, Roster{}, Operator)
		return err
	})
}

// Whatever rosters come in whatever order: the dry run says what happens, twice
// is once, indexes agree with the people, and the office never vanishes.
func TestImportsOfAnyRosters(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	o := newOffice(t)
	applied, refused := 0, 0
	for range 150 {
		csv := randomRoster(rng)
		ro, problems, err := ReadRoster("a.csv", []byte(csv), town{})
		if err != nil {
			t.Fatal(err)
		}
		if len(problems) > 0 {
			continue
		}
		had := o.acting()
		plan := o.diff(ro)
		if len(plan.Problems) > 0 {
			refused++
			o.do(ErrConflict, func(tx *store.Tx) error { _, err := Apply(tx, ro, Operator); return err })
			continue
		}
		applied++
		var done Changes
		o.do(nil, func(tx *store.Tx) (err error) { done, err = Apply(tx, ro, Operator); return err })
		if len(done.Added) != len(plan.Added) || len(done.Changed) != len(plan.Changed) || had && !o.acting() || done.NoOffice == o.acting() {
			t.Fatalf("planned %s, did %s\n%s", plan, done, csv)
		}
		before := o.dump()
		if again := o.diff(ro); !again.Empty() {
			t.Fatalf("not idempotent: %s\n%s", again, csv)
		}
		o.do(nil, func(tx *store.Tx) error { _, err := Apply(tx, ro, Operator); return err })
		if o.dump() != before {
			t.Fatal("a second import wrote something")
		}
		o.consistent()
	}
	if applied < 30 || refused < 10 {
		t.Errorf("%d applied, %d refused: the test shows little", applied, refused)
	}
}

func randomRoster(rng *rand.Rand) string {
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	var b strings.Builder
	b.WriteString("姓名,单位,角色,账号,钉钉账号\n")
	for range 1 + rng.IntN(4) {
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s\n", pick("甲", "乙", "丙", "丁"), pick("市科协", "市监局", "市教育局"),
			pick("办公室", "联络员", "", "志愿者"), pick("", "a", "b", "c", "d", "A"), pick("", "", "x", "y", "z"))
	}
	return b.String()
}

func (o *office) acting() (acts bool) {
	o.see(func(r store.Reader) error {
		list, err := Offices(r)
		acts = officeActs(list)
		return err
	})
	return acts
}

// consistent fails unless the indexes hold exactly what the people say.
func (o *office) consistent() {
	o.Helper()
	o.see(func(r store.Reader) error {
		people, err := People(r)
		if err != nil {
			return err
		}
		var want, got []string
		for _, p := range people {
			for _, k := range p.accountKeys() {
				want = append(want, k+"="+string(p.ID))
			}
			want = append(want, p.memberKey()+"=")
		}
		for _, bucket := range []string{bucketAccount, bucketMember} {
			err := r.Scan(bucket, store.Range{}, func(key string, value []byte) error {
				got = append(got, key+"="+strings.Trim(string(value), `"`))
				return nil
			})
			if err != nil {
				return err
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			o.Fatalf("indexes hold\n%q, people say\n%q", got, want)
		}
		return nil
	})
}
