package org

import (
	"slices"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Group is a group that serves a unit. Both sides agreed to it.
type Group struct {
	Address chat.Address `json:"address"` // without a session
	Unit    string       `json:"unit"`
	Asked   PersonID     `json:"asked"`
	Agreed  PersonID     `json:"agreed"`
	At      time.Time    `json:"at"`
}

// GroupsOf lists the groups that serve the unit, any unit if it is empty, the first bound
// first.
func GroupsOf(r store.Reader, unit string) ([]Group, error) {
	prefix := "unit" + sep
	if unit != "" {
		prefix += unit + sep
	}
	list, err := all[Group](r, bucketGroup, store.Range{Prefix: prefix})
	slices.SortStableFunc(list, func(a, b Group) int { return a.At.Compare(b.At) })
	return list, err
}

// UnitsOf lists the units that a group serves.
func UnitsOf(r store.Reader, group chat.Address) ([]string, error) {
	var units []string
	err := r.Scan(bucketGroup, store.Range{Prefix: "group" + sep + groupID(group) + sep}, func(key string, _ []byte) error {
		units = append(units, key[strings.LastIndex(key, sep)+1:])
		return nil
	})
	return units, err
}

// groupID tells groups apart. The ids of conversations differ between the
// channels of a platform.
func groupID(a chat.Address) string { return string(a.Via) + sep + string(a.Conversation) }

// groupKeys are where a binding stands: the Group by its unit, and a mark by
// the group.
func groupKeys(group chat.Address, unit string) (byUnit, byGroup string) {
	return "unit" + sep + unit + sep + groupID(group), "group" + sep + groupID(group) + sep + unit
}

func bindGroup(tx *store.Tx, g Group) error {
	byUnit, byGroup := groupKeys(g.Address, g.Unit)
	if err := put(tx, bucketGroup, byUnit, g); err != nil {
		return err
	}
	return tx.Put(bucketGroup, byGroup, nil)
}

func bound(r store.Reader, group chat.Address, unit string) (bool, error) {
	_, byGroup := groupKeys(group, unit)
	_, ok, err := r.Get(bucketGroup, byGroup)
	return ok, err
}

// Unbind ends a group's service to a unit. The office may, and who acts for the
// unit. False: the group did not serve it.
func Unbind(tx *store.Tx, group chat.Address, unit string, by PersonID) (bool, error) {
	if err := needSide(tx, by, unit); err != nil {
		return false, err
	}
	ok, err := bound(tx, group, unit)
	if err != nil || !ok {
		return false, err
	}
	byUnit, byGroup := groupKeys(group, unit)
	if err := tx.Delete(bucketGroup, byUnit); err != nil {
		return false, err
	}
	if err := tx.Delete(bucketGroup, byGroup); err != nil {
		return false, err
	}
	return true, note(tx, Entry{What: WhatUnbind, By: by, Unit: unit})
}

// needSide is ErrForbidden unless by decides for the office or acts for the unit.
func needSide(r store.Reader, by PersonID, unit string) error {
	p, _, err := ByID(r, by)
	if err != nil || p.ActsFor(unit) {
		return err
	}
	return needOffice(r, by)
}

// Routes says how a person is reached on each platform: Via and Robot of the
// address. A platform that is missing reaches nobody.
type Routes map[chat.Platform]chat.Address

// To lists the person's addresses, WeCom's first.
func (rt Routes) To(p Person) []chat.Address {
	var list []chat.Address
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		route, ok := rt[platform]
		user := p.IDs[platform]
		if !ok || user == "" {
			continue
		}
		to := chat.Address{Via: route.Via, Kind: chat.Direct, User: user, Robot: route.Robot}
		if platform == chat.WeCom { // its talks with one person have the person's id (docs 101463)
			to.Conversation = chat.ConversationID(user)
		}
		list = append(list, to)
	}
	return list
}

// Targets lists where the unit's notices go, the best place first and then what
// to fall back to: its bound groups, the robots of its groups, its liaisons in
// person, its head. Empty: nobody can be reached.
func Targets(r store.Reader, unit string, routes Routes) ([]chat.Address, error) {
	if unit == "" {
		return nil, nil
	}
	var list []chat.Address
	groups, err := GroupsOf(r, unit)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		list = append(list, g.Address)
	}
	robots, err := GroupRobots(r, unit)
	if err != nil {
		return nil, err
	}
	for _, g := range robots {
		list = append(list, g.Address())
	}
	for _, role := range []Role{RoleLiaison, RoleHead} {
		people, err := ByUnit(r, unit, role)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			list = append(list, routes.To(p)...)
		}
	}
	return list, nil
}
