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

// must is for what a server makes at its start: without it there is no server.
func must[T any](made T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return made
}

// What a host wires once. This is the code of the README.
func Example() {
	store := memory.New()
	client := must(solapi.New(solapi.NewCredentials("NCSAYU7YDBXYORXC", "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"), solapi.Config{}))
	charger := must(solapi.NewCharger(client, "main"))
	disburser := manual.New("bank transfer")

	trigger := autorecharge.NewTrigger()
	wallets := must(ledger.New(store, ledger.Config{Observer: trigger}))
	recharges := must(recharge.New(store, wallets, recharge.Config{}, charger))
	auto := must(autorecharge.New(store, wallets, recharges, autorecharge.Config{Trigger: trigger}))
	payouts := must(withdraw.New(store, wallets, withdraw.Config{Guard: auto}, withdraw.Route{
		Disburser: disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: 1,
	}))
	jobs := slices.Concat(wallets.Jobs(), recharges.Jobs(), payouts.Jobs(), auto.Jobs())
	w := must(worker.New(worker.Config{}, jobs...))

	report := w.Step(context.Background()) // a server calls go w.Run(ctx)
	for _, job := range report.Jobs {
		fmt.Println(job.Name, job.Done)
	}
	// Output:
	// expire holds 0
	// expire lots 0
	// follow recharges through solapi:main 0
	// follow orders through unknown Chargers 0
	// follow withdrawals through bank transfer 0
	// send withdrawals that wait for bank transfer 0
	// follow withdrawals through unknown Disbursers 0
	// auto-recharge 0
	// auto-recharge through solapi:main 0
}
