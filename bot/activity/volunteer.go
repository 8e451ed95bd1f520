package activity

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/zh"
)

// VolunteerID is our id of a volunteer, "V1". It says nothing about the person, is
// never used again, and so stays in histories as a pseudonym after Erase.
type VolunteerID string

func volunteerOf(n int) VolunteerID { return VolunteerID("V" + strconv.Itoa(n)) }

// number is 1 of V1, and 0 of what is no id.
func (v VolunteerID) number() int { return atoi(strings.TrimPrefix(string(v), "V")) }

func (v VolunteerID) digits() string { return digits(v.number()) }

// ParseVolunteer reads V12 as people write it.
func ParseVolunteer(s string) (VolunteerID, bool) {
	rest, ok := strings.CutPrefix(strings.TrimSpace(zh.Fold(s)), "v")
	n, err := strconv.Atoi(rest)
	return volunteerOf(n), ok && err == nil && n > 0 && len(rest) <= 9
}

// Standing says how far a volunteer is known.
type Standing string

// The standings.
const (
	StandingPending   Standing = "pending"   // 待确认: an outsider whom no organiser has confirmed yet
	StandingConfirmed Standing = "confirmed" // 已确认: a member, or confirmed by an organiser
	StandingErased    Standing = "erased"    // nothing but the id is left
	StandingMerged    Standing = "merged"    // another number of somebody: see Merge
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
	Of        []VolunteerID // other numbers of the same person: see Merge
	Into      VolunteerID   // of such a number: the one in force, whose all the rest is
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
	At      time.Time `json:"at"` // zero: now
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

func (a Account) key() string {
	user := string(a.User)
	if a.Platform == chat.WeCom { // does not tell user ids apart by case (docs 90195)
		user = strings.ToLower(user)
	}
	return string(a.Platform) + sep + user
}

// Token is a secret that makes its holder a volunteer: the cookie of a browser, or
// a link. The store keeps its SHA-256 alone. It prints as <redacted>; Reveal gives it.
type Token string

// NewToken makes a token that nobody can guess. Make it outside of transactions.
func NewToken() Token { return Token(rand.Text()) }

// Reveal is the token itself.
func (t Token) Reveal() string { return string(t) }

// Format hides the token from every verb.
func (t Token) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "<redacted>") }

// MarshalText hides the token in JSON.
func (t Token) MarshalText() ([]byte, error) { return []byte("<redacted>"), nil }

func (t Token) hash() string {
	sum := sha256.Sum256([]byte(t))
	return hex.EncodeToString(sum[:])
}

// usable reports a token that can have come from NewToken.
func (t Token) usable() bool { return len(t) >= 20 && len(t) <= 100 }

// person is a volunteer as stored.
type person struct {
	ID        VolunteerID                   `json:"id"`
	Name      string                        `json:"name,omitempty"`
	Brigade   string                        `json:"brigade,omitempty"`
	Skills    []string                      `json:"skills,omitempty"`
	Free      []Slot                        `json:"free,omitempty"`
	Phone     []byte                        `json:"phone,omitempty"` // sealed
	Consent   Consent                       `json:"consent,omitzero"`
	Person    org.PersonID                  `json:"person,omitempty"`
	Accounts  map[chat.Platform]chat.UserID `json:"accounts,omitempty"`
	Browser   string                        `json:"browser,omitempty"` // hash
	Invite    string                        `json:"invite,omitempty"`  // hash
	Standing  Standing                      `json:"standing"`
	Joined    Mark                          `json:"joined"`
	Confirmed Mark                          `json:"confirmed,omitzero"`
	Erased    time.Time                     `json:"erased,omitzero"`
	Of        []VolunteerID                 `json:"of,omitempty"`
	Into      VolunteerID                   `json:"into,omitempty"`
}

// member reports somebody of the organisation.
func (p *person) member() bool { return p.Person != "" || len(p.Accounts) > 0 }

// findVolunteer finds the person that v is a number of.
func findVolunteer(r store.Reader, v VolunteerID) (*person, bool, error) {
	p, ok, err := get[person](r, bucketVolunteer, v.digits())
	for ok && err == nil && p.Into != "" {
		p, ok, err = get[person](r, bucketVolunteer, p.Into.digits())
	}
	return &p, ok, err
}

