import { readFile, rename, writeFile } from 'node:fs/promises';
import * as z from 'zod';
import type { VerifyState } from '../audit/index.ts';
import { CliFailure } from './failure.ts';

/**
 * Where an offline check ended, in a file of the office's own. WHY it must be kept safe: what lies before it is not read
 * again, so whoever can write it can hide a change there.
 */

const stateSchema = z.strictObject({
  size: z.int().min(0),
  roots: z.array(z.string().regex(/^[0-9a-f]{64}$/)).max(53),
});

/** Undefined where there is no such file yet: the check begins at the first entry. Errors: CliFailure for another file. */
export async function readVerifyState(path: string): Promise<VerifyState | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw unreadable(path);
  });
  if (text === null) return undefined;
  const parsed = stateSchema.safeParse(jsonOf(text));
  const ones = (size: number) => size.toString(2).replaceAll('0', '').length;
  if (!parsed.success || parsed.data.roots.length !== ones(parsed.data.size)) throw unreadable(path);
  return parsed.data;
}

export async function writeVerifyState(path: string, state: VerifyState): Promise<void> {
  await writeFile(`${path}.new`, `${JSON.stringify(state)}\n`);
  await rename(`${path}.new`, path);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // as unfitting as any other text
  }
}

function unreadable(path: string): CliFailure {
  return new CliFailure('FILE', {
    en: `\`${path}\` is not the state of an earlier check`,
    zh: `\`${path}\` 不是以前核验的状态`,
  });
}
