package simulation_test

import (
	"math/rand/v2"
	"strings"
)

// mood is what one run is like. Some crash all the time and others hardly ever, some
// ask for everything and others for little but the same: what goes wrong only when much
// of one thing happens is found so.
type mood struct {
	storeOdds int   // one call to the store in so many fails
	orderOdds int   // one order to a provider in so many goes wrong
	events    []int // weights of what happens next, in the order of [world.events]
	kinds     []int // weights of what hosts ask for, in the order of kinds
	wallets   int   // in won
	dollars   int   // wallets in dollars
	processes int
	lacks     []string // what the process in each slot does not have; blank: it has all
	deaf      bool     // adapters ignore the end of their contexts
	traced    bool     // Chargers are wrapped
	nights    bool     // now and then hours pass
	delegates bool     // a provider recharges by itself
	collects  bool     // workers and credits collect what wallets owe
	limited   bool     // every second wallet has limits
	claims    bool     // banks take many charges back
	toss      bool     // hosts use Toss
	sells     bool     // much is paid through Toss
	oddIDs    bool     // Toss does not take the ids of operations as they are
}

func drawMood(random *rand.Rand) mood {
	one := func(of ...int) int { return of[random.IntN(len(of))] }
	m := mood{
		storeOdds: one(15, 50, 100, 400), orderOdds: one(2, 4, 8), wallets: one(1, 2, 3, 4, 5), processes: one(2, 2, 3),
		events: []int{
			700, 80, 90, 15, one(1, 5, 15), one(1, 6, 20), 3, one(5, 15), one(5, 20, 40), one(20, 70, 150), one(0, 0, 3, 8), 0,
		},
	}
	m.dollars = one(0, 1, 1, 2)
	if m.toss, m.oddIDs = random.IntN(2) == 0, random.IntN(4) == 0; m.toss {
		m.events[len(m.events)-1] = one(5, 15, 30)
	}
	m.deaf, m.traced = random.IntN(4) == 0, random.IntN(4) == 0
	if random.IntN(3) == 0 {
		for range m.processes - 1 { // one has all
			m.lacks = append(m.lacks, [...]string{"", viaKona, viaSOLAPI, viaOwn, viaWindow, viaCards, viaPay}[random.IntN(7)])
		}
	}
	for _, k := range kinds {
		m.kinds = append(m.kinds, k.weight*one(0, 1, 1, 1, 3))
	}
	m.kinds[0], m.kinds[2] = kinds[0].weight, kinds[2].weight // deposits and deducts are always there
	m.collects, m.limited = random.IntN(2) == 0, random.IntN(3) == 0
	if random.IntN(4) == 0 {
		m.claim()
	}
	if random.IntN(4) == 0 {
		m.await()
	}
	if m.toss && random.IntN(2) == 0 {
		m.sell()
	}
	if random.IntN(4) == 0 {
		m.automatic()
	}
	if random.IntN(4) == 0 {
		m.delegate()
	}
	return m
}

// delegate makes it a run in which a provider recharges by itself, and in which hosts
// do little but set and switch policies.
func (m *mood) delegate() {
	m.wallets, m.delegates = min(m.wallets, 2), true
	for i, k := range kinds {
		if strings.HasSuffix(k.name, " policy") {
			m.kinds[i] = 4 * k.weight
		}
	}
}

// await makes it a run in which customers pay by themselves, and much of that is given back.
func (m *mood) await() {
	m.wallets = min(m.wallets, 3)
	for i, k := range kinds {
		switch k.name {
		case "begin", "confirm", "notify", "match a row", "cancel part":
			m.kinds[i] = 3 * k.weight
		}
	}
}

// sell makes it a run in which much is paid through Toss and given back.
func (m *mood) sell() {
	m.wallets, m.sells = min(m.wallets, 3), true
	for i, k := range kinds {
		switch k.name {
		case "recharge", "begin", "cancel part", "cancel recharge":
			m.kinds[i] = 3 * k.weight
		}
	}
}

// claim makes it a run in which banks take many charges back.
func (m *mood) claim() {
	m.claims, m.wallets = true, min(m.wallets, 3)
	for i, k := range kinds {
		switch k.name {
		case "recharge", "reverse recharge", "reinstate recharge", "write off":
			m.kinds[i] = 4 * k.weight
		}
	}
}

// automatic makes it a run of some days in which policies have much to do: few wallets,
// all with policies, and hardly anybody who pays in by hand.
func (m *mood) automatic() {
	m.wallets, m.dollars, m.nights = min(m.wallets, 2), min(m.dollars, 1), true
	for i, k := range kinds {
		switch k.name {
		case "deposit":
			m.kinds[i] = 1
		case "set policy":
			m.kinds[i] = 3 * k.weight
		case "recharge", "withdraw", "freeze", "leave", windingUp:
			m.kinds[i] = min(m.kinds[i], 2)
		}
	}
}

// draw returns an index of weights, each as likely as it weighs.
func draw(random *rand.Rand, weights []int) int {
	sum := 0
	for _, weight := range weights {
		sum += weight
	}
	pick := random.IntN(sum)
	for i, weight := range weights {
		if pick -= weight; pick < 0 {
			return i
		}
	}
	return len(weights) - 1
}
