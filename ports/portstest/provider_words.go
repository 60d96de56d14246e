package portstest

import (
	"fmt"
	"reflect"

	"github.com/stretchr/testify/assert"
)

// These take the place of those of testify: the first line of a failure says what is wrong in
// words, and then the figures.

// True requires that something holds.
func (m *moneyTest) True(holds bool, words string, args ...any) {
	m.t.Helper()
	if !holds {
		m.FailNow(fmt.Sprintf(words, args...))
	}
}

// False requires that something does not hold.
func (m *moneyTest) False(holds bool, words string, args ...any) {
	m.t.Helper()
	m.True(!holds, words, args...)
}

// Equal requires that two values are equal.
func (m *moneyTest) Equal(want, got any, wordsAndArgs ...any) {
	m.t.Helper()
	m.True(assert.ObjectsAreEqual(want, got), "%s: it is %v, and must be %v", inWords(wordsAndArgs, "the two differ"), got, want)
}

// Len requires that a list has so many elements.
func (m *moneyTest) Len(list any, count int, wordsAndArgs ...any) {
	m.t.Helper()
	got := reflect.ValueOf(list).Len()
	m.True(got == count, "%s: there are %d, and must be %d: %v", inWords(wordsAndArgs, executedOrders), got, count, list)
}

// Empty requires that a list or a text is empty.
func (m *moneyTest) Empty(value any, wordsAndArgs ...any) {
	m.t.Helper()
	m.True(reflect.ValueOf(value).Len() == 0, "%s: there must be nothing, and there is %v", inWords(wordsAndArgs, executedOrders), value)
}

// executedOrders is what a list is of that has no words of its own.
const executedOrders = "amounts that the provider executed"

// inWords returns a message and its arguments, or otherwise.
func inWords(wordsAndArgs []any, otherwise string) string {
	if len(wordsAndArgs) == 0 {
		return otherwise
	}
	words, _ := wordsAndArgs[0].(string)
	if len(wordsAndArgs) == 1 {
		return words
	}
	return fmt.Sprintf(words, wordsAndArgs[1:]...)
}
