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
	wake    func(context.Context, string, dip)
	most    int // wakes at once
	queue   []string
	waiting map[string]dip // the wallets in the queue, and those that are due again while they are woken
	awake   map[string]bool
	running int
	idle    sync.Cond
}

// NewTrigger returns a trigger that is not connected to an engine yet.
func NewTrigger() *Trigger {
	t := &Trigger{waiting: make(map[string]dip), awake: make(map[string]bool)}
	t.idle.L = &t.mu
	return t
}

// connect names what is woken, for so many wallets at once.
func (t *Trigger) connect(wake func(context.Context, string, dip), most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.wake, t.most = wake, most
}

// Booked implements [ports.Observer]. It costs a comparison when the wallet is not
// due.
func (t *Trigger) Booked(wallet *ports.Wallet, entries []ports.Entry) {
	watch := &wallet.Watch
	turned := slices.ContainsFunc(entries, func(e ports.Entry) bool {
		return e.Type == ports.EntryClose || e.Type == ports.EntryUnfreeze // whatever is watched
	})
	if !turned && !watch.Below.Valid && !watch.Above.Valid || len(entries) == 0 {
		return
	}
	low := lowest(wallet, entries)
	// Cash that arrives is looked at whatever the watch says: it may re-arm a policy.
	arrived := watch.Above.Valid && slices.ContainsFunc(entries, func(e ports.Entry) bool { return e.Type == ports.EntryRecharge })
	if !turned && !arrived && !watch.Due(low.available) && !watch.Due(wallet.AvailableBalance()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil {
		return
	}
	before, waits := t.waiting[wallet.ID]
	if waits && before.available.LessThanOrEqual(low.available) {
		low = before
	}
	t.waiting[wallet.ID] = low
	if waits || t.awake[wallet.ID] {
		return
	}
	t.queue = append(t.queue, wallet.ID)
	if t.running < t.most {
		t.running++
		go t.run()
	}
}

// lowest returns the least available cash that the wallet had after one of the entries.
func lowest(wallet *ports.Wallet, entries []ports.Entry) dip {
	available := wallet.AvailableBalance()
	low := dip{entries[len(entries)-1].Seq, available}
	for i := len(entries) - 1; i > 0; i-- {
		available = available.Sub(entries[i].BalanceAmount).Add(entries[i].BalanceHeldAmount)
		if available.LessThan(low.available) {
			low = dip{entries[i-1].Seq, available}
		}
	}
	return low
}

// run wakes the engine for one wallet in the queue after the other, and ends when it is
// empty. No wallet is woken twice at a time.
func (t *Trigger) run() {
	for {
		t.mu.Lock()
		if len(t.queue) == 0 {
			t.running--
			t.idle.Broadcast()
			t.mu.Unlock()
			return
		}
		next := t.queue[0]
		t.queue = t.queue[1:]
		low := t.waiting[next]
		delete(t.waiting, next)
		t.awake[next] = true
		t.mu.Unlock()
		t.wake(context.Background(), next, low)
		t.mu.Lock()
		delete(t.awake, next)
		if _, again := t.waiting[next]; again {
			t.queue = append(t.queue, next)
		}
		t.mu.Unlock()
	}
}

// Wait returns when the trigger has nothing to do: for a graceful end of the host.
func (t *Trigger) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.running > 0 {
		t.idle.Wait()
	}
}
