package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/toss/tosstest" //nolint:depguard // the simulator's own command
)

// methods are the methods of payment by the names of the command.
var methods = map[string]tosstest.Method{
	"": tosstest.MethodCard, "CARD": tosstest.MethodCard, "ACCOUNT": tosstest.MethodAccount, "TRANSFER": tosstest.MethodTransfer,
}

// handler answers the provider's calls, and those of the simulator alone under /sim/.
func handler(sim *tosstest.Simulator) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", sim)
	mux.Handle("/sim/", http.NotFoundHandler())
	mux.HandleFunc("POST /sim/windows", func(w http.ResponseWriter, r *http.Request) {
		amount, err := decimal.NewFromString(r.FormValue("amount"))
		method, known := methods[r.FormValue("method")]
		if err != nil || !known || r.FormValue("orderId") == "" {
			http.Error(w, "orderId, amount or method is wrong", http.StatusBadRequest)
			return
		}
		tell(w, sim.OpenWindow(r.FormValue("orderId"), amount, method))
	})
	mux.HandleFunc("POST /sim/authenticate", func(w http.ResponseWriter, r *http.Request) {
		tell(w, sim.Authenticate(r.FormValue("paymentKey")))
	})
	mux.HandleFunc("POST /sim/auth-keys", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("customerKey") == "" {
			http.Error(w, "customerKey is missing", http.StatusBadRequest)
			return
		}
		tell(w, sim.AuthKey(r.FormValue("customerKey")))
	})
	mux.HandleFunc("POST /sim/deposit", func(w http.ResponseWriter, r *http.Request) {
		tell(w, done(sim.Deposit(r.FormValue("orderId"))))
	})
	mux.HandleFunc("POST /sim/deposit-error", func(w http.ResponseWriter, r *http.Request) {
		tell(w, done(sim.DepositError(r.FormValue("orderId"))))
	})
	mux.HandleFunc("POST /sim/settle-payouts", func(w http.ResponseWriter, r *http.Request) {
		tell(w, done(sim.SettlePayouts(r.FormValue("done") != "false")))
	})
	mux.HandleFunc("GET /sim/books", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(sim.Books())
	})
	return mux
}

func done(was bool) string {
	if was {
		return "done"
	}
	return ""
}

// tell answers a text, and 404 for a blank one: there is nothing to do it to.
func tell(w http.ResponseWriter, text string) {
	if text == "" {
		http.Error(w, "there is no such thing, or it is in another state", http.StatusNotFound)
		return
	}
	_, _ = fmt.Fprintln(w, text)
}

// post delivers a webhook and returns the status of the answer; 0: there was none.
func post(ctx context.Context, client *http.Client, url string, n tosstest.Notification) int {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(n.Body))
	if err != nil {
		return 0
	}
	request.Header = n.Header
	response, err := client.Do(request)
	if err != nil {
		return 0
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
	return response.StatusCode
}
