package toss

import "io"

// SetNonces has the nonces of encrypted requests come from a source.
func SetNonces(p *PayoutClient, random io.Reader) { p.random = random }

// Unseal decrypts what a client of payouts sent.
var Unseal = unseal
