package portstest

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/jigap/jigap/ports"
)

// DurableStore is a store on data that outlives it, and what a test can do to both. What is
// nil cannot be done: the scenarios that need it are skipped, by name.
type DurableStore struct {
	Store ports.Store
	// FailBefore has the next commit of Store fail before anything of it is written: the
	// connection breaks on the way, the disk refuses.
	FailBefore func()
	// FailAfter has the next commit of Store be written, and the answer be lost.
	FailAfter func()
	// FailLate has the answer of the next commit of Store be lost, and the commit reach the data
	// later. It returns what waits until that has happened.
	FailLate func() (arrived func())
	// Reopen ends Store, and whatever it keeps outside the data, and opens the data again.
	Reopen func() ports.Store
	// Second opens the same data another time, as another process would.
	Second func() ports.Store
}

// StoreDurable says how [TestStoreDurable] makes stores.
type StoreDurable struct {
	// New returns an empty store that nothing else uses, and cleans up with t.Cleanup.
	New func(t *testing.T) DurableStore
}

// TestStoreDurable checks what [ports.Store] promises of commits that fail, of data that is
// opened again, and of several handles on the same data. A fate must be true: FateCommitted
// of no unit that is not there, FateFailed of none that is there or comes later, and no other
// refusal because of the unit itself. After an answer that was lost the unit is written once.
//
// The author of a store gives what can be done:
//
//	portstest.TestStoreDurable(t, portstest.StoreDurable{
//		New: func(t *testing.T) portstest.DurableStore {
//			file := filepath.Join(t.TempDir(), "data")
//			store := open(t, file)
//			return portstest.DurableStore{
//				Store:  store,
//				Reopen: func() ports.Store { store.Close(); return open(t, file) },
//				Second: func() ports.Store { return open(t, file) },
//			}
//		},
//	})
//
// Here the scenarios of commits that fail are skipped. It does not test what a crash of the
// machine leaves.
func TestStoreDurable(t *testing.T, durable StoreDurable) {
	t.Helper()
	stuck := new(atomic.Bool)
	for _, scenario := range durableScenarios() {
		t.Run(scenario.name, func(t *testing.T) {
			t.Parallel()
			harness := durable.New(t)
			for _, has := range scenario.needs {
				if what := has(&harness); what != "" {
					t.Skip("not tested: the harness cannot " + what)
				}
			}
			s := newStoreTest(t, scenario.says, harness.Store)
			s.stuck = stuck
			scenario.run(&durableTest{storeTest: s, harness: harness})
		})
	}
}

type durableScenario struct {
	name  string
	says  string
	needs []ability
	run   func(d *durableTest)
}

func durableScenarios() []durableScenario {
	return []durableScenario{
		{"a commit that fails before it is written is told truly", saysFinal, []ability{failBefore}, durableBefore},
		{"a commit that is written and not answered is told truly", saysWritten, []ability{failAfter}, durableAfter},
		{"a commit that is written late is told truly", saysFinal, []ability{failLate}, durableLate},
		{"each unit of a call that fails is told truly", saysAtomic, []ability{failBefore}, durableCall},
		{"each unit of a call that is not answered is told truly", saysAtomic, []ability{failAfter}, durableCallAfter},
		{"what was committed is there when the store is opened again", saysReopened, []ability{reopen}, durableReopen},
		{"keys stay taken when the store is opened again", saysReopened, []ability{reopen}, durableKeys},
		{"lanes stay taken when the store is opened again", saysReopened, []ability{reopen}, durableLanes},
		{"cursors stay good when the store is opened again", saysReopened, []ability{reopen}, durableCursors},
		{"what failed is not there when the store is opened again", saysFinal, []ability{failBefore, reopen}, durableFailed},
		{"what was written and not answered stays written when the store is opened again", saysReopened, []ability{failAfter, reopen}, durableUnanswered},
		{"what one handle commits the other reads at once", saysBefore, []ability{second}, durableSeen},
		{"searches of one handle find what the other commits", saysBefore, []ability{second}, durableFound},
		{"versions, keys and lanes hold across handles", saysVersion, []ability{second}, durableRules},
		{"handles that race write each version once", saysSafe, []ability{second}, durableRace},
		{"handles that race give a lane to one operation", saysLane, []ability{second}, durableRaceLane},
		{"a commit that fails and has a rival is told truly", saysFinal, []ability{failBefore, second}, durableRivals},
		{"a write without entries that fails and has a rival is told truly", saysFinal, []ability{failBefore, second}, durableRivalsWithoutEntries},
		{"the feed of each handle shows what both commit", saysFeed, []ability{second}, durableFeed},
	}
}

