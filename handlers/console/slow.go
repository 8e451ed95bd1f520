package console

import (
	"net/http"
	"time"
)

// The limits of a connection are for answers of milliseconds; over a bad line a
// document takes minutes.
const (
	patience   = 15 * time.Minute // 32 MB at 36 KB/s
	answerTime = 30 * time.Second // to answer, after a file has come
)

// bearSlowUpload gives a file time to come.
func (c *Console) bearSlowUpload(w http.ResponseWriter) {
	rc, until := http.NewResponseController(w), time.Now().Add(c.opt.Patience)
	c.limit(rc.SetReadDeadline(until))
	c.limit(rc.SetWriteDeadline(until.Add(answerTime)))
}

// bearSlowDownload gives what is written next time to go.
func (c *Console) bearSlowDownload(w http.ResponseWriter) {
	c.limit(http.NewResponseController(w).SetWriteDeadline(time.Now().Add(c.opt.Patience)))
}

// limit notes that a connection has no deadlines to move: the server's own stand.
func (c *Console) limit(err error) {
	if err != nil {
		c.opt.Logger.Debug("deadline not moved", "component", "console", "err", err)
	}
}

// patient is an answer whose length nobody knows beforehand: it may take as long as
// it takes, and no part of it longer than Patience.
type patient struct {
	c *Console
	http.ResponseWriter
}

func (w patient) Write(p []byte) (int, error) {
	w.c.bearSlowDownload(w.ResponseWriter)
	return w.ResponseWriter.Write(p)
}
