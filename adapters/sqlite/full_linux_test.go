package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jigap/jigap/adapters/sqlite"
	"github.com/jigap/jigap/internal/crashtest"
	"github.com/jigap/jigap/ledger"
	"github.com/jigap/jigap/ports"
)

// TestFullDisk fills a disk of two megabytes, in a process that has it for itself: writes fail with errors, what
// was told to be written is there, and what was told not to be is not, also after the file is opened again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := start(t, task{What: "fill", Path: t.TempDir()})
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWUSER, UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}}
	if os.Getuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	}
	out, err := cmd.Output()
	if errors.Is(err, syscall.EPERM) {
		t.Skip("the system does not let this user mount a disk of its own")
	}
	require.NoError(t, err)
	t.Logf("%s", out)
}

const fullWallet = "w"

// fill fills a disk that it mounts.
func fill(t task) error {
	if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts apart: %w", err)
	}
	if err := syscall.Mount("tmpfs", t.Path, "tmpfs", 0, "size=2m"); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	ballast := filepath.Join(t.Path, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 512<<10), 0o600); err != nil {
		return err
	}
	file := filepath.Join(t.Path, "wallets.db")
	store, wallets, err := openLedger(file)
	if err != nil {
		return err
	}
	f := &filling{wallets: wallets, calls: make(map[string]crashtest.Told)}
	if _, err := wallets.Open(ctx(), ledger.OpenRequest{WalletID: fullWallet, Currency: "KRW"}); err != nil {
		return err
	}
	for f.refused < 20 { // some writes go through after one that was refused: smaller ones
		if err := f.credit(); err != nil {
			return err
		}
	}
	if err := f.check(); err != nil {
		return fmt.Errorf("while the disk is full: %w", err)
	}
	if err := errors.Join(store.Close(), os.Remove(ballast)); err != nil {
		return err
	}
	if store, f.wallets, err = openLedger(file); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return fmt.Errorf("opened again: %w", err)
	}
	refused := f.refused
	if err := f.credit(); err != nil || f.refused > refused {
		return fmt.Errorf("there is room again, and a write is refused: %w", err)
	}
	if _, err := f.wallets.Verify(ctx(), fullWallet); err != nil {
		return err
	}
	fmt.Printf("%d writes went through, %d were refused: %v\n", len(f.calls)-f.refused-f.unknown, f.refused, f.why)
	return store.Close()
}

func openLedger(file string) (*sqlite.Store, *ledger.Ledger, error) {
	store, err := sqlite.Open(ctx(), file, sqlite.Config{})
	if err == nil {
		err = store.Migrate(ctx())
	}
	if err != nil {
		return nil, nil, err
	}
	wallets, err := ledger.New(store, ledger.Config{})
	return store, wallets, err
}

type filling struct {
	wallets          *ledger.Ledger
	calls            map[string]crashtest.Told
	refused, unknown int
	why              error
}

// credit books one more credit, and keeps what it was told.
func (f *filling) credit() error {
	call := crashtest.Told{Key: fmt.Sprintf("key-%06d", len(f.calls)), Wallet: fullWallet, Amount: 1, Done: true}
	entry, err := crashtest.Book(ctx(), f.wallets, call)
	switch {
	case err == nil:
		call.Balance = entry.NewBalance.String()
	case errors.Is(err, ports.ErrUndecided):
		call.Done = false
		f.unknown++
	case errors.Is(err, ports.ErrUnavailable):
		f.refused++
		f.why = err
	default:
		return err
	}
	f.calls[call.Key] = call
	return nil
}

// check compares what is stored with what was told.
func (f *filling) check() error {
	for key, call := range f.calls {
		entry, err := f.wallets.EntryByKey(ctx(), call.Wallet, key)
		there := err == nil
		switch {
		case err != nil && !errors.Is(err, ports.ErrNotFound):
			return err
		case !call.Done:
		case there != (call.Balance != ""):
			return fmt.Errorf("%s: told balance %q, stored: %t", key, call.Balance, there)
		case there && entry.NewBalance.String() != call.Balance:
			return fmt.Errorf("%s: told balance %q, stored %s", key, call.Balance, entry.NewBalance)
		}
	}
	return nil
}
