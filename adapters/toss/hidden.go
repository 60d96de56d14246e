package toss

import (
	"fmt"
	"io"
	"log/slog"
)

// Hidden is a text that no formatting shows: the number of an account.
type Hidden string

// String shows nothing of the text.
func (Hidden) String() string { return hiddenText }

// Format writes nothing of the text, whatever the verb.
func (Hidden) Format(state fmt.State, _ rune) { _, _ = io.WriteString(state, hiddenText) }

// LogValue shows nothing of the text.
func (Hidden) LogValue() slog.Value { return slog.StringValue(hiddenText) }

// MarshalText shows nothing of the text.
func (Hidden) MarshalText() ([]byte, error) { return []byte(hiddenText), nil }
