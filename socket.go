package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"xietiao/bot"
	"xietiao/config"
)

// socketFile is where the service of a data folder takes the commands.
const socketFile = "admin.sock"

// maxSocketPath is what an address of a Unix socket may hold on every system.
const maxSocketPath = 103

// socketPath is the shortest way to write the socket's path.
func socketPath(data string) (string, error) {
	path := filepath.Join(data, socketFile)
	if wd, err := os.Getwd(); err == nil {
		if abs, err := filepath.Abs(path); err == nil {
			if rel, err := filepath.Rel(wd, abs); err == nil && len(rel) < len(path) {
				path = rel
			}
		}
	}
	if len(path) > maxSocketPath {
		return "", fmt.Errorf("数据文件夹 %s 的路径太长，管理命令要用的套接字放不下。请换一个短些的路径，或进到那个文件夹里用 -data . 运行", data)
	}
	return path, nil
}

// listenSocket opens the socket for this user alone. The caller holds the data
// folder's lock, so one that is there is a dead process's.
func listenSocket(ctx context.Context, data string) (net.Listener, error) {
	path, err := socketPath(data)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", path)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("admin socket: %w", err), l.Close())
	}
	return l, nil
}

// Addresses on the socket.
const (
	pathImport    = "/import"
	pathBackup    = "/backup"
	pathDocuments = "/documents"
	pathStanding  = "/standing"
	pathRemind    = "/remind"
	pathVerify    = "/verify"
	pathExport    = "/export"
	pathAssess    = "/assess"
	pathConsole   = "/console"
)

