package holidays

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/audit"
	"xietiao/bot/calendar"
	"xietiao/bot/store"
)

var shanghai = time.FixedZone("CST", 8*60*60)

// notice2027 is a notice as they are written, of days that were not issued.
const notice2027 = `国务院办公厅关于2027年
部分节假日安排的通知
国办发明电〔2026〕9号

各省、自治区、直辖市人民政府，国务院各部委、各直属机构：

经国务院批准，现将2027年元旦、春节、清明节、劳动节、端午节、中秋节和国庆节放假调休日期的具体安排通知如下。

一、元旦：1月1日（周五）至3日（周日）放假，共3天。

二、春节：2月5日（农历腊月二十九、周五）至12日（农历正月初七、周五）放假调休，共8天。1月31日（周日）、2月20日（周六）上班。

三、清明节：4月3日（周六）至5日（周一）放假，共3天。

四、劳动节：5月1日（周六）至5日（周三）放假调休，共5天。4月25日（周日）、5月8日（周六）上班。

五、端午节：6月9日（周三）放假，共1天。

六、中秋节：9月15日（周三）放假，共1天。

七、国庆节：10月1日（周五）至7日（周四）放假调休，共7天。9月26日（周日）、10月9日（周六）上班。

节假日期间，各地区、各部门要妥善安排好值班和安全、保卫等工作。
`

