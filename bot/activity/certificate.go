package activity

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// Certificate is a record of service (志愿服务记录证明) as order 67 of 民政部 wants it: only
// what has to be on it.
type Certificate struct {
	Code      string            `json:"code"` // as people type it: XXXX-XXXX-XXXX-XXXX
	Volunteer VolunteerID       `json:"volunteer"`
	Name      string            `json:"name"`   // empty: erased since
	Issuer    string            `json:"issuer"` // the units that answer for it
	Issued    time.Time         `json:"issued"`
	Items     []CertificateItem `json:"items"`
	Minutes   int               `json:"minutes"`
}

// CertificateItem is one activity on it.
type CertificateItem struct {
	Activity Number        `json:"activity"`
	Title    string        `json:"title"`
	Unit     string        `json:"unit"`
	Day      calendar.Date `json:"day"`
	Minutes  int           `json:"minutes"`
}

// paper is a certificate as stored: who it is of is looked up.
type paper struct {
	Volunteer VolunteerID       `json:"volunteer"`
	Issued    time.Time         `json:"issued"`
	Items     []CertificateItem `json:"items"`
	Revoked   Mark              `json:"revoked,omitzero"`
}

// Validity is what a certificate is worth today.
type Validity string

// The validities.
const (
	Valid   Validity = "valid"
	Changed Validity = "changed" // hours on it were corrected since: a new one is to be issued
	Revoked Validity = "revoked" // the volunteer was erased, or the office withdrew it
)

const (
	codeGroup  = 4
	codeGroups = 4 // 80 bits in all: nobody finds one by trying
)

// newPaperCode is a code that nobody can guess, of letters and digits that people tell apart.
func newPaperCode() string { return rand.Text()[:codeGroup*codeGroups] }

// paperCode is a code as it is stored, whatever way people type it; empty if it is none.
func paperCode(s string) string {
	s = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(zh.Fold(strings.TrimSpace(s))))
	if len(s) != codeGroup*codeGroups || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") != "" {
		return ""
	}
	return s
}

func shownCode(code string) string {
	var parts []string
	for c := range slices.Chunk([]byte(code), codeGroup) {
		parts = append(parts, string(c))
	}
	return strings.Join(parts, "-")
}

// Issue makes a certificate of the volunteer's settled service at the activities; where none
// is named, at all of the year, or of all years if it is 0. The volunteer may, and any
// organiser. Where a valid one says the same, that one is returned. A *Refusal: WhyNothing,
// WhyErased.
func (b *Board) Issue(tx *store.Tx, v VolunteerID, year int, list []Number, by Actor) (Certificate, error) {
	if !by.is(v) && !by.organises() {
		return Certificate{}, ErrForbidden
	}
	p, err := loadVolunteer(tx, v)
	if err != nil {
		return Certificate{}, err
	}
	if p.Standing == StandingErased {
		return Certificate{}, &Refusal{Volunteer: v, Why: WhyErased}
	}
	items, err := b.items(tx, v, year, list)
	if err != nil {
		return Certificate{}, err
	}
	if len(items) == 0 {
		return Certificate{}, &Refusal{Volunteer: v, Why: WhyNothing}
	}
	if code, ok, err := b.issued(tx, v, items); ok || err != nil {
		if err != nil {
			return Certificate{}, err
		}
		c, _, err := b.Verify(tx, code)
		return c, err
	}
	code := newPaperCode()
	if err := put(tx, bucketPaper, code, paper{Volunteer: v, Issued: b.now(tx), Items: items}); err != nil {
		return Certificate{}, err
	}
	if err := tx.Put(bucketPaperOf, v.digits()+sep+code, nil); err != nil {
		return Certificate{}, err
	}
	if _, err := audit.Append(tx, chainVolunteers, by.name(), doIssue, issue{v, hashOf(code), items}); err != nil {
		return Certificate{}, err
	}
	c, _, err := b.Verify(tx, code)
	return c, err
}

