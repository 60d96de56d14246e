// Package jigap (지갑, "wallet") holds prepaid money inside a Go server: wallets with
// cash and points, a ledger that can be proved right, recharge through payment
// providers, withdrawal with fees, and auto-recharge. This package holds nothing
// itself: it is the map of the rooms.
//
//   - ports: the records that cross the boundary and the interfaces that carry them,
//     with mocks (portsmock) and the suites that adapters pass (portstest)
//   - ledger: wallets, and what every operation does to them
//   - worker: drives what falls due
//   - recharge: takes money in through a Charger, exactly once
//   - withdraw: pays money out through a Disburser, with fees that explain themselves
//   - autorecharge: decides when to recharge, how much, and when to stop
//   - adapters: memory and postgres keep records; solapi and kona talk to providers,
//     which solapitest and konatest simulate; manual has people make payouts; slognotifier
//     logs events; httpcall and providertest help to write and to simulate others
//   - internal/order, record, call and events: what the packages above share
//   - examples: small host applications that run
//
// Imports run downwards only: examples, autorecharge, recharge and withdraw, ledger,
// worker, ports; and adapters import ports alone. A program that imports ledger and
// adapters/memory compiles nothing beyond the standard library, decimal and uuid.
package jigap
