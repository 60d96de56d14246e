package autorecharge_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/text"
)

func exactly(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// solapiAccount is an account at a simulated SOLAPI, without a network.
func solapiAccount(w *world) (*solapi.Charger, *solapitest.Account, *solapitest.Simulator) {
	w.t.Helper()
	provider := solapitest.New(solapitest.Config{Clock: w.clock, Seed: 1})
	account := provider.NewAccount(solapitest.AccountConfig{})
	key := account.NewKey(solapitest.RoleOwner)
	client, err := solapi.New(solapi.NewCredentials(key.APIKey, key.Secret), solapi.Config{
		HTTPClient: &http.Client{Transport: provider.Transport()}, Clock: w.clock,
	})
	require.NoError(w.t, err)
	charger, err := solapi.NewCharger(client, "main")
	require.NoError(w.t, err)
	return charger, account, provider
}

// TestEngine_charges_whole_won_where_the_wallet_keeps_fractions: a message costs 8.4 won, and SOLAPI
// takes whole won only.
func TestEngine_charges_whole_won_where_the_wallet_keeps_fractions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	charger, account, _ := solapiAccount(w)
	w.process = w.startWith(crashtest.Immortal(), false, charger)
	_, err := w.wallets.Open(t.Context(), ledger.OpenRequest{WalletID: "f", Currency: "KRW", Scale: 2})
	require.NoError(t, err)
	w.deposit("f", 1_005)
	_, err = w.engine.Set(t.Context(), setting("f", ports.PolicyTerms{
		Methods:     []ports.PaymentMethod{{Charger: charger.Name(), ID: account.AddCard(solapitest.Card{})}},
		MinimumCash: won(1_000), RechargeTo: won(20_000),
	}))
	require.NoError(t, err)
	_, err = w.wallets.Deduct(t.Context(), ledger.DeductRequest{WalletID: "f", Key: "message", Amount: exactly("8.4")})
	require.NoError(t, err)
	w.step()
	wallet, err := w.wallets.Wallet(t.Context(), "f")
	require.NoError(t, err)
	require.True(t, wallet.Balance.Equal(exactly("20000.60")), "996.60 were left, 19003.40 are needed: %s", wallet.Balance)
	require.Len(t, account.Books().Charges, 1)
	policy, err := w.engine.Get(t.Context(), "f")
	require.NoError(t, err)
	require.Equal(t, ports.PolicyActive, policy.Status)
	require.Zero(t, stateful(policy).State.Failures)
}

// TestDecide_charges_whole_units: up to the target, and down where a bound or a cap binds.
func TestDecide_charges_whole_units(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	type terms = ports.PolicyTerms
	some := func(text string) decimal.NullDecimal { return decimal.NewNullDecimal(exactly(text)) }
	for name, tc := range map[string]struct {
		available string
		terms     func(*terms)
		amount    string // blank: held back
		why       autorecharge.Reason
		bound     autorecharge.Bound
	}{
		"nothing to round":                    {"500", func(*terms) {}, "99500", autorecharge.ReasonLow, ""},
		"up, though by a little":              {"500.99", func(*terms) {}, "99500", autorecharge.ReasonLow, "charge_unit"},
		"to the unit that the provider takes": {"500", func(p *terms) { p.ChargeUnit = won(1_000) }, "100000", autorecharge.ReasonLow, "charge_unit"},
		"to cents":                            {"500.50", func(p *terms) { p.ChargeUnit = exactly("0.01") }, "99499.5", autorecharge.ReasonLow, ""},
		"the least charge, up":                {"500", func(p *terms) { p.ChargeUnit, p.MinimumCharge = won(30_000), some("100001") }, "120000", autorecharge.ReasonLow, "charge_unit"},
		"the least charge above the need":     {"500", func(p *terms) { p.ChargeUnit, p.MinimumCharge = won(70_000), some("140001") }, "210000", autorecharge.ReasonLow, "minimum_charge"},
		"the greatest charge, down":           {"500", func(p *terms) { p.MaximumCharge = some("50000.99") }, "50000", autorecharge.ReasonLow, "maximum_charge"},
		"the greatest charge, of the unit":    {"500", func(p *terms) { p.ChargeUnit, p.MaximumCharge = won(1_000), some("99500") }, "99000", autorecharge.ReasonLow, "maximum_charge"},
		"the day's money, down":               {"500", func(p *terms) { p.ChargeUnit, p.DailyAmount = won(1_000), some("50999") }, "50000", autorecharge.ReasonLow, "daily_amount"},
		"the month's money, down":             {"500", func(p *terms) { p.MonthlyAmount = some("50000.5") }, "50000", autorecharge.ReasonLow, "monthly_amount"},
		"the day's money, less than a unit":   {"500", func(p *terms) { p.DailyAmount = some("0.99") }, "", autorecharge.ReasonDailyAmount, ""},
		"the month's money, less than one":    {"500", func(p *terms) { p.ChargeUnit, p.MonthlyAmount = won(1_000), some("999") }, "", autorecharge.ReasonMonthlyAmount, ""},
		"no unit fits the greatest charge":    {"500", func(p *terms) { p.MaximumCharge = some("0.99") }, "", autorecharge.ReasonBounds, ""},
		"no unit fits between the bounds": {"500", func(p *terms) {
			p.ChargeUnit, p.MinimumCharge, p.MaximumCharge = won(1_000), some("1001"), some("1999")
		}, "", autorecharge.ReasonBounds, ""},
	} {
		policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{}, Status: ports.PolicyActive}
		policy.TimeZone = "Asia/Seoul"
		tc.terms(&policy.PolicyTerms)
		wallet := &ports.Wallet{Status: ports.WalletActive, Balance: exactly(tc.available), Scale: 2}
		d := autorecharge.Decide(wallet, policy, &autorecharge.State{}, decimal.Decimal{}, now)
		require.Equal(t, tc.why, d.Why, name)
		require.Equal(t, tc.bound, d.Bound, name)
		require.Equal(t, tc.amount != "", d.Charge, name)
		if d.Charge {
			require.True(t, d.Amount.Equal(exactly(tc.amount)), "%s: %s", name, d.Amount)
		}
		require.NotEqual(t, string(d.Why), text.Decision(&d, policy, text.English), name)
		require.NotEqual(t, string(d.Why), text.Decision(&d, policy, text.Korean), name)
	}
}

