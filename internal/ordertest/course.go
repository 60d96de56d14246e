package ordertest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/ports"
)

// Model describes the courses that an order of a kind can take, and what must hold of them.
type Model struct {
	Kind
	// Acts are what a person may try, drawn with equal chances. [Process.Do] does them.
	Acts []Act
	// Allowed returns what the room says that is allowed.
	Allowed func(op ports.Operation) []ports.DecisionKind
	// Repeats says that the act was done before and is answered without an error.
	Repeats func(op ports.Operation, what ports.DecisionKind) bool
	// Refusal is an error of an act, besides ErrNotOpen and ErrInvalid. Nil: no other error.
	Refusal error
	// Booked says whether the order is booked as approved, and Balance what wallet "w" has then.
	Booked  func(op ports.Operation) bool
	Balance func(op ports.Operation) decimal.Decimal
	// Known says that a person can know of a payment by what only this kind has.
	Known func(op ports.Operation, ref string) bool
	// Claims returns the ids of the records that name a payment for an order.
	Claims func(ref string) []string
	// BackIsHeard says that a person who takes an order back knows that it was approved.
	BackIsHeard bool
}

// Act is what a person does, with the provider's id of a payment where it is not blank.
type Act struct {
	What ports.DecisionKind
	Ref  string
}

// Course is one course of an order that was sent three times: answers to each transmission and
// to inquiries, which name two payments or none, and acts of a person. After each step it checks
// what must hold of any course.
type Course struct {
	*scene
	model  Model
	random *rand.Rand
	open   []int // transmissions that are not answered
	sent   int   // transmissions at the start of the step

	steps    []string
	record   ports.Operation
	now      Order
	named    []string         // payments that the provider works on or approved
	live     []string         // likewise, without those that an inquiry corrected
	figures  map[string]int64 // the last that was reported of a payment; -1: none that a record can hold
	approved bool             // the provider approved, once at least
}

// TestModel draws courses. It prints the seed and the steps of one that breaks a rule.
func TestModel(t *testing.T, model Model) {
	EachSeed(t, 1_500, func(t *testing.T, seed uint64) { NewCourse(t, model, seed).run() })
}

// EachSeed runs a course for each of so many seeds, in a bubble of its own, until one fails:
// a fifth of them in a short run.
func EachSeed(t *testing.T, seeds int, course func(t *testing.T, seed uint64)) {
	if testing.Short() {
		seeds /= 5
	}
	for seed := range seeds {
		synctest.Test(t, func(t *testing.T) { course(t, uint64(seed)) })
		if t.Failed() {
			return
		}
	}
}

// TestCourses runs the courses by name, in bubbles of their own.
func TestCourses(t *testing.T, model Model, courses map[string]func(*Course)) {
	for name, steps := range courses {
		bubble(t, name, func(t *testing.T) {
			c := NewCourse(t, model, 0)
			steps(c)
			c.end()
		})
	}
}

// NewCourse returns a course with a seed.
func NewCourse(t *testing.T, model Model, seed uint64) *Course {
	t.Helper()
	c := &Course{
		scene: model.hung(t, 3), model: model, random: rand.New(rand.NewPCG(seed, 16)),
		open: []int{0, 1, 2}, figures: make(map[string]int64), steps: []string{fmt.Sprint("seed ", seed)},
	}
	c.look()
	return c
}

// look reads the record.
func (c *Course) look() {
	c.t.Helper()
	op, err := c.process.Get(c.t.Context(), c.id)
	require.NoError(c.t, err)
	c.record, c.now = op, Read(c.t, op)
}

func (c *Course) run() {
	for range 3 + c.random.IntN(7) {
		switch c.random.IntN(3) {
		case 0:
			if len(c.open) > 0 {
				answer := c.draw()
				answer.Resend = false
				c.Answer(c.open[c.random.IntN(len(c.open))], answer)
			}
		case 1:
			c.Inquire(c.draw())
		default:
			c.Do(c.model.Acts[c.random.IntN(len(c.model.Acts))])
		}
		if c.t.Failed() {
			break
		}
	}
	c.end()
}

