package dingtalk

import (
	"maps"
	"slices"
	"time"

	"xietiao/bot/chat"
)

// Codes are the codes of the table, in order.
func Codes() []string { return slices.Sorted(maps.Keys(codes)) }

// Advised are the codes that have an advice of their own.
func Advised() []string { return slices.Sorted(maps.Keys(advices)) }

// BreakLines is for fuzzing.
func BreakLines(s string) string { return breakLines(s) }

// ReadFrame decodes a frame and what it brings, as a connection would, and says
// how it would be acknowledged.
func ReadFrame(data []byte, now time.Time) (m *chat.Message, ack []byte, err error) {
	f, err := decodeFrame(data)
	if err != nil {
		return nil, nil, err
	}
	d := decoder{bases: hookBases, now: func() time.Time { return now }}
	m, err = d.message(f)
	return m, f.ack(ackDone, response(f)), err
}
