package ledger

import (
	"slices"
	"sync"
)

// places are for so many at once. Who waits for one gets it in the order of coming.
type places struct {
	mu      sync.Mutex
	free    int
	waiting []chan struct{}
}

// ask asks for a place. It is the caller's when turn, which has room for it, holds a value;
// ask reports whether it does already.
func (p *places) ask(turn chan struct{}) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.free == 0 {
		p.waiting = append(p.waiting, turn)
		return false
	}
	p.free--
	turn <- struct{}{}
	return true
}

// leave gives a place to who waits longest.
func (p *places) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) == 0 {
		p.free++
		return
	}
	p.waiting[0] <- struct{}{}
	p.waiting = slices.Delete(p.waiting, 0, 1)
}

// cancel takes the question for a place back, or gives back the place that was the answer.
func (p *places) cancel(turn chan struct{}) {
	p.mu.Lock()
	at := slices.Index(p.waiting, turn)
	if at >= 0 {
		p.waiting = slices.Delete(p.waiting, at, at+1)
	}
	p.mu.Unlock()
	if at < 0 {
		<-turn
		p.leave()
	}
}
