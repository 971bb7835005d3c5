// What the commands print: sentences for people, or JSON for programs.

/** Results go to standard output, progress and failures to standard error. */
export class Output {
  #json;
  #shown;

  constructor(json) {
    this.#json = json;
  }

  /** Plain text whatever the form, such as help. */
  text(text) {
    process.stdout.write(`${text}\n`);
  }

  /** A result: one line of JSON, or the text. */
  result(value, text) {
    process.stdout.write(`${this.#json ? JSON.stringify(value) : text}\n`);
  }

  /** A line about what happens meanwhile; a terminal shows each in the place of the one before. */
  progress(line) {
    if (this.#json || line === this.#shown) return;
    this.#shown = line;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  }

  /** Ends the line of progress. */
  progressed() {
    if (this.#shown !== undefined && process.stderr.isTTY) process.stderr.write('\n');
    this.#shown = undefined;
  }

  failure(error, message) {
    process.stderr.write(`${this.#json ? JSON.stringify({ error, message }) : `✗ ${message}`}\n`);
  }
}
