package ui

// tuneBindings are the keys of the tuning panel.
func tuneBindings() []binding { return nil }
