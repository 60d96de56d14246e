//go:build !linux

package mysqltest

import "syscall"

func childAttributes() *syscall.SysProcAttr { return nil }
