package activity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

func (h *hall) volunteer(v VolunteerID) (p Volunteer) {
	h.Helper()
	h.see(func(r store.Reader) (err error) { p, err = h.Volunteer(r, v); return err })
	return p
}

func TestOnePersonOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	apply := func(a Account) (v Volunteer, made bool) {
		h.do(nil, func(tx *store.Tx) (err error) {
			v, made, err = h.Enrol(tx, Application{Profile: Profile{Consent: Consent{Version: "1"}}, Account: a})
			return err
		})
		return v, made
	}
	v, made := apply(Account{chat.WeCom, "DING"}) // the roster has both accounts of 志丁
	if !made || v.Name != "志丁" || v.Person != "P4" || v.Standing != StandingConfirmed {
		t.Errorf("%+v", v)
	}
	if again, made := apply(Account{chat.DingTalk, "ke"}); made || again.ID != v.ID {
		t.Errorf("by the other platform: %+v", again)
	}
	h.do(ErrProfile, func(tx *store.Tx) error {
		_, _, err := h.Enrol(tx, Application{Profile: Profile{Name: "无名"}, Account: Account{chat.WeCom, "x"}})
		return err
	})
	h.do(ErrProfile, func(tx *store.Tx) error {
		_, _, err := h.Enrol(tx, Application{Profile: Profile{Consent: Consent{Version: "1"}}, Account: Account{chat.WeCom, "x"}})
		return err
	})
	h.do(ErrForbidden, func(tx *store.Tx) error {
		_, _, err := h.Enrol(tx, Application{Profile: Profile{Name: "甲", Consent: Consent{Version: "1"}}, By: Self("V1")})
		return err
	})
	other := h.member("甲")
	h.do(ErrTaken, func(tx *store.Tx) error {
		_, err := h.Link(tx, other, Account{chat.DingTalk, "ke"}, liaison)
		return err
	})
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Link(tx, other, Account{chat.DingTalk, "jia"}, Self(other))
		return err
	})
	h.see(func(r store.Reader) error {
		got, ok, err := h.ByAccount(r, Account{chat.DingTalk, "jia"})
		if !ok || got.ID != other {
			t.Errorf("%+v", got)
		}
		return err
	})
}

func TestABrowserIsBoundAndBoundAnew(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	first, second, link := NewToken(), NewToken(), NewToken()
	v := h.outsider("外人", first)
	if again := h.outsider("外人改名", first); again != v || h.volunteer(v).Name != "外人改名" {
		t.Errorf("the browser is of %s and %s", v, again)
	}
	by := func(t Token) (v VolunteerID) {
		h.see(func(r store.Reader) error { got, _, err := h.ByBrowser(r, t); v = got.ID; return err })
		return v
	}
	h.do(ErrForbidden, func(tx *store.Tx) error { return h.Invite(tx, v, link, Self(v)) })
	h.do(ErrLink, func(tx *store.Tx) error { _, err := h.Bind(tx, link, second); return err })
	h.do(nil, func(tx *store.Tx) error { return h.Invite(tx, v, link, liaison) })
	for range 2 { // a page that is sent twice
		h.do(nil, func(tx *store.Tx) error { _, err := h.Bind(tx, link, second); return err })
	}
	if by(first) != "" || by(second) != v {
		t.Errorf("%q and %q", by(first), by(second))
	}
	h.do(ErrLink, func(tx *store.Tx) error { _, err := h.Bind(tx, link, NewToken()); return err })
	h.do(nil, func(tx *store.Tx) error { return h.Invite(tx, v, link, liaison) })
	h.set(at("2026-04-08 10:00"))
	h.do(ErrLink, func(tx *store.Tx) error { _, err := h.Bind(tx, link, first); return err })
	if text := fmt.Sprintf("%v %+v %q %s", first, []Token{first}, first, link); strings.Contains(text, first.Reveal()) || strings.Contains(text, link.Reveal()) {
		t.Error(text)
	}
	for _, bucket := range []string{bucketVolunteer, bucketBrowser, bucketInvite} {
		h.see(func(r store.Reader) error {
			return r.Scan(bucket, store.Range{}, func(key string, raw []byte) error {
				if bytes.Contains(raw, []byte(second)) || strings.Contains(key, second.Reveal()) {
					t.Errorf("%s keeps the token", bucket)
				}
				return nil
			})
		})
	}
}

