package simulation_test

import (
	"strings"
	"testing/synctest"
	"time"
)

// step draws one thing that happens.
func (w *world) step() {
	w.summary.Steps++
	w.collect()
	w.revive()
	w.events()[draw(w.random, w.mood.events)]()
}

// events are the things that may happen.
func (w *world) events() []func() {
	return []func(){
		w.goOn, w.askSomething, w.work, w.read, w.crash, w.pause, w.jump, w.providersAct, w.stall,
		func() { w.pass(w.drawPause()) }, w.protect, w.mail,
	}
}

// next returns a call whose turn it may be; nil: none waits.
func (w *world) next() *turn {
	ready := w.turns.ready(time.Now())
	if len(ready) == 0 {
		return nil
	}
	return ready[w.random.IntN(len(ready))]
}

// goOn lets a call go on.
func (w *world) goOn() {
	if t := w.next(); t != nil {
		w.give(t)
	} else {
		w.askSomething()
	}
}

// give gives a turn, with a fault of the store now and then.
func (w *world) give(t *turn) {
	if w.faulty && !strings.Contains(t.what, "hears") && !isHTTP(t.what) && w.random.IntN(w.mood.storeOdds) == 0 {
		t.fault = &storeFault{kind: failsBefore, unit: w.random.IntN(8)}
		if t.commit {
			t.fault.kind = storeFaults[w.random.IntN(len(storeFaults))]
		}
		w.count("store faults", t.fault.kind)
	}
	w.turns.give(t)
	fault := ""
	if t.fault != nil {
		fault = " (" + t.fault.kind + ")"
	}
	w.say("%s %s: %s%s %s", t.process.name, t.actor, t.what, fault, t.said)
}

func isHTTP(what string) bool {
	return strings.HasPrefix(what, "GET ") || strings.HasPrefix(what, "POST ") || strings.HasPrefix(what, "PUT ")
}

// crash kills a process; it comes back after a while.
func (w *world) crash() {
	if s := &w.slots[w.random.IntN(len(w.slots))]; s.process != nil {
		w.kill(s)
		s.backAt = time.Now().Add(time.Duration(w.random.IntN(600)) * time.Second)
		w.count("crashes", "of a process")
	}
}

func (w *world) kill(s *slot) {
	w.say("%s dies with %d under way", s.name, len(s.running))
	w.turns.end(s.process)
	s.process = nil
}

func (w *world) revive() {
	for i := range w.slots {
		if s := &w.slots[i]; s.process == nil && !time.Now().Before(s.backAt) {
			s.lives++
			s.process = w.start(i, s.lives)
			w.say("%s begins", s.name)
		}
	}
}

// pause stops a process in whatever it does, often for longer than its leases.
func (w *world) pause() {
	if p := w.alive(); p != nil {
		d := time.Duration(w.random.IntN(900)) * time.Second
		p.pausedUntil = time.Now().Add(d)
		w.count("pauses", "of a process")
		w.say("%s is paused for %s", p.name, d)
	}
}

// stall keeps one call back.
func (w *world) stall() {
	t := w.next()
	if t == nil {
		return
	}
	d := time.Duration(w.random.IntN(240)) * time.Second
	t.after = time.Now().Add(d)
	w.count("pauses", "of a call")
	w.say("%s %s: %s takes %s", t.process.name, t.actor, t.what, d)
}

// jump sets the clock of a process.
func (w *world) jump() {
	if p := w.alive(); p != nil {
		skew := w.drawSkew()
		p.skew.Store(int64(skew))
		w.count("pauses", "clock jumps")
		w.say("%s has a clock that is %s ahead", p.name, skew)
	}
}

// drawSkew draws by how much a clock is off: up to five seconds.
func (w *world) drawSkew() time.Duration {
	return time.Duration(w.random.IntN(10_000)-5_000) * time.Millisecond
}

func (w *world) drawPause() time.Duration {
	switch w.random.IntN(20) {
	case 0:
		if w.mood.nights {
			return time.Duration(w.random.IntN(8*60)) * time.Minute
		}
		return time.Duration(w.random.IntN(1200)) * time.Second
	case 1, 2, 3:
		return time.Duration(w.random.IntN(60)) * time.Second
	}
	return time.Duration(w.random.IntN(2_000)) * time.Millisecond
}

func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
	w.say("%s pass", d)
}

func (w *world) providersAct() {
	if len(w.witness.awaited) > 0 && w.random.IntN(2) == 0 {
		w.say("a customer: %s", w.customers())
	} else if w.mood.toss && w.random.IntN(2) == 0 {
		w.say("Toss: %s", w.tossActs())
	} else if w.random.IntN(3) == 0 || w.mood.claims && w.random.IntN(2) == 0 {
		w.say("a bank: %s", w.chargeback())
	} else if w.mood.delegates && w.random.IntN(2) == 0 {
		w.say("SOLAPI: %s", w.providers.use(w.random))
	} else if w.random.IntN(2) == 0 {
		w.say("Kona from now on: %s", w.providers.scenario(w.random))
	} else if done := w.providers.decide(w.random); done != "" {
		w.say("SOLAPI decides: %s", done)
	}
}
