package providertest

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jigap/jigap/ports"
)

// World is where a simulated provider lives: its time, its chance, and what is still to
// happen, under one lock. A caller must hold the lock for everything but Lock and Enter.
type World struct {
	sync.Mutex

	// Clock is the provider's clock.
	Clock ports.Clock
	// Random is where ids and random faults come from: the same requests in the same
	// order draw the same from it.
	Random *rand.Rand
	// Tick, when set, does what the provider does by itself as time passes. It is
	// called whenever the world is entered, after the late requests that are due.
	Tick func(now time.Time)

	late []lateEffect
}

// NewWorld returns a world with a clock, nil for that of the machine, and all chance
// from a seed. Simulators of different providers name different streams, so that one
// seed gives them different ids.
func NewWorld(clock ports.Clock, seed, stream uint64) *World {
	if clock == nil {
		clock = ports.SystemClock()
	}
	return &World{Clock: clock, Random: rand.New(rand.NewPCG(seed, stream))}
}

// Enter locks the world, does what is due and returns the time. The caller unlocks it.
func (w *World) Enter() time.Time {
	w.Lock()
	now := w.Clock.Now()
	w.pass(now)
	return now
}

// lateEffect is a request that arrived and is worked on later.
type lateEffect struct {
	at time.Time
	do func(now time.Time) *Answer
}

// pass does what is due. The world is locked.
func (w *World) pass(now time.Time) {
	left := w.late[:0]
	var due []lateEffect
	for _, effect := range w.late {
		if now.Before(effect.at) {
			left = append(left, effect)
			continue
		}
		due = append(due, effect)
	}
	w.late = left
	for _, effect := range due {
		effect.do(effect.at)
	}
	if w.Tick != nil {
		w.Tick(now)
	}
}

// The letters and digits that ids are made of.
const (
	Digits = "0123456789"
	Upper  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	Lower  = "abcdefghijklmnopqrstuvwxyz"
)

// Text returns n random characters of an ASCII alphabet.
func (w *World) Text(n int, alphabet string) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = alphabet[w.Random.IntN(len(alphabet))]
	}
	return string(text)
}
