// The types: compiled against what uses them and against everything that the cases give, and held to the codes in
// the core. A change on one side alone fails here.

import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { root } from '../../scripts/places.mjs';
import { check } from './conformance/check.mjs';
import { makeConsumer, tools } from './support/consumer.mjs';
import { runToEnd } from './support/process.mjs';

const { folder, cases, load } = makeConsumer();
cpSync(join(root, 'tests', 'npm', 'types'), folder, { recursive: true });

async function compiles(files, moduleKind, resolution) {
  const tsc = join(tools, 'typescript', 'bin', 'tsc');
  const how = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    'false',
    '--target',
    'es2022',
    '--lib',
    'es2022,dom',
  ];
  const kind = ['--module', moduleKind, '--moduleResolution', resolution, '--types', ''];
  const { code, stdout, stderr } = await runToEnd(process.execPath, [tsc, ...how, ...kind, ...files], {
    cwd: folder,
  });
  assert.equal(code, 0, stdout + stderr);
}

it('the types fit what uses them, resolved as Node does', () => compiles(['use.ts'], 'nodenext', 'nodenext'));
it('the types fit what uses them, resolved as bundlers do', () => compiles(['use.ts'], 'esnext', 'bundler'));
it('the types fit a CommonJS module', async () => {
  cpSync(join(folder, 'use.ts'), join(folder, 'use.cts'));
  await compiles(['use.cts'], 'nodenext', 'nodenext');
});

it('the types hold all that the cases give, and no member is left out', async () => {
  const weighbridge = await load('weighbridge');
  const given = { Verdict: new Set(), Received: new Set(), Weighed: new Set() };
  const noting =
    (name, run) =>
    (...args) => {
      const value = run(...args);
      given[name].add(JSON.stringify(value));
      return value;
    };
  check(
    {
      ...weighbridge,
      verify: noting('Verdict', weighbridge.verify),
      receive: noting('Received', weighbridge.receive),
      receiveCallback: noting('Received', weighbridge.receiveCallback),
      toCartrack: noting('Weighed', weighbridge.toCartrack),
    },
    cases,
  );
  const lines = Object.entries(given).map(([type, values]) => {
    assert.ok(values.size > 10, type);
    return `export const all${type}: ${type}[] = [\n${[...values].join(',\n')}\n];`;
  });
  const source = `import type { Received, Verdict, Weighed } from 'weighbridge';\n${lines.join('\n')}\n`;
  writeFileSync(join(folder, 'given.ts'), source);
  await compiles(['given.ts'], 'nodenext', 'nodenext');
});

it('the unions name the codes of the core, all of them and no others', () => {
  const types = readFileSync(join(root, 'pkg', 'index.d.ts'), 'utf8');
  const union = (name) => {
    const [, body] = new RegExp(`export type ${name} =([^;]*);`).exec(types);
    return body
      .match(/'\w+'/g)
      .map((code) => code.slice(1, -1))
      .sort();
  };
  const codes = (file, words) => {
    const [, body] = words.exec(readFileSync(join(root, 'src', file), 'utf8'));
    return body
      .match(/"\w+"/g)
      .map((code) => code.slice(1, -1))
      .sort();
  };
  const rejections = /impl Rejection \{.*?const fn code\(.*?match self \{([^}]*)\}/s;
  const reasons = /words! \{[^{}]* SkipReason\.code \{([^}]*)\}/;
  assert.deepEqual(union('RejectionCode'), codes('rejection.rs', rejections));
  assert.deepEqual(union('SkipReason'), codes('event.rs', reasons));
});
