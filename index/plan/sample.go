package plan

import (
	_ "embed"
	"sync"
)

// SampleText is the Yueqing plan, which the program shows before any import.
//
//go:embed sample/yueqing.txt
var SampleText []byte

// SampleName is the file name of the sample.
const SampleName = "yueqing.txt"

// Sample returns the sample plan. Callers share it and must not change it.
var Sample = sync.OnceValue(func() *Plan {
	p, err := Read(SampleName, SampleText)
	if err != nil {
		panic("plan: the built-in sample is unreadable: " + err.Error())
	}
	return p
})
