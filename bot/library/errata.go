package library

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"xietiao/bot/store"
	"xietiao/index/plan"
)

// errataBucket holds the decisions about a version's errata: sum, erratum's id.
const errataBucket = "plans.errata"

const keySep = "\x00" // parts the parts of a key

// Choice is what the office makes of a damaged place.
type Choice string

// The choices.
const (
	ChoiceAdopt Choice = "adopt" // 采纳建议: it is to be read as suggested
	ChoiceKeep  Choice = "keep"  // 保留原文: nothing is wrong
	ChoiceOwn   Choice = "own"   // 自填: it is to be read as Reading says
)

// ErrInvalid: a decision without a choice or a reading, or one that is too long.
var ErrInvalid = errors.New("library: not a usable decision")

// maxWords bounds what somebody writes in a decision, in characters.
const maxWords = 1000

// Decision is what the office decided of an erratum. It never changes the text.
type Decision struct {
	Choice  Choice    `json:"choice"`
	Reading string    `json:"reading,omitempty"` // of ChoiceOwn
	Note    string    `json:"note,omitempty"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
	Rev     int       `json:"rev"` // how often it was decided
}

// Erratum is a damaged place of a version.
type Erratum struct {
	ID         string // within the version
	Kind       string // a plan.Warn…
	Where      string // 市发改局·1
	Text       string // 原文
	Suggestion string // 建议读法; empty: none
	Clause     string // the text of the clause that it stands in; empty: not known
	Decision
}

// Decided reports whether the office has decided.
func (e Erratum) Decided() bool { return e.Rev > 0 }

// Reading is how the place is to be read by what was decided; empty: not decided.
func (e Erratum) Read() string {
	switch e.Choice {
	case ChoiceAdopt:
		return e.Suggestion
	case ChoiceKeep:
		return e.Text
	case ChoiceOwn:
		return e.Reading
	}
	return ""
}

// Errata lists the damaged places of a version in the document's order of finding,
// with what was decided of them. p is what the version with that sum says.
func Errata(r store.Reader, sum string, p *plan.Plan) ([]Erratum, error) {
	decided := map[string]Decision{}
	err := r.Scan(errataBucket, store.Range{Prefix: sum + keySep}, func(key string, value []byte) error {
		var d Decision
		if err := json.Unmarshal(value, &d); err != nil {
			return fmt.Errorf("%w: errata of %s: %w", store.ErrDamaged, sum, err)
		}
		decided[strings.TrimPrefix(key, sum+keySep)] = d
		return nil
	})
	if err != nil {
		return nil, err
	}
	clauses := clausesByPlace(p)
	var list []Erratum
	seen := map[string]int{}
	for _, w := range p.Warnings {
		e := Erratum{ID: erratumID(w, seen), Kind: w.Kind, Where: w.Where, Text: w.Text, Suggestion: w.Suggestion, Clause: clauses[w.Where]}
		e.Decision = decided[e.ID]
		list = append(list, e)
	}
	return list, nil
}

// erratumID tells the errata of a version apart, also when the parser finds more of
// them some day. seen counts those that are the same.
func erratumID(w plan.Warning, seen map[string]int) string {
	h := sha256.Sum256([]byte(strings.Join([]string{w.Kind, w.Where, w.Text}, keySep)))
	id := hex.EncodeToString(h[:6])
	if seen[id]++; seen[id] > 1 {
		id += "-" + strconv.Itoa(seen[id])
	}
	return id
}

// clausesByPlace are the texts at the places that warnings name.
func clausesByPlace(p *plan.Plan) map[string]string {
	at := map[string]string{}
	for address, c := range p.Clauses() {
		place := address
		if c.Unit != "" {
			place = plan.DutyPlace(c.Unit, c.No)
		}
		if _, ok := at[place]; !ok {
			at[place] = c.Text
		}
	}
	return at
}

// Decide keeps what the office makes of an erratum of a draft or version. d.Rev is that
// of the decision it was looked at with: ErrStale if there is another one. ErrInvalid;
// ErrNone: the document has no such version or erratum.
func Decide(tx *store.Tx, name, sum, id string, d Decision, by string) error {
	d.Reading, d.Note = strings.TrimSpace(d.Reading), strings.TrimSpace(d.Note)
	if utf8.RuneCountInString(d.Reading) > maxWords || utf8.RuneCountInString(d.Note) > maxWords {
		return fmt.Errorf("%w: too long", ErrInvalid)
	}
	p, err := planOf(tx, name, sum)
	if err != nil {
		return err
	}
	list, err := Errata(tx, sum, p)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(e Erratum) bool { return e.ID == id })
	switch {
	case i < 0:
		return fmt.Errorf("%w: erratum %s", ErrNone, id)
	case list[i].Rev != d.Rev:
		return ErrStale
	case d.Choice == ChoiceOwn && d.Reading == "", d.Choice == ChoiceAdopt && list[i].Suggestion == "":
		return fmt.Errorf("%w: no reading", ErrInvalid)
	case !slices.Contains([]Choice{ChoiceAdopt, ChoiceKeep, ChoiceOwn}, d.Choice):
		return fmt.Errorf("%w: no choice", ErrInvalid)
	}
	if d.Choice != ChoiceOwn {
		d.Reading = ""
	}
	d.By, d.At, d.Rev = by, tx.Now(), d.Rev+1
	value, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("errata: %w", err)
	}
	if err := tx.Put(errataBucket, sum+keySep+id, value); err != nil {
		return err
	}
	return note(tx, name, by, ActDecide, decided{Sum: sum, Where: list[i].Where, Text: list[i].Text, Decision: d})
}

// decided is the Data of a decision in the history.
type decided struct {
	Sum   string `json:"sum"`
	Where string `json:"where"`
	Text  string `json:"text"`
	Decision
}

// planOf is what a draft or version says.
func planOf(r store.Reader, name, sum string) (*plan.Plan, error) {
	d, err := DraftOf(r, sum)
	if errors.Is(err, ErrNoDraft) {
		doc, err := Open(r, name, sum)
		return doc.Plan, err
	}
	if err == nil && d.Name != name {
		err = fmt.Errorf("%w: %s %s", ErrNone, name, sum)
	}
	return d.Plan, err
}
