package toss_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/adapters/toss/tosstest"
)

// listing is a client of a provider that answers a question about a list with rows.
func listing(t *testing.T, rows func(query url.Values) []string) *toss.Client {
	t.Helper()
	key, err := toss.NewSecretKey(fuzzKey)
	require.NoError(t, err)
	client, err := toss.New(key, toss.Config{Clock: tosstest.NewClock(start), HTTPClient: &http.Client{Transport: answering(func(r *http.Request) (int, string) {
		return 200, "[" + strings.Join(rows(r.URL.Query()), ",") + "]"
	})}})
	require.NoError(t, err)
	return client
}

// settled are rows of settlements, numbered from one number to another, which is not included.
func settled(from, to int) []string {
	var rows []string
	for i := from; i < to; i++ {
		rows = append(rows, fmt.Sprintf(`{"transactionKey":"TX%d","paymentKey":"p","orderId":"order-1","currency":"KRW","amount":1,"payOutAmount":1}`, i))
	}
	return rows
}

// readSettlements reads a list to its end.
func readSettlements(t *testing.T, client *toss.Client) (keys []string, ended error) {
	t.Helper()
	for row, err := range client.Settlements(t.Context(), start, start.Add(24*time.Hour), toss.SoldDate) {
		if ended = err; err == nil {
			keys = append(keys, row.TransactionKey)
		}
	}
	return keys, ended
}

// paged answers the numbered pages of a list of settlements, and none after them.
func paged(pages ...[]string) func(query url.Values) []string {
	return func(query url.Values) []string {
		page, _ := strconv.Atoi(query.Get("page"))
		if page < 1 || page > len(pages) {
			return nil
		}
		return pages[page-1]
	}
}

func TestClient_Settlements(t *testing.T) {
	t.Parallel()
	t.Run("pages follow each other until one is empty", func(t *testing.T) {
		t.Parallel()
		keys, err := readSettlements(t, listing(t, paged(settled(0, 100), settled(100, 130), settled(130, 131))))
		require.NoError(t, err)
		require.Len(t, keys, 131, "a short page is no end")
	})
	for name, pages := range map[string][][]string{
		"a page that repeats":                              {settled(0, 100), settled(0, 100), settled(100, 140)},
		"rows that an inserted one moves to the next page": {settled(0, 100), settled(99, 140)},
		"a row that comes again on a later page":           {settled(0, 100), settled(100, 200), append(settled(200, 210), settled(0, 1)...)},
		"a row that is twice on a page":                    {append(settled(0, 10), settled(9, 10)...)},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			t.Parallel()
			_, err := readSettlements(t, listing(t, paged(pages...)))
			var failed *toss.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, toss.ClassUnknown, failed.Class)
			require.ErrorContains(t, err, "changed while it was read")
		})
	}
	t.Run("a page of the longest rows is read", func(t *testing.T) {
		t.Parallel()
		client := listing(t, func(query url.Values) []string {
			size, err := strconv.Atoi(query.Get("size"))
			require.NoError(t, err)
			if query.Get("page") != "1" {
				return nil
			}
			return longSettlements(t, size)
		})
		keys, err := readSettlements(t, client)
		require.NoError(t, err)
		require.NotEmpty(t, keys)
	})
	for by, value := range map[toss.DateType]string{toss.SoldDate: "soldDate", toss.PaidOutDate: "paidOutDate"} {
		t.Run("it is listed by "+value, func(t *testing.T) {
			t.Parallel()
			asked := 0
			client := listing(t, func(query url.Values) []string {
				asked++
				require.Equal(t, []string{value}, query["dateType"])
				require.Equal(t, "2026-03-16", query.Get("startDate"))
				require.Equal(t, "2026-03-17", query.Get("endDate"))
				return nil
			})
			for _, err := range client.Settlements(t.Context(), start, start.Add(24*time.Hour), by) {
				require.NoError(t, err)
			}
			require.Equal(t, 1, asked)
		})
	}
}

// longSettlements are rows whose texts are as long as documented, in the characters that take most bytes.
func longSettlements(t *testing.T, count int) []string {
	t.Helper()
	type object = map[string]any
	rows := make([]string, 0, count)
	for i := range count {
		row, err := json.Marshal(object{
			"mId": strings.Repeat("m", 14), "paymentKey": strings.Repeat("p", 200), "transactionKey": fmt.Sprintf("%064d", i), "orderId": strings.Repeat("o", 64),
			"currency": "KRW", "method": "카드", "amount": 1000, "interestFee": 0, "fees": []object{{"type": "BASE", "fee": 10}, {"type": "ETC", "fee": 1}},
			"supplyAmount": 10, "vat": 1, "payOutAmount": 989, "approvedAt": "2026-03-16T12:00:00+09:00", "soldDate": "2026-03-16", "paidOutDate": "2026-03-18",
			"card": object{
				"amount": 1000, "issuerCode": "41", "acquirerCode": "41", "number": "94100012****789*", "installmentPlanMonths": 0, "approveNo": "00000000",
				"useCardPoint": false, "cardType": "신용", "ownerType": "개인", "acquireStatus": "READY", "isInterestFree": false, "interestPayer": nil,
			},
			"cancel": object{
				"cancelAmount": 1000, "cancelReason": strings.Repeat("환불", 100), "taxFreeAmount": 0, "taxExemptionAmount": 0, "refundableAmount": 0,
				"cardDiscountAmount": 0, "transferDiscountAmount": 0, "easyPayDiscountAmount": 0, "canceledAt": "2026-03-16T12:00:00+09:00",
				"transactionKey": fmt.Sprintf("%064d", i), "receiptKey": strings.Repeat("r", 200), "cancelStatus": "DONE", "cancelRequestId": nil,
			},
			"receiptUrl": "https://dashboard.tosspayments.com/receipt/redirection?transactionId=" + strings.Repeat("t", 64) + "&ref=PX",
		})
		require.NoError(t, err)
		rows = append(rows, string(row))
	}
	return rows
}

