package withdraw

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/events"
	"github.com/jigap/jigap/internal/order"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// ErrTripsRecharge is returned when a withdrawal would bring a wallet down to where
// its auto-recharge charges: the customer would pay in what was just paid out. The
// [Config.Guard] tells where that is, and [Request.LiftGuard] lifts it.
var ErrTripsRecharge = errors.New("withdrawal would trip the wallet's auto-recharge")

// ErrSealed is returned when a retry names a destination, and the account number that was
// sealed cannot be read to compare them: there is no Sealer, or it fails. Nothing changes;
// [Service.Get] and [Service.List] show the withdrawal.
var ErrSealed = errors.New("the sealed account number cannot be read")

// ErrFeeChanged is returned when the fee schedule gives another fee than the request
// agreed to. The error is a [FeeChangedError].
var ErrFeeChanged = errors.New("the fee has changed")

// FeeChangedError tells the fee that was agreed and the one that the schedule gives. It
// matches [ErrFeeChanged].
type FeeChangedError struct {
	Agreed decimal.Decimal // [Request.AgreedFee]
	Fee    decimal.Decimal // what the withdrawal would cost now
}

// Error tells both.
func (e *FeeChangedError) Error() string {
	return fmt.Sprintf("%v: %s was agreed, it is %s now", ErrFeeChanged, e.Agreed, e.Fee)
}

// Is reports whether target is [ErrFeeChanged].
func (e *FeeChangedError) Is(target error) bool { return target == ErrFeeChanged }

// Route is a way to pay out, with what it costs and who must agree. A withdrawal keeps
// the rules about people that its route had when it was requested.
type Route struct {
	Disburser ports.Disburser
	Schedule  FeeSchedule
	Approvals int // how many distinct people must approve; 0 sends at once

	// RequesterMayApprove lets the person who requested a withdrawal approve it, and report
	// it paid. Without
	// it that is a [SamePersonError].
	RequesterMayApprove bool
	// ApproverMayReport lets a person who approved a withdrawal report it paid. Without
	// it that is a [SamePersonError].
	ApproverMayReport bool
}

// inquireMax is the longest pause between two inquiries, unless the Disburser asks for more.
const inquireMax = 10 * time.Minute

// Config holds what a [Service] may be told. The zero Config works.
type Config struct {
	// Clock tells the time. Defaults to the machine's.
	Clock ports.Clock
	// IDs makes the ids of operations. Defaults to version 7 UUIDs.
	IDs ports.IDs
	// Notifier is told of every change of status, of each approval, and of new reasons to wait.
	// Defaults to none.
	Notifier ports.Notifier
	// Logger receives a line for every answer, before anything is done with it, and for
	// every change of status: at level Warn with the reason where a person must decide. It
	// receives a line at level Error for every alarm. Lines have ids and no secrets.
	// Defaults to silence.
	Logger *slog.Logger
	// Guard refuses withdrawals that would make the wallet's auto-recharge charge. Give it the
	// autorecharge.Engine of the store. Defaults to none: then a wallet with an active policy
	// pays out only with LiftGuard, and every other withdrawal is [ports.ErrInvalid].
	Guard Guard
	// Sealer encrypts account numbers. Defaults to none: then destinations are refused
	// and only the account registered at the provider can be paid.
	Sealer ports.Sealer
	// Timeout is the time of one call to a provider. A call that ignores its context is left
	// after half as much time again. Defaults to one minute.
	Timeout time.Duration
	// InquireAfter is the pause before the first inquiry, where the Disburser names
	// none; it doubles with each, up to ten minutes. Defaults to ten seconds.
	InquireAfter time.Duration
	// ReviewAfter is the age at which a withdrawal that is still unknown goes to review. A
	// pending withdrawal may wait for the provider for longer. Withdrawals through Disbursers
	// that this process does not know are left to other processes for as long. Defaults to
	// 24 hours. It must not be shorter than the quiet period of a Disburser that has one: see
	// [ports.Quieter].
	ReviewAfter time.Duration
}

