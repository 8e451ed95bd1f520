package org

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Who may do what: P1 office, P2 liaison, P3 head, P4 staff of 市教育局, P5 liaison
// of 市科协, P6 volunteer, P9 nobody.
func TestRights(t *testing.T) {
	t.Parallel()
	list := groups(t, "市教育局,"+weComHook+",,\n")
	v := newVault(t, secretOne)
	for name, tc := range map[string]struct {
		may string
		do  func(tx *store.Tx, by PersonID) error
	}{
		"import a roster": {"operator P1", func(tx *store.Tx, by PersonID) error {
			_, err := Apply(tx, roster(t, "姓名,单位\n新人,市科协\n"), by)
			return err
		}},
		"import robots":        {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := ApplyGroups(tx, v, list, by); return err }},
		"drop a robot":         {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := DropRobot(tx, list.Entries[0].ID(), by); return err }},
		"rotate the key":       {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := v.Rotate(tx, by); return err }},
		"pause all":            {"operator P1", func(tx *store.Tx, by PersonID) error { return SetPause(tx, All, by, time.Time{}) }},
		"pause the own unit":   {"operator P1", func(tx *store.Tx, by PersonID) error { return SetPause(tx, "市教育局", by, time.Time{}) }},
		"resume":               {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := Resume(tx, "市教育局", by); return err }},
		"approve an account":   {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := Approve(tx, "B1", by); return err }},
		"reject an account":    {"operator P1", func(tx *store.Tx, by PersonID) error { _, err := Reject(tx, "B1", by); return err }},
		"approve for the unit": {"P2 P3", func(tx *store.Tx, by PersonID) error { _, err := Approve(tx, "B2", by); return err }},
		"ask for a group": {"operator P1 P2 P3", func(tx *store.Tx, by PersonID) error {
			_, err := AskGroup(tx, group("new"), "市教育局", by)
			return err
		}},
		"unbind a group": {"operator P1 P2 P3", func(tx *store.Tx, by PersonID) error {
			_, err := Unbind(tx, group("g"), "市教育局", by)
			return err
		}},
		"erase somebody else":   {"operator P1 P4", func(tx *store.Tx, by PersonID) error { _, err := Erase(tx, "P4", by); return err }},
		"take somebody's login": {"operator P1 P4", func(tx *store.Tx, by PersonID) error { _, err := Unlink(tx, chat.WeCom, "zhao", by); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := staffed(t)
			o.join(nil, chat.WeCom, "me", "新人", "市科协")
			o.askGroup(nil, group("g"), "市教育局", "P1")
			var may []string
			for _, by := range []PersonID{Operator, "P1", "P2", "P3", "P4", "P5", "P6", "P9", ""} {
				// Every try ends in an error, so that none has an effect on the next.
				undo := errors.New("undo")
				err := o.Update(t.Context(), func(tx *store.Tx) error { return cmpErr(tc.do(tx, by), undo) })
				switch {
				case errors.Is(err, undo):
					may = append(may, string(by))
				case !errors.Is(err, ErrForbidden):
					t.Errorf("%s: %v", by, err)
				}
			}
			if got := strings.Join(may, " "); got != tc.may {
				t.Errorf("may: %s; want: %s", got, tc.may)
			}
		})
	}
}

