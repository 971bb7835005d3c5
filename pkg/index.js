// The package in runtimes and bundlers that read package.json. `#module` and `#crypto` are chosen there.

import crypto from '#crypto';
import compile from '#module';
import { start } from './lib/engine.js';
import { useCrypto } from './lib/hmac.js';

start(compile);
useCrypto(crypto);

export * from './lib/functions.js';
