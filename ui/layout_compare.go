package ui

// What the parts of the Compare page need, in rows and columns.
const (
	smallPlan    = 5  // border, the arms, what differs, and how it goes
	plainPlan    = 6  // and the load
	tallPlan     = 7  // and a row for each arm
	tallCompare  = 30 // from this page height on
	plainCompare = 18 // from this page height on there is room for the load and strips
	minTable     = 8  // border, heading, five metrics
	minArmRows   = 2  // of an arm's strip: dots and interval
)

// compareLayout says where the parts of the Compare page are. A part without room
// has no width.
type compareLayout struct {
	plan   rect // what is compared, and how it goes
	strips rect // the slices of each arm by one metric
	table  rect // of all metrics, or the claims
}

// layoutCompare divides a page of w by h cells for a table that takes rows with its
// border, and strips of so many arms. The parts fill the page without gaps and do not
// overlap.
func layoutCompare(w, h, rows, arms int) compareLayout {
	plan := smallPlan
	switch {
	case h >= tallCompare:
		plan = tallPlan
	case h >= plainCompare:
		plan = plainPlan
	}
	l := compareLayout{plan: rect{0, 0, w, plan}}
	rest := h - plan
	strips := 2 + minArmRows*arms + 1 // border, arms, axis
	switch {
	case h < plainCompare || rest-strips < min(rows, minTable):
		strips = 0
	case rest-strips > rows:
		strips = rest - rows
	}
	if strips > 0 {
		l.strips = rect{0, plan, w, strips}
	}
	l.table = rect{0, plan + strips, w, rest - strips}
	return l
}
