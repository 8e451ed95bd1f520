package calendar

import (
	"sync"

	"github.com/6tail/lunar-go/HolidayUtil"
)

// published lists the days that the yearly notices name. The library keeps them in
// a variable that its callers can change, so they are read once.
var published = sync.OnceValue(func() []Correction {
	const allYears = "20" // what every date begins with
	var list []Correction
	for e := HolidayUtil.GetHolidays(allYears).Front(); e != nil; e = e.Next() {
		h, ok := e.Value.(*HolidayUtil.Holiday)
		if !ok {
			continue
		}
		d, err := ParseDate(h.GetDay())
		if err != nil {
			continue
		}
		k := Correction{Date: d, Off: !h.IsWork(), Name: h.GetName()}
		if name, ok := names[k.Name]; ok {
			k.Name = name
		}
		list = append(list, k)
	}
	return list
})
