package ui

// dataset is a table of figures to take away.
type dataset struct {
	name    string   // of the file, without its ending
	columns []string // with units: elapsed_s, sessions_per_s
	rows    [][]any  // strings, integers, floats (NaN for none), booleans
}

// exportBindings are the keys to leave with something.
func exportBindings() []binding { return nil }
