package tosstest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss/tosstest"
)

func TestSimulator_transactions(t *testing.T) {
	t.Parallel()
	t.Run("rows of charges, cancellations and virtual accounts", func(t *testing.T) {
		t.Parallel()
		b, card, key := paid(t)
		charged := b.get("/v1/payments/" + key)
		canceled := b.passed(b.cancel(key, 1000, nil))
		b.passed(b.post("/v1/virtual-accounts", with(accountOrder(), object{"orderId": "order-2"})))
		b.Deposit("order-2")
		list := b.passed(b.get(rows)).list
		require.Len(t, list, 4)
		first := list[0].(object)
		for name, value := range map[string]any{
			"mId": b.Shop().MID, "transactionKey": charged.fields["lastTransactionKey"], "paymentKey": key, "orderId": "order-1", "method": "카드",
			"customerKey": card.CustomerKey(), "status": "DONE", "transactionAt": "2026-03-13T12:00:00+09:00", "currency": "KRW",
		} {
			require.Equal(t, value, first[name], name)
		}
		var told []string
		for _, entry := range list {
			told = append(told, fmt.Sprint(entry.(object)["status"], " ", entry.(object)["amount"]))
		}
		require.Equal(t, []string{"DONE 11000", "PARTIAL_CANCELED 1000", "WAITING_FOR_DEPOSIT 0", "DONE 11000"}, told)
		require.Equal(t, canceled.fields["cancels"].([]any)[0].(object)["transactionKey"], list[1].(object)["transactionKey"])
	})
	t.Run("pages by the last transactionKey", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		card := b.NewCard(tosstest.CardConfig{})
		for i := range 5 {
			b.passed(b.charge(card, fmt.Sprintf("order-%d", i), 1000))
		}
		var orders []any
		after := ""
		for {
			page := b.passed(b.get(rows + "&limit=2" + after)).list
			require.LessOrEqual(t, len(page), 2)
			if len(page) == 0 {
				break
			}
			for _, entry := range page {
				orders = append(orders, entry.(object)["orderId"])
				after = fmt.Sprint("&startingAfter=", entry.(object)["transactionKey"])
			}
		}
		require.Equal(t, []any{"order-0", "order-1", "order-2", "order-3", "order-4"}, orders)
	})
	t.Run("an interval includes its ends", func(t *testing.T) {
		t.Parallel()
		b, _, _ := paid(t)
		for query, n := range map[string]int{
			"startDate=2026-03-13T12:00:00&endDate=2026-03-13T12:00:00": 1, "startDate=2026-03-13T12:00:01&endDate=2026-03-14": 0,
			"startDate=2026-03-12&endDate=2026-03-13T11:59:59": 0, "startDate=2026-03-12&endDate=2026-03-13": 0,
		} {
			require.Len(t, b.passed(b.get("/v1/transactions?"+query)).list, n, query)
		}
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{})
		for query, code := range map[string]string{
			"startDate=2026-03-13": "INVALID_REQUEST", "startDate=2026-03-13T00:00:00Z&endDate=2026-03-14T00:00:00Z": "INVALID_DATE",
			"startDate=2026-03-14&endDate=2026-03-13": "INVALID_DATE", "startDate=2026-03-13&endDate=2026-03-14&limit=5001": "EXCEED_MAX_QUERY_LIMIT",
			"startDate=2026-03-13&endDate=2026-03-14&startingAfter=other": "INVALID_PAGING_KEY",
		} {
			b.refused(400, code, b.get("/v1/transactions?"+query))
		}
		require.Empty(t, b.passed(b.get(rows+"&limit=5000")).list)
		require.Equal(t, "[]", b.get(rows).raw)
	})
}

func TestSimulator_settlements(t *testing.T) {
	t.Parallel()
	const path = "/v1/settlements?startDate=2026-03-13&endDate=2026-03-13"
	settle := func(t *testing.T, live bool) *bench {
		t.Helper()
		b := setup(t, tosstest.Config{Live: live})
		key := b.passed(b.charge(b.NewCard(tosstest.CardConfig{}), "order-1", 11000)).fields["paymentKey"].(string)
		b.passed(b.cancel(key, 1000, nil))
		return b
	}
	t.Run("rows come the day after", func(t *testing.T) {
		t.Parallel()
		b := settle(t, true)
		require.Empty(t, b.passed(b.get(path)).list)
		b.clock.Advance(12 * time.Hour)
		list := b.passed(b.get(path)).list
		require.Len(t, list, 2)
		for name, value := range map[string]string{"amount": "11000", "payOutAmount": "10670", "supplyAmount": "300", "vat": "30", "soldDate": "2026-03-13"} {
			require.Equal(t, value, fmt.Sprint(list[0].(object)[name]), name)
		}
		require.Equal(t, "-1000", fmt.Sprint(list[1].(object)["amount"]))
		require.Len(t, b.passed(b.get(path+"&size=1&page=2")).list, 1)
		require.Empty(t, b.passed(b.get(path+"&size=1&page=3")).list)
		require.Empty(t, b.passed(b.get(path+"&dateType=paidOutDate")).list)
		require.Len(t, b.passed(b.get("/v1/settlements?startDate=2026-03-15&endDate=2026-03-15&dateType=paidOutDate")).list, 2)
	})
	t.Run("test keys see none", func(t *testing.T) {
		t.Parallel()
		b := settle(t, false)
		b.clock.Advance(48 * time.Hour)
		require.Equal(t, "[]", b.passed(b.get(path)).raw)
	})
	t.Run("refusals", func(t *testing.T) {
		t.Parallel()
		b := setup(t, tosstest.Config{Live: true})
		b.refused(400, "INVALID_DATE", b.get("/v1/settlements?startDate=2026-03-13T00:00:00&endDate=2026-03-14"))
		b.refused(400, "INVALID_REQUEST", b.get(path+"&dateType=other"))
		b.refused(400, "EXCEED_MAX_QUERY_LIMIT", b.get(path+"&size=5001"))
	})
}
