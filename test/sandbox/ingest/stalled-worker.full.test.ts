/**
 * Goal: a worker of an upload that neither dies nor answers ends at its deadline, and the upload with it: told as slow, nothing left.
 * Method: the worker's processes are stopped between two pieces of the body. Control: unstopped, the same upload is stored.
 */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { column, type IngestFixture, openIngestFixture, table } from '../ingest-fixture.ts';
import { familyOf } from '../process-family.ts';

const SCHEMA = table(column('no', 'integer'));
const PIECE = '1234567\n'.repeat(100);

let fixture: IngestFixture;
beforeEach(async () => {
  fixture = await openIngestFixture();
});
afterEach(() => fixture.close());

/** Between its two pieces `act` is told the processes that are there beside `before`. */
async function* body(before: readonly number[], act: (started: readonly number[]) => void): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`no\n${PIECE}`);
  act(familyOf(process.pid).filter((pid) => !before.includes(pid)));
  yield Buffer.from(PIECE);
}

const upload = (act: (started: readonly number[]) => void, deadlineMs: number) =>
  fixture.upload(
    SCHEMA,
    '',
    { body: body(familyOf(process.pid), act), declaredBytes: null },
    { deadlineMs, chunkBytes: 64 },
  );

it('a stopped worker ends at its deadline, and nothing is left of the upload', async () => {
  const stopped: number[] = [];
  const stop = (started: readonly number[]): void => {
    for (const pid of started) process.kill(pid, 'SIGSTOP');
    stopped.push(...started);
  };
  await expect(upload(stop, 3_000)).rejects.toMatchObject({ code: 'SANDBOX_TIMEOUT', facts: { deadlineMs: 3_000 } });
  expect(stopped).not.toHaveLength(0);
  expect(familyOf(process.pid).filter((pid) => stopped.includes(pid))).toEqual([]);
  expect(fixture.files()).toEqual([]);
});

it('unstopped, the same upload is stored (control)', async () => {
  const seen: number[] = [];
  const { rows } = await upload((started) => void seen.push(...started), 60_000);
  expect(rows).toBe(200);
  expect(seen).not.toHaveLength(0);
});
