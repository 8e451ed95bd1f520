package handlers

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
	"xietiao/index"
)

//go:embed web
var web embed.FS

// Pages are templates and the files they load, all embedded.
type Pages struct {
	tmpl   *template.Template
	assets map[string][]byte // name with the hash of the content in it
}

// assetKinds are the files that templates load. One of them, the service worker, is
// asked for by a fixed address also.
var assetKinds = []string{".css", ".js", ".svg"}

// view is what the trial page shows.
type view struct {
	Examples []string
	Q, Prev  string
	Answer   *answerView
	Fault    string
}

// note is a page that says one thing.
type note struct {
	Text  string
	Fault bool
}

// answerView is one answer on the page.
type answerView struct {
	Lines   []string
	Sources []index.Row
	Took    string
}

// LoadPages reads the templates (*.html) of the folder web of files, and what they
// load: the files of the other kinds, which Asset must serve below at. Templates find
// their addresses by {{asset "style.css"}}.
func LoadPages(files fs.FS, at string, funcs template.FuncMap) (*Pages, error) {
	p := &Pages{assets: map[string][]byte{}}
	urls := map[string]string{}
	list, err := fs.ReadDir(files, "web")
	if err != nil {
		return nil, fmt.Errorf("embedded files: %w", err)
	}
	for _, file := range list {
		name := file.Name()
		if !slices.Contains(assetKinds, path.Ext(name)) {
			continue
		}
		data, err := fs.ReadFile(files, "web/"+name)
		if err != nil {
			return nil, fmt.Errorf("embedded %s: %w", name, err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(path.Base(name), ext) + "." + hex.EncodeToString(sum[:4]) + ext
		p.assets[hashed] = data
		urls[name] = at + hashed
	}
	tmpl, err := template.New("").Funcs(template.FuncMap{
		"asset": func(name string) (string, error) {
			if url, ok := urls[name]; ok {
				return url, nil
			}
			return "", fmt.Errorf("no embedded file %s", name)
		},
		"inc":    func(n int) int { return n + 1 },
		"join":   func(list []string) string { return strings.Join(list, "、") },
		"clause": clausePath,
	}).Funcs(funcs).ParseFS(files, "web/*.html")
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	p.tmpl = tmpl
	return p, nil
}

// clausePath is where the page of a row's clause is; "" for facts, which have none.
func clausePath(r index.Row) string {
	address, ok := strings.CutPrefix(r.Cite, r.Plan+" ")
	if !ok {
		return ""
	}
	return bot.ClausePath(r.Plan, address)
}

// write renders the trial page.
func (p *Pages) write(c *gin.Context, code int, v view) { p.Render(c, code, "chat.html", v) }

// Render makes a page in a buffer before the first byte is sent.
func (p *Pages) Render(c *gin.Context, code int, name string, v any) {
	var buf bytes.Buffer
	if err := p.tmpl.ExecuteTemplate(&buf, name, v); err != nil {
		_ = c.Error(err) // the templates are tested; a visitor still gets an answer
		c.String(http.StatusInternalServerError, "%s", strings.ReplaceAll(textInternal, "%s", requestID(c)))
		return
	}
	c.Data(code, "text/html; charset=utf-8", buf.Bytes())
}

func (s *Server) examples() []string {
	if r := s.bot.Load(); r != nil {
		return r.examples
	}
	return nil
}

// showPage is the trial page before the first question.
func (s *Server) showPage(c *gin.Context) error {
	s.pages.write(c, http.StatusOK, view{Examples: s.examples()})
	return nil
}

// askPage answers the page's form where there is no JavaScript.
func (s *Server) askPage(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	q, prev := c.Request.PostForm.Get("q"), c.Request.PostForm.Get("prev")
	if s.opt.Desk != nil && s.opt.Desk.Chats(q) {
		s.pages.write(c, http.StatusOK, view{Examples: s.examples(), Q: q, Prev: prev, Answer: &answerView{Lines: []string{textOnlyInChat}}})
		return nil
	}
	reply, err := s.ask(c.Request.Context(), q, prev, "")
	if err != nil {
		return err
	}
	thread, err := s.bot.Load().asker.Thread(c.Request.Context(), q, prev, reply)
	if err != nil {
		return err
	}
	s.pages.write(c, http.StatusOK, view{Examples: s.examples(), Q: q, Prev: thread, Answer: viewOf(reply)})
	return nil
}

func viewOf(r bot.Reply) *answerView {
	return &answerView{
		Lines:   strings.Split(r.Text, "\n"),
		Sources: r.Answer.Results,
		Took:    fmt.Sprintf("%.1f", float64(r.Answer.TookUS)/1000),
	}
}

// asset serves an embedded file.
func (s *Server) asset(c *gin.Context) error { return s.pages.Asset(c) }

// Asset serves the file that the parameter name of the address names. Its name
// changes with its content, so a browser may keep it for good.
func (p *Pages) Asset(c *gin.Context) error {
	name := c.Param("name")
	data, ok := p.assets[name]
	if !ok {
		return ErrNotFound
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // the machine's table may lack or change these
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	}
	c.Data(http.StatusOK, kind, data)
	return nil
}
