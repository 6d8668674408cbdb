import { beforeEach, describe, expect, it } from 'vitest';
import {
  appendEntry,
  createJob,
  findKeptAnswer,
  finishJob,
  forgetKeptAnswer,
  keepAnswer,
  type Store,
  sha256Hex,
  startJob,
  touchKeptAnswer,
} from '../../catalog/index.ts';
import { entry, memoryStore } from './memory-store.ts';

/** Goal: which answers are kept is bounded by use, whatever is asked; what cost privacy stays. */

const mac = Buffer.alloc(32, 1);
const json = '{}';
const REMEMBERED = 200_000;

let store: Store;
beforeEach(() => {
  store = memoryStore();
});

/** A finished job whose outcome is said to be the entry `at`. */
async function answered(job: string, at: number, paid = false): Promise<void> {
  await store.commit((tx) => {
    createJob(tx, { id: job, idempotencyKey: null, requestSha256: '', sub: 'a', org: 'o', plan: 'p', sql: '' });
    startJob(tx, job, appendEntry(tx, entry()).index);
    finishJob(tx, job, { state: 'finished', mode: 'dp', result: { json, sha256: sha256Hex(json) }, outcomeIndex: at });
    keepAnswer(tx, { name: `question ${job}`, job, outcomeIndex: at, resultSha256: sha256Hex(json), paid, mac });
  });
}
const kept = (job: string) => store.read((db) => findKeptAnswer(db, `question ${job}`)) !== null;

describe('a kept answer', () => {
  it('is that of the first of two jobs', async () => {
    await answered('a', 10);
    await store.commit((tx) =>
      keepAnswer(tx, { name: 'question a', job: 'b', outcomeIndex: 12, resultSha256: '', paid: false, mac }),
    );
    expect(store.read((db) => findKeptAnswer(db, 'question a'))).toMatchObject({ job: 'a', outcomeIndex: 10 });
  });

  it('is forgotten when nobody has asked for it for long, and not when somebody has', async () => {
    await answered('old', 10);
    await answered('used', 10);
    await answered('paid', 10, true);
    await store.commit((tx) => touchKeptAnswer(tx, 'question used', 5_000));
    await answered('new', 10 + REMEMBERED);
    expect(['old', 'used', 'paid', 'new'].map(kept)).toEqual([true, true, true, true]);
    await answered('newer', 11 + REMEMBERED);
    expect(['old', 'used', 'paid', 'newer'].map(kept)).toEqual([false, true, true, true]);
  });

  it('is forgotten at once where it is not as it was', async () => {
    await answered('a', 10, true);
    await store.commit((tx) => forgetKeptAnswer(tx, 'question a'));
    expect(kept('a')).toBe(false);
  });
});
