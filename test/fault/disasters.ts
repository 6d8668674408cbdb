import { createHash, randomBytes } from 'node:crypto';
import {
  copyFileSync,
  cpSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Disaster } from './plan-runs.ts';
import type { Setting } from './setting.ts';

type Damaged = Pick<Setting, 'home' | 'backup'>;

/** What happens to the files of a home while no gateway runs; each can be undone, as an operator would from a backup. */
export interface Damage {
  /** With everything that is done on the damaged home: what was acknowledged meanwhile is gone with it. */
  readonly isUndoneAsAWhole: boolean;
  undo(): void;
}

/** Null where the home has not what is to be damaged. */
export function damage(disaster: Disaster, { home, backup }: Damaged, random: () => number): Damage | null {
  const versions = join(home, 'vault', 'versions');
  const version = (table: string) => readdirSync(versions).find((name) => name.startsWith(`${table}@`)) ?? '';
  const inPeople = (name: string) => join(versions, version('people'), name);
  const byte = (path: string) => change(path, random, 1);
  switch (disaster) {
    case 'page of the store changed':
      return wholeHome(home, () => change(join(home, 'sluice.db'), random, PAGE_BYTES));
    case 'store cut short':
      return wholeHome(home, () => cut(join(home, 'sluice.db')));
    case 'older store alone':
      return wholeHome(home, () => putBack(home, backup, /^sluice\.db/));
    case 'older vault alone':
      return wholeHome(home, () => putBack(home, backup, /^vault$/));
    case 'segment changed':
      return oneFile(inPeople('000000.seg'), byte);
    case 'segment cut short':
      return oneFile(inPeople('000000.seg'), cut);
    case 'manifest changed':
      return oneFile(inPeople('manifest'), byte);
    case 'wrapped key changed':
      return oneFile(inPeople('key'), byte);
    case 'master key changed':
      return oneFile(join(home, 'keys', 'master.key'), otherKey);
    case 'log key changed':
      return oneFile(join(home, 'keys', 'log.key'), byte);
    case 'home secrets changed':
      return oneFile(join(home, 'keys', 'secrets.sealed'), byte);
    default:
      return null;
  }
}

const PAGE_BYTES = 4_096;

/** A whole page of noise, or one byte. */
function change(path: string, random: () => number, bytes: number): void {
  const content = readFileSync(path);
  const blocks = Math.floor(content.length / bytes);
  const at = Math.floor(random() * blocks) * bytes;
  if (bytes > 1) randomBytes(bytes).copy(content, at);
  else content[at] = (content[at] ?? 0) ^ 0x55;
  writeFileSync(path, content);
}

const cut = (path: string): void => truncateSync(path, Math.floor(statSync(path).size / 2));

function otherKey(path: string): void {
  const other = createHash('sha256').update(readFileSync(path)).digest('hex');
  writeFileSync(path, `${other}\n`);
}

/** Of an older backup, what has such a name; the rest of the home stays as it is. */
function putBack(home: string, backup: string, names: RegExp): void {
  for (const dir of [home, backup]) {
    for (const name of readdirSync(dir).filter((one) => names.test(one))) {
      if (dir === home) rmSync(join(home, name), { recursive: true });
      else cpSync(join(backup, name), join(home, name), { recursive: true });
    }
  }
}

function oneFile(path: string, spoil: (path: string) => void): Damage {
  copyFileSync(path, `${path}.kept`);
  spoil(path);
  return { isUndoneAsAWhole: false, undo: () => renameSync(`${path}.kept`, path) };
}

/** Store, vault and keys belong together: what a start does to one of them goes with all. */
function wholeHome(home: string, spoil: () => void): Damage {
  cpSync(home, `${home}.kept`, { recursive: true });
  spoil();
  return {
    isUndoneAsAWhole: true,
    undo() {
      rmSync(home, { recursive: true });
      renameSync(`${home}.kept`, home);
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
