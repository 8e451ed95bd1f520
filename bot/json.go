package bot

import (
	"bytes"
	"encoding/json"
	"fmt"

	"xietiao/index"
)

// MarshalJSON writes the keys of every row that its kind has, also where they
// are empty: a reader need not tell a missing key from an empty value.
func (a Answer) MarshalJSON() ([]byte, error) {
	rows := make([]any, len(a.Results))
	for i, r := range a.Results {
		rows[i] = rowJSON(r)
	}
	if len(a.ID) == 0 {
		a.ID = json.RawMessage(`""`)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false) // whether < is escaped is up to the encoder that called us
	err := enc.Encode(struct {
		ID      json.RawMessage `json:"id"`
		Q       string          `json:"q"`
		Status  index.Status    `json:"status"`
		Intent  index.Intent    `json:"intent"`
		Results []any           `json:"results"`
		Office  string          `json:"office,omitempty"`
		Reply   string          `json:"reply"`
		TookUS  int64           `json:"took_us"`
	}{a.ID, a.Q, a.Status, a.Intent, rows, a.Office, a.Reply, a.TookUS})
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return buf.Bytes(), nil
}

// dutyJSON and taskJSON are rows whose own keys are always there. The fields
// are those of index.Row in its order.
type dutyJSON struct {
	Kind    string `json:"kind"`
	Plan    string `json:"plan"`
	Unit    string `json:"unit"`
	No      *int   `json:"no,omitempty"`
	Role    string `json:"role"`
	Section string `json:"section,omitempty"`
	Title   string `json:"title,omitempty"`
	Text    string `json:"text"`
	Cite    string `json:"cite"`
	Related bool   `json:"related,omitempty"`
}

type taskJSON struct {
	Kind     string   `json:"kind"`
	Plan     string   `json:"plan"`
	Unit     string   `json:"unit,omitempty"`
	No       *int     `json:"no,omitempty"`
	Role     string   `json:"role,omitempty"`
	Section  string   `json:"section,omitempty"`
	Title    string   `json:"title,omitempty"`
	Text     string   `json:"text"`
	Lead     []string `json:"lead"`
	Support  []string `json:"support"`
	Deadline string   `json:"deadline"`
	Due      string   `json:"due,omitempty"`
	Cite     string   `json:"cite"`
	Related  bool     `json:"related,omitempty"`
}

func rowJSON(r index.Row) any {
	switch r.Kind {
	case index.KindDuty:
		return dutyJSON{r.Kind, r.Plan, r.Unit, r.No, r.Role, r.Section, r.Title, r.Text, r.Cite, r.Related}
	case index.KindTask:
		return taskJSON{r.Kind, r.Plan, r.Unit, r.No, r.Role, r.Section, r.Title, r.Text,
			listed(r.Lead), listed(r.Support), r.Deadline, r.Due, r.Cite, r.Related}
	}
	return r
}

// listed is never null.
func listed(names []string) []string {
	if names == nil {
		return []string{}
	}
	return names
}