// Guard knows when the auto-recharge of a wallet charges. An autorecharge.Engine is one.
type Guard interface {
	// Trips returns the condition under which the auto-recharge of a wallet charges, as it is
	// set now: a function of the cash that is available. Where the wallet has none, the
	// function returns false. The function is called with the cash that the withdrawal would
	// leave, on the state of the wallet on which the withdrawal is written: it must return at
	// once, it must not read or write anything, and it may be called several times and
	// concurrently. An error refuses the withdrawal.
	Trips(ctx context.Context, walletID string) (func(available decimal.Decimal) bool, error)
}

func (c *Config) setDefaults() error {
	options := order.Options{
		Clock: &c.Clock, IDs: &c.IDs, Logger: &c.Logger, Sealer: c.Sealer, Notifier: c.Notifier,
		Timeout: &c.Timeout, InquireAfter: &c.InquireAfter, ReviewAfter: &c.ReviewAfter,
	}
	return ports.Join(options.SetDefaults(), ports.CheckOption("Guard", c.Guard))
}

// Service runs withdrawals. Make one with [New].
type Service struct {
	store  ports.Store
	ledger *ledger.Ledger
	config Config
	routes map[string]*Route
	calls  map[string]*call.Guard // by the name of the Disburser
	places map[string]*place      // likewise
	doubts record.Doubts
	events *events.Queue
	path   *order.Path[*ports.Withdrawal, ports.PayoutAnswer, *ports.PayoutAnswer]
}

// place is how far a look at the withdrawals that wait has come.
type place struct {
	mu      sync.Mutex
	afterID string
}

// New returns a service over the store, the ledger on that store, and the routes.
// Errors are [ports.ErrInvalid], one for each fault, schedules included, in a fixed order.
func New(store ports.Store, wallets *ledger.Ledger, config Config, routes ...Route) (*Service, error) {
	err := ports.Join(ports.CheckPart("store", store), ports.CheckMade("ledger", wallets), config.setDefaults())
	s := &Service{
		store: store, ledger: wallets, config: config, routes: make(map[string]*Route, len(routes)),
		calls: make(map[string]*call.Guard, len(routes)), places: make(map[string]*place, len(routes)),
	}
	s.places[""] = new(place)
	for i := range routes {
		route := routes[i]
		if ports.CheckPart("Disburser", route.Disburser) != nil {
			err = ports.Join(err, ports.Invalid("routes", "has one without a disburser"))
			continue
		}
		name := route.Disburser.Name()
		if s.routes[name] != nil {
			err = ports.Join(err, ports.Invalid("routes", "has two by the name of %s", name))
		}
		if route.Approvals < 0 {
			err = ports.Join(err, ports.Invalid("Approvals", "is negative"))
		}
		err = ports.Join(err, ports.CheckID("name of a disburser", name), route.Schedule.Check(), order.CheckQuiet(route.Disburser, config.ReviewAfter))
		s.routes[name], s.calls[name], s.places[name] = &route, new(call.Guard), new(place)
	}
	if err != nil {
		return nil, fmt.Errorf("withdraw: %w", err)
	}
	s.equip()
	return s, nil
}

// equip gives a service that has its store and configuration what it works with.
func (s *Service) equip() {
	s.events = events.NewQueue(s.config.Notifier, s.config.Logger)
	s.path = order.New[*ports.Withdrawal, ports.PayoutAnswer, *ports.PayoutAnswer](order.Config{
		Store: s.store, Now: s.now, Logger: s.config.Logger, Doubts: &s.doubts, Calls: func(disburser string) *call.Guard { return s.calls[disburser] },
		Timeout: s.config.Timeout, InquireAfter: s.config.InquireAfter, InquireMax: inquireMax, ReviewAfter: s.config.ReviewAfter,
	}, s.kind())
}

// Wait returns when the Notifier has got every event of the service, for a graceful end of the
// host. When ctx ends first, it returns the error of ctx.
func (s *Service) Wait(ctx context.Context) error { return s.events.Wait(ctx) }