// loadVolunteer is findVolunteer of somebody who must be there: else ErrVolunteer.
func loadVolunteer(r store.Reader, v VolunteerID) (*person, error) {
	p, ok, err := findVolunteer(r, v)
	if err == nil && !ok {
		err = fmt.Errorf("%w: %s", ErrVolunteer, v)
	}
	return p, err
}

// Volunteer returns the volunteer; ErrVolunteer.
func (b *Board) Volunteer(r store.Reader, v VolunteerID) (Volunteer, error) {
	p, err := loadVolunteer(r, v)
	if err != nil {
		return Volunteer{}, err
	}
	out, err := b.show(p)
	return out.as(v), err
}

// as is the volunteer under the number v, which is one of its own.
func (v Volunteer) as(id VolunteerID) Volunteer {
	if id != v.ID {
		v.ID, v.Into = id, v.ID
	}
	return v
}

// show is the volunteer for callers.
func (b *Board) show(p *person) (Volunteer, error) {
	v := Volunteer{
		ID: p.ID, Profile: Profile{p.Name, p.Brigade, p.Skills, p.Free, "", p.Consent}, Person: p.Person,
		Accounts: p.Accounts, Browser: p.Browser != "", Standing: p.Standing, Joined: p.Joined, Confirmed: p.Confirmed, Erased: p.Erased,
		Of: p.Of,
	}
	if len(p.Phone) == 0 {
		return v, nil
	}
	phone, err := b.vault.Open(bucketVolunteer, p.ID.digits(), p.Phone)
	v.Phone = org.Phone(phone)
	return v, err
}

// Sizes of a profile, in characters.
const (
	maxPersonName = 40
	maxSlots      = 40
	leastPhone    = 7 // digits
	mostPhone     = 15
)

// check says what of the person cannot be kept.
func (p *person) check() error {
	long := func(s string) bool { return utf8.RuneCountInString(s) > maxName }
	free := func(s Slot) bool {
		return s.Day < 0 || s.Day > 6 || s.Time.From < 0 || s.Time.From >= s.Time.To || s.Time.To > 24*60
	}
	switch {
	case p.Name == "", utf8.RuneCountInString(p.Name) > maxPersonName, strings.ContainsFunc(p.Name, unicode.IsControl):
		return fmt.Errorf("%w: its name", ErrProfile)
	case p.Consent.Version == "":
		return fmt.Errorf("%w: without a consent", ErrProfile)
	case long(p.Brigade), len(p.Skills) > maxSkills, slices.ContainsFunc(p.Skills, long), len(p.Free) > maxSlots, slices.ContainsFunc(p.Free, free):
		return fmt.Errorf("%w: its words or times", ErrProfile)
	}
	return nil
}

// set makes what of the profile is not empty true of the person.
func (b *Board) set(p *person, f Profile, now time.Time) error {
	p.Name = cmp.Or(strings.TrimSpace(f.Name), p.Name)
	p.Brigade = cmp.Or(strings.TrimSpace(f.Brigade), p.Brigade)
	if f.Skills = tidy(f.Skills); len(f.Skills) > 0 {
		p.Skills = f.Skills
	}
	if len(f.Free) > 0 {
		p.Free = slices.Clone(f.Free)
	}
	if f.Consent.Version != "" && f.Consent.Version != p.Consent.Version {
		p.Consent = Consent{f.Consent.Version, now}
	}
	if f.Phone != "" {
		phone := strings.NewReplacer(" ", "", "-", "", "+86", "").Replace(zh.Fold(f.Phone.Reveal()))
		if len(phone) < leastPhone || len(phone) > mostPhone || strings.Trim(phone, "0123456789") != "" {
			return fmt.Errorf("%w: its telephone number", ErrProfile)
		}
		p.Phone = b.vault.Seal(bucketVolunteer, p.ID.digits(), []byte(phone))
	}
	return p.check()
}

// Application is somebody who wants to be a volunteer.
type Application struct {
	Profile
	Account Account // of a member of the organisation, as the platform vouches for it; zero: an outsider
	Browser Token   // of an outsider: the browser to know it by; may be empty, and is not used with an Account
	By      Actor   // an organiser who enters somebody; zero: the person itself
}

