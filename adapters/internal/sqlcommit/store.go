package sqlcommit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jigap/jigap/adapters/internal/sqlrow"
	"github.com/jigap/jigap/ports"
)

var (
	_ ports.Store      = (*Store)(nil)
	_ ports.Locker     = (*Store)(nil)
	_ ports.Checker    = (*Store)(nil)
	_ ports.BoundStore = (*TxStore)(nil)
)

// Store is a [ports.Store] over an [Engine].
type Store struct {
	Reader
	waiters chan struct{} // a place for each connection that may wait for a lock
}

// New returns a store. timeout bounds each call, totalsTimeout those that read everything.
func New(engine Engine, dialect Dialect, timeout, totalsTimeout time.Duration) *Store {
	return &Store{
		Reader:  Reader{dialect: &dialect, engine: engine, lock: dialect.LockNow, timeout: timeout, totalsTimeout: totalsTimeout},
		waiters: make(chan struct{}, max(0, dialect.Waiters)),
	}
}

// TotalsTimeout returns the bound of a call that reads everything.
func (r *Reader) TotalsTimeout() time.Duration { return r.totalsTimeout }

// Timeout returns the bound of a call.
func (r *Reader) Timeout() time.Duration { return r.timeout }

// Commit implements [ports.Committer].
func (s *Store) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	b := batchOf(units, fates)
	if len(b.units) == 0 {
		return fates
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	s.commitAll(ctx, bounded, b)
	return fates
}

// commitAll commits a batch. Units whose rows other transactions have locked are set aside until all others have their
// fate, and are tried some times then.
func (s *Store) commitAll(caller, bounded context.Context, b *batch) {
	waiting := []*batch{b}
	for tries := 0; len(waiting) > 0; tries++ {
		if tries > lockedMax || tries > 0 && !pause(bounded, tries) {
			for _, b := range waiting {
				b.finish(ports.FateBusy, ports.ErrBusy)
			}
			return
		}
		var a aside
		for _, b := range waiting {
			s.commit(caller, bounded, b, &a)
		}
		waiting = a.units
	}
}

// aside is units that wait, in their order: some for other transactions, and those that touch what these touch.
type aside struct {
	units   []*batch // one of each
	touched map[string]bool
}

// set sets a unit aside.
func (a *aside) set(b *batch) {
	if a.touched == nil {
		a.touched = make(map[string]bool)
	}
	for _, item := range b.rows[0].touches {
		a.touched[item] = true
	}
	a.units = append(a.units, b)
}

// without returns the units of a batch that touch nothing that a unit touches which waits, and sets the others aside.
func (a *aside) without(b *batch) *batch {
	if len(a.units) == 0 {
		return b
	}
	rest := new(batch)
	for i := range b.units {
		one := &batch{units: b.units[i : i+1], rows: b.rows[i : i+1], fates: b.fates[i : i+1], doubt: b.doubt[i : i+1]}
		if slices.ContainsFunc(one.rows[0].touches, func(item string) bool { return a.touched[item] }) {
			a.set(one)
			continue
		}
		rest.units, rest.rows, rest.fates, rest.doubt = append(rest.units, b.units[i]), append(rest.rows, b.rows[i]), append(rest.fates, b.fates[i]), append(rest.doubt, b.doubt[i])
	}
	return rest
}

// batch is units that are written by one transaction.
type batch struct {
	units []*ports.Unit
	rows  []*unitRows
	fates []*ports.Fate // of the units, to be filled in
	doubt []error       // for each unit, why an earlier try may have written it, if it may
}

// suspect keeps that a try may have written the units that it did not refuse.
func (b *batch) suspect(fates []ports.Fate, why error) {
	for i := range fates {
		if fates[i].Status == ports.FateCommitted {
			b.doubt[i] = why
		}
	}
}

