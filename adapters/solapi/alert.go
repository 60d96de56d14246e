package solapi

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// Alert is the provider's own alert of a low balance.
type Alert struct {
	NotificationBalance Amount   `json:"notificationBalance"`
	CurrentBalance      Amount   `json:"currentBalance"`
	Balances            []Amount `json:"balances" read:"strictly"`
	Channels            []string `json:"channels" read:"strictly"` // SMS, ATA, EMAIL; an open set
	Enabled             Flag     `json:"enabled" read:"strictly"`
}

// UnmarshalJSON reads an object whose fields may be of other types than expected, where
// they decide nothing about money.
func (a *Alert) UnmarshalJSON(data []byte) error { return decodeObject(data, a) }

// The bounds of alert amounts (documented on older pages).
const (
	leastAlert = 200
	mostAlerts = 3
)

// Alert reads the alert of a low balance (documented).
func (c *Client) Alert(ctx context.Context) (Alert, error) {
	var alert Alert
	_, err := c.read(ctx, "read alert", "/cash/v1/balance/alert", nil, &alert)
	if err != nil {
		return Alert{}, err
	}
	return alert, nil
}

// SetAlert sets the levels and channels of the alert, one to three levels of at
// least 200 won each (documented). It may be repeated.
func (c *Client) SetAlert(ctx context.Context, levels []decimal.Decimal, channels []string) error {
	if len(levels) < 1 || len(levels) > mostAlerts {
		return c.fault("set alert", ports.Invalid("Levels", "must be 1 to %d", mostAlerts))
	}
	body := struct {
		Balances []json.Number `json:"balances"`
		Channels []string      `json:"channels"`
	}{Channels: append([]string{}, channels...)}
	for _, level := range levels {
		if err := checkWon("Levels", level); err != nil || level.LessThan(decimal.NewFromInt(leastAlert)) {
			return c.fault("set alert", ports.Invalid("Levels", "must be whole and at least %d", leastAlert))
		}
		body.Balances = append(body.Balances, number(level))
	}
	set := func() error {
		return c.write(ctx, call{op: "set alert", method: http.MethodPut, path: "/cash/v1/balance/alert", body: body}, new(any))
	}
	return c.ensure(set, func() (bool, error) {
		alert, err := c.Alert(ctx)
		return alert.is(levels, channels), err
	})
}

func (a Alert) is(levels []decimal.Decimal, channels []string) bool {
	return slices.Equal(a.Channels, channels) &&
		slices.EqualFunc(a.Balances, levels, func(have Amount, want decimal.Decimal) bool { return have.Is(want) })
}

// SwitchAlert switches the alert on or off (documented). It may be repeated.
func (c *Client) SwitchAlert(ctx context.Context, on bool) error {
	body := struct {
		Enabled bool `json:"enabled"`
	}{on}
	set := func() error {
		return c.write(ctx, call{op: "switch alert", method: http.MethodPut, path: "/cash/v1/balance/alert/switch", body: body}, new(any))
	}
	return c.ensure(set, func() (bool, error) {
		alert, err := c.Alert(ctx)
		return bool(alert.Enabled) == on, err
	})
}
