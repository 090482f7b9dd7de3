package lambda

import "embed"

// bootstrapFiles are the programs that run a handler inside Python and Node.
//
//go:embed bootstrap/*.py bootstrap/*.cjs bootstrap/*.mjs
var bootstrapFiles embed.FS
