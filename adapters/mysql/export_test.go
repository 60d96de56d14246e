package mysql

import (
	"context"
	"database/sql/driver"
)

// OpenThrough is Open with connections that a test has a hold of.
func OpenThrough(ctx context.Context, name string, config Config, through func(driver.Connector) driver.Connector) (*Store, error) {
	return open(ctx, name, config, through)
}

// Newest is the number of the last migration, and Fault what is wrong with a version of a server.
const Newest = newest

// Fault says what is wrong with a version of a server.
func Fault(version string) error { return fault(version) }

// Judge says what an error means, and whether a COMMIT that returned it may have been carried out.
func Judge(err error) (verdict int, unknown bool) {
	return int((&engine{}).Judge(err)), (&engine{}).Unknown(err)
}
