package plan

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xietiao/index/doc"
)

func TestDump(t *testing.T) {
	f := os.Getenv("PLAN_DUMP")
	if f == "" {
		t.Skip()
	}
	b, _ := os.ReadFile(f)
	d, err := doc.Read(f, b, doc.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i, bl := range d.Blocks {
		if bl.Table == nil {
			r := []rune(bl.Text)
			fmt.Printf("%d [%s a%d] %q\n", i, bl.Style, bl.Auto, string(r[:min(len(r), 60)]))
			continue
		}
		for _, row := range bl.Table.Rows {
			fmt.Printf("%d TABLE", i)
			for _, c := range row {
				r := []rune(c.Text)
				fmt.Printf(" | %s%q", map[bool]string{true: "^"}[c.Copied], string(r[:min(len(r), 14)]))
			}
			fmt.Println()
		}
	}
}

func TestOut(t *testing.T) {
	out := os.Getenv("PLAN_OUT")
	if out == "" {
		t.Skip()
	}
	for _, dir := range []string{shared + "/plans", "/tmp/corpusA/docs", "/tmp/corpusB/docs"} {
		fs, _ := os.ReadDir(dir)
		for _, f := range fs {
			b, _ := os.ReadFile(dir + "/" + f.Name())
			p, err := Read(f.Name(), b)
			if err != nil {
				fmt.Println("ERR", f.Name(), err)
				continue
			}
			j, _ := json.MarshalIndent(p, "", " ")
			os.WriteFile(out+"/"+strings.TrimSuffix(f.Name(), filepath.Ext(f.Name()))+".json", j, 0o644)
		}
	}
}

func TestV(t *testing.T) {
	for _, f := range strings.Fields(os.Getenv("PLAN_V")) {
		b, _ := os.ReadFile(f)
		p, err := Read(f, b)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("=====", f, "|", p.Title, "|", p.DocNo, "|", p.Issuer, "|", p.Date, "| office", p.Office, "| members", p.Members)
		for _, s := range p.Sections {
			fmt.Printf("  S %s | %s | %.60s\n", s.Path, s.Title, s.Text)
		}
		for _, u := range p.Units {
			for _, d := range u.Duties {
				fmt.Printf("  U %s %d [%s] %s\n", u.Name, d.No, d.Role, d.Text)
			}
		}
		for _, it := range p.Items {
			fmt.Printf("  T %s/%d %q %s | L %v S %v | %s %s %v\n", it.Section, it.No, it.Title, it.Text, it.Lead, it.Support, it.Deadline, it.Due, it.Extra)
		}
		for _, w := range p.Warnings {
			fmt.Println("  W", w)
		}
		fmt.Printf("  UNREAD %q\n", p.Unread)
	}
}
