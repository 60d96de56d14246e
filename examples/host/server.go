package main

import (
	"context"
	_ "embed" // for schema.sql
	"errors"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/manual"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/adapters/slognotifier"
	"github.com/jigap/jigap/adapters/webhook"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
	"github.com/jigap/jigap/worker"
)

// server is the host: its services over one store, and what it serves.
type server struct {
	config config
	logger *slog.Logger
	pool   *pgxpool.Pool
	store  *postgres.Store

	provider  *provider
	cards     *cards
	notices   *webhook.Handler
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	trigger   *autorecharge.Trigger
	auto      *autorecharge.Engine
	worker    *worker.Worker
}

// bankTransfer is the route of withdrawals: a person makes the transfer and reports it.
const bankTransfer = "bank transfer"

// The time of a request. A recharge that was written down within requestTimeout is not
// cut short: it makes two calls to its provider, and commits around them. The connection,
// and a server that stops, wait for longer than all of that.
const (
	requestTimeout = 30 * time.Second
	callTimeout    = 70 * time.Second // the provider answers within 60 after the card was charged
	answerTimeout  = requestTimeout + 2*callTimeout + 30*time.Second
)

// newServer connects, makes the tables and wires the services.
func newServer(ctx context.Context, c config, logger *slog.Logger) (*server, error) {
	settings, err := pgxpool.ParseConfig(c.Database)
	if err != nil {
		return nil, err
	}
	settings.ConnConfig.RuntimeParams["search_path"] = c.Schema // for the host's own statements
	s := &server{config: c, logger: logger}
	if s.pool, err = pgxpool.NewWithConfig(ctx, settings); err != nil {
		return nil, err
	}
	if err = s.prepare(ctx); err == nil {
		err = s.wire()
	}
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

//go:embed schema.sql
var schemaSQL string

// prepare makes the tables, jigap's and the host's own.
func (s *server) prepare(ctx context.Context) (err error) {
	if s.store, err = postgres.New(s.pool, postgres.Config{Schema: s.config.Schema}); err != nil {
		return err
	}
	if err := s.store.Migrate(ctx); err != nil {
		return err
	}
	_, err = s.pool.Exec(ctx, schemaSQL)
	return err
}

// wire makes the services. They share the store, so any number of processes may run.
func (s *server) wire() (err error) {
	if s.cards, err = newCards(s.pool, s.config.CardKey); err != nil {
		return err
	}
	if s.provider, err = newProvider(s.config, s.cards.find, s.logger); err != nil {
		return err
	}
	s.trigger = autorecharge.NewTrigger()
	if s.wallets, err = ledger.New(s.store, ledger.Config{Observer: s.trigger, Logger: s.logger}); err != nil {
		return err
	}
	notifier := slognotifier.New(s.logger)
	if s.recharges, err = recharge.New(s.store, s.wallets, recharge.Config{
		Notifier: notifier, Logger: s.logger, Timeout: callTimeout,
	}, s.provider.cards, s.provider.windows); err != nil {
		return err
	}
	if s.notices, err = webhook.New(s.noticed, webhook.Config{Logger: s.logger}); err != nil {
		return err
	}
	if s.auto, err = autorecharge.New(s.store, s.wallets, s.recharges, autorecharge.Config{
		Trigger: s.trigger, Notifier: notifier, Logger: s.logger,
	}); err != nil {
		return err
	}
	if s.payouts, err = withdraw.New(s.store, s.wallets, withdraw.Config{Notifier: notifier, Logger: s.logger, Guard: s.auto}, withdraw.Route{
		Disburser: manual.New(bankTransfer), Schedule: transferFees(), Approvals: 1,
	}); err != nil {
		return err
	}
	jobs := slices.Concat(s.wallets.Jobs(), s.recharges.Jobs(), s.payouts.Jobs(), s.auto.Jobs())
	if s.config.Simulate {
		jobs = append(jobs, s.endEarlier(time.Now()))
	}
	s.worker, err = worker.New(worker.Config{Interval: s.config.Look, Logger: s.logger}, jobs...)
	return err
}

// noticed has the provider asked about the recharge that a notification names.
func (s *server) noticed(ctx context.Context, notice ports.Notice) error {
	_, err := s.recharges.InquireNow(ctx, notice)
	return err
}

// transferFees is what a bank transfer costs the customer. It is this host's own price:
// what a provider takes is another matter.
func transferFees() withdraw.FeeSchedule {
	return withdraw.FeeSchedule{
		Currency: "KRW", Version: "transfer-1", Fixed: decimal.NewFromInt(500), MinimumTotal: decimal.NewNullDecimal(decimal.NewFromInt(10_000)),
	}
}

// web is the HTTP server, with a limit for everything that a client can draw out.
func (s *server) web() *http.Server {
	return &http.Server{
		Handler: s.routes(), ErrorLog: slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: answerTimeout, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10,
	}
}

// serve answers requests and works until ctx ends. Then it stops in this order: no new
// requests, those under way end, the worker and the consumer end, what the trigger has
// begun ends, and the notifier has got all events.
func (s *server) serve(ctx context.Context, listener net.Listener) error {
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var working sync.WaitGroup
	working.Go(func() { _ = s.worker.Run(background) })
	working.Go(func() { s.consume(background) })

	web := s.web()
	ended := make(chan error, 1)
	go func() { ended <- web.Serve(listener) }()
	s.logger.Info("serving", "address", listener.Addr().String())
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		s.logger.Info("stopping")
		err = shutdown(ctx, web)
	}
	stop()
	working.Wait()
	s.trigger.Wait()
	return errors.Join(err, s.told(ctx))
}

// told waits until the notifier has got all events, for answerTimeout at most.
func (s *server) told(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer cancel()
	return errors.Join(s.recharges.Wait(ctx), s.payouts.Wait(ctx), s.auto.Wait(ctx))
}

// shutdown takes no new requests and waits for those under way, for answerTimeout at most.
func shutdown(ctx context.Context, web *http.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), answerTimeout)
	defer cancel()
	return web.Shutdown(ctx)
}

// close gives back what newServer took.
func (s *server) close() {
	if s.provider != nil {
		s.provider.close()
	}
	s.pool.Close()
}