func date(s string) calendar.Date {
	d, err := calendar.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

// off is days off, with + before those that are worked, in a list of one name.
func off(days ...string) (list []calendar.Correction) {
	for _, d := range days {
		list = append(list, calendar.Correction{Date: date(strings.TrimPrefix(d, "+")), Off: !strings.HasPrefix(d, "+")})
	}
	return list
}

type shop struct {
	testing.TB
	*store.Store
	now time.Time
}

func newShop(t testing.TB) *shop {
	t.Helper()
	h := &shop{TB: t, now: time.Date(2026, time.November, 5, 10, 0, 0, 0, shanghai)}
	s, err := store.OpenFile(filepath.Join(t.TempDir(), "db"), store.Options{Now: func() time.Time { return h.now }, NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Store = s
	return h
}

func (h *shop) do(want error, fn func(tx *store.Tx) error) {
	h.Helper()
	h.now = h.now.Add(time.Minute)
	if err := h.Update(context.Background(), fn); !errors.Is(err, want) || err != nil && want == nil {
		h.Fatalf("error %v, want %v", err, want)
	}
}

func (h *shop) enter(b *Book, rd Reading) (c Change) {
	h.Helper()
	h.do(nil, func(tx *store.Tx) (err error) { c, err = b.Enter(tx, rd, "P1"); return err })
	return c
}

func (h *shop) edition(b *Book) (e Edition) {
	h.Helper()
	if err := h.View(context.Background(), func(r store.Reader) (err error) { e, err = b.Now(r); return err }); err != nil {
		h.Fatal(err)
	}
	return e
}

func (h *shop) year(b *Book, year int) (y Year) {
	h.Helper()
	if err := h.View(context.Background(), func(r store.Reader) (err error) { y, err = b.Year(r, year); return err }); err != nil {
		h.Fatal(err)
	}
	return y
}

func read(t testing.TB, text string) Reading {
	t.Helper()
	rd, err := Read(text, 0, date("2026-11-05"))
	if err != nil {
		t.Fatal(err)
	}
	return rd
}

// A notice counts at once for every Book over the store, and for those made later;
// each calendar that was in force can be had again.
func TestANoticeCountsForAll(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	one, two := New(shanghai, nil), New(shanghai, nil)
	before := h.edition(one)
	if before.ID != "" || before.Known(2027) || !before.Known(2026) {
		t.Fatalf("%q knows 2027: %v", before.ID, before.Known(2027))
	}
	c := h.enter(one, read(t, notice2027))
	if !c.Known || len(c.Missing)+len(c.Unread) > 0 || c.Empty() {
		t.Errorf("%+v", c)
	}
	for _, b := range []*Book{one, two, New(shanghai, nil)} {
		e := h.edition(b)
		if !e.Known(2027) || e.Workday(date("2027-10-07")) || !e.Workday(date("2027-01-31")) || e.Name(date("2027-02-20")) != "春节补班" {
			t.Errorf("%q knows 2027: %v", e.ID, e.Known(2027))
		}
		if b.Last().ID != e.ID {
			t.Error("the last calendar is another")
		}
		err := h.View(t.Context(), func(r store.Reader) error {
			was, err := b.Edition(r, before.ID)
			if was.Known(2027) {
				t.Error("the calendar before knows 2027")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if got := h.edition(one).ID; !h.enter(two, read(t, notice2027)).Empty() || h.edition(two).ID != got {
		t.Error("the same notice again is a change")
	}
}

// What a transaction that came to nothing has entered is never seen.
func TestWhatIsNotCommittedDoesNotCount(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	b := New(shanghai, nil)
	no := errors.New("no")
	h.do(no, func(tx *store.Tx) error {
		if _, err := b.Enter(tx, read(t, notice2027), "P1"); err != nil {
			return err
		}
		if e, err := b.Now(tx); err != nil || !e.Known(2027) {
			t.Errorf("not in force within: %v", err)
		}
		return no
	})
	if e := h.edition(b); e.Known(2027) || e.ID != "" || b.Last().Known(2027) {
		t.Errorf("%q is in force", e.ID)
	}
}

// Parts of a notice are laid over what is known; a whole one replaces it; undo brings
// back what was before, and undone again the notice.
func TestPartsWholesAndUndo(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	b := New(shanghai, nil)
	lines := strings.Split(notice2027, "\n")
	half := func(from, to string) Reading {
		text, in := "", false
		for _, l := range lines {
			in = in || strings.HasPrefix(l, from)
			if in {
				text += l + "\n"
			}
			if strings.HasPrefix(l, to) {
				break
			}
		}
		return read(t, text)
	}
	c := h.enter(b, half("一", "四"))
	if diff := cmp.Diff([]string{"端午节", "中秋节", "国庆节"}, c.Missing); diff != "" || c.Known || c.Year != 2027 {
		t.Errorf("%d known %v %s", c.Year, c.Known, diff)
	}
	if c = h.enter(b, half("五", "七")); !c.Known || len(c.Missing) > 0 {
		t.Errorf("both parts: known %v, without %v", c.Known, c.Missing)
	}
	whole := h.year(b, 2027).Days
	if diff := cmp.Diff(read(t, notice2027).Days, whole); diff != "" {
		t.Errorf("the parts are not the whole: %s", diff)
	}
	rd := read(t, strings.Replace(notice2027, "六、中秋节：9月15日（周三）", "六、中秋节：9月16日（周四）", 1))
	if c = h.enter(b, rd); len(c.Changed) != 2 {
		t.Errorf("a whole notice changes %v", c.Changed)
	}
	undo := func(year int) (c Change) {
		h.do(nil, func(tx *store.Tx) (err error) { c, err = b.Undo(tx, year, "P2"); return err })
		return c
	}
	undo(2027)
	if diff := cmp.Diff(whole, h.year(b, 2027).Days); diff != "" {
		t.Errorf("undone: %s", diff)
	}
	h.enter(b, Reading{Year: 2026, Days: off("2026-12-30")})
	if c := undo(0); c.Year != 2026 || !h.edition(b).Workday(date("2026-12-30")) {
		t.Errorf("the last is of %d", c.Year)
	}
	undo(2027)
	last := h.now
	if !h.edition(b).Workday(date("2027-09-15")) {
		t.Error("undone twice, it does not count again")
	}
	h.do(ErrNothing, func(tx *store.Tx) error { _, err := b.Undo(tx, 2028, "P2"); return err })

	err := h.View(t.Context(), func(r store.Reader) error {
		list, err := audit.List(r, chain)
		var what []string
		for _, e := range list {
			what = append(what, e.What+" "+e.By)
		}
		if got := strings.Join(what, ","); got != "enter P1,enter P1,enter P1,undo P2,enter P1,undo P2,undo P2" {
			t.Error(got)
		}
		by, at, ok, err2 := b.LastEntered(r)
		if by != "P2" || !ok || !at.Equal(last) {
			t.Errorf("last entered by %s at %s", by, at)
		}
		return errors.Join(err, err2)
	})
	if err != nil {
		t.Error(err)
	}
}

// Settings win over notices, those over what comes with the program; the settings of
// the service that started last are those of all.
func TestSettingsWin(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	plain, set := New(shanghai, nil), New(shanghai, off("2026-12-31", "+2027-01-01"))
	adopt := func(b *Book) { h.do(nil, func(tx *store.Tx) error { return b.Adopt(tx, "operator") }) }
	adopt(plain)
	if e := h.edition(plain); e.ID != "" {
		t.Errorf("no settings make %q", e.ID)
	}
	if set.Last().Workday(date("2026-12-31")) {
		t.Error("settings do not count before anything was entered")
	}
	adopt(set)
	id := h.edition(plain).ID
	if adopt(set); h.edition(set).ID != id {
		t.Error("the same settings make another calendar")
	}
	c := h.enter(plain, read(t, notice2027))
	if diff := cmp.Diff(off("+2027-01-01"), c.Overruled); diff != "" || c.Known {
		t.Errorf("known %v %s", c.Known, diff)
	}
	if e := h.edition(plain); !e.Workday(date("2027-01-01")) || e.Workday(date("2026-12-31")) {
		t.Error("the notice wins")
	}
	if y := h.year(plain, 2027); y.Settings != 1 || y.Notice.By != "P1" || y.Published {
		t.Errorf("%+v", y)
	}
	adopt(plain)
	if e := h.edition(set); e.Workday(date("2027-01-01")) || !e.Known(2027) {
		t.Error("settings that are gone still count")
	}
}

func TestADamagedCalendarIsAnError(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	for _, value := range []string{"", "{"} {
		h.do(nil, func(tx *store.Tx) error {
			if value != "" {
				if err := tx.Put(bucket, "gone", []byte(value)); err != nil {
					return err
				}
			}
			return tx.Put(bucket, inForce, []byte("gone"))
		})
		h.do(store.ErrDamaged, func(tx *store.Tx) error { _, err := New(shanghai, nil).Now(tx); return err })
		h.do(store.ErrDamaged, func(tx *store.Tx) error {
			_, err := New(shanghai, nil).Enter(tx, Reading{Year: 2027}, "P1")
			return err
		})
	}
}

// The year of a text that names none is the one whose weekdays it has; without
// weekdays, in autumn, the next.
func TestTheYearOfAText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text, today string
		year, want  int
	}{
		{"元旦：1月1日（周五）放假。", "2026-11-05", 0, 2027}, {"元旦：1月1日（周五）放假。", "2027-03-05", 0, 2027}, {"国庆节：10月1日（周四）放假。", "2026-11-05", 0, 2026},
		{"元旦：1月1日放假。", "2026-11-05", 0, 2027}, {"国庆节：10月1日放假。", "2026-03-05", 0, 2026}, {"国庆节：10月1日放假。", "2026-11-05", 2026, 2026},
		{"2028年部分节假日安排\n元旦：1月1日放假", "2026-11-05", 0, 2028}, {"元旦：2027年1月1日放假", "2026-03-05", 0, 2027},
	} {
		rd, err := Read(tc.text, tc.year, date(tc.today))
		if err != nil || rd.Year != tc.want {
			t.Errorf("%s on %s: %d %v", tc.text, tc.today, rd.Year, err)
		}
	}
	if _, err := Read(notice2027, 2026, date("2026-11-05")); !errors.Is(err, calendar.ErrOtherYear) || Tell(err) == "" {
		t.Error(err)
	}
	rd, err := Read("一、元旦：放假三天，1月起上班。", 0, date("2026-11-05"))
	if !errors.Is(err, calendar.ErrNoHolidays) || Tell(err) == "" || len(rd.Unread) != 1 {
		t.Error(rd, err)
	}
	if Tell(store.ErrBusy) != "" {
		t.Error("an error of others is worded")
	}
}

func TestFilesOfDays(t *testing.T) {
	t.Parallel()
	today := date("2026-11-05")
	want := []calendar.Correction{
		{Date: date("2026-12-31"), Off: true, Name: "元旦"}, {Date: date("2027-01-01"), Off: true, Name: "元旦"}, {Date: date("2027-01-03"), Name: "元旦"},
	}
	for _, table := range []string{
		"日期,安排,名称\n2027-01-01,放假,元旦\n2026-12-31,放假,元旦\n2027-01-03,上班,元旦\n",
		"2027年放假安排,,,\n\n序号,节日,日 期,放假/上班\n1,元旦,2027年1月1日（周五）,休\n2,元旦,2026/12/31,放 假\n3,元旦,2027.1.3,调休上班\n,,,\n3,元旦,2027-01-03,补班\n",
		"date,off,name\n2026-12-31,true,元旦\n2027-01-01,TRUE,元旦\n2027-01-03,false,元旦\n",
	} {
		rd, problems, err := ReadFile("days.csv", []byte(table), today)
		if err != nil || len(problems) > 0 || rd.Year != 2027 {
			t.Errorf("%s: %d %v %v", table, rd.Year, problems, err)
		}
		if diff := cmp.Diff(want, rd.Days); diff != "" {
			t.Errorf("%s: %s", table, diff)
		}
	}
	for _, tc := range []struct{ table, want string }{
		{"日期,安排\n元旦,放假\n2027-02-30,放假\n2027-01-01,也许\n2027-01-02,放假\n2027-01-02,上班\n", "A2：“元旦”不是日期 A3：“2027-02-30”不是日期 A4：“也许”看不出是放假还是上班 A6：2027-01-02前面写的不一样"},
		{"日子,安排\n2027-01-01,放假\n", "没有找到表头"},
		{"日期,安排\n2027-01-01,放假\n2027-05-01,放假\n2028-01-01,放假\n", "表里多半是2027年的日子，但有 2028-01-01"},
		{"日期,安排\n2027-01-01,放假\n2026-05-01,放假\n2027-05-01,放假\n", "表里多半是2027年的日子，但有 2026-05-01"},
	} {
		_, problems, err := ReadFile("days.csv", []byte(tc.table), today)
		said := strings.Join(problems, " ")
		if err != nil || len(problems) != strings.Count(tc.want, " A")+1 {
			t.Errorf("%s: %q %v", tc.table, problems, err)
		}
		for _, w := range strings.Split(tc.want, " A") {
			if !strings.Contains(said, w) {
				t.Errorf("%s: %q lacks %q", tc.table, said, w)
			}
		}
	}
	rd, problems, err := ReadFile("通知.txt", []byte(notice2027), today)
	if diff := cmp.Diff(read(t, notice2027), rd); diff != "" || err != nil || len(problems) > 0 {
		t.Error(diff, problems, err)
	}
	if _, _, err := ReadFile("days.csv", []byte("日期,安排\n"), today); !errors.Is(err, calendar.ErrNoHolidays) {
		t.Error(err)
	}
	for _, name := range []string{"通知.docx", "days.xlsx"} {
		if _, _, err := ReadFile(name, []byte("PK\x03\x04broken"), today); err == nil || Tell(err) != "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What people read back and look up.
func TestWordsOfAYear(t *testing.T) {
	t.Parallel()
	h := newShop(t)
	b := New(shanghai, off("+2027-06-09"))
	h.do(nil, func(tx *store.Tx) error { return b.Adopt(tx, "operator") })
	if got := h.year(b, 2028).String("张三"); !strings.Contains(got, "2028年假期未定") || !strings.Contains(got, "2027年11月公布") {
		t.Error(got)
	}
	if got := h.year(b, 2026).String(""); !strings.Contains(got, "2026年，放假 33 天，调休上班 6 天：\n元旦：1月1日（周四）至1月3日（周六）放假，1月4日（周日）上班\n") || !strings.HasSuffix(got, "来源：程序自带。") {
		t.Error(got)
	}
	text := strings.Replace(notice2027, "9月15日（周三）", "9月15日（周四）", 1)
	got := h.enter(b, read(t, text)).String()
	want := `2027年节假日安排，放假 27 天，调休上班 6 天：
元旦：1月1日（周五）至1月3日（周日）放假
春节：2月5日（周五）至2月12日（周五）放假，1月31日（周日）、2月20日（周六）上班
清明节：4月3日（周六）至4月5日（周一）放假
劳动节：5月1日（周六）至5月5日（周三）放假，4月25日（周日）、5月8日（周六）上班
端午节：6月9日（周三）放假
国庆节：10月1日（周五）至10月7日（周四）放假，9月26日（周日）、10月9日（周六）上班
没有看懂、不会照它改的，请核对日期、星期和天数：
· “六、中秋节：9月15日（周四）放假，共1天”
还没有读到：端午节、中秋节
配置的 holidays 另有规定，以它为准：其他：6月9日（周三）上班
改为休息：1月1日（周五）、2月5日（周五）、2月8日（周一）、2月9日（周二）、2月10日（周三）、2月11日（周四）、2月12日（周五）、4月5日（周一）、5月3日（周一）、5月4日（周二）、5月5日（周三）、10月1日（周五）、10月4日（周一）、10月5日（周二）、10月6日（周三）、10月7日（周四）
改为上班：1月31日（周日）、2月20日（周六）、4月25日（周日）、5月8日（周六）、9月26日（周日）、10月9日（周六）`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if got := h.year(b, 2027).String("张三"); !strings.HasSuffix(got, "来源：张三于2026年11月5日录入的通知；配置里的 1 天。") {
		t.Error(got)
	}
	c := h.enter(b, read(t, strings.Replace(notice2027, "至12日（农历正月初七、周五）放假调休，共8天", "至11日（周四）放假调休，共7天", 1)))
	if got := c.Effect(); got != "改为休息：9月15日（周三）\n改为上班：2月12日（周五）" {
		t.Error(got)
	}
	c = h.enter(b, c.Reading)
	if got := c.Effect(); got != "与现在的日历相同，没有变化。" {
		t.Error(got)
	}
	if got := h.enter(b, Reading{Year: 2028, Days: off("2027-12-31", "2028-01-03")}).String(); got != "2028年节假日安排，放假 2 天，调休上班 0 天：\n其他：2027年12月31日（周五）、1月3日（周一）放假\n2028年还是“假期未定”：元旦、劳动节、国庆节都有了才算已知。" {
		t.Error(got)
	}
}

// Whatever is pasted, nothing in what is read back alerts people or hides.
func FuzzRead(f *testing.F) {
	f.Add(notice2027, 0)
	f.Add("一、<@all>节：1月1日放假。二、\u202e日：2日@所有人休", 2027)
	f.Add("日期,安排\n2027-01-01,放假", 1)
	f.Fuzz(func(t *testing.T, text string, year int) {
		b := New(shanghai, nil)
		h := newShop(t)
		rd, err := Read(text, year, date("2026-11-05"))
		for _, rd := range []Reading{rd, rd.And(rd)} {
			if err == nil && len(rd.Days) == 0 {
				t.Fatal("nothing is read and that is no error")
			}
			if err == nil && rd.Year > 1900 && rd.Year < 9000 {
				c := h.enter(b, rd)
				for _, k := range rd.Days {
					if got := h.edition(b).Workday(k.Date); got == k.Off {
						t.Errorf("%s is worked: %v", k.Date, got)
					}
				}
				for _, s := range []string{c.String(), c.Effect(), h.year(b, rd.Year).String("张三")} {
					if strings.ContainsAny(s, "<\u202e") {
						t.Errorf("%q", s)
					}
				}
			}
		}
		_, problems, _ := ReadFile("x.csv", []byte(text), date("2026-11-05")) // an error says that it is no table
		if s := strings.Join(problems, ""); strings.ContainsAny(s, "<\u202e") {
			t.Errorf("%q", s)
		}
	})
}
