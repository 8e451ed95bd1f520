package calendar

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func notices(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The real notices, read one after the other over plain weekends, and the built-in
// holidays say the same of every day.
func TestTheNoticesAndTheBuiltInHolidaysAgree(t *testing.T) {
	t.Parallel()
	read := &Calendar{loc: shanghai, listed: map[Date]Correction{}}
	for _, tc := range []struct {
		name        string
		off, worked int
		unread      []string
	}{
		{"2017", 24, 5, nil},
		{"2018", 23, 6, nil},
		{"2019", 21, 5, nil},
		{"2019-05", 4, 2, nil},
		{"2020", 27, 7, nil},
		{"2021", 31, 7, nil},
		{"2022", 31, 7, nil},
		{"2023", 27, 7, nil},
		{"2024", 28, 8, []string{"鼓励各单位结合带薪年休假等制度落实，安排职工在除夕（2月9日）休息"}},
		{"2025", 28, 5, []string{
			"根据2024年11月修订的《全国年节及纪念日放假办法》，自2025年1月1日起，全体公民放假的假日增加2天，其中春节、劳动节各增加1天",
			"据此对放假调休原则作进一步优化完善",
		}},
		{"2026", 33, 6, nil},
	} {
		y := day(t, tc.name[:4]+"-01-01").Y
		found, unread, err := ParseNotice(y, notices(t, tc.name))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
		}
		off := 0
		for _, k := range found {
			read.listed[k.Date] = k
			if k.Off {
				off++
			}
		}
		if off != tc.off || len(found)-off != tc.worked {
			t.Errorf("%s: %d off, %d worked: %v", tc.name, off, len(found)-off, found)
		}
		if len(unread) != len(tc.unread) {
			t.Errorf("%s: not understood: %q", tc.name, unread)
			continue
		}
		for i, s := range unread {
			if !strings.Contains(s, tc.unread[i]) {
				t.Errorf("%s: not understood: %q", tc.name, s)
			}
		}
	}
	for _, s := range []string{"2020-01-31", "2020-02-01", "2020-02-02"} { // the prolonged Spring Festival
		read.listed[day(t, s)] = Correction{Date: day(t, s), Off: true}
	}
	read.count()
	built := china()
	for y := 2017; y <= 2026; y++ {
		if got, want := exceptions(built, y), exceptions(read, y); got != want {
			t.Errorf("%d: %s\nthe notices say %s", y, got, want)
		}
		if !read.Known(y) {
			t.Errorf("%d is not known by its notice", y)
		}
	}
}

// What says nothing a program may act on is for a person to read.
func TestTheProlongedHolidayIsNotUnderstood(t *testing.T) {
	t.Parallel()
	found, unread, err := ParseNotice(2020, notices(t, "2020-01"))
	if !errors.Is(err, ErrNoHolidays) || len(found) != 0 || len(unread) != 2 || !strings.Contains(unread[0], "起正常上班") {
		t.Errorf("%v %q %v", found, unread, err)
	}
}

func TestNamesInANotice(t *testing.T) {
	t.Parallel()
	found, _, err := ParseNotice(2026, notices(t, "2026"))
	if err != nil {
		t.Fatal(err)
	}
	built := china()
	c := New(shanghai, found)
	for _, d := range ofYear(2026) {
		if got, want := c.Name(d), built.Name(d); got != want {
			t.Errorf("%s: %q, built-in %q", d, got, want)
		}
	}
	found, _, err = ParseNotice(2023, notices(t, "2023"))
	if err != nil || found[0].Date.String() != "2022-12-31" || found[len(found)-1].Name != "中秋节、国庆节" {
		t.Error(found, err)
	}
}

// The same notice as people paste it.
func TestANoticeAsItIsPasted(t *testing.T) {
	t.Parallel()
	text := notices(t, "2026")
	want, _, err := ParseNotice(2026, text)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	items := slices.DeleteFunc(slices.Clone(lines), func(s string) bool { return !strings.Contains(s, "日（") })
	for name, pasted := range map[string]string{
		"with Windows line ends":           strings.ReplaceAll(text, "\n", "\r\n"),
		"with half-width punctuation":      strings.NewReplacer("：", ":", "，", ",", "（", "(", "）", ")").Replace(text),
		"with full-width digits":           strings.NewReplacer("1", "１", "2", "２", "3", "３", "4", "４").Replace(text),
		"with spaces around numbers":       strings.NewReplacer("月", " 月 ", "日", " 日 ", "、", "、 ").Replace(text),
		"indented":                         strings.ReplaceAll(text, "\n", "\n　　"),
		"in one line":                      strings.Join(lines, ""),
		"the items alone":                  strings.Join(items, "\n"),
		"without numbers":                  strings.NewReplacer("一、", "", "二、", "", "三、", "", "四、", "", "五、", "", "六、", "", "七、", "").Replace(text),
		"broken within its lines":          strings.NewReplacer("放假", "\n放假", "（", "\n（", "、2月", "、\n2月").Replace(text),
		"a heading on a line of its own":   strings.ReplaceAll(text, "节：", "节：\n"),
		"without full stops":               strings.ReplaceAll(strings.ReplaceAll(strings.Join(items, "\n"), "。1", "；1"), "。\n", "\n"),
		"with dashes and another weekday":  strings.NewReplacer("至", "—", "周", "星期").Replace(text),
		"with words that say nothing more": strings.ReplaceAll(text, "放假，共3天", "放假，与周末连休，共3天"),
	} {
		got, unread, err := ParseNotice(2026, pasted)
		if err != nil || len(unread) > 0 || !cmp.Equal(got, want) {
			t.Errorf("%s: %v %q\n%s", name, err, unread, cmp.Diff(want, got))
		}
	}
}

