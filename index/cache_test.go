package index

import (
	"sync"
	"testing"

	"xietiao/index/plan"
)

// counted is a cache that counts how often each view is made.
func counted() (*viewCache, func() map[int]int) {
	var mu sync.Mutex
	made := map[int]int{}
	c := &viewCache{make: func(i int) *view {
		mu.Lock()
		defer mu.Unlock()
		made[i]++
		return &view{avgSeg: float64(i)}
	}}
	return c, func() map[int]int {
		mu.Lock()
		defer mu.Unlock()
		return made
	}
}

func TestViewsAreKept(t *testing.T) {
	t.Parallel()
	c, made := counted()
	for range 3 {
		for i := range maxViews {
			if v := c.get(i); v.avgSeg != float64(i) {
				t.Fatalf("view %d is %v", i, v.avgSeg)
			}
		}
	}
	for i, n := range made() {
		if n != 1 {
			t.Fatalf("view %d was made %d times", i, n)
		}
	}
}

func TestTheViewUnusedLongestGoes(t *testing.T) {
	t.Parallel()
	c, made := counted()
	for i := range maxViews {
		c.get(i)
	}
	c.get(0)        // 1 is the oldest now
	c.get(maxViews) // one too many
	c.get(0)
	if n := made()[0]; n != 1 {
		t.Errorf("the one just used was made %d times", n)
	}
	c.get(1)
	if n := made()[1]; n != 2 {
		t.Errorf("the oldest was made %d times", n)
	}
	if len(c.kept) > maxViews {
		t.Errorf("%d are kept", len(c.kept))
	}
}

func TestManyAskForViewsAtOnce(t *testing.T) {
	t.Parallel()
	c, _ := counted()
	var wait sync.WaitGroup
	for g := range 8 {
		wait.Go(func() {
			for i := range 4 * maxViews {
				k := (i*7 + g*31) % (2 * maxViews)
				if v := c.get(k); v.avgSeg != float64(k) {
					t.Errorf("view %d is %v", k, v.avgSeg)
				}
			}
		})
	}
	wait.Wait()
	if len(c.kept) > maxViews {
		t.Errorf("%d are kept", len(c.kept))
	}
}

// More plans than views are kept, asked from all sides: every answer is its
// own plan's.
func TestPlansTakeTurnsInTheCache(t *testing.T) {
	t.Parallel()
	const n = maxViews + 16
	plans := make([]*plan.Plan, n)
	for i := range plans {
		plans[i] = small(placeName(i)+"县", placeName(i)+"协〔2020〕1号", "县民政局", "文化礼堂")
	}
	ix := build(t, plans...)
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for i := range n {
				p := plans[(i*5+g*n/4)%n]
				a, err := ix.Ask(t.Context(), Query{Q: "文化礼堂归谁管", Plan: p.DocNo})
				if err != nil || len(a.Results) != 1 || a.Results[0].Plan != p.DocNo {
					t.Errorf("%s: %v %v", p.DocNo, a.Results, err)
					return
				}
			}
		})
	}
	wait.Wait()
}
