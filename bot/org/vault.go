package org

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Sizes in bytes.
const (
	KeySize   = 32 // of a key that LoadOrMakeKey makes
	minSecret = 16 // of a secret to derive a key from; below that it protects nothing
	markSize  = 4  // of the mark that tells which key sealed a value
)

// Errors of the vault and its key.
var (
	// ErrKey: the value was sealed with a key that is not here.
	ErrKey = errors.New("org: sealed with another secret_key")
	// ErrSealed: the value is not what was sealed under this bucket and key.
	ErrSealed = errors.New("org: sealed value damaged")
	// ErrExposed: the key file can be read by others.
	ErrExposed = errors.New("org: key file can be read by others")
)

// Vault seals values with AES-256-GCM, bound to the place where they are kept,
// so that none can be put in another's place. It is safe for concurrent use.
type Vault struct{ keys []vaultKey } // the first seals, all open

type vaultKey struct {
	mark []byte
	aead cipher.AEAD
}

// NewVault derives its keys from secrets of at least 16 bytes by HKDF-SHA256.
// The first seals; values sealed with the old ones still open, until Rotate has
// sealed them anew.
func NewVault(secret []byte, old ...[]byte) (*Vault, error) {
	v := new(Vault)
	for _, s := range append([][]byte{secret}, old...) {
		if len(s) < minSecret {
			return nil, fmt.Errorf("vault: secret of %d bytes, at least %d: %w", len(s), minSecret, ErrInvalid)
		}
		k, err := newVaultKey(s)
		if err != nil {
			return nil, fmt.Errorf("vault: %w", err)
		}
		v.keys = append(v.keys, k)
	}
	return v, nil
}

func newVaultKey(secret []byte) (k vaultKey, err error) {
	if k.mark, err = hkdf.Key(sha256.New, secret, nil, "xietiao vault mark 1", markSize); err != nil {
		return k, err
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "xietiao vault key 1", KeySize)
	if err != nil {
		return k, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return k, err
	}
	k.aead, err = cipher.NewGCMWithRandomNonce(block)
	return k, err
}

// Format hides the keys from every verb.
func (v *Vault) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "<vault>") }

// Seal encrypts a value for one place. The same value gives other bytes each time.
func (v *Vault) Seal(bucket, key string, plain []byte) []byte {
	k := v.keys[0]
	return k.aead.Seal(bytes.Clone(k.mark), nil, plain, place(bucket, key))
}

// Open decrypts what was sealed for the place. ErrKey, ErrSealed.
func (v *Vault) Open(bucket, key string, sealed []byte) ([]byte, error) {
	err := ErrKey
	for _, k := range v.keys {
		rest, ok := bytes.CutPrefix(sealed, k.mark)
		if !ok {
			continue
		}
		if plain, wrong := k.aead.Open(nil, nil, rest, place(bucket, key)); wrong == nil {
			return plain, nil
		}
		err = ErrSealed
	}
	return nil, fmt.Errorf("open %s %s: %w", bucket, key, err)
}

// Current reports whether the newest key sealed the value.
func (v *Vault) Current(sealed []byte) bool { return bytes.HasPrefix(sealed, v.keys[0].mark) }

// place is what a sealed value is bound to; no bucket's name holds a zero byte.
func place(bucket, key string) []byte { return []byte(bucket + sep + key) }

// LoadOrMakeKey reads the key file, and makes it of 32 random bytes with mode
// 0600 if there is none; of several that make it at once, all get the same.
// ErrExposed: others may read it (not told on Windows). ErrInvalid: it is no key.
func LoadOrMakeKey(path string) ([]byte, error) {
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := makeKey(path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make key file: %w", err)
	}
	return loadKey(path)
}

func loadKey(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("key file %s has mode %#o: %w", path, info.Mode().Perm(), ErrExposed)
	}
	key, err := io.ReadAll(io.LimitReader(f, KeySize+1))
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if len(key) != KeySize {
		return nil, fmt.Errorf("key file %s does not hold %d bytes: %w", path, KeySize, ErrInvalid)
	}
	return key, nil
}

// makeKey writes the whole file beside its place and links it there, so that
// nobody reads half a key and none overwrites another's.
func makeKey(path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.Remove(f.Name())) }()
	key := make([]byte, KeySize)
	rand.Read(key) // never fails
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Link(f.Name(), path)
}
