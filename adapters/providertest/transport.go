package providertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"syscall"
)

// Transport is an [http.RoundTripper] that asks a simulator without any network,
// in the goroutine of the caller, and reports to net/http/httptrace as a network
// would. Whatever host a request names, the simulator answers.
type Transport struct{ server *Server }

// Transport returns a transport to the simulator.
func (s *Server) Transport() *Transport { return &Transport{server: s} }

// maxMemory is how much of an answer is kept. The rest of an answer that is longer is
// blanks, which are made as they are read.
const maxMemory = 4 << 20

var errFull = errors.New("answer is cut off")

// RoundTrip answers a request.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	trace := httptrace.ContextClientTrace(ctx)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	hook(trace != nil && trace.GetConn != nil, func() { trace.GetConn(req.URL.Host) })
	fault := t.fault(req)
	if fault.Kind == Refused {
		return nil, syscall.ECONNREFUSED
	}
	hook(trace != nil && trace.GotConn != nil, func() { trace.GotConn(httptrace.GotConnInfo{}) })
	hook(trace != nil && trace.WroteHeaders != nil, func() { trace.WroteHeaders() })
	hook(trace != nil && trace.WroteRequest != nil, func() { trace.WroteRequest(httptrace.WroteRequestInfo{}) })
	inner := req.Clone(context.WithValue(ctx, faultKey{}, fault))
	if inner.Body == nil {
		inner.Body = http.NoBody
	}
	return t.answer(inner)
}

func (t *Transport) fault(req *http.Request) Fault {
	t.server.world.Lock()
	defer t.server.world.Unlock()
	return t.server.nextFault(req)
}

func hook(wanted bool, call func()) {
	if wanted {
		call()
	}
}

// answer has the simulator answer, and gives what it wrote as a network would.
func (t *Transport) answer(req *http.Request) (response *http.Response, err error) {
	w := &memoryWriter{header: http.Header{}, body: new(bytes.Buffer)}
	defer func() { _ = req.Body.Close() }()
	defer func() {
		if cause := recover(); cause != nil && cause != http.ErrAbortHandler { //nolint:errorlint // as net/http compares it
			panic(cause)
		} else if cause != nil {
			response, err = t.aborted(w, req) //nolint:bodyclose // the caller closes it
		}
	}()
	t.server.ServeHTTP(w, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(req, nil), nil
}

// memoryWriter keeps an answer.
type memoryWriter struct {
	header http.Header
	status int
	body   *bytes.Buffer
	full   bool
}

// Header returns the header to be written.
func (w *memoryWriter) Header() http.Header { return w.header }

// WriteHeader sets the status, once.
func (w *memoryWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

// Write keeps data up to a limit.
func (w *memoryWriter) Write(data []byte) (int, error) {
	if w.body.Len()+len(data) > maxMemory {
		w.full = true
		return 0, errFull
	}
	w.WriteHeader(http.StatusOK)
	return w.body.Write(data)
}

// aborted is what a client sees of a connection that was closed.
func (t *Transport) aborted(w *memoryWriter, req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	if w.status == 0 {
		return nil, io.EOF
	}
	if w.full {
		return w.response(req, &blanks{server: t.server, left: unboundedRead - w.body.Len()}), nil
	}
	return w.response(req, failing{io.ErrUnexpectedEOF}), nil
}

func (w *memoryWriter) response(req *http.Request, rest io.Reader) *http.Response {
	body := io.Reader(w.body)
	if rest != nil {
		body = io.MultiReader(w.body, rest)
	}
	return &http.Response{
		Status: strconv.Itoa(w.status) + " " + http.StatusText(w.status), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: w.header,
		Body: io.NopCloser(body), ContentLength: -1, Request: req,
	}
}

// blanks is the rest of an answer that was too long to be kept. It ends with an error.
type blanks struct {
	server *Server
	left   int
}

// Read returns blanks, and reports a client that reads all of them.
func (b *blanks) Read(into []byte) (int, error) {
	if b.left <= 0 {
		b.server.reportOverread()
		return 0, io.ErrUnexpectedEOF
	}
	into = into[:min(len(into), b.left)]
	for i := range into {
		into[i] = ' '
	}
	b.left -= len(into)
	return len(into), nil
}

// failing is a reader that ends with an error.
type failing struct{ err error }

// Read fails.
func (f failing) Read([]byte) (int, error) { return 0, f.err }
