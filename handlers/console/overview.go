package console

import (
	"context"

	"xietiao/bot/org"
	"xietiao/bot/outbox"
	"xietiao/bot/store"
	"xietiao/bot/task"
)

// overviewRoutes are the page that a day begins with.
func (c *Console) overviewRoutes() []route {
	return []route{get("", everybody, c.shows("overview.html", c.overview))}
}

// overviewView is what needs a hand today, and how the units are doing.
type overviewView struct {
	Work     []work
	Bulletin task.Bulletin
	Faults   map[string]string // of the platforms and the store
}

// work is something that waits for somebody.
type work struct {
	Name string
	N    int
	Path string
}

func (c *Console) overview(q *request, r store.Reader) (page, error) {
	v := overviewView{Faults: c.opt.Health(context.WithoutCancel(q.ctx()))}
	var err error
	if v.Bulletin, err = c.opt.Tasks.Bulletin(r); err != nil {
		return page{}, err
	}
	add := func(name string, n int, path string) {
		if n > 0 && c.has(path) {
			v.Work = append(v.Work, work{name, n, Path + path})
		}
	}
	add("逾期的任务", len(v.Bulletin.Overdue), "/tasks")
	if q.office() {
		failed, err := c.opt.Outbox.List(r, outbox.Query{States: []outbox.State{outbox.StateFailed}})
		if err != nil {
			return page{}, err
		}
		add("没有送达的通知", len(failed), "/notices")
		asked, err := org.Pending(r)
		if err != nil {
			return page{}, err
		}
		add("等着同意的绑定", len(asked), "/people")
	}
	return page{Title: "概览", Data: v}, nil
}
