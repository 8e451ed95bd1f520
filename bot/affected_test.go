package bot

import (
	"strings"
	"testing"

	"xietiao/bot/library"
	"xietiao/bot/store"
	"xietiao/bot/task"
	"xietiao/index/plan"
)

// Of the tasks that stem from a document, those are named whose clause another version
// moves, changes or drops, and no others.
func TestTasksThatANewVersionTouches(t *testing.T) {
	t.Parallel()
	o, board := taskBureau(t)
	old := plan.Sample()
	text := string(plan.SampleText)
	for _, change := range [][2]string{
		{"推动工人文化宫逐步免费开放工作", "推动工人文化宫全部免费开放工作"},                             // changed
		{"协调城乡社区文化建设工作", "协调城乡文化建设工作"},                                     // another's change
		{"\n市侨联\n\n推进海外温州人参与公共文化服务。\n", "\n"},                              // gone
		{"\n市住建局\n\n协同制定公共文化设施建设标准。\n", "\n市住房城乡建设局\n\n协同制定公共文化设施建设标准。\n"}, // another unit's
	} {
		next := strings.Replace(text, change[0], change[1], 1)
		if next == text {
			t.Fatalf("the sample has no %q", change[0])
		}
		text = next
	}
	next, err := library.Read("b.txt", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	source := func(address string) task.Source {
		for at, c := range old.Clauses() {
			if at == address {
				return task.Source{Plan: old.DocNo, Address: at, Clause: c.Text}
			}
		}
		t.Fatalf("the sample has no %s", address)
		return task.Source{}
	}
	other := source("附件·市侨联")
	other.Plan = "别的方案"
	closed := task.Draft{Title: "已取消", Source: source("附件·市侨联"), Leads: []string{"市侨联"}}
	o.update(func(tx *store.Tx) error {
		for _, d := range []task.Draft{
			{Title: "开放", Source: source("附件·市总工会·第3项")}, {Title: "侨联", Source: source("附件·市侨联")}, {Title: "标准", Source: source("附件·市住建局")},
			{Title: "不变", Source: source("附件·市残联·第1项")}, {Title: "别的文件", Source: other}, {Title: "没有出处"}, closed,
		} {
			made, _, err := board.Create(tx, "", d, task.Operator)
			if err != nil {
				return err
			}
			if d.Title == closed.Title {
				if _, err := board.Apply(tx, made.Number, task.Action{Do: task.DoCancel, Text: "不办了"}, task.Operator); err != nil {
					return err
				}
			}
		}
		return nil
	})
	var got []string
	o.update(func(tx *store.Tx) error {
		got = nil
		list, err := AffectedTasks(tx, board, old, next, old.DocNo)
		for _, a := range list {
			got = append(got, a.Task.Title+" "+string(a.Fate.Kind)+" "+a.Fate.Unit)
		}
		return err
	})
	if want := []string{"开放 changed 市总工会", "侨联 gone ", "标准 moved 市住房城乡建设局"}; strings.Join(got, "；") != strings.Join(want, "；") {
		t.Errorf("got %q", got)
	}
}

func BenchmarkAffectedTasks(b *testing.B) {
	o, board := taskBureau(b)
	old := plan.Sample()
	next, err := library.Read("b.txt", []byte(strings.Replace(string(plan.SampleText), "推动工人文化宫逐步免费开放工作", "推动工人文化宫全部免费开放工作", 1)))
	if err != nil {
		b.Fatal(err)
	}
	const tasks, at = 10_000, 500 // at once
	for range tasks / at {
		o.update(func(tx *store.Tx) error {
			for i := range at {
				u := old.Units[i%len(old.Units)]
				d := u.Duties[len(u.Duties)-1]
				source := task.Source{Plan: old.DocNo, Address: plan.DutyAddress(u.Name, d.No), Clause: d.Text}
				if _, _, err := board.Create(tx, "", task.Draft{Title: "任务", Source: source, Leads: []string{u.Name}}, task.Operator); err != nil {
					return err
				}
			}
			return nil
		})
	}
	for b.Loop() {
		o.update(func(tx *store.Tx) error {
			list, err := AffectedTasks(tx, board, old, next, old.DocNo)
			if len(list) < tasks/len(old.Units)-at {
				b.Errorf("%d tasks", len(list))
			}
			return err
		})
	}
}
