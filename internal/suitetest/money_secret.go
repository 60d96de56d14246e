package suitetest

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"hash/adler32"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/jigap/jigap/ports"
)

// secretForms are how a flaw shows a secret.
func secretForms() map[string]func(secret string) string {
	return map[string]func(secret string) string{
		"in base64": func(secret string) string {
			return "Basic " + base64.StdEncoding.EncodeToString([]byte("u:"+secret+":"))
		},
		"in hexadecimal":               func(secret string) string { return hex.EncodeToString([]byte(secret)) },
		"without its dashes":           func(secret string) string { return strings.ReplaceAll(secret, "-", "") },
		"but for its first characters": func(secret string) string { return "****" + secret[4:] },
	}
}

// secretFlaws show a secret where no one looks for it as it is.
func (k kind[Order, Answer]) secretFlaws() []bent[Order, Answer] {
	const done = "provider: answers at once"
	const tells = "One that is encoded, or that lacks only its dashes or its first characters, is still one."
	const stored = "Its name, its lanes and its evidence contain no secret, as no Answer does."
	last := func(s *scene) string {
		secrets := s.provider.Secrets()
		return secrets[len(secrets)-1]
	}
	var flaws []bent[Order, Answer]
	for _, name := range []string{"in base64", "in hexadecimal", "without its dashes", "but for its first characters"} {
		flaws = append(flaws, bent[Order, Answer]{"shows a secret " + name, tells, done, k.afterward(func(s *scene, answer *ports.Answer, _ bool) {
			answer.Message += "of " + secretForms()[name](last(s))
		})})
	}
	return append(
		flaws,
		bent[Order, Answer]{"shows a secret in the evidence, in base64", stored, "Prepare moves no money", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			prepare := c.prepare
			c.prepare = func(ctx context.Context, order Order) ([]byte, *Answer) {
				_, refusal := prepare(ctx, order)
				evidence, _ := json.Marshal(struct{ Key []byte }{[]byte(last(s))})
				return evidence, refusal
			}
			return c
		}},
		bent[Order, Answer]{"shows a secret in the lane", stored, "the lane of an order never changes", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.lane = func(Order) string { return "lane of " + last(s) }
			return c
		}},
		bent[Order, Answer]{"shows a secret in the name", stored, "the name never changes", func(s *scene, c calls[Order, Answer]) calls[Order, Answer] {
			c.name += last(s)
			return c
		}},
	)
}

// firstOf returns the first bytes of the SHA-256 of a text.
func firstOf(bytes int, text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:bytes])
}

// digestFlaws make digests of OperationIDs that two orders have.
func (k kind[Order, Answer]) digestFlaws() []bent[Order, Answer] {
	change := func(name string, of func(id string) string) bent[Order, Answer] {
		return bent[Order, Answer]{name, breaksID, "OperationIDs of any length and form are kept apart", k.before(func(_ *scene, order *Order) {
			if id := k.id(order); *id != "" {
				*id = of(*id)
			}
		})}
	}
	return []bent[Order, Answer]{
		change("makes three bytes of a digest of the OperationID", func(id string) string { return firstOf(3, id) }),
		change("makes six bytes of a digest of the OperationID", func(id string) string { return firstOf(6, id) }),
		change("makes six digits of a digest of the OperationID", func(id string) string {
			number, _ := strconv.ParseUint(firstOf(4, id), 16, 32)
			return strconv.FormatUint(number%1_000_000, 10)
		}),
		change("makes four bytes of the SHA-1 of the OperationID", func(id string) string {
			sum := sha1.Sum([]byte(id))
			return hex.EncodeToString(sum[:4])
		}),
		change("makes four bytes of the MD5 of the OperationID", func(id string) string {
			sum := md5.Sum([]byte(id))
			return hex.EncodeToString(sum[:4])
		}),
		change("makes an FNV-32a of the OperationID", func(id string) string {
			sum := fnv.New32a()
			_, _ = sum.Write([]byte(id))
			return strconv.FormatUint(uint64(sum.Sum32()), 10)
		}),
		change("makes an Adler-32 of the OperationID", func(id string) string { return strconv.FormatUint(uint64(adler32.Checksum([]byte(id))), 10) }),
		change("makes the hash code of Java of the OperationID", func(id string) string {
			sum := int32(0)
			for _, r := range id {
				sum = 31*sum + r
			}
			return strconv.Itoa(int(sum))
		}),
		change("keeps the first eight and the last four characters of the OperationID", func(id string) string {
			return id[:min(8, len(id))] + id[max(0, len(id)-4):]
		}),
		change("ends the OperationID at what ends a parameter of an address", func(id string) string {
			if i := strings.IndexAny(id, "&#"); i > 0 {
				return id[:i]
			}
			return id
		}),
	}
}
