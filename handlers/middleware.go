package handlers

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// Where a request's id, and the hook it came to, are kept.
const (
	keyID   = "request_id"
	keyHook = "hook"
)

// withID gives every request an id of our own making; one sent by the visitor
// is not taken over, so that nobody can write into our logs.
func (s *Server) withID(c *gin.Context) {
	id := rand.Text()[:16]
	c.Set(keyID, id)
	c.Header("X-Request-Id", id)
	c.Next()
}

func requestID(c *gin.Context) string { return c.GetString(keyID) }

// withLog writes one line a request: never the question, never a header.
func (s *Server) withLog(c *gin.Context) {
	start := time.Now()
	c.Next()
	route := c.FullPath()
	if route == "/healthz" || route == "/readyz" {
		return
	}
	s.opt.Logger.Info("request", "id", requestID(c), "method", c.Request.Method, "route", route,
		"status", c.Writer.Status(), "took", time.Since(start), "from", c.ClientIP())
}

// recover turns a panic into a 500 that shows an id and no cause.
func (s *Server) recover(c *gin.Context) {
	defer func() {
		if r := recover(); r != nil {
			if r == http.ErrAbortHandler { //nolint:errorlint // it is what net/http compares it with
				panic(r) // the connection is to break, so that nobody takes half an answer for a whole one
			}
			s.opt.Logger.Error("panic in handler", "id", requestID(c), "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			c.Abort()
			if !c.Writer.Written() {
				s.fail(c, http.StatusInternalServerError, strings.ReplaceAll(textInternal, "%s", requestID(c)))
			}
		}
	}()
	c.Next()
}

// secure sets the headers that every answer carries.
func secure(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy(""))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Permissions-Policy", "geolocation=(self), camera=(), microphone=()")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	c.Next()
}

// policy is what a page may load: ours, and the script at an address, if there is one.
func policy(script string) string {
	return strings.TrimSuffix("default-src 'none'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; script-src 'self' "+script, " ")
}

// lets allows the page to load its client's script.
func lets(c *gin.Context, script string) string {
	c.Header("Content-Security-Policy", policy(script))
	return script
}

// limitBody cuts a body off before anybody reads it.
func limitBody(c *gin.Context) {
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, MaxBody)
	c.Next()
}
