package kona

import (
	"context"

	"github.com/shopspring/decimal"
)

// MemberCard is what the provider tells of a card of a member.
type MemberCard struct {
	PAR        string
	MinimumWon decimal.NullDecimal // the least that the card can be charged with
}

// Cards lists the cards of a member (documented: minRechargeAmount of a card. That it is
// asked for by userId in an encrypted request, that a card is named by its par, and that
// the cards are the one list of the answer, is inferred). The numbers of the cards are not
// read.
func (c *Client) Cards(ctx context.Context, user UserID) ([]MemberCard, error) {
	req := memberCall("list cards", "/api/v1/user/card/list", user)
	req.sealed = true
	if err := user.check(); err != nil {
		return nil, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return nil, err
	}
	rows, err := answer.onlyList()
	if err != nil {
		return nil, c.unreadable(req, 200, err)
	}
	cards := make([]MemberCard, 0, len(rows))
	for _, row := range rows {
		card := MemberCard{PAR: row.optional("par")}
		if card.MinimumWon, err = row.amount("minRechargeAmount"); err != nil {
			return nil, c.unreadable(req, 200, err)
		}
		cards = append(cards, card)
	}
	return cards, nil
}
