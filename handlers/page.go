package handlers

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
	"xietiao/index"
)

//go:embed web
var web embed.FS

// pages are the templates and the files they load, all embedded.
type pages struct {
	tmpl   *template.Template
	assets map[string][]byte // name with the hash of the content in it
}

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

func loadPages() (*pages, error) {
	p := &pages{assets: map[string][]byte{}}
	urls := map[string]string{}
	for _, name := range []string{"style.css", "activity.css", "chat.js", "login.js", "activity.js", "screen.js", "list.js", "icon.svg"} {
		data, err := web.ReadFile("web/" + name)
		if err != nil {
			return nil, fmt.Errorf("embedded %s: %w", name, err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(name)
		hashed := strings.TrimSuffix(path.Base(name), ext) + "." + hex.EncodeToString(sum[:4]) + ext
		p.assets[hashed] = data
		urls[name] = "/assets/" + hashed
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
	}).ParseFS(web, "web/*.html")
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
func (p *pages) write(c *gin.Context, code int, v view) { p.render(c, code, "chat.html", v) }

// render makes a page in a buffer before the first byte is sent.
func (p *pages) render(c *gin.Context, code int, name string, v any) {
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
		return fmt.Errorf("%w: %w", errMalformed, err)
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

// asset serves an embedded file; its name changes with its content, so a
// browser may keep it for good.
func (s *Server) asset(c *gin.Context) error {
	name := c.Param("name")
	data, ok := s.pages.assets[name]
	if !ok {
		return errNotFound
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