// An ability is what a harness can do: its name if it cannot.
type ability func(d *DurableStore) (lacking string)

func lacking(is bool, what string) string {
	if is {
		return what
	}
	return ""
}

func failBefore(d *DurableStore) string {
	return lacking(d.FailBefore == nil, "let a commit fail before it is written (FailBefore)")
}

func failAfter(d *DurableStore) string {
	return lacking(d.FailAfter == nil, "lose the answer to a commit (FailAfter)")
}

func failLate(d *DurableStore) string {
	return lacking(d.FailLate == nil, "let a commit arrive late (FailLate)")
}

func reopen(d *DurableStore) string {
	return lacking(d.Reopen == nil, "open the data again (Reopen)")
}

func second(d *DurableStore) string {
	return lacking(d.Second == nil, "open the data twice (Second)")
}

// durableTest is a scenario of a store on data that outlives it.
type durableTest struct {
	*storeTest
	harness DurableStore
}

// reopen opens the data again, for the rest of the scenario.
func (d *durableTest) reopen() {
	d.t.Helper()
	d.Store = &recorded{Store: d.harness.Reopen(), calls: d.calls, t: d.t}
}

// second returns the same scenario with another handle.
func (d *durableTest) second() *storeTest {
	d.t.Helper()
	other := *d.storeTest
	other.Store = &recorded{Store: d.harness.Second(), calls: d.calls, t: d.t}
	return &other
}

// shapes are units of several shapes on a store that holds what first is: a wallet with an
// entry, a wallet without, and an operation.
func (d *durableTest) shapes() (next []ports.Unit) {
	d.t.Helper()
	first := with(opened("w"), hold("o", "w", "lane"))
	watched := opened("watched")
	d.committed(first, watched)
	for i := range 2 { // once before: a store may have to prepare what it sends
		next = []ports.Unit{
			after(first, recharged("1", fmt.Sprintf("key %d", i))),
			after(watched),
			only(touched(first.Operations[0])),
			with(opened(fmt.Sprintf("new %d", i)), hold(fmt.Sprintf("new %d", i), "w", fmt.Sprintf("lane %d", i))),
		}
		next[1].Wallets[0].OpenOperations = i + 1
		if i == 0 {
			for _, unit := range next {
				d.committed(unit)
			}
			first, watched = with(next[0], next[2].Operations[0]), next[1]
		}
	}
	return next
}

// written reports whether a unit is there as a whole, and requires that it is not there in
// part.
func (d *durableTest) written(unit ports.Unit) bool {
	d.t.Helper()
	there, parts := 0, 0
	for i := range unit.Wallets {
		parts++
		found, err := d.Wallets(d.t.Context(), []string{unit.Wallets[i].ID})
		d.NoError(err)
		if len(found) == 1 && found[0].Version >= unit.Wallets[i].Version {
			d.sameWallet(unit.Wallets[i], found[0])
			there++
		}
		d.Len(d.history(unit.Wallets[i].ID), seqOf(found), "entries of wallet %s", unit.Wallets[i].ID)
	}
	for _, op := range unit.Operations {
		parts++
		found, err := d.Operations(d.t.Context(), []string{op.Head().ID})
		d.NoError(err)
		if len(found) == 1 && found[0].Head().Version >= op.Head().Version {
			d.sameOperation(op, found[0])
			there++
		}
	}
	d.Contains([]int{0, parts}, there, "a unit of %d records is there by halves: %s", parts, unitText(unit))
	return there == parts
}

func seqOf(wallets []ports.Wallet) int {
	if len(wallets) == 0 {
		return 0
	}
	return int(wallets[0].Seq)
}