// items lists what a certificate can say of the volunteer.
func (b *Board) items(r store.Reader, v VolunteerID, year int, list []Number) (items []CertificateItem, err error) {
	h, err := b.HoursOf(r, v, year)
	for _, s := range h.Stints {
		if s.settled() > 0 && (len(list) == 0 || slices.Contains(list, s.Activity)) {
			items = append(items, CertificateItem{s.Activity, s.Title, s.Unit, b.cal.Day(s.From), s.settled()})
		}
	}
	return items, err
}

// issued finds a certificate that says the same and was not withdrawn.
func (b *Board) issued(r store.Reader, v VolunteerID, items []CertificateItem) (code string, ok bool, err error) {
	err = eachPaper(r, v, func(key string) error {
		p, _, err := get[paper](r, bucketPaper, tail(key))
		if p.Revoked.IsZero() && slices.Equal(p.Items, items) {
			code, ok = tail(key), true
		}
		return err
	})
	return code, ok, err
}

// Verify finds a certificate by its code, as anybody may who has it: show the name by
// MaskName then. It is Changed where the records now say otherwise. ErrCode.
func (b *Board) Verify(r store.Reader, code string) (Certificate, Validity, error) {
	code = paperCode(code)
	if code == "" {
		return Certificate{}, "", ErrCode
	}
	doc, ok, err := get[paper](r, bucketPaper, code)
	if err != nil {
		return Certificate{}, "", err
	}
	if !ok {
		return Certificate{}, "", ErrCode
	}
	p, err := loadVolunteer(r, doc.Volunteer)
	if err != nil {
		return Certificate{}, "", err
	}
	c := Certificate{Code: shownCode(code), Volunteer: p.ID, Name: p.Name, Issued: doc.Issued.In(b.cal.Location()), Items: doc.Items}
	var units []string
	for _, it := range doc.Items {
		c.Minutes += it.Minutes
		if !slices.Contains(units, it.Unit) {
			units = append(units, it.Unit)
		}
	}
	c.Issuer = strings.Join(units, "、")
	if p.Standing == StandingErased || !doc.Revoked.IsZero() {
		return c, Revoked, nil
	}
	now, err := b.HoursOf(r, doc.Volunteer, 0)
	for _, it := range doc.Items {
		same := slices.ContainsFunc(now.Stints, func(s Stint) bool { return s.Activity == it.Activity && s.settled() == it.Minutes })
		if !same {
			return c, Changed, err
		}
	}
	return c, Valid, err
}

// eachPaper calls fn with the key of every certificate of the person.
func eachPaper(r store.Reader, v VolunteerID, fn func(key string) error) error {
	all, err := ids(r, v)
	for _, v := range all {
		if err == nil {
			err = r.Scan(bucketPaperOf, store.Range{Prefix: v.digits() + sep}, func(key string, _ []byte) error { return fn(key) })
		}
	}
	return err
}

// Certificates lists a volunteer's.
func (b *Board) Certificates(r store.Reader, v VolunteerID) (list []Certificate, err error) {
	err = eachPaper(r, v, func(key string) error {
		c, _, err := b.Verify(r, tail(key))
		list = append(list, c)
		return err
	})
	slices.SortStableFunc(list, func(x, y Certificate) int { return x.Issued.Compare(y.Issued) })
	return list, err
}

// Revoke withdraws a certificate. The office may. Twice is once. ErrCode, ErrForbidden.
func (b *Board) Revoke(tx *store.Tx, code string, by Actor) error {
	if !by.Office {
		return ErrForbidden
	}
	if code = paperCode(code); code == "" {
		return ErrCode
	}
	doc, ok, err := get[paper](tx, bucketPaper, code)
	switch {
	case err != nil:
		return err
	case !ok:
		return ErrCode
	case !doc.Revoked.IsZero():
		return nil
	}
	doc.Revoked = Mark{b.now(tx), by.name()}
	if err := noteVolunteer(tx, doc.Volunteer, by, "revoke"); err != nil {
		return err
	}
	return put(tx, bucketPaper, code, doc)
}

// MaskName leaves the first character: 张**.
func MaskName(name string) string {
	first, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	return fmt.Sprintf("%c%s", first, strings.Repeat("*", min(2, max(1, utf8.RuneCountInString(name)-1))))
}