// A page of transactions whose texts are as long as documented is below the bound of an answer.
func TestClient_Transactions_reads_a_page_of_the_longest_rows(t *testing.T) {
	t.Parallel()
	asked, count := 0, 0
	client := listing(t, func(query url.Values) []string {
		if asked++; asked > 1 {
			return nil
		}
		size, err := strconv.Atoi(query.Get("limit"))
		require.NoError(t, err)
		rows := make([]string, 0, size)
		for i := range size {
			rows = append(rows, fmt.Sprintf(`{"mId":%q,"transactionKey":"%064d","paymentKey":%q,"orderId":%q,"method":"가상계좌","customerKey":%q,"useEscrow":false,`+
				`"receiptUrl":%q,"status":"WAITING_FOR_DEPOSIT","transactionAt":"2026-03-16T12:00:00+09:00","currency":"KRW","amount":-1000000000}`,
				strings.Repeat("m", 14), i, strings.Repeat("p", 200), strings.Repeat("o", 64), strings.Repeat("c", 300), "https://dashboard.tosspayments.com/"+strings.Repeat("t", 300)))
		}
		return rows
	})
	for _, err := range client.Transactions(t.Context(), start, start.Add(time.Hour)) {
		require.NoError(t, err)
		count++
	}
	require.Positive(t, count)
}

// A list that never ends is read as far as the bound, and ends with an error.
func TestClient_lists_end_after_too_many_rows(t *testing.T) {
	t.Parallel()
	require.Equal(t, 1_000_000, toss.MostRows, "as documented")
	made := 0
	endless := func(query url.Values) []string {
		made += 40
		if query.Has("page") {
			return settled(made-40, made)
		}
		var rows []string
		for i := made - 40; i < made; i++ {
			rows = append(rows, fmt.Sprintf(`{"transactionKey":"TX%d","orderId":"order-1","amount":1}`, i))
		}
		return rows
	}
	client := listing(t, endless)
	toss.SetMostRows(client, 100)
	keys, err := readSettlements(t, client)
	require.Len(t, keys, 100)
	require.ErrorContains(t, err, "too many")
	count := 0
	for _, err = range client.Transactions(t.Context(), start, start.Add(time.Hour)) {
		if err == nil {
			count++
		}
	}
	require.Equal(t, 100, count)
	require.ErrorContains(t, err, "too many")
	require.LessOrEqual(t, made, 240)

	full := listing(t, paged(settled(0, 100)))
	toss.SetMostRows(full, 100)
	keys, err = readSettlements(t, full)
	require.NoError(t, err)
	require.Len(t, keys, 100, "as many as allowed")
}

// The log is told of each unexpected version once, of ten at most, and of nothing that is no version.
func TestClient_tells_the_log_of_few_versions(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	key, err := toss.NewSecretKey(fuzzKey)
	require.NoError(t, err)
	asked, form := 0, "20%02d-01-01"
	client, err := toss.New(key, toss.Config{
		Logger: slog.New(slog.NewTextHandler(&log, nil)),
		HTTPClient: &http.Client{Transport: answering(func(*http.Request) (int, string) {
			return 200, strings.Replace(failedPayment("m"), "2024-06-01", fmt.Sprintf(form, asked/2), 1)
		})},
	})
	require.NoError(t, err)
	ask := func() int {
		_, err := client.Payment(t.Context(), "pk")
		require.NoError(t, err)
		asked++
		return strings.Count(log.String(), "\n")
	}
	require.Equal(t, 1, ask())
	require.Equal(t, 1, ask(), "once")
	require.Equal(t, 2, ask())
	require.Contains(t, log.String(), "answered=2001-01-01")
	form = plainKey + "%d"
	require.Equal(t, 3, ask())
	ask()
	require.Equal(t, 3, ask(), "whatever is no version is one")
	require.NotContains(t, log.String(), "4d5e6f")
	form = "19%02d-01-01"
	for range 100 {
		ask()
	}
	require.Equal(t, 10, ask())
}
