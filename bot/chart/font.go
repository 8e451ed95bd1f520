package chart

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// ErrNoFont: there is no font with Chinese characters on the machine.
var ErrNoFont = errors.New("chart: no Chinese font found")

// Font is one with Chinese characters. It may be used by one goroutine at a time,
// and holds its file open until Close.
type Font struct {
	*sfnt.Font
	file *os.File
}

// Close gives the file back.
func (f *Font) Close() error { return f.file.Close() }

// FontFolders are where systems keep their fonts.
func FontFolders() []string {
	folders := []string{"/usr/share/fonts", "/usr/local/share/fonts", "/System/Library/Fonts", "/Library/Fonts", `C:\Windows\Fonts`}
	if home, err := os.UserHomeDir(); err == nil {
		folders = append(folders, filepath.Join(home, ".local", "share", "fonts"), filepath.Join(home, ".fonts"))
	}
	return folders
}

// FindFont opens the first font of the folders, in the order of their names, that has
// all characters which charts need; sans serif ones go first. ErrNoFont.
func FindFont(folders []string) (*Font, error) {
	var files []string
	for _, folder := range folders {
		_ = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && isFont(path) {
				files = append(files, path)
			}
			return nil // what cannot be read holds no font for us
		})
	}
	slices.SortStableFunc(files, func(a, b string) int { return rank(a) - rank(b) })
	for _, path := range files {
		if f, ok := openFont(path); ok {
			return f, nil
		}
	}
	return nil, ErrNoFont
}

func isFont(path string) bool {
	return slices.Contains([]string{".ttf", ".otf", ".ttc", ".otc"}, strings.ToLower(filepath.Ext(path)))
}

// rank puts families that are made for Chinese first, regular ones before others.
func rank(path string) int {
	name := strings.ToLower(filepath.Base(path))
	n := 4
	for i, family := range []string{"sanscjk", "sourcehansans", "wqy", "msyh", "simhei", "pingfang", "droidsansfallback", "cjk", "simsun"} {
		if strings.Contains(name, family) {
			n = i - 20
			break
		}
	}
	if strings.Contains(name, "bold") || strings.Contains(name, "black") || strings.Contains(name, "light") || strings.Contains(name, "thin") {
		n += 10
	}
	return n
}

// sampleText stands for what charts say.
const sampleText = "督办通报单位任务逾期完成进度0123456789%（），。"

// openFont opens a file, or the first font of a collection, if it can write Chinese.
func openFont(path string) (*Font, bool) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	if all, err := opentype.ParseCollectionReaderAt(file); err == nil {
		for i := range all.NumFonts() {
			if f, err := all.Font(i); err == nil && writes(f) {
				return &Font{f, file}, true
			}
		}
	}
	_ = file.Close() // read only: nothing to lose
	return nil, false
}

func writes(f *sfnt.Font) bool {
	var b sfnt.Buffer
	for _, r := range sampleText {
		g, err := f.GlyphIndex(&b, r)
		if err != nil || g == 0 {
			return false
		}
		if _, err := f.LoadGlyph(&b, g, 64, nil); err != nil {
			return false
		}
	}
	return true
}
