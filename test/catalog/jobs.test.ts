import { describe, expect, it } from 'vitest';
import {
  appendEntry,
  createJob,
  entryCount,
  finishJob,
  getJob,
  type JobOutcome,
  listJobs,
  type NewJob,
  readEntryBytes,
  readResult,
  sha256Hex,
  startJob,
  unfinishedJobs,
} from '../../catalog/index.ts';
import { entry, memoryStore } from './memory-store.ts';

const job = (id: string, change: Partial<NewJob> = {}): NewJob => ({
  id,
  idempotencyKey: null,
  requestSha256: 'aa',
  sub: 'alice',
  org: 'dev',
  plan: 'p1',
  sql: 'SELECT 1',
  ...change,
});
const json = '{"表":1}';
const finished: JobOutcome = {
  state: 'finished',
  mode: 'rows',
  result: { json, sha256: sha256Hex(json) },
  outcomeIndex: 1,
};
const problem = {
  code: 'SQL_SYNTAX',
  facts: { near: 'x', list: ['a'], n: 1 },
  place: { offset: 1, line: 1, column: 2 },
};
const refused: JobOutcome = { state: 'refused', problem, outcomeIndex: 2 };

describe('a job', () => {
  it('is queued, runs and finishes with its result', async () => {
    const store = memoryStore();
    await store.commit((tx) => createJob(tx, job('a')));
    await store.commit((tx) => startJob(tx, 'a', 0));
    expect(store.read((db) => getJob(db, 'a'))).toMatchObject({ state: 'running', intentIndex: 0 });
    await store.commit((tx) => appendEntry(tx, entry()));
    await store.commit((tx) => appendEntry(tx, entry({ kind: 'outcome', resultSha256: sha256Hex(json) })));
    const done = await store.commit((tx) => finishJob(tx, 'a', finished));
    expect(done).toMatchObject({ state: 'finished', mode: 'rows', problem: null, resultSha256: sha256Hex(json) });
    expect(done.createdAt < (done.startedAt ?? '') && (done.startedAt ?? '') < (done.finishedAt ?? '')).toBe(true);
    expect(store.read((db) => readResult(db, 'a'))).toEqual({ json, sha256: sha256Hex(json) });
  });

  it('gives no result that the log does not tell of', async () => {
    const store = memoryStore();
    await store.commit((tx) => createJob(tx, job('a')));
    await store.commit((tx) => startJob(tx, 'a', 0));
    await store.commit((tx) => appendEntry(tx, entry()));
    await store.commit((tx) => appendEntry(tx, entry({ kind: 'outcome', resultSha256: sha256Hex('{"表":2}') })));
    await store.commit((tx) => finishJob(tx, 'a', finished));
    expect(() => store.read((db) => readResult(db, 'a'))).toThrow(
      expect.objectContaining({ code: 'CATALOGUE_CORRUPT', facts: { table: 'job_results', key: 'a' } }),
    );
  });

  it('is refused, fails or is cancelled with a problem and no result', async () => {
    const store = memoryStore();
    await store.commit((tx) => createJob(tx, job('a')));
    expect(await store.commit((tx) => finishJob(tx, 'a', refused))).toMatchObject({
      state: 'refused',
      problem,
      outcomeIndex: 2,
    });
    expect(store.read((db) => readResult(db, 'a'))).toBeNull();
  });

  it('ends once, and only runs when it was queued', async () => {
    const store = memoryStore();
    await store.commit((tx) => createJob(tx, job('a')));
    await expect(store.commit((tx) => finishJob(tx, 'a', finished))).rejects.toMatchObject({ code: 'JOB_STATE' });
    await store.commit((tx) => finishJob(tx, 'a', refused));
    await expect(store.commit((tx) => finishJob(tx, 'a', refused))).rejects.toMatchObject({ code: 'JOB_STATE' });
    await expect(store.commit((tx) => startJob(tx, 'a', 0))).rejects.toMatchObject({ code: 'JOB_STATE' });
    await expect(store.commit((tx) => startJob(tx, 'b', 0))).rejects.toMatchObject({ code: 'JOB_NOT_FOUND' });
  });

  it('does not take a result whose digest is another', async () => {
    const store = memoryStore();
    await store.commit((tx) => createJob(tx, job('a')));
    await store.commit((tx) => startJob(tx, 'a', 0));
    const wrong = { ...finished, result: { json, sha256: sha256Hex('x') } };
    await expect(store.commit((tx) => finishJob(tx, 'a', wrong))).rejects.toThrow('digest');
    expect(store.read((db) => getJob(db, 'a')).state).toBe('running');
  });

  it('is the same job under the same key, for the same person and request only', async () => {
    const store = memoryStore();
    const keyed = (id: string, change: Partial<NewJob> = {}) =>
      store.commit((tx) => createJob(tx, job(id, { idempotencyKey: 'k', ...change })));
    const concurrent = await Promise.all([keyed('a'), keyed('b'), keyed('c')]);
    expect(concurrent.map(({ job: { id }, created }) => [id, created])).toEqual([
      ['a', true],
      ['a', false],
      ['a', false],
    ]);
    const conflict = keyed('d', { requestSha256: 'bb' });
    await expect(conflict).rejects.toMatchObject({ code: 'IDEMPOTENCY_CONFLICT', facts: { key: 'k' } });
    expect((await keyed('e', { sub: 'bob' })).created).toBe(true);
    expect((await keyed('f', { org: 'other' })).created).toBe(true);
  });

  it('without a key is always a new one', async () => {
    const store = memoryStore();
    const both = await Promise.all(['a', 'b'].map((id) => store.commit((tx) => createJob(tx, job(id)))));
    expect(both.map(({ created }) => created)).toEqual([true, true]);
  });

  it('is listed newest first, in pages, and found on start when a crash cut it off', async () => {
    const store = memoryStore();
    for (const id of ['z', 'y', 'x']) await store.commit((tx) => createJob(tx, job(id)));
    await store.commit((tx) => startJob(tx, 'y', 0));
    await store.commit((tx) => finishJob(tx, 'x', refused));
    const ids = (filters: Parameters<typeof listJobs>[1]) =>
      store.read((db) => listJobs(db, filters)).map(({ id }) => id);
    expect(ids({})).toEqual(['x', 'y', 'z']);
    expect(ids({ after: 'x', limit: 1 })).toEqual(['y']);
    expect(ids({ sub: 'alice', org: 'dev', plan: 'p1', state: 'queued' })).toEqual(['z']);
    expect(ids({ sub: 'bob' })).toEqual([]);
    expect(store.read(unfinishedJobs).map(({ id }) => id)).toEqual(['z', 'y']);
  });
});

