package autorecharge

import (
	"context"
	"slices"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Trigger is the [ports.Observer] that wakes an [Engine] right after a wallet became
// due. Give it to ledger.New, then to [New]. Make one with [NewTrigger].
type Trigger struct {
	mu      sync.Mutex
	wake    func(context.Context, string)
	queue   []string
	queued  map[string]bool
	running bool
	idle    sync.Cond
}

// NewTrigger returns a trigger that is not connected to an engine yet.
func NewTrigger() *Trigger {
	t := &Trigger{queued: make(map[string]bool)}
	t.idle.L = &t.mu
	return t
}

// connect names what is woken.
func (t *Trigger) connect(wake func(context.Context, string)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake = wake
}

// Booked implements [ports.Observer]. It costs a comparison when the wallet is not
// due.
func (t *Trigger) Booked(wallet *ports.Wallet, entries []ports.Entry) {
	watch := &wallet.Watch
	if !watch.Below.Valid && !watch.Above.Valid {
		return
	}
	// Cash that arrives is looked at whatever the watch says: it may re-arm a policy.
	arrived := watch.Above.Valid && slices.ContainsFunc(entries, func(e ports.Entry) bool { return e.Type == ports.EntryRecharge })
	if !arrived && !watch.Due(wallet.AvailableBalance()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil || t.queued[wallet.ID] {
		return
	}
	t.queued[wallet.ID] = true
	t.queue = append(t.queue, wallet.ID)
	if !t.running {
		t.running = true
		go t.run()
	}
}

// run wakes the engine for each wallet in the queue, and ends when it is empty.
func (t *Trigger) run() {
	for {
		t.mu.Lock()
		if len(t.queue) == 0 {
			t.running = false
			t.idle.Broadcast()
			t.mu.Unlock()
			return
		}
		next := t.queue[0]
		t.queue = t.queue[1:]
		delete(t.queued, next)
		t.mu.Unlock()
		t.wake(context.Background(), next)
	}
}

// Wait returns when the trigger has nothing to do: for a graceful end of the host.
func (t *Trigger) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.running {
		t.idle.Wait()
	}
}
