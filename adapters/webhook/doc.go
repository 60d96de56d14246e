// Package webhook takes notifications of providers over HTTP: it hands each to the adapter that
// can read it, and has the orders that it names inquired about. A notification moves no money by
// itself.
//
//	handler, err := webhook.New(func(ctx context.Context, notice ports.Notice) error {
//		_, err := recharges.InquireNow(ctx, notice)
//		return err
//	}, webhook.Config{Logger: logger})
//	…
//	mux.Handle("POST /webhooks/toss", handler.For(windows))
//
// # Errors
//
// [New] returns [ports.ErrInvalid]. A provider reads the status of an answer: 200 for a
// notification that was taken, also for one that names an order which is not there, because to
// repeat it would not help; 400 for one that cannot be read; 401 for one that the provider did not
// make; 413 for one above [MaxBody]; 503 when an inquiry failed, or when the process does not have the
// Charger (another one has it while a new version is rolled out), so that the provider sends it again.
// The body of an answer says no more than that.
//
// # Concurrency
//
// A [Handler] is safe for concurrent use. The same notification may come at the same moment, or
// again: an inquiry may be repeated.
//
// # Time
//
// An answer takes no longer than Config.Timeout: providers wait for about ten seconds (Toss
// Payments: 10, documented).
package webhook
