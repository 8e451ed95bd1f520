package plan

import "strings"

// Party is a unit that takes part in a matter: ColLead, ColSupport, or ColDuty for
// one that is only called responsible, which leads where no other does.
type Party struct {
	Name string // as written
	Part Column
}

// ReadParties reads the units of a table's cell below that header: a list, or
// 牵头：A；配合：B, or A、B按职责分工负责. kind is what ReadHeader says of the header. when
// is what the cell says of the time.
func ReadParties(kind Column, header, cell string) (parties []Party, when string) {
	def := map[Column]part{ColLead: partLead, ColDuty: partDuty, ColUnit: partDuty, ColSupport: partSupport}[kind]
	text := cellList(cell)
	s, ok := share{}, false
	if label.MatchString(text) {
		s, ok = readShare(text)
	}
	if !ok {
		s, _ = readVerbs(text, def)
	}
	for i, name := range s.names {
		parties = append(parties, Party{name, map[part]Column{partLead: ColLead, partSupport: ColSupport}[s.parts[i]]})
		if parties[i].Part == ColExtra {
			parties[i].Part = ColDuty
		}
	}
	if len(parties) > 0 && parties[0].Part == ColDuty && firstLeads.MatchString(header) {
		parties[0].Part = ColLead
	}
	return parties, joinOnce(s.when, strings.Trim(s.open, "、"))
}
