// Node, Bun and Deno: a plain import.
import { readFileSync } from 'node:fs';
import * as weighbridge from 'weighbridge';
import { check } from './check.mjs';

console.log(JSON.stringify(check(weighbridge, JSON.parse(readFileSync('cases.json', 'utf8')))));
