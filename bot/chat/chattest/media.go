package chattest

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"time"
)

// Sizes of pictures in bytes (WeCom's docs 90253, 99110; 101463 for AI bots, in chunks
// as they are before base64).
const (
	mostPicture   = 10 << 20
	robotPicture  = 2 << 20
	leastPicture  = 6
	pictureChunk  = 512 << 10
	pictureChunks = 100
	mediaLife     = 3 * 24 * time.Hour
)

// media are the pictures that were uploaded, by their ids.
type media map[string]upload

type upload struct {
	png   []byte
	until time.Time
}

// keep takes a picture in and returns its id.
func (m media) keep(png []byte, now time.Time) string {
	id := "@media" + rand.Text()
	m[id] = upload{png, now.Add(mediaLife)}
	return id
}

// get is the picture of an id, if it is still kept.
func (m media) get(id string, now time.Time) ([]byte, bool) {
	u, ok := m[id]
	return u.png, ok && now.Before(u.until)
}

// pictureFault says what is wrong with a picture of at most so many bytes.
func pictureFault(data []byte, most int) error {
	switch _, err := png.Decode(bytes.NewReader(data)); {
	case len(data) < leastPicture || len(data) > most:
		return fmt.Errorf("a picture of %d bytes", len(data))
	case err != nil:
		return fmt.Errorf("no PNG: %w", err)
	}
	return nil
}

// uploaded reads the one file of an upload, as both platforms want it: in the field
// media of a form, with a name.
func uploaded(r *http.Request, body []byte) ([]byte, error) {
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	part, err := form.NextPart()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(part)
	if err != nil {
		return nil, err
	}
	if err := partFault(part, len(data)); err != nil {
		return nil, err
	}
	if _, err := form.NextPart(); err != io.EOF {
		return nil, errors.New("more than one part")
	}
	return data, pictureFault(data, mostPicture)
}

func partFault(part *multipart.Part, size int) error {
	switch {
	case part.FormName() != "media":
		return fmt.Errorf("field %q", part.FormName())
	case !strings.HasSuffix(part.FileName(), ".png"):
		return fmt.Errorf("file %q", part.FileName())
	case part.Header.Get("Content-Type") != "image/png":
		return fmt.Errorf("type %q", part.Header.Get("Content-Type"))
	case !strings.Contains(part.Header.Get("Content-Disposition"), fmt.Sprintf("filelength=%d", size)):
		return errors.New("no filelength, or a wrong one")
	}
	return nil
}
