package jigap_test

import (
	"context"
	"fmt"
	"log"
	"slices"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/memory"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// What a host wires once. This is the code of the README.
func Example() {
	client, err := solapi.New(solapi.NewCredentials("NCSAYU7YDBXYORXC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), solapi.Config{})
	if err != nil {
		log.Fatal(err)
	}
	charger, err := solapi.NewCharger(client, "main")
	if err != nil {
		log.Fatal(err)
	}
	disburser := manual.New("bank transfer")
	store := memory.New()

	trigger := autorecharge.NewTrigger()
	wallets, err := ledger.New(store, ledger.Config{Observer: trigger})
	if err != nil {
		log.Fatal(err)
	}
	recharges, err := recharge.New(store, wallets, recharge.Config{}, charger)
	if err != nil {
		log.Fatal(err)
	}
	payouts, err := withdraw.New(store, wallets, withdraw.Config{}, withdraw.Route{
		Disburser: disburser, Schedule: withdraw.SOLAPI(), Approvals: 1,
	})
	if err != nil {
		log.Fatal(err)
	}
	auto, err := autorecharge.New(store, wallets, recharges, autorecharge.Config{Trigger: trigger})
	if err != nil {
		log.Fatal(err)
	}
	jobs := slices.Concat(wallets.Jobs(), recharges.Jobs(), payouts.Jobs(), auto.Jobs())
	w, err := worker.New(worker.Config{}, jobs...)
	if err != nil {
		log.Fatal(err)
	}
	report := w.Step(context.Background()) // a server calls go w.Run(ctx)
	for _, job := range report.Jobs {
		fmt.Println(job.Name, job.Done)
	}
	// Output:
	// expire holds 0
	// expire lots 0
	// follow recharges 0
	// follow cancellations 0
	// follow withdrawals 0
	// auto-recharge 0
}
