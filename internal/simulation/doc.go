// Package simulation tries the whole library at once: several processes over one
// store, hosts that ask for everything, providers that fail, processes that die, and
// clocks that disagree, all drawn from one seed. It holds tests alone; how they work and
// how a seed is replayed stands in docs/simulation.md.
package simulation
