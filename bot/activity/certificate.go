package activity

import (
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

// Certificate is a record of service (志愿服务记录证明) as order 67 of 民政部 wants it: only
// what has to be on it.
type Certificate struct {
	Code      string // as people type it: XXXX-XXXX-XXXX-XXXX
	Volunteer VolunteerID
	Name      string // empty: erased since
	Issuer    string // the unit that answers for it
	Issued    time.Time
	Items     []CertificateItem
	Minutes   int
}

// CertificateItem is one activity on it.
type CertificateItem struct {
	Activity Number        `json:"activity"`
	Title    string        `json:"title"`
	Unit     string        `json:"unit"`
	Day      calendar.Date `json:"day"`
	Minutes  int           `json:"minutes"`
}

// Validity is what a certificate is worth today.
type Validity string

// The validities.
const (
	Valid   Validity = "valid"
	Changed Validity = "changed" // hours on it were corrected since: a new one is to be issued
	Revoked Validity = "revoked" // the volunteer was erased, or an organiser withdrew it
)

// Issue makes a certificate of the volunteer's settled service at the activities, at all of a
// year if none is named and year is not 0, at all if it is. The volunteer may, and an organiser.
// Where a valid one says the same, that one is returned. A *Refusal: WhyNothing.
func (b *Board) Issue(tx *store.Tx, v VolunteerID, year int, list []Number, by Actor) (Certificate, error) {
	panic("unfinished")
}

// Verify finds a certificate by its code, as anybody may who has it. Show the name masked:
// MaskName. ErrCode.
func (b *Board) Verify(r store.Reader, code string) (Certificate, Validity, error) {
	panic("unfinished")
}

// Revoke withdraws a certificate. The office may.
func (b *Board) Revoke(tx *store.Tx, code, why string, by Actor) error { panic("unfinished") }

// MaskName leaves the first character: 张**.
func MaskName(name string) string { panic("unfinished") }
