import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { verifyTiles } from '../../gateway/audit/index.ts';
import { entriesBundle, readEntriesBundle } from '../../gateway/audit/tiles.ts';
import { every, judge, newTally, type Tally, withByteChanged } from './alteration.ts';
import type { SampleLog } from './sample-log.ts';

/** Changes every byte of every file of a static copy, cuts files at lengths of all kinds, drops and swaps entries and files. */
export function alterTiles({ tilesDir, key, known }: SampleLog, step: number): readonly Tally[] {
  const check = (withKnown: boolean) => verifyTiles(tilesDir, key.vkey, withKnown ? { known } : {});
  const files = filesOf(tilesDir);
  const tallies = {
    bytes: newTally('tiles: one byte changed'),
    cuts: newTally('tiles: cut off'),
    entries: newTally('tiles: entries dropped, doubled, swapped'),
    files: newTally('tiles: files dropped, swapped'),
  };
  const tryWith = (tally: Tally, file: string, what: string, entry: number | null, changed: Uint8Array | null) => {
    const path = join(tilesDir, file);
    const bytes = readFileSync(path);
    if (changed === null) rmSync(path);
    else writeFileSync(path, changed);
    judge(tally, { what: `${file} ${what}`, entry }, check);
    writeFileSync(path, bytes);
  };
  for (const file of files) {
    const bytes = readFileSync(join(tilesDir, file));
    for (const at of every(step, bytes.length)) {
      tryWith(tallies.bytes, file, `byte ${at}`, null, withByteChanged(bytes, at, at));
    }
    // Every length near the ends, and every seventh between: all of them are checked in the same way.
    for (let at = 0; at < bytes.length; at += at < 70 || at > bytes.length - 70 ? step : 7 * step) {
      tryWith(tallies.cuts, file, `cut at ${at}`, null, bytes.subarray(0, at));
    }
    tryWith(tallies.files, file, 'dropped', null, null);
    if (file.startsWith('tile/entries')) alterBundle(file, bytes, step, tallies.entries, tryWith);
  }
  for (const [one, other] of pairs(files)) {
    const [a, b] = [readFileSync(join(tilesDir, one)), readFileSync(join(tilesDir, other))];
    if (a.equals(b)) continue;
    writeFileSync(join(tilesDir, one), b);
    tryWith(tallies.files, other, `swapped with ${one}`, null, a);
    writeFileSync(join(tilesDir, one), a);
  }
  return Object.values(tallies);
}

type TryWith = (tally: Tally, file: string, what: string, entry: number | null, changed: Uint8Array | null) => void;

function alterBundle(file: string, bytes: Buffer, step: number, tally: Tally, tryWith: TryWith): void {
  const entries = readEntriesBundle(bytes);
  const first = Number(/entries\/(\d{3})/.exec(file)?.[1]) * 256;
  for (const i of every(Math.min(step, 17), entries.length)) {
    const [before, entry, after] = [entries.slice(0, i), entries[i] as Buffer, entries.slice(i + 1)];
    const put = (what: string, changed: readonly Buffer[]) =>
      tryWith(tally, file, `entry ${first + i} ${what}`, first + i, entriesBundle(changed));
    put('dropped', [...before, ...after]);
    put('emptied', [...before, Buffer.alloc(0), ...after]);
    put('changed in its last byte', [...before, withByteChanged(entry, entry.length - 1, i), ...after]);
    if (after[0] !== undefined) put('swapped with the next', [...before, after[0], entry, ...after.slice(1)]);
  }
}

function filesOf(dir: string): readonly string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => relative(dir, join(file.parentPath, file.name)))
    .toSorted();
}

function* pairs(files: readonly string[]): Generator<readonly [string, string]> {
  for (const [i, one] of files.entries()) for (const other of files.slice(i + 1)) yield [one, other];
}
