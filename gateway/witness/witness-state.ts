import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import { AppError } from '#policies';
import type { TreeHead } from '../audit/index.ts';

/** The latest tree that a witness has cosigned of each log, in one file of its own: on the disk before anyone is answered. */
export interface WitnessState {
  latest(origin: string): TreeHead | null;
  save(origin: string, head: TreeHead): void;
}

const stateSchema = z.record(
  z.string(),
  z.strictObject({ size: z.int().min(0), root: z.string().regex(/^[0-9a-f]{64}$/) }),
);

/** @throws AppError `CONFIG_INVALID` for a file that is none of a witness: it must not begin anew unseen. */
export function openWitnessState(path: string): WitnessState {
  const heads = new Map(Object.entries(existsSync(path) ? readState(path) : {}));
  return {
    latest(origin) {
      const head = heads.get(origin);
      return head === undefined ? null : { size: head.size, root: Buffer.from(head.root, 'hex') };
    },
    save(origin, { size, root }) {
      heads.set(origin, { size, root: Buffer.from(root).toString('hex') });
      writeDurably(path, `${JSON.stringify(Object.fromEntries(heads))}\n`);
    },
  };
}

function readState(path: string): z.output<typeof stateSchema> {
  try {
    return stateSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new AppError(
      'CONFIG_INVALID',
      { variable: '--dir', problem: 'holds a state that is no witness’s' },
      null,
      cause,
    );
  }
}

function writeDurably(path: string, text: string): void {
  const file = openSync(`${path}.new`, 'w', 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.new`, path);
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
