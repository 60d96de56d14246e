package suitetest

import "sync"

// lockedMap is a map that many goroutines may use.
type lockedMap[K comparable, V any] struct {
	mu sync.Mutex
	of map[K]V
}

func (m *lockedMap[K, V]) get(key K) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	value, has := m.of[key]
	return value, has
}

func (m *lockedMap[K, V]) set(key K, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = make(map[K]V)
	}
	m.of[key] = value
}
