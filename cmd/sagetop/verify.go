package main

import (
	"bufio"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/SAGE-X-project/sagetop/internal/vectors"
)

func newVerifyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "verify FILE",
		Short: "check the session engine against a file of test vectors",
		Long: `Checks every case of a file of test vectors (schema ` + vectors.Schema + `)
against the session engine: seed, session id, the twelve keys of both key schedules,
the MAC, and that the four sealed messages open to the plaintext. One line a case,
with the fields that differ. FILE may be - for standard input.

Exit code 0 if every field of every case agrees, 1 if not, 2 if the file cannot be
read as vectors.`,
		Example: `  sagetop verify engine/session/testdata/sage_sessions.json`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("verify takes one file, but got %d; see '%s --help'", len(args), cmd.CommandPath())
			}
			return nil
		},
		ValidArgsFunction: cobra.FixedCompletions([]string{"json"}, cobra.ShellCompDirectiveFilterFileExt),
		RunE: func(_ *cobra.Command, args []string) error {
			cases, err := readVectors(args[0])
			if err != nil {
				return usage(err)
			}
			return verify(cases, os.Stdout)
		},
	}
}

func readVectors(path string) ([]vectors.Case, error) {
	if path == "-" {
		cases, err := vectors.Parse(os.Stdin)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return cases, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // it was only read
	cases, err := vectors.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return cases, nil
}

// verify prints a line for each case and one for all.
func verify(cases []vectors.Case, w io.Writer) error {
	checker, err := vectors.NewChecker()
	if err != nil {
		return err
	}
	defer checker.Close()
	out := bufio.NewWriter(w)
	width, bad := 0, 0
	for i := range cases {
		width = max(width, len(vectors.PrintableName(cases[i].Name)))
	}
	for i := range cases {
		r := checker.Check(&cases[i])
		if !r.OK() {
			bad++
		}
		fmt.Fprintf(out, "%-*s  %s\n", width, vectors.PrintableName(r.Name), r)
	}
	fmt.Fprintf(out, "\n%d cases: %d ok, %d not\n", len(cases), len(cases)-bad, bad)
	if err := out.Flush(); err != nil {
		return err
	}
	if bad > 0 {
		return &exitError{code: exitFailed}
	}
	return nil
}
