package solapi

import (
	"context"
	"encoding/json"
	"errors"
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

var errNoAlert = errors.New("the answer does not show the alert")

// Alert reads the alert of a low balance (documented: an object with the alert in
// lowBalanceAlert). An answer that does not say whether it is on is an error, for silence
// would pass for "off".
func (c *Client) Alert(ctx context.Context) (Alert, error) {
	var answer struct {
		LowBalanceAlert json.RawMessage `json:"lowBalanceAlert"`
	}
	if _, err := c.read(ctx, "read alert", "/cash/v1/balance/alert", nil, &answer); err != nil {
		return Alert{}, err
	}
	alert, err := readAlert(answer.LowBalanceAlert)
	if err != nil {
		return Alert{}, c.unreadable("read alert", err)
	}
	return alert, nil
}

func readAlert(data []byte) (Alert, error) {
	var (
		alert Alert
		shown struct {
			Enabled *Flag `json:"enabled"`
		}
	)
	if err := decodeObject(data, &shown); err != nil || shown.Enabled == nil {
		return Alert{}, errNoAlert
	}
	return alert, decodeObject(data, &alert)
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

// SwitchAlert switches the alert on or off (documented), and reads it back unless the
// answer says that it is switched. It may be repeated.
func (c *Client) SwitchAlert(ctx context.Context, on bool) error {
	body := struct {
		Enabled bool `json:"enabled"`
	}{on}
	shown := func() (bool, error) {
		alert, err := c.Alert(ctx)
		return bool(alert.Enabled) == on, err
	}
	set := func() error {
		var answer struct {
			Enabled *Flag `json:"enabled"`
		}
		err := c.write(ctx, call{op: "switch alert", method: http.MethodPut, path: "/cash/v1/balance/alert/switch", body: body}, &answer)
		if err != nil || answer.Enabled != nil && bool(*answer.Enabled) == on {
			return err
		}
		switched, err := shown()
		if err == nil && !switched {
			err = c.changed("switch alert")
		}
		return err
	}
	return c.ensure(set, shown)
}
