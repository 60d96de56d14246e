package ports

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

// EntryType says what an entry records.
type EntryType string

// The types of entries. The account named behind each is its counterparty. An
// open set: hosts must expect more.
const (
	EntryOpen         EntryType = "open"          // first entry of every wallet; moves nothing
	EntryFreeze       EntryType = "freeze"        // moves nothing
	EntryUnfreeze     EntryType = "unfreeze"      // moves nothing
	EntryClose        EntryType = "close"         // last entry of a closed wallet; moves nothing
	EntryRescale      EntryType = "rescale"       // the wallet keeps more digits from here on; moves nothing
	EntryRecharge     EntryType = "recharge"      // cash in; AccountClearing of the provider
	EntryGrant        EntryType = "grant"         // points in, a new lot; AccountPointExpense
	EntryRevoke       EntryType = "revoke"        // points of one lot taken back; AccountPointExpense
	EntryRevokeBack   EntryType = "revoke_back"   // points that were taken back are given to their lot again; AccountPointExpense
	EntryDeduct       EntryType = "deduct"        // usage paid; AccountUsage
	EntryRefund       EntryType = "refund"        // a deduct or capture given back; AccountUsage
	EntryTransferOut  EntryType = "transfer_out"  // cash to another wallet; AccountTransfer
	EntryTransferIn   EntryType = "transfer_in"   // cash from another wallet; AccountTransfer
	EntryAdjust       EntryType = "adjust"        // correction by a person; AccountAdjustment
	EntryExpire       EntryType = "expire"        // what was left of a lot; AccountPointExpense
	EntryForfeit      EntryType = "forfeit"       // points, or cash that could not be paid out, forfeited by a person; AccountPointExpense or AccountForfeited
	EntryHold         EntryType = "hold"          // reserves; moves nothing
	EntryCapture      EntryType = "capture"       // spends what was held; AccountUsage
	EntryRelease      EntryType = "release"       // ends a hold, or gives back a part; moves nothing
	EntryHoldExpire   EntryType = "hold_expire"   // ends a hold at its time; moves nothing
	EntryRechargeOpen EntryType = "recharge_open" // a charge was begun; moves nothing
	EntryRechargeEnd  EntryType = "recharge_end"  // a charge ended without money; moves nothing
	EntryReverse      EntryType = "reverse"       // a recharge taken back; AccountClearing
	EntryReverseBack  EntryType = "reverse_back"  // a recharge stands after all; AccountClearing
	EntryReverseEnd   EntryType = "reverse_end"   // a recharge was taken back at the provider; moves nothing
	EntryCollect      EntryType = "collect"       // cash of the wallet pays what it owes; AccountReceivable
	EntryWriteOff     EntryType = "write_off"     // what a wallet owes is written off: Moves only
	EntryWithdraw     EntryType = "withdraw"      // cash out, fee included; AccountPayable
	EntryWithdrawEnd  EntryType = "withdraw_end"  // a payout was made: Moves clear the payable
	EntryWithdrawBack EntryType = "withdraw_back" // a payout failed: the total comes back; AccountPayable
	EntryWithdrawLate EntryType = "withdraw_late" // a payout was made after its total was given back (against AccountPayable, cleared by Moves), or what was booked as having come back did not: it leaves again
	EntryReturn       EntryType = "return"        // a payout that was made came back; AccountClearing
)

// Account is the label of an account on the other side of the books. Accounts
// are labels on entries, not rows: no commit locks them.
type Account string

// The accounts that the library books against. Signs are those of the ledger's
// side: a deduct of 100 adds 100 to AccountUsage, and wallets and accounts
// together are zero at any moment.
const (
	AccountUsage        Account = "revenue:usage"       // what customers spent
	AccountFee          Account = "revenue:fee"         // fees kept on withdrawals
	AccountReceivable   Account = "receivable:wallets"  // what wallets owe after reversals (negative)
	AccountDebtExpense  Account = "expense:debt"        // what was owed and written off (negative)
	AccountForfeited    Account = "revenue:forfeited"   // cash that could not be paid out, and was forfeited when the wallet was closed
	AccountPointExpense Account = "expense:point"       // points given, less points expired, taken back and forfeited
	AccountAdjustment   Account = "equity:adjustment"   // corrections
	AccountPayable      Account = "payable:withdrawals" // payouts requested and not yet made
	AccountTransfer     Account = "transfer"            // between wallets; zero at any moment
)

// AccountClearing returns the clearing account of a provider: what it owes us
// for charges (negative, as it took the money in) less what it paid out.
func AccountClearing(provider string) Account { return Account("clearing:" + provider) }

// Hash is a SHA-256 sum. It prints and marshals as lower-case hex.
type Hash [32]byte

// String returns the hash in hex.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText returns the hash in hex.
func (h Hash) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, h[:]), nil }