func TestExportAndErasure(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:40")
	n, next := h.publish(draft(func(d *Draft) { d.Public = true })), h.publish(draft(func(d *Draft) {
		d.Public, d.Capacity, d.Start, d.End = true, 1, at("2026-05-16 09:00"), at("2026-05-16 11:00")
	}))
	token := NewToken()
	v, other := h.outsider("张大千", token), h.member("乙")
	h.do(nil, func(tx *store.Tx) error {
		_, err := h.Edit(tx, v, Profile{Phone: "+86 138-0000-1234", Brigade: "书画分队", Skills: []string{"书法", " 书法", "国画 "}}, Self(v))
		return err
	})
	h.do(ErrProfile, func(tx *store.Tx) error { _, err := h.Edit(tx, v, Profile{Phone: "abc"}, Self(v)); return err })
	h.join(n, v)
	h.join(next, v)
	h.join(next, other) // waits
	h.tick(n, Tick{Volunteer: v, Nonce: "1"})
	h.set(at("2026-04-18 11:00"))
	h.tick(n, Tick{Volunteer: v, Nonce: "2", Out: true})
	h.set(at("2026-04-20 11:00"))
	var c Certificate
	h.do(nil, func(tx *store.Tx) (err error) { c, err = h.Issue(tx, v, 0, nil, Self(v)); return err })
	p := h.volunteer(v)
	if p.Phone.Reveal() != "13800001234" || p.Phone.String() != "138****1234" || len(p.Skills) != 2 {
		t.Errorf("%+v", p)
	}
	export := func() string {
		var d Dossier
		h.see(func(r store.Reader) (err error) { d, err = h.Export(r, v); return err })
		raw, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	all := export()
	for _, want := range []string{"张大千", "13800001234", "书画分队", "国画", c.Code, `"state":"joined"`} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is not in %s", want, all)
		}
	}
	if held := h.dump(); strings.Contains(held, "13800001234") || !strings.Contains(held, "张大千") {
		t.Error("the telephone number is kept in the open, or the name is not kept")
	}
	h.do(ErrForbidden, func(tx *store.Tx) error { _, err := h.Erase(tx, v, liaison); return err })
	h.do(nil, func(tx *store.Tx) error { _, err := h.Erase(tx, v, Self(v)); return err })
	h.do(nil, func(tx *store.Tx) error { _, err := h.Erase(tx, v, office); return err })
	held := h.dump()
	for _, gone := range []string{"张大千", "书画分队", "国画", token.hash()} {
		if strings.Contains(held, gone) {
			t.Errorf("%s is kept", gone)
		}
	}
	if h.signup(next, other).State != SignJoined || h.signup(n, v).State != SignJoined {
		t.Error("its place to come is not given on, or its service is lost")
	}
	if got := h.hours(v); got.Minutes != 120 {
		t.Errorf("%d minutes are left", got.Minutes)
	}
	h.see(func(r store.Reader) error {
		got, worth, err := h.Verify(r, c.Code)
		if worth != Revoked || got.Name != "" {
			t.Errorf("%+v is %s", got, worth)
		}
		return err
	})
	h.refused(WhyErased, func(tx *store.Tx) error { _, err := h.Join(tx, next, v, Self(v)); return err })
	h.refused(WhyErased, func(tx *store.Tx) error { _, err := h.Edit(tx, v, Profile{Name: "x"}, liaison); return err })
	if again := h.outsider("张大千", token); again == v {
		t.Error("the number is used again")
	}
	h.see(func(r store.Reader) error {
		report, err := audit.VerifyAll(r)
		if len(report.Breaks) > 0 {
			t.Error(report.Breaks)
		}
		return err
	})
}

