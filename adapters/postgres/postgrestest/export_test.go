package postgrestest

// Hide makes the look-up of PostgreSQL's programs find none that packages installed.
func Hide() { installed = nil }
