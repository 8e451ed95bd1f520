package console

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"xietiao/bot"
	"xietiao/bot/library"
	"xietiao/bot/org"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/handlers"
	"xietiao/index/sheet"
)

// taskImportRoutes bring tasks in from a file, which is shown before anything is done.
func (c *Console) taskImportRoutes() []route {
	start := c.shows("taskimport.html", c.importStart)
	return []route{
		get("/tasks/import", office, start),
		upload("/tasks/import", office, c.takeTasks(start)),
		get("/tasks/import/:file", office, c.shows("taskintake.html", c.intake)),
		post("/tasks/import/:file", office, c.importTasks),
		get("/tasks/import/:file/check.xlsx", office, c.checkSheet),
		get("/tasks/duties.xlsx", office, c.blankSheets),
	}
}

// bucketUpload keeps files that were sent until somebody has looked at what they would
// do: a random id → uploaded.
const bucketUpload = "console.upload"

const (
	uploadFor   = 2 * time.Hour
	maxTaskFile = 8 << 20 // bytes
	maxFileName = 100     // characters
)

// uploaded is a file that waits.
type uploaded struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

// fileOf is the file that a form has brought, of at most so many bytes.
func fileOf(q *request, field string, most int64) (uploaded, error) {
	head, err := q.FormFile(field)
	switch {
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart), err == nil && head.Size == 0:
		return uploaded{}, words(textNoFile)
	case err != nil:
		return uploaded{}, err
	case head.Size > most:
		return uploaded{}, words(textBigFile(most))
	}
	f, err := head.Open()
	if err != nil {
		return uploaded{}, err
	}
	defer func() { _ = f.Close() }() // read only
	data, err := io.ReadAll(f)
	name := []rune(strings.ToValidUTF8(filepath.Base(head.Filename), "?"))
	return uploaded{string(name[max(0, len(name)-maxFileName):]), data}, err
}

// keepUpload keeps a file under an id until it is wanted.
func (c *Console) keepUpload(tx *store.Tx, id string, f uploaded) error {
	raw, err := json.Marshal(f)
	if err != nil {
		return err
	}
	return tx.PutUntilWall(bucketUpload, id, raw, c.opt.Wall().Add(uploadFor))
}

// keptUpload is the file of the address. handlers.Fault: it is no longer kept.
func (c *Console) keptUpload(q *request, r store.Reader) (f uploaded, err error) {
	raw, ok, err := r.Get(bucketUpload, q.Param("file"))
	switch {
	case err != nil:
		return f, err
	case !ok:
		return f, errUploadGone
	}
	return f, json.Unmarshal(raw, &f)
}

// importStart asks for a file.
func (c *Console) importStart(_ *request, r store.Reader) (page, error) {
	sums, err := library.Sums(r)
	return page{Title: textImportTasks, Data: len(sums) > 0}, err
}

// takeTasks keeps the file that was sent, if it can be read at all.
func (c *Console) takeTasks(start action) action {
	return func(q *request) error {
		f, err := fileOf(q, "file", maxTaskFile)
		if err != nil {
			return c.answer(q, "", err, nil, start)
		}
		id := handlers.Secret()
		err = c.opt.Store.View(q.ctx(), func(r store.Reader) error {
			_, err := c.taskSheet(r, f)
			return err
		})
		if err == nil {
			err = c.opt.Store.Update(q.ctx(), func(tx *store.Tx) error { return c.keepUpload(tx, id, f) })
		}
		if err != nil {
			return c.answer(q, "", err, nil, start)
		}
		q.Redirect(http.StatusSeeOther, Path+"/tasks/import/"+id)
		return nil
	}
}

// taskSheet reads the tasks of a file; what cannot be read is told to the user.
func (c *Console) taskSheet(r store.Reader, f uploaded) (task.Sheet, error) {
	known := c.opt.Units()
	if known == nil {
		return task.Sheet{}, words(textNoUnits)
	}
	list, problems, err := bot.ReadTasks(r, c.opt.Tasks, known, f.Name, f.Data)
	if err != nil || len(problems) == 0 {
		return list, err
	}
	var why []string
	for _, p := range problems {
		why = append(why, p.String())
	}
	return list, words(strings.Join(why, "\n"))
}

