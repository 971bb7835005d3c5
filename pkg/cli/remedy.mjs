// What the answer to a genuine delivery that was not taken means, and what to do about it.

/**
 * `{ reason, fix }` for the reply of a gateway to a delivery that was signed here with the secret `variable`.
 * Neither names a value.
 */
export function remedyOf({ error, status, content }, variable, gateway) {
  if (error) return { reason: error, fix: 'check the address, and that the gateway runs' };
  const found = REMEDIES[content.error];
  if (found) return found(variable, gateway);
  return {
    reason: `it answered ${status} ${content.error ?? 'with something that is no answer of a gateway'}`,
    fix: gateway.readLog,
  };
}

const otherSecret = (variable, gateway) => ({
  reason: `the gateway has another ${variable} than you have here`,
  fix: gateway.setSecret(variable),
});
const otherTime = () => ({
  reason: "this machine's clock and the gateway's are more than 300 s apart",
  fix: setClock(),
});

const REMEDIES = {
  provider_not_configured: (variable, gateway) => ({
    reason: `the gateway has no usable ${variable}`,
    fix: gateway.setSecret(variable),
  }),
  signature_mismatch: otherSecret,
  storage_unavailable: (_, gateway) => ({
    reason: 'its storage did not answer',
    fix: gateway.isLocal
      ? 'start the gateway again'
      : 'look at https://www.cloudflarestatus.com and try again',
  }),
  timestamp_too_new: otherTime,
  timestamp_too_old: otherTime,
  unauthorized: otherSecret,
  unknown_route: () => ({
    reason: 'there is no such hook at this address',
    fix: 'name the address of the gateway itself',
  }),
};

/** The command that sets this machine's clock. */
export function setClock(platform = process.platform) {
  return (
    { darwin: 'sudo sntp -sS time.apple.com', win32: 'w32tm /resync' }[platform] ??
    'sudo timedatectl set-ntp true'
  );
}
