//go:build !sagetop_testhooks

package main

const hooks = false