// truly requires that the fate of a unit that fits is true.
func (d *durableTest) truly(unit ports.Unit, fate ports.Fate) {
	d.t.Helper()
	there := d.written(unit)
	switch fate.Status { //nolint:exhaustive // no other may come
	case ports.FateCommitted:
		d.True(there, "committed, and not there: %s", unitText(unit))
	case ports.FateFailed, ports.FateBusy:
		d.False(there, "%s, and there: %s", fateText(fate), unitText(unit))
	case ports.FateUndecided:
		d.Error(fate.Err, "an undecided fate says why")
	default:
		d.Fail("another fate is right", "of a unit that fits, whose commit failed: %s", fateText(fate))
	}
}

// once requires that a unit whose fate is known or not ends up written once: it is committed
// again unless it was.
func (d *durableTest) once(unit ports.Unit, fate ports.Fate) {
	d.t.Helper()
	for tries := 0; fate.Status != ports.FateCommitted && tries < 100; tries++ {
		fate = d.fateOf(unit)
		if fate.Status == ports.FateConflict || fate.Status == ports.FateOperationConflict {
			break // it was written before
		}
	}
	d.status(fate, ports.FateCommitted, ports.FateConflict, ports.FateOperationConflict)
	d.True(d.written(unit), "the unit is there at last: %s", unitText(unit))
	for i := range unit.Entries {
		if unit.Entries[i].Key == "" {
			continue
		}
		found, err := d.EntriesByKey(d.t.Context(), []ports.EntryKey{{WalletID: unit.Entries[i].WalletID, Key: unit.Entries[i].Key}})
		d.NoError(err)
		d.sameEntries(unit.Entries[i:i+1], found)
	}
}

// complete requires that the feed shows each entry of the wallets once.
func (d *durableTest) complete(wallets ...string) {
	d.t.Helper()
	n := 0
	for _, id := range wallets {
		n += len(d.history(id))
	}
	entries, _ := d.follow("", n, 100)
	d.inOrder(make(map[string]int64), entries)
}

func durableBefore(d *durableTest) {
	for _, unit := range d.shapes() {
		d.harness.FailBefore()
		fate := d.fateOf(unit)
		d.truly(unit, fate)
		d.once(unit, fate)
	}
	d.complete("w", "watched", "new 0", "new 1")
}

func durableAfter(d *durableTest) {
	for _, unit := range d.shapes() {
		d.harness.FailAfter()
		fate := d.fateOf(unit)
		d.truly(unit, fate)
		d.once(unit, fate)
	}
	d.complete("w", "watched", "new 0", "new 1")
}

func durableLate(d *durableTest) {
	for _, unit := range d.shapes() {
		arrived := d.harness.FailLate()
		fate := d.fateOf(unit)
		d.truly(unit, fate)
		arrived()
		d.truly(unit, fate)
		d.once(unit, fate)
	}
	d.complete("w", "watched", "new 0", "new 1")
}

func durableCall(d *durableTest)      { d.call(d.harness.FailBefore) }
func durableCallAfter(d *durableTest) { d.call(d.harness.FailAfter) }

// call has a call of many units fail, of which some do not fit anyway.
func (d *durableTest) call(fail func()) {
	d.t.Helper()
	units := d.shapes()
	unfit := opened("w")
	fail()
	fates := d.commit(append(units[:len(units):len(units)], unfit)...)
	for i, unit := range units {
		d.truly(unit, fates[i])
	}
	d.status(fates[len(units)], ports.FateConflict, ports.FateFailed, ports.FateBusy, ports.FateUndecided)
	for i, unit := range units {
		d.once(unit, fates[i])
	}
	d.complete("w", "watched", "new 0", "new 1")
}

func durableReopen(d *durableTest) {
	wallet := filledWallet()
	entries := after(wallet, filledEntry(), refunded(2, "1"))
	d.committed(append([]ports.Unit{wallet, entries}, only(filledOperations()...))...)
	d.status(d.fateOf(opened("w")), ports.FateConflict)
	totals := d.totals()
	for range 2 {
		d.reopen()
		d.unchanged(entries)
		d.sameEntries(append(wallet.Entries[:1:1], entries.Entries...), d.history("w"))
		for _, op := range filledOperations() {
			d.sameOperation(op, d.operation(op.Head().ID))
		}
		d.Equal(totals, d.totals())
		ref := ports.EntryRef{WalletID: "w", Seq: 2}
		d.sameEntry(entries.Entries[1], d.lastReferring(ports.EntryRefund, ref)[ref])
		d.Equal([]string{"w"}, d.findWallets(ports.WalletFilter{Statuses: []ports.WalletStatus{ports.WalletClosed}}))
		d.Len(d.findOperations(ports.OperationFilter{Open: true}), len(filledOperations()))
		d.complete("w")
	}
	d.committed(after(entries, recharged("1", "")))
	d.refused(after(entries, recharged("1", "")), ports.FateConflict, "w")
	d.refused(only(filledOperations()[0]), ports.FateOperationConflict, filledOperations()[0].Head().ID)
}

