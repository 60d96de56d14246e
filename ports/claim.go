package ports

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// ClaimHeld is the only status of a claim. A claim is never open.
const ClaimHeld = "held"

// Claim says for which recharge a payment at a provider was credited. It is written in the
// unit of the credit, so that one payment is credited to one wallet, whatever processes and
// people see it at the same moment. When the credit is taken back as a mistake, the next
// credit for the payment makes the next claim: the one with the highest Number counts.
type Claim struct {
	OperationHead

	RechargeID string // that was credited
	Number     int    // 1 for the first claim of a payment
}

// Clone returns a copy.
func (c *Claim) Clone() Operation {
	copied := *c
	return &copied
}

// ClaimID returns the id of a claim: of the provider (the name of a Charger), the
// provider's id of the payment, and the claim's number.
func ClaimID(provider, ref string, number int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d:%s%d:%s", len(provider), provider, len(ref), ref))
	return fmt.Sprintf("claim-%s-%d", hex.EncodeToString(sum[:16]), number)
}
