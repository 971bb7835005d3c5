// One HTTP request, and in a sentence why there was no reply.

const TIMEOUT_MS = 30_000;
const GATEWAY_HINT = 'Start the gateway, or name another.';

/**
 * Sends a request and reads the whole reply: `{ ok, status, headers, body, ms }`, the body as text; or
 * `{ ok: false, error, ms }` where there was no reply. Redirects are not followed. `hint` says what to do
 * where nothing listens.
 */
export async function exchange(url, { hint = GATEWAY_HINT, ...options } = {}) {
  const begun = performance.now();
  const passed = () => Math.round(performance.now() - begun);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const reply = await fetch(url, { redirect: 'manual', signal, ...options });
    const { ok, status, headers } = reply;
    return { ok, status, headers, body: await reply.text(), ms: passed() };
  } catch (error) {
    return { ok: false, error: reasonOf(error, new URL(url), hint), ms: passed() };
  }
}

function reasonOf(error, { origin }, hint) {
  const code = error.cause?.code ?? error.code;
  if (code === 'ECONNREFUSED') return `Nothing listens at ${origin}. ${hint}`;
  if (error.name === 'TimeoutError') return `${origin} did not answer within ${TIMEOUT_MS / 1000} s.`;
  return `${origin} could not be reached: ${code ?? error.cause?.message ?? error.message}.`;
}