// end prints the steps if a rule is broken.
func (c *Course) end() {
	if c.t.Failed() {
		c.t.Log(strings.Join(c.steps, "\n"))
	}
}

// draw returns an answer.
func (c *Course) draw() Answer {
	outcomes := []ports.Outcome{
		ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomeApproved, ports.OutcomePending, ports.OutcomePending, ports.OutcomePending,
		ports.OutcomeDeclined, ports.OutcomeDeclined, ports.OutcomeNotSent, ports.OutcomeFault, ports.OutcomeUnknown, ports.Outcome(42),
	}
	answer := Says(outcomes[c.random.IntN(len(outcomes))], []string{"", "tx A", "tx A", "tx B"}[c.random.IntN(4)])
	if answer.Outcome == ports.OutcomeUnknown && c.random.IntN(3) == 0 {
		answer.ProviderRef, answer.Resend = "", true
	}
	if answer.moves() && c.random.IntN(3) == 0 {
		answer.Figure = []int64{900, c.model.Ordered, 900}[c.random.IntN(3)]
		answer.TooFine = answer.Figure == 900 && c.random.IntN(2) == 0
	}
	return answer
}

// moves reports whether the provider has the order, as an answer says.
func (a Answer) moves() bool {
	return a.Outcome == ports.OutcomeApproved || a.Outcome == ports.OutcomePending
}

// Answer lets the provider answer a transmission, counted from zero.
func (c *Course) Answer(i int, answer Answer) {
	c.t.Helper()
	c.sent = c.now.Transmissions
	c.open = slices.DeleteFunc(c.open, func(open int) bool { return open == i })
	c.step("transmission %d: %s", i+1, answer)
	Say(c.answers[i], answer)
	c.check(answer, i+1, false)
}

// Inquire lets a worker ask the provider, if the order is due for that.
func (c *Course) Inquire(answer Answer) {
	c.t.Helper()
	c.sent = c.now.Transmissions
	asked := false
	c.script.Inquire = func() Answer { asked = true; return answer }
	c.world.Clock.Advance(time.Hour)
	c.scene.step()
	if asked {
		c.step("inquiry: %s", answer)
		c.check(answer, 0, true)
	}
}

// Do lets a person do something. An act that is refused must change nothing.
func (c *Course) Do(act Act) {
	c.t.Helper()
	was, record := c.now, c.record
	err := c.process.Do(c.t.Context(), c.act(), act)
	c.step("person: %s %s: %v", act.What, act.Ref, err)
	c.look()
	allowed := slices.Contains(c.model.Allowed(record), act.What)
	c.require(c.model.Repeats(record, act.What) || errors.Is(err, ports.ErrNotOpen) != allowed, "Acts names what is allowed")
	if err != nil {
		known := errors.Is(err, ports.ErrNotOpen) || errors.Is(err, ports.ErrInvalid) || c.model.Refusal != nil && errors.Is(err, c.model.Refusal)
		c.require(known, "an error of another kind")
		c.require(c.now.Version == was.Version, "an act that is refused changes nothing")
	}
	if figure, reported := c.figures[c.now.ProviderRef]; !c.model.Booked(record) && c.model.Booked(c.record) && reported {
		c.require(c.books(figure), "a person who names no figure books what the provider reported")
	}
	c.checkBooks()
}

// books reports whether the figure is booked.
func (c *Course) books(figure int64) bool {
	return figure >= 0 && c.now.Booked.Equal(decimal.New(figure, 0))
}

