package order

// LateReason is lateReason.
var LateReason = lateReason
