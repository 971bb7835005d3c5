// Judges a delivery with the npm package's wasm, and when it does not match, looks for the change that would
// make it match.

import wasm from '../pkg/dist/weighbridge.wasm';
import {
  initSync,
  type Options,
  type Provider,
  type Received,
  receive,
  toCartrack,
  verify,
  type Weighed,
} from '../pkg/slim.js';

/** What a person asks about. */
export interface Posed {
  provider: Provider;
  headers: string;
  body: string;
  /** The body's bytes where they came from a file. */
  bytes: Uint8Array<ArrayBuffer> | undefined;
  secret: string;
  encoding: 'utf8' | 'hex';
  /** When it arrived, in the operator's zone; empty for now. */
  arrived: string;
  vin: string;
}

/** What came out. */
export interface Judged {
  received: Received | undefined;
  /** For each event the record that Cartrack would get, or why none. */
  weighed: Weighed[];
  /** What the question itself lacks. */
  problem?: string;
  /** What would make it genuine. */
  hints: string[];
}

/** Fetches and compiles the wasm, once. */
export async function loadJudge(): Promise<void> {
  initSync(await WebAssembly.compileStreaming(fetch(new URL(wasm, import.meta.url))));
}

export function judge(posed: Posed): Judged {
  const { provider, secret, vin } = posed;
  const none = { received: undefined, weighed: [], hints: [] };
  if (!secret)
    return {
      ...none,
      problem: 'Paste the secret, too: without it nobody can tell a genuine delivery from a forged one.',
    };
  const headers = readHeaders(posed.headers);
  const body = posed.bytes ?? posed.body;
  const options = optionsOf(posed);
  try {
    const delivery = { headers, body };
    const received = receive(provider, delivery, secret, options);
    const mapping = vin.trim() ? { vin: vin.trim() } : undefined;
    const weighed =
      received.kind === 'events' ? received.events.map((event) => toCartrack(event, mapping)) : [];
    const hints = received.kind === 'rejected' ? hintsFor(posed, headers, received.code, options) : [];
    return { received, weighed, hints };
  } catch (error) {
    return { ...none, problem: (error as Error).message };
  }
}

/** `Name: value` by line, as it is copied from a log, a request or a curl command. A name that comes twice keeps both. */
function readHeaders(text: string): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const line of text.split('\n')) {
    const bare = line
      .trim()
      .replace(/^-H\s+/, '')
      .replace(/\s*\\$/, '')
      .replace(/^(['"])(.*)\1$/, '$2');
    const [, name, value] = /^([\w-]+)\s*:\s*(.*)$/.exec(bare) ?? [];
    if (name && value !== undefined)
      headers[name.toLowerCase()] = [...(headers[name.toLowerCase()] ?? []), value.trim()];
  }
  return headers;
}

function optionsOf({ provider, arrived, encoding }: Posed): Options {
  return {
    ...(arrived && { now: new Date(arrived) }),
    ...(provider === 'telemax' && { secretEncoding: encoding }),
  };
}

function hintsFor(posed: Posed, headers: Record<string, string[]>, code: string, options: Options): string[] {
  const { provider, secret } = posed;
  const body = posed.bytes ? new TextDecoder().decode(posed.bytes) : posed.body;
  const fits = (changed: {
    body?: string;
    secret?: string;
    options?: Options;
    headers?: Record<string, string[]>;
  }): boolean => {
    try {
      const delivery = { headers: changed.headers ?? headers, body: changed.body ?? posed.bytes ?? body };
      return verify(provider, delivery, changed.secret ?? secret, { ...options, ...changed.options }).ok;
    } catch {
      return false;
    }
  };
  if (code === 'timestamp_too_old' || code === 'timestamp_too_new') {
    const seconds = Number(headers['svix-timestamp']?.[0]);
    const signed = new Date(seconds * 1000);
    if (Number.isNaN(signed.getTime())) return [];
    const then = fits({ options: { now: signed } });
    return [
      then
        ? `The signature itself is genuine: it was made at ${signed.toLocaleString()}. Set “It arrived at” to judge it as of then.`
        : `The signed time is ${signed.toLocaleString()}, and the signature would not match then, either.`,
    ];
  }
  if (code !== 'signature_mismatch') return [];
  const found = VARIANTS.filter(({ change }) => {
    const changed = change({ body, secret });
    return (
      changed !== undefined &&
      (changed.body ?? body) + (changed.secret ?? secret) !== body + secret &&
      fits(changed)
    );
  }).map(({ says }) => says);
  if (provider === 'telemax') {
    const other = options.secretEncoding === 'hex' ? 'utf8' : 'hex';
    if (fits({ options: { secretEncoding: other } }))
      found.push(
        `It matches when the secret’s key is read as ${other}: set TELEMAX_SECRET_ENCODING to ${other}.`,
      );
  }
  if (found.length > 0) return found;
  return [
    'No likely change of the body or the secret makes it match. So it was signed with another secret, or the body is not the one that was signed: compare the secrets first.',
  ];
}

/** What often happens to a delivery on its way into a text field or through a proxy. */
const VARIANTS: {
  says: string;
  change: (from: { body: string; secret: string }) => { body?: string; secret?: string } | undefined;
}[] = [
  {
    says: 'It matches with the spaces or quotation marks around the secret taken away: the secret was pasted with them.',
    change: ({ secret }) => ({ secret: secret.trim().replace(/^(["'`])(.*)\1$/, '$2') }),
  },
  {
    says: 'It matches with a line break behind the body: that got lost on the way.',
    change: ({ body }) => ({ body: `${body}\n` }),
  },
  {
    says: 'It matches without the white space around the body: that was added on the way.',
    change: ({ body }) => ({ body: body.trim() }),
  },
  {
    says: 'It matches with line breaks of the kind CR LF: a text field or a proxy changed them.',
    change: ({ body }) => ({ body: body.replace(/\r?\n/g, '\r\n') }),
  },
  {
    says: 'It matches with plain line breaks (LF): something on the way made CR LF of them.',
    change: ({ body }) => ({ body: body.replace(/\r\n/g, '\n') }),
  },
  {
    says: 'It matches when the JSON is written without white space: the body was formatted anew after it was signed.',
    change: ({ body }) => rewritten(body, 0),
  },
  {
    says: 'It matches when the JSON is indented by two spaces: the body was parsed and written again.',
    change: ({ body }) => rewritten(body, 2),
  },
];

function rewritten(body: string, indent: number): { body: string } | undefined {
  try {
    return { body: JSON.stringify(JSON.parse(body), null, indent) };
  } catch {
    return undefined;
  }
}
