package activity

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// System is the coordinate system of a point. On the Chinese mainland they are 100
// to 700 m apart.
type System string

// The systems.
const (
	WGS84 System = "wgs84" // of satellites, and of phones where nothing else is asked for
	GCJ02 System = "gcj02" // of maps on the mainland; what an unnamed system is taken for
	BD09  System = "bd09"  // of Baidu's maps
)

// Point is a position in degrees. The zero Point is none.
type Point struct {
	Latitude  float64 `json:"lat"`
	Longitude float64 `json:"lng"`
	System    System  `json:"system,omitempty"`
}

// IsZero reports that there is no point.
func (p Point) IsZero() bool { return p == Point{} }

// valid reports a point on the earth in a system we know, or none.
func (p Point) valid() bool {
	switch cmp.Or(p.System, GCJ02) {
	case WGS84, GCJ02, BD09:
		return math.Abs(p.Latitude) <= 90 && math.Abs(p.Longitude) <= 180 // false for NaN
	}
	return false
}

var pointWords = regexp.MustCompile(`(?:坐标|经纬度|定位|位置)?\s*(?:改为|改成|是|为|:)?\s*(-?\d{1,3}\.\d{3,})\s*[,、\s]\s*(-?\d{1,3}\.\d{3,})\s*\(?(wgs-?84|gcj-?02|bd-?09|百度|高德|腾讯|gps)?\)?`)

// FindPoint finds a position as people copy it from a map, 28.1158,120.9662 百度, in folded
// text, and where it stands there. On the mainland the latitude is the smaller.
func FindPoint(folded string) (p Point, from, to int, ok bool) {
	m := pointWords.FindStringSubmatchIndex(folded)
	if m == nil {
		return Point{}, 0, 0, false
	}
	lat, err1 := strconv.ParseFloat(folded[m[2]:m[3]], 64)
	lng, err2 := strconv.ParseFloat(folded[m[4]:m[5]], 64)
	if err1 != nil || err2 != nil {
		return Point{}, 0, 0, false
	}
	p = Point{Latitude: min(lat, lng), Longitude: max(lat, lng)}
	if m[6] >= 0 {
		switch w := folded[m[6]:m[7]]; {
		case w == "gps" || strings.HasPrefix(w, "wgs"):
			p.System = WGS84
		case w == "百度" || strings.HasPrefix(w, "bd"):
			p.System = BD09
		default:
			p.System = GCJ02
		}
	}
	return p, m[0], m[1], true
}

// String is the position as FindPoint reads it; empty if there is none.
func (p Point) String() string {
	if p.IsZero() {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%.6f, %.6f %s", p.Latitude, p.Longitude, map[System]string{WGS84: "GPS", GCJ02: "高德", BD09: "百度"}[p.System]))
}

// Claim is where a phone says it is. It is no proof: a pin can be moved and a
// phone can be made to lie, so organisers see what was claimed.
type Claim struct {
	Point
	Accuracy float64 `json:"accuracy,omitempty"` // metres; 0: not stated
	Mock     bool    `json:"mock,omitempty"`     // the phone says that it was told what to say
	Source   string  `json:"source,omitempty"`   // as chat.Place has it
	Distance int     `json:"distance"`           // metres from the place; Check sets it
}

// mostAccuracy is what a phone's own doubt adds to the radius at most, in metres: who
// claims to know nothing would be everywhere.
const mostAccuracy = 300

// within reports whether the claim may be at the place, after its distance was set.
func (p Place) within(c Claim) bool {
	return float64(c.Distance) <= float64(cmp.Or(p.Radius, defaultRadius))+min(max(c.Accuracy, 0), mostAccuracy)
}

const (
	degree      = math.Pi / 180
	earthRadius = 6_371_008.8 // metres, the mean of the ellipsoid of WGS-84
)

// Metres is the distance of two points, whatever their systems.
func Metres(p, q Point) float64 {
	p, q = p.wgs84(), q.wgs84()
	dLat, dLng := (q.Latitude-p.Latitude)*degree, (q.Longitude-p.Longitude)*degree
	h := math.Pow(math.Sin(dLat/2), 2) + math.Cos(p.Latitude*degree)*math.Cos(q.Latitude*degree)*math.Pow(math.Sin(dLng/2), 2)
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// wgs84 is the point in that system.
func (p Point) wgs84() Point {
	switch cmp.Or(p.System, GCJ02) {
	case BD09:
		return fromBaidu(p).wgs84()
	case GCJ02:
		return fromMap(p)
	}
	return p
}

// fromMap takes back the shift of maps on the mainland, by approaching the point that
// the shift moves to p.
func fromMap(p Point) Point {
	q := Point{p.Latitude, p.Longitude, WGS84}
	for range 4 { // then it is within a centimetre
		m := toMap(q)
		q.Latitude += p.Latitude - m.Latitude
		q.Longitude += p.Longitude - m.Longitude
	}
	return q
}

// toMap shifts a point of WGS-84 as maps on the mainland do: the published formula, over
// the ellipsoid of Krasovsky. Outside of a box around China nothing is shifted.
func toMap(p Point) Point {
	const a, ee = 6_378_245.0, 0.00669342162296594323
	out := Point{p.Latitude, p.Longitude, GCJ02}
	if p.Longitude < 72.004 || p.Longitude > 137.8347 || p.Latitude < 0.8293 || p.Latitude > 55.8271 {
		return out
	}
	x, y := p.Longitude-105, p.Latitude-35
	wave := func(t float64) float64 {
		return (20*math.Sin(math.Pi*t) + 40*math.Sin(math.Pi*t/3)) * 2 / 3
	}
	swing := (20*math.Sin(6*x*math.Pi) + 20*math.Sin(2*x*math.Pi)) * 2 / 3
	lat := -100 + 2*x + 3*y + 0.2*y*y + 0.1*x*y + 0.2*math.Sqrt(math.Abs(x)) + swing +
		wave(y) + (160*math.Sin(y/12*math.Pi)+320*math.Sin(y*math.Pi/30))*2/3
	lng := 300 + x + 2*y + 0.1*x*x + 0.1*x*y + 0.1*math.Sqrt(math.Abs(x)) + swing +
		wave(x) + (150*math.Sin(x/12*math.Pi)+300*math.Sin(x/30*math.Pi))*2/3
	sin := math.Sin(p.Latitude * degree)
	magic := 1 - ee*sin*sin
	out.Latitude += lat / (a * (1 - ee) / (magic * math.Sqrt(magic)) * degree)
	out.Longitude += lng / (a / math.Sqrt(magic) * math.Cos(p.Latitude*degree) * degree)
	return out
}

// fromBaidu takes back what Baidu adds to GCJ-02.
func fromBaidu(p Point) Point {
	const turn = math.Pi * 3000 / 180
	x, y := p.Longitude-0.0065, p.Latitude-0.006
	z := math.Hypot(x, y) - 0.00002*math.Sin(y*turn)
	theta := math.Atan2(y, x) - 0.000003*math.Cos(x*turn)
	return Point{z * math.Sin(theta), z * math.Cos(theta), GCJ02}
}
