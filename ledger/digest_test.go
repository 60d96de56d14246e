package ledger_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/internal/books"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestLedger_digests: the digest of a request under a key is the same in all versions, so that
// a retry after an upgrade is a replay. The digests below must never change.
func TestLedger_digests(t *testing.T) {
	t.Parallel()
	f := setup(t)
	f.open(t, "peer", "KRW", 0)
	ctx := t.Context()
	at := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	note := ledger.Note{Reference: "order 7", Memo: "a memo", Metadata: map[string]string{"a": "b"}}
	by := ports.By{Who: "kim", Why: "a reason"}
	amount := decimal.NewFromInt(100)
	_, err := f.Credit(ctx, ledger.CreditRequest{WalletID: "w", Key: "credit", Amount: amount, Provider: "bank", Note: note})
	require.NoError(t, err)
	_, err = f.Grant(ctx, ledger.GrantRequest{WalletID: "w", Key: "grant", Amount: amount, ExpiresAt: at, Priority: 2, Note: note})
	require.NoError(t, err)
	_, err = f.Deduct(ctx, ledger.DeductRequest{WalletID: "w", Key: "deduct", Amount: amount, Note: note})
	require.NoError(t, err)
	_, err = f.Refund(ctx, ledger.RefundRequest{WalletID: "w", Key: "refund", Of: "deduct", Amount: amount, Note: note})
	require.NoError(t, err)
	_, err = f.Transfer(ctx, ledger.TransferRequest{FromID: "w", ToID: "peer", Key: "transfer", Amount: amount, Note: note})
	require.NoError(t, err)
	_, err = f.Hold(ctx, ledger.HoldRequest{WalletID: "w", Key: "hold", Amount: amount, ExpiresAt: at, Note: note})
	require.NoError(t, err)
	_, err = f.Adjust(ctx, ledger.AdjustRequest{WalletID: "w", Key: "adjust", Balance: amount, By: by, Note: ledger.Note{Reference: "order 7"}})
	require.NoError(t, err)
	_, err = f.Rescale(ctx, ledger.RescaleRequest{WalletID: "w", Key: "rescale", Scale: 2, By: by})
	require.NoError(t, err)
	_, err = f.Book(ctx, books.Booking{WalletID: "w", Key: "book", Type: ports.EntryWithdraw, Balance: amount.Neg(), Counterparty: "bank", Note: books.Note(note)})
	require.NoError(t, err)
	_, err = f.Freeze(ctx, ledger.StatusRequest{WalletID: "w", Key: "freeze", By: by})
	require.NoError(t, err)
	for key, want := range map[string]string{
		"credit":   "8fcac36b51c2819cc97fb0f81e711e806663ecf31b9f25793d9d0391566a700c",
		"grant":    "f65ad39b5aa5185077c1c17f73bdfbd492a506b2bfdcfed7920fc5a42aa95d1c",
		"deduct":   "7b32b09cd1bee78bf154118cbfee811e4d139f0320816afc7f39d08331ff493e",
		"refund":   "d67e16a5b22f0ea9eed4bbbd7d38b0b637f5400c98f1a1e66592f69d4951edea",
		"transfer": "6d5b37e71b6af183d08b0b69fd32e3c4b3f2d62ce3b2899f4514b10b723d729f",
		"hold":     "9bc3519beb266d191c82edcddd3586ae086819cf7c899f11c9359d1fdfbf5df3",
		"adjust":   "6fa8d2b990435353e1f26bb637204675844f35bc1fdc7cdcf0e320ec68835e74",
		"rescale":  "442c8ad3529d979f396149c7238471bbae5c11f44f550fffa660cad3c0588d54",
		"book":     "851f246510497c9ff68e725acbc7417884adc35f495d75d4bd628ea5bd6edb23",
		"freeze":   "6eb3f74a52dd58ba3ed523d0961ad320af17d55769f6dba4d7c69250e5526c26",
	} {
		entry, err := f.EntryByKey(ctx, "w", key)
		require.NoError(t, err, key)
		require.Equal(t, want, hex.EncodeToString(entry.Digest[:]), key)
	}
}