// taskIntakeView is what importing a file would do.
type taskIntakeView struct {
	File    string
	ID      string
	Seen    string // of what is shown
	Intake  task.Intake
	New     []fatedView
	Change  []fatedView
	Unclear []fatedView
	Same    int
	Missing []taskRow
	Notes   []org.Problem
}

// fatedView is a row with what importing does.
type fatedView struct {
	Place   string
	Fields  taskFields
	Task    task.Task
	Changes []string
	Unclear []string
	Notes   []string
}

// seenSum tells what was shown of an intake from what would be.
func seenSum(in task.Intake) string {
	sum := sha256.Sum256([]byte(in.String()))
	return hex.EncodeToString(sum[:8])
}

// intake shows what importing the file would do.
func (c *Console) intake(q *request, r store.Reader) (page, error) {
	f, in, err := c.intakeOf(q, r)
	if err != nil {
		return page{}, err
	}
	v := taskIntakeView{File: f.Name, ID: q.Param("file"), Seen: seenSum(in), Intake: in, Same: in.Count(task.FateSame), Notes: in.Notes}
	for _, row := range in.Rows {
		one := fatedView{Place: strings.Trim(row.Sheet+"!"+row.Cell, "!"), Fields: fieldsOf(row.Draft), Task: row.Task, Changes: row.Changes}
		for _, p := range row.Unclear {
			one.Unclear = append(one.Unclear, p.String())
		}
		for _, p := range row.Notes {
			one.Notes = append(one.Notes, p.String())
		}
		switch row.Fate {
		case task.FateNew:
			v.New = append(v.New, one)
		case task.FateChange:
			v.Change = append(v.Change, one)
		case task.FateUnclear:
			v.Unclear = append(v.Unclear, one)
		}
	}
	for _, t := range in.Missing {
		v.Missing = append(v.Missing, c.taskRow(t, "", r.Now()))
	}
	return page{Title: textImportTasks, Data: v}, nil
}

// intakeOf is the file of the address with what importing it would do.
func (c *Console) intakeOf(q *request, r store.Reader) (f uploaded, in task.Intake, err error) {
	if f, err = c.keptUpload(q, r); err != nil {
		return f, in, err
	}
	list, err := c.taskSheet(r, f)
	if err != nil {
		return f, in, err
	}
	in, err = c.opt.Tasks.Compare(r, list)
	return f, in, err
}

// importTasks does what was shown, and nothing else.
func (c *Console) importTasks(q *request) error {
	var list task.Sheet
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) error {
		f, err := c.keptUpload(q, r)
		if err == nil {
			list, err = c.taskSheet(r, f)
		}
		return err
	})
	if err != nil {
		return err
	}
	return c.does(func(q *request, tx *store.Tx) (string, error) {
		in, err := c.opt.Tasks.Compare(tx, list)
		switch {
		case err != nil:
			return "", err
		case q.PostForm("seen") != seenSum(in):
			return "", words(textIntakeChanged)
		}
		if in, err = c.opt.Tasks.Import(tx, list, q.tasker()); err != nil {
			return "", err
		}
		return textImported(in), tx.Delete(bucketUpload, q.Param("file"))
	}, at("/tasks"), c.shows("taskintake.html", c.intake))(q)
}

// checkSheet is the result as a workbook, for those who made the file.
func (c *Console) checkSheet(q *request) error {
	var in task.Intake
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		_, in, err = c.intakeOf(q, r)
		return err
	})
	if err != nil {
		return err
	}
	return sendXLSX(q, textCheckFile, []sheet.Out{in.Table()})
}

// blankSheets are the task sheets of the documents in force, to fill in.
func (c *Console) blankSheets(q *request) error {
	var tables []sheet.Out
	err := c.opt.Store.View(q.ctx(), func(r store.Reader) (err error) {
		tables, err = bot.BlankSheets(r)
		return err
	})
	switch {
	case err != nil:
		return err
	case len(tables) == 0:
		return handlers.Fault{Code: http.StatusConflict, Text: textNoDuties}
	}
	return sendXLSX(q, textDutiesFile, tables)
}