// batchOf returns the units whose fate depends on what is stored, and gives the others theirs.
func batchOf(units []ports.Unit, fates []ports.Fate) *batch {
	b := new(batch)
	for i := range units {
		if fate, decided := sqlrow.Decide(&units[i]); decided {
			fates[i] = fate
			continue
		}
		rows, err := rowsOf(&units[i])
		if err != nil {
			fates[i] = failed(fmt.Errorf("commit: %w", err))
			continue
		}
		b.units, b.rows, b.fates, b.doubt = append(b.units, &units[i]), append(b.rows, rows), append(b.fates, &fates[i]), append(b.doubt, nil)
	}
	return b
}

// finish gives all units the same fate, but for those that may have been written.
func (b *batch) finish(status ports.FateStatus, err error) {
	for i, fate := range b.fates {
		*fate = ports.Fate{Status: status, Err: fmt.Errorf("commit: %w", err)}
		switch {
		case b.doubt[i] != nil:
			*fate = undecided(b.doubt[i], err)
		case status == ports.FateBusy:
			fate.IDs = sqlrow.IDs(b.units[i])
		}
	}
}

func undecided(errs ...error) ports.Fate {
	return ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: %w", ports.ErrUndecided, ports.Join(errs...))}
}

// split returns the batch in two halves.
func (b *batch) split() [2]*batch {
	n := len(b.units) / 2
	return [2]*batch{
		{units: b.units[:n], rows: b.rows[:n], fates: b.fates[:n], doubt: b.doubt[:n]},
		{units: b.units[n:], rows: b.rows[n:], fates: b.fates[n:], doubt: b.doubt[n:]},
	}
}

// triesMax is how often a transaction begins whose COMMIT was not answered, or that another one keeps
// coming between.
const triesMax = 12

// commit writes a batch until each unit has its fate, but for those that it sets aside, whose rows other transactions
// have locked. bounded is the caller's context with the bound of the store.
func (s *Store) commit(caller, bounded context.Context, b *batch, a *aside) {
	if b = a.without(b); len(b.units) == 0 {
		return
	}
	for tries := 1; ; tries++ {
		var fates []ports.Fate
		state, err := s.transact(bounded, func(ctx context.Context, tx Tx) (err error) {
			fates, err = s.decide(ctx, tx, b.rows)
			return err
		})
		switch {
		case err == nil:
			s.tell(caller, b, fates)
			return
		case state == unanswered:
			b.suspect(fates, err)
		}
		verdict := s.verdict(err)
		if bounded.Err() != nil {
			s.late(caller, b, err, verdict)
			return
		}
		switch {
		case state == unanswered && tries < doubtsMax && pause(bounded, tries):
		case state == unanswered, verdict == Unavailable:
			b.finish(ports.FateFailed, fmt.Errorf("%w: %w", ports.ErrUnavailable, err))
			return
		case verdict == Again && tries < triesMax && pause(bounded, tries):
		case verdict == Duplicate && tries < doubtsMax && pause(bounded, tries):
		case verdict == Locked && s.waits(b) && pause(bounded, tries):
		case verdict == Locked && s.dialect.LockNow != "" && len(b.units) == 1:
			a.set(b)
			return
		case verdict == Again, verdict == Locked && s.dialect.LockNow == "":
			b.finish(ports.FateBusy, fmt.Errorf("%w: %w", ports.ErrBusy, err))
			return
		case len(b.units) > 1:
			for _, half := range b.split() {
				s.commit(caller, bounded, half, a)
			}
			return
		case verdict == Damaged:
			b.finish(ports.FateFailed, fmt.Errorf("%w: %w", ports.ErrUnreadable, err))
			return
		default:
			b.finish(ports.FateFailed, err)
			return
		}
	}
}

// waits reports whether a batch waits for another transaction. Where an engine locks rows the locked one is to
// be found, so that it keeps no other unit back, and the ledger waits for it elsewhere: see [ports.Locker].
func (s *Store) waits(b *batch) bool {
	return s.dialect.LockNow == "" || len(b.units) == 1 && b.doubt[0] != nil
}

