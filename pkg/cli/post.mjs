// One delivery over HTTP.

const TIMEOUT_MS = 30_000;

/**
 * Posts a delivery to `base`, at its own path where `base` has none. Gives `{ ok, status, body, ms }`, or
 * `{ ok: false, error, ms }` where there was no reply. Redirects are not followed.
 */
export async function post({ path, headers, body }, base) {
  const url = base.pathname === '/' ? new URL(path, base) : base;
  const begun = performance.now();
  const passed = () => Math.round(performance.now() - begun);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
    return { ok: reply.ok, status: reply.status, body: await reply.text(), ms: passed() };
  } catch (error) {
    return { ok: false, error: reasonOf(error, url), ms: passed() };
  }
}

function reasonOf(error, { origin }) {
  const code = error.cause?.code ?? error.code;
  if (code === 'ECONNREFUSED')
    return `Nothing listens at ${origin}. Start the gateway, or name another with --to.`;
  if (error.name === 'TimeoutError') return `${origin} did not answer within ${TIMEOUT_MS / 1000} s.`;
  return `${origin} could not be reached: ${code ?? error.cause?.message ?? error.message}.`;
}
