import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { AppError } from '#policies';
import { type AccessLog, isConsistent } from '../audit/index.ts';

const keptHead = z.strictObject({ size: z.int().min(0), root: z.base64() });

/**
 * The custodian's log, whose latest head is kept beside its keys as well, apart from the file that has the entries.
 * WHY: an earlier copy of that file is whole in itself, seals, budget and log; only what is kept elsewhere shows that it is not the
 * latest. Whoever sets back both is found out by a checkpoint that others keep.
 *
 * @throws AppError `LOG_CORRUPT` where the log does not go on from the head that was kept: the process must not go on.
 */
export function keptLog(log: AccessLog, dir: string): AccessLog {
  const path = join(dir, 'keys', 'log-head.json');
  if (existsSync(path)) checkHead(log, keptHead.parse(JSON.parse(readFileSync(path, 'utf8'))));
  return {
    ...log,
    async advance() {
      const head = await log.advance();
      const text = JSON.stringify({ size: head.size, root: Buffer.from(head.root).toString('base64') });
      writeFileSync(`${path}.new`, text, { mode: 0o600 });
      renameSync(`${path}.new`, path);
      return head;
    },
  };
}

function checkHead(log: AccessLog, { size, root }: z.output<typeof keptHead>): void {
  const proof = log.consistency(size);
  if (proof === null || !isConsistent({ size, root: Buffer.from(root, 'base64') }, log.checkpoint(), proof))
    throw new AppError('LOG_CORRUPT', { index: size, problem: 'the log does not go on from the head that was kept' });
}
