package handlers

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"
)

// Half an answer is not taken for a whole one: who breaks it off breaks the connection.
func TestAnAnswerThatBreaksOff(t *testing.T) {
	t.Parallel()
	s, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.Group("/x").GET("/half", func(c *gin.Context) {
		c.String(http.StatusOK, "half")
		c.Writer.Flush()
		panic(http.ErrAbortHandler)
	})
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, web.URL+"/x/half", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := web.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("%q came as a whole answer", body)
	}
}
