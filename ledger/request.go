package ledger

import (
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Note is what a caller may add to any entry. All of it is optional, and all of it
// counts as content of the request.
type Note struct {
	Reference  string            // the caller's own reference, up to 128 bytes
	Memo       string            // for people, up to 500 bytes
	Metadata   map[string]string // up to 16 pairs, keys to 64 bytes, values to 512
	OccurredAt time.Time         // when it happened. Defaults to when it is booked
}

// clone returns a copy that the caller can no longer change.
func (n Note) clone() Note {
	c := n
	c.Metadata = maps.Clone(n.Metadata)
	return c
}

func (n *Note) check() error {
	if err := ports.CheckReference("Reference", n.Reference); err != nil {
		return err
	}
	if err := ports.CheckText("Memo", n.Memo, ports.MaxMemo); err != nil {
		return err
	}
	if err := ports.CheckTime("OccurredAt", n.OccurredAt); err != nil {
		return err
	}
	return ports.CheckMetadata("Metadata", n.Metadata)
}

// command is a request that was checked at the door and is ready to be applied.
type command struct {
	name     string // of the operation, for errors; blank of a booking: its caller names what it does
	walletID string
	peerID   string // the other wallet, for transfers
	key      string // blank: the operation is made safe to repeat in another way
	digest   ports.Hash
	note     Note
	who      string // the person who asks, where there must be one
	content  content

	originalKey string            // the entry under this key is loaded before apply
	operationID string            // this operation is loaded before apply
	found       *foundHold        // the operation as it was known before: good enough for a first attempt
	opens       bool              // the wallet need not exist
	foreign     []ports.Operation // records to write that were computed by the caller
	sweeps      int               // it is about holds that have expired, and gives back so many at most

	apply func(*draft) error // the rule; leaves what it books in the draft
}

// explain returns an error of the command with its name and its wallet.
func (c *command) explain(err error) error {
	if c.name == "" {
		return fmt.Errorf("wallet %s: %w", c.walletID, err)
	}
	return fmt.Errorf("%s wallet %s: %w", c.name, c.walletID, err)
}

// original returns the key of the entry that the command refers to, if it refers to one.
func (c *command) original() (key ports.EntryKey, refers bool) {
	return ports.EntryKey{WalletID: c.walletID, Key: c.originalKey}, c.originalKey != ""
}

// writes reports whether the caller computed the operation with this id.
func (c *command) writes(id string) bool {
	for _, op := range c.foreign {
		if op.Head().ID == id {
			return true
		}
	}
	return false
}

// about returns the wallet by which the command is about one of the wallets or
// operations that are named, or nothing.
func (c *command) about(named map[string]bool) string {
	if c.peerID != "" && named[c.peerID] && !named[c.walletID] {
		return c.peerID
	}
	about := named[c.walletID] || named[c.operationID]
	for _, op := range c.foreign {
		about = about || named[op.Head().ID]
	}
	if about {
		return c.walletID
	}
	return ""
}

// checkBy looks at what the act of a person has: what every request has, and who and why.
// The reason takes the place of the memo.
func (c *command) checkBy(by *ports.By) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := ports.CheckBy(*by); err != nil {
		return err
	}
	if c.note.Memo != "" {
		return ports.Invalid("Memo", "must be blank where Why is given")
	}
	c.who, c.note.Memo = by.Who, by.Why
	return nil
}

// check looks at what every request has: wallet, key and note.
func (c *command) check() error {
	if err := ports.CheckID("WalletID", c.walletID); err != nil {
		return err
	}
	if err := ports.CheckID("Key", c.key); err != nil {
		return err
	}
	return c.note.check()
}

// checkSize refuses an Amount that no wallet could take, whatever its scale, before
// anything is computed from it. The scale itself is held once the wallet is known.
func checkSize(amount decimal.Decimal) error {
	if amount.Sign() <= 0 {
		return ports.Invalid("Amount", "must be greater than zero")
	}
	return checkSigned("Amount", amount)
}

func checkSigned(field string, amount decimal.Decimal) error {
	if amount.Exponent() >= -ports.MaxScale && ports.WithinLimit(amount) {
		return nil
	}
	_, err := ports.CheckSigned(field, amount, ports.MaxScale)
	return err
}

// request is a command and its way to an answer.
type request struct {
	command *command
	state   atomic.Int32
	done    chan struct{} // closed with the answer; nil while the caller leads the queue that it is in

	receipt  *Receipt
	err      error
	answered bool

	// Of one round:
	refusal error      // not yet the answer
	index   int        // of the receipt in the unit's entries
	twins   []*request // under the same key
	kept    string     // the wallet that another transaction keeps from it
	excuse  error      // why it is kept: the answer if that does not end

	lost      int // attempts that others were faster than
	conflicts int // those of them that were lost by the version of a wallet

	// Of a request that has left the queue:
	aside    bool
	unlocked bool        // the lock of its wallet alone does not help it
	timer    *time.Timer // ends the time that it may wait
	late     atomic.Bool // timer has ended
	standing atomic.Bool // the store waits for a lock on its behalf, as long as the store likes
}

// The states of a request.
const (
	queued int32 = iota
	taken
	abandoned
)

// guesses reports whether this attempt goes by an operation that was known before it:
// if that has changed the commit is refused, and a refusal by the rules counts only
// when the next attempt, which reads it, comes to the same.
func (r *request) guesses() bool { return r.command.found != nil && r.lost == 0 }

// wait waits for the answer without an end.
func (r *request) wait() (*Receipt, error) {
	if r.done != nil {
		<-r.done
	}
	return r.receipt, r.err
}

func (r *request) answer(receipt *Receipt, err error) {
	if r.timer != nil {
		r.timer.Stop()
	}
	r.finish(receipt, err)
}

func (r *request) finish(receipt *Receipt, err error) {
	r.receipt, r.err, r.answered = receipt, err, true
	if r.done != nil {
		close(r.done)
	}
}

// begin makes the request ready for another round.
func (r *request) begin() {
	r.refusal, r.twins, r.kept, r.excuse = nil, nil, "", nil
}

// take takes requests from a queue, but for those whose callers have left.
func take(requests []*request) []*request {
	open := requests[:0]
	for _, r := range requests {
		if r.state.CompareAndSwap(queued, taken) {
			open = append(open, r)
		}
	}
	return open
}

// part returns requests to where their callers may leave them, and parts those that can
// be tried again at once from those that are kept.
func part(requests []*request) (again, kept []*request) {
	again = requests[:0]
	for _, r := range requests {
		r.state.Store(queued)
		if r.kept != "" {
			kept = append(kept, r)
		} else {
			again = append(again, r)
		}
	}
	return again, kept
}

// live returns the requests that have not been answered or left.
func live(requests []*request) []*request {
	return slices.DeleteFunc(requests, func(r *request) bool { return r.state.Load() != queued })
}

func unanswered(requests []*request) []*request {
	open := requests[:0]
	for _, r := range requests {
		if !r.answered {
			open = append(open, r)
		}
	}
	return open
}

func fail(requests []*request, err error) {
	for _, r := range requests {
		if !r.answered {
			r.answer(nil, err)
		}
	}
}
