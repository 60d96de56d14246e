package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/withdraw"
)

// errRequest is a request that cannot be read.
var errRequest = errors.New("bad request")

// problem is what a client is told of an error.
type problem struct {
	err    error
	status int
	code   string // stable, for programs
}

// problems maps errors to answers: the first that matches counts. None of these errors
// says more than its caller may know; all others are an "internal".
func problems() []problem {
	return []problem{
		{errRequest, http.StatusBadRequest, "bad_request"},
		{ports.ErrInsufficient, http.StatusPaymentRequired, "insufficient_funds"},
		{ports.ErrNotFound, http.StatusNotFound, "not_found"},
		{ports.ErrExists, http.StatusConflict, "already_exists"},
		{ports.ErrKeyReused, http.StatusUnprocessableEntity, "key_reused"},
		{errNotAnOrder, http.StatusUnprocessableEntity, "key_reused"},
		{ports.ErrFrozen, http.StatusConflict, "wallet_frozen"},
		{ports.ErrClosed, http.StatusConflict, "wallet_closed"},
		{ports.ErrLimit, http.StatusConflict, "limit_exceeded"},
		{ports.ErrLaneTaken, http.StatusConflict, "in_progress"}, // another recharge of the account: try again
		{ports.ErrNotOpen, http.StatusConflict, "not_open"},
		{withdraw.ErrSamePerson, http.StatusConflict, "same_person"},
		{withdraw.ErrOutsideLimits, http.StatusUnprocessableEntity, "outside_limits"}, // also an ErrInvalid
		{ports.ErrInvalid, http.StatusUnprocessableEntity, "invalid"},
		{ports.ErrUndecided, http.StatusServiceUnavailable, "undecided"}, // the same key again tells
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "timeout"},
	}
}

// problemOf returns what a client is told of err.
func problemOf(err error) problem {
	for _, p := range problems() {
		if errors.Is(err, p.err) {
			p.err = err
			return p
		}
	}
	return problem{errInternal, http.StatusInternalServerError, "internal"}
}

var errInternal = errors.New("something went wrong here; the request may be repeated with the same Idempotency-Key")