// lockedMax is how often a unit is tried whose row another transaction has locked.
const lockedMax = 6

// doubtsMax is how often units are sent whose COMMIT was not answered.
const doubtsMax = 3

// late ends a batch for which the time was not enough. Nothing of it was written, unless it is in doubt.
func (s *Store) late(caller context.Context, b *batch, err error, verdict Verdict) {
	switch {
	case caller.Err() != nil:
		b.finish(ports.FateFailed, ports.Join(caller.Err(), err))
	case verdict == Unavailable:
		b.finish(ports.FateFailed, fmt.Errorf("%w: %w", ports.ErrUnavailable, err))
	default:
		b.finish(ports.FateBusy, fmt.Errorf("%w: %w", ports.ErrBusy, err))
	}
}

func (r *Reader) verdict(err error) Verdict {
	var row *rowError
	switch {
	case errors.As(err, &row):
		return Damaged
	case errors.Is(err, errChanged):
		return Refused
	}
	return r.engine.Judge(err)
}

// decide decides units within a transaction, and writes those that are not refused.
func (r *Reader) decide(ctx context.Context, tx Querier, rows []*unitRows) ([]ports.Fate, error) {
	found, err := load(ctx, r.dialect, r.lock, tx, rows)
	if err != nil {
		return nil, err
	}
	fates := make([]ports.Fate, len(rows))
	for i := range rows {
		fates[i] = found.decide(rows[i])
		var row *rowError
		if errors.As(fates[i].Err, &row) {
			fates[i].Err = fmt.Errorf("commit: %w: %w", ports.ErrUnreadable, fates[i].Err)
		}
	}
	return fates, found.write(ctx, r, tx)
}

// tell gives the units the fates that a transaction gave them. A unit that was refused after an earlier try
// that may have been written is compared with what is in its place.
func (s *Store) tell(ctx context.Context, b *batch, fates []ports.Fate) {
	ctx, cancel := context.WithTimeout(ctx, s.timeout) // for all of them
	defer cancel()
	for i, fate := range fates {
		*b.fates[i] = fate
		if b.doubt[i] == nil || fate.Status == ports.FateCommitted {
			continue
		}
		is, err := s.find(ctx, b.units[i])
		switch {
		case err != nil:
			*b.fates[i] = undecided(b.doubt[i], err)
		case is:
			*b.fates[i] = ports.Fate{Status: ports.FateCommitted}
		}
	}
}

// find reports whether a unit is what is stored in its place. A unit with entries is known for ever by the
// hash of the last of them; others only until the next write, after which the answer is an error.
func (s *Store) find(ctx context.Context, unit *ports.Unit) (bool, error) {
	if n := len(unit.Entries); n > 0 {
		last := &unit.Entries[n-1]
		entries, err := s.Entries(ctx, ports.EntryFilter{WalletID: last.WalletID, AfterSeq: last.Seq - 1, BeforeSeq: last.Seq + 1, Limit: 1})
		return err == nil && len(entries) == 1 && entries[0].Hash == last.Hash && entries[0].Key == last.Key, err
	}
	for _, op := range unit.Operations {
		if is, err := s.findOperation(ctx, op); err != nil || !is {
			return false, err
		}
	}
	for i := range unit.Wallets {
		if is, err := s.findWallet(ctx, &unit.Wallets[i]); err != nil || !is {
			return false, err
		}
	}
	return true, nil
}

func (s *Store) findOperation(ctx context.Context, op ports.Operation) (bool, error) {
	head := op.Head()
	stored, err := s.Operations(ctx, []string{head.ID})
	if err != nil || len(stored) == 0 || stored[0].Head().Version < head.Version {
		return false, err
	}
	if stored[0].Head().Version > head.Version {
		return false, fmt.Errorf("operation %s was written again since", head.ID)
	}
	was, err := sqlrow.EncodeOperation(stored[0])
	wanted, wantedErr := sqlrow.EncodeOperation(op)
	return was == wanted, ports.Join(err, wantedErr)
}

