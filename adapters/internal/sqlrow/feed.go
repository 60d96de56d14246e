package sqlrow

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/jigap/jigap/ports"
)

// A change feed is a list of blocks. A block has up to BlockMax entries, which are numbered without
// a gap over all blocks, and an id that was made at random. A number may be given twice only in two
// histories of a store, after a failover or a restore that lost blocks: a cursor names the id of its
// block, and no other history has a block of that id.

// BlockMax is how many entries a block of a change feed has at most.
const BlockMax = 1000

const maxNumber = 1 << 62

// Position is a place in the feed: behind the entry of that number, in that block.
type Position struct {
	Number int64
	Block  string // its id
}

// String returns the cursor that names the position.
func (p Position) String() string {
	return strconv.FormatInt(p.Number, 10) + "/" + p.Block
}

// ParsePosition reads a cursor. A blank one is the place before all entries.
func ParsePosition(cursor string) (p Position, err error) {
	if cursor == "" {
		return Position{}, nil
	}
	number, block, _ := strings.Cut(cursor, "/")
	p.Number, err = strconv.ParseInt(number, 10, 64)
	if err == nil {
		var id uuid.UUID
		id, err = uuid.Parse(block)
		p.Block = id.String()
	}
	if err != nil || p.Number <= 0 || p.Number > maxNumber || p.String() != cursor {
		return Position{}, ports.Invalid("cursor", "is not one that this kind of store returns")
	}
	return p, nil
}

// Run is a run of entries of one wallet.
type Run struct {
	Wallet      string
	First, Last int64
}

// Runs are runs of entries, as lists of what they consist of.
type Runs struct {
	Wallets       []string
	Firsts, Lasts []int64
}

// Add adds a run.
func (s *Runs) Add(run Run) {
	s.Wallets = append(s.Wallets, run.Wallet)
	s.Firsts = append(s.Firsts, run.First)
	s.Lasts = append(s.Lasts, run.Last)
}

// Block is a block of the feed.
type Block struct {
	First, Last int64
	ID          string
	Runs
}

// Slot is an entry's place in the feed.
type Slot struct {
	Position
	Wallet string
	Seq    int64
}

// slots lists the places of a block that come after a number.
func (b *Block) slots(after int64) (list []Slot) {
	number := b.First
	for i, wallet := range b.Wallets {
		for seq := b.Firsts[i]; seq <= b.Lasts[i]; seq++ {
			if number > after {
				list = append(list, Slot{Position{number, b.ID}, wallet, seq})
			}
			number++
		}
	}
	return list
}

// Slots lists up to limit places behind a position. head is how many entries the feed has, and
// blocks are those from the one of the position on, up to the one of the last place. Slots returns
// a [ports.CursorError] unless the feed has what the position is behind, and an error if blocks are
// missing.
func Slots(blocks []Block, head int64, from Position, limit int) (slots []Slot, err error) {
	if from.Number > 0 && (len(blocks) == 0 || blocks[0].First > from.Number || blocks[0].ID != from.Block) {
		return nil, &ports.CursorError{Read: from.Number, Have: head}
	}
	next := from.Number + 1
	for i := range blocks {
		b := &blocks[i]
		if b.Last < next {
			continue
		}
		found := b.slots(next - 1)
		if i > 0 && b.First != next || b.First > next || int64(len(found)) != b.Last-next+1 {
			return nil, fmt.Errorf("block %s does not continue the feed behind entry %d", b.ID, next-1)
		}
		slots, next = append(slots, found...), b.Last+1
	}
	if end := min(head, from.Number+int64(limit)); next <= end {
		return nil, fmt.Errorf("the feed has %d entries, and lacks the block behind entry %d", head, next-1)
	}
	return slots[:min(len(slots), limit)], nil
}

// Extend adds a run of entries to the last of the blocks, and to new ones when that is
// full. last is the number of the last entry before the blocks.
func Extend(blocks []Block, last int64, run Run) []Block {
	for run.First <= run.Last {
		if n := len(blocks); n > 0 {
			last = blocks[n-1].Last
		}
		if n := len(blocks); n == 0 || last-blocks[n-1].First+1 >= BlockMax {
			blocks = append(blocks, Block{First: last + 1, Last: last, ID: uuid.NewString()})
		}
		b := &blocks[len(blocks)-1]
		taken := min(run.Last-run.First+1, b.First+BlockMax-1-b.Last)
		b.Add(Run{run.Wallet, run.First, run.First + taken - 1})
		b.Last += taken
		run.First += taken
	}
	return blocks
}
