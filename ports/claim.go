package ports

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// ClaimStatus is the status of a claim.
type ClaimStatus string

// The statuses of a claim. A claim is never open.
const (
	ClaimHeld     ClaimStatus = "held"     // the payment is credited by the recharge, or was when the provider had it back
	ClaimReleased ClaimStatus = "released" // the credit was a mistake: another recharge may be credited for the payment
	ClaimNamed    ClaimStatus = "named"    // the provider named the payment for an order that stands for another one, or the payout for a withdrawal that is completed
)

// Claim says for which recharge a payment at a provider was credited. It is written in the
// unit of the credit, so that one payment is credited to one wallet, whatever processes and
// people see it at the same moment. When the credit is taken back as a mistake, the claim is
// released, and the next credit for the payment makes the next claim: the one with the
// highest Number counts.
//
// A claim that is named has the id that [NamedID] makes, and Number 0. The machine ends no
// other order by its payment; a person may. A withdrawal that is completed names its payout
// in the same unit, so that one payout completes one withdrawal.
type Claim struct {
	OperationHead
	Status ClaimStatus

	RechargeID string   // the recharge that was credited; of a named claim the order, of any kind
	Also       []string `json:",omitempty"` // of a named claim: further orders, by id; the first [MaxOthers]
	Number     int      // 1 for the first claim of a payment
	Mistake    bool     // it was released once, because the credit was a mistake

	Amount decimal.NullDecimal // of a named claim: what the provider reported for the payment
	Unread bool                `json:",omitempty"` // of a named claim: the provider reported an amount that no record can hold
}

// StatusText returns the status as text.
func (c *Claim) StatusText() string { return string(c.Status) }

// Clone returns a copy.
func (c *Claim) Clone() Operation {
	copied := *c
	copied.Also = slices.Clone(c.Also)
	return &copied
}

// MerchantOf returns the account at the provider in which the provider's ids of payments are unique:
// what follows the last @ in the name of a Charger or Disburser, and the whole name where it has
// none. One payment of an account is credited to one recharge, whichever of its Chargers the recharge
// is of.
func MerchantOf(provider string) string {
	if at := strings.LastIndexByte(provider, '@'); at < len(provider)-1 {
		return provider[at+1:]
	}
	return provider
}

// ClaimID returns the id of a claim: of the provider (the name of a Charger, of which [MerchantOf]
// counts), the provider's id of the payment, and the claim's number.
func ClaimID(provider, ref string, number int) string {
	return fmt.Sprintf("claim-%s-%d", digest(provider, ref), number)
}

// NamedID returns the id of a claim that is named: of the kind of the order, the provider (the name
// of a Charger or Disburser, of which [MerchantOf] counts), and the provider's id of the payment or
// payout.
func NamedID(kind OperationKind, provider, ref string) string {
	return fmt.Sprintf("named-%s-%s", kind, digest(provider, ref))
}

// NamedIDs returns the ids that a claim which is named may have: that of [NamedID], and behind it the
// one that earlier commits made for a name with an @.
func NamedIDs(kind OperationKind, provider, ref string) []string {
	ids := []string{NamedID(kind, provider, ref)}
	if MerchantOf(provider) != provider {
		ids = append(ids, fmt.Sprintf("named-%s-%s", kind, digestOf(provider, ref)))
	}
	return ids
}

func digest(provider, ref string) string { return digestOf(MerchantOf(provider), ref) }

func digestOf(account, ref string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(account), account, len(ref), ref))
	return hex.EncodeToString(sum[:16])
}
