// HTTP by hand: what no client library would send.

import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends bytes over a connection of its own and gives the status lines that came back, as numbers, with the whole
 * text. `pieces` may be an async iterable, to send slowly or without end. The connection is closed by the other
 * side, or when nothing has come for a while after `pieces` were sent.
 */
export async function send(port, pieces, { quiet = 1_500 } = {}) {
  const socket = connect(port, '127.0.0.1');
  socket.setNoDelay(true);
  let text = '';
  let broken = false;
  socket.on('error', () => {
    broken = true;
  });
  socket.setEncoding('latin1').on('data', (chunk) => {
    text += chunk;
  });
  const closed = once(socket, 'close').catch(() => {});
  await once(socket, 'connect').catch(() => {});
  const answered = () => /^HTTP\/1\.1 \d{3}/.test(text);
  for await (const piece of typeof pieces === 'string' || Buffer.isBuffer(pieces) ? [pieces] : pieces) {
    if (broken || socket.destroyed || answered()) break;
    if (!socket.write(piece)) await Promise.race([once(socket, 'drain').catch(() => {}), closed]);
  }
  socket.setTimeout(quiet, () => socket.destroy());
  await closed;
  const statuses = [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
  return { statuses, text };
}

/** A request as text; the headers are lines as they are to be sent. */
export function message(method, target, lines, body = '') {
  const bytes = Buffer.from(body);
  const head = [`${method} ${target} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close', ...lines];
  if (!lines.some((line) => /^(content-length|transfer-encoding)/i.test(line))) {
    head.push(`Content-Length: ${bytes.length}`);
  }
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), bytes]);
}
