package doc

import "errors"

// Advice tells a user in plain Chinese what to do about an error of Read or of
// sheet.Read, also when it is wrapped. It never shows the error itself; a nil
// error gives "".
func Advice(err error) string {
	if err == nil {
		return ""
	}
	format := ""
	var e *Error
	if errors.As(err, &e) {
		format = e.Format
	}
	fallback := adviceElse
	for _, a := range advices {
		if !errors.Is(err, a.kind) {
			continue
		}
		if a.format == format {
			return a.text
		}
		if a.format == "" {
			fallback = a.text
		}
	}
	return fallback
}