describe('audit entries', () => {
  it('are canonical JSON, dense from 0, whatever is rolled back between', async () => {
    const store = memoryStore();
    const failing = store.commit((tx) => {
      appendEntry(tx, entry());
      throw new Error('rolled back');
    });
    const made = store.commit((tx) => [appendEntry(tx, entry({ note: 'é', job: 'j' })), appendEntry(tx, entry())]);
    await expect(failing).rejects.toThrow('rolled back');
    expect(await made).toEqual([{ index: 0 }, { index: 1 }]);
    expect(store.read((db) => readEntryBytes(db, 0, 1)).map(String)).toEqual([
      '{"at":"2026-03-01T00:00:00.000Z","job":"j","kind":"intent","note":"é","v":1}',
    ]);
    expect(store.read(entryCount)).toBe(2);
  });

  it('that do not fit the format are bugs', async () => {
    const store = memoryStore();
    const long = store.commit((tx) => appendEntry(tx, entry({ note: 'x'.repeat(66_000) })));
    await expect(long).rejects.toThrow('an entry fits');
    await expect(store.commit((tx) => appendEntry(tx, entry({ at: '2026-03-01' })))).rejects.toThrow('timestamp');
    const edge = 65_535 - '{"at":"2026-03-01T00:00:00.000Z","kind":"intent","note":"","v":1}'.length;
    expect(await store.commit((tx) => appendEntry(tx, entry({ note: 'x'.repeat(edge) })))).toEqual({ index: 0 });
  });
});
