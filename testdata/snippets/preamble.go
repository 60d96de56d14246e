// What the code in README and docs takes for granted. Each block is checked as the body
// of a function in this package, or as declarations of it.
package snippets

import (
	"context"
	"crypto/rsa"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona"
	"github.com/jigap/jigap/adapters/postgres"
	"github.com/jigap/jigap/autorecharge"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/recharge"
	"github.com/jigap/jigap/withdraw"
)

var (
	ctx context.Context
	err error
	t   *testing.T

	pool    *pgxpool.Pool
	tx      pgx.Tx
	pgStore *postgres.Store
	store   ports.Store

	charger, konaCharger ports.Charger
	disburser            ports.Disburser
	notifier             ports.Notifier

	wallets   *ledger.Ledger
	recharges *recharge.Service
	payouts   *withdraw.Service
	auto      *autorecharge.Engine

	key, secret, aspID, accessKey, keyID, merchantID, cardID string

	public  *rsa.PublicKey
	private *rsa.PrivateKey
	lookUp  kona.CardResolver
	amount  decimal.Decimal
)

func newStore(t *testing.T) ports.Store { return store }
