package activity

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xietiao/bot/store"
	"xietiao/index/sheet"
)

const activities = `2026年春季志愿服务活动安排表,,,,,,,
序号,活动名称,主办单位,活动时间,地点,人数,特长,报名截止
1,春联义写,文化馆,2026年4月18日上午9点至11点,文化馆一楼,20人,书法、国画,4月17日
2,展厅讲解,市文化馆,每周日 14:00-16:00,展厅,,,
3,读书会,市图书馆,4月20日 19:00-21:00,,不限,,
4,义诊,教育局,4月20日,,,,
5,观影,教育局,4月20日晚上7点,,很多,,
6,旧事,教育局,2026年3月1日 9:00-11:00,,,,
`

func (h *hall) readSheet(data string) Sheet {
	h.Helper()
	s, problems, err := h.ReadSheet("安排.csv", []byte(data), town{}, cal.Day(h.clock()))
	if err != nil || len(problems) > 0 {
		h.Fatal(problems, err)
	}
	return s
}

func TestActivitiesOfASheet(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	s := h.readSheet(activities)
	if len(s.Rows) != 6 || !IsSheet("安排.csv", []byte(activities)) || IsSheet("名册.csv", []byte(roster)) {
		t.Fatalf("%d rows", len(s.Rows))
	}
	first, second := s.Rows[0].Draft, s.Rows[1].Draft
	if first.Unit != "市文化馆" || first.Capacity != 20 || len(first.Skills) != 2 || !first.Start.Equal(at("2026-04-18 09:00")) ||
		!first.End.Equal(at("2026-04-18 11:00")) || !first.SignTo.Equal(at("2026-04-17 23:59")) || first.Place.Name != "文化馆一楼" {
		t.Errorf("%+v", first)
	}
	if second.Series.Every != EveryWeek || !second.Start.Equal(at("2026-04-05 14:00")) {
		t.Errorf("%+v", second)
	}
	var in Intake
	h.do(nil, func(tx *store.Tx) (err error) { in, err = h.Import(tx, s, office); return err })
	want := `6 行：新建 3，修改 0，不变 0，看不清 3
＋ 第3行 春联义写｜市文化馆｜2026年4月18日（周六）09:00–11:00
＋ 第4行 展厅讲解｜市文化馆｜每周日，从2026年4月5日（周日）14:00–16:00起
？ C5：方案里没有单位“市图书馆”。请改成方案里的名称，或者把它加进别名。可能是：市文化馆。
？ D6：时间“4月20日”看不懂。请写成“2026年5月1日 9:00-11:00”这样。
？ D7：时间“4月20日晚上7点”没有写什么时候结束。
？ F7：名额“很多”不是人数。请写数字，没有限制就空着。
＋ 第8行 旧事｜市教育局｜2026年3月1日（周日）09:00–11:00
  提醒 D8：时间“2026年3月1日 9:00-11:00”已经过了。
`
	if diff := cmp.Diff(want, in.String()); diff != "" {
		t.Error(diff)
	}
	h.do(nil, func(tx *store.Tx) (err error) { in, err = h.Import(tx, h.readSheet(activities), office); return err })
	if made, changed, known, unclear := in.Count(); made+changed != 0 || known != 3 || unclear != 3 {
		t.Errorf("again: %d, %d, %d, %d", made, changed, known, unclear)
	}
	h.do(ErrForbidden, func(tx *store.Tx) error {
		_, err := h.Import(tx, h.readSheet(strings.ReplaceAll(activities, "春联", "福字")), stranger)
		return err
	})
	if _, problems, err := h.ReadSheet("空.csv", []byte("活动名称,主办单位\n"), town{}, cal.Day(h.clock())); err != nil || len(problems) != 1 {
		t.Errorf("%v %v", problems, err)
	}
}

