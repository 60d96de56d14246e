//go:build !race

package autorecharge_test

const raceEnabled = false
