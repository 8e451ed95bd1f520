package org

import (
	"strings"
	"testing"

	"xietiao/bot/store"
)

// A role goes from one person of a unit to another, known or new, and the history says so.
func TestHandingOver(t *testing.T) {
	t.Parallel()
	o := staffed(t)
	o.apply("姓名,单位,角色\n接手人,市教育局,工作人员\n外人,市科协,工作人员\n")
	var heir, stranger PersonID
	o.see(func(r store.Reader) error {
		list, err := People(r)
		for _, p := range list {
			switch p.Name {
			case "接手人":
				heir = p.ID
			case "外人":
				stranger = p.ID
			}
		}
		return err
	})
	before := o.dump()
	for _, tc := range []struct {
		from PersonID
		to   Person
		by   PersonID
		want error
	}{
		{"P2", Person{ID: heir}, "P2", ErrForbidden}, {"P99", Person{ID: heir}, "P1", ErrNotFound},
		{"P1", Person{ID: heir}, "P1", ErrSuccessor}, {heir, Person{ID: "P2"}, "P1", ErrSuccessor},
		{"P2", Person{ID: "P2"}, "P1", ErrSuccessor}, {"P2", Person{ID: stranger}, "P1", ErrSuccessor},
		{"P2", Person{ID: "P99"}, "P1", ErrSuccessor}, {"P2", Person{Name: ""}, "P1", ErrInvalid},
		{"P2", Person{Name: "接手人"}, "P1", ErrTaken},
	} {
		o.do(tc.want, func(tx *store.Tx) error { _, _, err := HandOver(tx, tc.from, tc.to, tc.by); return err })
	}
	if o.dump() != before {
		t.Error("what was refused changed something")
	}
	roles := func() string {
		var b strings.Builder
		o.see(func(r store.Reader) error {
			b.Reset()
			list, err := ByUnit(r, "市教育局", "")
			for _, p := range list {
				b.WriteString(p.Name + "=" + p.Role.Word() + " ")
			}
			return err
		})
		return strings.TrimSpace(b.String())
	}
	o.do(nil, func(tx *store.Tx) error { _, _, err := HandOver(tx, "P2", Person{ID: heir}, "P1"); return err })
	if got := roles(); !strings.HasPrefix(got, "接手人=联络员") || strings.Contains(got, "李联络=联络员") {
		t.Error(got)
	}
	o.do(nil, func(tx *store.Tx) error {
		_, after, err := HandOver(tx, heir, Person{Name: "新来的", Phone: "13800000009"}, "P1")
		if after.Role != RoleLiaison || after.Unit != "市教育局" {
			t.Error(after)
		}
		return err
	})
	o.see(func(r store.Reader) error {
		list, err := History(r, Log{Person: "P2", Limit: 1})
		if len(list) != 1 || list[0].Words(func(id PersonID) string { return string(id) }) != "市教育局的工作由P2交给"+string(heir) {
			t.Error(list)
		}
		older, err2 := History(r, Log{Before: list[0].No, Limit: 2})
		if err2 != nil || len(older) != 2 || older[0].No != list[0].No-1 {
			t.Error("not what came before", older, err2)
		}
		return err
	})
	o.consistent()
}