func (s *Store) findWallet(ctx context.Context, wallet *ports.Wallet) (bool, error) {
	stored, err := s.Wallets(ctx, []string{wallet.ID})
	if err != nil || len(stored) == 0 || stored[0].Version < wallet.Version {
		return false, err
	}
	if stored[0].Version > wallet.Version {
		return false, fmt.Errorf("wallet %s was written again since", wallet.ID)
	}
	return sqlrow.SameWallet(&stored[0], wallet), nil
}

// ending is how a transaction that returned an error ended.
type ending int

const (
	undone     ending = iota // nothing of it was written, or will be
	unanswered               // it may have been written, or may yet be
)

// attempt is a transaction that its caller may leave.
type attempt struct{ phase atomic.Int32 }

const (
	working int32 = iota
	committing
	left
)

func (a *attempt) begin() bool { return a.phase.CompareAndSwap(working, committing) }
func (a *attempt) leave() bool { return a.phase.CompareAndSwap(working, left) }

var errSlow = errors.New("the database did not answer in time")

// transact runs a transaction in a goroutine of its own, until it ends or ctx does. What work writes for the
// caller may be read when transact returns no error, or unanswered: then work has ended.
func (s *Store) transact(ctx context.Context, work func(context.Context, Tx) error) (ending, error) {
	type result struct {
		ending
		err error
	}
	a, done := new(attempt), make(chan result, 1)
	go func() {
		ending, err := s.attempt(ctx, a, work)
		done <- result{ending, err}
	}()
	select {
	case got := <-done:
		return got.ending, got.err
	case <-ctx.Done():
	}
	if a.leave() {
		return undone, ports.Join(ctx.Err(), errSlow)
	}
	select {
	case got := <-done: // COMMIT takes no context: it may have ended by now
		return got.ending, got.err
	default:
		return unanswered, errSlow
	}
}

func (s *Store) attempt(ctx context.Context, a *attempt, work func(context.Context, Tx) error) (ending, error) {
	tx, err := s.engine.Begin(ctx)
	if err != nil {
		return undone, err
	}
	defer tx.Rollback()
	if err := work(ctx, tx); err != nil {
		return undone, err
	}
	if !a.begin() {
		return undone, ctx.Err()
	}
	if err := tx.Commit(context.WithoutCancel(ctx)); err != nil {
		if s.engine.Unknown(err) {
			return unanswered, err
		}
		return undone, err
	}
	return undone, nil
}

// pause waits before another try, longer each time and not in step with others. It reports whether there is
// time for one.
func pause(ctx context.Context, tries int) bool {
	most := min(time.Millisecond<<min(tries, 5), 20*time.Millisecond)
	timer := time.NewTimer(most/2 + rand.N(most)) //nolint:gosec // no secret
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// CommitLocked implements [ports.Locker].
func (s *Store) CommitLocked(ctx context.Context, walletID string, decide func(ports.Store) []ports.Unit) ([]ports.Fate, error) {
	if err := sqlrow.CheckText("WalletID", walletID); err != nil {
		return nil, err
	}
	waiting, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	tx, err := s.lock(waiting, walletID)
	if err != nil {
		return nil, s.lockError(ctx, err)
	}
	bound := &TxStore{Reader: s.bind(tx)}
	bound.own = new(ownership)
	ended := false
	defer func() { // also when decide panics
		if !ended {
			go bound.own.rollback(tx)
		}
	}()
	units := decide(bound)
	ended = true
	if bound.own.broken.Load() { // a read was left: the transaction is not to be used any more
		go bound.own.rollback(tx)
		return s.Commit(ctx, units), nil
	}
	return s.commitIn(ctx, tx, units), nil
}

// ownership is of a transaction of the store's own whose reads are left when they take too long.
type ownership struct {
	mu     sync.Mutex // held while the transaction is used
	broken atomic.Bool
}

func (o *ownership) rollback(tx Tx) {
	o.mu.Lock()
	defer o.mu.Unlock()
	tx.Rollback()
}

// lockError returns the error of a lock that was not had. Nothing was written.
func (s *Store) lockError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("lock wallet: %w: %w", ports.ErrBusy, ctx.Err())
	case errors.Is(err, context.DeadlineExceeded), s.verdict(err) == Locked, s.verdict(err) == Again:
		return fmt.Errorf("lock wallet: %w: %w", ports.ErrBusy, err)
	}
	return fmt.Errorf("lock wallet: %w", s.readError(ctx, err))
}

