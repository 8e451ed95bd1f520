package zh

// Grams gives the n-grams of the folded text in order, repeated ones too: every n neighbouring characters of a run of
// Chinese characters, a shorter run whole, and each run of ASCII letters and digits as one token. All else separates.
// An n below 1 counts as 1.
func Grams(s string, n int) []string {
	n = max(n, 1)
	folded := Fold(s)
	var out []string
	var starts []int // byte offsets of the characters of the current run
	ascii := -1      // where the current run of letters and digits began
	flush := func(end int) {
		if ascii >= 0 {
			out = append(out, folded[ascii:end])
		}
		for i := range starts {
			to := end
			if i+n < len(starts) {
				to = starts[i+n]
			}
			if i == 0 || i+n <= len(starts) {
				out = append(out, folded[starts[i]:to])
			}
		}
		starts, ascii = starts[:0], -1
	}
	for i, r := range folded {
		switch {
		case IsHan(r):
			if ascii >= 0 {
				flush(i)
			}
			starts = append(starts, i)
		case isASCIIDigit(r) || r >= 'a' && r <= 'z':
			if ascii < 0 {
				flush(i)
				ascii = i
			}
		default:
			flush(i)
		}
	}
	flush(len(folded))
	return out
}

// Bigrams is Grams with n = 2.
func Bigrams(s string) []string { return Grams(s, 2) }
