package load

import "github.com/SAGE-X-project/sagetop/engine/session"

// Matters reports whether the parameter of that name has any effect in c: the rate has
// none in the closed model, nor has a capacity without free lists. A parameter of
// which nothing is known here has one.
func Matters(name string, c *Config) bool {
	switch name {
	case "pool-capacity":
		return c.Optimizations.Pool == session.PoolFreeList
	case "rate", "arrival":
		return c.Model == Open
	case "workers":
		return c.Model == Closed
	case "stages":
		return c.Profile == ProfileStages
	case "ramp-time":
		return c.Profile == ProfileRamp || c.Profile == ProfileSoak
	case "period", "peak":
		return c.Profile == ProfileSpike || c.Profile == ProfileSine
	case "spike-time":
		return c.Profile == ProfileSpike
	case "message-size":
		return c.Messages != Fixed(0)
	case "handshake-share":
		return c.Handshake != HandshakeNone
	case "transport":
		return c.Handshake != HandshakeNone && c.HandshakeShare > 0
	}
	return true
}
