// The steps of a rotation that are done, in a file that only its owner can read.

import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { UsageError } from '../command.mjs';
import { writePrivately } from '../secret-store.mjs';

export class Journal {
  #file;
  /** What is noted so far. */
  is = {};

  constructor(file) {
    this.#file = file;
    if (!existsSync(file)) return;
    try {
      this.is = JSON.parse(readFileSync(file, 'utf8'));
    } catch {
      throw new UsageError('The file of --journal cannot be read as a journal. Name another one.');
    }
  }

  /** Notes more, on disk before it returns. A reader never sees half of it. */
  note(more) {
    this.is = { ...this.is, ...more };
    writePrivately(`${this.#file}.new`, `${JSON.stringify(this.is, null, 2)}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  remove() {
    rmSync(this.#file, { force: true });
  }
}
