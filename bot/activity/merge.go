package activity

import (
	"maps"
	"slices"

	"xietiao/bot/audit"
	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// Merged is the Data of the history's entry of a merger.
type Merged struct {
	From VolunteerID `json:"from"`
	Into VolunteerID `json:"into"`
	Why  string      `json:"why"`
}

// Merge says that two volunteers are one person, with a reason: from is another number of
// into from now on, and cannot be taken out again. Accounts and browsers of both are
// into's, and what into does not say of itself. No record moves: sign-ups stay under the
// number that they were made by, and count as into's, overlaps once. Where both are on the
// list of what is not over, the one who did not check in, has no place, or came later is
// taken off. Twice is once. Any organiser may. ErrVolunteer, ErrForbidden. A *Refusal:
// WhyTwo, WhyErased, WhyReason, WhyLong.
func (b *Board) Merge(tx *store.Tx, from, into VolunteerID, why string, by Actor) (Volunteer, error) {
	if !by.organises() {
		return Volunteer{}, ErrForbidden
	}
	gone, err := loadVolunteer(tx, from)
	if err != nil {
		return Volunteer{}, err
	}
	old, err := loadVolunteer(tx, into)
	if err != nil {
		return Volunteer{}, err
	}
	if gone.ID == old.ID {
		return b.show(old)
	}
	if refused := mergeable(gone, old, why); refused != nil {
		return Volunteer{}, refused
	}
	p, err := b.union(old, gone)
	if err != nil {
		return Volunteer{}, err
	}
	if p.Standing == StandingPending {
		p.Standing, p.Confirmed = StandingConfirmed, Mark{b.now(tx), by.name()}
	}
	if gone.Invite != "" {
		if err := tx.Delete(bucketInvite, gone.Invite); err != nil {
			return Volunteer{}, err
		}
	}
	stub := &person{ID: gone.ID, Into: p.ID, Standing: StandingMerged, Joined: gone.Joined, Confirmed: gone.Confirmed}
	if p.Browser != gone.Browser {
		stub.Browser = gone.Browser // a person may have two
	}
	if err := stub.save(tx, gone); err != nil {
		return Volunteer{}, err
	}
	if err := p.save(tx, old); err != nil {
		return Volunteer{}, err
	}
	if _, err := audit.Append(tx, chainVolunteers, by.name(), "merge", Merged{gone.ID, p.ID, why}); err != nil {
		return Volunteer{}, err
	}
	if err := b.once(tx, p, by); err != nil {
		return Volunteer{}, err
	}
	return b.show(p)
}

// mergeable refuses two who cannot be one person.
func mergeable(x, y *person, why string) *Refusal {
	two := x.Person != "" && y.Person != "" && x.Person != y.Person
	for platform, user := range x.Accounts {
		other, ok := y.Accounts[platform]
		two = two || ok && Account{platform, user}.key() != Account{platform, other}.key()
	}
	refuse := func(why Why) *Refusal { return &Refusal{Volunteer: x.ID, Why: why} }
	switch {
	case x.Standing == StandingErased || y.Standing == StandingErased:
		return refuse(WhyErased)
	case two:
		return refuse(WhyTwo)
	}
	return Activity{}.words(why)
}

// union is p with all that it does not say and other does.
func (b *Board) union(p, other *person) (*person, error) {
	u := *p
	u.Of = slices.Concat(p.Of, []VolunteerID{other.ID}, other.Of)
	u.Accounts = maps.Clone(p.Accounts)
	if u.Accounts == nil {
		u.Accounts = map[chat.Platform]chat.UserID{}
	}
	maps.Copy(u.Accounts, other.Accounts)
	for _, s := range []struct{ to, from *string }{{&u.Name, &other.Name}, {&u.Brigade, &other.Brigade}, {&u.Browser, &other.Browser}, {(*string)(&u.Person), (*string)(&other.Person)}} {
		if *s.to == "" {
			*s.to = *s.from
		}
	}
	if u.Skills = tidy(slices.Concat(p.Skills, other.Skills)); len(u.Skills) > maxSkills {
		u.Skills = u.Skills[:maxSkills]
	}
	if len(u.Free) == 0 {
		u.Free = other.Free
	}
	if u.Consent.Version == "" {
		u.Consent = other.Consent
	}
	if len(u.Phone) == 0 && len(other.Phone) > 0 {
		phone, err := b.vault.Open(bucketVolunteer, other.ID.digits(), other.Phone)
		if err != nil {
			return nil, err
		}
		u.Phone = b.vault.Seal(bucketVolunteer, u.ID.digits(), phone)
	}
	return &u, nil
}

// once leaves a person one sign-up at each activity that is not over.
func (b *Board) once(tx *store.Tx, p *person, by Actor) error {
	var order []Number
	on := map[Number][]Signup{}
	err := b.eachMine(tx, p.ID, func(a Activity, s Signup) error {
		if a.running(b.now(tx)) == nil && s.on() {
			if on[a.Number] == nil {
				order = append(order, a.Number)
			}
			on[a.Number] = append(on[a.Number], s)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, n := range order {
		slices.SortFunc(on[n], func(x, y Signup) int {
			if x.before(y) {
				return -1
			}
			return 1
		})
		for _, s := range on[n][1:] {
			if _, in := s.standing(ActIn); in {
				continue // it is evidence, and counts once
			}
			l, err := b.list(tx, n)
			if err != nil {
				return err
			}
			if err := b.take(l, &s, SignRemoved, textSamePerson(p.ID), by); err != nil {
				return err
			}
		}
	}
	return nil
}

// before reports whether of two sign-ups of one person at an activity s is the one to keep.
func (s Signup) before(other Signup) bool {
	_, in := s.standing(ActIn)
	_, otherIn := other.standing(ActIn)
	switch {
	case in != otherIn:
		return in
	case s.Listed() != other.Listed():
		return s.Listed()
	}
	return s.Seq < other.Seq
}

// ids are all numbers of the person that v is one of, the one in force first; v alone where
// it is nobody's.
func ids(r store.Reader, v VolunteerID) ([]VolunteerID, error) {
	p, known, err := findVolunteer(r, v)
	if err != nil || !known {
		return []VolunteerID{v}, err
	}
	return append([]VolunteerID{p.ID}, p.Of...), nil
}
