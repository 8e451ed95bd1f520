//go:build !unix

package main

import "os"

// lockFile does nothing where there is no flock: there, do not run two
// processes on one data folder.
func lockFile(*os.File) error { return nil }
