package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const signUps = 10_000

// storm lets everybody sign up at once and reports the rate and the longest wait.
// With few places most calls only read; with many, most write what all others read.
func storm(b *testing.B, open func(b *testing.B, places int) func(who string) error) {
	for _, places := range []int{100, 2000} {
		b.Run(fmt.Sprint(places, "places"), func(b *testing.B) { stormFor(b, places, open) })
	}
}

func stormFor(b *testing.B, places int, open func(b *testing.B, places int) func(who string) error) {
	var longest time.Duration
	for range b.N {
		call := open(b, places)
		var mu sync.Mutex
		var wg sync.WaitGroup
		admitted := 0
		start := time.Now()
		for i := range signUps {
			wg.Go(func() {
				err := call(fmt.Sprintf("志愿者%d", i))
				took := time.Since(start)
				mu.Lock()
				defer mu.Unlock()
				longest = max(longest, took)
				if err == nil {
					admitted++
				} else if !errors.Is(err, errFull) {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		if admitted != places {
			b.Errorf("%d admitted", admitted)
		}
	}
	b.ReportMetric(float64(signUps*b.N)/b.Elapsed().Seconds(), "signups/s")
	b.ReportMetric(float64(longest.Milliseconds()), "ms-longest-wait")
}

func committed(s *Store, places int) func(string) error {
	return func(who string) error {
		return s.UpdateKeys(context.Background(), []Key{{"signup", who}}, func(tx *Tx) error { return signUp(tx, who, places) })
	}
}

func BenchmarkSignUpsFile(b *testing.B) {
	storm(b, func(b *testing.B, places int) func(string) error {
		return committed(openFile(b, filepath.Join(b.TempDir(), "store"), Options{Queue: signUps}), places)
	})
}

func BenchmarkSignUpsRedis(b *testing.B) {
	url := sharedServer(b).url()
	storm(b, func(b *testing.B, places int) func(string) error {
		return committed(openRedis(b, url, rand.Text(), Options{Queue: signUps}), places)
	})
}

// BenchmarkSignUpsRedisNaive is what the committer is for: every call watches for
// itself and tries again until it wins.
func BenchmarkSignUpsRedisNaive(b *testing.B) {
	addr := sharedServer(b).addr()
	storm(b, func(b *testing.B, places int) func(string) error {
		c := redis.NewClient(&redis.Options{Addr: addr, PoolSize: 50, PoolTimeout: time.Hour})
		b.Cleanup(func() { _ = c.Close() })
		space := "{" + rand.Text() + "}"
		return func(who string) error { return naive(c, space, who, places) }
	})
}

func naive(c *redis.Client, space, who string, places int) error {
	ctx, count, mine := context.Background(), space+"count", space+who
	for {
		err := c.Watch(ctx, func(tx *redis.Tx) error {
			if there, err := tx.Exists(ctx, mine).Result(); err != nil || there > 0 {
				return err
			}
			n, err := tx.Get(ctx, count).Int()
			if err != nil && !errors.Is(err, redis.Nil) {
				return err
			}
			if n >= places {
				return errFull
			}
			_, err = tx.TxPipelined(ctx, func(p redis.Pipeliner) error {
				p.Set(ctx, count, n+1, 0)
				p.Set(ctx, mine, n+1, 0)
				return nil
			})
			return err
		}, count, mine)
		if !errors.Is(err, redis.TxFailedErr) {
			return err
		}
	}
}
