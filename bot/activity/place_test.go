package activity

import (
	"math"
	"math/rand/v2"
	"testing"

	"xietiao/index/zh"
)

// The values are those of the examples that come with the usual conversions.
func TestSystems(t *testing.T) {
	t.Parallel()
	near := func(p, q Point) bool {
		return math.Abs(p.Latitude-q.Latitude) < 1e-9 && math.Abs(p.Longitude-q.Longitude) < 1e-9
	}
	here := Point{39.915, 116.404, ""}
	if got, want := fromBaidu(here), (Point{39.90865673957631, 116.39762729119315, GCJ02}); !near(got, want) {
		t.Errorf("from Baidu: %v, want %v", got, want)
	}
	if got, want := toMap(here), (Point{39.91640428150164, 116.41024449916938, GCJ02}); !near(got, want) {
		t.Errorf("to a map: %v, want %v", got, want)
	}
	if got := toMap(Point{51.5, -0.12, WGS84}); got.Latitude != 51.5 || got.Longitude != -0.12 {
		t.Errorf("London is moved to %v", got)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		p := Point{20 + 25*r.Float64(), 80 + 45*r.Float64(), WGS84}
		m := toMap(p)
		if d := Metres(p, m); d > 0.01 {
			t.Fatalf("%v and its place on a map are %.3f m apart", p, d)
		}
		if d := Metres(p, Point{m.Latitude, m.Longitude, WGS84}); d < 20 || d > 1000 {
			t.Fatalf("%v is moved by %.0f m", p, d)
		}
	}
}

func TestDistances(t *testing.T) {
	t.Parallel()
	p := Point{28.1267, 120.9605, WGS84}
	for _, tc := range []struct {
		q    Point
		want float64
	}{
		{p, 0}, {Point{28.1357, 120.9605, WGS84}, 1000.8}, {Point{28.1267, 120.9707, WGS84}, 1000.2}, {Point{-28.1267, -59.0395, WGS84}, math.Pi * earthRadius},
	} {
		if got := Metres(p, tc.q); math.Abs(got-tc.want) > 0.5 {
			t.Errorf("%v is %.1f m away, want %.1f", tc.q, got, tc.want)
		}
		if a, b := Metres(p, tc.q), Metres(tc.q, p); math.Abs(a-b) > 1e-6 {
			t.Errorf("there %f, back %f", a, b)
		}
	}
	for _, bad := range []Point{{91, 0, WGS84}, {0, 181, WGS84}, {math.NaN(), 0, WGS84}, {1, 1, "moon"}} {
		if bad.valid() {
			t.Errorf("%v is taken", bad)
		}
	}
}

// A position is read as people copy it, and what it prints is read again.
func TestFindingAPoint(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Point{
		"28.1158,120.9662": {28.1158, 120.9662, ""}, "坐标 120.9662、28.1158 百度": {28.1158, 120.9662, BD09},
		"28.115800, 120.966200 (gps)": {28.1158, 120.9662, WGS84}, "28.1158 120.9662 高德": {28.1158, 120.9662, GCJ02},
	} {
		p, _, _, ok := FindPoint(text)
		if !ok || p != want {
			t.Errorf("%s: %v", text, p)
		}
		again, _, _, ok := FindPoint(zh.Fold(p.String()))
		if !ok || again != p {
			t.Errorf("%s prints as %s, read as %v", text, p, again)
		}
	}
	for _, text := range []string{"", "28.1", "2026-03-02", "市文化馆"} {
		if p, _, _, ok := FindPoint(text); ok {
			t.Errorf("%s: %v", text, p)
		}
	}
	if s := (Point{}).String(); s != "" {
		t.Error(s)
	}
}
