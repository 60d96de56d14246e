package ports

// By says who did something, and why. The record or entry keeps it.
type By struct {
	Who string // the person, or the program that acts for people; 1 to [MaxID] bytes
	Why string // the reason; 1 to [MaxMemo] bytes
}

// Act is what a person does to one operation, where the act takes no more than that.
type Act struct {
	ID string // of the operation
	By        // both are required
}

// CheckBy returns [ErrInvalid], with an [InvalidError] for Who and one for Why, unless both
// are given and printable.
func CheckBy(b By) error {
	err := CheckID("Who", b.Who)
	if b.Why == "" {
		return Join(err, Invalid("Why", "is blank"))
	}
	return Join(err, CheckText("Why", b.Why, MaxMemo))
}
