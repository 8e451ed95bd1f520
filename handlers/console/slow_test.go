package console

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// slowLine is a connection on which a plan has begun to come up: the server reads its
// body, and rest is what is missing of it.
type slowLine struct {
	net.Conn
	in   *bufio.Reader
	rest []byte
}

// beginUpload sends the head of a request, waits until the server wants the body, and
// sends half of it.
func beginUpload(t *testing.T, b *browser, to *httptest.Server) slowLine {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	_ = w.WriteField("csrf", b.csrf())
	f, err := w.CreateFormFile("file", "方案.txt")
	if err == nil {
		_, err = f.Write([]byte(townPlan))
	}
	if err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", to.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	at, _ := url.Parse(b.url + Path)
	cookie := ""
	for _, c := range b.client.Jar.Cookies(at) {
		cookie += c.String() + "; "
	}
	half := body.Len() / 2
	_, err = fmt.Fprintf(conn, "POST %s/plans HTTP/1.1\r\nHost: x\r\nCookie: %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
		Path, strings.TrimSuffix(cookie, "; "), w.FormDataContentType(), body.Len())
	if err != nil {
		t.Fatal(err)
	}
	l := slowLine{conn, bufio.NewReader(conn), body.Bytes()[half:]}
	if line, err := l.in.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
		t.Fatalf("%q, %v", line, err)
	}
	if _, err := l.in.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Write(body.Bytes()[:half]); err != nil {
		t.Fatal(err)
	}
	return l
}

// answer is what comes back, or nil where the line was cut.
func (l slowLine) answer(t *testing.T) *http.Response {
	t.Helper()
	res, err := http.ReadResponse(l.in, nil)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// impatient serves the console with limits that are over at once.
func impatient(t *testing.T, d *desk) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(d.opt.Server)
	s.Config.ReadTimeout, s.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// A plan may come up for longer than the server bears anything else.
func TestASlowLineBringsAPlan(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	s := impatient(t, d)
	l := beginUpload(t, d.as("周主任"), s)

	// Whoever has not signed in is cut off meanwhile: the server's own limit is over.
	nobody := beginUpload(t, d.nobody(), s)
	if res := nobody.answer(t); res != nil && res.StatusCode < 400 {
		t.Errorf("nobody's upload: %s", res.Status)
	}
	if _, err := l.Write(l.rest); err != nil {
		t.Fatal(err)
	}
	res := l.answer(t)
	if res == nil || res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), Path+"/plans/draft/") {
		t.Fatalf("%+v", res)
	}
}

// Nobody keeps a connection for ever.
func TestAnUploadThatStopsIsCutOff(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.opt.Patience = 100 * time.Millisecond
	l := beginUpload(t, d.as("周主任"), impatient(t, d))
	if res := l.answer(t); res != nil && res.StatusCode < 400 {
		t.Errorf("%s", res.Status)
	}
	d.as("周主任").get("/plans").see(t, "还没有发布过方案")
}

// deadlines is a writer that says which deadline it was given.
type deadlines struct {
	http.ResponseWriter
	until []time.Time
}

func (w *deadlines) SetWriteDeadline(at time.Time) error {
	w.until = append(w.until, at)
	return nil
}

// A download of any length goes on while its parts go.
func TestEveryPartOfABackupHasItsTime(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	w := &deadlines{ResponseWriter: httptest.NewRecorder()}
	before := time.Now().Add(d.opt.Patience)
	for range 3 {
		if _, err := io.WriteString(patient{d.Console, w}, "part"); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.until) != 3 || w.until[0].Before(before) || w.until[2].Before(w.until[1]) {
		t.Errorf("%v", w.until)
	}
}
