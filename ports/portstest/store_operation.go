package portstest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

func operationScenarios() []scenario {
	return []scenario{
		{"every kind of operation is read as it was written", saysRecord, operationRoundTrip},
		{"reading skips unknown and repeated ids", saysOperationIDs, operationReadSkips},
		{"version 1 is refused when the operation exists", saysVersion, operationCreateTwice},
		{"a version too old, the same or too new is refused", saysVersion, operationStale},
		{"a later version of an unknown operation is refused", saysVersion, operationUnknown},
		{"two writes of an operation in one call are decided in order", saysInOrder, operationTwiceInCall},
		{"an operation conflict refuses the wallets of its unit", saysAtomic, operationRefusesWallets},
		{"every field of every kind of operation comes back", saysRecord, operationFields},
		{"many operations are read in one call", saysAnyNumber, operationMany},
		{"one stale operation refuses a unit of several", saysAtomic, operationOneStale},
		{"units of one call with the same operation are decided in order", saysInOrder, operationInOrder},
		{"a read sees what was committed before it", saysBefore, operationSeen},
		{"an id is of one operation, whatever its kind", saysVersion, operationKinds},
		{"every field of a later version comes back", saysRecord, operationRefilled},
		{"long lists and texts come back", saysRecord, operationLong},
		{"an operation that ended does not end again", saysVersion, operationEndedAgain},
		{"a stale version is refused however late it is dated", saysVersion, operationStaleNewer},
		{"ids are compared byte by byte", saysBytes, operationBytes},
	}
}

func operationRoundTrip(s *storeTest) {
	for _, op := range fullOperations() {
		s.committed(only(op))
		s.sameOperation(op, s.operation(op.Head().ID))
		next := changed(op, func(head *ports.OperationHead) {
			head.DueAt, head.Lane, head.Provider, head.ProviderRef = time.Time{}, "", "", ""
		})
		s.committed(only(next))
		s.sameOperation(next, s.operation(op.Head().ID))
		last := ended(next)
		s.committed(only(last))
		s.sameOperation(last, s.operation(op.Head().ID))
	}
}

// fullOperations returns an operation of each kind with most fields set.
func fullOperations() []ports.Operation {
	head := func(kind ports.OperationKind) ports.OperationHead {
		return ports.OperationHead{
			ID: "op-" + string(kind), Kind: kind, WalletID: "w", Version: 1, Open: true,
			Lane: "lane:" + string(kind), Provider: "제공자", Reference: "order 1", ProviderRef: "거래-1",
			DueAt: at(30).Add(7 * time.Microsecond), CreatedAt: at(1), UpdatedAt: at(2),
		}
	}
	return []ports.Operation{
		&ports.Hold{
			OperationHead: head(ports.KindHold), Status: ports.HoldHeld, Balance: amount("999999999999999999.999999"), CashFirst: true,
			Lots: []ports.HeldLot{{LotID: 4, Amount: amount("0.000001"), ExpiresAt: at(9), Priority: 2}}, Memo: "메모",
		},
		&ports.Recharge{
			OperationHead: head(ports.KindRecharge), Status: ports.RechargeUnknown, Charger: "test", Amount: amount("10000"), Currency: "KRW",
			Key: "k",
			Progress: ports.Progress[ports.ChargeAnswer]{
				Evidence: []byte{0, 1, 0xff}, SentAt: at(3),
				Answer:    ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomePending, Code: "X", InquireAfter: time.Minute}, Amount: bound("10000.5")},
				Decisions: []ports.Decision{{What: "wait", Who: "kim", At: at(4)}},
			},
		},
		&ports.Claim{OperationHead: head(ports.KindClaim), Status: ports.ClaimHeld, RechargeID: "op-recharge", Number: 2},
		&ports.Debt{
			OperationHead: head(ports.KindDebt), Status: ports.DebtOwed, RechargeID: "op-recharge", Currency: "KRW", Amount: amount("7000.5"),
			Collected: amount("0.25"), Decisions: []ports.Decision{{What: ports.DecisionReverse, Who: "kim", Why: "지불 취소", At: at(2)}},
		},
		&ports.Cancellation{
			OperationHead: head(ports.KindCancellation), Status: ports.CancellationUnknown, RechargeID: "op-recharge", Charger: "test", Amount: amount("10000"),
			EntrySeq: 9, Who: "kim",
			Progress: ports.Progress[ports.ChargeAnswer]{
				Evidence: []byte{7, 0}, Transmissions: 1, SentAt: at(3), Inquiries: 2, Why: "고객 요청",
				Answer:    ports.ChargeAnswer{Answer: ports.Answer{Outcome: ports.OutcomeUnknown, Likely: ports.OutcomeDeclined}, At: at(4)},
				Decisions: []ports.Decision{{What: "cancel", Who: "kim", At: at(2)}},
			},
		},
		&ports.Withdrawal{
			OperationHead: head(ports.KindWithdrawal), Status: ports.WithdrawalRequested, Total: amount("20000"), Fee: amount("1500"), Net: amount("18500"),
			Quote: []byte(`{"v":1}`), Destination: ports.Destination{BankCode: "004", Masked: "***1234", Sealed: []byte{9, 0}},
			Approvals: []ports.Decision{{Who: "lee", At: at(5)}}, ActualFee: bound("1500"),
		},
		&ports.Policy{
			OperationHead: head(ports.KindPolicy), Status: ports.PolicyActive,
			PolicyTerms: ports.PolicyTerms{
				Methods: []ports.PaymentMethod{{Charger: "test", ID: "card"}}, MinimumCash: amount("1000"), RechargeTo: amount("5000"),
				BackoffFirst: time.Minute, TimeZone: "Asia/Seoul", AlertLevels: []decimal.Decimal{amount("500")},
			},
			State: []byte(`{"Attempt":{"Key":"k","Amount":"1"},"Tried":null,"Charges":[{"Key":"k","Count":1}],"Why":"카드 한도 \"초과\"","Unsettled":true}`),
		},
	}
}

