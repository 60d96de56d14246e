package simulation_test

import (
	"fmt"
	"hash"
	"hash/fnv"
	"io"
	"time"
)

// trace is what happened, line by line. Its sum proves that two runs were the same.
type trace struct {
	out  io.Writer // nil: it is not written
	sum  hash.Hash64
	last []string // lines, for a run that fails
}

const lastLines = 30

func newTrace(out io.Writer) *trace { return &trace{out: out, sum: fnv.New64a()} }

func (t *trace) say(format string, args ...any) {
	line := time.Now().Format("02 15:04:05.000 ") + fmt.Sprintf(format, args...) + "\n"
	_, _ = io.WriteString(t.sum, line)
	if t.out != nil {
		_, _ = io.WriteString(t.out, line)
	}
	if len(t.last) == lastLines {
		t.last = append(t.last[:0], t.last[1:]...)
	}
	t.last = append(t.last, line)
}
