package ledger_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestVerify_finds_a_rewritten_history_by_a_kept_head: the chain has no key. A
// writer of the whole database can change an entry and compute all hashes behind it anew.
// Such a history agrees with itself: Verify finds the change only by a hash that was kept
// elsewhere.
func TestVerify_finds_a_rewritten_history_by_a_kept_head(t *testing.T) {
	t.Parallel()
	store := lived(t)
	l, err := ledger.New(store, ledger.Config{})
	require.NoError(t, err)
	heads := make(map[string]head)
	_, err = export(t.Context(), l, "", heads)
	require.NoError(t, err)
	same, err := unchanged(t.Context(), l, "w", heads["w"])
	require.NoError(t, err)
	require.True(t, same)

	history, err := store.Store.Entries(t.Context(), ports.EntryFilter{WalletID: "w", Limit: 1000})
	require.NoError(t, err)
	history[1].Memo = "never happened"
	for i := range history {
		if i > 0 {
			history[i].PrevHash = history[i-1].Hash
		}
		history[i].Hash = ledger.Hash(&history[i])
	}
	store.tamper = func(entries []ports.Entry) []ports.Entry {
		for i := range entries {
			entries[i] = history[entries[i].Seq-1]
		}
		return entries
	}
	store.wallet = func(wallet *ports.Wallet) { wallet.Hash = history[len(history)-1].Hash }
	_, err = l.Verify(t.Context(), "w")
	require.NoError(t, err, "this is the limit of a chain without a key")
	same, err = unchanged(t.Context(), l, "w", heads["w"])
	require.NoError(t, err)
	require.False(t, same)
}
