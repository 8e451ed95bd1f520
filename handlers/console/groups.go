package console

import (
	"slices"
	"strings"

	"xietiao/bot"
	"xietiao/bot/chat"
	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// groupRoutes are where the units are written to.
func (c *Console) groupRoutes() []route {
	list := c.shows("groups.html", c.groups)
	form := func(path string, d deed) route {
		return post("/people/groups"+path, office, c.does(d, at("/people/groups"), list))
	}
	return append([]route{
		get("/people/groups", watchers, list),
		form("/test", c.testGroup),
		form("/unbind", c.unbindGroup),
		form("/drop", c.dropRobot),
	}, routesOf(c, c.groupIntake())...)
}

// groupsView is every unit with where it is written to.
type groupsView struct {
	Tabs    []navItem
	Units   []reach // those that have nothing first
	Unbound int
}

// reach is how a unit is written to.
type reach struct {
	Unit   string
	Old    bool // no document names it any more
	Places []place
	People int // who act for it and have an account
}

// Bound reports whether there is a group, or a robot of one.
func (u reach) Bound() bool { return len(u.Places) > 0 }

// place is a group, or the robot of one.
type place struct {
	Robot        string // its id; "": a group with a robot that talks
	Via          chat.Via
	Conversation chat.ConversationID
	Word         string
	By           string // who agreed, and since when
	Units        []string
	Test         string // what became of the last test message
	Bad          bool   // it did not arrive
}

// lookedAt is how many test messages are looked at.
const lookedAt = 200

func (c *Console) groups(q *request, r store.Reader) (page, error) {
	known, err := org.Known(r, c.opt.Units())
	if err != nil {
		return page{}, err
	}
	people, err := org.People(r)
	if err != nil {
		return page{}, err
	}
	groups, err := org.GroupsOf(r, "")
	if err != nil {
		return page{}, err
	}
	robots, err := org.GroupRobots(r, "")
	if err != nil {
		return page{}, err
	}
	tests, err := c.opt.Outbox.List(r, outbox.Query{Kind: bot.KindTest, Limit: lookedAt})
	if err != nil {
		return page{}, err
	}
	v := groupsView{Tabs: tabs(peopleTabs, q)}
	names := namer{r: r, known: map[org.PersonID]string{}}
	places := map[string][]place{}
	for _, g := range groups {
		p := place{
			Via: g.Address.Via, Conversation: g.Address.Conversation, Units: []string{g.Unit},
			Word: textGroupOf(g.Address.Via.Platform()), By: textAgreed(names.of(g.Asked), names.of(g.Agreed), c.moment(g.At)),
		}
		p.tested(c, tests, g.Address)
		places[g.Unit] = append(places[g.Unit], p)
	}
	for _, g := range robots {
		p := place{Robot: g.ID, Word: textRobotOf(g), By: textSince(c.moment(g.At)), Units: g.Units}
		p.tested(c, tests, g.Address())
		for _, u := range g.Units {
			places[u] = append(places[u], p)
		}
	}
	named := c.unitNames()
	units := append([]string{org.OfficeUnit}, known.All()...)
	for u := range places { // a group outlives the document that names its unit
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	slices.Sort(units[1+len(known.All()):])
	for _, u := range units {
		at := reach{Unit: u, Places: places[u], Old: u != org.OfficeUnit && len(named) > 0 && !slices.Contains(named, u)}
		for _, p := range people {
			if len(p.IDs) > 0 && (p.ActsFor(u) || u == org.OfficeUnit && p.Role == org.RoleOffice) {
				at.People++
			}
		}
		if at.Old && !at.Bound() {
			continue
		}
		if !at.Bound() && u != org.OfficeUnit {
			v.Unbound++
		}
		v.Units = append(v.Units, at)
	}
	slices.SortStableFunc(v.Units, func(a, b reach) int { return order(a.Bound()) - order(b.Bound()) })
	return page{Title: textGroups, Data: v}, names.err
}

func order(last bool) int {
	if last {
		return 1
	}
	return 0
}

// tested says what became of the last test message to the place.
func (p *place) tested(c *Console, tests []outbox.Record, to chat.Address) {
	i := slices.IndexFunc(tests, func(rec outbox.Record) bool {
		return rec.To.Via == to.Via && rec.To.Robot == to.Robot && rec.To.Conversation == to.Conversation
	})
	if i >= 0 {
		p.Test, p.Bad = textTested(tests[i], c.moment(tests[i].Put)), tests[i].State == outbox.StateFailed
	}
}

// placeOf is the place that a form names, which must be one that is bound.
func (c *Console) placeOf(q *request, r store.Reader) (to chat.Address, units []string, err error) {
	if id := q.PostForm("robot"); id != "" {
		robots, err := org.GroupRobots(r, "")
		for _, g := range robots {
			if g.ID == id {
				return g.Address(), g.Units, err
			}
		}
		return to, nil, errOr(err, words(textNoPlace))
	}
	groups, err := org.GroupsOf(r, q.PostForm("unit"))
	for _, g := range groups {
		if string(g.Address.Via) == q.PostForm("via") && string(g.Address.Conversation) == q.PostForm("conversation") {
			to = g.Address
			units = append(units, g.Unit)
		}
	}
	if len(units) == 0 {
		err = errOr(err, words(textNoPlace))
	}
	return to, units, err
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// testGroup sends a test message.
func (c *Console) testGroup(q *request, tx *store.Tx) (string, error) {
	to, units, err := c.placeOf(q, tx)
	if err != nil {
		return "", err
	}
	_, err = bot.PutTest(tx, c.opt.Outbox, to, units)
	return textTestSent(strings.Join(units, "、")), err
}

// unbindGroup ends a group's service to a unit.
func (c *Console) unbindGroup(q *request, tx *store.Tx) (string, error) {
	to, _, err := c.placeOf(q, tx)
	if err != nil {
		return "", err
	}
	_, err = org.Unbind(tx, to, q.PostForm("unit"), q.by())
	return textGroupGone(q.PostForm("unit")), err
}

// dropRobot forgets a robot with its credentials.
func (c *Console) dropRobot(q *request, tx *store.Tx) (string, error) {
	ok, err := org.DropRobot(tx, q.PostForm("robot"), q.by())
	if err == nil && !ok {
		err = words(textNoPlace)
	}
	return textRobotGone(q.PostForm("robot")), err
}

// groupIntake takes lists of group robots in, and tries each that is new or changed.
func (c *Console) groupIntake() intake[org.Groups] {
	return intake[org.Groups]{
		at: "/people/groups/import", up: "/people/groups", title: textImportGroups, who: office,
		parse: func(_ *request, units org.KnownUnits, name string, data []byte) (org.Groups, []org.Problem, error) {
			return org.ReadGroups(name, data, units, c.opt.Origins)
		},
		compare: func(_ *request, r store.Reader, v org.Groups) (difference, error) {
			changes, err := org.DiffGroups(r, c.opt.Vault, v)
			if err != nil {
				return difference{}, err
			}
			return c.groupDifference(r, v, changes)
		},
		apply: func(q *request, tx *store.Tx, v org.Groups) (string, error) {
			changes, err := org.ApplyGroups(tx, c.opt.Vault, v, q.by())
			if err != nil {
				return "", err
			}
			list := slices.Concat(changes.Added, changes.Changed)
			for _, g := range list {
				if _, err := bot.PutTest(tx, c.opt.Outbox, g.Address(), g.Units); err != nil {
					return "", err
				}
			}
			return textGroupsDone(len(list)), nil
		},
		blank: func(*request, store.Reader) (sheet.Out, error) { return org.GroupsTable(), nil },
	}
}

func (c *Console) groupDifference(r store.Reader, groups org.Groups, changes org.GroupChanges) (d difference, err error) {
	d.Sum, d.Empty = textGroupsSum(changes), changes.Empty()
	head := []string{textNumber, textPlatform, textUnit, textGroupName}
	for _, list := range []struct {
		title  string
		robots []org.GroupRobot
	}{{textAdded, changes.Added}, {textChanged, changes.Changed}, {textMissing, changes.Missing}} {
		var rows [][]string
		for _, g := range list.robots {
			rows = append(rows, []string{g.ID, org.PlatformWord(g.Platform), strings.Join(g.Units, "、"), g.Name})
		}
		if len(rows) > 0 {
			d.Parts = append(d.Parts, partOf(list.title, head, rows))
		}
	}
	var named []string
	for _, e := range groups.Entries {
		named = append(named, e.Units...)
	}
	known, err := org.Known(r, c.opt.Units())
	d.Notes = known.Strange(named)
	return d, err
}
