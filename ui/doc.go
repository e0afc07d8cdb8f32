// Package ui is the dashboard: it shows what a load engine does, live, in a
// terminal, and turns the engine's parameters.
//
// It knows two things of the engine, load.Snapshot values that come in and
// load.Config values that go out, and shows only what a snapshot says is in
// force. There is one Bubble Tea model. A command waits for the next snapshot;
// Update stores it in the history and composes the frame; View returns that frame
// as it is. So a frame depends on the snapshots, the size, the theme and the keys
// pressed, and on no clock.
//
// From the bottom up:
//
//   - canvas: a grid of cells, each a rune and the number of a style; area is a
//     rectangle of it, within which everything is drawn.
//   - theme: what each style looks like, as escape sequences made once.
//   - history: the points and GC cycles of the past hour; columns cuts a stretch of
//     it into what a chart needs.
//   - charts and widgets: pure functions that draw figures into an area; plotter
//     draws the charts that pages share.
//   - pages: Overview, Crypto and Compare; each draws a view, which is one moment of
//     the history.
//   - trial: an experiment that the engine runs for the Compare page, slice by slice.
//   - model: keys, pages, header and footer; Run puts it on a terminal.
package ui
