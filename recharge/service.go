package recharge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
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

// ErrRechargeInProgress is returned when another order is open in the Charger's lane: a
// recharge, a cancellation, or a withdrawal whose Disburser has the same lane.
// The error is an [InProgressError].
var ErrRechargeInProgress = errors.New("another order is in progress")

// InProgressError names the operation that must end first. It matches [ErrRechargeInProgress]
// and [ports.ErrLaneTaken].
type InProgressError struct {
	OperationID string // blank where it cannot be read, or has ended since
	Lane        string
}

// Error names the operation in progress.
func (e *InProgressError) Error() string {
	switch {
	case e.OperationID == "":
		return fmt.Sprintf("%v in lane %s", ErrRechargeInProgress, e.Lane)
	case e.Lane == "": // a cancellation
		return fmt.Sprintf("%v: operation %s, which must end first", ErrRechargeInProgress, e.OperationID)
	}
	return fmt.Sprintf("%v: operation %s in lane %s", ErrRechargeInProgress, e.OperationID, e.Lane)
}

// Is reports whether target is [ErrRechargeInProgress] or [ports.ErrLaneTaken].
func (e *InProgressError) Is(target error) bool {
	return target == ErrRechargeInProgress || target == ports.ErrLaneTaken
}

// inquireMax is the longest pause between two inquiries, unless the Charger asks for more.
const inquireMax = 5 * time.Minute

// Config holds what a [Service] may be told. The zero Config works.
type Config struct {
	// Clock tells the time. Defaults to the machine's.
	Clock ports.Clock
	// IDs makes the ids of operations. Defaults to version 7 UUIDs.
	IDs ports.IDs
	// Notifier gets an event for every change of status. Defaults to none.
	Notifier ports.Notifier
	// Logger receives a line for every answer, before anything is done with it, and for
	// every change of status: at level Warn with the reason where a person must decide. It
	// receives a line at level Error for every alarm. Lines have ids and no secrets.
	// Defaults to silence.
	Logger *slog.Logger
	// Timeout is the time of one call to a provider. A call that ignores its context is left
	// after half as much time again. Defaults to one minute.
	Timeout time.Duration
	// InquireAfter is the pause before the first inquiry, where the Charger names
	// none; it doubles with each, up to five minutes. Defaults to ten seconds.
	InquireAfter time.Duration
	// ReviewAfter is the age at which a recharge or cancellation that is still unknown or
	// pending goes to review. Orders to Chargers that this process does not know are left to
	// other processes for as long. Defaults to 24 hours. It must not be shorter than the quiet
	// period of a Charger that has one: see [ports.Quieter].
	ReviewAfter time.Duration
	// Collect has the service collect what wallets owe, as [Service.Collect] does: at once after a
	// recharge, a confirmation, a credit by hand, a reinstatement and a refused cancellation. Cash that
	// comes in otherwise is collected by the worker: within a minute for a young debt, within ten
	// minutes for an old one. Nothing is collected for a debt whose reversal is disputed.
	Collect bool
}

func (c *Config) setDefaults() error {
	options := order.Options{
		Clock: &c.Clock, IDs: &c.IDs, Logger: &c.Logger, Notifier: c.Notifier,
		Timeout: &c.Timeout, InquireAfter: &c.InquireAfter, ReviewAfter: &c.ReviewAfter,
	}
	return options.SetDefaults()
}

// Service runs recharges. Make one with [New].
type Service struct {
	store    ports.Store
	ledger   *ledger.Ledger
	config   Config
	chargers map[string]ports.Charger
	calls    map[string]*call.Guard // by the name of the Charger; "" for records without one
	doubts   record.Doubts
	events   *events.Queue
	charges  *order.Path[*ports.Recharge, ports.ChargeAnswer, *ports.ChargeAnswer]
	cancels  *order.Path[*ports.Cancellation, ports.ChargeAnswer, *ports.ChargeAnswer]
}