func durableKeys(d *durableTest) {
	first := opened("w")
	second := after(first, recharged("1", "k"))
	d.committed(first, second)
	d.reopen()
	d.keyTaken(d.fateOf(after(second, recharged("1", "k"))), ports.EntryKey{WalletID: "w", Key: "k"})
	found, err := d.EntriesByKey(d.t.Context(), []ports.EntryKey{{WalletID: "w", Key: "k"}})
	d.NoError(err)
	d.sameEntries(second.Entries, found)
}

func durableLanes(d *durableTest) {
	open, closed := hold("a", "w", "lane"), hold("b", "w", "free")
	d.committed(only(open), only(closed), only(ended(closed)))
	d.reopen()
	d.refused(only(hold("c", "w", "lane")), ports.FateLaneTaken, "c", "a")
	d.committed(only(hold("d", "w", "free")))
	d.committed(only(ended(open)), only(hold("c", "w", "lane")))
}

func durableCursors(d *durableTest) {
	unit := opened("w")
	d.committed(unit)
	cursors := []string{""}
	for i := range 5 {
		unit = after(unit, recharged("1", fmt.Sprint(i)))
		d.committed(unit)
	}
	for len(cursors) <= 6 {
		_, cursor := d.follow(cursors[len(cursors)-1], 1, 1)
		cursors = append(cursors, cursor)
	}
	d.reopen()
	unit = after(unit, recharged("1", "behind"))
	d.committed(unit)
	for i, cursor := range cursors {
		entries, _ := d.follow(cursor, 7-i, 3)
		for j := range entries {
			d.Equal(int64(i+j+1), entries[j].Seq)
		}
	}
}

func durableFailed(d *durableTest) {
	for _, unit := range d.shapes() {
		d.harness.FailBefore()
		fate := d.fateOf(unit)
		if fate.Status == ports.FateUndecided {
			continue // which the next scenario is about
		}
		there := d.written(unit)
		d.reopen()
		d.Equal(there, d.written(unit), "as it was before the store was opened again")
		d.truly(unit, fate)
		return // the harness is that of the store that was ended
	}
	d.t.Skip("not tested: the store learns the fate of no commit that fails")
}

func durableUnanswered(d *durableTest) {
	unit := d.shapes()[0]
	d.harness.FailAfter()
	fate := d.fateOf(unit)
	d.truly(unit, fate)
	there := d.written(unit)
	d.reopen()
	d.Equal(there, d.written(unit), "as it was before the store was opened again")
	d.once(unit, fate)
}

func durableSeen(d *durableTest) {
	other := d.second()
	for _, pair := range [][2]*storeTest{{d.storeTest, other}, {other, d.storeTest}} {
		writer, reader := pair[0], pair[1]
		for _, id := range ids(fmt.Sprintf("w%t", writer == other), 3) {
			reader.absent(id, "o"+id) // which a reader may remember by mistake
			unit := opened(id)
			var op ports.Operation = hold("o"+id, id, "")
			writer.committed(with(unit, op))
			reader.unchanged(unit)
			for range 5 {
				unit, op = after(unit, recharged("1", "")), touched(op)
				writer.committed(with(unit, op))
				reader.unchanged(unit)
				reader.sameOperation(op, reader.operation("o"+id))
			}
			unit = after(unit, recharged("1", "k"))
			reader.committed(unit) // computed from what the other handle wrote
			writer.unchanged(unit)
		}
	}
}

