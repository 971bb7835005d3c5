// Reads files of variables such as .dev.vars the way wrangler does, as far as secrets need it.

/** `NAME=value` by line: values bare or in quotes, comments behind `#`, `export` allowed. */
export function parseEnv(text) {
  const line = /^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*('[^']*'|"[^"]*"|`[^`]*`|[^#\n\r]*)/gm;
  return Object.fromEntries([...text.matchAll(line)].map(([, name, value]) => [name, unquote(value.trim())]));
}

function unquote(value) {
  return /^(['"`]).*\1$/s.test(value) ? value.slice(1, -1) : value;
}
