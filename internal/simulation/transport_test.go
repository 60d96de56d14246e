package simulation_test

import (
	"context"
	"fmt"
	"net/http"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/adapters/solapi"
	"github.com/jigap/jigap/adapters/solapi/solapitest"
	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ports"
)

// transport is the network between one process and a provider. Each request waits for
// its turn before it is sent and before its answer is heard; a context that ended
// meanwhile cuts it off there.
type transport struct {
	process *process
	inner   http.RoundTripper
}

func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, what := req.Context(), req.Method+" "+req.URL.Path
	t.process.only(actorOf(ctx), what)
	turn := t.process.wait(ctx, what, false)
	if err := ctx.Err(); err != nil {
		turn.said = "not sent: " + err.Error()
		return nil, err
	}
	var response *http.Response
	var err error
	if !t.process.life.Do(func() { response, err = t.inner.RoundTrip(req) }) { //nolint:bodyclose // the client closes it
		return nil, crashtest.ErrDead
	}
	turn.said = fmt.Sprint(err)
	if err == nil {
		turn.said = response.Status
	}
	t.process.wait(ctx, "hears of "+what, false)
	gone := ctx.Err()
	if t.process.dead.Load() {
		gone = crashtest.ErrDead
	}
	if gone == nil {
		return response, err
	}
	if response != nil {
		_ = response.Body.Close()
	}
	return nil, gone
}

// label marks a request with the operation that it is for, so that the simulators'
// books name it.
func label(ctx context.Context, operation string) context.Context {
	return konatest.WithLabel(solapitest.WithLabel(context.WithValue(ctx, labelKey{}, operation), operation), operation)
}

type solapiCharger struct{ *solapi.Charger }

func (c solapiCharger) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.Charger.Charge(label(ctx, o.OperationID), o)
}

type konaCharger struct{ *kona.Charger }

func (c konaCharger) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.Charger.Charge(label(ctx, o.OperationID), o)
}

func (c konaCharger) Cancel(ctx context.Context, o ports.CancelOrder) ports.ChargeAnswer {
	return c.Charger.Cancel(label(ctx, o.CancelID), o)
}

type tossCards struct{ *toss.BillingCharger }

func (c tossCards) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.BillingCharger.Charge(label(ctx, o.OperationID), o)
}

type tossWindows struct{ *toss.WindowCharger }

func (c tossWindows) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.WindowCharger.Charge(label(ctx, o.OperationID), o)
}

type tossAccounts struct{ *toss.AccountCharger }

func (c tossAccounts) Charge(ctx context.Context, o ports.ChargeOrder) ports.ChargeAnswer {
	return c.AccountCharger.Charge(label(ctx, o.OperationID), o)
}

type solapiDisburser struct{ *solapi.Disburser }

func (d solapiDisburser) Disburse(ctx context.Context, o ports.PayoutOrder) ports.PayoutAnswer {
	return d.Disburser.Disburse(label(ctx, o.OperationID), o)
}
