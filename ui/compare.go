package ui

import (
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/internal/claims"
)

// comparePage is the page that compares two configurations slice by slice, or measures
// what was claimed of the optimizations. What it shows is of the newest trial of its
// kind, until another one is started.
type comparePage struct {
	w, h     int
	layout   compareLayout
	arranged compareShape
	arms     []binding // that pick the arms
	ofArms   []binding // all of two arms, and all of the claims
	ofClaims []binding
	metrics  []load.Metric
	help     []string // what the metrics mean here

	choice choice
	claims bool // the claims are shown, not the arms that were picked
	offer  offer
	trials [2]*trial // the newest of two arms, and that of the claims
	rows   [2]int    // the chosen metric, and the chosen claim

	columns    boardColumns // of columnsFor in so many cells
	columnsFor *claims.Board
	boardRows  []claims.Row // of columnsFor
	columnsIn  int

	keymap keymap
	dots   []uint8 // slices in each cell of a strip
	buf    []byte
}

// compareShape is what the layout is for.
type compareShape struct{ w, h, rows, arms int }

func newCompare() *comparePage {
	p := &comparePage{metrics: load.Metrics(), choice: defaultChoice}
	for _, m := range p.metrics {
		text := m.Help
		if strings.HasPrefix(m.Name, "gc_") || strings.HasPrefix(m.Name, "heap_") {
			// The larger a heap, the rarer and the longer its collections are.
			text = "with the dashboard's own heap: " + text
		}
		p.help = append(p.help, text)
	}
	start := binding{
		name: "start", keys: []string{"enter"}, group: groupPage, hint: "start", idle: true,
		help: "start; esc stops", act: p.start,
	}
	p.arms = []binding{
		{
			name: "next-base", keys: []string{"v"}, show: "v n", group: groupPage, hint: "arms", idle: true, hintKeys: "v n", hintWith: []string{"next-new"},
			help: "next base, new; V N back", alone: "next base", act: p.pick(func(c *choice, marked bool) { c.base = c.base.step(1, marked) }),
		},
		{
			name: "previous-base", keys: []string{"V"}, group: groupPage, with: true, idle: true,
			help: "base before", act: p.pick(func(c *choice, marked bool) { c.base = c.base.step(-1, marked) }),
		},
		{
			name: "next-new", keys: []string{"n"}, group: groupPage, with: true, idle: true,
			help: "next new", act: p.pick(func(c *choice, marked bool) { c.other = c.other.step(1, marked) }),
		},
		{
			name: "previous-new", keys: []string{"N"}, group: groupPage, with: true, idle: true,
			help: "new before", act: p.pick(func(c *choice, marked bool) { c.other = c.other.step(-1, marked) }),
		},
		{
			name: "mark", keys: []string{"M"}, group: groupPage, hint: "mark", idle: true,
			help: "keep this load as an arm", act: p.mark,
		},
	}
	slicing := []binding{
		{
			name: "more-slices", keys: []string{"s"}, show: "s l", group: groupPage, hint: "slices", idle: true, hintKeys: "s l", hintWith: []string{"longer-slices"},
			help: "slices, length; S L less", alone: "more slices", act: p.pick(func(c *choice, _ bool) { c.slices = stepIn(len(sliceCounts), c.slices, 1) }),
		},
		{
			name: "fewer-slices", keys: []string{"S"}, group: groupPage, with: true, idle: true,
			help: "fewer slices", act: p.pick(func(c *choice, _ bool) { c.slices = stepIn(len(sliceCounts), c.slices, -1) }),
		},
		{
			name: "longer-slices", keys: []string{"l"}, group: groupPage, with: true, idle: true,
			help: "longer slices", act: p.pick(func(c *choice, _ bool) { c.length = stepIn(len(sliceLengths), c.length, 1) }),
		},
		{
			name: "shorter-slices", keys: []string{"L"}, group: groupPage, with: true, idle: true,
			help: "shorter slices", act: p.pick(func(c *choice, _ bool) { c.length = stepIn(len(sliceLengths), c.length, -1) }),
		},
	}
	moving := []binding{
		{
			name: "next-row", keys: []string{"j", "down"}, show: "j k", group: groupPage, hint: "row", hintKeys: "j k", hintWith: []string{"previous-row"},
			help: "next row; k back; arrows too", alone: "next row", act: func(*model) tea.Cmd { return p.move(1) },
		},
		{
			name: "previous-row", keys: []string{"k", "up"}, group: groupPage, with: true,
			help: "row before", act: func(*model) tea.Cmd { return p.move(-1) },
		},
	}
	other := func(hint string) binding {
		return binding{
			name: "claims", keys: []string{"c"}, group: groupPage, hint: hint,
			help: "the claims, or two arms", act: func(*model) tea.Cmd { p.claims = !p.claims; return nil },
		}
	}
	p.ofArms = slices.Concat([]binding{start}, p.arms, slicing, []binding{other("claims")}, moving)
	p.ofClaims = slices.Concat([]binding{start}, slicing, []binding{other("two arms")}, moving)
	return p
}

