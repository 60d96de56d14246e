package solapi

// Authorization and Signature let tests check the signing against vectors.
var (
	Authorization = Credentials.authorization
	Signature     = Credentials.signature
)

// CheckEvidence reports whether evidence is of this adapter.
func CheckEvidence(data []byte) error {
	_, err := decodeEvidence(data)
	return err
}
