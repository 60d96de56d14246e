package ports

// As finds an optional ability of an adapter, such as [Canceler] or [Delegate] of a
// [Charger]: in the adapter itself, or in what it wraps. An adapter that decorates
// another (to trace its calls, say) has a method Unwrap that returns the other, of type
// Charger or Disburser. Calls of an ability that the decorator does not have itself pass
// it by. As follows at most 100 decorators.
func As[Ability any](adapter any) (ability Ability, has bool) {
	for range 100 {
		if ability, has = adapter.(Ability); has {
			return ability, true
		}
		switch wrapper := adapter.(type) {
		case interface{ Unwrap() Charger }:
			adapter = wrapper.Unwrap()
		case interface{ Unwrap() Disburser }:
			adapter = wrapper.Unwrap()
		default:
			return ability, false
		}
	}
	return ability, false
}
