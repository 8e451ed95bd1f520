package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// errLocked says that another process is using the data folder.
var errLocked = errors.New("data folder in use")

// lockFolder makes the data folder if need be and takes it for this process,
// until the returned function is called or the process ends, however it ends.
func lockFolder(data string) (unlock func(), err error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	f, err := os.OpenFile(filepath.Join(data, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if err := lockFile(f); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", data, err), f.Close())
	}
	return func() { _ = f.Close() }, nil // closing gives the lock back
}
