package handlers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot"
	"xietiao/index"
)

// fake answers every question with its own words; some questions go wrong.
type fake struct{}

func (fake) Ask(ctx context.Context, q, prev, plan string) (bot.Reply, error) {
	switch q {
	case "fail":
		return bot.Reply{}, errors.New("open /secret/place: hunter2")
	case "panic":
		panic("hunter2")
	case "elsewhere":
		return bot.Reply{}, fmt.Errorf("ask: %w", index.ErrNoPlan)
	case "slow":
		return bot.Reply{}, fmt.Errorf("ask: %w", context.DeadlineExceeded)
	}
	no := 3
	rows := []index.Row{{Kind: index.KindDuty, Plan: "文〔2020〕1号", Unit: "市委宣传部", No: &no, Role: "统筹指导", Text: "统筹<指导>；", Cite: "文〔2020〕1号 附件·市委宣传部·第3项"}}
	text := "答：" + q + "|" + prev + "|" + plan
	return bot.Reply{Text: text, Markdown: text, Full: text, Leans: q == "更多",
		Answer: bot.Answer{ID: json.RawMessage(`""`), Q: q, Status: index.Answered, Intent: index.IntentResponsible, Results: rows, Reply: text, TookUS: 7}}, nil
}

func (fake) Thread(_ context.Context, q, prev string, r bot.Reply) (string, error) {
	if r.Leans {
		return prev, nil
	}
	return q, nil
}

func setup(t *testing.T, ready bool) (*Server, *bytes.Buffer) {
	t.Helper()
	var log bytes.Buffer
	s, err := New(Options{Logger: slog.New(slog.NewTextHandler(&log, nil)), Version: "v1"})
	if err != nil {
		t.Fatal(err)
	}
	if ready {
		s.Ready(fake{}, []string{"农家书屋归谁管"})
	}
	return s, &log
}

func do(s *Server, method, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

const form = "application/x-www-form-urlencoded"

func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name               string
		method, path, body string
		ready              bool
		want               int
	}{
		{"page", "GET", "/", "", true, 200},
		{"head of the page", "HEAD", "/", "", true, 200},
		{"page while starting", "GET", "/", "", false, 200},
		{"form", "POST", "/", "q=谁管", true, 200},
		{"form without question", "POST", "/", "q=+", true, 400},
		{"form that is too long", "POST", "/", "q=" + strings.Repeat("a", MaxQuestion+1), true, 400},
		{"form while starting", "POST", "/", "q=谁管", false, 503},
		{"api", "POST", "/api/ask", `{"q":"谁管"}`, true, 200},
		{"api with unknown fields", "POST", "/api/ask", `{"q":"谁管","x":1}`, true, 200},
		{"api while starting", "POST", "/api/ask", `{"q":"谁管"}`, false, 503},
		{"api with no question", "POST", "/api/ask", `{"prev":"谁管"}`, true, 400},
		{"api with a long question", "POST", "/api/ask", `{"q":"` + strings.Repeat("长", MaxQuestion+1) + `"}`, true, 400},
		{"api with a question as long as allowed", "POST", "/api/ask", `{"q":"` + strings.Repeat("长", MaxQuestion) + `"}`, true, 200},
		{"api with nonsense", "POST", "/api/ask", `谁管`, true, 400},
		{"api with a list", "POST", "/api/ask", `[]`, true, 400},
		{"api with two objects", "POST", "/api/ask", `{"q":"a"}{"q":"b"}`, true, 400},
		{"api with an empty body", "POST", "/api/ask", ``, true, 400},
		{"api too large", "POST", "/api/ask", `{"q":"` + strings.Repeat("a", MaxBody) + `"}`, true, 413},
		{"api too large behind the object", "POST", "/api/ask", `{"q":"a"}` + strings.Repeat(" ", MaxBody), true, 413},
		{"api too large and nonsense", "POST", "/api/ask", "nonsense" + strings.Repeat("a", MaxBody), true, 413},
		{"form too large", "POST", "/", "q=" + strings.Repeat("a", MaxBody), true, 413},
		{"api by GET", "GET", "/api/ask", "", true, 405},
		{"api failure", "POST", "/api/ask", `{"q":"fail"}`, true, 500},
		{"api panic", "POST", "/api/ask", `{"q":"panic"}`, true, 500},
		{"api for a document that is not there", "POST", "/api/ask", `{"q":"elsewhere"}`, true, 400},
		{"api timeout", "POST", "/api/ask", `{"q":"slow"}`, true, 503},
		{"no such page", "GET", "/console", "", true, 404},
		{"no such asset", "GET", "/assets/..%2fchat.html", "", true, 404},
		{"alive", "GET", "/healthz", "", false, 200},
		{"not ready", "GET", "/readyz", "", false, 503},
		{"ready", "GET", "/readyz", "", true, 200},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, log := setup(t, tc.ready)
			w := do(s, tc.method, tc.path, tc.body, "Content-Type", form)
			if w.Code != tc.want {
				t.Errorf("status %d, want %d: %s", w.Code, tc.want, w.Body)
			}
			if strings.Contains(w.Body.String(), "hunter2") || strings.Contains(w.Body.String(), "/secret") {
				t.Errorf("an internal error is shown: %s", w.Body)
			}
			id := w.Header().Get("X-Request-Id")
			if len(id) != 16 {
				t.Errorf("request id %q", id)
			}
			if w.Code == 500 && (!strings.Contains(w.Body.String(), id) || !strings.Contains(log.String(), id) || !strings.Contains(log.String(), "hunter2")) {
				t.Errorf("the id does not lead to the cause\nbody %s\nlog %s", w.Body, log)
			}
			if w.Code == 503 && tc.path != "/readyz" && w.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
			for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options"} {
				if w.Header().Get(name) == "" {
					t.Errorf("no %s", name)
				}
			}
		})
	}
}