// checkDecorator refuses a Charger that embeds another and hides an ability of it. Behind
// a hidden Delegate, auto-recharge could not see that the provider recharges by itself,
// and both would charge.
func checkDecorator(charger ports.Charger) error {
	_, shownDelegate := ports.As[ports.Delegate](charger)
	_, shownCanceler := ports.As[ports.Canceler](charger)
	_, shownParts := ports.As[ports.PartCanceler](charger)
	_, shownAwaiter := ports.As[ports.Awaiter](charger)
	_, shownConfirmer := ports.As[ports.Confirmer](charger)
	for _, inner := range embedded(reflect.ValueOf(charger), nil) {
		hides := func(ability reflect.Type, shown bool) bool { return inner.Implements(ability) && !shown }
		if hides(reflect.TypeFor[ports.Delegate](), shownDelegate) || hides(reflect.TypeFor[ports.Canceler](), shownCanceler) || hides(reflect.TypeFor[ports.PartCanceler](), shownParts) ||
			hides(reflect.TypeFor[ports.Awaiter](), shownAwaiter) || hides(reflect.TypeFor[ports.Confirmer](), shownConfirmer) {
			return ports.Invalid("chargers", "has one (%s) that wraps another and hides what it can do: give it a method Unwrap, see ports.As", charger.Name())
		}
	}
	return nil
}

// embedded returns the types of the Chargers that a value embeds, also behind others that
// it embeds, and of those that they embed. It reads no more than types, so that fields
// need not be exported.
func embedded(v reflect.Value, found []reflect.Type) []reflect.Type {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || len(found) > 100 {
		return found
	}
	for i := range v.NumField() {
		field := v.Field(i)
		if !v.Type().Field(i).Anonymous {
			continue
		}
		if field.Kind() == reflect.Interface && !field.IsNil() && field.Type().Implements(reflect.TypeFor[ports.Charger]()) {
			found = append(found, field.Elem().Type())
		}
		found = embedded(field, found)
	}
	return found
}

// New returns a service over the store, the ledger on that store, and the Chargers. A
// Charger that decorates another must have a method Unwrap: see [ports.As]. Errors are
// [ports.ErrInvalid], one for each fault, in a fixed order.
func New(store ports.Store, wallets *ledger.Ledger, config Config, chargers ...ports.Charger) (*Service, error) {
	err := ports.Join(ports.CheckPart("store", store), ports.CheckMade("ledger", wallets), config.setDefaults())
	s := &Service{
		store: store, ledger: wallets, config: config,
		chargers: make(map[string]ports.Charger, len(chargers)), calls: make(map[string]*call.Guard, len(chargers)),
	}
	s.calls[""] = new(call.Guard)
	for _, charger := range chargers {
		if ports.CheckPart("chargers", charger) != nil {
			err = ports.Join(err, ports.Invalid("chargers", "has one that is nil"))
			continue
		}
		name := charger.Name()
		if s.chargers[name] != nil {
			err = ports.Join(err, ports.Invalid("chargers", "has two by the name of %s", name))
		}
		err = ports.Join(err, ports.CheckID("name of a charger", name), checkDecorator(charger), order.CheckQuiet(charger, config.ReviewAfter))
		s.chargers[name], s.calls[name] = charger, new(call.Guard)
	}
	if err != nil {
		return nil, fmt.Errorf("recharge: %w", err)
	}
	s.equip()
	return s, nil
}

// equip gives a service that has its store and configuration what it works with.
func (s *Service) equip() {
	s.events = events.NewQueue(s.config.Notifier, s.config.Logger)
	path := order.Config{
		Store: s.store, Now: s.now, Logger: s.config.Logger, Doubts: &s.doubts, Calls: s.callsTo,
		Timeout: s.config.Timeout, InquireAfter: s.config.InquireAfter, InquireMax: inquireMax, ReviewAfter: s.config.ReviewAfter,
	}
	s.charges = order.New[*ports.Recharge, ports.ChargeAnswer, *ports.ChargeAnswer](path, s.chargeKind())
	s.cancels = order.New[*ports.Cancellation, ports.ChargeAnswer, *ports.ChargeAnswer](path, s.cancelKind())
}

// Wait returns when the Notifier has got every event of the service, for a graceful end of the
// host. When ctx ends first, it returns the error of ctx.
func (s *Service) Wait(ctx context.Context) error { return s.events.Wait(ctx) }

