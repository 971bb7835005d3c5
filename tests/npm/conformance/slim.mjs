// The package without a module of its own.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import * as weighbridge from 'weighbridge/slim';
import { check } from './check.mjs';

weighbridge.initSync(readFileSync(createRequire(import.meta.url).resolve('weighbridge/weighbridge.wasm')));
console.log(JSON.stringify(check(weighbridge, JSON.parse(readFileSync('cases.json', 'utf8')))));
