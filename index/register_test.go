package index

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/index/plan"
)

func TestUnitsAreFoundByEveryName(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	for unit, names := range map[string][]string{
		"市市场监管局": {"市市场监管局", "市场监管局", "市监局", "市市场监督管理局", "乐清市市场监督管理局", "工商局"},
		"市文广旅体局": {"文旅局", "市文化和广电旅游体育局", "文化广电旅游和体育局", "樂清市文廣旅體局"},
		"市委宣传部":  {"宣传部", "中共乐清市委宣传部", " 市委 宣传部\n"},
		"团市委":    {"团委", "共青团乐清市委"},
		"市府办（市大数据发展管理中心）": {"市府办", "大数据局", "市府办（市大数据发展管理中心）", "市府办(市大数据发展管理中心)"},
		"市妇联": {"乐清市妇女联合会"},
	} {
		for _, name := range names {
			if got, ok := ix.Unit(name); got != unit || !ok {
				t.Errorf("%q is %q, %v; want %s", name, got, ok, unit)
			}
		}
	}
	for _, name := range []string{"", "局", "市公安局", "省文旅厅", "温州市文广旅局", "永嘉县教育局", "教育部", "工青妇", "办公室", "图书馆", "\xff", "市教育局、市财政局", "市教育局和市财政局", "市自然资源和规划局与市教育局", "教育局、财政局、科协"} {
		if got, ok := ix.Unit(name); ok {
			t.Errorf("%q is %q", name, got)
		}
	}
}

func TestEveryListedUnitIsFoundByItsOwnName(t *testing.T) {
	t.Parallel()
	ix := build(t, plan.Sample())
	units := ix.Units()
	if len(units) != len(plan.Sample().Members) {
		t.Errorf("%d units, %d members", len(units), len(plan.Sample().Members))
	}
	for _, u := range units {
		if got, ok := ix.Unit(u); got != u || !ok {
			t.Errorf("%s is %q, %v", u, got, ok)
		}
	}
}

func TestUnitsOfSeveralPlans(t *testing.T) {
	t.Parallel()
	ix := build(t,
		small("清江市", "清文协〔2020〕1号", "市市场监管局", "市场"),
		small("清江市", "清文协〔2023〕1号", "市市场监督管理局", "市场"),
		small("白石县", "白文协〔2021〕2号", "县教育局", "文化礼堂"),
		small("清江市", "清文协〔2021〕3号", "市教育局", "文化礼堂"),
		small("白石县", "白文协〔2022〕4号", "教育局", "文化礼堂"),
		small("某国", "某协〔2021〕3号", "教育部", "文化礼堂"),
	)
	if diff := cmp.Diff([]string{"市市场监管局", "县教育局", "市教育局", "教育部"}, ix.Units()); diff != "" {
		t.Error(diff)
	}
	for name, want := range map[string]string{
		"市监局": "市市场监管局", "市市场监督管理局": "市市场监管局", "白石县教育局": "县教育局", "县教育局": "县教育局", "清江市教育局": "市教育局", "教育部": "教育部",
		"教育局": "", "教体局": "", "雁荡区教育局": "",
	} {
		if got, ok := ix.Unit(name); got != want || ok != (want != "") {
			t.Errorf("%s is %q, %v; want %q", name, got, ok, want)
		}
	}
	if none := build(t); len(none.Units()) > 0 {
		t.Error("units of no plan")
	}
}
