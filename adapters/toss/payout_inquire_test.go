package toss_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
	"github.com/jigap/jigap/ports"
)

// lostPayout is an order whose first transmission never arrived.
func (w *payoutWorld) lostPayout(d ports.Disburser) ports.PayoutOrder {
	w.t.Helper()
	order := w.preparedPayout(d)
	w.sim.Inject(*onPayout(tosstest.CloseBefore))
	w.Equal(unknown, w.disburse(d, &order).Outcome)
	return order
}

func payoutForeign(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	for _, kind := range []tosstest.Kind{tosstest.WrongAmount, tosstest.Dollars, tosstest.Fraction} {
		order := w.preparedPayout(d)
		w.sim.Inject(*onPayout(tosstest.CloseAfter))
		w.disburse(d, &order)
		w.sim.Inject(tosstest.Fault{Method: http.MethodGet, Path: "/payouts", Kind: kind})
		answer := w.ask(d, &order)
		w.Equal(unknown, answer.Outcome)
		w.NotEmpty(answer.Review)
		w.NotEmpty(answer.Alarm)
		w.Equal(pending, w.ask(d, &order).Outcome)
	}
}

func payoutOld(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	order := w.lostPayout(d)
	w.clock.Advance(14*24*time.Hour - time.Second)
	w.True(w.ask(d, &order).Resend)
	w.clock.Advance(time.Second)
	w.False(w.ask(d, &order).Resend)
	answer := w.again(d, &order)
	w.Equal(unknown, answer.Outcome, "%+v", answer)
	w.clock.Advance(time.Minute)
	w.ask(d, &order)
	w.clock.Advance(time.Minute)
	answer = w.ask(d, &order)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Review)
	w.Zero(w.moved(order))

	held := w.preparedPayout(d)
	w.clock.Advance(14 * 24 * time.Hour)
	w.Equal(notSent, w.disburse(d, &held).Outcome)
	w.Zero(w.moved(held))
}

func payoutOtherKey(_ *testing.T, w *payoutWorld) {
	order := w.lostPayout(w.disburser())
	first := w.preparedPayout(w.disburser())
	w.client = w.newClient(w.sim.RotateKey().SecretKey, toss.Config{})
	d := w.disburser()
	w.Equal(notSent, w.disburse(d, &first).Outcome)
	w.False(w.ask(d, &order).Resend)
	answer := w.again(d, &order)
	w.Equal(unknown, answer.Outcome)
	w.Equal("changed", answer.Code)
	w.Zero(w.moved(order) + w.moved(first))
}

func payoutOldSecurityKey(_ *testing.T, w *payoutWorld) {
	before := w.securityKey()
	order := w.lostPayout(w.disburser())
	w.sim.RotateSecurityKey()
	d := w.disburserWith(toss.PayoutConfig{SecurityKey: w.securityKey(), OldSecurityKey: before})
	w.True(w.ask(d, &order).Resend)
	w.Equal(pending, w.again(d, &order).Outcome)
	w.True(w.sim.SettlePayouts(true))
	w.Equal(approved, w.ask(d, &order).Outcome)
	w.Equal(1, w.moved(order))
}

func payoutLostSecurityKey(_ *testing.T, w *payoutWorld) {
	order := w.lostPayout(w.disburser())
	first := w.preparedPayout(w.disburser())
	w.sim.RotateSecurityKey()
	d := w.disburser()
	w.Equal(notSent, w.disburse(d, &first).Outcome)
	w.False(w.ask(d, &order).Resend)
	w.Zero(w.moved(order) + w.moved(first))
}

func payoutForeignEvidence(_ *testing.T, w *payoutWorld) {
	d := w.disburser()
	one, other := w.preparedPayout(d), w.preparedPayout(d)
	one.Evidence = other.Evidence
	w.Equal(notSent, w.disburse(d, &one).Outcome)
	other.Net, other.Total = won(20_001), won(20_001+payoutFee)
	w.Equal(notSent, w.disburse(d, &other).Outcome)
	for _, evidence := range []string{"", "{}", "null", `{"v":1,"key":"x","call":"y"}`, `{"v":2}`} {
		order := w.preparedPayout(d)
		order.Evidence = []byte(evidence)
		w.Equal(notSent, w.disburse(d, &order).Outcome, evidence)
	}
	w.Empty(w.sim.Books().Payouts)
}

// listed is a payout in the list of a provider.
func listed(order ports.PayoutOrder, id, status string) string {
	return fmt.Sprintf(`{"id":%q,"refPayoutId":"jgp-%s","destination":"s","amount":{"currency":"KRW","value":%s},"status":%q}`, id, order.OperationID, order.Net, status)
}

