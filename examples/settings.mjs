// Where the servers listen, and each provider's secret.

export const HOST = '127.0.0.1';
export const PORT = Number(process.env.PORT ?? 3000);

export const SECRETS = {
  smartcar: required('SMARTCAR_MANAGEMENT_TOKEN'),
  telematica: required('TELEMATICA_SVIX_SECRET'),
  telemax: required('TELEMAX_WEBHOOK_SECRET'),
};

/** A server without its secrets could only refuse, so that it does not start. */
function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: it is the secret that the provider signs with.`);
  return value;
}
