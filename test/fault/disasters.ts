import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Places } from './faulty-gateway.ts';
import type { Disaster } from './plan-runs.ts';

/** What happens to the files of a home while no gateway runs; each can be undone, as an operator would from a backup. */
export interface Damage {
  readonly what: string;
  undo(): void;
}

/** Null where the home has not what is to be damaged. */
export function damage(disaster: Disaster, { home }: Places, random: () => number): Damage | null {
  const versions = join(home, 'vault', 'versions');
  const version = (table: string) => readdirSync(versions).find((name) => name.startsWith(`${table}@`)) ?? '';
  const inPeople = (name: string) => join(versions, version('people'), name);
  switch (disaster) {
    case 'page of the store changed':
      return change(join(home, 'sluice.db'), random, PAGE_BYTES);
    case 'store cut short':
      return cut(join(home, 'sluice.db'));
    case 'segment changed':
      return change(inPeople('000000.seg'), random, 1);
    case 'segment cut short':
      return cut(inPeople('000000.seg'));
    case 'manifest changed':
      return change(inPeople('manifest'), random, 1);
    case 'wrapped key changed':
      return change(inPeople('key'), random, 1);
    case 'master key changed':
      return otherKey(join(home, 'keys', 'master.key'));
    case 'log key changed':
      return change(join(home, 'keys', 'log.key'), random, 1);
    case 'home secrets changed':
      return change(join(home, 'keys', 'secrets.sealed'), random, 1);
    default:
      return null;
  }
}

const PAGE_BYTES = 4_096;

/** A whole page of noise, or one byte. */
function change(path: string, random: () => number, bytes: number): Damage {
  return withBackup(path, () => {
    const content = readFileSync(path);
    const blocks = Math.floor(content.length / bytes);
    const at = Math.floor(random() * blocks) * bytes;
    if (bytes > 1) randomBytes(bytes).copy(content, at);
    else content[at] = (content[at] ?? 0) ^ 0x55;
    writeFileSync(path, content);
    return `${bytes} bytes at ${at}`;
  });
}

function cut(path: string): Damage {
  return withBackup(path, () => {
    const half = Math.floor(readFileSync(path).length / 2);
    truncateSync(path, half);
    return `cut at ${half}`;
  });
}

function otherKey(path: string): Damage {
  return withBackup(path, () => {
    const other = createHash('sha256').update(readFileSync(path)).digest('hex');
    writeFileSync(path, `${other}\n`);
    return 'another key';
  });
}

/** The write-ahead log belongs to the store: what a start does with a damaged one is undone with it. */
const BESIDE = ['', '-wal', '-shm'];

function withBackup(path: string, change: () => string): Damage {
  const parts = BESIDE.map((suffix) => `${path}${suffix}`).filter((part) => existsSync(part));
  for (const part of parts) copyFileSync(part, `${part}.kept`);
  const what = change();
  return {
    what,
    undo() {
      for (const part of parts) renameSync(`${part}.kept`, part);
    },
  };
}

const BALLAST = 'ballast';
const BALLAST_BLOCK = Buffer.alloc(64 * 1024, 1);

/** Writes until nothing more goes onto the file system of `dir`. Undone by removing the file. */
export function fillDisk(dir: string): string {
  const path = join(dir, BALLAST);
  for (;;) {
    try {
      writeFileSync(path, BALLAST_BLOCK, { flag: 'a' });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      return path;
    }
    if (statfsSync(dir).bavail === 0) return path;
  }
}