// dump is all that the store holds, as text.
func (h *hall) dump() string {
	h.Helper()
	var b bytes.Buffer
	for _, bucket := range []string{
		bucketActivity, bucketSignup, bucketVolunteer, bucketAccount, bucketBrowser, bucketPaper, bucketMine, bucketWalkIn, bucketJob, "audit.entry",
	} {
		h.see(func(r store.Reader) error {
			return r.Scan(bucket, store.Range{}, func(key string, raw []byte) error {
				_, err := fmt.Fprintf(&b, "%s %q %s\n", bucket, key, raw)
				return err
			})
		})
	}
	return b.String()
}

func TestANewKeyOpensWhatTheOldSealed(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:40")
	n := h.publish(draft())
	v := h.outsider("甲", NewToken())
	h.do(nil, func(tx *store.Tx) error { _, err := h.Edit(tx, v, Profile{Phone: "13800001234"}, liaison); return err })
	before := h.code(n)
	fresh := []byte("another key, as long as the first")
	vault := func(secret []byte, old ...[]byte) *org.Vault {
		got, err := org.NewVault(secret, old...)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	h.do(org.ErrKey, func(tx *store.Tx) error { _, err := Reseal(tx, vault(fresh), false); return err })
	for _, want := range []int{2, 0} {
		h.do(nil, func(tx *store.Tx) error {
			n, err := Reseal(tx, vault(fresh, secretKey), false)
			if n != want {
				t.Errorf("%d values, want %d", n, want)
			}
			return err
		})
	}
	h.Board.vault = vault(fresh)
	if h.code(n) != before || h.volunteer(v).Phone != "13800001234" {
		t.Error("not what was sealed")
	}
	h.Board.vault = vault([]byte("a third key after the other was lost"))
	h.do(nil, func(tx *store.Tx) error { _, err := Reseal(tx, h.Board.vault, true); return err })
	if h.volunteer(v).Phone != "" || len(h.code(n)) != codeDigits {
		t.Error("what was lost is not given up")
	}
}

// Volunteers are found page by page, and by what they say of themselves.
func TestFindingVolunteers(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-03-02 09:00")
	err := h.Update(t.Context(), func(tx *store.Tx) error {
		for i, name := range []string{"王丽", "李强", "张王", "赵四"} {
			a := Application{Profile: Profile{Name: name, Brigade: "艺术分队", Consent: Consent{Version: "1"}}, By: office}
			if i == 3 {
				a.Skills = []string{"王体书法"}
			}
			if _, _, err := h.Enrol(tx, a); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		q    VolunteerQuery
		want string
		more bool
	}{
		{VolunteerQuery{Standing: StandingConfirmed}, "V1 V2 V3 V4", false},
		{VolunteerQuery{Standing: StandingConfirmed, Limit: 2}, "V1 V2", true},
		{VolunteerQuery{Standing: StandingConfirmed, After: "V2", Limit: 2}, "V3 V4", false},
		{VolunteerQuery{Standing: StandingConfirmed, Text: "王"}, "V1 V3 V4", false},
		{VolunteerQuery{Standing: StandingConfirmed, Text: "王", Limit: 2}, "V1 V3", true},
		{VolunteerQuery{Standing: StandingConfirmed, Text: "ｖ2"}, "V2", false},
		{VolunteerQuery{Standing: StandingConfirmed, Text: "艺术"}, "V1 V2 V3 V4", false},
		{VolunteerQuery{Standing: StandingPending}, "", false},
	} {
		var got []string
		var more bool
		err := h.View(t.Context(), func(r store.Reader) error {
			list, m, err := h.FindVolunteers(r, tc.q)
			got, more = nil, m
			for _, v := range list {
				got = append(got, string(v.ID))
			}
			return err
		})
		if err != nil || strings.Join(got, " ") != tc.want || more != tc.more {
			t.Errorf("%+v: %v %v %v", tc.q, got, more, err)
		}
	}
}
