package order

import (
	"context"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/internal/call"
	"github.com/jigap/jigap/internal/record"
	"github.com/jigap/jigap/ports"
	"github.com/jigap/jigap/worker"
)

// Answer is a pointer to an answer of a provider.
type Answer[A any] interface {
	*A
	Common() *ports.Answer
}

// AnyAnswer is the answer to an order of any kind.
type AnyAnswer interface {
	ports.ChargeAnswer | ports.PayoutAnswer
}

// Kind says what the orders of one kind mean for wallets and books. All fields are required
// but those that say what nil means.
type Kind[R ports.Operation, A AnyAnswer] struct {
	Adapter string // what the adapter is called in the log and in alarms: "charger"

	// Progress returns the progress of a record, not a copy.
	Progress func(op R) *ports.Progress[A]
	// SetStatus gives a record a status of the path.
	SetStatus func(op R, status Status)
	// Get reads a record.
	Get func(ctx context.Context, id string) (R, error)
	// Tell logs a change of status and tells the host.
	Tell func(ctx context.Context, op R)

	// Figures returns what the log says of an answer beyond its common part.
	Figures func(answer *A) []any
	// Clean takes the figures, times and ids out of an answer that no record can hold, and
	// says of one of them why. The common part is clean already.
	Clean func(answer *A) error
	// Remember fills into an answer the figures that it does not report, from one before it.
	Remember func(answer, before *A)
	// Report copies the figures of an answer into another.
	Report func(into, answer *A)
	// Reports returns whether an answer reports a figure that is booked.
	Reports func(answer *A) bool

	// Judge returns the answer as it is to be applied to a record. Nil: as it is.
	Judge func(ctx context.Context, op R, answer A) (A, error)
	// Held returns true when the record must not be sent now, and the record as it is then.
	// Nil: never.
	Held func(ctx context.Context, op R) (held bool, err error)
	// Hold leaves a record that was never sent waiting. Nil where Held is.
	Hold func(ctx context.Context, op R) (R, error)

	// Approve closes the record in one unit with its entry: the provider did as asked, with
	// the figures of the answer that the record keeps.
	Approve func(ctx context.Context, next R) error
	// End closes the record in one unit with its entry: the provider did nothing.
	End func(ctx context.Context, next R, outcome ports.Outcome) error
	// Pending returns the status of a record that the provider has answered pending for, before
	// it is written: Pending, or Awaiting. Nil: Pending.
	Pending func(next R) Status
	// Deadline returns until when the customer of a record with status Awaiting is to pay. Nil
	// where no record has the status.
	Deadline func(op R) time.Time
	// ReviewAt returns when a record that waits in a status goes to review, or is looked at
	// again at the latest.
	ReviewAt func(op R, status Status) time.Time
	// Unbookable reports whether an error of Approve or End is a refusal of the kind's own.
	// Nil: none is.
	Unbookable func(err error) bool

	// Late weighs an answer that came after the record had ended, and disputes it when they
	// contradict each other.
	Late func(ctx context.Context, ended R, late LateAnswer[A]) (R, error)
	// Amount returns what an answer reports as moved. Nil: nothing is kept of it.
	Amount func(answer *A) decimal.NullDecimal
	// Unnamed says that no order of the kind is ended by the provider's id of another, so
	// that second payments need not be named: see [Path.Name].
	Unnamed bool
}

// Provider is the adapter that the records of one kind are sent to.
type Provider[R ports.Operation, A AnyAnswer] struct {
	Lane    func(R) string // of a record that is sent again; nil: it keeps its lane
	Prepare func(context.Context, R) (evidence []byte, refusal *A)
	Send    func(context.Context, R) A
	Inquire func(context.Context, R) A
	// Heard, when not nil, is told of each question before its answer is applied, and may change the
	// answer. came is false where no answer came in time.
	Heard func(answer *A, came bool)
}

// Config holds what a [Path] is made of. All fields are required.
type Config struct {
	Store        ports.Store
	Now          func() time.Time
	Logger       *slog.Logger
	Doubts       *record.Doubts
	Calls        func(provider string) *call.Guard
	Timeout      time.Duration // of one call
	InquireAfter time.Duration // before the first inquiry
	InquireMax   time.Duration // between two
	ReviewAfter  time.Duration
}

// Lease is how long an operation belongs to the process that works on it: longer than the
// calls that it makes in that time.
func (c *Config) Lease() time.Duration { return 3 * c.Timeout }

// Path takes the records of one kind to the provider and back.
type Path[R ports.Operation, A AnyAnswer, P Answer[A]] struct {
	Config
	kind Kind[R, A]
}

// New returns the path of a kind of records.
func New[R ports.Operation, A AnyAnswer, P Answer[A]](config Config, kind Kind[R, A]) *Path[R, A, P] {
	return &Path[R, A, P]{Config: config, kind: kind}
}

// Clone returns a copy of the record to make its next version of.
func Clone[R ports.Operation](op R) R {
	next, ok := op.Clone().(R)
	if !ok { // cannot be: a clone is of the same type
		return op
	}
	return next
}

// Write commits the record as the version that follows, and what belongs to it.
func (p *Path[R, A, P]) Write(ctx context.Context, next R, with ...ports.Operation) error {
	head := next.Head()
	head.Version++
	head.UpdatedAt = p.Now()
	return record.Commit(ctx, p.Store, next, with...)
}

// Note remembers a change whose commit is in doubt, to tell of it when it is known. It
// returns err.
func (p *Path[R, A, P]) Note(ctx context.Context, next R, err error) error {
	if !p.Doubts.Note(next, err, func() { p.kind.Tell(ctx, next) }) {
		p.Logger.ErrorContext(ctx, "too many changes are in doubt: one will not be told", "id", next.Head().ID)
	}
	return err
}

// Finish marks a record as ended.
func Finish(head *ports.OperationHead) {
	head.Open, head.DueAt = false, time.Time{}
}

// Because returns what happened and, after a colon, what the provider said of it, if anything.
func Because(what, text string) string {
	if text == "" {
		return what
	}
	return what + ": " + Truncate(text)
}

// Truncate keeps a text of a provider short and on one line, and makes UTF-8 of it, as
// strings.Map does.
func Truncate(text string) string {
	const most = 300
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if len(text) <= most {
		return text
	}
	short := []rune(text)
	return string(short[:min(len(short), most/4)]) + "…"
}

// Parallel is how many steps of one job may wait for a provider at once.
const Parallel = 8

// Step does one step of each job, one after the other. It returns how much they did. An
// error of one does not keep it from the others.
func Step(ctx context.Context, jobs []worker.Job, limit int) (done int, err error) {
	var errs []error
	for _, job := range jobs {
		n, err := job.Step(ctx, limit)
		done += n
		errs = append(errs, err)
	}
	return done, ports.Join(errs...)
}