// lock begins a transaction and locks a wallet.
func (s *Store) lock(ctx context.Context, walletID string) (Tx, error) {
	type result struct {
		tx  Tx
		err error
	}
	done, a := make(chan result, 1), new(attempt)
	go func() {
		for tries := 1; ; tries++ {
			tx, err := s.lockOnce(ctx, walletID)
			if verdict := s.verdict(err); err != nil && (verdict == Locked || verdict == Again) && pause(ctx, tries) {
				continue
			}
			if !a.begin() && err == nil {
				tx.Rollback()
				return
			}
			done <- result{tx, err}
			return
		}
	}()
	select {
	case got := <-done:
		return got.tx, got.err
	case <-ctx.Done():
	}
	if a.leave() {
		return nil, ctx.Err()
	}
	got := <-done
	return got.tx, got.err
}

func (s *Store) lockOnce(ctx context.Context, walletID string) (Tx, error) {
	tx, err := s.engine.Begin(ctx)
	if err != nil {
		return nil, err
	}
	clause := s.dialect.LockNow
	select {
	case s.waiters <- struct{}{}:
		defer func() { <-s.waiters }()
		clause = s.dialect.Lock
	default: // enough connections wait: look again soon
	}
	statement := s.dialect.in("SELECT id FROM $wallets WHERE id = ?" + clause)
	if err := each(ctx, tx, statement, []any{walletID}, func(Rows) error { return nil }); err != nil {
		tx.Rollback()
		return nil, err
	}
	return tx, nil
}

// commitIn writes units in a transaction that holds a lock, and ends it.
func (s *Store) commitIn(ctx context.Context, tx Tx, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	b := batchOf(units, fates)
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	var decided []ports.Fate
	state, err := s.transactIn(bounded, tx, func(ctx context.Context, tx Tx) (err error) {
		if len(b.rows) > 0 {
			decided, err = s.decide(ctx, tx, b.rows)
		}
		return err
	})
	switch {
	case err == nil:
		s.tell(ctx, b, decided)
	case state == unanswered:
		b.suspect(decided, err)
		s.commitAll(ctx, bounded, b)
	default: // nothing was written: each unit is decided anew, by itself where one of them is the reason
		s.commitAll(ctx, bounded, b)
	}
	return fates
}

// transactIn is transact in a transaction that has begun.
func (s *Store) transactIn(ctx context.Context, tx Tx, work func(context.Context, Tx) error) (ending, error) {
	begun := *s
	begun.engine = begunEngine{s.engine, tx}
	return begun.transact(ctx, work)
}

// begunEngine is an engine whose transaction has begun.
type begunEngine struct {
	Engine
	tx Tx
}

// Begin implements [Engine].
func (e begunEngine) Begin(context.Context) (Tx, error) { return e.tx, nil }

// bind returns what reads in a transaction.
func (s *Store) bind(tx Querier) Reader {
	bound := s.Reader
	bound.tx = tx
	return bound
}

// Bind returns a store in a transaction of the host. beginAgain marks an error after which the host must
// begin its transaction again.
func (s *Store) Bind(tx Querier, lockAll string, beginAgain error) *TxStore {
	bound := &TxStore{Reader: s.bind(tx), lockAll: lockAll, beginAgain: beginAgain}
	bound.over = new(error)
	return bound
}

