package chattest

import (
	"bytes"
	"image"
	"image/png"
	"math/rand/v2"
)

// Noise is a PNG of about so many bytes, that no compression makes smaller. The same
// size gives the same picture.
func Noise(size int) []byte {
	const perPixel = 4
	const wide = 256
	img := image.NewNRGBA(image.Rect(0, 0, wide, max(1, size/perPixel/wide)))
	r := rand.New(rand.NewPCG(uint64(size), 1))
	for i := range img.Pix {
		img.Pix[i] = uint8(r.UintN(256))
	}
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		panic(err) // a Buffer takes everything
	}
	return out.Bytes()
}
