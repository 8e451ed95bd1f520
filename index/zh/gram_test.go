package zh

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGrams(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		n        int
		want     []string
	}{
		{"neighbours of a run", "文化礼堂", 2, []string{"文化", "化礼", "礼堂"}},
		{"a shorter run stays whole", "文、礼堂", 3, []string{"文", "礼堂"}},
		{"a run of the length itself", "礼堂", 2, []string{"礼堂"}},
		{"letters and digits are one token", "用WPS２０１９开会", 2, []string{"用", "wps2019", "开会"}},
		{"repeats are kept", "多多多", 2, []string{"多多", "多多"}},
		{"traditional text gives the same", "禮堂", 2, []string{"礼堂"}},
		{"one by one", "教育局", 1, []string{"教", "育", "局"}},
		{"below one counts as one", "教育", 0, []string{"教", "育"}},
		{"punctuation only", "，。 ", 2, nil},
		{"nothing", "", 2, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, Grams(c.in, c.n)); diff != "" {
				t.Error(diff)
			}
		})
	}
	if diff := cmp.Diff(Grams("文化礼堂", 2), Bigrams("文化礼堂")); diff != "" {
		t.Error(diff)
	}
}
