package toss

import "maps"

// Rule is what a refusal with a code means, as tests compare it.
type Rule struct {
	Status  int
	Class   Class
	Confirm bool
}

// Rules returns what the codes of a call mean.
func Rules(call string) map[string]Rule {
	tables := map[string]rules{
		"charge": chargeRules, "confirm": confirmRules, "account": accountRules, "cancel": cancelRules,
		"inquire": askRules, "issue": issueRules, "delete": deleteRules,
	}
	shown := map[string]Rule{}
	for code, rule := range maps.All(tables[call]) {
		shown[code] = Rule{rule.status, rule.class, rule.confirm}
	}
	return shown
}

// MostRows is how many rows a list has at most, unless a test says otherwise.
const MostRows = mostRows

// SetMostRows has the lists of a client end after fewer rows.
func SetMostRows(c *Client, rows int) { c.rowsMost = rows }

// Hide returns a text without the forms of a secret key.
func Hide(key SecretKey, text string) string { return key.hide(text) }
