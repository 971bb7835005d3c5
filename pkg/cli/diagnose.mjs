// Why a delivery that should be genuine is not: tries what usually goes wrong between capture and command.

import { answerChallenge, verify } from '../index.js';

/** A sentence that names the mistake which, undone, makes the delivery genuine; undefined without one. */
export function diagnose(provider, delivery, secrets, options, { code }) {
  if (code === 'missing_header') return missing(provider, delivery, secrets);
  if (code === 'timestamp_too_old' || code === 'timestamp_too_new') {
    return 'For a delivery that was kept, add --now signed: then only its signature is judged.';
  }
  if (code !== 'signature_mismatch') return undefined;
  const passes = (changed) =>
    changed !== undefined &&
    verify(provider, { ...delivery, ...changed }, secrets, { ...options, ...changed }).ok;
  return MISTAKES.find(({ undo }) => passes(undo(delivery.body, options, provider)))?.sentence;
}

const MISTAKES = [
  {
    undo: (body) => edited(body, (text) => text.replace(/\r?\n$/, '')),
    sentence: 'It is genuine without the line break at its end, which an editor or echo added. Remove that.',
  },
  {
    undo: (body) => edited(body, (text) => `${text}\n`),
    sentence: 'It is genuine with a line break at its end, which was lost when it was kept.',
  },
  {
    undo: (body) => edited(body, (text) => text.replaceAll('\r\n', '\n')),
    sentence: 'It is genuine with plain line breaks: something turned them into CR LF.',
  },
  {
    undo: (body) => edited(body, (text) => text.replace(/^\ufeff/, '')),
    sentence: 'It is genuine without the byte order mark at its beginning. Remove that.',
  },
  {
    undo: (body) => edited(body, (text) => JSON.stringify(JSON.parse(text))),
    sentence: 'It is genuine without the white space between its members: it was parsed and written again.',
  },
  {
    undo: (body, { secretEncoding }, provider) =>
      provider === 'telemax'
        ? { body, secretEncoding: secretEncoding === 'hex' ? 'utf8' : 'hex' }
        : undefined,
    sentence: 'It is genuine with the key read the other way: change --encoding, or TELEMAX_SECRET_ENCODING.',
  },
];

/** The body changed by `edit`; undefined where that changes nothing or cannot be done. */
function edited(body, edit) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
    const changed = edit(text);
    return changed === text ? undefined : { body: changed };
  } catch {
    return undefined;
  }
}

const SIGNED_BY = {
  'sc-signature': 'smartcar',
  'svix-signature': 'telematica',
  'webhook-signature': 'telematica',
  'x-telemax-signature': 'telemax',
};

function missing(provider, delivery, secrets) {
  if (provider === 'smartcar' && answerChallenge(delivery, secrets)) {
    return 'It is a challenge, which needs no signature: an endpoint answers it and accepts nothing.';
  }
  const other = Object.keys(SIGNED_BY).find((name) => delivery.headers[name] && SIGNED_BY[name] !== provider);
  return other && `There is a header ${other}: is this a delivery of ${SIGNED_BY[other]}?`;
}
