// Package record changes operation records: it claims what is due with a lease, commits by
// compare-and-swap, remembers changes whose commit is in doubt, and says in one line which act
// on which record failed. It is the part of the work on records that all rooms share.
package record
