package main

// mutation is one rule, broken.
type mutation struct {
	name  string
	file  string
	from  string // occurs exactly once in the file
	to    string
	rooms string // whose tests should notice, blanks between
}

// mutations returns all of them, by room.
func mutations() []mutation {
	var all []mutation
	for _, list := range [][]mutation{ledgerMutations, moneyInMutations, moneyOutMutations, autoMutations, storeMutations, postgresMutations, providerMutations} {
		all = append(all, list...)
	}
	return all
}

var ledgerMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"held money is available", "ledger/rules.go",
		`availableCash, availablePoint := minus(w.Balance, w.BalanceHeld), minus(w.Point, w.PointHeld)`,
		`availableCash, availablePoint := w.Balance, minus(w.Point, w.PointHeld)`, "./ledger",
	},
	{
		"the order of lots is reversed", "ledger/rules.go",
		`	return cmp.Or(cmp.Compare(priorityA, priorityB), cmp.Compare(a, b))`,
		`	return cmp.Or(cmp.Compare(priorityB, priorityA), cmp.Compare(a, b))`, "./ledger",
	},
	{
		"refunds are not bounded", "ledger/rules.go",
		`!amount.IsPositive() || amount.GreaterThan(left)`, `!amount.IsPositive()`, "./ledger",
	},
	{
		"expired lots are spent", "ledger/unit.go",
		"	if err := b.expire(w, w.BookedAt); err != nil {\n		return nil, err\n	}\n", "", "./ledger",
	},
	{
		"a frozen wallet pays", "ledger/unit.go",
		`if err == nil && w.Status == ports.WalletFrozen {`, `if false && w.Status == ports.WalletFrozen {`, "./ledger",
	},
	{
		"a closed hold keeps the rest", "ledger/hold.go",
		"	rest := released(hold)\n	if _, err := b.append(w,", "	rest := released(hold)\n	rest = change{}\n	if _, err := b.append(w,", "./ledger",
	},
	{
		"cash is never enough", "ledger/rules.go",
		`	if cash.GreaterThan(availableCash) || point`, `	if cash.IsPositive() || point`, "./ledger",
	},
	{
		"the digest of a deduct misses the amount", "ledger/money.go",
		`request("deduct", &c.note).amount(request.Amount).int`, `request("deduct", &c.note).int`, "./ledger",
	},
	{
		"the hash of an entry misses the memo", "ledger/hash.go",
		`.str(entry.Reference).str(entry.Memo)`, `.str(entry.Reference)`, "./ledger",
	},
	{
		"Verify believes the record of a hold that has ended", "ledger/verify_hold.go",
		`			if reason := v.holds.ended[id].differs(records[id]); reason != "" {`,
		`			if reason := v.holds.ended[id].differs(records[id]); reason == "all" {`, "./ledger",
	},
	{
		"Verify calls a record wrong that was written meanwhile", "ledger/verify_hold.go",
		"		delete(h.watched, id)\n", "", "./ledger",
	},
	{
		"Verify passes a wallet that is behind its history", "ledger/verify.go",
		`	if v.last.Seq == before {`, `	if false {`, "./ledger",
	},
	{
		"Verify does not add up lots", "ledger/verify.go",
		`	if !point.Equal(entry.PointAmount) || !held.Equal(entry.PointHeldAmount) {`, `	if false {`, "./ledger",
	},
	{
		"points that came back expired before they did", "ledger/unit.go",
		`OccurredAt: later(changes[i].ExpiresAt, back)}`, `OccurredAt: changes[i].ExpiresAt}`, "./ledger",
	},
	{
		"an expired lot that is held in part goes as a whole", "ledger/unit.go",
		`		if lot.Amount = lot.Held; !lot.Held.IsZero() {`, `		if lot.Amount = lot.Held; false {`, "./ledger",
	},
	{
		"a refusal on an old balance is final", "ledger/answer.go",
		`		if r.current(request) {`, `		if true || r.current(request) {`, "./ledger ./adapters/memory",
	},
	{
		"a request that was left still runs", "ledger/request.go",
		`		if r.state.CompareAndSwap(queued, taken) {`, `		if true {`, "./ledger",
	},
	{
		"a refused peer is written", "ledger/commit.go",
		"		if u.changed[i] {\n			w.Version++", "		if u.changed[i] || true {\n			w.Version++", "./ledger",
	},
	{
		"an undecided commit is taken for done", "ledger/answer.go",
		"	case ports.FateUndecided:\n		r.undecided(u, fate.Err)", "	case ports.FateUndecided:\n		r.committed(u)", "./ledger",
	},
	{
		"a key that is taken is answered without a look at what it was for", "ledger/answer.go",
		`		case entry != nil && entry.Digest == c.digest:`, `		case entry != nil:`, "./ledger",
	},
	{
		"a refund does not see the one before it in its round", "ledger/round.go",
		"	if b.original != nil {\n		b.original.refunded", "	if false {\n		b.original.refunded", "./ledger",
	},
	{
		"a wallet that is kept holds up what shares its unit", "ledger/answer.go",
		`r.keep(u.requests, fate.IDs, busy(fate.Err))`, `r.keep(u.requests, nil, busy(fate.Err))`, "./ledger",
	},
	{
		"a hold that was read without the lock is good enough behind it", "ledger/load.go",
		`c.found != nil && !r.cache.knew(c.walletID, c.found.at)`, `false`, "./ledger",
	},
	{
		"the caller's way out leaves the record to the ledger", "ledger/queue.go",
		`	if len(c.foreign) > 0 {`,
		`	if false {`, "./recharge ./withdraw",
	},
	{
		"the act of a person names no person", "ledger/request.go",
		`if err := ports.CheckBy(*by); err != nil {`,
		`if err := ports.CheckBy(*by); false {`, "./ledger",
	},
	{
		"the history forgets who asked", "ledger/unit.go",
		"\tentry.Who = b.command.who\n",
		``, "./ledger",
	},
	{
		"the hash of an entry misses who asked", "ledger/hash.go",
		`	if entry.Who != "" {`,
		`	if false {`, "./ledger",
	},
	{
		"the digest of a freeze misses who asked", "ledger/wallet.go",
		`request(name, &c.note).str(c.who)`,
		`request(name, &c.note)`, "./ledger",
	},
	{
		"the digest of an adjust misses who asked", "ledger/money.go",
		`request("adjust", &c.note).str(c.who)`,
		`request("adjust", &c.note)`, "./ledger",
	},
	{
		"an expired hold keeps its money", "ledger/unit.go",
		"\tif err := b.endDue(w); err != nil {\n\t\treturn nil, err\n\t}\n",
		``, "./ledger",
	},
	{
		"a read shows an expired hold", "ledger/hold_due.go",
		`		if !holdsDue(w, at(w)) {`,
		`		if true {`, "./ledger",
	},
	{
		"an expired hold is captured", "ledger/hold.go",
		`	if w := b.wallet(hold.WalletID); w != nil {`,
		`	if w := b.wallet(hold.WalletID); false {`, "./ledger",
	},
	{
		"a wallet forgets when its holds expire", "ledger/hold.go",
		`w.HoldExpiry.IsZero() || expires.Before(w.HoldExpiry)`,
		`w.HoldExpiry.IsZero() || expires.After(w.HoldExpiry)`, "./ledger",
	},
	{
		"a refusal is judged on holds that were read too late", "ledger/hold_due.go",
		`r.loaded[w.ID] && r.apart()`,
		`false`, "./ledger",
	},
	{
		"a read is made of a wallet and of holds that do not belong together", "ledger/hold_due.go",
		`again[0].Version == w.Version && again[0].Hash == w.Hash:`,
		`true:`, "./ledger",
	},
	{
		"a unit gives back any number of holds", "ledger/hold_due.go",
		"\tmaxDue = 100\n",
		"\tmaxDue = 100_000\n", "./ledger",
	},
	{
		"Verify believes when a wallet looks for expired holds", "ledger/verify_hold.go",
		`record.Open && !due.IsZero() && (`,
		`record.Open && false && (`, "./ledger",
	},
	{
		"a scale may be lowered", "ledger/wallet.go",
		`if request.Scale <= w.Scale {`,
		`if request.Scale == w.Scale {`, "./ledger",
	},
	{
		"amounts keep their old digits when the scale is raised", "ledger/wallet.go",
		"\t\t*w = *normal(w)\n",
		``, "./ledger",
	},
	{
		"the digest of a rescale misses the scale", "ledger/wallet.go",
		`request("rescale", &c.note).str(c.who).int(int64(request.Scale))`,
		`request("rescale", &c.note).str(c.who)`, "./ledger",
	},
	{
		"the hash of an entry misses the scale", "ledger/hash.go",
		`	if entry.NewScale != 0 {`,
		`	if false {`, "./ledger",
	},
	{
		"Verify believes the scale of a wallet", "ledger/verify.go",
		`	case w.Scale != p.scale:`,
		`	case false:`, "./ledger",
	},
	{
		"a key that was used says nothing of what differs", "ledger/answer.go",
		`request.answer(nil, c.reused(entry))`,
		`request.answer(nil, ports.ErrKeyReused)`, "./ledger",
	},
	{
		"the digest of a credit has another name than before", "ledger/money.go",
		`canonical(nil).request("recharge", &c.note)`,
		`canonical(nil).request("credit", &c.note)`, "./ledger",
	},
	{
		"what a request asks is not compared with what its key was used for", "ledger/reused.go",
		`if c.content != nil {`,
		`if false {`, "./ledger",
	},
	{
		"digests miss the metadata", "ledger/digest.go",
		`return c.metadata(n.Metadata).time(ports.Instant(n.OccurredAt))`,
		`return c.time(ports.Instant(n.OccurredAt))`, "./ledger",
	},
	{
		"digests miss when it occurred", "ledger/digest.go",
		`return c.metadata(n.Metadata).time(ports.Instant(n.OccurredAt))`,
		`return c.metadata(n.Metadata)`, "./ledger",
	},
	{
		"the door blames the scale of a wallet that it has not seen", "ports/money.go",
		`if !exact && scale >= MaxScale {`,
		`if false {`, "./ledger",
	},
	{
		"a reversal refers to nothing", "ledger/book.go",
		`OperationID: r.OperationID, RefersTo: r.RefersTo,`,
		`OperationID: r.OperationID,`, "./ledger",
	},
	{
		"the door lets a reversal refer to nothing", "ledger/book.go",
		`	case r.RefersTo == 0 && (`,
		`	case false && (`, "./ledger",
	},
	{
		"Verify passes a reversal that refers to nothing", "ledger/verify.go",
		`	case entry.RefersTo == 0 && refers(`,
		`	case false && refers(`, "./ledger",
	},
	{
		"a booking is not checked against the wallet that it is written on", "ledger/book.go",
		`		if err := r.Check(w); err != nil {`,
		`		if err := r.Check(w); false {`, "./ledger",
	},
	{
		"a credit ignores the limits", "ledger/money.go",
		`		if err := b.admit(w, credit); err != nil {`,
		`		if err := b.admit(w, credit.Sub(credit)); err != nil {`, "./ledger",
	},
	{
		"a transfer ignores the limits of the wallet that receives", "ledger/transfer.go",
		`	err = b.admit(to, received)`,
		`	err = nil`, "./ledger",
	},
	{
		"a transfer that comes in is not counted", "ledger/transfer.go",
		"	b.count(to, received)\n",
		"", "./ledger",
	},
	{
		"a grant ignores the limit on points", "ledger/limits.go",
		`most.Valid && plus(plus(w.Point`,
		`false && plus(plus(w.Point`, "./ledger",
	},
	{
		"a limit that is reached exactly is exceeded", "ledger/limits.go",
		`plus(plus(limit.has, w.Incoming), more).GreaterThan(`,
		`plus(plus(limit.has, w.Incoming), more).GreaterThanOrEqual(`, "./ledger",
	},
	{
		"what is incoming does not count against a limit", "ledger/limits.go",
		`plus(plus(limit.has, w.Incoming), more)`,
		`plus(limit.has, more)`, "./ledger",
	},
	{
		"the days of limits begin in UTC", "ledger/limits.go",
		`at.In(zone).Format`,
		`at.UTC().Format`, "./ledger",
	},
	{
		"the limit of a day counts one credit only", "ledger/limits.go",
		`plus(ofDay, credited)`,
		`plus(ofDay.Sub(ofDay), credited)`, "./ledger",
	},
	{
		"money that arrives is not counted for the limits", "ledger/book.go",
		`		limits.count(w, cash)`,
		``, "./ledger",
	},
	{
		"an order that is opened is not checked against the limits", "ledger/book.go",
		`limits.over(w, r.Announce.Cash, b.bookingTime(w)); over != nil {`,
		`limits.over(w, r.Announce.Cash, b.bookingTime(w)); false {`, "./ledger",
	},
	{
		"what an order announced stays incoming", "ledger/book.go",
		`	w.Incoming = minus(w.Incoming, decimal.Min(r.Concluded.Cash, w.Incoming))`,
		``, "./ledger",
	},
	{
		"a wallet that is above a limit is not told", "ledger/book.go",
		`r.Above(limits.over(w, decimal.Decimal{}, w.BookedAt))`,
		`r.Above(nil)`, "./ledger",
	},
	{
		"what is incoming is never counted again", "ledger/limits.go",
		`	if !errors.As(err, &over) || !over.Incoming.IsPositive() {`,
		`	if !errors.As(err, &over) || over.Incoming.IsPositive() {`, "./ledger",
	},
	{
		"what is incoming is counted again on another state", "ledger/limits.go",
		`if w == nil || w.Seq != read.Seq || !w.Incoming.Equal(read.Incoming) || !w.IncomingPoint.Equal(read.IncomingPoint) {`,
		`if w == nil {`, "./ledger",
	},
	{
		"Verify believes what is incoming", "ledger/verify.go",
		` && open.sameAs(after):`,
		`:`, "./ledger",
	},
	{
		"a revocation takes what is held", "ledger/points.go",
		`			return minus(lot.Amount, lot.Held)`,
		`			return lot.Amount`, "./ledger",
	},
	{
		"a revocation does not tell what others took back", "ledger/points.go",
		`			granted = plus(granted, found[i].PointAmount)`,
		`			granted = plus(granted, found[len(found)-1].PointAmount)`, "./ledger",
	},
	{
		"a bonus that has expired is granted", "ledger/points.go",
		`	case !lot.ExpiresAt.IsZero() && !lot.ExpiresAt.After(w.BookedAt):`,
		`	case false:`, "./ledger",
	},
	{
		"a bonus that the purse cannot take refuses the cash", "ledger/points.go",
		`	case !ports.WithinLimit(plus(w.Point, amount)):`,
		`	case false:`, "./ledger",
	},
	{
		"more points are taken back than are in the lot", "ledger/points.go",
		`decimal.Min(amount.Neg(), unheld(w, lot.LotID)).Neg()`,
		`amount`, "./ledger",
	},
	{
		"a bonus is not checked against the limit on points", "ledger/book.go",
		`		if err := b.admitLot(w, r.Announce.Point); err != nil {`,
		`		if err := b.admitLot(w, r.Announce.Point); false {`, "./ledger",
	},
	{
		"bonuses of open recharges do not count against the limit on points", "ledger/limits.go",
		`plus(plus(w.Point, w.IncomingPoint), points)`,
		`plus(w.Point, points)`, "./ledger",
	},
	{
		"the bonus that an order announced stays incoming", "ledger/book.go",
		`	w.IncomingPoint = minus(w.IncomingPoint, decimal.Min(r.Concluded.Point, w.IncomingPoint))`,
		``, "./ledger",
	},
	{
		"a bonus is announced where no limit is on points", "ledger/book.go",
		`		if limits.Point.Valid {`,
		`		if true {`, "./ledger",
	},
	{
		"Verify believes which points are incoming", "ledger/verify.go",
		` && o.announced.Point.Equal(w.IncomingPoint)`,
		``, "./ledger",
	},
	{
		"a preview is written", "internal/dry/store.go",
		`fates[i] = s.judge(ctx, &units[i]);`,
		`fates[i] = s.Store.Commit(ctx, units[i : i+1])[0];`, "./internal/dry ./ledger",
	},
	{
		"a preview does not see that its key was used", "internal/dry/store.go",
		`	if len(keys) == 0 {`,
		`	if len(keys) >= 0 {`, "./internal/dry ./ledger",
	},
	{
		"a preview does not see that its lane is taken", "internal/dry/store.go",
		`	if len(found) > 0 && found[0]`,
		`	if len(found) < 0 && found[0]`, "./internal/dry ./recharge",
	},
	{
		"a preview shows holds that it has ended", "internal/dry/store.go",
		`		if op.Head().Open || !filter.Open {`,
		`		if true {`, "./internal/dry ./ledger",
	},
	{
		"a preview is of two states", "internal/dry/dry.go",
		`			s.outrun = true`,
		`			s.outrun = false`, "./internal/dry ./ledger",
	},
	{
		"the observer hears of a preview", "ledger/preview.go",
		`config.Observer, config.Logger, config.Parallel = nil, slog.New`,
		`config.Logger, config.Parallel = slog.New`, "./ledger",
	},
	{
		"a preview makes up the id of a hold", "ledger/preview.go",
		`newID, f.Hold.ID = f.Hold.ID, ""`,
		`newID = f.Hold.ID`, "./ledger",
	},
	{
		"a preview locks wallets", "ledger/preview.go",
		`dry: true}`,
		`dry: true, bound: l.bound}`, "./ledger",
	},
	{
		"a forfeit takes points that are held", "ledger/forfeit.go",
		`available := minus(w.Point, w.PointHeld)`,
		`available := w.Point`, "./ledger",
	},
	{
		"the digest of a forfeit misses who asked", "ledger/forfeit.go",
		`request("forfeit", &c.note).str(c.who)`,
		`request("forfeit", &c.note)`, "./ledger",
	},
	{
		"a wallet is closed with open operations behind an entry", "ledger/forfeit.go",
		`	case w.OpenOperations > 0:`,
		`	case false:`, "./ledger",
	},
	{
		"more cash is given up than may be", "ledger/forfeit.go",
		`!w.Balance.IsZero() && !w.Balance.Equal(c.Cash), w`,
		`w`, "./ledger",
	},
	{
		"points are given up that may not be", "ledger/forfeit.go",
		`w.Point.IsPositive() && !c.Points`,
		`false`, "./ledger",
	},
	{
		"a frozen wallet is closed behind an entry", "ledger/forfeit.go",
		`	case w.Status == ports.WalletFrozen && !c.DespiteFreeze:`,
		`	case false:`, "./ledger",
	},
	{
		"cash that is given up counts as a correction", "ledger/forfeit.go",
		`entry.Counterparty = ports.AccountForfeited`,
		`entry.Counterparty = ports.AccountAdjustment`, "./ledger",
	},
	{
		"what is reckoned is not what is booked", "ledger/book.go",
		`	if r.Reckon == nil {`,
		`	if r.Reckon == nil || r.Key != "" {`, "./ledger",
	},
}

var moneyInMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"a cancellation in part is booked as whole", "recharge/cancel.go",
		"\tif next.Answer.Amount.Valid {", "\tif false {", "./recharge",
	},
	{
		"more is given back than was left", "recharge/cancel.go",
		"\tif err == nil && back.GreaterThan(charge.Left()) {",
		"\tif false {", "./recharge",
	},
	{
		"a part that was given back is not kept in the record", "recharge/cancel.go",
		`charge.Canceled.Add(back)`, `charge.Canceled`, "./recharge",
	},
	{
		"what was asked for beyond what was given back stays out of the wallet", "recharge/cancel.go",
		`next.Amount.Sub(back))`, `back.Sub(back))`, "./recharge",
	},
	{
		"a Canceler hears of all that is left where a part is asked for", "recharge/cancel.go",
		`Amount: op.Amount, Left: charge.Left(),`, `Amount: charge.Left(), Left: charge.Left(),`, "./recharge",
	},
	{
		"a part above what is left is canceled", "recharge/cancel.go",
		`if err == nil && amount.GreaterThan(left) {`, `if false {`, "./recharge",
	},
	{
		"a Charger of whole charges gets parts", "recharge/cancel.go",
		"\tif !can {\n\t\treturn fmt.Errorf(\"%s: %w\", charge.Charger, ErrNoPart)\n\t}",
		"\tif !can {\n\t\treturn nil\n\t}", "./recharge",
	},
	{
		"a recharge that awaits its customer holds auto-recharge back", "autorecharge/evaluate.go",
		"\tcase ports.RechargeAwaiting, ports.RechargeExpired, ports.RechargeApproved,",
		"\tcase ports.RechargeAwaiting:\n\t\treturn true\n\tcase ports.RechargeExpired, ports.RechargeApproved,", "./autorecharge",
	},
	{
		"a payment window is confirmed over another amount", "recharge/confirm.go",
		"\tcase !request.Amount.Equal(op.Amount):",
		"\tcase false:", "./recharge",
	},
	{
		"a confirmation is sent for each call", "recharge/confirm.go",
		"\tcase op.Confirmed == digest:\n\t\treturn op, nil\n",
		"\tcase false:\n", "./recharge",
	},
	{
		"a payment is confirmed after the deadline", "recharge/confirm.go",
		" || !s.now().Before(op.Deadline):",
		":", "./recharge",
	},
	{
		"a token that the Charger refuses ends the recharge", "recharge/confirm.go",
		"\t\treturn nil, &NotConfirmedError{",
		"\t\t_, _ = s.charges.Refuse(ctx, op, *refusal)\n\t\treturn nil, &NotConfirmedError{", "./recharge",
	},
	{
		"a recharge expires without a last question", "recharge/await.go",
		"\top, err := s.charges.Inquire(ctx, op, to)\n\tif err != nil ||",
		"\tpending.Store(true)\n\tvar err error\n\tif err != nil ||", "./recharge",
	},
	{
		"a recharge expires while questions fail", "recharge/await.go",
		" || !pending.Load() || ",
		" || ", "./recharge",
	},
	{
		"a payment after the deadline is disputed", "recharge/charge.go",
		`if op.Status == ports.RechargeExpired && approved &&`,
		`if false && approved &&`, "./recharge",
	},
	{
		"an awaiting recharge keeps its lane", "recharge/await.go",
		"\tnext.Lane = \"\"\n\treturn order.Awaiting",
		"\treturn order.Awaiting", "./recharge",
	},
	{
		"a notice overtakes the answer to its order", "recharge/notice.go",
		`if !leased {`,
		`if !leased || leased {`, "./recharge",
	},
	{
		"a notice has an ended order sent again", "internal/order/send.go",
		" || !op.Head().Open || p.decided(op) {",
		" || p.decided(op) {", "./recharge",
	},
	{
		"a notice of another Charger is taken", "recharge/notice.go",
		"\t\tif err == nil && op.Charger != notice.Provider {",
		"\t\tif false {", "./recharge",
	},
	{
		"a notification that is forged is taken", "adapters/webhook/handler.go",
		"\t\treturn h.refused(ctx, path, err)",
		"\t\t_ = h.refused(ctx, path, err)", "./adapters/webhook",
	},
	{
		"a transfer needs no depositor", "adapters/manual/charger.go",
		"\tif depositor == \"\" {",
		"\tif false {", "./adapters/manual",
	},
	{
		"a Canceler does not hear when a cancellation was sent", "recharge/cancel.go",
		`RequestedAt: op.CreatedAt, SentAt: op.SentAt, ResentAt`, `RequestedAt: op.CreatedAt, ResentAt`, "./recharge",
	},
	{
		"a Charger is not asked whether it takes a part back", "recharge/cancel.go",
		`refusal = parts.CheckPart(cancelOrder(charge, op))`, `_ = parts`, "./recharge",
	},
	{
		"the key of a part answers no retry", "recharge/cancel.go",
		`if d.key != "" && charge.EntrySeq != 0 {`, `if false {`, "./recharge",
	},
	{
		"one recharge takes any number of parts", "recharge/cancel.go",
		`if !rest && len(charge.Parts) >= ports.MaxParts {`, `if false {`, "./recharge",
	},
	{
		"two cancellations of one charge are under way", "recharge/cancel.go",
		"\tcase op.Open:\n\t\treturn nil, &InProgressError{OperationID: op.ID, Lane: op.Lane}", "\tcase false:", "./recharge",
	},
	{
		"the rest is not canceled while a part is under way: the part is returned", "recharge/cancel.go",
		`(!op.Open || op.Amount.Equal(charge.Left()))`, `true`, "./recharge",
	},
	{
		"a recharge that was canceled in part frees its payment", "recharge/claim.go",
		` || len(op.Parts) > 0 || op.Disputed)`, ` || op.Disputed)`, "./recharge",
	},
	{
		"a part that came back is compared as if it had not", "recharge/cancel.go",
		`takenBack = op.BackSeq == 0`, `takenBack = true`, "./recharge",
	},
	{
		"a part comes back twice", "recharge/resolve.go",
		"\tnext.Parts = slices.DeleteFunc(next.Parts, func(id string) bool { return id == part.ID })\n", "", "./recharge",
	},
	{
		"a part comes back before the rest", "recharge/resolve.go",
		"\tcase next.ReverseSeq != 0:\n", "\tcase false:\n", "./recharge",
	},
	{
		"the credit of a recharge comes back with the parts that were taken", "recharge/resolve.go",
		`Balance: next.Left(), Counterparty`, `Balance: next.Credited, Counterparty`, "./recharge",
	},
	{
		"a cancellation of a part tells that the recharge is approved", "recharge/cancel.go",
		`if op.Status != ports.CancellationApproved || op.Part {`, `if op.Status != ports.CancellationApproved {`, "./recharge",
	},
	{
		"what comes back of a recharge hides a part that was taken", "autorecharge/evaluate.go",
		`left := back[entry.OperationID].Add(`, `left := decimal.NewFromInt(int64(len(back))).Mul(decimal.New(1, 9)).Add(`, "./autorecharge",
	},
	{
		"Kona takes the whole back where a part is asked for", "adapters/kona/canceler.go",
		`if !order.Amount.IsPositive() || !order.Amount.Equal(order.Left) {`, `if false {`, "./adapters/kona",
	},
	{
		"the suite sends no part to a Canceler of whole charges", "ports/portstest/canceler_scenario.go",
		`order.order.Amount = someOf(order.order.Left)`, `order.order.Amount = order.order.Left`, "./internal/suitetest",
	},
	{
		"the suite takes back one part of a charge only", "ports/portstest/canceler_part.go",
		`[]decimal.Decimal{part, part, charge.Amount.Sub(part).Sub(part)}`, `[]decimal.Decimal{part}`, "./internal/suitetest",
	},
	{
		"an old pending answer contradicts the provider's decline", "internal/order/late.go",
		`declined := P(&p.kind.Progress(op).Answer).Common().Outcome == ports.OutcomeDeclined && `,
		`declined := false && `, "./recharge",
	},
	{
		"an old pending answer contradicts the bank's rejection", "internal/order/late.go",
		`declined := P(&p.kind.Progress(op).Answer).Common().Outcome == ports.OutcomeDeclined && `,
		`declined := false && `, "./withdraw",
	},
	{
		"what an older version suspended after a dispute is reinstated", "autorecharge/state.go",
		`	if policy.Status == ports.PolicySuspended && slices.Contains(heldReasons, state.Why) {`,
		`	if false {`, "./autorecharge",
	},
	{
		"a service without a guard refuses a wallet whose policy only alerts", "withdraw/service.go",
		`ok && !policy.MinimumCash.IsPositive() {`,
		`ok && !policy.MinimumCash.IsPositive() && false {`, "./withdraw",
	},
	{
		"a recharge that a person declined keeps the reason of its dispute", "recharge/resolve.go",
		"\tnext.Why = d.Why\n\treturn next, s.decline(ctx, next)",
		`	return next, s.decline(ctx, next)`, "./recharge",
	},
	{
		"a listing takes any text", "ports/listing.go",
		"\t\tCheckProviderRef(\"ProviderRef\", l.ProviderRef), CheckReference(\"AfterID\", l.AfterID),\n",
		"\t\tCheckReference(\"AfterID\", l.AfterID),\n", "./ledger",
	},
	{
		"the age of an operation is compared to the microsecond below", "adapters/postgres/operation.go",
		`		return whole.Add(time.Microsecond)`,
		`		return whole`, "./adapters/postgres",
	},
	{
		"a page of the desk ends before its items", "desk/desk.go",
		`		if len(found) < filter.Limit || len(items) >= listing.Limit {`,
		`		if len(found) <= filter.Limit {`, "./desk",
	},
	{
		"a part of the desk that cannot be read hides the others", "desk/desk.go",
		`	return items[:min(limit, len(items))], errs`,
		"\tif errs != nil {\n\t\treturn nil, errs\n\t}\n\treturn items[:min(limit, len(items))], nil", "./desk",
	},
	{
		"the desk leaves out a policy whose provider was not told", "desk/desk.go",
		`return "the provider is yet to be set as the policy says", state.Unconfigured`,
		`return "", false`, "./desk ./autorecharge",
	},
	{
		"the desk counts from the request of an order that was sent later", "desk/desk.go",
		"\tif sent.IsZero() {\n\t\treturn since\n\t}\n\treturn sent\n",
		"\t_, _ = sent, since\n\treturn op.Head().CreatedAt\n", "./desk",
	},
	{
		"an order with an alarm is on the desk only when it is old", "desk/desk.go",
		`return item, ok && (item.Overdue || item.Alarm != "")`,
		`return item, ok && item.Overdue`, "./desk",
	},
	{
		"a disputed withdrawal is not on the desk", "desk/desk.go",
		`ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalReview, ports.WithdrawalDisputed)`,
		`ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalReview)`, "./desk",
	},
	{
		"a withdrawal that waits for approval is not on the desk", "desk/desk.go",
		`ports.Statuses(ports.WithdrawalRequested, ports.WithdrawalReview, ports.WithdrawalDisputed)`,
		`ports.Statuses(ports.WithdrawalReview, ports.WithdrawalDisputed)`, "./desk",
	},
	{
		"a provider is asked about an act that the policy does not admit", "autorecharge/act.go",
		"\tif err := admits(&policy.Policy, by.what); err != nil {\n\t\treturn nil, record.About(\"policy of\", \"wallet\", by.WalletID, err)\n\t}\n",
		``, "./autorecharge",
	},
	{
		"an unreadable policy of another wallet keeps a policy from its end", "autorecharge/delegate.go",
		`if !errors.Is(errChange, ports.ErrNotFound) && !errors.Is(errChange, ports.ErrUnreadable) {`,
		`if !errors.Is(errChange, ports.ErrNotFound) {`, "./autorecharge",
	},
	{
		"a pending answer never contradicts that nothing was charged", "internal/order/late.go",
		`(declined || !Taken(*answer))`,
		`(declined || true || !Taken(*answer))`, "./recharge",
	},
	{
		"an amount that was reported before the approval is forgotten", "recharge/answer.go",
		`	if !answer.Amount.Valid {`,
		`	if !answer.Amount.Valid && !answer.Outcome.Final() {`, "./recharge",
	},
	{
		"an unknown Charger is refused without the known ones", "recharge/service.go",
		`record.UnknownName("Charger", s.Chargers())`, `record.UnknownName("Charger", nil)`, "./recharge",
	},
	{
		"figures of another charge count", "internal/order/answer.go",
		`	if common.ProviderRef == "" || head.ProviderRef == "" || common.ProviderRef == head.ProviderRef {`,
		`	if head != nil {`, "./recharge",
	},
	{
		"figures of another payout count", "internal/order/answer.go",
		`	if common.ProviderRef == "" || head.ProviderRef == "" || common.ProviderRef == head.ProviderRef {`,
		`	if head != nil {`, "./withdraw",
	},
	{
		"what a decorated Charger can do is not seen", "ports/as.go",
		"case interface{ Unwrap() Charger }:\n\t\t\tadapter = wrapper.Unwrap()", "case interface{ Unwrap() Charger }:\n\t\t\t_, adapter = wrapper, nil", "./ports ./recharge ./autorecharge",
	},
	{
		"a decorated Charger may hide what it can do", "recharge/service.go",
		"		found = embedded(field, found)\n", "", "./recharge",
	},
	{
		"a Charger may ask for a pause beyond ReviewAfter", "internal/order/apply.go",
		"\tif head.DueAt.After(reviewAt) {",
		"\tif head.DueAt.After(reviewAt) && false {", "./recharge",
	},
	{
		"more is charged than was asked for", "recharge/service.go",
		`		Amount: amount, Currency: wallet.Currency, Key: request.Key,`,
		`		Amount: amount.Add(decimal.New(1000, 0)), Currency: wallet.Currency, Key: request.Key,`, "./recharge",
	},
	{
		"every unknown is left to people", "internal/order/apply.go",
		"\t\tp.wait(next, status, answer)\n\tdefault:",
		"\t\tp.wait(next, status, answer)\n\t\tp.Review(next, \"unknown\")\n\tdefault:", "./recharge",
	},
	{
		"an unknown is taken for a failure", "internal/order/apply.go",
		"\tcase ports.OutcomeUnknown:\n\t\tstatus := Unknown\n",
		"\tcase ports.OutcomeUnknown:\n\t\tif next.Head().Open {\n\t\t\treturn p.kind.End(ctx, next, ports.OutcomeFault)\n\t\t}\n\t\tstatus := Unknown\n", "./recharge",
	},
	{
		"an outcome that has no name cannot be read", "ports/answer.go",
		`	*o = Outcome(max(0, slices`,
		`	*o = Outcome(max(-1, slices`, "./ports",
	},
	{
		"an unknown is sent again", "internal/order/send.go",
		`if common.Outcome != ports.OutcomeUnknown || !common.Resend || !op.Head().Open || p.decided(op) {`,
		`if common.Outcome != ports.OutcomeUnknown || !op.Head().Open || p.decided(op) {`, "./recharge",
	},
	{
		"the credit is booked without the record", "recharge/charge.go",
		`		Operations: append(append([]ports.Operation{next}, claim...), with...), Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },`,
		`		Operations: append(append([]ports.Operation{next}, claim...), with...)[1:], Fill: func(e *ports.Entry) { next.EntrySeq = e.Seq },`, "./recharge",
	},
	{
		"an order is sent before that is written down", "internal/order/send.go",
		"\thead.DueAt = now.Add(p.Lease())\n\treturn p.Write(ctx, next)",
		"\thead.DueAt = now.Add(p.Lease())\n\thead.Version++\n\treturn nil", "./recharge",
	},
	{
		"an order is sent after its lease", "internal/order/send.go",
		`	if !p.Now().Before(next.Head().DueAt) {`,
		`	if !p.Now().Before(next.Head().DueAt) && false {`, "./recharge",
	},
	{
		"the caller's leaving drops the provider's answer", "internal/order/apply.go",
		`	ctx = context.WithoutCancel(ctx) // the provider has spoken: that must be kept`,
		``, "./recharge",
	},
	{
		"an answer that comes after the end is dropped", "recharge/charge.go",
		"\t\top.Status != ports.RechargeReversed && agrees && !another && !s.charges.News(op, &answer.Answer):",
		"\t\tagrees || true:", "./recharge",
	},
	{
		"a late approval of another amount is no news", "recharge/charge.go",
		`another := news && `, `another := false && news && `, "./recharge",
	},
	{
		"a person's report of a payout ignores the total that the provider reported", "withdraw/decide.go",
		`answer.Total, answer.Fee, answer.Net = next.Answer.Total, next.Answer.Fee, next.Answer.Net`,
		`answer.Fee, answer.Net = next.Answer.Fee, next.Answer.Net`, "./withdraw",
	},
	{
		"an answer that learnt nothing forgets the bank transfer", "withdraw/answer.go",
		"\tinto.TransactionID, into.TransactedAt = answer.TransactionID, answer.TransactedAt\n",
		``, "./withdraw",
	},
	{
		"an answer is not kept when the record moved on", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := overtaken`, "./recharge",
	},
	{
		"a charge that stands after all is not credited again", "recharge/cancel.go",
		`return s.closeCancel(ctx, charge, next, next.Amount)`, `return s.closeCancel(ctx, charge, next, decimal.Zero)`, "./recharge",
	},
	{
		"an answer to a cancellation that comes after the end is dropped", "recharge/cancel.go",
		`	if !another && s.cancels.Agrees(`,
		`	if true || !another && s.cancels.Agrees(`, "./recharge",
	},
	{
		"one charge of the provider credits two recharges", "recharge/claim.go",
		`return ports.MerchantOf(other.Charger) == ports.MerchantOf(op.Charger) && has(other)`, `return false && has(other)`, "./recharge",
	},
	{
		"an act of a person whose commit was in doubt is never told", "recharge/resolve.go",
		"\t\t\t_ = s.charges.Note(ctx, op, err)\n",
		"\t\t\t_ = op\n", "./recharge",
	},
	{
		"the reason of a cancellation is lost", "recharge/cancel.go",
		"\t\twhy = by.Decisions[0].Why\n",
		``, "./recharge",
	},
	{
		"a late part of a cancellation agrees with the whole", "recharge/cancel.go",
		`	if !another && s.cancels.Agrees(`,
		`	if (another || !another) && s.cancels.Agrees(`, "./recharge",
	},
	{
		"a refusal of one transmission ends what the provider works on", "internal/order/weigh.go",
		`	case overtaken && refused && !names && p.Working(current) && (a.fromSend || corrected || !p.Working(asked)):`,
		`	case overtaken && refused && !names && p.Working(current) && (corrected || !p.Working(asked)):`, "./recharge",
	},
	{
		"texts of a provider are not made UTF-8", "internal/order/path.go",
		"\ttext = strings.Map(func(r rune) rune {",
		"\t_ = strings.Map(func(r rune) rune {", "./recharge",
	},
	{
		"a resend that another process overtakes fails", "internal/order/send.go",
		`	if !errors.Is(err, ports.ErrLaneTaken) && !errors.Is(err, ports.ErrConflict) {`,
		`	if !errors.Is(err, ports.ErrLaneTaken) {`, "./recharge",
	},
	{
		"the amount of a named payment is not learnt", "internal/order/late.go",
		"amount.Valid && (claim.Unread || !ports.SameAmount(amount, claim.Amount))",
		"amount.Valid && claim.Version == 0", "./recharge",
	},
	{
		"the alarm of an answer that changes nothing is not logged", "internal/order/log.go",
		`	if answer.Alarm != "" {`,
		`	if false {`, "./recharge",
	},
	{
		"a late answer with what no record can hold agrees", "internal/order/late.go",
		`	case late.Odd != nil && answer.Outcome == ports.OutcomeApproved:`,
		`	case false:`, "./withdraw",
	},
	{
		"a second payment is named without its claim", "internal/order/apply.go",
		`p.Note(ctx, next, p.Write(ctx, next, claim...))`,
		`p.Note(ctx, next, p.Write(ctx, next, claim[:0]...))`, "./recharge",
	},
	{
		"a reason names the latest payment only", "internal/order/apply.go",
		`		why += otherPayments + strings.Join(others, ", ")`,
		`		_ = strings.Join(others, ", ")`, "./recharge",
	},
	{
		"a record lists payments without end", "ports/progress.go",
		" && len(p.Others) < MaxOthers {",
		" {", "./recharge",
	},
	{
		"a reason leaves out an id that another begins with", "internal/order/apply.go",
		`func(ref string) bool { return mentions(why, ref) })`,
		`func(ref string) bool { return strings.Contains(why, ref) })`, "./recharge",
	},
	{
		"a payment with an odd id takes the place of the one under way", "internal/order/weigh.go",
		"a.ref() != \"\" && a.ref() != op.Head().ProviderRef",
		"a.named != \"\" && a.named != op.Head().ProviderRef", "./recharge",
	},
	{
		"a question of before ends what the provider works on", "internal/order/weigh.go",
		`	case overtaken && refused && !names && p.Working(current) && (a.fromSend || corrected || !p.Working(asked)):`,
		`	case overtaken && refused && !names && p.Working(current) && (a.fromSend || corrected):`, "./recharge",
	},
	{
		"a balance that no record can hold is a dispute", "internal/order/weigh.go",
		`	return slices.Contains([]string{"ProviderRef"`,
		`	return true || slices.Contains([]string{"ProviderRef"`, "./recharge",
	},
	{
		"a corrected payment that cannot be booked is not named", "internal/order/apply.go",
		"\tif err := p.nameEarlier(ctx, op, next); err != nil {\n\t\treturn op, err\n\t}\n\tcommon := P(&answer)",
		"\tcommon := P(&answer)", "./withdraw",
	},
	{
		"a payout of another withdrawal is taken over with what cannot be booked", "internal/order/apply.go",
		`	if a.odd != nil && common.Outcome == P(&a.answer).Common().Outcome {`,
		`	if a.odd != nil {`, "./withdraw",
	},
	{
		"the figures of an approval in review are lost", "internal/order/apply.go",
		`	case common.Outcome == ports.OutcomeApproved && own && a.lost() == "":`,
		`	case own && false:`, "./withdraw",
	},
	{
		"a question that failed undoes an approval", "internal/order/answer.go",
		`nothing || head.Open && before.Outcome == ports.OutcomeApproved {`,
		`nothing {`, "./recharge",
	},
	{
		"an approved order is sent again", "internal/order/send.go",
		` || !op.Head().Open || p.decided(op) {`,
		` || !op.Head().Open {`, "./recharge",
	},
	{
		"two payments end by a refusal after a person inquired", "internal/order/weigh.go",
		"\tcase p.decided(current):\n\t\treturn p.weighDecided",
		"\tcase p.decided(current) && inReview:\n\t\treturn p.weighDecided", "./recharge",
	},
	{
		"what knows nothing of a payment that was declined is a dispute", "internal/order/weigh.go",
		`	case !head.Open && earlier && !refusesIt:`,
		`	case !head.Open && earlier && !names:`, "./recharge",
	},
	{
		"a refusal of an earlier transmission is not added to a review", "internal/order/weigh.go",
		`	case earlier && (!refusesIt || !inReview):`,
		`	case earlier:`, "./recharge",
	},
	{
		"a review forgets the id of a payment", "internal/order/weigh.go",
		"\tif answer.ProviderRef != \"\" && current.Head().ProviderRef == \"\" {",
		"\tif false {", "./recharge",
	},
	{
		"records of an earlier version are not taken", "internal/order/weigh.go",
		`	return progress.Taken || is(op, Pending) || outcome == ports.OutcomePending || outcome == ports.OutcomeApproved`,
		`	return progress.Taken || false && outcome == ports.OutcomePending`, "./recharge",
	},
	{
		"a refusal of a payment that was corrected ends the order", "internal/order/weigh.go",
		`	case overtaken && refused && !names && p.Working(current) && (a.fromSend || corrected || !p.Working(asked)):`,
		`	case overtaken && refused && !names && p.Working(current) && (a.fromSend || !p.Working(asked)):`, "./recharge",
	},
	{
		"an answer that knows nothing ends a review", "internal/order/weigh.go",
		"\tcase inReview && common.Outcome == ports.OutcomeUnknown:\n",
		"\tcase false:\n", "./recharge",
	},
	{
		"an answer ends the review of a decided order", "internal/order/weigh.go",
		"\tcase ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault:\n\t}\n\treturn remark",
		"\tcase ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault:\n\t}\n\treturn booking", "./recharge",
	},
	{
		"an outcome that has no name counts", "internal/order/answer.go",
		"\tif !common.Outcome.Known() {",
		"\tif false {", "./recharge",
	},
	{
		"a pending answer undoes an approval that cannot be booked", "internal/order/weigh.go",
		"\tcase ports.OutcomePending:\n\t\tif !is(current, Review) ||",
		"\tcase ports.OutcomePending:\n\t\tif !is(current, Review) {\n\t\t\treturn booking\n\t\t}\n\t\tif", "./recharge ./withdraw",
	},
	{
		"a third payment of a decided order is not named", "internal/order/weigh.go",
		"(a.fromSend || corrected || p.decided(current) || a",
		"(a.fromSend || corrected || a", "./recharge ./withdraw",
	},
	{
		"a figure that no record can hold is forgotten", "internal/order/weigh.go",
		"\tcase approved && progress.Unread && ",
		"\tcase false && ", "./recharge",
	},
	{
		"a figure that no record can hold blocks another payment", "internal/order/weigh.go",
		" && (names || common.ProviderRef == \"\" || head.ProviderRef == \"\"):",
		":", "./recharge",
	},
	{
		"a person approves a figure that no record can hold", "recharge/resolve.go",
		"\tif unread {\n\t\treturn ports.Invalid(\"Amount\"",
		"\tif unread && false {\n\t\treturn ports.Invalid(\"Amount\"", "./recharge",
	},
	{
		"a second payment of a figure that no record can hold is approved as ordered", "internal/order/late.go",
		"claim.Amount, claim.Unread, changed = amount, unread, true",
		"claim.Amount, claim.Unread, changed = amount, false, true", "./recharge",
	},
	{
		"a guess of an id takes the place of the payment's", "internal/order/answer.go",
		"\tif !Taken(*common) && head.ProviderRef != \"\" && p.Working(next) {",
		"\tif false {", "./recharge ./withdraw",
	},
	{
		"an inquiry corrects an id back", "internal/order/apply.go",
		"\tcase again: // an",
		"\tcase again && false: // an", "./recharge",
	},
	{
		"an answer that contradicts a dispute is not told", "internal/order/late.go",
		"\treturn op.StatusText() == disputed && answer",
		"\treturn false && answer", "./recharge ./withdraw",
	},
	{
		"a late refusal of another payment removes what was approved", "internal/order/late.go",
		"\tif refusal && !moved && was",
		"\tif refusal && false && was", "./recharge",
	},
	{
		"the amount of a payment that a late one replaces is forgotten", "internal/order/late.go",
		"!stands && (unread || p.kind.Reports(&earlier))",
		"!stands && false", "./recharge",
	},
	{
		"a late figure that no record can hold is forgotten", "internal/order/late.go",
		"\tif p.unread(&late.Answer, late.Odd) {",
		"\tif false {", "./recharge",
	},
	{
		"a figure that is reported while payments are in review is forgotten", "internal/order/apply.go",
		"\t\tp.kind.Report(&progress.Answer, &answer)\n\t}\n\tif own &&",
		"\t}\n\tif own &&", "./recharge",
	},
	{
		"a remark takes the id of another withdrawal's payout", "internal/order/apply.go",
		"\tanswer, err := p.judged(ctx, op, a.answer)\n\tif err != nil {\n\t\treturn op, err\n\t}\n\tnext := Clone(op)\n\tcommon, head",
		"\tanswer, err := a.answer, error(nil)\n\tif err != nil {\n\t\treturn op, err\n\t}\n\tnext := Clone(op)\n\tcommon, head", "./withdraw",
	},
	{
		"the id in a refusal is the payment of a review", "internal/order/apply.go",
		"\tcase common.Outcome.Final(): // a refusal names no payment\n",
		"", "./recharge ./withdraw",
	},
	{
		"a reason has several lines", "internal/order/path.go",
		"\t\tif unicode.IsControl(r) {",
		"\t\tif unicode.IsControl(r) && false {", "./recharge ./withdraw",
	},
	{
		"what a caller no longer wants may be approved", "recharge/service.go",
		"s.charges.Refuse(ctx, op, *refusal)",
		"s.charges.Apply(ctx, op, *refusal, false)", "./recharge",
	},
	{
		"a late payment is claimed without a look at older credits", "recharge/claim.go",
		"\tif err := s.unclaimedByRecords(ctx, op); err != nil {\n\t\treturn nil, err\n\t}\n\treturn s.claim(ctx, op)",
		"\treturn s.claim(ctx, op)", "./recharge",
	},
	{
		"a dropped payment is forgotten", "recharge/resolve.go",
		`	if d.drop && next.ProviderRef != "" {`,
		`	if d.drop {`, "./recharge",
	},
	{
		"a cancellation is compared with its end and not with the wallet", "recharge/cancel.go",
		"ports.CancellationApproved && charge.CancelID == op.ID",
		"ports.CancellationApproved", "./recharge",
	},
	{
		"several cancellations are approved as one", "recharge/cancel.go",
		"} else if next.Unread || len(next.Others) > 0 {",
		"} else if false {", "./recharge",
	},
	{
		"a payout that a person called refused is taken for returned", "withdraw/dispute.go",
		" && !refusedByPerson(op)",
		"", "./withdraw",
	},
	{
		"the answer to a withdrawal's own transmission is another's payout", "withdraw/dispute.go",
		"others && (late.FromSend || another(op, said))",
		"others && another(op, said)", "./withdraw",
	},
	{
		"the fee of one of several payouts is taken for that of another", "withdraw/decide.go",
		"\treturn op.Unread || len(op.Others) > 0 && !known",
		"\treturn op.Unread || !known && false", "./withdraw",
	},
	{
		"a fee that no record can hold is booked as quoted", "withdraw/decide.go",
		"\treturn op.Unread || len",
		"\treturn len", "./withdraw",
	},
	{
		"a Disburser that breaks down holds up the others", "withdraw/send.go",
		"\terr = call.Contain(func() { lane = disburser.Lane(payoutOrder(op)) })\n\treturn lane, err",
		"\t_ = call.Contain\n\treturn disburser.Lane(payoutOrder(op)), nil", "./withdraw",
	},
	{
		"one payout completes two withdrawals at the same moment", "withdraw/effects.go",
		"append([]ports.Operation{next}, claim...)",
		"append([]ports.Operation{next}, claim[:0]...)", "./withdraw",
	},
	{
		"a payout that was named since the look completes another withdrawal", "withdraw/effects.go",
		"\tif shared { // since",
		"\tif shared && false { // since", "./withdraw",
	},
	{
		"news about a payment that was a mistake twice does not hold it", "recharge/claim.go",
		" && status == ports.ClaimHeld && holds(op) {",
		" && status == ports.ClaimHeld && false {", "./recharge",
	},
	{
		"the amount of a named payment does not count for a record without one", "recharge/resolve.go",
		"\treturn next.ProviderRef != \"\" && next.ProviderRef != was.ProviderRef\n",
		"\treturn next.ProviderRef != \"\" && was.ProviderRef != \"\" && next.ProviderRef != was.ProviderRef\n", "./recharge",
	},
	{
		"a late answer to a locked record is lost", "internal/order/late.go",
		"errors.Is(err, ports.ErrBusy) && busy < 2*lossesMax",
		"errors.Is(err, ports.ErrBusy) && busy < 0", "./recharge ./withdraw",
	},
	{
		"a charge that two cancellations gave back is no news", "recharge/cancel.go",
		"\treturn by.ProviderRef == \"\" || by.ProviderRef != answer.ProviderRef, nil",
		"\treturn by == nil, nil", "./recharge",
	},
	{
		"a withdrawal that waits for long goes to review though its process runs", "withdraw/jobs.go",
		"s.now().Sub(op.UpdatedAt) >= s.config.ReviewAfter/2",
		"false", "./withdraw",
	},
	{
		"locked orders keep the others from their turn", "internal/record/operation.go",
		"\t\t\t\tfailures, due = 0, due[(len(due)-1)/2:]\n",
		"\t\t\t\tdue = due[len(due)-1:]\n", "./recharge ./withdraw",
	},
	{
		"a recharge that its cancellation reverses is not told", "recharge/cancel.go",
		"\tif op.Status != ports.CancellationApproved || op.Part {\n\t\treturn\n\t}\n\tcharge",
		"\tif true {\n\t\treturn\n\t}\n\tcharge", "./recharge",
	},
	{
		"the guess of an id names a payment", "internal/order/apply.go",
		" || !p.Working(op) { // or",
		" { // or", "./recharge ./withdraw",
	},
	{
		"a payment is named for its first order only", "internal/order/late.go",
		"\t\tclaim.Also, changed = append(claim.Also, head.ID), true\n",
		"", "./recharge",
	},
	{
		"Cancel fails when the record changes", "recharge/cancel.go",
		"\tvar to *order.Provider[*ports.Cancellation, ports.ChargeAnswer]\n\top, err := again(func() (op *ports.Cancellation, err error) {\n\t\top, to, err = s.openCancel(ctx, d)\n\t\treturn op, err\n\t})",
		`	op, to, err := s.openCancel(ctx, d)`, "./recharge",
	},
	{
		"a decision about a cancellation fails when the record changes", "recharge/cancel.go",
		`	op, err := again(func() (*ports.Cancellation, error) { return s.decideCancelOnce(ctx, d) })`,
		`	op, err := s.decideCancelOnce(ctx, d)`, "./recharge",
	},
	{
		"the time of a payout is not checked at the door", "withdraw/decide.go",
		"ports.CheckTime(\"TransactedAt\", p.TransactedAt), ",
		"", "./withdraw",
	},
	{
		"a payment that is named late is not claimed", "recharge/charge.go",
		`		return s.learn(ctx, op, answer, told) // it says`,
		`		return op, nil // it says`, "./recharge",
	},
	{
		"a late answer about another payment agrees", "recharge/charge.go",
		`named && op.ProviderRef != "" && answer.ProviderRef != op.ProviderRef || // payment`,
		`false || // payment`, "./recharge",
	},
	{
		"one Charger holds up the orders of others", "recharge/jobs.go",
		`			return s.followCharges(ctx, ports.OperationFilter{Providers: []string{name}, Limit: limit})`,
		`			return s.followCharges(ctx, ports.OperationFilter{Limit: limit})`, "./recharge",
	},
	{
		"a reference that no record can hold is kept", "internal/order/answer.go",
		"\t\tcommon.ProviderRef, odd = \"\", err\n",
		``, "./recharge",
	},
	{
		"a refusal of Prepare has any outcome", "internal/order/send.go",
		`!common.Outcome.Final() || common.Outcome == ports.OutcomeApproved {`,
		`false {`, "./recharge",
	},
	{
		"a change whose commit was in doubt is never told", "internal/order/apply.go",
		"\terr = p.write(ctx, next, common)\n\tif !p.Unbookable(err) {\n\t\treturn next, p.Note(ctx, next, err)\n",
		"\terr = p.write(ctx, next, common)\n\tif !p.Unbookable(err) {\n\t\treturn next, err\n", "./recharge",
	},
	{
		"what a Charger panicked with is not logged", "internal/order/log.go",
		`attrs := []any{"id", head.ID, p.kind.Adapter, head.Provider, "while", doing, "error", err}`,
		`attrs := []any{"id", head.ID}`, "./recharge",
	},
	{
		"review is logged without its reason", "recharge/charge.go",
		`"code", op.Answer.Code, "why", op.Why)`,
		`"code", op.Answer.Code)`, "./recharge",
	},
	{
		"an answer is applied before it is logged", "internal/order/send.go",
		"\tp.heard(ctx, op, answer)\n\treturn answer\n}\n\n// Inquire finds",
		"\treturn answer\n}\n\n// Inquire finds", "./recharge",
	},
	{
		"what ended as no cannot be disputed", "recharge/acts.go",
		"\treturn []ports.DecisionKind{ports.DecisionDispute}\n}\n",
		"\treturn nil\n}\n", "./recharge",
	},
	{
		"Reverse takes nothing, and does not say so", "recharge/reverse.go",
		"\tif err := record.Allowed(Acts(op), d.what, op.StatusText()); err != nil {\n\t\treturn nil, err\n\t}\n\tnext := order.Clone(op)\n\tnext.Version++",
		"\tif err := record.Allowed(Acts(op), d.what, op.StatusText()); err != nil {\n\t\treturn op, nil\n\t}\n\tnext := order.Clone(op)\n\tnext.Version++", "./recharge",
	},
	{
		"a wrong reference stays when it is dropped", "recharge/resolve.go",
		`if d.providerRef != "" || d.drop {`,
		`if d.providerRef != "" {`, "./recharge",
	},
	{
		"a payment that an order has is credited by hand", "recharge/claim.go",
		`func undecided(op *ports.Recharge) bool { return op.Open || op.Status == ports.RechargeDisputed }`,
		`func undecided(op *ports.Recharge) bool { return false }`, "./recharge",
	},
	{
		"a process takes the orders of Chargers that it does not know", "recharge/jobs.go",
		`ports.OperationFilter{ExceptProviders: s.Chargers(), DueBy: overdue, Limit: limit}`, `ports.OperationFilter{ExceptProviders: s.Chargers(), Limit: limit}`, "./recharge",
	},
	{
		"what SOLAPI did before the order is taken for the order", "adapters/solapi/charger_inquire.go",
		`	if slices.Contains(known.KnownRows, row.HistoryID) || row.HistoryID == known.Anchor {`, `	if false {`, "./adapters/solapi",
	},
	{
		"SOLAPI is believed too soon to have no trace", "adapters/solapi/evidence.go",
		`	quietPeriod = 30 * time.Minute`, `	quietPeriod = time.Minute`, "./adapters/solapi",
	},
	{
		"a balance that came back is taken for SOLAPI's history being complete", "adapters/solapi/evidence.go",
		`			case row.DateCreated.Before(at.Add(-lookTolerance)):`, `			case false:`, "./adapters/solapi",
	},
	{
		"a later withdrawal is taken for a lost order of SOLAPI", "adapters/solapi/disburser_inquire.go",
		`	case len(fresh) == 1 && known.exceeds(`,
		`	case false && known.exceeds(`, "./adapters/solapi",
	},
	{
		"a later recharge is taken for a lost order of SOLAPI", "adapters/solapi/charger_inquire.go",
		`	case known.exceeds(l.fresh[0].DateCreated, order.SentAt):`,
		`	case known.exceeds(l.fresh[0].DateCreated, order.SentAt) && false:`, "./adapters/solapi",
	},
	{
		"Kona is believed too soon to have no trace", "adapters/kona/charger_inquire.go",
		`	quietPeriod = 15 * time.Minute`, `	quietPeriod = time.Minute`, "./adapters/kona",
	},
	{
		"a status of 500 is taken for a decline", "adapters/solapi/classify.go",
		`	case err.Status >= 500 || err.Status < 300:`, `	case err.Status < 300:`, "./adapters/solapi",
	},
	{
		"a recharge may go to review before its quiet period ends", "internal/order/options.go",
		`|| reviewAfter >= quieter.QuietPeriod()`,
		`|| true`, "./recharge",
	},
	{
		"the digest of a recharge misses the payment method", "recharge/service.go",
		`request.Charger + "\n" + request.PaymentMethod + "\n" + amount`,
		`request.Charger + "\n" + amount`, "./recharge",
	},
	{
		"a cancellation takes what was ordered", "recharge/cancel.go",
		`	left := charge.Left()`,
		`	left := charge.Amount`, "./recharge",
	},
	{
		"a disputed recharge is canceled", "recharge/acts.go",
		`return []ports.DecisionKind{ports.DecisionKeep, ports.DecisionReverse}`,
		`return []ports.DecisionKind{ports.DecisionKeep, ports.DecisionReverse, ports.DecisionCancel}`, "./recharge",
	},
	{
		"an approval of an earlier transmission is dropped", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && (approved || !Taken(*common))`, "./recharge",
	},
	{
		"a decline of an earlier transmission counts", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := false`, "./recharge",
	},
	{
		"what is written with an order is not checked with it", "recharge/service.go",
		`booking.Watch, booking.Check = attached.Watch, attached.Check`,
		`booking.Watch = attached.Watch`, "./recharge",
	},
	{
		"a decision about a recharge forgets what was decided", "recharge/resolve.go",
		`What: d.what, Who`,
		`Who`, "./recharge",
	},
	{
		"a decision about a recharge forgets the person", "recharge/resolve.go",
		`Who: d.Who, Why: d.Why, At`,
		`Why: d.Why, At`, "./recharge",
	},
	{
		"a decision about a recharge forgets the reason", "recharge/resolve.go",
		`Who: d.Who, Why: d.Why, At`,
		`Who: d.Who, At`, "./recharge",
	},
	{
		"a decision about a recharge forgets the time", "recharge/resolve.go",
		`Why: d.Why, At: at}`,
		`Why: d.Why}`, "./recharge",
	},
	{
		"a cancellation forgets what was decided", "recharge/cancel.go",
		"\tnext.Decisions = append(next.Decisions, d.on(next.UpdatedAt))\n",
		``, "./recharge",
	},
	{
		"an alarm about a cancellation has no line", "recharge/cancel.go",
		`op.Answer.Alarm != "" && (last < 1 ||`,
		`false && (last < 1 ||`, "./recharge",
	},
	{
		"one order of a Charger is followed at a time", "internal/order/path.go",
		`const Parallel = 8`,
		`const Parallel = 1`, "./recharge",
	},
	{
		"a call to a Charger takes two minutes", "internal/order/options.go",
		`o.Timeout: time.Minute`,
		`o.Timeout: 2 * time.Minute`, "./recharge",
	},
	{
		"a charge is unknown for 25 hours", "internal/order/options.go",
		`o.ReviewAfter: 24 * time.Hour`,
		`o.ReviewAfter: 25 * time.Hour`, "./recharge",
	},
	{
		"pauses between inquiries about a charge grow to six minutes", "recharge/service.go",
		`const inquireMax = 5 * time.Minute`,
		`const inquireMax = 6 * time.Minute`, "./recharge",
	},
	{
		"an inquiry that learnt nothing wipes out what a Charger answered", "internal/order/answer.go",
		`		if nothing || head.Open`,
		`		if false && nothing || head.Open`, "./recharge",
	},
	{
		"a Charger's leaning is forgotten", "internal/order/answer.go",
		"\t\tcommon.Likely = before.Likely\n",
		``, "./recharge",
	},
	{
		"a message of a Charger is cut at 299 bytes", "internal/order/path.go",
		`if len(text) <= most {`,
		`if len(text) < most {`, "./recharge",
	},
	{
		"an answer is booked once on a wallet that is locked", "internal/order/apply.go",
		`errors.Is(err, ports.ErrBusy) && lost >= lossesMax`,
		`errors.Is(err, ports.ErrBusy)`, "./recharge",
	},
	{
		"an answer is booked once where its record is refused and current", "internal/order/apply.go",
		`current.Head().Version == was && lost >= lossesMax`,
		`current.Head().Version == was`, "./recharge",
	},
	{
		"a recharge announces nothing", "recharge/bonus.go",
		`	booking.Announce.Cash = op.Amount`,
		``, "./recharge",
	},
	{
		"a recharge that ended without money stays incoming", "recharge/charge.go",
		`Opened: -1, Concluded: concluded,`,
		`Opened: -1, Concluded: func() books.Incoming { _ = concluded; return books.Incoming{} }(),`, "./recharge",
	},
	{
		"a recharge that had ended takes from what others announced", "recharge/bonus.go",
		`	if !op.Open {`,
		`	if false {`, "./recharge",
	},
	{
		"an event of a wallet above its limit is not sent", "recharge/charge.go",
		`	if above != nil {`,
		`	if false {`, "./recharge",
	},
	{
		"a recharge grants no bonus", "recharge/charge.go",
		`Points: granting(next), `,
		``, "./recharge",
	},
	{
		"a bonus is granted in full where less was credited", "recharge/bonus.go",
		`		if op.Credited.LessThan(op.Amount) {`,
		`		if false {`, "./recharge",
	},
	{
		"the bonus stays when its credit is reversed", "recharge/reverse.go",
		`		Points: following(next, decimal.Decimal{}),
`,
		``, "./recharge",
	},
	{
		"the bonus stays when a part is reversed by a person", "recharge/reverse.go",
		`		Points: following(next, next.Left()),
`,
		``, "./recharge",
	},
	{
		"the bonus stays when its credit is canceled", "recharge/cancel.go",
		`	booking.Points = following(charge, charge.Left().Sub(op.Amount))
`,
		``, "./recharge",
	},
	{
		"the bonus stays out when a cancellation ends", "recharge/cancel.go",
		`booking.Points = following(charge, stands)`,
		`_ = stands`, "./recharge",
	},
	{
		"the bonus of a reinstated part stays out", "recharge/resolve.go",
		`		Points: following(next, next.Left()),
`,
		``, "./recharge",
	},
	{
		"the bonus of a reinstated credit stays out", "recharge/resolve.go",
		`, Points: following(next, next.Left()),`,
		`,`, "./recharge",
	},
	{
		"what is missing of a bonus is not told", "recharge/bonus.go",
		`			bonus.Missing = decimal.Max(out.Sub(bonus.TakenBack), decimal.Decimal{})
`,
		``, "./recharge",
	},
	{
		"the share of a bonus is rounded up", "recharge/bonus.go",
		`	quotient, _ := amount.Mul(part).QuoRem(whole, scale)
	return quotient`,
		`	return amount.Mul(part).Div(whole).RoundUp(scale)`, "./recharge",
	},
	{
		"another bonus under the same key is the same request", "recharge/bonus.go",
		`	return fmt.Sprintf("\nbonus\n%s\n%d\n%q", b.Amount, ports.Instant(b.ExpiresAt).UnixMicro(), b.Rule)`,
		`	return fmt.Sprint()`, "./recharge",
	},
	{
		"a bonus that has passed is promised", "recharge/bonus.go",
		`!b.ExpiresAt.After(op.CreatedAt)`,
		`false`, "./recharge",
	},
	{
		"the bonus of a recharge that awaits its customer is not promised", "recharge/await.go",
		`bonus, err := request.Bonus.record(`,
		`bonus, err := (*Bonus)(nil).record(`, "./recharge",
	},
	{
		"a debt is not what the wallet lacked", "recharge/debt.go",
		`	lacks := next.Left().Sub(there)`,
		`	lacks := next.Credited.Sub(there).Add(there)`, "./recharge",
	},
	{
		"what is there is guessed before it is written", "recharge/debt.go",
		`		if !w.AvailableBalance().Equal(there) {`,
		`		if false {`, "./recharge",
	},
	{
		"the clearing account keeps what is owed", "recharge/debt.go",
		`	booking.Moves = moves(ports.AccountClearing(next.Charger), lacks, ports.AccountReceivable)
`,
		``, "./recharge",
	},
	{
		"a wallet that owes something can be closed", "recharge/debt.go",
		`	booking.Operations, booking.Opened = append(booking.Operations, debt), 1`,
		`	booking.Operations, booking.Opened = append(booking.Operations, debt), 0`, "./recharge",
	},
	{
		"more is collected than is owed", "recharge/debt.go",
		`	taken := decimal.Min(wallet.AvailableBalance(), debt.Owed())`,
		`	taken := wallet.AvailableBalance()`, "./recharge",
	},
	{
		"what is collected is not counted", "recharge/debt.go",
		`	next.Collected = next.Collected.Add(taken)
`,
		``, "./recharge",
	},
	{
		"a reinstated credit brings back what was never taken", "recharge/debt.go",
		`	booking.Balance = next.Left().Sub(debt.Amount).Add(debt.Collected)
`,
		``, "./recharge",
	},
	{
		"a reinstated credit keeps what was collected", "recharge/debt.go",
		`next.Left().Sub(debt.Amount).Add(debt.Collected)`,
		`next.Left().Sub(debt.Amount)`, "./recharge",
	},
	{
		"a reinstated credit leaves its debt owed", "recharge/debt.go",
		`	booking.Operations = append(booking.Operations, debt)
	next.Owed`,
		`	next.Owed`, "./recharge",
	},
	{
		"what was written off stays an expense when the charge stands", "recharge/debt.go",
		`moves(ports.AccountDebtExpense, debt.WrittenOff, clearing)`,
		`moves(ports.AccountReceivable, debt.WrittenOff, clearing)`, "./recharge",
	},
	{
		"a debt that is written off stays in the books", "recharge/debt.go",
		`		Moves:      moves(ports.AccountReceivable, owed, ports.AccountDebtExpense),
`,
		``, "./recharge",
	},
	{
		"a credit collects nothing", "recharge/debt.go",
		`	if !s.config.Collect {`,
		`	if true {`, "./recharge",
	},
	{
		"the worker collects without being told to", "recharge/jobs.go",
		`	if s.config.Collect {`,
		`	if true {`, "./recharge",
	},
	{
		"the worker looks at debts all the time", "recharge/debt.go",
		`	debt.DueAt = now.Add(`,
		`	debt.DueAt = now.Add(0 * `, "./recharge",
	},
	{
		"a debt is not told", "recharge/debt.go",
		`	s.events.Post(ctx, ports.DebtEvent{At: debt.UpdatedAt, Debt: order.Clone(debt)})
`,
		``, "./recharge",
	},
	{
		"a preview of a recharge leaves its credit out", "recharge/preview.go",
		`over.chargeApproved(ctx, approved); err != nil {`,
		`error(nil); err != nil {`, "./recharge",
	},
	{
		"a preview of a recharge writes an order down", "recharge/preview.go",
		`return over.open(ctx, &request, nil) })`,
		`return s.open(ctx, &request, nil) })`, "./recharge",
	},
	{
		"what was charged beyond the order takes its share of the bonus", "recharge/bonus.go",
		`decimal.Min(stands, base), base, scale`,
		`stands.Add(base.Sub(base)), op.Credited, scale`, "./recharge",
	},
	{
		"a refused cancellation collects nothing", "recharge/cancel.go",
		`		s.collectCredited(ctx, charge.WalletID)
`,
		``, "./recharge",
	},
	{
		"the debt with the least id is paid first", "recharge/debt.go",
		`	slices.SortStableFunc(open, func(a, b *ports.Debt) int { return a.CreatedAt.Compare(b.CreatedAt) })
`,
		`	slices.SortStableFunc(open, func(_, _ *ports.Debt) int { return 0 })
`, "./recharge",
	},
	{
		"cash is taken for a reversal that is disputed", "recharge/debt.go",
		`charge.Status == ports.RechargeDisputed {`,
		`charge.Status == ports.RechargeDisputed && charge.ID == "" {`, "./recharge",
	},
	{
		"a debt in doubt is not told", "recharge/debt.go",
		`	if debt != nil && !s.doubts.Note(`,
		`	if debt != nil && debt.ID == "" && !s.doubts.Note(`, "./recharge",
	},
	{
		"a bonus beyond the purse is promised", "ledger/limits.go",
		`	if !ports.WithinLimit(plus(w.Point, points)) {`,
		`	if false {`, "./recharge",
	},
	{
		"a reversal fails when the money is spent meanwhile", "recharge/reverse.go",
		`	if d.owing && errors.Is(err, ports.ErrInsufficient) {`,
		`	if d.owing && errors.Is(err, ports.ErrConflict) {`, "./recharge",
	},
}

var moneyOutMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"a withdrawal is given back twice", "withdraw/effects.go",
		"		Balance: next.Total, Counterparty: ports.AccountPayable,\n		Operations: []ports.Operation{next}, Fill",
		"		Balance: next.Total, Counterparty: ports.AccountPayable,\n		Operations: []ports.Operation{}, Fill", "./withdraw",
	},
	{
		"an unknown payout is given back", "internal/order/apply.go",
		"\tcase ports.OutcomeUnknown:\n\t\tstatus := Unknown\n",
		"\tcase ports.OutcomeUnknown:\n\t\tif next.Head().Open {\n\t\t\treturn p.kind.End(ctx, next, ports.OutcomeFault)\n\t\t}\n\t\tstatus := Unknown\n", "./withdraw",
	},
	{
		"an approved withdrawal of a frozen wallet is sent", "internal/order/send.go",
		"\t} else if held {\n",
		"\t} else if held && false {\n", "./withdraw",
	},
	{
		"an approval in a process without the route is an error", "withdraw/send.go",
		`return s.waitRoute(ctx, op)`, `return op, ports.ErrNotFound`, "./withdraw",
	},
	{
		"a payout of a frozen wallet is sent again", "internal/order/send.go",
		`	if held { // what may`,
		`	if held && false { // what may`, "./withdraw",
	},
	{
		"a Disburser may ask for a pause beyond ReviewAfter", "internal/order/apply.go",
		"\tif head.DueAt.After(reviewAt) {",
		"\tif head.DueAt.After(reviewAt) && false {", "./withdraw",
	},
	{
		"a fee that was reported before the payout is forgotten", "withdraw/answer.go",
		`	if !answer.Fee.Valid && !answer.Net.Valid {`, `	if false {`, "./withdraw",
	},
	{
		"a person's report of a payout ignores the provider's fee", "withdraw/decide.go",
		`if !p.Fee.Valid && !wasPaid(next) {`, `if false {`, "./withdraw",
	},
	{
		"a pending answer never contradicts that nothing was paid", "internal/order/late.go",
		`(declined || !Taken(*answer))`,
		`(declined || true || !Taken(*answer))`, "./withdraw",
	},
	{
		"a late dispute whose commit was in doubt is not told", "withdraw/dispute.go",
		`return op, s.path.Note(ctx, next, err)`,
		`return op, err`, "./withdraw",
	},
	{
		"a payment that was named for another is claimed when a late answer contradicts", "recharge/charge.go",
		"\t\twith, err = s.claimLate(ctx, next)\n",
		"\t\twith, err = s.claim(ctx, next)\n", "./recharge",
	},
	{
		"a change that is told stays in doubt", "recharge/charge.go",
		"\ts.doubts.Told(op)\n",
		``, "./recharge",
	},
	{
		"a step that sends what waits hides a change in doubt", "withdraw/jobs.go",
		"\tdoubt := s.doubts.Resolve(ctx, s.store, s.now())\n\tlist, next, err := s.waiting(",
		"\tvar doubt error\n\tlist, next, err := s.waiting(", "./withdraw",
	},
	{
		"a second payout that completed another withdrawal is no news", "withdraw/dispute.go",
		`		others = order.Taken(said.Answer) && !order.Taken(answer.Answer)`,
		`		others = false && order.Taken(said.Answer) && !order.Taken(answer.Answer)`, "./withdraw",
	},
	{
		"a payment that was named for another is learnt", "recharge/charge.go",
		"\tif holds(op) {\n\t\tclaim, err = s.claimLate(ctx, next)",
		"\tif holds(op) {\n\t\tclaim, err = s.claim(ctx, next)", "./recharge",
	},
	{
		"a pending payment of a reversed recharge is no news", "recharge/charge.go",
		`ports.RechargeReversed && !another && !unheard && (`,
		`ports.RechargeReversed && !another && (!unheard || unheard) && (`, "./recharge",
	},
	{
		"a cancellation of a payment that is credited elsewhere is silent", "recharge/cancel.go",
		"\t\tif !other {\n\t\t\tcharge.Disputed = true",
		"\t\tif !other || true {\n\t\t\tcharge.Disputed = true", "./recharge",
	},
	{
		"a dispute leaves the claim of a mistake released", "recharge/charge.go",
		"\twith = append(with, claim...)\n",
		"\t_ = claim\n", "./recharge",
	},
	{
		"a mistake is not freed when a person names another payment", "recharge/resolve.go",
		`	if err != nil || last == nil || !last.Mistake {`,
		`	if err != nil || last == nil || last.Mistake {`, "./recharge",
	},
	{
		"a payment under way that a person replaces is not named", "recharge/resolve.go",
		"\tif was.Answer.Outcome != ports.OutcomeApproved {\n\t\treturn true, nil",
		"\tif was.Answer.Outcome != ports.OutcomeApproved {\n\t\treturn false, nil", "./recharge",
	},
	{
		"a dispute claims the id that a person dropped", "recharge/charge.go",
		`	if next.ProviderRef == op.DroppedRef { // a person`,
		`	if false { // a person`, "./recharge",
	},
	{
		"a dropped id that is given back stays dropped", "recharge/resolve.go",
		`		if d.providerRef == next.DroppedRef {`,
		`		if false {`, "./recharge",
	},
	{
		"two orders whose ids were corrected block each other", "recharge/claim.go",
		`		return undecided(other) && slices.Contains(other.Others, op.ProviderRef)`,
		"\t\t_ = slices.Contains[[]string]\n\t\treturn undecided(other)", "./recharge",
	},
	{
		"keep takes the payment of an undecided recharge", "recharge/resolve.go",
		"\tif err := s.unclaimedByRecords(ctx, next); err != nil {\n\t\treturn err\n\t}\n\tclaim",
		`	claim`, "./recharge",
	},
	{
		"the payment that a person did not choose is not listed", "recharge/resolve.go",
		"\t\tnext.AddOther(was.ProviderRef)\n",
		"", "./recharge",
	},
	{
		"an approved payment that a person replaces is not named", "recharge/resolve.go",
		"\treturn err == nil, err\n}\n\n// checkAgain",
		"\treturn false, err\n}\n\n// checkAgain", "./recharge",
	},
	{
		"a credit without a claim leaves its payment free", "recharge/claim.go",
		`func(other *ports.Recharge) bool { return last == nil && holds(other) }`,
		`func(*ports.Recharge) bool { return last == nil && false }`, "./recharge",
	},
	{
		"a payment that was learnt is not named when a person replaces it", "recharge/resolve.go",
		"\t\tanswer.ProviderRef = was.ProviderRef\n",
		``, "./recharge",
	},
	{
		"a person approves for a payment of an undecided order", "recharge/resolve.go",
		"\tif err := s.unclaimedByRecords(ctx, next); err != nil {\n\t\treturn err\n\t}\n\tif err := s.checkCharged",
		`	if err := s.checkCharged`, "./recharge",
	},
	{
		"a reinstated payment stays a mistake", "recharge/claim.go",
		`			last.Mistake, last.UpdatedAt = false, op.UpdatedAt`,
		`			last.UpdatedAt = op.UpdatedAt`, "./recharge",
	},
	{
		"a credit comes back for a payment of another amount", "recharge/resolve.go",
		"\tcase named.Amount.Valid && !named.Amount.Decimal.Equal(next.Credited):",
		"\tcase false:", "./recharge",
	},
	{
		"the amount of another payment is credited", "recharge/resolve.go",
		"\t\t\tamount, unread = named.Amount, named.Unread\n",
		"", "./recharge",
	},
	{
		"a named payment is free once its recharge is declined", "recharge/charge.go",
		`	}, func(*ports.Recharge) bool { return true })`,
		`	}, func(other *ports.Recharge) bool { return other.Status != ports.RechargeDeclined })`, "./recharge",
	},
	{
		"the alarm of a second payment has no line", "internal/order/apply.go",
		"\tp.review(next, why)\n\tP(&progress.Answer).Common().Alarm = common.Alarm\n\treturn next, p.Note(ctx, next, p.Write(ctx, next, claim...))",
		"\tp.review(next, why)\n\t_ = progress\n\treturn next, p.Note(ctx, next, p.Write(ctx, next, claim...))", "./recharge",
	},
	{
		"Why forgets the second of three payouts", "internal/order/apply.go",
		"\tif is(next, Review) {\n\t\twhy = Join(",
		"\tif false {\n\t\twhy = Join(", "./withdraw",
	},
	{
		"Why forgets the second of three payments", "internal/order/apply.go",
		"\tif is(next, Review) {\n\t\twhy = Join(",
		"\tif false {\n\t\twhy = Join(", "./recharge",
	},
	{
		"the payment that an inquiry replaces is not named", "internal/order/apply.go",
		"\treturn p.Name(ctx, op, was, p.kind.Progress(op).Unread)",
		"\t_ = was\n\treturn nil", "./recharge",
	},
	{
		"a second payout of a resend replaces the first", "internal/order/weigh.go",
		"\tcase p.second(current, a) && (a.fromSend || corrected",
		"\tcase p.second(current, a) && (corrected", "./withdraw",
	},
	{
		"a second payment of a resend replaces the first", "internal/order/weigh.go",
		"\tcase p.second(current, a) && (a.fromSend || corrected",
		"\tcase p.second(current, a) && (corrected", "./recharge",
	},
	{
		"a failed inquiry ends that the provider works on a payout", "internal/order/answer.go",
		`	if has := common.Outcome == ports.OutcomeApproved || common.Outcome == ports.OutcomePending; has || common.Outcome.Final() {`,
		`	if has := common.Outcome == ports.OutcomeApproved || common.Outcome == ports.OutcomePending; has || true {`, "./withdraw",
	},
	{
		"a failed inquiry ends that the provider works on an order", "internal/order/answer.go",
		`	if has := common.Outcome == ports.OutcomeApproved || common.Outcome == ports.OutcomePending; has || common.Outcome.Final() {`,
		`	if has := common.Outcome == ports.OutcomeApproved || common.Outcome == ports.OutcomePending; has || true {`, "./recharge",
	},
	{
		"waiting in doubt is not told", "withdraw/send.go",
		"\t\t\terr = s.path.Note(ctx, next, err)\n",
		"\t\t\t_ = next\n", "./withdraw",
	},
	{
		"a sending in doubt is not told", "withdraw/send.go",
		`op.ID, s.path.Note(ctx, next, err))`,
		`op.ID, err)`, "./withdraw",
	},
	{
		"a request in doubt is not told", "withdraw/service.go",
		"\t_ = s.path.Note(ctx, op, err)\n",
		"\t_ = op\n", "./withdraw",
	},
	{
		"the reason of a dispute is lost to a late answer", "internal/order/late.go",
		`	if next.StatusText() == disputed { // what`,
		`	if next.StatusText() == disputed && false { // what`, "./withdraw",
	},
	{
		"a second payout replaces the one that the provider works on", "internal/order/weigh.go",
		"\treturn p.working(op) && (has ==",
		"\treturn false && p.working(op) && (has ==", "./withdraw",
	},
	{
		"a late payout takes the place of the one that was named before", "internal/order/late.go",
		"\tstands := was != \"\" && (moved || !refused)\n",
		"\tstands := was != \"\" && (moved || !refused) && false\n", "./withdraw",
	},
	{
		"a payout that a person reported is not learnt", "withdraw/dispute.go",
		"\tnext.ProviderRef = answer.ProviderRef\n\tif err := s.path.Write",
		`	if err := s.path.Write`, "./withdraw",
	},
	{
		"a second payout of a returned withdrawal is no news", "withdraw/dispute.go",
		"\tif ended == ports.WithdrawalReturned && !refusedByPerson(op) && !s.path.News(op, &said.Answer) && !another(op, late.Answer) && !others && !odd {",
		"\tif ended == ports.WithdrawalReturned && !refusedByPerson(op) || odd && false {", "./withdraw",
	},
	{
		"an answer ends the review of a decided payout", "internal/order/weigh.go",
		"\tcase ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault:\n\t}\n\treturn remark",
		"\tcase ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault:\n\t}\n\treturn booking", "./withdraw",
	},
	{
		"the provider's alarm is lost in a dispute", "withdraw/dispute.go",
		`	if said.Alarm != "" {`,
		`	if false {`, "./withdraw",
	},
	{
		"a refusal of a withdrawal's own payout is another withdrawal's", "withdraw/dispute.go",
		`	if said.ProviderRef != "" && said.ProviderRef != op.ProviderRef {`,
		`	if said.ProviderRef != "" {`, "./withdraw",
	},
	{
		"the payout of a returned withdrawal is not learnt", "withdraw/dispute.go",
		"it came back\n\t\treturn s.learn(ctx, op, late.Answer)",
		"it came back\n\t\treturn op, nil", "./withdraw",
	},
	{
		"a payout that was named for another withdrawal ends this one", "withdraw/claim.go",
		"err = s.path.NamedBy(ctx, op, ref); len(others) > 0 {",
		"err = s.path.NamedBy(ctx, op, ref); len(others) > 0 && false {", "./withdraw",
	},
	{
		"a payout that a record names and does not stand for is not named", "internal/order/late.go",
		"\t\twith, err = p.Named(ctx, next, late.Answer, p.unread(&late.Answer, late.Odd))\n",
		"", "./withdraw",
	},
	{
		"a change in doubt is forgotten when the next is made from it", "internal/record/doubt.go",
		"\tfor _, one := range written {\n\t\tone.tell()\n\t}\n}",
		"\t_ = written\n}", "./recharge",
	},
	{
		"an order whose first commit was in doubt is not told", "recharge/service.go",
		"\t_ = s.charges.Note(ctx, op, err)\n\tvar taken",
		"\tvar taken", "./recharge",
	},
	{
		"a payment is credited twice at the same moment", "recharge/claim.go",
		`		ID: ports.ClaimID(op.Charger, op.ProviderRef, number), Kind`,
		`		ID: ports.ClaimID(op.Charger, op.ProviderRef+op.ID, number), Kind`, "./recharge",
	},
	{
		"a payment that is named when a credit is kept is not claimed", "recharge/resolve.go",
		"\treturn record.Commit(ctx, s.store, next, claim...)\n",
		"\treturn record.Commit(ctx, s.store, next, claim[:0]...)\n", "./recharge",
	},
	{
		"a claim stays released when the provider gave the money back after all", "recharge/cancel.go",
		`		claim, err := s.mark(ctx, charge, ports.ClaimHeld)`,
		`		claim, err := s.mark(ctx, charge, ports.ClaimReleased)`, "./recharge",
	},
	{
		"a reversal after a dispute releases the claim", "recharge/reverse.go",
		`	if !next.Disputed && len(next.Parts) == 0 { // it was a mistake`,
		`	if next != nil { // it was a mistake`, "./recharge",
	},
	{
		"a claim that was released is not made again", "recharge/claim.go",
		`		case last.Status == ports.ClaimReleased || !holds(holder):`,
		`		case false && !holds(holder):`, "./recharge",
	},
	{
		"a disputed payment is freed when its recharge stands for another", "recharge/claim.go",
		`		case last.Status == ports.ClaimReleased || !holds(holder):`,
		`		case last.Status == ports.ClaimReleased || !holds(holder) || holder.ProviderRef != op.ProviderRef:`, "./recharge",
	},
	{
		"a second payment replaces the one that the provider works on", "internal/order/weigh.go",
		"\treturn p.working(op) && (has ==",
		"\treturn false && p.working(op) && (has ==", "./recharge",
	},
	{
		"a second charge of a reversed recharge is no news", "recharge/charge.go",
		`ports.RechargeReversed && !another && !unheard && (`,
		`ports.RechargeReversed && !unheard && (`, "./recharge",
	},
	{
		"a Canceler hears of the payment that was named last", "recharge/charge.go",
		"\tlast.ProviderRef = op.ProviderRef\n",
		"\tlast.ProviderRef += \"\"\n", "./recharge",
	},
	{
		"a pending payment that is named late is not learnt", "recharge/charge.go",
		"\tif op.EntrySeq == 0 || !order.Taken(answer.Answer) || op.ProviderRef != \"\" {",
		"\tif op.EntrySeq == 0 || answer.Outcome != ports.OutcomeApproved || !order.Taken(answer.Answer) || op.ProviderRef != \"\" {", "./recharge",
	},
	{
		"a reference that a person dropped is claimed again", "recharge/charge.go",
		`		named && answer.ProviderRef == op.DroppedRef ||`,
		`		false ||`, "./recharge",
	},
	{
		"a late answer that no record can hold agrees with a reversal", "recharge/charge.go",
		"|| late.Odd != nil && approved\n",
		"\n", "./recharge",
	},
	{
		"a payment that is learnt is not under way", "recharge/charge.go",
		", next.Taken || answer.Outcome == ports.OutcomePending\n",
		", next.Taken\n", "./recharge",
	},
	{
		"the payment of a chargeback is not learnt", "recharge/charge.go",
		"\tif op.EntrySeq == 0 || !order",
		"\tif op.EntrySeq == 0 || op.ReverseSeq != 0 || !order", "./recharge",
	},
	{
		"a payment that a late answer names is not claimed", "recharge/charge.go",
		"\t\twith, err = s.claimLate(ctx, next)\n",
		"\t\twith, err = nil, nil\n", "./recharge",
	},
	{
		"a refused order's id becomes that of a credited payment", "internal/order/late.go",
		`	if stands || moved && !Taken(common) { // a refusal`,
		`	if stands { // a refusal`, "./recharge",
	},
	{
		"the machine credits a payment that was named for another recharge", "recharge/claim.go",
		"slices.IndexFunc(others, named); at >= 0 {",
		"slices.IndexFunc(others, named); at >= 0 && false {", "./recharge",
	},
	{
		"a payment that a record names and does not stand for is not named", "internal/order/late.go",
		"\t\twith, err = p.Named(ctx, next, late.Answer, p.unread(&late.Answer, late.Odd))\n",
		"", "./recharge",
	},
	{
		"a late answer renames the payment that was credited", "internal/order/late.go",
		"\tstands := was != \"\" && (moved || !refused)\n",
		"\tstands := was != \"\" && (moved || !refused) && false\n", "./recharge",
	},
	{
		"one approval is enough", "withdraw/decide.go",
		`		if len(next.Approvals) >= next.ApprovalsNeeded {`, `		if len(next.Approvals) >= 1 {`, "./withdraw",
	},
	{
		"the same person approves twice", "withdraw/decide.go",
		`case approvedBy(next, d.Who):`,
		`case false:`, "./withdraw",
	},
	{
		"the requester approves", "withdraw/decide.go",
		`case next.RequestedBy == d.Who && !next.RequesterMayApprove:`,
		`case false:`, "./withdraw",
	},
	{
		"an approver reports paid", "withdraw/decide.go",
		`case approvedBy(next, p.Who) && !next.ApproverMayReport:`, `case false:`, "./withdraw",
	},
	{
		"a withdrawal does not ask its guard", "withdraw/service.go",
		`	if trips(w.AvailableBalance().Sub(op.Total)) {`,
		`	if trips(w.AvailableBalance().Sub(op.Total)) && false {`, "./withdraw",
	},
	{
		"a service without a guard pays out of a wallet with a policy", "withdraw/service.go",
		`		return never, s.unguarded(ctx, request.WalletID)`,
		`		return never, nil`, "./withdraw",
	},
	{
		"a retry by another person is the same request", "withdraw/service.go",
		`r.LiftGuard, r.Who)`, `r.LiftGuard, "")`, "./withdraw",
	},
	{
		"a fee is reckoned for a wallet of another currency", "withdraw/schedule.go",
		`s.Currency == "" || s.Currency == currency`, `true`, "./withdraw",
	},
	{
		"a fee schedule has no currency", "withdraw/schedule.go",
		`append(errs, s.checkTiers(), s.checkCurrency())`, `append(errs, s.checkTiers())`, "./withdraw",
	},
	{
		"another fee is taken than was agreed", "withdraw/service.go",
		`agreed.Valid && !agreed.Decimal.Equal(quote.Fee)`, `false`, "./withdraw",
	},
	{
		"a retry without a Sealer is taken for the same", "withdraw/service.go",
		`return fmt.Errorf("withdrawal %s: %w: there is no Sealer", op.ID, ErrSealed)`, `return nil`, "./withdraw",
	},
	{
		"account numbers are masked by bytes", "withdraw/service.go",
		`digits := []rune(n)`, `digits := []byte(n)`, "./withdraw",
	},
	{
		"a nil pointer is taken for a part", "ports/part.go",
		`&& v.IsNil()`, `&& false`, "./ports ./withdraw",
	},
	{
		"a ledger that New did not make is accepted", "ports/part.go",
		`part != nil && reflect.ValueOf(part).Elem().IsZero()`, `false`, "./ports ./withdraw",
	},
	{
		"an error names its subject twice", "internal/record/about.go",
		`at >= 0 && !strings.Contains(text[:at], ": ")`, `false && !strings.Contains(text[:at], ": ")`, "./internal/record ./withdraw",
	},
	{
		"an error shows an id that no record can have", "internal/record/about.go",
		"if ports.CheckID(\"id\", id) == nil {",
		"if ports.CheckID(\"id\", id) == nil || id != \"\" {", "./internal/record ./withdraw",
	},
	{
		"a key that was reused names no field", "ports/errors.go",
		`	if !same {`, `	if false {`, "./withdraw",
	},
	{
		"a note under a key that was reused is not compared", "internal/books/note.go",
		`reused.Compare("Memo", n.Memo == e.Memo)`, `reused.Compare("Memo", true)`, "./withdraw",
	},
	{
		"the digits of a fee schedule are called the wallet's", "withdraw/schedule.go",
		`if err != nil && ports.WithinLimit(d) {`, `if false {`, "./withdraw",
	},
	{
		"what is under way can be declined", "withdraw/acts.go",
		`return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused}`,
		`return []ports.DecisionKind{ports.DecisionPaid, ports.DecisionRefused, ports.DecisionDecline, ports.DecisionCancel}`, "./withdraw",
	},
	{
		"the provider's fee is ignored", "withdraw/effects.go",
		"	case answer.Fee.Valid:\n		fee = answer.Fee.Decimal\n		net = op.Total.Sub(fee)\n", "", "./withdraw",
	},
	{
		"fees are rounded up", "withdraw/round.go",
		"	case ports.RoundDown:\n		return d.RoundDown(scale)", "	case ports.RoundDown:\n		return d.RoundUp(scale)", "./withdraw",
	},
	{
		"a payout is sent after its lease", "internal/order/send.go",
		`	if !p.Now().Before(next.Head().DueAt) {`,
		`	if !p.Now().Before(next.Head().DueAt) && false {`, "./withdraw",
	},
	{
		"the bank's answer is not kept when the record moved on", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := overtaken`, "./withdraw",
	},
	{
		"the bank's answer that comes after the end is dropped", "withdraw/dispute.go",
		`	if s.path.Agrees(op, &late, completed) && (`,
		`	if s.path.Agrees(op, &late, completed) || true && (`, "./withdraw",
	},
	{
		"a payout leaves its lane before the provider has named it", "withdraw/effects.go",
		"\tif next.ProviderRef != \"\" {\n\t\tnext.Lane = \"\"",
		"\tif next != nil {\n\t\tnext.Lane = \"\"", "./withdraw",
	},
	{
		"one payout ends two withdrawals", "withdraw/claim.go",
		`return ports.MerchantOf(other.Disburser) == ports.MerchantOf(op.Disburser)`, `return false`, "./withdraw",
	},
	{
		"the requester reports the payout paid", "withdraw/decide.go",
		`		case next.RequestedBy == p.Who && !next.RequesterMayApprove:`,
		`		case false:`, "./withdraw",
	},
	{
		"a withdrawal that waits for a Disburser of no process waits for ever", "withdraw/jobs.go",
		`		if op.UpdatedAt.After(before) {`,
		`		if true {`, "./withdraw",
	},
	{
		"a resend into a lane that is taken fails every step", "internal/order/send.go",
		`	if !errors.Is(err, ports.ErrLaneTaken) && !errors.Is(err, ports.ErrConflict) {`,
		`	if !errors.Is(err, ports.ErrConflict) {`, "./withdraw",
	},
	{
		"one withdrawal that fails keeps back those without a lane", "withdraw/jobs.go",
		`failed[lane] = lane != ""`,
		`failed[lane] = true`, "./withdraw",
	},
	{
		"late figures of a payout are swallowed", "withdraw/dispute.go",
		"\tif answer.Outcome != ports.OutcomeApproved {\n\t\treturn false\n\t}\n\tdiffers",
		"\tif true {\n\t\treturn false\n\t}\n\tdiffers", "./withdraw",
	},
	{
		"a return that is disputed takes nothing back", "withdraw/returned.go",
		`Balance: next.Returned.Neg(), Counterparty: ports.AccountClearing(next.Disburser),`,
		`Counterparty: ports.AccountClearing(next.Disburser),`, "./withdraw",
	},
	{
		"a payout whose commit was in doubt is never told", "internal/order/apply.go",
		"\terr = p.write(ctx, next, common)\n\tif !p.Unbookable(err) {\n\t\treturn next, p.Note(ctx, next, err)\n",
		"\terr = p.write(ctx, next, common)\n\tif !p.Unbookable(err) {\n\t\treturn next, err\n", "./withdraw",
	},
	{
		"an answer about a payout is applied before it is logged", "internal/order/send.go",
		"\tp.heard(ctx, op, answer)\n\treturn answer\n}\n\n// Inquire finds",
		"\treturn answer\n}\n\n// Inquire finds", "./withdraw",
	},
	{
		"one Disburser holds up the withdrawals of others", "withdraw/jobs.go",
		`return s.followDue(ctx, ports.OperationFilter{Providers: []string{name}, Limit: limit})`,
		`return s.followDue(ctx, ports.OperationFilter{Limit: limit})`, "./withdraw",
	},
	{
		"waiting withdrawals are looked at from the front only", "withdraw/jobs.go",
		"\t\tplace.afterID = found[len(found)-1].Head().ID\n",
		``, "./withdraw",
	},
	{
		"a withdrawal that waits is looked at again and again", "withdraw/send.go",
		"next.Status, next.Lane, next.Why, next.DueAt = ports.WithdrawalApproved, \"\", why, time.Time{}",
		"next.Status, next.Lane, next.Why, next.DueAt = ports.WithdrawalApproved, \"\", why, time.Now()", "./withdraw",
	},
	{
		"a waiting withdrawal says for ever what it waited for first", "withdraw/jobs.go",
		"\t\t\tif reason != op.Why || s",
		"\t\t\tif s", "./withdraw",
	},
	{
		"a refusal of Prepare is inquired about", "internal/order/send.go",
		`!common.Outcome.Final() || common.Outcome == ports.OutcomeApproved {`,
		`false {`, "./withdraw",
	},
	{
		"a total that cannot be given back fails every step", "internal/order/apply.go",
		`	if !p.Unbookable(err) {`,
		`	if true {`, "./withdraw",
	},
	{
		"one credit proves two rejections at SOLAPI", "adapters/solapi/rejection.go",
		`	case owed(turns) > 0:`, `	case owed(turns) > 1:`, "./withdraw",
	},
	{
		"a withdrawal may go to review before its quiet period ends", "internal/order/options.go",
		`|| reviewAfter >= quieter.QuietPeriod()`,
		`|| true`, "./withdraw",
	},
	{
		"the digest of a withdrawal misses the holder", "withdraw/service.go",
		`r.Disburser, to, to.Holder,`,
		`r.Disburser, to, "",`, "./withdraw",
	},
	{
		"an approval of an earlier transmission of a payout is dropped", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && (approved || !Taken(*common))`, "./withdraw",
	},
	{
		"a decline of an earlier transmission of a payout counts", "internal/order/weigh.go",
		`	earlier := progress.Transmissions != p.kind.Progress(asked).Transmissions && !approved && !Taken(*common)`,
		`	earlier := false`, "./withdraw",
	},
	{
		"the provider's net is ignored", "withdraw/effects.go",
		"\tcase answer.Net.Valid:\n",
		"\tcase false:\n", "./withdraw",
	},
	{
		"the provider's net is ignored where it reports a fee", "withdraw/effects.go",
		`fee, net = answer.Fee.Decimal, answer.Net.Decimal`,
		`fee, net = answer.Fee.Decimal, op.Total.Sub(answer.Fee.Decimal)`, "./withdraw",
	},
	{
		"fee and net need not add up", "withdraw/effects.go",
		`fee.Add(net).Equal(op.Total) &&`,
		`true &&`, "./withdraw",
	},
	{
		"a payout that is sent again does not retake its lane", "internal/order/send.go",
		"\t\terr = call.Contain(func() { again.Head().Lane = to.Lane(again) }) // it may have left it\n",
		"\t\terr = nil\n", "./withdraw",
	},
	{
		"Decline and Cancel keep no decision", "withdraw/decide.go",
		"\t\tnext.Decisions = append(next.Decisions, d)\n\t\tnext.Why = d.Why\n\t\treturn s.giveBack(ctx, next, status)",
		"\t\tnext.Why = d.Why\n\t\treturn s.giveBack(ctx, next, status)", "./withdraw",
	},
	{
		"a withdrawal that was stopped does not say why", "withdraw/decide.go",
		"\t\tnext.Why = d.Why\n\t\treturn s.giveBack(ctx, next, status)",
		`		return s.giveBack(ctx, next, status)`, "./withdraw",
	},
	{
		"a verdict forgets what was decided", "withdraw/decide.go",
		`ports.Decision{What: what, Who`,
		`ports.Decision{Who`, "./withdraw",
	},
	{
		"a decision about a withdrawal forgets the person", "withdraw/decide.go",
		`Who: act.Who, Why: act.Why, At: next`,
		`Why: act.Why, At: next`, "./withdraw",
	},
	{
		"a decision about a withdrawal forgets the reason", "withdraw/decide.go",
		`Who: act.Who, Why: act.Why, At: next`,
		`Who: act.Who, At: next`, "./withdraw",
	},
	{
		"a decision about a withdrawal forgets the time", "withdraw/decide.go",
		`Why: act.Why, At: next.UpdatedAt})`,
		`Why: act.Why})`, "./withdraw",
	},
	{
		"an alarm about a withdrawal has no line", "withdraw/effects.go",
		`if op.Answer.Alarm != "" {`,
		`if false {`, "./withdraw",
	},
	{
		"one order of a Disburser is followed at a time", "internal/order/path.go",
		`const Parallel = 8`,
		`const Parallel = 1`, "./withdraw",
	},
	{
		"a call to a Disburser takes two minutes", "internal/order/options.go",
		`o.Timeout: time.Minute`,
		`o.Timeout: 2 * time.Minute`, "./withdraw",
	},
	{
		"a payout is unknown for 25 hours", "internal/order/options.go",
		`o.ReviewAfter: 24 * time.Hour`,
		`o.ReviewAfter: 25 * time.Hour`, "./withdraw",
	},
	{
		"pauses between inquiries about a payout grow to eleven minutes", "withdraw/service.go",
		`const inquireMax = 10 * time.Minute`,
		`const inquireMax = 11 * time.Minute`, "./withdraw",
	},
	{
		"an inquiry that learnt nothing wipes out what a Disburser answered", "internal/order/answer.go",
		`		if nothing || head.Open`,
		`		if false && nothing || head.Open`, "./withdraw",
	},
	{
		"a Disburser's leaning is forgotten", "internal/order/answer.go",
		"\t\tcommon.Likely = before.Likely\n",
		``, "./withdraw",
	},
	{
		"a message of a Disburser is cut at 299 bytes", "internal/order/path.go",
		`if len(text) <= most {`,
		`if len(text) < most {`, "./withdraw",
	},
	{
		"an answer about a payout is booked once on a wallet that is locked", "internal/order/apply.go",
		`errors.Is(err, ports.ErrBusy) && lost >= lossesMax`,
		`errors.Is(err, ports.ErrBusy)`, "./withdraw",
	},
	{
		"a step that sends waiting withdrawals does not say how many", "withdraw/jobs.go",
		"\t\t\tsent++\n",
		"\t\t\t_ = sent\n", "./withdraw",
	},
	{
		"a preview of a withdrawal takes its total", "withdraw/preview.go",
		`err = over.open(ctx, &request); err != nil {`,
		`err = s.open(ctx, &request); err != nil {`, "./withdraw",
	},
	{
		"a withdrawal of all takes what is held", "withdraw/service.go",
		`return schedule.QuoteAll(available)`,
		`return schedule.QuoteAll(w.Balance)`, "./withdraw",
	},
	{
		"a withdrawal of all is finer than its schedule", "withdraw/schedule.go",
		"\tavailable = available.Truncate(max(0, s.Scale))\n",
		``, "./withdraw",
	},
	{
		"a withdrawal of all tries the last tier alone", "withdraw/schedule.go",
		"\t\tfirst = cmp.Or(first, err)\n",
		"\t\treturn Quote{}, cmp.Or(first, err)\n", "./withdraw",
	},
	{
		"a wallet is wound up while something is open", "withdraw/leaving.go",
		"\tif w.OpenOperations > 0 {\n\t\treturn Quote{}, ports",
		"\tif false {\n\t\treturn Quote{}, ports", "./withdraw",
	},
	{
		"what another withdrawal could pay is given up", "withdraw/leaving.go",
		`if reason == nil || left.Cash`,
		`if left.Cash`, "./withdraw",
	},
	{
		"more cash is given up than the owner agreed to", "withdraw/leaving.go",
		`|| left.Cash.GreaterThan(r.ForfeitCash) ||`,
		`||`, "./withdraw",
	},
	{
		"points are given up without consent", "withdraw/leaving.go",
		`	if !r.ForfeitPoints {`,
		`	if false {`, "./withdraw",
	},
	{
		"a wallet that comes to have something to pay is refused", "withdraw/leaving.go",
		"\t\treturn errPayable\n",
		"\t\treturn ports.ErrNotEmpty\n", "./withdraw",
	},
	{
		"a caller of a key that went the other way is refused", "withdraw/leaving.go",
		`!errors.Is(err, errPayable) && (known || !errors.Is(err, ports.ErrKeyReused))`,
		`!errors.Is(err, errPayable)`, "./withdraw",
	},
	{
		"a departure that is repeated closes nothing", "withdraw/leaving.go",
		`|| op.Status != ports.WithdrawalCompleted {`,
		`|| op.Status == ports.WithdrawalCompleted {`, "./withdraw",
	},
	{
		"the close of a frozen wallet names the person who asked", "withdraw/leaving.go",
		"\t\tby = *leaving.DespiteFreeze\n",
		"\t\t_ = leaving.DespiteFreeze\n", "./withdraw",
	},
	{
		"a withdrawal that is completed leaves its wallet open", "withdraw/leaving.go",
		`	booking.Closing = closing(next)
	return err`,
		`	return err`, "./withdraw",
	},
	{
		"a total that is given back does not say that the wallet stays", "withdraw/effects.go",
		`next.Leaving.Stays = "the total was given back"`,
		`next.Leaving.Stays = ""`, "./withdraw",
	},
	{
		"a frozen wallet pays without a decision", "withdraw/send.go",
		`bool { return d.What == ports.DecisionPayFrozen })`,
		`bool { return d.What == ports.DecisionPayFrozen }) || true`, "./withdraw",
	},
	{
		"a worker does not know who decided about a frozen wallet", "withdraw/jobs.go",
		`		case frozen[op.WalletID] && !paysFrozen(op):`,
		`		case frozen[op.WalletID]:`, "./withdraw",
	},
	{
		"any withdrawal that waits can be paid as one of a frozen wallet", "withdraw/acts.go",
		`if op.Why == whyFrozen {`,
		`if op.Why != "" {`, "./withdraw",
	},
	{
		"a decision about a frozen wallet takes no withdrawal", "withdraw/service.go",
		`Debit: request.DespiteFreeze == nil,`,
		`Debit: true,`, "./withdraw",
	},
	{
		"the digest of a withdrawal misses that the wallet is closed", "withdraw/service.go",
		`	if r.CloseWhenEmpty {`,
		`	if false {`, "./withdraw",
	},
	{
		"the digest of a withdrawal misses who decided about a frozen wallet", "withdraw/service.go",
		`	if r.DespiteFreeze != nil {`,
		`	if false {`, "./withdraw",
	},
	{
		"the digest of a departure misses what is given up", "withdraw/service.go",
		`r.leaving.ForfeitPoints, r.leaving.ForfeitCash)`,
		`r.leaving.ForfeitPoints, 0)`, "./withdraw",
	},
	{
		"a wallet with a disputed operation is wound up", "withdraw/leaving.go",
		`	if err != nil || len(open) == 0 {`, `	if true {`, "./withdraw",
	},
	{
		"the close of a wallet is answered by its route alone", "withdraw/leaving.go",
		`errors.Is(err, ports.ErrNotFound) {`, `err == nil || errors.Is(err, ports.ErrNotFound) {`, "./withdraw",
	},
	{
		"a wallet of which an operation is disputed is closed by its payout", "withdraw/leaving.go",
		`		next.Leaving.Stays = staysDisputed
		return nil
`,
		`		err = nil
`, "./withdraw",
	},
	{
		"a repeated call closes a wallet of which an operation is disputed", "withdraw/leaving.go",
		`	if err == nil {
		err = s.undisputed(ctx, op.WalletID)
	}
`,
		``, "./withdraw",
	},
	{
		"an empty wallet with an active policy is closed", "withdraw/leaving.go",
		`		booking.Closing.Cash = w.Balance // which empties admits
		if trips(w.AvailableBalance()) {`,
		`		booking.Closing.Cash = w.Balance // which empties admits
		if trips(w.AvailableBalance()) && false {`, "./withdraw",
	},
	{
		"a payout of nothing counts as a payout of all", "withdraw/schedule.go",
		`		if err == nil && q.Net.IsPositive() {`,
		`		if err == nil {`, "./withdraw",
	},
}

var autoMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"a change that lost every time returns no error", "autorecharge/policy.go",
		`	return nil, fmt.Errorf("policy of wallet %s: others change it all the time: %w", by.WalletID, ports.ErrConflict)`,
		`	return e.Get(ctx, by.WalletID)`, "./autorecharge",
	},
	{
		"policies that wait hide an attempt whose Charger is gone", "autorecharge/sweep.go",
		"\t\te.orphans.afterID = found[len(found)-1].Head().ID\n",
		``, "./autorecharge",
	},
	{
		"an event of a policy whose commit was in doubt is never told", "autorecharge/write.go",
		`	case !e.doubts.Note(written, err, tell):`, `	case written == nil:`, "./autorecharge",
	},
	{
		"a time zone that a machine does not know is silent", "autorecharge/evaluate.go",
		"\t\te.logZone(ctx, policy)\n",
		``, "./autorecharge",
	},
	{
		"the end of a cap is not told after Delete and Set", "autorecharge/set.go",
		`, next.State.Capped = was.Generation+1, was.Charges, was.TakenBack, was.Capped`,
		`, next.State.Capped = was.Generation+1, was.Charges, was.TakenBack, ""`, "./autorecharge",
	},
	{
		"a provider that ignores its context is taken to be off", "autorecharge/delegate.go",
		`	return found.Delegation, ports.Join(err, found.err)`,
		"	if err != nil {\n		return found.Delegation, nil\n	}\n	return found.Delegation, found.err", "./autorecharge",
	},
	{
		"the threshold is strict", "autorecharge/decide.go",
		`available.LessThanOrEqual(terms.MinimumCash)`, `available.LessThan(terms.MinimumCash)`, "./autorecharge",
	},
	{
		"alerts are silent unless the policy is active", "autorecharge/write.go",
		"	var fired []decimal.Decimal\n	for _, level := range p.AlertLevels {\n",
		"	var fired []decimal.Decimal\n	for _, level := range p.AlertLevels {\n		if p.Status != ports.PolicyActive {\n			continue\n		}\n", "./autorecharge",
	},
	{
		"an attempt that was not sent counts", "autorecharge/transition.go",
		`	if !sent {`, `	if false {`, "./autorecharge",
	},
	{
		"an outage counts against the card", "autorecharge/step.go",
		`	case o.Status == ports.RechargeDeclined:`, `	case o.Status == ports.RechargeDeclined, o.Answer.Outcome == ports.OutcomeNotSent:`, "./autorecharge",
	},
	{
		"failures do not back off", "autorecharge/transition.go",
		`	p.State.NotBefore = at.now.Add(pause(p, p.State.Failures))`, `	p.State.NotBefore = at.now`, "./autorecharge",
	},
	{
		"failures never suspend", "autorecharge/transition.go",
		`	case forGood || p.State.Failures >= p.SuspendAfter:`, `	case forGood:`, "./autorecharge",
	},
	{
		"the passing of time reinstates", "autorecharge/evaluate.go",
		"			return true, nil\n		}\n	}\n	return false, nil\n}", "			return true, nil\n		}\n	}\n	return true, nil\n}", "./autorecharge",
	},
	{
		"people are told before it is durable", "autorecharge/write.go",
		`	return s.again, e.tell(ctx, &s, err)`, `	return s.again, ports.Join(e.tell(ctx, &s, nil), err)`, "./autorecharge",
	},
	{
		"one charge may be of any amount", "autorecharge/decide.go",
		`	if most := policy.MaximumCharge; most.Valid && d.`, `	if most := policy.MaximumCharge; false && d.`, "./autorecharge",
	},
	{
		"a suspended policy charges", "autorecharge/decide.go",
		"	case policy.Status == ports.PolicySuspended:\n		return Decision{Why: ReasonSuspended}\n	case policy.Status != ports.PolicyActive:",
		`	case policy.Status == ports.PolicyDisabled:`, "./autorecharge",
	},
	{
		"money under way is not counted", "autorecharge/evaluate.go", `				sum = sum.Add(op.Amount)`, `				_ = op.Amount`, "./autorecharge",
	},
	{
		"an attempt of unknown outcome is taken for ended", "autorecharge/step.go",
		`	case o.Open: // pending`, `	case o.Open && o.Status != ports.RechargeUnknown: // pending`, "./autorecharge",
	},
	{
		"the month's attempts are not counted", "autorecharge/decide.go",
		`{month, policy.MonthlyCount,`, `{month, 0,`, "./autorecharge",
	},
	{
		"the day's attempts are not counted", "autorecharge/decide.go",
		`		case q.count > 0 && count >= q.count:`, `		case false && count >= q.count:`, "./autorecharge",
	},
	{
		"a process suspends policies of Chargers that it does not know", "autorecharge/evaluate.go",
		`	case e.recharges.Charger(d.Method.Charger) == nil: //`,
		`	case false: //`, "./autorecharge",
	},
	{
		"policies of unknown Chargers hide those behind them", "autorecharge/sweep.go",
		`DueBy: e.now(), Providers: []string{charger}, Limit: limit}`, `DueBy: e.now(), Limit: limit}`, "./autorecharge",
	},
	{
		"the provider is asked though the lane is taken", "autorecharge/evaluate.go",
		"	case holder == nil:\n",
		"	case true:\n", "./autorecharge",
	},
	{
		"a policy that stays blocked is told at each look", "autorecharge/lane.go",
		`p.State.Blocked == was {`, `was == "?" {`, "./autorecharge",
	},
	{
		"a recharge by hand lifts what a dispute suspended", "autorecharge/step.go",
		`s.next.State.TakenBack, s.next.State.Held = s.wallet.Seq, true`,
		`s.next.State.TakenBack = s.wallet.Seq`, "./autorecharge",
	},
	{
		"a suspension in doubt is not told", "autorecharge/write.go",
		`	case len(s.crossed)+len(s.events) == 0:`, `	case len(s.crossed)+len(s.events) == 0, s.next.Status == ports.PolicySuspended:`, "./autorecharge",
	},
	{
		"an abandonment in doubt is not told", "autorecharge/write.go",
		`	case len(s.crossed)+len(s.events) == 0:`, `	case len(s.crossed)+len(s.events) == 0, !s.next.Open:`, "./autorecharge",
	},
	{
		"an operator's suspension of a policy that had stopped is silent", "autorecharge/act.go",
		"ports.PolicySuspended && next.State.Held\n",
		"ports.PolicySuspended\n", "./autorecharge",
	},
	{
		"an operator suspends in silence", "autorecharge/act.go",
		`		if held { // it was told`, `		if held || true { // it was told`, "./autorecharge",
	},
	{
		"a suspension is lost when the policy is deleted and set again", "autorecharge/set.go",
		`	if was.Held {`,
		`	if false {`, "./autorecharge",
	},
	{
		"a policy whose wallet is closed cannot be abandoned", "autorecharge/step.go",
		`		s.alone = s.wallet.Status == ports.WalletClosed`, `		s.alone = false`, "./autorecharge",
	},
	{
		"who acts on a policy is forgotten", "autorecharge/act.go",
		`Who: a.Who, Why`, `Why`, "./autorecharge",
	},
	{
		"a policy keeps every act", "autorecharge/act.go",
		`kept[max(0, len(kept)-maxDecisions):]`, `kept`, "./autorecharge",
	},
	{
		"an attempt that failed does not count", "autorecharge/step.go",
		`	sent := o.Transmissions > 0 && o.Answer.Outcome != ports.OutcomeNotSent`, `	sent := false`, "./autorecharge",
	},
	{
		"an outage ends the round", "autorecharge/transition.go",
		"		p.State.TriedAt = now // the round goes on\n",
		``, "./autorecharge",
	},
	{
		"a provider that is switched off stays off for its next owner", "autorecharge/delegate.go",
		`	return e.handOver(ctx, policy)
`, `	return nil
`, "./autorecharge",
	},
	{
		"a setting is sent after its lease", "autorecharge/delegate.go",
		`	if !lease.IsZero() && !e.now().Before(lease) {`,
		`	if !lease.IsZero() && !e.now().Before(lease) && false {`, "./autorecharge",
	},
	{
		"two delegated policies of one Charger are accepted", "autorecharge/set.go",
		"		err = e.checkSole(ctx, wallet.ID, &terms)\n",
		``, "./autorecharge",
	},
	{
		"a delegated policy that does not own its provider switches it off", "autorecharge/delegate.go",
		`	case owner != "": // nothing`,
		`	case false: // nothing`, "./autorecharge",
	},
	{
		"changes of a cap are told at each look", "autorecharge/transition.go",
		`	case was:`, `	case was + "?":`, "./autorecharge",
	},
	{
		"the end of a cap has no event", "autorecharge/transition.go",
		`change{ports.PolicyEventUncapped, "no cap is used up any more"}`,
		`change{}`, "./autorecharge",
	},
	{
		"the end of a cap is not told before the charge", "autorecharge/evaluate.go",
		`policy.State.Blocked+policy.State.Capped`,
		`policy.State.Blocked`, "./autorecharge",
	},
	{
		"a provider that hangs holds up all policies", "autorecharge/evaluate.go",
		`	case d.Charge && !reaches(d.Method.Charger):`, `	case false:`, "./autorecharge",
	},
	{
		"an announced payment counts until its deadline", "autorecharge/evaluate.go",
		`		return now.Sub(op.CreatedAt) < announcedMost ||`,
		`		return true ||`, "./autorecharge",
	},
	{
		"an order whose end is not known is not under way", "autorecharge/evaluate.go",
		"	case ports.RechargeSending, ports.RechargeUnknown, ports.RechargeReview:\n		return true",
		"	case ports.RechargeSending:\n		return true", "./autorecharge",
	},
	{
		"Explain is silent about the drift of a delegated policy", "autorecharge/explain.go",
		`	if policy.Delegated && policy.State.Drift != "" {`,
		`	if false {`, "./autorecharge",
	},
	{
		"Explain calls a policy suspended that the next look reinstates", "autorecharge/explain.go",
		`		if byHand { // the next`,
		`		if byHand && false { // the next`, "./autorecharge",
	},
	{
		"Explain does not name the attempt that is waited for", "autorecharge/explain.go",
		`	case d.Why == ReasonUnderWay:`,
		`	case false:`, "./autorecharge",
	},
	{
		"amounts for people are not grouped", "text/language.go",
		`		whole = whole[:i] + "," + whole[i:]`,
		`		_ = whole[i:]`, "./text",
	},
	{
		"a reason of blanks is a reason", "ports/by.go",
		`	if strings.TrimSpace(b.Why) == "" {`,
		`	if strings.TrimSuffix(b.Why, "") == "" {`, "./ports",
	},
	{
		"the reason of an operator is shown to customers", "text/decision.go",
		`return t.state.Held && t.state.Why != autorecharge.CauseDisputed`,
		`return false && t.state.Why != autorecharge.CauseDisputed`, "./text ./autorecharge",
	},
	{
		"a late answer overwrites the reason of an operator", "autorecharge/transition.go",
		"	if !p.State.Held {\n		p.State.Why = why",
		"	if true {\n		p.State.Why = why", "./autorecharge",
	},
	{
		"a time zone that is not known is taken for UTC", "autorecharge/decide.go",
		`err != nil && hasCaps {`,
		`err != nil && false && hasCaps {`, "./autorecharge",
	},
	{
		"the time zone of the machine is accepted", "autorecharge/terms.go",
		`	if timeZone == "Local" {`,
		`	if false {`, "./autorecharge",
	},
	{
		"long lists of alert levels are compared", "autorecharge/terms.go",
		"		return ports.Invalid(\"AlertLevels\", \"are more than %d\", maxLevels)\n",
		"		defer func() { _ = levels }()\n", "./autorecharge",
	},
	{
		"a recharge by hand may have a key of auto-recharge", "recharge/service.go",
		`	if !automatic {`,
		`	if false {`, "./recharge",
	},
	{
		"charges that fall short follow each other at once", "autorecharge/transition.go",
		`		p.State.NotBefore = now.Add(recheck)`, `		_ = now.Add(recheck)`, "./autorecharge",
	},
	{
		"the last seconds of a day do not count for the next", "autorecharge/decide.go",
		`period.from.Add(-clockSkew), period.until`,
		`period.from, period.until`, "./autorecharge",
	},
	{
		"a clock that is ahead begins the day early", "autorecharge/decide.go",
		`periods(policy.TimeZone, now.Add(-clockSkew))`,
		`periods(policy.TimeZone, now)`, "./autorecharge",
	},
	{
		"charges of the last seconds of a day become one with those before", "autorecharge/transition.go",
		` && kept[n].At.Before(late) == c.At.Before(late) {`,
		` && (late.IsZero() || true) {`, "./autorecharge",
	},
	{
		"caps forget the generation of a deleted policy", "autorecharge/set.go",
		`was.Generation+1, was.Charges`,
		`1, was.Charges`, "./autorecharge",
	},
	{
		"caps count on from the deleted policy with the last id", "autorecharge/set.go",
		`			if state.Generation >= next.State.Generation {`,
		`			if true {`, "./autorecharge",
	},
	{
		"money that fell short is not counted", "autorecharge/step.go",
		`		attempt := book(s.next, o.Credited)`, `		attempt := book(s.next, decimal.Decimal{})`, "./autorecharge",
	},
	{
		"money of a disputed attempt is not counted", "autorecharge/step.go",
		`	attempt := book(s.next, o.Amount)`, `	attempt := book(s.next, decimal.Decimal{})`, "./autorecharge",
	},
	{
		"a claim does not look at the wallet that it is written with", "autorecharge/attempt.go",
		`return ports.ErrConflict // money arrived`,
		`return nil // money arrived`, "./autorecharge",
	},
	{
		"a fault moves on to the next payment method", "autorecharge/step.go",
		`	attempt := end(s.next, sent)`, "	s.next.State.Tried, s.next.State.TriedAt = add(s.next.State.Tried, s.next.State.Attempt.Method), s.now\n	attempt := end(s.next, sent)", "./autorecharge",
	},
	{
		"auto-recharge orders what a limit does not admit", "autorecharge/evaluate.go",
		`ours.IsZero() && errors.Is(e.ledger.CheckCredit(`,
		`false && errors.Is(e.ledger.CheckCredit(`, "./autorecharge",
	},
	{
		"auto-recharge counts its own order against the limit", "autorecharge/evaluate.go",
		`err == nil && ours.IsZero() && errors`,
		`err == nil && errors`, "./autorecharge",
	},
	{
		"a limit that is reached meanwhile fails the job of auto-recharge", "autorecharge/attempt.go",
		`	case errors.Is(err, ports.ErrLimit):`,
		`	case false:`, "./autorecharge",
	},
	{
		"a wallet that owes something is charged", "autorecharge/evaluate.go",
		`	case len(debts) > 0:`,
		`	case len(debts) > 0 && err != nil:`, "./autorecharge",
	},
}

var storeMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"a lease does not move what is due", "internal/record/operation.go",
		"	head.DueAt = ports.Instant(now.Add(lease))\n", "", "./internal/record ./recharge",
	},
	{
		"a claim needs no compare-and-swap", "internal/record/operation.go",
		`		return op, false, nil
	}
	return claimed, err == nil, err`, `		return claimed, true, nil
	}
	return claimed, err == nil, err`, "./internal/record ./recharge",
	},
	{
		"a change that another process replaced is told as ours", "internal/record/doubt.go",
		"\treturn err == nil && bytes.Equal(record, was.record)\n",
		"\treturn err == nil && bytes.Equal(record, record)\n", "./internal/record",
	},
	{
		"a job that ends its goroutine is never run again", "worker/worker.go",
		"\t\t\t\tended <- result\n",
		"\t\t\t\tif whole {\n\t\t\t\t\tended <- result\n\t\t\t\t}\n", "./worker",
	},
	{
		"a notifier that ends its goroutine ends all events", "internal/events/queue.go",
		`		if !emptied {`,
		`		if !emptied && false {`, "./internal/events",
	},
	{
		"events that wait are not waited for", "internal/events/queue.go",
		`	if idle == nil {`,
		`	if true {`, "./internal/events",
	},
	{
		"the state of a policy that cannot be read is taken for a new one", "autorecharge/state.go",
		`		return State{}, fmt.Errorf("state of policy %s: %w: %w", policy.ID, ports.ErrUnreadable, err)`,
		`		return State{}, nil`, "./autorecharge",
	},
	{
		"a policy admits every act", "autorecharge/policy.go",
		`		if err := admits(&next.Policy, by.what); err != nil {`,
		`		if err := admits(&next.Policy, by.what); err != nil && false {`, "./autorecharge",
	},
	{
		"a policy keeps no act", "autorecharge/policy.go",
		"			by.keep(next, e.now())\n",
		"", "./autorecharge",
	},
	{
		"a step changes the policy that it starts from", "autorecharge/step.go",
		`step{next: policy.Clone(), wallet`,
		`step{next: policy, wallet`, "./autorecharge",
	},
	{
		"autorecharge does not wait for its events", "autorecharge/engine.go",
		`error { return e.events.Wait(ctx) }`,
		`error { return nil }`, "./autorecharge",
	},
	{
		"withdraw does not wait for its events", "withdraw/service.go",
		`error { return s.events.Wait(ctx) }`,
		`error { return nil }`, "./withdraw",
	},
	{
		"recharge does not wait for its events", "recharge/service.go",
		`error { return s.events.Wait(ctx) }`,
		`error { return nil }`, "./recharge",
	},
	{
		"a call ends with its caller", "internal/call/call.go",
		`context.WithTimeout(context.WithoutCancel(ctx), timeout)`,
		`context.WithTimeout(ctx, timeout)`, "./internal/call",
	},
	{
		"calls that are overdue are not bounded", "internal/call/call.go",
		`if guard.overdue.Load() >= OverdueMax {`,
		`if guard.overdue.Load() >= 1<<40 {`, "./internal/call",
	},
	{
		"a late answer is dropped", "internal/call/call.go",
		`		if late == nil {`,
		`		if true {`, "./internal/call",
	},
	{
		"a step goes on though the store takes no writes", "internal/record/operation.go",
		"\t\t\t\tfailures, due = 0, due[(len(due)-1)/2:]\n",
		"", "./internal/record",
	},
	{
		"a store that takes no writes is taken for another process", "internal/record/operation.go",
		`	return claimed, err == nil, err`,
		`	return claimed, err == nil, nil`, "./internal/record",
	},
	{
		"keys are not checked", "adapters/memory/store.go",
		`	if keys := s.taken(unit.Entries); keys != nil {`, `	if keys := s.taken(unit.Entries); keys != nil && false {`, "./adapters/memory ./ledger",
	},
	{
		"versions of wallets are not compared", "adapters/memory/store.go",
		`		if wallet.Version != version+1 {`, `		if wallet.Version < version {`, "./adapters/memory",
	},
	{
		"another state of the same version will do", "adapters/memory/store.go",
		`account.wallet.Hash != base(unit.Entries, wallet) {`, `false {`, "./adapters/memory",
	},
	{
		"versions of operations are not compared", "adapters/memory/operation.go",
		`		if head.Version != version+1 {`, `		if head.Version < version {`, "./adapters/memory",
	},
	{
		"a lane admits two", "adapters/memory/operation.go",
		`		if holder != "" && holder != head.ID`, `		if false && holder != head.ID`, "./adapters/memory",
	},
	{
		"a lane stays taken after the end", "adapters/memory/operation.go",
		`	if held != nil && held.Head().Lane != "" && o.lanes[held.Head().Lane] == head.ID {`, `	if held != nil && false {`, "./adapters/memory",
	},
	{
		"a unit is written by halves", "adapters/memory/store.go",
		"	if fate := s.check(unit); fate.Status != ports.FateCommitted {\n		return fate\n	}",
		"	if fate := s.check(unit); fate.Status != ports.FateCommitted {\n		if fate.Status == ports.FateLaneTaken {\n			s.append(unit.Entries)\n		}\n		return fate\n	}", "./adapters/memory",
	},
	{
		"entries of a unit may come in any order", "adapters/memory/store.go",
		`		if entries[i].Seq != seq {`, `		if false {`, "./adapters/memory",
	},
	{
		"a cursor of another history reads on", "adapters/memory/feed.go",
		` || s.behind(int(read)) != cursor {`, ` {`, "./adapters/memory",
	},
	{
		"the feed shows an entry twice", "adapters/memory/feed.go",
		`		page.Cursor = s.behind(first + i + 1)`, `		page.Cursor = s.behind(first + i)`, "./adapters/memory ./ledger",
	},
	{
		"the store in memory forgets when holds expire", "adapters/memory/store.go",
		"\theld.wallet.HoldExpiry = ports.Instant(wallet.HoldExpiry)\n",
		"\theld.wallet.HoldExpiry = time.Time{}\n", "./adapters/memory",
	},
	{
		"memory: an operation that ended and is written again frees its lane", "adapters/memory/operation.go",
		`o.lanes[held.Head().Lane] == head.ID {`,
		`(o.lanes[held.Head().Lane] == head.ID || !held.Head().Open) {`, "./adapters/memory",
	},
	{
		"memory: the first version of an open operation is found", "adapters/memory/operation.go",
		"\tset(o.open, op, head.Open)\n",
		"\tif !head.Open || o.open[head.ID] == nil {\n\t\tset(o.open, op, head.Open)\n\t}\n", "./adapters/memory",
	},
	{
		"memory: the first version of an operation that is due is found", "adapters/memory/operation.go",
		"\to.setDueOf(op)\n",
		"\tif head.DueAt.IsZero() || o.dueOf[head.WalletID][head.ID] == nil {\n\t\to.setDueOf(op)\n\t}\n", "./adapters/memory",
	},
	{
		"memory: LastReferring shares the entry", "adapters/memory/entry.go",
		"\t\tif seq := account.referring[reference{entryType, ref.Seq}]; seq != 0 {\n\t\t\tfound = append(found, account.entries[seq-1].Clone())",
		"\t\tif seq := account.referring[reference{entryType, ref.Seq}]; seq != 0 {\n\t\t\tfound = append(found, *account.entries[seq-1])", "./adapters/memory",
	},
	{
		"memory: a wallet is opened without an entry", "adapters/memory/store.go",
		`wallet.Seq != seq || seq == 0 {`,
		`wallet.Seq != seq {`, "./adapters/memory",
	},
	{
		"memory: a gap is looked for in the history of the first wallet", "adapters/memory/store.go",
		`		if entries[i].Seq != seq {`,
		`		if entries[0].WalletID == wallet.ID && entries[i].Seq != seq {`, "./adapters/memory",
	},
	{
		"memory: a taken key goes before a gap", "adapters/memory/store.go",
		`	if err := s.malformed(unit); err != nil {`,
		"\tif keys := s.taken(unit.Entries); keys != nil {\n\t\treturn ports.Fate{Status: ports.FateKeyTaken, Keys: keys}\n\t}\n\tif err := s.malformed(unit); err != nil {", "./adapters/memory",
	},
	{
		"memory: a stale operation goes before a gap", "adapters/memory/store.go",
		`	if err := s.malformed(unit); err != nil {`,
		"\tif ids := s.ops.conflicts(unit.Operations); ids != nil {\n\t\treturn ports.Fate{Status: ports.FateOperationConflict, IDs: ids}\n\t}\n\tif err := s.malformed(unit); err != nil {", "./adapters/memory",
	},
	{
		"memory: a taken key goes before another state", "adapters/memory/store.go",
		`	if ids := s.strange(unit); ids != nil {`,
		"\tif keys := s.taken(unit.Entries); keys != nil {\n\t\treturn ports.Fate{Status: ports.FateKeyTaken, Keys: keys}\n\t}\n\tif ids := s.strange(unit); ids != nil {", "./adapters/memory",
	},
	{
		"memory: a stale operation goes before another state", "adapters/memory/store.go",
		`	if ids := s.strange(unit); ids != nil {`,
		"\tif ids := s.ops.conflicts(unit.Operations); ids != nil {\n\t\treturn ports.Fate{Status: ports.FateOperationConflict, IDs: ids}\n\t}\n\tif ids := s.strange(unit); ids != nil {", "./adapters/memory",
	},
	{
		"memory: another state of a wallet of three will do", "adapters/memory/store.go",
		`account.wallet.Hash != base(unit.Entries, wallet) {`,
		`len(unit.Wallets) < 3 && account.wallet.Hash != base(unit.Entries, wallet) {`, "./adapters/memory",
	},
	{
		"memory: operations but holds are kept as they were given", "adapters/memory/store.go",
		`		s.ops.put(op.Clone())`,
		"\t\tif _, is := op.(*ports.Hold); is {\n\t\t\top = op.Clone()\n\t\t}\n\t\ts.ops.put(op)", "./adapters/memory",
	},
	{
		"memory: all readers get the same operation", "adapters/memory/operation.go",
		`			found = append(found, op.Clone())`,
		"\t\t\tif _, is := op.(*ports.Hold); is {\n\t\t\t\top = op.Clone()\n\t\t\t}\n\t\t\tfound = append(found, op)", "./adapters/memory",
	},
	{
		"memory: one new wallet among many is not put in order", "adapters/memory/store.go",
		`	ordered := s.sorted == len(s.ids)`,
		`	ordered := s.sorted == len(s.ids) || s.sorted > 50 && len(s.ids)-s.sorted < 2`, "./adapters/memory",
	},
	{
		"memory: the entry that gave back most is the last that refers", "adapters/memory/store.go",
		`			account.referring[reference{entry.Type, entry.RefersTo}] = entry.Seq`,
		"\t\t\tif to := (reference{entry.Type, entry.RefersTo}); account.referring[to] == 0 || !entry.Refunded.LessThan(account.entries[account.referring[to]-1].Refunded) {\n\t\t\t\taccount.referring[to] = entry.Seq\n\t\t\t}", "./adapters/memory",
	},
	{
		"memory: an operation that leaves its lane for none keeps it", "adapters/memory/operation.go",
		`	if held != nil && held.Head().Lane != "" && o`,
		`	if held != nil && !(head.Open && head.Lane == "") && held.Head().Lane != "" && o`, "./adapters/memory",
	},
	{
		"memory: an operation that ends under another lane frees that", "adapters/memory/operation.go",
		`		delete(o.lanes, held.Head().Lane)`,
		"\t\tdelete(o.lanes, held.Head().Lane)\n\t\tif !head.Open {\n\t\t\tdelete(o.lanes, head.Lane)\n\t\t}", "./adapters/memory",
	},
	{
		"memory: lanes of the third operation are not looked at", "adapters/memory/operation.go",
		"\t\tholder := o.lanes[head.Lane]\n",
		"\t\tholder := o.lanes[head.Lane]\n\t\tif i > 1 {\n\t\t\tholder = \"\"\n\t\t}\n", "./adapters/memory",
	},
	{
		"memory: an operation without a lane moves to any", "adapters/memory/operation.go",
		"\t\tholder := o.lanes[head.Lane]\n",
		"\t\tholder := o.lanes[head.Lane]\n\t\tif was := o.byID[head.ID]; was != nil && was.Head().Lane == \"\" {\n\t\t\tholder = \"\"\n\t\t}\n", "./adapters/memory",
	},
	{
		"memory: an operation that moves stays with its wallet", "adapters/memory/operation.go",
		"\t\to.leave(held.Head())\n",
		"", "./adapters/memory",
	},
	{
		"memory: an operation of another kind takes an id", "adapters/memory/operation.go",
		`		if head.Version != version+1 {`,
		`		if head.Version != version+1 && (o.byID[head.ID] == nil || o.byID[head.ID].Head().Kind == head.Kind) {`, "./adapters/memory",
	},
	{
		"memory: a reference of the provider finds 30", "adapters/memory/operation.go",
		`	if head.ProviderRef != "" {`,
		`	if head.ProviderRef != "" && len(o.byRef[head.ProviderRef]) < 30 {`, "./adapters/memory",
	},
	{
		"memory: a cursor carries one byte of the hash", "adapters/memory/feed.go",
		`	return string(hex.AppendEncode(text, s.feed[read-1].Hash[:cursorBytes]))`,
		"\tvar first [cursorBytes]byte\n\tfirst[0] = s.feed[read-1].Hash[0]\n\treturn string(hex.AppendEncode(text, first[:]))", "./adapters/memory",
	},
	{
		"memory: a key twice among three entries is not looked for", "adapters/memory/store.go",
		`	if len(names) != distinct {`,
		`	if len(unit.Entries) < 3 && len(names) != distinct {`, "./adapters/memory",
	},
	{
		"memory: a stale operation wins when it was written later", "adapters/memory/operation.go",
		`		if head.Version != version+1 {`,
		`		if head.Version != version+1 && (o.byID[head.ID] == nil || !head.UpdatedAt.After(o.byID[head.ID].Head().UpdatedAt)) {`, "./adapters/memory",
	},
	{
		"memory: a closed wallet is not written", "adapters/memory/store.go",
		`	if ids := s.strange(unit); ids != nil {`,
		"\tfor i := range unit.Wallets {\n\t\tif held := s.accounts[unit.Wallets[i].ID]; held != nil && held.wallet.Status == ports.WalletClosed {\n\t\t\treturn ports.Fate{Status: ports.FateFailed, Err: ports.Invalid(\"Unit\", \"has a closed wallet\")}\n\t\t}\n\t}\n\tif ids := s.strange(unit); ids != nil {", "./adapters/memory",
	},
	{
		"memory: EntriesByKey sees a unit in part", "adapters/memory/entry.go",
		"\t\taccount := s.accounts[key.WalletID]\n",
		"\t\ts.mu.RUnlock()\n\t\ts.mu.RLock()\n\t\taccount := s.accounts[key.WalletID]\n", "./adapters/memory",
	},
	{
		"memory: LastReferring sees a unit in part", "adapters/memory/entry.go",
		"\t\taccount := s.accounts[ref.WalletID]\n",
		"\t\ts.mu.RUnlock()\n\t\ts.mu.RLock()\n\t\taccount := s.accounts[ref.WalletID]\n", "./adapters/memory",
	},
}

var postgresMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"PostgreSQL: a wallet's version is not compared", "adapters/postgres/single_wallet.go",
		`w.id = r.id AND w.version = r.version - 1 AND w.hash = r.base_hash")`, `w.id = r.id")`, "./adapters/postgres",
	},
	{
		"PostgreSQL: another state of the same version will do", "adapters/postgres/single_wallet.go",
		` AND w.hash = r.base_hash")`, `")`, "./adapters/postgres",
	},
	{
		"PostgreSQL: another state of a lone wallet's version will do", "adapters/postgres/single_unit.go",
		`of("base") + " AND w.hash = " + of("base_hash") +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = " + of("id") + " AND e.key = " + of("key") + ")" + unknown`, `of("base") +
		"\nAND NOT EXISTS (SELECT FROM jigap.entries e WHERE e.wallet_id = " + of("id") + " AND e.key = " + of("key") + ")" + unknown`, "./adapters/postgres",
	},
	{
		"PostgreSQL: keys are not looked up", "adapters/postgres/single_wallet.go",
		`"NOT c.gap AND NOT c.taken", "NULL::bigint[]"`, `"NOT c.gap", "NULL::bigint[]"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: an operation is not locked before it is judged", "adapters/postgres/single_wallet.go",
		"		FOR NO KEY UPDATE` + passOver + `\n", "", "./adapters/postgres",
	},
	{
		"PostgreSQL: an operation that is not as expected is passed over", "adapters/postgres/single_wallet.go",
		`		ready += " AND NOT (" + unfit + ")"`, ``, "./adapters/postgres",
	},
	{
		"PostgreSQL: pending entries are numbered in any order", "adapters/postgres/feed.go",
		`FROM jigap.feed_pending ORDER BY clock, id LIMIT $1"`, `FROM jigap.feed_pending ORDER BY clock DESC, id LIMIT $1"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: clocks of wallets are not compared", "adapters/postgres/single_wallet.go",
		`SELECT 1 + max(reached) AS tick FROM current)`, `SELECT 1::bigint AS tick)`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a cursor is good in any history", "adapters/internal/sqlrow/feed.go",
		` || blocks[0].ID != from.Block) {`, `) {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a cursor ahead of the feed is at its end", "adapters/internal/sqlrow/feed.go",
		`from.Number > 0 && (len(blocks) == 0 || `, `from.Number > 0 && len(blocks) != 0 && (`, "./adapters/postgres",
	},
	{
		"PostgreSQL: what is numbered stays pending", "adapters/postgres/feed.go",
		`k(clock, id) WHERE p.clock = k.clock AND p.id = k.id"`, `k(clock, id) WHERE p.clock = k.clock AND p.id = k.id AND false"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a locked row stops the call", "adapters/postgres/commit_sql.go",
		`const passOver = " SKIP LOCKED"`, `const passOver = " "`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a call waits for records that others make", "adapters/postgres/commit_sql.go",
		`const bounded = ", set_config('lock_timeout', '50', true)"`, `const bounded = ", set_config('lock_timeout', '0', true)"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a row that is locked is a conflict", "adapters/postgres/recover.go",
		`	if len(changed) > 0 {`, `	if true {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: what waits holds back the call", "adapters/postgres/retry.go",
		`v == perUnit || v == locked || v == collided`, `v == perUnit || v == collided`, "./adapters/postgres",
	},
	{
		"PostgreSQL: an entry that was kept from being written is not missed", "adapters/postgres/single_wallet.go",
		`updated = fit AND booked = fit AND noted`, `updated = fit AND noted`, "./adapters/postgres",
	},
	{
		"PostgreSQL: an operation that was kept from being written is not missed", "adapters/postgres/single_unit.go",
		`		written = " AND (SELECT count(*) FROM written) = count(*)"`, `		written = ""`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a refusal is final though a statement may arrive late", "adapters/postgres/recover.go",
		`		case err == nil && (final || !b.lost):`, `		case err == nil && (final || true):`, "./adapters/postgres",
	},
	{
		"PostgreSQL: an internal error of the server is taken for a refusal", "adapters/postgres/retry.go",
		`"F0", "XX"}`, `"F0"}`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a COMMIT whose answer is lost was refused", "adapters/postgres/locked.go",
		`judgeCommit(err) == collided || `, `judgeCommit(err) != written || `, "./adapters/postgres",
	},
	{
		"PostgreSQL: what no standby has is committed", "adapters/postgres/recover.go",
		`	if err != nil {
		return ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: it is stored`, `	if false {
		return ports.Fate{Status: ports.FateUndecided, Err: fmt.Errorf("commit: %w: it is stored`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a savepoint stays in the host's transaction", "adapters/postgres/tx.go",
		`"ROLLBACK TO SAVEPOINT jigap_unit; RELEASE SAVEPOINT jigap_unit"`, `"ROLLBACK TO SAVEPOINT jigap_unit"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a machine that vanishes keeps a wallet", "adapters/postgres/locked.go",
		`set_config('idle_in_transaction_session_timeout', $2, true)"`, `set_config('jigap.nothing', $2, true)"`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a lost block of the feed is its end", "adapters/internal/sqlrow/feed.go",
		`next <= end {`, `next < 0 && end < 0 {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a wallet is decided about without its lock", "adapters/postgres/locked.go",
		`WHERE id = $1 FOR NO KEY UPDATE"+how)`, `WHERE id = $1"+how[:0])`, "./adapters/postgres",
	},
	{
		"PostgreSQL: reads are not sent again", "adapters/postgres/read.go",
		`r.ready == nil || !serialization(err) || `, `true || `, "./adapters/postgres",
	},
	{
		"PostgreSQL: columns that differ from the record are believed", "adapters/internal/sqlrow/operation.go",
		`	if head != *is || status != op.StatusText() {`, `	if false {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a status that differs from the record is believed", "adapters/internal/sqlrow/operation.go",
		`	if head != *is || status != op.StatusText() {`, `	if head != *is {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: an amount that is no number is zero", "adapters/postgres/numeric.go",
		`		return errNotFinite`, `		return nil`, "./adapters/postgres",
	},
	{
		"PostgreSQL: half a migration is a whole one", "adapters/postgres/migrate.go",
		`		if !there {`, `		if false {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a server that stops is taken for one that refused", "adapters/postgres/retry.go",
		` || refused.Severity == "FATAL" || refused.Severity == "PANIC" || len`, ` || len`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a lost connection is taken for a refusal", "adapters/postgres/commit.go",
		`		if verdict == unknown {`, `		if verdict == unknown && false {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: what was written before the connection was lost is a conflict", "adapters/postgres/recover.go",
		"	if b.doubt == nil {\n		return\n	}\n	for", "	if true {\n		return\n	}\n	for", "./adapters/postgres",
	},
	{
		"PostgreSQL: lanes are not looked at", "adapters/postgres/commit_sql.go",
		`	WHERE r.open AND f.open` + "`", `	WHERE r.open AND f.open AND false` + "`", "./adapters/postgres",
	},
	{
		"PostgreSQL: a refused commit spoils the host's transaction", "adapters/postgres/tx.go",
		`s.tx.Exec(ctx, "ROLLBACK TO SAVEPOINT jigap_unit; RELEASE SAVEPOINT jigap_unit", `, `s.tx.Exec(ctx, "SELECT 1", `, "./adapters/postgres",
	},
	{
		"PostgreSQL: digits behind the point are lost", "adapters/internal/sqlrow/encode.go",
		`		for ; whole < 0; whole++ {`, `		for ; whole < -1; whole++ {`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a released migration is changed", "adapters/postgres/migrations/0001_init.sql",
		`-- Columns that most entries leave at zero or blank are null then.`,
		`-- Columns that most entries leave at zero are null then.`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a commit that failed by a serialization failure is not sent again", "adapters/postgres/retry.go",
		`case "40001", "40P01", "23505":`,
		`case "40P01", "23505":`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a commit that failed by a deadlock is not sent again", "adapters/postgres/retry.go",
		`case "40001", "40P01", "23505":`,
		`case "40001", "23505":`, "./adapters/postgres",
	},
	{
		"PostgreSQL: a read that failed by a deadlock is not sent again", "adapters/postgres/read.go",
		` || refused.Code == "40P01")`,
		`)`, "./adapters/postgres",
	},
	{
		"postgres: a wallet forgets what it counts for its limits", "adapters/postgres/row.go",
		`	r.counters.add(sqlrow.EncodeCounters(w))`,
		`	r.counters.add("")`, "./adapters/postgres",
	},
	{
		"postgres: a wallet in doubt is found by other counters", "adapters/internal/sqlrow/wallet.go",
		`a.Incoming.Equal(b.Incoming) && a.IncomingPoint.Equal(b.IncomingPoint) && sameCount(&a.Credited, &b.Credited)`,
		`true`, "./adapters/postgres",
	},
}

var providerMutations = []mutation{ //nolint:gochecknoglobals // constant table
	{
		"the body of an order can be rewound, so net/http repeats it", "adapters/httpcall/send.go",
		"\ttraced.GetBody = nil\n", ``, "./adapters/httpcall",
	},
	{
		"SOLAPI's answer to a second copy is taken for the only one", "adapters/solapi/send.go",
		`case answer.Repeated && req.method != http.MethodGet:`, `case false:`, "./adapters/solapi",
	},
	{
		"Kona's answer to a second copy is taken for the only one", "adapters/kona/send.go",
		`case answer.Repeated && req.moves:`, `case false:`, "./adapters/kona",
	},
	{
		"an answer may have a name twice", "adapters/httpcall/json.go",
		"\t\t\t\treturn errTwice\n", "\t\t\t\t_ = errTwice\n", "./adapters/solapi ./adapters/kona",
	},
	{
		"SOLAPI's success that names an error is a success", "adapters/solapi/read.go",
		`errorCode(answer.body); failed {`, `errorCode(answer.body); false && failed {`, "./adapters/solapi",
	},
	{
		"SOLAPI's answer of another account is taken for the order's", "adapters/solapi/evidence.go",
		`|| accountID == e.Account`, `|| true`, "./adapters/solapi",
	},
	{
		"SOLAPI's recharge may be of any type", "adapters/solapi/recharge.go",
		`return (r.Type == "" || r.Type == TypeRecharge) && cleanID(`, `return cleanID(`, "./adapters/solapi",
	},
	{
		"SOLAPI's refusal that is broken off is final", "adapters/solapi/send.go",
		`case answer.Broken != nil: // before`, `case answer.Broken != nil && answer.Status == http.StatusOK: // before`, "./adapters/solapi",
	},
	{
		"SOLAPI's refusal that names what was executed is a refusal", "adapters/solapi/send.go",
		`if executed(answer.Body) {`, `if false {`, "./adapters/solapi",
	},
	{
		"Kona's refusal that names what was executed is a refusal", "adapters/kona/send.go",
		`&& said.executed() {`, `&& false {`, "./adapters/kona",
	},
	{
		"a field of SOLAPI's that decides nothing stops an order", "adapters/solapi/loose.go",
		`err != nil && tag.Get("read") == "strictly"`, `err != nil`, "./adapters/solapi",
	},
	{
		"a figure of SOLAPI's that cannot be read is not given", "adapters/solapi/loose.go",
		`err != nil && tag.Get("read") == "strictly"`, `err != nil && tag.Get("read") == "never"`, "./adapters/solapi",
	},
	{
		"SOLAPI's switches are whole numbers", "adapters/solapi/amount.go",
		"\t*f = Flag(err == nil && !value.IsZero())\n", "\t*f = Flag(err == nil && value.Exponent() == 0 && !value.IsZero())\n", "./adapters/solapi",
	},
	{
		"an answer that does not say whether SOLAPI's alert is on says that it is off", "adapters/solapi/alert.go",
		`err != nil || shown.Enabled == nil {`, `err != nil {`, "./adapters/solapi",
	},
	{
		"an answer to SOLAPI's switch is not compared", "adapters/solapi/alert.go",
		`answer.Enabled != nil && bool(*answer.Enabled) == on {`, `true {`, "./adapters/solapi",
	},
	{
		"Kona's plans by credit card are not asked for", "adapters/kona/plans.go",
		`"/api/v1/recharges/online-payment/auto/plans", "planInfoList"`, `"/api/v1/recharges/online-payment/auto/plans", "parInfoList"`, "./adapters/kona",
	},
	{
		"a list of Kona's under another name is no plans", "adapters/kona/plans.go",
		"\t\t\treturn nil, errOtherList\n", "\t\t\t_ = errOtherList\n", "./adapters/kona",
	},
	{
		"Kona's history is its first page", "adapters/kona/history.go",
		"\t\tlast = pages\n", "\t\tlast = min(pages, 1)\n", "./adapters/kona",
	},
	{
		"a Kona charge that others cancelled is approved", "adapters/kona/charger_inquire.go",
		`case number != "" && row.Number == number:`, `case false:`, "./adapters/kona",
	},
	{
		"a cancellation under another number is not looked at by Kona", "adapters/kona/charger_inquire.go",
		`case same && !early && !others[row.Number]:`, `case same && !early && !others[row.Number] && false:`, "./adapters/kona",
	},
	{
		"Kona's history that cannot be read shows no cancellation", "adapters/kona/charger_inquire.go",
		"\tif err != nil {\n\t\topen.Failed, open.Message", "\tif false {\n\t\topen.Failed, open.Message", "./adapters/kona",
	},
	{
		"Kona's minimum is not compared", "adapters/kona/charger.go",
		`&& order.Amount.LessThan(card.MinimumWon.Decimal)`, `&& false`, "./adapters/kona",
	},
	{
		"Kona's refused cancellation says that the charge stands", "adapters/kona/canceler.go",
		`return c.declined(ctx, order, sole(order.Transmissions, c.cancel(ctx, order)))`, `return sole(order.Transmissions, c.cancel(ctx, order))`, "./adapters/kona",
	},
	{
		"a refusal of which a part was lost counts while the question fails", "adapters/kona/canceler.go",
		` && q.last.Message == saidRefused+messageBlind // in whole`,
		` // in whole`, "./adapters/kona",
	},
	{
		"Kona's failed cancellation says that the charge stands", "adapters/kona/canceler.go",
		`return c.declined(ctx, order, answer)`, `return answer`, "./adapters/kona",
	},
	{
		"a cancellation is declined without a look into Kona's history", "adapters/kona/canceler.go",
		"\t\topen.Review = reviewNoHistory\n\t\treturn open\n", "\t\treturn answer\n", "./adapters/kona",
	},
	{
		"a cancellation whose history cannot be read has no day", "adapters/kona/canceler.go",
		`open := q.open(ports.OutcomeUnknown, c.client.clock.Now(), "")`, `open := q.open(ports.OutcomeUnknown, q.sentAt, "")`, "./adapters/kona",
	},
	{
		"Kona's simulator takes a charge back twice", "adapters/kona/konatest/charge.go",
		`if !done || charge != nil && charge.Canceled {`, `if !done {`, "./adapters/kona",
	},
	{
		"SOLAPI's quiet period does not see how far our dates are ahead", "adapters/solapi/evidence.go",
		`sent.Add(e.Ahead + quietPeriod)`, `sent.Add(quietPeriod)`, "./adapters/solapi",
	},
	{
		"a lost SOLAPI order ends without the provider's time", "adapters/solapi/charger_inquire.go",
		"\tcase !look.dated:\n", "\tcase false:\n", "./adapters/solapi",
	},
	{
		"the simulator of SOLAPI refuses what the PHP client sends", "adapters/solapi/solapitest/auth.go",
		`; php {`, `; false && php {`, "./adapters/solapi/solapitest",
	},
	{
		"the simulator of SOLAPI shows an alert that was never set", "adapters/solapi/solapitest/recharge.go",
		`if a.alert.set {`, `if true {`, "./adapters/solapi/solapitest",
	},
	{
		"simulators take amounts as texts", "adapters/providertest/number.go",
		`if len(data) == 0 || data[0] == '"' {`, `if len(data) == 0 {`, "./adapters/solapi/solapitest ./adapters/kona/konatest ./adapters/providertest",
	},
	{
		"the simulator of SOLAPI lets accounts write that are not verified", "adapters/solapi/solapitest/simulator.go",
		` && !account.Unverified`, ``, "./adapters/solapi/solapitest",
	},
	{
		"the simulator of SOLAPI lets members write that are not active", "adapters/solapi/solapitest/simulator.go",
		` && k.member == StateActive`, ``, "./adapters/solapi/solapitest",
	},
	{
		"a lost SOLAPI order ends before its request is spent", "adapters/solapi/evidence.go",
		`sent.Add(e.Ahead + freshness + maxSkew + sendTimeout)`, `sent.Add(e.Ahead + freshness + maxSkew)`, "./adapters/solapi",
	},
	{
		"SOLAPI's history with a gap is complete", "adapters/solapi/evidence.go",
		`case !row.NewBalance.Is(next.Decimal):`, `case false && !row.NewBalance.Is(next.Decimal):`, "./adapters/solapi",
	},
	{
		"an old row shows that SOLAPI's history is complete", "adapters/solapi/evidence.go",
		`case count == 1 && row.DateCreated.After(moment):`, `case count == 1:`, "./adapters/solapi",
	},
	{
		"the suite lets a refusal speak of the last transmission alone", "ports/portstest/provider_scenario.go",
		`				m.Len(m.Booked(), before+one(answer.Outcome == ports.OutcomeApproved), "%s; then`, `				m.True(true, "%s; then`, "./internal/suitetest",
	},
	{
		"the suite does not look whether an order that was given up is sent", "ports/portstest/provider_scenario.go",
		"\tif len(m.Booked()) > 0 || answer.Outcome == ports.OutcomeApproved {\n\t\tm.FailNow(\"an inquiry gave", "\tif false {\n\t\tm.FailNow(\"an inquiry gave", "./internal/suitetest",
	},
	{
		"the suite lets an OperationID be cut off", "ports/portstest/provider_digest.go",
		`if booked := len(m.Booked()); booked != i+1 {`, `if booked := len(m.Booked()); false {`, "./internal/suitetest",
	},
	{
		"the suite lets calls outlast their context", "ports/portstest/provider_check.go",
		`m.FailNow(name + " does not return when its context ends")`, `_ = name`, "./internal/suitetest",
	},
	{
		"the suite counts requests and not executions", "ports/portstest/provider_check.go",
		`	if !executed && order.sentAgain() {`, `	if false {`, "./internal/suitetest",
	},
	{
		"the suite does not look which charge was given back", "ports/portstest/canceler_scenario.go",
		`m.True(back.Equal(want),`, `m.True(back.Equal(want) || true,`, "./internal/suitetest",
	},
	{
		"the suite lets a part be reported as the whole", "ports/portstest/canceler_scenario.go",
		`m.True(answer.Amount.Valid && answer.Amount.Decimal.Equal(back),`, `m.True(true,`, "./internal/suitetest",
	},
	{
		"the suite lets a charge stand that others took back", "ports/portstest/canceler_scenario.go",
		`m.forbidden(answer, "the charge does not stand", ports.OutcomeDeclined)`, `_ = ports.OutcomeDeclined`, "./internal/suitetest",
	},
	{
		"the suite makes no settings that differ by an amount alone", "ports/portstest/delegate_scenario.go",
		`before.MinimumCash = d.second.MinimumCash`, `_ = before`, "./internal/suitetest",
	},
	{
		"the suite demands settings of a provider that is to be off", "ports/portstest/delegate_scenario.go",
		`d.isAs(ports.Delegation{}, "Delegate returned no error")`, `d.Equal(d.first.Methods, d.State().Methods)`, "./internal/suitetest",
	},
	{
		"the suite asks no question that fails", "ports/portstest/provider_scenario.go",
		"\t\tm.breaks(blind)\n\t\tfor _, wait", `		for _, wait`, "./internal/suitetest",
	},
	{
		"the suite does not compare the settings of a provider", "ports/portstest/delegate.go",
		`return a.On == b.On &&`, `return true || a.On == b.On &&`, "./internal/suitetest",
	},
	{
		"the suite does not look at another account", "ports/portstest/delegate.go",
		`if !same(d.Other(), other) {`, `if false {`, "./internal/suitetest",
	},
	{
		"the suite lets a process keep what belongs to the order", "ports/portstest/provider_order.go",
		"\tif f.renews {\n\t\tf.adapter = f.port.process()", "\tif false {\n\t\tf.adapter = f.port.process()", "./internal/suitetest",
	},
	{
		"the suite lets a pending order end with a question that failed", "ports/portstest/provider_scenario.go",
		`m.allowed(*answer, "the order was pending, and "+why, ports.OutcomePending, ports.OutcomeUnknown)`, `_ = why`, "./internal/suitetest",
	},
	{
		"the suite does not look where the money of a payout went", "ports/portstest/disburser.go",
		`m.True(order.Destination.BankCode == to.BankCode &&`, `m.True(true || order.Destination.BankCode == to.BankCode &&`, "./internal/suitetest",
	},
	{
		"the suite does not compare the figures of a payout", "ports/portstest/disburser.go",
		`m.True(!figure.got.Valid || figure.got.Decimal.Equal(figure.want),`, `m.True(true,`, "./internal/suitetest",
	},
	{
		"the suite lets an order be taken for those of others", "ports/portstest/provider_scenario.go",
		"\t\tm.breaks(fault)\n\t\tanswer := m.send(order)\n\t\tm.breaks(FaultOthers)\n", "\t\tm.breaks(fault)\n\t\tanswer := m.send(order)\n", "./internal/suitetest",
	},
	{
		"the suite lets an approved order be without an id", "ports/portstest/provider_check.go",
		`answer.ProviderRef == "" && m.canceler == nil,`, `false,`, "./internal/suitetest",
	},
	{
		"the suite lets evidence show a secret", "ports/portstest/provider_order.go",
		`if form := shown(string(p.evidence), f.m.Secrets()); form != "" {`, `if form := shown(string(p.evidence), f.m.Secrets()); false {`, "./internal/suitetest",
	},
	{
		"the suite sends orders of one payment method at the same time", "ports/portstest/provider_parallel.go",
		`order.PaymentMethod, order.WalletID = methods[i%len(methods)],`, `order.PaymentMethod, order.WalletID = methods[0],`, "./internal/suitetest",
	},
	{
		"the suite has four questions hang", "ports/portstest/provider_parallel.go",
		`const hung = 40`, `const hung = 4`, "./internal/suitetest",
	},
	{
		"the suite has no pair of ids for FNV-32a", "ports/portstest/provider_digest.go",
		"\t\t{\"FNV-32a\", \"9abecb82e68b\", \"3c395b836ca5\"},\n", ``, "./internal/suitetest",
	},
	{
		"the suite sends no order before midnight", "ports/portstest/provider_list.go",
		"\t\t\ttoMidnight()\n\t\t\tm.prepares(order)", "\t\t\tm.prepares(order)", "./internal/suitetest",
	},
	{
		"the suite asks about an order ten times", "ports/portstest/provider_limit.go",
		`manyInquiries     = 60`, `manyInquiries     = 10`, "./internal/suitetest",
	},
	{
		"the suite finds no secret in base64", "ports/portstest/provider_secret.go",
		`contains(append(base64Forms(secret), base64Forms(plain)...)...),`, `contains(secret),`, "./ports/portstest",
	},
	{
		"the suite writes an amount in one form", "ports/portstest/provider_amount.go",
		"\t\t\torder.costs(amount)\n\t\t\twhy :=", "\t\t\twhy :=", "./internal/suitetest",
	},
	{
		"the suite does not compare what was executed with what was ordered", "ports/portstest/provider_amount.go",
		`if len(booked) != 1 || !booked[0].Equal(order.amount()) {`, `if len(booked) != 1 {`, "./internal/suitetest",
	},
	{
		"the suite lets an order end as it likes that was refused", "ports/portstest/provider_refused.go",
		`m.allowed(answer, "the provider refused the order for good", ports.OutcomeDeclined)`, `_ = answer`, "./internal/suitetest",
	},
	{
		"the suite lets Prepare decline an order because a question failed", "ports/portstest/provider_prepare.go",
		"\tm.allowed(answer, \"a refusal of Prepare whose question failed\", ports.OutcomeNotSent, ports.OutcomeFault)\n", ``, "./internal/suitetest",
	},
	{
		"the suite lets an inquiry end with its caller", "ports/portstest/provider_context.go",
		`m.allowed(answer, "the caller canceled the inquiry", ports.OutcomeUnknown)`, `_ = answer`, "./internal/suitetest",
	},
	{
		"the suite demands an end of an order that left no trace", "ports/portstest/provider_check.go",
		`if !found && (answer.Outcome != ports.OutcomeUnknown || order.sentAgain()) {`, `if !found {`, "./internal/suitetest",
	},
	{
		"answers are read without a bound", "adapters/httpcall/send.go",
		`io.ReadAll(io.LimitReader(body, MaxBody+1))`, `io.ReadAll(body)`, "./adapters/solapi",
	},
	{
		"SOLAPI refuses by the last transmission alone", "adapters/solapi/finding.go",
		`if transmissions <= 1 ||`, `if true ||`, "./adapters/solapi",
	},
	{
		"SOLAPI gives up a charge that was sent again", "adapters/solapi/charger_inquire.go",
		"\tcase order.Transmissions > 1: // when it was sent last is not known\n\t\treturn wait\n", ``, "./adapters/solapi",
	},
	{
		"SOLAPI gives up a payout that was sent again", "adapters/solapi/disburser_inquire.go",
		`, order.Transmissions > 1: // when`, `: // when`, "./adapters/solapi",
	},
	{
		"SOLAPI is sent an order that an inquiry gave up", "adapters/solapi/charger.go",
		`if known.stale(order.SentAt, c.client.clock.Now()) {`, `if false {`, "./adapters/solapi",
	},
	{
		"the example server shows an internal error", "examples/host/errors.go",
		`message: "something went wrong here; the request may be repeated with the same Idempotency-Key",`, `message: err.Error(),`, "./examples/host",
	},
	{
		"the example server shows what its database says", "examples/host/errors.go",
		`"the database does not answer" + again`, `""`, "./examples/host",
	},
	{
		"SOLAPI's rejections are looked for over 29 days", "adapters/solapi/rejection.go",
		`const rejectionWindow = 30 * 24`,
		`const rejectionWindow = 29 * 24`, "./adapters/solapi",
	},
	{
		"SOLAPI's clock may be off by fourteen minutes", "adapters/solapi/send.go",
		`const maxSkew = 15 * time.Minute`,
		`const maxSkew = 14 * time.Minute`, "./adapters/solapi",
	},
	{
		"SOLAPI's clock may be off by sixteen minutes", "adapters/solapi/send.go",
		`const maxSkew = 15 * time.Minute`,
		`const maxSkew = 16 * time.Minute`, "./adapters/solapi",
	},
	{
		"a transfer by hand is looked at every hour", "adapters/manual/manual.go",
		`InquireAfter: 24 * time.Hour`,
		`InquireAfter: time.Hour`, "./adapters/manual",
	},
	{
		"a server that stops waits for a second", "examples/host/server.go",
		"answerTimeout)\n\tdefer cancel()\n\treturn web",
		"time.Second)\n\tdefer cancel()\n\treturn web", "./examples/host",
	},
	{
		"a page loses a heading that others link to", "docs/postgres.md",
		"## The change feed\n",
		"## The feed\n", ".",
	},
	{
		"Toss's refusal is final although it must be confirmed", "adapters/toss/shop.go",
		`if (failed.Confirm || transmissions > 1) && answer.Outcome.Final() {`,
		`if transmissions > 1 && answer.Outcome.Final() {`, "./adapters/toss",
	},
	{
		"Toss's refusal of a second transmission is final at once", "adapters/toss/shop.go",
		`if (failed.Confirm || transmissions > 1) && answer.Outcome.Final() {`,
		`if failed.Confirm && answer.Outcome.Final() {`, "./adapters/toss",
	},
	{
		"a refusal that Toss gave before it looked speaks of all transmissions", "adapters/toss/shop.go",
		`if failed.Unread || failed.Class == ClassNotSent {`,
		`if failed.Class == ClassNotSent {`, "./adapters/toss",
	},
	{
		"an order is sent to Toss although it is not the one that was prepared", "adapters/toss/shop.go",
		`if !s.client.same(readEvidence(order.Evidence), req) {`,
		`if false {`, "./adapters/toss",
	},
	{
		"Toss's evidence says nothing of the body", "adapters/toss/order.go",
		`[]byte(req.key), req.body)}`,
		`[]byte(req.key))}`, "./adapters/toss",
	},
	{
		"an order is sent to Toss again under another secret key", "adapters/toss/order.go",
		`return e.Call != "" && e.Call == now.Call && e.Key == now.Key`,
		`return e.Call != "" && now.Call != ""`, "./adapters/toss",
	},
	{
		"Toss's status approves without the amount", "adapters/toss/judge.go",
		`p.Total.Equal(order.Amount) && p.Currency`,
		`p.Currency`, "./adapters/toss",
	},
	{
		"Toss's status approves a payment of another order", "adapters/toss/judge.go",
		`return p.OrderID == s.orderID(order) && `,
		`return `, "./adapters/toss",
	},
	{
		"Toss's status approves a payment in another currency", "adapters/toss/judge.go",
		` && p.Currency == Currency && s.makes(p.Type)`,
		` && s.makes(p.Type)`, "./adapters/toss",
	},
	{
		"Toss's status approves a window's payment for a billing key", "adapters/toss/judge.go",
		` && p.Currency == Currency && s.makes(p.Type)`,
		` && p.Currency == Currency`, "./adapters/toss",
	},
	{
		"Toss's payment is approved without the time of it", "adapters/toss/judge.go",
		"\tcase p.ApprovedAt.IsZero():\n\t\tanswer.Amount = decimal.NullDecimal{}\n\t\treturn answer\n",
		``, "./adapters/toss",
	},
	{
		"a charge that others took back at Toss is approved", "adapters/toss/judge.go",
		`case p.Total.Sub(p.Balance).GreaterThan(order.GivenBack):`,
		`case false:`, "./adapters/toss ./recharge",
	},
	{
		"a charge that others took back at Toss is no contradiction", "adapters/toss/judge.go",
		`case order.Last.Outcome == ports.OutcomeApproved && (p.Balance.IsZero() || p.Status == StatusCanceled): // nothing of a credited charge is left`,
		`case false:`, "./adapters/toss ./recharge",
	},
	{
		"a failed deposit at Toss is pending", "adapters/toss/judge.go",
		"\tcase order.Last.Outcome == ports.OutcomeApproved:\n\t\treturn depositError(order, answer)\n\t}\n\tanswer.Outcome, answer.InquireAfter = ports.OutcomePending, depositPause",
		"\t}\n\tanswer.Outcome, answer.InquireAfter = ports.OutcomePending, depositPause", "./adapters/toss ./recharge",
	},
	{
		"a deposit at Toss is looked for at the deadline only", "adapters/toss/judge.go",
		`answer.Outcome, answer.InquireAfter = ports.OutcomePending, depositPause`,
		`answer.Outcome, answer.InquireAfter = ports.OutcomePending, 0`, "./adapters/toss ./recharge",
	},
	{
		"an account of Toss stays open when its time has passed", "adapters/toss/account_charger.go",
		`return p.Account.Expired || !due.IsZero() && !s.now().Before(due.Time)`,
		`return p.Account.Expired && due.IsZero()`, "./adapters/toss ./recharge",
	},
	{
		"an order that Toss does not show is sent again for ever", "adapters/toss/inquire.go",
		`case spent(l.order), waited >= resendFor:`,
		`case waited >= resendFor:`, "./adapters/toss",
	},
	{
		"an order is sent to Toss again after its key is void", "adapters/toss/inquire.go",
		`case spent(l.order), waited >= resendFor:`,
		`case spent(l.order):`, "./adapters/toss",
	},
	{
		"one question that finds nothing at Toss calls a person", "adapters/toss/inquire.go",
		`case waited < l.personAfter(), l.now().Sub(before) < twice:`,
		`case waited < l.personAfter():`, "./adapters/toss",
	},
	{
		"Toss's transactions are not looked at before a person is called", "adapters/toss/inquire.go",
		`found, err := l.client.findTransaction(ctx, l.orderID(l.order), sentAt(l.order), l.now())`,
		`found, err := false, error(nil)`, "./adapters/toss",
	},
	{
		"a token of another amount is confirmed at Toss", "adapters/toss/window_charger.go",
		`case token.orderID != c.orderID(order) || !token.amount.Equal(order.Amount):`,
		`case token.orderID != c.orderID(order):`, "./adapters/toss",
	},
	{
		"a token of another order is confirmed at Toss", "adapters/toss/window_charger.go",
		`case token.orderID != c.orderID(order) || !token.amount.Equal(order.Amount):`,
		`case !token.amount.Equal(order.Amount):`, "./adapters/toss",
	},
	{
		"a token is confirmed at Toss without a look at the payment", "adapters/toss/window_charger.go",
		"\t\tif refused := c.checkPayment(order, payment); refused != nil {\n\t\t\treturn nil, refused\n\t\t}\n",
		"\t\t_ = payment\n", "./adapters/toss",
	},
	{
		"all confirmations at Toss have one key for an order", "adapters/toss/window_charger.go",
		`Key: idempotencyKey(id) + "-" + digestOf(nil, []byte(paymentKey))[:32],`,
		`Key: "jigap1-confirm",`, "./adapters/toss",
	},
	{
		"a cancellation at Toss does not say what is left", "adapters/toss/canceler.go",
		`Amount: order.Amount, Refundable: order.Left,`,
		`Amount: order.Amount, Refundable: order.Amount,`, "./adapters/toss",
	},
	{
		"a cancellation at Toss of another amount is done", "adapters/toss/canceler.go",
		`case !found.Amount.Equal(order.Amount):`,
		`case found.Amount.IsZero():`, "./adapters/toss",
	},
	{
		"a cancellation at Toss is declined although others took the charge back", "adapters/toss/canceler.go",
		`case p.Balance.LessThan(order.Left):`,
		`case false:`, "./adapters/toss",
	},
	{
		"all cancellations at Toss have one reason", "adapters/toss/canceler.go",
		`if cancel.Reason == cancelReason(order.CancelID) {`,
		`if cancel.Reason != "" {`, "./adapters/toss",
	},
	{
		"Toss's code of a refusal counts with status 200", "adapters/toss/send.go",
		"if answer.Status == http.StatusOK {\n\t\treturn body, nil",
		"if answer.Status < 300 {\n\t\treturn body, nil", "./adapters/toss",
	},
	{
		"a refusal of Toss that has a payment is believed", "adapters/toss/send.go",
		` || said.PaymentKey != "" {`,
		` {`, "./adapters/toss",
	},
	{
		"Toss's refusals count whatever their status", "adapters/toss/rules.go",
		`if rule.class != ClassUnknown && (rule.status == 0 && err.Status >= 500 || rule.status != 0 && rule.status != err.Status) {`,
		`if false {`, "./adapters/toss",
	},
	{
		"a widget's key charges billing keys at Toss", "adapters/toss/api.go",
		`if c.key.widget {`,
		`if false {`, "./adapters/toss",
	},
	{
		"a test code goes out with a live key of Toss", "adapters/toss/client.go",
		`if config.TestCode != "" && key.live {`,
		`if false {`, "./adapters/toss",
	},
	{
		"Toss's billing key of another customer is taken", "adapters/toss/billing_key.go",
		`case issued.CustomerKey != customerKey:`,
		`case false:`, "./adapters/toss",
	},
	{
		"a billing key shows in an error of Toss", "adapters/toss/api.go",
		`hidden: []string{r.BillingKey.Reveal(), url.PathEscape(r.BillingKey.Reveal())},`,
		`hidden: nil,`, "./adapters/toss",
	},
	{
		"Toss's transactions end with a short page", "adapters/toss/lists.go",
		"\t\t\tif len(rows) == 0 {\n\t\t\t\treturn\n\t\t\t}\n\t\t\tfresh",
		"\t\t\tif len(rows) < pageSize {\n\t\t\t\treturn\n\t\t\t}\n\t\t\tfresh", "./adapters/toss",
	},
	{
		"a notification about an order of others names it", "adapters/toss/webhook.go",
		`if !ours || of == kindPayout || operation == "" && ref == "" {`,
		`if !ours && of == kindPayout || operation == "" && ref == "" {`, "./adapters/toss",
	},
	{
		"the example host charges the card of another wallet", "examples/host/cards.go",
		`if err == nil && found != distinct(ids) {`,
		`if false {`, "./examples/host",
	},
	{
		"the example host registers a card of another customer", "examples/host/cards.go",
		`if err == nil && own != body.CustomerKey {`,
		`if err == nil && own == "" {`, "./examples/host",
	},
	{
		"a refusal of a later transmission to Toss is believed at once", "adapters/toss/inquire.go",
		"\tif transmissions > 1 {\n\t\treturn personAfter\n\t}\n",
		``, "./adapters/toss",
	},
	{
		"a key of Toss that was spoilt is used again", "adapters/toss/window_charger.go",
		`return repeatOf(nil, waited < confirmLife && order.Last.Code != codeProcessing)`,
		`return repeatOf(nil, waited < confirmLife)`, "./adapters/toss",
	},
	{
		"a window of Toss with another amount ends the order", "adapters/toss/window_charger.go",
		`&& isUnapproved(p.Status)`,
		`&& false`, "./adapters/toss",
	},
	{
		"Toss's names are told apart by ASCII alone", "adapters/httpcall/json.go",
		`if text = strings.Map(fold, text); names[text] {`,
		`if text = strings.ToLower(text); names[text] {`, "./adapters/httpcall",
	},
	{
		"a question to Toss that failed says that the customer has not paid", "adapters/toss/inquire.go",
		`open.Outcome, open.Failed, open.Alarm, open.InquireAfter, open.Await = ports.OutcomeUnknown, true, failed.Alarm, failed.askAfter(), nil`,
		`open.Alarm, open.InquireAfter = failed.Alarm, failed.askAfter()`, "./recharge",
	},
	{
		"an account of Toss that could not be closed is pending", "adapters/toss/account_charger.go",
		`open.Outcome, open.Await, open.InquireAfter = ports.OutcomeUnknown, nil, depositPause // money may still come`,
		`_ = depositPause`, "./recharge",
	},
	{
		"the refusal to close an account of Toss is repeated for ever", "adapters/toss/account_charger.go",
		`"-close-" + s.now().UTC().Format("2006010215")`,
		`"-close"`, "./adapters/toss",
	},
	{
		"an outage uses up what may be sent to Toss", "adapters/toss/inquire.go",
		`return order.Transmissions >= maxTransmissions && isRepeated(order.Last.Code)`,
		`return order.Transmissions >= maxTransmissions`, "./recharge",
	},
	{
		"the time of a question to Toss that found nothing is lost", "adapters/toss/inquire.go",
		"\t\treturn codeAbsent\n",
		"\t\treturn \"\"\n", "./recharge",
	},
	{
		"a charge that a person approved is not told of as approved", "recharge/charge.go",
		`case op.EntrySeq != 0: // a person may have approved it`,
		`case false:`, "./recharge",
	},
	{
		"a Charger is not told what was given back", "recharge/charge.go",
		`Inquiries: op.Inquiries, Last: last, GivenBack: back,`,
		`Inquiries: op.Inquiries, Last: last, GivenBack: back.Neg(),`, "./recharge",
	},
	{
		"each notification writes to a disputed recharge", "recharge/charge.go",
		`	case told == op.Told: // people`, `	case false: // people`, "./recharge",
	},

	{
		"a confirmation that was held up is sent to Toss", "adapters/toss/window_charger.go",
		`if c.now().Sub(sentAt(order)) >= confirmLife { // an inquiry may have given it up`,
		`if false {`, "./adapters/toss",
	},
	{
		"the payment of another order is taken back at Toss", "adapters/toss/canceler.go",
		`return ours && p.OrderID != c.orderID(order.Charge)`,
		`return ours && p.OrderID == ""`, "./adapters/toss",
	},
	{
		"a notification about a Charger of another process is dropped", "adapters/webhook/handler.go",
		`if errors.Is(err, ports.ErrNotFound) {`,
		`if errors.Is(err, ports.ErrNotFound) || errors.Is(err, ports.ErrInvalid) {`, "./adapters/webhook",
	},
	{
		"what the provider says of a reversed charge is forgotten", "recharge/charge.go",
		"\tif turned(op, answer) {",
		"\tif false {", "./recharge",
	},
	{
		"a repeated answer hides a later dispute", "recharge/reverse.go",
		`	next.Told = "" // the person who decides`,
		`	// the person who decides`, "./recharge",
	},
	{
		"a cancellation that our records have disputes a charge that a person approved", "recharge/charge.go",
		`|| op.CancelID != "" && !refused)`,
		`|| op.CancelID == "-" && !refused)`, "./recharge",
	},
	{
		"an answer is compared with a record that changed meanwhile", "recharge/notice.go",
		`case !same:`, `case !same && false:`, "./recharge",
	},

	{
		"a Charger does not hear what a reversal gave back", "recharge/charge.go",
		"\tif op.ReverseSeq != 0 && holds(op) {\n\t\tback",
		"\tif op.Status == ports.RechargeReversed && holds(op) {\n\t\tback", "./recharge",
	},
	{
		"Toss: the pauses between transmissions count from the first", "adapters/toss/inquire.go",
		"\tif last.IsZero() || last.After(l.now()) { // it is not known, or was sent by a clock that is ahead\n\t\tlast = sentAt(l.order)\n\t}",
		"\tlast = sentAt(l.order)", "./recharge",
	},
	{
		"a core does not keep when an order was sent again", "internal/order/send.go",
		"\t\tprogress.ResentAt = now",
		"\t\t_ = now", "./recharge",
	},
	{
		"Toss: a credited charge that is not shown is declined", "adapters/toss/inquire.go",
		`case last.Outcome.Final(): // it has ended, and`,
		`case last.Outcome.Final() && last.Outcome != ports.OutcomeApproved: // it has ended, and`, "./recharge",
	},
	{
		"Toss is asked every few seconds with a revoked key", "adapters/toss/error.go",
		`if e.Alarm != "" && e.Wait < patience {`,
		`if false {`, "./adapters/toss",
	},
	{
		"a refund of Toss that fails later is not told", "adapters/toss/judge.go",
		`case refundLost(p):`,
		`case false:`, "./adapters/toss",
	},
	{
		"a question that shows nothing counts as one that shows a payment unapproved at Toss", "adapters/toss/window_charger.go",
		`, !strings.Contains(open.Message, unapprovedThen+seenNothing):`,
		`:`, "./adapters/toss",
	},
	{
		"a confirmation of an altered amount calls a person", "adapters/toss/window_charger.go",
		`if err == nil && c.isAltered(order, payment) {`,
		`if false {`, "./recharge",
	},
	{
		"payments are claimed by Charger and not by account", "ports/claim.go",
		`return digestOf(MerchantOf(provider), ref)`, `return digestOf(provider, ref)`, "./recharge",
	},
	{
		"payments are compared by Charger and not by account", "recharge/claim.go",
		`return ports.MerchantOf(other.Charger) == ports.MerchantOf(op.Charger) && has(other)`, `return other.Charger == op.Charger && has(other)`, "./recharge",
	},
	{
		"a question about a notice that failed is not asked again", "recharge/notice.go",
		"\tcase !answered:\n\t\treturn s.remember(ctx, ended, why)", "\tcase !answered:\n\t\treturn ended, nil", "./recharge",
	},

	{
		"a notice that comes while a cancellation is open is forgotten", "recharge/notice.go",
		`			return s.remember(ctx, op, canceling) // an answer`, `			return op, nil // an answer`, "./recharge",
	},

	{
		"a notice is asked about for ever", "recharge/notice.go",
		`, s.now().Before(ended.NoticedAt.Add(s.config.ReviewAfter)):`, `, true:`, "./recharge",
	},
	{
		"an answer counts though the store cannot say for which record", "recharge/notice.go",
		"case err != nil: // what the answer is about is not known\n\t\t\t*answer = ports.ChargeAnswer{}", "case err != nil: // what the answer is about is not known\n\t\t\tanswered.Store(true)", "./recharge",
	},
	{
		"a deposit that comes again after a reversal is what was known", "recharge/charge.go",
		`&& answer.At.After(op.Answer.At) `, `&& answer.At.IsZero() `, "./recharge",
	},
	{
		"a doubt about an order that ended without a credit is dropped", "recharge/charge.go",
		"\tcase contradicts:\n", "\tcase contradicts && op.EntrySeq != 0:\n", "./recharge",
	},

	{
		"the second credit of a payment does not hear that it was taken back", "recharge/charge.go",
		"\tif err := s.tellHolder(ctx, op, holder, answer, told); err != nil {\n\t\treturn op, err\n\t}\n", ``, "./recharge",
	},
	{
		"a person who declines an order is not told of to the Charger", "recharge/charge.go",
		"\t\tlast.Outcome = ports.OutcomeDeclined\n", "\t\t_ = refused\n", "./recharge",
	},
	{
		"what a person knows to be gone of a charge is not given back", "recharge/charge.go",
		`		back = back.Add(charged.Sub(op.Credited))`, `		_ = charged`, "./recharge",
	},
	{
		"a part that others took back needs no word of a person", "recharge/reverse.go",
		"\tcase !d.byOthers:\n", "\tcase false:\n", "./recharge",
	},
	{
		"CANCELED at Toss is less than a balance", "adapters/toss/judge.go",
		`(p.Balance.IsZero() || p.Status == StatusCanceled)`, `p.Balance.IsZero()`, "./recharge",
	},
	{
		"a refund of a part that fails later at Toss is not told", "adapters/toss/judge.go",
		`	case order.Last.Outcome == ports.OutcomeApproved && refundLost(p): // of a part`, `	case false: // of a part`, "./recharge",
	},
	{
		"an account of a window without a due date expires as a window does", "adapters/toss/window_charger.go",
		`answer.Outcome != ports.OutcomePending || !isUnapproved(payment.Status)`, `answer.Outcome != ports.OutcomePending || answer.Await != nil`, "./recharge",
	},
	{
		"a clock that was ahead keeps an order of Toss from being sent again", "adapters/toss/inquire.go",
		`if last.IsZero() || last.After(l.now()) {`, `if last.IsZero() {`, "./adapters/toss",
	},

	{
		"the answer to an earlier question ends a later notice", "recharge/notice.go",
		`case ended.NoticeID != op.NoticeID: // a notice`, `case false: // a notice`, "./recharge",
	},
	{
		"a failed question disputes", "recharge/charge.go",
		`	if waits || answer.Failed {`, `	if waits {`, "./recharge",
	},

	{
		"a notice about an open recharge is forgotten when its question fails", "recharge/notice.go",
		`		return s.remember(ctx, asked, noticed)`, `		return asked, nil`, "./recharge",
	},

	{
		"a cancellation that begins while a notice waits is not seen", "recharge/notice.go",
		"\tcase op.CancelID != cancel: // it began meanwhile\n\t\treturn nil, errChanged\n", "\tcase op.CancelID != cancel && false:\n", "./recharge",
	},
	{
		"our cancellation disputes the recharge that it is of", "recharge/charge.go",
		`if err != nil || cancel.Open { // what`, `if err != nil { // what`, "./recharge",
	},
	{
		"the time for an answer runs while a cancellation is open", "recharge/notice.go",
		`op.NoticedAt, op.DueAt = op.UpdatedAt, op.UpdatedAt`, `op.DueAt = op.UpdatedAt`, "./recharge",
	},
	{
		"a payment that a mistake freed is taken by a notice", "recharge/notice.go",
		`case op.ReverseSeq != 0 && !holds(op): // a mistake`, `case false: // a mistake`, "./recharge",
	},
	{
		"what was told stays after a reversal of a part", "recharge/reverse.go",
		`next.Status, next.Why, next.Told = ports.RechargeApproved, d.Why, ""`, `next.Status, next.Why = ports.RechargeApproved, d.Why`, "./recharge",
	},
	{
		"a doubt about a credited charge is dropped", "recharge/charge.go",
		`answer.Contradicts && !late.FromSend && !mistake`, `answer.Contradicts && op.EntrySeq == 0 && !late.FromSend && !mistake`, "./recharge",
	},

	{
		"claims that an earlier commit named are not found", "ports/claim.go",
		`if MerchantOf(provider) != provider {`, `if false {`, "./recharge",
	},
	{
		"a refund of a declined order that fails at Toss is silent", "adapters/toss/judge.go",
		`p.Balance.IsZero() && !refundLost(p): // it ended`, `p.Balance.IsZero(): // it ended`, "./recharge",
	},
	{
		"SOLAPI: a failed question is an answer", "adapters/solapi/charger_inquire.go",
		`wait.Failed, wait.Alarm = true, findingOf(err).alarm`, `wait.Alarm = findingOf(err).alarm`, "./adapters/solapi",
	},
	{
		"what a provider cannot tell disputes an ended recharge", "recharge/charge.go",
		`answer.Outcome == ports.OutcomeUnknown && answer.Contradicts &&`, `answer.Outcome == ports.OutcomeUnknown && answer.Review != "" &&`, "./recharge",
	},
	{
		"a notice about what was never sent is followed", "recharge/notice.go",
		`	case err != nil, neverAsked(op):`, `	case err != nil:`, "./recharge",
	},
	{
		"an answer about an open recharge leaves the notice", "recharge/notice.go",
		`	case asked.NoticedAt.IsZero(), asked.NoticeID != op.NoticeID:`, `	case true:`, "./recharge",
	},
	{
		"each notice moves when the worker asks", "recharge/notice.go",
		`case op.Open, waits && why != asked:`, `case op.Open:`, "./recharge",
	},
	{
		"a notice makes the answers to others be dropped", "recharge/notice.go",
		`next.NoticedAt, next.NoticeID, next.Inquiries = other.NoticedAt, other.NoticeID, other.Inquiries`, ``, "./recharge",
	},
	{
		"an order's own refusal disputes the recharge that has its payment", "recharge/charge.go",
		`|| answer.ProviderRef == "" && own`, `|| answer.ProviderRef == "" && (own || true)`, "./recharge",
	},
	{
		"Kona: our own cancellation contradicts", "adapters/kona/charger_inquire.go",
		`open.Contradicts = found == reviewCanceled && !refused && charge.GivenBack.LessThan(charge.Amount)`, `open.Contradicts = found == reviewCanceled && !refused`, "./recharge",
	},
	{
		"Kona: a code that the host has not learnt is a failed question", "adapters/kona/charger_inquire.go",
		`answer.Failed = !refusedByProvider(failed)`, `answer.Failed = !absent`, "./recharge",
	},
	{
		"a notice has no id of its own", "recharge/notice.go",
		`			next.NoticeID = s.config.IDs.NewID()`, ``, "./recharge",
	},
	{
		"the answer to an earlier question ends a later notice about an open recharge", "recharge/notice.go",
		`, asked.NoticeID != op.NoticeID:`, `:`, "./recharge",
	},
	{
		"an answer that came too late is one", "recharge/notice.go",
		`answered = came && !answer.Failed`, `answered = !answer.Failed`, "./recharge",
	},
	{
		"the recharge that has the payment is asked about with the records of another", "recharge/notice.go",
		`asked.GivenBack = paymentBack(op, holder)`, ``, "./recharge",
	},
	{
		"a notice about a payment is about what a person credited", "recharge/notice.go",
		`if newest == nil || rank(op) >= rank(newest) {`, `if newest == nil || rank(op) >= 0 {`, "./recharge",
	},
	{
		"the recharge that has the payment is told of what it knows", "recharge/charge.go",
		` || holder.Told == told`, ``, "./recharge",
	},
	{
		"a recharge whose payment another has is disputed", "recharge/charge.go",
		`mistake := holder != nil || op.EntrySeq`, `mistake := op.EntrySeq`, "./recharge",
	},
	{
		"Kona: a page of a gateway is an answer", "adapters/kona/charger_inquire.go",
		`return err.Code != "" && err.Status >= 400`, `return err.Status >= 400`, "./recharge",
	},
	{
		"Kona: a cancellation by others disputes what a person declined", "adapters/kona/charger_inquire.go",
		`found == reviewCanceled && !refused &&`, `found == reviewCanceled &&`, "./recharge",
	},
	{
		"Kona: no trace of an approved charge proves something", "adapters/kona/charger_inquire.go",
		`!absent || q.last.Outcome.Final() ||`, `!absent ||`, "./recharge",
	},
	{
		"Toss: how much others took back is no news", "adapters/toss/judge.go",
		`reviewTakeBack, p.Total.Sub(p.Balance), p.Total)`, `reviewTakeBack, 0, p.Total)`, "./recharge",
	},
	{
		"the payment of a declined order has no other recharge", "recharge/charge.go",
		`op.EntrySeq != 0 && op.ReverseSeq == 0 {`, `op.ReverseSeq == 0 {`, "./recharge",
	},
	{
		"an approval that was credited elsewhere is news", "recharge/charge.go",
		`case elsewhere, op.Status`, `case elsewhere && false, op.Status`, "./recharge",
	},
	{
		"another amount that was credited elsewhere is no news", "recharge/charge.go",
		`(!answer.Amount.Valid || answer.Amount.Decimal.Equal(holder.Credited))`, `true`, "./recharge",
	},
	{
		"the payment that a provider names for an order is not kept", "internal/order/answer.go",
		`		progress.Named = common.ProviderRef`, ``, "./recharge",
	},
	{
		"the recharge that has a payment is compared while its cancellation is open", "recharge/notice.go",
		`case canceling: // an answer about the payment`, `case canceling && false: // an answer about the payment`, "./recharge",
	},
	{
		"an answer is compared with a recharge that has the payment and changed meanwhile", "recharge/notice.go",
		`[]*ports.Recharge{op, holder}`, `[]*ports.Recharge{op}`, "./recharge",
	},
	{
		"an answer is compared with an open recharge that ended meanwhile", "recharge/notice.go",
		`err != nil || !current.Open {`, `err != nil || current == nil {`, "./recharge",
	},
	{
		"the time of a notice that came during a question goes on", "recharge/notice.go",
		`	return s.restart(ctx, current)`, `	return current, nil`, "./recharge",
	},
	{
		"a cancellation that ended while its notice was kept is waited for", "recharge/notice.go",
		"\t\tif why == canceling {\n\t\t\treturn nil, errChanged\n\t\t}\n", ``, "./recharge",
	},
	{
		"each notice writes while a cancellation is open", "recharge/notice.go",
		`if err != nil || !since.Before(cancel.CreatedAt) {`, `if err != nil || cancel == nil {`, "./recharge",
	},
	{
		"a notice from before a cancellation stands for those during it", "recharge/notice.go",
		`if err != nil || !since.Before(cancel.CreatedAt) {`, `if err != nil || cancel.Version > 0 {`, "./recharge",
	},
	{
		"a failed question says that the customer has not paid", "internal/order/apply.go",
		`ports.OutcomePending && !answer.Failed //`, `ports.OutcomePending //`, "./recharge",
	},
	{
		"a pause is taken for a lease", "internal/order/apply.go",
		`== p.Lease() { // a pause`, `== 0 { // a pause`, "./recharge",
	},
	{
		"the recharge that has a payment is left in peace when the provider is deaf", "recharge/notice.go",
		`case holder != nil && holder.Status != ports.RechargeDisputed && holder.ReverseSeq == 0: //`, `case false: //`, "./recharge",
	},
	{
		"SQL: a wallet of another hash is the one that a unit was computed from", "adapters/internal/sqlcommit/decide.go",
		` || now.version > 0 && now.hash != w.baseHash {`, ` {`, "./adapters/sqlite",
	},
	{
		"SQL: a transaction that was left is committed", "adapters/internal/sqlcommit/store.go",
		`	if !a.begin() {`, `	if a.begin(); false {`, "./adapters/internal/sqlcommit",
	},
	{
		"SQL: an unanswered COMMIT was not carried out", "adapters/internal/sqlcommit/store.go",
		`			return unanswered, err`, `			return undone, err`, "./adapters/internal/sqlcommit",
	},
	{
		"SQL: a unit that was refused before is compared with what is in its place", "adapters/internal/sqlcommit/store.go",
		`		if fates[i].Status == ports.FateCommitted {`, `		if fates[i].Status >= 0 {`, "./adapters/sqlite",
	},
	{
		"SQL: a unit whose answer was lost is refused", "adapters/internal/sqlcommit/store.go",
		`		case is:`, `		case is && false:`, "./adapters/sqlite",
	},
	{
		"SQL: rows that were not written go unseen", "adapters/internal/sqlcommit/feed.go",
		`	if err == nil && changed != 1 {`, `	if err == nil && changed > 1 {`, "./adapters/sqlite",
	},
	{
		"SQL: a lane is left after it is taken", "adapters/internal/sqlcommit/write.go",
		`o.storedLane != "" && o.storedLane != o.lane`, `o.storedLane != "" && false`, "./adapters/sqlite",
	},
	{
		"SQL: the clock of a wallet stands still", "adapters/internal/sqlcommit/write.go",
		`clock = max(clock, s.wallets[id].clock+1)`, `clock = max(clock, s.wallets[id].clock)`, "./adapters/sqlite",
	},
	{
		"SQL: a unit that a row refuses takes others with it", "adapters/internal/sqlcommit/store.go",
		`		case len(b.units) > 1:`, `		case len(b.units) > 1 && false:`, "./adapters/sqlite",
	},
	{
		"SQL: a long list of wallets is read from several states", "adapters/internal/sqlcommit/read.go",
		`len(ids) > listMax, func(ctx context.Context, q Querier) ([]ports.Wallet, error) {`, `false, func(ctx context.Context, q Querier) ([]ports.Wallet, error) {`, "./adapters/internal/sqlcommit",
	},
	{
		"SQLite: a commit is not flushed to the disk", "adapters/sqlite/store.go",
		`"journal_mode(WAL)", "synchronous(FULL)"`, `"journal_mode(WAL)", "synchronous(OFF)"`, "./adapters/sqlite",
	},
	{
		"SQLite: a full disk leaves a unit undecided", "adapters/sqlite/engine.go",
		"codeConstraint, codeFull, codeReadOnly:\n\t\treturn false", "codeConstraint, codeReadOnly:\n\t\treturn false", "./adapters/sqlite",
	},
	{
		"SQLite: statements keep the file open", "adapters/sqlite/engine.go",
		`		_ = statement.Close()`, `		_ = statement`, "./adapters/sqlite",
	},
	{
		"SQLite: a history is read whole for each key", "adapters/internal/sqlcommit/read.go",
		`		return d.Index("entries_reference")`, `		return ""`, "./adapters/sqlite",
	},
}
