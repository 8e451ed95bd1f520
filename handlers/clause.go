package handlers

import (
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"xietiao/bot"
)

// clauseView is what a clause's page shows.
type clauseView struct {
	Clauses []bot.Clause
}

// showClause is the page of one clause, /p/<plan>/<address>: what a link in a
// chat leads to. The documents are public, so it asks for no login.
func (s *Server) showClause(c *gin.Context) error {
	r := s.bot.Load()
	if r == nil {
		return errNotReady
	}
	name, err := url.PathUnescape(c.Param("plan"))
	if err != nil {
		return ErrNotFound
	}
	address, err := url.PathUnescape(c.Param("address"))
	if err != nil {
		return ErrNotFound
	}
	clauses := r.clauses(name, address)
	if len(clauses) == 0 {
		return ErrNotFound
	}
	s.pages.Render(c, http.StatusOK, "clause.html", clauseView{Clauses: clauses})
	return nil
}
