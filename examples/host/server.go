package main

import (
	"context"
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
	"github.com/jigap/jigap/ledger"
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
	tables tables

	provider  *provider
	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	worker    *worker.Worker
}

// bankTransfer is the route of withdrawals: a person makes the transfer and reports it.
const bankTransfer = "bank transfer"

// The time of a request. What it asks of the database before any money moves ends with
// requestTimeout. A recharge that was written down by then is not cut short: it makes
// two calls to its provider (what is known before, then the order), each of which ends
// with callTimeout, and commits around them. Only then is there an answer, so the
// connection and a server that stops must wait for longer than all of that.
const (
	requestTimeout = 30 * time.Second
	callTimeout    = time.Minute // the default of recharge.Config: SOLAPI answers after the card was charged
	commitsTimeout = 30 * time.Second
	answerTimeout  = requestTimeout + 2*callTimeout + commitsTimeout
)

// newServer connects, makes the tables and wires the services.
func newServer(ctx context.Context, c config, logger *slog.Logger) (*server, error) {
	s := &server{config: c, logger: logger}
	var err error
	if s.pool, err = pgxpool.New(ctx, c.Database); err != nil {
		return nil, err
	}
	if err := errors.Join(s.prepare(ctx), s.wire()); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// prepare makes the tables, jigap's and the host's own.
func (s *server) prepare(ctx context.Context) (err error) {
	if s.store, err = postgres.New(s.pool, postgres.Config{Schema: s.config.Schema}); err != nil {
		return err
	}
	if err := s.store.Migrate(ctx); err != nil {
		return err
	}
	s.tables = newTables(s.config.Schema)
	return s.tables.create(ctx, s.pool)
}

// wire makes the services. They share the store, so any number of processes may run.
func (s *server) wire() (err error) {
	if s.provider, err = newProvider(s.config, s.logger); err != nil {
		return err
	}
	if s.wallets, err = ledger.New(s.store, ledger.Config{}); err != nil {
		return err
	}
	notifier := slognotifier.New(s.logger)
	if s.recharges, err = recharge.New(s.store, s.wallets, recharge.Config{
		Notifier: notifier, Timeout: callTimeout,
	}, s.provider.charger); err != nil {
		return err
	}
	if s.payouts, err = withdraw.New(s.store, s.wallets, withdraw.Config{Notifier: notifier}, withdraw.Route{
		Disburser: manual.New(bankTransfer), Schedule: transferFees(), Approvals: 1,
	}); err != nil {
		return err
	}
	jobs := slices.Concat(s.wallets.Jobs(), s.recharges.Jobs(), s.payouts.Jobs())
	s.worker, err = worker.New(worker.Config{Interval: s.config.Look, Logger: s.logger}, jobs...)
	return err
}

// transferFees is what a bank transfer costs the customer. It is this host's own price:
// what a provider takes, as withdraw.SOLAPI has it, is another matter.
func transferFees() withdraw.FeeSchedule {
	return withdraw.FeeSchedule{
		Version: "transfer-1", Fixed: decimal.NewFromInt(500), MinimumTotal: decimal.NewNullDecimal(decimal.NewFromInt(10_000)),
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
// requests, those under way end, the worker and the consumer end.
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
		err = s.shutdown(context.WithoutCancel(ctx), web)
	}
	stop()
	working.Wait()
	return err
}

func (s *server) shutdown(ctx context.Context, web *http.Server) error {
	s.logger.Info("stopping")
	patience, cancel := context.WithTimeout(ctx, s.config.Patience)
	defer cancel()
	return web.Shutdown(patience)
}

// close gives back what newServer took.
func (s *server) close() {
	if s.provider != nil {
		s.provider.close()
	}
	s.pool.Close()
}