func TestEngine_Set_keeps_the_unit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.set(usual())
	require.True(t, w.policy().ChargeUnit.Equal(won(1)), "unless it is told")
	terms := usual()
	terms.ChargeUnit = won(1_000)
	w.set(terms)
	w.spend(9_500)
	d, english, _ := w.explain()
	require.True(t, d.Amount.Equal(won(100_000)))
	require.Contains(t, english, "100,000 KRW would be charged through cards, rounded up to a multiple of 1,000 KRW")
	w.step()
	require.True(t, w.balance().Equal(won(100_500)))
}

// TestDecide_policy_without_a_unit is charged in whole units of its currency.
func TestDecide_policy_without_a_unit(t *testing.T) {
	t.Parallel()
	policy := &ports.Policy{PolicyTerms: usual(), OperationHead: ports.OperationHead{Kind: ports.KindPolicy}, Status: ports.PolicyActive}
	data, err := ports.EncodeOperation(policy)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(data, &fields))
	require.Contains(t, fields, "ChargeUnit")
	delete(fields, "ChargeUnit")
	data, err = json.Marshal(fields)
	require.NoError(t, err)
	old, err := ports.DecodeOperation(ports.KindPolicy, data)
	require.NoError(t, err)
	wallet := &ports.Wallet{Status: ports.WalletActive, Balance: exactly("996.6"), Scale: 2}
	d := autorecharge.Decide(wallet, old.(*ports.Policy), &autorecharge.State{}, decimal.Decimal{}, time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC))
	require.True(t, d.Charge)
	require.True(t, d.Amount.Equal(won(99_004)), d.Amount)
}

func TestEngine_Set_refuses_terms_without_room_for_a_unit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, spoil := range map[string]func(*ports.PolicyTerms){
		"ChargeUnit: is negative":                func(p *ports.PolicyTerms) { p.ChargeUnit = won(-1) },
		"ChargeUnit: is finer than the wallet's": func(p *ports.PolicyTerms) { p.ChargeUnit = exactly("0.5") },
		"ChargeUnit: must be below":              func(p *ports.PolicyTerms) { p.ChargeUnit = decimal.New(1, 1_000_000_000) },
		"MaximumCharge: leaves no room":          func(p *ports.PolicyTerms) { p.ChargeUnit, p.MaximumCharge = won(1_000), optional(999) },
		"DailyAmount: leaves no room":            func(p *ports.PolicyTerms) { p.ChargeUnit, p.DailyAmount = won(1_000), optional(999) },
		"MonthlyAmount: leaves no room": func(p *ports.PolicyTerms) {
			p.ChargeUnit, p.MinimumCharge, p.MonthlyAmount = won(1_000), optional(1_001), optional(1_999)
		},
	} {
		terms := usual()
		spoil(&terms)
		_, err := w.engine.Set(t.Context(), setting("w", terms))
		require.ErrorIs(t, err, ports.ErrInvalid)
		require.ErrorContains(t, err, name)
	}
}

// TestRehearse_charges_whole_units as the engine would.
func TestRehearse_charges_whole_units(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.spend(9_500)
	terms := usual()
	terms.ChargeUnit = won(30_000)
	acts, err := w.engine.Rehearse(t.Context(), "w", terms, time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Len(t, acts, 1)
	require.True(t, acts[0].Decision.Amount.Equal(won(120_000)))
}
