#!/usr/bin/env node
// Stands before the real linker while worker-build runs, and exports nothing of the classes that the `worker`
// crate has for whoever writes Workers with it. The gateway has no use for them, and what is not exported is
// not in the module either.

import { spawnSync } from 'node:child_process';

const UNUSED = /containerstartupoptions|intounderlying(bytesource|sink|source)|minifyconfig|r2range/;

const given = process.argv.slice(2);
const isUnused = (at) => given[at - 1] === '--export' && UNUSED.test(given[at]);
const kept = given.filter((_, at) => !isUnused(at) && !isUnused(at + 1));
const { status } = spawnSync('rust-lld', kept, { stdio: 'inherit' });
process.exitCode = status ?? 1;