// Request asks for a payment method to be charged and the wallet to be credited.
type Request struct {
	WalletID      string
	Key           string          // the caller's idempotency key, unique per wallet; [ports.AutoRechargeKeys] is reserved
	Charger       string          // the name of one of the service's Chargers
	PaymentMethod string          // the Charger's name for the card or account: its package says what. Never a secret
	Amount        decimal.Decimal // in whole units of the wallet's currency
	Bonus         *Bonus          // points that are granted with the credit; nil: none
	ledger.Note
}

// Recharge charges the payment method and credits the wallet. It returns the
// operation as it is when the Charger has answered, whatever the answer; what is not
// decided then is followed by the worker. An error without an operation means that nothing
// was written, or that the fate is not known ([ports.ErrUndecided]; the key tells). The same key returns
// the same operation, at any stage, and sends nothing.
//
// An amount that a limit of the wallet does not admit, with what other open recharges announced, is
// a [ports.LimitError]: nothing is written, and the provider hears nothing. While another order is
// open in the Charger's lane the error is an [InProgressError]. Once the order is written down the
// end of the context stops nothing: the call returns when the provider has answered, at most two
// calls to the Charger later, each of Config.Timeout or, where it ignores its context, half as much
// again.
func (s *Service) Recharge(ctx context.Context, request Request) (*ports.Recharge, error) {
	return s.RechargeAttached(ctx, request, nil)
}

// RechargeAttached is for package autorecharge, as the type of its argument is internal. It is
// [Service.Recharge], and writes an operation in the same unit as the order, or neither. The
// operation is no part of what a retry is compared by.
func (s *Service) RechargeAttached(ctx context.Context, request Request, attached *books.Attached) (*ports.Recharge, error) {
	op, replayed, err := s.open(ctx, &request, attached)
	if err != nil {
		return nil, record.About("recharge", "wallet", request.WalletID, err)
	}
	if replayed {
		return op, nil
	}
	s.tell(ctx, op)
	if refusal := s.unwanted(ctx, attached); refusal != nil {
		op, err = s.charges.Refuse(ctx, op, *refusal)
	} else {
		op, err = s.charges.Send(ctx, op, s.charging(op.Charger))
	}
	if err != nil {
		return op, record.About("send", "recharge", op.ID, err)
	}
	return op, nil
}

// unwanted asks the caller whether the order is still wanted. The order is written down, so
// the end of the caller's context does not count as an answer.
func (s *Service) unwanted(ctx context.Context, attached *books.Attached) *ports.ChargeAnswer {
	if attached == nil || attached.Wanted == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.Timeout)
	defer cancel()
	return attached.Wanted(ctx)
}

// open checks the request and writes the order down, before anybody hears of it. A key
// that is known is answered first: what the service would refuse now, it may have taken
// then.
func (s *Service) open(ctx context.Context, request *Request, attached *books.Attached) (op *ports.Recharge, replayed bool, err error) {
	op, booking, err := s.draft(ctx, request, attached != nil)
	if err != nil {
		return nil, false, err
	}
	entry, err := s.ledger.Replay(ctx, booking)
	if !errors.Is(err, ports.ErrNotFound) {
		return s.replay(ctx, request, entry, err)
	}
	if err := checkFresh(op); err != nil {
		return nil, false, err
	}
	charger := s.chargers[request.Charger]
	if charger == nil {
		return nil, false, record.UnknownName("Charger", s.Chargers())
	}
	if op.Lane, err = s.lane(charger, op); err != nil {
		return nil, false, err
	}
	booking.Operations = []ports.Operation{op}
	announces(&booking, op)
	if attached != nil {
		booking.Operations = append(booking.Operations, attached.Operation)
		booking.Watch, booking.Check = attached.Watch, attached.Check
	}
	receipt, err := s.ledger.Book(ctx, booking)
	_ = s.charges.Note(ctx, op, err)
	var taken *ports.LaneTakenError
	switch {
	case errors.As(err, &taken):
		return nil, false, &InProgressError{OperationID: taken.OperationID, Lane: taken.Lane}
	case err != nil || receipt.Replayed:
		return s.replay(ctx, request, receipt.Entry, err)
	}
	return op, false, nil
}

func (s *Service) replay(ctx context.Context, request *Request, entry ports.Entry, err error) (*ports.Recharge, bool, error) {
	if errors.Is(err, ports.ErrKeyReused) {
		return nil, false, s.reused(ctx, request, err)
	}
	if err != nil {
		return nil, false, err
	}
	op, err := s.Get(ctx, entry.OperationID)
	return op, true, err
}