// Enrol makes a volunteer, or returns who has the account or the browser already, with
// what of the profile is not empty brought up to date; false then. A member, and whom
// an organiser enters, is confirmed at once. ErrProfile: without a name or a consent;
// ErrForbidden: By is nobody's organiser.
func (b *Board) Enrol(tx *store.Tx, a Application) (Volunteer, bool, error) {
	if a.By != (Actor{}) && !a.By.organises() {
		return Volunteer{}, false, ErrForbidden
	}
	old, known, err := b.find(tx, a)
	if err != nil {
		return Volunteer{}, false, err
	}
	if known {
		v, err := b.edit(tx, old.ID, a.Profile, a.By)
		return v, false, err
	}
	now := b.now(tx)
	p := &person{Standing: StandingPending}
	if a.Account != (Account{}) || a.By.organises() {
		p.Standing = StandingConfirmed
	}
	if a.Account != (Account{}) {
		p.Accounts = map[chat.Platform]chat.UserID{a.Account.Platform: a.Account.User}
		of, ok, err := org.ByUser(tx, a.Account.Platform, a.Account.User)
		if err != nil {
			return Volunteer{}, false, err
		}
		if ok {
			p.Person, p.Name = of.ID, of.Name
		}
	}
	if a.Account == (Account{}) && a.Browser.usable() {
		p.Browser = a.Browser.hash()
	}
	n, err := next(tx, "volunteer")
	if err != nil {
		return Volunteer{}, false, err
	}
	p.ID = volunteerOf(n) // the telephone number is sealed under it
	if err := b.set(p, a.Profile, now); err != nil {
		return Volunteer{}, false, err
	}
	if err := b.settle(tx, p, a.By); err != nil {
		return Volunteer{}, false, err
	}
	v, err := b.show(p)
	return v, err == nil, err
}

// addVolunteer numbers and keeps a new volunteer.
func (b *Board) addVolunteer(tx *store.Tx, p *person, by Actor) error {
	n, err := next(tx, "volunteer")
	if err != nil {
		return err
	}
	p.ID = volunteerOf(n)
	return b.settle(tx, p, by)
}

// settle keeps a volunteer who has a number for the first time.
func (b *Board) settle(tx *store.Tx, p *person, by Actor) error {
	p.Joined = Mark{b.now(tx), cmp.Or(by.name(), string(p.ID))}
	if p.Standing == StandingConfirmed {
		p.Confirmed = p.Joined
	}
	if err := noteVolunteer(tx, p.ID, by, "enrol"); err != nil {
		return err
	}
	return p.save(tx, nil)
}

// chainVolunteers is the history of who became a volunteer and what changed of whom.
const chainVolunteers = "volunteers"

// noteVolunteer tells that something of a volunteer changed, and nothing of what it is.
func noteVolunteer(tx *store.Tx, v VolunteerID, by Actor, what string) error {
	_, err := audit.Append(tx, chainVolunteers, cmp.Or(by.name(), string(v)), what, v)
	return err
}

// organises reports whether the actor is an organiser of anything.
func (a Actor) organises() bool { return a.Office || a.Unit != "" }

// keys lists where a volunteer is found.
func (p *person) keys() (keys [][2]string) {
	for platform, user := range p.Accounts {
		keys = append(keys, [2]string{bucketAccount, Account{platform, user}.key()})
	}
	if p.Person != "" {
		keys = append(keys, [2]string{bucketPerson, string(p.Person)})
	}
	if p.Browser != "" {
		keys = append(keys, [2]string{bucketBrowser, p.Browser})
	}
	return keys
}

// save keeps the volunteer in the place of old, which is nil for a new one.
func (p *person) save(tx *store.Tx, old *person) error {
	if old != nil {
		for _, k := range old.keys() {
			if err := tx.Delete(k[0], k[1]); err != nil {
				return err
			}
		}
		if err := tx.Delete(bucketStanding, string(old.Standing)+sep+old.ID.digits()); err != nil {
			return err
		}
	}
	for _, k := range p.keys() {
		if err := put(tx, k[0], k[1], p.ID); err != nil {
			return err
		}
	}
	if err := tx.Put(bucketStanding, string(p.Standing)+sep+p.ID.digits(), nil); err != nil {
		return err
	}
	return put(tx, bucketVolunteer, p.ID.digits(), p)
}

