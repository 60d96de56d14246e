package ports

import "reflect"

// CheckPart returns an [InvalidError] for field when a part that a constructor needs is
// nil, or is a nil pointer or function in an interface.
func CheckPart(field string, part any) error {
	if part == nil {
		return Invalid(field, "is nil")
	}
	if v := reflect.ValueOf(part); (v.Kind() == reflect.Pointer || v.Kind() == reflect.Func) && v.IsNil() {
		return Invalid(field, "is a nil %s", v.Type())
	}
	return nil
}

// CheckOption is [CheckPart] for a part that may be left out.
func CheckOption(field string, part any) error {
	if part == nil {
		return nil
	}
	return CheckPart(field, part)
}

// CheckMade is [CheckPart] for a pointer to what only a constructor can make: the zero value
// is refused too.
func CheckMade[T any](field string, part *T) error {
	if part != nil && reflect.ValueOf(part).Elem().IsZero() {
		return Invalid(field, "was not made by its New")
	}
	return CheckPart(field, part)
}
