// Command host is a small server as a team would write it around jigap: wallets,
// recharges, orders, statements and withdrawals over HTTP, kept in PostgreSQL. It
// shows what to wire once, how to commit a debit with rows of one's own, how customers
// let their wallets recharge, how to follow the change feed, and how to stop. Its README
// tells how to run it.
package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// config is how the server is set up.
type config struct {
	Database string // URL of a PostgreSQL database
	Schema   string // holds the tables of jigap and of the host
	Secret   string // key of a Toss Payments shop
	CardKey  string // encrypts billing keys: 64 hexadecimal characters
	Simulate bool   // Toss Payments, in this process: no Secret

	Look time.Duration // how often the worker and the feed's consumer look for work
}

func main() {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	if err := run(ctx, os.Getenv, logger); err != nil {
		logger.Error("host ended", "error", err)
		os.Exit(1)
	}
}

var errNoDatabase = errors.New("set DATABASE_URL to the URL of a PostgreSQL database")

// run serves until ctx ends.
func run(ctx context.Context, getenv func(string) string, logger *slog.Logger) error {
	if getenv("DATABASE_URL") == "" {
		return errNoDatabase
	}
	s, err := newServer(ctx, config{
		Database: getenv("DATABASE_URL"), Schema: cmp.Or(getenv("SCHEMA"), "jigap_host"),
		Secret: getenv("TOSS_SECRET_KEY"), CardKey: getenv("CARD_KEY"), Simulate: getenv("SIMULATE") == "1",
		Look: time.Second,
	}, logger)
	if err != nil {
		return err
	}
	defer s.close()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", cmp.Or(getenv("ADDRESS"), "127.0.0.1:8080"))
	if err != nil {
		return err
	}
	return s.serve(ctx, listener)
}
