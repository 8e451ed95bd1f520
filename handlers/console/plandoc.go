package console

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index"
	"xietiao/index/sheet"
)

// documentRoutes are one document with all its versions.
func (c *Console) documentRoutes() []route {
	show := c.shows("plandoc.html", c.document)
	stay := here(1)
	return []route{
		get("/plans/doc/:name", watchers, show),
		get("/plans/doc/:name/file/:sum", watchers, c.sendVersion),
		get("/plans/doc/:name/matrix", watchers, c.shows("planmatrix.html", c.matrix)),
		get("/plans/doc/:name/matrix.xlsx", watchers, c.sendMatrix),
		post("/plans/doc/:name/again", office, c.rollBack(show)),
		post("/plans/doc/:name/withdraw", office, c.changesPlans(func(q *request, tx *store.Tx) (string, error) {
			return textWithdrawn, library.Withdraw(tx, documentName(q), library.Stand(q.PostForm("stand")), string(q.by()))
		}, at("/plans"), show)),
		post("/plans/doc/:name/remove", office, c.changesPlans(c.removePlan, stay, show)),
	}
}

// documentView is a document with its versions and what was done with it.
type documentView struct {
	library.Holding
	Versions []versionLine // the newest first
	History  []planDeed    // the latest first
	Stand    library.Stand
}

// versionLine is a version of a document.
type versionLine struct {
	library.Version
	State        library.State
	Who, Sent    string // who published it, who uploaded it
	PublishedDay time.Time
}

// planDeed is something that was done with a document.
type planDeed struct {
	At        time.Time
	Who, What string
	More      string
}

func (c *Console) document(q *request, r store.Reader) (page, error) {
	name := documentName(q)
	h, ok, err := library.HoldingOf(r, name)
	if err == nil && !ok {
		err = library.ErrNone
	}
	if err != nil {
		return page{}, lost(err)
	}
	v := documentView{Holding: h}
	add := func(ver library.Version, state library.State) error {
		who, err := nameOf(r, org.PersonID(ver.By))
		line := versionLine{Version: ver, State: state, Who: who, PublishedDay: ver.Published}
		if line.PublishedDay.IsZero() {
			line.PublishedDay = ver.At
		}
		if err == nil && ver.Uploader != "" {
			line.Sent, err = nameOf(r, org.PersonID(ver.Uploader))
		}
		v.Versions = append(v.Versions, line)
		return err
	}
	if h.Next != nil {
		err = errors.Join(err, add(*h.Next, library.StateScheduled))
	}
	if h.Current != nil {
		err = errors.Join(err, add(*h.Current, library.StateCurrent))
	}
	for _, ver := range slices.Backward(h.Earlier) {
		err = errors.Join(err, add(ver, library.StateSuperseded))
	}
	if err != nil {
		return page{}, err
	}
	if v.Stand, err = library.StandOf(r, name); err != nil {
		return page{}, err
	}
	history, err := library.History(r, name)
	if err != nil {
		return page{}, err
	}
	for _, e := range slices.Backward(history) {
		who, err := nameOf(r, org.PersonID(e.By))
		if err != nil {
			return page{}, err
		}
		var data struct {
			library.Version
			Where  string         `json:"where"`
			Choice library.Choice `json:"choice"`
		}
		_ = json.Unmarshal(e.Data, &data) // one that cannot be read is shown without
		more := []string{data.Where, data.File, data.Override}
		if data.Choice != "" {
			more = append(more, data.Choice.Word())
		}
		more = slices.DeleteFunc(more, func(s string) bool { return s == "" })
		v.History = append(v.History, planDeed{e.At, who, library.Act(e.What).Word(), strings.Join(more, "；")})
	}
	return page{Title: name, Data: v}, nil
}

// rollBack makes an earlier version a draft, to be looked at and published.
func (c *Console) rollBack(again action) action {
	return func(q *request) error {
		var d library.Draft
		err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
			d, err = library.Again(tx, documentName(q), q.PostForm("sum"), string(q.by()))
			return err
		})
		return c.answer(q, textAgain, err, func(*request) string { return draftPath(d.Sum) }, again)
	}
}

