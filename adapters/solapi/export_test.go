package solapi

// Authorization and Signature let tests check the signing against vectors.
var (
	Authorization = Credentials.authorization
	Signature     = Credentials.signature
	Redact        = redact
	DecodeProof   = decodeEvidence
)
