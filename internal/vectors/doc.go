// Package vectors reads files of SAGE session vectors and checks them against
// the session engine: seed, id, the twelve keys of both key schedules, the MAC,
// and the four sealed messages.
//
// A file is a JSON object, {"schema": "sagetop.vectors/1", "cases": [...]}.
// Binary fields are lower-case hexadecimal, the others text. The sealed messages
// and the MAC are under the keys of the single-HKDF schedule.
package vectors