func TestTheAPIAnswersAsTheCommandDoes(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, true)
	w := do(s, "POST", "/api/ask", `{"q":"谁<管>","prev":"前","plan":"某"}`)
	want := `{"id":"","q":"谁<管>","status":"answered","intent":"responsible","results":[{"kind":"duty","plan":"文〔2020〕1号","unit":"市委宣传部","no":3,"role":"统筹指导","text":"统筹<指导>；","cite":"文〔2020〕1号 附件·市委宣传部·第3项"}],"reply":"答：谁<管>|前|某","took_us":7}` + "\n"
	if diff := cmp.Diff(want, w.Body.String()); diff != "" {
		t.Error(diff)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Error(got)
	}
}

func TestThePageWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, true)
	post := func(q, prev string) string {
		w := do(s, "POST", "/", url.Values{"q": {q}, "prev": {prev}}.Encode(), "Content-Type", form)
		if w.Code != http.StatusOK {
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		return w.Body.String()
	}
	page := post("<script>alert(1)</script>", "前一问")
	for _, want := range []string{"答：&lt;script&gt;alert(1)&lt;/script&gt;|前一问|", "市委宣传部", "统筹&lt;指导&gt;；", "第3项", "<details>"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	if strings.Contains(page, "<script>alert") {
		t.Error("what a visitor writes comes back as HTML")
	}
	if !strings.Contains(post("谁管", "前"), `name="prev" type="hidden" value="谁管"`) {
		t.Error("a follow-up would not lean on the last question")
	}
	if !strings.Contains(post("更多", "谁管"), `name="prev" type="hidden" value="谁管"`) {
		t.Error("更多 is taken for a question")
	}
}

func TestAssetsAreCachedForGood(t *testing.T) {
	t.Parallel()
	s, _ := setup(t, true)
	page := do(s, "GET", "/", "").Body.String()
	kinds := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
	for ext, kind := range kinds {
		_, rest, ok := strings.Cut(page, `="/assets/`)
		for ok {
			name, after, _ := strings.Cut(rest, `"`)
			if strings.HasSuffix(name, ext) {
				w := do(s, "GET", "/assets/"+name, "")
				if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
					t.Errorf("%s: %d %v", name, w.Code, w.Header())
				}
				delete(kinds, ext)
			}
			_, rest, ok = strings.Cut(after, `="/assets/`)
		}
	}
	if len(kinds) != 0 {
		t.Errorf("the page does not load %v", kinds)
	}
	if strings.Contains(page, "//") && strings.Contains(page, "https://") {
		t.Error("the page loads something from elsewhere")
	}
}

func TestQuestionsStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	s, log := setup(t, true)
	do(s, "POST", "/api/ask", `{"q":"某人的事"}`, "Authorization", "hunter2", "X-Request-Id", "forged\nline")
	if got := log.String(); strings.Contains(got, "某人") || strings.Contains(got, "hunter2") || strings.Contains(got, "forged") || !strings.Contains(got, "status=200") {
		t.Errorf("log: %s", got)
	}
}

func TestWrongProxiesAreRefused(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{TrustedProxies: []string{"nonsense"}}); err == nil {
		t.Error("no error")
	}
}

func TestErrorsFindTheirStatus(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err  error
		want int
	}{
		{errNotReady, 503}, {fmt.Errorf("x: %w", errBusy), 503}, {fmt.Errorf("%w: %w", ErrMalformed, io.ErrUnexpectedEOF), 400},
		{fmt.Errorf("%w: %w", ErrMalformed, &http.MaxBytesError{}), 413}, {io.EOF, 500}, {errors.Join(io.EOF, ErrNotFound), 404},
	} {
		if got, text := Status(tc.err); got != tc.want || text == "" {
			t.Errorf("%v: %d %q, want %d", tc.err, got, text, tc.want)
		}
	}
}

func FuzzReadQuestion(f *testing.F) {
	f.Add([]byte(`{"q":"谁","prev":"","plan":"x"}`))
	f.Add([]byte(`{"q":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		if _, err := readQuestion(bytes.NewReader(body)); err == nil && !json.Valid(body) {
			t.Errorf("accepted %q", body)
		}
	})
}
