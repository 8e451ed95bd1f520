package console

import (
	"cmp"
	"slices"
	"strings"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// peopleRoutes are who is who: the list, what waits for the office, the roster, the log.
func (c *Console) peopleRoutes() []route {
	list := c.shows("people.html", c.peopleList)
	return slices.Concat([]route{
		get("/people", watchers, list),
		post("/people/requests/:id", office, c.does(c.decide, at("/people"), list)),
		get("/people/new", office, c.shows("personnew.html", c.newPerson)),
		post("/people/new", office, c.does(c.register, c.toPerson, c.shows("personnew.html", c.newPerson))),
		get("/people/history", watchers, c.shows("history.html", c.history)),
	}, c.personRoutes(), c.groupRoutes(), c.handoverRoutes(), routesOf(c, c.rosterIntake()))
}

// peopleTabs are the pages of this part.
var peopleTabs = []navItem{
	{Name: textTabPeople, Path: Path + "/people"}, {Name: textTabGroups, Path: Path + "/people/groups"},
	{Name: textTabHandovers, Path: Path + "/people/handovers"}, {Name: textTabHistory, Path: Path + "/people/history"},
}

// tabs marks the page that is open.
func tabs(list []navItem, q *request) []navItem {
	list = slices.Clone(list)
	for i := range list {
		list[i].Here = list[i].Path == q.Request.URL.Path
	}
	return list
}

// peopleView is a page of the list.
type peopleView struct {
	Tabs    []navItem
	Pending []asked
	Text    string // what is searched for
	Unit    string
	Units   []choice
	Roles   []choice
	Rows    []personRow
	Total   int
	Pages   pages
	Vacant  []string // units of the documents without anybody who acts for them
	Mute    []string // units whose people have no account
	Any     bool     // something is searched for
}

// asked is a request that waits.
type asked struct {
	org.Request
	Question string
	Ours     bool // the office decides
}

// personRow is somebody in a list.
type personRow struct {
	org.Person
	Login  string
	Locked bool
}

// Path is the person's page.
func (p personRow) Path() string { return personPath(p.ID) }

func personPath(id org.PersonID) string { return Path + "/people/" + string(id) }

// Accounts words on which platforms the person is known.
func (p personRow) Accounts() string { return accountsOf(p.Person) }

func accountsOf(p org.Person) string {
	var list []string
	for _, platform := range []chat.Platform{chat.WeCom, chat.DingTalk} {
		if p.IDs[platform] != "" {
			list = append(list, org.PlatformWord(platform))
		}
	}
	return strings.Join(list, "、")
}

func (c *Console) peopleList(q *request, r store.Reader) (page, error) {
	v := peopleView{Tabs: tabs(peopleTabs, q), Text: strings.TrimSpace(q.Query("text")), Unit: q.Query("unit")}
	role := org.Role(q.Query("role"))
	v.Any = v.Text != "" || v.Unit != "" || role != ""
	known, err := org.Known(r, c.opt.Units())
	if err != nil {
		return page{}, err
	}
	people, err := org.People(r)
	if err != nil {
		return page{}, err
	}
	logins, err := loginsOf(r)
	if err != nil {
		return page{}, err
	}
	order := known.All()
	v.Units, v.Roles = unitChoices(order, v.Unit), roleChoices(role)
	v.Vacant, v.Mute = silent(people, c.unitNames())
	var rows []personRow
	for _, p := range people {
		l := logins[p.ID]
		if (v.Unit == "" || p.Unit == v.Unit || v.Unit == org.OfficeUnit && p.Role == org.RoleOffice) && (role == "" || p.Role == role) && found(q, p, l.Name, v.Text) {
			rows = append(rows, personRow{p, l.Name, l.Locked(c.opt.Wall())})
		}
	}
	byUnit(rows, order)
	v.Total = len(rows)
	v.Rows, v.Pages = leaf(q, "/people", rows)
	v.Pending, err = c.pending(r)
	return page{Title: textPeople, Data: v}, err
}

// loginsOf are the logins by whose they are.
func loginsOf(r store.Reader) (map[org.PersonID]org.Login, error) {
	list, err := org.Logins(r)
	by := make(map[org.PersonID]org.Login, len(list))
	for _, l := range list {
		by[l.Person] = l
	}
	return by, err
}

// found reports whether the person is who is searched for. Telephone numbers are the
// office's to search.
func found(q *request, p org.Person, login, text string) bool {
	if text == "" {
		return true
	}
	in := []string{p.Name, p.Unit, login, string(p.ID), string(p.IDs[chat.WeCom]), string(p.IDs[chat.DingTalk])}
	if office.lets(q.person) && len(text) >= 4 {
		in = append(in, p.Phone.Reveal())
	}
	text = strings.ToLower(text)
	return slices.ContainsFunc(in, func(s string) bool { return strings.Contains(strings.ToLower(s), text) })
}

// byUnit puts the office first, then the units in their order, and in each the roles in
// theirs.
func byUnit(rows []personRow, units []string) {
	place := map[string]int{}
	for i, u := range units {
		place[u] = i + 1
	}
	roles := org.Roles()
	rank := func(p org.Person) int {
		switch at, ok := place[p.Unit]; {
		case p.Role == org.RoleOffice:
			return 0
		case ok:
			return at
		}
		return len(units) + 1
	}
	slices.SortStableFunc(rows, func(a, b personRow) int {
		return cmp.Or(cmp.Compare(rank(a.Person), rank(b.Person)), cmp.Compare(slices.Index(roles, a.Role), slices.Index(roles, b.Role)))
	})
}

// silent are the units without anybody who acts for them, and those whose people
// cannot be written to.
func silent(people []org.Person, units []string) (vacant, mute []string) {
	acts, heard := map[string]bool{}, map[string]bool{}
	for _, p := range people {
		if p.ActsFor(p.Unit) {
			acts[p.Unit] = true
			heard[p.Unit] = heard[p.Unit] || len(p.IDs) > 0
		}
	}
	for _, u := range units {
		switch {
		case !acts[u]:
			vacant = append(vacant, u)
		case !heard[u]:
			mute = append(mute, u)
		}
	}
	return vacant, mute
}

func unitChoices(units []string, chosen string) []choice {
	list := []choice{{"", textAllUnits, false}, {org.OfficeUnit, org.OfficeUnit, false}}
	for _, u := range units {
		list = append(list, choice{u, u, false})
	}
	return choices(chosen, list)
}

func roleChoices(chosen org.Role) []choice {
	list := []choice{{"", textAllRoles, false}}
	for _, role := range org.Roles() {
		list = append(list, choice{string(role), role.Word(), false})
	}
	return choices(string(chosen), list)
}

// pending are the requests that wait, with what would come of each.
func (c *Console) pending(r store.Reader) (list []asked, err error) {
	all, err := org.Pending(r)
	if err != nil {
		return nil, err
	}
	for _, q := range all {
		question, err := q.Wish(r)
		if err != nil {
			return nil, err
		}
		list = append(list, asked{q, question, !q.ForUnit})
	}
	return list, nil
}

// decide approves or rejects a request.
func (c *Console) decide(q *request, tx *store.Tx) (string, error) {
	yes, err := choose(q, "yes", "no")
	if err != nil {
		return "", err
	}
	done, err := bot.Decide(tx, c.opt.Outbox, c.opt.Routes, org.RequestID(q.Param("id")), yes, q.by())
	return done.Verdict(), err
}

// choose reads which of two buttons was pressed.
func choose(q *request, yes, no string) (bool, error) {
	switch q.PostForm("do") {
	case yes:
		return true, nil
	case no:
		return false, nil
	}
	return false, words(textNoChoice)
}

// personForm is what is said of a person, and of what can be chosen from.
type personForm struct {
	Name  string
	Phone string // typed; a known number is not shown
	Units []choice
	Roles []choice
}

// personForm fills the fields with what was typed, or else with the person.
func (c *Console) personForm(q *request, r store.Reader, p org.Person) (f personForm, err error) {
	unit, role := p.Unit, p.Role
	f.Name = p.Name
	if q.fault != "" {
		f.Name, f.Phone, unit, role = q.PostForm("name"), q.PostForm("phone"), q.PostForm("unit"), org.Role(q.PostForm("role"))
	}
	known, err := org.Known(r, c.opt.Units())
	f.Units = unitChoices(known.All(), unit)
	f.Units[0].Word = textNoUnit
	f.Roles = roleChoices(role)[1:]
	return f, err
}

func (c *Console) newPerson(q *request, r store.Reader) (page, error) {
	f, err := c.personForm(q, r, org.Person{Role: org.RoleLiaison, Unit: q.Query("unit")})
	return page{Title: textNewPerson, Data: f}, err
}

// typed is the person that a form says.
func (c *Console) typed(q *request, r store.Reader) (org.Person, error) {
	p := org.Person{Name: q.PostForm("name"), Unit: q.PostForm("unit"), Role: org.Role(q.PostForm("role"))}
	known, err := org.Known(r, c.opt.Units())
	if err != nil {
		return p, err
	}
	if _, ok := known.Resolve(p.Unit); !ok && p.Unit != "" && p.Unit != org.OfficeUnit {
		return p, words(textStrangeUnit)
	}
	p.Phone, err = org.ParsePhone(q.PostForm("phone"))
	return p, err
}

// register makes somebody, and remembers who that is for toPerson.
func (c *Console) register(q *request, tx *store.Tx) (string, error) {
	p, err := c.typed(q, tx)
	if err != nil {
		return "", err
	}
	if p, err = org.Register(tx, p, q.by()); err != nil {
		return "", err
	}
	q.Set(keyMade, string(p.ID))
	return textRegistered(p.Name), nil
}

// keyMade is where a request keeps the id of what it made.
const keyMade = "console.made"

func (c *Console) toPerson(q *request) string { return personPath(org.PersonID(q.GetString(keyMade))) }

// historyView is a page of the log.
type historyView struct {
	Tabs []navItem
	Rows []historyRow
	Next string // address of what came before; "": nothing
}

// historyRow is an entry of the log in words.
type historyRow struct {
	At   string
	Who  string
	What string
}

func (c *Console) history(q *request, r store.Reader) (page, error) {
	list, err := org.History(r, org.Log{Before: numberParam(q, "before"), Limit: onPage + 1})
	if err != nil {
		return page{}, err
	}
	v := historyView{Tabs: tabs(peopleTabs, q)}
	if len(list) > onPage {
		list = list[:onPage]
		v.Next = pathWith("/people/history", "before", list[onPage-1].No)
	}
	v.Rows, err = c.logRows(r, list)
	return page{Title: textHistory, Data: v}, err
}

// logRows words entries of the log.
func (c *Console) logRows(r store.Reader, list []org.Entry) (rows []historyRow, err error) {
	names := namer{r: r, known: map[org.PersonID]string{}}
	for _, e := range list {
		who := textSomebody
		if e.By != "" {
			who = names.of(e.By)
		}
		rows = append(rows, historyRow{c.moment(e.At), who, e.Words(names.of)})
	}
	return rows, names.err
}

// namer finds who people are, each once.
type namer struct {
	r     store.Reader
	known map[org.PersonID]string
	err   error // the first
}

func (n *namer) of(id org.PersonID) string {
	name, ok := n.known[id]
	if !ok {
		var err error
		if name, err = nameOf(n.r, id); err != nil {
			n.err = cmp.Or(n.err, err)
		}
		if name == textErased {
			name += " " + string(id)
		}
		n.known[id] = name
	}
	return name
}

// rosterIntake takes rosters in.
func (c *Console) rosterIntake() intake[org.Roster] {
	return intake[org.Roster]{
		at: "/people/import", up: "/people", title: textImportRoster, who: office,
		parse: func(_ *request, units org.KnownUnits, name string, data []byte) (org.Roster, []org.Problem, error) {
			return org.ReadRoster(name, data, units)
		},
		compare: func(_ *request, r store.Reader, v org.Roster) (difference, error) {
			changes, err := org.Diff(r, v)
			if err != nil {
				return difference{}, err
			}
			return c.rosterDifference(r, v, changes)
		},
		apply: func(q *request, tx *store.Tx, v org.Roster) (string, error) {
			changes, err := org.Apply(tx, v, q.by())
			return textRosterDone(changes), err
		},
		blank: func(_ *request, r store.Reader) (sheet.Out, error) { return org.RosterTable(r) },
	}
}

// rosterDifference words what a roster would change.
func (c *Console) rosterDifference(r store.Reader, roster org.Roster, changes org.Changes) (d difference, err error) {
	d.Sum, d.Empty = textRosterSum(changes), changes.Empty()
	if len(changes.Problems) > 0 {
		var rows [][]string
		for _, p := range changes.Problems {
			rows = append(rows, []string{p.Place(), p.Text})
		}
		d.Parts = append(d.Parts, partOf(textUnfit, []string{textWhere, textWhat}, rows))
		d.Bad = true
	}
	person := func(p org.Person) []string {
		return []string{p.Name, p.Unit, p.Role.Word(), p.Phone.String(), accountsOf(p)}
	}
	head := []string{textName, textUnit, textRole, textPhone, textAccounts}
	var added, changed, missing [][]string
	for _, p := range changes.Added {
		added = append(added, person(p))
	}
	for _, ch := range changes.Changed {
		changed = append(changed, []string{ch.Before.Name, ch.Before.Unit, ch.Words()})
	}
	for _, p := range changes.Missing {
		missing = append(missing, person(p))
	}
	for _, p := range []part{partOf(textAdded, head, added), partOf(textChanged, []string{textName, textUnit, textWhat}, changed), partOf(textMissing, head, missing)} {
		if len(p.Rows) > 0 {
			d.Parts = append(d.Parts, p)
		}
	}
	if changes.NoOffice && len(changes.Problems) == 0 {
		d.Notes = append(d.Notes, org.Tell(org.ErrNoOffice))
	}
	var named []string
	for _, e := range roster.Entries {
		if e.Role != org.RoleOffice {
			named = append(named, e.Unit)
		}
	}
	known, err := org.Known(r, c.opt.Units())
	d.Notes = append(d.Notes, known.Strange(named)...)
	for _, n := range roster.Notes {
		d.Notes = append(d.Notes, n.String())
	}
	return d, err
}
