// Compares a schema in the schema definition language with an introspection.
//
// stdin:  {"sdl": "…", "introspection": {"__schema": …}}
// stdout: "same", or how the two are printed in alphabetical order
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { buildClientSchema, buildSchema, lexicographicSortSchema, printSchema } = createRequire(import.meta.url)('graphql');

const { sdl, introspection } = JSON.parse(readFileSync(0, 'utf8'));
const [a, b] = [buildSchema(sdl), buildClientSchema(introspection)].map((s) => printSchema(lexicographicSortSchema(s)));
console.log(a === b ? 'same' : `${a}\n---\n${b}`);
