// Secrets and ids made of the platform's random bytes.

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `size` random bytes in hex. */
export function randomHex(size) {
  return Array.from(randomBytes(size), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** `size` random bytes in base64. */
export function randomSecret(size) {
  return btoa(String.fromCharCode(...randomBytes(size)));
}

/** An id of so many letters and digits. */
export function randomId(length) {
  return Array.from(randomBytes(length), (byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** A random UUID; `crypto.randomUUID` is not there on plain http pages. */
export function randomUuid() {
  const hex = randomHex(16);
  const variant = ((Number.parseInt(hex[16], 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    variant + hex.slice(17, 20),
    hex.slice(20),
  ].join('-');
}

function randomBytes(size) {
  return crypto.getRandomValues(new Uint8Array(size));
}
