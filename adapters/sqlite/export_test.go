package sqlite

import (
	"context"
	"database/sql/driver"
)

// OpenThrough is Open with connections that a test has a hold of.
func OpenThrough(ctx context.Context, path string, config Config, through func(driver.Connector) driver.Connector) (*Store, error) {
	return open(ctx, path, config, through)
}

// Newest is the number of the last migration.
const Newest = newest
