// Shorter names for what the Worker's wasm module and the JavaScript around it take from each other. Those that
// wasm-bindgen makes end in a hash, which no compression makes smaller, and stand in both.

import { readFile, writeFile } from 'node:fs/promises';
import { EXPORTS, IMPORTS, importsOf, leb, moduleOf, nameBytes, Reader, sectionsOf } from './wasm.mjs';

/** With a hash at the end, or a number in its place. */
const HASHED = /[_h][0-9a-f]{16}$/;

/** Renames in both files; what has a name without a hash keeps it. */
export async function shortenNames(javaScript, wasm) {
  // Only now: it comes with the npm packages.
  const { transform } = await import('esbuild');
  const { code, mangleCache } = await transform(await readFile(javaScript, 'utf8'), {
    mangleProps: HASHED,
    mangleCache: {},
    minify: true,
  });
  await writeFile(javaScript, code);
  await writeFile(wasm, renamed(await readFile(wasm), mangleCache));
}

/** The module with other names for its imports and exports, where `names` has one. */
function renamed(wasm, names) {
  const written = (name) => nameBytes(names[name] ?? name);
  const contentOf = {
    [IMPORTS]: (content) => {
      const imports = importsOf(content).map(({ module, name, kind, description }) => {
        return Buffer.concat([nameBytes(module), written(name), Buffer.from([kind]), description]);
      });
      return Buffer.concat([leb(imports.length), ...imports]);
    },
    [EXPORTS]: (content) => {
      const reader = new Reader(content);
      const exports = Array.from({ length: reader.number() }, () => {
        return Buffer.concat([written(reader.name()), reader.bytes(1), leb(reader.number())]);
      });
      return Buffer.concat([leb(exports.length), ...exports]);
    },
  };
  const sections = sectionsOf(wasm).map(({ kind, content }) => {
    return { kind, content: contentOf[kind]?.(content) ?? content };
  });
  return moduleOf(wasm, sections);
}
