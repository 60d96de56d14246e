package portstest

import (
	"fmt"
	"math"
	"strings"

	"github.com/jigap/jigap/ports"
)

// OrderKeys is a harness whose provider knows orders by an id that the adapter gives them: the
// OperationID, or a digest of it. The suite skips the scenarios of the id if the harness has no such
// method, or if the method returns nil.
type OrderKeys interface {
	// Keys returns that id of each amount of Booked, in the same order, as the provider's own
	// books have it.
	Keys() []string
}

// collision is a pair of ids that a digest takes for one.
type collision struct{ digest, one, other string }

// collisions are pairs that were looked for. A pair of the first six bytes of a digest is one of
// fewer bytes too, and of a number of four bytes.
func collisions() []collision {
	return []collision{
		{"the first 6 bytes of SHA-256", "1140f03e9ae7", "afe72bcbee53"},
		{"the last 4 bytes of SHA-256", "58de590afa7c", "868c41e2757a"},
		{"the first 8 bytes of SHA-256, modulo 10^12", "c69040ee73ee", "d0b723eafe42"},
		{"SHA-256 modulo 10^10", "fdafc88320f8", "654e1c580b85"},
		{"the first 4 bytes of SHA-512", "b335cb6d3424", "84625e7de9fd"},
		{"the first 6 bytes of SHA-1", "6e1e889494aa", "baeffa9e8b07"},
		{"the first 6 bytes of MD5", "4299f0f99eea", "02a4ce16a318"},
		{"FNV-32", "b97852bfee90", "29e58ada7fbb"},
		{"FNV-32a", "9abecb82e68b", "3c395b836ca5"},
		{"CRC-32", "6e87f5c36ed7", "6d2469ce3577"},
		{"CRC-32C", "3bfa229e0873", "74d6442aaf41"},
		{"Adler-32", "e7c8bde2f3ca", "b5df3f2cee6b"},
		{"the hash code of Java", "f25eb70a92e3", "bf2e1db2caa2"},
		{"the hash of Bernstein", "4c23aca50165", "28b59610e3b7"},
	}
}

// operationIDs are ids of which each two are of two orders: of the greatest length, that differ
// at their end, in their middle or at their beginning only, with characters that mean something
// in an address or a path, and pairs that short digests take for one.
func operationIDs() []string {
	stem := strings.Repeat("é/ \"\\", ports.MaxID/6)
	stem += strings.Repeat("x", ports.MaxID-1-len(stem))
	half := strings.Repeat("x", ports.MaxID/2)
	ids := []string{
		stem + "a", stem + "b", stem + "A", "a" + half, "b" + half, "A" + half, "ab" + half[1:], "ba" + half[1:],
		"a-b", "ab", "a/b", "a b", "a_b", "é", "è", "1", "01",
		half + "a" + half[1:], half + "b" + half[1:],
		"01907e1c-aaaa-7000-8000-0000000000ff", "01907e1c-bbbb-7000-8000-0000000000ff",
	}
	for _, between := range []string{"&", "#", "?", "%", "+", "/", ";", "=", ":", ",", " ", "%20"} {
		ids = append(ids, "a"+between+"1", "a"+between+"2")
	}
	for _, pair := range collisions() {
		ids = append(ids, pair.one, pair.other)
	}
	return ids
}

// operationIDsAreKeptApart sends an order of each of these ids.
func operationIDsAreKeptApart(m *moneyTest) {
	var before []string
	for i, id := range operationIDs() {
		order := m.newOrder()
		order.rename(id)
		m.prepares(order)
		answer := m.follow(order, m.send(order))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		if booked := len(m.Booked()); booked != i+1 {
			m.FailNow("two orders became one", "the provider has %d orders, and must have %d: the last id is %q, before it there were %q", booked, i+1, id, before)
		}
		before = append(before, id)
	}
}

// leastBits is how many bits a digest of an OperationID has at least.
const leastBits = 64

// digestsAreLong looks at the ids by which the provider knows orders.
func digestsAreLong(m *moneyTest) {
	harness, knows := m.ProviderHarness.(OrderKeys)
	if !knows {
		m.skip("the harness does not tell by which ids of ours the provider knows orders")
	}
	for i := range 8 {
		order := m.newOrder()
		order.rename(fmt.Sprintf("%08x-%04x-7%03x-8%03x-%012x", 0x01907e1c+i*0x11111111, i*0x1357, i*0x123, i*0x321, 0x5bd1e995*(i+1)))
		m.prepares(order)
		m.allowed(m.follow(order, m.send(order)), "in the end", ports.OutcomeApproved)
	}
	keys := harness.Keys()
	if keys == nil {
		m.skip("the harness does not tell by which ids of ours the provider knows orders")
	}
	m.Len(keys, len(m.Booked()), "the harness returns an id of each amount")
	if bits := bitsOf(keys); bits < leastBits {
		m.FailNow(fmt.Sprintf("the ids have %d bits, and must have %d", bits, leastBits), "ids by which the provider knows orders: %q", keys)
	}
}

// bitsOf returns how many bits texts have at most, by their length and their characters. What
// all of them begin with does not count.
func bitsOf(texts []string) int {
	begin := texts[0]
	for _, text := range texts {
		for !strings.HasPrefix(text, begin) {
			begin = begin[:len(begin)-1]
		}
	}
	longest, all := 0, ""
	for _, text := range texts {
		rest := strings.ReplaceAll(text[len(begin):], "-", "")
		longest, all = max(longest, len(rest)), all+rest
	}
	for _, letters := range []string{"0123456789", "0123456789abcdef", "0123456789ABCDEF", "abcdefghijklmnopqrstuvwxyz234567", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"} {
		if strings.Trim(all, letters) == "" {
			return int(float64(longest) * math.Log2(float64(len(letters))))
		}
	}
	return longest * 6
}

// ordersHaveIDsOfTheirOwn sends many orders, some of which are lost.
func ordersHaveIDsOfTheirOwn(m *moneyTest) {
	refs := make(map[string]string)
	for i := range 30 {
		order := m.prepared()
		if i < 4 {
			m.breaks([]Fault{FaultNone, FaultDropAfter}[i%2])
		}
		answer := m.follow(order, m.send(order))
		m.allowed(answer, "in the end", ports.OutcomeApproved)
		if other := refs[answer.ProviderRef]; answer.ProviderRef != "" && other != "" {
			m.FailNow("an answer names the id of another order", "%s has %s, and of %s the answer is: %s", other, answer.ProviderRef, order.describe(), answer.text)
		}
		refs[answer.ProviderRef] = order.describe()
	}
}

func digestScenarios() []moneyScenario {
	return []moneyScenario{
		{"digests of OperationIDs are long", "A digest has 64 bits or more.", digestsAreLong},
	}
}
