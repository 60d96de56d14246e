package mysqltest

import "syscall"

// childAttributes lets the server stop when the test's process dies.
func childAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
