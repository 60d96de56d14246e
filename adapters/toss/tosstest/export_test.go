package tosstest

// Sign signs a body as webhooks are signed.
func (s *Simulator) Sign(body []byte, sent string) string { return s.signature(body, sent) }