// find finds who an applicant is already.
func (b *Board) find(r store.Reader, a Application) (*person, bool, error) {
	if a.Account != (Account{}) { // a browser can be shared
		return b.byAccount(r, a.Account)
	}
	return b.byBrowser(r, a.Browser)
}

// byAccount finds the volunteer of an account: its own, that of the person whose the
// account is, or that of the person's other accounts.
func (b *Board) byAccount(r store.Reader, a Account) (*person, bool, error) {
	if a.User == "" {
		return nil, false, nil
	}
	keys := [][2]string{{bucketAccount, a.key()}}
	of, ok, err := org.ByUser(r, a.Platform, a.User)
	if err != nil {
		return nil, false, err
	}
	if ok {
		keys = append(keys, [2]string{bucketPerson, string(of.ID)})
		for _, platform := range slices.Sorted(maps.Keys(of.IDs)) {
			keys = append(keys, [2]string{bucketAccount, Account{platform, of.IDs[platform]}.key()})
		}
	}
	return b.firstOf(r, keys)
}

func (b *Board) byBrowser(r store.Reader, t Token) (*person, bool, error) {
	if !t.usable() {
		return nil, false, nil
	}
	return b.firstOf(r, [][2]string{{bucketBrowser, t.hash()}})
}

// firstOf loads the volunteer that the first of the keys names.
func (b *Board) firstOf(r store.Reader, keys [][2]string) (*person, bool, error) {
	for _, k := range keys {
		v, ok, err := get[VolunteerID](r, k[0], k[1])
		if err != nil {
			return nil, false, err
		}
		if ok {
			p, err := loadVolunteer(r, v)
			return p, err == nil, err
		}
	}
	return nil, false, nil
}

// ByAccount finds the volunteer of an account: its own, or of the person whose it is.
func (b *Board) ByAccount(r store.Reader, a Account) (Volunteer, bool, error) {
	p, ok, err := b.byAccount(r, a)
	if !ok || err != nil {
		return Volunteer{}, false, err
	}
	v, err := b.show(p)
	return v, err == nil, err
}

// ByBrowser finds the volunteer of a browser.
func (b *Board) ByBrowser(r store.Reader, t Token) (Volunteer, bool, error) {
	p, ok, err := b.byBrowser(r, t)
	if !ok || err != nil {
		return Volunteer{}, false, err
	}
	v, err := b.show(p)
	return v, err == nil, err
}

// alter lets fn change a volunteer who was not erased, and keeps what it changed.
func (b *Board) alter(tx *store.Tx, v VolunteerID, what string, by Actor, fn func(p *person, now time.Time) (bool, error)) (Volunteer, error) {
	old, err := loadVolunteer(tx, v)
	if err != nil {
		return Volunteer{}, err
	}
	if old.Standing == StandingErased {
		return Volunteer{}, (&Refusal{Volunteer: v, Why: WhyErased})
	}
	p := *old
	p.Accounts = maps.Clone(old.Accounts)
	changed, err := fn(&p, b.now(tx))
	if err != nil {
		return Volunteer{}, err
	}
	if changed {
		if err := noteVolunteer(tx, p.ID, by, what); err != nil {
			return Volunteer{}, err
		}
		if err := p.save(tx, old); err != nil {
			return Volunteer{}, err
		}
	}
	return b.show(&p)
}

// Edit makes what of the profile is not empty true. The volunteer may, and any
// organiser. ErrVolunteer, ErrForbidden, ErrProfile; a *Refusal: WhyErased.
func (b *Board) Edit(tx *store.Tx, v VolunteerID, f Profile, by Actor) (Volunteer, error) {
	if !by.is(v) && !by.organises() {
		return Volunteer{}, ErrForbidden
	}
	return b.edit(tx, v, f, by)
}

func (b *Board) edit(tx *store.Tx, v VolunteerID, f Profile, by Actor) (Volunteer, error) {
	return b.alter(tx, v, "edit", by, func(p *person, now time.Time) (bool, error) {
		before := *p
		err := b.set(p, f, now)
		return !reflect.DeepEqual(before, *p), err
	})
}

