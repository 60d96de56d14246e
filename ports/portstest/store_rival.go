package portstest

import "github.com/jigap/jigap/ports"

// rivals lets two handles write the same version of a wallet at once, the commit of the first
// of which fails on the way, and returns both fates and what is stored then.
func (d *durableTest) rivals(rival *storeTest, mine, theirs ports.Unit) (a, b ports.Fate, stored ports.Wallet) {
	d.t.Helper()
	d.harness.FailBefore()
	d.together(
		func() { a = single(d.Commit(d.t.Context(), []ports.Unit{mine})) },
		func() { b = single(rival.Commit(d.t.Context(), []ports.Unit{theirs})) },
	)
	return a, b, d.wallet("w")
}

// told requires that the fate of a unit that had a rival is true: that it is there, or not.
func (d *durableTest) told(unit ports.Unit, fate ports.Fate, there bool) {
	d.t.Helper()
	switch fate.Status { //nolint:exhaustive // with another nothing is known
	case ports.FateCommitted:
		d.True(there, "it was committed, and another has its place: %s", unitText(unit))
	case ports.FateFailed, ports.FateBusy, ports.FateConflict:
		d.False(there, "it is there, and its fate was %s: %s", fateText(fate), unitText(unit))
	}
}

func durableRivals(d *durableTest) {
	rival := d.second()
	unit := opened("w")
	d.committed(unit)
	for range 20 {
		mine, theirs := after(unit, recharged("1", "")), after(unit, recharged("2", ""))
		a, b, stored := d.rivals(rival, mine, theirs)
		d.told(mine, a, stored.Hash == mine.Wallets[0].Hash)
		d.told(theirs, b, stored.Hash == theirs.Wallets[0].Hash)
		unit = ports.Unit{Wallets: []ports.Wallet{stored}}
	}
}

func durableRivalsWithoutEntries(d *durableTest) {
	rival := d.second()
	unit := opened("w")
	d.committed(unit)
	for i := range 20 {
		mine, theirs := after(unit), after(unit)
		mine.Wallets[0].OpenOperations, theirs.Wallets[0].OpenOperations = 2*i+1, 2*i+2
		a, b, stored := d.rivals(rival, mine, theirs)
		d.told(mine, a, stored.OpenOperations == 2*i+1)
		d.told(theirs, b, stored.OpenOperations == 2*i+2)
		unit = ports.Unit{Wallets: []ports.Wallet{stored}}
	}
}
