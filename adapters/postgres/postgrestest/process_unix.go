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
	uid, gid, err := serverUser()
	if err != nil {
		return err
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uid, Gid: gid}
	return give(folders...)
}

// give makes files and folders the server's user's.
func give(paths ...string) error {
	if os.Getuid() != 0 {
		return nil
	}
	uid, gid, err := serverUser()
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.Chown(path, int(uid), int(gid)); err != nil {
			return err
		}
	}
	return nil
}

// serverUser returns the user that a server runs as where the test is root's.
func serverUser() (uid, gid uint32, err error) {
	account, err := user.Lookup("postgres")
	if err != nil {
		if account, err = user.Lookup("nobody"); err != nil {
			return 0, 0, err
		}
	}
	u, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return 0, 0, err
	}
	g, err := strconv.ParseUint(account.Gid, 10, 32)
	return uint32(u), uint32(g), err
}

// The ways to stop a server, as its manual names them.
var (
	fast      os.Signal = syscall.SIGINT
	immediate os.Signal = syscall.SIGQUIT
)
