// Node, Bun and Deno have `node:crypto` for certain.

import crypto from 'node:crypto';

export default crypto;
