//go:build !race

package session

// scrubBytes is more than the deepest of the library's frames reaches below an
// operation's, whichever code the processor chooses: 1.4 KiB on amd64 in the
// cipher, 1.8 KiB in SHA-256. TestNoKeyByteRemains finds what a smaller number
// leaves.
const scrubBytes = 2048
