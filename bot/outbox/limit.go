package outbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

// slots is what was counted against one rate: pairs of a moment, in milliseconds,
// and a number, oldest first. A moment is the last one at which the platform can
// have counted those, rounded up to a sixtieth of the rate's period, so that a
// handful of pairs holds any rate, and no window of the platform's, however it
// lies, sees more than we do.
type slots [][2]int64

const slotsPerPeriod = 60

// live drops what lies a whole period back, and says how many are left.
func (s slots) live(now time.Time, per time.Duration) (slots, int) {
	floor := now.Add(-per).UnixMilli()
	s = slices.DeleteFunc(s, func(p [2]int64) bool { return p[0] <= floor || p[1] <= 0 })
	n := 0
	for _, p := range s {
		n += int(p[1])
	}
	return s, n
}

// free says when there is room for one more: now, or when enough has gone by, if
// what is being sent counts by now.
func (s slots) free(now time.Time, r chat.Rate) time.Time {
	s, n := s.live(now, r.Per)
	if n < r.Max {
		return now
	}
	again := now.Add(r.Per)
	for _, p := range s {
		if n -= int(p[1]); n < r.Max {
			again = earlier(again, time.UnixMilli(p[0]).Add(r.Per))
			break
		}
	}
	return ceil(again)
}

// add counts n at the moment.
func (s slots) add(ms int64, n int64) slots {
	i, there := slices.BinarySearchFunc(s, ms, func(p [2]int64, ms int64) int { return cmp.Compare(p[0], ms) })
	if there {
		s[i][1] += n
		return s
	}
	if n < 0 { // what was counted has been dropped
		return s
	}
	return slices.Insert(s, i, [2]int64{ms, n})
}

// slotOf is the moment that t is counted at.
func slotOf(t time.Time, per time.Duration) int64 {
	width := max(per.Milliseconds()/slotsPerPeriod, 1)
	return (ceil(t).UnixMilli() + width - 1) / width * width
}

// counted is one push counted against one rate.
type counted struct {
	rate chat.Rate
	ms   int64
}

// admit counts one push against all rates, for any moment until latest, if each
// has room; else it counts nothing, returns nil, and says when to ask again.
func admit(tx *store.Tx, rates []chat.Rate, latest time.Time) ([]counted, time.Time, error) {
	now := floor(tx.Now())
	again, full := now, chat.Rate{}
	all := []counted{}
	for _, r := range rates {
		if r.Per <= 0 {
			continue
		}
		s, err := loadSlots(tx, r.Key)
		if err != nil {
			return nil, now, err
		}
		if free := s.free(now, r); free.After(again) {
			again, full = free, r
		}
		all = append(all, counted{r, slotOf(latest, r.Per)})
	}
	if again.After(now) {
		again, err := standInLine(tx, full, again)
		return nil, again, err
	}
	for _, c := range all {
		if err := c.change(tx, func(s slots) slots { return s.add(c.ms, 1) }); err != nil {
			return nil, now, err
		}
	}
	return all, now, nil
}

// lineMost is how many periods of a rate its line is long. Who comes then asks
// once more, so that a line whose people have left holds nobody up for longer.
const lineMost = 10

// standInLine gives those who find no room times to ask again, no more of them at
// once than there will be room for: were all to ask at each freed place, a long
// line would do little else.
func standInLine(tx *store.Tx, r chat.Rate, free time.Time) (time.Time, error) {
	key := rateKey(lineMark, r.Key)
	value, _, err := tx.Get(rateBucket, key)
	if err != nil {
		return free, err
	}
	last, _ := timeOf(string(value)) // where there is none: long ago
	again := last.Add(r.Per / time.Duration(max(r.Max, 1)))
	if again.Before(free) {
		again = free
	}
	again = ceil(earlier(again, free.Add(lineMost*r.Per)))
	return again, tx.PutUntil(rateBucket, key, []byte(digits(again)), keepRate(again))
}

// keepRate is when what is counted can be forgotten: whole days, so that a busy
// rate does not fill the store's list of expiries.
func keepRate(t time.Time) time.Time { return t.Truncate(24 * time.Hour).Add(48 * time.Hour) }

// settle moves what was counted to the moment at which the push is known to be
// over.
func (c counted) settle(tx *store.Tx) error {
	ms := slotOf(tx.Now(), c.rate.Per)
	if ms >= c.ms {
		ms = c.ms
	}
	return c.change(tx, func(s slots) slots { return s.add(c.ms, -1).add(ms, 1) })
}

func (c counted) change(tx *store.Tx, fn func(slots) slots) error {
	s, err := loadSlots(tx, c.rate.Key)
	if err != nil {
		return err
	}
	s, _ = s.live(tx.Now(), c.rate.Per)
	s, _ = fn(s).live(tx.Now(), c.rate.Per)
	value, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("outbox: encode a rate: %w", err)
	}
	return tx.PutUntil(rateBucket, rateKey(rateMark, c.rate.Key), value, keepRate(tx.Now().Add(c.rate.Per)))
}

// What keys of the bucket begin with.
const (
	rateMark = "rate/" // what was counted
	lineMark = "line/" // when the last in line asks again
)

// rateKey is never empty, and never too long for the store: a rate may be of an
// id that somebody else chose, and one that cannot be counted would hold up all.
func rateKey(mark, key string) string {
	if len(key) > maxKey {
		sum := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(sum[:])
	}
	return mark + key
}

// loadSlots reads what was counted; what cannot be read counts as nothing.
func loadSlots(r store.Reader, key string) (slots, error) {
	value, ok, err := r.Get(rateBucket, rateKey(rateMark, key))
	if err != nil || !ok {
		return nil, err
	}
	return decodeSlots(value), nil
}

func decodeSlots(value []byte) slots {
	var s slots
	if json.Unmarshal(value, &s) != nil {
		return nil
	}
	slices.SortStableFunc(s, func(a, b [2]int64) int { return cmp.Compare(a[0], b[0]) })
	return s
}
