// Browsers: what a bundler makes of a plain import, or the file itself behind an import map.
import * as weighbridge from 'weighbridge';
import { check } from './check.mjs';

globalThis.conform = (cases) => check(weighbridge, cases);
