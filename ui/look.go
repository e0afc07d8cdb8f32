package ui

// lookBindings are the keys that change how everything looks.
func lookBindings() []binding { return nil }
