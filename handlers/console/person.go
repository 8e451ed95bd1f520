package console

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/sheet"
)

// personRoutes are one person: who it is, the login, the data, the end.
func (c *Console) personRoutes() []route {
	show := c.shows("person.html", c.onePerson)
	form := func(path string, d deed) route { return post("/people/:id"+path, office, c.does(d, here(1), show)) }
	return []route{
		get("/people/:id", watchers, show),
		post("/people/:id", office, c.does(c.amend, here(0), show)),
		post("/people/:id/login", office, c.giveLogin),
		form("/unlock", c.unlock),
		form("/drop-login", c.dropLogin),
		form("/unlink", c.unlink),
		get("/people/:id/data.xlsx", office, c.dossier(func(q *request) org.PersonID { return personOf(q) })),
		get("/my-data.xlsx", everybody, c.dossier((*request).by)),
		post("/people/:id/erase", office, c.does(c.erase, at("/people"), show)),
	}
}

// loginLink is how long a link that sets a password is good: people are told on the
// day.
const loginLink = 24 * time.Hour

// errPerson: nobody has that number.
var errPerson = handlers.Fault{Code: http.StatusNotFound, Text: textNobody}

func personOf(q *request) org.PersonID { return org.PersonID(q.Param("id")) }

// person is whom the address names.
func (c *Console) personAt(q *request, r store.Reader) (org.Person, error) {
	p, ok, err := org.ByID(r, personOf(q))
	if err == nil && (!ok || !p.Erased.IsZero()) {
		err = errPerson
	}
	return p, err
}

// personView is one person.
type personView struct {
	org.Person
	Accounts []account
	Login    string
	Locked   time.Time // zero: it is open
	Password bool      // one is set
	Enters   bool      // the role has pages of the console
	HandsOn  bool      // somebody else can take over
	Form     personForm
	Seen     string
	Log      []historyRow
}

// account is one on a platform.
type account struct {
	Platform chat.Platform
	Word     string
	User     chat.UserID
}

func (c *Console) onePerson(q *request, r store.Reader) (page, error) {
	p, err := c.personAt(q, r)
	if err != nil {
		return page{}, err
	}
	v := personView{Person: p, Enters: enters(p), HandsOn: p.HandsOver(), Seen: stamp(p)}
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if user := p.IDs[platform]; user != "" {
			v.Accounts = append(v.Accounts, account{platform, org.PlatformWord(platform), user})
		}
	}
	l, _, err := org.LoginOf(r, p.ID)
	if err != nil {
		return page{}, err
	}
	v.Login, v.Password = l.Name, len(l.Hash) > 0
	if l.Locked(c.opt.Wall()) {
		v.Locked = l.Until
	}
	if v.Form, err = c.personForm(q, r, p); err != nil {
		return page{}, err
	}
	const shown = 10
	log, err := org.History(r, org.Log{Person: p.ID, Limit: shown})
	if err != nil {
		return page{}, err
	}
	v.Log, err = c.logRows(r, log)
	return page{Title: p.Name, Data: v}, err
}

// stamp changes with whatever the form can change.
func stamp(p org.Person) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{p.Name, p.Unit, string(p.Role), p.Phone.Reveal()}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// amend makes what was typed true, if the person is as the form was made from.
func (c *Console) amend(q *request, tx *store.Tx) (string, error) {
	before, err := c.personAt(q, tx)
	if err != nil {
		return "", err
	}
	if stamp(before) != q.PostForm("seen") {
		return "", c.stale(tx, before)
	}
	after, err := c.typed(q, tx)
	if err != nil {
		return "", err
	}
	if after.Phone == "" && q.PostForm("nophone") == "" {
		after.Phone = before.Phone
	}
	change, err := org.Amend(tx, before, after, q.by())
	if err != nil {
		return "", err
	}
	if len(change.Fields) == 0 {
		return textSame, nil
	}
	return textAmended(change), nil
}

// stale tells who changed a person meanwhile, and how it is now.
func (c *Console) stale(r store.Reader, p org.Person) error {
	log, err := org.History(r, org.Log{Person: p.ID})
	if err != nil {
		return err
	}
	for _, e := range log {
		if e.Person != p.ID || e.What != org.WhatChange {
			continue
		}
		who, err := nameOf(r, e.By)
		if err != nil {
			return err
		}
		return words(textStale(who, c.moment(e.At), p))
	}
	return org.ErrChanged
}

// linkView is a one-time link, which is shown once.
type linkView struct {
	Name, Login string
	URL         string
	Until       time.Time
	Back        string
	Volunteer   bool // it is of a volunteer's browser, not of a login
}

