package activity

import (
	"testing"
	"time"

	"xietiao/bot/store"
	"xietiao/bot/store/storetest"
)

const crowd = 10_000

// benchmark lets ten thousand people do something at once, each so many times, and reports
// the rate and the longest wait.
func benchmark(b *testing.B, redis bool, times int, prepare func(h *hall, v []VolunteerID) (Number, string), do func(h *hall, n Number, v VolunteerID, code string) error) {
	var longest time.Duration
	for range b.N {
		b.StopTimer()
		var h *hall
		if redis {
			h = &hall{TB: b, now: at("2026-04-18 08:40")}
			h.over(h.openRedis(storetest.NewRedis(b).URL()))
		} else {
			h = newHall(b, "2026-04-18 08:40")
		}
		v := h.members(crowd)
		n, code := prepare(h, v)
		b.StartTimer()
		longest = max(longest, storm(b, times*crowd, func(i int) error { return do(h, n, v[i/times], code) }))
	}
	b.ReportMetric(float64(crowd*b.N)/b.Elapsed().Seconds(), "people/s")
	b.ReportMetric(float64(longest.Milliseconds()), "ms-longest-wait")
}

func signUps(b *testing.B, redis bool) {
	benchmark(b, redis, 1,
		func(h *hall, _ []VolunteerID) (Number, string) { return h.publish(draft(places(100))), "" },
		func(h *hall, n Number, v VolunteerID, _ string) error {
			return h.UpdateKeys(b.Context(), JoinKeys(n, v), func(tx *store.Tx) error { _, err := h.Join(tx, n, v, Self(v)); return err })
		})
}

// All of them wait for a place but a hundred.
func BenchmarkSignUpsFile(b *testing.B)  { signUps(b, false) }
func BenchmarkSignUpsRedis(b *testing.B) { signUps(b, true) }

// Every scan is sent twice.
func checkIns(b *testing.B, redis bool) {
	benchmark(b, redis, 2,
		func(h *hall, v []VolunteerID) (Number, string) {
			n := h.publish(draft())
			for from := 0; from < len(v); from += 1000 {
				h.do(nil, func(tx *store.Tx) error {
					for _, v := range v[from : from+1000] {
						if _, err := h.Join(tx, n, v, Self(v)); err != nil {
							return err
						}
					}
					return nil
				})
			}
			return n, h.code(n)
		},
		func(h *hall, n Number, v VolunteerID, code string) error {
			return h.UpdateKeys(b.Context(), CheckKeys(n, v), func(tx *store.Tx) error {
				c, err := h.Check(tx, n, Scan{Volunteer: v, Way: WayCode, Code: code})
				if err == nil && c.Refused != nil {
					err = c.Refused
				}
				return err
			})
		})
}

func BenchmarkCheckInsFile(b *testing.B)  { checkIns(b, false) }
func BenchmarkCheckInsRedis(b *testing.B) { checkIns(b, true) }
