package ports

import "strings"

// By says who did something, and why. The record or entry keeps it.
type By struct {
	Who string // the person, or the program that acts for people; 1 to [MaxID] bytes
	Why string // the reason; 1 to [MaxMemo] bytes, and not only blanks
}

// Act names one operation, and the person who does something to it, with the reason. Acts that
// take more have a request of their own.
type Act struct {
	ID string // of the operation
	By        // both are required
}

// CheckBy returns [ErrInvalid], with an [InvalidError] for Who and one for Why, unless both
// are given and printable.
func CheckBy(b By) error {
	err := CheckID("Who", b.Who)
	if strings.TrimSpace(b.Why) == "" {
		return Join(err, Invalid("Why", "is blank"))
	}
	return Join(err, CheckText("Why", b.Why, MaxMemo))
}
