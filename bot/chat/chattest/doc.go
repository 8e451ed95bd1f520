// Package chattest plays the chat platforms for tests: strict servers that
// check what is sent to them as the platforms do, count their limits, record
// what each conversation shows, and misbehave on demand; and callers that
// deliver messages as the platforms do.
//
// It must not know the packages it tests: what it knows of a protocol is written
// a second time, so that a mistake made once is seen. The program never uses it.
package chattest