func (p *comparePage) Title() string    { return "Compare" }
func (p *comparePage) SetSize(w, h int) { p.w, p.h = w, h }

// Bindings implements page. The claims are about arms that nobody picks.
func (p *comparePage) Bindings() []binding {
	if p.claims {
		return p.ofClaims
	}
	return p.ofArms
}

// AllBindings implements allBinder.
func (p *comparePage) AllBindings() []binding { return p.ofArms }

// errArmsOfClaims is the notice that the keys for arms do nothing here.
var errArmsOfClaims = errors.New("the claims have arms of their own, not to be picked")

// HandleKey implements page.
func (p *comparePage) HandleKey(key string) (tea.Cmd, bool) {
	if p.claims && findBinding(p.arms, key) != nil {
		return refuse(errArmsOfClaims), true
	}
	return nil, false
}

// kind is the index of what is shown into trials and rows.
func (p *comparePage) kind() int {
	if p.claims {
		return 1
	}
	return 0
}

// trial is the one that is shown, nil if there was none.
func (p *comparePage) trial() *trial { return p.trials[p.kind()] }

// The actions of the bindings.

// pick returns an action that changes the choice.
func (p *comparePage) pick(edit func(c *choice, marked bool)) func(*model) tea.Cmd {
	return func(*model) tea.Cmd {
		edit(&p.choice, p.choice.isMarked)
		return nil
	}
}

// mark keeps the configuration in force, to be an arm after others have come.
func (p *comparePage) mark(m *model) tea.Cmd {
	c := &p.choice
	c.marked, c.isMarked = m.config, true
	if c.base != armMarked && c.other != armMarked {
		c.base, c.other = armMarked, armRunning
	}
	return nil
}

// start starts what the page offers.
func (p *comparePage) start(m *model) tea.Cmd {
	plan := p.choice.plan(m.config, p.claims)
	t, cmd := m.startTrial(plan, p.claims)
	if t != nil {
		p.trials[p.kind()] = t
	}
	return cmd
}

// move chooses another row.
func (p *comparePage) move(by int) tea.Cmd {
	n := len(p.metrics)
	if p.claims {
		n = 0
		if b := p.board(); b != nil {
			n = len(b.Rows)
		}
	}
	row := &p.rows[p.kind()]
	*row = stepIn(n, *row, by)
	return nil
}

// stepIn goes from i to another index of n, and not over the ends.
func stepIn(n, i, by int) int { return max(min(i+by, n-1), 0) }

// board is that of the newest trial of the claims, nil if there is none.
func (p *comparePage) board() *claims.Board {
	if t := p.trials[1]; t != nil {
		return t.found.board
	}
	return nil
}

// Render implements page.
func (p *comparePage) Render(a area, v *view) {
	p.keymap = v.keymap
	p.offer.update(&p.choice, *v.config, p.claims)
	t := p.trial()
	s := compareShape{w: p.w, h: p.h, rows: len(p.metrics) + tableFrame, arms: len(p.offer.plan.Arms)}
	if p.claims {
		s.rows = boardFrame + leastBoard
		if b := p.board(); b != nil {
			s.rows = boardFrame + len(b.Rows)
		}
	}
	if s != p.arranged {
		p.arranged = s
		p.layout = layoutCompare(s.w, s.h, s.rows, s.arms)
	}
	p.drawPlan(a.sub(p.layout.plan), t, v.ascii)
	if p.layout.strips.h > 0 {
		p.drawStrips(a.sub(p.layout.strips), t)
	}
	if p.claims {
		p.drawBoard(a.sub(p.layout.table), t)
	} else {
		p.drawTable(a.sub(p.layout.table), t, v.ascii)
	}
}

// armStyle is the style of an arm, by its index.
func armStyle(arm int) style { return styleArm0 + style(arm) }

// seconds rounds up: there is never no time left while there is any.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
