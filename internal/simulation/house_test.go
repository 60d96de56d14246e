package simulation_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// house is what a host wires in one process: the services over a store, and their work.
type house struct {
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	auto      *autorecharge.Engine
	trigger   *autorecharge.Trigger
	jobs      []worker.Job
	hooks     http.Handler // takes what Toss notifies the host of; nil: the host does not use Toss
}

// parts are what a house is made of.
type parts struct {
	store    ports.Store
	clock    ports.Clock
	ids      ports.IDs
	notifier ports.Notifier
	logger   *slog.Logger
	access   access
	solapi   http.RoundTripper
	kona     http.RoundTripper
	toss     http.RoundTripper
	salt     func() string
	parallel int           // of the ledger
	without  string        // the provider that the process does not have; blank: it has all
	deaf     bool          // adapters ignore the end of their contexts
	window   ports.Charger // nil: there is no gateway
	limits   func(*ports.Wallet) ledger.Limits
	collects bool         // what wallets owe is collected
	traced   func(string) // not nil: Chargers are wrapped, and it sees what is sent
	// urls of the providers; blank: as the adapters default.
	solapiURL, konaURL, tossURL string
}

// access is what a host knows of its providers: keys, cards and members. It can be
// handed to another process.
type access struct {
	Key     string
	Secret  string
	Cards   []string
	Project konatest.Project `json:"-"`
	Members []member
	Own     ownAccount
	Shop    shopAccess
}

// ownAccount is a second account at SOLAPI, which may recharge by itself.
type ownAccount struct {
	Key    string
	Secret string
	Cards  []string
}

// member is a member of Kona with a card.
type member struct {
	UserID uint64
	PAR    string
	Number string
	Expiry string
}

func (m member) method() string {
	return kona.Method{UserID: kona.UserID(m.UserID), PAR: m.PAR}.String()
}

// The routes for money in and out.
const (
	viaSOLAPI  = "solapi:main"
	viaOwn     = "solapi:own" // it may recharge by itself
	viaKona    = "kona:main"
	viaPeople  = "manual"
	viaDollars = "manual:dollars"
)

// byHand reports whether people pay through a route.
func byHand(via string) bool { return strings.HasPrefix(via, viaPeople) }

// approvals is how many people must approve a payout, by route.
var approvals = map[string]int{viaSOLAPI: 1, viaPeople: 2, viaDollars: 1}

// The statuses that the simulated administrators give to withdrawals.
const (
	statusPaid     = "COMPLETED"
	statusRejected = "REJECTED"
)

func newHouse(p parts) (*house, error) {
	client, err1 := p.solapiClient(p.access.Key, p.access.Secret)
	own, err2 := p.solapiClient(p.access.Own.Key, p.access.Own.Secret)
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	charger, err1 := solapi.NewCharger(client, "main")
	second, err2 := solapi.NewCharger(own, "own")
	disburser, err3 := solapi.NewDisburser(client, "main", solapi.DisburserConfig{Statuses: map[string]ports.Outcome{
		statusPaid: ports.OutcomeApproved, statusRejected: ports.OutcomeDeclined,
	}})
	cards, err4 := p.konaCharger()
	transfers, err5 := manual.NewCharger(viaTransfer, manual.Account{Bank: "bank", Number: "1", Holder: "host"}, mostAwaited)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return nil, err
	}
	chargers := []ports.Charger{solapiCharger{charger}, solapiCharger{second}, konaCharger{cards}, transfers}
	if p.window != nil {
		chargers = append(chargers, p.window)
	}
	if p.access.Shop.Secret == "" {
		return wire(p, p.dress(chargers), solapiDisburser{disburser})
	}
	shop, reader, err := p.tossChargers()
	if err != nil {
		return nil, err
	}
	h, err := wire(p, p.dress(append(chargers, shop...)), solapiDisburser{disburser})
	if err != nil {
		return nil, err
	}
	return h, h.listen(reader, p.logger)
}

func (p *parts) solapiClient(key, secret string) (*solapi.Client, error) {
	return solapi.New(solapi.NewCredentials(key, secret), solapi.Config{
		BaseURL: p.solapiURL, HTTPClient: &http.Client{Transport: p.solapi}, Clock: p.clock, Salt: p.salt,
	})
}