// UnmarshalText reads 64 hex digits.
func (h *Hash) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(h) || len(text)%2 != 0 {
		return fmt.Errorf("hash of %d characters: want %d hex digits", len(text), 2*len(h))
	}
	_, err := hex.Decode(h[:], text)
	return err
}

// Entry is one change of one wallet. Entries are appended, never updated or
// deleted, and numbered from 1 without a gap.
//
// Old plus amount equals new for both purses, and each old is the new of the
// entry before.
type Entry struct {
	WalletID string
	Seq      int64
	Type     EntryType
	Currency string // of the wallet

	BalanceAmount decimal.Decimal // signed change of the cash purse
	PointAmount   decimal.Decimal // signed change of the point purse
	OldBalance    decimal.Decimal
	NewBalance    decimal.Decimal
	OldPoint      decimal.Decimal
	NewPoint      decimal.Decimal

	BalanceHeldAmount decimal.Decimal // signed change of what is held of the cash purse
	PointHeldAmount   decimal.Decimal // signed change of what is held of the point purse
	Lots              []LotChange     // which lots PointAmount and PointHeldAmount fell on

	Counterparty Account // takes the opposite of BalanceAmount and PointAmount; blank when both are zero
	Moves        []Move  // further movements between accounts, which sum to zero

	PeerWalletID string // the other wallet of a transfer
	PeerSeq      int64  // the entry of the transfer in that wallet
	OperationID  string // the hold, recharge or withdrawal that it belongs to
	RefersTo     int64  // the entry of this wallet that a refund, reversal or revocation gives or takes back

	// Refunded is the sum of what refunds of RefersTo have given back, cash and points
	// together, this entry included. Only entries of type EntryRefund have it.
	Refunded decimal.Decimal

	// NewScale is how many digits after the decimal point the wallet keeps from this entry on.
	// Only entries of type EntryOpen and EntryRescale have it.
	NewScale int32

	Key       string // the caller's idempotency key, unique per wallet; blank on entries made by the library itself
	Digest    Hash   // of what the caller asked under Key
	Reference string // the caller's own reference: an order, an invoice
	Memo      string // for people; the reason, where Who asked
	Metadata  map[string]string

	// Who is the person, or the program that acts for people, who asked for an act of package
	// ledger that must name one, or for the wallet to be wound up; blank on all other entries. For
	// other entries of an operation the operation's Decisions say who. See [By].
	Who string

	// OccurredAt is when it happened, as the caller says. Points expire when their lot
	// does, or, when they come back to a lot that has expired, when they come back.
	OccurredAt time.Time
	BookedAt   time.Time // when it was booked; never before the entry before it

	PrevHash Hash // Hash of the entry before, zero for the first
	Hash     Hash // SHA-256 over all of the above; see package ledger
}

// LotChange is what an entry did to one point lot. It carries the lot's terms, so
// that points can be given back to a lot that was spent to the last.
type LotChange struct {
	LotID      int64
	Amount     decimal.Decimal // signed change of the lot's amount
	HeldAmount decimal.Decimal // signed change of what is held of the lot
	ExpiresAt  time.Time
	Priority   int32
}

// Move is an amount of cash added to an account (negative: taken from it).
type Move struct {
	Account Account
	Amount  decimal.Decimal
}

// Clone returns a copy that shares nothing with e that can be changed.
func (e *Entry) Clone() Entry {
	c := *e
	c.Own()
	return c
}

// Own replaces what e shares with the entry that it was copied from by copies.
func (e *Entry) Own() {
	e.Lots = slices.Clone(e.Lots)
	e.Moves = slices.Clone(e.Moves)
	e.Metadata = maps.Clone(e.Metadata)
}

// EntryKey names an entry by its wallet and idempotency key.
type EntryKey struct {
	WalletID string
	Key      string
}

// EntryRef names an entry by its wallet and number.
type EntryRef struct {
	WalletID string
	Seq      int64
}

// EntryFilter selects entries of one wallet for [EntryReader.Entries]. Conditions
// that are set must all hold.
type EntryFilter struct {
	WalletID    string      // required
	Types       []EntryType // any of these
	From        time.Time   // booked at or after
	Until       time.Time   // booked before
	Reference   string
	OperationID string
	RefersTo    int64
	AfterSeq    int64 // Seq greater than this
	BeforeSeq   int64 // Seq less than this; zero: no bound
	Descending  bool  // newest first; otherwise oldest first
	Limit       int   // at most so many; must be positive
}

// Total is the sum of one account, or of all wallets, in one currency.
type Total struct {
	Currency string
	Account  Account         // AccountWallets for the sum over all wallets
	Balance  decimal.Decimal // cash
	Point    decimal.Decimal
}

// AccountWallets stands for all wallets together in a list of totals.
const AccountWallets Account = "wallets"

// FeedPage is one page of the change feed.
type FeedPage struct {
	Entries []Entry
	Cursors []string // Cursors[i] is behind Entries[i]: where a page begins that continues there
	Cursor  string   // behind the page: where the next one begins
}