func operationReadSkips(s *storeTest) {
	s.committed(only(hold("a", "w", "")), only(hold("b", "w", "")), only(hold("c", "w", "")))
	ops, err := s.Operations(s.t.Context(), []string{"c", "nobody", "a", "c", "", "a"})
	s.NoError(err)
	var found []string
	for _, op := range ops {
		found = append(found, op.Head().ID)
	}
	s.ElementsMatch([]string{"a", "c"}, found)
	none, err := s.Operations(s.t.Context(), nil)
	s.NoError(err)
	s.Empty(none)
}

func operationCreateTwice(s *storeTest) {
	first := hold("o", "w", "")
	s.committed(only(first))
	s.refused(only(hold("o", "other", "")), ports.FateOperationConflict, "o")
	s.sameOperation(first, s.operation("o"))
}

func operationStale(s *storeTest) {
	first := hold("o", "w", "")
	second := touched(first)
	s.committed(only(first), only(second))
	for _, version := range []int64{-1, 0, 1, 2, 4, 1 << 40} {
		stale := touched(second)
		stale.Head().Version = version
		s.refused(only(stale), ports.FateOperationConflict, "o")
	}
	s.sameOperation(second, s.operation("o"))
	s.committed(only(touched(second)))
}

func operationUnknown(s *storeTest) {
	s.refused(only(touched(hold("o", "w", ""))), ports.FateOperationConflict, "o")
	s.absent("w", "o")
}

func operationTwiceInCall(s *storeTest) {
	first := hold("o", "w", "")
	second := changed(first, func(head *ports.OperationHead) { head.DueAt = at(5) })
	rival := changed(first, func(head *ports.OperationHead) { head.DueAt = at(6) })
	third := ended(second)
	fates := s.commit(only(first), only(second), only(rival), only(third))
	s.statuses(fates, ports.FateCommitted, ports.FateCommitted, ports.FateOperationConflict, ports.FateCommitted)
	s.fate(fates[2], ports.FateOperationConflict, "o")
	s.sameOperation(third, s.operation("o"))
}

func operationRefusesWallets(s *storeTest) {
	a := opened("a")
	first := hold("o", "a", "")
	s.committed(with(a, first))
	s.refused(with(after(a, recharged("1", "k")), touched(touched(first))), ports.FateOperationConflict, "o")
	s.unchanged(a)
	s.sameOperation(first, s.operation("o"))
	s.committed(with(after(a, recharged("1", "k")), touched(first)))
}