// Request asks for cash to be paid out. The total, fee included, leaves the wallet.
type Request struct {
	WalletID  string
	Key       string          // the caller's idempotency key, unique per wallet
	Disburser string          // the name of one of the service's routes
	Total     decimal.Decimal // what leaves the wallet, in whole units of its currency; zero with All
	Who       string          // who asks: the customer, or the operator who asks for the customer; required

	// All asks for all available cash that can be paid out: the total is the greatest that the fee
	// schedule admits, as [FeeSchedule.QuoteAll] tells, on the state of the wallet on which the
	// withdrawal is written. A retry returns the withdrawal that was taken, whatever the wallet has
	// since. Where nothing can be paid out it is [ports.ErrInsufficient], or what the schedule
	// refuses. A schedule that keeps more digits than the wallet may ask for a fee that the wallet cannot
	// be charged: then it is [ports.ErrInvalid], as a Total with such a fee is.
	All bool
	// CloseWhenEmpty closes the wallet in the unit that completes the withdrawal, if the wallet is
	// empty and not frozen and nothing else is open in it then. Otherwise the wallet stays open, and
	// Leaving.Stays of the record says why; a preview does not foresee it. While an operation of the
	// wallet is disputed the request is refused with a [ports.OpenOperationsError]. [Service.Leave]
	// also deals with what cannot be paid out.
	CloseWhenEmpty bool
	// DespiteFreeze has the withdrawal taken and sent although the wallet is frozen, now or later: an
	// act of a person, as [Service.PayFrozen] is for a withdrawal that waits. Decisions of the record
	// keep it. Nil: a frozen wallet refuses the withdrawal with [ports.ErrFrozen].
	DespiteFreeze *ports.By

	// AgreedFee is the Fee of the [Quote] that was shown. When it is given, and the fee
	// schedule gives another fee now, Request answers a [FeeChangedError] and changes
	// nothing. A retry is compared with the fee of the withdrawal that was taken: what the
	// schedule has become since does not count.
	AgreedFee decimal.NullDecimal
	// Destination is the account to pay to. Nil means the one that is registered at
	// the provider.
	Destination *Account
	// LiftGuard lets the withdrawal trip an active auto-recharge.
	LiftGuard bool
	ledger.Note

	leaving *LeaveRequest // nil: Leave does not ask
}

// unknown is the error about a Disburser that has no route.
func (s *Service) unknown() error {
	return record.UnknownName("Disburser", slices.Collect(maps.Keys(s.routes)))
}

// Quote returns what a withdrawal through a route would cost.
func (s *Service) Quote(disburser string, total decimal.Decimal) (Quote, error) {
	route := s.routes[disburser]
	if route == nil {
		return Quote{}, s.unknown()
	}
	return route.Schedule.Quote(total)
}

// Request takes the total out of the wallet and writes the withdrawal down, in one
// unit; then, when no approvals are needed, sends it. It returns the withdrawal as it
// is then. The same key returns the same withdrawal, at any stage, and sends nothing. One
// with a Destination needs a Sealer that can read the account number: else [ErrSealed].
//
// A withdrawal that is returned with an error was taken: what failed came after it, and the
// worker goes on.
//
// Only available cash can be withdrawn: points, and money that is held, cannot.
func (s *Service) Request(ctx context.Context, request Request) (*ports.Withdrawal, error) {
	op, replayed, err := s.open(ctx, &request)
	if err != nil {
		return nil, record.About("withdraw from", "wallet", request.WalletID, err)
	}
	if replayed {
		return op, nil
	}
	return s.begin(ctx, op)
}

// begin tells of a withdrawal that was taken, and sends it when no approvals are needed.
func (s *Service) begin(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	s.tell(ctx, op)
	if op.Status != ports.WithdrawalApproved {
		return op, nil
	}
	return s.start(ctx, op)
}

// start sends a withdrawal that was just approved.
func (s *Service) start(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	next, err := s.dispatch(ctx, op)
	if err != nil {
		return next, record.About("send", "withdrawal", op.ID, err)
	}
	return next, nil
}

// open checks the request and books it. A key that is known is answered first: what the
// service would refuse now, it may have taken then.
func (s *Service) open(ctx context.Context, request *Request) (op *ports.Withdrawal, replayed bool, err error) {
	booking, wallet, err := s.draft(ctx, request)
	if err != nil {
		return nil, false, err
	}
	entry, err := s.ledger.Replay(ctx, booking)
	if !errors.Is(err, ports.ErrNotFound) {
		return s.replay(ctx, request, entry, err)
	}
	record, err := s.judge(ctx, request, &wallet)
	if err != nil {
		return nil, false, err
	}
	trips, err := s.guard(ctx, request)
	if err != nil {
		return nil, false, err
	}
	receipt, err := s.book(ctx, request, booking, record, trips)
	if err != nil || receipt.Replayed {
		return s.replay(ctx, request, receipt.Entry, err)
	}
	return record, false, nil
}