// reused names what differs from what the key was used for. err is what is known without
// looking.
func (s *Service) reused(ctx context.Context, request *Request, err error) error {
	former := order.Former[*ports.Recharge]{Entry: s.ledger.EntryByKey, Get: s.Get}
	return former.Reused(ctx, request.WalletID, request.Key, ports.EntryRechargeOpen, err, func(op *ports.Recharge, entry *ports.Entry, reused *ports.KeyReusedError) {
		reused.Compare("Charger", request.Charger == op.Charger)
		reused.Compare("PaymentMethod", request.PaymentMethod == op.PaymentMethod)
		reused.Compare("Amount", request.Amount.Equal(op.Amount))
		reused.Compare("Bonus", request.Bonus.is(op.Bonus))
		books.CompareNote((*books.Note)(&request.Note), entry, reused)
	})
}

// draft is the record of a request, and how it is booked. Only automatic ones have a reserved
// key.
func (s *Service) draft(ctx context.Context, request *Request, automatic bool) (*ports.Recharge, books.Booking, error) {
	err := ports.Join(
		ports.CheckID("Charger", request.Charger), ports.CheckID("Key", request.Key), ports.CheckID("PaymentMethod", request.PaymentMethod),
	)
	if !automatic {
		err = ports.Join(err, checkKey(request.Key))
	}
	if err != nil {
		return nil, books.Booking{}, err
	}
	wallet, amount, err := s.fits(ctx, request.WalletID, request.Amount)
	if err != nil {
		return nil, books.Booking{}, err
	}
	now := s.now()
	bonus, err := request.Bonus.record(wallet.Scale)
	if err != nil {
		return nil, books.Booking{}, err
	}
	op := &ports.Recharge{
		OperationHead: ports.OperationHead{
			ID: s.config.IDs.NewID(), Kind: ports.KindRecharge, WalletID: wallet.ID, Version: 1,
			Open: true, Provider: request.Charger, Reference: request.Reference,
			DueAt: now.Add(s.charges.Lease()), CreatedAt: now, UpdatedAt: now,
		}, Status: ports.RechargeSending,
		Charger: request.Charger, PaymentMethod: request.PaymentMethod,
		Amount: amount, Currency: wallet.Currency, Key: request.Key, Bonus: bonus,
	}
	return op, books.Booking{
		WalletID: wallet.ID, Key: request.Key, Type: ports.EntryRechargeOpen, OperationID: op.ID, Opened: 1,
		Content: request.Charger + "\n" + request.PaymentMethod + "\n" + amount.String() + request.Bonus.content(), Note: books.Note(request.Note),
	}, nil
}

// fits returns a wallet, and an amount in digits of the wallet. It returns [ports.ErrInvalid] for an
// amount that is not above zero, or that the wallet cannot take.
func (s *Service) fits(ctx context.Context, walletID string, amount decimal.Decimal) (ports.Wallet, decimal.Decimal, error) {
	wallet, err := s.ledger.Wallet(ctx, walletID)
	if err != nil {
		return ports.Wallet{}, decimal.Decimal{}, err
	}
	amount, err = ports.CheckAmount("Amount", amount, wallet.Scale)
	return wallet, amount, err
}

// checkKey refuses a key of the caller that is reserved.
func checkKey(key string) error {
	if strings.HasPrefix(key, ports.AutoRechargeKeys) {
		return ports.Invalid("Key", "begins with %s, which is reserved for auto-recharge", ports.AutoRechargeKeys)
	}
	return nil
}

// lane returns the lane of a charge.
func (s *Service) lane(charger ports.Charger, op *ports.Recharge) (lane string, err error) {
	err = call.Contain(func() { lane = charger.Lane(chargeOrder(op)) })
	return lane, err
}

// callsTo returns what bounds the calls to a Charger. Records without one share it.
func (s *Service) callsTo(charger string) *call.Guard {
	if calls := s.calls[charger]; calls != nil {
		return calls
	}
	return s.calls[""]
}

func (s *Service) now() time.Time { return ports.Instant(s.config.Clock.Now()) }