func payoutTwice(_ *testing.T, w *payoutWorld) {
	order := w.newPayout()
	server := serve(w.t, func(*http.Request) string {
		return list(listed(order, "FPA_1", "FAILED")+","+listed(order, "FPA_2", "COMPLETED"), `"hasNext":false`)
	})
	d := w.at(server)
	order.SentAt, order.Transmissions = w.clock.Now(), 2
	answer := w.ask(d, &order)
	w.Equal(unknown, answer.Outcome)
	w.NotEmpty(answer.Review)
	w.NotEmpty(answer.Alarm)
}

// serve answers every request with a body.
func serve(t *testing.T, answer func(r *http.Request) string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = fmt.Fprint(w, answer(r)) }))
	t.Cleanup(server.Close)
	return server
}

func list(items, cursor string) string {
	return `{"version":"2022-11-16","entityType":"payout-list","entityBody":{"items":[` + items + `],` + cursor + `}}`
}

// at is a Disburser that asks a server.
func (w *payoutWorld) at(server *httptest.Server) *toss.Disburser {
	w.t.Helper()
	w.client = w.newClient(w.sim.Shop().SecretKey, toss.Config{BaseURL: server.URL, HTTPClient: server.Client()})
	return w.disburser()
}

// T20 over a list whose cursor has the other form, and refusals that are not encrypted.
func TestDisburser_other_forms(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{PlainErrors: true, OtherPaging: true})
	d := w.disburser()
	for range 450 {
		w.sim.PayOutside(w.seller, won(20_000))
	}
	order := w.preparedPayout(d)
	w.sim.Inject(*onPayout(tosstest.CloseAfter))
	w.disburse(d, &order)
	w.Equal(pending, w.ask(d, &order).Outcome)
	w.sim.SetBalance(won(0))
	refused := w.preparedPayout(d)
	w.Equal(declined, w.disburse(d, &refused).Outcome)
}

// Outside the provider's hours an order is declined for now, and the money of the wallet comes back.
func TestDisburser_hours(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		at   time.Time
		want ports.Outcome
	}{
		"Monday 08:00":   {start.Add(-4 * time.Hour), pending},
		"Monday 14:59":   {start.Add(3*time.Hour - time.Minute), pending},
		"Monday 15:00":   {start.Add(3 * time.Hour), declined},
		"Monday 07:59":   {start.Add(-4*time.Hour - time.Minute), declined},
		"Saturday 12:00": {start.AddDate(0, 0, 5), declined},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupPayouts(t, tosstest.Config{})
			w.clock.Set(tc.at)
			d := w.disburser()
			order := w.preparedPayout(d)
			answer := w.disburse(d, &order)
			w.Equal(tc.want, answer.Outcome)
			w.False(answer.Permanent)
		})
	}
}

func TestDisburser_Prepare(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	for name, tc := range map[string]struct {
		spoil     func(order *ports.PayoutOrder)
		want      ports.Outcome
		permanent bool
	}{
		"a bank code":                  {func(o *ports.PayoutOrder) { o.Destination.BankCode = "088" }, fault, false},
		"a holder":                     {func(o *ports.PayoutOrder) { o.Destination.Holder = "김판매" }, fault, false},
		"a masked number":              {func(o *ports.PayoutOrder) { o.Destination.Masked = "***678" }, fault, false},
		"a sealed number":              {func(o *ports.PayoutOrder) { o.Destination.Sealed = []byte("x") }, fault, false},
		"another currency":             {func(o *ports.PayoutOrder) { o.Currency = "USD" }, fault, false},
		"nothing to pay":               {func(o *ports.PayoutOrder) { o.Fee, o.Net = o.Total, won(0) }, fault, false},
		"a net that is not the rest":   {func(o *ports.PayoutOrder) { o.Net = o.Net.Add(won(1)) }, fault, false},
		"a negative fee":               {func(o *ports.PayoutOrder) { o.Fee = won(-1); o.Net = o.Total.Add(won(1)) }, fault, false},
		"a fraction":                   {func(o *ports.PayoutOrder) { o.Net = o.Net.Add(won(1).Shift(-1)); o.Total = o.Net.Add(o.Fee) }, fault, false},
		"as much as the provider ends": {func(o *ports.PayoutOrder) { o.Net = won(1_000_000_000); o.Total = o.Net.Add(o.Fee) }, fault, false},
		"a seller that is not known":   {func(o *ports.PayoutOrder) { o.WalletID = "unknown" }, fault, true},
	} {
		order := w.newPayout()
		tc.spoil(&order)
		_, refusal := w.disburser().Prepare(t.Context(), order)
		w.NotNil(refusal, name)
		w.Equal(tc.want, refusal.Outcome, name)
		w.Equal(tc.permanent, refusal.Permanent, name)
	}
	w.Empty(w.sim.Books().Payouts)
}

