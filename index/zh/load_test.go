package zh

import (
	"sync"
	"testing"
)

func TestFirstUseByManyAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if Fold("禮") != "礼" || SoundDistance('文', '闻') != 0 || !SimilarShape('官', '宫') {
				t.Error("wrong")
			}
		})
	}
	wg.Wait()
}

// The tables are loaded on first use; a cold question pays for those it needs.
func BenchmarkLoad(b *testing.B) {
	b.Run("traditional", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseTraditional()
		}
	})
	b.Run("pinyin", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parsePinyin()
		}
	})
	b.Run("shapes", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			parseShapes()
		}
	})
}
