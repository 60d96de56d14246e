package kona_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/kona/konatest"
	"github.com/jigap/jigap/ports"
)

func TestClient_AutoPlans(t *testing.T) {
	t.Parallel()
	plans := func(t *testing.T, body string, without ...kona.PlanGroup) ([]kona.AutoPlan, error) {
		t.Helper()
		return newClient(t, answering(200, body), fixed()).AutoPlans(t.Context(), 7, without...)
	}
	t.Run("reads all three lists", func(t *testing.T) {
		t.Parallel()
		got, err := plans(t, `{"parInfoList":[{"par":"P","registeredDate":"20260101000000"}],"planInfoList":[{"par":"Q","state":"INACTIVE"}],`+success+`}`)
		require.NoError(t, err)
		require.Len(t, got, 3)
		require.Equal(t, kona.PlansOfAccount, got[0].Group)
		require.True(t, got[0].Active, "a state that is not known")
		require.Equal(t, kona.PlanPayment, got[1].Type)
		require.Equal(t, kona.PlansOfCreditCard, got[2].Group)
		require.False(t, got[2].Active)
		require.Equal(t, "Q", got[2].PAR)
	})
	t.Run("takes a success without a list for none", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{`{` + success + `}`, `{"parInfoList":null,` + success + `}`} {
			got, err := plans(t, body)
			require.NoError(t, err, body)
			require.Empty(t, got)
		}
	})
	t.Run("refuses what may be a list", func(t *testing.T) {
		t.Parallel()
		for _, body := range []string{
			`{"planList":[],` + success + `}`, `{"data":{"parInfoList":[]},` + success + `}`, `{"parInfoList":[null],` + success + `}`,
			`{"parInfoList":[1],` + success + `}`, `{"parInfoList":{},` + success + `}`, `{"parInfoList":"",` + success + `}`,
		} {
			_, err := plans(t, body)
			require.Error(t, err, body)
		}
	})
	t.Run("leaves out what the contract does not have", func(t *testing.T) {
		t.Parallel()
		got, err := plans(t, `{"parInfoList":[{"par":"P"}],`+success+`}`, kona.PlansOfAccount, kona.PlansOfCreditCard)
		require.NoError(t, err)
		require.Len(t, got, 1)
	})
}

func TestCharger_Prepare(t *testing.T) {
	t.Parallel()
	const missing = "/api/v1/recharges/online-payment/auto/plans"
	begin := func(t *testing.T, config konatest.Config) *world {
		t.Helper()
		clock := konatest.NewClock(start)
		config.Clock, config.Seed, config.Keys = clock, 7, simKeys()
		w := newWorld(t, config, konatest.MemberConfig{Bank: won(1_000_000), Minimum: won(10_000)})
		w.clock = clock
		return w
	}
	prepare := func(w *world, amount int64, change func(config *kona.ChargerConfig)) *ports.ChargeAnswer {
		config := kona.ChargerConfig{MerchantID: w.sim.Project().MerchantID, Card: oneCard}
		change(&config)
		charger, err := kona.NewCharger(w.client, "main", config)
		w.NoError(err)
		order := w.order()
		order.Amount = won(amount)
		_, refused := charger.Prepare(w.t.Context(), order)
		return refused
	}
	plain := func(*kona.ChargerConfig) {}
	t.Run("refuses an order while the member has a plan by credit card", func(t *testing.T) {
		t.Parallel()
		w := begin(t, konatest.Config{})
		w.member.SetCreditPlan("ACTIVE")
		w.Equal(fault, prepare(w, 30_000, plain).Outcome)
		w.member.SetCreditPlan("INACTIVE")
		w.Nil(prepare(w, 30_000, plain))
	})
	t.Run("asks only for the plans that the contract has", func(t *testing.T) {
		t.Parallel()
		w := begin(t, konatest.Config{Missing: []string{missing}})
		w.Equal(notSent, prepare(w, 30_000, plain).Outcome)
		w.Nil(prepare(w, 30_000, func(config *kona.ChargerConfig) { config.WithoutPlans = []kona.PlanGroup{kona.PlansOfCreditCard} }))
	})
	t.Run("refuses an amount below the card's minimum", func(t *testing.T) {
		t.Parallel()
		w := begin(t, konatest.Config{})
		checked := func(config *kona.ChargerConfig) { config.CheckMinimum = true }
		w.Nil(prepare(w, 9_999, plain))
		refused := prepare(w, 9_999, checked)
		w.NotNil(refused)
		w.Equal(fault, refused.Outcome)
		w.Equal("minimum", refused.Code)
		w.Contains(refused.Message, "10000")
		w.Nil(prepare(w, 10_000, checked))
		w.sim.Inject(konatest.Fault{Path: "/card/list", Times: -1, Kind: konatest.StatusBefore, Status: 404})
		w.Equal(notSent, prepare(w, 10_000, checked).Outcome, "the minimum is not known")
	})
}

func TestNewCharger(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for _, group := range []kona.PlanGroup{0, 4, -1} {
		_, err := kona.NewCharger(w.client, "main", kona.ChargerConfig{
			MerchantID: w.sim.Project().MerchantID, Card: oneCard, WithoutPlans: []kona.PlanGroup{group},
		})
		w.ErrorIs(err, ports.ErrInvalid, group.String())
	}
}
