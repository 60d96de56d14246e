package main

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net/http"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/jigap/jigap/adapters/toss"
	"github.com/jigap/jigap/ports"
)

// cards keeps what charges the cards of customers. A billing key is encrypted; a payment method is
// the id of a row, which says nothing to others.
type cards struct {
	pool *pgxpool.Pool
	seal cipher.AEAD
}

// newCards returns the cards that are encrypted with a key of 64 hexadecimal characters. A blank key
// is a new one: what was encrypted before cannot be read with it.
func newCards(pool *pgxpool.Pool, key string) (*cards, error) {
	secret := make([]byte, 32)
	if key == "" {
		_, _ = rand.Read(secret)
	} else if n, err := hex.Decode(secret, []byte(key)[:min(len(key), 64)]); err != nil || n != 32 || len(key) != 64 {
		return nil, errors.New("CARD_KEY must be 64 hexadecimal characters")
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return nil, err
	}
	sealed, err := cipher.NewGCM(block)
	return &cards{pool, sealed}, err
}

// customerKey returns by what the provider knows the owner of a wallet: a random id that is made
// once.
func (c *cards) customerKey(ctx context.Context, walletID string) (key string, err error) {
	_, err = c.pool.Exec(ctx, "INSERT INTO customers VALUES ($1, $2) ON CONFLICT DO NOTHING", walletID, uuid.NewString())
	if err == nil {
		err = c.pool.QueryRow(ctx, "SELECT customer_key FROM customers WHERE wallet_id = $1", walletID).Scan(&key)
	}
	return key, err
}

// add keeps a card of a wallet and returns its id.
func (c *cards) add(ctx context.Context, walletID string, billing *toss.Billing) (id string, err error) {
	nonce := make([]byte, c.seal.NonceSize())
	_, _ = rand.Read(nonce)
	id = uuid.NewString()
	sealed := c.seal.Seal(nonce, nonce, []byte(billing.Key.Reveal()), []byte(id))
	_, err = c.pool.Exec(ctx, "INSERT INTO cards VALUES ($1, $2, $3, $4)", id, walletID, billing.Key.CustomerKey, sealed)
	return id, err
}

// find is what the Charger asks for the billing key of a payment method.
func (c *cards) find(ctx context.Context, id string) (toss.BillingKey, error) {
	var customer string
	var sealed []byte
	err := c.pool.QueryRow(ctx, "SELECT customer_key, sealed FROM cards WHERE id = $1", id).Scan(&customer, &sealed)
	if errors.Is(err, pgx.ErrNoRows) {
		return toss.BillingKey{}, ports.ErrNotFound
	}
	if err != nil {
		return toss.BillingKey{}, err
	}
	size := c.seal.NonceSize()
	if len(sealed) < size {
		return toss.BillingKey{}, errors.New("a card cannot be decrypted")
	}
	plain, err := c.seal.Open(nil, sealed[:size], sealed[size:], []byte(id))
	return toss.NewBillingKey(string(plain), customer), err
}

// owned returns an error unless a wallet has all of the cards: a customer never pays with the card of another.
func (c *cards) owned(ctx context.Context, walletID string, ids ...string) error {
	var found int
	err := c.pool.QueryRow(ctx, "SELECT count(*) FROM cards WHERE wallet_id = $1 AND id = ANY($2)", walletID, ids).Scan(&found)
	if err == nil && found != distinct(ids) {
		err = ports.Invalid("payment_method", "is not a card of the wallet")
	}
	return err
}

func distinct(ids []string) int {
	seen := make(map[string]bool)
	for _, id := range ids {
		seen[id] = true
	}
	return len(seen)
}

// cardWindow returns what the provider's billing window is opened with.
func (s *server) cardWindow(r *http.Request) (int, any, error) {
	if _, err := s.wallets.Wallet(r.Context(), r.PathValue("id")); err != nil {
		return 0, nil, err
	}
	key, err := s.cards.customerKey(r.Context(), r.PathValue("id"))
	return http.StatusOK, map[string]string{"customer_key": key}, err
}

// addCard exchanges what the billing window returned for a billing key. The same auth_key brings the
// same billing key again, so that a lost answer loses no card.
func (s *server) addCard(r *http.Request) (int, any, error) {
	var body struct {
		AuthKey     string `json:"auth_key"`
		CustomerKey string `json:"customer_key"`
	}
	if err := read(r, &body); err != nil {
		return 0, nil, err
	}
	if _, err := s.wallets.Wallet(r.Context(), r.PathValue("id")); err != nil {
		return 0, nil, err
	}
	own, err := s.cards.customerKey(r.Context(), r.PathValue("id"))
	if err == nil && own != body.CustomerKey { // the window was opened for another customer
		err = ports.Invalid("customer_key", "is not that of the wallet's owner")
	}
	if err != nil {
		return 0, nil, err
	}
	billing, err := s.provider.client.IssueBillingKey(r.Context(), body.AuthKey, body.CustomerKey)
	if err != nil {
		return 0, nil, err
	}
	id, err := s.cards.add(r.Context(), r.PathValue("id"), billing)
	return http.StatusCreated, map[string]string{"id": id, "card": billing.Masked}, err
}
