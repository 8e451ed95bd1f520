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

	"xietiao/bot/library"
	"xietiao/bot/store"
)

// operator carries out the commands that change or copy the store: within this
// process, or through the socket of the service that has it open.
type operator interface {
	// Import reads one file as kind says and tells what it would change; with
	// apply it changes it, all or nothing.
	Import(ctx context.Context, req importRequest) (importReport, error)
	// Backup writes a consistent copy.
	Backup(ctx context.Context, w io.Writer) error
	// Documents returns the documents in force, as they were imported.
	Documents(ctx context.Context) ([]originalFile, error)
	Close() error
}

// importRequest is one file to import.
type importRequest struct {
	Kind  string // plan, roster or groups
	File  string
	Data  []byte
	Apply bool
}

// importReport is what an import changes, for people.
type importReport struct {
	Lines   []string `json:"lines"`
	Bad     bool     `json:"bad"`     // the file cannot be imported; Lines say why and where
	Changes bool     `json:"changes"` // there is something to do
}

// originalFile is a document's bytes.
type originalFile struct {
	File string `json:"file"`
	Data []byte `json:"data"`
}

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
		return "", fmt.Errorf("数据文件夹 %s 的路径太长，管理命令要用的套接字建不了；请换一个短些的文件夹", data)
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
		report, err := op.Import(r.Context(), importRequest{Kind: q.Get("as"), File: q.Get("file"), Data: data, Apply: apply})
		reply(w, report, err)
	})
	mux.HandleFunc("GET "+pathDocuments, func(w http.ResponseWriter, r *http.Request) {
		docs, err := op.Documents(r.Context())
		reply(w, docs, err)
	})
	mux.HandleFunc("GET "+pathBackup, func(w http.ResponseWriter, r *http.Request) {
		if err := op.Backup(r.Context(), w); err != nil {
			panic(http.ErrAbortHandler) // the other side sees that the copy is not whole
		}
	})
	return mux
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

func (r remote) call(ctx context.Context, method, path string, q url.Values, body io.Reader) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: "service", Path: path, RawQuery: q.Encode()}
	req, err := http.NewRequestWithContext(ctx, method, u.String(), body)
	if err != nil {
		return nil, fmt.Errorf("call the service: %w", err)
	}
	res, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("call the service: %w", err)
	}
	if res.StatusCode == http.StatusOK {
		return res, nil
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, 1<<16))
	if err != nil {
		return nil, fmt.Errorf("call the service: %w", err)
	}
	return nil, errors.New(string(bytes.TrimSpace(text)))
}

func (r remote) decode(ctx context.Context, method, path string, q url.Values, body io.Reader, v any) error {
	res, err := r.call(ctx, method, path, q, body)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }() // read only
	if err := json.NewDecoder(res.Body).Decode(v); err != nil {
		return fmt.Errorf("call the service: %w", err)
	}
	return nil
}

func (r remote) Import(ctx context.Context, req importRequest) (report importReport, err error) {
	q := url.Values{"as": {req.Kind}, "file": {req.File}, "apply": {strconv.FormatBool(req.Apply)}}
	err = r.decode(ctx, http.MethodPost, pathImport, q, bytes.NewReader(req.Data), &report)
	return report, err
}

func (r remote) Documents(ctx context.Context) (docs []originalFile, err error) {
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
		return fmt.Errorf("the copy was cut off: %w", err)
	}
	return nil
}

func (r remote) Close() error {
	r.client.CloseIdleConnections()
	return nil
}

// local is the operator of this process.
type local struct {
	store   *store.Store
	imports imports
	close   func() error
}

var _ operator = local{}

func (l local) Import(ctx context.Context, req importRequest) (importReport, error) {
	return l.imports.run(ctx, req)
}

func (l local) Backup(ctx context.Context, w io.Writer) error { return l.store.Backup(ctx, w) }

func (l local) Documents(ctx context.Context) (docs []originalFile, err error) {
	err = l.store.View(ctx, func(r store.Reader) error {
		docs = nil
		all, err := library.All(r)
		for _, d := range all {
			docs = append(docs, originalFile{File: d.File, Data: d.Original})
		}
		return err
	})
	return docs, err
}

func (l local) Close() error { return l.close() }

// stamp names a file after the time.
func stamp(t time.Time) string { return t.Format("20060102-150405") }
