package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// Limits of one call to a platform.
const (
	callTimeout = 8 * time.Second
	maxAnswer   = 1 << 20 // bytes of an answer; real ones have a few hundred
)

// Client calls the HTTP APIs of platforms: with a time limit, without following
// redirects, and with errors that hold no address, as addresses hold
// credentials. It is safe for concurrent use.
type Client struct{ http *http.Client }

// NewClient returns a client that sends through transport; nil:
// http.DefaultTransport.
func NewClient(transport http.RoundTripper) *Client {
	if transport == nil {
		transport = http.DefaultTransport
	}
	return &Client{http: &http.Client{
		Transport: transport, Timeout: callTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Answer is what came of one call.
type Answer struct {
	Status  int    // 0: no answer
	Body    []byte // cut after a megabyte
	Err     error  // why there is no answer; holds no address
	Written bool   // the request had left: it may have had its effect
}

// Call sends body as JSON, or nothing if it is nil, and returns what came back.
// < > and & are not escaped, as WeCom minds \u003c (docs 90313, 40033).
func (c *Client) Call(ctx context.Context, method string, to Link, header http.Header, body any) Answer {
	var payload io.Reader
	if body != nil {
		data, err := marshal(body)
		if err != nil {
			return Answer{Err: fmt.Errorf("call: %w", err)}
		}
		payload = bytes.NewReader(data)
	}
	return c.Send(ctx, method, to, header, "application/json; charset=utf-8", payload)
}

// Send is Call for a body of any kind.
func (c *Client) Send(ctx context.Context, method string, to Link, header http.Header, kind string, body io.Reader) Answer {
	var written atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteHeaders: func() { written.Store(true) },
	})
	req, err := http.NewRequestWithContext(ctx, method, to.Reveal(), body)
	if err != nil {
		return Answer{Err: errors.New("call: not a usable address")}
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return Answer{Err: bare(err), Written: written.Load()}
	}
	defer func() { _ = resp.Body.Close() }() // the answer has been read or is of no use
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return Answer{Err: bare(err), Written: true}
	}
	return Answer{Status: resp.StatusCode, Body: data, Written: true}
}

// Upload posts a picture as the field that both platforms take files in.
func (c *Client) Upload(ctx context.Context, to Link, png []byte) Answer {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="media"; filename="%s"; filelength=%d`, PictureFile, len(png))},
		"Content-Type":        {"image/png"},
	})
	if err == nil {
		_, err = part.Write(png)
	}
	if err = errors.Join(err, form.Close()); err != nil { // a Buffer takes everything
		return Answer{Err: fmt.Errorf("call: %w", err)}
	}
	return c.Send(ctx, http.MethodPost, to, nil, form.FormDataContentType(), &body)
}

// PictureFile is the name under which a platform may show a picture.
const PictureFile = "picture.png"

// bare takes the address out of an error of net/http.
func bare(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return fmt.Errorf("call: %w", err)
}

// Fault is the Outcome of a call that gave no answer of the platform's own:
// nothing came back, or an HTTP status that no platform uses for its codes. ok
// is false if the body is to be read.
func (a Answer) Fault() (o Outcome, ok bool) {
	switch {
	case a.Err != nil && a.Written:
		return Unknown().Because("network"), true
	case a.Err != nil:
		return RetryAfter(0).Because("network"), true
	case a.Status == http.StatusTooManyRequests || a.Status >= 500:
		return RetryAfter(0).Because(fmt.Sprintf("http-%d", a.Status)), true
	case a.Status >= 300 && a.Status < 400 || a.Status < 200:
		return Permanent(fmt.Sprintf("http-%d", a.Status)), true
	}
	return Outcome{}, false
}

// Decode reads the body as JSON into v.
func (a Answer) Decode(v any) error {
	if a.Err != nil {
		return a.Err
	}
	if err := json.Unmarshal(a.Body, v); err != nil {
		return fmt.Errorf("call: answer of status %d is not the JSON expected: %w", a.Status, err)
	}
	return nil
}

// marshal is json.Marshal without the escaping for HTML.
func marshal(v any) ([]byte, error) {
	if raw, ok := v.(json.RawMessage); ok {
		return raw, nil
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimRight(b.Bytes(), "\n"), nil
}

// Robots finds group robots by our id of them. A robot nobody knows is
// ErrConfig.
type Robots interface {
	Robot(ctx context.Context, id string) (Robot, error)
}

// Robot is what it takes to send by a group robot. Both are credentials.
type Robot struct {
	Webhook Link
	Secret  Link // 加签 of DingTalk; may be empty
}

// SameOrigin reports whether link lies at one of the origins (scheme, host and
// port), so that nothing is sent elsewhere.
func SameOrigin(link Link, origins ...string) bool {
	u, err := url.Parse(link.Reveal())
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	for _, o := range origins {
		w, err := url.Parse(o)
		if err == nil && w.Host != "" && strings.EqualFold(u.Scheme, w.Scheme) && strings.EqualFold(u.Host, w.Host) {
			return true
		}
	}
	return false
}
