package ui

import (
	"math"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
	"github.com/SAGE-X-project/sagetop/engine/session"
)

// pooled makes a load tell what pages of the pool and of the keys show: that of a pool
// of some kind, n sessions after the last snapshot.
func (f *fakeLoad) pooled(s *load.Snapshot, before *load.Snapshot) {
	n := s.Sessions.Created - before.Sessions.Created
	p := &s.Pool
	p.Kind = s.Config.Optimizations.Pool
	p.Misses = p.Gets - p.Hits
	p.InFlight = s.Sessions.Live
	p.Capacity = 0
	hits := p.Hits - before.Pool.Hits
	if p.Kind != session.PoolNone {
		p.Puts += n - n/50
		p.Drops += n / 50
	}
	if p.Kind == session.PoolFreeList {
		p.Capacity = int64(2 * s.Config.PoolCapacity)
	}
	p.ByReuse[0] += n - hits
	for class := 1; hits > 0; class++ {
		some := min(max(hits*uint64(class)/9, 1), hits)
		p.ByReuse[min(class, load.NumReuseClasses-1)] += some
		hits -= some
	}

	s.Sampled.Every = 64
	for i := range s.Sampled.DeriveBuckets {
		low, _ := load.TimeBucket(i)
		x := math.Log2(float64(max(low, 100)) / 1300)
		s.Sampled.DeriveBuckets[i] += uint64(float64(n) / 64 * math.Exp(-x*x*6) / 2)
	}
	count := uint64(0)
	for _, c := range s.Sampled.DeriveBuckets {
		count += c
	}
	s.Sampled.Derive = latencyOf(count, 1420)
	if p.Hits > 0 {
		s.Sampled.CreateHit = latencyOf(max(p.Hits/64, 1), 3150)
	}
	if p.Misses > 0 {
		s.Sampled.CreateMiss = latencyOf(max(p.Misses/64, 1), 4480)
	}

	s.Messages.Sealed += 2 * n
	s.Messages.Opened += 2 * n
	left := 2 * n
	for _, size := range []int{100, 200, 400, 1000, 3000, 12000} {
		some := left / 2
		if size == 12000 {
			some = left
		}
		left -= some
		c := &s.Messages.BySize[load.SizeClassOf(size)]
		c.Seal.Count += some
		c.Seal.Total += time.Duration(some) * time.Duration(1100+size*2/5)
		c.Open.Count += some
		c.Open.Total += time.Duration(some) * time.Duration(900+size*2/5)
		c.Bytes += some * uint64(size)
		s.Messages.Bytes += some * uint64(size)
	}
}

// poolBench shows a load with a pool of that kind, 70 s of it, on the page with that
// key.
func (b *bench) pooledStory(kind session.PoolKind) {
	b.load = newFakeLoad(session.Tuned)
	b.load.kinds = allKinds()[:4]
	b.load.s.Config.Optimizations.Pool = kind
	b.load.s.Config.Handshake, b.load.s.Config.HandshakeShare = load.HandshakeMixed, 0.02
	b.pooledSnapshots(700)
}

func (b *bench) pooledSnapshots(n int) {
	for range n {
		before := b.load.s
		s := b.load.step()
		b.load.pooled(&s, &before)
		b.load.s = s
		b.engine.shards = fakeShards(&s, 32)
		_, cmd := b.Update(snapshotMsg{s})
		_ = cmd
		if p, ok := b.pages[b.current].(*poolPage); ok && p.asked {
			b.Update(shardsMsg{list: b.engine.PoolShards()})
		}
	}
}

// fakeShards splits what a snapshot tells of the pool between shards.
func fakeShards(s *load.Snapshot, n int) []load.PoolShard {
	var all []load.PoolShard
	for m, name := range []string{"initiator", "responder"} {
		for i := range n {
			w := (1 + 0.3*math.Sin(float64(7*i+3*m)+float64(s.Elapsed/time.Second)/9)) / float64(2*n)
			part := func(v float64) uint64 { return uint64(max(v, 0) * w) }
			sh := load.PoolShard{
				Manager: name, Shard: i, Live: int(part(float64(s.Sessions.Live))),
				Hits: uint64(float64(s.Pool.Hits) / float64(2*n)), Misses: uint64(float64(s.Pool.Misses) / float64(2*n)),
				Puts: s.Pool.Puts / uint64(2*n), Drops: s.Pool.Drops / uint64(2*n),
			}
			sh.Gets = sh.Hits + sh.Misses
			if s.Pool.Kind == session.PoolFreeList {
				sh.Free, sh.Capacity = int(part(float64(s.Pool.Free))*4), s.Config.PoolCapacity/n
			}
			all = append(all, sh)
		}
	}
	return all
}
