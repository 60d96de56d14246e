package worker_test

import (
	"context"
	"fmt"
	"log"

	"github.com/jigap/jigap/worker"
)

func ExampleWorker_Step() {
	w, err := worker.New(worker.Config{Batch: 10},
		worker.Job{Name: "sweep", Step: func(context.Context, int) (int, error) { return 3, nil }},
		worker.Job{Name: "broken", Step: func(context.Context, int) (int, error) { panic("oops") }},
	)
	if err != nil {
		log.Fatal(err)
	}
	report := w.Step(context.Background())
	fmt.Println(report.Done(), report.Err())
	// Output: 3 broken: panicked: oops
}
