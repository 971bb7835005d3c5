// Whole calls side by side: the package and what else verifies a webhook, from the headers and the body to the
// answer. The candidates take turns in short rounds; each number is the median over the rounds of the ratio
// within one round, so that whatever else the machine does falls on all of them.
//
//   npm run bench -- npm

import { createHmac, timingSafeEqual, webcrypto } from 'node:crypto';
import * as weighbridge from '../../pkg/index.js';
import * as dropIn from '../../pkg/standard-webhooks.js';
import { octokitVerify, StandardWebhook, SvixWebhook } from '../../tests/npm/support/peers.mjs';
import { median, table, times } from '../table.mjs';

const SIZES = {
  '100 B': 100,
  '300 B': 300,
  '1.2 kB': 1200,
  '10 kB': 10_000,
  '100 kB': 100_000,
  '1 MiB': 1 << 20,
};
const ROUNDS = 151;
const ROUND_MS = 1;
const BASE = 'verify()';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const token = '3a5c8f72-e6d9-4b1a-9f2e-8c7d6a5b4e3f';
const common = {
  host: 'hooks.example.com',
  accept: '*/*',
  'user-agent': 'Svix-Webhooks/1.84 (sender-9YMgn)',
  'content-type': 'application/json',
  'content-length': '1',
};

/** `id.timestamp.body` in base64: by Standard Webhooks. */
async function standardWebhooks(body) {
  const headers = { ...common, ...weighbridge.sign('telematica', body, secret) };
  const unbranded = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.replace('svix', 'webhook'), value]),
  );
  const [theirs, others, ours] = [SvixWebhook, StandardWebhook, dropIn.Webhook].map(
    (Webhook) => new Webhook(secret),
  );
  const key = await hmacKey(Buffer.from(secret.slice(6), 'base64'));
  return {
    'verify()': () => weighbridge.verify('telematica', { headers, body }, secret).ok,
    'class Webhook': () => ours.verify(body, headers, { jsonParse: false }) === undefined,
    svix: () => theirs.verify(body, headers) === undefined,
    standardwebhooks: () => others.verify(body, unbranded, { jsonParse: false }) === undefined,
    'node:crypto': () => {
      const [id, timestamp] = [headers['svix-id'], headers['svix-timestamp']];
      if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
      const key = Buffer.from(secret.slice(6), 'base64');
      const tag = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
      const given = Buffer.from(headers['svix-signature'].slice(3), 'base64');
      return given.length === tag.length && timingSafeEqual(given, tag);
    },
    WebCrypto: async () => {
      const [id, timestamp] = [headers['svix-id'], headers['svix-timestamp']];
      if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
      const given = Buffer.from(headers['svix-signature'].slice(3), 'base64');
      const message = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
      return webcrypto.subtle.verify('HMAC', key, given, message);
    },
  };
}

/** Hex over the body. */
async function hexOfBody(body) {
  const headers = { ...common, ...weighbridge.sign('smartcar', body, token) };
  const text = body.toString();
  const key = await hmacKey(Buffer.from(token));
  return {
    'verify()': () => weighbridge.verify('smartcar', { headers, body }, token).ok,
    'node:crypto': () => {
      const tag = createHmac('sha256', token).update(body).digest();
      const given = Buffer.from(headers['sc-signature'], 'hex');
      return given.length === tag.length && timingSafeEqual(given, tag);
    },
    WebCrypto: async () =>
      webcrypto.subtle.verify('HMAC', key, Buffer.from(headers['sc-signature'], 'hex'), body),
    '@octokit/webhooks-methods': async () => octokitVerify(token, text, `sha256=${headers['sc-signature']}`),
  };
}

function hmacKey(bytes) {
  return webcrypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

/** The microseconds of the base, and for each other candidate how many times as long it takes. */
async function measure(candidates) {
  const runs = {};
  for (const [name, candidate] of Object.entries(candidates)) {
    for (let warm = 0; warm < 300; warm++)
      if (!(await candidate())) throw new Error(`${name} does not verify`);
    const isAsync = candidate() instanceof Promise;
    const once = await time(candidate, isAsync, 20);
    runs[name] = { candidate, isAsync, count: Math.max(2, Math.ceil((ROUND_MS * 1000) / once)), took: [] };
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const run of Object.values(runs)) run.took.push(await time(run.candidate, run.isAsync, run.count));
  }
  const base = runs[BASE].took;
  const results = Object.entries(runs).map(([name, { took }]) => [
    name,
    name === BASE ? median(base) : median(took.map((time, round) => time / base[round])),
  ]);
  return Object.fromEntries(results);
}

async function time(candidate, isAsync, count) {
  const start = process.hrtime.bigint();
  if (isAsync) for (let index = 0; index < count; index++) await candidate();
  else for (let index = 0; index < count; index++) candidate();
  return Number(process.hrtime.bigint() - start) / 1000 / count;
}

/** `columns` is `{ size: { candidate: number } }`: the base in microseconds, the others as multiples of it. */
function rowsOf(title, columns) {
  const sizes = Object.keys(columns);
  const cell = (name, number) => {
    if (name !== BASE) return times(number);
    return `${number.toFixed(number < 10 ? 2 : 0)} µs`;
  };
  const names = Object.keys(columns[sizes[0]]);
  return [
    [title, ...sizes],
    ...names.map((name) => [name, ...sizes.map((size) => cell(name, columns[size][name]))]),
  ];
}

/** Both schemes, over all sizes. */
export async function verification() {
  const schemes = {
    'Standard Webhooks (Telematica)': standardWebhooks,
    'Hex of the body (Smartcar, Telemax)': hexOfBody,
  };
  const tables = [];
  for (const [title, make] of Object.entries(schemes)) {
    const columns = {};
    for (const [size, length] of Object.entries(SIZES)) {
      columns[size] = await measure(
        await make(Buffer.from(JSON.stringify({ text: 'x'.repeat(length - 11) }))),
      );
    }
    tables.push(table(rowsOf(title, columns)));
  }
  return { text: tables.join('\n\n') };
}
