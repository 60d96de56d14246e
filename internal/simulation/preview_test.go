package simulation_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// previewing begins the names of actors that may change nothing, and ask no provider.
const previewing = "preview "

// preview has one request in three foreseen before it is made. What it returns compares the forecast with what
// was booked then; nil: nothing was foreseen.
func (a *asked) preview(ctx context.Context, p *process) func(context.Context) error {
	if a.Number%3 != 0 {
		return nil
	}
	quiet := as(ctx, fmt.Sprint(previewing, a.Number))
	switch a.Kind {
	case "recharge":
		_, err := p.recharges.Preview(quiet, a.recharge())
		p.foreseen(err)
		return nil
	case "begin":
		_, err := p.recharges.PreviewBegin(quiet, a.begin())
		p.foreseen(err)
		return nil
	case "withdraw":
		_, err := p.payouts.Preview(quiet, a.withdrawal())
		p.foreseen(err)
		return nil
	}
	request := a.previewable()
	if request == nil {
		return nil
	}
	f, err := p.wallets.Preview(quiet, request)
	if p.foreseen(err); err != nil {
		return nil
	}
	return func(ctx context.Context) error {
		entry, err := p.wallets.EntryByKey(ctx, a.Wallet, a.Key)
		switch {
		case err != nil: // the store failed
			return nil
		case f.Replayed && f.Entry.Hash != entry.Hash:
			return fmt.Errorf("request %d (%s): its preview replays entry %d, and the answer entry %d", a.Number, a.request, f.Entry.Seq, entry.Seq)
		case f.Replayed || f.Entry.Seq != entry.Seq:
			p.world.count("previews", "overtaken, or replayed")
			return nil
		case !sameMoves(&f.Entry, &entry):
			return fmt.Errorf("request %d (%s): its preview is %+v, and the entry %+v", a.Number, a.request, f.Entry, entry)
		}
		p.world.count("previews", "as foreseen")
		return nil
	}
}

// foreseen counts a preview.
func (p *process) foreseen(err error) {
	p.world.count("previews", map[bool]string{true: "a forecast", false: "refused"}[err == nil])
}

// previewable is the request as the ledger takes it, of the kinds that are foreseen; nil: it is of another.
func (r *request) previewable() ledger.Previewable {
	switch r.Kind {
	case "deposit":
		return r.credit()
	case "grant":
		return r.grant()
	case "deduct":
		return r.deduct()
	case "transfer":
		return r.transfer()
	case "hold":
		return r.hold()
	}
	return nil
}

// sameMoves reports whether two entries move the same, from the same to the same.
func sameMoves(a, b *ports.Entry) bool {
	return a.Type == b.Type && a.BalanceAmount.Equal(b.BalanceAmount) && a.PointAmount.Equal(b.PointAmount) &&
		a.NewBalance.Equal(b.NewBalance) && a.NewPoint.Equal(b.NewPoint) && a.BalanceHeldAmount.Equal(b.BalanceHeldAmount) &&
		a.PointHeldAmount.Equal(b.PointHeldAmount) && a.Digest == b.Digest && slices.EqualFunc(a.Lots, b.Lots, func(a, b ports.LotChange) bool {
		return a.LotID == b.LotID && a.Amount.Equal(b.Amount) && a.HeldAmount.Equal(b.HeldAmount) && a.ExpiresAt.Equal(b.ExpiresAt)
	})
}

// only refuses what a preview does besides reading.
func (p *process) only(actor, what string) {
	if strings.HasPrefix(actor, previewing) {
		p.world.blame(fmt.Errorf("%s of %s: %s", actor, p.name, what))
	}
}