func TestNewDisburser(t *testing.T) {
	t.Parallel()
	w := setupPayouts(t, tosstest.Config{})
	good := toss.PayoutConfig{SecurityKey: w.securityKey(), Seller: w.resolve, Experimental: true}
	d, err := toss.NewDisburser(w.client, "main", good)
	w.NoError(err)
	w.Equal("payout@toss:main", d.Name())
	w.Empty(d.Lane(w.newPayout()))
	for name, spoil := range map[string]func(c *toss.PayoutConfig){
		"Experimental": func(c *toss.PayoutConfig) { c.Experimental = false },
		"SecurityKey":  func(c *toss.PayoutConfig) { c.SecurityKey = toss.SecurityKey{} },
		"Seller":       func(c *toss.PayoutConfig) { c.Seller = nil },
		"Description":  func(c *toss.PayoutConfig) { c.Description = "여덟글자가되는말" },
	} {
		config := good
		spoil(&config)
		_, err := toss.NewDisburser(w.client, "main", config)
		w.ErrorIs(err, ports.ErrInvalid)
		w.ErrorContains(err, name)
	}
	_, err = toss.NewDisburser(w.newClient(w.sim.Shop().WidgetKey, toss.Config{}), "main", good)
	w.ErrorIs(err, ports.ErrInvalid, "the key of a payment widget")
	_, err = toss.NewDisburser(nil, "main", good)
	w.ErrorIs(err, ports.ErrInvalid)
}

func TestPayoutClient_Payouts(t *testing.T) {
	t.Parallel()
	row := func(n int) string {
		return fmt.Sprintf(`{"id":"FPA_%d","refPayoutId":"r-%d","destination":"s","amount":{"currency":"KRW","value":1e3},"status":"COMPLETED"}`, n, n)
	}
	for name, tc := range map[string]struct {
		pages map[string]string // by cursor
		rows  int
		fails bool
	}{
		"hasNext and lastCursor":     {map[string]string{"": list(row(1), `"hasNext":true,"lastCursor":"c"`), "c": list(row(2), `"hasNext":false,"lastCursor":null`)}, 2, false},
		"hasMore and nextCursor":     {map[string]string{"": list(row(1), `"hasMore":true,"size":1,"nextCursor":"c"`), "c": list(row(2), `"hasMore":false,"size":1,"nextCursor":null`)}, 2, false},
		"no cursor":                  {map[string]string{"": list(row(1), `"hasNext":true`), "FPA_1": list(row(2), `"hasNext":false`)}, 2, false},
		"a row that comes again":     {map[string]string{"": list(row(1), `"hasNext":true,"lastCursor":"c"`), "c": list(row(1)+","+row(2), `"hasNext":false`)}, 2, false},
		"nothing":                    {map[string]string{"": list("", `"hasNext":false`)}, 0, false},
		"a page that repeats":        {map[string]string{"": list(row(1), `"hasNext":true,"lastCursor":"c"`), "c": list(row(1), `"hasNext":true,"lastCursor":"c"`)}, 1, true},
		"a page with nothing":        {map[string]string{"": list("", `"hasNext":true,"lastCursor":"c"`), "c": list("", `"hasNext":true,"lastCursor":"c"`)}, 0, true},
		"a list that does not tell":  {map[string]string{"": list(row(1), `"size":1`)}, 1, true},
		"another entity":             {map[string]string{"": `{"entityType":"seller-list","entityBody":{"items":[],"hasNext":false}}`}, 0, true},
		"no items":                   {map[string]string{"": `{"entityType":"payout-list","entityBody":{"hasNext":false}}`}, 0, true},
		"a row without a status":     {map[string]string{"": list(`{"id":"a","refPayoutId":"b","amount":{"currency":"KRW","value":1}}`, `"hasNext":false`)}, 0, true},
		"an amount that is a text":   {map[string]string{"": list(`{"id":"a","refPayoutId":"b","status":"FAILED","amount":{"currency":"KRW","value":"1"}}`, `"hasNext":false`)}, 0, true},
		"what cannot be decrypted":   {map[string]string{"": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMjU2R0NNIn0..AAAA.AAAA.AAAA"}, 0, true},
		"a JWE of another algorithm": {map[string]string{"": "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA"}, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := setupPayouts(t, tosstest.Config{})
			server := serve(t, func(r *http.Request) string { return tc.pages[r.URL.Query().Get("startingAfter")] })
			w.at(server)
			rows, failed := 0, false
			for _, err := range w.payouts().Payouts(t.Context(), start, start) {
				require.False(t, failed, "the list goes on after an error")
				if failed = err != nil; !failed {
					rows++
				}
			}
			require.Equal(t, tc.rows, rows)
			require.Equal(t, tc.fails, failed)
		})
	}
}
