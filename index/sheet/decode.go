package sheet

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// Shares that decide between encodings: real UTF-8 text with a few spoilt
// bytes stays UTF-8, and text that GB18030 cannot read is no text.
const (
	maxBadUTF8 = 0.05 // bad bytes per multi-byte character
	maxBadGB   = 0.05 // undecodable bytes per character
	maxControl = 0.02 // control characters per character of a text file
)

// Decode turns the bytes of a text file into valid UTF-8 with \n line ends.
// It knows UTF-8 and UTF-16 with or without a byte order mark, and GB18030
// with its subsets GBK and GB2312. Bytes that mean nothing become U+FFFD, so
// that a loss is visible; a file that is mostly such bytes is ErrUnsupported.
func Decode(data []byte) (string, error) {
	s, ok := decode(data)
	if !ok {
		return "", &Error{Kind: ErrUnsupported}
	}
	return Lines(s), nil
}

// Lines makes every line end \n.
func Lines(s string) string {
	if !strings.Contains(s, "\r") {
		return s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func decode(data []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		return plain(strings.ToValidUTF8(string(data[3:]), "\ufffd"))
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return plain(decode16(data[2:], binary.LittleEndian))
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return plain(decode16(data[2:], binary.BigEndian))
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return guess16(data)
	}
	if utf8.Valid(data) {
		return plain(string(data))
	}
	if mostlyUTF8(data) {
		return plain(strings.ToValidUTF8(string(data), "\ufffd"))
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil {
		return "", false
	}
	bad := bytes.Count(out, []byte("\ufffd"))
	if float64(bad) > 1+maxBadGB*float64(utf8.RuneCount(out)) {
		return "", false
	}
	return plain(string(out))
}

// plain refuses text that is full of control characters: a binary file.
func plain(s string) (string, bool) {
	control, total := 0, 0
	for _, r := range s {
		total++
		if r < ' ' && r != '\n' && r != '\r' && r != '\t' && r != '\f' && r != '\v' {
			control++
		}
	}
	return s, float64(control) <= 1+maxControl*float64(total)
}

func decode16(data []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	s := string(utf16.Decode(units))
	if len(data)%2 == 1 {
		s += "\ufffd"
	}
	return s
}

// guess16 reads UTF-16 that lost its byte order mark: with the right order the
// text has no NUL and no control characters.
func guess16(data []byte) (string, bool) {
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		s := decode16(data, order)
		if strings.ContainsAny(s, "\x00\ufffd") || !strings.ContainsAny(s, "\n 的，。") {
			continue
		}
		if s, ok := plain(s); ok {
			return s, true
		}
	}
	return "", false
}

func mostlyUTF8(data []byte) bool {
	bad, good := 0, 0
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		switch {
		case r == utf8.RuneError && n == 1:
			bad++
		case n > 1:
			good++
		}
		data = data[n:]
	}
	return float64(bad) <= maxBadUTF8*float64(good)
}
