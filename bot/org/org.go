// Package org knows who is who: the people of the units with their accounts on
// the platforms and their roles, the groups and group robots of the units, who
// may bind what, and whose pushes are paused. Rosters and lists of robots come
// in as tables; the rest is small changes of state that both sides confirm.
//
// It must not know what plans say, how chats are worded by people, how anything
// is sent, or the configuration: unit names come through Units, routes and
// origins from main. Functions that change something work in the caller's
// transaction; they may run twice as its closure may.
package org

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Role is what a person may do. A role comes from a roster or the office: by chat
// somebody joins as staff at most.
type Role string

// The roles.
const (
	RoleOffice    Role = "office"    // 协调组办公室: runs the mechanism
	RoleLiaison   Role = "liaison"   // 联络员: acts for the unit
	RoleHead      Role = "head"      // 单位负责人: may do what a liaison may
	RoleOrganiser Role = "organiser" // 活动组织者: runs the unit's activities
	RoleStaff     Role = "staff"     // 工作人员
	RoleReader    Role = "reader"    // 只读: sees what the office sees, changes nothing
	RoleVolunteer Role = "volunteer" // 志愿者
)

// Roles lists all roles in the order in which a unit's people are listed.
func Roles() []Role { return slices.Clone(roles) }

// roles lists all roles in the order in which a unit's people are listed.
var roles = []Role{RoleOffice, RoleLiaison, RoleHead, RoleOrganiser, RoleStaff, RoleReader, RoleVolunteer}

// PersonID is our id of a person, "P12". It says nothing about the person, is
// never used again, and so stays in logs as a pseudonym after Erase.
type PersonID string

// OfficeUnit names the office among units: its own group is bound to it.
const OfficeUnit = "协调组办公室"

// Operator is who works at the machine or in the console. It has the office's
// powers and is no person.
const Operator PersonID = "operator"

// Person is one identity, whatever platforms it uses.
type Person struct {
	ID     PersonID                      `json:"id"`
	Name   string                        `json:"name"`
	Unit   string                        `json:"unit"` // as Units spells it; office and volunteers may have none
	Role   Role                          `json:"role"`
	Phone  Phone                         `json:"phone,omitempty"` // only if the roster gave it
	IDs    map[chat.Platform]chat.UserID `json:"ids"`
	Erased time.Time                     `json:"erased,omitzero"` // then only ID is left
}

// ActsFor reports whether p may speak for the unit: its liaisons and its head.
func (p Person) ActsFor(unit string) bool {
	return unit != "" && p.Unit == unit && (p.Role == RoleLiaison || p.Role == RoleHead)
}

// acting reports whether p is of the office and can be talked to.
func (p Person) acting() bool { return p.Role == RoleOffice && len(p.IDs) > 0 }

// Phone is a telephone number, digits only. It prints masked, and so it does in
// JSON; Reveal gives it.
type Phone string

// Digits of a number that stay readable when it is masked.
const (
	phoneHead = 3
	phoneTail = 4
)

// Reveal returns the number itself.
func (p Phone) Reveal() string { return string(p) }

// String masks the number: 138****5678.
func (p Phone) String() string {
	switch n := len(p); {
	case n == 0:
		return ""
	case n <= phoneHead+phoneTail:
		return "****"
	default:
		return string(p[:phoneHead]) + "****" + string(p[n-phoneTail:])
	}
}

// Format masks the number in every verb.
func (p Phone) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(p.String())) }

// MarshalText masks the number in JSON.
func (p Phone) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// What callers can tell apart. Tell words each for users.
var (
	ErrNotFound   = errors.New("org: not found")
	ErrForbidden  = errors.New("org: not allowed to this person")
	ErrKnown      = errors.New("org: bound already")
	ErrTaken      = errors.New("org: somebody of this name has another account")
	ErrNoOffice   = errors.New("org: nobody of the office has an account")
	ErrNoLiaison  = errors.New("org: nobody who acts for the unit has an account")
	ErrDecided    = errors.New("org: decided otherwise already")
	ErrTooOften   = errors.New("org: asked too often within a day")
	ErrExpired    = errors.New("org: request expired")
	ErrLastOffice = errors.New("org: the office would lose its last member")
	ErrConflict   = errors.New("org: the table does not fit what is known")
	ErrChanged    = errors.New("org: changed by somebody else meanwhile")
	ErrSuccessor  = errors.New("org: nobody who can take over")
	ErrEmpty      = errors.New("org: nothing to import")
	ErrInvalid    = errors.New("org: not a usable value")
)

// Units says what names mean units. It is given from outside: aliases come from
// plans and the office's own list.
type Units interface {
	// Resolve returns the unit that a name means; ok is false where it means
	// none or several.
	Resolve(name string) (unit string, ok bool)
	// Names lists the units.
	Names() []string
}

// The buckets of this package.
const (
	bucketPerson  = "org.person"  // person id → record
	bucketAccount = "org.account" // platform, user id → person id
	bucketMember  = "org.member"  // role, unit, person id → nothing
	bucketRequest = "org.request" // request id → Request
	bucketGroup   = "org.group"   // see groupKeys
	bucketRobot   = "org.robot"   // robot id → robotRecord
	bucketPause   = "org.pause"   // unit, "all" for all → Pause
	bucketLog     = "org.log"     // number → Entry
	bucketCount   = "org.count"   // what is counted → the last number
)

// sep parts the parts of a key; no name holds it.
const sep = "\x00"

func get[T any](r store.Reader, bucket, key string) (v T, ok bool, err error) {
	raw, ok, err := r.Get(bucket, key)
	if err != nil || !ok {
		return v, false, err
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, false, fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucket, key, err)
	}
	return v, true, nil
}

func put(tx *store.Tx, bucket, key string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return tx.Put(bucket, key, raw)
}

func putUntil(tx *store.Tx, bucket, key string, v any, until time.Time) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s %q: %w", bucket, key, err)
	}
	return tx.PutUntil(bucket, key, raw, until)
}

// all decodes every record of a range.
func all[T any](r store.Reader, bucket string, rg store.Range) ([]T, error) {
	var list []T
	err := r.Scan(bucket, rg, func(key string, raw []byte) error {
		var v T
		if err := json.Unmarshal(raw, &v); err != nil {
			return fmt.Errorf("%w: %s %q: %w", store.ErrDamaged, bucket, key, err)
		}
		list = append(list, v)
		return nil
	})
	return list, err
}

// next counts one more of what.
func next(tx *store.Tx, what string) (int, error) {
	n, _, err := get[int](tx, bucketCount, what)
	if err != nil {
		return 0, err
	}
	n++
	return n, tx.Put(bucketCount, what, strconv.AppendInt(nil, int64(n), 10))
}
