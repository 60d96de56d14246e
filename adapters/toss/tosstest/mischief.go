package tosstest

import (
	"encoding/hex"
	"slices"
)

// Mischief is a way in which a webhook goes wrong: one of those below, or [Late] for a
// delivery an hour late.
type Mischief = Kind

// The ways in which a webhook goes wrong.
const (
	Doubled        Mischief = 1000 + iota // delivered twice at once, with one transmission id
	Reordered                             // delivered after the webhook that is made next, or an hour late
	FalseSecret                           // a DEPOSIT_CALLBACK with another secret
	FalseSignature                        // payout.changed or seller.changed with a false signature
)

// Misdeliver lines up what goes wrong with the next webhooks, one for each. A kind waits for
// the first webhook that it can happen to.
func (s *Simulator) Misdeliver(kinds ...Mischief) {
	s.world.Enter()
	defer s.world.Unlock()
	s.mischiefs = append(s.mischiefs, kinds...)
}

// mischief reports whether a kind is lined up and takes it out of the line.
func (s *Simulator) mischief(kind Mischief) bool {
	i := slices.Index(s.mischiefs, kind)
	if i < 0 {
		return false
	}
	s.mischiefs = slices.Delete(s.mischiefs, i, i+1)
	return true
}

// hmacKey makes the key of signatures of a security key.
func (s *Simulator) hmacKey(key string) []byte {
	if decoded, err := hex.DecodeString(key); err == nil && !s.config.TextSignatures {
		return decoded
	}
	return []byte(key)
}
