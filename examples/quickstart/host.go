package main

import (
	"slices"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// host is what a server wires once: its services over one store.
type host struct {
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	auto      *autorecharge.Engine
	worker    *worker.Worker
}

// newHost connects no autorecharge.Trigger, as a server would: here the worker alone
// acts, so that the story happens in order.
func newHost(store ports.Store, p *providers) (*host, error) {
	var h host
	var err error
	if h.wallets, err = ledger.New(store, ledger.Config{Clock: p.clock}); err != nil {
		return nil, err
	}
	if h.recharges, err = recharge.New(store, h.wallets, recharge.Config{Clock: p.clock}, p.charger, p.bank); err != nil {
		return nil, err
	}
	if h.auto, err = autorecharge.New(store, h.wallets, h.recharges, autorecharge.Config{Clock: p.clock}); err != nil {
		return nil, err
	}
	if h.payouts, err = withdraw.New(store, h.wallets, withdraw.Config{Clock: p.clock, Guard: h.auto}, withdraw.Route{
		Disburser: p.disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
	}); err != nil {
		return nil, err
	}
	h.worker, err = worker.New(worker.Config{},
		slices.Concat(h.wallets.Jobs(), h.recharges.Jobs(), h.payouts.Jobs(), h.auto.Jobs())...)
	return &h, err
}
