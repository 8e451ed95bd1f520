package console

import (
	"net/http"
	"strconv"

	"xietiao/bot/handover"
	"xietiao/bot/org"
	"xietiao/bot/report"
	"xietiao/bot/store"
	"xietiao/handlers"
)

// handoverRoutes are what happens when somebody else acts for a unit.
func (c *Console) handoverRoutes() []route {
	form := c.shows("handover.html", c.handoverForm)
	return []route{
		get("/people/:id/handover", office, form),
		post("/people/:id/handover", office, c.does(c.handOver, c.toCard, form)),
		get("/people/handovers", watchers, c.shows("handovers.html", c.handovers)),
		get("/people/handovers/:no", watchers, c.shows("handovercard.html", c.handoverCard)),
	}
}

// desk is what handing over works with.
func (c *Console) desk() handover.Desk {
	return handover.Desk{Tasks: c.opt.Tasks, Activities: c.opt.Activities, Sender: c.opt.Outbox, Routes: c.opt.Routes, Duties: c.dutiesOf}
}

// dutiesOf are a unit's; none while no documents are read.
func (c *Console) dutiesOf(unit string) (list []handover.Duty) {
	docs, err := c.opt.Reports.Documents()
	if err != nil {
		return nil
	}
	for _, d := range report.DutiesOf(docs, unit) {
		list = append(list, handover.Duty{Text: d.Text, Cite: d.Cite})
	}
	return list
}

// handoverView is who hands over what, and who may take it.
type handoverView struct {
	org.Person
	Heirs []choice
	Fresh bool // somebody new takes it
	handover.Work
}

// fresh stands for somebody new among the heirs.
const fresh = "new"

func (c *Console) handoverForm(q *request, r store.Reader) (page, error) {
	p, err := c.personAt(q, r)
	if err != nil {
		return page{}, err
	}
	if !p.HandsOver() {
		return page{}, handlers.Fault{Code: http.StatusConflict, Text: org.Tell(org.ErrSuccessor)}
	}
	v := handoverView{Person: p}
	people, err := org.ByUnit(r, p.Unit, "")
	if err != nil {
		return page{}, err
	}
	for _, o := range people {
		if o.ID != p.ID && o.Role != org.RoleOffice {
			v.Heirs = append(v.Heirs, choice{string(o.ID), o.Name + "（" + o.Role.Word() + "）", false})
		}
	}
	v.Heirs = choices(q.PostForm("to"), append(v.Heirs, choice{fresh, textSomebodyNew, false}))
	v.Work, err = c.desk().Work(r, p.Unit)
	return page{Title: textHandingOver(p.Name), Data: v}, err
}

// handOver is the act: the roles change, the card is made, both are told.
func (c *Console) handOver(q *request, tx *store.Tx) (string, error) {
	to := org.Person{ID: org.PersonID(q.PostForm("to"))}
	if to.ID == "" {
		return "", words(textNoHeir)
	}
	if to.ID == fresh {
		phone, err := org.ParsePhone(q.PostForm("phone"))
		if err != nil {
			return "", err
		}
		to = org.Person{Name: q.PostForm("name"), Phone: phone}
	}
	card, err := c.desk().Do(tx, personOf(q), to, q.by())
	q.Set(keyMade, strconv.Itoa(card.No))
	return textHandedOver, err
}

func (c *Console) toCard(q *request) string {
	return Path + "/people/handovers/" + q.GetString(keyMade)
}

// cardRow is a card in a list.
type cardRow struct {
	handover.Card
	FromName, ToName string
}

// handoversView is the list of cards.
type handoversView struct {
	Tabs []navItem
	Rows []cardRow
}

func (c *Console) handovers(q *request, r store.Reader) (page, error) {
	list, err := handover.Latest(r, onPage)
	if err != nil {
		return page{}, err
	}
	v := handoversView{Tabs: tabs(peopleTabs, q)}
	names := namer{r: r, known: map[org.PersonID]string{}}
	for _, card := range list {
		v.Rows = append(v.Rows, cardRow{card, names.of(card.From), names.of(card.To)})
	}
	return page{Title: textHandovers, Data: v}, names.err
}

// cardView is a card to print.
type cardView struct {
	cardRow
	By string
}

func (c *Console) handoverCard(q *request, r store.Reader) (page, error) {
	no, err := strconv.Atoi(q.Param("no"))
	if err != nil {
		return page{}, handlers.ErrNotFound
	}
	card, err := handover.Get(r, no)
	if words := handover.Tell(err); words != "" {
		return page{}, handlers.Fault{Code: http.StatusNotFound, Text: words}
	}
	if err != nil {
		return page{}, err
	}
	names := namer{r: r, known: map[org.PersonID]string{}}
	v := cardView{cardRow{card, names.of(card.From), names.of(card.To)}, names.of(card.By)}
	return page{Title: textCard(card.No), Data: v}, names.err
}