// book books the record of a request with its entry.
func (s *Service) book(ctx context.Context, request *Request, booking books.Booking, op *ports.Withdrawal, trips func(available decimal.Decimal) bool) (ledger.Receipt, error) {
	booking.OperationID, booking.Operations = op.ID, []ports.Operation{op}
	booking.Reckon = func(w *ports.Wallet) (decimal.Decimal, error) { return s.reckon(request, op, w, trips) }
	booking.Fill = func(e *ports.Entry) { op.EntrySeq = e.Seq }
	receipt, err := s.ledger.Book(ctx, booking)
	_ = s.path.Note(ctx, op, err)
	return receipt, err
}

// draft is how a request is booked, as far as it can be told without asking anybody
// whether it is allowed.
func (s *Service) draft(ctx context.Context, request *Request) (booking books.Booking, wallet ports.Wallet, err error) {
	if err := ports.Join(ports.CheckID("Key", request.Key), ports.CheckID("Disburser", request.Disburser),
		ports.CheckID("Who", request.Who), checkFigure("AgreedFee", request.AgreedFee), checkDespite(request.DespiteFreeze), request.Destination.check()); err != nil {
		return booking, wallet, err
	}
	wallet, err = s.ledger.Wallet(ctx, request.WalletID)
	if err != nil {
		return booking, wallet, err
	}
	total, err := request.total(wallet.Scale)
	if err != nil {
		return booking, wallet, err
	}
	return books.Booking{
		WalletID: wallet.ID, Key: request.Key, Type: ports.EntryWithdraw, Opened: 1, Debit: request.DespiteFreeze == nil,
		Balance: total.Neg(), Counterparty: ports.AccountPayable, Content: request.content(), Note: books.Note(request.Note),
	}, wallet, nil
}

// total returns the total that was asked for, in the scale of the wallet; zero with All.
func (r *Request) total(scale int32) (decimal.Decimal, error) {
	switch {
	case !r.All:
		return ports.CheckAmount("Total", r.Total, scale)
	case !r.Total.IsZero():
		return decimal.Decimal{}, ports.Invalid("Total", "must be zero with All")
	}
	r.Total = decimal.Decimal{} // however it was written
	return r.Total, nil
}

// content is what the digest of a request knows beyond its booking. What earlier versions did not
// know is left out where it is not asked for: their digests are as they were.
func (r *Request) content() string {
	to := r.Destination.open()
	text := fmt.Sprintf("%s\n%s\n%s\n%t\n%s", r.Disburser, to, to.Holder, r.LiftGuard, r.Who)
	if r.CloseWhenEmpty {
		text += "\nclose when empty"
	}
	if r.leaving != nil {
		text += fmt.Sprintf("\nleave %t %s", r.leaving.ForfeitPoints, r.leaving.ForfeitCash)
	}
	if r.DespiteFreeze != nil {
		text += fmt.Sprintf("\ndespite the freeze %q %q", r.DespiteFreeze.Who, r.DespiteFreeze.Why)
	}
	return text
}

// checkDespite refuses a person who decides about a frozen wallet without a name or a reason.
func checkDespite(by *ports.By) error {
	if by == nil || ports.CheckBy(*by) == nil {
		return nil
	}
	return ports.Invalid("DespiteFreeze", "must have a Who and a Why that are printable")
}

// judge refuses what the route, the wallet or its auto-recharge do not allow, and
// returns the record of what they do.
func (s *Service) judge(ctx context.Context, request *Request, wallet *ports.Wallet) (*ports.Withdrawal, error) {
	route, err := s.way(ctx, request, wallet)
	if err != nil {
		return nil, err
	}
	op := s.record(wallet, request, route)
	if !request.All {
		quote, err := route.Schedule.Quote(request.Total)
		if err == nil {
			err = s.price(request, op, wallet, &quote)
		}
		if err != nil {
			return nil, err
		}
	}
	destination, err := s.seal(ctx, request.Destination)
	if err != nil {
		return nil, err
	}
	op.Destination = destination
	return op, nil
}

