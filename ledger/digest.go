package ledger

import (
	"crypto/sha256"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/ports"
)

// canonical builds the canonical bytes of a record: each field as its length in
// decimal, a colon and its text, so that no two different records give the same
// bytes.
type canonical []byte

func (c canonical) str(text string) canonical {
	c = strconv.AppendInt(c, int64(len(text)), 10)
	c = append(c, ':')
	return append(c, text...)
}

func (c canonical) bytes(text []byte) canonical {
	c = strconv.AppendInt(c, int64(len(text)), 10)
	c = append(c, ':')
	return append(c, text...)
}

func (c canonical) int(n int64) canonical {
	var digits [20]byte
	return c.bytes(strconv.AppendInt(digits[:0], n, 10))
}

// amount adds plain decimal notation without trailing zeros: 0, -12.5, 1000.
func (c canonical) amount(d decimal.Decimal) canonical {
	var digits [32]byte
	return c.bytes(appendAmount(digits[:0], d))
}

// time adds the microseconds since 1970, or an empty field for the zero time.
func (c canonical) time(t time.Time) canonical {
	if t.IsZero() {
		return c.str("")
	}
	return c.int(t.UnixMicro())
}

func (c canonical) metadata(metadata map[string]string) canonical {
	c = c.int(int64(len(metadata)))
	if len(metadata) == 0 {
		return c
	}
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		c = c.str(key).str(metadata[key])
	}
	return c
}

// request begins the canonical bytes of a request; its own fields follow.
func (c canonical) request(name string, n *Note) canonical {
	c = c.str("jigap.request.v1").str(name).str(n.Reference).str(n.Memo)
	return c.metadata(n.Metadata).time(ports.Instant(n.OccurredAt))
}

func (c canonical) sum() ports.Hash { return sha256.Sum256(c) }

// appendAmount appends d in plain decimal notation without trailing zeros,
// whatever its exponent.
func appendAmount(b []byte, d decimal.Decimal) []byte {
	exponent := d.Exponent()
	if d.NumDigits() > 18 || exponent > 0 || exponent < -18 {
		return append(b, d.Normalize().StringFixed(max(0, -d.Normalize().Exponent()))...)
	}
	coefficient := d.CoefficientInt64()
	for exponent < 0 && coefficient%10 == 0 {
		coefficient /= 10
		exponent++
	}
	if exponent == 0 {
		return strconv.AppendInt(b, coefficient, 10)
	}
	if coefficient < 0 {
		b = append(b, '-')
		coefficient = -coefficient
	}
	divisor := int64(1)
	for range -exponent {
		divisor *= 10
	}
	b = strconv.AppendInt(b, coefficient/divisor, 10)
	b = append(b, '.')
	fraction := coefficient % divisor
	for divisor /= 10; divisor > fraction && divisor > 1; divisor /= 10 {
		b = append(b, '0')
	}
	return strconv.AppendInt(b, fraction, 10)
}
