// Package worker drives what falls due: holds and points that expire, charges and
// payouts to inquire about, auto-recharges.
//
// Each service hands over its work as a [Job]; one [Worker] runs them all, from any
// number of processes:
//
//	w, err := worker.New(worker.Config{}, wallets.Jobs()...)
//	…
//	err = w.Run(ctx) // until the context ends
//
// Each job goes at its own pace, and one that waits for a provider holds up no other. A host
// that has a scheduler of its own calls [Worker.Step] instead.
//
// # Errors
//
// A job that fails or panics is reported and logged, and runs again in the next
// step; it does not keep the others from running.
//
// # Concurrency
//
// Work is never done twice: what changes money is committed by compare-and-swap, and
// what talks to a provider is claimed first, with a lease.
//
// # Time
//
// Run waits with timers. What is due is decided by the clock of the service that owns
// the job.
package worker
