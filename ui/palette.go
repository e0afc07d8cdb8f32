package ui

// paletteBindings are the keys of the command palette.
func paletteBindings() []binding { return nil }