// Confirm says that an outsider is known to an organiser. Twice is once. Any organiser may.
func (b *Board) Confirm(tx *store.Tx, v VolunteerID, by Actor) (Volunteer, error) {
	if !by.organises() {
		return Volunteer{}, ErrForbidden
	}
	return b.alter(tx, v, "confirm", by, func(p *person, now time.Time) (bool, error) {
		if p.Standing != StandingPending {
			return false, nil
		}
		p.Standing, p.Confirmed = StandingConfirmed, Mark{now, by.name()}
		return true, nil
	})
}

// Link makes an account the volunteer's, so that both platforms and the browser are
// one person. An organiser may, and the volunteer whose own account it is (the caller
// vouches for that). ErrTaken: it is another volunteer's; where both are one person, see Merge.
func (b *Board) Link(tx *store.Tx, v VolunteerID, a Account, by Actor) (Volunteer, error) {
	if !by.is(v) && !by.organises() {
		return Volunteer{}, ErrForbidden
	}
	other, taken, err := b.byAccount(tx, a)
	if err != nil {
		return Volunteer{}, err
	}
	all, err := ids(tx, v)
	if err != nil {
		return Volunteer{}, err
	}
	if taken && other.ID != all[0] || a.User == "" {
		return Volunteer{}, ErrTaken
	}
	of, known, err := org.ByUser(tx, a.Platform, a.User)
	if err != nil {
		return Volunteer{}, err
	}
	return b.alter(tx, v, "link", by, func(p *person, now time.Time) (bool, error) {
		if p.Accounts[a.Platform] == a.User {
			return false, nil
		}
		if p.Accounts == nil {
			p.Accounts = map[chat.Platform]chat.UserID{}
		}
		p.Accounts[a.Platform] = a.User
		if known && p.Person == "" {
			p.Person = of.ID
		}
		if p.Standing == StandingPending {
			p.Standing, p.Confirmed = StandingConfirmed, Mark{now, by.name()}
		}
		return true, nil
	})
}

// inviteLife is how long an invitation can be used.
const inviteLife = 7 * 24 * time.Hour

// Invite lets whoever has the token bind a browser to the volunteer, once and within
// a week; an earlier invitation ends. Any organiser may. ErrInvalid: it is no token.
func (b *Board) Invite(tx *store.Tx, v VolunteerID, link Token, by Actor) error {
	if !by.organises() {
		return ErrForbidden
	}
	if !link.usable() {
		return ErrInvalid
	}
	_, err := b.alter(tx, v, "invite", by, func(p *person, now time.Time) (bool, error) {
		if p.Invite != "" {
			if err := tx.Delete(bucketInvite, p.Invite); err != nil {
				return false, err
			}
		}
		p.Invite = link.hash()
		return true, putUntil(tx, bucketInvite, p.Invite, v, now.Add(inviteLife))
	})
	return err
}

// Bind uses an invitation up: the browser with the token is the volunteer's from now on
// and the one before is not. The same pair again does nothing more. ErrLink; ErrTaken:
// the browser is somebody else's; ErrInvalid: it is no token.
func (b *Board) Bind(tx *store.Tx, link, browser Token) (Volunteer, error) {
	if !link.usable() || !browser.usable() {
		return Volunteer{}, ErrInvalid
	}
	v, ok, err := get[VolunteerID](tx, bucketInvite, link.hash())
	if err != nil || !ok {
		return Volunteer{}, cmp.Or(err, ErrLink)
	}
	other, taken, err := b.byBrowser(tx, browser)
	if err != nil {
		return Volunteer{}, err
	}
	all, err := ids(tx, v)
	if err != nil {
		return Volunteer{}, err
	}
	if taken && other.ID != all[0] {
		return Volunteer{}, ErrTaken
	}
	return b.alter(tx, v, "bind", Self(v), func(p *person, now time.Time) (bool, error) {
		switch {
		case p.Invite == link.hash():
			p.Browser, p.Invite = browser.hash(), ""
			return true, nil
		case p.Browser == browser.hash():
			return false, nil
		}
		return false, ErrLink
	})
}

