package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// The wallets of the story: one that SOLAPI recharges, and one that Kona does.
const (
	customer = "customer-1"
	member   = "customer-2"
)

// story is a host, its providers, and where the story is told.
type story struct {
	*host
	*providers
	out io.Writer
}

// newStory starts the providers and wires a host over the store. It is 09:00 in Korea,
// and time passes only when the story says so.
func newStory(store ports.Store, out io.Writer) (*story, error) {
	p, err := startProviders(solapitest.NewClock(time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)))
	if err != nil {
		return nil, err
	}
	h, err := newHost(store, p)
	if err != nil {
		p.close()
		return nil, err
	}
	fmt.Fprintln(out, "wallet        cash points  what happened (SOLAPI and Kona are simulated, over HTTP on loopback)")
	return &story{host: h, providers: p, out: out}, nil
}

// tellAll tells every chapter, the books, and whether all of it agrees.
func (s *story) tellAll(ctx context.Context) error {
	for _, chapter := range []func(context.Context) error{
		s.open, s.recharge, s.usage, s.hold, s.autoRecharge, s.lostAnswer, s.pendingCharge, s.withdrawal,
		s.statement, s.trialBalance, s.verify,
	} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) open(ctx context.Context) error {
	for _, id := range []string{customer, member} {
		if _, err := s.wallets.Open(ctx, ledger.OpenRequest{WalletID: id, Currency: "KRW"}); err != nil {
			return err
		}
	}
	return nil
}

// pass lets time pass, a minute at a step, and the worker work, until an operation has
// ended.
func (s *story) pass(ctx context.Context, open func() (bool, error)) error {
	for range 120 {
		if stillOpen, err := open(); err != nil || !stillOpen {
			return err
		}
		s.clock.Advance(time.Minute)
		if err := s.worker.Step(ctx).Err(); err != nil {
			return err
		}
	}
	return errors.New("an operation has not ended within two hours")
}

// ended is what became of a recharge in the end.
func (s *story) ended(ctx context.Context, id string) (op *ports.Recharge, err error) {
	err = s.pass(ctx, func() (bool, error) {
		if op, err = s.recharges.Get(ctx, id); err != nil {
			return false, err
		}
		return op.Open, nil
	})
	return op, err
}

// paid is what became of a withdrawal in the end.
func (s *story) paid(ctx context.Context, id string) (op *ports.Withdrawal, err error) {
	err = s.pass(ctx, func() (bool, error) {
		if op, err = s.payouts.Get(ctx, id); err != nil {
			return false, err
		}
		return op.Open, nil
	})
	return op, err
}
