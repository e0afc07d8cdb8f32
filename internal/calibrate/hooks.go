//go:build sagetop_testhooks

package main

// hooks says that load can be slowed down.
const hooks = true
