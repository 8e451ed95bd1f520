package activity

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

// Claim is where a phone says it is. It is no proof: a pin can be moved and a
// phone can be made to lie, so organisers see what was claimed.
type Claim struct {
	Point
	Accuracy float64 `json:"accuracy,omitempty"` // metres; 0: not stated
	Mock     bool    `json:"mock,omitempty"`     // the phone says that it was told what to say
	Source   string  `json:"source,omitempty"`   // as chat.Place has it
	Distance int     `json:"distance"`           // metres from the place; Check sets it
}
