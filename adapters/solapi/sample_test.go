package solapi_test

import (
	"testing"

	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
)

var card = solapi.Card{Number: "4111111111111111", CVC: "737", ExpYear: 19, ExpMonth: 1}

// The figures are those of the provider's documented samples.
func TestClient_sample_recharge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	answer, err := w.client.Recharge(t.Context(), "3842634568732773001572284631864", won(10_000))
	w.NoError(err)
	w.Equal("19041920726336", answer.AccountID)
	requireDecimal(t, 10_130, answer.OldBalance.Decimal)
	requireDecimal(t, 20_130, answer.NewBalance.Decimal)
	requireDecimal(t, 10_000, answer.BalanceAmount.Decimal)
	requireDecimal(t, 0, answer.PointAmount.Decimal)
	w.Equal("RECHARGE", answer.Type)
	w.Len(answer.HistoryID, 24)
	w.True(answer.Proves(won(10_000)))
	books := w.account.Books()
	w.Len(books.Charges, 1)
	w.Equal(answer.HistoryID, books.Charges[0].HistoryID)
	requireDecimal(t, 20_130, books.Balance)
}

func TestClient_sample_auto_recharge(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ids := []string{"7497570349519555001572284632096", "7502457717688964001572284632097"}
	for _, id := range ids {
		w.account.AddCard(solapitest.Card{PaymentID: id})
	}
	want := solapi.AutoRecharge{On: true, PaymentIDs: ids, MinimumCash: won(1_000), RechargeTo: won(100_000)}
	w.NoError(w.client.SetAutoRecharge(t.Context(), want))
	got, err := w.client.AutoRecharge(t.Context())
	w.NoError(err)
	w.Equal(ids, got.PaymentIDs)
	w.True(got.On)
	requireDecimal(t, 1_000, got.MinimumCash)
	requireDecimal(t, 100_000, got.RechargeTo)

	w.account.Send(won(9_130)) // leaves 1,000: at the set amount
	books := w.account.Books()
	requireDecimal(t, 100_000, books.Balance)
	w.Len(books.Charges, 1)
	w.True(books.Charges[0].Auto)
	w.Equal(ids[0], books.Charges[0].PaymentID)
}

func TestClient_sample_withdrawals(t *testing.T) {
	t.Parallel()
	for _, sample := range []struct{ total, fee, net int64 }{{20_000, 1_500, 18_500}, {10_000, 1_000, 9_000}, {100_000, 5_500, 94_500}} {
		w := setupWith(t, solapitest.AccountConfig{Balance: won(120_000), Bank: "0235235235235235"})
		answer, err := w.client.Withdraw(t.Context(), won(sample.total))
		w.NoError(err)
		requireDecimal(t, sample.net, answer.Amount.Decimal)
		requireDecimal(t, sample.fee, answer.Fee.Decimal)
		requireDecimal(t, sample.total, answer.TotalAmount.Decimal)
		w.Equal(solapi.StatusPending, answer.Status)
		w.Len(answer.WithdrawID, 32)
		w.True(answer.Proves(won(sample.total)))
		w.Empty(answer.TransactionID)
		w.True(answer.TransactionDate.IsZero())
		books := w.account.Books()
		requireDecimal(t, 120_000-sample.total, books.Balance)
		w.Len(books.Withdrawals, 1)
		w.Equal(answer.WithdrawID, books.Withdrawals[0].WithdrawID)
	}
}
