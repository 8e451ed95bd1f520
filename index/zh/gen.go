//go:build ignore

// Gen writes traditional.txt and pinyin.txt, the two data files of package zh.
//
//	go run gen.go -opencc DIR -xhc FILE
//
// DIR holds OpenCC's dictionary (TSCharacters.txt, TWVariants.txt, HKVariants.txt; Apache 2.0), for example
// the folder dictionary of module github.com/longbridgeapp/opencc@v0.3.13. FILE is kXHC1983.txt of
// github.com/mozillazg/pinyin-data (MIT; commit 82759f96236a): the readings of a modern dictionary. Go-pinyin v0.21.0 (MIT), which
// package zh does not link because its map costs every start 4 ms and 1.8 MB, gives the readings and their order.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/mozillazg/go-pinyin"
	"golang.org/x/text/unicode/norm"
)

// chosen overrides OpenCC's first choice for a character that also lives in simplified text, or that it lacks.
var chosen = map[rune]rune{
	'乾': '干', '瞭': '了', '祇': '只', '衹': '只', '妳': '你', '牠': '它', '箇': '个', '枱': '台', '衞': '卫', '麽': '么',
	'藉': '藉', '覆': '覆', '著': '著', '薹': '薹', '阪': '阪', '彷': '彷', '吒': '吒', '捱': '捱', '馀': '余', '峯': '峰',
	// Radicals that pdf files use in place of the character and that Unicode does not decompose.
	'⺠': '民', '⻓': '长', '⻔': '门', '⻋': '车', '⻅': '见', '⻉': '贝', '⻚': '页', '⻛': '风', '⻜': '飞', '⻢': '马', '⻥': '鱼',
	'⻦': '鸟', '⻨': '麦', '⻬': '齐', '⻮': '齿', '⻰': '龙', '⻄': '西', '⻆': '角', '⻘': '青', '⻤': '鬼', '⻩': '黄', '⻳': '龟',
	'⻝': '食', '⻙': '韦', '⻒': '长', '⺟': '母', '⻁': '虎', '⺼': '肉', '⻑': '长', '⻗': '雨', '⺢': '水', '⺬': '示',
}

// maxReadings bounds the readings of a character: what rare ones have beyond it is archaic.
const maxReadings = 4

func main() {
	log.SetFlags(0)
	opencc := flag.String("opencc", "", "folder with OpenCC's dictionary")
	xhc := flag.String("xhc", "", "kXHC1983.txt of pinyin-data")
	flag.Parse()
	if *opencc != "" {
		write("traditional.txt", traditional(*opencc))
	}
	if *xhc != "" {
		write("pinyin.txt", readings(*xhc))
	}
}

func write(name, text string) {
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		log.Fatal(err)
	}
	fmt.Println(name, len(text), "bytes")
}

// traditional gives two lines of equal length: characters, and what each becomes.
func traditional(dir string) string {
	to := map[rune]rune{}
	add := func(from, into string) {
		f, n := utf8.DecodeRuneInString(from)
		t, m := utf8.DecodeRuneInString(into)
		if n == len(from) && m == len(into) && f < 0x10000 && t < 0x10000 {
			to[f] = t
		}
	}
	for _, e := range entries(filepath.Join(dir, "TSCharacters.txt")) {
		add(e[0], strings.Fields(e[1])[0])
	}
	for _, name := range []string{"TWVariants.txt", "HKVariants.txt"} {
		for _, e := range entries(filepath.Join(dir, name)) {
			standard, _ := utf8.DecodeRuneInString(e[0])
			for _, variant := range strings.Fields(e[1]) {
				v, _ := utf8.DecodeRuneInString(variant)
				if s, ok := to[standard]; ok && to[v] == 0 && v != s && standard != '着' {
					to[v] = s
				}
			}
		}
	}
	maps.Copy(to, chosen)
	for _, block := range [][2]rune{{0x2E80, 0x2FD5}, {0xF900, 0xFAFF}} {
		for r := block[0]; r <= block[1]; r++ {
			if to[r] == 0 {
				add(string(r), norm.NFKC.String(string(r)))
			}
		}
	}
	var from, into strings.Builder
	for _, f := range slices.Sorted(maps.Keys(to)) {
		t := to[f]
		for i := 0; i < 4 && to[t] != 0; i++ {
			t = to[t]
		}
		if t != f {
			from.WriteRune(f)
			into.WriteRune(t)
		}
	}
	return from.String() + "\n" + into.String() + "\n"
}

func entries(name string) [][2]string {
	data, err := os.ReadFile(name)
	if err != nil {
		log.Fatal(err)
	}
	var es [][2]string
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
			es = append(es, [2]string{k, v})
		}
	}
	return es
}

// readings gives one line per set of toneless readings, the usual one first: "zhong,chong" tab characters.
func readings(xhc string) string {
	modern := map[rune][]string{}
	data, err := os.ReadFile(xhc)
	if err != nil {
		log.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var r rune
		if _, err := fmt.Sscanf(line, "U+%X:", &r); err == nil {
			_, list, _ := strings.Cut(line, ":")
			list, _, _ = strings.Cut(list, "#")
			modern[r] = toneless(list)
		}
	}
	lines := map[string][]rune{}
	for code, list := range pinyin.PinyinDict {
		r := rune(code)
		if r != '〇' && (r < 0x3400 || r > 0x9FFF) {
			continue
		}
		all := toneless(list)
		if known := modern[r]; len(known) > 0 {
			first := all[0]
			all = slices.DeleteFunc(all, func(s string) bool { return s != first && !slices.Contains(known, s) })
		}
		all = all[:min(len(all), maxReadings)]
		if key := strings.Join(all, ","); key != "" {
			lines[key] = append(lines[key], r)
		}
	}
	var b strings.Builder
	for _, key := range slices.SortedFunc(maps.Keys(lines), cmp.Compare[string]) {
		slices.Sort(lines[key])
		fmt.Fprintf(&b, "%s\t%s\n", key, string(lines[key]))
	}
	return b.String()
}

// toneless gives the syllables of a list such as "zhòng,chóng", each once, without those that have no vowel.
func toneless(list string) []string {
	var out []string
	for s := range strings.SplitSeq(list, ",") {
		var b strings.Builder
		for _, r := range norm.NFD.String(strings.ReplaceAll(norm.NFC.String(strings.TrimSpace(s)), "ü", "v")) {
			switch {
			case r >= 'a' && r <= 'z':
				b.WriteRune(r)
			case r == 0x308: // the dots of an ü under a tone mark
				u := b.String()
				b.Reset()
				b.WriteString(u[:len(u)-1] + "v")
			}
		}
		if s := b.String(); strings.ContainsAny(s, "aeiouv") && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}