func durableFound(d *durableTest) {
	other := d.second()
	var wallets, ops []string
	for i, id := range ids("w", 6) {
		writer, reader := d.storeTest, other
		if i%2 == 1 {
			writer, reader = reader, writer
		}
		unit := lotted(id, lot("1", "0", at(1)))
		unit.Wallets[0].Watch.Below = bound("100")
		op := dueHold("o"+id, at(1))
		writer.committed(with(unit, op), after(unit, recharged("1", "")))
		wallets, ops = append(wallets, id), append(ops, "o"+id)
		reader.Equal(wallets, reader.findWallets(ports.WalletFilter{}))
		reader.Equal(wallets, reader.findWallets(ports.WalletFilter{Due: true}))
		reader.Equal(wallets, reader.findWallets(ports.WalletFilter{ExpiringBy: at(1)}))
		reader.Equal(ops, reader.findOperations(ports.OperationFilter{Open: true}))
		reader.Equal(ops, reader.findOperations(ports.OperationFilter{DueBy: at(1)}))
		want := map[totalKey][2]string{{"KRW", ports.AccountWallets}: {fmt.Sprint(i + 1), "0"}, {"KRW", clearing}: {fmt.Sprint(-i - 1), "0"}}
		reader.Equal(want, reader.totals())
	}
}

func durableRules(d *durableTest) {
	other := d.second()
	first := opened("w")
	d.committed(with(first, hold("o", "w", "lane")))
	second := after(first, recharged("1", "k"))
	other.committed(second)
	d.refused(after(first, recharged("2", "l")), ports.FateConflict, "w")
	d.refused(opened("w"), ports.FateConflict, "w")
	d.keyTaken(d.fateOf(after(second, recharged("1", "k"))), ports.EntryKey{WalletID: "w", Key: "k"})
	other.refused(only(hold("o", "w", "")), ports.FateOperationConflict, "o")
	other.refused(only(hold("p", "w", "lane")), ports.FateLaneTaken, "p", "o")
	other.committed(only(ended(hold("o", "w", "lane"))))
	d.committed(only(hold("p", "w", "lane")))
	other.refused(only(hold("q", "w", "lane")), ports.FateLaneTaken, "q", "p")
}

// raceOf calls run at once, by turns from each handle, and returns the fate that each got.
func (d *durableTest) raceOf(other *storeTest, units func(racer int) ports.Unit) [][]ports.Fate {
	d.t.Helper()
	fates := make([][]ports.Fate, racers)
	calls := make([]func(), racers)
	for racer := range racers {
		unit, handle := units(racer), d.storeTest
		if racer%2 == 1 {
			handle = other
		}
		calls[racer] = func() { fates[racer] = handle.commitUnlessBusy([]ports.Unit{unit}) }
	}
	d.together(calls...)
	return fates
}

func durableRace(d *durableTest) {
	other := d.second()
	unit := opened("w")
	d.committed(unit)
	repeatedly(func(round int) {
		units := make([]ports.Unit, racers)
		fates := d.raceOf(other, func(racer int) ports.Unit {
			units[racer] = after(unit, recharged("1", fmt.Sprintf("%d-%d", round, racer)))
			return units[racer]
		})
		unit = units[d.oneWins(fates, ports.FateConflict)]
		d.sameWallet(unit.Wallets[0], d.wallet("w"))
		other.sameWallet(unit.Wallets[0], other.wallet("w"))
	})
	d.checkChain("w")
}

func durableRaceLane(d *durableTest) {
	other := d.second()
	repeatedly(func(round int) {
		lane := fmt.Sprintf("lane %d", round)
		fates := d.raceOf(other, func(racer int) ports.Unit { return only(hold(fmt.Sprintf("o-%d-%d", round, racer), "w", lane)) })
		winner := d.oneWins(fates, ports.FateLaneTaken)
		d.Equal([]string{fmt.Sprintf("o-%d-%d", round, winner)}, d.findOperations(ports.OperationFilter{Lane: lane, Open: true}))
	})
}

func durableFeed(d *durableTest) {
	other := d.second()
	unit := opened("w")
	d.committed(unit)
	cursor := ""
	for i := range 6 {
		writer, reader := d.storeTest, other
		if i%2 == 1 {
			writer, reader = reader, writer
		}
		unit = after(unit, recharged("1", fmt.Sprint(i)))
		writer.committed(unit)
		if i == 0 {
			_, cursor = writer.follow("", 1, 1)
		}
		var entries []ports.Entry
		entries, cursor = reader.follow(cursor, 1, 10) // by a cursor of the other handle
		reader.sameEntries(unit.Entries, entries)
	}
	_, err := other.Feed(d.t.Context(), cursor, 10)
	d.NoError(err, "behind a cursor of the other handle")
}
