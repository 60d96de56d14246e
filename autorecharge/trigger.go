package autorecharge

import (
	"context"
	"sync"

	"github.com/jigap/jigap/ports"
)

// Trigger is the [ports.Observer] that wakes an [Engine] right after a wallet became
// due: first for its alerts, which do not wait for a provider, then for its charge. Give it to
// ledger.New, then to [New]. A provider that hangs holds up the wallets of its Charger only. Make one with [NewTrigger].
//
// A ledger over a store that is bound to the host's transaction must not have it as its
// observer: that tells of what may never be committed. Call Booked once it is, or leave
// the wallet to the sweep.
type Trigger struct {
	mu   sync.Mutex
	idle sync.Cond

	tell    func(context.Context, string, dip) (charger string)
	queue   []string
	dips    map[string]dip // of the wallets in the queue
	telling bool

	wake  func(ctx context.Context, walletID, charger string)
	most  int                 // wakes at once for a Charger
	due   map[string][]string // wallets, by the Charger that they need
	awake map[string]bool     // the wallets that are due or being woken; true: again when that ends
	count map[string]int      // of those that wake, by Charger
}

// NewTrigger returns a trigger that is not connected to an engine yet.
func NewTrigger() *Trigger {
	t := &Trigger{dips: make(map[string]dip), awake: make(map[string]bool), due: make(map[string][]string), count: make(map[string]int)}
	t.idle.L = &t.mu
	return t
}

// connect names what is called for a wallet that is due: to tell its alerts, one wallet
// after the other, and to wake it, so many at once for each Charger.
func (t *Trigger) connect(tell func(context.Context, string, dip) string, wake func(ctx context.Context, walletID, charger string), most int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tell, t.wake, t.most = tell, wake, most
}

// Booked implements [ports.Observer]. It costs a comparison when the wallet is not
// due.
func (t *Trigger) Booked(wallet *ports.Wallet, entries []ports.Entry) {
	watch := &wallet.Watch
	turned := has(entries, ports.EntryClose) || has(entries, ports.EntryUnfreeze) // whatever is watched
	if !turned && !watch.Below.Valid && !watch.Above.Valid || len(entries) == 0 {
		return
	}
	low := lowest(wallet, entries)
	// Cash that arrives is looked at whatever the watch says: it may reinstate a policy.
	arrived := watch.Above.Valid && has(entries, ports.EntryRecharge)
	if !turned && !arrived && !watch.Due(low.available) && !watch.Due(wallet.AvailableBalance()) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wake == nil { // not connected
		return
	}
	before, waits := t.dips[wallet.ID]
	if waits && before.available.LessThanOrEqual(low.available) {
		low = before
	}
	t.dips[wallet.ID] = low
	if waits {
		return
	}
	t.queue = append(t.queue, wallet.ID)
	if !t.telling {
		t.telling = true
		go t.tellAll()
	}
}

// has reports whether an entry of a type is among the entries. It copies none.
func has(entries []ports.Entry, of ports.EntryType) bool {
	for i := range entries {
		if entries[i].Type == of {
			return true
		}
	}
	return false
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

// tellAll tells the alerts of the wallets in the queue, hands each on, and ends when the
// queue is empty.
func (t *Trigger) tellAll() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.queue) > 0 {
		next := t.queue[0]
		t.queue = t.queue[1:]
		low := t.dips[next]
		delete(t.dips, next)
		t.mu.Unlock()
		charger := t.tell(context.Background(), next, low)
		t.mu.Lock()
		t.push(next, charger)
	}
	t.telling = false
	t.idle.Broadcast()
}

// push makes a wallet due. None is woken twice at a time.
func (t *Trigger) push(walletID, charger string) {
	if _, awake := t.awake[walletID]; awake {
		t.awake[walletID] = true
		return
	}
	t.awake[walletID] = false
	t.due[charger] = append(t.due[charger], walletID)
	if t.count[charger] < t.most {
		t.count[charger]++
		go t.wakeAll(charger)
	}
}

// wakeAll wakes the wallets of a Charger that are due, one after the other, and ends when
// no wallet is due.
func (t *Trigger) wakeAll(charger string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.due[charger]) > 0 {
		next := t.due[charger][0]
		t.due[charger] = t.due[charger][1:]
		t.mu.Unlock()
		t.wake(context.Background(), next, charger)
		t.mu.Lock()
		again := t.awake[next]
		delete(t.awake, next)
		if again {
			t.push(next, charger)
		}
	}
	if t.count[charger]--; t.count[charger] == 0 {
		delete(t.count, charger)
		delete(t.due, charger)
	}
	t.idle.Broadcast()
}

// Wait returns when the trigger has nothing to do: for a graceful end of the host.
func (t *Trigger) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.telling || len(t.count) > 0 {
		t.idle.Wait()
	}
}
