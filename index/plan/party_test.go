package plan

import (
	"fmt"
	"strings"
	"testing"
)

func TestTheUnitsOfACell(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ header, cell, want string }{
		{"责任单位", "市教育局、市科协", "市教育局= 市科协="},
		{"责任单位", "市教育局\n市科协", "市教育局= 市科协="},
		{"责任单位", "市教育局，市科协；市财政局", "市教育局= 市科协= 市财政局="},
		{"责任单位", "市教育局 市科协", "市教育局= 市科协="},
		{"责任单位", "市教育局/市科协", "市教育局= 市科协="},
		{"责任单位（首位为牵头单位）", "市教育局、市科协", "市教育局+ 市科协="},
		{"牵头单位", "市委宣传部", "市委宣传部+"},
		{"配合单位", "各成员单位", "各成员单位-"},
		{"责任单位", "牵头：市教育局；配合：市科协、市财政局", "市教育局+ 市科协- 市财政局-"},
		{"责任单位", "市教育局牵头，市科协配合", "市教育局+ 市科协-"},
		{"责任单位", "市教育局（牵头）、市科协", "市教育局+ 市科协-"},
		{"责任单位", "市教育局、市科协按职责分工负责", "市教育局= 市科协="},
		{"责任单位", "", ""},
		{"责任单位", "长期坚持", " 长期坚持"},
	} {
		kind, _ := ReadHeader(tc.header)
		var got []string
		parties, when := ReadParties(kind, tc.header, tc.cell)
		for _, p := range parties {
			got = append(got, p.Name+map[Column]string{ColLead: "+", ColDuty: "=", ColSupport: "-"}[p.Part])
		}
		line := strings.Join(got, " ")
		if when != "" {
			line += " " + when
		}
		if line != tc.want {
			t.Errorf("%s: %q gives %s, want %s", tc.header, tc.cell, fmt.Sprintf("%q", line), tc.want)
		}
	}
}
