package bot

import (
	"fmt"

	"xietiao/bot/activity"
	"xietiao/bot/audit"
	"xietiao/bot/store"
)

// Verified is what a check of the histories found.
type Verified struct {
	Chains, Entries int      // that were looked at
	Activities      int      // that were made again from their histories,
	Services        int      // with the service of so many volunteers in them,
	Minutes         int      // of so many minutes,
	Papers          int      // and certificates that were compared
	Bad             []string // what does not fit, for users
}

// Verify checks the histories, and makes from them again what follows from them. It
// changes nothing.
func Verify(r store.Reader, acts *activity.Board) (Verified, error) {
	report, err := audit.VerifyAll(r)
	if err != nil {
		return Verified{}, err
	}
	again, err := acts.RecheckAll(r)
	v := Verified{
		Chains: report.Chains, Entries: report.Entries, Activities: again.Activities,
		Services: again.Services, Minutes: again.Minutes, Papers: again.Papers,
	}
	for _, b := range report.Breaks {
		v.Bad = append(v.Bad, audit.Tell(b))
	}
	for _, m := range again.Bad {
		v.Bad = append(v.Bad, m.Tell())
	}
	return v, err
}

// Lines say what was checked, for users; Bad is not in them.
func (v Verified) Lines() []string {
	lines := []string{fmt.Sprintf("核对了 %d 条历史，共 %d 条记录", v.Chains, v.Entries)}
	if v.Activities > 0 {
		lines = append(lines, fmt.Sprintf("从历史重算了 %d 个活动，%d 人次，共 %s；证明 %d 份", v.Activities, v.Services, activity.Duration(v.Minutes), v.Papers))
	}
	return lines
}
