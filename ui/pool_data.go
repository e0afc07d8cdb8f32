package ui

import (
	"fmt"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// Data implements dataSource.
func (p *poolPage) Data(v *view) []dataset {
	all := []dataset{p.countData(v), reuseData(v), missData(v)}
	if now, _ := p.known.at(v); now != nil {
		all = append(all, shardData(now))
	}
	return all
}

func (p *poolPage) countData(v *view) dataset {
	d := dataset{
		name:    "pool",
		columns: []string{"counter", "now_per_s", "window_s", "in_window", "total"},
	}
	now, known := v.history.between(v.at, recent)
	over, ok := v.history.between(v.at, v.window)
	for i := range poolCounts {
		c := &poolCounts[i]
		row := []any{c.name, nan, nan, nan, c.total(&v.snap.Pool)}
		if known {
			row[1] = now.rate(c.of)
		}
		if ok {
			row[2], row[3] = over.elapsed.Seconds(), c.of(&over.to.counters)-c.of(&over.from.counters)
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func reuseData(v *view) dataset {
	d := dataset{
		name:    "pool-reuse",
		columns: []string{"uses_from", "uses_to", "window_s", "sessions_in_window", "sessions_total"},
	}
	var t tally
	over, ok := v.tallyOver(&t, v.window)
	for i, total := range v.snap.Pool.ByReuse {
		low, high := load.ReuseBounds(i)
		row := []any{low, high, nan, nan, total}
		if ok {
			row[2], row[3] = over.Seconds(), t.reuse[i]
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func missData(v *view) dataset {
	d := dataset{
		name:    "pool-miss",
		columns: []string{"creation", "timed", "one_in", "mean_ns", "p50_ns", "p99_ns"},
	}
	s := &v.snap.Sampled
	for _, r := range []struct {
		name string
		l    *load.Latency
	}{{"hit", &s.CreateHit}, {"miss", &s.CreateMiss}} {
		row := []any{r.name, r.l.Count, s.Every, nan, nan, nan}
		if r.l.Count > 0 {
			row[3], row[4], row[5] = int64(r.l.Mean), int64(r.l.P50), int64(r.l.P99)
		}
		d.rows = append(d.rows, row)
	}
	return d
}

func shardData(now *shardList) dataset {
	d := dataset{
		name:    "pool-shards",
		columns: []string{"elapsed_s", "manager", "shard", "live", "free", "capacity", "hits", "misses", "puts", "drops"},
	}
	for i := range now.shards {
		s, manager, n := &now.shards[i], "initiator", i
		if i >= now.first {
			manager, n = "responder", i-now.first
		}
		d.rows = append(d.rows, []any{
			now.at.Seconds(), manager, n, s.live, s.free, s.capacity, s.hits, s.misses, s.puts, s.drops,
		})
	}
	return d
}

// Copy implements copier.
func (p *poolPage) Copy(v *view) string {
	s := &v.snap.Pool
	free := dash
	if s.Kind == session.PoolFreeList {
		free = fmt.Sprint(s.Free)
	}
	return fmt.Sprintf("pool %v, capacity %d each manager, in flight %d, free %s, gets %d, hits %d, misses %d, puts %d, drops %d",
		s.Kind, v.snap.Config.PoolCapacity, s.InFlight, free, s.Gets, s.Hits, s.Misses, s.Puts, s.Drops)
}
