import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import type { Db } from '../../catalog/db.ts';
import { createDb } from '../../catalog/db.ts';
import { createCommitQueue } from '../../catalog/group-commit.ts';

const clients: Database.Database[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function openQueue(beforeCommit: (tx: Db) => () => void = () => () => undefined) {
  const client = new Database(':memory:');
  clients.push(client);
  client.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  const failures: unknown[] = [];
  const queue = createCommitQueue(
    createDb(client, () => new Date(0)),
    beforeCommit,
    (cause) => failures.push(cause),
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
