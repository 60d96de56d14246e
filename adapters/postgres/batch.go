package postgres

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/ports"
)

// batch is units that are decided by one statement. No two of them touch the same
// wallet, operation or lane.
type batch struct {
	units      []*ports.Unit
	fates      []*ports.Fate // of the units, to be filled in
	operations bool          // whether any unit has operations
	explain    bool          // whether a statement for one row refused the unit and did not say why
	tries      int           // how often a statement was sent
	passes     int           // how often its units were tried anew because rows were locked
	doubt      error         // why an earlier try may have been written, if it may
	lost       bool          // whether an earlier try may still arrive
	hasty      bool          // whether to wait for no other transaction
}

// item is something that two units can both touch.
type item struct {
	kind byte
	id   string
}

// plan distributes units over batches, in their order: a unit comes after all
// earlier ones that touch what it touches. Units that cannot be written whatever is
// stored get their fate at once.
func plan(units []ports.Unit, fates []ports.Fate) []*batch {
	var batches []*batch
	rounds := make(map[item]int, len(units))
	changing := 0 // the last round in which an operation changes, which may free its lane
	for i := range units {
		unit := &units[i]
		if fate, decided := decide(unit); decided {
			fates[i] = fate
			continue
		}
		round := 0
		touched := touches(unit)
		for _, it := range touched {
			round = max(round, rounds[it])
			if it.kind == 'l' {
				round = max(round, changing)
			}
		}
		for _, it := range touched {
			rounds[it] = round + 1
		}
		if slices.ContainsFunc(unit.Operations, func(op ports.Operation) bool { return op.Head().Version > 1 }) {
			changing = max(changing, round+1)
		}
		if round == len(batches) {
			batches = append(batches, new(batch))
		}
		batches[round].add(unit, &fates[i])
	}
	return batches
}

func (b *batch) add(unit *ports.Unit, fate *ports.Fate) {
	b.units = append(b.units, unit)
	b.fates = append(b.fates, fate)
	b.operations = b.operations || len(unit.Operations) > 0
}

// touches lists what a unit touches: wallets, operations, and lanes it asks for.
func touches(unit *ports.Unit) []item {
	list := make([]item, 0, len(unit.Wallets)+2*len(unit.Operations))
	for i := range unit.Wallets {
		list = append(list, item{'w', unit.Wallets[i].ID})
	}
	for _, op := range unit.Operations {
		head := op.Head()
		list = append(list, item{'o', head.ID})
		if head.Open && head.Lane != "" {
			list = append(list, item{'l', head.Lane})
		}
	}
	return list
}

// decide returns the fate of a unit that needs no look at what is stored: an empty
// one, and one that breaks the rules of [ports.Unit].
func decide(unit *ports.Unit) (ports.Fate, bool) {
	if len(unit.Wallets)+len(unit.Entries)+len(unit.Operations) == 0 {
		return ports.Fate{Status: ports.FateCommitted}, true
	}
	if err := malformed(unit); err != nil {
		return ports.Fate{Status: ports.FateFailed, Err: err}, true
	}
	if err := unstorable(unit); err != nil {
		return ports.Fate{Status: ports.FateFailed, Err: err}, true
	}
	return ports.Fate{}, false
}

// unstorable returns an error when a unit has text or times that no column holds. JSON would
// change some of them without a word.
func unstorable(unit *ports.Unit) error {
	for i := range unit.Wallets {
		w := &unit.Wallets[i]
		err := ports.Join(checkText("Wallets", w.ID, w.Currency, string(w.Status)), checkTime("Wallets", w.OpenedAt), checkTime("Wallets", w.BookedAt),
			checkTime("Wallets", w.HoldExpiry))
		for j := range w.Lots {
			err = ports.Join(err, checkTime("Wallets", w.Lots[j].ExpiresAt))
		}
		if err != nil {
			return err
		}
	}
	for i := range unit.Entries {
		if err := unstorableEntry(&unit.Entries[i]); err != nil {
			return err
		}
	}
	for _, op := range unit.Operations {
		head := op.Head()
		err := ports.Join(checkText("Operations", head.ID, string(head.Kind), head.WalletID, op.StatusText(), head.Lane, head.Provider, head.Reference, head.ProviderRef),
			checkTime("Operations", head.DueAt), checkTime("Operations", head.CreatedAt), checkTime("Operations", head.UpdatedAt))
		if err != nil {
			return err
		}
	}
	return nil
}

func unstorableEntry(e *ports.Entry) error {
	err := ports.Join(checkText("Entries", e.WalletID, string(e.Type), e.Currency, string(e.Counterparty), e.PeerWalletID, e.OperationID,
		e.Key, e.Reference, e.Memo, e.Who), checkTime("Entries", e.OccurredAt), checkTime("Entries", e.BookedAt))
	for name, value := range e.Metadata {
		err = ports.Join(err, checkText("Entries", name, value))
	}
	for i := range e.Moves {
		err = ports.Join(err, checkText("Entries", string(e.Moves[i].Account)))
	}
	for i := range e.Lots {
		err = ports.Join(err, checkTime("Entries", e.Lots[i].ExpiresAt))
	}
	return err
}

