// The cases in every runtime that runs a file.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { it } from 'node:test';
import { conforms } from './support/conforms.mjs';
import { makeConsumer, tools } from './support/consumer.mjs';
import { nodes } from './support/installed.mjs';
import { runToEnd } from './support/process.mjs';
import { startWorker } from './support/worker.mjs';

const { folder, cases } = makeConsumer();
const bun = join(tools, '@oven', `bun-${process.platform}-${process.arch}`, 'bin', 'bun');
const deno = join(tools, '@deno', `${process.platform}-${process.arch}-glibc`, 'deno');

async function run(program, ...args) {
  const { code, stdout, stderr } = await runToEnd(program, args, { cwd: folder });
  assert.equal(code, 0, stderr);
  conforms(JSON.parse(stdout), cases);
}

for (const [version, node] of nodes()) {
  it(`Node ${version}, import`, () => run(node, 'esm.mjs'));
  it(`Node ${version}, require`, () => run(node, 'require.cjs'));
  it(`Node ${version}, slim`, () => run(node, 'slim.mjs'));
}
it('Bun', () => run(bun, 'esm.mjs'));
it('Deno', () => run(deno, 'run', '--allow-read', 'esm.mjs'));

for (const flags of [[], ['nodejs_compat']]) {
  it(`Workers in wrangler dev, ${flags[0] ?? 'without compatibility flags'}`, async () => {
    const worker = await startWorker(folder, 'worker.mjs', flags);
    try {
      const reply = await fetch(worker.url, { method: 'POST', body: JSON.stringify(cases) });
      const text = await reply.text();
      assert.equal(reply.status, 200, text);
      conforms(JSON.parse(text), cases);
    } finally {
      await worker.stop();
    }
  });
}