// way returns the route of a request, if the wallet may go that way.
func (s *Service) way(ctx context.Context, request *Request, wallet *ports.Wallet) (*Route, error) {
	route := s.routes[request.Disburser]
	if route == nil {
		return nil, s.unknown()
	}
	if err := route.Schedule.serves(wallet.Currency); err != nil || !request.CloseWhenEmpty {
		return route, err
	}
	return route, s.undisputed(ctx, wallet.ID)
}

// price gives a record the amounts of its quote, and refuses a fee that was not agreed to, or that
// the wallet could not be charged.
func (s *Service) price(request *Request, op *ports.Withdrawal, wallet *ports.Wallet, quote *Quote) error {
	if agreed := request.AgreedFee; agreed.Valid && !agreed.Decimal.Equal(quote.Fee) {
		return &FeeChangedError{Agreed: agreed.Decimal, Fee: quote.Fee}
	}
	schedule := &s.routes[request.Disburser].Schedule
	if _, err := ports.CheckSigned("Schedule", quote.Fee, wallet.Scale); err != nil {
		return ports.Invalid("Schedule", "asks for a fee of %s: %s keeps %d digits after the point, the wallet %d",
			quote.Fee, schedule.name(), schedule.Scale, wallet.Scale)
	}
	shown, err := json.Marshal(quote)
	if err != nil {
		return err
	}
	op.Total, op.Fee, op.Net, op.Quote = quote.Total, quote.Fee, quote.Net, shown
	return nil
}

// reckon returns what a withdrawal takes from the wallet on which it is written, and refuses one
// that would bring the wallet down to where its auto-recharge charges.
func (s *Service) reckon(request *Request, op *ports.Withdrawal, w *ports.Wallet, trips func(available decimal.Decimal) bool) (decimal.Decimal, error) {
	if request.All {
		quote, err := s.all(request, op, w)
		if err == nil {
			err = s.price(request, op, w, &quote)
		}
		if err != nil {
			return decimal.Decimal{}, err
		}
	}
	if trips(w.AvailableBalance().Sub(op.Total)) {
		return decimal.Decimal{}, ErrTripsRecharge
	}
	return op.Total.Neg(), nil
}

// all quotes all that can be paid out of a wallet.
func (s *Service) all(request *Request, op *ports.Withdrawal, w *ports.Wallet) (Quote, error) {
	schedule := &s.routes[request.Disburser].Schedule
	if request.leaving != nil {
		return request.leaving.plan(schedule, op, w)
	}
	available := w.AvailableBalance()
	if step := decimal.New(1, -min(schedule.Scale, w.Scale)); available.LessThan(step) {
		return Quote{}, &ports.InsufficientError{WalletID: w.ID, Asked: step, AvailableBalance: available, AvailablePoint: w.Point.Sub(w.PointHeld)}
	}
	return schedule.QuoteAll(available)
}

// replay answers a request whose key is known. The digest of a request knows only what
// is shown of an account number: here the whole number is compared.
func (s *Service) replay(ctx context.Context, request *Request, entry ports.Entry, err error) (*ports.Withdrawal, bool, error) {
	if errors.Is(err, ports.ErrKeyReused) {
		return nil, false, s.reused(ctx, request, err)
	}
	if err != nil {
		return nil, false, err
	}
	op, err := s.Get(ctx, entry.OperationID)
	if err != nil {
		return nil, false, err
	}
	if agreed := request.AgreedFee; agreed.Valid && !agreed.Decimal.Equal(op.Fee) {
		return nil, false, &ports.KeyReusedError{Fields: []string{"AgreedFee"}}
	}
	if to := request.Destination; to != nil {
		if err := s.sameNumber(ctx, op, to.Number); err != nil {
			return nil, false, err
		}
	}
	return op, true, nil
}

