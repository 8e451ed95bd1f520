package handlers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
)

// question is the body of POST /api/ask. Fields it does not know are ignored,
// so that older callers keep working.
type question struct {
	Q    string `json:"q"`
	Prev string `json:"prev"`
	Plan string `json:"plan"`
}

// readQuestion reads one JSON object and nothing behind it. The whole body is
// read first: one that is too large is told so, whatever it begins with.
func readQuestion(body io.Reader) (question, error) {
	data, err := io.ReadAll(body)
	if err != nil {
		return question{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var q question
	if err := json.Unmarshal(data, &q); err != nil {
		return question{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return q, nil
}

// askAPI answers POST /api/ask.
func (s *Server) askAPI(c *gin.Context) error {
	q, err := readQuestion(c.Request.Body)
	if err != nil {
		return err
	}
	reply, err := s.ask(c.Request.Context(), q.Q, q.Prev, q.Plan)
	if err != nil {
		return err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(reply.Answer); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", buf.Bytes())
	return nil
}
