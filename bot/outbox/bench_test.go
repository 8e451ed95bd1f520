package outbox

import (
	"context"
	"fmt"
	"testing"

	"xietiao/bot/chat"
	"xietiao/bot/store"
)

func benchBoth(b *testing.B, fn func(b *testing.B, d *desk)) {
	b.Run("file", func(b *testing.B) { fn(b, newDesk(b, fileBackend(b))) })
	b.Run("redis", func(b *testing.B) { fn(b, newDesk(b, startServer(b).backend())) })
}

func BenchmarkPut(b *testing.B) {
	benchBoth(b, func(b *testing.B, d *desk) {
		i := 0
		for b.Loop() {
			i++
			d.put(Notice{Key: fmt.Sprint(i), To: group(fmt.Sprint(i % 100))})
		}
	})
}

const backlog = 10_000

// BenchmarkClaimAndSend sends one notice while 10,000 others wait: in as many
// lanes, in one lane, and in lanes that all wait for one limit.
func BenchmarkClaimAndSend(b *testing.B) {
	for name, lanes := range map[string]int{"10000 lanes": backlog, "1 lane": 1} {
		b.Run(name, func(b *testing.B) {
			benchBoth(b, func(b *testing.B, d *desk) {
				fill(b, d, lanes)
				i := backlog
				for b.Loop() {
					i++
					d.put(Notice{Key: fmt.Sprint(i), To: user(fmt.Sprint(i % lanes))})
					if n := len(d.one()); n != 1 {
						b.Fatal(n)
					}
				}
			})
		})
	}
}

// BenchmarkClaimNothing looks while 10,000 notices wait for a later time.
func BenchmarkClaimNothing(b *testing.B) {
	benchBoth(b, func(b *testing.B, d *desk) {
		d.f.rates = func(chat.Address) []chat.Rate { return []chat.Rate{{Key: "all", Max: 0, Per: 1 << 50}} }
		fill(b, d, backlog)
		d.drain()
		for b.Loop() {
			if got := d.claim(); len(got.jobs) > 0 || got.more {
				b.Fatal(got)
			}
		}
	})
}

func fill(b *testing.B, d *desk, lanes int) {
	const chunk = 500
	for from := 0; from < backlog; from += chunk {
		d.update(func(tx *store.Tx) error {
			for i := from; i < from+chunk; i++ {
				n := Notice{Key: fmt.Sprint(i), To: user(fmt.Sprint(i % lanes)), Reply: chat.Reply{Text: "x"}}
				if _, err := d.box.Put(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// one claims, sends and records one notice.
func (d *desk) one() []job {
	got, err := d.box.claim(context.Background(), map[chat.Via]int{person: 1})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, j := range got.jobs {
		if err := d.box.record(context.Background(), j, d.box.push(context.Background(), j)); err != nil {
			d.t.Fatal(err)
		}
	}
	return got.jobs
}
