package org

import (
	"errors"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"xietiao/bot/store"
)

var quick = Hashes{Cost: bcrypt.MinCost}

func TestPasswordsThatAreTooEasy(t *testing.T) {
	t.Parallel()
	for password, weak := range map[string]bool{
		"": true, "短": true, "aaaaaaaaaaaa": true, "1234567890": true, "abcdefghijkl": true, "wang.li2026xx": true,
		"9876543210987": true, "aabbccddeeff": true,
		"乐清文化礼堂今年办了十场": false, "correct horse battery": false, "kZ8!fw03-q": false,
	} {
		hash, err := quick.Of("wang.li", password)
		if got := errors.Is(err, ErrWeak); got != weak || err != nil && !weak {
			t.Errorf("%q: %v", password, err)
		}
		if err == nil && (!quick.Fits(hash, password) || quick.Fits(hash, password+"x") || quick.Fits(nil, password)) {
			t.Errorf("%q: its hash does not tell it apart", password)
		}
	}
	long := "一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未"
	hash, err := quick.Of("", long)
	if err != nil || quick.Fits(hash, long[:72]) {
		t.Error("what is behind 72 bytes does not count", err)
	}
}

func TestLoginNames(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{" Wang.Li ": "wang.li", "王丽": "王丽", "a": "", "a b": "", "<b>": "", "a\x00b": "", "ａｂ": "", "": ""} {
		if got, err := LoginName(text); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// A login from its first password to its end.
func TestLoginsLive(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var boss, clerk Person
	enter := func(want error, fits bool, at time.Time) {
		t.Helper()
		o.do(nil, func(tx *store.Tx) error {
			got, err := Entered(tx, "boss", fits, at)
			if !errors.Is(got, want) || (got == nil) != (want == nil) {
				t.Errorf("entering: %v, want %v", got, want)
			}
			return err
		})
	}
	o.do(nil, func(tx *store.Tx) (err error) {
		if boss, err = Register(tx, Person{Name: "周主任", Role: RoleOffice}, Operator); err != nil {
			return err
		}
		clerk, err = Register(tx, Person{Name: "小陈", Role: RoleReader}, Operator)
		return err
	})
	o.do(ErrTaken, func(tx *store.Tx) error {
		_, err := Register(tx, Person{Name: "周主任", Role: RoleReader}, boss.ID)
		return err
	})
	o.do(ErrForbidden, func(tx *store.Tx) error { _, err := GiveLogin(tx, "x1", clerk.ID, clerk.ID); return err })
	o.do(nil, func(tx *store.Tx) error { _, err := GiveLogin(tx, "Boss", boss.ID, Operator); return err })
	o.do(ErrLoginUsed, func(tx *store.Tx) error { _, err := GiveLogin(tx, "boss", clerk.ID, Operator); return err })
	hash, err := quick.Of("boss", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	o.do(nil, func(tx *store.Tx) error { return SetPassword(tx, "boss", hash, boss.ID) })
	o.do(nil, func(tx *store.Tx) error {
		p, ok, err := ByUser(tx, Console, "BOSS")
		if !ok || p.ID != boss.ID {
			t.Error("not found by the login", p, ok)
		}
		if _, ok, _ := ByUser(tx, Console, "nobody"); ok {
			t.Error("nobody was found")
		}
		return err
	})
	enter(nil, true, now)
	for range loginTries - 1 {
		enter(ErrPassword, false, now)
	}
	enter(nil, true, now) // counts from the beginning again
	for range loginTries - 1 {
		enter(ErrPassword, false, now)
	}
	enter(ErrLocked, false, now)
	enter(ErrLocked, true, now.Add(loginLock-time.Second))
	enter(nil, true, now.Add(loginLock))
	for range loginTries {
		_ = o.Update(t.Context(), func(tx *store.Tx) error { _, err := Entered(tx, "boss", false, now); return err })
	}
	o.do(nil, func(tx *store.Tx) error {
		if open, err := Unlock(tx, "boss", Operator); err != nil || !open {
			return errors.Join(err, errors.New("nothing to unlock"))
		}
		return nil
	})
	enter(nil, true, now)

	// The last who can enter stays.
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := DropLogin(tx, boss.ID, Operator); return err })
	o.do(ErrLastOffice, func(tx *store.Tx) error {
		after := boss
		after.Role = RoleReader
		_, err := Amend(tx, boss, after, Operator)
		return err
	})
	o.do(nil, func(tx *store.Tx) error {
		after := clerk
		after.Role = RoleOffice
		c, err := Amend(tx, clerk, after, boss.ID)
		clerk = c.After
		return err
	})
	o.do(ErrChanged, func(tx *store.Tx) error { // somebody else has changed it meanwhile
		stale := clerk
		stale.Role = RoleReader
		_, err := Amend(tx, stale, clerk, boss.ID)
		return err
	})
	o.do(nil, func(tx *store.Tx) error {
		if _, err := GiveLogin(tx, "chen", clerk.ID, boss.ID); err != nil {
			return err
		}
		return SetPassword(tx, "chen", hash, clerk.ID)
	})
	o.do(nil, func(tx *store.Tx) error { _, err := Erase(tx, boss.ID, clerk.ID); return err })
	o.do(nil, func(tx *store.Tx) error {
		if _, ok, err := FindLogin(tx, "boss"); ok || err != nil {
			t.Error("the login of somebody who was erased is left", err)
		}
		return nil
	})
}

// Nothing takes the last entrance of the office away, and nothing that is not one is kept.
func TestTheOfficeKeepsAnEntrance(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	hash, err := quick.Of("", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	give := func(id PersonID, name string) {
		t.Helper()
		o.do(nil, func(tx *store.Tx) error {
			if _, err := GiveLogin(tx, name, id, Operator); err != nil {
				return err
			}
			return SetPassword(tx, name, hash, Operator)
		})
	}
	var boss Person
	o.do(nil, func(tx *store.Tx) (err error) {
		boss, err = Register(tx, Person{Name: "周主任", Role: RoleOffice}, Operator)
		return err
	})
	give("P2", "li") // a liaison, while nobody of the office has a login
	o.do(nil, func(tx *store.Tx) error { _, err := DropLogin(tx, "P2", Operator); return err })
	give(boss.ID, "boss")
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := Erase(tx, boss.ID, Operator); return err })
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := DropLogin(tx, boss.ID, Operator); return err })
	list := roster(t, "姓名,单位,角色,账号\n周主任,市教育局,联络员,boss1\n")
	list.Entries[0].Unit = "" // the same person, who has no unit
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := Apply(tx, list, Operator); return err })
	give("P1", "zhang")
	o.do(nil, func(tx *store.Tx) error { _, err := Erase(tx, boss.ID, Operator); return err })
}
