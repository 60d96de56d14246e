//go:build unix

package postgrestest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asUser lets a command run as a user that PostgreSQL accepts: not as root. It gives
// that user the folders.
func asUser(cmd *exec.Cmd, folders ...string) error {
	cmd.SysProcAttr = childAttributes()
	if os.Getuid() != 0 {
		return nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return err
		}
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for _, folder := range folders {
		if err := os.Chown(folder, int(uid), int(gid)); err != nil {
			return err
		}
	}
	return nil
}

// The ways to stop a server, as its manual names them.
var (
	fast      os.Signal = syscall.SIGINT
	immediate os.Signal = syscall.SIGQUIT
)
