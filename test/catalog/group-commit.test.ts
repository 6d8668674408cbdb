import Database from 'better-sqlite3';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Db } from '../../catalog/db.ts';
import { createDb } from '../../catalog/db.ts';
import { createCommitQueue } from '../../catalog/group-commit.ts';
import type { WalSync } from '../../catalog/wal-sync.ts';

const clients: Database.Database[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  vi.useRealTimers();
});

function openQueue(beforeCommit: (tx: Db) => () => void = () => () => undefined, walSync: WalSync | null = null) {
  const client = new Database(':memory:');
  clients.push(client);
  client.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  const failures: unknown[] = [];
  const queue = createCommitQueue(
    createDb(client, () => new Date(0)),
    { beforeBatch: () => undefined, beforeCommit, walSync, onFailure: (cause) => failures.push(cause) },
  );
  const rows = () => client.prepare<[], number>('SELECT n FROM t ORDER BY n').pluck().all();
  return { client, queue, rows, failures };
}

const insert = (n: number) => (tx: Db) => {
  tx.client.prepare('INSERT INTO t VALUES (?)').run(n);
  return n;
};

describe('group commit', () => {
  it('runs the works of a tick in one transaction, in order', async () => {
    let transactions = 0;
    const { queue, rows } = openQueue(() => {
      transactions += 1;
      return () => undefined;
    });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, n) => queue.commit(insert(n))));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(rows()).toHaveLength(200);
    expect(transactions).toBe(1);
  });

  it('splits what is too much for one transaction', async () => {
    let transactions = 0;
    const { queue, rows } = openQueue(() => {
      transactions += 1;
      return () => undefined;
    });
    await Promise.all(Array.from({ length: 600 }, (_, n) => queue.commit(insert(n))));
    expect(rows()).toHaveLength(600);
    expect(transactions).toBe(3);
  });

  it('rolls back the failing work alone', async () => {
    const { queue, rows } = openQueue();
    const failing = queue.commit((tx) => {
      insert(1)(tx);
      throw new Error('no');
    });
    const duplicate = queue.commit((tx) => insert(0)(tx) + insert(0)(tx));
    const outcome = await Promise.allSettled([queue.commit(insert(2)), failing, duplicate, queue.commit(insert(3))]);
    expect(outcome.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
    expect(rows()).toEqual([2, 3]);
  });

  it('answers only after the COMMIT', async () => {
    const { client, queue } = openQueue();
    await queue.commit(insert(1)).then(() => expect(client.inTransaction).toBe(false));
  });

  it('fails the whole batch when what belongs to it fails', async () => {
    const { queue, rows } = openQueue(() => {
      throw new Error('index');
    });
    await expect(queue.commit(insert(1))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(rows()).toEqual([]);
  });

  it('refuses a work that is not synchronous', async () => {
    const { queue, rows } = openQueue();
    await expect(queue.commit(async (tx) => insert(1)(tx))).rejects.toThrow('a commit is synchronous');
    expect(rows()).toEqual([]);
  });

  it('tells what belongs to the batch once it is durable, before anyone is answered', async () => {
    const told: string[] = [];
    const { client, queue } = openQueue(() => () => told.push(client.inTransaction ? 'early' : 'durable'));
    await queue.commit(insert(1)).then(() => told.push('answered'));
    const failing = queue.commit(() => {
      client.exec('ROLLBACK');
      throw new Error('no');
    });
    await expect(failing).rejects.toBeDefined();
    expect(told).toEqual(['durable', 'answered']);
  });

  it('goes on after a full disk, with nothing of the batch done', async () => {
    const { client, queue, rows, failures } = openQueue();
    const pages = client.pragma('page_count', { simple: true }) as number;
    client.pragma(`max_page_count = ${pages}`);
    const filling = queue.commit((tx) => {
      for (let n = 0; n < 10_000; n += 1) insert(n)(tx);
    });
    await expect(filling).rejects.toBeDefined();
    client.pragma('max_page_count = 100000');
    await queue.commit(insert(7));
    expect(rows()).toEqual([7]);
    expect(failures).toEqual([]);
  });

  it('commits nothing more once a disk error left durability unknown', async () => {
    let broken = true;
    const { queue, failures } = openQueue(() => {
      if (broken) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_FSYNC');
      return () => undefined;
    });
    await expect(queue.commit(insert(1))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    broken = false;
    await expect(queue.commit(insert(2))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(failures).toHaveLength(1);
  });

  it('commits what is queued when it closes, and nothing after', async () => {
    const { queue, rows } = openQueue();
    const last = queue.commit(insert(1));
    queue.close();
    expect(rows()).toEqual([1]);
    await expect(last).resolves.toBe(1);
    await expect(queue.commit(insert(2))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });
});

/** A disk whose syncs end when the test says so. */
function slowDisk() {
  const asked: PromiseWithResolvers<void>[] = [];
  const calls: string[] = [];
  const walSync: WalSync = {
    hold: () => calls.push('hold'),
    release: () => calls.push('release'),
    sync() {
      calls.push('sync');
      const one = Promise.withResolvers<void>();
      asked.push(one);
      return one.promise;
    },
    syncNow: () => calls.push('now'),
    close: () => undefined,
  };
  return { walSync, asked, calls };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a disk that takes its time', () => {
  it('is waited for, and meanwhile nothing more is written', async () => {
    const { walSync, asked, calls } = slowDisk();
    const told: string[] = [];
    const { queue, rows } = openQueue(() => () => told.push('derived'), walSync);
    const first = queue.commit(insert(1)).then(() => told.push('first'));
    await turn();
    const second = queue.commit(insert(2)).then(() => told.push('second'));
    await turn();
    await turn();
    expect([rows(), told, calls]).toEqual([[1], [], ['hold', 'sync']]);
    asked[0]!.resolve();
    await first;
    expect(told).toEqual(['derived', 'first']);
    await turn();
    asked[1]!.resolve();
    await second;
    expect([rows(), told]).toEqual([
      [1, 2],
      ['derived', 'first', 'derived', 'second'],
    ]);
  });

  it('that fails leaves durability unknown: nothing more is committed', async () => {
    const { walSync, asked } = slowDisk();
    const { queue, failures } = openQueue(undefined, walSync);
    const first = queue.commit(insert(1));
    await turn();
    const cause = new Error('EIO');
    asked[0]!.reject(cause);
    await expect(first).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(queue.commit(insert(2))).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(failures).toEqual([cause]);
  });

  it('is not waited for at the end: the same is synced at once, and answered once', async () => {
    const { walSync, asked, calls } = slowDisk();
    const told: string[] = [];
    const { queue, rows } = openQueue(() => () => told.push('derived'), walSync);
    const both = [queue.commit(insert(1))];
    await turn();
    both.push(queue.commit(insert(2)));
    queue.close();
    expect(calls).toEqual(['hold', 'sync', 'now', 'hold', 'now']);
    asked[0]!.resolve();
    await Promise.all(both);
    await turn();
    expect([rows(), told]).toEqual([
      [1, 2],
      ['derived', 'derived'],
    ]);
  });

  it('holds readers no longer than to a COMMIT that fails', async () => {
    const { walSync, calls } = slowDisk();
    const { client, queue } = openQueue(undefined, walSync);
    client.exec('PRAGMA foreign_keys = ON; CREATE TABLE c (n INTEGER REFERENCES t (n) DEFERRABLE INITIALLY DEFERRED)');
    const orphan = queue.commit((tx) => tx.client.exec('INSERT INTO c VALUES (99)'));
    await expect(orphan).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(calls).toEqual(['hold', 'release']);
  });

  it('of which several wait for company starts once a batch is full, and no second time when the wait is over', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { walSync, asked, calls } = slowDisk();
    const { queue, rows } = openQueue(undefined, walSync);
    const commits = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_, i) => queue.commit(insert(from + i))));
    const done = [commits(0, 3)];
    await turn();
    asked[0]!.resolve();
    await done[0];
    done.push(commits(3, 10));
    await turn();
    expect(rows(), 'control: few wait').toHaveLength(3);
    done.push(commits(10, 300));
    await turn();
    expect(rows()).toHaveLength(3 + 256);
    vi.runAllTimers();
    await turn();
    expect([rows().length, calls]).toEqual([3 + 256, ['hold', 'sync', 'hold', 'sync']]);
    asked[1]!.resolve();
    await turn();
    vi.runAllTimers();
    asked[2]!.resolve();
    await Promise.all(done);
    expect(rows()).toHaveLength(300);
  });
});