// Volunteers lists those of a standing, all who were not erased if it is empty, by their
// ids.
func (b *Board) Volunteers(r store.Reader, s Standing) (list []Volunteer, err error) {
	standings := []Standing{s}
	if s == "" {
		standings = []Standing{StandingPending, StandingConfirmed}
	}
	for _, s := range standings {
		err := r.Scan(bucketStanding, store.Range{Prefix: string(s) + sep}, func(key string, _ []byte) error {
			v, err := b.Volunteer(r, volunteerIn(key))
			list = append(list, v)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.SortFunc(list, func(x, y Volunteer) int { return cmp.Compare(x.ID.number(), y.ID.number()) })
	return list, nil
}

// VolunteerQuery picks volunteers of a standing.
type VolunteerQuery struct {
	Standing Standing
	Text     string      // in the name, the brigade, a skill, or the number itself; empty: all
	After    VolunteerID // only those behind it
	Limit    int         // at most so many; 0: no bound
}

// FindVolunteers lists volunteers by their ids. more: there are others behind them.
func (b *Board) FindVolunteers(r store.Reader, q VolunteerQuery) (list []Volunteer, more bool, err error) {
	prefix := string(q.Standing) + sep
	text := zh.Fold(strings.TrimSpace(q.Text))
	err = r.Scan(bucketStanding, store.Range{Prefix: prefix, From: prefix + digits(q.After.number()+1)}, func(key string, _ []byte) error {
		p, err := loadVolunteer(r, volunteerIn(key))
		if err != nil || text != "" && !p.says(text) {
			return err
		}
		if more = q.Limit > 0 && len(list) == q.Limit; more {
			return store.ErrStop
		}
		v, err := b.show(p)
		list = append(list, v)
		return err
	})
	return list, more, err
}

// says reports whether the folded text stands in what the person says of itself.
func (p *person) says(text string) bool {
	in := append([]string{p.Name, p.Brigade}, p.Skills...)
	return zh.Fold(string(p.ID)) == text || slices.ContainsFunc(in, func(s string) bool { return strings.Contains(zh.Fold(s), text) })
}

// reach lists how the volunteer is written to, the best way first.
func (b *Board) reach(r store.Reader, p *person) ([]chat.Address, error) {
	ids := maps.Clone(p.Accounts)
	if p.Person != "" {
		of, _, err := org.ByID(r, p.Person)
		if err != nil {
			return nil, err
		}
		if ids == nil {
			ids = map[chat.Platform]chat.UserID{}
		}
		maps.Copy(ids, of.IDs)
	}
	return b.routes.To(org.Person{IDs: ids}), nil
}

// Dossier is all that is kept of a volunteer, as the person may ask to see it. Its
// JSON is not masked: it is for the person's eyes.
type Dossier struct {
	Volunteer VolunteerID                   `json:"volunteer"`
	Numbers   []VolunteerID                 `json:"numbers,omitempty"` // other ones of the same person
	Name      string                        `json:"name"`
	Phone     string                        `json:"phone,omitempty"`
	Brigade   string                        `json:"brigade,omitempty"`
	Skills    []string                      `json:"skills,omitempty"`
	Free      []Slot                        `json:"free,omitempty"`
	Accounts  map[chat.Platform]chat.UserID `json:"accounts,omitempty"`
	Browser   bool                          `json:"browser"` // one is bound
	Consent   Consent                       `json:"consent"`
	Joined    time.Time                     `json:"joined"`
	Signups   []Signup                      `json:"signups,omitempty"`
	Papers    []Certificate                 `json:"certificates,omitempty"`
}

// Export collects what is kept of a volunteer. Who may see it is the caller's affair.
// ErrVolunteer.
func (b *Board) Export(r store.Reader, v VolunteerID) (Dossier, error) {
	p, err := b.Volunteer(r, v)
	if err != nil {
		return Dossier{}, err
	}
	d := Dossier{
		Volunteer: v, Numbers: p.Of, Name: p.Name, Phone: p.Phone.Reveal(), Brigade: p.Brigade, Skills: p.Skills, Free: p.Free,
		Accounts: p.Accounts, Browser: p.Browser, Consent: p.Consent, Joined: p.Joined.At,
	}
	err = b.eachMine(r, v, func(_ Activity, s Signup) error {
		d.Signups = append(d.Signups, s)
		return nil
	})
	if err != nil {
		return Dossier{}, err
	}
	d.Papers, err = b.Certificates(r, v)
	return d, err
}

// Erase removes what says who a volunteer is: name, telephone number, accounts, browser,
// profile, under all of the person's numbers; places at activities to come are given up. Records of service and histories keep
// the pseudonym, and certificates are revoked. The volunteer may, and the office. A second
// time it removes nothing. Backups made before hold the person still. ErrVolunteer,
// ErrForbidden.
func (b *Board) Erase(tx *store.Tx, v VolunteerID, by Actor) (Volunteer, error) {
	if !by.is(v) && !by.Office {
		return Volunteer{}, ErrForbidden
	}
	old, err := loadVolunteer(tx, v)
	if err != nil {
		return Volunteer{}, err
	}
	if old.Standing == StandingErased {
		return b.show(old)
	}
	now := b.now(tx)
	var going []Signup
	err = b.eachMine(tx, v, func(a Activity, s Signup) error {
		_, in := s.standing(ActIn) // who is there already stays a record of service
		if (s.State == SignJoined || s.State == SignWaiting) && !in && a.State == StatePublished && now.Before(a.Start) {
			going = append(going, s)
		}
		return nil
	})
	if err != nil {
		return Volunteer{}, err
	}
	for _, s := range going {
		if _, err := b.exit(tx, s.Activity, s.Volunteer, SignLeft, "", by); err != nil {
			return Volunteer{}, err
		}
	}
	if old.Invite != "" {
		if err := tx.Delete(bucketInvite, old.Invite); err != nil {
			return Volunteer{}, err
		}
	}
	gone := &person{ID: old.ID, Standing: StandingErased, Joined: old.Joined, Confirmed: old.Confirmed, Erased: now, Of: old.Of}
	if err := noteVolunteer(tx, old.ID, by, "erase"); err != nil {
		return Volunteer{}, err
	}
	for _, other := range old.Of { // of which a browser may be known
		was, _, err := get[person](tx, bucketVolunteer, other.digits())
		if err != nil {
			return Volunteer{}, err
		}
		stub := was
		stub.Browser = ""
		if err := stub.save(tx, &was); err != nil {
			return Volunteer{}, err
		}
	}
	if err := gone.save(tx, old); err != nil {
		return Volunteer{}, err
	}
	return b.show(gone)
}

// Reseal seals anew what an old key of the vault sealed, and says how much that was. lost:
// what no key opens is given up: telephone numbers are dropped, and codes get a new secret.
func Reseal(tx *store.Tx, v *org.Vault, lost bool) (n int, err error) {
	// again is the value sealed by the newest key, nil where it is lost.
	again := func(bucket, key string, sealed []byte) ([]byte, error) {
		plain, err := v.Open(bucket, key, sealed)
		if err != nil {
			if lost {
				err = nil
			}
			return nil, err
		}
		return v.Seal(bucket, key, plain), nil
	}
	people, err := oldSeals(tx, v, bucketVolunteer, func(raw []byte) ([]byte, error) {
		var p person
		err := json.Unmarshal(raw, &p)
		return p.Phone, err
	})
	if err != nil {
		return 0, err
	}
	for _, key := range people {
		p, _, err := get[person](tx, bucketVolunteer, key)
		if err != nil {
			return 0, err
		}
		if p.Phone, err = again(bucketVolunteer, key, p.Phone); err != nil {
			return 0, err
		}
		if err := put(tx, bucketVolunteer, key, p); err != nil {
			return 0, err
		}
	}
	secrets, err := oldSeals(tx, v, bucketSecret, func(raw []byte) ([]byte, error) { return raw, nil })
	if err != nil {
		return 0, err
	}
	for _, key := range secrets {
		sealed, _, err := tx.Get(bucketSecret, key)
		if err != nil {
			return 0, err
		}
		if sealed, err = again(bucketSecret, key, sealed); err != nil {
			return 0, err
		}
		if sealed == nil {
			sealed = newSecret(v, key)
		}
		if err := tx.Put(bucketSecret, key, sealed); err != nil {
			return 0, err
		}
	}
	return len(people) + len(secrets), nil
}

// oldSeals lists the keys of a bucket at which something is sealed by an old key.
func oldSeals(r store.Reader, v *org.Vault, bucket string, sealed func(raw []byte) ([]byte, error)) (keys []string, err error) {
	err = r.Scan(bucket, store.Range{}, func(key string, raw []byte) error {
		value, err := sealed(raw)
		if len(value) > 0 && !v.Current(value) {
			keys = append(keys, key)
		}
		return err
	})
	return keys, err
}
