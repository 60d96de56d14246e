package tosstest

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Shop is what the provider gives to a shop, in the open.
type Shop struct {
	MID         string // the id of the shop
	SecretKey   string // the API individual key: test_sk_… or live_sk_…
	WidgetKey   string // the key of the payment widget: test_gsk_… or live_gsk_…
	SecurityKey string // 64 hexadecimal characters; encrypts payouts and signs their webhooks
}

// apiKey is a key that requests may carry.
type apiKey struct {
	text   string
	widget bool
	until  time.Time // zero: no end
}

// oldKeyLife is how long a key lives after it was reissued (documented).
const oldKeyLife = 7 * 24 * time.Hour

// Shop returns the current keys of the shop.
func (s *Simulator) Shop() Shop {
	s.world.Lock()
	defer s.world.Unlock()
	return s.shop
}

// RotateKey reissues the secret key and returns the shop's keys. The old key lives 7 more
// days, and a still older one ends now (both documented). Idempotency-Keys belong to the API
// key that sent them.
func (s *Simulator) RotateKey() Shop {
	now := s.world.Enter()
	defer s.world.Unlock()
	old := s.shop.SecretKey
	s.shop.SecretKey = s.newKey("sk")
	s.keys = slices.DeleteFunc(s.keys, func(key apiKey) bool { return !key.widget })
	s.keys = append(s.keys, apiKey{text: s.shop.SecretKey}, apiKey{text: old, until: now.Add(oldKeyLife)})
	return s.shop
}

// RotateSecurityKey reissues the security key and returns the shop's keys. Webhooks are then
// signed with the old key as well (documented), and requests may use either key (inferred);
// both until the next call.
func (s *Simulator) RotateSecurityKey() Shop {
	s.world.Lock()
	defer s.world.Unlock()
	s.oldSecurityKey = s.shop.SecurityKey
	s.shop.SecurityKey = s.hex(64)
	return s.shop
}

// securityKeys returns the security keys that work, the current one first.
func (s *Simulator) securityKeys() [][]byte {
	var keys [][]byte
	for _, text := range []string{s.shop.SecurityKey, s.oldSecurityKey} {
		if key, err := hex.DecodeString(text); err == nil && len(key) == 32 {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s *Simulator) newKey(kind string) string {
	stage := "test"
	if s.config.Live {
		stage = "live"
	}
	return stage + "_" + kind + "_" + s.text(32)
}

var keyForm = regexp.MustCompile(`^(test|live)_(ck|sk|gck|gsk)_`)

// authorize finds the key that a request carries, or the code of the refusal: 400 for a
// text that is no key, 401 for a wrong key, and 403 without the colon (all documented).
func (s *Simulator) authorize(r *http.Request, now time.Time) (apiKey, string) {
	encoded, isBasic := strings.CutPrefix(r.Header.Get("Authorization"), "Basic ")
	if !isBasic {
		return apiKey{}, "UNAUTHORIZED_KEY"
	}
	plain, err := base64.StdEncoding.DecodeString(encoded)
	text, colon := strings.CutSuffix(string(plain), ":")
	switch {
	case err != nil || !colon:
		return apiKey{}, "INCORRECT_BASIC_AUTH_FORMAT"
	case !keyForm.MatchString(text):
		return apiKey{}, "INVALID_API_KEY"
	}
	i := slices.IndexFunc(s.keys, func(key apiKey) bool {
		return key.text == text && (key.until.IsZero() || now.Before(key.until))
	})
	if i < 0 {
		return apiKey{}, "UNAUTHORIZED_KEY"
	}
	return s.keys[i], ""
}
