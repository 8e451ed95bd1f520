package activity

import (
	"time"

	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
)

// VolunteerID is our id of a volunteer, "V1". It says nothing about the person, is
// never used again, and so stays in histories as a pseudonym after Erase.
type VolunteerID string

// Standing says how far a volunteer is known.
type Standing string

// The standings.
const (
	StandingPending   Standing = "pending"   // 待确认: an outsider whom no organiser has confirmed yet
	StandingConfirmed Standing = "confirmed" // 已确认: a member, or confirmed by an organiser
	StandingErased    Standing = "erased"    // nothing but the id is left
)

// Volunteer is one person, whatever platforms and browsers the person uses.
type Volunteer struct {
	ID VolunteerID
	Profile
	Person    org.PersonID                  // of whoever is on the organisation's roster; may be empty
	Accounts  map[chat.Platform]chat.UserID // its own; those of Person count as well
	Browser   bool                          // a browser is bound by a token
	Standing  Standing
	Joined    Mark
	Confirmed Mark
	Erased    time.Time
}

// Profile is what a volunteer says of itself.
type Profile struct {
	Name    string
	Brigade string // 分队; may be empty
	Skills  []string
	Free    []Slot    // when the volunteer has time; none: not said
	Phone   org.Phone // may be empty; prints masked
	Consent Consent
}

// Consent is the text that somebody agreed to, and when.
type Consent struct {
	Version string    `json:"version"`
	At      time.Time `json:"at"`
}

// Slot is a part of each week.
type Slot struct {
	Day  time.Weekday   `json:"day"`
	Time calendar.Hours `json:"time"`
}

// Account is somebody's account on a platform. The zero Account is none.
type Account struct {
	Platform chat.Platform
	User     chat.UserID
}

// Token is a secret that makes its holder a volunteer: the cookie of a browser, or
// a link. The store keeps its SHA-256 alone. It prints as <redacted>; Reveal gives it.
type Token string

// NewToken makes a token that nobody can guess. Make it outside of transactions.
func NewToken() Token { panic("unfinished") }

// Application is somebody who wants to be a volunteer.
type Application struct {
	Profile
	Account Account // of a member of the organisation, as the platform vouches for it; zero: an outsider
	Browser Token   // of an outsider: the browser to know it by; may be empty
	By      Actor   // an organiser who enters somebody; zero: the person itself
}

// Enrol makes a volunteer, or returns who has the account or the browser already, with
// what of the profile is not empty brought up to date; false then. A member, and whom
// an organiser enters, is confirmed at once. ErrProfile: without a name or a consent.
func (b *Board) Enrol(tx *store.Tx, a Application) (Volunteer, bool, error) { panic("unfinished") }

// Edit replaces a profile. The volunteer may, and an organiser of anything.
// ErrVolunteer, ErrForbidden, ErrProfile.
func (b *Board) Edit(tx *store.Tx, v VolunteerID, p Profile, by Actor) (Volunteer, error) {
	panic("unfinished")
}

// Confirm says that an outsider is known to an organiser. Twice is once.
func (b *Board) Confirm(tx *store.Tx, v VolunteerID, by Actor) (Volunteer, error) {
	panic("unfinished")
}

// Link makes an account the volunteer's, so that both platforms and the browser are
// one person. An organiser may, and the volunteer whose own account it is (the caller
// vouches for that). ErrTaken.
func (b *Board) Link(tx *store.Tx, v VolunteerID, a Account, by Actor) (Volunteer, error) {
	panic("unfinished")
}

// Invite lets whoever has the token bind a browser to the volunteer, once and within
// a week; an earlier invitation ends. An organiser may.
func (b *Board) Invite(tx *store.Tx, v VolunteerID, link Token, by Actor) error { panic("unfinished") }

// Bind uses an invitation up: the browser with the token is the volunteer's from now on
// and the one before is not. The same pair again does nothing more. ErrLink.
func (b *Board) Bind(tx *store.Tx, link, browser Token) (Volunteer, error) { panic("unfinished") }

// Volunteer returns the volunteer; ErrVolunteer.
func (b *Board) Volunteer(r store.Reader, v VolunteerID) (Volunteer, error) { panic("unfinished") }

// ByAccount finds the volunteer of an account: its own, or of the person whose it is.
func (b *Board) ByAccount(r store.Reader, a Account) (Volunteer, bool, error) { panic("unfinished") }

// ByBrowser finds the volunteer of a browser.
func (b *Board) ByBrowser(r store.Reader, t Token) (Volunteer, bool, error) { panic("unfinished") }

// Volunteers lists those of a standing who were not erased, all if it is empty, by their ids.
func (b *Board) Volunteers(r store.Reader, s Standing) ([]Volunteer, error) { panic("unfinished") }

// Dossier is all that is kept of a volunteer, as the person may ask to see it. Its
// JSON is not masked: it is for the person's eyes.
type Dossier struct {
	Volunteer VolunteerID                   `json:"volunteer"`
	Name      string                        `json:"name"`
	Phone     string                        `json:"phone,omitempty"`
	Brigade   string                        `json:"brigade,omitempty"`
	Skills    []string                      `json:"skills,omitempty"`
	Free      []Slot                        `json:"free,omitempty"`
	Accounts  map[chat.Platform]chat.UserID `json:"accounts,omitempty"`
	Consent   Consent                       `json:"consent"`
	Signups   []Signup                      `json:"signups,omitempty"`
}

// Export collects what is kept of a volunteer. Who may see it is the caller's affair.
func (b *Board) Export(r store.Reader, v VolunteerID) (Dossier, error) { panic("unfinished") }

// Erase removes what says who a volunteer is: name, telephone number, accounts, browser,
// profile; sign-ups of activities to come are left. Records of service and histories keep
// the pseudonym, and certificates are revoked. The volunteer may, and the office. A
// second time it removes nothing.
func (b *Board) Erase(tx *store.Tx, v VolunteerID, by Actor) (Volunteer, error) { panic("unfinished") }
