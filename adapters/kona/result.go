package kona

import (
	"context"
	"errors"
	"fmt"
)

// Result is what became of a charge or a cancellation.
type Result int

// The results. The zero value is not one of them.
const (
	ResultPending   Result = iota + 1 // PENDING: the provider still asks the bank
	ResultCompleted                   // COMPLETED: for good
	ResultFailed                      // FAILED: for good
)

// String returns the provider's word for the result.
func (r Result) String() string {
	switch r {
	case ResultPending:
		return "PENDING"
	case ResultCompleted:
		return "COMPLETED"
	case ResultFailed:
		return "FAILED"
	}
	return fmt.Sprintf("Result(%d)", int(r))
}

func parseResult(text string) (Result, error) {
	for _, r := range []Result{ResultPending, ResultCompleted, ResultFailed} {
		if r.String() == text {
			return r, nil
		}
	}
	return 0, errors.New("result is not known")
}

// Inquired is the answer to a question for a result.
type Inquired struct {
	Result Result
	Number string // nrNumber; blank when the answer has none (observed: it may)
}

// InquireResult asks what became of the charge or cancellation with this sequenceId
// (documented). The words of the result are observed, not documented; another one,
// or the same in another case, is an error. No code is documented for a sequenceId
// that the provider does not know.
func (c *Client) InquireResult(ctx context.Context, sequenceID string) (Inquired, error) {
	req := call{
		op: "inquire result", path: "/api/v1/recharges/by-bank-account/result/inquiry", // singular, unlike the charge's
		body: struct {
			SequenceID string `json:"sequenceId"`
		}{sequenceID},
		rules: commonRules,
	}
	if err := checkSequenceID(sequenceID); err != nil {
		return Inquired{}, c.failure(req, ClassFault, err)
	}
	answer, err := c.ask(ctx, req)
	if err != nil {
		return Inquired{}, err
	}
	text, err := answer.text("result")
	if err != nil {
		return Inquired{}, c.unreadable(req, 200, err)
	}
	result, err := parseResult(text)
	if err != nil {
		return Inquired{}, c.unreadable(req, 200, err)
	}
	return Inquired{Result: result, Number: cleanID(answer.optional("nrNumber"))}, nil
}
