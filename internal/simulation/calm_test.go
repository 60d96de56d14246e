package simulation_test

import (
	"context"
	"fmt"
	"time"
)

// calm ends all faults, lets what is under way end, has the host ask again for what it
// does not know the end of, and brings everything to rest.
func (w *world) calm() error {
	w.say("calm")
	w.faulty = false
	w.providers.heal()
	for i := range w.slots {
		s := &w.slots[i]
		s.backAt = time.Time{}
		if s.process != nil && s.without != "" {
			w.kill(s) // what it lacked is rolled out
		}
		if s.process != nil {
			s.pausedUntil, s.readOnlyUntil = time.Time{}, time.Time{}
		}
	}
	w.revive()
	if err := w.drain(); err != nil {
		return err
	}
	w.quiet = true
	if err := w.askAgain(); err != nil {
		return err
	}
	for range w.random.IntN(4) {
		w.say("the gateway: %s", w.administrator())
	}
	c := &calmer{
		ctx: w.ctx, store: w.store, providers: w.providers, random: w.random, now: time.Now, pass: w.pass,
		step: w.stepAll, do: w.do, count: w.count, told: w.summary.events, collects: w.mood.collects,
	}
	return c.calm()
}

// drain gives turns until nothing is under way.
func (w *world) drain() error {
	for range mostSteps {
		w.summary.Steps++
		w.collect()
		if err := w.blamed(); err != nil {
			return err
		}
		ready := w.turns.ready(time.Now())
		switch {
		case len(ready) > 0:
			w.give(ready[w.random.IntN(len(ready))])
		case w.busy():
			w.pass(time.Second)
		default:
			return nil
		}
	}
	return fmt.Errorf("what is under way never ends")
}

// any returns one of the processes, all of which live.
func (w *world) any() *process { return w.slots[w.random.IntN(len(w.slots))].process }

// stepAll has one process do all of its jobs.
func (w *world) stepAll() error {
	p := w.any()
	for i := range p.jobs {
		w.startJob(p, i, 100)
		if err := w.drain(); err != nil {
			return err
		}
	}
	return nil
}

// do has work done in a process, and returns when it is.
func (w *world) do(actor string, work func(context.Context, *house) error) error {
	p, failed := w.any(), error(nil)
	p.run(actor, func(ctx context.Context) { failed = work(ctx, p.house) })
	if err := w.drain(); err != nil {
		return err
	}
	return failed
}

// mostRounds is how often a host asks again when nothing fails any more.
const mostRounds = 20

// askAgain makes every request again whose answer was lost: its key tells.
func (w *world) askAgain() error {
	for round := 0; ; round++ {
		var open []*asked
		for _, a := range w.asked {
			if a.ending != acknowledged && a.ending != refused && a.Key != "" {
				open = append(open, a)
			}
		}
		if len(open) == 0 {
			return nil
		}
		if round == mostRounds {
			return fmt.Errorf("request %d still has no answer: %w", open[0].Number, open[0].err)
		}
		for _, a := range open {
			a.again = true
			w.ask(w.any(), a)
			if err := w.drain(); err != nil {
				return err
			}
		}
	}
}

// repeat makes a request once more.
func (w *world) repeat(r *request) (string, error) {
	var answer string
	err := w.do(fmt.Sprintf("request %d once more", r.Number), func(ctx context.Context, h *house) (err error) {
		answer, err = r.do(ctx, h)
		return err
	})
	return answer, err
}