func TestWhatIsNotUnderstoodComesBack(t *testing.T) {
	t.Parallel()
	const good = "一、元旦：1月1日（周四）放假，共1天。"
	for _, bad := range []string{
		"二、春节：2月15日（周六）至23日（周一）放假调休，共9天", // a weekday of another year
		"二、春节：2月15日至23日放假调休，共8天",         // another number of days
		"二、春节：2月29日放假",                   // not on the calendar
		"二、春节：2月23日至15日放假",               // backwards
		"二、春节：2月15日至9月23日放假",             // no holiday is so long
		"二、春节：2025年2月15日放假",              // another year
		"二、春节：1月1日上班",                    // not what was said before
		"二、春节：15日放假",                     // of which month
		"二、春节：2月15日起放假",
		"二、春节：2月16日前后放假",
		"二、春节：除夕放假",
		"二、春节：放假8天",
		"二、春节：2月15日放假、调休",
		"二、春节：2月16日、17日",
		"2月14日下午休息",
	} {
		found, unread, err := ParseNotice(2026, good+bad+"。\n八、防汛：3月3日（周二）放假。")
		if strings.HasSuffix(bad, "17日") { // speaks neither of being off nor of work
			bad = ""
		}
		want := []string{bad}
		if bad == "" {
			want = nil
		}
		if err != nil || len(found) != 2 || !cmp.Equal(unread, want) {
			t.Errorf("%s: %v %q %v", bad, found, unread, err)
		}
	}
}

func TestWordingsOfDaysOff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"清明节：4月5日放假，4月7日（星期一）补休。":                          "-2014-04-05清明节 -2014-04-07清明节",
		"元旦：2013年12月31日（周二）上班，1月1日放假1天，不调休":                "+2013-12-31元旦 -2014-01-01元旦",
		"劳动节：5月1日至3日放假调休，共3天。5月4日（星期日）上班":                  "-2014-05-01劳动节 -2014-05-02劳动节 -2014-05-03劳动节 +2014-05-04劳动节",
		"1.国庆节：10月1日、2日和10月3日放假；\n2.补班：9月28日、10月11日（周六）上班": "+2014-09-28补班 -2014-10-01国庆节 -2014-10-02国庆节 -2014-10-03国庆节 +2014-10-11补班",
		"一、2014年5月1日放假": "-2014-05-01",
	} {
		found, unread, err := ParseNotice(2014, text)
		var got []string
		for _, k := range found {
			sign := "+"
			if k.Off {
				sign = "-"
			}
			got = append(got, sign+k.Date.String()+k.Name)
		}
		if err != nil || len(unread) > 0 || strings.Join(got, " ") != want {
			t.Errorf("%s: %v %q %v", text, got, unread, err)
		}
	}
}

func TestANoticeOfAnotherYearIsRefused(t *testing.T) {
	t.Parallel()
	for _, year := range []int{2025, 2027} {
		if found, unread, err := ParseNotice(year, notices(t, "2026")); !errors.Is(err, ErrOtherYear) || found != nil || unread != nil {
			t.Errorf("%d: %v %v", year, found, err)
		}
	}
	for _, text := range []string{"", "今天天气很好。", "元旦："} {
		if _, unread, err := ParseNotice(2026, text); !errors.Is(err, ErrNoHolidays) || len(unread) > 0 {
			t.Errorf("%q: %v %q", text, err, unread)
		}
	}
}

func FuzzParseNotice(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "*.txt"))
	if err != nil || len(names) == 0 {
		f.Fatal("no notices", err)
	}
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), ".txt")
		f.Add(day(f, base[:4]+"-01-01").Y, notices(f, base))
	}
	f.Add(1, "1月1日至2月1日放假调休，共3天，(((，12月31日、")
	f.Fuzz(func(t *testing.T, year int, text string) {
		found, unread, err := ParseNotice(year, text)
		if (err == nil) != (len(found) > 0) {
			t.Fatalf("%v and %v", found, err)
		}
		for i, k := range found {
			if !k.Date.valid() || k.Date.Y != year && (k.Date.Y != year-1 || k.Date.M != time.December) {
				t.Errorf("%s in %d", k.Date, year)
			}
			if i > 0 && !found[i-1].Date.Before(k.Date) {
				t.Errorf("%s after %s", k.Date, found[i-1].Date)
			}
		}
		whole := strings.Join(strings.Fields(text), "")
		for _, s := range unread {
			if !strings.Contains(whole, strings.Join(strings.Fields(s), "")) {
				t.Errorf("%q is not in the text", s)
			}
		}
		again, _, _ := ParseNotice(year, text)
		if !cmp.Equal(found, again) {
			t.Error("a second time it is read otherwise")
		}
	})
}
