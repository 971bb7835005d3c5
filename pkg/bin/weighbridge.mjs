#!/usr/bin/env node
import { main } from '../cli/main.mjs';

// A reader such as `head` that has enough is no failure.
process.stdout.on('error', (error) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.exitCode = await main(process.argv.slice(2));