// serveOperator gives an operator to the other side of the socket. Who can open
// the socket may do all of it.
func serveOperator(op operator) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+pathImport, func(w http.ResponseWriter, r *http.Request) {
		data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxDocument+1))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		q := r.URL.Query()
		apply, _ := strconv.ParseBool(q.Get("apply"))
		remove, _ := strconv.ParseBool(q.Get("remove"))
		report, err := op.Import(r.Context(), importRequest{Kind: q.Get("as"), File: q.Get("file"), Activity: q.Get("activity"), Data: data, Remove: remove, Apply: apply})
		reply(w, report, err)
	})
	mux.HandleFunc("GET "+pathDocuments, func(w http.ResponseWriter, r *http.Request) {
		docs, err := op.Documents(r.Context())
		reply(w, docs, err)
	})
	mux.HandleFunc("GET "+pathStanding, func(w http.ResponseWriter, r *http.Request) {
		st, err := op.Standing(r.Context())
		reply(w, st, err)
	})
	mux.HandleFunc("GET "+pathRemind, func(w http.ResponseWriter, r *http.Request) {
		at, err := time.Parse(time.RFC3339, r.URL.Query().Get("at"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		rem, err := op.Remind(r.Context(), at)
		reply(w, rem, err)
	})
	mux.HandleFunc("GET "+pathVerify, func(w http.ResponseWriter, r *http.Request) {
		report, err := op.Verify(r.Context())
		reply(w, report, err)
	})
	mux.HandleFunc("POST "+pathExport, func(w http.ResponseWriter, r *http.Request) {
		data, err := carryOut(r, op.Export)
		reply(w, data, err)
	})
	mux.HandleFunc("POST "+pathAssess, func(w http.ResponseWriter, r *http.Request) {
		rep, err := carryOut(r, op.Assess)
		reply(w, rep, err)
	})
	mux.HandleFunc("POST "+pathConsole, func(w http.ResponseWriter, r *http.Request) {
		link, err := carryOut(r, op.ConsoleLink)
		reply(w, link, err)
	})
	mux.HandleFunc("GET "+pathBackup, func(w http.ResponseWriter, r *http.Request) {
		out := &begun{Writer: w}
		switch err := op.Backup(r.Context(), out); {
		case err != nil && out.any:
			panic(http.ErrAbortHandler) // the other side sees that the copy is not whole
		case err != nil:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

// carryOut does what the body asks for.
func carryOut[Q, A any](r *http.Request, do func(context.Context, Q) (A, error)) (answer A, err error) {
	var q Q
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		return answer, fmt.Errorf("admin socket: %w", err)
	}
	return do(r.Context(), q)
}

// begun notes whether anything was written.
type begun struct {
	io.Writer
	any bool
}

func (b *begun) Write(p []byte) (int, error) {
	b.any = true
	return b.Writer.Write(p)
}

// reply writes a result, or an error for people.
func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_ = json.NewEncoder(w).Encode(v) // if the other side has gone there is nobody to tell
}

// remote is the operator of a running service.
type remote struct{ client *http.Client }

var _ operator = remote{}

// errNoService says that no service has the data folder.
var errNoService = errors.New("no service is running")

// dialOperator finds the service that has the data folder open.
func dialOperator(ctx context.Context, data string) (remote, error) {
	path, err := socketPath(data)
	if err != nil {
		return remote{}, err
	}
	dial := func(ctx context.Context) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	conn, err := dial(ctx)
	if err != nil {
		return remote{}, errNoService
	}
	_ = conn.Close() // it was only to see whether somebody answers
	return remote{&http.Client{Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return dial(ctx) },
	}}}, nil
}

// serviceAnswers says whether a service has the data folder open.
func serviceAnswers(ctx context.Context, cfg config.Config) bool {
	r, err := dialOperator(ctx, cfg.Data)
	if err != nil {
		return false
	}
	_ = r.Close() // it was only to see
	return true
}

// cutOff is what a command says when the service goes away at work.
func cutOff(err error) error {
	return fmt.Errorf("服务中途断开了，请看服务的日志；再运行一次不会重复\n（%w）", err)
}

// call sends one command. The error is for users.
func (r remote) call(ctx context.Context, method, path string, q url.Values, body io.Reader) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "service", Path: path, RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("call the service: %w", err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, cutOff(err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }() // read only
	text, err := io.ReadAll(io.LimitReader(res.Body, maxErrorText))
	if err != nil {
		return nil, cutOff(err)
	}
	return nil, errors.New(string(bytes.TrimSpace(text)))
}

// maxErrorText bounds what a service may say about a failure, in bytes.
const maxErrorText = 1 << 16

func (r remote) decode(ctx context.Context, method, path string, q url.Values, body io.Reader, v any) error {
	res, err := r.call(ctx, method, path, q, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		return cutOff(err)
	}
	return nil
}

func (r remote) Import(ctx context.Context, req importRequest) (report importReport, err error) {
	q := url.Values{"as": {req.Kind}, "file": {req.File}, "apply": {strconv.FormatBool(req.Apply)}, "remove": {strconv.FormatBool(req.Remove)}, "activity": {req.Activity}}
	err = r.decode(ctx, http.MethodPost, pathImport, q, bytes.NewReader(req.Data), &report)
	return report, err
}

func (r remote) Remind(ctx context.Context, at time.Time) (rem reminding, err error) {
	err = r.decode(ctx, http.MethodGet, pathRemind, url.Values{"at": {at.Format(time.RFC3339)}}, nil, &rem)
	return rem, err
}

func (r remote) Verify(ctx context.Context) (v bot.Verified, err error) {
	err = r.decode(ctx, http.MethodGet, pathVerify, nil, nil, &v)
	return v, err
}

func (r remote) Export(ctx context.Context, req exportRequest) (data []byte, err error) {
	err = r.ask(ctx, pathExport, req, &data)
	return data, err
}

func (r remote) Assess(ctx context.Context, req assessRequest) (rep assessReport, err error) {
	err = r.ask(ctx, pathAssess, req, &rep)
	return rep, err
}

func (r remote) ConsoleLink(ctx context.Context, login string) (link string, err error) {
	err = r.ask(ctx, pathConsole, login, &link)
	return link, err
}

// ask sends a request and decodes its answer.
func (r remote) ask(ctx context.Context, path string, req, v any) error {
	body, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("call the service: %w", err)
	}
	return r.decode(ctx, http.MethodPost, path, nil, bytes.NewReader(body), v)
}

func (r remote) Standing(ctx context.Context) (st standing, err error) {
	err = r.decode(ctx, http.MethodGet, pathStanding, nil, nil, &st)
	return st, err
}

func (r remote) Documents(ctx context.Context) (docs originals, err error) {
	err = r.decode(ctx, http.MethodGet, pathDocuments, nil, nil, &docs)
	return docs, err
}

func (r remote) Backup(ctx context.Context, w io.Writer) error {
	res, err := r.call(ctx, http.MethodGet, pathBackup, nil, nil)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if _, err := io.Copy(w, res.Body); err != nil {
		return cutOff(err)
	}
	return nil
}

func (r remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}
