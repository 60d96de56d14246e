package postgrestest

// Hide makes the look-ups of PostgreSQL's programs and of pgbouncer find none that packages
// installed.
func Hide() { installed, packaged = nil, "" }