func TestPauses(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	paused := func(units ...string) string {
		var s []string
		o.see(func(r store.Reader) error {
			s = nil
			for _, u := range units {
				p, ok, err := Paused(r, u)
				if err != nil {
					return err
				}
				if ok {
					s = append(s, u+"by"+p.Unit)
				}
			}
			return nil
		})
		return strings.Join(s, " ")
	}
	both := []string{"", "市教育局", "市科协"}
	pause := func(want error, unit string, until time.Time) {
		t.Helper()
		o.do(want, func(tx *store.Tx) error { return SetPause(tx, unit, "P1", until) })
	}
	resume := func(want bool, unit string) {
		t.Helper()
		o.do(nil, func(tx *store.Tx) error {
			if ok, err := Resume(tx, unit, "P1"); ok != want || err != nil {
				return fmt.Errorf("resumed %v: %w", ok, err)
			}
			return nil
		})
	}
	pause(ErrInvalid, All, monday)
	pause(nil, "市教育局", monday.Add(time.Hour))
	if got := paused(both...); got != "市教育局by市教育局" {
		t.Error(got)
	}
	pause(nil, All, time.Time{})
	if got := paused(both...); got != "by 市教育局by 市科协by" {
		t.Error(got)
	}
	o.see(func(r store.Reader) error {
		list, err := Pauses(r)
		if len(list) != 2 || list[0].String() != "全部单位的推送已暂停，直到恢复。" || list[1].String() != "市教育局的推送已暂停，到 11月23日 10:00 为止。" || list[1].By != "P1" {
			t.Error(list)
		}
		return err
	})
	resume(true, All)
	resume(false, All)
	if got := paused(both...); got != "市教育局by市教育局" {
		t.Errorf("resuming all ended a unit's own pause: %s", got)
	}
	o.wait(time.Hour)
	if got := paused(both...); got != "" {
		t.Errorf("the pause outlived its time: %s", got)
	}
	resume(false, "市教育局")
	pause(nil, "all", time.Time{}) // a unit of that name is not all units
	if got := paused(both...); got != "" {
		t.Error(got)
	}
}

func TestErasingLeavesAPseudonym(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	o.approve(nil, o.join(nil, chat.DingTalk, "li-d", "李联络", "市教育局").ID, "P1")
	o.approve(nil, o.askGroup(nil, group("g1"), "市教育局", "P2").ID, "P1")
	for _, personal := range []string{"李联络", "13800000002", `li-d`} {
		if !strings.Contains(o.dump(), personal) {
			t.Fatalf("the test shows nothing: %s was never kept", personal)
		}
	}
	var d Dossier
	o.see(func(r store.Reader) (err error) { d, err = Export(r, "P2"); return err })
	raw, err := json.Marshal(d)
	for _, part := range []string{"李联络", "市教育局", "liaison", "13800000002", `"wecom":"li"`, `"dingtalk":"li-d"`, `"id":"B1"`, `"what":"add"`, `"what":"ask"`} {
		if err != nil || !strings.Contains(string(raw), part) {
			t.Errorf("the dossier lacks %s: %s", part, raw)
		}
	}
	history := o.history("P2")
	var e Erasure
	erase := func() { o.do(nil, func(tx *store.Tx) (err error) { e, err = Erase(tx, "P2", "P1"); return err }) }
	erase()
	if e.Accounts != 2 || e.Requests != 1 || !e.At.Equal(monday) {
		t.Errorf("%+v", e)
	}
	for _, personal := range []string{"李联络", "13800000002", `"li"`, "li-d", "\x00li"} {
		if strings.Contains(o.dump(), personal) {
			t.Errorf("%s is still kept:\n%s", personal, o.dump())
		}
	}
	if now := o.history("P2"); !strings.HasSuffix(now, history) || now == history {
		t.Errorf("the log was %s, is %s", history, now)
	}
	if p := o.person("P2"); p.Erased.IsZero() || p.Name != "" || p.String() != "P2 已删除" {
		t.Error(p)
	}
	if p := o.user(chat.WeCom, "li"); p.ID != "" {
		t.Error("the account still means", p)
	}
	before := o.dump()
	o.wait(time.Hour)
	erase()
	if !e.At.Equal(monday) || o.dump() != before {
		t.Error("a second time erased something")
	}
	if o.apply("姓名,单位,账号\n李联络,市教育局,li\n"); o.user(chat.WeCom, "li").ID != "P7" {
		t.Error("an erased person's id came back")
	}
	o.do(ErrNotFound, func(tx *store.Tx) error { _, err := Erase(tx, "P99", "P1"); return err })
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := Erase(tx, "P1", "P1"); return err })
	o.do(ErrLastOffice, func(tx *store.Tx) error { _, err := Unlink(tx, chat.WeCom, "zhang", Operator); return err })
	o.consistent()
}