// check checks what an answer left: sent is the transmission that it answers, or zero.
func (c *Course) check(answer Answer, sent int, inquiry bool) {
	c.t.Helper()
	was := c.now
	c.look()
	c.note(was, answer, sent, inquiry)
	for _, ref := range c.named {
		c.require(c.visible(ref), "the record, or a claim, names each payment: "+ref)
	}
	if answer.Outcome == ports.OutcomeApproved {
		c.require(c.heard(was, answer), "an approval is booked, or a person hears of it")
	}
	ended := was.Open && !c.now.Open
	switch {
	case ended && !c.model.Booked(c.record):
		c.require(!c.approved, "an order that was approved does not end as refused")
		c.require(len(c.live) == 0 || len(c.live) == 1 && (inquiry || answer.ProviderRef == "" || answer.ProviderRef == c.live[0]), "a refusal ends only the payment that it is about")
	case ended:
		for _, ref := range c.live {
			c.require(ref == c.now.ProviderRef, "the machine ends no order of several payments")
		}
		if figure, reported := c.figures[c.now.ProviderRef]; reported {
			c.require(c.books(figure), "the machine books what the provider reported last")
		}
	}
	c.require(!c.approved || c.now.Transmissions == c.sent, "an order that was approved is not sent again")
	c.approved = c.approved || answer.Outcome == ports.OutcomeApproved
	c.checkBooks()
}

// note keeps what an answer says.
func (c *Course) note(was Order, answer Answer, sent int, inquiry bool) {
	ref := answer.ProviderRef
	if answer.moves() && ref != "" {
		if inquiry && was.ProviderRef != "" && was.ProviderRef != ref && c.now.ProviderRef == ref { // the inquiry corrects the id
			c.live = slices.DeleteFunc(c.live, func(old string) bool { return old == was.ProviderRef })
		}
		for _, list := range []*[]string{&c.named, &c.live} {
			if !slices.Contains(*list, ref) {
				*list = append(*list, ref)
			}
		}
	}
	if refused := answer.Outcome.Final() && answer.Outcome != ports.OutcomeApproved; refused {
		delete(c.figures, ref)
		c.named = slices.DeleteFunc(c.named, func(named string) bool { return named == ref || was.Open && !c.now.Open })
	}
	if early, known := c.figures[""]; known && was.ProviderRef == "" && c.now.ProviderRef != "" {
		if _, known = c.figures[c.now.ProviderRef]; !known {
			c.figures[c.now.ProviderRef] = early
		}
		delete(c.figures, "")
	}
	if answer.Figure == 0 || ref == "" && sent != 0 && sent != c.sent && answer.Outcome == ports.OutcomePending { // of an earlier transmission
		return
	}
	if ref == "" {
		ref = c.now.ProviderRef
	}
	c.figures[ref] = answer.Figure
	if answer.TooFine {
		c.figures[ref] = -1
	}
}

// visible reports whether a person, or another order, can know of a payment.
func (c *Course) visible(ref string) bool {
	claims, err := c.world.Store.Operations(c.t.Context(), c.model.Claims(ref))
	require.NoError(c.t, err)
	return strings.Contains(c.now.names(), ref) || len(claims) > 0 || c.model.Known(c.record, ref)
}

// heard reports whether an approval was booked, or the record tells a person of it.
func (c *Course) heard(was Order, answer Answer) bool {
	told := func(order Order) bool {
		return order.Answer.Outcome == ports.OutcomeApproved || strings.Contains(order.Why, "approved")
	}
	switch c.now.Status {
	case "review", "disputed":
		return told(c.now)
	case c.model.Approved:
		return answer.ProviderRef == "" || answer.ProviderRef == c.now.ProviderRef
	}
	return told(was) || c.now.Status == c.model.TakenBack && c.model.BackIsHeard // a person has decided about it
}

// checkBooks checks that the wallet has what the record says.
func (c *Course) checkBooks() {
	c.t.Helper()
	wallet, err := c.process.Wallets.Wallet(c.t.Context(), "w")
	require.NoError(c.t, err)
	c.require(wallet.Balance.Equal(c.model.Balance(c.record)), "the wallet has what the record says")
}

func (c *Course) step(format string, args ...any) {
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func (c *Course) require(holds bool, rule string) {
	c.t.Helper()
	if !holds {
		c.t.Errorf("%s\n%+v\n%+v", rule, c.now, c.record)
	}
}

// String returns what a course logs of an answer.
func (a Answer) String() string {
	text := strings.TrimSpace(a.Outcome.String() + " " + a.ProviderRef)
	if a.Figure != 0 {
		text += fmt.Sprint(" of ", a.Figure)
	}
	if a.TooFine {
		text += ", too fine"
	}
	if a.Resend {
		text += " resend"
	}
	return text
}
