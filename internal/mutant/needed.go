package mutant

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// testFile is what is to know of a file of tests to tell whether tests need it.
type testFile struct {
	declares map[string]bool // names, and .methods of types that no file of tests declares
	methods  map[string]bool // type.method
	mentions map[string]bool // names, and .selectors
	always   bool            // it does something whatever is run
	rapid    bool
}

// namedTest finds tests that are told to a process by their names.
var namedTest = regexp.MustCompile(`Test[A-Z]\w*`)

func readTestFile(path string) (*testFile, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	f := &testFile{declares: make(map[string]bool), methods: make(map[string]bool), mentions: make(map[string]bool)}
	for _, d := range syntax.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				f.methods[receiver(d)+"."+name] = true
				continue
			}
			f.declares[name] = true
			f.always = f.always || name == "TestMain" || name == "init"
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						f.declares[name.Name] = true
					}
				case *ast.TypeSpec:
					f.declares[s.Name.Name] = true
				case *ast.ImportSpec:
					f.rapid = f.rapid || s.Path.Value == `"pgregory.net/rapid"`
				}
			}
		}
	}
	var mention func(n ast.Node) bool
	mention = func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr: // what is selected is no name of the package's, but may be a method
			f.mentions["."+n.Sel.Name] = true
			ast.Inspect(n.X, mention)
			return false
		case *ast.Ident:
			f.mentions[n.Name] = true
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
				for _, name := range namedTest.FindAllString(text, -1) {
					f.mentions[name] = true
				}
			}
		}
		return true
	}
	ast.Inspect(syntax, mention)
	return f, nil
}

// receiver returns the name of the type that a method belongs to.
func receiver(d *ast.FuncDecl) string {
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return true
	})
	return name
}

// notNeeded returns the test files of a directory that tests of these names do not
// need, neither to compile nor to do what they do, and whether they need
// pgregory.net/rapid. Most of what the compiler is given in a package are its tests,
// and a mutant runs one or two of them.
func notNeeded(dir string, tests []string) (others []string, rapid bool, err error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		return nil, false, err
	}
	files := make(map[string]*testFile)
	own := make(map[string]bool) // types of the tests
	for _, path := range paths {
		if files[path], err = readTestFile(path); err != nil {
			return nil, false, err
		}
		maps.Copy(own, files[path].declares)
	}
	for _, f := range files {
		for method := range f.methods {
			if of, name, _ := strings.Cut(method, "."); !own[of] {
				f.declares["."+name] = true
			}
		}
	}
	wanted := make(map[string]bool) // names
	for _, name := range tests {
		wanted[name] = true
	}
	left := paths
	for before := -1; len(left) != before; {
		before = len(left)
		left = slices.DeleteFunc(left, func(path string) bool {
			f := files[path]
			if !f.always && !f.has(wanted, own) {
				return false
			}
			maps.Copy(wanted, f.mentions)
			rapid = rapid || f.rapid
			return true
		})
	}
	return left, rapid, nil
}

// has tells whether f declares a name that is wanted, or methods of such a type.
func (f *testFile) has(wanted, own map[string]bool) bool {
	for method := range f.methods {
		if of, _, _ := strings.Cut(method, "."); own[of] && wanted[of] {
			return true
		}
	}
	for name := range f.declares {
		if wanted[name] {
			return true
		}
	}
	return false
}