// reused names what differs from what the key was used for. err is what is known without
// looking.
func (s *Service) reused(ctx context.Context, request *Request, err error) error {
	former := order.Former[*ports.Withdrawal]{Entry: s.ledger.EntryByKey, Get: s.Get}
	return former.Reused(ctx, request.WalletID, request.Key, ports.EntryWithdraw, err, func(op *ports.Withdrawal, entry *ports.Entry, reused *ports.KeyReusedError) {
		to, was := request.Destination.open(), op.Destination
		reused.Compare("Disburser", request.Disburser == op.Disburser)
		reused.Compare("Total", request.Total.Equal(op.Total) || request.All && op.All)
		reused.Compare("All", request.All == op.All)
		reused.Compare("CloseWhenEmpty", request.CloseWhenEmpty == (op.Leaving != nil))
		reused.Compare("DespiteFreeze", sameDespite(request.DespiteFreeze, op))
		reused.Compare("Who", request.Who == op.RequestedBy)
		reused.Compare("LiftGuard", request.LiftGuard == op.LiftGuard)
		if (to.BankCode == "") != (was.BankCode == "") { // one is the account that is registered at the provider
			reused.Compare("Destination", false)
		} else {
			reused.Compare("Destination.BankCode", to.BankCode == was.BankCode)
			reused.Compare("Destination.Number", to.Masked == was.Masked)
			reused.Compare("Destination.Holder", to.Holder == was.Holder)
		}
		books.CompareNote((*books.Note)(&request.Note), entry, reused)
		if l := request.leaving; l != nil && op.Leaving != nil {
			reused.Compare("ForfeitPoints", l.ForfeitPoints == op.Leaving.ForfeitPoints)
			books.NameWhy(reused)
		}
	})
}

// sameNumber compares a number with the one that was sealed. What cannot be compared is
// not taken for the same.
func (s *Service) sameNumber(ctx context.Context, op *ports.Withdrawal, asked AccountNumber) error {
	if s.config.Sealer == nil {
		return fmt.Errorf("withdrawal %s: %w: there is no Sealer", op.ID, ErrSealed)
	}
	number, err := s.config.Sealer.Unseal(ctx, op.Destination.Sealed)
	if err != nil {
		return fmt.Errorf("withdrawal %s: %w: %w", op.ID, ErrSealed, err)
	}
	if number != string(asked) {
		return &ports.KeyReusedError{Fields: []string{"Destination.Number"}}
	}
	return nil
}

// record is the record of a request, without amounts and destination.
func (s *Service) record(wallet *ports.Wallet, request *Request, route *Route) *ports.Withdrawal {
	now := s.now()
	op := &ports.Withdrawal{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindWithdrawal, WalletID: wallet.ID, Version: 1,
			Open: true, Provider: request.Disburser, Reference: request.Reference, CreatedAt: now, UpdatedAt: now,
		}, Status: ports.WithdrawalRequested,
		Disburser: request.Disburser, Currency: wallet.Currency, Key: request.Key,
		All: request.All, RequestedBy: request.Who, LiftGuard: request.LiftGuard, Leaving: request.leave(),
		ApprovalsNeeded: route.Approvals, RequesterMayApprove: route.RequesterMayApprove, ApproverMayReport: route.ApproverMayReport,
	}
	if route.Approvals == 0 {
		op.Status, op.DueAt = ports.WithdrawalApproved, now.Add(s.path.Lease())
	}
	if by := request.DespiteFreeze; by != nil {
		op.Decisions = []ports.Decision{{What: ports.DecisionPayFrozen, Who: by.Who, Why: by.Why, At: now}}
	}
	return op
}

// guard returns whether the auto-recharge of a wallet charges where so much cash is left.
func (s *Service) guard(ctx context.Context, request *Request) (trips func(available decimal.Decimal) bool, err error) {
	never := func(decimal.Decimal) bool { return false }
	switch {
	case request.LiftGuard:
		return never, nil
	case s.config.Guard == nil:
		return never, s.unguarded(ctx, request.WalletID)
	}
	return s.config.Guard.Trips(ctx, request.WalletID)
}

