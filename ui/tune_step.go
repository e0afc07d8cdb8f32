package ui

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/SAGE-X-project/sagetop/engine/load"
)

// stepParam sets a parameter of c to the next value above its present one (by 1) or
// below it (by -1): choices and presets in turn, and everything else in steps that
// somebody would type. c is as it was where there is none, or it could not be in force.
func stepParam(c *load.Config, p *load.Param, by int) error {
	was := *c
	err := stepText(c, p, by)
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		*c = was
	}
	return err
}

// setParamText sets a parameter of c to what was typed. c is as it was where that
// could not be in force.
func setParamText(c *load.Config, p *load.Param, text string) error {
	was := *c
	err := p.Set(c, strings.TrimSpace(text))
	if err == nil {
		err = c.Validate()
	}
	if err != nil {
		*c = was
	}
	return err
}

// off is the value of a parameter that is without a limit.
const off = "off"

func stepText(c *load.Config, p *load.Param, by int) error {
	text := p.Get(c)
	switch p.Kind {
	case load.KindChoice:
		return p.Set(c, nextOf(p.Choices, text, by))
	case load.KindList:
		return p.Set(c, nextOf(presetNames[:], c.Optimizations.Preset(), by))
	}
	low, high, _ := strings.Cut(p.Range[strings.LastIndexByte(p.Range, '|')+1:], " to ")
	low = strings.TrimSpace(low)
	hasOff := strings.HasPrefix(p.Range, off)
	if text == off {
		if by > 0 {
			return atEnd(p, text)
		}
		return p.Set(c, high)
	}
	if next, ok := stepValues(p, text, by); ok && next != text && p.Set(c, next) == nil && p.Get(c) != text {
		return nil
	}
	// The next step is beyond the range, whose end may lie between.
	end := low
	if by > 0 {
		end = high
	}
	if was := *c; p.Kind != load.KindSteps && !strings.ContainsRune(text, '(') && p.Set(c, end) == nil {
		if p.Get(c) != text {
			return nil
		}
		*c = was
	}
	if hasOff && by > 0 {
		return p.Set(c, off)
	}
	return atEnd(p, text)
}

func atEnd(p *load.Param, text string) error {
	return fmt.Errorf("%s: %s is the end of its range, %s", p.Name, text, p.Range)
}

// presetNames are the words for sets of optimizations.
var presetNames = [...]string{"baseline", "seed", "tuned"}

// nextOf returns the word after, or before, another one, from the last to the first.
func nextOf(words []string, word string, by int) string {
	i := slices.Index(words, word)
	switch {
	case i < 0 && by > 0:
		i = 0
	case i < 0:
		i = len(words) - 1
	default:
		i = (i + by + len(words)) % len(words)
	}
	return words[i]
}

// stepValues steps every number in the text of a value: the one that it is, those of a
// distribution, or the levels of stages.
func stepValues(p *load.Param, text string, by int) (string, bool) {
	if p.Name == "rng-seed" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil || by < 0 && n == 0 || by > 0 && n == math.MaxUint64 {
			return "", false
		}
		return strconv.FormatUint(n+uint64(by), 10), true
	}
	if p.Kind == load.KindSteps {
		parts := strings.Split(text, ",")
		for i, part := range parts {
			span, level, _ := strings.Cut(part, ":")
			if next, ok := stepValue(load.KindRate, level, by); ok && strings.Trim(level, "0") != "" {
				parts[i] = span + ":" + next
			}
		}
		return strings.Join(parts, ","), true
	}
	name, values, found := strings.Cut(strings.TrimSuffix(text, ")"), "(")
	if !found {
		return stepValue(p.Kind, text, by)
	}
	parts := strings.Split(values, ",")
	for i, part := range parts {
		next, ok := stepValue(p.Kind, part, by)
		if !ok {
			return "", false
		}
		parts[i] = next
	}
	return name + "(" + strings.Join(parts, ",") + ")", true
}

// stepValue steps one number of that kind.
func stepValue(kind load.Kind, text string, by int) (string, bool) {
	switch kind {
	case load.KindDuration:
		d, err := time.ParseDuration(text)
		if err != nil {
			return "", false
		}
		return time.Duration(stepSpan(float64(d), by)).String(), true
	case load.KindShare:
		v, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
		if err != nil {
			return "", false
		}
		if !strings.HasSuffix(text, "%") {
			v *= 100
		}
		return strconv.FormatFloat(stepOn(shareSteps, v, by), 'g', -1, 64) + "%", true
	case load.KindSize:
		v, ok := bytesOf(text)
		if !ok {
			return "", false
		}
		return strconv.FormatInt(stepBytes(v, by), 10) + "B", true
	}
	v, err := strconv.ParseFloat(strings.TrimSuffix(text, "/s"), 64)
	if err != nil {
		return "", false
	}
	next := step125(v, by)
	if by < 0 && v <= 1 {
		next = 0
	}
	return strconv.FormatFloat(next, 'f', -1, 64), true
}

// The steps of what does not go well in 1-2-5: shares, in percent, and times.
var (
	shareSteps = []float64{
		0, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 99, 100,
		150, 200, 300, 400, 500, 700, 1000, 1500, 2000,
	}
	spanSteps = func() []float64 {
		list := []float64{0}
		for _, unit := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, time.Second} {
			list = append(list, float64(unit), float64(2*unit), float64(5*unit))
		}
		for _, d := range []time.Duration{
			10 * time.Second, 20 * time.Second, 30 * time.Second,
			time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 20 * time.Minute, 30 * time.Minute,
			time.Hour, 2 * time.Hour, 4 * time.Hour, 8 * time.Hour, 12 * time.Hour, 24 * time.Hour,
			48 * time.Hour, 168 * time.Hour, 336 * time.Hour, 720 * time.Hour,
		} {
			list = append(list, float64(d))
		}
		return list
	}()
)

func stepSpan(v float64, by int) float64 { return stepOn(spanSteps, v, by) }

// stepOn returns the next step above v or below it, or the last one there.
func stepOn(steps []float64, v float64, by int) float64 {
	if by > 0 {
		for _, s := range steps {
			if s > v*(1+1e-9) {
				return s
			}
		}
		return steps[len(steps)-1]
	}
	for i := len(steps) - 1; i >= 0; i-- {
		if steps[i] < v*(1-1e-9) {
			return steps[i]
		}
	}
	return steps[0]
}

// leastBytes is the smallest step of sizes above nothing.
const leastBytes = 16

// stepBytes returns the next power of two above v or below it, 0 below the least.
func stepBytes(v int64, by int) int64 {
	step := int64(leastBytes)
	if by > 0 {
		for step <= v {
			step *= 2
		}
		return step
	}
	if v <= leastBytes {
		return 0
	}
	for step*2 < v {
		step *= 2
	}
	return step
}

// bytesOf reads a size as parameters write it.
func bytesOf(text string) (int64, bool) {
	for i, unit := range [...]string{"KiB", "MiB", "GiB", "TiB"} {
		if number, ok := strings.CutSuffix(text, unit); ok {
			v, err := strconv.ParseInt(number, 10, 64)
			return v << (10 * (i + 1)), err == nil
		}
	}
	v, err := strconv.ParseInt(strings.TrimSuffix(text, "B"), 10, 64)
	return v, err == nil
}
