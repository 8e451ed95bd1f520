package console

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/index/sheet"
)

// onPage is how many rows a page of a list has.
const onPage = 50

// pair is what a template is given where it needs two things.
type pair struct{ First, Second any }

func pairOf(first, second any) pair { return pair{first, second} }

// choice is an option of a field.
type choice struct {
	Value, Word string
	Chosen      bool
}

// choices marks the one that is chosen.
func choices(chosen string, list []choice) []choice {
	for i := range list {
		list[i].Chosen = list[i].Value == chosen
	}
	return list
}

// pages are the way through a list.
type pages struct {
	Page       int
	Query      string // of this one's address
	Prev, Next string // addresses; "": there is none
}

// pagesOf are those of the list at the path below Path; more is whether it goes on.
func pagesOf(q *request, path string, more bool) pages {
	p := pages{Page: pageOf(q), Query: q.Request.URL.Query().Encode()}
	to := func(n int) string {
		v := q.Request.URL.Query()
		v.Set("page", strconv.Itoa(n))
		return Path + path + "?" + v.Encode()
	}
	if p.Page > 1 {
		p.Prev = to(p.Page - 1)
	}
	if more {
		p.Next = to(p.Page + 1)
	}
	return p
}

// leaf is the page of the list that is asked for, and the way to the others.
func leaf[T any](q *request, path string, list []T) ([]T, pages) {
	from := min(len(list), (pageOf(q)-1)*onPage)
	to := min(len(list), from+onPage)
	return list[from:to], pagesOf(q, path, to < len(list))
}

func pageOf(q *request) int {
	n, _ := strconv.Atoi(q.Query("page"))
	return min(max(n, 1), 1_000_000)
}

// unitNames are those of the documents in force.
func (c *Console) unitNames() []string {
	if u := c.opt.Units(); u != nil {
		return u.Names()
	}
	return nil
}

// sendXLSX answers with a workbook.
func sendXLSX(q *request, name string, tables []sheet.Out) error {
	var file bytes.Buffer
	if err := sheet.WriteXLSX(&file, tables); err != nil {
		return err
	}
	sendFile(q, name+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", file.Bytes())
	return nil
}

// sendFile answers with a file to keep.
func sendFile(q *request, name, kind string, data []byte) {
	q.Header("Content-Disposition", fmt.Sprintf("attachment; filename*=UTF-8''%s", url.PathEscape(name)))
	q.Header("Cache-Control", "no-store")
	q.console.bearSlowDownload(q.Writer)
	q.Data(http.StatusOK, kind, data)
}

// nameOf is who somebody is, with the unit.
func nameOf(r store.Reader, id org.PersonID) (string, error) {
	if id == org.Operator {
		return textOperator, nil
	}
	p, ok, err := org.ByID(r, id)
	switch {
	case err != nil:
		return "", err
	case !ok || !p.Erased.IsZero() || p.Name == "":
		return textErased, nil
	}
	return strings.TrimSpace(p.Unit + " " + p.Name), nil
}
