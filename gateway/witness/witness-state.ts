import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import * as z from 'zod';
import type { TreeHead } from '../audit/index.ts';
import { invalid } from '../config.ts';

/** The latest tree that a witness has cosigned of each log, in one file of its own: on the disk before anyone is answered. */
export interface WitnessState {
  latest(origin: string): TreeHead | null;
  save(origin: string, head: TreeHead): void;
}

const stateSchema = z.record(
  z.string(),
  z.strictObject({ size: z.int().min(0), root: z.string().regex(/^[0-9a-f]{64}$/) }),
);

/**
 * @param isFirstStart begins with nothing. WHY else never: a witness that had forgotten what it cosigned would cosign another history.
 * @throws AppError `CONFIG_INVALID` where the file is missing, or none of a witness.
 */
export function openWitnessState(path: string, isFirstStart: boolean): WitnessState {
  if (!existsSync(path)) {
    if (!isFirstStart) throw forgotten(path);
    writeDurably(path, '{}\n');
  }
  const heads = new Map(Object.entries(readState(path)));
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
  } catch {
    // What it says instead is nothing to repeat.
    throw invalid('--dir', { en: 'holds a state that is no witness’s', zh: '中的状态文件不是见证者的状态' });
  }
}

function forgotten(path: string) {
  return invalid('--dir', {
    en: `has a witness's keys, but what it has cosigned, \`${path}\`, is missing: restore it from a backup; a witness that begins anew has new keys`,
    zh: `中有见证者密钥，但缺少其见证记录 \`${path}\`：请从备份中恢复；重新开始的见证者须使用新密钥`,
  });
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
