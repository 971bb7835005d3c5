// What the console concludes from counts and from files, without a browser.

import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const NOW = Date.parse('2026-11-21T12:00:00Z');

let csv;
let signature;
before(async () => {
  csv = await load('csv.ts');
  signature = await load('signature.ts');
});

/** A module of the console, as Node can import it. */
async function load(name) {
  const entryPoint = fileURLToPath(new URL(`../../console/${name}`, import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entryPoint],
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
}

function at(minutesAgo) {
  return new Date(NOW - minutesAgo * 60_000).toISOString();
}

/** The titles and tones by mode for one provider with these modes. */
function diagnose(provider, modes, { configured = true, accepted = 0 } = {}) {
  const latest = {
    signatures: { [provider]: { configured, modes } },
    providers: { [provider]: { hour: { accepted } } },
  };
  return Object.fromEntries(
    signature.diagnoses(latest).map(({ mode, diagnosis }) => [mode, `${diagnosis.tone}: ${diagnosis.title}`]),
  );
}

test('a provider without a secret is said to have none', () => {
  assert.deepEqual(diagnose('telemax', { live: {} }, { configured: false }), {
    live: 'bad: no secret is set',
  });
});

test('nothing, a challenge alone, and deliveries that pass', () => {
  assert.deepEqual(diagnose('smartcar', { live: {} }), { live: 'info: nothing yet' });
  assert.deepEqual(diagnose('smartcar', { live: { last_challenge_at: at(1) } }), {
    live: 'info: no delivery yet',
  });
  assert.deepEqual(diagnose('smartcar', { live: { last_accepted_at: at(1) } }), { live: 'good: healthy' });
});

test('the fault of Smartcar’s that only a new application cures', () => {
  const refused = { last_refused_at: at(0), refusals: { signature_mismatch: 12 } };
  const known = 'bad: challenge passes, live deliveries fail';
  assert.equal(diagnose('smartcar', { live: { last_challenge_at: at(60), ...refused } }).live, known);
  assert.equal(diagnose('smartcar', { live: refused, test: { last_accepted_at: at(60) } }).live, known);
  assert.equal(
    diagnose('smartcar', { live: refused }).live,
    'bad: wrong secret',
    'nothing shows that the secret is right',
  );
  assert.equal(
    diagnose('telemax', { live: refused, test: { last_accepted_at: at(60) } }).live,
    'bad: wrong secret',
  );
});

test('a secret that was changed is told apart from forgeries among genuine deliveries', () => {
  const refusals = { signature_mismatch: 9 };
  const changed = { last_accepted_at: at(30), last_refused_at: at(0), refusals };
  assert.equal(diagnose('telemax', { live: changed }).live, 'warn: matched before, not any more');
  const mixed = { last_accepted_at: at(1), last_refused_at: at(0), refusals };
  assert.equal(diagnose('telemax', { live: mixed }, { accepted: 20 }).live, 'warn: some do not match');
  assert.equal(diagnose('telemax', { live: mixed }, { accepted: 2_000 }).live, 'info: some do not match');
});

test('a clock, a scanner, and the graver of the two', () => {
  const old = { last_refused_at: at(0), refusals: { timestamp_too_old: 5 } };
  assert.equal(
    diagnose('telematica', { live: old }).live,
    'warn: a clock is off, or recordings are played again',
  );
  const scanner = { last_accepted_at: at(1), last_refused_at: at(0), refusals: { missing_header: 5 } };
  assert.equal(diagnose('telemax', { live: scanner }).live, 'info: unsigned requests');
  const both = { last_refused_at: at(0), refusals: { missing_header: 5, signature_mismatch: 4 } };
  assert.equal(diagnose('telemax', { live: both }).live, 'bad: wrong secret');
});

test('a file with quotes, line breaks, empty lines and a byte order mark', () => {
  const text =
    '\uFEFFProvider,Vehicle,VIN,Model,Colour\r\ntelemax,1,WDB9066331S000001,"A ""B"",\nC",red\r\n\r\nSmartcar,2,5yj3e7eb1lf000001,,\n';
  const { rows, ignored, problem } = csv.readFile(text);
  assert.equal(problem, undefined);
  assert.deepEqual(ignored, ['colour']);
  assert.deepEqual(
    rows.map(({ line, error }) => ({ line, error })),
    [
      { line: 2, error: undefined },
      { line: 5, error: undefined },
    ],
  );
  assert.equal(rows[0].values.model, 'A "B",\nC');
  assert.equal(
    csv.toCsv(rows),
    'provider,vehicle,vin,user,make,model,year,registration\ntelemax,1,WDB9066331S000001,,,"A ""B"", C",,\nsmartcar,2,5yj3e7eb1lf000001,,,,,\n',
  );
});

test('each line that is wrong is named with what is wrong', () => {
  const lines = [
    'provider,vehicle,vin,year',
    'tesla,1,WDB9066331S000001,',
    'telemax,,WDB9066331S000001,',
    'telemax,1,SHORT,',
    'telemax,1,WDB9066331S000001,99',
    'telemax,1',
  ];
  const { rows } = csv.readFile(lines.join('\n'));
  assert.deepEqual(
    rows.map(({ line, error }) => `${line}: ${error}`),
    [
      '2: the provider is none of smartcar, telematica, telemax',
      '3: the vehicle’s id is missing or too long',
      '4: a VIN has 17 letters and digits',
      '5: the year is not a number from 1900 to 2200',
      '6: it has 2 values, and the header 4',
    ],
  );
});

test('a file that is empty, lacks its header, or is NDJSON', () => {
  assert.equal(csv.readFile(' \n').problem, 'The file is empty.');
  assert.equal(
    csv.readFile('telemax,1,WDB9066331S000001').problem,
    'The first line must name the columns; it lacks provider, vehicle, vin.',
  );
  const { rows } = csv.readFile('{"provider":"telemax","vehicle":1,"vin":"WDB9066331S000001"}\n\n{oops\n');
  assert.deepEqual(
    rows.map(({ line, error }) => `${line}: ${error ?? 'good'}`),
    ['1: good', '3: it is no JSON object'],
  );
});
