package konatest

import (
	"strconv"

	"github.com/jigap/jigap/adapters/providertest"
)

func postInquiry(s *Simulator, r *request) *result {
	var body order
	if !r.decode(&body) || body.SequenceID == "" {
		return refuse("000_002")
	}
	t := s.transactions[body.SequenceID]
	if t == nil || s.hidden {
		return refuse(CodeNoSequence)
	}
	return ok(map[string]any{"result": t.Status, "nrNumber": t.Number})
}

// member finds the member that a question is about.
func (s *Simulator) member(r *request) *Member {
	var body struct {
		UserID providertest.Number `json:"userId"`
		PAR    string              `json:"par"`
	}
	if !r.decode(&body) {
		return nil
	}
	for _, m := range s.members {
		if strconv.FormatUint(m.userID, 10) == body.UserID.String() || body.UserID == "" && m.par == body.PAR {
			return m
		}
	}
	return nil
}

// postHistory answers one page, oldest rows first.
func postHistory(s *Simulator, r *request) *result {
	var body struct {
		From string `json:"startDate"`
		To   string `json:"endDate"`
		Kind string `json:"trType"`
		Page *struct {
			Page     int `json:"page"`
			PageSize int `json:"pageSize"`
		} `json:"pageRequest"`
	}
	m := s.member(r)
	if m == nil || !r.decode(&body) || len(body.From) != 8 || len(body.To) != 8 ||
		body.Page == nil || body.Page.Page < s.config.FirstPage || body.Page.PageSize < 1 {
		return refuse("000_002")
	}
	rows := []any{}
	for _, t := range s.order {
		day := t.At.In(korea()).Format("20060102")
		if t.UserID == m.userID && t.Status == Completed && !s.hidden && day >= body.From && day <= body.To && (body.Kind == "" || body.Kind == "01") {
			rows = append(rows, t.wire())
		}
	}
	size := body.Page.PageSize
	from := min((body.Page.Page-s.config.FirstPage)*size, len(rows))
	return ok(map[string]any{
		"transactionInfo": rows[from:min(from+size, len(rows))],
		"pageResponse":    map[string]any{"page": body.Page.Page, "pageSize": size, "totalPages": (len(rows) + size - 1) / size},
	})
}

// wire is a transaction as the history shows it.
func (t *Transaction) wire() map[string]any {
	kind, number := "AUTH", t.Number
	if t.CancelOf != "" {
		kind, number = "CANCEL", t.CancelOf
	}
	return map[string]any{
		"nrNumber": number, "trType": "01", "trAmount": t.Amount.BigInt(), "authCancelType": kind,
		"approvalDateTime": t.At.In(korea()).Format("20060102150405"), "rechargeCancelable": !t.Canceled,
	}
}

// postCards names the list as the simulator likes: the provider's name is not known.
func postCards(s *Simulator, r *request) *result {
	m := s.member(r)
	if m == nil {
		return refuse("000_002")
	}
	return ok(map[string]any{"cardList": []any{map[string]any{"par": m.par, "minRechargeAmount": m.least.BigInt()}}})
}

func postAccount(s *Simulator, r *request) *result {
	m := s.member(r)
	if m == nil {
		return refuse("000_002")
	}
	answer := map[string]any{"isAutoRcgAccRegAllowed": m.plan == ""}
	if !m.noAccount {
		answer["bankAccForAutoRcg"] = "registered"
	}
	return ok(answer)
}

func postPlans(s *Simulator, r *request) *result {
	m := s.member(r)
	if m == nil {
		return refuse("000_002")
	}
	return planned("parInfoList", m, m.plan)
}

// planned answers with a plan in a state or, for a blank one, without any list
// (documented).
func planned(list string, m *Member, state string) *result {
	if state == "" {
		return ok(nil)
	}
	return ok(map[string]any{list: []any{map[string]any{
		"type": "INFINITE", "state": state, "par": m.par, "registeredDate": "20260101000000", "amount": 10_000, "thresholdBalance": 5_000,
	}}})
}

func postCreditPlans(s *Simulator, r *request) *result {
	m := s.member(r)
	if m == nil {
		return refuse("000_002")
	}
	return planned("planInfoList", m, m.creditPlan)
}

func postPaymentPlans(s *Simulator, r *request) *result {
	m := s.member(r)
	if m == nil {
		return refuse("000_002")
	}
	plans := []any{}
	if m.atPayment {
		plans = append(plans, map[string]any{"par": m.par, "registeredDate": "20260101000000"})
	}
	return ok(map[string]any{"parInfoList": plans})
}
