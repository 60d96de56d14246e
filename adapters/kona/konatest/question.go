package konatest

import (
	"encoding/json"
	"strconv"
)

func postInquiry(s *Simulator, r *request) *result {
	var body order
	if !r.decode(&body) || body.SequenceID == "" {
		return refuse("000_002")
	}
	t := s.transactions[body.SequenceID]
	if t == nil {
		return refuse(CodeNoSequence)
	}
	return ok(map[string]any{"result": t.Status, "nrNumber": t.Number})
}

// member finds the member that a question is about.
func (s *Simulator) member(r *request) *Member {
	var body struct {
		UserID json.Number `json:"userId"`
		PAR    string      `json:"par"`
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

// postHistory names the list as the simulator likes: the provider's name is not known.
func postHistory(s *Simulator, r *request) *result {
	var body struct {
		From string `json:"startDate"`
		To   string `json:"endDate"`
		Kind string `json:"trType"`
	}
	m := s.member(r)
	if m == nil || !r.decode(&body) || len(body.From) != 8 || len(body.To) != 8 {
		return refuse("000_002")
	}
	rows := []any{}
	for _, t := range s.order {
		at := t.At.In(korea())
		day := at.Format("20060102")
		if t.UserID != m.userID || t.Status != Completed || day < body.From || day > body.To || body.Kind != "" && body.Kind != "01" {
			continue
		}
		kind, number := "AUTH", t.Number
		if t.CancelOf != "" {
			kind, number = "CANCEL", t.CancelOf
		}
		rows = append(rows, map[string]any{
			"nrNumber": number, "trType": "01", "trAmount": t.Amount.BigInt(),
			"authCancelType": kind, "approvalDateTime": at.Format("20060102150405"), "rechargeCancelable": !t.Canceled,
		})
	}
	return ok(map[string]any{"transactionList": rows})
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
	plans := []any{}
	if m.plan != "" {
		plans = append(plans, map[string]any{
			"type": "INFINITE", "state": m.plan, "par": m.par, "registeredDate": "20260101000000", "amount": 10_000, "thresholdBalance": 5_000,
		})
	}
	return ok(map[string]any{"planList": plans})
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
