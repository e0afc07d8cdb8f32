package gate

import (
	"slices"
	"strings"
)

// percentiles are the functions of an expression, and how the names of the
// figures end for which they stand. Messages use the first of several names.
var percentiles = []struct {
	suffix string
	names  []string
}{
	{"_p50", []string{"p50"}},
	{"_p75", []string{"p75"}},
	{"_p90", []string{"p90"}},
	{"_p95", []string{"p95"}},
	{"_p99", []string{"p99"}},
	{"_p999", []string{"p99.9", "p999"}},
}

// suffixOf returns how the figures end that the function stands for, "" if
// there is no such function.
func suffixOf(function string) string {
	for _, c := range percentiles {
		if slices.Contains(c.names, function) {
			return c.suffix
		}
	}
	return ""
}

// figure reads a figure: a name, or a percentile of something.
func (p *parser) figure() (Figure, error) {
	t := p.next()
	if t.kind != tokenWord {
		return Figure{}, p.fail(t, "no figure in front of %q; want %s", t.text, among(p.names()))
	}
	if p.accept("(") {
		return p.percentile(t)
	}
	if fig, ok := p.lookup(t.text); ok {
		return fig, nil
	}
	calls := p.calls(t.text)
	if suffixOf(t.text) != "" {
		calls = p.calls("") // a percentile that lacks its figure
	}
	if len(calls) > 0 {
		return Figure{}, p.fail(t, "unknown figure %q; want %s", t.text, among(calls))
	}
	if like, ok := Closest(t.text, p.names()); ok {
		return Figure{}, p.fail(t, "unknown figure %q; did you mean %q?", t.text, like)
	}
	return Figure{}, p.fail(t, "unknown figure %q; want %s", t.text, among(p.names()))
}

// percentile reads what follows a function and its opening parenthesis.
func (p *parser) percentile(function token) (Figure, error) {
	calls := p.calls("")
	if len(calls) == 0 {
		calls = p.names()
	}
	suffix := suffixOf(function.text)
	if suffix == "" {
		return Figure{}, p.fail(function, "unknown function %q; want %s", function.text, among(calls))
	}
	of := p.next()
	if of.kind != tokenWord {
		return Figure{}, p.fail(of, "no figure after %s(; want %s", function.text, among(calls))
	}
	fig, ok := p.lookup(of.text + suffix)
	if !ok {
		fault := of
		if others := p.calls(of.text); len(others) > 0 {
			calls, fault = others, function
		}
		return Figure{}, p.fail(fault, "there is no %s(%s); want %s", function.text, of.text, among(calls))
	}
	if !p.accept(")") {
		return Figure{}, p.fail(p.peek(), "%s(%s is not closed; want )", function.text, of.text)
	}
	return fig, nil
}

func (p *parser) lookup(name string) (Figure, bool) {
	i := slices.IndexFunc(p.figures, func(f Figure) bool { return f.Name == name })
	if i < 0 {
		return Figure{}, false
	}
	return p.figures[i], true
}

func (p *parser) names() []string {
	names := make([]string, len(p.figures))
	for i, f := range p.figures {
		names[i] = f.Name
	}
	return names
}

// calls returns all percentiles that there are, as "p99(create)", or only those
// of one thing.
func (p *parser) calls(of string) []string {
	var all []string
	for _, f := range p.figures {
		for _, c := range percentiles {
			thing, ok := strings.CutSuffix(f.Name, c.suffix)
			if ok && thing != "" && (of == "" || of == thing) {
				all = append(all, c.names[0]+"("+thing+")")
			}
		}
	}
	return all
}
