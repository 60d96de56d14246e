//go:build !linux

package sqlite_test

import "errors"

func fill(task) error { return errors.New("disks of its own has a process on Linux only") }
