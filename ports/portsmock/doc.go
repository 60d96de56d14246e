// Package portsmock holds mocks of the interfaces of package ports, made by mockgen,
// for what no fake can play: a store that fails between two calls, a provider that
// must not be called. It is for tests, and promises no stability.
package portsmock