// unguarded returns [ports.ErrInvalid] if a wallet has a policy that is active: without a guard
// the service does not know what would trip it.
func (s *Service) unguarded(ctx context.Context, walletID string) error {
	policies, err := s.store.FindOperations(ctx, ports.OperationFilter{
		Kind: ports.KindPolicy, Lane: ports.PolicyLane(walletID), Open: true, Statuses: ports.Statuses(ports.PolicyActive), Limit: 1,
	})
	if err != nil || len(policies) == 0 {
		return err
	}
	if policy, ok := policies[0].(*ports.Policy); ok && !policy.MinimumCash.IsPositive() { // it never charges
		return nil
	}
	return ports.Invalid("Guard", "is missing in the Config of the service, and the wallet has an active auto-recharge policy: set Config.Guard, or LiftGuard in the request")
}

// QuoteOf returns the quote that was stored with a withdrawal.
func QuoteOf(op *ports.Withdrawal) (Quote, error) {
	var q Quote
	if err := json.Unmarshal(op.Quote, &q); err != nil {
		return Quote{}, fmt.Errorf("quote of withdrawal %s: %w", op.ID, err)
	}
	return q, nil
}

// waitRoute leaves an approved withdrawal to a process that has its route: any may take it
// at once.
func (s *Service) waitRoute(ctx context.Context, op *ports.Withdrawal) (*ports.Withdrawal, error) {
	next := order.Clone(op)
	next.Why = "waits: the process that approved it has no route by the name of " + op.Disburser
	next.DueAt = s.now()
	if err := s.path.Write(ctx, next); err != nil {
		return op, fmt.Errorf("withdrawal %s: %w", op.ID, err)
	}
	return next, nil
}

func (s *Service) now() time.Time { return ports.Instant(s.config.Clock.Now()) }

// payoutOrder is the record as a Disburser sees it.
func payoutOrder(op *ports.Withdrawal) ports.PayoutOrder {
	return ports.PayoutOrder{
		OperationID: op.ID, WalletID: op.WalletID, Total: op.Total, Fee: op.Fee, Net: op.Net, Currency: op.Currency,
		Destination: op.Destination, RequestedAt: op.CreatedAt, SentAt: op.SentAt, Evidence: op.Evidence,
		Transmissions: op.Transmissions, Inquiries: op.Inquiries, Last: op.Answer,
	}
}

// Account is a bank account to pay to.
type Account struct {
	BankCode string // up to 128 bytes
	Number   AccountNumber
	Holder   string // up to 128 bytes
}

// AccountNumber is a bank account number. However it is formatted, logged or
// marshalled, only its last four characters show.
type AccountNumber string

const shownDigits = 4

// String returns the number masked: of nine or more characters the last four show, of
// fewer none.
func (n AccountNumber) String() string {
	digits := []rune(n)
	if len(digits) <= 2*shownDigits {
		return "****"
	}
	return "******" + string(digits[len(digits)-shownDigits:])
}

// GoString returns the number masked.
func (n AccountNumber) GoString() string { return strconv.Quote(n.String()) }

// MarshalText returns the number masked.
func (n AccountNumber) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// LogValue returns the number masked.
func (n AccountNumber) LogValue() slog.Value { return slog.StringValue(n.String()) }

// check refuses a destination that no bank has. Nil is the registered account.
func (a *Account) check() error {
	if a == nil {
		return nil
	}
	err := ports.Join(ports.CheckID("BankCode", a.BankCode), ports.CheckReference("Holder", a.Holder))
	if ports.CheckID("Number", string(a.Number)) != nil {
		err = ports.Join(err, ports.Invalid("Number", "is blank, too long or not printable"))
	}
	return err
}

// open is what anybody may see of the destination.
func (a *Account) open() ports.Destination {
	if a == nil {
		return ports.Destination{}
	}
	return ports.Destination{BankCode: a.BankCode, Holder: a.Holder, Masked: a.Number.String()}
}

// seal encrypts the account number of a destination.
func (s *Service) seal(ctx context.Context, to *Account) (ports.Destination, error) {
	destination := to.open()
	if to == nil {
		return destination, nil
	}
	if s.config.Sealer == nil {
		return ports.Destination{}, ports.Invalid("Destination", "cannot be kept without a Sealer")
	}
	sealed, err := s.config.Sealer.Seal(ctx, string(to.Number))
	if err != nil {
		return ports.Destination{}, fmt.Errorf("seal account number: %w", err)
	}
	destination.Sealed = sealed
	return destination, nil
}