// history is the log of a person, the newest first.
func (o *office) history(id PersonID) (s string) {
	o.see(func(r store.Reader) error {
		list, err := History(r, Log{})
		for _, e := range list {
			if e.Person == id || e.By == id {
				s += fmt.Sprintf("%s %s %s %s %s\n", e.At.Format(time.RFC3339), e.What, e.By, e.Person, e.Request)
			}
		}
		return err
	})
	return s
}

// Every change says who made it and when.
func TestTheLog(t *testing.T) {
	t.Parallel()
	o, v := staffed(t), newVault(t, secretOne)
	list := groups(t, "市教育局,"+weComHook+",,\n")
	o.wait(time.Minute)
	o.reject(nil, o.join(nil, chat.WeCom, "me", "新人", "市科协").ID, "P1")
	o.approve(nil, o.askGroup(nil, group("g"), "市教育局", "P2").ID, "P1")
	for _, fn := range []func(tx *store.Tx) error{
		func(tx *store.Tx) error { _, err := Unbind(tx, group("g"), "市教育局", "P2"); return err },
		func(tx *store.Tx) error { _, err := ApplyGroups(tx, v, list, "P1"); return err },
		func(tx *store.Tx) error { _, err := DropRobot(tx, list.Entries[0].ID(), "P1"); return err },
		func(tx *store.Tx) error { return SetPause(tx, All, "P1", time.Time{}) },
		func(tx *store.Tx) error { _, err := Resume(tx, All, "P1"); return err },
		func(tx *store.Tx) error { _, err := Unlink(tx, chat.WeCom, "li", "P2"); return err },
		func(tx *store.Tx) error {
			_, err := Apply(tx, roster(t, "姓名,单位,账号\n李联络,市教育局,li2\n"), Operator)
			return err
		},
		func(tx *store.Tx) error { _, err := Erase(tx, "P4", "P1"); return err },
	} {
		o.do(nil, fn)
	}
	var got []string
	o.see(func(r store.Reader) error {
		got = nil
		log, err := History(r, Log{Limit: 12})
		for _, e := range log {
			if !e.At.Equal(monday.Add(time.Minute)) {
				t.Errorf("%+v", e)
			}
			if words := e.Words(func(id PersonID) string { return string(id) }); words == "" || words == string(e.What) {
				t.Errorf("no words for %+v", e)
			}
			got = append(got, fmt.Sprintf("%s %s %s %v", e.What, e.By, e.Person, e.Fields))
		}
		return err
	})
	want := []string{
		"erase P1 P4 []", "change operator P2 [wecom]", "unlink P2 P2 [wecom]", "resume P1  []", "pause P1  []", "drop-robot P1  []",
		"robot P1  []", "unbind P2  []", "approve P1  []", "ask P2  []", "reject P1  []", "ask   []",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("log:\n%s", strings.Join(got, "\n"))
	}
}

func TestPhonesAreMasked(t *testing.T) {
	t.Parallel()
	for phone, want := range map[Phone]string{"": "", "12345": "****", "1234567": "****", "13812345678": "138****5678", "057762522222": "057****2222"} {
		raw, err := json.Marshal(Person{Phone: phone})
		shown := fmt.Sprintf("%v %s %q %x %d %+v", phone, phone, phone, phone, phone, Person{Phone: phone})
		if phone.String() != want || err != nil || phone != "" && (strings.Contains(shown+string(raw), string(phone)) || !strings.Contains(string(raw), want)) {
			t.Errorf("%s: %s %s %v", phone.Reveal(), shown, raw, err)
		}
		if phone.Reveal() != string(phone) {
			t.Error("Reveal hides")
		}
	}
}

func TestEveryErrorHasWords(t *testing.T) {
	t.Parallel()
	for _, err := range []error{ErrNotFound, ErrForbidden, ErrKnown, ErrTaken, ErrNoOffice, ErrNoLiaison, ErrDecided, ErrExpired, ErrLastOffice, ErrConflict, ErrEmpty, ErrInvalid, ErrKey, ErrSealed, ErrExposed} {
		if s := Tell(fmt.Errorf("wrapped: %w", err)); !strings.HasSuffix(s, "。") {
			t.Errorf("%v: %q", err, s)
		}
	}
	if Tell(errors.New("other")) != "" || Tell(nil) != "" {
		t.Error("words for what is not ours")
	}
}
