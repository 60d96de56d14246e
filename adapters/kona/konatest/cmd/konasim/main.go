// Command konasim runs the simulator of the KONA PLATE charge API on this machine. It
// prints the address, the project's ids and one member, writes the keys into PEM files
// where it is told to, and ends on an interrupt.
package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"github.com/shopspring/decimal"

	"github.com/jigap/jigap/adapters/kona/konatest" //nolint:depguard // the simulator's own command
)

func main() {
	address := flag.String("addr", "127.0.0.1:0", "address to listen on, of this machine")
	keys := flag.String("keys", ".", "directory to write server.pem and client.pem into")
	seed := flag.Uint64("seed", 1, "where ids come from")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Stdout, *address, *keys, *seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, out io.Writer, address, keys string, seed uint64) error {
	sim := konatest.New(konatest.Config{Seed: seed})
	if err := writeKeys(sim.Project(), keys); err != nil {
		return err
	}
	return sim.Listen(ctx, address, func(address string) error { return introduce(out, sim, address) })
}

// writeKeys writes the server's public and the project's private key.
func writeKeys(project konatest.Project, directory string) error {
	public, err := x509.MarshalPKIXPublicKey(project.Server)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(project.Client)
	if err != nil {
		return err
	}
	return errors.Join(
		writePEM(filepath.Join(directory, "server.pem"), "PUBLIC KEY", public),
		writePEM(filepath.Join(directory, "client.pem"), "PRIVATE KEY", private),
	)
}

func writePEM(path, kind string, data []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: data}), 0o600)
}

// introduce registers a member and prints how to use it.
func introduce(out io.Writer, sim *konatest.Simulator, address string) error {
	member := sim.NewMember(konatest.MemberConfig{Bank: decimal.NewFromInt(1_000_000)})
	project := sim.Project()
	number, expiry := member.Card()
	_, err := fmt.Fprintf(out, `address      http://%s
asp          %s
access key   %s
secret       %s
crypto key   %s
merchant     %s
member       %d
card         %s %s
par          %s
`, address, project.ASPID, project.AccessKey, project.Secret, project.KeyID, project.MerchantID,
		member.UserID(), number, expiry, member.PAR())
	return err
}
