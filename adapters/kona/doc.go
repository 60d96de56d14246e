// Package kona binds jigap to the charge API of KONA PLATE: a typed [Client] of the
// API, and its simulator in konatest.
package kona
