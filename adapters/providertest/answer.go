package providertest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
)

// Answer is an answer before it is written.
type Answer struct {
	Status int
	Body   any // written as JSON
	Header http.Header
	// Seal, when set, makes of the JSON what is written: encrypts it, say.
	Seal func(plain []byte) []byte
}

// With returns a copy of an answer whose body is an object, with the fields that change
// has changed; an answer with another body as it is.
func (a *Answer) With(change func(fields map[string]any)) *Answer {
	fields, isObject := a.Body.(map[string]any)
	if !isObject {
		return a
	}
	changed := *a
	fields = maps.Clone(fields)
	change(fields)
	changed.Body = fields
	return &changed
}

// data is the body as it is written.
func (a *Answer) data() []byte {
	data, err := json.Marshal(a.Body)
	if err != nil {
		panic(fmt.Sprintf("answer cannot be written: %v", err))
	}
	if a.Seal != nil {
		data = a.Seal(data)
	}
	return data
}

func (s *Server) write(w http.ResponseWriter, answer *Answer) {
	copyHeader(w.Header(), answer.Header)
	s.writeRaw(w, answer.Status, answer.data())
}

func (s *Server) writeRaw(w http.ResponseWriter, status int, data []byte) {
	s.head(w, status)
	_, _ = w.Write(data)
}

// head begins an answer, with the date of the provider's clock.
func (s *Server) head(w http.ResponseWriter, status int) {
	w.Header().Set("Date", s.world.Clock.Now().UTC().Format(http.TimeFormat))
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
}

// copyHeader copies a header, in whatever case its names are.
func copyHeader(to, from http.Header) {
	for name, values := range from {
		to[http.CanonicalHeaderKey(name)] = values
	}
}

type labelKey struct{}

// WithLabel marks what is done under a context, so that a test finds its request again
// in a simulator's books. It reaches the simulator through its [Transport] only.
func WithLabel(ctx context.Context, label string) context.Context {
	return context.WithValue(ctx, labelKey{}, label)
}

// Label returns the label of a context; blank: none.
func Label(ctx context.Context) string {
	label, _ := ctx.Value(labelKey{}).(string)
	return label
}