func malformed(unit *ports.Unit) error {
	if len(unit.Wallets) != 1 || len(unit.Entries) > 1 || len(unit.Operations) > 1 {
		if err := repeated(unit); err != nil {
			return err
		}
	}
	booked := 0
	for i := range unit.Wallets {
		n, err := continues(unit.Entries, &unit.Wallets[i])
		if err != nil {
			return err
		}
		booked += n
	}
	if booked != len(unit.Entries) {
		return ports.Invalid("Unit", "has entries without their wallet")
	}
	return nil
}

// repeated returns an error when a unit names a wallet, a key or an operation twice.
func repeated(unit *ports.Unit) error {
	seen := make(map[[3]string]bool)
	names := 0
	name := func(kind, id, key string) {
		seen[[3]string{kind, id, key}] = true
		names++
	}
	for i := range unit.Wallets {
		name("wallet", unit.Wallets[i].ID, "")
	}
	for i := range unit.Entries {
		if entry := &unit.Entries[i]; entry.Key != "" {
			name("key", entry.WalletID, entry.Key)
		}
	}
	for _, op := range unit.Operations {
		name("operation", op.Head().ID, "")
	}
	if len(seen) != names {
		return ports.Invalid("Unit", "names a wallet, key or operation twice")
	}
	return nil
}

// continues returns how many entries belong to the wallet, or an error unless they
// lead up to its Seq without a gap. The server sees where they begin.
func continues(entries []ports.Entry, wallet *ports.Wallet) (int, error) {
	count := 0
	var last int64
	for i := range entries {
		if entries[i].WalletID != wallet.ID {
			continue
		}
		if count > 0 && entries[i].Seq != last+1 {
			return 0, ports.Invalid("Unit", "has a gap before entry %d", entries[i].Seq)
		}
		last = entries[i].Seq
		count++
	}
	if count > 0 && last != wallet.Seq {
		return 0, ports.Invalid("Unit", "has a wallet at entry %d where its entries end at %d", wallet.Seq, last)
	}
	return count, nil
}

// refused returns the ids that the fates of a status name.
func (b *batch) refused(status ports.FateStatus) (ids []string) {
	for _, fate := range b.fates {
		if fate.Status == status {
			ids = append(ids, fate.IDs...)
		}
	}
	return ids
}

// busy returns the units whose rows were locked as a batch of their own, or nil.
func (b *batch) busy() *batch {
	var busy *batch
	for i, fate := range b.fates {
		if fate.Status == ports.FateBusy {
			if busy == nil {
				busy = &batch{doubt: b.doubt, lost: b.lost, passes: b.passes, hasty: b.hasty}
			}
			busy.add(b.units[i], fate)
		}
	}
	return busy
}

// split returns the batch in two halves. They count the tries of the whole, so that what
// lasts is found soon.
func (b *batch) split() [2]*batch {
	var halves [2]*batch
	for i := range halves {
		halves[i] = &batch{doubt: b.doubt, lost: b.lost, passes: b.passes, tries: b.tries, hasty: b.hasty}
	}
	for i := range b.units {
		halves[2*i/len(b.units)].add(b.units[i], b.fates[i])
	}
	return halves
}

// finish gives the same fate to every unit.
func (b *batch) finish(status ports.FateStatus, err error) {
	for i, fate := range b.fates {
		*fate = ports.Fate{Status: status, Err: err}
		if status == ports.FateBusy {
			fate.IDs = idsOf(b.units[i])
		}
	}
}

// idsOf names all wallets and operations of a unit.
func idsOf(unit *ports.Unit) (ids []string) {
	for i := range unit.Wallets {
		ids = append(ids, unit.Wallets[i].ID)
	}
	for _, op := range unit.Operations {
		ids = append(ids, op.Head().ID)
	}
	return ids
}

// request is a batch as it is sent: the statement, its parameters, what reads the answer,
// and what ends the use of the parameters.
type request struct {
	sql  string
	args []any
	read func(rows pgx.Rows) ([]refusal, error)
	done func()
}

// request returns the batch as it is sent.
func (b *batch) request(sql *statements) (request, error) {
	if b.lean() {
		return b.leanRequest(sql)
	}
	list, err := b.args()
	text := sql.commit
	if b.operations {
		text = sql.commitOperations
	}
	return request{text, list, readRefusals, func() {}}, err
}

// args returns the parameters of commitStatement.
func (b *batch) args() ([]any, error) {
	var wallets walletRows
	var entries entryRows
	var ops operationRows
	for i, unit := range b.units {
		for j := range unit.Wallets {
			entries, base := entriesOf(unit, &unit.Wallets[j])
			wallets.add(i+1, entries, base, &unit.Wallets[j])
		}
		for j := range unit.Entries {
			entries.add(i+1, &unit.Entries[j])
		}
		for _, op := range unit.Operations {
			if err := ops.add(i+1, op); err != nil {
				return nil, err
			}
		}
	}
	list := append(args(wallets.columns()...), args(entries.columns()...)...)
	if b.operations {
		list = append(list, args(ops.columns()...)...)
	}
	return list, nil
}

// entriesOf returns how many entries a unit has of a wallet, and the hash that the wallet
// was computed from.
func entriesOf(unit *ports.Unit, wallet *ports.Wallet) (count int, base *ports.Hash) {
	base = &wallet.Hash
	for i := range unit.Entries {
		if unit.Entries[i].WalletID != wallet.ID {
			continue
		}
		if count == 0 {
			base = &unit.Entries[i].PrevHash
		}
		count++
	}
	return count, base
}
