/**
 * Goal: a worker of an upload that was taken over cannot fill the memory that all share.
 * Method: a process that writes as fast as it can, into files that stay and into one that it has unlinked; and the real worker with no
 * room at all. Control: unwatched, it goes beyond.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ROOM_LIMITS, watchRoom } from '../../../sandbox/ingest/work-room.ts';
import { startIngestWorker } from '../../../sandbox/ingest/worker-client.ts';
import { availableTiers } from '../../escape/escape-suite.ts';
import { memoryDir } from '../memory-dir.ts';

const MB = 2 ** 20;
const ROOM_MB = 16;
/** What the writer stops at by itself, so that the control ends. */
const WRITTEN_MB_MAX = 512;

let dir: string;
let writer: ChildProcess | null = null;
beforeEach(() => {
  dir = memoryDir();
});
afterEach(() => {
  writer?.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** @param hidden into one file without a name. */
function startWriting(hidden: boolean): ChildProcess {
  const script = `const fs = require('node:fs');
    const block = Buffer.alloc(${MB}, 1);
    let file = fs.openSync('w', 'w');
    ${hidden ? "fs.unlinkSync('w');" : ''}
    const step = (n) => {
      if (n >= ${WRITTEN_MB_MAX}) return setInterval(() => undefined, 60000);
      ${hidden ? '' : "file = fs.openSync('w' + n, 'w');"}
      fs.writeSync(file, block);
      setTimeout(step, 1, n + 1);
    };
    step(0);`;
  writer = spawn(process.execPath, ['-e', script], { cwd: dir, stdio: 'ignore' });
  return writer;
}
const writtenMb = () => readdirSync(dir).reduce((sum, name) => sum + statSync(join(dir, name)).size, 0) / MB;
const freeMb = () => {
  const { bavail, bsize } = statfsSync(dir);
  return (bavail * bsize) / MB;
};

it.each([
  ['files', false],
  ['a file without a name', true],
])('one that writes %s is ended', async (_, hidden) => {
  const limits = hidden
    ? { ...ROOM_LIMITS, freeBytesMin: (freeMb() - ROOM_MB) * MB, lookEveryMs: 5 }
    : { ...ROOM_LIMITS, bytesMax: ROOM_MB * MB, lookEveryMs: 5 };
  const child = startWriting(hidden);
  const end = watchRoom(dir, limits, () => child.kill('SIGKILL'));
  await once(child, 'exit');
  end();
  expect(child.signalCode).toBe('SIGKILL');
  expect(writtenMb()).toBeLessThan(WRITTEN_MB_MAX / 2);
});

it('unwatched, it goes beyond (control)', async () => {
  startWriting(false);
  await expect.poll(writtenMb, { timeout: 60_000 }).toBeGreaterThan(4 * ROOM_MB);
});

it('the worker of an upload that outgrows its room ends with the upload', async () => {
  const worker = startIngestWorker({
    ...{
      tier: availableTiers()[0]!,
      dir,
      columns: [],
      twins: [],
      rowSalt: Buffer.alloc(64),
      rankKey: Buffer.alloc(64),
    },
    ...{ threads: 1, memoryMb: 256, deadlineMs: 60_000 },
    room: { ...ROOM_LIMITS, bytesMax: 1, lookEveryMs: 20 },
  });
  const append = () => worker.append({ kind: 'csv', file: 'none', records: 1, bytes: 1 } as never);
  await append().catch(() => undefined); // opens a segment
  await expect.poll(() => append().catch((error: unknown) => (error as { code?: string }).code)).toBe('SANDBOX_MEMORY');
  await worker.end();
});
