package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"xietiao/bot/curate"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/handlers"
	"xietiao/index/doc"
)

// planRoutes are the documents: those in force, those to come, and drafts.
func (c *Console) planRoutes() []route {
	list := c.shows("plans.html", c.plans)
	return append([]route{
		get("/plans", watchers, list),
		upload("/plans", office, c.takePlan(list)),
	}, append(c.draftRoutes(), c.documentRoutes()...)...)
}

// plansView are all documents.
type plansView struct {
	Holdings []library.Holding
	Drafts   []draftLine
	Most     int64 // bytes of an upload
}

// draftLine is a draft in a list.
type draftLine struct {
	library.Draft
	Who string
}

func (c *Console) plans(_ *request, r store.Reader) (page, error) {
	v := plansView{Most: maxUpload}
	var err error
	if v.Holdings, err = library.Holdings(r); err != nil {
		return page{}, err
	}
	drafts, err := library.Drafts(r)
	if err != nil {
		return page{}, err
	}
	for _, d := range drafts {
		who, err := nameOf(r, org.PersonID(d.By))
		if err != nil {
			return page{}, err
		}
		v.Drafts = append(v.Drafts, draftLine{d, who})
	}
	return page{Title: "方案", Data: v}, nil
}

// takePlan keeps the file that was sent as a draft, if it can be read as a document.
func (c *Console) takePlan(again action) action {
	return func(q *request) error {
		f, err := fileOf(q, "file", maxUpload)
		if err == nil {
			if _, bad := library.Read(f.Name, f.Data); bad != nil {
				err = words(f.Name + "：" + doc.Advice(bad))
			}
		}
		if err != nil {
			return c.answer(q, "", err, nil, again)
		}
		var d library.Draft
		var fresh bool
		err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
			d, fresh, err = library.Upload(tx, f.Name, f.Data, string(q.by()))
			return err
		})
		return c.answer(q, textUploaded(fresh), err, func(*request) string { return draftPath(d.Sum) }, again)
	}
}

// takeEffect makes what was changed of documents or words answer at once, not only
// when the service looks next.
func (c *Console) takeEffect(q *request) {
	if err := c.opt.Reload(context.WithoutCancel(q.ctx())); err != nil {
		c.opt.Logger.Warn("documents not read yet", "component", "console", "err", err)
	}
}

// changesPlans is does for what changes documents or words.
func (c *Console) changesPlans(d deed, to func(*request) string, again action) action {
	return func(q *request) error {
		var done string
		err := c.opt.Store.Update(q.ctx(), func(tx *store.Tx) (err error) {
			done, err = d(q, tx)
			return err
		})
		if err == nil {
			c.takeEffect(q)
		}
		return c.answer(q, done, err, to, again)
	}
}

// lost makes a document that is not there an answer of its own.
func lost(err error) error {
	for _, not := range []error{library.ErrNoDraft, library.ErrNone} {
		if errors.Is(err, not) {
			return handlers.Fault{Code: http.StatusNotFound, Text: library.Tell(err)}
		}
	}
	if errors.Is(err, library.ErrDamaged) {
		return handlers.Fault{Code: http.StatusConflict, Text: library.Tell(err)}
	}
	return err
}

func draftPath(sum string) string     { return Path + "/plans/draft/" + url.PathEscape(sum) }
func documentPath(name string) string { return Path + "/plans/doc/" + url.PathEscape(name) }

// documentName is that of the address.
func documentName(q *request) string {
	raw := q.Param("name")
	if name, err := url.PathUnescape(raw); err == nil {
		return name
	}
	return raw
}

// curateTell words an error about the office's words.
func curateTell(err error) string {
	text, _ := curate.Tell(err)
	return text
}
