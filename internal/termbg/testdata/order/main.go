// Order is the program whose order of initialization the test looks at.
package main

import (
	"fmt"

	_ "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"

	_ "github.com/SAGE-X-project/sagetop/internal/termbg"
)

func main() { fmt.Printf("dark=%v\n", lipgloss.HasDarkBackground()) }
