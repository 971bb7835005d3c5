// What the processes of a local runtime have used so far, by /proc; so this is for Linux.

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Problem } from '../../scripts/cli.mjs';

/** The clock of /proc/<pid>/stat on every Linux that Node runs on. */
const TICKS_A_SECOND = 100;

/**
 * The workerd that runs the Worker, below the wrangler with the id `parent`. wrangler starts a second one, a
 * proxy that listens on the public `port`; it does the same for every Worker and is not counted.
 */
export function runtimeOf(parent, port) {
  const children = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map((pid) => ({ pid, command: read(`/proc/${pid}/cmdline`) }))
    .filter(({ command }) => command.includes('workerd') && !command.includes(`:${port}\0`));
  if (children.length !== 1) throw new Problem(`Found ${children.length} runtimes below process ${parent}.`);
  return children[0].pid;
}

/** Seconds of CPU time, user and system together. */
export function cpuSeconds(pid) {
  const fields = statOf(pid);
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

/** Waits until a process has used no more CPU time for a while, and gives what it has used. */
export async function idleCpuSeconds(pid) {
  const deadline = Date.now() + 5_000;
  for (let last = cpuSeconds(pid); ; ) {
    await pause(120);
    const now = cpuSeconds(pid);
    if (now === last || Date.now() > deadline) return now;
    last = now;
  }
}

/** Resident memory in bytes. */
export function residentBytes(pid) {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))[1]) * 1024;
}

function parentOf(pid) {
  const fields = statOf(pid);
  return fields.length > 1 ? Number(fields[1]) : undefined;
}

/** The fields behind the name, which may hold spaces and parentheses: state, parent, … */
function statOf(pid) {
  const text = read(`/proc/${pid}/stat`);
  return text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** A process that has just ended has no files any more. */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
