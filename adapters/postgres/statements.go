package postgres

import (
	"strings"
	"sync"
)

// statements are the texts of all statements, with the schema's name in them.
type statements struct {
	schema           string
	lean             []leanForms // units of one wallet, by the groups of columns that they need
	rows             sync.Pool   // of leanRows, for the memory of their lists
	commit           string      // all other units without operations
	commitOperations string      // units with operations
	wallets          string
	lockWallets      string
	entriesByKey     string
	lastReferring    string
	entriesAt        string
	totals           string
	operations       string
}

// newStatements returns the store's statements, with the texts for commits as vary makes
// them: those for a transaction of the host wait for rows that another transaction has
// locked, and leave the settings of the transaction alone.
func newStatements(schema string, vary *strings.Replacer) *statements {
	s := &statements{schema: schema, rows: sync.Pool{New: func() any { return newLeanRows() }}}
	commit := func(text string) string { return s.in(vary.Replace(text)) }
	for mask := always; mask <= groups; mask += points {
		forms := leanForms{
			one: commit(leanOneStatement(mask)), many: commit(leanStatement(mask, false)), more: commit(leanStatement(mask, true)),
		}
		if mask&records != 0 {
			forms.advance = commit(leanAdvanceStatement(mask))
		}
		s.lean = append(s.lean, forms)
	}
	s.commit = commit(commitStatement(false))
	s.commitOperations = commit(commitStatement(true))
	s.wallets = s.in("SELECT " + walletColumns + " FROM jigap.wallets WHERE id = ANY($1)")
	s.lockWallets = s.wallets + " ORDER BY id FOR NO KEY UPDATE"
	s.entriesByKey = s.in(entriesByKeyStatement)
	s.lastReferring = s.in(lastReferringStatement)
	s.entriesAt = s.in(entriesAtStatement)
	s.totals = s.in(totalsStatement)
	s.operations = s.in("SELECT " + operationColumns + " FROM jigap.operations WHERE id = ANY($1)")
	return s
}

// in puts the schema's name in place of the one that texts are written with.
func (s *statements) in(text string) string {
	return strings.ReplaceAll(text, "jigap.", `"`+s.schema+`".`)
}

func (s *statements) query(text string) *query { return &query{sql: s.in(text)} }
