package plan

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared holds real plans and what they must give. They are no part of the
// project, so tests read them in place and skip where they are absent.
const shared = "../../../shared/data"

type gold struct {
	Title   *string  `json:"title"`
	DocNo   *string  `json:"doc_no"`
	Issuer  *string  `json:"issuer"`
	Date    *string  `json:"date"`
	Members []string `json:"members"`
	Units   []Unit   `json:"units"`
	Items   []Item   `json:"tasks"`
}

func readGold(t *testing.T, name string) (gold, *Plan) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, "gold", name+".json"))
	if err != nil {
		t.Skip("no shared data: ", err)
	}
	var g gold
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	docs, err := filepath.Glob(filepath.Join(shared, "plans", name+".*"))
	if err != nil || len(docs) != 1 {
		t.Fatal("want one document for ", name, docs, err)
	}
	text, err := os.ReadFile(docs[0])
	if err != nil {
		t.Fatal(err)
	}
	p, err := Read(filepath.Base(docs[0]), text)
	if err != nil {
		t.Fatal(err)
	}
	return g, p
}

// open drops the closing mark, which does not matter.
func open(s string) string { return strings.TrimRight(s, "。；;.") }

func TestGold(t *testing.T) {
	for _, name := range []string{"00-yueqing-culture-coordination", "04-gd-fgf-2021", "12-so-innovation-table", "13-culture-demo-zone-excerpt", "17-lishan-2023-excerpt"} {
		t.Run(name, func(t *testing.T) {
			g, p := readGold(t, name)
			for _, f := range []struct {
				what string
				want *string
				got  string
			}{{"title", g.Title, p.Title}, {"doc_no", g.DocNo, p.DocNo}, {"issuer", g.Issuer, p.Issuer}, {"date", g.Date, p.Date}} {
				if f.want != nil && *f.want != f.got {
					t.Errorf("%s = %q, want %q", f.what, f.got, *f.want)
				}
			}
			if g.Members != nil {
				if d := cmp.Diff(g.Members, p.Members); d != "" {
					t.Error("members (-want +got):", d)
				}
			}
			if d := cmp.Diff(unitRows(g.Units), unitRows(p.Units)); d != "" {
				t.Error("units (-want +got):", d)
			}
			if d := cmp.Diff(itemRows(g.Items), itemRows(p.Items)); d != "" {
				t.Error("tasks (-want +got):", d)
			}
		})
	}
}

type row struct {
	Name     string
	No       int
	Text     string
	Lead     []string
	Support  []string
	Deadline string
}

func unitRows(us []Unit) (rows []row) {
	for _, u := range us {
		for _, d := range u.Duties {
			rows = append(rows, row{Name: u.Name, No: d.No, Text: open(d.Text)})
		}
	}
	return rows
}

func itemRows(is []Item) (rows []row) {
	for _, it := range is {
		rows = append(rows, row{No: it.No, Text: open(it.Text), Lead: it.Lead, Support: it.Support, Deadline: it.Deadline})
	}
	return rows
}