func TestTheSignInSheetThereAndBack(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-01 10:00")
	n := h.publish(draft(places(1)))
	h.join(n, h.member("张三"))
	h.join(n, h.member("李四"))
	var out sheet.Out
	h.see(func(r store.Reader) (err error) { out, err = h.SignSheet(r, n, liaison); return err })
	if len(out.Rows) != 12 || out.Rows[1][2] != "李四" || out.Rows[1][8] != "候补" || out.Name != "A1 春联义写" {
		t.Errorf("%+v", out)
	}
	h.set(at("2026-04-19 10:00"))
	out.Rows[0][5], out.Rows[0][6] = "８：５５", "√"
	out.Rows[1][5], out.Rows[1][6] = "9点20", "2026-04-18 10:40"
	out.Rows[2][2], out.Rows[2][5] = "路人", "到"
	out.Rows[3][2], out.Rows[3][5] = "甲", "一早"
	out.Rows[4][1], out.Rows[4][2], out.Rows[4][5] = "12号", "乙", "√"
	var book bytes.Buffer
	if err := sheet.WriteXLSX(&book, []sheet.Out{out}); err != nil {
		t.Fatal(err)
	}
	a := h.listing(n).Activity
	for range 2 { // typed in twice
		ticks, problems, err := h.ReadPaper(a, "签到.xlsx", book.Bytes())
		if err != nil || len(problems) != 2 || len(ticks) != 5 {
			t.Fatalf("%d ticks, %v, %v", len(ticks), problems, err)
		}
		for i, c := range h.tick(n, ticks...) {
			if c.Refused != nil {
				t.Errorf("%d: %s", i, c.Refused.Tell())
			}
		}
	}
	if got := h.hours("V1").Minutes; got != 120 {
		t.Errorf("张三: %d", got)
	}
	if s := h.signup(n, "V2"); s.State != SignWalkIn || h.hours("V2").Minutes != 80 {
		t.Errorf("李四: %+v", s)
	}
	if got := h.hours("V3"); got.Doubt != 1 {
		t.Errorf("路人: %+v", got)
	}
}

func TestHoursAsARegisterWantsThem(t *testing.T) {
	t.Parallel()
	h := newHall(t, "2026-04-18 08:50")
	n := h.publish(draft())
	v := h.member("张三")
	h.join(n, v)
	h.do(nil, func(tx *store.Tx) error { _, err := h.Edit(tx, v, Profile{Phone: "13800001234"}, Self(v)); return err })
	h.tick(n, Tick{Volunteer: v, Nonce: "1", At: at("2026-04-18 08:55")})
	h.set(at("2026-04-18 10:45"))
	h.tick(n, Tick{Volunteer: v, Nonce: "2", Out: true})
	h.set(at("2026-04-20 10:00"))
	first, last := cal.Day(at("2026-01-01 00:00")), cal.Day(at("2026-04-18 00:00"))
	l, problems := ParseLayout("\ufeff# 省平台\n志愿者姓名 = 姓名\n服务类型＝\"公共文化\"\n时长 = 小时\n\n联系电话 = 手机\n坏行\n钱 = 工资\n")
	if len(l) != 4 || len(problems) != 2 || problems[1].Cell != "第 8 行" {
		t.Fatalf("%v %v", l, problems)
	}
	for by, phone := range map[*Actor]string{&office: "13800001234", &liaison: "138****1234"} {
		h.see(func(r store.Reader) error {
			out, err := h.HoursSheet(r, "市文化馆", first, last, l, *by)
			if diff := cmp.Diff([][]string{{"张三", "公共文化", "1.75", phone}}, out.Rows); diff != "" || out.Head[1] != "服务类型" {
				t.Errorf("%v %s", out.Head, diff)
			}
			return err
		})
	}
	h.see(func(r store.Reader) error {
		all, err := h.HoursSheet(r, "", first, last, DefaultLayout, office)
		if len(all.Rows) != 1 || len(all.Rows[0]) != len(Fields) || all.Rows[0][len(Fields)-1] != "已核定" {
			t.Errorf("%+v", all)
		}
		if _, err := h.HoursSheet(r, "", first, last, DefaultLayout, liaison); err == nil {
			t.Error("a liaison sees all units")
		}
		if none, err := h.HoursSheet(r, "市教育局", first, last, DefaultLayout, office); len(none.Rows) != 0 || err != nil {
			t.Errorf("%+v %v", none, err)
		}
		return err
	})
	if _, problems := ParseLayout("# 空\n"); len(problems) != 1 {
		t.Error(problems)
	}
}

func FuzzReadSheet(f *testing.F) {
	f.Add(activities)
	f.Add("姓名,签到时间,签退时间\n张三,√,11:00\n")
	h := &hall{Board: newBoard(ledger{})}
	f.Fuzz(func(t *testing.T, data string) {
		today := cal.Day(at("2026-04-01 10:00"))
		s, _, err := h.ReadSheet("x.csv", []byte(data), town{}, today)
		for _, r := range s.Rows {
			if err == nil && len(r.Unclear) == 0 && r.Draft.check() != nil {
				t.Errorf("%+v is clear, and cannot be kept: %v", r.Draft, r.Draft.check())
			}
		}
		ticks, _, _ := h.ReadPaper(Activity{Draft: draft()}, "x.csv", []byte(data))
		for _, tick := range ticks {
			if tick.Nonce == "" || tick.At.IsZero() {
				t.Errorf("%+v", tick)
			}
		}
	})
}
