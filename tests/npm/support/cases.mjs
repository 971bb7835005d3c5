// The case folders, as one value that travels to every runtime.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../scripts/places.mjs';

const folder = join(root, 'tests', 'providers');

/** Every case with what has to come of it; the body is in base64. */
export function allCases() {
  return readdirSync(folder)
    .map((provider) => join(folder, provider))
    .filter((path) => existsSync(path) && !path.endsWith('.md'))
    .flatMap((path) => readdirSync(path).map((name) => join(path, name)))
    .filter((path) => existsSync(join(path, 'case.json')))
    .map((path) => ({
      ...JSON.parse(readFileSync(join(path, 'case.json'), 'utf8')),
      name: path.slice(folder.length + 1),
      body: readFileSync(join(path, 'body.bin')).toString('base64'),
      expected: JSON.parse(readFileSync(join(path, 'expected.json'), 'utf8')),
    }));
}
