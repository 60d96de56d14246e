package portstest //nolint:testpackage // it reads the pairs

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"hash/adler32"
	"hash/crc32"
	"hash/fnv"
	"math/big"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// Each digest takes the two ids of its pair for one, and no pair is that of another digest
// alone.
func TestCollisions(t *testing.T) {
	t.Parallel()
	digests := map[string]func(id []byte) any{
		"the first 6 bytes of SHA-256": func(id []byte) any { s := sha256.Sum256(id); return string(s[:6]) },
		"the last 4 bytes of SHA-256":  func(id []byte) any { s := sha256.Sum256(id); return string(s[28:]) },
		"the first 8 bytes of SHA-256, modulo 10^12": func(id []byte) any {
			s := sha256.Sum256(id)
			return binary.BigEndian.Uint64(s[:]) % 1_000_000_000_000
		},
		"SHA-256 modulo 10^10": func(id []byte) any {
			s := sha256.Sum256(id)
			return new(big.Int).Mod(new(big.Int).SetBytes(s[:]), big.NewInt(10_000_000_000)).String()
		},
		"the first 4 bytes of SHA-512": func(id []byte) any { s := sha512.Sum512(id); return string(s[:4]) },
		"the first 6 bytes of SHA-1":   func(id []byte) any { s := sha1.Sum(id); return string(s[:6]) },
		"the first 6 bytes of MD5":     func(id []byte) any { s := md5.Sum(id); return string(s[:6]) },
		"FNV-32":                       func(id []byte) any { h := fnv.New32(); _, _ = h.Write(id); return h.Sum32() },
		"FNV-32a":                      func(id []byte) any { h := fnv.New32a(); _, _ = h.Write(id); return h.Sum32() },
		"CRC-32":                       func(id []byte) any { return crc32.ChecksumIEEE(id) },
		"CRC-32C":                      func(id []byte) any { return crc32.Checksum(id, crc32.MakeTable(crc32.Castagnoli)) },
		"Adler-32":                     func(id []byte) any { return adler32.Checksum(id) },
		"the hash code of Java": func(id []byte) any {
			h := int32(0)
			for _, b := range id {
				h = 31*h + int32(b)
			}
			return h
		},
		"the hash of Bernstein": func(id []byte) any {
			h := uint32(5381)
			for _, b := range id {
				h = 33*h + uint32(b)
			}
			return h
		},
	}
	pairs := collisions()
	require.Len(t, digests, len(pairs))
	for _, pair := range pairs {
		require.Contains(t, digests, pair.digest)
		require.NotEqual(t, pair.one, pair.other, pair.digest)
		require.Equal(t, digests[pair.digest]([]byte(pair.one)), digests[pair.digest]([]byte(pair.other)), pair.digest)
	}
}

// Each id is one that an order may have, and is there once.
func TestOperationIDs(t *testing.T) {
	t.Parallel()
	ids := operationIDs()
	for i, id := range ids {
		require.NoError(t, ports.CheckID("OperationID", id))
		require.NotContains(t, ids[:i], id)
	}
}

func TestBitsOf(t *testing.T) {
	t.Parallel()
	sum := func(n int) string { s := sha256.Sum256([]byte(fmt.Sprint(n))); return fmt.Sprintf("%x", s) }
	ids := func(of func(n int) string) []string {
		return slices.Collect(func(yield func(string) bool) {
			for n := range 8 {
				if !yield(of(n)) {
					return
				}
			}
		})
	}
	require.Less(t, bitsOf(ids(func(n int) string { return "charge-" + sum(n)[:8] })), leastBits)
	require.Less(t, bitsOf(ids(func(n int) string { return fmt.Sprintf("%010d", binary.BigEndian.Uint32([]byte(sum(n)))) })), leastBits)
	require.GreaterOrEqual(t, bitsOf(ids(func(n int) string { return "charge-" + sum(n)[:16] })), leastBits)
}