// giveLogin gives a person a login, or the one that the person has a new password: the
// answer holds the link for it, which nothing keeps.
func (c *Console) giveLogin(q *request) error {
	v := linkView{Until: c.opt.Wall().Add(loginLink), Back: personPath(personOf(q))}
	err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error {
		p, err := c.personAt(q, tx)
		if err != nil {
			return err
		}
		if !enters(p) {
			return words(textNoEntrance)
		}
		old, had, err := org.LoginOf(tx, p.ID)
		if err != nil {
			return err
		}
		l, err := org.GiveLogin(tx, q.PostForm("login"), p.ID, q.by())
		if err != nil {
			return err
		}
		if had && old.Name != l.Name {
			if err := c.opt.Sessions.EndAll(tx, old.Name); err != nil {
				return err
			}
		}
		key, err := c.opt.Sessions.Offer(tx, handlers.Link{Visitor: visitor(l.Name), Path: Path, Title: textConsole}, loginLink)
		v.Name, v.Login, v.URL = p.Name, l.Name, c.opt.Server.Address(q.Context)+SetupPath(key)
		return err
	})
	if err != nil {
		return c.answer(q, "", err, nil, c.shows("person.html", c.onePerson))
	}
	q.Header("Cache-Control", "no-store")
	return c.render(q, http.StatusOK, "onelink.html", page{Title: textLinkMade, Data: v})
}

func (c *Console) unlock(q *request, tx *store.Tx) (string, error) {
	l, _, err := org.LoginOf(tx, personOf(q))
	if err != nil {
		return "", err
	}
	open, err := org.Unlock(tx, l.Name, q.by())
	if err != nil || !open {
		return textOpen, err
	}
	return textUnlocked, nil
}

// dropLogin takes the login away, and whoever is in by it is out.
func (c *Console) dropLogin(q *request, tx *store.Tx) (string, error) {
	l, had, err := org.LoginOf(tx, personOf(q))
	if err != nil {
		return "", err
	}
	if had {
		if err := c.opt.Sessions.EndAll(tx, l.Name); err != nil {
			return "", err
		}
	}
	ok, err := org.DropLogin(tx, personOf(q), q.by())
	if err != nil || !ok {
		return textNoLogin, err
	}
	return textLoginDropped, nil
}

// unlink takes an account on a platform from its person.
func (c *Console) unlink(q *request, tx *store.Tx) (string, error) {
	p, err := c.personAt(q, tx)
	if err != nil {
		return "", err
	}
	platform := chat.Platform(q.PostForm("platform"))
	user := p.IDs[platform]
	if user == "" {
		return textNoAccount, nil
	}
	_, err = org.Unlink(tx, platform, user, q.by())
	return textUnlinked(platform), err
}

// erase removes what is known of a person; the login goes with it.
func (c *Console) erase(q *request, tx *store.Tx) (string, error) {
	p, err := c.personAt(q, tx)
	if err != nil {
		return "", err
	}
	if q.PostForm("sure") == "" {
		return "", words(textNotSure)
	}
	l, had, err := org.LoginOf(tx, p.ID)
	if err != nil {
		return "", err
	}
	if had {
		if err := c.opt.Sessions.EndAll(tx, l.Name); err != nil {
			return "", err
		}
	}
	_, err = org.Erase(tx, p.ID, q.by())
	return textErasedNow(string(p.ID)), err
}

// dossier is all that is kept of a person, for the person.
func (c *Console) dossier(whose func(q *request) org.PersonID) action {
	return func(q *request) error {
		var tables []sheet.Out
		err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
			d, err := org.Export(r, whose(q))
			if err != nil {
				return errPerson
			}
			tables, err = c.dossierTables(r, d)
			return err
		})
		if err != nil {
			return err
		}
		return sendXLSX(q, textDossier(string(whose(q))), tables)
	}
}

func (c *Console) dossierTables(r store.Reader, d org.Dossier) ([]sheet.Out, error) {
	who := sheet.Out{Name: textOwnData, Head: []string{textWhat, textContent}, Rows: [][]string{
		{textNumber, string(d.Person)}, {textName, d.Name}, {textUnit, d.Unit}, {textRole, d.Role.Word()}, {textPhone, d.Phone},
	}}
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if user := d.Accounts[platform]; user != "" {
			who.Rows = append(who.Rows, []string{org.PlatformWord(platform), string(user)})
		}
	}
	requests := sheet.Out{Name: textRequests, Head: []string{textNumber, textWhen, textWhat}}
	for _, q := range d.Requests {
		requests.Rows = append(requests.Rows, []string{string(q.ID), c.moment(q.At), q.Verdict()})
	}
	log, err := c.logRows(r, d.History)
	history := sheet.Out{Name: textHistory, Head: []string{textWhen, textBy, textWhat}}
	for _, row := range log {
		history.Rows = append(history.Rows, []string{row.At, row.Who, row.What})
	}
	return []sheet.Out{who, requests, history}, err
}

// numberParam is a number of the address, 0 where there is none.
func numberParam(q *request, name string) int {
	n, _ := strconv.Atoi(q.Query(name))
	return max(0, n)
}

// pathWith is the address of a page of the console with one parameter.
func pathWith(path, name string, n int) string {
	return Path + path + "?" + name + "=" + strconv.Itoa(n)
}
