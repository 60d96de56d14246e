package sqlrow

import "github.com/jigap/jigap/ports"

// SameWallet compares what a write without entries can change.
func SameWallet(a, b *ports.Wallet) bool {
	return a.Seq == b.Seq && a.Hash == b.Hash && a.Status == b.Status && a.OpenOperations == b.OpenOperations &&
		ports.Instant(a.HoldExpiry).Equal(ports.Instant(b.HoldExpiry)) &&
		a.Balance.Equal(b.Balance) && a.BalanceHeld.Equal(b.BalanceHeld) &&
		a.Point.Equal(b.Point) && a.PointHeld.Equal(b.PointHeld) && EncodeLots(a.Lots) == EncodeLots(b.Lots) &&
		ports.SameAmount(a.Watch.Below, b.Watch.Below) && ports.SameAmount(a.Watch.Above, b.Watch.Above) &&
		a.Incoming.Equal(b.Incoming) && a.IncomingPoint.Equal(b.IncomingPoint) && sameCount(&a.Credited, &b.Credited)
}

func sameCount(a, b *ports.CreditCount) bool {
	return a.Day == b.Day && a.DayAmount.Equal(b.DayAmount) && a.Month == b.Month && a.MonthAmount.Equal(b.MonthAmount)
}
