//go:build race

package autorecharge_test

const raceEnabled = true