// TxStore is a [ports.Store] in a transaction of the host, or of CommitLocked.
type TxStore struct {
	Reader
	lockAll    string // a statement that takes the lock of an engine that admits one writer; blank: it has row locks
	beginAgain error
}

// ended returns why the transaction is over: nothing more must be written on its connection.
func (s *TxStore) ended() error {
	if s.over == nil {
		return nil
	}
	return *s.over
}

// within returns the context of statements. Where the engine waits for locks a statement that is cut off ends the
// transaction with its connection: so none is, and what is left of the time counts between two.
func (s *TxStore) within(ctx, bounded context.Context) context.Context {
	if s.dialect.Lock != "" {
		return ctx
	}
	return bounded
}

// LockWallets implements [ports.BoundStore].
func (s *TxStore) LockWallets(ctx context.Context, ids []string) ([]ports.Wallet, error) {
	if err := sqlrow.CheckText("ID", ids...); err != nil {
		return nil, err
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	running := s.within(ctx, bounded)
	for tries := 1; ; tries++ {
		err := s.alive(running)
		if err == nil {
			err = s.take(bounded)
		}
		var wallets []ports.Wallet
		if err == nil {
			wallets, err = s.wallets(running, s.tx, sorted(ids), s.dialect.Lock)
		}
		switch {
		case err == nil:
			return wallets, nil
		case s.ended() != nil, s.verdict(err) != Locked, !pause(bounded, tries):
			return nil, fmt.Errorf("lock wallets: %w", s.hostError(ctx, err))
		}
	}
}

// alive returns an error where the transaction is over.
func (s *TxStore) alive(ctx context.Context) error {
	if err := s.ended(); err != nil || !s.dialect.Savepoints || s.over == nil {
		return err
	}
	if err := s.dialect.Alive(ctx, s.tx); err != nil {
		return s.end(err)
	}
	return nil
}

// take takes the lock of an engine that admits one writer.
func (s *TxStore) take(ctx context.Context) error {
	for tries := 1; s.lockAll != ""; tries++ {
		_, err := s.tx.Exec(ctx, s.dialect.in(s.lockAll))
		if err == nil || s.verdict(err) != Locked || !pause(ctx, tries) {
			return err
		}
	}
	return nil
}

// hostError returns an error as the host of a transaction is to see it.
func (s *TxStore) hostError(ctx context.Context, err error) error {
	switch verdict := s.verdict(err); {
	case s.ended() != nil:
		return s.ended()
	case errors.Is(err, ports.ErrBusy):
		return err
	case verdict == Damaged:
		return fmt.Errorf("%w: %w", ports.ErrUnreadable, err)
	case ctx.Err() != nil:
		return ctx.Err()
	case verdict == Again && s.beginAgain != nil:
		return s.end(err)
	case verdict == Locked, verdict == Again, errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%w: %w", ports.ErrBusy, err)
	case verdict == Unavailable:
		return fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
	}
	return err
}

// Commit implements [ports.Committer] within the transaction. FateCommitted means that the unit is written
// if the transaction is committed.
func (s *TxStore) Commit(ctx context.Context, units []ports.Unit) []ports.Fate {
	fates := make([]ports.Fate, len(units))
	b := batchOf(units, fates)
	if len(b.units) == 0 {
		return fates
	}
	bounded, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	if err := s.take(bounded); err != nil {
		s.finish(ctx, b, err)
		return fates
	}
	running := s.within(ctx, bounded)
	s.lock = s.dialect.LockNow // what is free goes first
	var a aside
	s.commit(ctx, running, b, &a)
	s.lock = s.dialect.Lock
	for tries := 1; len(a.units) > 0; tries++ {
		if !pause(bounded, tries) || s.ended() != nil {
			for _, b := range a.units {
				s.finish(ctx, b, cmp.Or(s.ended(), ports.ErrBusy))
			}
			break
		}
		var still aside
		for _, b := range a.units {
			s.commit(ctx, running, b, &still)
			if bounded.Err() != nil {
				s.lock = s.dialect.LockNow // the time is over
			}
		}
		a = still
	}
	return fates
}

// commit decides and writes a batch, but for the units that it sets aside, whose rows other transactions have locked.
func (s *TxStore) commit(ctx, running context.Context, b *batch, a *aside) {
	if b = a.without(b); len(b.units) == 0 {
		return
	}
	var decided []ports.Fate
	var err error
	for tries := 1; ; tries++ {
		decided, err = s.guarded(running, b)
		if err == nil || s.verdict(err) != Duplicate || !s.dialect.Savepoints || tries >= doubtsMax || !pause(running, tries) {
			break
		}
	}
	switch {
	case err == nil:
		for i := range decided {
			*b.fates[i] = decided[i]
		}
	case len(b.units) > 1 && s.dialect.Savepoints && s.ended() == nil && s.refused(err):
		for _, half := range b.split() {
			s.commit(ctx, running, half, a)
		}
	case len(b.units) == 1 && s.ended() == nil && s.verdict(err) == Locked && s.dialect.LockNow != "" && running.Err() == nil:
		a.set(b)
	default:
		s.finish(ctx, b, err)
	}
}

func (s *TxStore) refused(err error) bool {
	switch s.verdict(err) {
	case Refused, Duplicate, Damaged:
		return true
	case Locked:
		return s.dialect.LockNow != ""
	case Again, Unavailable:
	}
	return false
}

func (s *TxStore) finish(ctx context.Context, b *batch, err error) {
	status := ports.FateFailed
	if err = s.hostError(ctx, err); errors.Is(err, ports.ErrBusy) {
		status = ports.FateBusy
	}
	b.finish(status, err)
}

// guarded decides and writes between a savepoint and its release.
func (s *TxStore) guarded(ctx context.Context, b *batch) (fates []ports.Fate, err error) {
	if err := s.alive(ctx); err != nil {
		return nil, err
	}
	if !s.dialect.Savepoints {
		return s.decide(ctx, s.tx, b.rows)
	}
	if _, err := s.tx.Exec(ctx, "SAVEPOINT jigap_unit"); err != nil {
		return nil, err
	}
	fates, err = s.decide(ctx, s.tx, b.rows)
	ending := context.WithoutCancel(ctx)
	if err != nil {
		_, back := s.tx.Exec(ending, "ROLLBACK TO SAVEPOINT jigap_unit")
		if back == nil {
			_, back = s.tx.Exec(ending, "RELEASE SAVEPOINT jigap_unit")
		}
		if back != nil {
			return nil, s.end(ports.Join(err, back))
		}
		return nil, err
	}
	if _, err = s.tx.Exec(ending, "RELEASE SAVEPOINT jigap_unit"); err != nil {
		return nil, s.end(err)
	}
	return fates, nil
}

// end keeps that the transaction is over, and returns the error that says so.
func (s *TxStore) end(err error) error {
	if s.verdict(err) == Unavailable {
		err = fmt.Errorf("%w: %w", ports.ErrUnavailable, err)
	}
	if s.beginAgain != nil {
		err = fmt.Errorf("%w: %w", s.beginAgain, err)
	}
	if s.over != nil {
		*s.over = err
	}
	return err
}

// Within runs a function that may not return for the time of a call, or until ctx ends. The goroutine of one that
// takes too long goes on.
func Within(ctx context.Context, timeout time.Duration, do func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	done := make(chan error, 1)
	go func() {
		defer cancel()
		done <- do(bounded)
	}()
	select {
	case err := <-done:
		return err
	case <-bounded.Done():
	}
	select {
	case err := <-done:
		return err
	default:
		return ports.Join(bounded.Err(), errSlow)
	}
}
