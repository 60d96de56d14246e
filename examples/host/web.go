package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

const maxBody = 16 << 10 // bytes of a request

// handler answers a request with a status and what becomes JSON, or with an error.
type handler func(r *http.Request) (status int, body any, err error)

// endpoints is what the server answers. None asks who is there: put your authentication
// in front, and take the person who approves from it.
func (s *server) endpoints() map[string]handler {
	all := map[string]handler{
		"POST /wallets":                             s.openWallet,
		"GET /wallets/{id}":                         s.getWallet,
		"GET /wallets/{id}/statement":               s.statement,
		"POST /wallets/{id}/card-window":            s.cardWindow,
		"POST /wallets/{id}/cards":                  s.addCard,
		"POST /wallets/{id}/recharges":              s.recharge,
		"POST /wallets/{id}/payments":               s.beginPayment,
		"GET /payments/{id}/return":                 s.returnPayment,
		"POST /recharges/{id}/cancellations":        s.cancelRecharge,
		"GET /recharges/{id}":                       s.getRecharge,
		"POST /wallets/{id}/orders":                 s.postOrder,
		"POST /wallets/{id}/withdrawals":            s.requestWithdrawal,
		"GET /withdrawals/{id}":                     s.getWithdrawal,
		"POST /withdrawals/{id}/approval":           s.approveWithdrawal,
		"POST /withdrawals/{id}/payment":            s.reportWithdrawalPaid,
		"PUT /wallets/{id}/auto-recharge":           s.setAutoRecharge,
		"GET /wallets/{id}/auto-recharge":           s.getAutoRecharge,
		"POST /wallets/{id}/auto-recharge/deletion": s.deleteAutoRecharge,
		"GET /health":                               s.health,
	}
	if s.provider.simulator != nil {
		all["POST /simulated/cards"], all["POST /simulated/payments"] = s.simulatedCard, s.simulatedPayment
	}
	return all
}

func (s *server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range s.endpoints() {
		mux.Handle(pattern, s.answer(pattern, h))
	}
	mux.Handle("POST /webhooks/toss", s.notices.For(s.provider.windows)) // reads those about cards of the same shop, too
	return mux
}

// answer runs a handler, writes what it says, and logs a line without any of it.
func (s *server) answer(pattern string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		status, body, err := h(r)
		if err != nil {
			p := problemOf(err)
			status = p.status
			body = map[string]any{"error": map[string]string{"code": p.code, "message": p.message}}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false) // a query is read as it is
		_ = encoder.Encode(body)
		log := s.logger.With("request", pattern, "status", status, "took", time.Since(began))
		switch {
		case err == nil || status < statusClientGone:
			log.Info("answered")
		case status == http.StatusInternalServerError:
			log.Error("answered", "error", err)
		default: // the client was not told what it was: the log is
			log.Warn("answered", "error", err)
		}
	})
}

// read reads the one JSON object of a body. What two readers may understand differently
// is an error: text that is not UTF-8, and a field that stands twice.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if large := new(http.MaxBytesError); errors.As(err, &large) {
		return errTooLarge
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	switch {
	case err != nil, !utf8.Valid(body), !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")), decoder.Decode(into) != nil:
		return fmt.Errorf("%w: the body is no JSON object of the fields that are known here", errRequest)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", errRequest)
	}
	return once(json.NewDecoder(bytes.NewReader(body)))
}

// once reads a value that is known to be JSON, and returns an error when a field of an
// object stands twice, in whatever letters.
func once(decoder *json.Decoder) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	delim, nested := token.(json.Delim)
	if !nested {
		return nil
	}
	fields := make(map[string]bool)
	for decoder.More() {
		if delim == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			field := strings.ToLower(fmt.Sprint(name))
			if fields[field] {
				return fmt.Errorf("%w: a field stands twice", errRequest)
			}
			fields[field] = true
		}
		if err := once(decoder); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the end of the object or list
	return err
}

// readKeyed reads a request that moves money, and its key. That is the client's, so that
// a request whose answer was lost can be repeated.
func readKeyed(r *http.Request, into any) (key string, err error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) != 1 || keys[0] == "" {
		return "", fmt.Errorf("%w: want one header Idempotency-Key", errRequest)
	}
	return keys[0], read(r, into)
}