// removePlan takes a document out of force.
func (c *Console) removePlan(q *request, tx *store.Tx) (string, error) {
	name := documentName(q)
	stand, err := library.StandOf(tx, name)
	if err != nil {
		return "", err
	}
	if string(stand) != q.PostForm("stand") {
		return "", library.ErrStale
	}
	ok, err := library.Remove(tx, name, string(q.by()))
	if err == nil && !ok {
		err = library.ErrNone
	}
	return textRemoved(name), err
}

// sendVersion gives a version's file back as it was uploaded.
func (c *Console) sendVersion(q *request) error {
	var d library.Document
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		d, err = library.Open(r, documentName(q), q.Param("sum"))
		return lost(err)
	})
	if err != nil {
		return err
	}
	sendFile(q, d.File, "application/octet-stream", d.Original)
	return nil
}

// matrixView sets the main tasks of a document against its units.
type matrixView struct {
	index.Matrix
	Name string
	Rows []matrixRow
	Gaps int
}

// matrixRow is a unit with its part in each main task.
type matrixRow struct {
	Unit  string
	Cells [][]index.Ref
}

func (c *Console) matrixOf(q *request) (v matrixView, err error) {
	v.Name = documentName(q)
	v.Matrix, err = c.opt.Matrix(v.Name)
	if errors.Is(err, index.ErrNoPlan) {
		return v, handlers.Fault{Code: http.StatusNotFound, Text: textNoMatrix}
	}
	for _, unit := range v.Units {
		row := matrixRow{Unit: unit}
		for _, t := range v.MainTasks() {
			var cell []index.Ref
			for _, ref := range t.Cells {
				if ref.Unit == unit {
					cell = append(cell, ref)
				}
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	for _, t := range v.Tasks {
		for _, topic := range t.Topics {
			if topic.Gap() {
				v.Gaps++
			}
		}
	}
	return v, err
}

// MainTasks are the columns.
func (v matrixView) MainTasks() (list []index.MainTask) {
	for _, t := range v.Tasks {
		if t.Main {
			list = append(list, t)
		}
	}
	return list
}

func (c *Console) matrix(q *request, _ store.Reader) (page, error) {
	v, err := c.matrixOf(q)
	return page{Title: "责任矩阵：" + v.Name, Data: v}, err
}

// sendMatrix is the matrix as a workbook.
func (c *Console) sendMatrix(q *request) error {
	v, err := c.matrixOf(q)
	if err != nil {
		return err
	}
	grid := sheet.Out{Name: "责任矩阵", Head: []string{"单位"}}
	for _, t := range v.MainTasks() {
		grid.Head = append(grid.Head, strings.TrimSpace(t.Address+" "+t.Title))
	}
	for _, row := range v.Rows {
		line := []string{row.Unit}
		for _, cell := range row.Cells {
			line = append(line, refWords(cell))
		}
		grid.Rows = append(grid.Rows, line)
	}
	gaps := sheet.Out{Name: "责任空白", Head: []string{"位置", "主要任务", "要做的事", "相近而没有点名"}}
	for _, t := range v.Tasks {
		for _, topic := range t.Topics {
			if topic.Gap() {
				gaps.Rows = append(gaps.Rows, []string{t.Address, t.Title, topic.Text, refWords(topic.Near)})
			}
		}
	}
	shared := sheet.Out{Name: "职责交叉", Head: []string{"事项", "单位数", "单位", "条款"}}
	for _, o := range v.Overlaps {
		shared.Rows = append(shared.Rows, []string{o.Topic, textCount(len(o.Units)), strings.Join(o.Units, "、"), refWords(o.Clauses)})
	}
	loose := sheet.Out{Name: "按文字没有归入", Head: []string{"单位", "条款", "原文"}}
	for _, ref := range v.Loose {
		loose.Rows = append(loose.Rows, []string{ref.Unit, ref.Address, ref.Text})
	}
	return sendXLSX(q, textMatrixFile(v.Name), []sheet.Out{grid, gaps, shared, loose})
}

// refWords names clauses in a cell.
func refWords(list []index.Ref) string {
	var lines []string
	for _, ref := range list {
		line := ref.Address
		if ref.Role != "" {
			line += "（" + ref.Role + "）"
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}

// refList are clauses of a document, for their links.
type refList struct {
	Plan string
	List []index.Ref
}

func refsOf(plan string, list []index.Ref) refList { return refList{plan, list} }
