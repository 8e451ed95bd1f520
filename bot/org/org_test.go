package org

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// town is a Units of a few units with aliases.
type town struct{}

var townUnits = []string{"市委宣传部", "市教育局", "市市场监督管理局", "市文化和广电旅游体育局", "市文化馆", "市科协"}

var townAliases = map[string]string{
	"市监局": "市市场监督管理局", "市市场监管局": "市市场监督管理局", "文广旅体局": "市文化和广电旅游体育局",
	"办公室": "市委宣传部", "教育局": "市教育局", "宣传部": "市委宣传部",
}

func (town) Names() []string { return townUnits }

func (town) Resolve(name string) (string, bool) {
	for _, u := range townUnits {
		if u == name {
			return u, true
		}
	}
	u, ok := townAliases[name]
	return u, ok
}

// office is a store with a clock of the test's own.
type office struct {
	testing.TB
	*store.Store
	mu  sync.Mutex
	now time.Time
}

func newOffice(t testing.TB) *office {
	t.Helper()
	o := &office{TB: t, now: monday}
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "org.db"), store.Options{Now: o.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	o.Store = s
	return o
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

// do changes the store and wants the error.
func (o *office) do(want error, fn func(tx *store.Tx) error) {
	o.Helper()
	if err := o.Update(context.Background(), fn); !errors.Is(err, want) || err != nil && want == nil {
		o.Fatalf("error %v, want %v", err, want)
	}
}

// see reads the store.
func (o *office) see(fn func(r store.Reader) error) {
	o.Helper()
	if err := o.View(context.Background(), fn); err != nil {
		o.Fatal(err)
	}
}

// dump is everything that the package has stored.
func (o *office) dump() string {
	var b strings.Builder
	o.see(func(r store.Reader) error {
		b.Reset()
		for _, bucket := range []string{bucketPerson, bucketAccount, bucketMember, bucketRequest, bucketGroup, bucketRobot, bucketPause, bucketLog, bucketCount} {
			err := r.Scan(bucket, store.Range{}, func(key string, value []byte) error {
				fmt.Fprintf(&b, "%s %q %s\n", bucket, key, value)
				return nil
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return b.String()
}

// roster reads a roster that has no problem.
func roster(t testing.TB, csv string) Roster {
	t.Helper()
	ro, problems, err := ReadRoster("名册.csv", []byte(csv), town{})
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	return ro
}

// apply imports a roster.
func (o *office) apply(csv string) (c Changes) {
	o.Helper()
	ro := roster(o, csv)
	o.do(nil, func(tx *store.Tx) (err error) {
		c, err = Apply(tx, ro, Operator)
		return err
	})
	return c
}

// staffed is an office with a roster: P1 office, P2 liaison of 市教育局, P3 its
// head, P4 staff of it, P5 liaison of 市科协 without an account, P6 volunteer.
func staffed(t testing.TB) *office {
	o := newOffice(t)
	o.apply("姓名,单位,角色,企微账号,钉钉账号,手机\n" +
		"张主任,市委宣传部,办公室,zhang,,13800000001\n" +
		"李联络,市教育局,联络员,li,,13800000002\n" +
		"王局,市教育局,负责人,wang,,\n" +
		"赵办事,市教育局,,zhao,,\n" +
		"钱联络,市科协,联络员,,,\n" +
		"孙志愿,,志愿者,,sun,\n")
	return o
}

func (o *office) person(id PersonID) (p Person) {
	o.Helper()
	o.see(func(r store.Reader) error {
		var ok bool
		var err error
		if p, ok, err = ByID(r, id); !ok {
			err = cmpErr(err, fmt.Errorf("nobody is %s", id))
		}
		return err
	})
	return p
}

func cmpErr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func group(id string) chat.Address {
	return chat.Address{Via: "wecom.aibot", Kind: chat.Group, Conversation: chat.ConversationID(id), Robot: "bot"}
}