func (p *parts) konaCharger() (*kona.Charger, error) {
	project := p.access.Project
	client, err := kona.New(
		kona.NewCredentials(project.ASPID, project.AccessKey, project.Secret,
			kona.CryptoKey{ID: project.KeyID, Server: project.Server, Client: project.Client}),
		kona.Config{BaseURL: p.konaURL, HTTPClient: &http.Client{Transport: p.kona}, Clock: p.clock},
	)
	if err != nil {
		return nil, err
	}
	return kona.NewCharger(client, "main", kona.ChargerConfig{
		MerchantID: project.MerchantID, Codes: map[string]kona.Meaning{konatest.CodeNoSequence: kona.MeansNoSuchSequence},
		Card: func(_ context.Context, method kona.Method) (kona.Card, error) {
			for _, m := range p.access.Members {
				if m.UserID == uint64(method.UserID) {
					return kona.Card{Number: m.Number, Expiry: m.Expiry}, nil
				}
			}
			return kona.Card{}, ports.ErrNotFound
		},
	})
}

// tossChargers are those of the shop at Toss, and one that reads the notifications of all.
func (p *parts) tossChargers() ([]ports.Charger, ports.WebhookReader, error) {
	key, err := toss.NewSecretKey(p.access.Shop.Secret)
	if err != nil {
		return nil, nil, err
	}
	client, err := toss.New(key, toss.Config{BaseURL: p.tossURL, HTTPClient: &http.Client{Transport: p.toss}, Clock: p.clock})
	if err != nil {
		return nil, nil, err
	}
	cards, err1 := toss.NewBillingCharger(client, "main", toss.BillingConfig{Card: p.access.Shop.card})
	windows, err2 := toss.NewWindowCharger(client, "main", toss.WindowConfig{RefundAccount: refundTo})
	accounts, err3 := toss.NewAccountCharger(client, "main", toss.AccountConfig{
		Customer: func(context.Context, ports.ChargeOrder) (string, error) { return "Hong", nil }, RefundAccount: refundTo, Valid: accountLife,
	})
	return []ports.Charger{tossCards{cards}, tossWindows{windows}, tossAccounts{accounts}}, windows, errors.Join(err1, err2, err3)
}

// listen takes notifications as hosts are told to.
func (h *house) listen(reader ports.WebhookReader, logger *slog.Logger) error {
	handler, err := webhook.New(func(ctx context.Context, notice ports.Notice) error {
		_, err := h.recharges.InquireNow(ctx, notice)
		return err
	}, webhook.Config{Logger: logger})
	if err == nil {
		h.hooks = handler.For(reader)
	}
	return err
}

// inCents is what a payout in dollars costs.
var inCents = withdraw.FeeSchedule{
	Currency: "USD", Version: "dollars", Rate: ports.Percent(decimal.New(15, -1)), Fixed: decimal.New(30, -2), Rounding: ports.RoundUp, Scale: 2,
}

// wire makes the services.
func wire(p parts, chargers []ports.Charger, disburser ports.Disburser) (*house, error) {
	h := &house{trigger: autorecharge.NewTrigger()}
	var err error
	if h.wallets, err = ledger.New(p.store, ledger.Config{Clock: p.clock, IDs: p.ids, Observer: h.trigger, Logger: p.logger, Limits: p.limits, Parallel: p.parallel}); err != nil {
		return nil, err
	}
	if h.recharges, err = recharge.New(p.store, h.wallets, recharge.Config{Clock: p.clock, IDs: p.ids, Notifier: p.notifier, Logger: p.logger, Collect: p.collects}, chargers...); err != nil {
		return nil, err
	}
	routes := []withdraw.Route{
		{Disburser: manual.New(viaPeople), Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: approvals[viaPeople]},
		{Disburser: manual.New(viaDollars), Schedule: inCents, Approvals: approvals[viaDollars]},
	}
	if p.without != viaSOLAPI {
		routes = append(routes, withdraw.Route{Disburser: disburser, Schedule: withdraw.FeeSchedule(solapi.FeeSchedule()), Approvals: approvals[viaSOLAPI]})
	}
	h.auto, err = autorecharge.New(p.store, h.wallets, h.recharges, autorecharge.Config{
		Clock: p.clock, IDs: p.ids, Notifier: p.notifier, Logger: p.logger, Trigger: h.trigger, Lease: 5 * time.Minute, Parallel: 1,
	})
	if err != nil {
		return nil, err
	}
	h.payouts, err = withdraw.New(p.store, h.wallets, withdraw.Config{Clock: p.clock, IDs: p.ids, Notifier: p.notifier, Logger: p.logger, Guard: h.auto}, routes...)
	if err != nil {
		return nil, err
	}
	h.jobs = append(h.jobs, h.wallets.Jobs()...)
	h.jobs = append(h.jobs, h.recharges.Jobs()...)
	h.jobs = append(h.jobs, h.payouts.Jobs()...)
	h.jobs = append(h.jobs, h.auto.Jobs()...)
	return h, nil
}
