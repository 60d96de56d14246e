package kona

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

const (
	// tokenLife is how long a one-time token lives (documented). The charge must be
	// completed within it.
	tokenLife = 30 * time.Second
	// minTokenLife is what must be left of it when a charge is sent.
	minTokenLife = 10 * time.Second
)

// OneTimeToken stands for a card in one charge or cancellation. It is kept in memory
// only, and no formatting shows it.
type OneTimeToken struct {
	token, dcvv func() string
	asked       time.Time // before it was asked for
}

// Format writes a placeholder, whatever the verb.
func (OneTimeToken) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue is a placeholder.
func (OneTimeToken) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// hidden returns the parts of the token that must not be shown.
func (t OneTimeToken) hidden() []string { return []string{t.token(), t.dcvv()} }

// left is how much of its life is left for certain. A clock that ran backwards proves
// nothing.
func (t OneTimeToken) left(now time.Time) time.Duration {
	if t.token == nil || now.Before(t.asked) {
		return 0
	}
	return tokenLife - now.Sub(t.asked)
}

// Card is what a host keeps of a card, outside this library. No formatting shows it.
type Card struct {
	Number string // 16 digits
	Expiry string // YYMM; only a cancellation needs it
}

// Format writes a placeholder, whatever the verb.
func (Card) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue is a placeholder.
func (Card) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText is a placeholder.
func (Card) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }

var errCard = errors.New("card number is not 16 digits")

// IssueToken asks for a one-time token for a card (documented), of the kind that lives
// for 30 seconds. It moves no money; it is asked for once. The provider's expiryTime is
// not used: its unit is not documented.
func (c *Client) IssueToken(ctx context.Context, card Card) (OneTimeToken, error) {
	req := call{
		op: "issue token", path: "/api/v2/payment/generate/onetimetoken", sealed: true,
		rules: commonRules, timeout: askTimeout, hidden: []string{card.Number},
		body: struct {
			CardNo string `json:"cardNo"`
		}{card.Number},
	}
	if !digits(card.Number, 16) {
		return OneTimeToken{}, c.failure(req, ClassFault, errCard)
	}
	asked := c.clock.Now()
	answer, err := c.attempt(ctx, req)
	if err != nil {
		return OneTimeToken{}, err
	}
	token, tokenErr := answer.text("oneTimeToken")
	dcvv, dcvvErr := answer.text("dcvv")
	if err := errors.Join(tokenErr, dcvvErr); err != nil {
		return OneTimeToken{}, c.unreadable(req, 200, err)
	}
	if len(token) != 16 || len(dcvv) != 3 {
		return OneTimeToken{}, c.unreadable(req, 200, errors.New("token or dcvv has not its length"))
	}
	return OneTimeToken{token: func() string { return token }, dcvv: func() string { return dcvv }, asked: asked}, nil
}

func digits(text string, n int) bool {
	if len(text) != n {
		return false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}
