// Package tune searches settings of the session pool and of the collector for the
// ones that are best by one figure of a load, under constraints on others.
//
// What is tried are the present settings and a sample of all sensible ones. The
// search is by successive halving (Jamieson and Talwalkar, 2016): all candidates
// are measured in a few short slices, the better half in twice as many, and so on,
// so that each round costs about the same, and most of the time goes into telling
// apart what is hard to tell apart. The slices of a round are one
// [load.Experiment]: they take turns, so that no drift of the machine weighs on
// one candidate more than on another.
//
// Whatever comes out best among many was also lucky. So the best candidate is then
// measured against the present settings in slices of their own, and only these say
// whether it is any better, by the one test that was announced before.
package tune
