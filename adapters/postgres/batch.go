package postgres

import (
	"cmp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
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
		if fate, decided := sqlrow.Decide(unit); decided {
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
			fate.IDs = sqlrow.IDs(b.units[i])
		}
	}
}

// apply gives each unit of the batch its fate. Refusals of a unit come in order of
// precedence; those behind the first reason against it count no more.
func (b *batch) apply(refusals []refusal) {
	b.finish(ports.FateCommitted, nil)
	decisive := make(map[int]int)
	for _, r := range refusals {
		if reason, refused := decisive[r.unit]; refused && reason != r.reason {
			continue
		}
		decisive[r.unit] = r.reason
		r.addTo(b.fates[r.unit-1])
	}
}

// doubted notes that a try may have been written, and whether it may still arrive.
func (b *batch) doubted(err error) {
	if b.doubt == nil {
		b.doubt = err
	}
	b.lost = b.lost || !answered(err)
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
			entries, base := sqlrow.Base(unit, &unit.Wallets[j])
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

// lean reports whether the batch fits leanRows.
func (b *batch) lean() bool {
	return !slices.ContainsFunc(b.units, func(unit *ports.Unit) bool { return !leanUnit(unit) })
}

// leanRequest returns the batch as it is sent: with the columns that it needs.
func (b *batch) leanRequest(sql *statements) (request, error) {
	rows := sql.rows.Get().(*leanRows) //nolint:forcetypeassert // the pool makes them
	done := func() {
		rows.reset()
		sql.rows.Put(rows)
	}
	for _, i := range b.byWallet() {
		if err := rows.add(i+1, b.units[i]); err != nil {
			done()
			return request{}, err
		}
	}
	mask := used(rows.columns) | used(rows.before)
	forms := &sql.lean[mask/points]
	switch {
	case !rows.more.unit.empty():
		return request{forms.more, mask.appendArgs(mask.appendArgs(nil, rows.columns), rows.before), b.leanRefusals, done}, nil
	case len(b.units) > 1 || b.explain:
		return request{forms.many, mask.appendArgs(nil, rows.columns), b.leanRefusals, done}, nil
	}
	text := forms.one
	if version := rows.operation.version; !version.empty() && version.values[0] > 1 {
		text = forms.advance
	}
	return request{text, mask.firsts(rows.columns[1:]), readOne, done}, nil
}

// byWallet returns the numbers of lean units in order of wallet id.
func (b *batch) byWallet() []int {
	numbers := make([]int, len(b.units))
	for i := range numbers {
		numbers[i] = i
	}
	slices.SortFunc(numbers, func(i, j int) int { return cmp.Compare(b.units[i].Wallets[0].ID, b.units[j].Wallets[0].ID) })
	return numbers
}

// leanRefusals reads the answer to a lean statement.
func (b *batch) leanRefusals(rows pgx.Rows) ([]refusal, error) {
	type answer struct {
		current, gaps, taken, halted, moreTaken []int64
		moreKeys                                []string
	}
	got, err := pgx.CollectExactlyOneRow(rows, func(row pgx.CollectableRow) (a answer, err error) {
		return a, row.Scan(&a.current, &a.gaps, &a.taken, &a.halted, &a.moreTaken, &a.moreKeys, nil)
	})
	if err != nil || len(got.current) == len(b.units) && len(got.gaps)+len(got.taken)+len(got.halted)+len(got.moreTaken) == 0 {
		return nil, err
	}
	var refusals []refusal
	add := func(unit int64, reason int, other *string) {
		refusals = append(refusals, refusal{int(unit), reason, b.units[unit-1].Wallets[0].ID, other})
	}
	current := make(map[int64]bool, len(got.current))
	for _, unit := range got.current {
		current[unit] = true
	}
	for i := range b.units {
		if !current[int64(i)+1] {
			add(int64(i)+1, reasonWallet, nil)
		}
	}
	for _, unit := range got.gaps {
		add(unit, reasonGap, nil)
	}
	for _, unit := range got.taken {
		entries := b.units[unit-1].Entries
		add(unit, reasonKey, &entries[len(entries)-1].Key)
	}
	for i, unit := range got.moreTaken {
		if current[unit] {
			add(unit, reasonKey, &got.moreKeys[i])
		}
	}
	for _, unit := range got.halted {
		refusals = append(refusals, refusal{int(unit), reasonOperation, b.units[unit-1].Operations[0].Head().ID, nil})
	}
	return refusals, nil
}
