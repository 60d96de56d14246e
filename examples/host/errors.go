package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

var (
	errRequest  = errors.New("bad request") // a request that cannot be read
	errTooLarge = errors.New("the body is too large")
)

// statusClientGone is for the log alone: the client left before the answer.
const statusClientGone = 499

// problem is what a client is told of an error.
type problem struct {
	err     error
	status  int
	code    string // stable, for programs
	message string // for people; blank: the error's own text
}

// problems maps errors to answers: the first that matches counts. An error whose own
// text is shown is made of the client's request and of its wallet. What may hold a word
// of the database, or of the network, has a fixed message, and its text goes to the log.
func problems() []problem {
	const again = "; repeat the request with the same Idempotency-Key to learn what became of it"
	return []problem{
		{ports.ErrUndecided, http.StatusServiceUnavailable, "undecided", "it is not known yet whether this was done" + again},
		{errRequest, http.StatusBadRequest, "bad_request", ""},
		{errTooLarge, http.StatusRequestEntityTooLarge, "too_large", ""},
		{ports.ErrInsufficient, http.StatusPaymentRequired, "insufficient_funds", ""},
		{ports.ErrNotFound, http.StatusNotFound, "not_found", ""},
		{ports.ErrExists, http.StatusConflict, "already_exists", ""},
		{ports.ErrKeyReused, http.StatusUnprocessableEntity, "key_reused", ""},
		{errNotAnOrder, http.StatusUnprocessableEntity, "key_reused", ""},
		{ports.ErrFrozen, http.StatusConflict, "wallet_frozen", ""},
		{ports.ErrClosed, http.StatusConflict, "wallet_closed", ""},
		{ports.ErrOpenOperations, http.StatusConflict, "open_operations", ""},
		{ports.ErrNotEmpty, http.StatusConflict, "not_empty", ""},
		{ports.ErrLimit, http.StatusConflict, "limit_exceeded", ""},
		{ports.ErrLaneTaken, http.StatusConflict, "in_progress", "another recharge is under way; try again"}, // a client must not learn whose
		{ports.ErrNotOpen, http.StatusConflict, "not_open", ""},
		{ports.ErrConflict, http.StatusConflict, "conflict", "another request changed this at the same moment; try again"},
		{recharge.ErrNotConfirmed, http.StatusPaymentRequired, "not_confirmed", ""},
		{recharge.ErrNoPart, http.StatusConflict, "no_part", ""},
		{autorecharge.ErrBothOn, http.StatusConflict, "provider_recharges", ""},
		{withdraw.ErrTripsRecharge, http.StatusConflict, "trips_auto_recharge", ""},
		{withdraw.ErrSamePerson, http.StatusConflict, "same_person", ""},
		{withdraw.ErrOutsideLimits, http.StatusUnprocessableEntity, "outside_limits", ""}, // also an ErrInvalid
		{withdraw.ErrFeeExceeds, http.StatusUnprocessableEntity, "fee_exceeds", ""},
		{withdraw.ErrFeeChanged, http.StatusConflict, "fee_changed", ""},
		{ports.ErrCurrency, http.StatusUnprocessableEntity, "other_currency", ""},
		{ports.ErrInvalid, http.StatusUnprocessableEntity, "invalid", ""},
		{context.Canceled, statusClientGone, "client_gone", "the client left"},
		{ports.ErrBusy, http.StatusServiceUnavailable, "busy", "another transaction keeps this for now" + again},
		{ports.ErrUnavailable, http.StatusServiceUnavailable, "unavailable", "the database does not answer" + again},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout", "this took too long" + again},
	}
}

// cardProblem is what a client is told of a card that the provider did not register. No money is at
// stake.
func cardProblem(err *toss.Error) problem {
	switch err.Class {
	case toss.ClassDeclined:
		return problem{err, http.StatusPaymentRequired, "card_refused", "the card was not registered: " + err.Code}
	case toss.ClassUnknown, toss.ClassNotSent, toss.ClassNotExecuted, toss.ClassWorking:
		return problem{err, http.StatusServiceUnavailable, "card_unknown", "the provider does not answer; repeat the request"}
	case toss.ClassFault:
	}
	return problem{err, http.StatusBadGateway, "card_fault", "the card cannot be registered for now"}
}

// problemOf returns what a client is told of err.
func problemOf(err error) problem {
	if refused := new(toss.Error); errors.As(err, &refused) {
		return cardProblem(refused)
	}
	for _, p := range problems() {
		if errors.Is(err, p.err) {
			if p.message == "" {
				p.message = err.Error()
			}
			return p
		}
	}
	return problem{
		err: err, status: http.StatusInternalServerError, code: "internal",
		message: "something went wrong here; the request may be repeated with the same Idempotency-Key",
	}
}
